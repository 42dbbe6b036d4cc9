/* Welford's recurrence, its merge, and the exponentially weighted mean. */
#include "tickd/base/stats.h"

#include "tickd/base/assert.h"

void running_stats_add(struct running_stats *stats, double value)
{
    double from_old_mean = value - stats->mean;

    if (stats->count == 0 || value < stats->min)
        stats->min = value;
    if (stats->count == 0 || value > stats->max)
        stats->max = value;
    stats->count++;
    stats->mean += from_old_mean / (double)stats->count;
    stats->squares += from_old_mean * (value - stats->mean);
}

double running_stats_population_variance(const struct running_stats *stats)
{
    return stats->count < 1 ? 0.0 : stats->squares / (double)stats->count;
}

double running_stats_sample_variance(const struct running_stats *stats)
{
    return stats->count < 2 ? 0.0 : stats->squares / (double)(stats->count - 1);
}

void running_stats_merge(struct running_stats *stats, const struct running_stats *other)
{
    double own = (double)stats->count;
    double added = (double)other->count;
    double apart = other->mean - stats->mean;

    if (other->count == 0)
        return;
    if (stats->count == 0) {
        *stats = *other;
        return;
    }
    stats->mean += apart * (added / (own + added));
    stats->squares += other->squares + apart * apart * (own * added / (own + added));
    stats->count += other->count;
    if (other->min < stats->min)
        stats->min = other->min;
    if (other->max > stats->max)
        stats->max = other->max;
}

void ewma_init(struct ewma *ewma, double weight)
{
    ASSERT(weight > 0.0 && weight <= 1.0);
    ewma->value = 0.0;
    ewma->weight = weight;
    ewma->count = 0;
}

void ewma_add(struct ewma *ewma, double value)
{
    if (ewma->count == 0)
        ewma->value = value;
    else
        ewma->value = ewma->weight * value + (1.0 - ewma->weight) * ewma->value;
    ewma->count++;
}
