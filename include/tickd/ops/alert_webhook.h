/* alerts.webhook: each alert that fires or is resolved is posted as JSON to an address.
 *
 *   at most ALERT_QUEUE_MAX wait; then the oldest is dropped, and counted
 *   one is under way at a time, so that they come in order
 *   no answer within alerts.timeout_s, none at all, 408, 429 or 5xx: tried again, after 1 s and
 *   after another 5 s; then it is given up
 *   any other answer but 2xx: given up at once
 *   each failure is a line in the log, which shows nothing of the address but its host */
#ifndef TICKD_OPS_ALERT_WEBHOOK_H
#define TICKD_OPS_ALERT_WEBHOOK_H

#include "tickd/ops/alert_note.h"
#include "tickd/ops/health_log.h"
#include "tickd/ops/http_post.h"

enum { ALERT_WEBHOOK_ATTEMPTS = 3 };

struct alert_webhook {
    struct health_log *log;
    const char *host; /* ours */
    struct http_post post;
    uv_timer_t pause;
    /* the address */
    bool is_set;
    int64_t timeout_s;
    struct web_url url;
    /* the alert at hand */
    bool is_busy;
    uint32_t attempts; /* begun */
    uint64_t started_ns;
    struct alert_entry entry;
    struct web_url sending_to;
    char json[ALERT_NOTE_MAX];
    /* all others */
    struct alert_queue queue;
    bool is_ending; /* no more attempts after the one under way */
    bool is_stopped;
    uint64_t done;   /* taken by the other side */
    uint64_t failed; /* given up */
    void (*idle)(void *state);
    void *idle_state;
};

struct alert_webhook_setup {
    uv_loop_t *loop;
    struct health_log *log;
    const char *host;
    int (*resolve)(void *state, const char *host, uint16_t port); /* see http_post.h */
    void *resolve_state;
    struct ssl_ctx_st *tls;
    void (*idle)(void *state); /* called each time that one has ended and none waits */
    void *idle_state;
};

void alert_webhook_start(struct alert_webhook *webhook, const struct alert_webhook_setup *setup);

/* The address from now on, by checked settings; what is under way goes on to the old one. */
void alert_webhook_set(struct alert_webhook *webhook, const struct settings_alerts *settings);

/* Lets an alert wait; without an address it is forgotten. Cheap: for a tap. */
void alert_webhook_take(struct alert_webhook *webhook, const struct alert_entry *entry);
/* Posts the next that waits, if none is under way. */
void alert_webhook_work(struct alert_webhook *webhook);
bool alert_webhook_is_idle(const struct alert_webhook *webhook);

/* From now on nothing is tried a second time. */
void alert_webhook_end_soon(struct alert_webhook *webhook);

/* Forgets all that waits or is under way, and closes all handles. */
void alert_webhook_stop(struct alert_webhook *webhook);

#endif
