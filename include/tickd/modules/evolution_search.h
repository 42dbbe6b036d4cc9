/* Differential evolution over a box: its operators, without a memory and without an objective.
 *
 * Storn & Price, "Differential evolution: a simple and efficient heuristic for global optimization
 * over continuous spaces", Journal of Global Optimization 11 (1997): the scheme rand/1/bin. A
 * component that leaves the box bounces back to somewhere between the bound and where it started:
 * Price, Storn & Lampinen, "Differential Evolution", Springer (2005), 4.3.1.
 *
 * Points live in the unit cube, values in the box; a dimension that is searched by ratio has the
 * logarithm of its value along the cube's edge. Whole numbers are rounded in the value alone, as
 * the authors advise, so that small differences are not lost while they add up. */
#ifndef TICKD_MODULES_EVOLUTION_SEARCH_H
#define TICKD_MODULES_EVOLUTION_SEARCH_H

#include "tickd/base/rng.h"

enum { SEARCH_DIMENSIONS_MAX = 6 };

struct search_dimension {
    double lowest; /* above 0 when by_ratio */
    double highest;
    bool whole;
    bool by_ratio;
};

struct search_space {
    struct search_dimension of[SEARCH_DIMENSIONS_MAX];
    size_t dimensions; /* at least 1 */
};

/* Places beyond the space's dimensions are 0. */
struct search_point {
    double of[SEARCH_DIMENSIONS_MAX];
};

/* What a trial is made of: base + mutation · (plus − minus), crossed into the target. */
struct search_parents {
    const struct search_point *target;
    const struct search_point *base;
    const struct search_point *plus;
    const struct search_point *minus;
};

/* Uniform in the cube. */
void search_draw(const struct search_space *space, struct rng *rng, struct search_point *point);

/* `count` points, one in each of `count` strata of every dimension: a Latin hypercube (McKay,
 * Beckman & Conover, Technometrics 21, 1979). */
void search_spread(const struct search_space *space, struct rng *rng, struct search_point *points,
                   size_t count);

/* At least one component comes from the mutant, the others each with probability `crossover`. */
void search_trial(const struct search_space *space, double mutation, double crossover,
                  struct rng *rng, const struct search_parents *parents,
                  struct search_point *trial);

/* Three places below `count` that differ from each other and from `except`; false when there are
 * too few. */
bool search_pick(struct rng *rng, size_t count, size_t except, size_t picked[3]);

/* Between cube and box. Values outside are moved to the nearest bound first. */
void search_values(const struct search_space *space, const struct search_point *point,
                   double *values);
void search_point_of(const struct search_space *space, const double *values,
                     struct search_point *point);

/* The largest difference of a component, 0 to 1. */
double search_distance(const struct search_space *space, const struct search_point *a,
                       const struct search_point *b);

#endif
