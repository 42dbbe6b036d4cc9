/* Checkpoints while the engine runs, without holding the loop.
 *
 *     loop   ──┬── fork ──────── goes on: inputs, bars, orders ────┬── done(report) ──▶
 *              │   (the only     what it changes is copied, page   │ reaped by a timer
 *              │    wait)        by page, by the kernel            │
 *     child    └── engine as it was ▶ checkpoint.new ▶ fsync ▶ names ▶ _exit
 *
 * The child is a copy of this process that sees its memory as it was at the fork. It does nothing
 * but checkpoint_write(), at the lowest priority, with every signal blocked and every descriptor
 * closed but its own; it dies with its parent, and is killed after a time limit.
 * docs/architecture.md has what the fork costs, and why not otherwise.
 *
 *     struct checkpoint_live live;
 *     checkpoint_live_init(&live, loop, folder, on_done, state);
 *     …
 *     struct checkpoint_meta meta = {.run = run, .next_input = inputs};
 *     if (checkpoint_begin(&live, engine, CHECKPOINT_AFTER_NEWEST, &meta, &why) != 0) …
 *     …                                                            later: on_done(state, &report)
 *     …
 *     checkpoint_live_close(&live, NULL);      then run the loop until its handles are closed
 *     checkpoint_write_now(folder, engine, …);
 */
#ifndef TICKD_STORE_CHECKPOINT_LIVE_H
#define TICKD_STORE_CHECKPOINT_LIVE_H

#include <sys/types.h>
#include <uv.h>

#include "tickd/store/checkpoint.h"

enum { CHECKPOINT_FOLDER_MAX = 4096, CHECKPOINT_LIMIT_MS = 60000 };

/* How one ended. */
struct checkpoint_report {
    bool written;                /* it is on the disk, under its name */
    struct checkpoint_meta meta; /* when written: what it is of */
    uint64_t bytes;              /* when written: of the file */
    int64_t fork_us;             /* how long the loop was held */
    int64_t took_us;             /* from the fork until the end was noticed */
    const char *why;             /* when not: a sentence; valid during the call */
};

struct checkpoint_result;

struct checkpoint_live {
    uv_timer_t timer;
    char folder[CHECKPOINT_FOLDER_MAX];
    void (*done)(void *state, const struct checkpoint_report *report);
    void *state;
    void (*closed)(void *state);
    struct checkpoint_result *result; /* a page that the child shares */
    pid_t child;                      /* 0 = none is under way */
    uint64_t began_ns;
    int64_t fork_us;
    int64_t limit_ms;
};

/* `folder` is copied; ERROR_OVERFLOW when it is too long, ERROR_MEMORY. `done` is called from the
 * loop, once for each checkpoint_begin() that returned 0; it may begin the next one. */
int checkpoint_live_init(struct checkpoint_live *live, uv_loop_t *loop, const char *folder,
                         void (*done)(void *state, const struct checkpoint_report *report),
                         void *state);

/* Of an engine that has started, between two inputs. ERROR_STATE when one is under way,
 * ERROR_MEMORY when the system gives no process. */
int checkpoint_begin(struct checkpoint_live *live, struct engine *engine,
                     enum checkpoint_place place, const struct checkpoint_meta *meta,
                     struct text *why);

bool checkpoint_is_under_way(const struct checkpoint_live *live);

/* Ends one that is under way (what is on the disk stays whole; done() is not called), and closes
 * the timer; closed(state), which may be NULL, is called from the loop after that.
 * checkpoint_write_now() may follow at once. */
void checkpoint_live_close(struct checkpoint_live *live, void (*closed)(void *state));

#endif
