/* The table of the species and what holds for all of them. */
#include "tickd/agents/species.h"

#include "support/agent_bars.h"

#include <math.h>

#include "support/numbers.h"
#include "support/seed.h"
#include "tickd/base/rng.h"

static struct agent_bars bars;
static struct agent_bars mirror;

/* NAN is a float. */
static const double not_known = (double)NAN;

static bool is_nan(double value)
{
    return value != value;
}

static void draw_parameters(struct rng *rng, enum species species,
                            double parameters[PARAMETERS_MAX])
{
    const struct species_description *description = species_describe(species);
    for (size_t i = 0; i < PARAMETERS_MAX; i++) {
        const struct species_parameter *parameter = &description->parameters[i];
        parameters[i] =
            parameter->lowest + rng_uniform(rng) * (parameter->highest - parameter->lowest);
    }
    species_bound(species, parameters);
}

/* Most bars that the species looks back. */
static size_t longest_look_back(enum species species, const double parameters[PARAMETERS_MAX])
{
    const struct species_description *description = species_describe(species);
    double longest = 0;
    for (size_t i = 0; i < description->parameter_count; i++) {
        if (strcmp(description->parameters[i].unit, "bars") == 0 && parameters[i] > longest) {
            longest = parameters[i];
        }
    }
    if (species == SPECIES_MOMENTUM) {
        longest = parameters[0] + parameters[1]; /* the look-back begins before what is skipped */
    }
    return (size_t)longest;
}

/* One walking bar of every symbol; symbol 0 the last, so that its basket is whole. */
static void walk(struct agent_bars *all, struct rng *rng, double prices[AGENT_BARS_SYMBOLS])
{
    for (uint16_t i = AGENT_BARS_SYMBOLS; i-- > 0;) {
        prices[i] *= real_exp(2e-4 * rng_normal(rng));
        all->volume = (double)rng_below(rng, 5);
        all->imbalance = all->volume > 0 ? 2 * rng_uniform(rng) - 1 : real_nan();
        agent_bars_close(all, i, prices[i]);
    }
}

static void test_every_species_is_described_in_full(void **state)
{
    (void)state;
    for (int s = 0; s < SPECIES_COIN; s++) {
        const struct species_description *description = species_describe((enum species)s);
        assert_int_equal(description->species, s);
        assert_true(strlen(description->reference) > 10);
        assert_non_null(description->score);
        assert_in_range(description->parameter_count, 1, PARAMETERS_MAX);
        for (size_t i = 0; i < description->parameter_count; i++) {
            const struct species_parameter *parameter = &description->parameters[i];
            assert_true(parameter->name[0] != 0 && parameter->unit[0] != 0);
            assert_true(strlen(parameter->help) > 10);
            assert_true(parameter->lowest < parameter->highest);
            assert_true(parameter->spread_lowest >= parameter->lowest);
            assert_true(parameter->spread_lowest <= parameter->fallback);
            assert_true(parameter->fallback <= parameter->spread_highest);
            assert_true(parameter->spread_highest <= parameter->highest);
            assert_true(!parameter->by_ratio || parameter->lowest > 0);
            for (size_t k = 0; k < i; k++) {
                assert_string_not_equal(parameter->name, description->parameters[k].name);
            }
        }
    }
}

static void test_the_coin_has_neither_parameters_nor_a_score(void **state)
{
    (void)state;
    const struct species_description *coin = species_describe(SPECIES_COIN);
    double parameters[PARAMETERS_MAX];
    assert_int_equal(coin->species, SPECIES_COIN);
    assert_int_equal(coin->parameter_count, 0);
    assert_true(coin->score == NULL);
    species_spread(SPECIES_COIN, 0, 1, parameters);
    assert_true(is_nan(parameters[0]));
    assert_true(species_within_bounds(SPECIES_COIN, parameters));
}

static void test_incumbents_are_spread_around_the_default(void **state)
{
    (void)state;
    for (int s = 0; s < SPECIES_COIN; s++) {
        const struct species_description *description = species_describe((enum species)s);
        double first[PARAMETERS_MAX];
        double middle[PARAMETERS_MAX];
        double last[PARAMETERS_MAX];
        species_spread((enum species)s, 0, 3, first);
        species_spread((enum species)s, 1, 3, middle);
        species_spread((enum species)s, 2, 3, last);
        for (size_t i = 0; i < description->parameter_count; i++) {
            const struct species_parameter *parameter = &description->parameters[i];
            assert_near(first[i], parameter->spread_lowest, 1e-12 * parameter->highest);
            assert_true(middle[i] == parameter->fallback);
            assert_near(last[i], parameter->spread_highest, 1e-12 * parameter->highest);
        }
        assert_true(first[0] < middle[0] && middle[0] < last[0]); /* the look-back differs */
    }
}

static void test_any_number_of_incumbents_stays_within_bounds_and_in_order(void **state)
{
    (void)state;
    for (int s = 0; s < SPECIES_COIN; s++) {
        for (size_t count = 1; count <= 7; count++) {
            double before[PARAMETERS_MAX] = {0};
            for (size_t i = 0; i < count; i++) {
                double parameters[PARAMETERS_MAX];
                species_spread((enum species)s, i, count, parameters);
                assert_true(species_within_bounds((enum species)s, parameters));
                assert_true(parameters[0] > before[0]);
                memcpy(before, parameters, sizeof before);
            }
        }
    }
}

static void test_look_backs_are_spread_by_ratio(void **state)
{
    (void)state;
    double parameters[PARAMETERS_MAX];
    species_spread(SPECIES_MEAN_REVERSION, 1, 5, parameters); /* half way from 240 to 120 */
    assert_true(parameters[0] == 170.0);                      /* 240 / √2 = 169.7 */
}

static void test_bounding_brings_anything_into_bounds(void **state)
{
    (void)state;
    double parameters[PARAMETERS_MAX] = {1e9, -5, not_known, 7, 7, 7};
    species_bound(SPECIES_MOMENTUM, parameters);
    assert_true(parameters[0] == 480.0);
    assert_true(parameters[1] == 0.0);
    assert_true(parameters[2] == species_describe(SPECIES_MOMENTUM)->parameters[2].fallback);
    assert_true(is_nan(parameters[3]) && is_nan(parameters[5]));
    double whole[PARAMETERS_MAX] = {33.5, 2.49, 1, not_known, not_known, not_known};
    species_bound(SPECIES_MOMENTUM, whole);
    assert_true(whole[0] == 34.0 && whole[1] == 2.0);
    double infinite[PARAMETERS_MAX] = {(double)INFINITY, -(double)INFINITY, (double)INFINITY,
                                       not_known,        not_known,         not_known};
    species_bound(SPECIES_MOMENTUM, infinite);
    assert_true(species_within_bounds(SPECIES_MOMENTUM, infinite));
}

static void test_bounds_are_told(void **state)
{
    (void)state;
    double parameters[PARAMETERS_MAX];
    species_spread(SPECIES_MOMENTUM, 0, 1, parameters);
    assert_true(species_within_bounds(SPECIES_MOMENTUM, parameters));
    parameters[0] = 30.5; /* look-backs are whole */
    assert_false(species_within_bounds(SPECIES_MOMENTUM, parameters));
    parameters[0] = 481;
    assert_false(species_within_bounds(SPECIES_MOMENTUM, parameters));
    parameters[0] = not_known;
    assert_false(species_within_bounds(SPECIES_MOMENTUM, parameters));
}

static void test_a_score_becomes_a_vote(void **state)
{
    (void)state;
    assert_int_equal(species_vote(not_known, 0.1), VOTE_ABSTAINS);
    assert_int_equal(species_vote(0, 0.1), 0);
    assert_int_equal(species_vote(0.099, 0.1), 0);
    assert_int_equal(species_vote(-0.099, 0.1), 0);
    assert_int_equal(species_vote(0.1, 0.1), 10);
    assert_int_equal(species_vote(-0.426, 0.1), -43);
    assert_int_equal(species_vote(0.424, 0.1), 42);
    assert_int_equal(species_vote(1, 0.1), 100);
    assert_int_equal(species_vote(-1, 0.1), -100);
    assert_int_equal(species_vote(3, 0.1), 100);
    assert_int_equal(species_vote(0.0001, 0), 1); /* a side is never lost in rounding */
    assert_int_equal(species_vote(-0.0001, 0), -1);
    assert_int_equal(species_vote(0, 0), 0);
}

static void test_a_species_abstains_until_its_look_back_is_full(void **state)
{
    (void)state;
    struct rng rng;
    double parameters[SPECIES_COIN][PARAMETERS_MAX];
    double prices[AGENT_BARS_SYMBOLS] = {100, 50, 20, 400};
    rng_seed(&rng, test_seed());
    agent_bars_init(&bars);
    for (int s = 0; s < SPECIES_COIN; s++) {
        draw_parameters(&rng, (enum species)s, parameters[s]);
    }
    for (size_t count = 1; count <= 600; count++) {
        walk(&bars, &rng, prices);
        for (int s = 0; s < SPECIES_COIN; s++) {
            double score = agent_bars_score(&bars, (enum species)s, parameters[s], 0);
            bool enough = count > longest_look_back((enum species)s, parameters[s]);
            assert_int_equal(!is_nan(score), enough);
        }
    }
}

static void test_the_longest_look_backs_fit_into_the_memory(void **state)
{
    (void)state;
    struct rng rng;
    double prices[AGENT_BARS_SYMBOLS] = {100, 50, 20, 400};
    rng_seed(&rng, 1);
    agent_bars_init(&bars);
    for (size_t i = 0; i < MEMORY_BARS; i++) {
        walk(&bars, &rng, prices);
    }
    for (int s = 0; s < SPECIES_COIN; s++) {
        double parameters[PARAMETERS_MAX];
        for (size_t i = 0; i < PARAMETERS_MAX; i++) {
            parameters[i] = (double)INFINITY;
        }
        species_bound((enum species)s, parameters);
        assert_in_range(longest_look_back((enum species)s, parameters), 1, LOOK_BACK_MAX);
        assert_false(is_nan(agent_bars_score(&bars, (enum species)s, parameters, 0)));
    }
}

static void test_scores_stay_between_minus_one_and_one(void **state)
{
    (void)state;
    struct rng rng;
    double prices[AGENT_BARS_SYMBOLS] = {100, 0.5, 20, 90000};
    uint64_t judged = 0;
    rng_seed(&rng, test_seed());
    agent_bars_init(&bars);
    for (size_t i = 0; i < 3000; i++) {
        if (rng_below(&rng, 200) == 0) {
            prices[rng_below(&rng, AGENT_BARS_SYMBOLS)] *= 0.7 + 0.7 * rng_uniform(&rng);
        }
        walk(&bars, &rng, prices);
        for (int s = 0; s < SPECIES_COIN; s++) {
            double parameters[PARAMETERS_MAX];
            draw_parameters(&rng, (enum species)s, parameters);
            double score = agent_bars_score(&bars, (enum species)s, parameters,
                                            (uint16_t)rng_below(&rng, AGENT_BARS_SYMBOLS));
            assert_true(is_nan(score) || (score >= -1 && score <= 1));
            judged += is_nan(score) ? 0 : 1;
        }
    }
    assert_true(judged > 3000 * SPECIES_COIN / 2);
}

/* Up becomes down and every vote is turned around: no species leans to a side. Channels are of
 * prices and not of their logarithms, so a little is left over. */
static void test_a_mirrored_market_turns_every_score_around(void **state)
{
    (void)state;
    struct rng rng;
    double logs[AGENT_BARS_SYMBOLS] = {0};
    rng_seed(&rng, test_seed());
    agent_bars_init(&bars);
    agent_bars_init(&mirror);
    for (size_t i = 0; i < 900; i++) {
        for (uint16_t k = AGENT_BARS_SYMBOLS; k-- > 0;) {
            logs[k] += 1e-5 * rng_normal(&rng);
            bars.volume = mirror.volume = 10;
            bars.imbalance = 2 * rng_uniform(&rng) - 1;
            mirror.imbalance = -bars.imbalance;
            agent_bars_close(&bars, k, 1000 * real_exp(logs[k]));
            agent_bars_close(&mirror, k, 1000 * real_exp(-logs[k]));
        }
        for (int s = 0; s < SPECIES_COIN && i > 520; s++) {
            double parameters[PARAMETERS_MAX];
            draw_parameters(&rng, (enum species)s, parameters);
            double up = agent_bars_score(&bars, (enum species)s, parameters, 0);
            double down = agent_bars_score(&mirror, (enum species)s, parameters, 0);
            if (up != 0 && down != 0) { /* not where rounding decides about a threshold */
                assert_near(up, -down, 2e-3);
            }
        }
    }
}

static void test_a_price_that_stands_still_is_held_by_all(void **state)
{
    (void)state;
    agent_bars_init(&bars);
    bars.volume = 100;
    bars.imbalance = 0;
    for (size_t i = 0; i < 1100; i++) {
        for (uint16_t k = AGENT_BARS_SYMBOLS; k-- > 0;) {
            agent_bars_close(&bars, k, i < 300 ? 100 + (double)i : 400);
        }
    }
    for (int s = 0; s < SPECIES_COIN; s++) {
        double parameters[PARAMETERS_MAX];
        species_spread((enum species)s, 1, 3, parameters);
        assert_true(agent_bars_score(&bars, (enum species)s, parameters, 0) == 0.0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_species_is_described_in_full),
        cmocka_unit_test(test_the_coin_has_neither_parameters_nor_a_score),
        cmocka_unit_test(test_incumbents_are_spread_around_the_default),
        cmocka_unit_test(test_any_number_of_incumbents_stays_within_bounds_and_in_order),
        cmocka_unit_test(test_look_backs_are_spread_by_ratio),
        cmocka_unit_test(test_bounding_brings_anything_into_bounds),
        cmocka_unit_test(test_bounds_are_told),
        cmocka_unit_test(test_a_score_becomes_a_vote),
        cmocka_unit_test(test_a_species_abstains_until_its_look_back_is_full),
        cmocka_unit_test(test_the_longest_look_backs_fit_into_the_memory),
        cmocka_unit_test(test_scores_stay_between_minus_one_and_one),
        cmocka_unit_test(test_a_mirrored_market_turns_every_score_around),
        cmocka_unit_test(test_a_price_that_stands_still_is_held_by_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
