/* How long to wait before the next attempt: exponential back-off with full jitter (M. Brooker,
 * "Exponential backoff and jitter", AWS Architecture Blog, 2015). The ceiling doubles with each
 * wait, from `min_ms` to `max_ms`; the wait is drawn evenly from 1 ms up to the ceiling, so that
 * many clients that lost the same server do not come back together. Nothing but backoff_reset()
 * makes it short again. */
#ifndef TICKD_FEED_BACKOFF_H
#define TICKD_FEED_BACKOFF_H

#include "tickd/base/rng.h"

struct backoff {
    struct rng rng;
    int64_t min_ms;
    int64_t max_ms;
    uint32_t waits; /* since the last reset */
};

/* 1 ≤ min_ms; a max_ms below min_ms counts as min_ms. */
void backoff_init(struct backoff *backoff, int64_t min_ms, int64_t max_ms, const struct rng *rng);

/* The longest that the next wait can be. */
int64_t backoff_ceiling_ms(const struct backoff *backoff);

/* A wait from 1 ms to the ceiling, which doubles after it. */
int64_t backoff_next_ms(struct backoff *backoff);

/* A wait for a server that has said "not before": from floor_ms to floor_ms plus the ceiling or a
 * quarter of the floor, whichever is more. Counts as a wait. */
int64_t backoff_next_above_ms(struct backoff *backoff, int64_t floor_ms);

void backoff_reset(struct backoff *backoff);

#endif
