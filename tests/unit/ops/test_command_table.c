/* The table of commands, and what follows from its rows. */
#include "tickd/ops/command_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_arity(const char *name, size_t least, size_t most)
{
    size_t seen_least;
    size_t seen_most;
    enum control_id id = control_find(name, strlen(name));

    assert_true(id < CONTROL_COMMAND_COUNT);
    control_arity(control_entry(id), &seen_least, &seen_most);
    assert_int_equal(seen_least, least);
    assert_int_equal(seen_most, most);
}

static void test_arguments_are_counted_from_how_they_are_written(void **state)
{
    (void)state;
    assert_arity("status", 0, 0);
    assert_arity("history", 1, 3);
    assert_arity("bars", 1, 3);
    assert_arity("log", 1, 1);
    assert_arity("watch", 1, CONTROL_ARGUMENTS_MAX);
}

static void test_arguments_have_their_names_in_small_letters(void **state)
{
    const struct control_entry *bars = control_entry(CONTROL_BARS);

    (void)state;
    assert_int_equal(control_argument_place(bars, "symbol", 6), 0);
    assert_int_equal(control_argument_place(bars, "n", 1), 1);
    assert_int_equal(control_argument_place(bars, "SYMBOL", 6), -1);
    assert_int_equal(control_argument_place(bars, "symbo", 5), -1);
    assert_int_equal(control_argument_place(bars, "", 0), -1);
    assert_int_equal(control_argument_place(control_entry(CONTROL_WATCH), "topic", 5), 0);
}

static void test_only_an_exact_name_is_found(void **state)
{
    (void)state;
    assert_int_equal(control_find("status", 6), CONTROL_STATUS);
    assert_int_equal(control_find("statu", 5), CONTROL_COMMAND_COUNT);
    assert_int_equal(control_find("statusx", 7), CONTROL_COMMAND_COUNT);
    assert_int_equal(control_find("", 0), CONTROL_COMMAND_COUNT);
}

static void test_a_mistyped_name_finds_its_neighbour(void **state)
{
    (void)state;
    assert_string_equal(control_nearest("statsu"), "status");
    assert_string_equal(control_nearest("histroy"), "history");
    assert_string_equal(control_nearest("vers"), "version");
    assert_string_equal(control_nearest("symbol"), "symbols");
    assert_null(control_nearest("frobnicate"));
    assert_null(control_nearest(""));
    assert_null(control_nearest("a name that is longer than any command could be"));
}

static void test_every_row_can_be_shown(void **state)
{
    (void)state;
    for (size_t i = 0; i < CONTROL_COMMAND_COUNT; i++) {
        const struct control_entry *entry = control_entry((enum control_id)i);
        char memory[128];
        struct text usage;

        text_init(&usage, memory, sizeof memory);
        control_print_usage(entry, &usage);
        assert_false(usage.cut);
        assert_int_equal(strncmp(memory, entry->name, strlen(entry->name)), 0);
        assert_true(strlen(entry->help) > 0);
        assert_int_equal(control_find(entry->name, strlen(entry->name)), i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments_are_counted_from_how_they_are_written),
        cmocka_unit_test(test_arguments_have_their_names_in_small_letters),
        cmocka_unit_test(test_only_an_exact_name_is_found),
        cmocka_unit_test(test_a_mistyped_name_finds_its_neighbour),
        cmocka_unit_test(test_every_row_can_be_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
