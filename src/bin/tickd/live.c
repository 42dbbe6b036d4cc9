/* tickd, live: what is started in which order is one table; it is stopped in the reverse one. All
 * of it lives on one event loop. */
#include "tickd/bin/live.h"

#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "tickd/base/calendar.h"
#include "tickd/feed/client.h"

/* One step of the start. What is stopped after the loop has ended needs no loop for it, and hears
 * of the others' end. */
struct step {
    const char *name;
    int (*start)(struct live *live);
    void (*stop)(struct live *live);
    bool after_loop;
};

/* The order of the start. What stands after the feed is started would miss its first word. */
static const struct step steps[] = {
    {"lock", live_start_lock, live_stop_lock, true},
    {"log", live_start_log, live_stop_log, true},
    {"library", live_start_library, live_stop_library, true},
    {"service", live_start_service, live_stop_service, true},
    {"state", live_start_state, live_stop_state, false},
    {"dump", live_start_dump, live_stop_dump, true},
    {"stats", live_start_stats, live_stop_stats, true},
    {"watch", live_start_watch, live_stop_watch, true},
    {"vitals", live_start_vitals, live_stop_vitals, false},
    {"signals", live_start_signals, live_stop_signals, false},
    {"alerts", live_start_alerts, live_stop_alerts, false},
    {"time", live_start_time, live_stop_time, false},
    {"control", live_start_control, live_stop_control, false},
    {"dashboard", live_start_dashboard, live_stop_dashboard, false},
    {"feed", live_start_feed, live_stop_feed, false},
    {"ready", live_start_ready, live_stop_ready, false},
};

enum { STEP_LOG = 1 };

/* The start is done: systemd is told so, and from now on how it goes. */

int live_start_ready(struct live *live)
{
    live->reload_uid = getuid();
    if (reload_bring_in_force(&live->reload) != 0) {
        program_complain("no memory to compare the configuration with what is in force");
        return EX_OSERR;
    }
    vitals_give_back();
    service_ready(&live->service, &live->loop, &live->program->status, live_fill_status, live);
    return 0;
}

void live_stop_ready(struct live *live)
{
    service_stopping(&live->service);
}

/* The first `started` steps, in the reverse order. */
static void stop_steps(struct live *live, size_t started, bool after_loop)
{
    for (size_t i = started; i > 0; i--) {
        if (steps[i - 1].after_loop == after_loop) {
            steps[i - 1].stop(live);
        }
    }
}

void live_stop(struct live *live, int exit_code, const char *why)
{
    if (live->stopping) {
        return;
    }
    struct log_line line;
    live->stopping = true;
    live->reload.stopped = true;
    live->exit_code = exit_code;
    live_update_stats(live);
    stats_page_say(&live->stats, STATS_STOPPING, exit_code);
    log_line_begin(&line, &live->log, LOG_NOTICE, "stopping");
    log_line_text(&line, "reason", why);
    log_line_end(&line);
    stop_steps(live, ARRAY_LENGTH(steps), false);
}

/* What was wrong stands on standard error. */
static void say_failed(struct live *live, size_t step)
{
    struct log_line line;
    if (step <= STEP_LOG || step >= ARRAY_LENGTH(steps)) {
        return; /* there is no log */
    }
    log_line_begin(&line, &live->log, LOG_ERROR, "start_failed");
    log_line_text(&line, "step", steps[step].name);
    log_line_end(&line);
}

static size_t start_all(struct live *live)
{
    size_t started = 0;
    while (started < ARRAY_LENGTH(steps)) {
        live->exit_code = steps[started].start(live);
        if (live->exit_code != 0) {
            live->stopping = true;
            say_failed(live, started);
            break;
        }
        started++;
    }
    live->ran = started == ARRAY_LENGTH(steps);
    return started;
}

static void note_exit(struct live *live, int code)
{
    live->exit_code = live->exit_code != 0 ? live->exit_code : code;
}

static void run(struct live *live)
{
    size_t started = start_all(live);
    if (live->stopping && !live->ran) {
        stop_steps(live, started, false);
    }
    uv_run(&live->loop, UV_RUN_DEFAULT);
    note_exit(live, live_close_state(live));
    if (live->ran && live->program->line.report != NULL) {
        memset(&live->program->status, 0, sizeof live->program->status);
        live_fill_status(live, &live->program->status);
        note_exit(live, program_write_report(live->program));
    }
    feed_client_destroy(live->program->feed);
    dashboard_destroy(&live->dashboard);
    int error = uv_loop_close(&live->loop);
    if (error != 0) {
        program_complain("the event loop did not empty: %s", uv_strerror(error));
    }
    stop_steps(live, started, true);
}

int program_live(struct program *program)
{
    static struct live live;
    live = (struct live){
        .program = program, .started_us = system_time_us(), .started_ns = watch_clock_ns()};
    live_reload_init(&live);
    int error = uv_loop_init(&live.loop);
    if (error != 0) {
        return live_complain_of_loop("the event loop", error);
    }
    int code = program_find_directories(program);
    if (code != 0) {
        uv_loop_close(&live.loop);
        return code;
    }
    run(&live);
    return live.exit_code;
}
