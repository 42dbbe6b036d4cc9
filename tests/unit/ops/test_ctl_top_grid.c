/* The rectangle of glyphs that `tickctl top` writes. */
#include "tickd/ops/ctl_top_grid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct top_grid grid;
static char line[256];

static int start(void **state)
{
    (void)state;
    top_grid_init(&grid, false);
    return top_grid_resize(&grid, 3, 10) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    top_grid_fini(&grid);
    return 0;
}

static const char *row(int index)
{
    struct text text;

    text_init(&text, line, sizeof line);
    top_add_row(&grid, index, &text);
    return line;
}

static void test_text_is_cut_at_its_width_and_at_the_edge(void **state)
{
    (void)state;
    assert_int_equal(top_put(&grid, 0, 0, 3, TOP_PLAIN, "abcdef"), 3);
    assert_string_equal(row(0), "abc");
    assert_int_equal(top_put(&grid, 1, 8, 100, TOP_PLAIN, "abcdef"), 2);
    assert_string_equal(row(1), "        ab");
    top_put_right(&grid, 2, 2, 5, TOP_PLAIN, "xyz");
    assert_string_equal(row(2), "    xyz");
}

static void test_writing_outside_does_nothing(void **state)
{
    (void)state;
    top_put(&grid, -1, 0, 10, TOP_PLAIN, "x");
    top_put(&grid, 3, 0, 10, TOP_PLAIN, "x");
    top_put(&grid, 0, -2, 10, TOP_PLAIN, "abc");
    top_put(&grid, 0, 10, 10, TOP_PLAIN, "x");
    top_put(&grid, 0, 0, -5, TOP_PLAIN, "x");
    top_fill(&grid, 7, 7, 7, TOP_BAD);
    top_restyle(&grid, -1, -1, 100, TOP_BAD);
    assert_string_equal(row(0), "c");
    assert_string_equal(row(1), "");
    assert_int_equal(top_cell_at(&grid, 5, 5).glyph, ' ');
}

static void test_glyphs_are_characters_and_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(top_width("µ€▇é"), 4);
    top_put(&grid, 0, 0, 10, TOP_PLAIN, "µ€▇é|");
    assert_string_equal(row(0), "µ€▇é|");
}

/* Wide and combining characters, marks of direction, control characters, broken UTF-8: each one is
 * one question mark, and so is as much as could have been the beginning of a character. */
static void test_what_would_break_the_layout_is_a_question_mark(void **state)
{
    static const struct {
        const char *text;
        const char *shown;
    } cases[] = {
        {"\xe4\xb8\xad", "?"}, {"\xf0\x9f\x92\xa9", "?"},
        {"e\xcc\x81", "e?"},   {"\xe2\x80\xae", "?"},
        {"\x1b[2J", "?[2J"},   {"\xc2\x9b", "?"},
        {"\xff\xfe", "??"},    {"\xe2\x82", "?"},
        {"\xc0\x80", "??"},    {"\xed\xa0\x80x", "???x"},
        {"\x7f", "?"},         {"\xc2\xad", "?"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        top_fill(&grid, 0, 0, 10, TOP_PLAIN);
        top_put(&grid, 0, 0, 10, TOP_PLAIN, cases[i].text);
        assert_string_equal(row(0), cases[i].shown);
    }
}

static void test_a_terminal_with_ascii_only_gets_what_stands_for_a_glyph(void **state)
{
    (void)state;
    grid.is_ascii = true;
    top_put_glyph(&grid, 0, 0, TOP_PLAIN, 0x2587, '#');
    top_put(&grid, 0, 1, 10, TOP_PLAIN, "µs");
    assert_string_equal(row(0), "#?s");
}

static void test_a_new_size_is_blank_and_within_limits(void **state)
{
    (void)state;
    top_put(&grid, 0, 0, 10, TOP_BAD, "xxxxxxxxxx");
    assert_true(top_grid_resize(&grid, 3, 10));
    assert_string_equal(row(0), "");
    assert_int_equal(top_cell_at(&grid, 0, 0).style, TOP_PLAIN);
    assert_true(top_grid_resize(&grid, 1 << 30, 1 << 30));
    assert_int_equal(grid.rows, TOP_ROWS_MAX);
    assert_int_equal(grid.columns, TOP_COLUMNS_MAX);
    assert_true(top_grid_resize(&grid, 0, -7));
    assert_int_equal(grid.rows, 1);
    assert_int_equal(grid.columns, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_text_is_cut_at_its_width_and_at_the_edge, start, stop),
        cmocka_unit_test_setup_teardown(test_writing_outside_does_nothing, start, stop),
        cmocka_unit_test_setup_teardown(test_glyphs_are_characters_and_not_bytes, start, stop),
        cmocka_unit_test_setup_teardown(test_what_would_break_the_layout_is_a_question_mark, start,
                                        stop),
        cmocka_unit_test_setup_teardown(
            test_a_terminal_with_ascii_only_gets_what_stands_for_a_glyph, start, stop),
        cmocka_unit_test_setup_teardown(test_a_new_size_is_blank_and_within_limits, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
