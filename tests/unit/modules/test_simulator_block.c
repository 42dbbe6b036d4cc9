/* Block lengths against an independent computation (tests/reference/block_length_reference.py). */
#include "tickd/modules/simulator_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/numbers.h"
#include "tickd/base/calendar.h"
#include "tickd/base/text.h"

static double values[BLOCK_VALUES_MAX];

/* The generator of the reference. */
static int64_t noise(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((*state >> 33) % 2001) - 1000;
}

static void make(const char *kind, int64_t parameter, size_t count, uint64_t state)
{
    static int64_t noises[BLOCK_VALUES_MAX + 32];
    for (size_t i = 0; i < count + 31; i++) {
        noises[i] = noise(&state);
    }
    for (size_t i = 0; i < count; i++) {
        int64_t value = (int64_t)i % parameter;
        if (strcmp(kind, "moving") == 0) {
            value = 0;
            for (int64_t k = 0; k < parameter; k++) {
                value += noises[i + (size_t)k];
            }
        } else if (strcmp(kind, "turning") == 0) {
            value = 10 * noises[i + 1] - parameter * noises[i];
        }
        values[i] = (double)value;
    }
}

/* Apart, because a parameter of 0 is no period. */
static void make_trend(int64_t parameter, size_t count, uint64_t state)
{
    for (size_t i = 0; i < count; i++) {
        values[i] = (double)((int64_t)i + floor_divide(noise(&state) * parameter, 1000));
    }
}

static FILE *open_table(void)
{
    char path[512];
    struct text text;
    const char *source = getenv("TICKD_SOURCE");
    text_init(&text, path, sizeof path);
    text_add(&text, source != NULL ? source : ".");
    text_add(&text, "/tests/reference/block_length.csv");
    return fopen(path, "r");
}

/* The next whole number of a line, and past the comma behind it. */
static uint64_t take_number(char **place)
{
    uint64_t number = strtoull(*place, place, 10);
    *place += **place == ',' ? 1 : 0;
    return number;
}

/* One row of the table: kind, parameter, count, seed, bandwidth, length. */
static void check_row(char *row)
{
    char *place = strchr(row, ',');
    assert_non_null(place);
    *place++ = '\0';
    int64_t parameter = (int64_t)take_number(&place);
    size_t count = take_number(&place);
    uint64_t seed = take_number(&place);
    take_number(&place);
    double expected = strtod(place, NULL);
    if (strcmp(row, "trend") == 0) {
        make_trend(parameter, count, seed);
    } else {
        make(row, parameter, count, seed);
    }
    assert_near(block_length(values, count), expected, 1e-9 * expected);
}

static void test_lengths_are_those_of_the_reference(void **state)
{
    (void)state;
    char line[256];
    size_t rows = 0;
    FILE *table = open_table();
    assert_non_null(table);
    while (fgets(line, sizeof line, table) != NULL) {
        if (line[0] != '#' && strncmp(line, "kind", 4) != 0) {
            check_row(line);
            rows++;
        }
    }
    assert_int_equal(fclose(table), 0);
    assert_int_equal(rows, 29);
}

static void test_what_does_not_move_has_blocks_of_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < 600; i++) {
        values[i] = 0.1;
    }
    assert_near(block_length(values, 600), 1.0, 0.0);
}

static void test_few_values_say_nothing_about_lags(void **state)
{
    (void)state;
    for (size_t i = 0; i < BLOCK_VALUES_MIN; i++) {
        values[i] = (double)(i / 4 % 2);
    }
    assert_near(block_length(values, BLOCK_VALUES_MIN - 1), 1.0, 0.0);
    assert_true(block_length(values, BLOCK_VALUES_MIN) > 1.0);
    assert_near(block_length(values, 0), 1.0, 0.0);
}

static void test_the_unit_of_the_values_does_not_matter(void **state)
{
    (void)state;
    make("moving", 5, 600, 1);
    double length = block_length(values, 600);
    for (size_t i = 0; i < 600; i++) {
        values[i] = values[i] * 0x1p-20 + 3.0;
    }
    assert_near(block_length(values, 600), length, 1e-6 * length);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths_are_those_of_the_reference),
        cmocka_unit_test(test_what_does_not_move_has_blocks_of_one),
        cmocka_unit_test(test_few_values_say_nothing_about_lags),
        cmocka_unit_test(test_the_unit_of_the_values_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
