/* Every agent alone, in hindsight: what following it and nobody else would have made. A position of
 * max_symbol × equity on the side of its vote, from the next trade on, held for H bars after its
 * last vote for that side, turned by a vote for the other; half the estimated spread, slippage and
 * fee at each change. No limits, no stops. In doubles: it is a yardstick, not a book. */
#ifndef TICKD_SCIENCE_YARDSTICK_H
#define TICKD_SCIENCE_YARDSTICK_H

#include "tickd/bus/message.h"
#include "tickd/settings/settings.h"

enum { YARDSTICK_SYMBOLS_MAX = 16 };

struct yardstick_position {
    int side;   /* −1, 0, 1 */
    int wanted; /* at the next trade */
    double stake;
    double entry;
    uint32_t last_vote; /* number of the bar */
};

struct yardstick {
    double cost_a_side; /* without spread, relative */
    double fraction;
    uint32_t horizon;
    size_t agents;
    double half_spread[YARDSTICK_SYMBOLS_MAX];
    double price[YARDSTICK_SYMBOLS_MAX];
    double equity[AGENTS_MAX]; /* 1 at the start; closed positions */
    struct yardstick_position positions[YARDSTICK_SYMBOLS_MAX][AGENTS_MAX];
};

void yardstick_init(struct yardstick *yardstick, const struct settings *settings);
void yardstick_spread(struct yardstick *yardstick, size_t symbol, double spread);
void yardstick_ballot(struct yardstick *yardstick, size_t symbol,
                      const struct ballot_message *ballot);
/* The symbol's next trade: what is wanted happens. */
void yardstick_trade(struct yardstick *yardstick, size_t symbol, double price);
/* With what is open at its last price, less what closing costs. */
double yardstick_growth(const struct yardstick *yardstick, size_t agent);

#endif
