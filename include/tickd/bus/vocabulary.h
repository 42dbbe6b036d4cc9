/* The words of messages: enumerations, each one list from which its names come too.
 * X(PREFIX, NAME, name): the value PREFIX_NAME prints as "name". */
#ifndef TICKD_BUS_VOCABULARY_H
#define TICKD_BUS_VOCABULARY_H

#include "tickd/base/compiler.h"
#include "tickd/bus/alert_table.h"

/* States of the connection to the feed. */
#define FEED_STATE_LIST(X)                                                    \
    X(FEED, STOPPED, stopped)                                                 \
    X(FEED, CONNECTING, connecting)                                           \
    X(FEED, CONNECTED, connected)                                             \
    X(FEED, SUBSCRIBED, subscribed)                                           \
    X(FEED, STREAMING, streaming)                                             \
    X(FEED, IDLE, idle)   /* connected; market closed, or no trades */        \
    X(FEED, STALE, stale) /* connected, and silent for longer than allowed */ \
    X(FEED, BACKING_OFF, backing_off)                                         \
    X(FEED, REFUSED, refused) /* the key is not accepted */

/* States of a symbol's stream inside a feed that streams; a FEED message with a symbol. */
#define STREAM_STATE_LIST(X)                                                     \
    X(STREAM, TALKING, talking)                                                  \
    X(STREAM, SILENT, silent)     /* subscribed, its market open, others talk */ \
    X(STREAM, REJECTED, rejected) /* the server does not take the subscription */

/* What an operator can change. */
#define COMMAND_VERB_LIST(X)                                                                       \
    X(COMMAND, LOG_LEVEL, log_level)                                                               \
    X(COMMAND, ROTATE, rotate)                                                                     \
    X(COMMAND, SHUTDOWN, shutdown)                                                                 \
    X(COMMAND, SUSPEND, suspend) /* an agent: number = its id */                                   \
    X(COMMAND, RESUME, resume)   /* an agent: number = its id */                                   \
    X(COMMAND, ROLLBACK,                                                                           \
      rollback)            /* an agent: number = its id; second = version, 0 = the one before */   \
    X(COMMAND, HALT, halt) /* no new risk; argument = why */                                       \
    X(COMMAND, UNHALT, unhalt)                                                                     \
    X(COMMAND, FLATTEN, flatten) /* close every position */                                        \
    /* Books are taken over, see engine/adopt.h; money as decimals. */                             \
    X(COMMAND, ADOPT_CASH, adopt_cash)         /* number = initial cash, second = cash */          \
    X(COMMAND, ADOPT_RESULT, adopt_result)     /* number = realised P&L, second = fees */          \
    X(COMMAND, ADOPT_TURNOVER, adopt_turnover) /* number = turnover */                             \
    X(COMMAND, ADOPT_POSITION,                                                                     \
      adopt_position)                    /* argument = symbol, number = quantity, second = cost */ \
    X(COMMAND, ADOPT_PRICE, adopt_price) /* argument = symbol, number = its last price */          \
    X(COMMAND, ADOPT_BOOKS,                                                                        \
      adopt_books)       /* they are whole: number = highest equity, second = the day's first */   \
    X(COMMAND, SET, set) /* a key that can change at run time; argument = "KEY=VALUE" */

#define SIDE_LIST(X)    \
    X(SIDE, HOLD, hold) \
    X(SIDE, BUY, buy)   \
    X(SIDE, SELL, sell)

/* Eight species that vote, and the coin, which is scored like them and whose votes never count. */
#define SPECIES_LIST(X)                        \
    X(SPECIES, MOMENTUM, momentum)             \
    X(SPECIES, MEAN_REVERSION, mean_reversion) \
    X(SPECIES, TREND, trend)                   \
    X(SPECIES, VOLATILITY, volatility)         \
    X(SPECIES, BREAKOUT, breakout)             \
    X(SPECIES, SWING, swing)                   \
    X(SPECIES, DISLOCATION, dislocation)       \
    X(SPECIES, ORDER_FLOW, order_flow)         \
    X(SPECIES, COIN, coin)

#define AGENT_STATE_LIST(X)        \
    X(AGENT, ACTIVE, active)       \
    X(AGENT, SUSPENDED, suspended) \
    X(AGENT, YARDSTICK, yardstick) /* the coin: scored, never counted */

/* Why a new version of an agent is there. */
#define VERSION_REASON_LIST(X)           \
    X(VERSION, FIRST, first)             \
    X(VERSION, PROMOTED, promoted)       \
    X(VERSION, ROLLED_BACK, rolled_back) \
    X(VERSION, BY_OPERATOR, by_operator)

#define CONSENSUS_MODEL_LIST(X)        \
    X(CONSENSUS, HEDGE, hedge)         \
    X(CONSENSUS, WEIGHTED, weighted)   \
    X(CONSENSUS, MAJORITY, majority)   \
    X(CONSENSUS, UNANIMOUS, unanimous) \
    X(CONSENSUS, THRESHOLD, threshold)

#define DECISION_REASON_LIST(X)                                                           \
    X(DECISION, AGREED, agreed)                                                           \
    X(DECISION, BELOW_QUORUM, below_quorum)   /* too many abstain */                      \
    X(DECISION, TIE, tie)                     /* as much for as against */                \
    X(DECISION, BELOW_SUPPORT, below_support) /* the model asks for more than there is */ \
    X(DECISION, NOBODY_VOTES, nobody_votes)   /* all hold or abstain */

#define VERDICT_LIST(X)                          \
    X(VERDICT, PROCEED, proceed)                 \
    X(VERDICT, CAUTION, caution) /* half size */ \
    X(VERDICT, REJECT, reject)

/* Why a verdict is what it is. */
#define SIMULATION_REASON_LIST(X)                                                                \
    X(SIMULATION, EDGE_EXCEEDS_COSTS, edge_exceeds_costs) /* proceed */                          \
    X(SIMULATION, EDGE_IS_UNSURE,                                                                \
      edge_is_unsure) /* caution: above the costs by the errors asked for, not by as many as     \
                         so many looks at so many numbers ask for */                             \
    X(SIMULATION, EDGE_BELOW_COSTS,                                                              \
      edge_below_costs)               /* reject: what is sure of it does not exceed the costs */ \
    X(SIMULATION, TOO_WEAK, too_weak) /* reject: stronger decisions alone are worth more */      \
    X(SIMULATION, TOO_FEW_OUTCOMES, too_few_outcomes) /* reject: nothing is known yet */         \
    X(SIMULATION, TOO_FEW_RETURNS, too_few_returns)   /* reject: too few bars for paths */       \
    X(SIMULATION, TAIL_TOO_HEAVY,                                                                \
      tail_too_heavy)               /* reject: expected shortfall beyond the limit */            \
    X(SIMULATION, NO_SIZE, no_size) /* reject: Kelly gives nothing */

/* What an order is for. */
#define ORDER_PURPOSE_LIST(X)                                \
    X(ORDER, ENTER, enter)                                   \
    X(ORDER, REVERSE, reverse) /* the decision turned */     \
    X(ORDER, STOP_LOSS, stop_loss)                           \
    X(ORDER, TAKE_PROFIT, take_profit)                       \
    X(ORDER, TIME_STOP, time_stop) /* the horizon is over */ \
    X(ORDER, FLATTEN, flatten)     /* an operator */

#define REJECT_REASON_LIST(X)                                                   \
    X(REJECT, HALTED, halted)             /* kill switch */                     \
    X(REJECT, DAILY_LOSS, daily_loss)     /* limit of the day */                \
    X(REJECT, SYMBOL_LIMIT, symbol_limit) /* exposure in the symbol */          \
    X(REJECT, GROSS_LIMIT, gross_limit)   /* exposure in all */                 \
    X(REJECT, ORDER_RATE, order_rate)     /* orders a minute */                 \
    X(REJECT, NO_CASH, no_cash)           /* without margin */                  \
    X(REJECT, NO_SHORT, no_short)         /* short selling is not allowed */    \
    X(REJECT, TOO_SMALL, too_small)       /* rounds to nothing */               \
    X(REJECT, NO_PRICE, no_price)         /* the symbol has no usable price */  \
    X(REJECT, OPEN_ORDER, open_order)     /* one for the symbol is under way */ \
    X(REJECT, JOURNAL, journal)           /* inputs cannot be recorded, and must be */

#define EVOLUTION_EVENT_LIST(X)                                                                 \
    X(EVOLUTION, GENERATION, generation)   /* a species' population has moved on */             \
    X(EVOLUTION, PROMOTED, promoted)       /* a challenger replaces its incumbent */            \
    X(EVOLUTION, KEPT, kept)               /* the best challenger is not better beyond doubt */ \
    X(EVOLUTION, DEGRADED, degraded)       /* a record has worsened: a generation is forced */  \
    X(EVOLUTION, ROLLED_BACK, rolled_back) /* a version did worse than its parent */

#define ALERT_SEVERITY_LIST(X)    \
    X(SEVERITY, WARNING, warning) \
    X(SEVERITY, CRITICAL, critical)

/* Where an alert stands: inactive → pending → firing → resolved → pending … */
#define ALERT_STATE_LIST(X)                                                                     \
    X(ALERT_STATE, INACTIVE, inactive)                                                          \
    X(ALERT_STATE, PENDING, pending)   /* the condition holds, or has not been gone for long */ \
    X(ALERT_STATE, FIRING, firing)     /* it has held for the hold time */                      \
    X(ALERT_STATE, RESOLVED, resolved) /* it has fired, and has been gone for the clear time */

/* What tickd does by itself when an alert fires. */
#define ALERT_ACTION_LIST(X)    \
    X(ALERT_ACTION, NONE, none) \
    X(ALERT_ACTION, RESTART, restart) /* saves its state and ends, to be started anew */

#define VALUE_ROW(PREFIX, NAME, name) PREFIX##_##NAME,

enum feed_state { FEED_STATE_LIST(VALUE_ROW) FEED_STATE_COUNT };
enum stream_state { STREAM_STATE_LIST(VALUE_ROW) STREAM_STATE_COUNT };
enum command_verb { COMMAND_VERB_LIST(VALUE_ROW) COMMAND_VERB_COUNT };
enum side { SIDE_LIST(VALUE_ROW) SIDE_COUNT };
enum species { SPECIES_LIST(VALUE_ROW) SPECIES_COUNT };
enum agent_state { AGENT_STATE_LIST(VALUE_ROW) AGENT_STATE_COUNT };
enum version_reason { VERSION_REASON_LIST(VALUE_ROW) VERSION_REASON_COUNT };
enum consensus_model { CONSENSUS_MODEL_LIST(VALUE_ROW) CONSENSUS_MODEL_COUNT };
enum decision_reason { DECISION_REASON_LIST(VALUE_ROW) DECISION_REASON_COUNT };
enum verdict { VERDICT_LIST(VALUE_ROW) VERDICT_COUNT };
enum simulation_reason { SIMULATION_REASON_LIST(VALUE_ROW) SIMULATION_REASON_COUNT };
enum order_purpose { ORDER_PURPOSE_LIST(VALUE_ROW) ORDER_PURPOSE_COUNT };
enum reject_reason { REJECT_REASON_LIST(VALUE_ROW) REJECT_REASON_COUNT };
enum evolution_event { EVOLUTION_EVENT_LIST(VALUE_ROW) EVOLUTION_EVENT_COUNT };
enum alert_severity { ALERT_SEVERITY_LIST(VALUE_ROW) SEVERITY_COUNT };
enum alert_state { ALERT_STATE_LIST(VALUE_ROW) ALERT_STATE_COUNT };
enum alert_action { ALERT_ACTION_LIST(VALUE_ROW) ALERT_ACTION_COUNT };

#undef VALUE_ROW

enum {
    AGENTS_MAX = 64,
    SHADOWS_MAX = 192, /* all species together */
    PARAMETERS_MAX = 6,
    VOTE_ABSTAINS = -128,
    SHARE_ONE = 65535
};

const char *feed_state_name(uint32_t value);
const char *stream_state_name(uint32_t value);
const char *command_verb_name(uint32_t value);
const char *side_name(uint32_t value);
const char *species_name(uint32_t value);
const char *agent_state_name(uint32_t value);
const char *version_reason_name(uint32_t value);
const char *consensus_model_name(uint32_t value);
const char *decision_reason_name(uint32_t value);
const char *verdict_name(uint32_t value);
const char *simulation_reason_name(uint32_t value);
const char *order_purpose_name(uint32_t value);
const char *reject_reason_name(uint32_t value);
const char *evolution_event_name(uint32_t value);
const char *alert_severity_name(uint32_t value);
const char *alert_state_name(uint32_t value);
const char *alert_action_name(uint32_t value);
const char *session_choice_name(uint32_t value);

#endif
