/* Alerts in words for those outside. */
#include "tickd/ops/alert_note.h"

#include "tickd/base/calendar.h"
#include "tickd/ops/json_writer.h"

void alert_note_print_text(const struct alert_entry *entry, const char *host, struct text *out)
{
    const struct alert_message *alert = &entry->alert;

    text_format(out, "%s: %s %s on %s: %s (%s)", alert_state_name(alert->state),
                alert_name(alert->alert), alert_severity_name(alert->severity), host,
                alert_rule((enum alert_id)alert->alert)->summary, alert->text);
}

static void print_text(struct json *json, const struct alert_entry *entry, const char *host)
{
    char memory[ALERT_NOTE_MAX / 2];
    struct text words;

    text_init(&words, memory, sizeof memory);
    alert_note_print_text(entry, host, &words);
    json_text(json, "text", memory);
}

void alert_note_print_json(const struct alert_entry *entry, const char *host, struct text *out)
{
    const struct alert_message *alert = &entry->alert;
    const struct alert_rule *rule = alert_rule((enum alert_id)alert->alert);
    char stamp[CALENDAR_TEXT_MAX];
    struct json json;

    calendar_print_us(entry->time_us, 3, stamp);
    json_init(&json, out, false);
    json_begin_object(&json, NULL);
    print_text(&json, entry, host);
    json_text(&json, "tickd", TICKD_VERSION);
    json_text(&json, "host", host);
    json_count(&json, "seq", entry->sequence);
    json_integer(&json, "time_us", entry->time_us);
    json_text(&json, "time", stamp);
    json_text(&json, "alert", alert_name(alert->alert));
    json_text(&json, "severity", alert_severity_name(alert->severity));
    json_text(&json, "state", alert_state_name(alert->state));
    json_integer(&json, "began_us", alert->began_us);
    json_real(&json, "value", alert->value);
    json_real(&json, "threshold", alert->threshold);
    json_text(&json, "action", alert_action_name(alert->action));
    json_text(&json, "summary", rule->summary);
    json_text(&json, "remedy", rule->remedy);
    json_end(&json);
}

void alert_queue_push(struct alert_queue *queue, const struct alert_entry *entry)
{
    if (queue->count == ALERT_QUEUE_MAX) {
        queue->first = (queue->first + 1) % ALERT_QUEUE_MAX;
        queue->count--;
        queue->dropped++;
    }
    queue->entries[(queue->first + queue->count) % ALERT_QUEUE_MAX] = *entry;
    queue->count++;
}

void alert_queue_drop(struct alert_queue *queue)
{
    queue->dropped += queue->count;
    queue->count = 0;
}

bool alert_queue_pop(struct alert_queue *queue, struct alert_entry *entry)
{
    if (queue->count == 0)
        return false;
    *entry = queue->entries[queue->first];
    queue->first = (queue->first + 1) % ALERT_QUEUE_MAX;
    queue->count--;
    return true;
}
