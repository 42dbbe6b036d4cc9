/* The status document as JSON, against a document written by hand and read back by cJSON. */
#include "tickd/ops/status_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cjson/cJSON.h>

#include <cmocka.h>

static char memory[STATUS_JSON_MAX];
static struct text out;
static struct status status;

/* Four modules of which one is stale: 75%. */
static void fill(void)
{
    static const struct assessment modules[] = {
        {.id = MODULE_FEED, .state = MODULE_ACTIVE, .handled = 12},
        {.id = MODULE_BUS, .state = MODULE_ACTIVE, .handled = 345, .longest_ns = 1500},
        {.id = MODULE_MARKET, .state = MODULE_STALE, .owed_ms = 61000, .owed = 2, .published = 7},
        {.id = MODULE_CONTROL, .state = MODULE_IDLE},
    };

    memset(&status, 0, sizeof status);
    status.version = "0.1.0";
    status.digest = UINT64_C(0x0123456789abcdef);
    status.config_digest = 0xff;
    status.input = (struct status_input){
        .frames = 10,
        .frames_malformed = 1,
        .frames_other = 2,
        .trades = UINT64_C(9007199254740993), /* 2^53 + 1: no double */
        .accepted = 5,
        .filtered = 1,
        .late = 2,
        .unknown_symbol = 3,
        .malformed = 4,
        .first_ms = INT64_C(1795451493000),
        .last_ms = INT64_C(1795451494000),
    };
    status.bars = 7;
    status.health_score = 75.0;
    status.module_count = 4;
    memcpy(status.modules, modules, sizeof modules);
    status.history_count = 1;
    status.histories[0] =
        (struct history){"bus", "message_log", 10000, 10000, 12345, 2345, 2480000};
    status.arena_bytes = 4096;
    status.histories_bytes = 2480000;
    status.tick_path_allocations = -1;
    status.wall_s = 2.5;
    status.trades_per_s = 1e6;
}

static cJSON *print(bool readable)
{
    struct json json;

    text_init(&out, memory, sizeof memory);
    json_init(&json, &out, readable);
    status_print_json(&status, &json);
    assert_false(out.cut);
    cJSON *document = cJSON_Parse(memory);

    assert_non_null(document);
    return document;
}

static void assert_begins(const char *text, const char *beginning)
{
    char head[1024];

    assert_true(text_copy_bytes(head, sizeof head, text, strlen(beginning)));
    assert_string_equal(head, beginning);
}

static void test_the_report_has_the_agreed_keys_in_their_places(void **state)
{
    (void)state;
    fill();
    cJSON_Delete(print(false));
    assert_begins(memory,
                  "{\"tickd\":\"0.1.0\",\"digest\":\"0123456789abcdef\","
                  "\"config_digest\":\"00000000000000ff\",\"input\":{\"frames\":10,"
                  "\"frames_malformed\":1,\"frames_other\":2,\"trades\":9007199254740993,"
                  "\"accepted\":5,\"filtered\":1,\"late\":2,\"unknown_symbol\":3,\"malformed\":4,");
    assert_non_null(strstr(memory, "\"bars\":7,"));
    assert_non_null(strstr(memory, "\"health\":{\"score\":75,\"modules\":[{\"name\":\"feed\","
                                   "\"state\":\"active\",\"owed_ms\":0,"));
    assert_non_null(strstr(memory, "{\"name\":\"market\",\"state\":\"stale\",\"owed_ms\":61000,"
                                   "\"owed\":2,\"handled\":0,\"published\":7,"));
    assert_non_null(strstr(memory, "\"histories\":[{\"module\":\"bus\",\"name\":\"message_log\","
                                   "\"size\":10000,\"capacity\":10000,\"appended\":12345,"
                                   "\"overwritten\":2345,\"bytes\":2480000}]"));
    assert_non_null(strstr(memory, "\"memory\":{\"arena_bytes\":4096,\"histories_bytes\":2480000,"
                                   "\"rss_bytes\":0,\"allocated_bytes\":null,"));
    assert_non_null(strstr(memory, "\"tick_path_allocations\":null}"));
    assert_non_null(strstr(memory, "\"time\":{\"wall_s\":2.5,\"trades_per_s\":1000000,"));
}

static void test_only_a_live_process_tells_of_feed_loop_clients_and_uptime(void **state)
{
    static const char *const live_keys[] = {"feed", "latency", "loop", "clients", "uptime_s"};

    (void)state;
    fill();
    cJSON *report = print(false);

    for (size_t i = 0; i < ARRAY_LENGTH(live_keys); i++)
        assert_null(cJSON_GetObjectItemCaseSensitive(report, live_keys[i]));
    cJSON_Delete(report);
    status.live.is_live = true;
    status.live.feed_state = FEED_BACKING_OFF;
    status.live.uptime_ms = 1500;
    cJSON *document = print(false);

    for (size_t i = 0; i < ARRAY_LENGTH(live_keys); i++)
        assert_non_null(cJSON_GetObjectItemCaseSensitive(document, live_keys[i]));
    assert_non_null(strstr(memory, "\"feed\":{\"state\":\"backing_off\","));
    assert_non_null(strstr(memory, "\"uptime_s\":1.5,"));
    cJSON_Delete(document);
}

static void test_both_forms_are_the_same_document(void **state)
{
    (void)state;
    fill();
    status.live.is_live = true;
    cJSON *compact = print(false);
    cJSON *readable = print(true);

    assert_true(cJSON_Compare(compact, readable, true));
    cJSON_Delete(compact);
    cJSON_Delete(readable);
}

static void test_texts_from_outside_cannot_break_the_document(void **state)
{
    (void)state;
    fill();
    status.live.is_live = true;
    text_copy(status.live.feed_reason, sizeof status.live.feed_reason, "\"},\n\x1b[31m\xff\\");
    cJSON *document = print(false);
    const cJSON *feed = cJSON_GetObjectItemCaseSensitive(document, "feed");
    const cJSON *reason = cJSON_GetObjectItemCaseSensitive(feed, "reason");

    assert_string_equal(reason->valuestring, "\"},\n\x1b[31m\xef\xbf\xbd\\");
    cJSON_Delete(document);
}

static void test_a_full_document_stays_below_its_bound(void **state)
{
    (void)state;
    fill();
    memset(&status.input, 0xff, sizeof status.input);
    memset(&status.live, 0x01, sizeof status.live);
    status.live.is_live = true;
    status.live.feed_state = FEED_STREAMING;
    memset(status.live.feed_url, 0x01, sizeof status.live.feed_url);
    status.live.feed_url[STATUS_TEXT_MAX - 1] = '\0';
    status.live.feed_reason[STATUS_TEXT_MAX - 1] = '\0';
    status.live.config_path[STATUS_TEXT_MAX - 1] = '\0';
    status.live.store_path[STATUS_TEXT_MAX - 1] = '\0';
    status.live.store_error[STATUS_TEXT_MAX - 1] = '\0';
    status.live.tape_reason[STATUS_TEXT_MAX - 1] = '\0';
    status.live.dashboard_listen[STATUS_TEXT_MAX - 1] = '\0';
    status.module_count = MODULE_COUNT;
    for (size_t i = 0; i < MODULE_COUNT; i++)
        status.modules[i] =
            (struct assessment){(enum module_id)i, MODULE_LAGGING, INT64_MIN, UINT64_MAX,
                                UINT64_MAX,        UINT64_MAX,     INT64_MIN};
    status.history_count = STATUS_HISTORIES_MAX;
    for (size_t i = 0; i < STATUS_HISTORIES_MAX; i++)
        status.histories[i] = (struct history){"agent_manager", "agent_performance_history",
                                               UINT64_MAX,      UINT64_MAX,
                                               UINT64_MAX,      UINT64_MAX,
                                               UINT64_MAX};
    cJSON_Delete(print(true));
    assert_true(out.length < STATUS_JSON_MAX / 2);
}

static void test_quantiles_of_nothing_are_not_known(void **state)
{
    (void)state;
    fill();
    status.late_ms = (struct status_quantiles){0};
    cJSON *document = print(false);
    const cJSON *late = cJSON_GetObjectItem(cJSON_GetObjectItem(document, "market"), "late_ms");

    assert_true(cJSON_GetNumberValue(cJSON_GetObjectItem(late, "count")) == 0);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(late, "p50")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(late, "max")));
    cJSON_Delete(document);
    status.late_ms = (struct status_quantiles){.count = 1, .p50 = -3, .max = 0};
    document = print(false);
    late = cJSON_GetObjectItem(cJSON_GetObjectItem(document, "market"), "late_ms");
    assert_true(cJSON_GetNumberValue(cJSON_GetObjectItem(late, "p50")) == -3);
    assert_true(cJSON_GetNumberValue(cJSON_GetObjectItem(late, "max")) == 0);
    cJSON_Delete(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_report_has_the_agreed_keys_in_their_places),
        cmocka_unit_test(test_only_a_live_process_tells_of_feed_loop_clients_and_uptime),
        cmocka_unit_test(test_both_forms_are_the_same_document),
        cmocka_unit_test(test_texts_from_outside_cannot_break_the_document),
        cmocka_unit_test(test_a_full_document_stays_below_its_bound),
        cmocka_unit_test(test_quantiles_of_nothing_are_not_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
