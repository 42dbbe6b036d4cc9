/* The watching thread: says in the log which module holds the event loop and for how long, while
 * it holds it.
 *
 *      loop's thread                      watching thread, every 100 ms
 *   dispatcher ──▶ module, since ──▶ reads both, decides, writes a line of its own
 *
 * It says so first after monitor.watch_ms, again as "lagging" after half of the stale time, as
 * "stale" after the whole, and once more when the module has returned. Nothing that it does needs
 * the loop: it reads two atomics and writes to the log's descriptor. */
#ifndef TICKD_OPS_WATCH_THREAD_H
#define TICKD_OPS_WATCH_THREAD_H

#include <stdatomic.h>

#include <uv.h>

#include "tickd/bus/message.h"
#include "tickd/ops/health_log.h"

struct watch_limits {
    int64_t long_ns;    /* monitor.watch_ms */
    int64_t lagging_ns; /* half of monitor.stale_s */
    int64_t stale_ns;   /* monitor.stale_s */
};

/* What there is to say. */
enum watch_word { WATCH_NOTHING, WATCH_LONG, WATCH_LAGGING, WATCH_STALE, WATCH_RETURNED };

/* What was seen at one moment. */
struct watch_sight {
    enum module_id module;
    int64_t since_ns; /* 0 = no handler runs */
};

/* What was said of the handler that runs. */
struct watch_memory {
    struct watch_sight sight;
    enum watch_word said;
};

/* Decides what to say of a sight, once for each stage; *about is the sight that it is said of,
 * *held_ns how long it has held the loop (returned: at least that long, at most). Pure. */
enum watch_word watch_decide(struct watch_memory *memory, const struct watch_limits *limits,
                             struct watch_sight sight, int64_t now_ns, struct watch_sight *about,
                             int64_t *held_ns);

/* Told of every look, on the watching thread. */
struct watch_observer {
    void (*see)(void *state, struct watch_sight sight, int64_t now_ns);
    void *state;
};

struct watch {
    _Atomic int64_t since_ns;
    atomic_int module;
    struct watch_limits limits;
    struct health_log *log;
    int64_t (*clock_ns)(void);
    uv_thread_t thread;
    uv_mutex_t mutex;
    uv_cond_t wake;
    bool stopping; /* this and the observer: under the mutex */
    struct watch_observer observer;
    bool started;
};

/* The monotonic clock, ns: for bus_set_probe() and the watching thread, which must use the same. */
int64_t watch_clock_ns(void);

/* Starts the thread. The log must outlive it. A negative libuv error code on failure. */
int watch_start(struct watch *watch, const struct settings_monitor *settings,
                struct health_log *log);

/* From now on until watch_stop(). The state must outlive that. */
void watch_observe(struct watch *watch, struct watch_observer observer);

/* Wakes the thread and waits for its end. */
void watch_stop(struct watch *watch);

/* For bus_set_probe() with the watch as its state, and for the shell's own modules around their
 * work: `module` runs since `since_ns`; since_ns = 0: it has ended. */
void watch_running(void *state, enum module_id module, int64_t since_ns);

/* What runs now. since_ns = 0: nothing. */
struct watch_sight watch_look(const struct watch *watch);

/* The line for a word. */
void watch_print(struct log_line *line, bool priority, int64_t now_us, enum watch_word word,
                 struct watch_sight about, int64_t held_ns);

#endif
