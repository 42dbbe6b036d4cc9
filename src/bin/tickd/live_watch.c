/* What watches the live process: its log, its page of counters, systemd, the watching thread, its
 * own measurements. */
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "tickd/base/calendar.h"
#include "tickd/bin/live.h"
#include "tickd/feed/ingest.h"

/* Log. */

static void say_start(struct live *live)
{
    struct log_line line;
    const char *path = live->program->origins.path;
    log_line_begin(&line, &live->log, LOG_NOTICE, "start");
    log_line_text(&line, "version", TICKD_VERSION);
    log_line_integer(&line, "pid", getpid());
    log_line_text(&line, "config", *path != '\0' ? path : "built-in defaults");
    log_line_count(&line, "arena_bytes", live->program->arena.size);
    log_line_text(&line, "state_dir", live->program->directories.state);
    log_line_text(&line, "runtime_dir", live->program->directories.runtime);
    log_line_end(&line);
}

int live_start_log(struct live *live)
{
    char memory[CONFIG_ERROR_MAX];
    struct text why;
    text_init(&why, memory, sizeof memory);
    struct health_log_options options = {
        .directory = live->program->directories.log,
        .journal_stream = getenv("JOURNAL_STREAM"),
        .level = (enum log_level)live->program->settings.log.level,
        .tail = &live->tail,
    };
    log_tail_init(&live->tail);
    if (health_log_open(&live->log, &options, &why) != 0) {
        program_complain("%s", memory);
        return EX_CANTCREAT;
    }
    say_start(live);
    return 0;
}

void live_stop_log(struct live *live)
{
    struct log_line line;
    log_line_begin(&line, &live->log, LOG_NOTICE, "stopped");
    log_line_integer(&line, "exit_code", live->exit_code);
    log_line_integer(&line, "uptime_s",
                     (watch_clock_ns() - live->started_ns) / LIVE_NS_PER_MS / MS_PER_S);
    log_line_end(&line);
    health_log_close(&live->log);
}

int live_complain_of_loop(const char *what, int error)
{
    program_complain("%s cannot be started: %s; raise the limits of this process", what,
                     uv_strerror(error));
    return EX_OSERR;
}

/* The page of counters. tickd runs without it rather than not at all. */

static void say_no_stats(struct live *live, const char *why)
{
    struct log_line line;
    log_line_begin(&line, &live->log, LOG_WARNING, "stats_off");
    log_line_text(&line, "text", why);
    log_line_end(&line);
}

int live_start_stats(struct live *live)
{
    char path[PROGRAM_DIRECTORY_MAX + 16];
    char memory[CONFIG_ERROR_MAX];
    struct text path_text;
    struct text why;
    struct status *status = &live->program->status;
    struct stats_owner owner = {.program = TICKD_VERSION,
                                .pid = getpid(),
                                .started_us = live->started_us,
                                .now_us = system_time_us};
    text_init(&why, memory, sizeof memory);
    text_init(&path_text, path, sizeof path);
    text_format(&path_text, "%s/tickd.stats", live->program->directories.runtime);
    engine_status(live->program->engine, status); /* what else there is comes with a second */
    if (stats_page_open(&live->stats, path, &owner, status, &why) != 0) {
        say_no_stats(live, memory);
    }
    return 0;
}

void live_stop_stats(struct live *live)
{
    stats_page_say(&live->stats, STATS_STOPPED, live->exit_code);
    stats_page_close(&live->stats);
}

/* What systemd is told. That it cannot be told anything is a line in the log: the daemon works. */

int live_start_service(struct live *live)
{
    char memory[CONFIG_ERROR_MAX];
    struct text why;
    struct log_line line;
    text_init(&why, memory, sizeof memory);
    if (service_open(&live->service, &why) != 0) {
        log_line_begin(&line, &live->log, LOG_WARNING, "service");
        log_line_text(&line, "text", memory);
        log_line_end(&line);
    }
    return 0;
}

void live_stop_service(struct live *live)
{
    service_close(&live->service);
}

/* The watching thread, and the loop's own measurements. */

int live_start_watch(struct live *live)
{
    int error = watch_start(&live->watch, &live->program->settings.monitor, &live->log);
    if (error != 0) {
        return live_complain_of_loop("the watching thread", error);
    }
    bus_set_probe(engine_bus(live->program->engine), watch_clock_ns, watch_running, &live->watch);
    watch_observe(&live->watch,
                  (struct watch_observer){.see = stats_page_see, .state = &live->stats});
    return 0;
}

void live_stop_watch(struct live *live)
{
    bus_set_probe(engine_bus(live->program->engine), NULL, NULL, NULL);
    watch_stop(&live->watch);
}

static void tick_begin(void *vitals)
{
    vitals_tick_begin(vitals);
}

static void tick_end(void *vitals)
{
    vitals_tick_end(vitals);
}

int live_start_vitals(struct live *live)
{
    int error = vitals_start(&live->vitals, &live->loop);
    if (error != 0) {
        return live_complain_of_loop("the loop's measurement", error);
    }
    const struct settings *settings = &live->program->settings;
    live->vitals.budget_bytes =
        vitals_budget_bytes(&settings->monitor, live->program->arena.size,
                            control_output_bytes((size_t)settings->control.output_bytes_max));
    ingest_set_probe(live->program->ingest, tick_begin, tick_end, &live->vitals);
    return 0;
}

void live_stop_vitals(struct live *live)
{
    vitals_stop(&live->vitals, NULL, NULL);
}
