/* A counter's growth over the last samples. */
#include "tickd/ops/rate.h"

#include "tickd/base/calendar.h"

void rate_note(struct rate *rate, int64_t time_us, uint64_t total)
{
    rate->times_us[rate->next] = time_us;
    rate->totals[rate->next] = total;
    rate->next = (rate->next + 1) % RATE_SAMPLES;
    if (rate->count < RATE_SAMPLES)
        rate->count++;
}

double rate_per_s(const struct rate *rate)
{
    if (rate->count < 2)
        return 0.0;
    size_t newest = (rate->next + RATE_SAMPLES - 1) % RATE_SAMPLES;
    size_t oldest = (rate->next + RATE_SAMPLES - rate->count) % RATE_SAMPLES;
    int64_t span_us = rate->times_us[newest] - rate->times_us[oldest];

    if (span_us <= 0)
        return 0.0;
    return (double)(rate->totals[newest] - rate->totals[oldest]) * US_PER_S / (double)span_us;
}
