/* Scores of votes against rewards worked out by hand and vote by vote. */
#include "tickd/modules/agent_manager_score.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/numbers.h"
#include "support/seed.h"
#include "tickd/base/real.h"
#include "tickd/base/rng.h"
#include "tickd/bus/vocabulary.h"

enum { SYMBOLS = 2, AGENTS = 2, HORIZON = 4 };

static const double cost = 0.001;

struct fixture {
    struct arena arena;
    struct score_sheet sheet;
    struct score_record records[AGENTS];
};

static void start(struct fixture *fixture)
{
    struct arena measuring;
    memset(fixture, 0, sizeof *fixture);
    arena_init_measuring(&measuring);
    assert_false(score_init(&fixture->sheet, &measuring, SYMBOLS, AGENTS, HORIZON, cost));
    assert_int_equal(arena_init(&fixture->arena, measuring.used), 0);
    assert_true(score_init(&fixture->sheet, &fixture->arena, SYMBOLS, AGENTS, HORIZON, cost));
    assert_int_equal(fixture->arena.used, measuring.used);
}

static void stop(struct fixture *fixture)
{
    arena_fini(&fixture->arena);
}

static void say(struct fixture *fixture, uint16_t symbol, double volatility, double horizon_return,
                int8_t first, int8_t second)
{
    const int8_t votes[AGENTS] = {first, second};
    score_ballot(&fixture->sheet, symbol, volatility, horizon_return, votes, fixture->records);
}

static void test_votes_are_judged_a_horizon_later(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    say(&fixture, 0, 0.002, real_nan(), 70, -20);
    for (int i = 1; i < HORIZON; i++) {
        say(&fixture, 0, 0.002, real_nan(), 0, 0);
        assert_int_equal(fixture.records[0].judged, 0);
    }
    say(&fixture, 0, 0.005, 0.006, 0, 0);
    /* 0.006 / (0.002 · √4) = 1.5, and 0.001 / (0.002 · √4) = 0.25 for coming to it from nothing */
    assert_int_equal(fixture.records[0].judged, 1);
    assert_near(fixture.records[0].worth, 1.5, 1e-12);
    assert_near(fixture.records[0].reward, 1.25, 1e-12);
    assert_near(fixture.records[1].worth, -1.5, 1e-12);
    assert_near(fixture.records[1].reward, -1.75, 1e-12);
    assert_int_equal(fixture.records[0].hits, 1);
    assert_int_equal(fixture.records[1].hits, 0);
    stop(&fixture);
}

static void test_a_change_of_side_costs_and_staying_does_not(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    for (int i = 0; i < 3 * HORIZON; i++) { /* one stays, one turns each horizon */
        say(&fixture, 0, 0.002, i < HORIZON ? real_nan() : 0.0, 50,
            i / HORIZON % 2 == 0 ? 50 : -50);
    }
    /* judged: the first two horizons of votes; entering costs 0.25, turning 0.5 */
    assert_near(fixture.records[0].reward, -0.25 * HORIZON, 1e-12);
    assert_near(fixture.records[1].reward, -0.25 * HORIZON - 0.5 * HORIZON, 1e-12);
    assert_near(fixture.records[1].worth, 0, 0);
    stop(&fixture);
}

static void test_a_hold_is_a_reward_of_nothing_and_an_abstention_is_none(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    for (int i = 0; i < 5 * HORIZON; i++) {
        say(&fixture, 0, 0.002, 0.003, 0, VOTE_ABSTAINS);
    }
    assert_int_equal(fixture.records[0].judged, 4 * HORIZON);
    assert_int_equal(fixture.records[0].votes, 0);
    assert_near(fixture.records[0].reward, 0, 0);
    assert_true(isnan(score_hit_rate(&fixture.records[0])));
    assert_int_equal(fixture.records[1].judged, 0);
    assert_true(isnan(score_mean_reward(&fixture.records[1])));
    assert_true(isnan(score_mean_worth(&fixture.records[1])));
    stop(&fixture);
}

static void test_unknown_returns_and_volatilities_judge_nobody(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    for (int i = 0; i < HORIZON; i++) {
        say(&fixture, 0,
            i == 0   ? real_nan()
            : i == 1 ? 0.0
            : i == 2 ? 1e-9
                     : 0.002,
            real_nan(), 50, 50);
    }
    for (int i = 0; i < HORIZON - 1; i++) {
        say(&fixture, 0, 0.002, 0.001, 50, 50);
        assert_int_equal(fixture.records[0].judged, 0);
    }
    say(&fixture, 0, 0.002, real_nan(), 50, 50);
    assert_int_equal(fixture.records[0].judged, 0);
    say(&fixture, 0, 0.002, 0.001, 50, 50);
    assert_int_equal(fixture.records[0].judged, 1);
    stop(&fixture);
}

static void test_symbols_are_apart_and_a_gap_tears_one(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    for (int i = 0; i < HORIZON; i++) {
        say(&fixture, 0, 0.002, real_nan(), 50, 50);
        say(&fixture, 1, 0.002, real_nan(), 50, 50);
    }
    score_forget(&fixture.sheet, 0);
    say(&fixture, 0, 0.002, 0.5, 50, 50);
    assert_int_equal(fixture.records[0].judged, 0);
    say(&fixture, 1, 0.002, 0.001, 50, 50);
    assert_int_equal(fixture.records[0].judged, 1);
    stop(&fixture);
}

static void test_another_version_is_not_judged_by_the_votes_before(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    for (int i = 0; i < HORIZON; i++) {
        say(&fixture, 0, 0.002, real_nan(), 50, 50);
    }
    score_clear(&fixture.sheet, 0);
    for (int i = 0; i < HORIZON; i++) {
        say(&fixture, 0, 0.002, 0.001, 50, 50);
    }
    assert_int_equal(fixture.records[0].judged, 0);
    assert_int_equal(fixture.records[1].judged, HORIZON);
    say(&fixture, 0, 0.002, 0.001, 50, 50);
    assert_int_equal(fixture.records[0].judged, 1);
    assert_near(fixture.records[0].reward, 0.25 - 0.25, 1e-12); /* it came to it from nothing */
    stop(&fixture);
}

static void test_an_outlier_counts_up_to_a_limit(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    for (int i = 0; i < HORIZON; i++) {
        say(&fixture, 0, 0.002, real_nan(), 50, -50);
    }
    say(&fixture, 0, 0.002, 3.0, 50, -50);
    assert_near(fixture.records[0].worth, 8, 0);
    assert_near(fixture.records[1].worth, -8, 0);
    stop(&fixture);
}

static void test_means_and_hit_rates_follow_their_definitions(void **state)
{
    (void)state;
    enum { BARS = 500 };
    struct fixture fixture;
    static int8_t votes[BARS];
    static double returns[BARS];
    struct rng rng;
    double worth = 0;
    size_t hits = 0;
    size_t sided = 0;
    rng_stream(&rng, test_seed(), "definitions");
    start(&fixture);
    for (int n = 0; n < BARS; n++) {
        votes[n] = (int8_t)((int)rng_below(&rng, 3) * 40 - 40);
        returns[n] = 0.002 * rng_normal(&rng);
        say(&fixture, 0, 0.001, returns[n], votes[n], 0);
    }
    for (int n = 0; n + HORIZON < BARS; n++) {
        int side = (votes[n] > 0) - (votes[n] < 0);
        worth += side * returns[n + HORIZON] / 0.002;
        sided += side != 0 ? 1 : 0;
        hits += side * returns[n + HORIZON] > 0 ? 1 : 0;
    }
    assert_near(score_mean_worth(&fixture.records[0]), worth / (BARS - HORIZON), 1e-12);
    assert_near(score_hit_rate(&fixture.records[0]), (double)hits / (double)sided, 1e-12);
    assert_int_equal(fixture.records[0].judged, BARS - HORIZON);
    assert_int_equal(fixture.records[0].votes, sided);
    stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_votes_are_judged_a_horizon_later),
        cmocka_unit_test(test_a_change_of_side_costs_and_staying_does_not),
        cmocka_unit_test(test_a_hold_is_a_reward_of_nothing_and_an_abstention_is_none),
        cmocka_unit_test(test_unknown_returns_and_volatilities_judge_nobody),
        cmocka_unit_test(test_symbols_are_apart_and_a_gap_tears_one),
        cmocka_unit_test(test_another_version_is_not_judged_by_the_votes_before),
        cmocka_unit_test(test_an_outlier_counts_up_to_a_limit),
        cmocka_unit_test(test_means_and_hit_rates_follow_their_definitions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
