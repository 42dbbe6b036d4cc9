/* Whether a symbol's prints arrive k times: Finnhub sends every trade two or three times on some
 * days, and equal prints are also genuine, so no key tells them apart. The watch counts how often
 * each distinct print (time, price, volume) came while its bar was open, and weighs, over the last
 * few hundred distinct prints, "all multiplicities are multiples of k" against "they are what a
 * market gives" by a likelihood ratio (docs/modules.md derives it). Volume and trade counts of bars
 * are then divided by k; prices are not touched. */
#ifndef TICKD_MARKET_DUPLICATES_H
#define TICKD_MARKET_DUPLICATES_H

#include "tickd/base/arena.h"
#include "tickd/base/persist.h"
#include "tickd/market/trade.h"

enum {
    DUPLICATES_WINDOW = 256, /* distinct prints that the evidence is taken from */
    DUPLICATES_FACTOR_MAX = 3,
    DUPLICATES_COUNT_MAX = 255 /* a multiplicity from here on is not counted, and no evidence */
};

/* A factor is taken up when its evidence reaches the first, and given up when it falls below the
 * second: logarithms of likelihood ratios. The first is log 10⁹: under what a market gives, a
 * window reaches it with a probability of at most 10⁻⁹. */
#define DUPLICATES_EVIDENCE_ON 20.72326583694641
#define DUPLICATES_EVIDENCE_OFF 0.0

struct duplicate_print {
    int64_t time_ms;
    int64_t price;
    int64_t volume;
    uint32_t count;
    uint32_t slot; /* where `slots` points to it */
};

struct duplicate_watch {
    struct duplicate_print *prints; /* [0, used): the prints of the open bars */
    uint32_t *slots;                /* open-addressed by hash of the three: index + 1, 0 = free;
                                       twice the capacity of them */
    size_t slot_mask;
    size_t capacity;
    size_t used;
    uint64_t overflowed;               /* prints that found no room: left out of the evidence */
    uint8_t window[DUPLICATES_WINDOW]; /* multiplicities, saturated at 255, a ring */
    uint16_t tally[DUPLICATES_COUNT_MAX + 1]; /* how often each of them stands in the window */
    uint32_t window_next;
    uint32_t window_count;
    uint32_t factor; /* 1, 2 or 3: what arrives divided by what happened */
    uint32_t changes;
    double evidence[DUPLICATES_FACTOR_MAX + 1]; /* log likelihood ratio for [2] and [3] */
};

/* `capacity` prints (a power of two) over the open bars. */
void duplicates_init(struct duplicate_watch *watch, struct arena *arena, size_t capacity);

/* Notes one print; returns how often it has come while its bar was open, this time included
 * (1 = first). When the table is full: 1, and `overflowed` counts. */
uint32_t duplicates_note(struct duplicate_watch *watch, const struct trade *trade);

/* The bar that ends at end_ms has closed: its prints leave the multiset and become evidence, in an
 * order that depends on the prints alone. Returns true when `factor` changed. */
bool duplicates_close(struct duplicate_watch *watch, int64_t end_ms);

/* The prints of the open bars, and the evidence. */
void duplicates_persist(struct duplicate_watch *watch, struct persist *persist);

#endif
