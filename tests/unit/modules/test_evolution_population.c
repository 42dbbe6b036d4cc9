/* A population of shadows: duels, promotions, parents. The test plays the market: it says what each
 * member earns. */
#include "tickd/modules/evolution_population.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

#include "support/numbers.h"
#include "support/seed.h"

enum { SLOTS = 16, INCUMBENTS = 3, BLOCKS = 20 /* a generation */ };

static const double threshold = 8.9463749;     /* ln (384 ÷ 0.05) */
static const double threshold_one = 2.9957323; /* ln (1 ÷ 0.05) */

static const struct search_space space = {
    .of = {{.lowest = 5, .highest = 480, .whole = true, .by_ratio = true},
           {.lowest = 0, .highest = 1},
           {.lowest = 0.25, .highest = 6, .by_ratio = true}},
    .dimensions = 3};

struct fixture {
    struct population population;
    struct rng noise;
};

static void start_with(struct fixture *fixture, size_t slots, size_t incumbents)
{
    struct rng rng;
    rng_stream(&rng, test_seed(), "population");
    rng_stream(&fixture->noise, test_seed(), "noise");
    population_init(&fixture->population, &space, slots, incumbents, 0.6, 0.9, &rng);
    for (size_t i = 0; i < incumbents; i++) {
        const double values[] = {15 * (double)(i + 1), 0.5, 2};
        population_set_incumbent(&fixture->population, i, values);
    }
    population_begin(&fixture->population);
    assert_int_equal(population_take_changes(&fixture->population), (1U << slots) - 1);
}

static void start(struct fixture *fixture)
{
    start_with(fixture, SLOTS, INCUMBENTS);
}

/* What a member at a point is worth a block. */
typedef double worth(const struct search_point *point);

static double nothing(const struct search_point *point)
{
    (void)point;
    return 0;
}

/* Best at 0.8, 0.2, 0.5 of the cube. */
static double hill(const struct search_point *point)
{
    const double best[] = {0.8, 0.2, 0.5};
    double sum = 0;
    for (size_t i = 0; i < 3; i++) {
        sum += (point->of[i] - best[i]) * (point->of[i] - best[i]);
    }
    return 1 - 3 * sum;
}

/* Blocks in which all earn their worth with noise, much of it the same for all. */
static void play(struct fixture *fixture, worth *value, double noise, int blocks)
{
    struct population *population = &fixture->population;
    for (int block = 0; block < blocks; block++) {
        double earned[POPULATION_MAX];
        double incumbents[INCUMBENTS_MAX];
        double common = rng_normal(&fixture->noise);
        for (size_t i = 0; i < population->slot_count; i++) {
            earned[i] =
                value(&population->slots[i].point) + noise * (common + rng_normal(&fixture->noise));
        }
        for (size_t i = 0; i < population->incumbent_count; i++) {
            incumbents[i] =
                value(&population->incumbents[i]) + noise * (common + rng_normal(&fixture->noise));
        }
        for (size_t i = 0; i < population->slot_count; i++) {
            struct population_slot *slot = &population->slots[i];
            evidence_add(&slot->worth, earned[i], 0, 1);
            for (size_t k = 0; k < population->incumbent_count; k++) {
                evidence_add(&slot->against[k], earned[i], incumbents[k], 1);
            }
            if (slot->role == SLOT_TRIAL) {
                evidence_add(&slot->duel, earned[i], earned[slot->rival], 1);
            }
        }
    }
}

static size_t count(const struct population *population, enum slot_role role)
{
    size_t sum = 0;
    for (size_t i = 0; i < population->slot_count; i++) {
        sum += population->slots[i].role == role ? 1 : 0;
    }
    return sum;
}

/* Every slot has a role, every trial a target, no target two trials, and halves are halves. */
static void check(const struct population *population)
{
    unsigned challenged = 0;
    for (size_t i = 0; i < population->slot_count; i++) {
        const struct population_slot *slot = &population->slots[i];
        assert_int_not_equal(slot->role, SLOT_FREE);
        if (slot->role == SLOT_TRIAL) {
            assert_int_equal(population->slots[slot->rival].role, SLOT_TARGET);
            assert_int_equal(challenged >> slot->rival & 1U, 0);
            challenged |= 1U << slot->rival;
        }
        for (size_t k = 0; k < space.dimensions; k++) {
            assert_true(slot->point.of[k] >= 0 && slot->point.of[k] <= 1);
        }
    }
    size_t members = population->slot_count - count(population, SLOT_PARENT);
    assert_true(count(population, SLOT_TRIAL) <= members / 2);
    assert_true(count(population, SLOT_TARGET) >= members - members / 2);
    assert_true(4 * count(population, SLOT_PARENT) <= population->slot_count);
}

/* What the module does at a generation's end, when every update is taken. */
static int move_on(struct population *population)
{
    int promoted = 0;
    struct population_match match = population_best(population, threshold);
    if (match.proven) {
        double values[SEARCH_DIMENSIONS_MAX];
        search_values(&space, &population->slots[match.slot].point, values);
        population_promote(population, match.slot, match.incumbent);
        population_set_incumbent(population, match.incumbent, values);
        promoted = 1;
    }
    population_next(population, threshold_one);
    population_take_changes(population);
    check(population);
    return promoted;
}

static void test_half_of_the_first_members_are_challenged_by_the_other_half(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    check(&fixture.population);
    assert_int_equal(count(&fixture.population, SLOT_TARGET), SLOTS / 2);
    assert_int_equal(count(&fixture.population, SLOT_TRIAL), SLOTS / 2);
    start_with(&fixture, 5, 1);
    check(&fixture.population);
    assert_int_equal(count(&fixture.population, SLOT_TARGET), 3);
    assert_int_equal(fixture.population.trials, 5);
}

static void test_a_trial_that_is_ahead_takes_the_targets_place(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    struct population_slot *slots = fixture.population.slots;
    size_t trial = SLOTS / 2;
    size_t target = slots[trial].rival;
    struct search_point ahead = slots[trial].point;
    for (int i = 0; i < BLOCKS; i++) {
        evidence_add(&slots[trial].duel, i % 2 == 0 ? 1.5 : 0.5, 0, 1);
    }
    population_next(&fixture.population, threshold_one);
    assert_int_equal(slots[trial].role, SLOT_TARGET);
    assert_near(search_distance(&space, &slots[trial].point, &ahead), 0, 0);
    assert_true((population_take_changes(&fixture.population) >> target & 1U) != 0);
    assert_int_equal(slots[target].role, SLOT_TRIAL);
    check(&fixture.population);
}

static void test_a_trial_that_is_behind_makes_room_for_another(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    struct population_slot *slots = fixture.population.slots;
    size_t trial = SLOTS / 2;
    size_t target = slots[trial].rival;
    for (int i = 0; i < BLOCKS; i++) {
        evidence_add(&slots[trial].duel, i % 2 == 0 ? -1.5 : -0.5, 0, 1);
    }
    population_next(&fixture.population, threshold_one);
    assert_int_equal(population_take_changes(&fixture.population), 1U << trial);
    assert_int_equal(slots[target].role, SLOT_TARGET);
    assert_int_equal(slots[trial].role, SLOT_TRIAL);
    assert_int_equal(slots[trial].rival, target);
    assert_int_equal(slots[trial].duel.blocks, 0);
}

static void test_a_duel_that_is_undecided_goes_on_and_then_ends_for_the_target(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    int generations = 0;
    uint32_t changed = 0;
    while (changed == 0) {
        for (size_t i = SLOTS / 2; i < SLOTS; i++) {
            for (int block = 0; block < BLOCKS; block++) {
                evidence_add(&fixture.population.slots[i].duel, block % 2 == 0 ? 1 : -1, 0, 1);
            }
        }
        population_next(&fixture.population, threshold_one);
        changed = population_take_changes(&fixture.population);
        generations++;
    }
    assert_int_equal(generations, 8);
    assert_int_equal(changed, 0xff00); /* every trial, no target */
}

static void test_equal_members_are_told_apart_at_once(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    play(&fixture, nothing, 0, BLOCKS);
    population_next(&fixture.population, threshold_one);
    assert_int_equal(population_take_changes(&fixture.population), 0xff00);
}

static void test_a_population_climbs_and_takes_its_incumbents_along(void **state)
{
    (void)state;
    struct fixture fixture;
    int promoted = 0;
    start(&fixture);
    double before = 0;
    double after = 0;
    for (size_t i = 0; i < INCUMBENTS; i++) {
        before += hill(&fixture.population.incumbents[i]) / INCUMBENTS;
    }
    for (int generation = 0; generation < 100; generation++) {
        play(&fixture, hill, 1, BLOCKS);
        promoted += move_on(&fixture.population);
    }
    for (size_t i = 0; i < INCUMBENTS; i++) {
        after += hill(&fixture.population.incumbents[i]) / INCUMBENTS;
    }
    print_message("incumbents' worth %.2f -> %.2f in %d promotions\n", before, after, promoted);
    assert_true(promoted >= INCUMBENTS);
    assert_true(after > before + 0.3 && after > 0.75);
    assert_true(population_worth(&fixture.population) > 0.4);
}

/* At most 5% of generations, by far. */
static void test_where_all_are_equal_nobody_is_promoted(void **state)
{
    (void)state;
    struct fixture fixture;
    int promoted = 0;
    for (int run = 0; run < 5; run++) {
        start(&fixture);
        for (int generation = 0; generation < 60; generation++) {
            play(&fixture, nothing, 1, BLOCKS);
            promoted += move_on(&fixture.population);
        }
    }
    assert_true(promoted <= 1); /* of 300; eight such populations share a false one in 20 */
}

static double loss(const struct search_point *point)
{
    return hill(point) - 2;
}

static void test_nobody_is_promoted_for_losing_less(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    for (int generation = 0; generation < 60; generation++) {
        play(&fixture, loss, 0.5, BLOCKS);
        assert_int_equal(move_on(&fixture.population), 0);
    }
    struct population_match match = population_best(&fixture.population, threshold);
    assert_int_not_equal(match.slot, POPULATION_NONE);
    assert_true(match.fitness < 0 && match.fitness > match.incumbent_fitness);
}

/* One slot far ahead of all. */
static void favour(struct fixture *fixture, size_t slot)
{
    struct population_slot *favourite = &fixture->population.slots[slot];
    for (int i = 0; i < 200; i++) {
        double earned = i % 2 == 0 ? 3 : 1;
        evidence_add(&favourite->worth, earned, 0, 1);
        for (size_t k = 0; k < fixture->population.incumbent_count; k++) {
            evidence_add(&favourite->against[k], earned, 0.5 - 0.1 * (double)k, 1);
        }
    }
}

static void test_the_challenger_replaces_the_worst_that_it_beats(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    const double apart[] = {400, 0.1, 5};
    search_point_of(&space, apart, &fixture.population.slots[4].point);
    favour(&fixture, 4);
    struct population_match match = population_best(&fixture.population, threshold);
    assert_true(match.proven);
    assert_int_equal(match.slot, 4);
    assert_int_equal(match.incumbent, INCUMBENTS - 1); /* earned least */
    assert_near(match.fitness, 2, 1e-12);
    assert_near(match.incumbent_fitness, 0.3, 1e-12);
    assert_true(match.margin > 0 && match.margin < 1.7);
    fixture.population.suspended[INCUMBENTS - 1] = true;
    assert_int_equal(population_best(&fixture.population, threshold).incumbent, 1);
}

static void test_a_duplicate_of_another_incumbent_is_no_challenger(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    const double same[] = {46, 0.51, 2}; /* nearly the third incumbent */
    search_point_of(&space, same, &fixture.population.slots[4].point);
    favour(&fixture, 4);
    struct population_match match = population_best(&fixture.population, threshold);
    assert_true(match.proven);
    assert_int_equal(match.incumbent, 2); /* it may replace the one that it resembles, no other */
}

static void test_the_parent_is_kept_where_its_successor_came_from(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    struct population *population = &fixture.population;
    struct search_point parent = population->incumbents[1];
    const double values[] = {300, 0.9, 1};
    size_t rival = SLOTS / 2 + 4;
    assert_int_equal(population->slots[rival].rival, 4);
    population_promote(population, 4, 1);
    population_set_incumbent(population, 1, values);
    assert_int_equal(population->slots[4].role, SLOT_PARENT);
    assert_int_equal(population->slots[4].rival, 1);
    assert_near(search_distance(&space, &population->slots[4].point, &parent), 0, 0);
    assert_int_equal(population->slots[rival].role, SLOT_TARGET); /* its trial takes its place */
    population_next(population, threshold_one);
    assert_int_equal(population->slots[4].role, SLOT_PARENT);
    assert_true((population_take_changes(population) >> 4 & 1U) != 0);
    check(population);
}

static void promote_into(struct population *population, size_t slot, size_t incumbent,
                         double first_value)
{
    const double values[] = {first_value, 0.9, 1};
    population_promote(population, slot, incumbent);
    population_set_incumbent(population, incumbent, values);
}

static void test_a_parent_that_does_better_is_regretted(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    struct population *population = &fixture.population;
    promote_into(population, 4, 1, 300);
    assert_int_equal(population_regret(population, threshold_one).slot, POPULATION_NONE);
    for (int i = 0; i < 60; i++) {
        evidence_add(&population->slots[4].against[1], i % 2 == 0 ? 1.5 : 0.5, 0, 1);
    }
    struct population_match match = population_regret(population, threshold_one);
    assert_int_equal(match.slot, 4);
    assert_int_equal(match.incumbent, 1);
    assert_near(match.fitness, 1, 1e-12);
    assert_true(match.margin > 0);
    population->suspended[1] = true;
    assert_int_equal(population_regret(population, threshold_one).slot, POPULATION_NONE);
}

static void test_a_parent_is_let_go_when_its_successor_has_proved_itself(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    struct population *population = &fixture.population;
    promote_into(population, 4, 1, 300);
    for (int i = 0; i < 60; i++) {
        evidence_add(&population->slots[4].against[1], 0, i % 2 == 0 ? 1.5 : 0.5, 1);
    }
    population_next(population, threshold_one);
    assert_int_equal(count(population, SLOT_PARENT), 0);
    check(population);
}

static void test_a_parent_is_let_go_when_it_is_back_or_was_never_gone(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    struct population *population = &fixture.population;
    population_promote(population, 4, 1); /* and the update is refused */
    population_next(population, threshold_one);
    assert_int_equal(count(population, SLOT_PARENT), 1); /* that is not known yet */
    population_next(population, threshold_one);
    assert_int_equal(count(population, SLOT_PARENT), 0);
    check(population);
}

static void test_a_parent_is_not_watched_for_ever(void **state)
{
    (void)state;
    struct fixture fixture;
    int generations = 0;
    start(&fixture);
    promote_into(&fixture.population, 4, 1, 300);
    while (count(&fixture.population, SLOT_PARENT) > 0) {
        population_next(&fixture.population, threshold_one);
        generations++;
    }
    assert_int_equal(generations, 48);
}

static void test_grandparents_and_too_many_parents_are_not_kept(void **state)
{
    (void)state;
    struct fixture fixture;
    start_with(&fixture, 8, 7);
    struct population *population = &fixture.population;
    promote_into(population, 0, 1, 300);
    promote_into(population, 1, 1, 400);
    assert_int_equal(count(population, SLOT_PARENT), 1);
    assert_int_equal(population->slots[1].role, SLOT_PARENT);
    promote_into(population, 2, 2, 100);
    promote_into(population, 3, 3, 200); /* a quarter of eight are two */
    assert_int_equal(count(population, SLOT_PARENT), 2);
    population_next(population, threshold_one);
    check(population);
}

static void test_another_incumbent_is_judged_afresh(void **state)
{
    (void)state;
    struct fixture fixture;
    const double values[] = {300, 0.9, 1};
    start(&fixture);
    play(&fixture, hill, 1, BLOCKS);
    population_set_incumbent(&fixture.population, 1, values);
    for (size_t i = 0; i < SLOTS; i++) {
        assert_int_equal(fixture.population.slots[i].against[1].blocks, 0);
        assert_int_equal(fixture.population.slots[i].against[0].blocks, BLOCKS);
        assert_int_equal(fixture.population.slots[i].worth.blocks, BLOCKS);
    }
}

static void test_small_populations_hold_together_too(void **state)
{
    (void)state;
    struct fixture fixture;
    for (size_t slots = POPULATION_MIN; slots <= POPULATION_MAX; slots += 5) {
        for (size_t incumbents = 1; incumbents <= INCUMBENTS_MAX; incumbents += 3) {
            start_with(&fixture, slots, incumbents);
            for (int generation = 0; generation < 60; generation++) {
                play(&fixture, hill, 1, BLOCKS);
                move_on(&fixture.population);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_half_of_the_first_members_are_challenged_by_the_other_half),
        cmocka_unit_test(test_a_trial_that_is_ahead_takes_the_targets_place),
        cmocka_unit_test(test_a_trial_that_is_behind_makes_room_for_another),
        cmocka_unit_test(test_a_duel_that_is_undecided_goes_on_and_then_ends_for_the_target),
        cmocka_unit_test(test_equal_members_are_told_apart_at_once),
        cmocka_unit_test(test_a_population_climbs_and_takes_its_incumbents_along),
        cmocka_unit_test(test_where_all_are_equal_nobody_is_promoted),
        cmocka_unit_test(test_nobody_is_promoted_for_losing_less),
        cmocka_unit_test(test_the_challenger_replaces_the_worst_that_it_beats),
        cmocka_unit_test(test_a_duplicate_of_another_incumbent_is_no_challenger),
        cmocka_unit_test(test_the_parent_is_kept_where_its_successor_came_from),
        cmocka_unit_test(test_a_parent_that_does_better_is_regretted),
        cmocka_unit_test(test_a_parent_is_let_go_when_its_successor_has_proved_itself),
        cmocka_unit_test(test_a_parent_is_let_go_when_it_is_back_or_was_never_gone),
        cmocka_unit_test(test_a_parent_is_not_watched_for_ever),
        cmocka_unit_test(test_grandparents_and_too_many_parents_are_not_kept),
        cmocka_unit_test(test_another_incumbent_is_judged_afresh),
        cmocka_unit_test(test_small_populations_hold_together_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
