/* The live process: what its parts share. live.c has the order of the start; each part is in a file
 * of its own, src/bin/tickd/live_*.c, as two functions: start says why it fails and returns an exit
 * code; stop does not wait. */
#ifndef TICKD_BIN_LIVE_H
#define TICKD_BIN_LIVE_H

#include <uv.h>

#include "tickd/bin/alerting.h"
#include "tickd/bin/archive.h"
#include "tickd/bin/program.h"
#include "tickd/bin/recovery.h"
#include "tickd/bin/reload.h"
#include "tickd/ops/control.h"
#include "tickd/ops/dashboard.h"
#include "tickd/ops/health_lines.h"
#include "tickd/ops/service.h"
#include "tickd/ops/stats_page.h"
#include "tickd/ops/vitals.h"
#include "tickd/ops/watch_thread.h"
#include "tickd/store/checkpoint_live.h"
#include "tickd/store/state_folder.h"

enum { LIVE_NS_PER_MS = 1000000 };

/* What the machine's clock said when it was looked at last. */
struct live_clock {
    int64_t wall_us; /* 0: never yet */
    int64_t steady_ns;
    bool waits; /* it is behind the engine's time */
};

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
    struct live_clock clock;
    struct state_lock lock;
    struct recovery recovery;
    struct archive archive;
    struct checkpoint_live checkpoint;
    int64_t checkpoint_due_us;
    enum checkpoint_place checkpoint_place; /* of the one under way */
    uint64_t checkpoint_inputs;             /* next_input of the newest one */
    uint64_t checkpoint_messages;           /* published before it */
    bool checkpoint_failing;
    struct alerting alerting;
    struct control *control;
    struct control_host host;
    struct dashboard *dashboard;
    struct dump *dump;
    int64_t started_us;
    int64_t started_ns;
    int exit_code;
    bool ran; /* every part was started */
    bool stopping;
};

/* Begins the end, once: every part that needs the loop is stopped. */
void live_stop(struct live *live, int exit_code, const char *why);

/* One line of the log; state is the live process. */
void live_log_text(void *state, enum log_level level, const char *event, const char *text);

/* The status document, all of it; state is the live process. */
void live_fill_status(void *state, struct status *status);
void live_update_stats(struct live *live);

/* Says that something of libuv cannot be started; an exit code. */
int live_complain_of_loop(const char *what, int error);

/* Reads the configuration again, for that uid; false: it is being read already. */
bool live_reload_start(void *state, int64_t uid);
void live_reload_init(struct live *live);

/* Once a second, before the engine hears of it: says when the clock has been set, and while it is
 * behind the engine's time. */
void live_clock_second(struct live *live, int64_t now_us);

/* Once a second: a checkpoint, when one is due. */
void live_checkpoint_second(struct live *live, int64_t now_us);
/* One is due now. */
void live_checkpoint_soon(struct live *live);

/* X(part): the parts, in no order. */
#define LIVE_PARTS(X) \
    X(lock)           \
    X(log)            \
    X(library)        \
    X(stats)          \
    X(service)        \
    X(watch)          \
    X(state)          \
    X(dump)           \
    X(vitals)         \
    X(signals)        \
    X(alerts)         \
    X(time)           \
    X(control)        \
    X(dashboard)      \
    X(feed)           \
    X(ready)

#define X(part)                               \
    int live_start_##part(struct live *live); \
    void live_stop_##part(struct live *live);
LIVE_PARTS(X)
#undef X

/* After the loop has ended: what is left of the state is written. An exit code. */
int live_close_state(struct live *live);

#endif
