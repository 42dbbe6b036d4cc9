/* Probabilities that are corrected by what has become of them. */
#include "tickd/modules/simulator_calibration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/numbers.h"
#include "tickd/base/rng.h"

enum { HORIZON = 60 };

static struct calibration fresh(void)
{
    struct calibration calibration;
    calibration_init(&calibration, HORIZON);
    return calibration;
}

static void learn_often(struct calibration *calibration, double told, size_t profits, size_t others)
{
    for (size_t i = 0; i < profits; i++) {
        calibration_learn(calibration, told, true);
    }
    for (size_t i = 0; i < others; i++) {
        calibration_learn(calibration, told, false);
    }
}

static void test_without_outcomes_nothing_is_corrected(void **state)
{
    (void)state;
    struct calibration calibration = fresh();
    assert_near(calibration_correct(&calibration, 0.0), 0.0, 0);
    assert_near(calibration_correct(&calibration, 0.37), 0.37, 0);
    assert_near(calibration_correct(&calibration, 1.0), 1.0, 0);
}

static void test_probabilities_that_come_true_stay(void **state)
{
    (void)state;
    struct calibration calibration = fresh();
    learn_often(&calibration, 0.2, 12000, 48000);
    learn_often(&calibration, 0.6, 36000, 24000);
    assert_near(calibration_correct(&calibration, 0.2), 0.2, 1e-9);
    assert_near(calibration_correct(&calibration, 0.45), 0.45, 1e-9);
}

/* 300 horizons at 0.2 and 300 at 0.4, of which 60 and 90 came true, by hand: mean 0.3, mean of
 * what happened 0.25, offset −30/900, variance 6, covariance 3, slope 3.1/6.1. */
static void test_what_was_worked_out_by_hand(void **state)
{
    (void)state;
    struct calibration calibration = fresh();
    learn_often(&calibration, 0.2, (size_t)60 * HORIZON, (size_t)240 * HORIZON);
    learn_often(&calibration, 0.4, (size_t)90 * HORIZON, (size_t)210 * HORIZON);
    double offset = -30.0 / 900.0;
    double slope = (3.0 + 0.1) / (6.0 + 0.1);
    /* covariance: 12 + 36 − 0.3 · 150 = 3; variance: 12 + 48 − 0.3 · 180 = 6 */
    assert_near(calibration_correct(&calibration, 0.3), 0.3 + offset, 1e-9);
    assert_near(calibration_correct(&calibration, 0.4), 0.3 + offset + 0.1 * slope, 1e-9);
}

static void test_where_nothing_is_seen_only_the_base_rate_is_left(void **state)
{
    (void)state;
    struct calibration calibration = fresh();
    struct rng rng;
    rng_seed(&rng, 7);
    for (size_t i = 0; i < (size_t)100000 * HORIZON; i++) {
        double told = 0.3 + 0.2 * rng_uniform(&rng);
        calibration_learn(&calibration, told, rng_uniform(&rng) < 0.1);
    }
    double low = calibration_correct(&calibration, 0.3);
    double high = calibration_correct(&calibration, 0.5);
    assert_near(low, 0.1, 0.005);
    assert_near(high, 0.1, 0.005);
}

static void test_differences_are_never_turned_round_or_enlarged(void **state)
{
    (void)state;
    struct calibration reversed = fresh();
    learn_often(&reversed, 0.2, 50000, 10000);
    learn_often(&reversed, 0.6, 10000, 50000);
    assert_near(calibration_correct(&reversed, 0.2), calibration_correct(&reversed, 0.6), 1e-12);
    struct calibration timid = fresh();
    learn_often(&timid, 0.45, 10000, 50000);
    learn_often(&timid, 0.55, 50000, 10000);
    assert_near(calibration_correct(&timid, 0.55) - calibration_correct(&timid, 0.45), 0.1, 1e-9);
}

static void test_the_result_is_a_probability(void **state)
{
    (void)state;
    struct calibration lucky = fresh();
    learn_often(&lucky, 0.1, 6000, 0);
    assert_near(calibration_correct(&lucky, 0.9), 1.0, 0);
    struct calibration unlucky = fresh();
    learn_often(&unlucky, 0.9, 0, 6000);
    assert_near(calibration_correct(&unlucky, 0.1), 0.0, 0);
}

static void test_the_past_fades(void **state)
{
    (void)state;
    struct calibration calibration = fresh();
    learn_often(&calibration, 0.5, 600000, 0);
    for (size_t i = 0; i < 200; i++) {
        calibration_end_block(&calibration, 0.9);
    }
    assert_near(calibration_correct(&calibration, 0.5), 0.5, 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_outcomes_nothing_is_corrected),
        cmocka_unit_test(test_probabilities_that_come_true_stay),
        cmocka_unit_test(test_what_was_worked_out_by_hand),
        cmocka_unit_test(test_where_nothing_is_seen_only_the_base_rate_is_left),
        cmocka_unit_test(test_differences_are_never_turned_round_or_enlarged),
        cmocka_unit_test(test_the_result_is_a_probability),
        cmocka_unit_test(test_the_past_fades),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
