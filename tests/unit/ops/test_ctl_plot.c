/* `tickctl plot` without gnuplot: what is read, what is kept of it, what the script says. */
#include "tickd/ops/ctl_plot.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/numbers.h"
#include "tickd/base/error.h"

static char folder[] = "/tmp/tickd-plot-XXXXXX";
static char path[64];
static struct plot_data *data;
static char why_memory[512];
static struct text why;
static char *script;

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/input", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int start(void **state)
{
    (void)state;
    data = malloc(sizeof *data);
    if (data == NULL)
        return -1;
    plot_data_init(data);
    text_init(&why, why_memory, sizeof why_memory);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    (void)unlink(path);
    free(data);
    free(script);
    script = NULL;
    return 0;
}

static void write_file(const char *content, size_t length)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void write_text(const char *content)
{
    write_file(content, strlen(content));
}

static void take(const char *json)
{
    cJSON *message = cJSON_Parse(json);
    const cJSON *topic = cJSON_GetObjectItemCaseSensitive(message, "topic");

    assert_true(cJSON_IsString(topic));
    plot_take_message(data, message, topic->valuestring);
    cJSON_Delete(message);
}

static const char *write_script(enum plot_kind kind)
{
    size_t size = 0;
    FILE *out = open_memstream(&script, &size);

    assert_non_null(out);
    plot_write_script(data, kind, out);
    assert_int_equal(fclose(out), 0);
    return script;
}

static const struct plot_series *line(enum plot_line id)
{
    return &data->lines[id];
}

static void assert_point(enum plot_line id, size_t index, double time_s, double value)
{
    assert_true(index < line(id)->count);
    assert_near(line(id)->points[index].time_s, time_s, 1e-9);
    assert_near(line(id)->points[index].value, value, 1e-9);
}

/* Series. */

static void test_a_series_of_any_length_keeps_ends_and_extremes(void **state)
{
    enum { COUNT = 1000000 };

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        plot_add(data, PLOT_LINE_EQUITY, i, i);
        plot_add(data, PLOT_LINE_HEALTH, i, i == 345678 ? 38.5 : 100);
        plot_add(data, PLOT_LINE_DRAWDOWN, i, i == 777777 ? 12.5 : 0);
    }
    double lowest = (double)INFINITY;
    double highest = 0;

    for (size_t i = 0; i < line(PLOT_LINE_HEALTH)->count; i++)
        lowest = fmin(lowest, line(PLOT_LINE_HEALTH)->points[i].value);
    for (size_t i = 0; i < line(PLOT_LINE_DRAWDOWN)->count; i++)
        highest = fmax(highest, line(PLOT_LINE_DRAWDOWN)->points[i].value);
    assert_near(lowest, 38.5, 0);
    assert_near(highest, 12.5, 0);
    assert_true(line(PLOT_LINE_EQUITY)->count <= PLOT_POINTS_MAX);
    assert_true(line(PLOT_LINE_EQUITY)->count >= PLOT_POINTS_MAX / 2 - 1);
    assert_point(PLOT_LINE_EQUITY, line(PLOT_LINE_EQUITY)->count - 1, COUNT - 1, COUNT - 1);
    for (size_t i = 1; i < line(PLOT_LINE_EQUITY)->count; i++)
        assert_true(line(PLOT_LINE_EQUITY)->points[i].time_s >
                    line(PLOT_LINE_EQUITY)->points[i - 1].time_s);
}

static void test_nothing_is_merged_while_there_is_room(void **state)
{
    (void)state;
    for (int i = 0; i < PLOT_POINTS_MAX; i++)
        plot_add(data, PLOT_LINE_RESIDENT, i, i % 7);
    assert_int_equal(line(PLOT_LINE_RESIDENT)->count, PLOT_POINTS_MAX);
    assert_point(PLOT_LINE_RESIDENT, 6, 6, 6);
    plot_add(data, PLOT_LINE_RESIDENT, PLOT_POINTS_MAX, 1);
    assert_int_equal(line(PLOT_LINE_RESIDENT)->count, PLOT_POINTS_MAX / 2 + 1);
    assert_point(PLOT_LINE_RESIDENT, 3, 7, 6);
}

static void test_what_is_no_number_or_goes_back_in_time_is_left_out(void **state)
{
    (void)state;
    plot_add(data, PLOT_LINE_EQUITY, 10, 1);
    plot_add(data, PLOT_LINE_EQUITY, 9, 2);
    plot_add(data, PLOT_LINE_EQUITY, (double)NAN, 2);
    plot_add(data, PLOT_LINE_EQUITY, 11, (double)INFINITY);
    plot_add(data, PLOT_LINE_EQUITY, 12, 3);
    assert_int_equal(line(PLOT_LINE_EQUITY)->count, 2);
    assert_point(PLOT_LINE_EQUITY, 1, 12, 3);
}

static void test_weights_of_a_species_are_added_up(void **state)
{
    static const char *const names[] = {"trend", "swing", "trend"};
    static const double weights[] = {0.25, 0.5, 0.125};

    (void)state;
    plot_add_shares(data, 5, names, weights, 3);
    assert_int_equal(data->name_count, 2);
    assert_near(data->shares[0].values[0], 0.375, 0);
    assert_near(data->shares[0].values[1], 0.5, 0);
}

static void test_names_beyond_the_last_are_others(void **state)
{
    static char memory[20][16];
    const char *names[20];
    double weights[20];

    (void)state;
    for (int i = 0; i < 20; i++) {
        (void)snprintf(memory[i], sizeof memory[i], "n%d", i);
        names[i] = memory[i];
        weights[i] = 0.05;
    }
    plot_add_shares(data, 5, names, weights, 20);
    assert_int_equal(data->name_count, PLOT_SHARES_MAX);
    assert_string_equal(data->names[PLOT_SHARES_MAX - 1], "others");
    assert_near(data->shares[0].values[PLOT_SHARES_MAX - 1], 9 * 0.05, 1e-12);
}

/* Messages, reports, dumps. */

static void test_messages_become_points(void **state)
{
    (void)state;
    take("{\"time_us\":60000000,\"topic\":\"AGENT_PROFILE\",\"place\":1,\"species\":\"swing\"}");
    take("{\"time_us\":60000000,\"topic\":\"EQUITY\",\"equity\":\"99950.5\",\"drawdown\":0.0125}");
    take("{\"time_us\":61000000,\"topic\":\"HEALTH\",\"score\":69.2}");
    take("{\"time_us\":62000000,\"topic\":\"VITALS\",\"rss_bytes\":18200000,"
         "\"allocated_bytes\":0,\"budget_bytes\":26900000}");
    take("{\"time_us\":63000000,\"topic\":\"WEIGHTS\",\"weights\":[0.25,0.75]}");
    take("{\"time_us\":64000000,\"topic\":\"TRADE\",\"price\":\"5\"}");
    assert_point(PLOT_LINE_EQUITY, 0, 60, 99950.5);
    assert_point(PLOT_LINE_DRAWDOWN, 0, 60, 1.25);
    assert_point(PLOT_LINE_HEALTH, 0, 61, 69.2);
    assert_point(PLOT_LINE_RESIDENT, 0, 62, 18.2);
    assert_point(PLOT_LINE_BUDGET, 0, 62, 26.9);
    assert_int_equal(line(PLOT_LINE_ALLOCATED)->count, 0);
    assert_string_equal(data->names[0], "all agents");
    assert_string_equal(data->names[1], "swing");
    assert_near(data->shares[0].values[1], 0.75, 0);
}

static void test_messages_with_nonsense_in_them_are_passed_by(void **state)
{
    (void)state;
    take("{\"topic\":\"EQUITY\"}");
    take("{\"topic\":\"EQUITY\",\"time_us\":\"x\",\"equity\":[]}");
    take("{\"topic\":\"EQUITY\",\"time_us\":1e300,\"equity\":\"1e9999\",\"drawdown\":{}}");
    take("{\"topic\":\"WEIGHTS\",\"time_us\":1,\"weights\":{\"a\":\"b\"}}");
    take("{\"topic\":\"WEIGHTS\",\"time_us\":2,\"weights\":[null,-1,1e400,[]]}");
    take("{\"topic\":\"AGENT_PROFILE\",\"time_us\":1,\"place\":64,\"species\":\"x\"}");
    take("{\"topic\":\"AGENT_PROFILE\",\"time_us\":1,\"place\":-1,\"species\":7}");
    take("{\"topic\":\"VITALS\",\"time_us\":1,\"rss_bytes\":-5}");
    assert_int_equal(line(PLOT_LINE_EQUITY)->count, 0);
    assert_int_equal(line(PLOT_LINE_RESIDENT)->count, 0);
    assert_false(plot_has(data, PLOT_ALL));
}

static void test_a_report_is_read_with_its_agents_and_series(void **state)
{
    enum plot_input input = PLOT_DUMP;

    (void)state;
    write_text("{\n  \"tickd\": \"0.1.0\",\n"
               "  \"agents\": [{\"id\": 1, \"species\": \"trend\"}, {\"species\": \"coin\"}],\n"
               "  \"series\": {\"health\": [{\"time_us\": 60000000, \"score\": 100, "
               "\"rss_bytes\": 5000000}],\n"
               "    \"equity\": [{\"time_us\": 60000000, \"equity\": \"100\", \"drawdown\": 0}],\n"
               "    \"weights\": [{\"time_us\": 60000000, \"weights\": [0.9, 0.1]}]}\n}\n");
    assert_int_equal(plot_recognise(path, &input, &why), 0);
    assert_int_equal(input, PLOT_REPORT);
    assert_int_equal(plot_read_report(data, path, &why), 0);
    for (int i = 0; i < PLOT_ALL; i++)
        assert_true(plot_has(data, (enum plot_kind)i));
    assert_string_equal(data->names[1], "coin");
}

static void test_a_dump_is_read_line_by_line(void **state)
{
    enum plot_input input = PLOT_REPORT;

    (void)state;
    write_text("{\"time_us\":60000000,\"topic\":\"EQUITY\",\"equity\":\"1\"}\n"
               "{\"time_us\":61000000,\"topic\":\"BAR\"}\n"
               "{\"time_us\":62000000,\"topic\":\"EQUITY\",\"equity\":\"2\"}\n"
               "{\"time_us\":63000000,\"topic\":\"EQUI"); /* its writer was killed */
    assert_int_equal(plot_recognise(path, &input, &why), 0);
    assert_int_equal(input, PLOT_DUMP);
    assert_int_equal(plot_read_dump(data, path, &why), 0);
    assert_int_equal(line(PLOT_LINE_EQUITY)->count, 2);
}

static void test_errors_name_file_and_line(void **state)
{
    static char long_line[PLOT_LINE_MAX + 10];
    enum plot_input input;
    char expected[256];

    (void)state;
    assert_int_equal(plot_recognise(path, &input, &why), ERROR_NOT_FOUND);
    (void)snprintf(expected, sizeof expected, "%s: No such file or directory", path);
    assert_string_equal(why.data, expected);

    text_clear(&why);
    write_text("{\"topic\":\"EQUITY\"}\n{\"topic\":\"EQUITY\"}\n[1]\n");
    assert_int_equal(plot_read_dump(data, path, &why), ERROR_SYNTAX);
    (void)snprintf(expected, sizeof expected, "%s:3: not a message of a dump", path);
    assert_string_equal(why.data, expected);

    text_clear(&why);
    memset(long_line, 'x', sizeof long_line);
    write_file(long_line, sizeof long_line);
    assert_int_equal(plot_read_dump(data, path, &why), ERROR_FULL);
    (void)snprintf(expected, sizeof expected, "%s:1: longer than any message", path);
    assert_string_equal(why.data, expected);

    text_clear(&why);
    write_text("{\"tickd\": ");
    assert_int_equal(plot_read_report(data, path, &why), ERROR_SYNTAX);
    text_clear(&why);
    assert_int_equal(plot_recognise(folder, &input, &why), ERROR_IO); /* a folder */
    text_clear(&why);
    write_text("time_ms,symbol,price,volume\n");
    assert_int_equal(plot_recognise(path, &input, &why), ERROR_SYNTAX);
    assert_non_null(strstr(why.data, "neither a report"));
    write_text("");
    assert_int_equal(plot_recognise(path, &input, &why), ERROR_SYNTAX);
}

static void test_an_archive_is_known_by_its_first_bytes(void **state)
{
    enum plot_input input = PLOT_REPORT;

    (void)state;
    write_file("SQLite format 3\0....", 20);
    assert_int_equal(plot_recognise(path, &input, &why), 0);
    assert_int_equal(input, PLOT_ARCHIVE);
}

/* The script. */

static void test_a_script_draws_what_is_asked_and_there(void **state)
{
    (void)state;
    plot_add(data, PLOT_LINE_EQUITY, 60, 100);
    plot_add(data, PLOT_LINE_EQUITY, 120, 101);
    plot_add(data, PLOT_LINE_HEALTH, 60, 100);
    const char *all = write_script(PLOT_ALL);

    assert_non_null(strstr(all, "set multiplot layout 2,1\n"));
    assert_non_null(strstr(all, "$equity << END\n60.000 100\n120.000 101\nEND\n"));
    assert_non_null(strstr(all, "plot $health"));
    assert_null(strstr(all, "plot $resident"));
    free(script);
    const char *health = write_script(PLOT_HEALTH);

    assert_non_null(strstr(health, "set multiplot layout 1,1\n"));
    assert_null(strstr(health, "$equity"));
    free(script);
    assert_string_equal(write_script(PLOT_MEMORY), "");
}

static void test_no_name_of_the_input_can_speak_to_gnuplot(void **state)
{
    (void)state;
    take("{\"time_us\":1,\"topic\":\"AGENT_PROFILE\",\"place\":0,"
         "\"species\":\"'`id`\\n!id\\\"$x\"}");
    take("{\"time_us\":60000000,\"topic\":\"WEIGHTS\",\"weights\":[1]}");
    const char *text = write_script(PLOT_WEIGHTS);

    assert_null(strchr(text, '`'));
    assert_null(strchr(text, '!'));
    assert_null(strchr(text, '"'));
    assert_non_null(strstr(text, "title '  id   id  x'\n"));
}

static void test_kinds_are_found_by_name(void **state)
{
    enum plot_kind kind = PLOT_ALL;

    (void)state;
    assert_true(plot_find_kind("drawdown", &kind));
    assert_int_equal(kind, PLOT_DRAWDOWN);
    assert_true(plot_find_kind("all", &kind));
    assert_int_equal(kind, PLOT_ALL);
    assert_false(plot_find_kind("Equity", &kind));
    assert_false(plot_find_kind("", &kind));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_series_of_any_length_keeps_ends_and_extremes, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_nothing_is_merged_while_there_is_room, start, stop),
        cmocka_unit_test_setup_teardown(test_what_is_no_number_or_goes_back_in_time_is_left_out,
                                        start, stop),
        cmocka_unit_test_setup_teardown(test_weights_of_a_species_are_added_up, start, stop),
        cmocka_unit_test_setup_teardown(test_names_beyond_the_last_are_others, start, stop),
        cmocka_unit_test_setup_teardown(test_messages_become_points, start, stop),
        cmocka_unit_test_setup_teardown(test_messages_with_nonsense_in_them_are_passed_by, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_a_report_is_read_with_its_agents_and_series, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_a_dump_is_read_line_by_line, start, stop),
        cmocka_unit_test_setup_teardown(test_errors_name_file_and_line, start, stop),
        cmocka_unit_test_setup_teardown(test_an_archive_is_known_by_its_first_bytes, start, stop),
        cmocka_unit_test_setup_teardown(test_a_script_draws_what_is_asked_and_there, start, stop),
        cmocka_unit_test_setup_teardown(test_no_name_of_the_input_can_speak_to_gnuplot, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_kinds_are_found_by_name, start, stop),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
