/* Each species on bars whose answer a person sees, and on a few whose score is worked out by hand.
 * In the hand-made cases x is the log price in units of its own step, so that every score is a
 * fraction of small integers and roots. */
#include "tickd/agents/species.h"

#include "support/agent_bars.h"

#include <math.h>

#include "support/numbers.h"

static struct agent_bars bars;

/* 0.1% */
static const double step = 1e-3;

static void start(void)
{
    agent_bars_init(&bars);
}

/* A bar of symbol 0 at 100 · e^(x steps). */
static void at(double x)
{
    agent_bars_close(&bars, 0, 100 * real_exp(step * x));
}

static void times(size_t count, double x)
{
    for (size_t i = 0; i < count; i++) {
        at(x);
    }
}

/* `count` bars that go from `from` to `to` in equal steps, the last at `to`. */
static void line(size_t count, double from, double to)
{
    for (size_t i = 1; i <= count; i++) {
        at(from + (to - from) * (double)i / (double)count);
    }
}

/* `count` bars that swing around `x` by `size`. */
static void zigzag(size_t count, double x, double size)
{
    for (size_t i = 0; i < count; i++) {
        at(x + (i % 2 == 0 ? size : -size));
    }
}

static double score(enum species species, const double parameters[PARAMETERS_MAX])
{
    assert_true(species_within_bounds(species, parameters));
    return agent_bars_score(&bars, species, parameters, 0);
}

static double score_by_default(enum species species)
{
    double parameters[PARAMETERS_MAX];
    species_spread(species, 0, 1, parameters);
    return score(species, parameters);
}

/* Momentum: look_back, skip, scale. */

static void test_momentum_buys_what_has_risen_and_sells_what_has_fallen(void **state)
{
    (void)state;
    start();
    line(100, 0, 50);
    assert_true(score_by_default(SPECIES_MOMENTUM) > 0.9);
    line(100, 50, 0);
    assert_true(score_by_default(SPECIES_MOMENTUM) < -0.9);
    zigzag(100, 0, 1);
    assert_true(fabs(score_by_default(SPECIES_MOMENTUM)) < 0.1);
}

/* Returns 1, 1, −1, 1, 1: z = 3/√5; with scale 2 the score is z/√(4 + z²) = 3/√29. */
static void test_momentum_is_the_return_over_its_own_deviation(void **state)
{
    (void)state;
    static const double parameters[PARAMETERS_MAX] = {5, 0, 2};
    start();
    times(3, 0);
    at(1);
    at(2);
    at(1);
    at(2);
    at(3);
    assert_near(score(SPECIES_MOMENTUM, parameters), 0.5570860145311556, 1e-6);
}

static void test_momentum_does_not_see_what_it_skips(void **state)
{
    (void)state;
    static const double parameters[PARAMETERS_MAX] = {5, 3, 2};
    start();
    line(8, 0, 8);
    at(-20);
    at(40);
    at(-60);
    assert_near(score(SPECIES_MOMENTUM, parameters), sqrt(5) / 3, 1e-6); /* z = 5/√5 */
}

/* Mean reversion: look_back, entry, scale. */

static void test_mean_reversion_fades_a_spike_and_holds_at_the_mean(void **state)
{
    (void)state;
    start();
    zigzag(300, 0, 1);
    at(0);
    assert_true(score_by_default(SPECIES_MEAN_REVERSION) == 0.0);
    at(5);
    assert_true(score_by_default(SPECIES_MEAN_REVERSION) < -0.8);
    at(-5);
    assert_true(score_by_default(SPECIES_MEAN_REVERSION) > 0.8);
}

static void test_mean_reversion_is_surer_the_wider_the_gap(void **state)
{
    (void)state;
    double before = 0;
    for (int gap = 1; gap <= 6; gap++) {
        start();
        zigzag(300, 0, 1);
        at(gap);
        double now = score_by_default(SPECIES_MEAN_REVERSION);
        assert_true(now < before);
        before = now;
    }
}

/* Nine bars at 0 and one at 1: mean 0.1, deviation 0.3, z = 3; −3/√(4 + 9). */
static void test_mean_reversion_counts_in_deviations(void **state)
{
    (void)state;
    static const double parameters[PARAMETERS_MAX] = {10, 0, 2};
    static const double later[PARAMETERS_MAX] = {10, 2.5, 2};
    start();
    times(12, 0);
    at(1);
    assert_near(score(SPECIES_MEAN_REVERSION, parameters), -0.8320502943378437, 1e-6);
    assert_near(score(SPECIES_MEAN_REVERSION, later), -0.8320502943378437, 1e-6);
    at(1); /* mean 0.2, deviation 0.4, z = 2: below the entry */
    assert_true(score(SPECIES_MEAN_REVERSION, later) == 0.0);
}

/* Trend: look_back, slow, age, scale. */

/* A line of n bars rises by n steps, n/√(6/5 · n) deviations; n = 10 and 60, scale 1.5. */
static void test_a_trend_is_a_line_and_counts_less_when_it_is_old(void **state)
{
    (void)state;
    static const double ageless[PARAMETERS_MAX] = {10, 60, 0, 1.5};
    static const double aged[PARAMETERS_MAX] = {10, 60, 1, 1.5};
    start();
    line(80, 0, 80);
    assert_near(score(SPECIES_TREND, ageless), 0.8873565094161138, 1e-5);
    assert_near(score(SPECIES_TREND, aged), 0.009657998857259313, 1e-5);
}

static void test_a_young_trend_is_followed_surely(void **state)
{
    (void)state;
    start();
    line(300, 300, 0);
    line(30, 0, 30);
    assert_true(score_by_default(SPECIES_TREND) > 0.8);
    start();
    line(300, 0, 300);
    line(30, 300, 270);
    assert_true(score_by_default(SPECIES_TREND) < -0.8);
}

static void test_a_trend_never_turns_against_the_price_however_old(void **state)
{
    (void)state;
    static const double aged[PARAMETERS_MAX] = {10, 60, 1, 0.25};
    start();
    line(400, 0, 4000);
    assert_true(score(SPECIES_TREND, aged) >= 0);
    assert_true(score_by_default(SPECIES_TREND) >= 0);
}

/* Volatility: look_back, move, balance, scale. */

static void test_volatility_follows_where_prices_spread_and_fades_where_they_do_not(void **state)
{
    (void)state;
    start();
    line(400, 0, 100);
    assert_true(score_by_default(SPECIES_VOLATILITY) > 0.6);
    start();
    zigzag(400, 0, 1);
    at(3);
    assert_true(score_by_default(SPECIES_VOLATILITY) < -0.5);
    zigzag(100, 0, 1);
    at(-3);
    assert_true(score_by_default(SPECIES_VOLATILITY) > 0.5);
}

/* A line: variance (n² − 1)/12 over Σ r²/6 = n/6 makes an expansion of (n² − 1)/(2n), 19.9875 for
 * n = 40; the move over 5 bars is 2 over √2. (e − 1)/(e + 1) · √2/√3. */
static void test_volatility_is_a_move_times_an_expansion(void **state)
{
    (void)state;
    static const double parameters[PARAMETERS_MAX] = {40, 5, 1, 1};
    start();
    line(60, 0, 60);
    assert_near(score(SPECIES_VOLATILITY, parameters), 0.7386886875695151, 1e-5);
}

/* Breakout: look_back, edge, scale. */

static void test_breakout_follows_at_the_edges_of_the_channel_only(void **state)
{
    (void)state;
    start();
    for (int i = 0; i < 20; i++) {
        line(10, 0, 2);
        line(10, 2, 0);
    }
    line(5, 0, 1);
    assert_true(score_by_default(SPECIES_BREAKOUT) == 0.0); /* in the middle */
    line(5, 1, 2);
    double at_the_edge = score_by_default(SPECIES_BREAKOUT);
    line(10, 2, 6);
    double beyond = score_by_default(SPECIES_BREAKOUT);
    assert_true(at_the_edge > 0 && beyond > at_the_edge && beyond > 0.6);
    line(20, 6, -4);
    assert_true(score_by_default(SPECIES_BREAKOUT) < -0.6);
}

/* Ten bars up: high = close, low = the close ten bars ago, so half of 1 − e^−0.01 over √10 steps:
 * z = 1.573259; z/√(1 + z²). */
static void test_breakout_counts_from_the_middle_in_deviations(void **state)
{
    (void)state;
    static const double parameters[PARAMETERS_MAX] = {10, 0.5, 1};
    start();
    line(30, 0, 30);
    assert_near(score(SPECIES_BREAKOUT, parameters), 0.8439444533943348, 1e-5);
}

/* Swing: look_back, stretch, turn_bars, turn. */

static void test_swing_waits_for_the_turn_near_an_edge(void **state)
{
    (void)state;
    start();
    line(200, 0, 100);
    line(200, 100, 0);
    assert_true(score_by_default(SPECIES_SWING) == 0.0); /* at the bottom, still falling */
    line(12, 0, 6);
    assert_true(score_by_default(SPECIES_SWING) > 0.8); /* near the bottom, and up */
    line(44, 6, 50);
    assert_true(score_by_default(SPECIES_SWING) == 0.0); /* up, but in the middle */
    line(50, 50, 100);
    assert_true(score_by_default(SPECIES_SWING) == 0.0); /* at the top, still rising */
    line(12, 100, 94);
    assert_true(score_by_default(SPECIES_SWING) < -0.8);
}

/* Dislocation: look_back, beta, entry, scale. */

/* All move alike by `common`, and symbol 0 by `own` more; it comes last, when its basket is whole.
 */
static void basket_at(double common, double own)
{
    for (uint16_t i = AGENT_BARS_SYMBOLS; i-- > 1;) {
        agent_bars_close(&bars, i, 20 * i * real_exp(step * common));
    }
    at(common + own);
}

static void test_dislocation_fades_a_move_that_the_others_do_not_make(void **state)
{
    (void)state;
    start();
    for (int i = 0; i < 300; i++) {
        basket_at(i % 5, i % 2 == 0 ? 0.5 : -0.5);
    }
    basket_at(3, 4);
    assert_true(score_by_default(SPECIES_DISLOCATION) < -0.8);
    basket_at(3, -4);
    assert_true(score_by_default(SPECIES_DISLOCATION) > 0.8);
}

static void test_dislocation_holds_when_all_move_together(void **state)
{
    (void)state;
    start();
    for (int i = 0; i < 300; i++) {
        basket_at(i % 5, i % 2 == 0 ? 0.5 : -0.5);
    }
    basket_at(30, 0);
    assert_true(score_by_default(SPECIES_DISLOCATION) == 0.0);
    assert_true(score_by_default(SPECIES_MEAN_REVERSION) < -0.8); /* which sees the symbol alone */
}

static void test_dislocation_abstains_without_a_basket(void **state)
{
    (void)state;
    start();
    for (int i = 0; i < 300; i++) {
        at(i % 7);
        agent_bars_close(&bars, 1, 50);
    }
    double one_other = score_by_default(SPECIES_DISLOCATION);
    assert_true(one_other != one_other);
}

/* Order flow: look_back, entry, scale. */

static void trade(size_t count, double volume, double imbalance)
{
    bars.volume = volume;
    bars.imbalance = imbalance;
    times(count, 0);
}

static void test_order_flow_follows_who_pays(void **state)
{
    (void)state;
    start();
    trade(40, 100, 1);
    assert_true(score_by_default(SPECIES_ORDER_FLOW) > 0.9);
    trade(40, 100, -1);
    assert_true(score_by_default(SPECIES_ORDER_FLOW) < -0.9);
    for (size_t i = 0; i < 20; i++) {
        trade(1, 100, 1);
        trade(1, 100, -1);
    }
    assert_true(score_by_default(SPECIES_ORDER_FLOW) == 0.0);
}

/* Five bars, all bought: z = 5/√5; z/√(4 + z²) = √5/3. */
static void test_order_flow_counts_in_deviations_of_random_signs(void **state)
{
    (void)state;
    static const double parameters[PARAMETERS_MAX] = {5, 0, 2};
    start();
    trade(10, 250, 1);
    assert_near(score(SPECIES_ORDER_FLOW, parameters), sqrt(5) / 3, 1e-9);
}

static void test_one_huge_print_does_not_shout(void **state)
{
    (void)state;
    start();
    for (size_t i = 0; i < 20; i++) {
        trade(1, 100, 1);
        trade(1, 100, -1);
    }
    trade(1, 1e6, 1); /* z = 1 */
    assert_near(score_by_default(SPECIES_ORDER_FLOW), 1 / sqrt(5), 1e-3);
}

static void test_order_flow_holds_without_volume(void **state)
{
    (void)state;
    start();
    trade(40, 0, real_nan());
    assert_true(score_by_default(SPECIES_ORDER_FLOW) == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_momentum_buys_what_has_risen_and_sells_what_has_fallen),
        cmocka_unit_test(test_momentum_is_the_return_over_its_own_deviation),
        cmocka_unit_test(test_momentum_does_not_see_what_it_skips),
        cmocka_unit_test(test_mean_reversion_fades_a_spike_and_holds_at_the_mean),
        cmocka_unit_test(test_mean_reversion_is_surer_the_wider_the_gap),
        cmocka_unit_test(test_mean_reversion_counts_in_deviations),
        cmocka_unit_test(test_a_trend_is_a_line_and_counts_less_when_it_is_old),
        cmocka_unit_test(test_a_young_trend_is_followed_surely),
        cmocka_unit_test(test_a_trend_never_turns_against_the_price_however_old),
        cmocka_unit_test(test_volatility_follows_where_prices_spread_and_fades_where_they_do_not),
        cmocka_unit_test(test_volatility_is_a_move_times_an_expansion),
        cmocka_unit_test(test_breakout_follows_at_the_edges_of_the_channel_only),
        cmocka_unit_test(test_breakout_counts_from_the_middle_in_deviations),
        cmocka_unit_test(test_swing_waits_for_the_turn_near_an_edge),
        cmocka_unit_test(test_dislocation_fades_a_move_that_the_others_do_not_make),
        cmocka_unit_test(test_dislocation_holds_when_all_move_together),
        cmocka_unit_test(test_dislocation_abstains_without_a_basket),
        cmocka_unit_test(test_order_flow_follows_who_pays),
        cmocka_unit_test(test_order_flow_counts_in_deviations_of_random_signs),
        cmocka_unit_test(test_one_huge_print_does_not_shout),
        cmocka_unit_test(test_order_flow_holds_without_volume),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
