/* Measures against published examples, and against tests/reference/metrics_reference.py, which
 * computes them from their definitions with exact fractions. */
#include "tickd/modules/introspection_metrics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/numbers.h"

/* Bacon's example portfolio, monthly ("Practical Portfolio Performance Measurement and
 * Attribution", 2nd edition, 2008). */
static const double bacon[] = {0.003,  0.026,  0.011,  -0.010, 0.015,  0.025,  0.016,  0.067,
                               -0.014, 0.040,  -0.005, 0.081,  0.040,  -0.037, -0.061, 0.017,
                               -0.049, -0.022, 0.070,  0.058,  -0.065, 0.024,  -0.005, -0.009};

enum { BACON_COUNT = sizeof bacon / sizeof bacon[0], LONG_COUNT = 500 };

/* The two long series of metrics_reference.py. */
static double long_value(int64_t k)
{
    double rest = (double)((7 * k * k + 3 * k) % 101);
    return rest * rest / 1e4 - 0.25;
}

static double other_value(int64_t k)
{
    return (double)((5 * k * k + k) % 97) / 100 + long_value(k) / 2;
}

static struct metrics_series series_of(const double *values, size_t count, double target)
{
    struct metrics_series series = {0};
    for (size_t i = 0; i < count; i++) {
        metrics_add(&series, values[i] - target);
    }
    return series;
}

static struct metrics_series long_series(void)
{
    struct metrics_series series = {0};
    for (int64_t k = 0; k < LONG_COUNT; k++) {
        metrics_add(&series, long_value(k));
    }
    return series;
}

static void test_the_sharpe_ratio_is_the_mean_over_the_sample_deviation(void **state)
{
    (void)state;
    struct metrics_series series = series_of(bacon, BACON_COUNT, 0);
    assert_near(metrics_sharpe(&series), 0.2275684556623888, 1e-14);
    series = long_series();
    assert_near(metrics_sharpe(&series), 0.20630003834082727, 1e-13);
}

static void test_the_sortino_ratio_counts_losses_alone(void **state)
{
    (void)state;
    /* Rollinger & Hoffman, "Sortino: A 'Sharper' Ratio" (Red Rock Capital, 2013): a mean of 10%, a
     * target downside deviation of 2.264%, a ratio of 4.417. */
    static const double years[] = {0.17, 0.15, 0.23, -0.05, 0.12, 0.09, 0.13, -0.04};
    struct metrics_series series = series_of(years, 8, 0);
    assert_near(metrics_sortino(&series), 4.417, 0.0005);
    /* Bacon's table has 0.157 for a target of 0.5% (R: Kappa(portfolio_bacon, 0.005, 2)) */
    series = series_of(bacon, BACON_COUNT, 0.005);
    assert_near(metrics_sortino(&series), 0.157, 0.0005);
    assert_near(metrics_sortino(&series), 0.15663707566008656, 1e-13);
    series = series_of(bacon, BACON_COUNT, 0);
    assert_near(metrics_sortino(&series), 0.3923720287950652, 1e-14);
    series = long_series();
    assert_near(metrics_sortino(&series), 0.45277131498979484, 1e-13);
}

static void test_skewness_and_kurtosis_are_the_standardised_moments(void **state)
{
    (void)state;
    struct metrics_series series = series_of(bacon, BACON_COUNT, 0);
    /* Bacon has a kurtosis of 2.43 and a ratio of the two of −0.034. */
    assert_near(metrics_kurtosis(&series), 2.43, 0.005);
    assert_near(metrics_skewness(&series) / metrics_kurtosis(&series), -0.034, 0.0005);
    assert_near(metrics_skewness(&series), -0.0825624552085681, 1e-13);
    assert_near(metrics_kurtosis(&series), 2.4324537941078743, 1e-13);
    series = long_series();
    assert_near(metrics_skewness(&series), 0.7822878567583006, 1e-12);
    assert_near(metrics_kurtosis(&series), 2.309100147356458, 1e-12);
}

static void test_what_does_not_vary_has_no_ratio(void **state)
{
    (void)state;
    struct metrics_series series = {0};
    assert_true(isnan(metrics_sharpe(&series)) && isnan(metrics_sortino(&series)));
    for (int i = 0; i < 100; i++) {
        metrics_add(&series, 0.1);
    }
    assert_true(isnan(metrics_sharpe(&series)));
    assert_true(isnan(metrics_sortino(&series)));
    assert_true(isnan(metrics_skewness(&series)));
    assert_true(isnan(metrics_kurtosis(&series)));
    assert_true(isnan(metrics_deflated_sharpe(&series, 10, 0.01)));
}

static void test_the_worst_fall_is_measured_from_the_peak_before_it(void **state)
{
    (void)state;
    struct metrics_drawdown value = {0};
    struct metrics_drawdown sum = {0};
    double level = 1;
    double total = 0;
    metrics_drawdown_of_value(&value, level);
    metrics_drawdown_of_sum(&sum, total);
    for (size_t i = 0; i < BACON_COUNT; i++) {
        level *= 1 + bacon[i];
        total += bacon[i];
        metrics_drawdown_of_value(&value, level);
        metrics_drawdown_of_sum(&sum, total);
    }
    assert_near(value.worst, 0.144672955739218, 1e-14);
    assert_near(sum.worst, 0.152, 1e-14);
}

static void test_a_record_that_only_rises_has_no_fall(void **state)
{
    (void)state;
    struct metrics_drawdown drawdown = {0};
    for (int i = -5; i < 5; i++) {
        metrics_drawdown_of_sum(&drawdown, i);
    }
    assert_true(drawdown.worst == 0);
    metrics_drawdown_of_sum(&drawdown, -1);
    assert_true(drawdown.worst == 5);
}

static void test_correlation_is_pearsons(void **state)
{
    (void)state;
    struct metrics_pair pair = {0};
    struct metrics_pair turned = {0};
    struct metrics_pair flat = {0};
    for (int64_t k = 0; k < LONG_COUNT; k++) {
        metrics_pair_add(&pair, long_value(k), other_value(k));
        metrics_pair_add(&turned, long_value(k), 3 - 2 * long_value(k));
        metrics_pair_add(&flat, long_value(k), 1);
    }
    assert_near(metrics_correlation(&pair), 0.43744299440112044, 1e-13);
    assert_near(metrics_correlation(&turned), -1, 1e-14);
    assert_true(isnan(metrics_correlation(&flat)));
}

static void test_diversity_is_one_when_all_kinds_are_equal(void **state)
{
    (void)state;
    assert_near(metrics_diversity((uint32_t[]){5, 5, 5}, 3), 1, 1e-15);
    assert_true(metrics_diversity((uint32_t[]){0, 7, 0}, 3) == 0);
    assert_near(metrics_diversity((uint32_t[]){3, 2, 1}, 3), 0.9206198357143047, 1e-15);
    assert_near(metrics_diversity((uint32_t[]){4, 4, 0}, 3), log(2) / log(3), 1e-15);
    assert_true(isnan(metrics_diversity((uint32_t[]){1, 0, 0}, 3)));
}

static void test_the_brier_score_punishes_confidence_that_was_wrong(void **state)
{
    (void)state;
    /* A forecast of 70% for rain: 0.09 when it rains, 0.49 when it does not. */
    assert_near(metrics_brier(0.7, true), 0.09, 1e-15);
    assert_near(metrics_brier(0.7, false), 0.49, 1e-15);
    assert_near(metrics_brier(0.5, false), 0.25, 1e-15);
}

/* Expected maxima of n standard normals: Harter, "Expected values of normal order statistics",
 * Biometrika 48 (1961), table 1. The paper's equation is an approximation. */
static void test_the_expected_maximum_of_tries_without_skill_is_that_of_order_statistics(
    void **state)
{
    (void)state;
    static const struct {
        double trials;
        double exact;
    } table[] = {{5, 1.16296}, {10, 1.53875}, {20, 1.86748}, {50, 2.24907}, {100, 2.50759}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        assert_near(metrics_expected_maximum(table[i].trials, 1), table[i].exact, 0.04);
        assert_near(metrics_expected_maximum(table[i].trials, 4),
                    2 * metrics_expected_maximum(table[i].trials, 1), 1e-14);
    }
    assert_true(metrics_expected_maximum(1, 1) == 0);
    assert_true(metrics_expected_maximum(0, 1) == 0);
}

/* The numerical example of Bailey & López de Prado (2014): an annual Sharpe ratio of 2.5 over 1,250
 * days, 250 a year, variance of the trials' annual ratios 1/2. 100 trials, skewness −3, kurtosis
 * 10: the daily benchmark is 0.1132 and the deflated ratio 0.9004; 46 trials give 0.9505, and so do
 * 88 when the returns are normal. */
static void test_the_deflated_sharpe_ratio_is_that_of_its_paper(void **state)
{
    (void)state;
    double daily = 2.5 / sqrt(250);
    double hundred = metrics_expected_maximum(100, 0.5 / 250);
    assert_near(hundred, 0.1132, 0.00005);
    assert_near(hundred, 0.11317200186513214, 1e-9);
    assert_near(metrics_probabilistic_sharpe(daily, hundred, 1250, -3, 10), 0.9004, 0.00005);
    assert_near(metrics_probabilistic_sharpe(daily, hundred, 1250, -3, 10), 0.9003968344493904,
                1e-7);
    double fewer = metrics_expected_maximum(46, 0.5 / 250);
    assert_near(metrics_probabilistic_sharpe(daily, fewer, 1250, -3, 10), 0.9505, 0.00005);
    double normal = metrics_expected_maximum(88, 0.5 / 250);
    assert_near(metrics_probabilistic_sharpe(daily, normal, 1250, 0, 3), 0.9505, 0.00005);
}

static void test_a_series_is_deflated_with_its_own_moments(void **state)
{
    (void)state;
    struct metrics_series series = series_of(bacon, BACON_COUNT, 0);
    assert_near(metrics_deflated_sharpe(&series, 25, 0.01), 0.5521735268822953, 1e-8);
    series = long_series();
    assert_near(metrics_deflated_sharpe(&series, 25, 0.01), 0.5632888653007042, 1e-7);
    /* chosen among none it is the plain probability of a ratio above 0 */
    assert_near(metrics_deflated_sharpe(&series, 1, 0.01),
                metrics_probabilistic_sharpe(metrics_sharpe(&series), 0, LONG_COUNT,
                                             metrics_skewness(&series), metrics_kurtosis(&series)),
                0);
}

static void test_trials_that_go_together_are_worth_fewer(void **state)
{
    (void)state;
    assert_near(metrics_independent_trials(24, 0), 24, 0);
    assert_near(metrics_independent_trials(24, 1), 1, 0);
    assert_near(metrics_independent_trials(24, 0.25), 18.25, 1e-15);
    assert_near(metrics_independent_trials(24, -0.5), 24, 0);
    assert_near(metrics_independent_trials(24, (double)NAN), 24, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_sharpe_ratio_is_the_mean_over_the_sample_deviation),
        cmocka_unit_test(test_the_sortino_ratio_counts_losses_alone),
        cmocka_unit_test(test_skewness_and_kurtosis_are_the_standardised_moments),
        cmocka_unit_test(test_what_does_not_vary_has_no_ratio),
        cmocka_unit_test(test_the_worst_fall_is_measured_from_the_peak_before_it),
        cmocka_unit_test(test_a_record_that_only_rises_has_no_fall),
        cmocka_unit_test(test_correlation_is_pearsons),
        cmocka_unit_test(test_diversity_is_one_when_all_kinds_are_equal),
        cmocka_unit_test(test_the_brier_score_punishes_confidence_that_was_wrong),
        cmocka_unit_test(
            test_the_expected_maximum_of_tries_without_skill_is_that_of_order_statistics),
        cmocka_unit_test(test_the_deflated_sharpe_ratio_is_that_of_its_paper),
        cmocka_unit_test(test_a_series_is_deflated_with_its_own_moments),
        cmocka_unit_test(test_trials_that_go_together_are_worth_fewer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
