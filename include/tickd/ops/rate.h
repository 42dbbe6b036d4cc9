/* How fast a counter grows: its mean over the last ten seconds, from samples taken about once a
 * second. */
#ifndef TICKD_OPS_RATE_H
#define TICKD_OPS_RATE_H

#include "tickd/base/compiler.h"

enum { RATE_WINDOW_S = 10, RATE_SAMPLES = RATE_WINDOW_S + 1 };

struct rate {
    size_t next;
    size_t count;
    int64_t times_us[RATE_SAMPLES];
    uint64_t totals[RATE_SAMPLES];
};

/* Times do not go back; `total` never falls. */
void rate_note(struct rate *rate, int64_t time_us, uint64_t total);

/* A second; 0 before two samples. */
double rate_per_s(const struct rate *rate);

#endif
