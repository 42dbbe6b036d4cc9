/* Alerts as POSTs, with a few attempts each. */
#include "tickd/ops/alert_webhook.h"

#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"

enum { NS_PER_MS = 1000000, HTTP_REQUEST_TIMEOUT = 408, HTTP_TOO_MANY_REQUESTS = 429 };

/* Before the second attempt, the third. */
static const uint64_t pauses_ms[ALERT_WEBHOOK_ATTEMPTS - 1] = {1000, 5000};

/* The log. */

static void begin_line(struct log_line *line, const struct alert_webhook *webhook,
                       enum log_level level)
{
    const struct alert_message *alert = &webhook->entry.alert;

    log_line_begin(line, webhook->log, level, "alert_webhook");
    log_line_text(line, "alert", alert_name(alert->alert));
    log_line_text(line, "severity", alert_severity_name(alert->severity));
    log_line_text(line, "state", alert_state_name(alert->state));
    log_line_text(line, "to", webhook->sending_to.authority);
}

static void say_done(const struct alert_webhook *webhook, int status)
{
    struct log_line line;

    begin_line(&line, webhook, LOG_INFO);
    log_line_integer(&line, "status", status);
    log_line_count(&line, "attempts", webhook->attempts);
    log_line_count(&line, "took_ms", (uv_hrtime() - webhook->started_ns) / NS_PER_MS);
    log_line_end(&line);
}

static void say_failed(const struct alert_webhook *webhook, int status, const char *why, bool again)
{
    struct log_line line;

    begin_line(&line, webhook, again ? LOG_WARNING : LOG_ERROR);
    if (status != 0)
        log_line_integer(&line, "status", status);
    else
        log_line_text(&line, "reason", why);
    log_line_count(&line, "attempt", webhook->attempts);
    log_line_text(&line, "then", again ? "again" : "given up");
    log_line_end(&line);
}

/* One alert. */

static void attempt(struct alert_webhook *webhook)
{
    webhook->attempts++;
    http_post_begin(&webhook->post, &webhook->sending_to, webhook->json, webhook->timeout_s);
}

static void on_pause_over(uv_timer_t *timer)
{
    attempt(timer->data);
}

static void finish(struct alert_webhook *webhook)
{
    webhook->is_busy = false;
    alert_webhook_work(webhook);
    if (!webhook->is_busy && webhook->idle != NULL)
        webhook->idle(webhook->idle_state);
}

static bool may_be_better_later(int status)
{
    return status == 0 || status == HTTP_REQUEST_TIMEOUT || status == HTTP_TOO_MANY_REQUESTS ||
           status >= 500;
}

static void on_posted(void *state, int status, const char *why)
{
    struct alert_webhook *webhook = state;
    bool is_good = status >= 200 && status < 300;
    bool again = !is_good && may_be_better_later(status) && !webhook->is_ending &&
                 webhook->attempts < ALERT_WEBHOOK_ATTEMPTS;

    if (is_good)
        say_done(webhook, status);
    else
        say_failed(webhook, status, why, again);
    if (again) {
        (void)uv_timer_start(&webhook->pause, on_pause_over, pauses_ms[webhook->attempts - 1], 0);
        return;
    }
    webhook->done += is_good;
    webhook->failed += !is_good;
    finish(webhook);
}

void alert_webhook_work(struct alert_webhook *webhook)
{
    struct text json;

    if (webhook->is_busy || !webhook->is_set || webhook->is_stopped ||
        !alert_queue_pop(&webhook->queue, &webhook->entry))
        return;
    webhook->is_busy = true;
    webhook->attempts = 0;
    webhook->started_ns = uv_hrtime();
    webhook->sending_to = webhook->url;
    text_init(&json, webhook->json, sizeof webhook->json);
    alert_note_print_json(&webhook->entry, webhook->host, &json);
    attempt(webhook);
}

/* Life. */

void alert_webhook_start(struct alert_webhook *webhook, const struct alert_webhook_setup *setup)
{
    struct http_post_setup post = {
        .loop = setup->loop,
        .resolve = setup->resolve,
        .resolve_state = setup->resolve_state,
        .tls = setup->tls,
        .done = on_posted,
        .state = webhook,
    };

    memset(webhook, 0, sizeof *webhook);
    webhook->log = setup->log;
    webhook->host = setup->host;
    webhook->idle = setup->idle;
    webhook->idle_state = setup->idle_state;
    http_post_start(&webhook->post, &post);
    (void)uv_timer_init(setup->loop, &webhook->pause);
    webhook->pause.data = webhook;
}

void alert_webhook_set(struct alert_webhook *webhook, const struct settings_alerts *settings)
{
    webhook->is_set = settings->webhook[0] != '\0';
    webhook->timeout_s = settings->timeout_s;
    if (webhook->is_set)
        ASSERT(web_url_parse(settings->webhook, &webhook->url) == 0);
    else
        alert_queue_drop(&webhook->queue); /* they would be old when it is switched on again */
}

void alert_webhook_take(struct alert_webhook *webhook, const struct alert_entry *entry)
{
    if (webhook->is_set && !webhook->is_stopped)
        alert_queue_push(&webhook->queue, entry);
}

bool alert_webhook_is_idle(const struct alert_webhook *webhook)
{
    return !webhook->is_busy && webhook->queue.count == 0;
}

void alert_webhook_end_soon(struct alert_webhook *webhook)
{
    webhook->is_ending = true;
    if (uv_is_active((const uv_handle_t *)&webhook->pause)) {
        (void)uv_timer_stop(&webhook->pause);
        webhook->failed++;
        finish(webhook);
    }
}

void alert_webhook_stop(struct alert_webhook *webhook)
{
    webhook->is_stopped = true;
    webhook->queue.dropped += webhook->queue.count + webhook->is_busy;
    webhook->queue.count = 0;
    webhook->is_busy = false;
    http_post_stop(&webhook->post);
    uv_close((uv_handle_t *)&webhook->pause, NULL);
}
