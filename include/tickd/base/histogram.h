/* A histogram of non-negative integers with bounded relative error, in fixed memory, after the idea
 * of HdrHistogram: each power of two is cut into 32 equal buckets, so a bucket is at most 1/32 of
 * its values wide (values below 64 are exact). Values from HISTOGRAM_MAX on are counted in the last
 * bucket; max and sum stay exact. Negative values are counted as 0. */
#ifndef TICKD_BASE_HISTOGRAM_H
#define TICKD_BASE_HISTOGRAM_H

#include "tickd/base/compiler.h"

enum { HISTOGRAM_SUB_BITS = 5, HISTOGRAM_POWERS = 40, HISTOGRAM_BUCKETS = 1152 };
#define HISTOGRAM_MAX (INT64_C(1) << HISTOGRAM_POWERS) /* 18 minutes in ns, 12 days in µs */

struct histogram {
    uint64_t count;
    int64_t min;
    int64_t max;
    int64_t sum;                         /* saturates */
    uint32_t buckets[HISTOGRAM_BUCKETS]; /* each saturates */
};

void histogram_record(struct histogram *histogram, int64_t value);
void histogram_clear(struct histogram *histogram);
void histogram_merge(struct histogram *histogram, const struct histogram *other);

/* Smallest recorded-bucket upper bound below which at least `fraction` of all values lie
 * (fraction in [0, 1]), never above max; 0 when empty. */
int64_t histogram_quantile(const struct histogram *histogram, double fraction);

/* Mean of all values; 0 when empty. */
double histogram_mean(const struct histogram *histogram);

/* How many values are at most `bound`, to the bucket's precision; for cumulative exports. */
uint64_t histogram_count_at_most(const struct histogram *histogram, int64_t bound);

#endif
