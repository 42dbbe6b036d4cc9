/* What the H bars after a decision have brought: the mean return by side and strength, and how much
 * more or less than σ·√H it deviates from that. For the paths; whether to trade is decided by
 * simulator_edge.h.
 *
 * Decisions follow each other bar by bar, their horizons overlap: one counts min(1, bars since the
 * one before it ÷ H) horizons. Means are shrunk: a symbol's own to that of all symbols, and that to
 * zero (a drift) or to what the bootstrap says (a variance), each as if `prior` horizons of it had
 * been seen.
 *
 * The shape of the distribution is learned too: where among the paths outcomes fell, by their rank
 * (Dawid's probability integral transform, JRSS A 147, 1984). Paths where outcomes fall more often
 * than they should weigh more (Gneiting & Ranjan, Electronic Journal of Statistics 7, 2013). */
#ifndef TICKD_MODULES_SIMULATOR_HORIZON_H
#define TICKD_MODULES_SIMULATOR_HORIZON_H

#include "tickd/modules/simulator_edge.h"

enum { HORIZON_RANKS = 20 };

struct horizon_sums {
    double count;
    double sum;
    double horizons; /* that do not overlap */
};

struct horizon_symbol {
    struct horizon_sums drift[EDGE_SIDES][EDGE_LEVELS];
    uint32_t last[EDGE_SIDES][EDGE_LEVELS]; /* number of the bar of the last one; 0 = none */
    struct horizon_sums variance;
    uint32_t last_of_all;
};

struct horizon {
    uint32_t horizon_bars;
    double prior;
    struct horizon_sums drift[EDGE_SIDES][EDGE_LEVELS];
    struct horizon_sums variance;
    double ranks[HORIZON_RANKS]; /* outcomes by their rank among the paths */
    struct horizon_symbol *of;
    size_t symbols;
};

/* What became of a decision, once it is known. */
struct horizon_outcome {
    uint32_t number; /* of the decision's bar */
    enum side side;
    int level;
    double move;     /* in the decision's direction, in units of the scale of simulator_edge.h */
    double residual; /* the same less what was expected, in units of σ·√H by the day's volatility;
                        NaN = nothing was expected yet */
    double rank;     /* share of the paths that it was above, 0 to 1; NaN = there were none */
};

/* Returns false while measuring. */
bool horizon_init(struct horizon *horizon, struct arena *arena, uint32_t horizon_bars, double prior,
                  size_t symbols);

void horizon_learn(struct horizon *horizon, size_t symbol, const struct horizon_outcome *outcome);

/* Everything so far counts `keep` of what it did. */
void horizon_fade(struct horizon *horizon, double keep);

/* Bar numbers start anew, or a piece is missing. */
void horizon_break(struct horizon *horizon, size_t symbol);

/* In the decision's direction, in units of the scale; 0 for EDGE_NO_LEVEL. */
double horizon_drift(const struct horizon *horizon, size_t symbol, enum side side, int level);

/* Variance of residuals, 1 = σ²·H. `start`: what the bootstrap says. */
double horizon_variance(const struct horizon *horizon, size_t symbol, double start);

/* Weights of the paths by rank, worst first, mean 1. */
void horizon_weights(const struct horizon *horizon, double weights[HORIZON_RANKS]);

#endif
