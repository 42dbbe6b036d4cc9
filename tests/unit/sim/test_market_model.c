/* Synthetic prices do what their parameters say. Tolerances are four or more standard errors of
 * the estimate over the path that is measured; the seed is printed and can be given. */
#include "tickd/sim/market_model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"
#include "tickd/base/error.h"
#include "tickd/base/real.h"

enum { PATH_MAX_STEPS = 200001 };

static double path[PATH_MAX_STEPS];
static uint64_t seed = 20261123;

static struct market_parameters defaults(void)
{
    struct market_parameters parameters;
    market_parameters_default(&parameters);
    return parameters;
}

/* Log prices at 0, step, 2·step, … into path[0 … steps]. */
static void walk_path(enum market_kind kind, const struct market_parameters *parameters,
                      const char *symbol, size_t steps, int64_t step_us)
{
    struct market_model model;
    market_model_init(&model, kind, parameters, seed, symbol);
    assert_true(steps < PATH_MAX_STEPS);
    path[0] = market_model_log_price(&model);
    for (size_t i = 1; i <= steps; i++) {
        market_model_advance(&model, (int64_t)i * step_us);
        path[i] = market_model_log_price(&model);
    }
}

static double mean_square_change(size_t steps, size_t lag)
{
    double sum = 0;
    for (size_t i = lag; i <= steps; i++) {
        sum += (path[i] - path[i - lag]) * (path[i] - path[i - lag]);
    }
    return sum / (double)(steps + 1 - lag);
}

/* Of path[0 … count−1] about its mean. */
static double autocovariance(size_t count, size_t lag)
{
    double mean = 0;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        mean += path[i] / (double)count;
    }
    for (size_t i = lag; i < count; i++) {
        sum += (path[i] - mean) * (path[i - lag] - mean);
    }
    return sum / (double)(count - lag);
}

#define assert_near(actual, expected, tolerance)                                           \
    do {                                                                                   \
        double actual_ = (actual), expected_ = (expected), tolerance_ = (tolerance);       \
        if (!(fabs(actual_ - expected_) <= tolerance_)) {                                  \
            fail_msg("%s = %.9g, expected %.9g within %.3g (seed %llu)", #actual, actual_, \
                     expected_, tolerance_, (unsigned long long)seed);                     \
        }                                                                                  \
    } while (0)

static void test_the_same_seed_and_symbol_give_the_same_path(void **state)
{
    (void)state;
    struct market_parameters parameters = defaults();
    for (size_t kind = 0; kind < MARKET_KIND_COUNT; kind++) {
        struct market_model a, b, other_symbol, other_seed;
        market_model_init(&a, (enum market_kind)kind, &parameters, seed, "SPY");
        market_model_init(&b, (enum market_kind)kind, &parameters, seed, "SPY");
        market_model_init(&other_symbol, (enum market_kind)kind, &parameters, seed, "QQQ");
        market_model_init(&other_seed, (enum market_kind)kind, &parameters, seed + 1, "SPY");
        for (int64_t t = 0; t < 2000 * US_PER_S; t += 737373) {
            market_model_advance(&a, t);
            market_model_advance(&b, t);
            market_model_advance(&other_symbol, t);
            market_model_advance(&other_seed, t);
            assert_true(market_model_log_price(&a) == market_model_log_price(&b));
            assert_true(market_model_log_price(&a) != market_model_log_price(&other_symbol));
            assert_true(market_model_log_price(&a) != market_model_log_price(&other_seed));
        }
    }
}

static void test_a_walk_has_its_volatility_at_every_step_length(void **state)
{
    (void)state;
    struct market_parameters parameters = defaults();
    const size_t steps = 100000; /* standard error of the deviation: 1/√(2·steps) = 0.22% */
    static const double volatilities_bps[] = {1, 5, 10};
    for (size_t i = 0; i < 3; i++) {
        double expected = volatilities_bps[i] * 1e-4;
        parameters.volatility_bps = volatilities_bps[i];
        walk_path(MARKET_WALK, &parameters, "SPY", steps, US_PER_S);
        assert_near(sqrt(mean_square_change(steps, 1)), expected, 0.01 * expected);
        walk_path(MARKET_WALK, &parameters, "SPY", steps, US_PER_S / 4);
        assert_near(sqrt(mean_square_change(steps, 1)), expected / 2, 0.005 * expected);
        walk_path(MARKET_QUIET, &parameters, "SPY", steps, US_PER_S);
        assert_near(sqrt(mean_square_change(steps, 1)), expected / 10, 0.001 * expected);
    }
}

static void test_a_walk_has_no_memory(void **state)
{
    (void)state;
    struct market_parameters parameters = defaults();
    const size_t steps = 100000; /* a variance ratio over q steps has a standard error of about
                                    √(2(2q−1)(q−1)/(3q·steps)): Lo & MacKinlay 1988 */
    walk_path(MARKET_WALK, &parameters, "SPY", steps, US_PER_S);
    double one = mean_square_change(steps, 1);
    assert_near(mean_square_change(steps, 2) / (2 * one), 1, 5 * 0.0032);
    assert_near(mean_square_change(steps, 60) / (60 * one), 1, 5 * 0.028);
}

static void test_a_gap_has_its_deviation_and_half_life(void **state)
{
    (void)state;
    struct market_parameters parameters = defaults();
    const size_t steps = 200000; /* about steps·ln2/(2·30) = 2300 independent values */
    parameters.volatility_bps = 0;
    parameters.half_life_s = 30;
    static const double gaps_bps[] = {15, 40, 120};
    for (size_t i = 0; i < 3; i++) {
        parameters.gap_bps = gaps_bps[i];
        walk_path(MARKET_REVERTING, &parameters, "SPY", steps, US_PER_S);
        double variance = autocovariance(steps, 0);
        assert_near(sqrt(variance), gaps_bps[i] * 1e-4, 0.08 * gaps_bps[i] * 1e-4);
        assert_near(autocovariance(steps, 30) / variance, 0.5, 0.06);
        assert_near(autocovariance(steps, 60) / variance, 0.25, 0.08);
    }
}

static void test_a_gap_is_stationary_from_the_start(void **state)
{
    (void)state;
    struct market_parameters parameters = defaults();
    const int symbols = 4000; /* standard error of the deviation: 1.1% */
    double squares = 0;
    parameters.price = 1;
    parameters.gap_bps = 50;
    for (int i = 0; i < symbols; i++) {
        struct market_model model;
        char name[16];
        (void)snprintf(name, sizeof name, "S%d", i);
        market_model_init(&model, MARKET_REVERTING, &parameters, seed, name);
        squares += market_model_log_price(&model) * market_model_log_price(&model);
    }
    assert_near(sqrt(squares / symbols), 50e-4, 0.05 * 50e-4);
}

static void test_momentum_drifts_at_its_rate_and_turns_at_its_mean(void **state)
{
    (void)state;
    struct market_parameters parameters = defaults();
    const size_t steps = 200000;
    const double a_second = 25e-4 / 60;
    size_t turns = 0;
    double sign = 0;
    parameters.volatility_bps = 0;
    parameters.drift_bps = 25;
    parameters.turn_s = 200;
    walk_path(MARKET_MOMENTUM, &parameters, "SPY", steps, US_PER_S);
    for (size_t i = 1; i <= steps; i++) {
        double change = path[i] - path[i - 1];
        assert_true(fabs(change) <= a_second * (1 + 1e-9));
        if (fabs(change) > a_second * (1 - 1e-9)) {
            turns += sign != 0 && (change > 0) != (sign > 0);
            sign = change;
        }
    }
    /* Turns come after 100 to 300 s, uniformly: deviation of one 57.7 s, of 1000 together 1.8 s. */
    assert_near((double)steps / (double)turns, 200, 8);
}

static void test_without_jitter_the_drift_turns_like_a_clock(void **state)
{
    (void)state;
    struct market_parameters parameters = defaults();
    parameters.volatility_bps = 0;
    parameters.drift_bps = 60;
    parameters.turn_s = 10;
    parameters.turn_jitter = 0;
    walk_path(MARKET_MOMENTUM, &parameters, "SPY", 40, US_PER_S);
    assert_near(fabs(path[10] - path[0]), 10e-4, 1e-9);
    assert_near(path[20] - path[0], 0, 1e-6);
    assert_near(path[40] - path[0], 0, 1e-6);
}

static void test_regimes_share_the_time_and_never_jump(void **state)
{
    (void)state;
    struct market_parameters parameters = defaults();
    struct market_model model;
    int64_t seconds[MARKET_KIND_COUNT] = {0};
    const int64_t total = 400000; /* about 1300 regimes of 300 s */
    parameters.volatility_bps = 0;
    parameters.regime_s = 300;
    market_model_init(&model, MARKET_REGIMES, &parameters, seed, "SPY");
    double before = market_model_log_price(&model);
    for (int64_t t = 1; t <= total; t++) {
        market_model_advance(&model, t * US_PER_S);
        seconds[model.mode]++;
        double change = market_model_log_price(&model) - before;
        before += change;
        /* Eight deviations of the gap's own step, which is the fastest of the three. */
        assert_true(fabs(change) < 8 * parameters.gap_bps * 1e-4 * sqrt(1 - exp2(-2.0 / 30)));
    }
    assert_int_equal(seconds[MARKET_WALK] + seconds[MARKET_REVERTING] + seconds[MARKET_MOMENTUM],
                     total);
    assert_near((double)seconds[MARKET_WALK] / (double)total, 1.0 / 3, 0.06);
    assert_near((double)seconds[MARKET_REVERTING] / (double)total, 1.0 / 3, 0.06);
    assert_near((double)seconds[MARKET_MOMENTUM] / (double)total, 1.0 / 3, 0.06);
}

static void test_a_crash_falls_as_far_and_as_fast_as_it_should(void **state)
{
    (void)state;
    struct market_parameters parameters = defaults();
    struct market_model model;
    parameters.volatility_bps = 0;
    parameters.crash_after_s = 100;
    parameters.crash_for_s = 20;
    parameters.crash_percent = 10;
    market_model_init(&model, MARKET_CRASH, &parameters, seed, "SPY");
    double start = market_model_log_price(&model);
    market_model_advance(&model, 100 * US_PER_S);
    assert_near(market_model_log_price(&model), start, 1e-12);
    assert_near(market_model_activity(&model), 1, 0);
    market_model_advance(&model, 110 * US_PER_S);
    assert_near(market_model_log_price(&model) - start, log(0.9) / 2, 1e-6);
    assert_true(market_model_activity(&model) > 1);
    market_model_advance(&model, 121 * US_PER_S);
    assert_near(market_model_log_price(&model) - start, log(0.9), 1e-6);
    market_model_advance(&model, 320 * US_PER_S);
    assert_near(market_model_log_price(&model) - start, 2 * log(0.9), 1e-6);
}

static void test_a_market_may_change_its_kind_without_a_jump(void **state)
{
    (void)state;
    struct market_parameters parameters = defaults();
    struct market_model model;
    market_model_init(&model, MARKET_REVERTING, &parameters, seed, "SPY");
    market_model_advance(&model, 77 * US_PER_S);
    double before = market_model_log_price(&model);
    market_model_change(&model, MARKET_MOMENTUM);
    assert_near(market_model_log_price(&model), before, 1e-12);
    market_model_advance(&model, 77 * US_PER_S + 1000);
    assert_near(market_model_log_price(&model), before, 1e-4);
}

static void test_prices_are_whole_ticks_and_never_less_than_one(void **state)
{
    (void)state;
    struct market_parameters parameters = defaults();
    struct market_model model;
    parameters.price = 146.7649;
    parameters.volatility_bps = 0;
    market_model_init(&model, MARKET_WALK, &parameters, seed, "SPY");
    assert_int_equal(market_model_price(&model), INT64_C(14676000000));
    parameters.tick = 0.0001;
    market_model_init(&model, MARKET_WALK, &parameters, seed, "SPY");
    assert_int_equal(market_model_price(&model), INT64_C(14676490000));
    parameters.tick = 0.25;
    parameters.price = 0.01;
    market_model_init(&model, MARKET_WALK, &parameters, seed, "SPY");
    assert_int_equal(market_model_price(&model), DECIMAL_ONE / 4);
}

static void test_parameters_are_set_by_name_within_their_range(void **state)
{
    (void)state;
    struct market_parameters parameters = defaults();
    assert_int_equal(market_parameters_set(&parameters, "gap_bps", 40), 0);
    assert_true(parameters.gap_bps == 40);
    assert_int_equal(market_parameters_set(&parameters, "gap_bps", -1), ERROR_RANGE);
    assert_int_equal(market_parameters_set(&parameters, "gap_bps", real_nan()), ERROR_RANGE);
    assert_int_equal(market_parameters_set(&parameters, "gap", 1), ERROR_NOT_FOUND);
    assert_true(parameters.gap_bps == 40);
    size_t rows = 0;
    while (market_parameter_row(rows) != NULL) {
        const struct market_parameter_row *row = market_parameter_row(rows);
        assert_true(row->min <= row->standard && row->standard <= row->max);
        assert_int_equal(market_parameters_set(&parameters, row->name, row->standard), 0);
        rows++;
    }
    assert_int_equal(rows * sizeof(double), sizeof parameters);
}

static void test_kinds_have_names(void **state)
{
    (void)state;
    enum market_kind kind;
    for (size_t i = 0; i < MARKET_KIND_COUNT; i++) {
        assert_int_equal(market_kind_by_name(market_kind_name((enum market_kind)i), &kind), 0);
        assert_int_equal(kind, i);
    }
    assert_int_equal(market_kind_by_name("boom", &kind), ERROR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_seed_and_symbol_give_the_same_path),
        cmocka_unit_test(test_a_walk_has_its_volatility_at_every_step_length),
        cmocka_unit_test(test_a_walk_has_no_memory),
        cmocka_unit_test(test_a_gap_has_its_deviation_and_half_life),
        cmocka_unit_test(test_a_gap_is_stationary_from_the_start),
        cmocka_unit_test(test_momentum_drifts_at_its_rate_and_turns_at_its_mean),
        cmocka_unit_test(test_without_jitter_the_drift_turns_like_a_clock),
        cmocka_unit_test(test_regimes_share_the_time_and_never_jump),
        cmocka_unit_test(test_a_crash_falls_as_far_and_as_fast_as_it_should),
        cmocka_unit_test(test_a_market_may_change_its_kind_without_a_jump),
        cmocka_unit_test(test_prices_are_whole_ticks_and_never_less_than_one),
        cmocka_unit_test(test_parameters_are_set_by_name_within_their_range),
        cmocka_unit_test(test_kinds_have_names),
    };
    const char *given = getenv("TICKD_SEED");
    seed = given != NULL ? strtoull(given, NULL, 10) : seed;
    printf("TICKD_SEED=%llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
