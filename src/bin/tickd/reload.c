/* The configuration read again: on a thread, into a copy; applied on the loop. */
#include "tickd/bin/reload.h"

#include "tickd/base/assert.h"
#include <stdlib.h>

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

static void apply(struct reload *reload, size_t key)
{
    struct program *program = reload->program;
    const struct setting *setting = settings_key(key);
    char memory[ASSIGNMENT_MAX];
    struct text assignment;
    settings_copy_value(&program->settings, &reload->copy->settings, setting);
    text_init(&assignment, memory, sizeof memory);
    settings_print_assignment(&program->settings, setting, &assignment);
    reload->applied(reload->state, setting, memory);
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
    report->refused = status != 0 || copy->error != 0;
    if (report->refused) {
        text_copy(report->error, sizeof report->error, status != 0 ? "cancelled" : copy->why);
    } else {
        reload_compare(&reload->program->settings, &copy->settings, report);
        for (size_t i = 0; i < report->count; i++) {
            if (report->changes[i].applied) {
                apply(reload, report->changes[i].key);
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
