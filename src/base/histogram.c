/* Buckets: a value below 64 is its own bucket; above, the highest six bits of a value and their
 * place choose it, 32 buckets to each power of two from 2^6 to 2^39. */
#include "tickd/base/histogram.h"

#include <string.h>

#include "tickd/base/assert.h"

enum { SUB_BUCKETS = 1 << HISTOGRAM_SUB_BITS };

_Static_assert(HISTOGRAM_BUCKETS == (HISTOGRAM_POWERS - HISTOGRAM_SUB_BITS + 1) * SUB_BUCKETS,
               "two blocks below 64 and one for each power of two above");

static size_t bucket_of(int64_t value)
{
    if (value >= HISTOGRAM_MAX)
        return HISTOGRAM_BUCKETS - 1;
    if (value < SUB_BUCKETS)
        return (size_t)value;
    unsigned shift = 63 - leading_zeros((uint64_t)value) - HISTOGRAM_SUB_BITS;

    return (size_t)shift * SUB_BUCKETS + (size_t)(value >> shift);
}

/* The largest value that belongs to the bucket. */
static int64_t upper_bound(size_t bucket)
{
    if (bucket < 2 * SUB_BUCKETS)
        return (int64_t)bucket;
    size_t shift = bucket / SUB_BUCKETS - 1;

    return ((int64_t)(bucket % SUB_BUCKETS + SUB_BUCKETS + 1) << shift) - 1;
}

static void add_saturating(int64_t *sum, int64_t value)
{
    if (add_overflows(*sum, value, sum))
        *sum = INT64_MAX;
}

void histogram_record(struct histogram *histogram, int64_t value)
{
    if (value < 0)
        value = 0;
    uint32_t *bucket = &histogram->buckets[bucket_of(value)];

    if (*bucket < UINT32_MAX)
        (*bucket)++;
    if (histogram->count == 0 || value < histogram->min)
        histogram->min = value;
    if (value > histogram->max)
        histogram->max = value;
    histogram->count++;
    add_saturating(&histogram->sum, value);
}

void histogram_clear(struct histogram *histogram)
{
    memset(histogram, 0, sizeof *histogram);
}

void histogram_merge(struct histogram *histogram, const struct histogram *other)
{
    if (other->count == 0)
        return;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        uint32_t room = UINT32_MAX - histogram->buckets[i];
        uint32_t added = other->buckets[i];

        histogram->buckets[i] += added < room ? added : room;
    }
    if (histogram->count == 0 || other->min < histogram->min)
        histogram->min = other->min;
    if (other->max > histogram->max)
        histogram->max = other->max;
    histogram->count += other->count;
    add_saturating(&histogram->sum, other->sum);
}

/* The smallest whole number of values, at least 1, that is `fraction` of `count` or more. The
 * doubles nearest to decimal fractions lie up to 2^-53 beside them, the product once more: 0.07 of
 * 100 values shall be 7 and not 8. */
static uint64_t rank_of(double fraction, uint64_t count)
{
    double exact = fraction * (double)count * (1.0 - 0x1p-50);

    uint64_t rank = (uint64_t)exact;

    if ((double)rank < exact)
        rank++;
    return rank > 0 ? rank : 1;
}

int64_t histogram_quantile(const struct histogram *histogram, double fraction)
{
    ASSERT(fraction >= 0.0 && fraction <= 1.0);
    if (histogram->count == 0)
        return 0;
    uint64_t rank = rank_of(fraction, histogram->count);
    uint64_t seen = 0;

    /* The last bucket is open above: there only the exact maximum bounds. */
    for (size_t i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
        seen += histogram->buckets[i];
        if (seen >= rank) {
            int64_t bound = upper_bound(i);

            return bound < histogram->max ? bound : histogram->max;
        }
    }
    return histogram->max;
}

double histogram_mean(const struct histogram *histogram)
{
    return histogram->count == 0 ? 0.0 : (double)histogram->sum / (double)histogram->count;
}

uint64_t histogram_count_at_most(const struct histogram *histogram, int64_t bound)
{
    uint64_t seen = 0;

    if (bound < 0 || histogram->count == 0)
        return 0;
    if (bound >= histogram->max)
        return histogram->count;
    size_t last = bucket_of(bound);

    for (size_t i = 0; i <= last; i++)
        seen += histogram->buckets[i];
    return seen;
}
