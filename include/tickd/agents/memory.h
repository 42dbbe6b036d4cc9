/* What agents remember of a symbol, shared by all of them: the last MEMORY_BARS bars since the feed
 * was whole. Every bar carries running sums, so that a mean, a deviation, a slope or a channel over
 * any look-back costs the same few operations, whatever its length:
 *
 *     bars[now − n]   …   bars[now]      sum over the newest n bars = bars[now].sum − bars[now −
 * n].sum
 *
 * The sums are of differences to a base, which moves along every MEMORY_BARS bars, so that they
 * stay small and no rounding error can pile up. Constant memory, about 57 kB a symbol. */
#ifndef TICKD_AGENTS_MEMORY_H
#define TICKD_AGENTS_MEMORY_H

#include "tickd/base/arena.h"
#include "tickd/base/persist.h"
#include "tickd/bus/message.h"

enum {
    MEMORY_BARS = 512, /* a power of two */
    LOOK_BACK_MAX = MEMORY_BARS - 1
};

/* One bar; the sums are over all bars from the base up to this one. */
struct memory_bar {
    double log_close;          /* x: natural logarithm of the close, less the base's */
    double sum_log;            /* Σ x */
    double sum_log_squared;    /* Σ x² */
    double sum_log_by_number;  /* Σ k·x, k = bars since the base */
    double sum_return_squared; /* Σ r², r = x less the x before */
    double sum_flow;           /* Σ v, v = signed volume by the tick rule */
    double sum_flow_squared;   /* Σ v² */
    double others;             /* b: level of the basket without this symbol, less the base's */
};

/* The basket's part of the same bar. */
struct memory_basket_sums {
    double sum_others;         /* Σ b */
    double sum_others_squared; /* Σ b² */
    double sum_others_log;     /* Σ b·x */
};

/* Numbers of those bars that are more extreme than every bar after them, oldest first: the extreme
 * of the newest n bars is the first of them that is among those n. */
struct memory_extremes {
    uint32_t number[MEMORY_BARS]; /* at position p modulo MEMORY_BARS, first ≤ p < end */
    uint32_t first;
    uint32_t end;
};

struct symbol_memory {
    struct memory_bar bars[MEMORY_BARS]; /* bar number n at n modulo MEMORY_BARS */
    struct memory_basket_sums basket[MEMORY_BARS];
    double high[MEMORY_BARS]; /* prices */
    double low[MEMORY_BARS];
    double close; /* of the newest bar */
    struct memory_extremes highs;
    struct memory_extremes lows;
    uint64_t count;      /* bars since the last reset */
    uint64_t base_count; /* bars before the base: k counts from there */
    double base_log;     /* logarithm of the close at the base */
    double base_others;  /* the basket's level at the base */
    double contributed;  /* this symbol's part of the basket's level; a reset leaves it */
    uint32_t others;     /* other symbols that were alive at the newest bar */
};

/* The equally weighted basket: the sum of the mean log returns of all symbols that are alive, by
 * engine time. A symbol is alive while its newest bar is at most `silence_ms` older than the bar
 * that is being taken in. */
struct basket {
    double level;
    int64_t silence_ms;
    int64_t *newest_ms; /* start of each symbol's newest bar; INT64_MIN = none yet */
    size_t symbols;
};

/* Returns false while measuring. */
bool basket_init(struct basket *basket, struct arena *arena, size_t symbols, int64_t silence_ms);

/* Forgets the bars, as after a gap in the feed. */
void memory_reset(struct symbol_memory *memory);

/* Takes in a closed bar of the symbol, whose close is above 0, into memory and basket. */
void memory_add(struct symbol_memory *memory, struct basket *basket, uint16_t symbol,
                const struct bar_message *bar);

void memory_persist(struct symbol_memory *memory, struct persist *persist);
void basket_persist(struct basket *basket, struct persist *persist);

/* Highest high and lowest low of the newest `look_back` bars, 1 ≤ look_back ≤ memory->count. */
double memory_highest(const struct symbol_memory *memory, size_t look_back);
double memory_lowest(const struct symbol_memory *memory, size_t look_back);

/* Whether `look_back` returns, and so one bar more, are remembered. */
static inline bool memory_covers(const struct symbol_memory *memory, size_t look_back)
{
    return look_back < memory->count && look_back <= LOOK_BACK_MAX;
}

/* The bar `age` bars ago, 0 the newest; memory_covers(age). */
static inline const struct memory_bar *memory_at(const struct symbol_memory *memory, size_t age)
{
    return &memory->bars[(memory->count - 1 - age) % MEMORY_BARS];
}

static inline const struct memory_basket_sums *memory_basket_at(const struct symbol_memory *memory,
                                                                size_t age)
{
    return &memory->basket[(memory->count - 1 - age) % MEMORY_BARS];
}

#endif
