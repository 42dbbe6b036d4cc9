/* The course of a price against an independent computation (tests/reference/trend_reference.py),
 * and what it is there for. */
#include "tickd/modules/simulator_trend.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/numbers.h"
#include "tickd/base/real.h"
#include "tickd/base/rng.h"
#include "tickd/base/text.h"

enum { HORIZON_MAX = 60 };

/* One symbol whose outcomes are learned H bars later. */
struct world {
    struct trend trend;
    struct trend_course course;
    struct trend_course seen[HORIZON_MAX]; /* the last H, by bar */
    double values[HORIZON_MAX];
    size_t horizon;
    size_t bars;
};

static void begin(struct world *world, size_t horizon)
{
    *world = (struct world){.horizon = horizon};
    trend_init(&world->trend, (uint32_t)horizon);
}

static void take_bar(struct world *world, double value)
{
    size_t slot = world->bars % world->horizon;
    double outcome = 0.0;
    trend_step(&world->trend, &world->course, value);
    world->values[slot] = value;
    if (world->bars >= world->horizon) {
        for (size_t i = 0; i < world->horizon; i++) {
            outcome += world->values[i];
        }
        trend_learn(&world->trend, &world->seen[slot], outcome / sqrt((double)world->horizon));
    }
    world->seen[slot] = trend_seen(&world->course);
    world->bars++;
}

static double expected(const struct world *world)
{
    struct trend_course seen = trend_seen(&world->course);
    return trend_expect(&world->trend, &seen);
}

/* The next number of a line, from the comma before it on. */
static double take_number(char **place)
{
    assert_int_equal(**place, ',');
    return strtod(*place + 1, place);
}

/* One line of the table; 1 when something was compared. */
static size_t follow(struct world *world, char *line)
{
    char *place = strchr(line, ',');
    if (strncmp(line, "horizon", 7) == 0) {
        begin(world, (size_t)take_number(&place));
    } else if (strncmp(line, "bar", 3) == 0) {
        take_bar(world, take_number(&place));
    } else if (strncmp(line, "block", 5) == 0) {
        trend_end_block(&world->trend, take_number(&place));
    } else if (strncmp(line, "expect", 6) == 0) {
        assert_near(expected(world), take_number(&place), 1e-11);
        return 1;
    } else if (strncmp(line, "course", 6) == 0) {
        for (size_t i = 0; i < TREND_FILTERS; i++) {
            assert_near(world->course.filters[i], take_number(&place), 1e-10);
        }
        return 1;
    }
    return 0;
}

static void test_filters_and_estimates_are_those_of_the_reference(void **state)
{
    (void)state;
    static struct world world;
    char path[512];
    char line[256];
    struct text text;
    size_t compared = 0;
    const char *source = getenv("TICKD_SOURCE");
    text_init(&text, path, sizeof path);
    text_format(&text, "%s/tests/reference/trend.csv", source != NULL ? source : ".");
    FILE *table = fopen(path, "r");
    assert_non_null(table);
    while (fgets(line, sizeof line, table) != NULL) {
        compared += follow(&world, line);
    }
    assert_int_equal(fclose(table), 0);
    assert_int_equal(compared, 88);
}

static void test_of_noise_the_filters_have_variance_one_and_are_not_correlated(void **state)
{
    (void)state;
    enum { BARS = 400000 };
    struct trend trend;
    struct trend_course course = {0};
    struct rng rng;
    double squares[TREND_FILTERS][TREND_FILTERS] = {0};
    trend_init(&trend, 10);
    rng_stream(&rng, 20261126, "trend");
    for (size_t n = 0; n < BARS; n++) {
        trend_step(&trend, &course, rng_normal(&rng));
        for (size_t i = 0; i < TREND_FILTERS; i++) {
            for (size_t k = 0; k <= i; k++) {
                squares[i][k] += course.filters[i] * course.filters[k] / BARS;
            }
        }
    }
    for (size_t i = 0; i < TREND_FILTERS; i++) {
        for (size_t k = 0; k <= i; k++) {
            assert_near(squares[i][k], i == k ? 1.0 : 0.0, 0.03);
        }
    }
}

static void test_nothing_learned_is_nothing_expected(void **state)
{
    (void)state;
    static struct world world;
    begin(&world, 60);
    for (size_t i = 0; i < 50; i++) {
        take_bar(&world, 2.0);
    }
    assert_near(expected(&world), 0.0, 0);
}

/* A drift of a third of a deviation a bar that turns every 200 bars; signs of what is expected, at
 * the middle of each stretch after the first twenty. */
static void test_a_drift_that_goes_on_is_expected_to(void **state)
{
    (void)state;
    static struct world world;
    struct rng rng;
    size_t right = 0;
    rng_stream(&rng, 7, "trend");
    begin(&world, 60);
    for (size_t i = 0; i < 24000; i++) {
        double drift = i / 200 % 2 == 0 ? 0.33 : -0.33;
        take_bar(&world, drift + rng_normal(&rng));
        if (i > 4000 && i % 200 == 100) {
            right += expected(&world) * drift > 0.0 ? 1 : 0;
        }
    }
    assert_true(right >= 95); /* of 100 */
}

static void test_of_noise_next_to_nothing_is_expected(void **state)
{
    (void)state;
    static struct world world;
    struct rng rng;
    double squares = 0.0;
    rng_stream(&rng, 8, "trend");
    begin(&world, 60);
    for (size_t i = 0; i < 60000; i++) {
        take_bar(&world, rng_normal(&rng));
        squares += i >= 30000 ? expected(&world) * expected(&world) / 30000.0 : 0.0;
    }
    assert_true(squares < 0.01); /* of a variance of 1 */
}

static void test_what_is_no_number_is_passed_over_and_what_is_huge_is_cut(void **state)
{
    (void)state;
    static struct world world;
    begin(&world, 60);
    take_bar(&world, 1.0);
    struct trend_course before = world.course;
    trend_step(&world.trend, &world.course, real_nan());
    assert_memory_equal(&world.course, &before, sizeof before);
    struct trend_course huge = before;
    struct trend_course four = before;
    trend_step(&world.trend, &huge, (double)INFINITY);
    trend_step(&world.trend, &four, 4.0);
    assert_memory_equal(&huge, &four, sizeof four);
    trend_learn(&world.trend, &before, -1e300);
    assert_true(isfinite(expected(&world)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filters_and_estimates_are_those_of_the_reference),
        cmocka_unit_test(test_of_noise_the_filters_have_variance_one_and_are_not_correlated),
        cmocka_unit_test(test_nothing_learned_is_nothing_expected),
        cmocka_unit_test(test_a_drift_that_goes_on_is_expected_to),
        cmocka_unit_test(test_of_noise_next_to_nothing_is_expected),
        cmocka_unit_test(test_what_is_no_number_is_passed_over_and_what_is_huge_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
