/* The control socket's commands over a real engine, without a socket. */
#include "tickd/ops/control_commands.h"

#include <stdio.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "support/engine_fixture.h"

#include "support/control_host.h"

enum { REPLY_MAX = 1 << 20 };

static struct test_host host;
static struct control_desk *desk;
static char memory[REPLY_MAX];
static struct text reply;
static struct control_promise promise;
static const struct control_peer owner = {.uid = 0, .pid = 1, .is_owner = true};
static const struct control_peer stranger = {.uid = 1000, .pid = 1};

static int start(void **state)
{
    (void)state;
    test_host_start(&host);
    desk = control_desk_create(&host.host);
    return desk == NULL;
}

static int stop(void **state)
{
    (void)state;
    control_desk_destroy(&desk);
    test_host_stop(&host);
    return 0;
}

static enum control_outcome ask_as(const struct control_peer *peer, const char *line)
{
    text_init(&reply, memory, sizeof memory);
    return control_answer(desk, peer, line, strlen(line), &reply, &promise);
}

/* Asks, and gives the result; the caller deletes it. */
static cJSON *result_of(const char *line)
{
    assert_int_equal(ask_as(&stranger, line), CONTROL_ANSWERED);
    cJSON *result = cJSON_Parse(memory);

    if (result == NULL || cJSON_HasObjectItem(result, "error"))
        fail_msg("%s: %s", line, memory);
    return result;
}

static void assert_error(const struct control_peer *peer, const char *line, enum rpc_error code,
                         const char *message)
{
    assert_int_equal(ask_as(peer, line), CONTROL_ANSWERED);
    cJSON *document = cJSON_Parse(memory);
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(document, "error");
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(error, "message");

    if (!cJSON_IsString(text) || strstr(text->valuestring, message) == NULL ||
        cJSON_GetObjectItemCaseSensitive(error, "code")->valueint != (int)code)
        fail_msg("%s: %s", line, memory);
    cJSON_Delete(document);
}

static const cJSON *member(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

static void test_status_is_the_report_and_more(void **state)
{
    (void)state;
    test_host_trade(&host, 5);
    host.feed_state = FEED_STREAMING;
    cJSON *status = result_of("status");

    assert_string_equal(member(status, "tickd")->valuestring, TICKD_VERSION);
    assert_int_equal(member(member(status, "input"), "trades")->valueint, 5);
    assert_string_equal(member(member(status, "feed"), "state")->valuestring, "streaming");
    cJSON_Delete(status);
}

static void test_a_program_gets_the_same_result_in_one_line(void **state)
{
    (void)state;
    cJSON *typed = result_of("status");

    assert_non_null(strstr(memory, "\n  \"input\": {"));
    assert_int_equal(ask_as(&stranger, "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"status\"}"),
                     CONTROL_ANSWERED);
    assert_ptr_equal(strchr(memory, '\n'), memory + strlen(memory) - 1);
    cJSON *document = cJSON_Parse(memory);

    assert_int_equal(member(document, "id")->valueint, 9);
    assert_true(cJSON_Compare(typed, member(document, "result"), true));
    cJSON_Delete(typed);
    cJSON_Delete(document);
}

static void test_bars_are_the_newest_oldest_first(void **state)
{
    (void)state;
    test_host_trade(&host, 30);
    cJSON *bars = result_of("bars A 3");

    assert_int_equal(cJSON_GetArraySize(bars), 3);
    const cJSON *first = cJSON_GetArrayItem(bars, 0);
    const cJSON *last = cJSON_GetArrayItem(bars, 2);

    /* With the last trade at 29.0 s the watermark is at 28.75 s: the bar of second 27 is closed,
     * that of second 28 is not. */
    assert_true(member(last, "start_ms")->valuedouble == FIXTURE_START_MS + 27000);
    assert_true(member(first, "start_ms")->valuedouble == FIXTURE_START_MS + 25000);
    assert_string_equal(member(last, "close")->valuestring, "127");
    assert_string_equal(member(last, "volume")->valuestring, "2");
    assert_true(cJSON_IsNumber(member(member(last, "indicators"), "ema12")));
    assert_true(cJSON_IsNull(member(member(last, "indicators"), "macd_signal")));
    cJSON_Delete(bars);
    bars = result_of("bars A");
    assert_int_equal(cJSON_GetArraySize(bars), 20);
    cJSON_Delete(bars);
    bars = result_of("bars B");
    assert_int_equal(cJSON_GetArraySize(bars), 0);
    cJSON_Delete(bars);
}

static double first_start(const char *line, int count)
{
    cJSON *bars = result_of(line);

    assert_int_equal(cJSON_GetArraySize(bars), count);
    double start = count > 0 ? member(cJSON_GetArrayItem(bars, 0), "start_ms")->valuedouble : 0.0;

    cJSON_Delete(bars);
    return start;
}

static void test_pages_follow_one_another_without_gap_or_overlap(void **state)
{
    (void)state;
    test_host_trade(&host, 11);
    double all = first_start("bars A 9", 9);

    assert_true(first_start("bars A 4 5", 4) == all);
    assert_true(first_start("bars A 5 0", 5) == all + 4000.0);
    assert_true(first_start("bars A 100 8", 1) == all);
    (void)first_start("bars A 4 9", 0);
    assert_error(&stranger, "bars A 4 x", RPC_INVALID_PARAMS, "whole number, 0 to");
    cJSON *newest = result_of("history bus 1");
    cJSON *before = result_of("history bus 1 1");

    assert_true(member(cJSON_GetArrayItem(newest, 0), "seq")->valuedouble ==
                member(cJSON_GetArrayItem(before, 0), "seq")->valuedouble + 1.0);
    cJSON_Delete(newest);
    cJSON_Delete(before);
}

static void test_decisions_can_be_those_of_one_symbol(void **state)
{
    (void)state;
    test_host_trade(&host, 10);
    cJSON *decisions = result_of("decisions 3 A");

    assert_int_equal(cJSON_GetArraySize(decisions), 3);
    cJSON_Delete(decisions);
    decisions = result_of("decisions 3 B");
    assert_int_equal(cJSON_GetArraySize(decisions), 0);
    cJSON_Delete(decisions);
    assert_error(&stranger, "decisions 3 NONE", RPC_NOT_FOUND, "there is no symbol \"NONE\"");
}

static void test_a_peer_may_be_confined_to_some_commands(void **state)
{
    struct control_peer confined = owner;

    (void)state;
    confined.only = UINT64_C(1) << CONTROL_VERSION;
    assert_int_equal(ask_as(&confined, "version"), CONTROL_ANSWERED);
    assert_non_null(strstr(memory, "tickd"));
    assert_error(&confined, "status", RPC_NOT_ALLOWED, "status is answered on the control socket");
    assert_error(&confined, "shutdown", RPC_NOT_ALLOWED, "shutdown is answered on the control");
    assert_int_equal(host.commands, 0);
}

static void test_symbols_show_what_they_have_and_null_for_what_they_have_not(void **state)
{
    (void)state;
    test_host_trade(&host, 3);
    cJSON *symbols = result_of("symbols");
    const cJSON *a = cJSON_GetArrayItem(symbols, 0);
    const cJSON *b = cJSON_GetArrayItem(symbols, 1);

    assert_int_equal(cJSON_GetArraySize(symbols), 2);
    assert_string_equal(member(a, "symbol")->valuestring, "A");
    assert_string_equal(member(a, "last_price")->valuestring, "102");
    assert_int_equal(member(a, "trades")->valueint, 3);
    assert_true(cJSON_IsNull(member(b, "last_price")));
    assert_true(cJSON_IsNull(member(b, "last_time_ms")));
    cJSON_Delete(symbols);
}

static void test_a_history_is_found_by_its_name_its_module_or_both(void **state)
{
    static const char *const lines[] = {"history message_log 4", "history bus 4",
                                        "history bus/message_log 4"};

    (void)state;
    test_host_trade(&host, 5);
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
        cJSON *entries = result_of(lines[i]);
        const cJSON *newest = cJSON_GetArrayItem(entries, 3);

        assert_int_equal(cJSON_GetArraySize(entries), 4);
        assert_true(member(newest, "seq")->valuedouble ==
                    (double)bus_published(engine_bus(host.fixture.engine)));
        cJSON_Delete(entries);
    }
    assert_error(&stranger, "history nonsense", RPC_NOT_FOUND, "bus/message_log, market/bars");
    assert_error(&stranger, "history bars", RPC_INVALID_PARAMS, "ask: bars SYMBOL [N]");
}

static void test_a_history_longer_than_it_is_gives_all_of_it(void **state)
{
    (void)state;
    fixture_advance(&host.fixture, 61000);
    cJSON *entries = result_of("history health 1000");

    assert_true(cJSON_GetArraySize(entries) >= 1);
    assert_true(cJSON_IsNumber(member(cJSON_GetArrayItem(entries, 0), "score")));
    cJSON_Delete(entries);
}

static void test_numbers_are_checked(void **state)
{
    static const char *const lines[] = {"bars A 0",
                                        "bars A -1",
                                        "bars A x",
                                        "bars A 1.5",
                                        "bars A 99999999999999999999",
                                        "history bus 10000001"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        assert_error(&stranger, lines[i], RPC_INVALID_PARAMS, "whole number, 1 to 10000000");
    assert_error(&stranger, "bars NOPE", RPC_NOT_FOUND, "there is no symbol \"NOPE\"");
}

static void test_a_reply_that_does_not_fit_is_an_error_and_not_a_torso(void **state)
{
    char small[1024];

    (void)state;
    test_host_trade(&host, 30);
    text_init(&reply, small, sizeof small);
    control_answer(desk, &stranger, "history bus 100", 15, &reply, &promise);
    assert_non_null(strstr(small, "\"code\":-32003"));
    assert_non_null(strstr(small, "ask for fewer entries"));
    cJSON *document = cJSON_Parse(small);

    assert_non_null(document);
    cJSON_Delete(document);
}

static void test_the_configuration_tells_where_each_value_came_from(void **state)
{
    char why_memory[256];
    struct text why;
    const cJSON *row;
    int options = 0;

    (void)state;
    text_init(&why, why_memory, sizeof why_memory);
    assert_int_equal(
        config_set_option(&host.fixture.settings, &host.origins, "market.grace_ms=700", &why), 0);
    cJSON *rows = result_of("config");

    assert_int_equal(cJSON_GetArraySize(rows), settings_count());
    cJSON_ArrayForEach(row, rows)
    {
        if (strcmp(member(row, "origin")->valuestring, "default") == 0)
            continue;
        options++;
        assert_string_equal(member(row, "key")->valuestring, "market.grace_ms");
        assert_int_equal(member(row, "value")->valueint, 700);
    }
    assert_int_equal(options, 1);
    cJSON_Delete(rows);
}

static void test_help_lists_every_command(void **state)
{
    (void)state;
    cJSON *rows = result_of("help");

    assert_int_equal(cJSON_GetArraySize(rows), CONTROL_COMMAND_COUNT);
    cJSON_Delete(rows);
}

static void test_every_reading_command_answers(void **state)
{
    static const char *const lines[] = {"status", "health",  "modules", "histories",   "symbols",
                                        "config", "version", "help",    "history bus", "bars A"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        cJSON_Delete(result_of(lines[i]));
    assert_int_equal(host.commands, 0);
}

static void test_a_stranger_may_read_and_not_command(void **state)
{
    (void)state;
    assert_error(&stranger, "shutdown", RPC_NOT_ALLOWED, "uid 1000 is neither");
    assert_error(&stranger, "rotate", RPC_NOT_ALLOWED, "root and the daemon's own user");
    assert_error(&stranger, "log debug", RPC_NOT_ALLOWED, "log is for");
    assert_int_equal(host.commands, 0);
}

static void test_a_command_becomes_a_message_with_the_peers_uid(void **state)
{
    const struct control_peer daemon_user = {.uid = 990, .is_owner = true};

    (void)state;
    assert_int_equal(ask_as(&daemon_user, "log debug"), CONTROL_ANSWERED);
    assert_string_equal(memory, "{\n  \"done\": \"log_level\",\n  \"argument\": \"debug\"\n}\n");
    assert_int_equal(host.commands, 1);
    assert_int_equal(host.fixture.seen[TOPIC_COMMAND], 1);
    const struct command_message *command = &host.fixture.last[TOPIC_COMMAND].body.command;

    assert_int_equal(command->verb, COMMAND_LOG_LEVEL);
    assert_int_equal(command->number, LOG_DEBUG);
    assert_int_equal(command->uid, 990);
    assert_string_equal(command->argument, "debug");
    assert_error(&owner, "log loud", RPC_INVALID_PARAMS, "allowed: error, warning");
    ask_as(&owner, "rotate");
    assert_int_equal(host.command.verb, COMMAND_ROTATE);
    ask_as(&owner, "shutdown");
    assert_int_equal(host.command.verb, COMMAND_SHUTDOWN);
    assert_int_equal(host.commands, 3);
}

static struct reload_report reload_report;
static bool reload_lasts;

static bool begin_reload(void *state, int64_t uid)
{
    (void)state;
    (void)uid;
    return !reload_lasts;
}

static const struct reload_report *end_reload(void *state)
{
    (void)state;
    return reload_lasts ? NULL : &reload_report;
}

static void can_reload(void)
{
    host.host.reload = begin_reload;
    host.host.reloaded = end_reload;
    reload_report = (struct reload_report){.refused = false};
    reload_lasts = false;
}

static void test_a_reload_is_answered_at_its_end(void **state)
{
    (void)state;
    can_reload();
    reload_report.changes[reload_report.count++] = (struct reload_change){.key = 0};
    assert_int_equal(ask_as(&owner, "reload"), CONTROL_WAITS);
    reload_lasts = true;
    text_clear(&reply);
    assert_false(control_try_wait(desk, &promise, 0, &reply));
    reload_lasts = false;
    assert_true(control_try_wait(desk, &promise, 100, &reply));
    assert_non_null(strstr(reply.data, "seed"));
}

static void test_a_refused_reload_is_an_error(void **state)
{
    (void)state;
    can_reload();
    reload_report.refused = true;
    text_copy(reload_report.error, sizeof reload_report.error, "tickd.json:3:1: not JSON");
    assert_int_equal(ask_as(&owner, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"reload\"}"),
                     CONTROL_WAITS);
    text_clear(&reply);
    assert_true(control_try_wait(desk, &promise, 0, &reply));
    assert_non_null(strstr(reply.data, "tickd.json:3:1"));
    assert_non_null(strstr(reply.data, "-32008"));
}

static void test_one_reload_at_a_time(void **state)
{
    (void)state;
    can_reload();
    reload_lasts = true;
    assert_error(&owner, "reload", RPC_REFUSED, "under way");
}

static void test_a_reload_is_for_the_owner(void **state)
{
    (void)state;
    can_reload();
    assert_error(&stranger, "reload", RPC_NOT_ALLOWED, "root and the daemon's own user");
}

static void test_a_daemon_that_cannot_reload_says_so(void **state)
{
    (void)state;
    assert_error(&owner, "reload", RPC_REFUSED, "cannot");
}

static void test_a_notification_is_done_and_not_answered(void **state)
{
    (void)state;
    ask_as(&owner, "{\"jsonrpc\":\"2.0\",\"method\":\"rotate\"}");
    assert_int_equal(host.commands, 1);
    assert_int_equal(reply.length, 0);
    ask_as(&stranger, "{\"jsonrpc\":\"2.0\",\"method\":\"rotate\"}"); /* not even its refusal */
    assert_int_equal(host.commands, 1);
    assert_int_equal(reply.length, 0);
}

static void test_waiting_ends_when_the_state_is_there(void **state)
{
    (void)state;
    assert_int_equal(ask_as(&stranger, "wait streaming"), CONTROL_WAITS);
    assert_int_equal(reply.length, 0);
    host.feed_state = FEED_CONNECTING;
    assert_false(control_try_wait(desk, &promise, 1000, &reply));
    assert_int_equal(reply.length, 0);
    host.feed_state = FEED_STREAMING;
    assert_true(control_try_wait(desk, &promise, 1200, &reply));
    assert_string_equal(memory, "{\n  \"state\": \"streaming\",\n  \"waited_ms\": 1200\n}\n");
}

static void test_waiting_for_health_waits_for_every_module(void **state)
{
    (void)state;
    host.market_is_stale = true;
    ask_as(&stranger, "wait healthy");
    assert_false(control_try_wait(desk, &promise, 0, &reply));
    host.market_is_stale = false;
    assert_true(control_try_wait(desk, &promise, 0, &reply));
}

static void test_waiting_for_ready_is_content_with_a_closed_market(void **state)
{
    static const enum feed_state enough[] = {FEED_SUBSCRIBED, FEED_STREAMING, FEED_IDLE};
    static const enum feed_state too_little[] = {FEED_STOPPED, FEED_CONNECTING,  FEED_CONNECTED,
                                                 FEED_STALE,   FEED_BACKING_OFF, FEED_REFUSED};

    (void)state;
    ask_as(&stranger, "wait ready");
    for (size_t i = 0; i < ARRAY_LENGTH(too_little); i++) {
        host.feed_state = too_little[i];
        assert_false(control_try_wait(desk, &promise, 0, &reply));
    }
    for (size_t i = 0; i < ARRAY_LENGTH(enough); i++) {
        host.feed_state = enough[i];
        assert_true(control_try_wait(desk, &promise, 0, &reply));
    }
}

static void test_waiting_with_a_limit_ends_in_an_error(void **state)
{
    (void)state;
    assert_int_equal(ask_as(&stranger, "wait streaming 2"), CONTROL_WAITS);
    assert_false(control_try_wait(desk, &promise, 1999, &reply));
    assert_true(control_try_wait(desk, &promise, 2000, &reply));
    assert_non_null(strstr(memory, "\"code\":-32006,\"message\":\"not streaming after 2 s\""));
    assert_error(&stranger, "wait for it", RPC_INVALID_PARAMS, "whole number");
    assert_error(&stranger, "wait happy", RPC_INVALID_PARAMS, "healthy, streaming, ready");
}

static void test_watching_begins_with_what_is_watched(void **state)
{
    (void)state;
    assert_int_equal(ask_as(&stranger, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"watch\","
                                       "\"params\":[\"bar\",\"HEALTH\"]}"),
                     CONTROL_WATCHES);
    assert_int_equal(promise.topics, 1U << TOPIC_BAR | 1U << TOPIC_HEALTH);
    assert_string_equal(memory, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"watching\":[\"BAR\","
                                "\"HEALTH\"]}}\n");
    assert_int_equal(ask_as(&stranger, "watch all"), CONTROL_WATCHES);
    assert_int_equal(promise.topics, (1U << TOPIC_COUNT) - 1);
    assert_int_equal(reply.length, 0); /* a person sees messages and nothing else */
    assert_error(&stranger, "watch BAR NOPE", RPC_INVALID_PARAMS, "allowed: all, TRADE, BAR");
}

static void test_watched_messages_are_dump_lines(void **state)
{
    struct text line;
    static char line_memory[MESSAGE_TEXT_MAX + 128];

    (void)state;
    fixture_advance(&host.fixture, 1000);
    text_init(&line, line_memory, sizeof line_memory);
    ask_as(&stranger, "watch CLOCK");
    control_print_message(desk, &promise, &host.fixture.last[TOPIC_CLOCK], &line);
    assert_int_equal(strncmp(line_memory, "{\"seq\":", 7), 0);
    text_clear(&line);
    ask_as(&stranger, "{\"jsonrpc\":\"2.0\",\"method\":\"watch\",\"params\":[\"CLOCK\"]}");
    control_print_message(desk, &promise, &host.fixture.last[TOPIC_CLOCK], &line);
    cJSON *message = cJSON_Parse(line_memory);

    assert_string_equal(member(message, "method")->valuestring, "message");
    assert_string_equal(member(member(message, "params"), "topic")->valuestring, "CLOCK");
    cJSON_Delete(message);
}

int main(void)
{
#define DESK_TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        DESK_TEST(test_status_is_the_report_and_more),
        DESK_TEST(test_a_program_gets_the_same_result_in_one_line),
        DESK_TEST(test_bars_are_the_newest_oldest_first),
        DESK_TEST(test_pages_follow_one_another_without_gap_or_overlap),
        DESK_TEST(test_decisions_can_be_those_of_one_symbol),
        DESK_TEST(test_a_peer_may_be_confined_to_some_commands),
        DESK_TEST(test_symbols_show_what_they_have_and_null_for_what_they_have_not),
        DESK_TEST(test_a_history_is_found_by_its_name_its_module_or_both),
        DESK_TEST(test_a_history_longer_than_it_is_gives_all_of_it),
        DESK_TEST(test_numbers_are_checked),
        DESK_TEST(test_a_reply_that_does_not_fit_is_an_error_and_not_a_torso),
        DESK_TEST(test_the_configuration_tells_where_each_value_came_from),
        DESK_TEST(test_help_lists_every_command),
        DESK_TEST(test_every_reading_command_answers),
        DESK_TEST(test_a_stranger_may_read_and_not_command),
        DESK_TEST(test_a_command_becomes_a_message_with_the_peers_uid),
        DESK_TEST(test_a_reload_is_answered_at_its_end),
        DESK_TEST(test_a_refused_reload_is_an_error),
        DESK_TEST(test_one_reload_at_a_time),
        DESK_TEST(test_a_reload_is_for_the_owner),
        DESK_TEST(test_a_daemon_that_cannot_reload_says_so),
        DESK_TEST(test_a_notification_is_done_and_not_answered),
        DESK_TEST(test_waiting_ends_when_the_state_is_there),
        DESK_TEST(test_waiting_for_health_waits_for_every_module),
        DESK_TEST(test_waiting_for_ready_is_content_with_a_closed_market),
        DESK_TEST(test_waiting_with_a_limit_ends_in_an_error),
        DESK_TEST(test_watching_begins_with_what_is_watched),
        DESK_TEST(test_watched_messages_are_dump_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
