/* The configuration read again: on a thread, into a copy; applied on the loop. */
#include "tickd/bin/reload.h"

#include "tickd/base/assert.h"
#include "tickd/base/error.h"
#include "tickd/feed/client.h"
#include "tickd/ops/alert_sinks.h"
#include <stdlib.h>
#include <string.h>

enum { ASSIGNMENT_MAX = SETTING_KEY_MAX + SETTING_VALUE_MAX };

struct reload_copy {
    struct settings settings;
    struct config_origins origins;
    int error;
    char why[CONFIG_ERROR_MAX];
};

void reload_init(struct reload *reload, struct program *program,
                 void (*applied)(void *state, const struct setting *setting,
                                 const char *assignment),
                 void (*done)(void *state), void *state)
{
    *reload = (struct reload){.program = program, .applied = applied, .done = done, .state = state};
    reload->work.data = reload;
}

static void read_again(uv_work_t *work)
{
    struct reload *reload = work->data;
    struct reload_copy *copy = reload->copy;
    struct text why;
    text_init(&why, copy->why, sizeof copy->why);
    copy->error =
        program_read_settings(&reload->program->line, &copy->settings, &copy->origins, &why);
}

/* What the program's parts have to be told; others look at the settings whenever they need them. */

static void take_symbols(struct program *program)
{
    feed_client_ask_for(program->feed, &program->settings.feed.symbols);
}

static void take_alerts(struct program *program)
{
    alert_sinks_set(program->sinks, &program->settings.alerts);
}

static const struct {
    const char *section;
    void (*take)(struct program *program);
} takers[] = {{"feed.", take_symbols}, {"alerts.", take_alerts}};

static void tell_parts(struct program *program, const struct setting *setting)
{
    for (size_t i = 0; i < ARRAY_LENGTH(takers); i++) {
        if (strncmp(setting->key, takers[i].section, strlen(takers[i].section)) == 0) {
            takers[i].take(program);
        }
    }
}

/* Whether this value, and not just the key, can be had without a restart. */
static bool is_possible(const struct reload *reload, const struct setting *setting)
{
    return strcmp(setting->key, "feed.symbols") != 0 ||
           feed_client_can_ask_for(reload->program->feed, &reload->copy->settings.feed.symbols);
}

static void say_applied(struct reload *reload, const struct setting *setting)
{
    char memory[ASSIGNMENT_MAX];
    struct text assignment;
    text_init(&assignment, memory, sizeof memory);
    settings_print_assignment(&reload->program->settings, setting, &assignment);
    reload->applied(reload->state, setting, memory);
}

static void apply(struct reload *reload, size_t key)
{
    struct program *program = reload->program;
    const struct setting *setting = settings_key(key);
    settings_copy_value(&program->settings, &reload->copy->settings, setting);
    tell_parts(program, setting);
    say_applied(reload, setting);
}

int reload_bring_in_force(struct reload *reload)
{
    const struct program *program = reload->program;
    struct settings *in_force = malloc(sizeof *in_force);
    if (in_force == NULL) {
        return ERROR_MEMORY;
    }
    *in_force = program->settings;
    in_force->portfolio = *engine_portfolio_settings(program->engine);
    for (size_t i = 0; i < settings_count(); i++) {
        const struct setting *setting = settings_key(i);
        if (settings_is_run_time(setting) &&
            !settings_same_value(in_force, &program->settings, setting)) {
            say_applied(reload, setting);
        }
    }
    free(in_force);
    return 0;
}

/* Where a value came from is told by the file as it is now, but for what has to wait. */
static void adopt_origins(struct reload *reload)
{
    struct config_origins *origins = &reload->copy->origins;
    for (size_t i = 0; i < reload->report.count; i++) {
        const struct reload_change *change = &reload->report.changes[i];
        if (!change->applied) {
            origins->keys[change->key] = reload->program->origins.keys[change->key];
        }
    }
    reload->program->origins = *origins;
}

static void finish(uv_work_t *work, int status)
{
    struct reload *reload = work->data;
    struct reload_copy *copy = reload->copy;
    struct reload_report *report = &reload->report;
    report->refused = reload->stopped || status != 0 || copy->error != 0;
    if (report->refused) {
        const char *why = reload->stopped ? "tickd is ending"
                          : status != 0   ? "cancelled"
                                          : copy->why;
        text_copy(report->error, sizeof report->error, why);
    } else {
        reload_compare(&reload->program->settings, &copy->settings, report);
        for (size_t i = 0; i < report->count; i++) {
            struct reload_change *change = &report->changes[i];
            change->applied = change->applied && is_possible(reload, settings_key(change->key));
            if (change->applied) {
                apply(reload, change->key);
            }
        }
        adopt_origins(reload);
    }
    free(copy);
    reload->copy = NULL;
    reload->done(reload->state);
}

bool reload_begin(struct reload *reload, uv_loop_t *loop)
{
    if (reload->copy != NULL) {
        return false;
    }
    reload->copy = calloc(1, sizeof *reload->copy);
    if (reload->copy == NULL) {
        return false;
    }
    reload->report = (struct reload_report){.refused = false};
    int error = uv_queue_work(loop, &reload->work, read_again, finish);
    ASSERT(error == 0); /* it only refuses to have no work */
    return true;
}

const struct reload_report *reload_outcome(const struct reload *reload)
{
    return reload->copy == NULL ? &reload->report : NULL;
}
