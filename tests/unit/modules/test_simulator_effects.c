/* Random effects against an independent computation (tests/reference/effects_reference.py), and
 * what they are there for. */
#include "tickd/modules/simulator_effects.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/numbers.h"
#include "tickd/base/text.h"

enum { CELLS = 5 };

struct world {
    struct effect_pool pool;
    struct effect_sums cells[CELLS];
    double keep;
};

static void end_block(struct world *world)
{
    effects_end_block(&world->pool, world->keep);
    for (size_t i = 0; i < CELLS; i++) {
        effects_fade(&world->cells[i], world->keep);
    }
}

static FILE *open_table(void)
{
    char path[512];
    struct text text;
    const char *source = getenv("TICKD_SOURCE");
    text_init(&text, path, sizeof path);
    text_add(&text, source != NULL ? source : ".");
    text_add(&text, "/tests/reference/effects.csv");
    return fopen(path, "r");
}

/* The next number of a line, from the comma before it on. */
static double take_number(char **place)
{
    assert_int_equal(**place, ',');
    return strtod(*place + 1, place);
}

static void check_estimate(const struct world *world, size_t cell, char *place)
{
    double start = take_number(&place);
    double prior = take_number(&place);
    double mean = take_number(&place);
    double error = take_number(&place);
    double values = take_number(&place);
    struct effect_estimate actual =
        effects_estimate(&world->pool, &world->cells[cell], start, prior);
    assert_near(actual.mean, mean, 1e-11);
    assert_near(actual.error, error, 1e-11);
    assert_near(actual.values, values, 1e-9 * values);
}

/* One line of the table; 1 when it was an estimate. */
static size_t follow(struct world *world, char *line)
{
    char *place = strchr(line, ',');
    if (strncmp(line, "block", 5) == 0) {
        end_block(world);
    } else if (strncmp(line, "pool", 4) == 0) {
        *world = (struct world){.keep = take_number(&place)};
    } else if (strncmp(line, "value", 5) == 0) {
        size_t cell = (size_t)take_number(&place);
        double value = take_number(&place);
        double weight = take_number(&place);
        effects_add(&world->pool, &world->cells[cell], value, weight);
    } else if (strncmp(line, "estimate", 8) == 0) {
        size_t cell = (size_t)take_number(&place);
        check_estimate(world, cell, place);
        return 1;
    }
    return 0;
}

static void test_estimates_are_those_of_the_reference(void **state)
{
    (void)state;
    struct world world = {0};
    char line[256];
    size_t estimates = 0;
    FILE *table = open_table();
    assert_non_null(table);
    while (fgets(line, sizeof line, table) != NULL) {
        estimates += follow(&world, line);
    }
    assert_int_equal(fclose(table), 0);
    assert_int_equal(estimates, 195);
}

static void test_without_values_the_estimate_is_the_start(void **state)
{
    (void)state;
    struct world world = {0};
    struct effect_estimate estimate = effects_estimate(&world.pool, &world.cells[0], 0.25, 16.0);
    assert_near(estimate.mean, 0.25, 0.0);
    assert_near(estimate.error, 0.25, 0.0); /* 1 ÷ √16 */
    assert_near(estimate.values, 0.0, 0.0);
}

/* Values around `mean`, ±1 in turn; cell 0 has `own` more. */
static void fill(struct world *world, double mean, double own, size_t rounds)
{
    for (size_t i = 0; i < rounds; i++) {
        for (size_t cell = 0; cell < CELLS; cell++) {
            double noise = (i + cell) % 2 == 0 ? 1.0 : -1.0;
            effects_add(&world->pool, &world->cells[cell], mean + noise + (cell == 0 ? own : 0.0),
                        1.0);
        }
        end_block(world);
    }
}

static void test_cells_that_are_alike_speak_for_each_other(void **state)
{
    (void)state;
    struct world world = {.keep = 1.0};
    fill(&world, 0.5, 0.0, 20);
    struct effect_estimate estimate = effects_estimate(&world.pool, &world.cells[0], 0.0, 30.0);
    assert_near(estimate.values, 100.0, 10.0); /* all hundred, not the twenty of its own */
    assert_near(estimate.mean, 0.5 * estimate.values / (estimate.values + 30.0), 1e-12);
}

static void test_a_cell_of_its_own_kind_is_judged_by_itself(void **state)
{
    (void)state;
    struct world world = {.keep = 1.0};
    fill(&world, 0.0, 5.0, 20);
    struct effect_estimate odd = effects_estimate(&world.pool, &world.cells[0], 0.0, 1.0);
    struct effect_estimate other = effects_estimate(&world.pool, &world.cells[1], 0.0, 1.0);
    assert_true(odd.mean > 4.3);
    assert_true(other.mean < 0.3);
    assert_true(odd.values < 40.0);
}

static void test_values_that_come_together_count_as_fewer(void **state)
{
    (void)state;
    struct world apart = {.keep = 1.0};
    struct world together = {.keep = 1.0};
    for (size_t i = 0; i < 40; i++) {
        for (size_t cell = 0; cell < CELLS; cell++) {
            effects_add(&apart.pool, &apart.cells[cell], (i + cell) % 2 == 0 ? 1.0 : -1.0, 1.0);
            effects_add(&together.pool, &together.cells[cell], i % 2 == 0 ? 1.0 : -1.0, 1.0);
        }
        end_block(&apart);
        end_block(&together);
    }
    double many = effects_estimate(&apart.pool, &apart.cells[0], 0.0, 30.0).values;
    double few = effects_estimate(&together.pool, &together.cells[0], 0.0, 30.0).values;
    assert_near(many, 200.0, 1.0);
    assert_near(few, 40.0, 1.0); /* five that are always equal are one */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_estimates_are_those_of_the_reference),
        cmocka_unit_test(test_without_values_the_estimate_is_the_start),
        cmocka_unit_test(test_cells_that_are_alike_speak_for_each_other),
        cmocka_unit_test(test_a_cell_of_its_own_kind_is_judged_by_itself),
        cmocka_unit_test(test_values_that_come_together_count_as_fewer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
