/* A trade as it is being read from a message or a record, field by field, and what makes it
 * usable. Shared by the decoder and the reader of CSV, so that both mean the same. */
#ifndef TICKD_FEED_ENTRY_H
#define TICKD_FEED_ENTRY_H

#include "tickd/market/trade.h"

/* The fields that are there and usable, as bits. Conditions are usable when they are absent. */
enum {
    ENTRY_TIME = 1,
    ENTRY_PRICE = 2,
    ENTRY_VOLUME = 4,
    ENTRY_SYMBOL = 8,
    ENTRY_CONDITIONS = 16,
    ENTRY_USABLE = 31
};

/* A field that comes again replaces what it was, usable or not: the last one counts. Begins with
 * .usable = ENTRY_CONDITIONS and all else 0. */
struct entry {
    unsigned usable;
    size_t name_length;
    const char *name; /* of the symbol; not terminated */
    int64_t time_ms;
    int64_t price;
    int64_t volume;
    uint64_t conditions;
};

static inline void entry_set(struct entry *entry, unsigned field, bool usable)
{
    entry->usable = (entry->usable & ~field) | (usable ? field : 0);
}

/* These take what the reader of the number returned, and the number, which counts only when that
 * is 0. Values are judged as they are kept, after rounding to 1e-8. */
static inline void entry_set_time(struct entry *entry, int error, int64_t time_ms)
{
    entry->time_ms = time_ms;
    entry_set(entry, ENTRY_TIME,
              error == 0 && time_ms >= TRADE_TIME_MS_MIN && time_ms <= TRADE_TIME_MS_MAX);
}

static inline void entry_set_price(struct entry *entry, int error, int64_t price)
{
    entry->price = price;
    entry_set(entry, ENTRY_PRICE, error == 0 && price > 0);
}

static inline void entry_set_volume(struct entry *entry, int error, int64_t volume)
{
    entry->volume = volume;
    entry_set(entry, ENTRY_VOLUME, error == 0 && volume >= 0);
}

#endif
