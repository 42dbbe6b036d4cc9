/* Reading the configuration again while the daemon runs.
 *
 *     reload_begin()  ──▶ thread pool: file, options, every check, into a copy
 *                     ──▶ loop: refused, or compared and applied key by key; then done()
 *
 * One at a time. The copy lives for the duration; what is applied is copied into the program's
 * settings, with where it came from; what needs a restart is named and stays as it was. */
#ifndef TICKD_BIN_RELOAD_H
#define TICKD_BIN_RELOAD_H

#include <uv.h>

#include "tickd/bin/program.h"
#include "tickd/ops/reload.h"

struct reload_copy;

struct reload {
    struct program *program;
    uv_work_t work;
    struct reload_copy *copy; /* NULL = none is under way */
    struct reload_report report;
    bool stopped; /* tickd is ending: nothing is applied any more */
    void (*applied)(void *state, const struct setting *setting, const char *assignment);
    void (*done)(void *state);
    void *state;
};

/* `applied` is called for each key that was, "KEY=VALUE" being its new value (cut, if it is
 * longer than a command's argument); `done` at the end of each reload. */
void reload_init(struct reload *reload, struct program *program,
                 void (*applied)(void *state, const struct setting *setting,
                                 const char *assignment),
                 void (*done)(void *state), void *state);

/* After a recovery: what a checkpoint or the tape had set otherwise than the configuration says is
 * set again, by applied(). ERROR_MEMORY. */
int reload_bring_in_force(struct reload *reload);

/* false: one is under way, or there is no memory for it. */
bool reload_begin(struct reload *reload, uv_loop_t *loop);

/* Of the last one; NULL while it lasts. */
const struct reload_report *reload_outcome(const struct reload *reload);

#endif
