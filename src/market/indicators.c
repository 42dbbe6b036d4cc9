/* Indicators at bar close. What has an exact recurrence (EMA, Wilder's averages) is carried; what
 * has a window of 20 bars is summed anew at each bar, oldest first, so that no rounding error can
 * pile up and the same bars always give the same bits. docs/modules.md gives the formulas. */
#include "tickd/market/indicators.h"

#include <math.h>
#include <string.h>

#include "tickd/base/decimal.h"
#include "tickd/base/real.h"

enum {
    EMA_FAST = 12,
    EMA_SLOW = 26,
    MACD_SIGNAL = 9,
    MACD_SIGNAL_READY = EMA_SLOW + MACD_SIGNAL - 1,
    WILDER = 14, /* Wilder 1978 */
    ROC = 10
};

static const double lambda = 0.94; /* RiskMetrics Technical Document, 4th edition 1996, 5.3 */

/* A bar's prices and volume as doubles. */
struct numbers {
    double high, low, close, volume, signed_volume;
};

/* What the windows of 20 bars say. */
struct window {
    double mean; /* of the closes, as distance from their oldest */
    double deviation;
    double high, low;
    double volume; /* mean */
};

void indicators_init(struct indicator_state *state)
{
    memset(state, 0, sizeof *state);
    state->session_day = INT64_MIN;
}

void indicators_reset(struct indicator_state *state)
{
    int64_t session_day = state->session_day;
    uint128 session_turnover = state->session_turnover;
    int64_t session_volume = state->session_volume;

    memset(state, 0, sizeof *state);
    state->session_day = session_day;
    state->session_turnover = session_turnover;
    state->session_volume = session_volume;
}

/* An exponential mean of n values with weight 2/(n+1), the n-th value (count = n) being the seed:
 * the simple mean of the first n. */
static double exponential_mean(double mean, double *sum, uint64_t count, int n, double value)
{
    if (count > (uint64_t)n)
        return mean + (value - mean) * (2.0 / (n + 1));
    *sum += value;
    return *sum / n;
}

static void update_means(struct indicator_state *state, double close, struct indicators *out)
{
    uint64_t bars = state->bars;

    state->ema12 = exponential_mean(state->ema12, &state->ema12_sum, bars, EMA_FAST, close);
    state->ema26 = exponential_mean(state->ema26, &state->ema26_sum, bars, EMA_SLOW, close);
    if (bars >= EMA_FAST)
        out->ema12 = state->ema12;
    if (bars < EMA_SLOW)
        return;
    out->ema26 = state->ema26;
    out->macd = state->ema12 - state->ema26;
    state->macd_signal = exponential_mean(state->macd_signal, &state->macd_sum, bars - EMA_SLOW + 1,
                                          MACD_SIGNAL, out->macd);
    if (bars >= MACD_SIGNAL_READY) {
        out->macd_signal = state->macd_signal;
        out->macd_histogram = out->macd - state->macd_signal;
    }
}

/* Wilder's average: a sum while the first 14 values come in, their mean at the 14th, and then
 * (13 × old + new) / 14. */
static double wilder_average(double average, uint64_t count, double value)
{
    if (count < WILDER)
        return average + value;
    if (count == WILDER)
        return (average + value) / WILDER;
    return (average * (WILDER - 1) + value) / WILDER;
}

static void update_rsi(struct indicator_state *state, double change, struct indicators *out)
{
    uint64_t changes = state->bars - 1;

    state->gain = wilder_average(state->gain, changes, change > 0 ? change : 0);
    state->loss = wilder_average(state->loss, changes, change < 0 ? -change : 0);
    if (changes < WILDER)
        return;
    if (state->loss > 0)
        out->rsi14 = 100 - 100 / (1 + state->gain / state->loss);
    else
        out->rsi14 = state->gain > 0 ? 100 : 50;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static void update_atr(struct indicator_state *state, const struct numbers *now,
                       struct indicators *out)
{
    double range = now->high - now->low;

    if (state->bars > 1) {
        range = larger(range, fabs(now->high - state->previous_close));
        range = larger(range, fabs(now->low - state->previous_close));
    }
    state->true_range = wilder_average(state->true_range, state->bars, range);
    if (state->bars >= WILDER)
        out->atr14 = state->true_range;
}

static void update_volatility(struct indicator_state *state, double close, struct indicators *out)
{
    double log_return = real_log(close / state->previous_close);
    double square = log_return * log_return;
    uint64_t returns = state->bars - 1;

    state->variance = returns == 1 ? square : lambda * state->variance + (1 - lambda) * square;
    if (returns >= EWMA_VOLATILITY_READY)
        out->ewma_volatility = sqrt(state->variance);
}

/* Index of the bar `age` bars ago, 0 being the newest. */
static size_t index_of(const struct indicator_state *state, size_t age)
{
    return (size_t)((state->bars - 1 - age) % INDICATOR_WINDOW);
}

static void remember(struct indicator_state *state, const struct numbers *now)
{
    size_t newest = index_of(state, 0);

    state->closes[newest] = now->close;
    state->highs[newest] = now->high;
    state->lows[newest] = now->low;
    state->volumes[newest] = now->volume;
}

/* Sums over a full window, from the oldest bar to the newest. Closes are taken as distances from
 * the oldest one: so a flat window has a deviation of exactly 0. */
static struct window sum_window(const struct indicator_state *state)
{
    size_t oldest = index_of(state, INDICATOR_WINDOW - 1);
    double reference = state->closes[oldest];
    struct window sums = {.high = state->highs[oldest], .low = state->lows[oldest]};
    double squares = 0;

    for (size_t i = 0; i < INDICATOR_WINDOW; i++) {
        size_t at = (oldest + i) % INDICATOR_WINDOW;

        sums.mean += state->closes[at] - reference;
        sums.high = larger(sums.high, state->highs[at]);
        sums.low = state->lows[at] < sums.low ? state->lows[at] : sums.low;
        sums.volume += state->volumes[at];
    }
    sums.mean /= INDICATOR_WINDOW;
    sums.volume /= INDICATOR_WINDOW;
    for (size_t i = 0; i < INDICATOR_WINDOW; i++) {
        size_t at = (oldest + i) % INDICATOR_WINDOW;
        double distance = state->closes[at] - reference - sums.mean;

        squares += distance * distance;
    }
    sums.deviation = sqrt(squares / INDICATOR_WINDOW);
    return sums;
}

static void update_window(const struct indicator_state *state, const struct numbers *now,
                          struct indicators *out)
{
    if (state->bars > ROC) {
        double before = state->closes[index_of(state, ROC)];

        out->roc10 = 100 * (now->close - before) / before;
    }
    if (state->bars < INDICATOR_WINDOW)
        return;

    struct window window = sum_window(state);
    double reference = state->closes[index_of(state, INDICATOR_WINDOW - 1)];

    if (window.deviation > 0) {
        out->zscore20 = (now->close - reference - window.mean) / window.deviation;
        /* (close − (mean − 2σ)) / 4σ */
        out->percent_b = 0.5 + out->zscore20 / 4;
    }
    if (window.high > window.low)
        out->donchian20 = (now->close - window.low) / (window.high - window.low);
    if (window.volume > 0)
        out->volume_ratio20 = now->volume / window.volume;
}

void indicators_add_turnover(struct indicator_state *state, int64_t volume, uint128 turnover,
                             int64_t session_day)
{
    int64_t sum;

    if (session_day != state->session_day) {
        state->session_day = session_day;
        state->session_turnover = 0;
        state->session_volume = 0;
    }
    /* A session whose volume is beyond DECIMAL_MAX keeps the VWAP that it has. */
    if (!add_overflows(state->session_volume, volume, &sum)) {
        state->session_volume = sum;
        state->session_turnover += turnover;
    }
}

/* close ÷ VWAP − 1 = (close × volume − turnover) ÷ turnover, with an exact numerator: near the
 * VWAP nothing is lost. */
static double vwap_distance(const struct indicator_state *state, int64_t close)
{
    if (state->session_volume == 0 || state->session_turnover == 0)
        return real_nan();

    int128 distance = (int128)close * state->session_volume - (int128)state->session_turnover;

    return (double)distance / (double)state->session_turnover;
}

static void forget_all(struct indicators *indicators)
{
#define X(name, unit, help) indicators->name = real_nan();
    INDICATORS(X)
#undef X
}

void indicators_update(struct indicator_state *state, const struct bar *bar, uint128 turnover,
                       int64_t session_day, struct indicators *indicators)
{
    struct numbers now = {.high = decimal_to_double(bar->high),
                          .low = decimal_to_double(bar->low),
                          .close = decimal_to_double(bar->close),
                          .volume = decimal_to_double(bar->volume),
                          .signed_volume = decimal_to_double(bar->signed_volume)};

    forget_all(indicators);
    state->bars++;
    remember(state, &now);
    update_means(state, now.close, indicators);
    update_atr(state, &now, indicators);
    if (state->bars > 1) {
        update_rsi(state, now.close - state->previous_close, indicators);
        update_volatility(state, now.close, indicators);
    }
    state->previous_close = now.close;
    update_window(state, &now, indicators);
    indicators_add_turnover(state, bar->volume, turnover, session_day);
    indicators->vwap_distance = vwap_distance(state, bar->close);
    if (bar->volume > 0)
        indicators->imbalance = now.signed_volume / now.volume;
}
