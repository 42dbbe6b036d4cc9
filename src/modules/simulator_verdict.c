/* Verdicts by the edge alone. */
#include "tickd/modules/simulator_verdict.h"

#include <math.h>

#include "tickd/base/real.h"

double verdict_errors(double errors, double values, double prior, double numbers)
{
    return sqrt(errors * errors + real_log(1.0 + values / prior) + 2.0 * real_log(numbers));
}

/* What is known of a level. */
struct level_view {
    struct effect_estimate estimate;
    double sure;   /* less as many errors as all the looks ask for */
    double likely; /* less as many as one look asks for */
    bool known;
};

static struct level_view view_level(const struct edge *edge, size_t symbol, enum side side,
                                    size_t level, double errors)
{
    struct effect_estimate estimate = edge_estimate(edge, symbol, side, level);
    double all_errors = verdict_errors(errors, estimate.values, edge->limits.prior,
                                       (double)EDGE_LEVELS * EDGE_SIDES);
    return (struct level_view){
        .estimate = estimate,
        .sure = estimate.mean - all_errors * estimate.error,
        .likely = estimate.mean - errors * estimate.error,
        .known = estimate.values >= VERDICT_TRADES_MIN,
    };
}

/* The level from which on trading earns most: gain of a trade × how often there is one. */
struct threshold {
    size_t level; /* EDGE_LEVELS: none earns anything */
    double gain;
};

static void consider(struct threshold *threshold, size_t level, double gain)
{
    if (gain > threshold->gain) {
        *threshold = (struct threshold){.level = level, .gain = gain};
    }
}

struct edge_verdict verdict_of(const struct edge *edge, size_t symbol, enum side side, size_t level,
                               double costs, double errors)
{
    struct level_view views[EDGE_LEVELS];
    struct threshold proceed = {.level = EDGE_LEVELS};
    struct threshold caution = {.level = EDGE_LEVELS};
    for (size_t i = 0; i < EDGE_LEVELS; i++) {
        views[i] = view_level(edge, symbol, side, i, errors);
        if (views[i].known) {
            double rate = edge_rate(edge, i);
            consider(&proceed, i, rate * (views[i].sure - costs));
            consider(&caution, i, rate * (views[i].likely - costs));
        }
    }
    struct edge_verdict verdict = {.verdict = VERDICT_REJECT, .level = level};
    if (level >= proceed.level) {
        verdict.verdict = VERDICT_PROCEED;
        verdict.reason = SIMULATION_EDGE_EXCEEDS_COSTS;
        verdict.level = proceed.level;
    } else if (level >= caution.level) {
        verdict.verdict = VERDICT_CAUTION;
        verdict.reason = SIMULATION_EDGE_IS_UNSURE;
        verdict.level = caution.level;
    } else if (caution.level < EDGE_LEVELS) {
        verdict.reason = SIMULATION_TOO_WEAK;
    } else {
        verdict.reason =
            views[level].known ? SIMULATION_EDGE_BELOW_COSTS : SIMULATION_TOO_FEW_OUTCOMES;
    }
    verdict.estimate = views[verdict.level].estimate;
    verdict.bound = views[verdict.level].sure;
    return verdict;
}
