/* Returns with the volatility before them. */
#include "tickd/modules/simulator_returns.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/numbers.h"

enum { KEPT = 200, HORIZON = 60 };

static struct arena arena;
static struct returns returns;
static double level; /* logarithm of the price */
static double residuals[KEPT];

static int set_up(void **state)
{
    (void)state;
    struct arena measuring;
    arena_init_measuring(&measuring);
    returns_init(&returns, &measuring, KEPT, HORIZON);
    if (arena_init(&arena, measuring.used) != 0) {
        return -1;
    }
    returns_init(&returns, &arena, KEPT, HORIZON);
    level = 5.0;
    returns_add(&returns, level);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

/* Steps of this size, up and down in turn. */
static void steps(double size, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        level += i % 2 == 0 ? size : -size;
        returns_add(&returns, level);
    }
}

static void test_volatility_is_there_after_twenty_returns(void **state)
{
    (void)state;
    steps(0.001, RETURNS_VOLATILITY_READY - 1);
    assert_true(returns_volatility(&returns) != returns_volatility(&returns));
    steps(0.001, 1);
    assert_near(returns_volatility(&returns), 0.001, 1e-12);
}

static void test_a_window_is_due_at_first_and_then_now_and_then(void **state)
{
    (void)state;
    steps(0.001, RETURNS_VOLATILITY_READY + RETURNS_READY - 1);
    assert_false(returns_due(&returns));
    steps(0.001, 1);
    assert_true(returns_due(&returns));
    assert_int_equal(returns_take_window(&returns, residuals), RETURNS_READY);
    assert_false(returns_due(&returns));
    steps(0.001, KEPT / 20 - 1);
    assert_false(returns_due(&returns));
    steps(0.001, 1);
    assert_true(returns_due(&returns));
}

static void test_residuals_are_returns_in_units_of_the_volatility_before_them(void **state)
{
    (void)state;
    steps(0.001, 150);
    steps(0.002, 1); /* twice what was known: a residual of 2, and only from then on is it known */
    steps(0.001, 1);
    size_t count = returns_take_window(&returns, residuals);
    assert_near(fabs(residuals[count - 2]), 2.0, 1e-9);
    /* variance: 1 + (4 − 1) ÷ 60 */
    assert_near(fabs(residuals[count - 1]), 1.0 / sqrt(1.05), 1e-9);
    assert_near(fabs(residuals[0]), 1.0, 1e-9);
}

static void test_only_the_newest_are_kept(void **state)
{
    (void)state;
    steps(0.001, 1000);
    assert_int_equal(returns_take_window(&returns, residuals), KEPT);
    assert_near(returns.deviation, 0.001, 1e-12);
}

static void test_a_torn_past_makes_no_return(void **state)
{
    (void)state;
    steps(0.001, 200);
    returns_break(&returns);
    level += 3.0;
    returns_add(&returns, level);
    steps(0.001, 10);
    returns_take_window(&returns, residuals);
    assert_near(returns.deviation, 0.001, 1e-12);
}

static void test_what_does_not_move_gives_no_window(void **state)
{
    (void)state;
    steps(0.0, 400);
    assert_true(returns_due(&returns));
    assert_int_equal(returns_take_window(&returns, residuals), 0);
    assert_near(returns.deviation, 0.0, 0.0);
    steps(0.001, KEPT); /* moves at last; a volatility of 0 before the first step divides nothing */
    size_t count = returns_take_window(&returns, residuals);
    assert_int_equal(count, KEPT);
    for (size_t i = 0; i < count; i++) {
        assert_true(fabs(residuals[i]) < 5.0);
    }
}

int main(void)
{
#define WITH_RETURNS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_RETURNS(test_volatility_is_there_after_twenty_returns),
        WITH_RETURNS(test_a_window_is_due_at_first_and_then_now_and_then),
        WITH_RETURNS(test_residuals_are_returns_in_units_of_the_volatility_before_them),
        WITH_RETURNS(test_only_the_newest_are_kept),
        WITH_RETURNS(test_a_torn_past_makes_no_return),
        WITH_RETURNS(test_what_does_not_move_gives_no_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
