/* Measures of a record: returns in, numbers out. Pure arithmetic in constant memory; all ratios are
 * those of the period that the series counts in, none is annualised. NaN = cannot be said. */
#ifndef TICKD_MODULES_INTROSPECTION_METRICS_H
#define TICKD_MODULES_INTROSPECTION_METRICS_H

#include "tickd/base/compiler.h"

/* Mean and central moments by updating (Welford 1962 for the second; Pébay, Sandia report
 * SAND2008-6212, 2008, for the third and fourth), and the downside below 0. */
struct metrics_series {
    uint64_t count;
    double mean;
    double second; /* Σ (x − mean)² */
    double third;
    double fourth;
    double downside; /* Σ min(x, 0)² */
};

void metrics_add(struct metrics_series *series, double value);

/* Mean ÷ sample deviation, n − 1 (Sharpe, Journal of Portfolio Management 21, 1994). NaN below two
 * values, and where they do not differ. */
double metrics_sharpe(const struct metrics_series *series);

/* Mean ÷ downside deviation √(Σ min(x, 0)² ÷ n), target 0 (Sortino & Price, Journal of Investing 3,
 * 1994). NaN below two values, and without a loss. */
double metrics_sortino(const struct metrics_series *series);

/* Third and fourth standardised moments (÷ n; the normal distribution has 0 and 3). NaN where the
 * values do not differ. */
double metrics_skewness(const struct metrics_series *series);
double metrics_kurtosis(const struct metrics_series *series);

/* The worst fall from a peak so far. */
struct metrics_drawdown {
    double peak;
    double worst; /* 0 = none */
    bool begun;
};

/* Of a value, in parts of the peak (which must be above 0), or of a sum that may have any sign, in
 * its own units. Use one of the two for a series. */
void metrics_drawdown_of_value(struct metrics_drawdown *drawdown, double value);
void metrics_drawdown_of_sum(struct metrics_drawdown *drawdown, double sum);

/* Two series side by side. */
struct metrics_pair {
    uint64_t count;
    double mean_first;
    double mean_second;
    double second_first; /* Σ (x − mean)² */
    double second_second;
    double together; /* Σ (x − mean)(y − mean) */
};

void metrics_pair_add(struct metrics_pair *pair, double first, double second);

/* Pearson's coefficient; NaN where one of the two does not vary. */
double metrics_correlation(const struct metrics_pair *pair);

/* Entropy of how counts are spread over `kinds`, ÷ ln kinds: 0 = all of one kind, 1 = as many of
 * each (Shannon 1948; normalised: Pielou 1966). NaN below two counts, or below two kinds. */
double metrics_diversity(const uint32_t *counts, size_t kinds);

/* (probability − happened)², whose mean is the Brier score (Brier, Monthly Weather Review 78,
 * 1950). */
static inline double metrics_brier(double probability, bool happened)
{
    double miss = probability - (happened ? 1 : 0);
    return miss * miss;
}

/* What `trials` tries with the mean correlation ρ are worth in independent ones: ρ + (1 − ρ) ·
 * trials (Bailey & López de Prado, "The Deflated Sharpe Ratio", Journal of Portfolio Management 40,
 * 2014, appendix 3). A ρ that is below 0 or NaN counts as 0. */
double metrics_independent_trials(double trials, double correlation);

/* The best Sharpe ratio to be expected of so many independent tries without skill, whose ratios
 * have this variance (ibid., equation 1); 0 for one try. */
double metrics_expected_maximum(double trials, double variance);

/* Probability that the true Sharpe ratio is above `benchmark`, for one that was measured over
 * `count` returns of this skewness and kurtosis (Bailey & López de Prado, "The Sharpe Ratio
 * Efficient Frontier", Journal of Risk 15, 2012). With metrics_expected_maximum() as the benchmark
 * it is the deflated Sharpe ratio. */
double metrics_probabilistic_sharpe(double sharpe, double benchmark, double count, double skewness,
                                    double kurtosis);

/* The deflated Sharpe ratio of a series that was chosen among `trials` independent tries whose own
 * ratios have `variance`. */
double metrics_deflated_sharpe(const struct metrics_series *series, double trials, double variance);

#endif
