/* Alerts as they are asked for: in the status, alone, and change by change; and what is healthy. */
#include "tickd/ops/status_json.h"

#include <cjson/cJSON.h>

#include "support/engine_fixture.h"

#include "support/control_host.h"

enum { REPLY_MAX = 1 << 20 };

static struct test_host host;
static struct control_desk *desk;
static char memory[REPLY_MAX];

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

static const struct control_peer anyone = {.uid = 1000, .pid = 1};

static cJSON *ask(const char *line)
{
    struct control_promise promise;
    struct text reply;
    text_init(&reply, memory, sizeof memory);
    assert_int_equal(control_answer(desk, &anyone, line, strlen(line), &reply, &promise),
                     CONTROL_ANSWERED);
    cJSON *result = cJSON_Parse(memory);
    assert_non_null(result);
    return result;
}

static void assert_text(const cJSON *object, const char *key, const char *expected)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!cJSON_IsString(member)) {
        fail_msg("%s is no text", key);
    }
    assert_string_equal(member->valuestring, expected);
}

static double number_of(const cJSON *object, const char *key)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!cJSON_IsNumber(member)) {
        fail_msg("%s is no number", key);
    }
    return member->valuedouble;
}

/* The journal fails from the first second on; the kill switch is on in the third. */
static void let_alerts_fire(void)
{
    struct vitals_message vitals = {.journal_failing = 1, .wired = 1U << MODULE_CONTROL};
    for (int second = 1; second <= 3; second++) {
        if (second == 3) {
            engine_command(host.fixture.engine, &(struct command_message){.verb = COMMAND_HALT});
        }
        engine_vitals(host.fixture.engine, &vitals);
        fixture_advance(&host.fixture, second * 1000);
    }
}

static const cJSON *alert_of(const cJSON *list, enum alert_id id)
{
    assert_int_equal(cJSON_GetArraySize(list), ALERT_COUNT);
    const cJSON *alert = cJSON_GetArrayItem(list, (int)id);
    assert_text(alert, "name", alert_rule(id)->name);
    assert_text(alert, "severity", alert_severity_name(alert_rule(id)->severity));
    return alert;
}

static void test_the_status_has_every_alert(void **state)
{
    (void)state;
    let_alerts_fire();
    cJSON *status = ask("status");
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(status, "alerts");
    const cJSON *journal = alert_of(list, ALERT_JOURNAL_CRITICAL);
    assert_text(journal, "state", "firing");
    assert_true(number_of(journal, "since_us") == (double)(FIXTURE_START_US + US_PER_S));
    assert_true(number_of(journal, "fired") == 1);
    assert_true(number_of(journal, "value") == 1);
    assert_text(journal, "comparison", "≥");
    assert_text(journal, "text", "inputs cannot be recorded");
    const cJSON *feed = alert_of(list, ALERT_FEED_WARNING);
    assert_text(feed, "state", "inactive");
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(feed, "since_us")));
    assert_true(number_of(feed, "hold_s") == 120);
    assert_true(number_of(feed, "clear_s") == 15);
    const cJSON *limit = alert_of(list, ALERT_MEMORY_LIMIT_CRITICAL);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(limit, "value"))); /* nobody has measured */
    assert_true(number_of(limit, "threshold") == 1.75);
    assert_text(limit, "action", "restart");
    assert_text(limit, "unit", "× budget");
    assert_false(cJSON_HasObjectItem(limit, "remedy"));
    cJSON_Delete(status);
}

static void test_alone_they_say_what_to_do(void **state)
{
    (void)state;
    cJSON *list = ask("alerts");
    for (uint32_t id = 0; id < ALERT_COUNT; id++) {
        const cJSON *alert = alert_of(list, (enum alert_id)id);
        assert_text(alert, "summary", alert_rule((enum alert_id)id)->summary);
        assert_text(alert, "remedy", alert_rule((enum alert_id)id)->remedy);
    }
    cJSON_Delete(list);
}

static void test_their_changes_are_a_history(void **state)
{
    (void)state;
    static const char *const questions[] = {"alerts 5", "history alerts 5",
                                            "history monitor/alerts"};
    let_alerts_fire();
    for (size_t i = 0; i < ARRAY_LENGTH(questions); i++) {
        cJSON *list = ask(questions[i]);
        assert_int_equal(cJSON_GetArraySize(list), 2);
        assert_text(cJSON_GetArrayItem(list, 0), "topic", "ALERT");
        assert_text(cJSON_GetArrayItem(list, 0), "alert", "journal");
        assert_text(cJSON_GetArrayItem(list, 1), "alert", "halted");
        assert_text(cJSON_GetArrayItem(list, 1), "severity", "warning");
        assert_text(cJSON_GetArrayItem(list, 1), "state", "firing");
        assert_text(cJSON_GetArrayItem(list, 1), "text", "halted");
        cJSON_Delete(list);
    }
    cJSON *newest = ask("alerts 1");
    assert_int_equal(cJSON_GetArraySize(newest), 1);
    assert_text(cJSON_GetArrayItem(newest, 0), "alert", "halted");
    cJSON_Delete(newest);
}

static void test_a_critical_alert_is_not_healthy_and_a_warning_is(void **state)
{
    (void)state;
    static struct status status;
    engine_status(host.fixture.engine, &status);
    assert_true(status_is_healthy(&status));
    status.alerts[ALERT_HALTED_WARNING].state = ALERT_STATE_FIRING;
    status.alerts[ALERT_FEED_CRITICAL].state = ALERT_STATE_PENDING;
    status.alerts[ALERT_STORE_CRITICAL].state = ALERT_STATE_RESOLVED;
    assert_true(status_is_healthy(&status));
    status.alerts[ALERT_JOURNAL_CRITICAL].state = ALERT_STATE_FIRING;
    assert_false(status_is_healthy(&status));
    status.alerts[ALERT_JOURNAL_CRITICAL].state = ALERT_STATE_RESOLVED;
    status.modules[0].state = MODULE_FAILED;
    assert_false(status_is_healthy(&status));
}

static void test_sinks_count_what_they_told(void **state)
{
    (void)state;
    struct status_live live = {
        .alert_webhook = {.is_set = true, .done = 5, .failed = 2, .dropped = 1, .waiting = 3}};
    struct text out;
    struct json json;
    text_init(&out, memory, sizeof memory);
    json_init(&json, &out, false);
    json_begin_object(&json, NULL);
    status_print_alert_sinks(&live, &json);
    json_end(&json);
    assert_string_equal(memory, "{\"alert_sinks\":{\"command\":null,\"webhook\":{\"done\":5,"
                                "\"failed\":2,\"dropped\":1,\"waiting\":3}}}");
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(test_the_status_has_every_alert),
        TEST(test_alone_they_say_what_to_do),
        TEST(test_their_changes_are_a_history),
        TEST(test_a_critical_alert_is_not_healthy_and_a_warning_is),
        TEST(test_sinks_count_what_they_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
