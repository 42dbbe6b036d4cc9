/* From learned edges to a verdict: whether trades at the strength of a decision are worth their
 * costs, and which strengths are worth trading at all. */
#ifndef TICKD_MODULES_SIMULATOR_VERDICT_H
#define TICKD_MODULES_SIMULATOR_VERDICT_H

#include "tickd/modules/simulator_edge.h"

enum { VERDICT_TRADES_MIN = 10 /* at a level; below, nothing is known of it */ };

/* Everything in units of the scale of simulator_edge.h. */
struct edge_verdict {
    enum verdict verdict;
    enum simulation_reason reason;
    size_t level; /* that the estimate is of: the lowest that is traded, or the decision's own */
    struct effect_estimate estimate;
    double bound; /* the edge that is sure, after so many looks at so many levels */
};

/* How many errors an estimate must be away from a bound, where `errors` would do for one look at
 * one number: √(errors² + ln(1 + n/prior) + 2·ln(numbers)). The second term is the price of looking
 * after every value (Robbins, Annals of Mathematical Statistics 41, 1970: the mixture bound of a
 * normal prior of that weight), the third that of choosing among so many (Bonferroni, in terms of
 * the normal tail's exponent). */
double verdict_errors(double errors, double values, double prior, double numbers);

/* Of a decision of that side and level (not EDGE_NO_LEVEL). */
struct edge_verdict verdict_of(const struct edge *edge, size_t symbol, enum side side, size_t level,
                               double costs, double errors);

#endif
