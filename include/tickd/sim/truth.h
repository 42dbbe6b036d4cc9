/* What the local server has sent, counted as it was sent, so that a test can compare: printed as
 * one JSON document at the end. */
#ifndef TICKD_SIM_TRUTH_H
#define TICKD_SIM_TRUTH_H

#include <stdio.h>

#include "tickd/market/symbols.h"
#include "tickd/sim/schedule.h"
#include "tickd/sim/sources.h"

/* Of one symbol. Trades are the market's own, each counted once however many clients got it;
 * duplicates are what Finnhub's faults added. Only what went to at least one client. */
struct truth_symbol {
    uint64_t trades;
    uint64_t duplicates;
    int64_t first_ms; /* least and greatest exchange time */
    int64_t last_ms;
    int64_t volume;     /* Σ of the trades, decimal; stays at DECIMAL_MAX when it does not fit */
    int64_t last_price; /* of the trade sent last */
};

struct truth {
    struct truth_symbol *symbols; /* by id; SYMBOLS_MAX */
    uint64_t trades;
    uint64_t duplicates;
    uint64_t unsent;     /* trades that no client had subscribed to */
    uint64_t frames;     /* trade messages of the market, each counted once */
    uint64_t messages;   /* of any kind, all clients together */
    uint64_t deliveries; /* entries of trade messages, all clients together */
    uint64_t pings;      /* written, all clients together */
    uint64_t connections;
    uint64_t clients; /* that got their 101 */
    uint64_t refused; /* that did not */
    uint64_t cut;     /* clients that did not read and were ended */
    int64_t first_ms;
    int64_t last_ms;
    uint64_t faults[FAULT_COUNT]; /* how often each has struck */
};

/* ERROR_MEMORY. */
int truth_init(struct truth *truth);
void truth_fini(struct truth *truth);

/* An entry went out to at least one client. */
void truth_sent(struct truth *truth, const struct sim_entry *entry);

/* What the document says beside the counts. Pointers may be NULL when there is nothing. */
struct truth_frame {
    const char *version;
    const char *market; /* a market's name, or "replay" */
    uint64_t seed;
    const struct symbol_table *symbols;
    bool replayed;
    struct replay_counts recording; /* of a replay */
    const char *error;              /* why it ended early, or NULL */
};

/* One line of JSON. ERROR_IO when the stream does not take it. */
int truth_print(const struct truth *truth, const struct truth_frame *frame, FILE *stream);

#endif
