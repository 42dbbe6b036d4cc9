/* Differential evolution's operators, and what they find: test functions with known optima. */
#include "tickd/modules/evolution_search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

#include "support/numbers.h"
#include "support/seed.h"

enum { MEMBERS_MAX = 80 };

typedef double objective(const double *values, size_t dimensions);

/* De Jong's first function; optimum 0 at the origin. */
static double sphere(const double *values, size_t dimensions)
{
    double sum = 0;
    for (size_t i = 0; i < dimensions; i++) {
        sum += values[i] * values[i];
    }
    return sum;
}

/* Rosenbrock, Computer Journal 3 (1960); optimum 0 at (1, …, 1). */
static double rosenbrock(const double *values, size_t dimensions)
{
    double sum = 0;
    for (size_t i = 0; i + 1 < dimensions; i++) {
        double along = values[i + 1] - values[i] * values[i];
        double to = 1 - values[i];
        sum += 100 * along * along + to * to;
    }
    return sum;
}

/* Rastrigin (1974); optimum 0 at the origin, a local one near every whole number. */
static double rastrigin(const double *values, size_t dimensions)
{
    const double pi = 3.14159265358979323846;
    double sum = 10 * (double)dimensions;
    for (size_t i = 0; i < dimensions; i++) {
        sum += values[i] * values[i] - 10 * cos(2 * pi * values[i]);
    }
    return sum;
}

/* Whole numbers and ratios: optimum 0 at (30, 7, 0.5). */
static double mixed(const double *values, size_t dimensions)
{
    (void)dimensions;
    double ratio = log(values[0] / 30);
    return ratio * ratio + (values[1] - 7) * (values[1] - 7) +
           (values[2] - 0.5) * (values[2] - 0.5);
}

static struct search_space box(size_t dimensions, double lowest, double highest)
{
    struct search_space space = {.dimensions = dimensions};
    for (size_t i = 0; i < dimensions; i++) {
        space.of[i] = (struct search_dimension){.lowest = lowest, .highest = highest};
    }
    return space;
}

static const struct search_space mixed_space = {
    .of = {{.lowest = 5, .highest = 480, .whole = true, .by_ratio = true},
           {.lowest = 0, .highest = 30, .whole = true},
           {.lowest = 0.25, .highest = 6, .by_ratio = true}},
    .dimensions = 3};

struct run {
    struct search_space space;
    objective *value;
    size_t members;
    size_t generations;
    double mutation;
    double crossover;
};

/* The algorithm as Storn and Price state it: every member is challenged by a trial a generation,
 * and gives way to one that is not worse. Returns the best value, and where. */
static double minimise(const struct run *run, uint64_t seed, double *best_values)
{
    struct search_point points[MEMBERS_MAX];
    double costs[MEMBERS_MAX];
    double values[SEARCH_DIMENSIONS_MAX];
    struct rng rng;
    size_t best = 0;
    rng_stream(&rng, seed, "test search");
    search_spread(&run->space, &rng, points, run->members);
    for (size_t i = 0; i < run->members; i++) {
        search_values(&run->space, &points[i], values);
        costs[i] = run->value(values, run->space.dimensions);
    }
    for (size_t step = 0; step < run->generations * run->members; step++) {
        size_t i = step % run->members;
        size_t picked[3];
        struct search_point trial;
        assert_true(search_pick(&rng, run->members, i, picked));
        struct search_parents parents = {&points[i], &points[picked[0]], &points[picked[1]],
                                         &points[picked[2]]};
        search_trial(&run->space, run->mutation, run->crossover, &rng, &parents, &trial);
        search_values(&run->space, &trial, values);
        double cost = run->value(values, run->space.dimensions);
        if (cost <= costs[i]) {
            points[i] = trial;
            costs[i] = cost;
        }
        best = costs[i] < costs[best] ? i : best;
    }
    search_values(&run->space, &points[best], best_values);
    return costs[best];
}

static void expect_optimum(const struct run *run, const double *where, double tolerance)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        double values[SEARCH_DIMENSIONS_MAX];
        double cost = minimise(run, seed, values);
        assert_near(cost, 0, tolerance);
        for (size_t i = 0; i < run->space.dimensions; i++) {
            assert_near(values[i], where[i], 10 * sqrt(tolerance));
        }
    }
}

static void test_the_sphere_is_solved(void **state)
{
    (void)state;
    const double origin[SEARCH_DIMENSIONS_MAX] = {0};
    expect_optimum(&(struct run){.space = box(6, -5.12, 5.12),
                                 .value = sphere,
                                 .members = 40,
                                 .generations = 300,
                                 .mutation = 0.6,
                                 .crossover = 0.9},
                   origin, 1e-12);
}

static void test_rosenbrocks_valley_is_followed_to_its_end(void **state)
{
    (void)state;
    const double ones[SEARCH_DIMENSIONS_MAX] = {1, 1, 1, 1};
    expect_optimum(&(struct run){.space = box(4, -2.048, 2.048),
                                 .value = rosenbrock,
                                 .members = 40,
                                 .generations = 600,
                                 .mutation = 0.6,
                                 .crossover = 0.9},
                   ones, 1e-12);
}

static void test_rastrigins_other_optima_do_not_hold_it(void **state)
{
    (void)state;
    const double origin[SEARCH_DIMENSIONS_MAX] = {0};
    expect_optimum(&(struct run){.space = box(6, -5.12, 5.12),
                                 .value = rastrigin,
                                 .members = 80,
                                 .generations = 600,
                                 .mutation = 0.5,
                                 .crossover = 0.2},
                   origin, 1e-10);
}

static void test_whole_numbers_and_ratios_are_found_exactly(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        double values[SEARCH_DIMENSIONS_MAX];
        struct run run = {.space = mixed_space,
                          .value = mixed,
                          .members = 16,
                          .generations = 150,
                          .mutation = 0.6,
                          .crossover = 0.9};
        minimise(&run, seed, values);
        assert_near(values[0], 30, 0);
        assert_near(values[1], 7, 0);
        assert_near(values[2], 0.5, 1e-6);
    }
}

static void test_a_trial_never_leaves_the_cube(void **state)
{
    (void)state;
    struct search_space space = box(6, 0, 1);
    struct rng rng;
    rng_stream(&rng, test_seed(), "cube");
    for (int round = 0; round < 20000; round++) {
        struct search_point points[4];
        struct search_point trial;
        search_spread(&space, &rng, points, 4);
        points[1].of[0] = round % 2 == 0 ? 0 : 1; /* a base on the bound */
        struct search_parents parents = {&points[0], &points[1], &points[2], &points[3]};
        search_trial(&space, 2, 1, &rng, &parents, &trial);
        for (size_t i = 0; i < space.dimensions; i++) {
            assert_true(trial.of[i] >= 0 && trial.of[i] <= 1);
        }
    }
}

static void test_without_crossing_one_component_comes_from_the_mutant(void **state)
{
    (void)state;
    struct search_space space = box(5, 0, 1);
    struct rng rng;
    rng_stream(&rng, 7, "components");
    size_t moved[5] = {0};
    for (int round = 0; round < 1000; round++) {
        struct search_point target = {.of = {0.1, 0.1, 0.1, 0.1, 0.1}};
        struct search_point base = {.of = {0.5, 0.5, 0.5, 0.5, 0.5}};
        struct search_point plus = {.of = {0.4, 0.4, 0.4, 0.4, 0.4}};
        struct search_point minus = {.of = {0.2, 0.2, 0.2, 0.2, 0.2}};
        struct search_parents parents = {&target, &base, &plus, &minus};
        struct search_point trial;
        size_t changes = 0;
        search_trial(&space, 0.5, 0, &rng, &parents, &trial);
        for (size_t i = 0; i < 5; i++) {
            if (trial.of[i] > 0.11) {
                assert_near(trial.of[i], 0.6, 1e-15); /* 0.5 + 0.5 · (0.4 − 0.2) */
                moved[i]++;
                changes++;
            }
        }
        assert_int_equal(changes, 1);
    }
    for (size_t i = 0; i < 5; i++) {
        assert_in_range(moved[i], 140, 260); /* 200 ± 4.7 deviations */
    }
}

static void test_a_spread_has_one_point_in_every_stratum(void **state)
{
    (void)state;
    struct search_space space = box(4, 0, 1);
    struct search_point points[16];
    struct rng rng;
    rng_stream(&rng, test_seed(), "strata");
    search_spread(&space, &rng, points, 16);
    for (size_t dimension = 0; dimension < 4; dimension++) {
        unsigned seen = 0;
        for (size_t i = 0; i < 16; i++) {
            seen |= 1U << (unsigned)(points[i].of[dimension] * 16);
        }
        assert_int_equal(seen, 0xffff);
    }
    assert_true(points[0].of[4] == 0 && points[0].of[5] == 0);
}

static void test_picked_places_differ_and_spare_the_target(void **state)
{
    (void)state;
    struct rng rng;
    size_t picked[3];
    rng_stream(&rng, test_seed(), "picks");
    for (int round = 0; round < 2000; round++) {
        assert_true(search_pick(&rng, 4, 2, picked));
        assert_true(picked[0] != picked[1] && picked[1] != picked[2] && picked[0] != picked[2]);
        for (size_t i = 0; i < 3; i++) {
            assert_true(picked[i] < 4 && picked[i] != 2);
        }
    }
    assert_false(search_pick(&rng, 3, 1, picked));
    assert_true(search_pick(&rng, 3, 9, picked));
    assert_false(search_pick(&rng, 2, 9, picked));
}

static void test_ratios_are_halved_by_their_geometric_mean(void **state)
{
    (void)state;
    struct search_point middle = {.of = {0.5, 0.5, 0.5}};
    struct search_point ends = {.of = {0, 1, 1}};
    double values[SEARCH_DIMENSIONS_MAX];
    search_values(&mixed_space, &middle, values);
    assert_near(values[0], 49, 0); /* √(5 · 480) = 48.99, whole */
    assert_near(values[1], 15, 0);
    assert_near(values[2], sqrt(0.25 * 6), 1e-12);
    search_values(&mixed_space, &ends, values);
    assert_near(values[0], 5, 0);
    assert_near(values[1], 30, 0);
    assert_near(values[2], 6, 0);
}

static void test_values_find_back_to_their_point(void **state)
{
    (void)state;
    struct rng rng;
    rng_stream(&rng, test_seed(), "back");
    for (int round = 0; round < 2000; round++) {
        struct search_point point;
        struct search_point back;
        double values[SEARCH_DIMENSIONS_MAX];
        double again[SEARCH_DIMENSIONS_MAX];
        search_draw(&mixed_space, &rng, &point);
        search_values(&mixed_space, &point, values);
        search_point_of(&mixed_space, values, &back);
        search_values(&mixed_space, &back, again);
        assert_near(again[0], values[0], 0);
        assert_near(again[1], values[1], 0);
        assert_near(again[2], values[2], 1e-12);
    }
}

static void test_values_outside_are_moved_to_the_bounds(void **state)
{
    (void)state;
    const double outside[] = {1, 99, 7};
    struct search_point point;
    search_point_of(&mixed_space, outside, &point);
    assert_near(point.of[0], 0, 0);
    assert_near(point.of[1], 1, 0);
    assert_near(point.of[2], 1, 0);
}

static void test_distance_is_the_largest_difference(void **state)
{
    (void)state;
    struct search_point a = {.of = {0.1, 0.9, 0.5}};
    struct search_point b = {.of = {0.2, 0.5, 0.4}};
    assert_near(search_distance(&mixed_space, &a, &b), 0.4, 1e-15);
    assert_near(search_distance(&mixed_space, &a, &a), 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_sphere_is_solved),
        cmocka_unit_test(test_rosenbrocks_valley_is_followed_to_its_end),
        cmocka_unit_test(test_rastrigins_other_optima_do_not_hold_it),
        cmocka_unit_test(test_whole_numbers_and_ratios_are_found_exactly),
        cmocka_unit_test(test_a_trial_never_leaves_the_cube),
        cmocka_unit_test(test_without_crossing_one_component_comes_from_the_mutant),
        cmocka_unit_test(test_a_spread_has_one_point_in_every_stratum),
        cmocka_unit_test(test_picked_places_differ_and_spare_the_target),
        cmocka_unit_test(test_ratios_are_halved_by_their_geometric_mean),
        cmocka_unit_test(test_values_find_back_to_their_point),
        cmocka_unit_test(test_values_outside_are_moved_to_the_bounds),
        cmocka_unit_test(test_distance_is_the_largest_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
