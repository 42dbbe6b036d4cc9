/* The status of the live process, and what it is told by. */
#include <string.h>
#include <unistd.h>

#include "tickd/bin/live.h"
#include "tickd/bin/live_tape.h"
#include "tickd/feed/client.h"
#include "tickd/ops/alert_sinks.h"

/* The status document, all of it. */

static void fill_live(struct live *live, struct status_live *part)
{
    part->is_live = true;
    part->pid = getpid();
    part->started_us = live->started_us;
    part->uptime_ms = (watch_clock_ns() - live->started_ns) / LIVE_NS_PER_MS;
    text_copy(part->config_path, sizeof part->config_path, live->program->origins.path);
}

void live_fill_status(void *state, struct status *status)
{
    struct live *live = state;
    status->version = TICKD_VERSION;
    engine_status(live->program->engine, status);
    fill_live(live, &status->live);
    feed_client_status(live->program->feed, &status->live);
    live_tape_fill_status(live->program, &status->live);
    vitals_fill_status(&live->vitals, status);
    store_fill_status(live->archive.store, &status->live);
    alert_sinks_fill_status(live->alerting.sinks, &status->live);
    if (live->control != NULL) {
        control_fill_status(live->control, status);
    }
    dashboard_fill_status(live->dashboard, status);
}

void live_update_stats(struct live *live)
{
    struct status *status = &live->program->status;
    memset(status, 0, sizeof *status);
    live_fill_status(live, status);
    stats_page_update(&live->stats, status);
}

/* What parts of the shell have to say. */

void live_log_text(void *state, enum log_level level, const char *event, const char *text)
{
    struct live *live = state;
    struct log_line line;
    log_line_begin(&line, &live->log, level, event);
    log_line_text(&line, "text", text);
    log_line_end(&line);
}

/* What was asked for beside: --dump from the first message on. */

int live_start_dump(struct live *live)
{
    return program_open_dump(live->program, &live->dump);
}

void live_stop_dump(struct live *live)
{
    int code = program_close_dump(&live->dump);
    live->exit_code = live->exit_code != 0 ? live->exit_code : code;
}
