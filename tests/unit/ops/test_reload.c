/* What a reload changes, as data and as words. */
#include "tickd/ops/reload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct settings now;
static struct settings wanted;
static struct reload_report report;

static int begin(void **state)
{
    (void)state;
    settings_init(&now);
    settings_init(&wanted);
    memset(&report, 0, sizeof report);
    return 0;
}

static void want(const char *key, const char *value)
{
    char memory[256];
    struct text why;
    text_init(&why, memory, sizeof memory);
    const struct setting *setting = settings_find(key, strlen(key), NULL);
    assert_non_null(setting);
    assert_int_equal(settings_set(&wanted, setting, value, strlen(value), &why), 0);
}

static const char *printed(void)
{
    static char memory[8192];
    struct text text;
    struct json json;
    text_init(&text, memory, sizeof memory);
    json_init(&json, &text, false);
    reload_print_json(&report, &json);
    return memory;
}

static void test_nothing_changes(void **state)
{
    (void)state;
    reload_compare(&now, &wanted, &report);
    assert_int_equal(report.count, 0);
    assert_string_equal(printed(), "{\"applied\":[],\"restart\":[]}");
}

static void test_each_kind_of_value_is_compared(void **state)
{
    (void)state;
    want("seed", "2");
    want("feed.url", "ws://127.0.0.1:1");
    want("feed.symbols", "SPY");
    want("electorate.dead_band", "0.2");
    want("portfolio.allow_short", "true");
    want("portfolio.max_gross", "0.5");
    want("log.level", "debug");
    reload_compare(&now, &wanted, &report);
    assert_string_equal(printed(),
                        "{\"applied\":[\"feed.symbols\",\"portfolio.max_gross\",\"log.level\"],"
                        "\"restart\":[\"seed\",\"feed.url\","
                        "\"electorate.dead_band\",\"portfolio.allow_short\"]}");
}

static void test_a_value_is_copied_alone(void **state)
{
    (void)state;
    want("portfolio.max_gross", "0.5");
    want("portfolio.max_symbol", "0.1");
    settings_copy_value(&now, &wanted, settings_find("portfolio.max_gross", 19, NULL));
    assert_int_equal(now.portfolio.max_gross, wanted.portfolio.max_gross);
    reload_compare(&now, &wanted, &report);
    assert_int_equal(report.count, 1);
}

static int end_log(struct health_log *log, const char *folder)
{
    char path[LOG_PATH_MAX + 16];
    health_log_close(log);
    (void)snprintf(path, sizeof path, "%s/health.log", folder);
    return remove(path);
}

static int64_t epoch(void)
{
    return 0;
}

static void read_log(const char *folder, char *line, int capacity)
{
    char path[LOG_PATH_MAX + 16];
    (void)snprintf(path, sizeof path, "%s/health.log", folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, capacity, file));
    assert_int_equal(fclose(file), 0);
}

static void assert_logs(const char *expected)
{
    char line[LOG_LINE_MAX] = "";
    char folder[] = "/tmp/tickd-reload-XXXXXX";
    char memory[256];
    struct text why;
    struct health_log log;
    assert_non_null(mkdtemp(folder));
    struct health_log_options options = {.directory = folder, .level = LOG_INFO, .now_us = epoch};
    text_init(&why, memory, sizeof memory);
    assert_int_equal(health_log_open(&log, &options, &why), 0);
    reload_log(&report, &log);
    read_log(folder, line, sizeof line);
    assert_int_equal(end_log(&log, folder), 0);
    assert_int_equal(remove(folder), 0);
    assert_string_equal(line, expected);
}

static void test_the_log_names_what_waits_for_a_restart(void **state)
{
    (void)state;
    want("market.bar_ms", "2000");
    want("market.grace_ms", "600");
    reload_compare(&now, &wanted, &report);
    assert_logs("ts=1970-01-01T00:00:00.000Z level=notice event=reload result=done applied=none "
                "restart=market.bar_ms,market.grace_ms\n");
}

static void test_the_log_says_why_it_was_refused(void **state)
{
    (void)state;
    report.refused = true;
    text_copy(report.error, sizeof report.error, "tickd.json:1:2: not JSON");
    assert_logs("ts=1970-01-01T00:00:00.000Z level=error event=reload result=refused "
                "text=\"tickd.json:1:2: not JSON\"\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_nothing_changes, begin),
        cmocka_unit_test_setup(test_each_kind_of_value_is_compared, begin),
        cmocka_unit_test_setup(test_a_value_is_copied_alone, begin),
        cmocka_unit_test_setup(test_the_log_names_what_waits_for_a_restart, begin),
        cmocka_unit_test_setup(test_the_log_says_why_it_was_refused, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
