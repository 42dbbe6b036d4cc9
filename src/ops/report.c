/* The document of --report. */
#include "tickd/ops/report.h"

#include <string.h>

#include "tickd/ops/control_rows.h"

/* A history of messages; one that this engine does not keep is empty. */
static void print_messages(struct engine *engine, const char *module, const char *name,
                           struct json *json)
{
    struct message message;
    size_t there = 0;

    json_begin_rows(json, name);
    while (there < REPORT_MINUTES_MAX &&
           engine_history_message(engine, module, name, there, &message))
        there++;
    for (size_t i = there; i > 0 && !json->out->cut; i--) {
        memset(&message, 0, sizeof message);
        if (!engine_history_message(engine, module, name, i - 1, &message))
            break;
        json_raw(json, NULL);
        message_print_json(&message, engine_symbols(engine), json->out);
    }
    json_end(json);
}

void report_print(struct engine *engine, const struct status *status, struct json *json)
{
    json_begin_object(json, NULL);
    status_print_members(status, json);
    json_begin_object(json, "series");
    json_begin_rows(json, "health");
    control_print_minutes(engine, REPORT_MINUTES_MAX, 0, json);
    json_end(json);
    print_messages(engine, "chronicle", "equity", json);
    print_messages(engine, "chronicle", "weights", json);
    json_end(json);
    json_end(json);
}
