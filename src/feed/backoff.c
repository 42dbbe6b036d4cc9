/* Back-off: a ceiling that doubles, and a draw below it. */
#include "tickd/feed/backoff.h"

#include "tickd/base/assert.h"

void backoff_init(struct backoff *backoff, int64_t min_ms, int64_t max_ms, const struct rng *rng)
{
    ASSERT(min_ms >= 1);
    *backoff = (struct backoff){
        .rng = *rng, .min_ms = min_ms, .max_ms = max_ms > min_ms ? max_ms : min_ms};
}

int64_t backoff_ceiling_ms(const struct backoff *backoff)
{
    int64_t ceiling_ms = backoff->min_ms;

    for (uint32_t i = 0; i < backoff->waits && ceiling_ms < backoff->max_ms; i++)
        ceiling_ms = ceiling_ms > backoff->max_ms / 2 ? backoff->max_ms : ceiling_ms * 2;
    return ceiling_ms;
}

static int64_t draw_up_to(struct backoff *backoff, int64_t highest)
{
    return (int64_t)rng_below(&backoff->rng, (uint64_t)highest + 1);
}

static void count_wait(struct backoff *backoff)
{
    if (backoff->waits < UINT32_MAX)
        backoff->waits++;
}

int64_t backoff_next_ms(struct backoff *backoff)
{
    int64_t wait_ms = 1 + draw_up_to(backoff, backoff_ceiling_ms(backoff) - 1);

    count_wait(backoff);
    return wait_ms;
}

int64_t backoff_next_above_ms(struct backoff *backoff, int64_t floor_ms)
{
    int64_t ceiling_ms = backoff_ceiling_ms(backoff);
    int64_t spread_ms = floor_ms / 4 > ceiling_ms ? floor_ms / 4 : ceiling_ms;

    count_wait(backoff);
    return floor_ms + draw_up_to(backoff, spread_ms);
}

void backoff_reset(struct backoff *backoff)
{
    backoff->waits = 0;
}
