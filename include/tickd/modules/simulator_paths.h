/* Where a symbol may go in H bars: filtered historical simulation (Barone-Adesi, Giannopoulos &
 * Vosper, Journal of Futures Markets 19, 1999; Hull & White, Journal of Risk 1, 1998).
 *
 * The symbol's bar returns are divided by the volatility that was known before each. Their
 * stationary bootstrap (Politis & Romano, JASA 89, 1994: blocks of geometric length, the series
 * closed to a circle) gives paths of H such residuals; a path's end, times today's volatility, is a
 * return. So a set of paths says nothing of today, and it serves more than one decision: a pool of
 * PATH_GROUPS groups, one drawn anew with each decision of the symbol in place of the oldest.
 * Neighbouring decisions thus share most of their random numbers, and their figures differ by what
 * the decisions differ in.
 *
 *     window of residuals ──▶ prefix sums ──▶ group of ends, sorted ──▶ ┌──┬──┬──┬──┬──┬──┬──┬──┐
 *                   every few bars                  each decision       └──┴──┴──┴──┴──┴──┴──┴──┘
 */
#ifndef TICKD_MODULES_SIMULATOR_PATHS_H
#define TICKD_MODULES_SIMULATOR_PATHS_H

#include "tickd/base/arena.h"
#include "tickd/base/persist.h"
#include "tickd/base/rng.h"
#include "tickd/modules/simulator_horizon.h"

enum { PATH_GROUPS = 8, PATH_LENGTHS = 256 };

/* What paths are drawn from, fixed between two refreshes. */
struct path_source {
    double *prefix;  /* sums of the first i residuals, less their mean; of the whole: 0 */
    size_t count;    /* 0 = nothing to draw from */
    double variance; /* of a path's end, exactly: the series and the blocks are known */
    uint32_t longer[PATH_LENGTHS]; /* of 2^32: probability that a block is longer than i + 1 */
};

struct path_group {
    double *ends;    /* ascending, in units of √H residuals */
    uint32_t number; /* of the bar that it was drawn at; 0 = empty */
};

struct path_pool {
    struct path_source source;
    struct path_group groups[PATH_GROUPS];
    size_t group_size;
    size_t next;
    uint32_t horizon_bars;
};

/* A position of which the pool is asked. Its return is drift + stretch × what a path ends at or,
 * with the share of the shape, drift + width × what a past outcome was. */
struct path_position {
    double drift;   /* in the position's direction */
    double stretch; /* both: return per unit, that is σ·√H times a factor */
    double width;
    double costs;
    const struct horizon_shape *shape; /* past outcomes, in the position's direction */
    bool is_short;                     /* earns when the price falls: sees the paths mirrored */
};

struct path_figures {
    size_t paths;
    double probability_profit; /* that the return exceeds the costs */
    double value_at_risk;      /* 95%: with 5% the position loses more, costs included */
    double expected_shortfall; /* 95%: what it loses on average then */
};

/* `paths`: all groups together, a multiple of PATH_GROUPS is used; `returns`: longest window. */
void paths_init(struct path_pool *pool, struct arena *arena, size_t paths, size_t returns,
                uint32_t horizon_bars);

/* Takes a new window: `count` residuals, and how long blocks are on average (at least 1). What is
 * in the pool stays. */
void paths_refresh(struct path_pool *pool, const double *residuals, size_t count,
                   double block_length);

/* Empties the pool; there is nothing to draw from before the next refresh. */
void paths_forget(struct path_pool *pool);

/* Draws one group in place of the oldest, after a refresh. */
void paths_draw(struct path_pool *pool, struct rng *rng, uint32_t number);

/* Groups drawn longer ago than the horizon count no more. */
size_t paths_groups(const struct path_pool *pool, uint32_t number);

/* Variance of a path's end ÷ H, exactly: about 1 where residuals do not depend on each other (Lo &
 * MacKinlay's variance ratio, 1988, as the bootstrap has it). After a refresh. */
double paths_variance_ratio(const struct path_pool *pool);

/* From all groups that count; there is at least one. */
struct path_figures paths_figures(const struct path_pool *pool, uint32_t number,
                                  const struct path_position *position);

/* Whether the expected shortfall of a full pool exceeds the limit whatever is drawn into its empty
 * places: then drawing can stop. */
bool paths_tail_exceeds(const struct path_pool *pool, uint32_t number,
                        const struct path_position *position, double limit);

/* `returns`: longest window, as it was given to paths_init(). */
void paths_persist(struct path_pool *pool, size_t returns, struct persist *persist);

#endif
