/* Why the system traded: for each order the whole chain that led to it, what became of the order,
 * and what became of the position that it opened.
 *
 *     TRADE or CLOCK ▶ BAR ▶ BALLOT ▶ DECISION ▶ SIMULATION ▶ ORDER ▶ FILL … ▶ FILL that closes
 *     TRADE, BAR, COMMAND (stop, target, horizon over, operator) ▶ ORDER that closes ▶ FILL
 *
 * The recorder listens as a tap of the bus. At an ORDER it walks back from message to cause while
 * all of them are still in the message log, takes votes and weights from the consensus's history,
 * and keeps copies. It holds the newest `history.explanations` orders, and tells it when one that
 * is asked for has left. Decisions and simulations that led to no order are explained from their
 * own histories. */
#ifndef TICKD_ENGINE_EXPLAIN_H
#define TICKD_ENGINE_EXPLAIN_H

#include "tickd/bus/bus.h"
#include "tickd/modules/agent_manager.h"
#include "tickd/modules/consensus.h"
#include "tickd/modules/portfolio.h"
#include "tickd/modules/simulator.h"

struct explain;

/* What it began with, outside: a TRADE (trade), a COMMAND (uid, verb) or a CLOCK. */
struct explain_origin {
    struct message_head head; /* sequence 0 = not known */
    struct trade_message trade;
    uint32_t uid;
    uint32_t verb; /* enum command_verb */
};

/* The bar in between. */
struct explain_bar {
    uint64_t sequence; /* 0 = there was none */
    int64_t start_ms;
    int64_t open;
    int64_t high;
    int64_t low;
    int64_t close;
    int64_t volume;
    int64_t trades;
    double volatility;
    double spread;
};

/* What was executed: of one order, or of all that closed a position. */
struct explain_executions {
    uint64_t fills;
    uint64_t first_sequence;
    uint64_t last_sequence;
    int64_t first_us;
    int64_t last_us;
    int64_t quantity;
    int64_t value; /* Σ quantity × price */
    int64_t fees;
    int64_t realised_pnl; /* before fees */
};

/* One order with all that is known of it. */
struct explain_order {
    struct message_head head; /* the ORDER's */
    struct order_message order;
    struct explain_origin origin;
    struct explain_bar bar;
    uint64_t ballot_sequence;     /* 0 = there was none */
    uint64_t decision_sequence;   /* 0 = there was none: an exit */
    uint64_t simulation_sequence; /* 0 = there was none */
    struct decision_message decision;
    struct simulation_message simulation;
    int8_t votes[AGENTS_MAX];
    uint16_t weights[AGENTS_MAX]; /* parts of SHARE_ONE */
    uint32_t agents;              /* places in both; 0 = not known */

    enum topic end; /* FILL (done), REJECT or EXPIRED; ORDER = still under way */
    uint64_t end_sequence;
    int64_t end_us;
    enum reject_reason reject_reason;
    int64_t reject_limit;
    int64_t reject_would_be;
    struct explain_executions filled;

    int64_t opened_by; /* an exit: number of the order that opened the position; 0 = not known */
    int64_t closed_by; /* an entry: number of the newest order that closed some of it; 0 = none */
    struct explain_executions closed; /* an entry: of those */
    int64_t closed_us;                /* an entry: when the position was flat again; 0 = not yet */
    uint64_t confirmed;               /* an entry: later simulations of the same side that were let
                                         through, each of which prolonged it */
    uint64_t confirmed_sequence;      /* the newest of them */
};

/* Listens to the bus from now on. NULL while measuring. `consensus` may be NULL: then votes are not
 * known. */
struct explain *explain_create(struct arena *arena, int64_t orders_kept, size_t symbols,
                               struct bus *bus, const struct consensus *consensus);

/* By an order's number; NULL when it has left the ring, or there is no such order. */
const struct explain_order *explain_order(const struct explain *explain, int64_t number);
/* `index` 0 is the newest; NULL beyond the oldest. */
const struct explain_order *explain_newest(const struct explain *explain, size_t index);
struct history explain_history(const struct explain *explain);

enum { EXPLAIN_PERSIST_VERSION = 1 };
void explain_persist(struct explain *explain, struct persist *persist);

/* Where answers are looked for. */
struct explain_sources {
    const struct bus *bus;
    const struct explain *explain;
    const struct consensus *consensus;
    const struct simulator *simulator;
    const struct portfolio *portfolio;
    const struct agent_manager *agents;
    const struct symbol_table *symbols;
};

enum explain_result {
    EXPLAIN_FOUND,
    EXPLAIN_GONE,   /* it was there, and has left the rings */
    EXPLAIN_NOTHING /* no such message yet, or one that nothing has to be said about */
};

/* An answer. Pointers are into the rings: valid until the next message. */
struct explanation {
    uint64_t sequence; /* that was asked for */
    enum topic topic;  /* FILL, ORDER, REJECT, EXPIRED, SIMULATION or DECISION */
    uint16_t symbol;
    bool order_gone;                   /* there was an order, but it has left the ring */
    struct portfolio_fill fill;        /* FILL */
    const struct explain_order *order; /* NULL: a decision or simulation without one, or gone */
    const struct explain_order *entry; /* of the position that the order closes, or NULL */
    const struct explain_order *exit;  /* that closed what the order opened, or NULL */
    const struct consensus_entry *decision;   /* while it is in its history, else NULL */
    const struct simulator_entry *simulation; /* while it is in its history, else NULL */
};

/* The version that an agent was when it voted at that time; 0 = not kept any more. */
uint32_t explain_version(const struct agent_manager *agents, size_t place, int64_t time_us);

/* Explains a message by its sequence number: a FILL, ORDER, REJECT, EXPIRED, DECISION or
 * SIMULATION. */
enum explain_result explain_find(const struct explain_sources *sources, uint64_t sequence,
                                 struct explanation *explanation);

/* As lines for people, each with its end; what is asked for and cannot be found is a line too. */
void explain_print(const struct explain_sources *sources, uint64_t sequence, struct text *out);

enum { EXPLAIN_TEXT_MAX = 16384 /* the longest answer */ };

#endif
