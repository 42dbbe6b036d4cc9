/* The few statistics that the report needs. */
#ifndef TICKD_SCIENCE_STATISTICS_H
#define TICKD_SCIENCE_STATISTICS_H

#include "tickd/base/compiler.h"

struct sample {
    double mean;
    double deviation; /* of the sample, n − 1 */
    double lowest;
    double median;
    double highest;
    size_t count;
};

/* Sorts `values`, at least one. */
struct sample sample_of(double *values, size_t count);

/* One-sided p-value that the true mean is above zero (Student's t test). A sample of equal values:
 * 0 when they are above zero, else 1. */
double sample_p_above_zero(const struct sample *sample);

/* Probability of at least `events` in `tries` at the given probability. */
double binomial_at_least(double events, double tries, double probability);

/* 95% interval of Clopper & Pearson (Biometrika 26, 1934). */
struct interval {
    double low;
    double high;
};
struct interval binomial_interval(double events, double tries);

#endif
