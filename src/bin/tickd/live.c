/* tickd, live: what is started in which order is one table; it is stopped in the reverse one. All
 * of it lives on one event loop. */
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include <uv.h>

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"
#include "tickd/base/error.h"
#include "tickd/bin/alerting.h"
#include "tickd/bin/archive.h"
#include "tickd/bin/live_tape.h"
#include "tickd/bin/program.h"
#include "tickd/bin/reload.h"
#include "tickd/feed/client.h"
#include "tickd/ops/activation.h"
#include "tickd/ops/control.h"
#include "tickd/ops/dashboard.h"
#include "tickd/ops/health_lines.h"
#include "tickd/ops/service.h"
#include "tickd/ops/stats_page.h"
#include "tickd/ops/vitals.h"
#include "tickd/ops/watch_thread.h"

enum { NS_PER_MS = 1000000 };

struct live {
    struct program *program;
    uv_loop_t loop;
    uv_timer_t second;
    uv_signal_t signals[3];
    struct health_log log;
    struct log_tail tail;
    struct health_lines lines;
    struct service service;
    struct reload reload;
    uint32_t reload_uid; /* who asked for it */
    struct watch watch;
    struct stats_page stats;
    struct vitals vitals;
    struct archive archive;
    struct alerting alerting;
    struct control *control;
    struct control_host host;
    struct dashboard *dashboard;
    struct dump *dump;
    int64_t started_us;
    int64_t started_ns;
    int exit_code;
    bool stopping;
};

/* One step of the start: on failure it has said why and returns an exit code. stop() may be NULL,
 * may need the loop, and does not wait. */
struct step {
    const char *name;
    int (*start)(struct live *live);
    void (*stop)(struct live *live);
};

static void begin_stop(struct live *live, int exit_code, const char *why);

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

static int start_log(struct live *live)
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

static void stop_log(struct live *live)
{
    struct log_line line;
    log_line_begin(&line, &live->log, LOG_NOTICE, "stopped");
    log_line_integer(&line, "exit_code", live->exit_code);
    log_line_integer(&line, "uptime_s",
                     (watch_clock_ns() - live->started_ns) / NS_PER_MS / MS_PER_S);
    log_line_end(&line);
    health_log_close(&live->log);
}

static int complain_of_loop(const char *what, int error)
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

static int start_stats(struct live *live)
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

static void stop_stats(struct live *live)
{
    stats_page_say(&live->stats, STATS_STOPPED, live->exit_code);
    stats_page_close(&live->stats);
}

/* What systemd is told. That it cannot be told anything is a line in the log: the daemon works. */

static int start_service(struct live *live)
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

static void stop_service(struct live *live)
{
    service_close(&live->service);
}

/* The watching thread, and the loop's own measurements. */

static int start_watch(struct live *live)
{
    int error = watch_start(&live->watch, &live->program->settings.monitor, &live->log);
    if (error != 0) {
        return complain_of_loop("the watching thread", error);
    }
    bus_set_probe(engine_bus(live->program->engine), watch_clock_ns, watch_running, &live->watch);
    watch_observe(&live->watch,
                  (struct watch_observer){.see = stats_page_see, .state = &live->stats});
    return 0;
}

static void stop_watch(struct live *live)
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

static int start_vitals(struct live *live)
{
    int error = vitals_start(&live->vitals, &live->loop);
    if (error != 0) {
        return complain_of_loop("the loop's measurement", error);
    }
    live->vitals.budget_bytes =
        vitals_budget_bytes(&live->program->settings.monitor, live->program->arena.size);
    ingest_set_probe(live->program->ingest, tick_begin, tick_end, &live->vitals);
    return 0;
}

static void stop_vitals(struct live *live)
{
    vitals_stop(&live->vitals, NULL, NULL);
}

/* The status document, all of it. */

static void fill_live(struct live *live, struct status_live *part)
{
    part->is_live = true;
    part->pid = getpid();
    part->started_us = live->started_us;
    part->uptime_ms = (watch_clock_ns() - live->started_ns) / NS_PER_MS;
    text_copy(part->config_path, sizeof part->config_path, live->program->origins.path);
}

static void fill_status(void *state, struct status *status)
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

static void update_stats(struct live *live)
{
    struct status *status = &live->program->status;
    memset(status, 0, sizeof *status);
    fill_status(live, status);
    stats_page_update(&live->stats, status);
}

/* What parts of the shell have to say. */

static void log_text(void *state, enum log_level level, const char *event, const char *text)
{
    struct live *live = state;
    struct log_line line;
    log_line_begin(&line, &live->log, level, event);
    log_line_text(&line, "text", text);
    log_line_end(&line);
}

/* The archive. */

static int start_store(struct live *live)
{
    return archive_start(
        &live->archive, live->program,
        &(struct archive_links){.loop = &live->loop, .log = log_text, .state = live});
}

static void stop_store(struct live *live)
{
    archive_stop(&live->archive);
}

/* Alerts, and the one that wants tickd to end. */

static void restart(void *state)
{
    begin_stop(state, EX_TEMPFAIL, "an alert asks for a restart (memory_limit)");
}

static int start_alerts(struct live *live)
{
    return alerting_start(&live->alerting, live->program, &live->loop, &live->log, restart, live);
}

static void stop_alerts(struct live *live)
{
    alerting_stop(&live->alerting);
}

/* The control socket. */

static void command(void *state, const struct command_message *command)
{
    struct live *live = state;
    engine_advance(live->program->engine, system_time_us());
    engine_command(live->program->engine, command);
    switch ((enum command_verb)command->verb) {
    case COMMAND_LOG_LEVEL:
        health_log_set_level(&live->log, (enum log_level)command->number);
        break;
    case COMMAND_ROTATE:
        health_log_reopen(&live->log);
        live_tape_rotate(live->program);
        break;
    case COMMAND_SHUTDOWN:
        begin_stop(live, 0, "shutdown command");
        break;
    case COMMAND_SUSPEND:
    case COMMAND_RESUME:
    case COMMAND_ROLLBACK:
    case COMMAND_HALT:
    case COMMAND_UNHALT:
    case COMMAND_FLATTEN:
    case COMMAND_ADOPT_CASH:
    case COMMAND_ADOPT_RESULT:
    case COMMAND_ADOPT_TURNOVER:
    case COMMAND_ADOPT_POSITION:
    case COMMAND_ADOPT_PRICE:
    case COMMAND_ADOPT_BOOKS:
    case COMMAND_SET:
    case COMMAND_VERB_COUNT:
        break; /* the engine's own */
    }
}

/* The configuration read again. Each key that is applied is a command, so that it is in the journal
 * and the modules have it; but for texts, which may be secrets and are none of the engine's. */

static void reload_applied(void *state, const struct setting *setting, const char *assignment)
{
    struct live *live = state;
    struct command_message set = {.verb = COMMAND_SET, .uid = live->reload_uid};
    if (setting->kind != SETTING_TEXT) {
        text_copy(set.argument, sizeof set.argument, assignment);
        command(live, &set);
    }
    if (strcmp(setting->key, "log.level") == 0) {
        health_log_set_level(&live->log, (enum log_level)live->program->settings.log.level);
    }
}

static void reload_done(void *state)
{
    struct live *live = state;
    reload_log(&live->reload.report, &live->log);
    service_reloaded(&live->service);
}

static bool reload_start(void *state, int64_t uid)
{
    struct live *live = state;
    if (!reload_begin(&live->reload, &live->loop)) {
        return false;
    }
    live->reload_uid = (uint32_t)uid;
    service_reloading(&live->service);
    return true;
}

static const struct reload_report *reload_result(void *state)
{
    const struct live *live = state;
    return reload_outcome(&live->reload);
}

/* The socket that systemd listens at for us, or 0. */
static int take_socket(int *descriptor, struct text *why)
{
    struct activation passed = {
        .pid = getenv("LISTEN_PID"),
        .count = getenv("LISTEN_FDS"),
        .names = getenv("LISTEN_FDNAMES"),
    };
    int taken = activation_take(&passed, getpid(), "control", why);
    (void)unsetenv("LISTEN_PID");
    (void)unsetenv("LISTEN_FDS");
    (void)unsetenv("LISTEN_FDNAMES");
    *descriptor = taken > 0 ? taken : 0;
    return taken < 0 ? taken : 0;
}

static int start_control(struct live *live)
{
    char path[PROGRAM_DIRECTORY_MAX + 16];
    char memory[CONFIG_ERROR_MAX];
    struct text why;
    struct text path_text;
    struct program *program = live->program;
    text_init(&why, memory, sizeof memory);
    text_init(&path_text, path, sizeof path);
    text_format(&path_text, "%s/control.sock", program->directories.runtime);
    struct control_options options = {
        .loop = &live->loop,
        .path = path,
        .clients_max = (size_t)program->settings.control.clients_max,
        .output_bytes_max = (size_t)program->settings.control.output_bytes_max,
    };
    live->host = (struct control_host){
        .engine = program->engine,
        .settings = &program->settings,
        .origins = &program->origins,
        .state = live,
        .fill_status = fill_status,
        .command = command,
        .reload = reload_start,
        .reloaded = reload_result,
        .running = watch_running,
        .running_state = &live->watch,
    };
    if (take_socket(&options.descriptor, &why) != 0 ||
        control_start(&live->control, &options, &live->host, &why) != 0) {
        program_complain("%s", memory);
        return EX_CANTCREAT;
    }
    return 0;
}

static void stop_control(struct live *live)
{
    control_stop(&live->control, NULL, NULL);
}

/* libwebsockets, which feed and dashboard stand on. */

static int start_library(struct live *live)
{
    lws_log_attach(log_text, live, watch_clock_ns);
    return 0;
}

static void stop_library(struct live *live)
{
    (void)live;
    lws_log_detach();
}

/* The dashboard. */

static int start_dashboard(struct live *live)
{
    const struct program *program = live->program;
    struct dashboard_options options = {
        .loop = &live->loop,
        .settings = &program->settings.dashboard,
        .host = &live->host,
        .tail = &live->tail,
        .histograms = {.of = {[METRICS_FEED_DELAY_MS] = ingest_delay_ms(program->ingest),
                              [METRICS_RECEIVE_TO_DECISION_US] =
                                  ingest_dispatch_us(program->ingest),
                              [METRICS_LOOP_LAG_US] = &live->vitals.turns_us,
                              [METRICS_LATE_MS] = engine_late_ms(program->engine)}},
        .say = log_text,
        .state = live,
    };
    int error = dashboard_start(&live->dashboard, &options);
    if (error != 0) {
        program_complain("dashboard.listen: %s %s", program->settings.dashboard.listen,
                         error_text(error));
        return EX_OSERR;
    }
    return 0;
}

static void stop_dashboard(struct live *live)
{
    dashboard_stop(live->dashboard);
}

/* The feed. */

static void stop_refused(uv_timer_t *timer)
{
    struct live *live = timer->data;
    program_complain("feed.url %s: the server refuses the key; give the right one as the systemd "
                     "credential finnhub-token, in a file that feed.token_file names, or in the "
                     "environment variable FINNHUB_TOKEN",
                     live->program->settings.feed.url);
    begin_stop(live, EX_UNAVAILABLE, "the key is refused");
}

/* A key that never worked is the operator's to mend; one that did is tried again, slowly. */
static void feed_refused(void *state, bool ever_connected)
{
    struct live *live = state;
    if (!ever_connected) {
        uv_timer_start(&live->second, stop_refused, 0, 0);
    }
}

static int start_feed(struct live *live)
{
    char memory[CONFIG_ERROR_MAX];
    struct text why;
    struct program *program = live->program;
    text_init(&why, memory, sizeof memory);
    struct feed_client_setup setup = {
        .loop = &live->loop,
        .settings = &program->settings,
        .engine = program->engine,
        .ingest = program->ingest,
        .wall_us = system_time_us,
        .steady_ns = watch_clock_ns,
        .log = log_text,
        .refused = feed_refused,
        .state = live,
    };
    int error = feed_client_start(program->feed, &setup, &why);
    if (error != 0) {
        program_complain("%s", memory);
        return error == ERROR_MEMORY ? EX_OSERR : EX_CONFIG;
    }
    return 0;
}

static void stop_feed(struct live *live)
{
    feed_client_stop(live->program->feed, NULL, NULL);
}

/* The tape: from before the first input to after the last one. */

static int start_tape(struct live *live)
{
    return live_tape_start(live->program, &live->loop, log_text, live);
}

static void stop_tape(struct live *live)
{
    live_tape_stop(live->program);
}

/* Time passes: once a second, right after the boundary. */

static void arm_second(struct live *live);

static void say_vitals(struct live *live, int64_t now_us)
{
    struct vitals_message vitals = {.wired = 1U << MODULE_CONTROL};
    vitals_sample(&live->vitals, &vitals);
    control_fill_vitals(live->control, &vitals);
    store_fill_vitals(live->archive.store, &vitals);
    dashboard_fill_vitals(live->dashboard, &vitals);
    live_tape_fill_vitals(live->program, &vitals);
    engine_vitals(live->program->engine, &vitals);
    live_tape_second(live->program, now_us);
    if (health_lines_due(&live->lines, now_us)) {
        struct status *status = &live->program->status;
        memset(status, 0, sizeof *status);
        fill_status(live, status);
        health_lines_minute(&live->lines, now_us, status);
    }
}

static void second_passed(uv_timer_t *timer)
{
    struct live *live = timer->data;
    int64_t now_us = system_time_us();
    engine_advance(live->program->engine, now_us);
    struct status *status = &live->program->status;
    engine_status(live->program->engine, status);
    vitals_note_input(&live->vitals, now_us, &status->input);
    say_vitals(live, now_us);
    update_stats(live);
    arm_second(live);
}

static void arm_second(struct live *live)
{
    int64_t past_us = floor_modulo(system_time_us(), US_PER_S);
    uint64_t wait_ms = (uint64_t)((US_PER_S - past_us) / US_PER_MS) + 1;
    if (!live->stopping) {
        uv_timer_start(&live->second, second_passed, wait_ms, 0);
    }
}

static int start_time(struct live *live)
{
    int64_t now_us = system_time_us();
    struct program *program = live->program;
    uv_timer_init(&live->loop, &live->second);
    live->second.data = live;
    health_lines_init(&live->lines, &live->log, engine_symbols(program->engine), now_us);
    int error = bus_add_tap(engine_bus(program->engine),
                            (struct tap){.see = health_lines_see, .state = &live->lines});
    ASSERT(error == 0);
    engine_pass_time(program->engine, now_us);
    arm_second(live);
    return 0;
}

static void stop_time(struct live *live)
{
    uv_close((uv_handle_t *)&live->second, NULL);
}

/* What was asked for beside: --dump from the first message on. */

static int start_dump(struct live *live)
{
    return program_open_dump(live->program, &live->dump);
}

static void stop_dump(struct live *live)
{
    int code = program_close_dump(&live->dump);
    live->exit_code = live->exit_code != 0 ? live->exit_code : code;
}

/* Signals. */

static void signalled(uv_signal_t *handle, int number)
{
    struct live *live = handle->data;
    if (number == SIGHUP) {
        health_log_reopen(&live->log);
        reload_start(live, getuid());
    } else {
        begin_stop(live, 0, number == SIGTERM ? "SIGTERM" : "SIGINT");
    }
}

static const int signal_numbers[] = {SIGTERM, SIGINT, SIGHUP};

static int start_signals(struct live *live)
{
    signal(SIGPIPE, SIG_IGN); /* a peer that goes is an error code, not the end */
    for (size_t i = 0; i < ARRAY_LENGTH(signal_numbers); i++) {
        uv_signal_init(&live->loop, &live->signals[i]);
        live->signals[i].data = live;
        uv_signal_start(&live->signals[i], signalled, signal_numbers[i]);
    }
    return 0;
}

static void stop_signals(struct live *live)
{
    for (size_t i = 0; i < ARRAY_LENGTH(live->signals); i++) {
        uv_close((uv_handle_t *)&live->signals[i], NULL);
        signal(signal_numbers[i], SIG_IGN); /* the end has begun; nothing shall cut it short */
    }
}

/* The start is done: systemd is told so, and from now on how it goes. */

static int start_ready(struct live *live)
{
    service_ready(&live->service, &live->loop, &live->program->status, fill_status, live);
    return 0;
}

static void stop_ready(struct live *live)
{
    service_stopping(&live->service);
}

/* The order of the start. What stands after the feed is started would miss its first word. */
static const struct step steps[] = {
    {"log", start_log, stop_log},
    {"library", start_library, stop_library},
    {"dump", start_dump, stop_dump},
    {"stats", start_stats, stop_stats},
    {"service", start_service, stop_service},
    {"watch", start_watch, stop_watch},
    {"tape", start_tape, stop_tape},
    {"vitals", start_vitals, stop_vitals},
    {"signals", start_signals, stop_signals},
    {"store", start_store, stop_store},
    {"alerts", start_alerts, stop_alerts},
    {"time", start_time, stop_time},
    {"control", start_control, stop_control},
    {"dashboard", start_dashboard, stop_dashboard},
    {"feed", start_feed, stop_feed},
    {"ready", start_ready, stop_ready},
};

enum { STEP_LOOP_FIRST = 4 /* steps before it are stopped after the loop has ended */ };

static void begin_stop(struct live *live, int exit_code, const char *why)
{
    if (live->stopping) {
        return;
    }
    struct log_line line;
    live->stopping = true;
    live->exit_code = exit_code;
    update_stats(live);
    stats_page_say(&live->stats, STATS_STOPPING, exit_code);
    log_line_begin(&line, &live->log, LOG_NOTICE, "stopping");
    log_line_text(&line, "reason", why);
    log_line_end(&line);
    for (size_t i = ARRAY_LENGTH(steps); i > STEP_LOOP_FIRST; i--) {
        steps[i - 1].stop(live);
    }
}

/* What was wrong stands on standard error. */
static void say_failed(struct live *live, size_t step)
{
    struct log_line line;
    if (step == 0) {
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
    return started;
}

static void run(struct live *live)
{
    size_t started = start_all(live);
    for (size_t i = started; live->stopping && i > STEP_LOOP_FIRST; i--) {
        steps[i - 1].stop(live);
    }
    uv_run(&live->loop, UV_RUN_DEFAULT);
    int tape_code = live_tape_close(live->program);
    live->exit_code = live->exit_code != 0 ? live->exit_code : tape_code;
    if (started == ARRAY_LENGTH(steps) && live->program->line.report != NULL) {
        memset(&live->program->status, 0, sizeof live->program->status);
        fill_status(live, &live->program->status);
        int code = program_write_report(live->program);
        live->exit_code = live->exit_code != 0 ? live->exit_code : code;
    }
    feed_client_destroy(live->program->feed);
    dashboard_destroy(&live->dashboard);
    int error = uv_loop_close(&live->loop);
    if (error != 0) {
        program_complain("the event loop did not empty: %s", uv_strerror(error));
    }
    for (size_t i = started < STEP_LOOP_FIRST ? started : STEP_LOOP_FIRST; i > 0; i--) {
        steps[i - 1].stop(live);
    }
}

int program_live(struct program *program)
{
    static struct live live;
    live = (struct live){
        .program = program, .started_us = system_time_us(), .started_ns = watch_clock_ns()};
    reload_init(&live.reload, program, reload_applied, reload_done, &live);
    int error = uv_loop_init(&live.loop);
    if (error != 0) {
        return complain_of_loop("the event loop", error);
    }
    int code = program_find_directories(program);
    if (code != 0) {
        uv_loop_close(&live.loop);
        return code;
    }
    run(&live);
    return live.exit_code;
}
