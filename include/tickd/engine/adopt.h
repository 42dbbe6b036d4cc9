/* Books that somebody else has kept, taken over by a fresh engine: for a build that cannot repeat
 * what an older one did, and so goes on from what the archive holds.
 *
 * What is taken over are inputs, one COMMAND each, so that the journal of the engine alone gives
 * the same books again. Orders that were open are not taken over; the time stop of a position
 * begins anew. */
#ifndef TICKD_ENGINE_ADOPT_H
#define TICKD_ENGINE_ADOPT_H

#include "tickd/engine/engine.h"

struct kept_position {
    char symbol[SYMBOL_NAME_MAX];
    int64_t quantity; /* decimals; negative = short, never 0 */
    int64_t cost;     /* as in struct position */
    int64_t price;    /* last one known, > 0 */
};

/* Everything that the books of a portfolio are made of, as decimals. */
struct kept_books {
    int64_t time_us; /* when they were so */
    int64_t initial_cash;
    int64_t cash;
    int64_t realised_pnl;
    int64_t fees;
    int64_t turnover;
    int64_t peak;
    int64_t day_equity;
    uint64_t fills; /* that led to them */
    bool halted;    /* the kill switch was on, and stays on */
    size_t position_count;
    struct kept_position positions[STATUS_POSITIONS_MAX];
};

/* Time has to have passed once (the engine is started), and nothing may have been traded. *why:
 * what is in the way. ERROR_NOT_FOUND a position's symbol is not among feed.symbols, ERROR_STATE an
 * order was placed already, ERROR_RANGE the books do not add up; the engine's books are as fresh as
 * before then. */
int engine_adopt_books(struct engine *engine, const struct kept_books *kept, struct text *why);

#endif
