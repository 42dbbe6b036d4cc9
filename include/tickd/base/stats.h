/* Running statistics in constant memory. */
#ifndef TICKD_BASE_STATS_H
#define TICKD_BASE_STATS_H

#include "tickd/base/compiler.h"

/* Mean and variance by Welford's recurrence (Welford 1962; Knuth, TAOCP 2, 4.2.2). */
struct running_stats {
    uint64_t count;
    double mean;
    double squares; /* sum of squared deviations from the mean */
    double min;     /* meaningful when count > 0 */
    double max;
};

void running_stats_add(struct running_stats *stats, double value);

/* 0 below one value; population (÷ n) and sample (÷ n−1, 0 below two values). */
double running_stats_population_variance(const struct running_stats *stats);
double running_stats_sample_variance(const struct running_stats *stats);

/* As if all values of `other` had been added (Chan, Golub & LeVeque 1979). */
void running_stats_merge(struct running_stats *stats, const struct running_stats *other);

/* Exponentially weighted mean: value ← weight·x + (1 − weight)·value, the first x as it is. */
struct ewma {
    double value;
    double weight; /* of the newest, in (0, 1] */
    uint64_t count;
};

void ewma_init(struct ewma *ewma, double weight);
void ewma_add(struct ewma *ewma, double value);

#endif
