/* What many similar things have in common, and what each has of its own: returns of trades, by
 * symbol and side ("cells"), of which each cell has few and all together have more.
 *
 * A random-effects estimate (DerSimonian & Laird, Controlled Clinical Trials 7, 1986): as far as
 * cells differ by more than chance, a cell is judged by its own values, otherwise by all. Values of
 * different cells at the same time are not independent, so the error of the common mean is
 * clustered by blocks of time (Liang & Zeger, Biometrika 73, 1986). The estimate is then shrunk to
 * a start value as if `prior` values equal to that had been seen. Older values count less. */
#ifndef TICKD_MODULES_SIMULATOR_EFFECTS_H
#define TICKD_MODULES_SIMULATOR_EFFECTS_H

#include "tickd/base/compiler.h"

/* One cell. */
struct effect_sums {
    double weight;       /* Σ w: how many values, the older ones in part */
    double weight_error; /* Σ w·w: what it takes for the error of the mean */
    double sum;          /* Σ w·x */
    double squares;      /* Σ w·x² */
};

/* All cells. */
struct effect_pool {
    struct effect_sums all;
    double block_sum; /* Σ x and number of the values of the block that is under way */
    double block_weight;
    double cluster_sums; /* Σ S², Σ S·N, Σ N² over the blocks before it */
    double cluster_products;
    double cluster_weights;
    double cell_squares; /* Σ over cells of (Σ w·x)² ÷ Σ w */
    double cell_weights; /* Σ over cells of (Σ w)² */
    double cells;        /* that have had a value */
};

struct effect_estimate {
    double mean;
    double error;  /* standard error of it, the prior counted in */
    double values; /* that the error is worth, without the prior */
};

/* A value that counts as `weight` independent ones, 0 < weight ≤ 1. */
void effects_add(struct effect_pool *pool, struct effect_sums *cell, double value, double weight);

/* A block of time is over; what is there counts `keep` of what it did. Every cell has to be faded
 * along with its pool. */
void effects_end_block(struct effect_pool *pool, double keep);
void effects_fade(struct effect_sums *cell, double keep);

/* Of a cell; `cell` without values gives what is to be expected of a new one. `start`: what the
 * estimate is shrunk to. */
struct effect_estimate effects_estimate(const struct effect_pool *pool,
                                        const struct effect_sums *cell, double start, double prior);

#endif
