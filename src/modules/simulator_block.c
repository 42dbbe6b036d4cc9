/* Block length of the stationary bootstrap. */
#include "tickd/modules/simulator_block.h"

#include <math.h>

#include "tickd/base/assert.h"
#include "tickd/base/real.h"

enum { INSIGNIFICANT_IN_A_ROW = 5 /* √log₁₀ n is below 5 for every n that fits */ };

#define LN_10 2.30258509299404568402

struct series {
    const double *values;
    size_t count;
    double mean;
};

static double autocovariance(const struct series *series, size_t lag)
{
    double sum = 0.0;
    for (size_t i = lag; i < series->count; i++) {
        sum += (series->values[i] - series->mean) * (series->values[i - lag] - series->mean);
    }
    return sum / (double)series->count;
}

/* The first lag of the first row of autocorrelations that say nothing; 0 = there is none. */
static size_t first_insignificant(const double *covariances, size_t lags, size_t count)
{
    double size = (double)count;
    double band = 2.0 * sqrt(real_log(size) / LN_10 / size) * covariances[0];
    size_t row = 0;
    for (size_t lag = 1; lag <= lags; lag++) {
        row = fabs(covariances[lag]) < band ? row + 1 : 0;
        if (row == INSIGNIFICANT_IN_A_ROW) {
            return lag - INSIGNIFICANT_IN_A_ROW + 1;
        }
    }
    return 0;
}

static double flat_top(double t)
{
    return t <= 0.5 ? 1.0 : 2.0 * (1.0 - t);
}

static double cube_root(double x)
{
    return x > 0.0 ? real_exp(real_log(x) / 3.0) : 0.0;
}

static double best_length(const double *covariances, size_t bandwidth, size_t count)
{
    double spectrum = covariances[0]; /* Σ λ(k/M)·R(k) over both signs of k */
    double slope = 0.0;               /* G */
    for (size_t lag = 1; lag <= bandwidth; lag++) {
        double term = 2.0 * flat_top((double)lag / (double)bandwidth) * covariances[lag];
        spectrum += term;
        slope += (double)lag * term;
    }
    double ratio = slope / spectrum; /* 2G²/D = (G ÷ Σ)² */
    return cube_root(ratio * ratio * (double)count);
}

double block_length(const double *values, size_t count)
{
    double covariances[BLOCK_LAG_MAX + 1];
    struct series series = {.values = values, .count = count};
    ASSERT(count <= BLOCK_VALUES_MAX);
    if (count < BLOCK_VALUES_MIN) {
        return 1.0;
    }
    for (size_t i = 0; i < count; i++) {
        series.mean += values[i] - values[0]; /* exactly 0 when all are equal */
    }
    series.mean = values[0] + series.mean / (double)count;
    double root = sqrt((double)count);
    size_t lags = (size_t)ceil(root) + INSIGNIFICANT_IN_A_ROW;
    for (size_t lag = 0; lag <= lags; lag++) {
        covariances[lag] = autocovariance(&series, lag);
    }
    size_t first = first_insignificant(covariances, lags, count);
    size_t bandwidth = first > 0 && 2 * first < lags ? 2 * first : lags;
    double longest = ceil(fmin(3.0 * root, (double)count / 3.0));
    double length = best_length(covariances, bandwidth, count);
    if (!(length > 1.0)) { /* also where all values are equal: 0 ÷ 0 */
        return 1.0;
    }
    return length < longest ? length : longest;
}
