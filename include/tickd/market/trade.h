/* A trade as the feed hands it to the engine: exact, resolved to a symbol id, nothing owned. */
#ifndef TICKD_MARKET_TRADE_H
#define TICKD_MARKET_TRADE_H

#include "tickd/base/compiler.h"

enum {
    SYMBOL_NONE = 0xffff,  /* no symbol, or one that is not in the table */
    CONDITION_UNKNOWN = 0, /* bit of `conditions`: at least one code is not in the table */
    CONDITION_SUSPICIOUS =
        63, /* bit of `conditions`: the recording marks the print as suspicious */
    TRADE_TIME_MS_BITS = 48
};

/* Exchange times that can be used: 2000-01-01 up to, not including, 2100-01-01, in UNIX ms. */
#define TRADE_TIME_MS_MIN INT64_C(946684800000)
#define TRADE_TIME_MS_MAX INT64_C(4102444799999)

struct trade {
    int64_t time_ms;     /* exchange time, UNIX ms */
    int64_t price;       /* decimal, in units of 1e-8; > 0 */
    int64_t volume;      /* decimal; ≥ 0, and 0 is legal */
    uint64_t conditions; /* bit c: Finnhub's condition code c (1 to 41), and the two bits above */
    uint32_t order;      /* place in its frame, so that sorting by (time_ms, order) is stable */
    uint16_t symbol;     /* id in the symbol table, or SYMBOL_NONE */
    uint16_t unused;
};

#endif
