/* The descriptions of the species, each in the file of its name, and what they have in common. */
#ifndef TICKD_AGENTS_SPECIES_LIST_H
#define TICKD_AGENTS_SPECIES_LIST_H

#include <math.h>

#include "tickd/agents/species.h"

extern const struct species_description species_momentum;
extern const struct species_description species_mean_reversion;
extern const struct species_description species_trend;
extern const struct species_description species_volatility;
extern const struct species_description species_breakout;
extern const struct species_description species_swing;
extern const struct species_description species_dislocation;
extern const struct species_description species_order_flow;

/* Variances of log prices below this are those of a price that stands still: a deviation of 0.003
 * bps. Rounding alone makes 4e-15 of a price that has moved by a third within the memory. */
#define FLAT_VARIANCE 1e-13

/* How sure a signal z = distance / √variance makes, z / √(scale² + z²) with one root and one
 * division: odd, rising, 0 at 0, 0.71 at the scale, 1 far beyond it. variance above 0. */
static inline double confidence(double distance, double variance, double scale)
{
    return distance / sqrt(scale * scale * variance + distance * distance);
}

/* The parameter that most species share: the signal, in deviations, that makes it 71% sure. */
#define SCALE_PARAMETER(standard, low, high)                                   \
    {                                                                          \
        .name = "scale", .unit = "deviations", .lowest = 0.25, .highest = 6.0, \
        .fallback = (standard), .by_ratio = true, .spread_lowest = (low),      \
        .spread_highest = (high), .help = "signal at which the score is 0.71"  \
    }

#endif
