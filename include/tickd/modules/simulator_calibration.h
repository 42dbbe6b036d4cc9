/* What has become of the probabilities that the paths told: they are corrected by it.
 *
 * Where an edge is next to nothing, the estimates of drift and volatility differ from decision to
 * decision by their own errors, and so do the probabilities that follow from them: too far apart,
 * around a mean that may be beside the truth. So outcomes are regressed on the probabilities of all
 * symbols, as Mincer & Zarnowitz do (in Economic Forecasts and Expectations, NBER, 1969) and Cox
 * for probabilities (Biometrika 45, 1958): the offset shrunk to 0, the slope to 1 and held between
 * 0, where only the base rate counts, and 1. Each outcome counts 1/H: horizons overlap. */
#ifndef TICKD_MODULES_SIMULATOR_CALIBRATION_H
#define TICKD_MODULES_SIMULATOR_CALIBRATION_H

#include <stdint.h>

#include "tickd/base/persist.h"

/* Over outcomes, in horizons. */
struct calibration_sums {
    double weight;
    double told;     /* probabilities */
    double happened; /* 1 for a profit, 0 for none */
    double squares;  /* of probabilities */
    double products; /* of both */
};

struct calibration {
    struct calibration_sums sums;
    double part; /* of a horizon that an outcome counts */
};

void calibration_init(struct calibration *calibration, uint32_t horizon_bars);

/* `told`: what the paths told, 0 to 1, before it was corrected. */
void calibration_learn(struct calibration *calibration, double told, bool profit);

/* A block of time is over: everything so far counts `keep` of what it did. */
void calibration_end_block(struct calibration *calibration, double keep);

/* What is to be expected of what the paths tell, 0 to 1. */
double calibration_correct(const struct calibration *calibration, double told);

void calibration_persist(struct calibration *calibration, struct persist *persist);

#endif
