/* Measures of a record. */
#include "tickd/modules/introspection_metrics.h"

#include <math.h>

#include "tickd/base/real.h"

/* Euler's constant, and e. */
static const double euler_gamma = 0.57721566490153286061;
static const double euler_e = 2.71828182845904523536;

/* A deviation below this part of the mean is rounding: the values do not differ. */
static const double rounding = 1e-12;

void metrics_add(struct metrics_series *series, double value)
{
    double before = (double)series->count;
    series->count++;
    double count = (double)series->count;
    double delta = value - series->mean;
    double step = delta / count;
    double square = step * step;
    double term = delta * step * before;
    series->mean += step;
    series->fourth += term * square * (count * count - 3 * count + 3) +
                      6 * square * series->second - 4 * step * series->third;
    series->third += term * step * (count - 2) - 3 * step * series->second;
    series->second += term;
    series->downside += value < 0 ? value * value : 0;
}

static bool varies(const struct metrics_series *series)
{
    double floor = rounding * series->mean;
    return series->count >= 2 && series->second > (double)series->count * floor * floor;
}

double metrics_sharpe(const struct metrics_series *series)
{
    if (!varies(series)) {
        return real_nan();
    }
    return series->mean / sqrt(series->second / (double)(series->count - 1));
}

double metrics_sortino(const struct metrics_series *series)
{
    if (series->count < 2 || !(series->downside > 0)) {
        return real_nan();
    }
    return series->mean / sqrt(series->downside / (double)series->count);
}

double metrics_skewness(const struct metrics_series *series)
{
    if (!varies(series)) {
        return real_nan();
    }
    double variance = series->second / (double)series->count;
    return series->third / (double)series->count / (variance * sqrt(variance));
}

double metrics_kurtosis(const struct metrics_series *series)
{
    if (!varies(series)) {
        return real_nan();
    }
    return series->fourth / series->second / (series->second / (double)series->count);
}

/* Drawdowns. */

static double peak_with(struct metrics_drawdown *drawdown, double value)
{
    drawdown->peak = !drawdown->begun || value > drawdown->peak ? value : drawdown->peak;
    drawdown->begun = true;
    return drawdown->peak;
}

static void note_fall(struct metrics_drawdown *drawdown, double fall)
{
    drawdown->worst = fall > drawdown->worst ? fall : drawdown->worst;
}

void metrics_drawdown_of_value(struct metrics_drawdown *drawdown, double value)
{
    double peak = peak_with(drawdown, value);
    if (peak > 0) {
        note_fall(drawdown, (peak - value) / peak);
    }
}

void metrics_drawdown_of_sum(struct metrics_drawdown *drawdown, double sum)
{
    note_fall(drawdown, peak_with(drawdown, sum) - sum);
}

/* Pairs. */

void metrics_pair_add(struct metrics_pair *pair, double first, double second)
{
    pair->count++;
    double count = (double)pair->count;
    double delta_first = first - pair->mean_first;
    double delta_second = second - pair->mean_second;
    pair->mean_first += delta_first / count;
    pair->mean_second += delta_second / count;
    double rest_second = second - pair->mean_second;
    pair->second_first += delta_first * (first - pair->mean_first);
    pair->second_second += delta_second * rest_second;
    pair->together += delta_first * rest_second;
}

double metrics_correlation(const struct metrics_pair *pair)
{
    double product = sqrt(pair->second_first) * sqrt(pair->second_second);
    if (pair->count < 2 || !(product > 0)) {
        return real_nan();
    }
    double value = pair->together / product;
    return value > 1 ? 1 : value < -1 ? -1 : value;
}

/* Votes. */

double metrics_diversity(const uint32_t *counts, size_t kinds)
{
    double sum = 0;
    double entropy = 0;
    for (size_t i = 0; i < kinds; i++) {
        sum += counts[i];
    }
    if (sum < 2 || kinds < 2) {
        return real_nan();
    }
    for (size_t i = 0; i < kinds; i++) {
        double share = counts[i] / sum;
        entropy -= share > 0 ? share * real_log(share) : 0;
    }
    return entropy / real_log((double)kinds);
}

/* The luck of many tries. */

double metrics_independent_trials(double trials, double correlation)
{
    double shared = correlation > 0 ? correlation : 0;
    return shared + (1 - shared) * trials;
}

double metrics_expected_maximum(double trials, double variance)
{
    if (!(trials > 1)) {
        return 0;
    }
    double expected = (1 - euler_gamma) * real_normal_quantile(1 - 1 / trials) +
                      euler_gamma * real_normal_quantile(1 - 1 / (trials * euler_e));
    return expected > 0 ? sqrt(variance) * expected : 0;
}

double metrics_probabilistic_sharpe(double sharpe, double benchmark, double count, double skewness,
                                    double kurtosis)
{
    double spread = 1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe * sharpe;
    if (!(spread > 0) || !(count > 1)) {
        return real_nan();
    }
    return real_normal_cdf((sharpe - benchmark) * sqrt(count - 1) / sqrt(spread));
}

double metrics_deflated_sharpe(const struct metrics_series *series, double trials, double variance)
{
    return metrics_probabilistic_sharpe(
        metrics_sharpe(series), metrics_expected_maximum(trials, variance), (double)series->count,
        metrics_skewness(series), metrics_kurtosis(series));
}
