/* Virtual traders on bars whose trades are obvious, and verdicts from what they have earned. */
#include "tickd/modules/simulator_edge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/numbers.h"
#include "tickd/base/real.h"
#include "tickd/base/rng.h"
#include "tickd/modules/simulator_verdict.h"

enum { HORIZON = 4, SYMBOLS = 2 };

struct world {
    struct arena arena;
    struct edge edge;
    uint32_t number[SYMBOLS];
};

static const struct edge_limits limits = {.horizon_bars = HORIZON,
                                          .prior = 30.0,
                                          .memory_bars = 1e9,
                                          .stop_loss = 0.5,
                                          .take_profit = 0.8};

static void start(struct world *world)
{
    struct arena measuring;
    *world = (struct world){0};
    arena_init_measuring(&measuring);
    assert_false(edge_init(&world->edge, &measuring, &limits, SYMBOLS));
    assert_int_equal(arena_init(&world->arena, measuring.used), 0);
    assert_true(edge_init(&world->edge, &world->arena, &limits, SYMBOLS));
}

static void stop(struct world *world)
{
    arena_fini(&world->arena);
}

/* A bar with the scale 0.1. */
static void bar(struct world *world, size_t symbol, double log_close, enum side side, int level)
{
    edge_step(&world->edge, symbol,
              &(struct edge_bar){.number = ++world->number[symbol],
                                 .log_close = log_close,
                                 .scale = 0.1,
                                 .side = side,
                                 .level = level});
}

static double sum_of(const struct world *world, size_t level)
{
    return world->edge.pools[level].all.sum;
}

static double trades_of(const struct world *world, size_t level)
{
    return edge_rate(&world->edge, level);
}

static void test_levels_are_cut_by_rank(void **state)
{
    (void)state;
    assert_int_equal(edge_level_of(0.0), 0);
    assert_int_equal(edge_level_of(0.49), 0);
    assert_int_equal(edge_level_of(0.5), 1);
    assert_int_equal(edge_level_of(1.0), EDGE_LEVELS - 1);
    assert_int_equal(edge_level_of(real_nan()), EDGE_NO_LEVEL);
}

static void test_a_trade_goes_from_the_next_close_to_the_close_after_its_horizon(void **state)
{
    (void)state;
    struct world world;
    start(&world);
    bar(&world, 0, 1.00, SIDE_BUY, 0);  /* 1: decision */
    bar(&world, 0, 1.01, SIDE_HOLD, 0); /* 2: bought here */
    bar(&world, 0, 1.02, SIDE_HOLD, 0);
    bar(&world, 0, 1.03, SIDE_HOLD, 0);
    bar(&world, 0, 1.04, SIDE_HOLD, 0); /* 5 = 1 + H: time is up */
    assert_near(trades_of(&world, 0), 0.0, 0.0);
    bar(&world, 0, 1.08, SIDE_HOLD, 0); /* 6: sold here */
    assert_near(trades_of(&world, 0), 1.0, 0.0);
    assert_near(sum_of(&world, 0), 0.7, 1e-12); /* (1.08 − 1.01) ÷ 0.1 */
    stop(&world);
}

static void test_a_decision_of_the_same_side_prolongs_it(void **state)
{
    (void)state;
    struct world world;
    start(&world);
    bar(&world, 0, 1.0, SIDE_SELL, 0);
    for (int i = 0; i < 10; i++) {
        bar(&world, 0, 1.0, SIDE_SELL, 0); /* the last one is bar 11 */
    }
    for (int i = 0; i < HORIZON; i++) {
        bar(&world, 0, 1.0, SIDE_HOLD, 0);
        assert_near(trades_of(&world, 0), 0.0, 0.0);
    }
    bar(&world, 0, 0.9, SIDE_HOLD, 0);
    assert_near(trades_of(&world, 0), 1.0, 0.0);
    assert_near(sum_of(&world, 0), 1.0, 1e-12); /* sold at 1.0, back at 0.9 */
    stop(&world);
}

static void test_an_opposite_decision_ends_it_and_opens_none(void **state)
{
    (void)state;
    struct world world;
    start(&world);
    bar(&world, 0, 1.0, SIDE_BUY, 0);
    bar(&world, 0, 1.0, SIDE_BUY, 0);
    bar(&world, 0, 1.1, SIDE_SELL, 0);
    bar(&world, 0, 1.2, SIDE_HOLD, 0); /* out */
    assert_near(trades_of(&world, 0), 1.0, 0.0);
    assert_near(sum_of(&world, 0), 2.0, 1e-12);
    for (int i = 0; i < 20; i++) {
        bar(&world, 0, 1.2, SIDE_HOLD, 0);
    }
    assert_near(trades_of(&world, 0), 1.0, 1e-6); /* less what a block of time has faded */
    stop(&world);
}

static void test_stops_end_a_trade_before_its_time(void **state)
{
    (void)state;
    struct world world;
    start(&world);
    bar(&world, 0, 1.0, SIDE_BUY, 0);
    bar(&world, 0, 1.0, SIDE_BUY, 0);
    bar(&world, 0, 0.5, SIDE_BUY, 0); /* −0.5: the stop, whatever is decided */
    bar(&world, 0, 0.4, SIDE_HOLD, 0);
    assert_near(sum_of(&world, 0), -6.0, 1e-12);
    bar(&world, 0, 1.0, SIDE_SELL, 0);
    bar(&world, 0, 1.0, SIDE_SELL, 0);
    bar(&world, 0, 0.2, SIDE_SELL, 0); /* +0.8: the target */
    bar(&world, 0, 0.3, SIDE_HOLD, 0);
    assert_near(sum_of(&world, 0), -6.0 + 7.0, 1e-12);
    assert_near(trades_of(&world, 0), 2.0, 0.0);
    stop(&world);
}

static void test_weak_decisions_neither_open_nor_prolong_at_higher_levels(void **state)
{
    (void)state;
    struct world world;
    start(&world);
    bar(&world, 0, 1.0, SIDE_BUY, 2);
    bar(&world, 0, 1.0, SIDE_BUY, 0);
    bar(&world, 0, 1.0, SIDE_BUY, 1);
    bar(&world, 0, 1.0, SIDE_BUY, 0);
    bar(&world, 0, 1.0, SIDE_BUY, EDGE_NO_LEVEL); /* 5 = 1 + H */
    bar(&world, 0, 1.1, SIDE_BUY, EDGE_NO_LEVEL);
    assert_near(trades_of(&world, 2), 1.0, 0.0);
    assert_near(trades_of(&world, 1), 0.0, 0.0); /* until 3 + H */
    assert_near(trades_of(&world, 3), 0.0, 0.0); /* none has begun */
    bar(&world, 0, 1.1, SIDE_HOLD, 0);
    bar(&world, 0, 1.1, SIDE_HOLD, 0);
    assert_near(trades_of(&world, 1), 1.0, 0.0);
    assert_near(trades_of(&world, 0), 0.0, 0.0); /* until 4 + H */
    bar(&world, 0, 1.1, SIDE_HOLD, 0);
    assert_near(trades_of(&world, 0), 1.0, 0.0);
    stop(&world);
}

static void test_a_trade_across_a_torn_past_is_forgotten(void **state)
{
    (void)state;
    struct world world;
    start(&world);
    bar(&world, 0, 1.0, SIDE_BUY, 4);
    bar(&world, 0, 1.0, SIDE_BUY, 4);
    edge_break(&world.edge, 0);
    for (int i = 0; i < 20; i++) {
        bar(&world, 0, 2.0, SIDE_HOLD, 4);
    }
    for (size_t level = 0; level < EDGE_LEVELS; level++) {
        assert_near(trades_of(&world, level), 0.0, 0.0);
    }
    stop(&world);
}

static void test_without_a_scale_no_trade_begins(void **state)
{
    (void)state;
    struct world world;
    start(&world);
    for (uint32_t i = 1; i < 30; i++) {
        edge_step(&world.edge, 0,
                  &(struct edge_bar){.number = i, .log_close = 1.0, .side = SIDE_BUY, .level = 4});
    }
    assert_near(trades_of(&world, 0), 0.0, 0.0);
    stop(&world);
}

/* Trades of one bar each: decision, opposite decision, each worth `edge` ± 1 scales, of decisions
 * of this level. */
static void trade(struct world *world, struct rng *rng, size_t symbol, int level, double edge,
                  size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double gain = 0.1 * (edge + (rng_uniform(rng) < 0.5 ? -1.0 : 1.0));
        enum side side = i % 2 == 0 ? SIDE_BUY : SIDE_SELL;
        enum side other = i % 2 == 0 ? SIDE_SELL : SIDE_BUY;
        double sign = side == SIDE_BUY ? 1.0 : -1.0;
        bar(world, symbol, 1.0, side, level);
        bar(world, symbol, 1.0, SIDE_HOLD, 0);
        bar(world, symbol, 1.0, other, level);
        bar(world, symbol, 1.0 + sign * gain, SIDE_HOLD, 0);
    }
}

static struct edge_verdict judge(const struct world *world, size_t level, double costs)
{
    return verdict_of(&world->edge, 0, SIDE_BUY, level, costs, 2.0);
}

static void test_nothing_known_is_rejected_as_such(void **state)
{
    (void)state;
    struct world world;
    struct rng rng;
    start(&world);
    rng_seed(&rng, 1);
    struct edge_verdict verdict = judge(&world, 2, 0.0);
    assert_int_equal(verdict.verdict, VERDICT_REJECT);
    assert_int_equal(verdict.reason, SIMULATION_TOO_FEW_OUTCOMES);
    trade(&world, &rng, 0, 4, 5.0, VERDICT_TRADES_MIN - 1);
    assert_int_equal(judge(&world, 4, 0.0).reason, SIMULATION_TOO_FEW_OUTCOMES);
    stop(&world);
}

static void test_an_edge_passes_only_where_what_is_sure_of_it_exceeds_the_costs(void **state)
{
    (void)state;
    struct world world;
    struct rng rng;
    start(&world);
    rng_seed(&rng, 1);
    trade(&world, &rng, 0, 4, 1.0, 400);
    struct edge_verdict verdict = judge(&world, 4, 0.3);
    assert_int_equal(verdict.verdict, VERDICT_PROCEED);
    assert_int_equal(verdict.reason, SIMULATION_EDGE_EXCEEDS_COSTS);
    assert_true(verdict.bound > 0.3 && verdict.bound < verdict.estimate.mean);
    assert_int_equal(judge(&world, 4, verdict.bound + 1e-9).verdict, VERDICT_CAUTION);
    double likely = verdict.estimate.mean - 2.0 * verdict.estimate.error;
    assert_int_equal(judge(&world, 4, likely - 1e-9).verdict, VERDICT_CAUTION);
    verdict = judge(&world, 4, likely + 1e-9);
    assert_int_equal(verdict.verdict, VERDICT_REJECT);
    assert_int_equal(verdict.reason, SIMULATION_EDGE_BELOW_COSTS);
    stop(&world);
}

static void test_weak_decisions_are_left_out_where_they_spoil_it(void **state)
{
    (void)state;
    struct world world;
    struct rng rng;
    start(&world);
    rng_seed(&rng, 1);
    for (int i = 0; i < 100; i++) {
        trade(&world, &rng, 0, 0, -1.0, 6); /* lose, and come three times as often */
        trade(&world, &rng, 0, 3, 2.0, 2);
    }
    struct edge_verdict strong = judge(&world, 4, 0.2);
    assert_int_equal(strong.verdict, VERDICT_PROCEED);
    assert_int_equal(strong.level, 1); /* 1, 2 and 3 are the same trades: the lowest of them */
    struct edge_verdict weak = judge(&world, 0, 0.2);
    assert_int_equal(weak.verdict, VERDICT_REJECT);
    assert_int_equal(weak.reason, SIMULATION_TOO_WEAK);
    assert_int_equal(weak.level, 0);
    assert_true(weak.estimate.mean < 0.0);
    stop(&world);
}

/* Without an edge, judged after each of 200 trades of a level, in 500 worlds: at one time or
 * another no more may pass than the bound allows for: exp(−2²/2) ÷ 10 = 1.4%, and these are
 * independent looks at a free trade, where costs help nothing. */
static void test_chance_does_not_pass_however_often_one_looks(void **state)
{
    (void)state;
    struct rng rng;
    size_t passed = 0;
    rng_stream(&rng, 1, "chance");
    for (int i = 0; i < 500; i++) {
        struct world world;
        bool proceed = false;
        start(&world);
        for (int k = 0; k < 200; k++) {
            trade(&world, &rng, 0, 4, 0.0, 1);
            proceed = proceed || judge(&world, 4, 0.0).verdict == VERDICT_PROCEED;
        }
        passed += proceed ? 1 : 0;
        stop(&world);
    }
    assert_true(passed <= 7);
}

static void test_errors_grow_with_looks_and_numbers(void **state)
{
    (void)state;
    assert_near(verdict_errors(2.0, 0.0, 30.0, 1.0), 2.0, 1e-12);
    /* √(4 + ln 2 + 2 ln 10) by hand */
    assert_near(verdict_errors(2.0, 30.0, 30.0, 10.0), 3.0493142452932, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels_are_cut_by_rank),
        cmocka_unit_test(test_a_trade_goes_from_the_next_close_to_the_close_after_its_horizon),
        cmocka_unit_test(test_a_decision_of_the_same_side_prolongs_it),
        cmocka_unit_test(test_an_opposite_decision_ends_it_and_opens_none),
        cmocka_unit_test(test_stops_end_a_trade_before_its_time),
        cmocka_unit_test(test_weak_decisions_neither_open_nor_prolong_at_higher_levels),
        cmocka_unit_test(test_a_trade_across_a_torn_past_is_forgotten),
        cmocka_unit_test(test_without_a_scale_no_trade_begins),
        cmocka_unit_test(test_nothing_known_is_rejected_as_such),
        cmocka_unit_test(test_an_edge_passes_only_where_what_is_sure_of_it_exceeds_the_costs),
        cmocka_unit_test(test_weak_decisions_are_left_out_where_they_spoil_it),
        cmocka_unit_test(test_chance_does_not_pass_however_often_one_looks),
        cmocka_unit_test(test_errors_grow_with_looks_and_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
