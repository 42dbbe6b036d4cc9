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
 * bars. Of a symbol's trades on one side at one level there are few, of all symbols' together more:
 * the estimate is a random-effects one (DerSimonian & Laird, Controlled Clinical Trials 7, 1986):
 * as far as symbols differ by more than chance, a symbol is judged by its own trades, otherwise by
 * all. Trades of different symbols at the same time are not independent, so the error of the common
 * mean is clustered by time (Liang & Zeger, Biometrika 73, 1986). The estimate is then shrunk to
 * zero as if `prior` trades without any return had been seen. */
#ifndef TICKD_MODULES_SIMULATOR_EDGE_H
#define TICKD_MODULES_SIMULATOR_EDGE_H

#include "tickd/base/arena.h"
#include "tickd/bus/vocabulary.h"

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

/* Sums over finished trades; older ones count less. */
struct edge_sums {
    double weight;         /* Σ w */
    double weight_squared; /* Σ w² */
    double sum;            /* Σ w·x */
    double squares;        /* Σ w·x² */
};

/* All symbols' trades on one side at one level. */
struct edge_pool {
    struct edge_sums all;
    double block_sum; /* Σ x and number of the trades of the block that is under way */
    double block_count;
    double cluster_sums; /* Σ w²S², Σ w²SN, Σ w²N² over finished blocks */
    double cluster_products;
    double cluster_counts;
    double symbol_squares; /* Σ over symbols of (Σ w·x)² ÷ Σ w */
    double symbol_weights; /* Σ over symbols of (Σ w)² */
    uint64_t symbols;      /* that have had a trade */
    uint64_t trades;       /* ever */
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
    struct edge_sums sums[EDGE_SIDES][EDGE_LEVELS];
    struct virtual_trade trades[EDGE_LEVELS];
    uint32_t block_bars;
};

struct edge {
    struct edge_limits limits;
    struct edge_pool pools[EDGE_SIDES][EDGE_LEVELS];
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

/* In units of the scale. */
struct edge_estimate {
    double mean;   /* shrunk */
    double error;  /* standard error of it, the prior counted in */
    double trades; /* that the error is worth, without the prior */
    double rate;   /* weight of the pool's trades: how often it trades, relative to other levels */
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

/* side: BUY or SELL. */
struct edge_estimate edge_estimate(const struct edge *edge, size_t symbol, enum side side,
                                   size_t level);

/* The same of all symbols together. */
struct edge_estimate edge_common(const struct edge *edge, enum side side, size_t level);

/* What remains of the weight of everything learned at the end of a block. */
double edge_keep(const struct edge *edge);

/* How many errors an estimate must be away from a bound, where `errors` would do for one look at
 * one number: √(errors² + ln(1 + n/prior) + 2·ln(looks)). The second term is the price of looking
 * after every trade (Robbins, Annals of Mathematical Statistics 41, 1970: the mixture bound of a
 * normal prior of that weight), the third that of choosing among `looks` estimates. */
double edge_errors(double errors, double trades, double prior, double looks);

#endif
