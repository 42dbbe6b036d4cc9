/* What votes earn, bar by bar (tickd/agents/reward.h has the definition), for all agents and
 * shadows at once.
 *
 * The worth of votes H bars later hangs together from bar to bar, for their horizons overlap. What
 * all tranches that are open earn in one bar does not: on a price that cannot be foretold it is a
 * martingale difference, and that is what evidence is built from. Sums and means are the same.
 *
 * A place is scored on a bar when all of its last H votes were given by the same agent and none was
 * an abstention. Votes on a bar without a volatility are not judged: they count as abstentions. */
#ifndef TICKD_MODULES_EVOLUTION_BOOK_H
#define TICKD_MODULES_EVOLUTION_BOOK_H

#include "tickd/agents/reward.h"
#include "tickd/base/arena.h"
#include "tickd/base/persist.h"

/* One place in one symbol. */
struct book_cell {
    double position;
    double earned;   /* since the block began */
    uint32_t held;   /* votes among the last H that are no abstentions */
    uint32_t scored; /* bars since the block began */
};

struct book_symbol {
    struct book_cell *cells;
    int8_t *sides;             /* H rows of places */
    double *scales;            /* H */
    struct reward_price price; /* bars: since the last gap */
    double bar_return;         /* of the bar that is being taken */
    double scale_out;          /* of the votes of H bars ago, which it closes */
    uint32_t scored;           /* bars since the block began that could be scored */
};

struct book {
    struct book_symbol *of;
    size_t symbols;
    size_t places;
    size_t horizon;
    double root_of_horizon;
    double cost; /* of a change of side by one, relative to the price */
};

/* What two places earned over the block on the symbols on which both were scored throughout. */
struct book_pair {
    double first;
    double second;
    double horizons; /* bars of all those symbols ÷ H */
};

enum { BOOK_NO_PLACE = 0xffff };

/* Takes its memory; false while measuring. */
bool book_init(struct book *book, struct arena *arena, size_t symbols, size_t places,
               size_t horizon, double cost);

/* The symbol's past is torn: all its votes are dropped. */
void book_forget(struct book *book, uint16_t symbol);

/* Somebody else sits at the place: its votes are dropped, and what they earned in the block. */
void book_clear(struct book *book, size_t place);

/* The next bar of a symbol; true when it can be scored. Then book_votes() for all places, in any
 * number of parts. */
bool book_bar(struct book *book, uint16_t symbol, double close, double volatility);

/* `votes`: `count` of them from place `first` on, as in a ballot. */
void book_votes(struct book *book, uint16_t symbol, size_t first, size_t count,
                const int8_t *votes);

/* The block is over: reads come before, sums start anew after it. */
void book_begin_block(struct book *book);

/* `second` may be BOOK_NO_PLACE: nothing earned, for holding all the time. */
struct book_pair book_compare(const struct book *book, size_t first, size_t second);

/* What a place earned over the block on all symbols, and on how many bars. */
double book_earned(const struct book *book, size_t place, uint64_t *scored);

/* The tranches and the block's sums; the cost stays. Not between a bar and its votes. */
void book_persist(struct book *book, struct persist *persist);

#endif
