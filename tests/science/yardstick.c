/* The yardstick. */
#include "science/yardstick.h"

#include <string.h>

#include "tickd/base/decimal.h"

void yardstick_init(struct yardstick *yardstick, const struct settings *settings)
{
    memset(yardstick, 0, sizeof *yardstick);
    yardstick->cost_a_side = (decimal_to_double(settings->portfolio.fee_bps) +
                              decimal_to_double(settings->portfolio.slippage_bps)) *
                             1e-4;
    yardstick->fraction = decimal_to_double(settings->portfolio.max_symbol);
    yardstick->horizon = (uint32_t)settings->electorate.horizon_bars;
    for (size_t i = 0; i < AGENTS_MAX; i++) {
        yardstick->equity[i] = 1.0;
    }
}

void yardstick_spread(struct yardstick *yardstick, size_t symbol, double spread)
{
    yardstick->half_spread[symbol] = spread > 0.0 ? spread / 2.0 : 0.0;
}

void yardstick_ballot(struct yardstick *yardstick, size_t symbol,
                      const struct ballot_message *ballot)
{
    yardstick->agents = ballot->agents;
    for (size_t i = 0; i < ballot->agents; i++) {
        struct yardstick_position *position = &yardstick->positions[symbol][i];
        int8_t vote = ballot->votes[i];
        if (vote != VOTE_ABSTAINS && vote != 0) {
            position->wanted = vote > 0 ? 1 : -1;
            position->last_vote = ballot->number;
        } else if (ballot->number - position->last_vote >= yardstick->horizon) {
            position->wanted = 0;
        }
    }
}

static double worth(const struct yardstick *yardstick, size_t symbol,
                    const struct yardstick_position *position, double price)
{
    double cost = yardstick->cost_a_side + yardstick->half_spread[symbol];
    return position->stake * (position->side * (price / position->entry - 1.0) - cost);
}

void yardstick_trade(struct yardstick *yardstick, size_t symbol, double price)
{
    double cost = yardstick->cost_a_side + yardstick->half_spread[symbol];
    yardstick->price[symbol] = price;
    for (size_t i = 0; i < yardstick->agents; i++) {
        struct yardstick_position *position = &yardstick->positions[symbol][i];
        if (position->wanted == position->side) {
            continue;
        }
        if (position->side != 0) {
            yardstick->equity[i] += worth(yardstick, symbol, position, price);
        }
        position->side = position->wanted;
        position->entry = price;
        position->stake = yardstick->fraction * yardstick->equity[i];
        yardstick->equity[i] -= position->side != 0 ? position->stake * cost : 0.0;
    }
}

double yardstick_growth(const struct yardstick *yardstick, size_t agent)
{
    double equity = yardstick->equity[agent];
    for (size_t symbol = 0; symbol < YARDSTICK_SYMBOLS_MAX; symbol++) {
        const struct yardstick_position *position = &yardstick->positions[symbol][agent];
        if (position->side != 0) {
            equity += worth(yardstick, symbol, position, yardstick->price[symbol]);
        }
    }
    return equity - 1.0;
}
