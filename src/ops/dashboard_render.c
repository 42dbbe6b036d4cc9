/* What the dashboard says: documents of the moment, rendered once for all who look. */
#include "tickd/ops/dashboard_parts.h"

#include <stdlib.h>
#include <string.h>

#include "tickd/ops/status_json.h"
#include "tickd/ops/watch_thread.h"

enum { LOG_LINES_A_FRAME = 100 };

/* What a page may ask. All of it only reads; what waits, streams or tells of the configuration is
 * for the control socket. */
static const enum control_id questions[] = {
    CONTROL_HEALTH,    CONTROL_MODULES, CONTROL_HISTORIES, CONTROL_HISTORY,   CONTROL_SYMBOLS,
    CONTROL_BARS,      CONTROL_AGENTS,  CONTROL_AGENT,     CONTROL_POSITIONS, CONTROL_TRADES,
    CONTROL_DECISIONS, CONTROL_EXPLAIN, CONTROL_VERSION,
};

struct dashboard_desk *dashboard_desk_create(const struct control_host *host)
{
    struct dashboard_desk *desk = malloc(sizeof *desk); /* pages that are not used are not there */

    if (desk == NULL)
        return NULL;
    desk->document_tick = 0;
    desk->desk = control_desk_create(host);
    if (desk->desk == NULL) {
        free(desk);
        return NULL;
    }
    text_init(&desk->document, (char *)desk->document_memory + LWS_PRE, DASHBOARD_DOCUMENT_MAX);
    text_init(&desk->answer, (char *)desk->answer_memory + LWS_PRE, DASHBOARD_DOCUMENT_MAX);
    return desk;
}

void dashboard_desk_destroy(struct dashboard_desk **desk)
{
    if (*desk != NULL)
        control_desk_destroy(&(*desk)->desk);
    free(*desk);
    *desk = NULL;
}

struct dashboard_desk *dashboard_desk(struct dashboard *dashboard)
{
    if (dashboard->desk == NULL)
        dashboard->desk = dashboard_desk_create(dashboard->options.host);
    return dashboard->desk;
}

const struct text *dashboard_document(struct dashboard *dashboard, struct dashboard_desk *desk)
{
    struct json json;

    if (desk->document_tick == dashboard->tick)
        return &desk->document;
    desk->document_tick = dashboard->tick;
    text_clear(&desk->document);
    text_add(&desk->document, "{\"jsonrpc\":\"2.0\",\"method\":\"status\",\"params\":");
    json_init(&json, &desk->document, false);
    status_print_json(control_desk_status(desk->desk), &json);
    text_add_char(&desk->document, '}');
    return &desk->document;
}

void dashboard_answer_question(struct dashboard *dashboard, struct dashboard_desk *desk,
                               const char *question, size_t length)
{
    struct control_peer peer = {.uid = -1};
    struct control_promise promise;
    struct text bounded;

    for (size_t i = 0; i < ARRAY_LENGTH(questions); i++)
        peer.only |= UINT64_C(1) << questions[i];
    text_init(&bounded, desk->answer.data, DASHBOARD_REPLY_MAX);
    (void)control_answer(desk->desk, &peer, question, length, &bounded, &promise);
    desk->answer.length = bounded.length;
    dashboard->answers++;
}

void dashboard_print_log(const struct log_tail *tail, uint64_t *next, struct text *out)
{
    struct json json;

    if (*next < tail->oldest)
        *next = tail->oldest;
    text_clear(out);
    json_init(&json, out, false);
    json_begin_object(&json, NULL);
    json_text(&json, "jsonrpc", "2.0");
    json_text(&json, "method", "log");
    json_begin_object(&json, "params");
    json_count(&json, "first", *next);
    json_begin_list(&json, "lines");
    for (size_t i = 0; i < LOG_LINES_A_FRAME && *next < tail->next; i++) {
        json_raw(&json, NULL);
        log_tail_print_json(tail, (*next)++, out);
    }
    json_end(&json);
    json_end(&json);
    json_end(&json);
}
