/* Trade conditions: what a trade with Finnhub's codes may move. One table, from Finnhub's own
 * documentation of its codes; several codes combine by AND. */
#ifndef TICKD_MARKET_CONDITIONS_H
#define TICKD_MARKET_CONDITIONS_H

#include "tickd/base/compiler.h"

enum trade_moves { MOVES_LAST = 1, MOVES_HIGH_LOW = 2, MOVES_VOLUME = 4, MOVES_ALL = 7 };

enum { CONDITION_CODE_MAX = 41, CONDITION_ODD_LOT = 12, CONDITION_FORM_T = 24 };

struct condition {
    uint8_t code;
    uint8_t moves; /* of enum trade_moves */
    const char *name;
};

/* The row of a code, or NULL when the code is not known. */
const struct condition *condition_by_code(unsigned code);

/* What a trade with this set of conditions (struct trade) may move, as a set of enum trade_moves.
 * `extended` says whether its exchange time lies in an extended session (Form T then moves all
 * three); `odd_lots_move_price` lets code 12 move last, high and low. A suspicious print moves
 * nothing. Unknown codes restrict nothing. */
unsigned conditions_move(uint64_t conditions, bool extended, bool odd_lots_move_price);

/* Adds one code, as Finnhub writes it ("12"), to a set; what is no known code sets
 * CONDITION_UNKNOWN. */
uint64_t conditions_add_text(uint64_t conditions, const char *text, size_t length);

/* Translates the sale-condition bit flags of QuantConnect's Lean data (docs/tape.md lists them)
 * into Finnhub's codes by their names. A flag without a counterpart sets CONDITION_UNKNOWN. */
uint64_t conditions_from_lean(uint32_t flags);

#endif
