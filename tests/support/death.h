/* For tests of assertions: runs something in a process of its own and tells how it ended. */
#ifndef TICKD_SUPPORT_DEATH_H
#define TICKD_SUPPORT_DEATH_H

#include <stdbool.h>

/* Whether `action` ends in an abort after it has printed a line with `words` to stderr. Prints
 * what it saw instead when it does not. */
bool dies_saying(void (*action)(void), const char *words);

#endif
