/* The tap, its turn of the loop, and the end. */
#include "tickd/ops/alert_sinks.h"

#include <string.h>

static void work(struct alert_sinks *sinks)
{
    alert_command_work(&sinks->command);
    alert_webhook_work(&sinks->webhook);
}

static void on_turn(uv_timer_t *timer)
{
    struct alert_sinks *sinks = timer->data;

    work(sinks);
    if (sinks->wants_restart && !sinks->has_restarted) {
        sinks->has_restarted = true;
        sinks->setup.restart(sinks->setup.state);
    }
}

static void see(void *state, const struct message *message)
{
    struct alert_sinks *sinks = state;

    if (message->head.topic != TOPIC_ALERT)
        return;
    struct alert_entry entry = {.sequence = message->head.sequence,
                                .time_us = message->head.time_us,
                                .alert = message->body.alert};
    bool fires = entry.alert.state == ALERT_STATE_FIRING;

    if (!fires && entry.alert.state != ALERT_STATE_RESOLVED)
        return;
    alert_command_take(&sinks->command, &entry);
    alert_webhook_take(&sinks->webhook, &entry);
    sinks->wants_restart |= fires && entry.alert.action == ALERT_ACTION_RESTART;
    (void)uv_timer_start(&sinks->turn, on_turn, 0, 0);
}

/* The end. */

static bool is_idle(const struct alert_sinks *sinks)
{
    return alert_command_is_idle(&sinks->command) && alert_webhook_is_idle(&sinks->webhook);
}

static uint64_t dropped(const struct alert_sinks *sinks)
{
    return sinks->command.queue.dropped + sinks->webhook.queue.dropped;
}

static void say_dropped(struct alert_sinks *sinks, uint64_t count)
{
    struct log_line line;

    log_line_begin(&line, sinks->setup.log, LOG_WARNING, "alerts_dropped");
    log_line_count(&line, "alerts", count);
    log_line_text(&line, "reason", "tickd ends");
    log_line_end(&line);
}

static void finish(struct alert_sinks *sinks)
{
    uint64_t before = dropped(sinks);

    if (sinks->is_stopped)
        return;
    sinks->is_stopped = true;
    alert_command_stop(&sinks->command);
    alert_webhook_stop(&sinks->webhook);
    uv_close((uv_handle_t *)&sinks->turn, NULL);
    uv_close((uv_handle_t *)&sinks->grace, NULL);
    if (dropped(sinks) > before)
        say_dropped(sinks, dropped(sinks) - before);
    if (sinks->done != NULL)
        sinks->done(sinks->setup.state);
}

static void on_grace_over(uv_timer_t *timer)
{
    finish(timer->data);
}

static void on_idle(void *state)
{
    struct alert_sinks *sinks = state;

    if (sinks->is_stopping && is_idle(sinks))
        finish(sinks);
}

void alert_sinks_stop(struct alert_sinks *sinks, void (*done)(void *state))
{
    bus_remove_tap(sinks->setup.bus, sinks);
    sinks->is_stopping = true;
    sinks->done = done;
    alert_webhook_end_soon(&sinks->webhook);
    work(sinks);
    if (is_idle(sinks))
        finish(sinks);
    else
        (void)uv_timer_start(&sinks->grace, on_grace_over, ALERT_SINKS_GRACE_MS, 0);
}

/* The beginning. */

struct alert_sinks *alert_sinks_create(struct arena *arena)
{
    return arena_take(arena, "alerts", "command and webhook", 1, sizeof(struct alert_sinks));
}

static void find_host(struct alert_sinks *sinks)
{
    size_t size = sizeof sinks->host;

    if (uv_os_gethostname(sinks->host, &size) != 0)
        (void)text_copy(sinks->host, sizeof sinks->host, "localhost");
}

int alert_sinks_start(struct alert_sinks *sinks, const struct alert_sinks_setup *setup,
                      const struct settings_alerts *settings)
{
    struct alert_webhook_setup webhook = {
        .loop = setup->loop,
        .log = setup->log,
        .host = sinks->host,
        .resolve = setup->resolve,
        .resolve_state = setup->state,
        .tls = setup->tls,
        .idle = on_idle,
        .idle_state = sinks,
    };
    int error = bus_add_tap(setup->bus, (struct tap){.see = see, .state = sinks});

    if (error != 0)
        return error;
    memset(sinks, 0, sizeof *sinks);
    sinks->setup = *setup;
    find_host(sinks);
    alert_command_init(&sinks->command, setup->loop, setup->log, sinks->host, on_idle, sinks);
    alert_webhook_start(&sinks->webhook, &webhook);
    alert_sinks_set(sinks, settings);
    (void)uv_timer_init(setup->loop, &sinks->turn);
    (void)uv_timer_init(setup->loop, &sinks->grace);
    sinks->turn.data = sinks;
    sinks->grace.data = sinks;
    return 0;
}

void alert_sinks_set(struct alert_sinks *sinks, const struct settings_alerts *settings)
{
    alert_command_set(&sinks->command, settings);
    alert_webhook_set(&sinks->webhook, settings);
}

void alert_sinks_resolved(struct alert_sinks *sinks, const char *failure,
                          const struct addrinfo *list)
{
    http_post_resolved(&sinks->webhook.post, failure, list);
}

void alert_sinks_fill_status(const struct alert_sinks *sinks, struct status_live *live)
{
    live->alert_command = (struct status_sink){
        .is_set = sinks->command.word_count > 0,
        .done = sinks->command.done,
        .failed = sinks->command.failed,
        .dropped = sinks->command.queue.dropped,
        .waiting = sinks->command.queue.count + sinks->command.is_running,
    };
    live->alert_webhook = (struct status_sink){
        .is_set = sinks->webhook.is_set,
        .done = sinks->webhook.done,
        .failed = sinks->webhook.failed,
        .dropped = sinks->webhook.queue.dropped,
        .waiting = sinks->webhook.queue.count + sinks->webhook.is_busy,
    };
}
