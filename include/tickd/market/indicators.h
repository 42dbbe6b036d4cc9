/* Indicators at bar close, each by its standard definition; docs/modules.md gives the formulas and
 * their sources. All are doubles; NaN (real_nan()) = not ready. Constant memory a symbol. */
#ifndef TICKD_MARKET_INDICATORS_H
#define TICKD_MARKET_INDICATORS_H

#include "tickd/market/bars.h"

/* X(name, unit, help) */
#define INDICATORS(X)                                                                              \
    X(ema12, "price", "exponential mean of 12 closes, seeded with their simple mean")              \
    X(ema26, "price", "exponential mean of 26 closes, seeded with their simple mean")              \
    X(macd, "price", "ema12 less ema26")                                                           \
    X(macd_signal, "price", "exponential mean of 9 values of macd, seeded with their simple mean") \
    X(macd_histogram, "price", "macd less its signal")                                             \
    X(rsi14, "0 to 100", "relative strength index, Wilder's smoothing over 14 changes")            \
    X(atr14, "price", "average true range, Wilder's smoothing over 14 bars")                       \
    X(percent_b, "ratio", "place of the close between the Bollinger bands (20, 2)")                \
    X(zscore20, "deviations", "close less the mean of 20, in population standard deviations")      \
    X(roc10, "percent", "rate of change over 10 bars")                                             \
    X(donchian20, "0 to 1", "place of the close between the extremes of 20 bars")                  \
    X(ewma_volatility, "log return a bar", "RiskMetrics volatility of bar returns, lambda 0.94")   \
    X(vwap_distance, "ratio", "close over the session's VWAP, less one")                           \
    X(volume_ratio20, "ratio", "volume over the mean volume of 20 bars")                           \
    X(imbalance, "-1 to 1", "signed volume by the tick rule, over volume")

struct indicators {
#define X(name, unit, help) double name;
    INDICATORS(X)
#undef X
};

enum { INDICATOR_WINDOW = 20, EWMA_VOLATILITY_READY = 20 };

/* What one symbol's indicators remember. */
struct indicator_state {
    uint64_t bars; /* since the last reset */
    double ema12, ema26, macd_signal;
    double ema12_sum, ema26_sum, macd_sum; /* seeds being gathered */
    double gain, loss;                     /* Wilder's averages, or sums while gathering */
    double true_range;
    double variance; /* EWMA of squared log returns */
    double previous_close;
    double closes[INDICATOR_WINDOW], highs[INDICATOR_WINDOW], lows[INDICATOR_WINDOW];
    double volumes[INDICATOR_WINDOW];
    int64_t session_day;      /* of the session VWAP below */
    uint128 session_turnover; /* Σ price × volume in units of 1e-16; with session_volume exact */
    int64_t session_volume;
};

void indicators_init(struct indicator_state *state);

/* Forgets prices, as after a gap in the feed; the session's VWAP goes on. */
void indicators_reset(struct indicator_state *state);

/* Takes in a closed bar of the session `session_day` (session_day_of) with its exact turnover and
 * gives the indicators at its close. */
void indicators_update(struct indicator_state *state, const struct bar *bar, uint128 turnover,
                       int64_t session_day, struct indicators *indicators);

/* Volume that moved no price still belongs to the session's VWAP. */
void indicators_add_turnover(struct indicator_state *state, int64_t volume, uint128 turnover,
                             int64_t session_day);

#endif
