/* What the course of a price so far says about its next H bars: where it has been going, and for
 * how long, to go on or to turn.
 *
 * The bars' returns, in units of their volatility, pass through a chain of discrete Laguerre
 * filters (Lee, Statistical Theory of Communication, 1960; Wahlberg, IEEE Transactions on Automatic
 * Control 36, 1991): with a = exp(−2/H),
 *
 *     L₀[t] = a·L₀[t−1] + √(1 − a²)·u[t]
 *     Lᵢ[t] = a·Lᵢ[t−1] + Lᵢ₋₁[t−1] − a·Lᵢ₋₁[t]
 *
 * Of white noise each has variance 1 and none is correlated with another; together they see some
 * four horizons. What the horizons brought, in units of σ·√H, is regressed on them, over all
 * symbols and all bars, whatever was decided; each bar counts 1/H, for horizons overlap. Ridge
 * regression (Hoerl & Kennard, Technometrics 12, 1970): every coefficient as if in 100
 * horizons there had been nothing to see. */
#ifndef TICKD_MODULES_SIMULATOR_TREND_H
#define TICKD_MODULES_SIMULATOR_TREND_H

#include <stdint.h>

#include "tickd/base/persist.h"

enum { TREND_FILTERS = 4, TREND_PRODUCTS = TREND_FILTERS * (TREND_FILTERS + 1) / 2 };

/* A symbol's price so far, as the filters see it. All 0: nothing is known. */
struct trend_course {
    double filters[TREND_FILTERS];
};

/* Over outcomes, in horizons. */
struct trend_sums {
    double squares[TREND_PRODUCTS]; /* of filters with each other, the lower triangle by rows */
    double products[TREND_FILTERS]; /* of filters with outcomes */
};

struct trend {
    struct trend_sums sums;
    double keep; /* a */
    double gain; /* √(1 − a²) */
    double part; /* of a horizon that a bar counts */
};

void trend_init(struct trend *trend, uint32_t horizon_bars);

/* The next bar's return ÷ the volatility known before it; beyond ±4 it counts as that, NaN is
 * passed over. */
void trend_step(const struct trend *trend, struct trend_course *course, double residual);

/* What is learned from, and what an estimate is made of: the filters, cut at ±3. */
struct trend_course trend_seen(const struct trend_course *course);

/* H bars later: the return ÷ (σ·√H), by the σ of then; beyond ±4 it counts as that. */
void trend_learn(struct trend *trend, const struct trend_course *then, double outcome);

/* A block of time is over: everything so far counts `keep` of what it did. */
void trend_end_block(struct trend *trend, double keep);

/* Mean return to be expected of the next H bars ÷ (σ·√H). */
double trend_expect(const struct trend *trend, const struct trend_course *seen);

void trend_persist(struct trend *trend, struct persist *persist);

/* For persist_ring() and the like: whether the filters are what trend_step() can have left. */
bool trend_is_course(const struct trend_course *course);

#endif
