/* The definition of reward, on numbers worked out by hand. */
#include "tickd/agents/reward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/numbers.h"
#include "tickd/base/real.h"
#include "tickd/bus/vocabulary.h"

static void test_a_scale_turns_returns_into_volatilities_of_the_horizon(void **state)
{
    (void)state;
    assert_near(reward_scale(0.001, 4), 250, 1e-12);
    assert_true(reward_scale(1e-7, 4) == 0);
    assert_true(reward_scale(0, 4) == 0);
    assert_true(reward_scale(real_nan(), 4) == 0);
}

static void test_a_vote_is_a_side_unless_it_abstains_or_has_no_scale(void **state)
{
    (void)state;
    assert_int_equal(reward_side(1, 250), 1);
    assert_int_equal(reward_side(-100, 250), -1);
    assert_int_equal(reward_side(0, 250), 0);
    assert_int_equal(reward_side(VOTE_ABSTAINS, 250), REWARD_NO_SIDE);
    assert_int_equal(reward_side(50, 0), REWARD_NO_SIDE);
}

static void test_a_change_counts_from_no_position_after_an_abstention(void **state)
{
    (void)state;
    assert_int_equal(reward_change(1, -1), 2);
    assert_int_equal(reward_change(-1, REWARD_NO_SIDE), 1);
    assert_int_equal(reward_change(REWARD_NO_SIDE, 1), 1);
    assert_int_equal(reward_change(REWARD_NO_SIDE, REWARD_NO_SIDE), 0);
    assert_int_equal(reward_change(1, 1), 0);
}

static void test_a_return_is_cut_at_eight_volatilities(void **state)
{
    (void)state;
    struct reward_price price = {0};
    assert_true(reward_next_return(&price, 100, 0.001) == 0);
    assert_near(reward_next_return(&price, 100.1, 0.001), 0.00099950033308342, 1e-15);
    assert_near(reward_next_return(&price, 150, 0.002), 0.008, 1e-18);
    assert_near(reward_next_return(&price, 100, real_nan()), -0.016, 1e-18);
    /* without a volatility there is no unit to count in */
    assert_true(reward_next_return(&price, 101, 0.001) == 0);
}

/* Horizon 2, scale 100, cost 0.001: buy, buy, sell, sell. */
static void test_tranches_earn_by_the_bar_what_they_hold(void **state)
{
    (void)state;
    struct reward_tranches tranches = {0};
    struct reward_bar bar = {.bar_return = 0.01, .scale = 100, .cost = 0.001, .horizon = 2};
    struct reward reward = {0};
    assert_false(reward_step(&tranches, 1, REWARD_NO_SIDE, &bar, &reward));
    assert_false(reward_step(&tranches, 1, REWARD_NO_SIDE, &bar, &reward));
    assert_near(tranches.position, 200, 0);
    bar.scale_out = 100;
    /* holds 200 over a rise of 1%, and turns one tranche around: 2 − 0.2 */
    assert_true(reward_step(&tranches, -1, 1, &bar, &reward));
    assert_near(reward.worth, 2, 1e-15);
    assert_near(reward.costs, 0.2, 1e-15);
    assert_near(tranches.position, 0, 0);
    assert_true(reward_step(&tranches, -1, 1, &bar, &reward));
    assert_near(reward.worth, 0, 0);
    assert_near(reward.costs, 0.2, 1e-15);
    assert_near(tranches.position, -200, 0);
}

static void test_an_abstention_stops_the_scoring_for_a_horizon(void **state)
{
    (void)state;
    struct reward_tranches tranches = {0};
    struct reward_bar bar = {.scale = 100, .scale_out = 100, .horizon = 2};
    static const int sides[] = {REWARD_NO_SIDE, REWARD_NO_SIDE, 1, 1, REWARD_NO_SIDE, 1, 1, 1};
    static const bool scored[] = {false, false, true, false, false, true};
    for (size_t i = 2; i < sizeof sides / sizeof sides[0]; i++) {
        struct reward reward;
        assert_int_equal(reward_step(&tranches, sides[i], sides[i - 2], &bar, &reward),
                         scored[i - 2]);
    }
}

static void test_whoever_holds_nothing_any_more_holds_nothing_at_all(void **state)
{
    (void)state;
    struct reward_tranches tranches = {0};
    static const double scales[] = {0.1, 0.2, 0.3}; /* 0.1 + 0.2 + 0.3 − 0.1 − 0.2 − 0.3 > 0 */
    struct reward reward;
    for (size_t i = 0; i < 3; i++) {
        struct reward_bar bar = {.scale = scales[i], .horizon = 3};
        reward_step(&tranches, 1, REWARD_NO_SIDE, &bar, &reward);
    }
    for (size_t i = 0; i < 3; i++) {
        struct reward_bar bar = {.scale_out = scales[i], .horizon = 3};
        reward_step(&tranches, REWARD_NO_SIDE, 1, &bar, &reward);
    }
    assert_int_equal(tranches.held, 0);
    assert_true(tranches.position == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_scale_turns_returns_into_volatilities_of_the_horizon),
        cmocka_unit_test(test_a_vote_is_a_side_unless_it_abstains_or_has_no_scale),
        cmocka_unit_test(test_a_change_counts_from_no_position_after_an_abstention),
        cmocka_unit_test(test_a_return_is_cut_at_eight_volatilities),
        cmocka_unit_test(test_tranches_earn_by_the_bar_what_they_hold),
        cmocka_unit_test(test_whoever_holds_nothing_any_more_holds_nothing_at_all),
        cmocka_unit_test(test_an_abstention_stops_the_scoring_for_a_horizon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
