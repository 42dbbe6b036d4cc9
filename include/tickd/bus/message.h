/* What modules say to each other: tagged values of at most 256 bytes, never a pointer inside, so
 * that the log, the tape and the taps can keep them as they are.
 *
 * Each topic's body is a list of fields, once: the structure, the dump line and the canonical bytes
 * under the digest are generated from it. F(KIND, name, detail), by falling alignment, so that no
 * body has padding (the compiler checks it):
 *
 *   TIME_MS, TIME_US  int64_t   UNIX time
 *   MONEY             int64_t   decimal
 *   PRICE_OR_NONE     int64_t   decimal; 0 = there is none (null in a dump)
 *   INTEGER, COUNT    int64_t, uint64_t
 *   REAL              double    NaN = not ready (null in a dump)
 *   INDICATORS        struct indicators
 *   VOTES             int8_t[detail]
 *   SHARES            uint16_t[detail]  parts of SHARE_ONE
 *   REALS             double[detail]    NaN = not ready or not used (null in a dump)
 *   WORD              uint32_t
 *   CHOICE            uint32_t  value of an enumeration; detail: function that names it
 *   FLAG              uint32_t  0 or 1
 *   MODULES           uint32_t  set of modules, bit = enum module_id
 *   TEXT              char[detail], zero-filled */
#ifndef TICKD_BUS_MESSAGE_H
#define TICKD_BUS_MESSAGE_H

#include "tickd/base/persist.h"
#include "tickd/base/text.h"
#include "tickd/bus/vocabulary.h"
#include "tickd/market/indicators.h"
#include "tickd/market/symbols.h"

/* X(NAME, name, scored): who can speak. Health is the share of fresh ones among the scored modules
 * that are wired. */
#define MODULES(X)                        \
    X(ENGINE, engine, false)              \
    X(FEED, feed, true)                   \
    X(BUS, bus, true)                     \
    X(MARKET, market, true)               \
    X(ELECTORATE, electorate, true)       \
    X(CONSENSUS, consensus, true)         \
    X(SIMULATOR, simulator, true)         \
    X(PORTFOLIO, portfolio, true)         \
    X(AGENT_MANAGER, agent_manager, true) \
    X(EVOLUTION, evolution, true)         \
    X(INTROSPECTION, introspection, true) \
    X(STORE, store, true)                 \
    X(CONTROL, control, true)             \
    X(DASHBOARD, dashboard, true)         \
    X(MONITOR, monitor, false)

enum module_id {
#define X(NAME, name, scored) MODULE_##NAME,
    MODULES(X)
#undef X
        MODULE_COUNT
};

/* A trade as it came through the door; head.symbol names it, head.time_us is its receipt. moves:
 * what it may move, of enum trade_moves. */
#define TRADE_FIELDS(F)     \
    F(TIME_MS, time_ms, 0)  \
    F(MONEY, price, 0)      \
    F(MONEY, volume, 0)     \
    F(COUNT, conditions, 0) \
    F(COUNT, moves, 0)

/* A closed bar with its indicators. horizon_return is the log return of the close over the last H
 * bars. after_gap: the feed had a gap before it, so indicators start anew with it. spread:
 * estimated bid-ask spread, relative to the price (Roll 1984). factor: what volume and trades were
 * divided by because prints arrived repeatedly. */
#define BAR_FIELDS(F)                       \
    F(TIME_MS, start_ms, 0)                 \
    F(MONEY, open, 0)                       \
    F(MONEY, high, 0)                       \
    F(MONEY, low, 0)                        \
    F(MONEY, close, 0)                      \
    F(MONEY, volume, 0)                     \
    F(PRICE_OR_NONE, vwap, 0)               \
    F(INTEGER, trades, 0)                   \
    F(REAL, horizon_return, 0)              \
    F(REAL, spread, 0)                      \
    F(INDICATORS, indicators, 0)            \
    F(WORD, factor, 0)                      \
    F(FLAG, after_gap, 0)                   \
    F(CHOICE, session, session_choice_name) \
    F(WORD, number, 0)

/* A whole second has passed: head.time_us. skipped_s: seconds that were passed over because the
 * clock jumped by more than a week. */
#define CLOCK_FIELDS(F) F(COUNT, skipped_s, 0)

/* The feed, or with head.symbol one symbol's stream, is in another state. owed_since_us: since when
 * it owes a message, 0 = it owes none. */
#define FEED_FIELDS(F)                   \
    F(TIME_US, owed_since_us, 0)         \
    F(COUNT, connections, 0)             \
    F(CHOICE, state, feed_state_name)    \
    F(CHOICE, stream, stream_state_name) \
    F(TEXT, reason, 96)

/* Score in percent, and which modules are what. */
#define HEALTH_FIELDS(F)   \
    F(REAL, score, 0)      \
    F(MODULES, wired, 0)   \
    F(MODULES, idle, 0)    \
    F(MODULES, lagging, 0) \
    F(MODULES, stale, 0)   \
    F(MODULES, failed, 0)  \
    F(WORD, unused, 0)

/* An operator changed something: who (peer's uid) and what; number and second are the verb's. */
#define COMMAND_FIELDS(F)              \
    F(INTEGER, number, 0)              \
    F(INTEGER, second, 0)              \
    F(WORD, uid, 0)                    \
    F(CHOICE, verb, command_verb_name) \
    F(TEXT, argument, 96)

/* What only the shell can measure, once a second: memory (budget_bytes: what it should need at the
 * most), the loop, and what the shell's own modules owe (since when, 0 = nothing), have handled so
 * far, or report as failed. Fills are thousandths: of the archive's queue, of the tape's buffers,
 * of the fullest client's output. journal_failing: an input could not be recorded that has to be,
 * so no new risk may be taken. */
#define VITALS_FIELDS(F)                   \
    F(COUNT, rss_bytes, 0)                 \
    F(COUNT, allocated_bytes, 0)           \
    F(COUNT, resident_bytes, 0)            \
    F(COUNT, budget_bytes, 0)              \
    F(INTEGER, loop_lag_us, 0)             \
    F(TIME_US, control_owed_since_us, 0)   \
    F(TIME_US, store_owed_since_us, 0)     \
    F(TIME_US, dashboard_owed_since_us, 0) \
    F(COUNT, control_handled, 0)           \
    F(COUNT, store_handled, 0)             \
    F(COUNT, dashboard_handled, 0)         \
    F(MODULES, wired, 0)                   \
    F(MODULES, failed, 0)                  \
    F(WORD, store_fill, 0)                 \
    F(WORD, tape_fill, 0)                  \
    F(WORD, clients_fill, 0)               \
    F(FLAG, journal_failing, 0)

/* Every agent's vote on a bar. A vote is a signed byte: sign = side, magnitude = confidence in
 * percent, 0 = holds, VOTE_ABSTAINS = abstains; places from `agents` on abstain. horizon_return is
 * the bar's: what the votes of H bars ago were worth. number: the bar's. */
#define BALLOT_FIELDS(F)        \
    F(TIME_MS, bar_start_ms, 0) \
    F(MONEY, close, 0)          \
    F(REAL, volatility, 0)      \
    F(REAL, horizon_return, 0)  \
    F(WORD, number, 0)          \
    F(WORD, agents, 0)          \
    F(FLAG, after_gap, 0)       \
    F(WORD, unused, 0)          \
    F(VOTES, votes, AGENTS_MAX)

/* The same for the shadows, which never vote; right after the BALLOT of the same bar. Shadow k of
 * species s has the place s × shadows + k. */
#define SHADOWS_FIELDS(F)       \
    F(TIME_MS, bar_start_ms, 0) \
    F(WORD, number, 0)          \
    F(WORD, shadows, 0)         \
    F(VOTES, votes, SHADOWS_MAX)

/* What the agents agree on. Shares are of weight, 0 to 1. score: signed weighted sum of
 * confidences, −1 to 1. support: weight of those who vote for the side ÷ weight of those who do not
 * abstain. dissent: entropy of the vote over buy, hold and sell by weight, ÷ ln 3. robustness: how
 * many of the votes behind it would have to hold instead for another decision. */
#define DECISION_FIELDS(F)                  \
    F(TIME_MS, bar_start_ms, 0)             \
    F(MONEY, close, 0)                      \
    F(REAL, volatility, 0)                  \
    F(REAL, horizon_return, 0)              \
    F(REAL, score, 0)                       \
    F(REAL, support, 0)                     \
    F(REAL, confidence, 0)                  \
    F(REAL, quorum, 0)                      \
    F(REAL, dissent, 0)                     \
    F(WORD, number, 0)                      \
    F(WORD, robustness, 0)                  \
    F(CHOICE, side, side_name)              \
    F(CHOICE, model, consensus_model_name)  \
    F(CHOICE, reason, decision_reason_name) \
    F(FLAG, after_gap, 0)

/* Once a minute: each agent's share of the common weights, and how far the learner is from its
 * bound: regret ÷ bound, above 1 is a bug. */
#define WEIGHTS_FIELDS(F)    \
    F(REAL, regret, 0)       \
    F(REAL, bound, 0)        \
    F(REAL, regret_ratio, 0) \
    F(COUNT, losses, 0)      \
    F(SHARES, weights, AGENTS_MAX)

/* What a decision is worth, as fractions of the position's value, log returns. Of the trade that it
 * begins or prolongs: edge, what such trades have earned before costs, shrunk; edge_error, its
 * standard error; outcomes, the trades that it is worth; bound, the edge less as many errors as are
 * asked for; costs of the round trip; expected_value, the edge less the costs. Of the H bars that
 * follow, from paths: drift and deviation of the return before costs; probability_profit,
 * value_at_risk and expected_shortfall (95%) after costs. strength: share of the symbol's decisions
 * that are weaker; level: of the strength that the edge belongs to; agreement: of the decisions of
 * the H bars before with this one, −1 to 1. fraction: of equity to hold, signed by side, 0 when
 * rejected. */
#define SIMULATION_FIELDS(F)         \
    F(TIME_MS, bar_start_ms, 0)      \
    F(MONEY, price, 0)               \
    F(REAL, expected_value, 0)       \
    F(REAL, probability_profit, 0)   \
    F(REAL, value_at_risk, 0)        \
    F(REAL, expected_shortfall, 0)   \
    F(REAL, edge, 0)                 \
    F(REAL, edge_error, 0)           \
    F(REAL, bound, 0)                \
    F(REAL, outcomes, 0)             \
    F(REAL, costs, 0)                \
    F(REAL, strength, 0)             \
    F(REAL, agreement, 0)            \
    F(REAL, drift, 0)                \
    F(REAL, deviation, 0)            \
    F(REAL, volatility, 0)           \
    F(REAL, block_length, 0)         \
    F(REAL, fraction, 0)             \
    F(WORD, number, 0)               \
    F(WORD, paths, 0)                \
    F(WORD, level, 0)                \
    F(CHOICE, side, side_name)       \
    F(CHOICE, verdict, verdict_name) \
    F(CHOICE, reason, simulation_reason_name)

/* An order of the portfolio to itself, executed from the next trade on. */
#define ORDER_FIELDS(F)                    \
    F(INTEGER, order, 0)                   \
    F(MONEY, quantity, 0)                  \
    F(MONEY, price, 0)                     \
    F(COUNT, simulation, 0)                \
    F(CHOICE, side, side_name)             \
    F(CHOICE, purpose, order_purpose_name) \
    F(FLAG, reduces, 0)                    \
    F(WORD, unused, 0)

/* One execution, whole or part. position, cost (what is in the position: paid for a long, received
 * for a short, < 0) and cash: after it. realised_pnl: of this fill, before fees. done: it is the
 * order's last. simulation: sequence number of the SIMULATION behind the order, 0 = none. */
#define FILL_FIELDS(F)                     \
    F(INTEGER, order, 0)                   \
    F(MONEY, quantity, 0)                  \
    F(MONEY, price, 0)                     \
    F(MONEY, trade_price, 0)               \
    F(MONEY, fee, 0)                       \
    F(MONEY, realised_pnl, 0)              \
    F(MONEY, position, 0)                  \
    F(MONEY, cost, 0)                      \
    F(MONEY, cash, 0)                      \
    F(MONEY, remaining, 0)                 \
    F(COUNT, simulation, 0)                \
    F(CHOICE, side, side_name)             \
    F(CHOICE, purpose, order_purpose_name) \
    F(FLAG, done, 0)                       \
    F(WORD, unused, 0)

/* An order that was refused, with the limit and what it would have become; EXPIRED: one that found
 * no trade in time, with what was filled of it. */
#define REJECT_FIELDS(F)                   \
    F(INTEGER, order, 0)                   \
    F(MONEY, quantity, 0)                  \
    F(MONEY, limit, 0)                     \
    F(MONEY, would_be, 0)                  \
    F(COUNT, simulation, 0)                \
    F(CHOICE, side, side_name)             \
    F(CHOICE, purpose, order_purpose_name) \
    F(CHOICE, reason, reject_reason_name)  \
    F(WORD, unused, 0)

#define EXPIRED_FIELDS(F)      \
    F(INTEGER, order, 0)       \
    F(MONEY, quantity, 0)      \
    F(MONEY, filled, 0)        \
    F(COUNT, simulation, 0)    \
    F(CHOICE, side, side_name) \
    F(CHOICE, purpose, order_purpose_name)

/* The books, once a minute and after every fill. equity = cash + market value, exactly. peak: the
 * highest equity so far, or since the kill switch was released; drawdown: from it, 0 to 1.
 * day_equity: at the day's first word. */
#define EQUITY_FIELDS(F)        \
    F(MONEY, initial_cash, 0)   \
    F(MONEY, cash, 0)           \
    F(MONEY, equity, 0)         \
    F(MONEY, market_value, 0)   \
    F(MONEY, gross, 0)          \
    F(MONEY, realised_pnl, 0)   \
    F(MONEY, unrealised_pnl, 0) \
    F(MONEY, fees, 0)           \
    F(MONEY, turnover, 0)       \
    F(MONEY, peak, 0)           \
    F(MONEY, day_equity, 0)     \
    F(REAL, drawdown, 0)        \
    F(COUNT, fills, 0)          \
    F(FLAG, halted, 0)          \
    F(FLAG, minute, 0)

/* Who an agent is now: at start, and after every change. place: its place in ballots. */
#define AGENT_PROFILE_FIELDS(F)          \
    F(INTEGER, id, 0)                    \
    F(REAL, fitness, 0)                  \
    F(REALS, parameters, PARAMETERS_MAX) \
    F(WORD, place, 0)                    \
    F(WORD, version, 0)                  \
    F(WORD, parent, 0)                   \
    F(CHOICE, species, species_name)     \
    F(CHOICE, state, agent_state_name)   \
    F(CHOICE, reason, version_reason_name)

/* Evolution asks for other parameters. fitness: of the challenger, incumbent_fitness: of what it
 * replaces, both mean reward a bar; margin: lower confidence bound of the advantage; tried:
 * challengers that were compared. */
#define AGENT_UPDATE_FIELDS(F)           \
    F(INTEGER, id, 0)                    \
    F(REAL, fitness, 0)                  \
    F(REAL, incumbent_fitness, 0)        \
    F(REAL, margin, 0)                   \
    F(REALS, parameters, PARAMETERS_MAX) \
    F(WORD, tried, 0)                    \
    F(CHOICE, reason, version_reason_name)

/* What a shadow plays from now on. place: species × shadows + k. */
#define SHADOW_PROFILE_FIELDS(F)         \
    F(REALS, parameters, PARAMETERS_MAX) \
    F(WORD, place, 0)                    \
    F(CHOICE, species, species_name)

/* What happened in evolution. agent: its id, 0 = none. */
#define EVOLUTION_FIELDS(F)                \
    F(INTEGER, agent, 0)                   \
    F(COUNT, bars, 0)                      \
    F(REAL, incumbent_fitness, 0)          \
    F(REAL, challenger_fitness, 0)         \
    F(REAL, margin, 0)                     \
    F(WORD, generation, 0)                 \
    F(WORD, tried, 0)                      \
    F(CHOICE, event, evolution_event_name) \
    F(CHOICE, species, species_name)

/* The system's metrics, once a minute; not ready = null. Since the start: of decisions, taken as
 * votes, mean_reward (a bar), mean_worth (the same before costs), hit_rate, brier and outcomes (how
 * many of them are known); of equity by the minute sharpe, sortino, deflated_sharpe, max_drawdown
 * (0 to 1) and minutes; turnover, in mean equities; of positions that were closed, trips, win_rate
 * after fees. correlation: mean of all pairs of agents, of their rewards by the minute. Of this
 * minute alone: minute_return of equity, minute_reward of decisions (mean a bar), diversity of
 * ballots (mean; 0 to 1). */
#define REWARD_FIELDS(F)        \
    F(REAL, mean_reward, 0)     \
    F(REAL, mean_worth, 0)      \
    F(REAL, hit_rate, 0)        \
    F(REAL, brier, 0)           \
    F(REAL, sharpe, 0)          \
    F(REAL, sortino, 0)         \
    F(REAL, deflated_sharpe, 0) \
    F(REAL, max_drawdown, 0)    \
    F(REAL, turnover, 0)        \
    F(REAL, win_rate, 0)        \
    F(REAL, diversity, 0)       \
    F(REAL, correlation, 0)     \
    F(REAL, minute_return, 0)   \
    F(REAL, minute_reward, 0)   \
    F(COUNT, outcomes, 0)       \
    F(COUNT, minutes, 0)        \
    F(COUNT, trips, 0)

/* An alert is in another state. began_us: since when its condition has held, or had held before it
 * was resolved. text: what was measured, in words. */
#define ALERT_FIELDS(F)                      \
    F(TIME_US, began_us, 0)                  \
    F(REAL, value, 0)                        \
    F(REAL, threshold, 0)                    \
    F(CHOICE, alert, alert_name)             \
    F(CHOICE, severity, alert_severity_name) \
    F(CHOICE, state, alert_state_name)       \
    F(CHOICE, action, alert_action_name)     \
    F(TEXT, text, 96)

/* X(NAME, name): the topics. */
#define TOPICS(X)                     \
    X(TRADE, trade)                   \
    X(BAR, bar)                       \
    X(CLOCK, clock)                   \
    X(FEED, feed)                     \
    X(HEALTH, health)                 \
    X(COMMAND, command)               \
    X(VITALS, vitals)                 \
    X(BALLOT, ballot)                 \
    X(SHADOWS, shadows)               \
    X(DECISION, decision)             \
    X(WEIGHTS, weights)               \
    X(SIMULATION, simulation)         \
    X(ORDER, order)                   \
    X(FILL, fill)                     \
    X(REJECT, reject)                 \
    X(EXPIRED, expired)               \
    X(EQUITY, equity)                 \
    X(AGENT_PROFILE, agent_profile)   \
    X(AGENT_UPDATE, agent_update)     \
    X(SHADOW_PROFILE, shadow_profile) \
    X(EVOLUTION, evolution)           \
    X(REWARD, reward)                 \
    X(ALERT, alert)

enum topic {
#define X(NAME, name) TOPIC_##NAME,
    TOPICS(X)
#undef X
        TOPIC_COUNT
};

enum field_kind {
    FIELD_TIME_MS,
    FIELD_TIME_US,
    FIELD_MONEY,
    FIELD_PRICE_OR_NONE,
    FIELD_INTEGER,
    FIELD_COUNT,
    FIELD_REAL,
    FIELD_INDICATORS,
    FIELD_VOTES,
    FIELD_SHARES,
    FIELD_REALS,
    FIELD_WORD,
    FIELD_CHOICE,
    FIELD_FLAG,
    FIELD_MODULES,
    FIELD_TEXT
};

#define FIELD_TYPE_TIME_MS(name, detail) int64_t name;
#define FIELD_TYPE_TIME_US(name, detail) int64_t name;
#define FIELD_TYPE_MONEY(name, detail) int64_t name;
#define FIELD_TYPE_PRICE_OR_NONE(name, detail) int64_t name;
#define FIELD_TYPE_INTEGER(name, detail) int64_t name;
#define FIELD_TYPE_COUNT(name, detail) uint64_t name;
#define FIELD_TYPE_REAL(name, detail) double name;
#define FIELD_TYPE_INDICATORS(name, detail) struct indicators name;
#define FIELD_TYPE_VOTES(name, detail) int8_t name[detail];
#define FIELD_TYPE_SHARES(name, detail) uint16_t name[detail];
#define FIELD_TYPE_REALS(name, detail) double name[detail];
#define FIELD_TYPE_WORD(name, detail) uint32_t name;
#define FIELD_TYPE_CHOICE(name, detail) uint32_t name;
#define FIELD_TYPE_FLAG(name, detail) uint32_t name;
#define FIELD_TYPE_MODULES(name, detail) uint32_t name;
#define FIELD_TYPE_TEXT(name, detail) char name[detail];
#define FIELD_DECLARE(kind, name, detail) FIELD_TYPE_##kind(name, detail)

#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

#define X(NAME, name)                \
    struct name##_message {          \
        NAME##_FIELDS(FIELD_DECLARE) \
    };
TOPICS(X)
#undef X

struct message_head {
    uint64_t sequence;  /* 1, 2, 3 … */
    int64_t time_us;    /* engine time at which it was published */
    uint8_t topic;      /* enum topic */
    uint8_t sender;     /* enum module_id */
    uint16_t symbol;    /* id, or SYMBOL_NONE */
    uint32_t caused_by; /* how many messages ago the one was published whose handling published this
                           one; 0 = it came from outside */
};

#pragma GCC diagnostic pop

union message_body {
#define X(NAME, name) struct name##_message name;
    TOPICS(X)
#undef X
};

struct message {
    struct message_head head;
    union message_body body;
};

enum { MESSAGE_SIZE_MAX = 256, MESSAGE_HEAD_SIZE = 24 };
_Static_assert(sizeof(struct message_head) == MESSAGE_HEAD_SIZE, "the head is 24 bytes");
_Static_assert(sizeof(struct message) <= MESSAGE_SIZE_MAX, "a message is at most 256 bytes");

/* One field as data. */
struct field {
    const char *name;
    enum field_kind kind;
    uint16_t offset; /* in the body */
    uint16_t size;
    const char *(*choice_name)(uint32_t value); /* CHOICE only */
};

const char *topic_name(enum topic topic); /* "TRADE" */
const char *module_id_name(enum module_id module);
bool module_is_scored(enum module_id module);

/* The topic of that name (capitals do not matter), or TOPIC_COUNT. */
enum topic topic_by_name(const char *name, size_t length);

size_t topic_body_size(enum topic topic);
const struct field *topic_fields(enum topic topic, size_t *count);

/* Whether a message that was read can be shown: for persist_ring() and its like, `context` the
 * struct persist. */
bool message_check(const void *message, void *context);

/* Appends {"seq":…,"time_us":…,"topic":…,"symbol":…,"cause":…, and the topic's own fields}, one
 * line without its end. */
void message_print_json(const struct message *message, const struct symbol_table *symbols,
                        struct text *out);

enum { MESSAGE_TEXT_MAX = 4096 /* the longest line */ };

#endif
