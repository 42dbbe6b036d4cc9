/* Requests answered: a line in, a reply out. It knows the engine and the daemon's few functions
 * that the host names, and no socket; so a test and a fuzzer can ask it anything. */
#ifndef TICKD_OPS_CONTROL_COMMANDS_H
#define TICKD_OPS_CONTROL_COMMANDS_H

#include <assert.h>

#include "tickd/engine/engine.h"
#include "tickd/ops/config_file.h"
#include "tickd/ops/json_rpc.h"
#include "tickd/ops/reload.h"

/* What the daemon lends to the control socket; all must outlive it. */
struct control_host {
    struct engine *engine;
    const struct settings *settings;
    const struct config_origins *origins;
    void *state;

    /* Fills the whole document, from the engine and from all parts of the shell. It is zeroed, but
     * for its version, before. */
    void (*fill_status)(void *state, struct status *status);

    /* Lets time pass to now, gives the command to the engine, and does it: at once, but for a
     * shutdown, which must wait until the caller has returned. */
    void (*command)(void *state, const struct command_message *command);

    /* Begins to read the configuration again; false: that is under way already. The outcome is at
     * `reloaded` once that is done; NULL while it lasts. NULL functions = it cannot be done. */
    bool (*reload)(void *state, int64_t uid);
    const struct reload_report *(*reloaded)(void *state);

    /* Notes that the control socket's work has begun (nanoseconds, watch_clock_ns), or has ended
     * (0): watch_running() fits. NULL = nobody wants to know. */
    void (*running)(void *state, enum module_id module, int64_t since_ns);
    void *running_state;
};

/* Who asks: the peer of the socket. */
struct control_peer {
    int64_t uid; /* −1 = not known */
    int64_t pid;
    bool is_owner; /* root, or the daemon's own user */
    uint64_t only; /* the commands that it may give, bit = enum control_id; 0 = all */
};

static_assert(CONTROL_COMMAND_COUNT <= 64, "control_peer.only has a bit for each command");

/* States that can be waited for. */
#define CONTROL_STATES(X)                                                            \
    X(HEALTHY, healthy, "no module is stale or failed, no critical alert is firing") \
    X(STREAMING, streaming, "trades are coming in")                                  \
    X(READY, ready, "the feed is subscribed, streaming or idle")

enum control_state {
#define X(NAME, name, meaning) CONTROL_STATE_##NAME,
    CONTROL_STATES(X)
#undef X
        CONTROL_STATE_COUNT
};

enum control_outcome {
    CONTROL_ANSWERED, /* the reply is there; empty, when none is wanted */
    CONTROL_WAITS,    /* no reply yet: ask control_try_wait() from time to time */
    CONTROL_WATCHES   /* the reply is there, messages follow */
};

/* What is to be done for a request after it was read. */
struct control_promise {
    struct reply_form form;
    enum control_state state; /* CONTROL_WAITS; CONTROL_STATE_COUNT: for the end of a reload */
    int64_t seconds_max;      /* 0 = no limit */
    uint32_t topics;          /* CONTROL_WATCHES: set, bit = enum topic */
};

struct control_desk;

/* NULL: no memory. */
struct control_desk *control_desk_create(const struct control_host *host);
void control_desk_destroy(struct control_desk **desk);

/* The whole status document as of now; it stays the desk's, until the next question. */
const struct status *control_desk_status(struct control_desk *desk);

/* Answers a line (without its end). The reply is appended to `reply`, which must be empty; one that
 * does not fit becomes an error. */
enum control_outcome control_answer(struct control_desk *desk, const struct control_peer *peer,
                                    const char *line, size_t length, struct text *reply,
                                    struct control_promise *promise);

/* Whether the waiting is over; then the reply is there. `waited_ms`: so far. */
bool control_try_wait(struct control_desk *desk, const struct control_promise *promise,
                      int64_t waited_ms, struct text *reply);

/* One message for a watcher, as a line. */
void control_print_message(const struct control_desk *desk, const struct control_promise *promise,
                           const struct message *message, struct text *line);

#endif
