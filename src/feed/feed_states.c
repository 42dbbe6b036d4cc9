/* The feed's states: the table of transitions, what time makes of them, and what is owed. */
#include "tickd/feed/feed_states.h"

#include "tickd/base/calendar.h"

#define IN(state) (1U << (state))

enum {
    CONNECTED = IN(FEED_CONNECTED) | IN(FEED_SUBSCRIBED) | IN(FEED_STREAMING) | IN(FEED_IDLE) |
                IN(FEED_STALE),
    LIVE = IN(FEED_SUBSCRIBED) | IN(FEED_STREAMING) | IN(FEED_IDLE),
    WAITING = IN(FEED_BACKING_OFF) | IN(FEED_REFUSED),
    TRYING = IN(FEED_CONNECTING),
    RUNNING = CONNECTED | WAITING | TRYING
};

/* How long until the next attempt. */
enum wait { NO_WAIT, BACK_OFF, AS_LIMITED, AS_REFUSED };

struct transition {
    unsigned from; /* set of states */
    enum feed_event event;
    enum feed_state to;
    enum feed_action action;
    enum wait wait;
};

static const struct transition transitions[] = {
    {IN(FEED_STOPPED), FEED_EVENT_START, FEED_CONNECTING, FEED_DO_CONNECT, NO_WAIT},
    {WAITING, FEED_EVENT_ATTEMPT, FEED_CONNECTING, FEED_DO_CONNECT, NO_WAIT},

    {TRYING, FEED_EVENT_OPENED, FEED_CONNECTED, FEED_DO_SUBSCRIBE, NO_WAIT},
    {TRYING, FEED_EVENT_TIMEOUT, FEED_BACKING_OFF, FEED_DO_DROP, BACK_OFF},
    {TRYING, FEED_EVENT_FAILED, FEED_BACKING_OFF, FEED_DO_NOTHING, BACK_OFF},
    {TRYING, FEED_EVENT_RATE_LIMITED, FEED_BACKING_OFF, FEED_DO_NOTHING, AS_LIMITED},
    {TRYING, FEED_EVENT_KEY_REFUSED, FEED_REFUSED, FEED_DO_NOTHING, AS_REFUSED},

    {IN(FEED_CONNECTED), FEED_EVENT_ALL_ASKED, FEED_SUBSCRIBED, FEED_DO_NOTHING, NO_WAIT},
    {IN(FEED_SUBSCRIBED) | IN(FEED_IDLE) | IN(FEED_STALE), FEED_EVENT_TRADE, FEED_STREAMING,
     FEED_DO_NOTHING, NO_WAIT},
    {IN(FEED_SUBSCRIBED) | IN(FEED_STREAMING), FEED_EVENT_QUIET, FEED_IDLE, FEED_DO_NOTHING,
     NO_WAIT},
    {LIVE, FEED_EVENT_NO_TRADES, FEED_STALE, FEED_DO_NOTHING, NO_WAIT},
    {IN(FEED_STALE), FEED_EVENT_MARKET_CLOSED, FEED_IDLE, FEED_DO_NOTHING, NO_WAIT},
    {IN(FEED_STALE), FEED_EVENT_STILL_STALE, FEED_BACKING_OFF, FEED_DO_DROP, BACK_OFF},

    {IN(FEED_CONNECTED) | LIVE, FEED_EVENT_SILENCE, FEED_STALE, FEED_DO_DROP, NO_WAIT},
    {IN(FEED_STALE), FEED_EVENT_SILENCE, FEED_BACKING_OFF, FEED_DO_DROP, BACK_OFF},
    {CONNECTED, FEED_EVENT_SILENCE_CLOSED, FEED_BACKING_OFF, FEED_DO_DROP, BACK_OFF},
    {CONNECTED, FEED_EVENT_CLOSED, FEED_BACKING_OFF, FEED_DO_NOTHING, BACK_OFF},

    {RUNNING, FEED_EVENT_STOP, FEED_STOPPED, FEED_DO_DROP, NO_WAIT},
};

void feed_limits_from(struct feed_limits *limits, const struct settings_feed *settings)
{
    *limits = (struct feed_limits){
        .connect_timeout_us = settings->connect_timeout_s * US_PER_S,
        .silence_us = settings->silence_s * US_PER_S,
        .no_trades_us = settings->no_trades_s * US_PER_S,
        .stable_us = settings->stable_s * US_PER_S,
        .rate_limited_ms = settings->rate_limited_s * MS_PER_S,
    };
}

void feed_states_init(struct feed_states *states, const struct feed_limits *limits,
                      const struct backoff *backoff, feed_states_report report, void *context)
{
    *states = (struct feed_states){
        .limits = *limits,
        .backoff = *backoff,
        .report = report,
        .context = context,
        .state = FEED_STOPPED,
    };
}

bool feed_state_is_connected(enum feed_state state)
{
    return (IN(state) & CONNECTED) != 0;
}

static const struct transition *find_transition(enum feed_state from, enum feed_event event)
{
    for (size_t i = 0; i < ARRAY_LENGTH(transitions); i++) {
        if (transitions[i].event == event && (transitions[i].from & IN(from)) != 0)
            return &transitions[i];
    }
    return NULL;
}

/* The only writer of the state. */
static void change_state(struct feed_states *states, enum feed_state to, int64_t now_us,
                         const char *reason)
{
    states->state = to;
    states->since_us = now_us;
    if (reason != NULL)
        text_copy(states->reason, sizeof states->reason, reason);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* at_us: when the debt fell due, never ahead of now. */
static void note_loss(struct feed_states *states, int64_t at_us, int64_t now_us)
{
    if (states->lost_us == 0)
        states->lost_us = at_us < now_us ? at_us : now_us;
    states->stable_us = 0;
}

/* What an event says about connections, silence and debts, whatever state follows from it. */
static void note_event(struct feed_states *states, enum feed_event event, int64_t now_us)
{
    switch (event) {
    case FEED_EVENT_OPENED:
        states->connections++;
        states->heard_us = now_us;
        states->trade_us = now_us;
        states->unusable_unheard = 0;
        states->unusable = 0;
        break;
    case FEED_EVENT_NO_TRADES:
        note_loss(states, larger(states->trade_us, states->open_us) + states->limits.no_trades_us,
                  now_us);
        break;
    case FEED_EVENT_SILENCE:
    case FEED_EVENT_SILENCE_CLOSED:
        note_loss(states, states->heard_us + states->limits.silence_us, now_us);
        break;
    case FEED_EVENT_START:
    case FEED_EVENT_CLOSED:
    case FEED_EVENT_STILL_STALE:
        note_loss(states, now_us, now_us);
        break;
    case FEED_EVENT_TIMEOUT:
    case FEED_EVENT_KEY_REFUSED:
    case FEED_EVENT_RATE_LIMITED:
    case FEED_EVENT_FAILED:
        states->failures++;
        break;
    case FEED_EVENT_MARKET_CLOSED:
    case FEED_EVENT_STOP:
        states->lost_us = 0;
        break;
    case FEED_EVENT_ATTEMPT:
    case FEED_EVENT_ALL_ASKED:
    case FEED_EVENT_TRADE:
    case FEED_EVENT_QUIET:
    case FEED_EVENT_COUNT:
        break;
    }
}

static void plan_attempt(struct feed_states *states, enum wait wait, int64_t now_us)
{
    int64_t floor_ms;

    switch (wait) {
    case NO_WAIT:
        states->attempt_us = 0;
        break;
    case BACK_OFF:
        states->attempt_us = now_us + backoff_next_ms(&states->backoff) * US_PER_MS;
        break;
    case AS_LIMITED:
        floor_ms = larger(states->limits.rate_limited_ms, states->retry_after_ms);
        states->attempt_us = now_us + backoff_next_above_ms(&states->backoff, floor_ms) * US_PER_MS;
        break;
    case AS_REFUSED:
        floor_ms = (int64_t)FEED_REFUSED_WAIT_S * MS_PER_S;
        states->attempt_us = now_us + backoff_next_above_ms(&states->backoff, floor_ms) * US_PER_MS;
        break;
    }
}

/* A connection is granted the allowed silence: it owes nothing until that has ended. */
static int64_t debt_since_us(const struct feed_states *states)
{
    switch (states->state) {
    case FEED_CONNECTING:
    case FEED_BACKING_OFF:
    case FEED_REFUSED:
    case FEED_STALE:
        return states->market_open && states->lost_us != 0
                   ? larger(states->lost_us, states->open_us)
                   : 0;
    case FEED_STOPPED:
    case FEED_CONNECTED:
    case FEED_SUBSCRIBED:
    case FEED_STREAMING:
    case FEED_IDLE:
    case FEED_STATE_COUNT:
        break;
    }
    return 0;
}

static void settle(struct feed_states *states, enum feed_state before)
{
    int64_t since_us = debt_since_us(states);
    bool moved = states->state != before;

    if (!moved && since_us == states->owed_since_us)
        return;
    states->owed_since_us = since_us;
    states->report(states->context, states, before, moved);
}

enum feed_action feed_states_event(struct feed_states *states, enum feed_event event,
                                   int64_t now_us, const char *reason)
{
    enum feed_state before = states->state;
    const struct transition *transition = find_transition(before, event);

    if (transition == NULL)
        return FEED_DO_NOTHING;
    note_event(states, event, now_us);
    plan_attempt(states, transition->wait, now_us);
    change_state(states, transition->to, now_us, reason);
    settle(states, before);
    return transition->action;
}

enum feed_action feed_states_http(struct feed_states *states, int status, int64_t retry_after_s,
                                  int64_t now_us)
{
    char memory[FEED_REASON_MAX];
    struct text reason;
    enum feed_event event = FEED_EVENT_FAILED;

    text_init(&reason, memory, sizeof memory);
    if (status == 401 || status == 403) {
        event = FEED_EVENT_KEY_REFUSED;
        text_format(&reason, "HTTP %d: the key is refused", status);
    } else if (status == 429) {
        event = FEED_EVENT_RATE_LIMITED;
        text_format(&reason, "HTTP %d: too many connections", status);
    } else {
        text_format(&reason, "HTTP %d instead of an upgrade", status);
    }
    states->retry_after_ms =
        (retry_after_s < FEED_RETRY_AFTER_S_MAX ? retry_after_s : FEED_RETRY_AFTER_S_MAX) *
        MS_PER_S;
    return feed_states_event(states, event, now_us, memory);
}

void feed_states_heard(struct feed_states *states, int64_t now_us, bool trade)
{
    if (!feed_state_is_connected(states->state))
        return;
    states->heard_us = now_us;
    states->unusable_unheard = 0;
    if (trade) {
        states->trade_us = now_us;
        states->unusable = 0;
    } else if (states->state == FEED_STALE) {
        return; /* a ping is not what it lacks */
    }
    states->lost_us = 0;
    if (states->stable_us == 0)
        states->stable_us = now_us;
    if (trade && states->state != FEED_STREAMING)
        (void)feed_states_event(states, FEED_EVENT_TRADE, now_us, "");
}

void feed_states_unusable(struct feed_states *states, uint64_t trades)
{
    states->unusable_unheard += trades;
    states->unusable += trades;
}

/* What was missing for how long, and how many trades came that cannot be used. */
struct silence {
    const char *what;
    int64_t allowed_us;
    uint64_t unusable;
};

static enum feed_action silence_after(struct feed_states *states, enum feed_event event,
                                      struct silence silence, int64_t now_us)
{
    char memory[FEED_REASON_MAX];
    struct text reason;

    text_init(&reason, memory, sizeof memory);
    text_format(&reason, "%s for %lld s", silence.what, (long long)(silence.allowed_us / US_PER_S));
    if (silence.unusable > 0)
        text_format(&reason, "; %llu unusable trades came", (unsigned long long)silence.unusable);
    return feed_states_event(states, event, now_us, memory);
}

/* The checks of a connection whose handshake is done, the worst first. */
static enum feed_action tick_connected(struct feed_states *states, int64_t now_us)
{
    const struct feed_limits *limits = &states->limits;
    bool open = states->market_open;
    int64_t no_trade_us = now_us - states->trade_us;

    if (now_us - states->heard_us >= limits->silence_us)
        return silence_after(states, open ? FEED_EVENT_SILENCE : FEED_EVENT_SILENCE_CLOSED,
                             (struct silence){"neither trade nor ping", limits->silence_us,
                                              states->unusable_unheard},
                             now_us);
    if (states->state == FEED_CONNECTED)
        return FEED_DO_NOTHING;
    if (states->state == FEED_STALE) {
        if (!open)
            return feed_states_event(states, FEED_EVENT_MARKET_CLOSED, now_us, "market closed");
        if (now_us - states->since_us >= limits->no_trades_us)
            return silence_after(
                states, FEED_EVENT_STILL_STALE,
                (struct silence){"pings, but no trade", 2 * limits->no_trades_us, states->unusable},
                now_us);
        return FEED_DO_NOTHING;
    }
    if (open && now_us - larger(states->trade_us, states->open_us) >= limits->no_trades_us)
        return silence_after(
            states, FEED_EVENT_NO_TRADES,
            (struct silence){"pings, but no trade", limits->no_trades_us, states->unusable},
            now_us);
    if (states->state == FEED_IDLE)
        return FEED_DO_NOTHING;
    if (!open && (states->state == FEED_SUBSCRIBED || no_trade_us >= limits->silence_us))
        return feed_states_event(states, FEED_EVENT_QUIET, now_us, "market closed");
    if (no_trade_us >= limits->silence_us)
        return silence_after(states, FEED_EVENT_QUIET,
                             (struct silence){"no trade", limits->silence_us, states->unusable},
                             now_us);
    return FEED_DO_NOTHING;
}

static void tick_stability(struct feed_states *states, int64_t now_us)
{
    if (feed_state_is_connected(states->state) && states->stable_us != 0 &&
        now_us - states->stable_us >= states->limits.stable_us)
        backoff_reset(&states->backoff);
}

static void note_market(struct feed_states *states, int64_t now_us, bool market_open)
{
    if (market_open && !states->market_open)
        states->open_us = now_us;
    states->market_open = market_open;
}

enum feed_action feed_states_tick(struct feed_states *states, int64_t now_us, bool market_open)
{
    note_market(states, now_us, market_open);
    tick_stability(states, now_us);
    settle(states, states->state);
    switch (states->state) {
    case FEED_CONNECTING:
        if (now_us - states->since_us >= states->limits.connect_timeout_us)
            return silence_after(
                states, FEED_EVENT_TIMEOUT,
                (struct silence){"no answer", states->limits.connect_timeout_us, 0}, now_us);
        break;
    case FEED_BACKING_OFF:
    case FEED_REFUSED:
        if (now_us >= states->attempt_us)
            return feed_states_event(states, FEED_EVENT_ATTEMPT, now_us, NULL);
        break;
    case FEED_CONNECTED:
    case FEED_SUBSCRIBED:
    case FEED_STREAMING:
    case FEED_IDLE:
    case FEED_STALE:
        return tick_connected(states, now_us);
    case FEED_STOPPED:
    case FEED_STATE_COUNT:
        break;
    }
    return FEED_DO_NOTHING;
}
