/* How strong a score is among those of its symbol: its rank in a running distribution of their
 * magnitudes, in which older ones count less. The scale of scores moves while weights are learned;
 * ranks stay what they are.
 *
 *     |score|   2^-10 … ½ … 1     10 octaves of 64 equal bins, as doubles are spaced
 */
#ifndef TICKD_MODULES_SIMULATOR_STRENGTH_H
#define TICKD_MODULES_SIMULATOR_STRENGTH_H

#include "tickd/base/persist.h"

enum {
    STRENGTH_OCTAVES = 10,
    STRENGTH_PER_OCTAVE = 64,
    STRENGTH_BINS = STRENGTH_OCTAVES * STRENGTH_PER_OCTAVE,
    STRENGTH_READY = 120 /* scores before there is a rank */
};

struct strength {
    double bins[STRENGTH_BINS];
    double octaves[STRENGTH_OCTAVES];
    double total;
    double weight; /* of the next one; it grows instead of the old ones shrinking */
    double growth;
    uint64_t seen;
};

/* After `half_life` further scores a score counts half. */
void strength_init(struct strength *strength, double half_life);

void strength_add(struct strength *strength, double score);

/* Share of the scores so far that are weaker, 0 to 1, interpolated within a bin; NaN before
 * STRENGTH_READY. The sign of a score is nothing here. */
double strength_rank(const struct strength *strength, double score);

/* The half-life stays. */
void strength_persist(struct strength *strength, struct persist *persist);

#endif
