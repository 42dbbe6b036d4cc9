/* What trading on decisions has really earned, and how sure that is.
 *
 * Not every decision is a trade. A trade begins with a decision, is prolonged by those of the same
 * side that follow, ends H bars after the last of them, at an opposite one, or at a stop, and costs
 * one round trip whatever its length. So what is learned is the return of such trades: for each
 * symbol and each of EDGE_LEVELS strengths a virtual trader follows the portfolio's rules on all
 * decisions of that strength or above, whether the portfolio trades or not. Its trades never
 * overlap, and so are a sample.
 *
 * Returns are logarithmic, before costs, in units of the scale: what the symbol's price moves in H
 * bars. From a level's trades of all symbols and both sides simulator_effects.h estimates what a
 * trade of a symbol on a side is worth. */
#ifndef TICKD_MODULES_SIMULATOR_EDGE_H
#define TICKD_MODULES_SIMULATOR_EDGE_H

#include "tickd/base/arena.h"
#include "tickd/base/persist.h"
#include "tickd/bus/vocabulary.h"
#include "tickd/modules/simulator_effects.h"

enum {
    EDGE_LEVELS = 5,
    EDGE_SIDES = 2,
    EDGE_BLOCK_HORIZONS = 5, /* a cluster in time, in horizons */
    EDGE_NO_LEVEL = -1       /* of a decision whose strength is not known yet */
};

struct edge_limits {
    uint32_t horizon_bars;
    double prior;       /* trades without return that the shrinking is worth */
    double memory_bars; /* after so many bars a trade counts half */
    double stop_loss;   /* log returns of a trade that end it, both > 0 */
    double take_profit;
};

enum virtual_state { VIRTUAL_FLAT, VIRTUAL_ENTERING, VIRTUAL_HOLDING, VIRTUAL_LEAVING };

struct virtual_trade {
    enum virtual_state state;
    enum side side;
    double entry; /* logarithm of the price */
    double scale; /* at entry */
    uint32_t expires_at;
};

struct edge_symbol {
    struct effect_sums returns[EDGE_SIDES][EDGE_LEVELS];
    struct virtual_trade trades[EDGE_LEVELS];
    uint32_t block_bars;
};

struct edge {
    struct edge_limits limits;
    struct effect_pool pools[EDGE_LEVELS];
    struct edge_symbol *of;
    size_t symbols;
    uint64_t blocks;
};

/* One bar of a symbol, with the decision on it. */
struct edge_bar {
    uint32_t number;
    double log_close;
    double scale;   /* σ·√H; NaN or 0 = not known: no trade begins */
    enum side side; /* HOLD: no decision */
    int level;      /* the highest level that the decision is strong enough for */
};

/* Level 0 takes every decision, level k those at least as strong as this share of all. */
double edge_level_rank(size_t level);
int edge_level_of(double rank);

/* Returns false while measuring. */
bool edge_init(struct edge *edge, struct arena *arena, const struct edge_limits *limits,
               size_t symbols);

/* The symbol's next bar: trades begin at the close of the bar after the decision. */
void edge_step(struct edge *edge, size_t symbol, const struct edge_bar *bar);

/* The past is torn: trades under way are forgotten. */
void edge_break(struct edge *edge, size_t symbol);

/* What a trade is worth, in units of the scale. side: BUY or SELL. */
struct effect_estimate edge_estimate(const struct edge *edge, size_t symbol, enum side side,
                                     size_t level);

/* How often there is a trade at the level, in relation to other levels. */
double edge_rate(const struct edge *edge, size_t level);

/* What would be expected of a symbol of which nothing is known. */
struct effect_estimate edge_common(const struct edge *edge, size_t level);

/* What remains of the weight of everything learned at the end of a block. */
double edge_keep(const struct edge *edge);

/* Other stops from now on, for trades that are under way, too; as limits.stop_loss and
 * take_profit. */
void edge_set_stops(struct edge *edge, double stop_loss, double take_profit);

/* What was learned, and the virtual trades; the limits stay. */
void edge_persist(struct edge *edge, struct persist *persist);

#endif
