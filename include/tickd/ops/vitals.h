/* What only the running process can measure: its memory, its event loop, and whether the way from a
 * frame to a decision allocates.
 *
 * Memory: resident pages from /proc/self/statm; allocated and resident bytes from jemalloc, 0 when
 * the program runs on another allocator.
 *
 * The loop's lag: each turn of the loop waits for events and then works; the lag of a turn is the
 * time it worked, which is how long an event that came at its begin had to wait. Measured for every
 * turn, by libuv's own idle time (uv_metrics_idle_time). */
#ifndef TICKD_OPS_VITALS_H
#define TICKD_OPS_VITALS_H

#include <uv.h>

#include "tickd/engine/status.h"
#include "tickd/ops/rate.h"
#include "tickd/settings/settings.h"

struct vitals {
    uv_prepare_t prepare;
    uv_loop_t *loop;
    int statm; /* descriptor, −1 = cannot be read */
    /* the loop */
    uint64_t turn_started_ns;
    uint64_t turn_idle_ns;
    int64_t lag_us; /* largest since the last sample */
    int64_t lag_sampled_us;
    int64_t lag_max_us;
    struct histogram turns_us; /* what each turn worked */
    uint64_t loop_started_ns;
    /* the tick path */
    const uint64_t *thread_allocated; /* jemalloc's counter of this thread, or NULL */
    uint64_t tick_allocated;
    int64_t tick_allocations;
    /* the latest sample */
    uint64_t rss_bytes;
    uint64_t allocated_bytes;
    uint64_t resident_bytes;
    uint64_t budget_bytes; /* what the process should need; the caller's, 0 = not known */
    struct rate trades;
    struct rate frames;
    void (*done)(void *state);
    void *done_state;
};

/* On the loop's thread, before the loop runs. A libuv error code, negative, when the loop cannot
 * measure its idle time. */
int vitals_start(struct vitals *vitals, uv_loop_t *loop);

/* `done` is called once the loop has closed the handle; NULL = nobody waits for it. */
void vitals_stop(struct vitals *vitals, void (*done)(void *state), void *state);

/* Once a second: fills the memory and the loop of a VITALS message, begins the next second. */
void vitals_sample(struct vitals *vitals, struct vitals_message *message);

/* monitor.memory_budget_mb in bytes; or the arena, what clients may leave unread, and what
 * libraries and code need beside them. */
uint64_t vitals_budget_bytes(const struct settings_monitor *settings, uint64_t arena_bytes,
                             uint64_t unread_bytes);

/* Once a second: the counters whose rates the status shows. */
void vitals_note_input(struct vitals *vitals, int64_t time_us, const struct status_input *input);

/* Around the handling of each frame. A span in which this thread allocated counts once. */
void vitals_tick_begin(struct vitals *vitals);
void vitals_tick_end(struct vitals *vitals);

/* Fills memory as of now, tick_path_allocations, uptime, loop and rates; with a loop also wall_s
 * and trades_per_s, which are then the uptime and the latest rate. */
void vitals_fill_status(struct vitals *vitals, struct status *status);

/* For a process without a loop, as in a replay: memory alone, and the tick path's counter. */
void vitals_start_without_loop(struct vitals *vitals);

/* Whether jemalloc is this program's allocator. */
bool vitals_has_jemalloc(void);

/* Gives back to the system what was freed: after a start, which takes memory that it does not need
 * again. Nothing without jemalloc. */
void vitals_give_back(void);

#endif
