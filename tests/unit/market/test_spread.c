/* Roll's estimate on prices that bounce by a known spread, on a walk, and over a break. */
#include "tickd/market/spread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/numbers.h"

#include "tickd/base/rng.h"

static void test_a_price_that_bounces_between_bid_and_ask_shows_its_spread(void **state)
{
    (void)state;
    struct spread_estimate estimate = {0};
    struct rng rng;
    rng_stream(&rng, 1, "bounce");
    for (int i = 0; i < 20000; i++) {
        double middle = 100.0;
        spread_add(&estimate, middle * (1.0 + (rng_below(&rng, 2) == 0 ? 0.0005 : -0.0005)));
    }
    assert_near(spread_value(&estimate), 0.001, 0.0002); /* ten basis points */
}

static void test_a_price_that_only_trends_has_no_spread(void **state)
{
    (void)state;
    struct spread_estimate estimate = {0};
    for (int i = 0; i < 1000; i++) {
        spread_add(&estimate, 100.0 + 0.01 * i);
    }
    assert_true(spread_value(&estimate) == 0.0);
}

static void test_nothing_is_said_before_enough_changes(void **state)
{
    (void)state;
    struct spread_estimate estimate = {0};
    for (int i = 0; i < SPREAD_READY + 1; i++) {
        spread_add(&estimate, i % 2 == 0 ? 100.0 : 101.0);
        assert_true(spread_value(&estimate) == 0.0);
    }
    spread_add(&estimate, 100.0);
    assert_true(spread_value(&estimate) > 0.0);
}

static void test_a_break_is_no_change_of_price(void **state)
{
    (void)state;
    struct spread_estimate estimate = {0};
    for (int i = 0; i < 300; i++) {
        spread_add(&estimate, i % 2 == 0 ? 100.0 : 100.1);
    }
    double before = spread_value(&estimate);
    spread_break(&estimate);
    spread_add(&estimate, 200.0);
    assert_true(spread_value(&estimate) == before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_price_that_bounces_between_bid_and_ask_shows_its_spread),
        cmocka_unit_test(test_a_price_that_only_trends_has_no_spread),
        cmocka_unit_test(test_nothing_is_said_before_enough_changes),
        cmocka_unit_test(test_a_break_is_no_change_of_price),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
