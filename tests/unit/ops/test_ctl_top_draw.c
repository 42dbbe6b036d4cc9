/* The layout of `tickctl top`: what stands in tests/unit/ops/top/ is what is drawn, over the status
 * document there. After a change that is meant, TICKD_UPDATE=1 rewrites the drawings; look at them.
 */
#include "tickd/ops/ctl_top_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PATH_BYTES_MAX = 4096, FILE_BYTES_MAX = 1 << 16 };

static struct top_model model;
static struct top_view view;
static struct top_grid grid;
static char content[FILE_BYTES_MAX];
static char drawn[FILE_BYTES_MAX];

static void path_of(const char *name, char path[PATH_BYTES_MAX])
{
    const char *source = getenv("TICKD_SOURCE");

    (void)snprintf(path, PATH_BYTES_MAX, "%s/tests/unit/ops/top/%s", source != NULL ? source : ".",
                   name);
}

/* Its length; the bytes are in `content`. */
static size_t load(const char *name)
{
    char path[PATH_BYTES_MAX];

    path_of(name, path);
    FILE *file = fopen(path, "r");

    if (file == NULL)
        return 0;
    size_t length = fread(content, 1, sizeof content - 1, file);

    fclose(file);
    content[length] = '\0';
    return length;
}

static void save(const char *name)
{
    char path[PATH_BYTES_MAX];

    path_of(name, path);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(drawn, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int start(void **state)
{
    (void)state;
    top_model_init(&model);
    top_view_init(&view);
    top_grid_init(&grid, false);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    top_model_fini(&model);
    top_grid_fini(&grid);
    return 0;
}

static void answer(void)
{
    size_t length = load("status.json");

    assert_true(top_model_take(&model, TOP_ASK_STATUS, content, length));
    length = load("symbols.json");
    assert_true(top_model_take(&model, TOP_ASK_SYMBOLS, content, length));
}

static void draw(int rows, int columns)
{
    struct text text;

    assert_true(top_grid_resize(&grid, rows, columns));
    top_draw(&model, &view, &grid);
    text_init(&text, drawn, sizeof drawn);
    for (int row = 0; row < grid.rows; row++) {
        top_add_row(&grid, row, &text);
        text_add_char(&text, '\n');
    }
    assert_false(text.cut);
}

static void assert_drawn_as(const char *name)
{
    const char *update = getenv("TICKD_UPDATE");

    if (update != NULL && strcmp(update, "1") == 0)
        save(name);
    load(name);
    if (strcmp(content, drawn) != 0)
        fail_msg("%s: expected\n%s\ngot\n%s", name, content, drawn);
}

static void assert_drawn(const char *part)
{
    if (strstr(drawn, part) == NULL)
        fail_msg("\"%s\" is not in\n%s", part, drawn);
}

static void assert_not_drawn(const char *part)
{
    if (strstr(drawn, part) != NULL)
        fail_msg("\"%s\" is in\n%s", part, drawn);
}

static void press(const char *keys)
{
    for (; *keys != '\0'; keys++)
        top_press(&view, (unsigned char)*keys);
}

/* The style of the first glyph of a part of a row. */
static enum top_style style_of(const char *part)
{
    for (int row = 0; row < grid.rows; row++) {
        char line[4096];
        struct text text;

        text_init(&text, line, sizeof line);
        top_add_row(&grid, row, &text);
        const char *found = strstr(line, part);

        if (found != NULL) {
            line[found - line] = '\0';
            return top_cell_at(&grid, row, top_width(line)).style;
        }
    }
    fail_msg("\"%s\" is not there", part);
    return TOP_PLAIN;
}

static void test_each_screen_at_80_by_24(void **state)
{
    static const char *const names[TOP_SCREEN_COUNT] = {"80x24_modules", "80x24_feed",
                                                        "80x24_agents",  "80x24_positions",
                                                        "80x24_alerts",  "80x24_histories"};

    (void)state;
    answer();
    for (int i = 0; i < TOP_SCREEN_COUNT; i++) {
        top_press(&view, (uint32_t)('1' + i));
        draw(24, 80);
        assert_drawn_as(names[i]);
    }
}

static void test_a_wide_terminal_shows_more_columns(void **state)
{
    (void)state;
    answer();
    press("3");
    draw(40, 120);
    assert_drawn_as("120x40_agents");
    draw(50, 200);
    assert_drawn("TURNOVER");
}

static void test_a_terminal_that_is_too_small_says_what_is_needed(void **state)
{
    (void)state;
    answer();
    draw(10, 40);
    assert_drawn_as("40x10");
    draw(TOP_ROWS_MIN, TOP_COLUMNS_MIN);
    assert_not_drawn("too small");
    assert_drawn("F1Help");
}

static void test_any_size_can_be_drawn_in_any_mode(void **state)
{
    static const uint32_t keys[] = {
        '1', TOP_KEY_F0 + 1, 27, '3',          TOP_KEY_F0 + 6, 27, '/', 'x', 27, '4',
        ' ', '\r',           27, TOP_KEY_RIGHT};

    (void)state;
    answer();
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        top_press(&view, keys[i]);
        for (int rows = 1; rows < 30; rows += 3) {
            for (int columns = 1; columns < 140; columns += 7)
                draw(rows, columns);
        }
    }
}

static void test_a_terminal_without_unicode_gets_ascii(void **state)
{
    (void)state;
    top_grid_init(&grid, true);
    answer();
    press("3");
    draw(24, 80);
    for (const char *p = drawn; *p != '\0'; p++)
        assert_true((unsigned char)*p < 0x80);
    assert_drawn("WEIGHTv");
}

static void test_colours_say_what_is_wrong(void **state)
{
    (void)state;
    answer();
    draw(24, 80);
    assert_int_equal(style_of("stale"), TOP_BAD);
    assert_int_equal(style_of("lagging"), TOP_WARNING);
    assert_int_equal(style_of("idle"), TOP_DIM);
    assert_int_equal(style_of("1 critical, 1 warning"), TOP_BAD);
    assert_int_equal(style_of("streaming"), TOP_GOOD);
    press("4");
    draw(24, 80);
    assert_int_equal(style_of("-26.00"), TOP_BAD);
}

static void test_without_a_daemon_it_says_so(void **state)
{
    (void)state;
    top_model_lose(&model, "no daemon listens at /run/tickd/control.sock");
    draw(24, 80);
    assert_drawn_as("80x24_no_daemon");
    assert_int_equal(style_of("no daemon, retrying"), TOP_ALARM);
}

static void test_what_a_lost_daemon_told_is_faded(void **state)
{
    (void)state;
    answer();
    top_model_lose(&model, "the daemon has closed the connection");
    draw(24, 80);
    assert_drawn("the daemon has closed the connection");
    assert_drawn("no daemon, retrying");
    assert_int_equal(style_of("electorate"), TOP_DIM);
    assert_int_equal(style_of("stale"), TOP_DIM);
    answer();
    draw(24, 80);
    assert_not_drawn("retrying");
    assert_int_equal(style_of("stale"), TOP_BAD);
}

static void test_a_daemon_that_is_silent_is_said_to_be(void **state)
{
    (void)state;
    answer();
    model.silent_ms = 2999;
    draw(24, 80);
    assert_not_drawn("no answer");
    model.silent_ms = 61500;
    draw(24, 80);
    assert_drawn("no answer for 61.0 s");
}

static void test_an_answer_that_is_none_changes_nothing_but_the_message(void **state)
{
    (void)state;
    answer();
    assert_false(top_model_take(&model, TOP_ASK_STATUS, "[]", 2));
    assert_false(top_model_take(&model, TOP_ASK_STATUS, "{\"health\":", 10));
    assert_false(top_model_take(&model, TOP_ASK_SYMBOLS, "{}", 2));
    draw(24, 80);
    assert_drawn("the daemon's answer cannot be understood");
    assert_drawn("electorate");
}

static void test_help_lists_the_keys(void **state)
{
    (void)state;
    top_press(&view, TOP_KEY_F0 + 1);
    draw(24, 80);
    assert_drawn_as("80x24_help");
    top_press(&view, TOP_KEY_END);
    draw(12, 80);
    assert_drawn("what of it is invested.");
}

static void test_details_show_all_that_a_row_has(void **state)
{
    (void)state;
    answer();
    press("3");
    draw(24, 80);
    press("\r");
    draw(24, 80);
    assert_drawn_as("80x24_detail");
    press("\x1b");
    draw(24, 80);
    assert_drawn("SPECIES");
}

static void test_the_sort_menu_lies_over_the_list(void **state)
{
    (void)state;
    answer();
    press("3");
    top_press(&view, TOP_KEY_F0 + 6);
    top_press(&view, TOP_KEY_DOWN);
    draw(24, 80);
    assert_drawn_as("80x24_sort");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_screen_at_80_by_24, start, stop),
        cmocka_unit_test_setup_teardown(test_a_wide_terminal_shows_more_columns, start, stop),
        cmocka_unit_test_setup_teardown(test_a_terminal_that_is_too_small_says_what_is_needed,
                                        start, stop),
        cmocka_unit_test_setup_teardown(test_any_size_can_be_drawn_in_any_mode, start, stop),
        cmocka_unit_test_setup_teardown(test_a_terminal_without_unicode_gets_ascii, start, stop),
        cmocka_unit_test_setup_teardown(test_colours_say_what_is_wrong, start, stop),
        cmocka_unit_test_setup_teardown(test_without_a_daemon_it_says_so, start, stop),
        cmocka_unit_test_setup_teardown(test_what_a_lost_daemon_told_is_faded, start, stop),
        cmocka_unit_test_setup_teardown(test_a_daemon_that_is_silent_is_said_to_be, start, stop),
        cmocka_unit_test_setup_teardown(test_an_answer_that_is_none_changes_nothing_but_the_message,
                                        start, stop),
        cmocka_unit_test_setup_teardown(test_help_lists_the_keys, start, stop),
        cmocka_unit_test_setup_teardown(test_details_show_all_that_a_row_has, start, stop),
        cmocka_unit_test_setup_teardown(test_the_sort_menu_lies_over_the_list, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
