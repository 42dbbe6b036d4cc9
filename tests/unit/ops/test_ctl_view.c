/* What tickctl shows: each command's result over a real engine, and the status on one screen. */
#include "tickd/ops/ctl_view.h"

#include <stdlib.h>

#include "support/engine_fixture.h"

#include "support/control_host.h"

static struct test_host host;
static struct control_desk *desk;
static char memory[1 << 20];
static char *shown;

static int start(void **state)
{
    (void)state;
    test_host_start(&host);
    test_host_trade(&host, 30);
    desk = control_desk_create(&host.host);
    return desk == NULL;
}

static int stop(void **state)
{
    (void)state;
    free(shown);
    shown = NULL;
    control_desk_destroy(&desk);
    test_host_stop(&host);
    return 0;
}

static cJSON *ask(const char *line)
{
    const struct control_peer peer = {.uid = 0, .is_owner = true};
    struct control_promise promise;
    struct text reply;

    text_init(&reply, memory, sizeof memory);
    control_answer(desk, &peer, line, strlen(line), &reply, &promise);
    cJSON *result = cJSON_Parse(memory);

    assert_non_null(result);
    return result;
}

static void show(enum control_id command, const cJSON *result)
{
    size_t size = 0;
    FILE *out;

    free(shown);
    shown = NULL;
    out = open_memstream(&shown, &size);
    assert_non_null(out);
    ctl_print_result(out, command, result);
    fclose(out);
}

static void show_answer(const char *line, enum control_id command)
{
    cJSON *result = ask(line);

    show(command, result);
    cJSON_Delete(result);
}

static void assert_shown(const char *part)
{
    if (strstr(shown, part) == NULL)
        fail_msg("%s is not in:\n%s", part, shown);
}

static void test_lists_are_tables(void **state)
{
    (void)state;
    show_answer("modules", CONTROL_MODULES);
    assert_shown("OWES FOR  OWES  HANDLED  PUBLISHED");
    assert_shown("market         active ");
    show_answer("histories", CONTROL_HISTORIES);
    assert_shown("bus            message_log ");
    show_answer("symbols", CONTROL_SYMBOLS);
    assert_shown("A       US stocks   129  2026-11-23T15:00:29.000Z      30");
    show_answer("bars A 2", CONTROL_BARS);
    assert_shown("2026-11-23T15:00:27.000Z   127   127  127    127       2       1   127");
    show_answer("config", CONTROL_CONFIG);
    assert_shown("market.bar_ms ");
    show_answer("help", CONTROL_HELP);
    assert_shown("bars       SYMBOL [N] ");
}

static void test_messages_of_a_history_are_lines(void **state)
{
    (void)state;
    show_answer("history bus 1", CONTROL_HISTORY);
    assert_shown("2026-11-23T15:00:29.010Z TRADE A time_ms=1795446029000 price=129 volume=2 ");
}

static void test_an_empty_history_is_none(void **state)
{
    (void)state;
    show_answer("history health 5", CONTROL_HISTORY);
    assert_string_equal(shown, "none\n");
}

static void test_the_rest_is_a_line(void **state)
{
    (void)state;
    show_answer("version", CONTROL_VERSION);
    assert_string_equal(shown, "tickd=" TICKD_VERSION "\n");
    show_answer("log debug", CONTROL_LOG);
    assert_string_equal(shown, "done=log_level argument=debug\n");
}

static void test_the_status_is_one_screen(void **state)
{
    (void)state;
    host.feed_state = FEED_STREAMING;
    show_answer("status", CONTROL_STATUS);
    assert_shown("health    100%, ");
    assert_shown("feed      streaming, ");
    assert_shown("trades    30 in, 30 accepted, ");
    size_t lines = 0;

    for (const char *at = shown; *at != '\0'; at++)
        lines += *at == '\n';
    assert_true(lines <= 24);
}

static void test_a_module_that_is_stale_is_named_with_what_it_owes(void **state)
{
    cJSON *status = cJSON_Parse("{\"tickd\":\"0.1.0\",\"health\":{\"score\":66.7,\"modules\":["
                                "{\"name\":\"feed\",\"state\":\"active\",\"owed_ms\":0},"
                                "{\"name\":\"bus\",\"state\":\"lagging\",\"owed_ms\":31000},"
                                "{\"name\":\"market\",\"state\":\"stale\",\"owed_ms\":61000}]}}");

    (void)state;
    show(CONTROL_STATUS, status);
    assert_string_equal(shown, "tickd 0.1.0\n"
                               "health    66.7%, 2 of 3 modules fresh, bus lagging, owes for "
                               "31.0 s, market stale, owes for 61.0 s\n");
    assert_false(ctl_is_healthy(status));
    cJSON_Delete(status);
}

static void test_dropped_frames_are_told_when_there_are_any(void **state)
{
    cJSON *none = cJSON_Parse("{\"tickd\":\"0.1.0\",\"input\":{\"frames\":7},"
                              "\"feed\":{\"frames_too_long\":0,\"frames_binary\":0}}");
    cJSON *some = cJSON_Parse("{\"tickd\":\"0.1.0\",\"input\":{\"frames\":7},"
                              "\"feed\":{\"frames_too_long\":3,\"frames_binary\":2}}");

    (void)state;
    show(CONTROL_STATUS, none);
    assert_shown("frames    7 in\n");
    show(CONTROL_STATUS, some);
    assert_shown("frames    7 in, 3 too long, 2 binary\n");
    cJSON_Delete(none);
    cJSON_Delete(some);
}

static void test_healthy_is_when_no_module_is_stale_or_failed(void **state)
{
    cJSON *status = ask("status");
    cJSON *nonsense = cJSON_Parse("{\"health\":5}");

    (void)state;
    assert_true(ctl_is_healthy(status));
    assert_false(ctl_is_healthy(nonsense));
    cJSON_Delete(status);
    cJSON_Delete(nonsense);
    host.market_is_stale = true;
    status = ask("status");
    assert_false(ctl_is_healthy(status));
    cJSON_Delete(status);
}

int main(void)
{
#define VIEW_TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        VIEW_TEST(test_lists_are_tables),
        VIEW_TEST(test_messages_of_a_history_are_lines),
        VIEW_TEST(test_an_empty_history_is_none),
        VIEW_TEST(test_the_rest_is_a_line),
        VIEW_TEST(test_the_status_is_one_screen),
        VIEW_TEST(test_dropped_frames_are_told_when_there_are_any),
        VIEW_TEST(test_a_module_that_is_stale_is_named_with_what_it_owes),
        VIEW_TEST(test_healthy_is_when_no_module_is_stale_or_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
