/* The learner of consensus against the theorem, apart from any market: losses that an adversary
 * chooses, random ones, and ones whose best expert changes. */
#ifndef TICKD_SCIENCE_LEARNER_H
#define TICKD_SCIENCE_LEARNER_H

#include <stdbool.h>
#include <stdio.h>

/* Prints a table in Markdown: bound and measured. Returns whether every regret is inside. */
bool learner_report(FILE *out);

#endif
