/* Synthetic markets and recordings as sources of trades. */
#include "tickd/sim/sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tickd/base/calendar.h"
#include "tickd/base/error.h"
#include "tickd/feed/csv.h"
#include "tickd/sim/market_stream.h"

struct market_source {
    const struct symbol_table *symbols;
    size_t count;
    struct market_stream streams[]; /* by symbol id */
};

struct replay_source {
    const char *const *paths;
    size_t count;
    size_t opened; /* files so far */
    struct symbol_table *symbols;
    uint16_t symbol_limit;     /* ids from here on are left out */
    struct csv_reader *reader; /* of the file being read, or NULL */
    bool started;
    int64_t start_ms; /* exchange time of the first trade */
    uint64_t records; /* of files that are done */
    struct replay_counts counts;
    char error[CSV_ERROR_MAX];
};

/* Stocks have conditions; coins and currencies, which have a venue's prefix, never do. */
static enum conditions_form usual_form(const char *symbol)
{
    return strchr(symbol, ':') != NULL ? CONDITIONS_NULL : CONDITIONS_LIST;
}

struct market_source *market_source_create(const struct symbol_table *symbols,
                                           enum market_kind kind,
                                           const struct market_parameters *parameters,
                                           double trades_per_s, uint64_t seed)
{
    size_t count = symbols->count;
    struct market_source *source = calloc(1, sizeof *source + count * sizeof source->streams[0]);
    if (source == NULL) {
        return NULL;
    }
    source->symbols = symbols;
    source->count = count;
    for (size_t i = 0; i < count; i++) {
        market_stream_init(&source->streams[i], kind, parameters, trades_per_s / (double)count,
                           seed, symbols_name(symbols, (uint16_t)i));
    }
    return source;
}

void market_source_destroy(struct market_source *source)
{
    free(source);
}

/* The next trade is that of the stream whose next one is earliest; of equals the first. */
static int market_next(void *state, struct source_trade *trade)
{
    struct market_source *source = state;
    struct market_print print;
    size_t first = 0;
    if (source->count == 0) {
        return 0;
    }
    for (size_t i = 1; i < source->count; i++) {
        if (market_stream_time_us(&source->streams[i]) <
            market_stream_time_us(&source->streams[first])) {
            first = i;
        }
    }
    market_stream_next(&source->streams[first], &print);
    *trade = (struct source_trade){
        .time_us = print.time_us,
        .price = print.price,
        .volume = print.volume,
        .conditions = print.conditions,
        .form = usual_form(symbols_name(source->symbols, (uint16_t)first)),
        .symbol = (uint16_t)first,
    };
    return 1;
}

struct trade_source market_source_trades(struct market_source *source)
{
    return (struct trade_source){source, market_next};
}

/* Opens the next file. What is wrong with it is told in source->error. */
static int open_next(struct replay_source *source)
{
    struct text error;
    text_init(&error, source->error, sizeof source->error);
    return csv_open(source->paths[source->opened++], source->symbols, &source->reader, &error);
}

static int look_at_others(const char *const *paths, size_t count, struct text *error)
{
    for (size_t i = 1; i < count; i++) {
        if (access(paths[i], R_OK) != 0) {
            text_format(error, "%s: %s", paths[i], strerror(errno));
            return ERROR_IO;
        }
    }
    return 0;
}

int replay_source_create(const char *const *paths, size_t count, struct symbol_table *symbols,
                         bool only_known, struct replay_source **source, struct text *error)
{
    *source = NULL;
    struct replay_source *created = calloc(1, sizeof *created);
    if (created == NULL) {
        text_add(error, "no memory for a recording");
        return ERROR_MEMORY;
    }
    *created = (struct replay_source){.paths = paths,
                                      .count = count,
                                      .symbols = symbols,
                                      .symbol_limit = only_known ? symbols->count : SYMBOL_NONE};
    int code = open_next(created);
    if (code != 0) {
        text_add(error, created->error);
    } else {
        code = look_at_others(paths, count, error);
    }
    if (code != 0) {
        replay_source_destroy(created);
        return code;
    }
    *source = created;
    return 0;
}

static void close_reader(struct replay_source *source)
{
    if (source->reader != NULL) {
        source->records += csv_records(source->reader);
        csv_close(source->reader);
        source->reader = NULL;
    }
}

void replay_source_destroy(struct replay_source *source)
{
    if (source != NULL) {
        close_reader(source);
        free(source);
    }
}

/* The next usable trade of the file being read: 1, 0 at its end, or what is broken. */
static int read_trade(struct replay_source *source, struct trade *trade)
{
    for (;;) {
        int result = csv_next(source->reader, trade);
        if (result == CSV_MALFORMED_TRADE) {
            source->counts.malformed++;
        } else if (result == CSV_TRADE && trade->symbol >= source->symbol_limit) {
            source->counts.skipped++;
        } else if (result == CSV_TRADE && (trade->conditions >> CONDITION_SUSPICIOUS & 1) != 0) {
            source->counts.suspicious++;
        } else {
            return result;
        }
    }
}

static int replay_next(void *state, struct source_trade *trade)
{
    struct replay_source *source = state;
    struct trade read;
    int result;
    if (source->reader == NULL) {
        return 0;
    }
    while ((result = read_trade(source, &read)) == 0) {
        close_reader(source);
        if (source->opened == source->count) {
            return 0;
        }
        result = open_next(source);
        if (result != 0) {
            return result;
        }
    }
    if (result < 0) {
        text_copy(source->error, sizeof source->error, csv_error(source->reader));
        return result;
    }
    if (!source->started) {
        source->started = true;
        source->start_ms = read.time_ms;
    }
    *trade = (struct source_trade){
        .time_us = (read.time_ms - source->start_ms) * US_PER_MS,
        .time_ms = read.time_ms,
        .price = read.price,
        .volume = read.volume,
        .conditions = read.conditions,
        .form = usual_form(symbols_name(source->symbols, read.symbol)),
        .symbol = read.symbol,
    };
    return 1;
}

struct trade_source replay_source_trades(struct replay_source *source)
{
    return (struct trade_source){source, replay_next};
}

struct replay_counts replay_source_counts(const struct replay_source *source)
{
    struct replay_counts counts = source->counts;
    counts.records = source->records;
    if (source->reader != NULL) {
        counts.records += csv_records(source->reader);
    }
    return counts;
}

const char *replay_source_error(const struct replay_source *source)
{
    return source->error;
}
