/* How votes become a decision: five models over the same ballot, pure functions. */
#ifndef TICKD_MODULES_CONSENSUS_MODELS_H
#define TICKD_MODULES_CONSENSUS_MODELS_H

#include "tickd/bus/message.h"

/* A ballot as a model sees it. Who does not count (the coin, the suspended) has weight 0 and
 * counts[i] = false; the weights of those who count need not sum to 1. */
struct poll {
    size_t agents;
    const int8_t *votes;
    const double *weights;
    const bool *counts;
    double quorum;    /* share of those who count that must not abstain */
    double threshold; /* support that CONSENSUS_THRESHOLD asks for */
};

struct poll_result {
    enum side side;
    enum decision_reason reason;
    double score;      /* Σ weight × vote ÷ weight of those awake, −1 to 1 */
    double support;    /* weight for the side (HOLD: of those who hold) ÷ weight awake */
    double confidence; /* mean confidence, by weight, of the votes for the side; 0 for HOLD */
    double quorum;     /* share of those who count that do not abstain */
    double dissent;    /* entropy of buy, hold, sell by weight ÷ ln 3 */
    uint32_t robustness;
};

/* hedge      the side of the sign of the score
 * weighted   the side that more than half of the weight awake votes for
 * majority   the side that more than half of the agents awake vote for, heads and not weight
 * unanimous  the side that every agent awake votes for
 * threshold  the side whose support reaches the threshold
 * Below the quorum, with nobody for a side, or with as much for as against: HOLD, with the reason.
 */
struct poll_result poll_decide(enum consensus_model model, const struct poll *poll);

#endif
