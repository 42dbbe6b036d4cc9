/* What keys do in `tickctl top`: to the view alone, and to what is listed. */
#include "tickd/ops/ctl_top_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 24, COLUMNS = 80, ALL_ROWS = 100 };

static struct top_model model;
static struct top_view view;
static struct top_grid grid;
static char listed[1024];

static void take(const char *json)
{
    assert_true(top_model_take(&model, TOP_ASK_STATUS, json, strlen(json)));
}

static void draw(void)
{
    top_draw(&model, &view, &grid);
}

static int start(void **state)
{
    (void)state;
    top_model_init(&model);
    top_view_init(&view);
    top_grid_init(&grid, false);
    if (!top_grid_resize(&grid, ROWS, COLUMNS))
        return -1;
    take("{\"agents\":[{\"id\":1,\"species\":\"trend\",\"weight\":0.2,\"votes\":5},"
         "{\"id\":2,\"species\":\"Breakout\",\"weight\":0.5,\"votes\":null},"
         "{\"id\":3,\"species\":\"swing\",\"weight\":0.3,\"votes\":7}]}");
    top_press(&view, '3');
    draw();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    top_model_fini(&model);
    top_grid_fini(&grid);
    return 0;
}

static void press(const char *keys)
{
    for (; *keys != '\0'; keys++) {
        assert_int_not_equal(top_press(&view, (unsigned char)*keys), TOP_QUIT);
        draw();
    }
}

static void press_key(uint32_t key)
{
    top_press(&view, key);
    draw();
}

/* The identities of the rows in their order: "2 3 1". */
static const char *rows(void)
{
    struct text text;

    text_init(&text, listed, sizeof listed);
    for (int i = 0; i < view.row_count; i++) {
        char name[TOP_NAME_MAX];

        top_name_row(view.screen, view.rows[i].object, name);
        text_format(&text, "%s%s", i > 0 ? " " : "", strchr(name, ' ') + 1);
    }
    return listed;
}

/* As many modules as no screen shows at once. */
static void list_many(void)
{
    static char json[8192];
    struct text text;

    text_init(&text, json, sizeof json);
    text_add(&text, "{\"health\":{\"modules\":[");
    for (int i = 0; i < ALL_ROWS; i++)
        text_format(&text, "%s{\"name\":\"m%d\"}", i > 0 ? "," : "", i);
    text_add(&text, "]}}");
    take(json);
    top_press(&view, '1');
    draw();
}

static void test_agents_come_by_weight(void **state)
{
    (void)state;
    assert_string_equal(rows(), "2 3 1");
}

static void test_the_order_can_be_turned_around_and_changed(void **state)
{
    (void)state;
    press("I");
    assert_string_equal(rows(), "1 3 2");
    press("<<<");
    assert_string_equal(rows(), "2 3 1"); /* by species, large and small letters alike */
    press("<");
    assert_string_equal(rows(), "1 2 3"); /* by id */
    press("<");
    assert_int_equal(view.places[TOP_SCREEN_AGENTS].sorted_by, TOP_UNSORTED);
    press("I");
    assert_string_equal(rows(), "3 2 1"); /* the daemon's order, from its end */
    press(">");
    assert_string_equal(rows(), "3 2 1");
}

static void test_what_has_no_value_sorts_last_either_way(void **state)
{
    (void)state;
    press(">>>>");
    assert_string_equal(rows(), "3 1 2");
    press("I");
    assert_string_equal(rows(), "1 3 2");
}

static void test_the_menu_chooses_and_the_same_choice_turns_around(void **state)
{
    (void)state;
    press_key(TOP_KEY_F0 + 6);
    assert_int_equal(view.mode, TOP_MODE_SORT);
    press_key(TOP_KEY_HOME);
    press_key(TOP_KEY_DOWN);
    press("\r");
    assert_int_equal(view.mode, TOP_MODE_TABLE);
    assert_string_equal(rows(), "3 2 1");
    press_key(TOP_KEY_F0 + 6);
    press("\r");
    assert_string_equal(rows(), "1 2 3");
    press_key(TOP_KEY_F0 + 6);
    press_key(TOP_KEY_END);
    press("\x1b");
    assert_string_equal(rows(), "1 2 3");
}

static void test_a_filter_takes_effect_as_it_is_typed(void **state)
{
    (void)state;
    press("/E");
    assert_string_equal(rows(), "2 1"); /* brEakout and trEnd */
    press("n");
    assert_string_equal(rows(), "1");
    press_key(TOP_KEY_BACKSPACE);
    assert_string_equal(rows(), "2 1");
    press("q3\r"); /* letters, and no commands */
    assert_int_equal(view.mode, TOP_MODE_TABLE);
    assert_string_equal(rows(), "");
    press("\x1b");
    assert_string_equal(rows(), "2 3 1");
    press("/t\x1b");
    assert_string_equal(rows(), "2 3 1");
}

static void test_a_filter_has_an_end(void **state)
{
    (void)state;
    press("/");
    for (int i = 0; i < 2 * TOP_FILTER_MAX; i++)
        press("x");
    assert_int_equal(strlen(view.filter), TOP_FILTER_MAX - 1);
    for (int i = 0; i < 2 * TOP_FILTER_MAX; i++)
        press_key(TOP_KEY_BACKSPACE);
    assert_string_equal(view.filter, "");
}

static void test_the_cursor_stays_in_the_list_and_in_sight(void **state)
{
    (void)state;
    list_many();
    press_key(TOP_KEY_UP);
    assert_string_equal(view.name, "Modules m0");
    press_key(TOP_KEY_DOWN);
    assert_string_equal(view.name, "Modules m1");
    press_key(TOP_KEY_PAGE_DOWN);
    assert_int_equal(view.places[0].selected, 1 + view.page);
    press_key(TOP_KEY_END);
    press_key(TOP_KEY_PAGE_DOWN);
    assert_string_equal(view.name, "Modules m99");
    assert_int_equal(view.places[0].first, ALL_ROWS - view.page);
    press_key(TOP_KEY_HOME);
    assert_int_equal(view.places[0].first, 0);
}

static void test_a_list_that_shrinks_takes_the_cursor_along(void **state)
{
    (void)state;
    list_many();
    press_key(TOP_KEY_END);
    take("{\"health\":{\"modules\":[{\"name\":\"only\"}]}}");
    draw();
    assert_string_equal(view.name, "Modules only");
    take("{\"health\":{\"modules\":[]}}");
    draw();
    assert_string_equal(view.name, "");
    press(" \r");
    assert_int_equal(view.mode, TOP_MODE_TABLE);
    assert_int_equal(view.marked, 0);
}

static void test_marks_stay_with_their_rows(void **state)
{
    (void)state;
    press(" ");
    assert_true(top_is_marked(&view, "Agents 2"));
    press("I");
    assert_true(top_is_marked(&view, "Agents 2"));
    assert_false(top_is_marked(&view, "Agents 1"));
    press_key(TOP_KEY_END);
    press(" ");
    assert_false(top_is_marked(&view, "Agents 2"));
    press(" U");
    assert_int_equal(view.marked, 0);
}

static void test_the_oldest_mark_makes_room(void **state)
{
    (void)state;
    list_many();
    for (int i = 0; i < TOP_MARKS_MAX + 2; i++)
        press(" ");
    assert_int_equal(view.marked, TOP_MARKS_MAX);
    assert_false(top_is_marked(&view, "Modules m1"));
    assert_true(top_is_marked(&view, "Modules m2"));
    assert_true(top_is_marked(&view, "Modules m33"));
}

static void test_columns_scroll_behind_the_first(void **state)
{
    char row[512];
    struct text text;

    (void)state;
    for (int i = 0; i < 100; i++)
        press_key(TOP_KEY_RIGHT);
    text_init(&text, row, sizeof row);
    for (int i = 0; i < ROWS; i++)
        top_add_row(&grid, i, &text);
    assert_non_null(strstr(row, "ID"));
    assert_non_null(strstr(row, "TURNOVER"));
    assert_null(strstr(row, "SPECIES"));
    press_key(TOP_KEY_LEFT);
    assert_int_equal(view.places[TOP_SCREEN_AGENTS].left, 13);
}

static void test_screens_go_around(void **state)
{
    (void)state;
    assert_int_equal(top_press(&view, '\t'), TOP_ASK_AGAIN);
    assert_int_equal(view.screen, TOP_SCREEN_POSITIONS);
    press("\t\t\t");
    assert_int_equal(view.screen, TOP_SCREEN_MODULES);
    press_key(TOP_KEY_BACK_TAB);
    assert_int_equal(view.screen, TOP_SCREEN_HISTORIES);
    press("79");
    assert_int_equal(view.screen, TOP_SCREEN_HISTORIES);
}

static void test_pause_asks_nothing_and_its_end_asks_at_once(void **state)
{
    (void)state;
    assert_int_equal(top_press(&view, 'p'), TOP_STAY);
    assert_true(view.is_paused);
    assert_int_equal(top_press(&view, 'p'), TOP_ASK_AGAIN);
    assert_false(view.is_paused);
}

static void test_what_quits(void **state)
{
    (void)state;
    assert_int_equal(top_press(&view, 'q'), TOP_QUIT);
    assert_int_equal(top_press(&view, TOP_KEY_F0 + 10), TOP_QUIT);
    press("h");
    assert_int_equal(top_press(&view, 'q'), TOP_STAY); /* leaves the help first */
    assert_int_equal(view.mode, TOP_MODE_TABLE);
}

/* Every key in every mode, and what is not a key. */
static void test_no_key_does_harm(void **state)
{
    static const uint32_t modes[] = {27, 'h', TOP_KEY_F0 + 6, '/', '\r'};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        for (uint32_t key = 0; key < 300; key++) {
            top_press(&view, modes[i]);
            press_key(key);
            press_key(TOP_KEY_UP + key % 32);
            press_key(UINT32_MAX - key);
            top_press(&view, 27);
            top_press(&view, 27);
        }
    }
    assert_int_equal(view.mode, TOP_MODE_TABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_agents_come_by_weight, start, stop),
        cmocka_unit_test_setup_teardown(test_the_order_can_be_turned_around_and_changed, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_what_has_no_value_sorts_last_either_way, start, stop),
        cmocka_unit_test_setup_teardown(test_the_menu_chooses_and_the_same_choice_turns_around,
                                        start, stop),
        cmocka_unit_test_setup_teardown(test_a_filter_takes_effect_as_it_is_typed, start, stop),
        cmocka_unit_test_setup_teardown(test_a_filter_has_an_end, start, stop),
        cmocka_unit_test_setup_teardown(test_the_cursor_stays_in_the_list_and_in_sight, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_a_list_that_shrinks_takes_the_cursor_along, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_marks_stay_with_their_rows, start, stop),
        cmocka_unit_test_setup_teardown(test_the_oldest_mark_makes_room, start, stop),
        cmocka_unit_test_setup_teardown(test_columns_scroll_behind_the_first, start, stop),
        cmocka_unit_test_setup_teardown(test_screens_go_around, start, stop),
        cmocka_unit_test_setup_teardown(test_pause_asks_nothing_and_its_end_asks_at_once, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_what_quits, start, stop),
        cmocka_unit_test_setup_teardown(test_no_key_does_harm, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
