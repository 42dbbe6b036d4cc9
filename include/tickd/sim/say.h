/* Lines for people on stderr: one each, printable. */
#ifndef TICKD_SIM_SAY_H
#define TICKD_SIM_SAY_H

#include "tickd/base/compiler.h"

enum { SAY_LINE_MAX = 1024 };

/* Formats a line, replaces control characters by '?', ends it and writes it at once. */
void say(const char *format, ...) TICKD_PRINTF(1, 2);

#endif
