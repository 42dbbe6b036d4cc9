/* Ranks of scores. */
#include "tickd/modules/simulator_strength.h"

#include <math.h>
#include <string.h>

#include "tickd/base/real.h"

#define LN_2 0.69314718055994530942

static const double heaviest = 1e12; /* then all weights are divided by it */

void strength_init(struct strength *strength, double half_life)
{
    *strength = (struct strength){.weight = 1.0, .growth = real_exp(LN_2 / half_life)};
}

/* The bin, and how far into it, 0 to 1. The exponent and the first six bits behind the point of a
 * double are octave and bin, from 2^-10 on. */
static size_t bin_of(double score, double *within)
{
    enum { MANTISSA_BITS = 52, BIN_BITS = 6, BIAS = 1023 };
    const uint64_t first = (uint64_t)(BIAS - STRENGTH_OCTAVES) << BIN_BITS;
    double size = fabs(score);
    uint64_t bits;
    memcpy(&bits, &size, sizeof bits);
    uint64_t place = bits >> (MANTISSA_BITS - BIN_BITS);
    if (place < first) {
        *within = 0.0;
        return 0;
    }
    if (place - first >= STRENGTH_BINS) {
        *within = 1.0;
        return STRENGTH_BINS - 1;
    }
    uint64_t rest = bits & ((UINT64_C(1) << (MANTISSA_BITS - BIN_BITS)) - 1);
    *within = (double)rest / (double)(UINT64_C(1) << (MANTISSA_BITS - BIN_BITS));
    return (size_t)(place - first);
}

static void lighten(struct strength *strength)
{
    for (size_t i = 0; i < STRENGTH_BINS; i++) {
        strength->bins[i] /= heaviest;
    }
    for (size_t i = 0; i < STRENGTH_OCTAVES; i++) {
        strength->octaves[i] /= heaviest;
    }
    strength->total /= heaviest;
    strength->weight /= heaviest;
}

void strength_add(struct strength *strength, double score)
{
    double within;
    size_t bin = bin_of(score, &within);
    strength->bins[bin] += strength->weight;
    strength->octaves[bin / STRENGTH_PER_OCTAVE] += strength->weight;
    strength->total += strength->weight;
    strength->weight *= strength->growth;
    strength->seen++;
    if (strength->weight > heaviest) {
        lighten(strength);
    }
}

double strength_rank(const struct strength *strength, double score)
{
    double within;
    double below = 0.0;
    if (strength->seen < STRENGTH_READY) {
        return real_nan();
    }
    size_t bin = bin_of(score, &within);
    size_t octave = bin / STRENGTH_PER_OCTAVE;
    for (size_t i = 0; i < octave; i++) {
        below += strength->octaves[i];
    }
    for (size_t i = octave * STRENGTH_PER_OCTAVE; i < bin; i++) {
        below += strength->bins[i];
    }
    return (below + within * strength->bins[bin]) / strength->total;
}

void strength_persist(struct strength *strength, struct persist *persist)
{
    PERSIST(persist, strength->bins);
    PERSIST(persist, strength->octaves);
    PERSIST(persist, strength->total);
    PERSIST(persist, strength->weight);
    PERSIST(persist, strength->seen);
}
