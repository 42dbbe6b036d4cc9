/* Tables for people: cells, widths, and texts that a terminal must not obey. */
#include "tickd/ops/ctl_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static char memory[512];

static const char *cell(const char *json, enum ctl_cell kind)
{
    cJSON *value = cJSON_Parse(json);
    struct text out;

    text_init(&out, memory, sizeof memory);
    ctl_add_cell(&out, value, kind);
    cJSON_Delete(value);
    return memory;
}

static void test_numbers_have_their_thousands_apart(void **state)
{
    (void)state;
    assert_string_equal(cell("0", CELL_NUMBER), "0");
    assert_string_equal(cell("999", CELL_NUMBER), "999");
    assert_string_equal(cell("1000", CELL_NUMBER), "1,000");
    assert_string_equal(cell("-1234567", CELL_NUMBER), "-1,234,567");
    assert_string_equal(cell("69.2307692", CELL_NUMBER), "69.2308");
    assert_string_equal(cell("0.000123456", CELL_REAL), "0.0001235");
}

static void test_bytes_and_durations_have_the_unit_that_fits(void **state)
{
    (void)state;
    assert_string_equal(cell("999", CELL_BYTES), "999 B");
    assert_string_equal(cell("2480000", CELL_BYTES), "2.5 MB");
    assert_string_equal(cell("850", CELL_MS), "850 ms");
    assert_string_equal(cell("61000", CELL_MS), "61.0 s");
    assert_string_equal(cell("3600000", CELL_MS), "60 min");
    assert_string_equal(cell("11000000", CELL_MS), "3 h 3 min");
    assert_string_equal(cell("266400000", CELL_MS), "3 d 2 h");
}

static void test_moments_are_utc(void **state)
{
    (void)state;
    assert_string_equal(cell("1795451493123", CELL_TIME_MS), "2026-11-23T16:31:33.123Z");
    assert_string_equal(cell("1795451493123456", CELL_TIME_US), "2026-11-23T16:31:33.123Z");
    assert_string_equal(cell("1e300", CELL_TIME_US), "-");
}

static void test_nothing_is_a_dash_and_lists_have_commas(void **state)
{
    (void)state;
    assert_string_equal(cell("null", CELL_NUMBER), "-");
    assert_string_equal(cell("[]", CELL_LIST), "-");
    assert_string_equal(cell("[\"market\",\"bus\"]", CELL_LIST), "market,bus");
    assert_string_equal(cell("true", CELL_VALUE), "true");
    assert_string_equal(cell("{\"a\":[1,2]}", CELL_VALUE), "{\"a\":[1,2]}");
}

static void test_no_text_moves_the_cursor(void **state)
{
    (void)state;
    assert_string_equal(cell("\"a\\u001b[2Jb\\n\\u007f\"", CELL_TEXT), "a?[2Jb??");
    assert_string_equal(cell("\"a\\u009b2Jb\"", CELL_TEXT), "a?2Jb");
    assert_string_equal(cell("\"\\u00e9t\\u00e9\"", CELL_TEXT), "\xc3\xa9t\xc3\xa9");
}

static void test_members_are_found_by_their_path(void **state)
{
    cJSON *object = cJSON_Parse("{\"a\":{\"b\":{\"c\":5}},\"d\":1}");

    (void)state;
    assert_int_equal(ctl_member(object, "a.b.c")->valueint, 5);
    assert_int_equal(ctl_member(object, "d")->valueint, 1);
    assert_null(ctl_member(object, "a.x.c"));
    assert_null(ctl_member(object, "d.e"));
    assert_null(ctl_member(NULL, "a"));
    cJSON_Delete(object);
}

static void assert_table(const char *json, const char *expected)
{
    static const struct ctl_column columns[] = {
        {"NAME", "name", CELL_TEXT}, {"SIZE", "size", CELL_NUMBER}, {"STATE", "state", CELL_TEXT}};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cJSON *list = cJSON_Parse(json);

    assert_non_null(out);
    ctl_print_table(out, list, columns, ARRAY_LENGTH(columns));
    fclose(out);
    assert_string_equal(text, expected);
    cJSON_Delete(list);
    free(text);
}

static void test_columns_are_as_wide_as_their_widest_cell(void **state)
{
    (void)state;
    assert_table("[{\"name\":\"feed\",\"size\":5,\"state\":\"active\"},"
                 "{\"name\":\"a longer \xc3\xa9\",\"size\":12345}]",
                 "NAME          SIZE  STATE\n"
                 "feed             5  active\n"
                 "a longer \xc3\xa9  12,345  -\n");
    assert_table("[]", "none\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_have_their_thousands_apart),
        cmocka_unit_test(test_bytes_and_durations_have_the_unit_that_fits),
        cmocka_unit_test(test_moments_are_utc),
        cmocka_unit_test(test_nothing_is_a_dash_and_lists_have_commas),
        cmocka_unit_test(test_no_text_moves_the_cursor),
        cmocka_unit_test(test_members_are_found_by_their_path),
        cmocka_unit_test(test_columns_are_as_wide_as_their_widest_cell),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
