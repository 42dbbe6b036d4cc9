/* The alerts in the status document, and for those who ask for them alone. */
#include "tickd/ops/status_json.h"

static void print_time(struct json *json, const char *key, int64_t time_us)
{
    if (time_us == 0)
        json_null(json, key);
    else
        json_integer(json, key, time_us);
}

static void print_alert(const struct alert_view *view, bool with_words, struct json *json)
{
    const struct alert_rule *rule = alert_rule(view->id);

    json_begin_object(json, NULL);
    json_text(json, "name", rule->name);
    json_text(json, "severity", alert_severity_name(rule->severity));
    json_text(json, "state", alert_state_name(view->state));
    print_time(json, "since_us", view->since_us);
    print_time(json, "began_us", view->began_us);
    json_count(json, "fired", view->fired);
    json_real(json, "value", view->value);
    json_text(json, "comparison", alert_comparison_sign(rule->comparison));
    json_real(json, "threshold", rule->threshold);
    json_text(json, "unit", alert_measure_unit(rule->measure));
    json_count(json, "hold_s", rule->hold_s);
    json_count(json, "clear_s", rule->clear_s);
    json_text(json, "action", alert_action_name(rule->action));
    json_text(json, "text", view->text);
    if (with_words) {
        json_text(json, "summary", rule->summary);
        json_text(json, "remedy", rule->remedy);
    }
    json_end(json);
}

void status_print_alerts(const struct status *status, struct json *json, const char *key,
                         bool with_words)
{
    json_begin_rows(json, key);
    for (size_t i = 0; i < ALERT_COUNT; i++)
        print_alert(&status->alerts[i], with_words, json);
    json_end(json);
}

static void print_sink(const struct status_sink *sink, struct json *json, const char *key)
{
    if (!sink->is_set) {
        json_null(json, key);
        return;
    }
    json_begin_object(json, key);
    json_count(json, "done", sink->done);
    json_count(json, "failed", sink->failed);
    json_count(json, "dropped", sink->dropped);
    json_count(json, "waiting", sink->waiting);
    json_end(json);
}

void status_print_alert_sinks(const struct status_live *live, struct json *json)
{
    json_begin_object(json, "alert_sinks");
    print_sink(&live->alert_command, json, "command");
    print_sink(&live->alert_webhook, json, "webhook");
    json_end(json);
}

bool status_is_healthy(const struct status *status)
{
    for (size_t i = 0; i < status->module_count; i++) {
        enum module_state state = status->modules[i].state;

        if (state == MODULE_STALE || state == MODULE_FAILED)
            return false;
    }
    for (size_t i = 0; i < ALERT_COUNT; i++) {
        if (status->alerts[i].state == ALERT_STATE_FIRING &&
            alert_rule((enum alert_id)i)->severity == SEVERITY_CRITICAL)
            return false;
    }
    return true;
}
