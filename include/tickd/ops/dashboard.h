/* The dashboard: a page for people who would rather look, over HTTP and a WebSocket, on the
 * daemon's event loop. It only reads; docs/dashboard.md has its routes, and what the WebSocket
 * says.
 *
 *     browser ──GET──▶ routes: the page (in the program), /status.json, /healthz,
 *                       /metrics
 *             ──/live─▶ 4 times a second the status document, rendered once for all;
 *                       new lines of the health log; answers to read-only commands
 *
 * Nothing that a client does or leaves undone makes the daemon wait or grow:
 *
 *   connects, one too many          503, closed
 *   has no whole request after 10 s closed
 *   does not read                   one frame of the newest state waits for it, or one answer,
 *                                   never a queue; after 20 s, or 15 s, it is cut off
 *   sends requests without reading  the next one is read when the last answer is taken
 *   leaves unread, with all others  the one that has left the most is cut off
 *     together, more than
 *     DASHBOARD_UNSENT_MAX
 *   asks before the last answer     its next question is read when that answer is taken
 *   asks a lot                      DASHBOARD_QUESTIONS_A_TICK a tick are answered, and those of
 *                                   all clients for DASHBOARD_NS_A_TICK; /metrics and
 *                                   /status.json beyond that get 503
 *
 * Memory: nothing but libwebsockets' context while nobody is connected; with the first client the
 * buffers for document and answer (DASHBOARD_DOCUMENT_MAX each) and the desk that answers, for all
 * clients together; for each client at most one unsent frame or answer, DASHBOARD_UNSENT_MAX of
 * them all. */
#ifndef TICKD_OPS_DASHBOARD_H
#define TICKD_OPS_DASHBOARD_H

#include <uv.h>

#include "tickd/ops/control_commands.h"
#include "tickd/ops/log_tail.h"
#include "tickd/ops/metrics.h"

struct dashboard;

enum {
    DASHBOARD_TICK_MS = 250,
    DASHBOARD_QUESTION_MAX = 512, /* bytes */
    DASHBOARD_QUESTIONS_A_TICK = 8,
    DASHBOARD_NS_A_TICK = 50000000,
    DASHBOARD_REPLY_MAX = 98304, /* bytes: what is rendered in well under a millisecond or two */
    DASHBOARD_DOCUMENT_MAX = 262144,
    DASHBOARD_UNSENT_MAX = 4194304 /* bytes that wait for all clients together */
};

struct dashboard_options {
    uv_loop_t *loop;
    const struct settings_dashboard *settings;
    const struct control_host *host;
    const struct log_tail *tail; /* NULL = there is no log to show */
    struct metrics_histograms histograms;
    /* One line for the log. */
    void (*say)(void *state, enum log_level level, const char *event, const char *text);
    void *state; /* of say */
};

/* Whether the settings can be served. ERROR_SYNTAX, *why begins with the key. */
int dashboard_check(const struct settings_dashboard *settings, struct text *why);

/* Listens, from checked settings. An address that cannot be had is said in the log and tried again
 * every ten seconds; until then the dashboard counts as failed. With dashboard.listen=off nothing
 * is done. ERROR_MEMORY. */
int dashboard_start(struct dashboard **dashboard, const struct dashboard_options *options);

/* Closes everything; then the loop must run until it is empty before dashboard_destroy(). Either
 * may be given NULL. */
void dashboard_stop(struct dashboard *dashboard);
void dashboard_destroy(struct dashboard **dashboard);

/* What the status shows of it; NULL: it is off. */
void dashboard_fill_status(const struct dashboard *dashboard, struct status *status);

/* Since when a client that would take it waits for a push or an answer; how many there were. */
void dashboard_fill_vitals(const struct dashboard *dashboard, struct vitals_message *vitals);

#endif
