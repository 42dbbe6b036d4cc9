/* The whole engine over markets whose truth is known, in a bounded form: few seeds, the most
 * telling targets. scripts/science runs all of it, with 20 seeds a market, and writes
 * docs/science.md. Seeds are fixed, so that a run is a fact and not a draw. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "science/science.h"
#include "science/statistics.h"
#include "science/yardstick.h"

static void run_for(const char *name, uint64_t seed, double hours, struct science_result *result)
{
    const struct science_experiment *experiment = science_find(name);
    assert_non_null(experiment);
    struct science_market market = experiment->market;
    struct settings settings;
    science_settings(&settings);
    science_set(&settings, experiment->settings);
    market.seconds = hours * 3600;
    science_run(&market, &settings, seed, result);
    print_message("%-20s seed %llu: equity %+.2f%%, lowest %+.2f%%, best agent alone %+.2f%%\n",
                  name, (unsigned long long)(seed), 100 * result->growth[0],
                  100 * result->lowest[0], 100 * result->best[0]);
}

static void test_the_same_seed_gives_the_same_run(void **state)
{
    struct science_result once;
    struct science_result again;
    (void)state;
    run_for("reverting-40", 1, 0.5, &once);
    run_for("reverting-40", 1, 0.5, &again);
    assert_memory_equal(&once, &again, sizeof once);
}

static void test_walks_are_not_traded(void **state)
{
    static const char *const walks[] = {"walk-1", "walk-5", "walk-10"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(walks); i++) {
        struct science_result result;
        run_for(walks[i], i + 1, 4, &result);
        assert_true(result.decisions[0] > 10000);
        assert_true(result.passed[0] < 0.01 * result.decisions[0]);
        assert_true(result.lowest[0] > -0.01);
        assert_true(result.alone[SPECIES_COIN] < -0.5); /* votes do cost there */
    }
}

static void test_an_edge_below_the_costs_is_not_traded_at_a_loss(void **state)
{
    static const char *const markets[] = {"reverting-15", "reverting-25", "momentum-5",
                                          "momentum-10", "momentum-15"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(markets); i++) {
        struct science_result result;
        run_for(markets[i], i + 1, 3, &result);
        assert_true(result.lowest[0] > -0.01);
    }
}

/* Whether the coin's votes are worth less than those of every agent that has the edge. */
static void check_coin(const struct science_result *result, enum market_kind kind)
{
    double coin = result->worth[SCIENCE_AGENTS - 1];
    for (size_t place = 0; place + 1 < SCIENCE_AGENTS; place++) {
        if ((science_right_species(kind) >> (place / 3) & 1U) != 0) {
            assert_true(result->worth[place] > coin);
        }
    }
}

static void test_an_edge_above_the_costs_is_earned(void **state)
{
    static const char *const markets[] = {"reverting-40", "reverting-40", "momentum-25",
                                          "momentum-25"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(markets); i++) {
        struct science_result result;
        run_for(markets[i], i + 1, 4, &result);
        assert_true(result.growth[0] > 0);
        assert_true(result.lowest[0] > -0.02);
        assert_true(result.regret_ratio[0] > 0 && result.regret_ratio[0] <= 1);
        check_coin(&result, science_find(markets[i])->market.kind);
    }
}

static void test_of_a_large_edge_a_third_of_the_best_agents_profit_is_captured(void **state)
{
    static const char *const markets[] = {"reverting-120", "momentum-120"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(markets); i++) {
        struct science_result result;
        run_for(markets[i], i + 1, 4, &result);
        assert_true(result.best[0] > 0.5);
        assert_true(result.growth[0] > result.best[0] / 3);
    }
}

static void test_after_a_change_the_right_species_get_half_of_the_weight(void **state)
{
    static const char *const markets[] = {"change", "change-back"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(markets); i++) {
        struct science_result result;
        run_for(markets[i], i + 1, 3, &result);
        assert_true(result.weight_reached_s[0] <= 1800); /* NaN: never */
        assert_true(result.weight_right[0] > 0.5);
    }
}

static void test_evolution_mends_wrong_defaults(void **state)
{
    enum { PAIRS = 3 };
    double gain[PAIRS];
    (void)state;
    for (size_t i = 0; i < PAIRS; i++) {
        struct science_result without;
        struct science_result with;
        run_for("slow-turns-without", i + 1, 3, &without);
        run_for("slow-turns", i + 1, 3, &with);
        gain[i] = with.net[SCIENCE_QUARTERS - 1] - without.net[SCIENCE_QUARTERS - 1];
    }
    struct sample sample = sample_of(gain, PAIRS);
    print_message("mean reward of the incumbents in the last quarter: %+.3f by evolution\n",
                  sample.mean);
    assert_true(sample.lowest > 0);
}

static void test_nothing_is_promoted_where_no_parameter_is_better(void **state)
{
    (void)state;
    struct science_result result;
    run_for("walk-without-costs", 1, 4, &result);
    assert_true(result.generations[0] > 100);
    assert_true(result.promotions[0] <= 0.05 * result.generations[0] / SPECIES_COIN);
}

static void test_probabilities_of_profit_beat_the_base_rate(void **state)
{
    static const char *const markets[] = {"reverting-60", "momentum-40", "momentum-10"};
    static const bool wins[] = {true, true, false};
    (void)state;
    for (size_t k = 0; k < ARRAY_LENGTH(markets); k++) {
        struct science_result result;
        double said = 0;
        double profits = 0;
        run_for(markets[k], 1, 4, &result);
        for (size_t i = 0; i < SCIENCE_BINS; i++) {
            said += result.said[i];
            profits += result.profits[i];
        }
        double base = profits / said;
        assert_true(said > 10000);
        assert_true(result.squares[0] < result.base_squares[0]);
        assert_true(result.squares[0] / said < base * (1 - base) || !wins[k]);
    }
}

/* Losses beyond the expected shortfall at 95%: 1.84% where the tail is exponential, 2.5% where it
 * is symmetrical. */
static void test_the_expected_shortfall_is_exceeded_as_often_as_it_should_be(void **state)
{
    static const char *const markets[] = {"walk-1", "reverting-120", "momentum-80"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(markets); i++) {
        struct science_result result;
        run_for(markets[i], 1, 4, &result);
        struct interval interval = binomial_interval(result.beyond[0], result.apart[0]);
        assert_true(interval.low < 0.025 && interval.high > 0.0184);
    }
}

/* A fifth of the equity, bought at 100 and sold at 101, H bars after the last vote; 6 bps a side
 * and half a spread of 4 bps on the way out: 0.2 · (0.01 − 0.0006 − 0.0008). */
static void test_the_yardstick_makes_what_was_worked_out_by_hand(void **state)
{
    static struct yardstick yardstick;
    struct settings settings;
    struct ballot_message ballot = {.number = 1, .agents = 2};
    (void)state;
    science_settings(&settings);
    yardstick_init(&yardstick, &settings);
    ballot.votes[0] = 50;
    ballot.votes[1] = VOTE_ABSTAINS;
    yardstick_ballot(&yardstick, 0, &ballot);
    yardstick_trade(&yardstick, 0, 100.0);
    ballot.votes[0] = 0;
    ballot.number = 60;
    yardstick_ballot(&yardstick, 0, &ballot);
    yardstick_trade(&yardstick, 0, 150.0); /* still held */
    ballot.number = 61;
    yardstick_spread(&yardstick, 0, 0.0004);
    yardstick_ballot(&yardstick, 0, &ballot);
    yardstick_trade(&yardstick, 0, 101.0);
    yardstick_trade(&yardstick, 0, 50.0);
    assert_true(fabs(yardstick_growth(&yardstick, 0) - 0.00172) < 1e-12);
    assert_true(yardstick_growth(&yardstick, 1) == 0.0);
}

/* Student's t and binomial intervals from tables: t(0.95; 4) = 2.1318 (Abramowitz & Stegun, table
 * 26.10); 95% interval of 7 in 100: 2.86% to 13.89% (Clopper & Pearson 1934, as tabulated). */
static void test_the_statistics_are_those_of_the_tables(void **state)
{
    (void)state;
    struct sample sample = {.mean = 2.1318468, .deviation = sqrt(5.0), .count = 5};
    assert_true(fabs(sample_p_above_zero(&sample) - 0.05) < 1e-6);
    struct interval interval = binomial_interval(7, 100);
    assert_true(fabs(interval.low - 0.0286) < 5e-5);
    assert_true(fabs(interval.high - 0.1389) < 5e-5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_statistics_are_those_of_the_tables),
        cmocka_unit_test(test_the_yardstick_makes_what_was_worked_out_by_hand),
        cmocka_unit_test(test_the_same_seed_gives_the_same_run),
        cmocka_unit_test(test_walks_are_not_traded),
        cmocka_unit_test(test_an_edge_below_the_costs_is_not_traded_at_a_loss),
        cmocka_unit_test(test_an_edge_above_the_costs_is_earned),
        cmocka_unit_test(test_of_a_large_edge_a_third_of_the_best_agents_profit_is_captured),
        cmocka_unit_test(test_after_a_change_the_right_species_get_half_of_the_weight),
        cmocka_unit_test(test_evolution_mends_wrong_defaults),
        cmocka_unit_test(test_nothing_is_promoted_where_no_parameter_is_better),
        cmocka_unit_test(test_probabilities_of_profit_beat_the_base_rate),
        cmocka_unit_test(test_the_expected_shortfall_is_exceeded_as_often_as_it_should_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
