/* What the H bars after a decision have brought: the mean return by side, strength and standing
 * (whether the decisions of the H bars before agreed with it: a new opinion or an old one), and how
 * much more or less than σ·√H it deviates from that. For the paths; whether to trade is decided by
 * simulator_edge.h.
 *
 * Decisions follow each other bar by bar, their horizons overlap: each counts as 1/H of a value.
 * The drift of a level and standing is estimated by simulator_effects.h and shrunk to that of the
 * level, this one to that of all (each as if a third of `prior` horizons of it had been seen), and
 * this one to zero (as if `prior` had).
 *
 * The shape of the distribution is learned too: what outcomes were, less the drift that was
 * expected, in units of σ·√H; of all symbols together, with a factor for each that tells how much
 * wider than others its own are. With the paths as its base measure, worth `prior` horizons, that
 * is a Dirichlet process (Ferguson, Annals of Statistics 1, 1973): the distribution to be expected
 * is the mixture of paths and past outcomes. */
#ifndef TICKD_MODULES_SIMULATOR_HORIZON_H
#define TICKD_MODULES_SIMULATOR_HORIZON_H

#include "tickd/modules/simulator_edge.h"

enum { HORIZON_BINS = 256, HORIZON_STANDINGS = 3 };

#define HORIZON_SHAPE_END 16.0 /* in units of σ·√H */

/* Past outcomes, lowest bin first. Beyond the ends they count in the outermost bins. */
struct horizon_shape {
    double counts[HORIZON_BINS];
    double sums[HORIZON_BINS];
    double count;
    double share; /* of the mixture that is outcomes and not paths */
    double size;  /* horizons that the mixture is worth, the paths among them */
};

/* A mean in the making. */
struct horizon_sums {
    double weight; /* horizons */
    double sum;
};

struct horizon_symbol {
    struct effect_sums drift[EDGE_SIDES][EDGE_LEVELS][HORIZON_STANDINGS];
    struct horizon_sums variance;
};

struct horizon {
    double prior;
    double part; /* of a horizon that a decision counts */
    struct horizon_sums drift_of_all;
    struct horizon_sums drift_of_level[EDGE_LEVELS];
    struct effect_pool drift[EDGE_LEVELS][HORIZON_STANDINGS];
    struct horizon_sums variance;
    struct horizon_shape shape;
    struct horizon_symbol *of;
    size_t symbols;
};

/* What of a decision its drift is conditioned on. */
struct horizon_kind {
    enum side side;
    int level;
    size_t standing;
};

/* What became of a decision, once it is known. */
struct horizon_outcome {
    struct horizon_kind kind;
    double move;     /* in the decision's direction, in units of the scale of simulator_edge.h */
    double residual; /* the same less what was expected, in units of σ·√H by the volatility at the
                        decision; NaN = nothing was expected yet */
};

/* Returns false while measuring. */
bool horizon_init(struct horizon *horizon, struct arena *arena, uint32_t horizon_bars, double prior,
                  size_t symbols);

void horizon_learn(struct horizon *horizon, size_t symbol, const struct horizon_outcome *outcome);

/* A block of time is over: everything so far counts `keep` of what it did. */
void horizon_end_block(struct horizon *horizon, double keep);

/* Of the mean agreement of the H decisions before, −1 to 1. */
size_t horizon_standing_of(double agreement);

/* In the decision's direction, in units of the scale; 0 for EDGE_NO_LEVEL. */
double horizon_drift(const struct horizon *horizon, size_t symbol, const struct horizon_kind *kind);

/* Variance of the symbol's residuals, 1 = σ²·H: shrunk to that of all, and this one to `start`. */
double horizon_variance(const struct horizon *horizon, size_t symbol, double start);

/* Deviation of the symbol's residuals ÷ that of all, near 1. */
double horizon_width(const struct horizon *horizon, size_t symbol);

/* For paths_figures(). */
const struct horizon_shape *horizon_shape(const struct horizon *horizon);

void horizon_persist(struct horizon *horizon, struct persist *persist);

/* Bin i goes from edge i to edge i + 1. */
double horizon_bin_edge(size_t bin);

#endif
