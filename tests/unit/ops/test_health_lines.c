/* What the health log says by itself. */
#include "tickd/ops/health_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tickd/base/calendar.h"

#define NOW_US INT64_C(1795451493123456) /* 2026-11-23T16:31:33.123456Z */
#define HEAD "ts=2026-11-23T16:31:33.123Z level="

static char folder[] = "/tmp/tickd-lines-XXXXXX";
static char path[64];
static char contents[65536];
static struct health_log log_file;
static struct health_lines lines;
static struct symbol_table symbols;
static struct arena arena;
static struct status status;

static int64_t fixed_time(void)
{
    return NOW_US;
}

static int make_folder(void **state)
{
    struct arena measuring;
    uint16_t id;

    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/health.log", folder);
    arena_init_measuring(&measuring);
    symbols_init(&symbols, &measuring, 4, false);
    if (arena_init(&arena, measuring.used) != 0)
        return -1;
    symbols_init(&symbols, &arena, 4, false);
    return symbols_add(&symbols, "SPY", 3, &id);
}

static int remove_folder(void **state)
{
    (void)state;
    arena_fini(&arena);
    unlink(path);
    return rmdir(folder);
}

static int start(void **state)
{
    struct health_log_options options = {
        .directory = folder, .level = LOG_DEBUG, .now_us = fixed_time};
    char memory[256];
    struct text why;

    (void)state;
    unlink(path);
    text_init(&why, memory, sizeof memory);
    health_lines_init(&lines, &log_file, &symbols, NOW_US);
    memset(&status, 0, sizeof status);
    return health_log_open(&log_file, &options, &why);
}

static int stop(void **state)
{
    (void)state;
    health_log_close(&log_file);
    return 0;
}

static const char *written(void)
{
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    size_t length = fread(contents, 1, sizeof contents - 1, file);

    fclose(file);
    contents[length] = '\0';
    return contents;
}

static void see_health(uint32_t idle, uint32_t stale, double score)
{
    struct message message = {.head = {.topic = TOPIC_HEALTH, .symbol = SYMBOL_NONE}};

    message.body.health = (struct health_message){
        .score = score,
        .wired = 1U << MODULE_FEED | 1U << MODULE_MARKET,
        .idle = idle,
        .stale = stale,
    };
    health_lines_see(&lines, &message);
}

static void test_each_change_of_a_module_is_a_line_and_no_more(void **state)
{
    (void)state;
    see_health(0, 0, 100.0);
    see_health(0, 0, 100.0);
    see_health(0, 1U << MODULE_MARKET, 50.0);
    see_health(0, 1U << MODULE_MARKET, 50.0);
    see_health(1U << MODULE_MARKET, 0, 100.0);
    assert_string_equal(written(), HEAD
                        "info event=module module=feed state=active was=none score=100.0\n" HEAD
                        "info event=module module=market state=active was=none score=100.0\n" HEAD
                        "error event=module module=market state=stale was=active score=50.0\n" HEAD
                        "info event=module module=market state=idle was=stale score=100.0\n");
}

static void test_a_module_that_falls_idle_is_only_for_debugging(void **state)
{
    (void)state;
    see_health(0, 0, 100.0);
    see_health(1U << MODULE_MARKET, 0, 100.0);
    assert_non_null(strstr(written(), HEAD "debug event=module module=market state=idle"));
}

static void see_feed(uint16_t symbol, enum feed_state feed, enum stream_state stream,
                     const char *reason)
{
    struct message message = {.head = {.topic = TOPIC_FEED, .symbol = symbol}};

    message.body.feed.state = feed;
    message.body.feed.stream = stream;
    message.body.feed.connections = 3;
    text_copy(message.body.feed.reason, sizeof message.body.feed.reason, reason);
    health_lines_see(&lines, &message);
}

static void test_the_feeds_states_are_lines_by_their_gravity(void **state)
{
    (void)state;
    see_feed(SYMBOL_NONE, FEED_STREAMING, STREAM_TALKING, "");
    see_feed(SYMBOL_NONE, FEED_BACKING_OFF, STREAM_TALKING, "closed:\n\"bye\"");
    see_feed(SYMBOL_NONE, FEED_REFUSED, STREAM_TALKING, "HTTP 401");
    see_feed(0, FEED_STREAMING, STREAM_SILENT, "no trade for 900 s");
    assert_string_equal(
        written(), HEAD
        "info event=feed state=streaming was=none connections=3\n" HEAD
        "warning event=feed state=backing_off was=streaming connections=3 "
        "reason=\"closed:\\n\\\"bye\\\"\"\n" HEAD
        "error event=feed state=refused was=backing_off connections=3 reason=\"HTTP 401\"\n" HEAD
        "warning event=stream symbol=SPY state=silent reason=\"no trade for 900 s\"\n");
}

static void test_a_command_is_a_line_with_who_gave_it(void **state)
{
    struct message message = {.head = {.topic = TOPIC_COMMAND, .symbol = SYMBOL_NONE}};

    (void)state;
    message.body.command.verb = COMMAND_LOG_LEVEL;
    message.body.command.uid = 1000;
    text_copy(message.body.command.argument, sizeof message.body.command.argument, "debug");
    health_lines_see(&lines, &message);
    assert_string_equal(written(),
                        HEAD "notice event=command verb=log_level argument=debug uid=1000\n");
}

static void see_alert(enum alert_id id, enum alert_state alert_state)
{
    struct message message = {.head = {.topic = TOPIC_ALERT, .symbol = SYMBOL_NONE}};

    message.body.alert = (struct alert_message){.value = 1.8,
                                                .threshold = alert_rule(id)->threshold,
                                                .alert = id,
                                                .severity = alert_rule(id)->severity,
                                                .state = alert_state,
                                                .action = alert_rule(id)->action,
                                                .text = "resident 47 MB"};
    health_lines_see(&lines, &message);
}

static void test_each_change_of_an_alert_is_a_line_by_its_severity(void **state)
{
    (void)state;
    see_alert(ALERT_MEMORY_WARNING, ALERT_STATE_PENDING);
    see_alert(ALERT_MEMORY_WARNING, ALERT_STATE_FIRING);
    see_alert(ALERT_MEMORY_LIMIT_CRITICAL, ALERT_STATE_FIRING);
    see_alert(ALERT_MEMORY_LIMIT_CRITICAL, ALERT_STATE_RESOLVED);
    assert_string_equal(
        written(),
        HEAD "info event=alert alert=memory severity=warning state=pending value=1.800 "
             "threshold=1.250 text=\"resident 47 MB\"\n" HEAD
             "warning event=alert alert=memory severity=warning state=firing value=1.800 "
             "threshold=1.250 text=\"resident 47 MB\"\n" HEAD
             "error event=alert alert=memory_limit severity=critical state=firing value=1.800 "
             "threshold=1.750 text=\"resident 47 MB\" action=restart\n" HEAD
             "notice event=alert alert=memory_limit severity=critical state=resolved value=1.800 "
             "threshold=1.750 text=\"resident 47 MB\"\n");
}

static void fill_status(void)
{
    status.health_score = 200.0 / 3.0;
    status.module_count = 3;
    status.modules[0] = (struct assessment){.id = MODULE_FEED, .state = MODULE_STALE};
    status.modules[1] = (struct assessment){.id = MODULE_BUS, .state = MODULE_ACTIVE};
    status.modules[2] = (struct assessment){.id = MODULE_MARKET, .state = MODULE_LAGGING};
    status.rss_bytes = 9123456;
    status.allocated_bytes = 3456789;
    status.input.trades = 1234;
    status.input.late = 5;
    status.bars = 77;
    status.history_count = 1;
    status.histories[0] =
        (struct history){"bus", "message_log", 10000, 10000, 12345, 2345, 2480000};
}

static void test_the_summary_tells_health_memory_and_what_came_in(void **state)
{
    (void)state;
    fill_status();
    health_lines_summary(&log_file, &status);
    assert_string_equal(written(),
                        HEAD "info event=health score=66.7 fresh=2 lagging=market stale=feed "
                             "failed=none rss_mb=9.1 allocated_mb=3.5 trades=1234 late=5 "
                             "filtered=0 malformed=0 duplicates=0 bars=77\n");
}

static void test_the_summary_of_a_live_process_tells_of_feed_and_loop(void **state)
{
    (void)state;
    fill_status();
    status.live.is_live = true;
    status.live.feed_state = FEED_STREAMING;
    status.live.trades_per_s = 12.34;
    status.live.feed_delay_ms.p99 = 120;
    status.live.loop_lag_us = 1500;
    health_lines_summary(&log_file, &status);
    assert_non_null(strstr(written(), " feed=streaming trades_per_s=12.3 delay_p99_ms=120 "));
    assert_non_null(strstr(contents, " loop_lag_ms=1.5 "));
}

static size_t count_lines(const char *event)
{
    size_t count = 0;

    for (const char *at = written(); (at = strstr(at, event)) != NULL; at++)
        count++;
    return count;
}

static void test_a_summary_comes_each_minute_and_the_histories_every_five(void **state)
{
    (void)state;
    fill_status();
    for (int64_t second = 0; second < 600; second++) {
        int64_t now_us = NOW_US + second * US_PER_S;

        if (health_lines_due(&lines, now_us))
            health_lines_minute(&lines, now_us, &status);
    }
    assert_int_equal(count_lines("event=health "), 10);
    assert_int_equal(count_lines("event=history module=bus name=message_log size=10000 "
                                 "capacity=10000 appended=12345 overwritten=2345 bytes=2480000\n"),
                     2);
}

int main(void)
{
#define LINES_TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        LINES_TEST(test_each_change_of_a_module_is_a_line_and_no_more),
        LINES_TEST(test_a_module_that_falls_idle_is_only_for_debugging),
        LINES_TEST(test_the_feeds_states_are_lines_by_their_gravity),
        LINES_TEST(test_a_command_is_a_line_with_who_gave_it),
        LINES_TEST(test_each_change_of_an_alert_is_a_line_by_its_severity),
        LINES_TEST(test_the_summary_tells_health_memory_and_what_came_in),
        LINES_TEST(test_the_summary_of_a_live_process_tells_of_feed_and_loop),
        LINES_TEST(test_a_summary_comes_each_minute_and_the_histories_every_five),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
