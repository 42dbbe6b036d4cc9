/* Whether what the simulator says comes true: its probabilities of profit against what happened, by
 * tenths and by the Brier score (Brier, Monthly Weather Review 78, 1950), and how often losses went
 * beyond value at risk and expected shortfall. Over all simulations whose outcome is known, traded
 * or not; nothing is ever forgotten. */
#ifndef TICKD_MODULES_SIMULATOR_RECORD_H
#define TICKD_MODULES_SIMULATOR_RECORD_H

#include "tickd/base/compiler.h"

enum { RECORD_BINS = 10 };

struct record_bin {
    uint64_t count;
    uint64_t profits;
    double predicted; /* sum of probabilities */
};

struct simulator_record {
    struct record_bin bins[RECORD_BINS];
    uint64_t count;
    uint64_t profits;
    double squares; /* Σ (probability − happened)² */
    uint64_t beyond_value_at_risk;
    uint64_t beyond_shortfall;
    double loss_beyond_value_at_risk; /* sums over those beyond value at risk: of losses, */
    double shortfall_beyond;          /* and of what was expected of them */
};

/* gain: return after costs, as a fraction of the position. */
void record_add(struct simulator_record *record, double gain, double probability,
                double value_at_risk, double expected_shortfall);

/* Mean squared error of the probabilities, and of the constant that would have been best: the share
 * of profits. NaN without outcomes. */
double record_brier(const struct simulator_record *record);
double record_brier_of_base_rate(const struct simulator_record *record);

#endif
