/* What sinks are told, and the queue in which it waits. */
#include "tickd/ops/alert_note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

static struct alert_entry entry_of(enum alert_id id, enum alert_state state, const char *text)
{
    struct alert_entry entry = {
        .sequence = 4711,
        .time_us = INT64_C(1795446000123000),
        .alert = {.began_us = INT64_C(1795445940000000),
                  .value = 1.625,
                  .threshold = alert_rule(id)->threshold,
                  .alert = id,
                  .severity = alert_rule(id)->severity,
                  .state = state,
                  .action = alert_rule(id)->action},
    };
    text_copy(entry.alert.text, sizeof entry.alert.text, text);
    return entry;
}

static void test_a_note_is_a_sentence(void **state)
{
    (void)state;
    char memory[ALERT_NOTE_MAX];
    struct text text;
    struct alert_entry entry =
        entry_of(ALERT_MEMORY_CRITICAL, ALERT_STATE_FIRING, "resident 41.2 MB, budget 26.0 MB");
    text_init(&text, memory, sizeof memory);
    alert_note_print_text(&entry, "lab7", &text);
    assert_string_equal(memory,
                        "firing: memory critical on lab7: resident memory is above 1.5 × its "
                        "budget (resident 41.2 MB, budget 26.0 MB)");
}

static void test_a_note_is_one_line_of_json(void **state)
{
    (void)state;
    char memory[ALERT_NOTE_MAX];
    struct text text;
    struct alert_entry entry =
        entry_of(ALERT_MEMORY_LIMIT_CRITICAL, ALERT_STATE_RESOLVED, "say \"no\"\n");
    text_init(&text, memory, sizeof memory);
    alert_note_print_json(&entry, "lab7", &text);
    assert_false(text.cut);
    assert_null(strchr(memory, '\n'));
    cJSON *json = cJSON_Parse(memory);
    static const char *const expected[][2] = {
        {"tickd", TICKD_VERSION},
        {"host", "lab7"},
        {"alert", "memory_limit"},
        {"severity", "critical"},
        {"state", "resolved"},
        {"action", "restart"},
        {"time", "2026-11-23T15:00:00.123Z"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
        const cJSON *member = cJSON_GetObjectItem(json, expected[i][0]);
        assert_true(cJSON_IsString(member));
        assert_string_equal(member->valuestring, expected[i][1]);
    }
    assert_true(cJSON_GetObjectItem(json, "value")->valuedouble == 1.625);
    assert_true(cJSON_GetObjectItem(json, "threshold")->valuedouble == 1.75);
    assert_true(cJSON_GetObjectItem(json, "seq")->valuedouble == 4711);
    cJSON_Delete(json);
}

/* The longest text that an alert can have, of characters that JSON makes six times as long. */
static void test_every_note_fits(void **state)
{
    (void)state;
    char memory[ALERT_NOTE_MAX];
    char host[ALERT_HOST_MAX];
    struct text text;
    char longest[sizeof(((struct alert_message *)NULL)->text)];
    memset(longest, 1, sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    memset(host, 'h', 64);
    host[64] = '\0';
    for (uint32_t id = 0; id < ALERT_COUNT; id++) {
        struct alert_entry entry = entry_of((enum alert_id)id, ALERT_STATE_FIRING, longest);
        text_init(&text, memory, sizeof memory);
        alert_note_print_json(&entry, host, &text);
        assert_false(text.cut);
    }
}

static void test_a_queue_gives_in_order_and_forgets_the_oldest(void **state)
{
    (void)state;
    struct alert_queue queue = {.first = 0};
    struct alert_entry entry;
    assert_false(alert_queue_pop(&queue, &entry));
    for (uint64_t i = 1; i <= ALERT_QUEUE_MAX + 3; i++) {
        alert_queue_push(&queue, &(struct alert_entry){.sequence = i});
    }
    assert_int_equal(queue.dropped, 3);
    for (uint64_t i = 4; i <= ALERT_QUEUE_MAX + 3; i++) {
        assert_true(alert_queue_pop(&queue, &entry));
        assert_int_equal(entry.sequence, i);
    }
    assert_false(alert_queue_pop(&queue, &entry));
    assert_int_equal(queue.dropped, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_note_is_a_sentence),
        cmocka_unit_test(test_a_note_is_one_line_of_json),
        cmocka_unit_test(test_every_note_fits),
        cmocka_unit_test(test_a_queue_gives_in_order_and_forgets_the_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
