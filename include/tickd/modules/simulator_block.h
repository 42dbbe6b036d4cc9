/* How long blocks should be on average when a series is bootstrapped by the stationary bootstrap.
 *
 * Politis & White, "Automatic block-length selection for the dependent bootstrap", Econometric
 * Reviews 23 (2004), with Patton, Politis & White, "Correction to …", Econometric Reviews 28
 * (2009). With the autocovariances R(k) (÷ n) and the trapezoidal flat-top window
 * λ(t) = 1 for |t| ≤ ½, 2(1 − |t|) up to 1, over lags up to M = 2m̂:
 *
 *     G = Σ λ(k/M)·|k|·R(k),  D = 2·(Σ λ(k/M)·R(k))²,  b = (2G²/D)^⅓ · n^⅓
 *
 * m̂ is the first lag, from 1, at which K autocorrelations in a row are within ±2·√(log₁₀ n ÷ n),
 * K = max(5, √log₁₀ n); M is at most ⌈√n⌉ + K, and that where there is no such lag. The cap is the
 * authors': b ≤ ⌈min(3√n, n/3)⌉. Below 1 it is 1: a block has at least one value. */
#ifndef TICKD_MODULES_SIMULATOR_BLOCK_H
#define TICKD_MODULES_SIMULATOR_BLOCK_H

#include "tickd/base/compiler.h"

enum {
    BLOCK_VALUES_MAX = 3600,
    BLOCK_VALUES_MIN = 30, /* fewer say nothing about lags: their block length is 1 */
    BLOCK_LAG_MAX = 65     /* ⌈√3600⌉ + 5 */
};

/* Of at most BLOCK_VALUES_MAX values; 1 for a constant series. Costs count × lags multiplications.
 */
double block_length(const double *values, size_t count);

#endif
