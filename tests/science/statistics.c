/* Statistics, on the incomplete beta function. */
#include "science/statistics.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return (*x > *y) - (*x < *y);
}

struct sample sample_of(double *values, size_t count)
{
    struct sample sample = {.count = count};
    for (size_t i = 0; i < count; i++) {
        sample.mean += values[i] / (double)count;
    }
    double squares = 0.0;
    for (size_t i = 0; i < count; i++) {
        squares += (values[i] - sample.mean) * (values[i] - sample.mean);
    }
    sample.deviation = count > 1 ? sqrt(squares / (double)(count - 1)) : 0.0;
    qsort(values, count, sizeof *values, compare);
    sample.lowest = values[0];
    sample.highest = values[count - 1];
    sample.median = (values[(count - 1) / 2] + values[count / 2]) / 2.0;
    return sample;
}

/* The continued fraction of the incomplete beta function (Abramowitz & Stegun 26.5.8) by Lentz's
 * method. */
static double beta_fraction(double x, double a, double b)
{
    const double tiny = 1e-300;
    double c = 1.0;
    double d = 1.0 - (a + b) * x / (a + 1.0);
    d = 1.0 / (fabs(d) < tiny ? tiny : d);
    double result = d;
    for (int m = 1; m < 10000; m++) {
        for (int odd = 0; odd <= 1; odd++) {
            double top = odd == 0 ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                                  : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            d = 1.0 + top * d;
            d = 1.0 / (fabs(d) < tiny ? tiny : d);
            c = 1.0 + top / c;
            c = fabs(c) < tiny ? tiny : c;
            result *= c * d;
        }
        if (fabs(c * d - 1.0) < 1e-14) {
            break;
        }
    }
    return result;
}

static double incomplete_beta(double x, double a, double b)
{
    if (x <= 0.0 || x >= 1.0) {
        return x <= 0.0 ? 0.0 : 1.0;
    }
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1.0) / (a + b + 2.0)) {
        return front * beta_fraction(x, a, b) / a;
    }
    return 1.0 - front * beta_fraction(1.0 - x, b, a) / b;
}

double sample_p_above_zero(const struct sample *sample)
{
    if (!(sample->deviation > 0.0)) {
        return sample->mean > 0.0 ? 0.0 : 1.0;
    }
    double freedom = (double)sample->count - 1.0;
    double t = sample->mean / sample->deviation * sqrt((double)sample->count);
    double tail = incomplete_beta(freedom / (freedom + t * t), freedom / 2.0, 0.5) / 2.0;
    return t > 0.0 ? tail : 1.0 - tail;
}

double binomial_at_least(double events, double tries, double probability)
{
    return events > 0.0 ? incomplete_beta(probability, events, tries - events + 1.0) : 1.0;
}

/* The probability at which at least so many events have this chance. */
static double probability_for(double events, double tries, double chance)
{
    double low = 0.0;
    double high = 1.0;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2.0;
        if (binomial_at_least(events, tries, middle) < chance) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (low + high) / 2.0;
}

struct interval binomial_interval(double events, double tries)
{
    return (struct interval){.low = events > 0.0 ? probability_for(events, tries, 0.025) : 0.0,
                             .high = events < tries ? probability_for(events + 1.0, tries, 0.975)
                                                    : 1.0};
}
