/* Those that ask the live process and steer it: the control socket, the configuration read again,
 * the dashboard, alerts. */
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "tickd/base/error.h"
#include "tickd/bin/live.h"
#include "tickd/bin/live_tape.h"
#include "tickd/feed/ingest.h"
#include "tickd/ops/activation.h"

/* Alerts, and the one that wants tickd to end. */

static void restart(void *state)
{
    live_stop(state, EX_TEMPFAIL, "an alert asks for a restart (memory_limit)");
}

int live_start_alerts(struct live *live)
{
    return alerting_start(&live->alerting, live->program, &live->loop, &live->log, restart, live);
}

void live_stop_alerts(struct live *live)
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
        live_stop(live, 0, "shutdown command");
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
    live_checkpoint_soon(live); /* what comes after is repeated with the new settings */
    service_reloaded(&live->service);
}

void live_reload_init(struct live *live)
{
    reload_init(&live->reload, live->program, reload_applied, reload_done, live);
}

bool live_reload_start(void *state, int64_t uid)
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

int live_start_control(struct live *live)
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
        .fill_status = live_fill_status,
        .command = command,
        .reload = live_reload_start,
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

void live_stop_control(struct live *live)
{
    control_stop(&live->control, NULL, NULL);
}

/* The dashboard. */

int live_start_dashboard(struct live *live)
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
        .say = live_log_text,
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

void live_stop_dashboard(struct live *live)
{
    dashboard_stop(live->dashboard);
}
