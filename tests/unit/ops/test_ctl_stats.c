/* `tickctl stats`: what a page looks like, to people and to programs. */
#include "tickd/ops/ctl_stats.h"

#include <cjson/cJSON.h>

#include "support/stats_scene.h"
#include "tickd/base/error.h"

static struct stats_scene scene;
static struct ctl_stats stats;
static char *output;

static int start(void **state)
{
    (void)state;
    scene_begin(&scene);
    scene.status.bars = 1234567;
    scene.status.rss_bytes = 18100000;
    scene.status.health_score = 50.0;
    scene_open(&scene);
    scene_read(&scene);
    stats = (struct ctl_stats){.path = scene.path, .copy = &scene.copy};
    output = NULL;
    return 0;
}

static int end(void **state)
{
    (void)state;
    free(output);
    scene_end(&scene);
    return 0;
}

/* The page as it is printed, `later_us` after its values. */
static const char *print(void (*show)(FILE *, const struct ctl_stats *), int64_t later_us)
{
    size_t length;
    struct process_sight sight = process_look(scene.copy.view.head->pid);

    free(output);
    FILE *out = open_memstream(&output, &length);

    assert_non_null(out);
    stats_judge(scene.copy.view.head, &sight, SCENE_NOW_US + later_us, &stats.judgement);
    show(out, &stats);
    assert_int_equal(fclose(out), 0);
    return output;
}

static void assert_has(const char *expected)
{
    if (strstr(output, expected) == NULL)
        fail_msg("there is no \"%s\" in:\n%s", expected, output);
}

static void use_globs(const char *const *globs, size_t count)
{
    stats.globs = globs;
    stats.glob_count = count;
}

static void test_a_table_tells_the_process_and_each_value_with_its_rate(void **state)
{
    static const char *const globs[] = {"bars_total", "mem*resident*", "health*",
                                        "*_delay*0.99\"}"};
    char expected[1024];

    (void)state;
    use_globs(globs, ARRAY_LENGTH(globs));
    print(ctl_stats_print, 400000);
    (void)snprintf(expected, sizeof expected,
                   "tickd 1.2.3, pid %d, runs; values of 400 ms ago\n"
                   "started 2026-11-23T16:31:30.000Z, values of 2026-11-23T16:31:40.000Z\n"
                   "\n"
                   "NAME                                                VALUE      PER SECOND\n"
                   "memory_resident_bytes                             18.1 MB               -\n"
                   "memory_allocator_resident_bytes                         -               -\n"
                   "health_ratio                                          0.5               -\n"
                   "feed_delay_seconds{quantile=\"0.99\"}                     -               -\n"
                   "bars_total                                      1,234,567       1.235e+05\n"
                   "late_trade_delay_seconds{quantile=\"0.99\"}               -               -\n",
                   getpid());
    assert_string_equal(output, expected);
}

static void test_a_second_reading_gives_the_rate_of_now(void **state)
{
    static const char *const globs[] = {"bars_total"};
    static struct stats_copy before;

    (void)state;
    use_globs(globs, 1);
    memcpy(&before, &scene.copy, sizeof before);
    assert_int_equal(stats_parse(before.bytes, sizeof before.bytes, &before.view, &scene.why), 0);
    ((struct stats_head *)(void *)before.bytes)->updated_us -= 2000000;
    scene.status.bars += 30;
    stats_page_update(&scene.page, &scene.status);
    scene_read(&scene);
    stats.before = &before;
    print(ctl_stats_print, 0);
    assert_has("NAME                 VALUE      PER SECOND             NOW\n");
    assert_has("bars_total       1,234,597       1.235e+05              15\n");
    ((struct stats_head *)(void *)before.bytes)->pid++; /* another run's */
    print(ctl_stats_print, 0);
    assert_has("bars_total       1,234,597       1.235e+05               -\n");
}

static void test_a_screen_gets_what_is_not_zero_and_fits(void **state)
{
    size_t lines = 0;
    size_t width = 0;

    (void)state;
    stats.lines_max = 12;
    stats.columns_max = 50;
    print(ctl_stats_print, 0);
    for (const char *line = output; *line != '\0'; line = strchr(line, '\n') + 1) {
        size_t length = strcspn(line, "\n");

        lines++;
        if (lines > 3 && length > width && strncmp(line, "and ", 4) != 0)
            width = length;
    }
    assert_true(lines <= 12);
    assert_true(width <= 50);
    assert_null(strstr(output, "bars_without_price_total"));
    assert_null(strstr(output, "PER SECOND")); /* a narrow screen has no room for it */
    assert_has(" more: a pattern narrows them down, --once prints all\n");
}

static void assert_said(int64_t later_us, const char *expected)
{
    char line[256];

    print(ctl_stats_print, later_us);
    (void)snprintf(line, sizeof line, "tickd 1.2.3, pid %lld, %s\n",
                   (long long)scene.copy.view.head->pid, expected);
    assert_int_equal(strncmp(output, line, strlen(line)), 0);
}

static void test_a_loop_that_hangs_is_told_with_who_holds_it(void **state)
{
    struct stats_head *head = (void *)scene.copy.bytes;

    (void)state;
    head->watched_us = SCENE_NOW_US + 60000000;
    assert_said(60000000, "HANGS: its loop does not turn, and no module's handler runs; "
                          "values of 60.0 s ago");
    head->holding = UINT64_C(59000000) << STATS_HOLDER_BITS | MODULE_CONSENSUS;
    assert_said(60000000, "HANGS: its loop is held by consensus for 59.0 s; values of 60.0 s ago");
}

static void test_an_end_is_told_with_how_it_came(void **state)
{
    struct stats_head *head = (void *)scene.copy.bytes;

    (void)state;
    head->process_ticks--;
    assert_said(7200000000, "IS GONE without a clean stop; last values of 2 h 0 min ago");
    head->holding = UINT64_C(1500000) << STATS_HOLDER_BITS | MODULE_MARKET;
    assert_said(1000000, "IS GONE without a clean stop; last values of 1.0 s ago; its loop was "
                         "held by market for 1.5 s");
    head->state = STATS_STOPPED;
    head->exit_code = 75;
    assert_said(1000000, "stopped cleanly with exit code 75, 1.0 s ago");
}

static void test_a_torn_page_says_so(void **state)
{
    (void)state;
    scene.copy.is_torn = true;
    print(ctl_stats_print, 0);
    assert_has(", taken in the middle of an update\n");
}

static void test_json_has_the_values_with_kind_and_unit_by_name(void **state)
{
    static const char *const globs[] = {"bars_total", "memory_*", "portfolio_equity"};

    (void)state;
    use_globs(globs, ARRAY_LENGTH(globs));
    cJSON *json = cJSON_Parse(print(ctl_stats_print_json, 400000));

    assert_non_null(json);
    assert_string_equal(cJSON_GetObjectItem(json, "state")->valuestring, "runs");
    assert_string_equal(cJSON_GetObjectItem(json, "file")->valuestring, scene.path);
    assert_true(cJSON_GetObjectItem(json, "age_s")->valuedouble == 0.4);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(json, "exit_code")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(json, "loop_held")));
    assert_has("\"bars_total\":{\"value\":1234567,\"kind\":\"counter\"}");
    assert_has("\"memory_resident_bytes\":{\"value\":18100000,\"kind\":\"gauge\","
               "\"unit\":\"bytes\"}");
    assert_has("\"memory_allocated_bytes\":{\"value\":null,");
    assert_has("\"portfolio_equity\":{\"value\":\"0\",");
    assert_null(strstr(output, "fills_total"));
    cJSON_Delete(json);
}

/* Names with bytes that a terminal would obey, as many rows as there can be. */
static void test_anybodys_names_reach_no_terminal_and_fit_into_json(void **state)
{
    static _Alignas(struct stats_head) char bytes[STATS_FILE_MAX];
    struct stats_head *head = (void *)bytes;
    struct stats_row *rows = (void *)(head + 1);

    (void)state;
    memcpy(bytes, scene.copy.bytes, sizeof *head);
    head->row_count = STATS_ROWS_MAX;
    for (size_t i = 0; i < STATS_ROWS_MAX; i++) {
        rows[i] = (struct stats_row){.form = STATS_DECIMAL, .value = (uint64_t)INT64_MIN + 1};
        memset(rows[i].name, i % 2 == 0 ? '\033' : '\x07', STATS_NAME_MAX - 1);
        memset(rows[i].unit, '\n', STATS_UNIT_MAX - 1);
    }
    memcpy(scene.copy.bytes, bytes, sizeof bytes);
    assert_int_equal(stats_parse(scene.copy.bytes, sizeof bytes, &scene.copy.view, &scene.why), 0);
    print(ctl_stats_print, 0);
    assert_null(strpbrk(output, "\033\x07"));
    cJSON *json = cJSON_Parse(print(ctl_stats_print_json, 0));

    assert_non_null(json);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "values")), STATS_ROWS_MAX);
    cJSON_Delete(json);
}

/* The command. */

static int run_command(const struct ctl_stats_command *command)
{
    size_t length;

    free(output);
    FILE *out = open_memstream(&output, &length);

    assert_non_null(out);
    text_clear(&scene.why);
    int code = ctl_stats_run(command, out, &scene.why);

    assert_int_equal(fclose(out), 0);
    return code;
}

static void test_the_page_is_found_beside_the_socket(void **state)
{
    char socket[96];
    char path[CTL_PATH_MAX];

    (void)state;
    (void)snprintf(socket, sizeof socket, "%s/control.sock", scene.folder);
    assert_int_equal(ctl_stats_find(socket, false, path, &scene.why), 0);
    assert_string_equal(path, scene.path);
    assert_int_equal(ctl_stats_find(socket, true, path, &scene.why), ERROR_NOT_FOUND);
    assert_non_null(strstr(scene.why_memory, "tickd.stats.previous is not there"));
    assert_int_equal(setenv("RUNTIME_DIRECTORY", scene.folder, 1), 0);
    assert_int_equal(ctl_stats_find(NULL, false, path, &scene.why), 0);
    assert_string_equal(path, scene.path);
    assert_int_equal(unsetenv("RUNTIME_DIRECTORY"), 0);
}

static void test_the_command_ends_as_sysexits_says(void **state)
{
    (void)state;
    assert_int_equal(
        run_command(&(struct ctl_stats_command){.file = scene.path, .wants_json = true}), 0);
    assert_has("\"pid\":");
    assert_int_equal(run_command(&(struct ctl_stats_command){.file = "/nowhere"}), 69);
    assert_non_null(strstr(scene.why_memory, "/nowhere: No such file"));
    assert_int_equal(run_command(&(struct ctl_stats_command){.file = "/dev/zero"}), 74);
    assert_int_equal(run_command(&(struct ctl_stats_command){.file = "/proc/self/maps"}), 65);
    assert_string_equal(scene.why_memory, "/proc/self/maps: is no page of counters");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        SCENE_TEST(test_a_table_tells_the_process_and_each_value_with_its_rate),
        SCENE_TEST(test_a_second_reading_gives_the_rate_of_now),
        SCENE_TEST(test_a_screen_gets_what_is_not_zero_and_fits),
        SCENE_TEST(test_a_loop_that_hangs_is_told_with_who_holds_it),
        SCENE_TEST(test_an_end_is_told_with_how_it_came),
        SCENE_TEST(test_a_torn_page_says_so),
        SCENE_TEST(test_json_has_the_values_with_kind_and_unit_by_name),
        SCENE_TEST(test_anybodys_names_reach_no_terminal_and_fit_into_json),
        SCENE_TEST(test_the_page_is_found_beside_the_socket),
        SCENE_TEST(test_the_command_ends_as_sysexits_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
