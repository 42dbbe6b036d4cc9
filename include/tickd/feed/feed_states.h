/* The feed's life as a pure state machine: what happened and what time it is go in, what to do next
 * comes out. One table holds every transition; change_state() in feed_states.c is the only writer
 * of the state.
 *
 *              attempt            101             all asked for          trade
 *   backing ────────────▶ connecting ────▶ connected ────────▶ subscribed ────▶ streaming ◀─┐
 *     off ◀───────────────────┘ │                                  │  no trades  │ ▲        │
 *      ▲   no answer, HTTP 429, │ 401, 403                         └──────▶ idle ◀─┘ trade  │
 *      │   5xx, 200, no route   ▼                                            │              │
 *      │                     refused                  pings, but no trades ──▼──▶ stale ────┘
 *      └──────────── connection lost, or given up for silence ──────────────────────┘
 *
 * Times are microseconds of a clock that never steps (any origin); the caller translates them.
 *
 * What the feed owes (modules.md, "Monitor"): a message, trade or ping, within the allowed silence,
 * while a market is open. A connection that is lost or not there yet leaves the debt open; a new
 * connection is granted the allowed silence; only a message settles it. */
#ifndef TICKD_FEED_FEED_STATES_H
#define TICKD_FEED_FEED_STATES_H

#include "tickd/base/text.h"
#include "tickd/bus/message.h"
#include "tickd/feed/backoff.h"
#include "tickd/settings/settings.h"

enum feed_event {
    FEED_EVENT_START,
    FEED_EVENT_ATTEMPT,        /* the wait is over */
    FEED_EVENT_OPENED,         /* the handshake ended with 101 */
    FEED_EVENT_ALL_ASKED,      /* every subscription is on its way */
    FEED_EVENT_TRADE,          /* the first trade in a state without trades */
    FEED_EVENT_QUIET,          /* no trade for the allowed silence, or the market is closed */
    FEED_EVENT_NO_TRADES,      /* pings, but no trade for too long in an open market */
    FEED_EVENT_MARKET_CLOSED,  /* while stale: no trade is due any more */
    FEED_EVENT_STILL_STALE,    /* stale for as long again */
    FEED_EVENT_SILENCE,        /* neither trade nor ping for too long, a market is open */
    FEED_EVENT_SILENCE_CLOSED, /* the same while all markets are closed */
    FEED_EVENT_TIMEOUT,        /* no answer to the handshake */
    FEED_EVENT_KEY_REFUSED,    /* 401 or 403 */
    FEED_EVENT_RATE_LIMITED,   /* 429 */
    FEED_EVENT_FAILED,         /* no connection for any other reason */
    FEED_EVENT_CLOSED,         /* an open connection ended */
    FEED_EVENT_STOP,
    FEED_EVENT_COUNT
};

/* What the caller has to do after an event or a tick. */
enum feed_action {
    FEED_DO_NOTHING,
    FEED_DO_CONNECT,   /* begin an attempt */
    FEED_DO_SUBSCRIBE, /* ask for every symbol */
    FEED_DO_DROP,      /* end the connection or the attempt, then report FEED_EVENT_CLOSED */
    FEED_ACTION_COUNT
};

enum {
    FEED_REASON_MAX = 96, /* as in FEED messages */
    /* A refused key is tried again after 15 to 20 minutes: often enough to notice that it is valid
     * again, too seldom to be a storm. */
    FEED_REFUSED_WAIT_S = 900,
    /* The longest "Retry-After" of a 429 that is believed. */
    FEED_RETRY_AFTER_S_MAX = 3600
};

struct feed_limits {
    int64_t connect_timeout_us;
    int64_t silence_us;
    int64_t no_trades_us;
    int64_t stable_us;
    int64_t rate_limited_ms;
};

struct feed_states;

/* Called after each change of state (moved) and each change of what is owed (not moved). It may not
 * call back into the machine. */
typedef void (*feed_states_report)(void *context, const struct feed_states *states,
                                   enum feed_state before, bool moved);

struct feed_states {
    /* set by feed_states_init() */
    struct feed_limits limits;
    struct backoff backoff;
    feed_states_report report;
    void *context;
    /* for readers */
    enum feed_state state;
    char reason[FEED_REASON_MAX];
    int64_t since_us;      /* of the state */
    int64_t attempt_us;    /* when the next attempt is due; 0 = none is planned */
    int64_t owed_since_us; /* 0 = nothing is owed */
    uint64_t connections;  /* handshakes that ended with 101 */
    uint64_t failures;     /* attempts that did not */
    /* the machine's own; 0 = there is none */
    int64_t heard_us;          /* newest trade or ping; at first the handshake */
    int64_t trade_us;          /* newest trade; at first the handshake */
    uint64_t unusable_unheard; /* trades that cannot be used, since heard_us */
    uint64_t unusable;         /* the same since trade_us */
    int64_t lost_us;           /* since when no message has been settling a debt */
    int64_t stable_us;         /* first message of a stream that may prove stable */
    bool market_open;
    int64_t open_us;        /* since when, if it is */
    int64_t retry_after_ms; /* the server's wish with the 429 at hand */
};

/* The configuration's seconds as limits. */
void feed_limits_from(struct feed_limits *limits, const struct settings_feed *settings);

/* Stopped, nothing owed. */
void feed_states_init(struct feed_states *states, const struct feed_limits *limits,
                      const struct backoff *backoff, feed_states_report report, void *context);

/* Something happened. An event that the state does not know is ignored: it came too late. reason
 * NULL keeps the one that is there. */
enum feed_action feed_states_event(struct feed_states *states, enum feed_event event,
                                   int64_t now_us, const char *reason);

/* The handshake ended with an HTTP status that is not 101. retry_after_s: the header's value, 0 =
 * none. */
enum feed_action feed_states_http(struct feed_states *states, int status, int64_t retry_after_s,
                                  int64_t now_us);

/* A trade or a ping has come. */
void feed_states_heard(struct feed_states *states, int64_t now_us, bool trade);

/* Trades have come that cannot be used: they settle nothing, but a reason tells how many. */
void feed_states_unusable(struct feed_states *states, uint64_t trades);

/* Time has passed, at least once a second; market_open: whether any symbol's venue is open. */
enum feed_action feed_states_tick(struct feed_states *states, int64_t now_us, bool market_open);

/* Whether the state has a connection whose handshake is done. */
bool feed_state_is_connected(enum feed_state state);

#endif
