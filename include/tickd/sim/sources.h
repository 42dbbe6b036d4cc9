/* Where finnhub-sim's trades come from: synthetic markets, one stream a symbol, merged by time; or
 * recordings in CSV, one file after the other. Each is a struct trade_source. */
#ifndef TICKD_SIM_SOURCES_H
#define TICKD_SIM_SOURCES_H

#include "tickd/sim/market_model.h"
#include "tickd/sim/schedule.h"

struct market_source;

/* All symbols of the table as it is now, each trading at trades_per_s ÷ their number. NULL when
 * there is no memory. */
struct market_source *market_source_create(const struct symbol_table *symbols,
                                           enum market_kind kind,
                                           const struct market_parameters *parameters,
                                           double trades_per_s, uint64_t seed);
void market_source_destroy(struct market_source *source);
struct trade_source market_source_trades(struct market_source *source);

struct replay_source;

/* What was in the recordings and cannot be sent. */
struct replay_counts {
    uint64_t records;    /* read */
    uint64_t malformed;  /* unusable */
    uint64_t skipped;    /* of symbols that are not in the table */
    uint64_t suspicious; /* marked as such, for which Finnhub has no code */
};

/* The first file is opened at once, the others are looked at. only_known: trades of symbols that
 * are not in the table by now are left out. On failure *source is NULL and `error` holds one line.
 * Paths and table must outlive the source. */
int replay_source_create(const char *const *paths, size_t count, struct symbol_table *symbols,
                         bool only_known, struct replay_source **source, struct text *error);
void replay_source_destroy(struct replay_source *source);
struct trade_source replay_source_trades(struct replay_source *source);
struct replay_counts replay_source_counts(const struct replay_source *source);

/* Why it cannot go on, one line; "" when it can. */
const char *replay_source_error(const struct replay_source *source);

#endif
