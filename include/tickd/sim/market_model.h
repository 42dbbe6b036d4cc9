/* Synthetic prices whose truth is known: what finnhub-sim trades live, and what whole engines are
 * held against. Pure: no clock, no file, no allocation; the same (seed, symbol) and the same steps
 * give the same path, bit for bit.
 *
 * Prices are log-normal: the logarithm is a base, which is a walk, plus what the market plants:
 *
 *   walk       the base alone: no memory, nothing to win
 *   reverting  a gap around the base that closes by half every half_life_s (Ornstein–Uhlenbeck,
 *              in its exact discretisation: Gillespie, Phys. Rev. E 54, 1996), stationary from
 *              the start with the standard deviation gap_bps
 *   momentum   a drift of ±drift_bps a minute whose sign turns about every turn_s
 *   regimes    wanders between the three, a new one about every regime_s
 *   crash      a walk that falls by crash_percent within crash_for_s, again and again
 *   quiet      a walk with a tenth of the volatility
 *
 * Bars are one second by default, so that seconds here are bars there. */
#ifndef TICKD_SIM_MARKET_MODEL_H
#define TICKD_SIM_MARKET_MODEL_H

#include "tickd/base/rng.h"

/* X(constant, name, help) */
#define MARKET_KINDS(X)                                                                         \
    X(MARKET_WALK, "walk", "no memory: nothing to win")                                         \
    X(MARKET_REVERTING, "reverting", "a gap around a walk that closes by half again and again") \
    X(MARKET_MOMENTUM, "momentum", "a drift that turns now and then")                           \
    X(MARKET_REGIMES, "regimes", "each symbol wanders between the three")                       \
    X(MARKET_CRASH, "crash", "a walk that falls suddenly, with a rush of trades")               \
    X(MARKET_QUIET, "quiet", "hardly a trade, hardly a move")

enum market_kind {
#define X(constant, name, help) constant,
    MARKET_KINDS(X)
#undef X
        MARKET_KIND_COUNT
};

/* X(name, unit, default, min, max, help) */
#define MARKET_PARAMETERS(X)                                                                    \
    X(price, "USD", 0, 0, 1e6, "price at the start; 0 = drawn for each symbol, 40 to 400")      \
    X(tick, "USD", 0.01, 1e-8, 1000, "prices are multiples of it")                              \
    X(volatility_bps, "bps", 1, 0, 1000, "standard deviation of the base in one second")        \
    X(gap_bps, "bps", 60, 0, 5000, "reverting: standard deviation of the gap")                  \
    X(half_life_s, "s", 30, 0.01, 1e6, "reverting: the gap's half-life")                        \
    X(drift_bps, "bps a minute", 40, 0, 10000, "momentum: the drift, up or down")               \
    X(turn_s, "s", 200, 0.01, 1e6, "momentum: mean time between turns of the drift")            \
    X(turn_jitter, "fraction", 0.5, 0, 1, "momentum: a turn comes this part earlier or later")  \
    X(regime_s, "s", 600, 1, 1e6, "regimes: mean length of one (half to one and a half of it)") \
    X(crash_after_s, "s", 120, 1, 1e6, "crash: calm time before each fall")                     \
    X(crash_for_s, "s", 30, 1, 1e6, "crash: length of a fall")                                  \
    X(crash_percent, "percent", 10, 0, 99, "crash: how far it falls")

struct market_parameters {
#define X(name, unit, standard, min, max, help) double name;
    MARKET_PARAMETERS(X)
#undef X
};

/* A row of the table above, for --help and for setting by name. */
struct market_parameter_row {
    const char *name;
    const char *unit;
    double standard;
    double min;
    double max;
    const char *help;
};

enum market_phase { MARKET_CALM, MARKET_FALLING, MARKET_AFTERMATH };

/* One symbol. Private to market_model.c, here because callers hold it. */
struct market_model {
    enum market_kind kind;
    struct market_parameters parameters;
    struct rng rng;
    int64_t time_us;       /* since the model's start */
    double base;           /* logarithms of prices */
    double gap;            /* reverting only, else 0 */
    double drift_sign;     /* momentum: +1 or −1 */
    enum market_kind mode; /* what it does now: kind, or one of three in regimes */
    enum market_phase phase;
    int64_t turn_us;   /* next turn of the drift; INT64_MAX = none */
    int64_t regime_us; /* next change of mode; INT64_MAX = none */
    int64_t phase_us;  /* next phase of a crash; INT64_MAX = none */
};

void market_parameters_default(struct market_parameters *parameters);

/* Sets one by its name. ERROR_NOT_FOUND; ERROR_RANGE outside of [min, max]. */
int market_parameters_set(struct market_parameters *parameters, const char *name, double value);

/* Rows 0, 1, …; NULL after the last. */
const struct market_parameter_row *market_parameter_row(size_t index);

/* The kind of that name; ERROR_NOT_FOUND. */
int market_kind_by_name(const char *name, enum market_kind *kind);
const char *market_kind_name(enum market_kind kind);
const char *market_kind_help(enum market_kind kind);

void market_model_init(struct market_model *model, enum market_kind kind,
                       const struct market_parameters *parameters, uint64_t seed,
                       const char *symbol);

/* Goes on to `time_us` since the start, not earlier than before. */
void market_model_advance(struct market_model *model, int64_t time_us);

/* The model goes on as another kind, from the price that it has. */
void market_model_change(struct market_model *model, enum market_kind kind);

/* Natural logarithm of the price now, not rounded; for tests of the statistics. */
double market_model_log_price(const struct market_model *model);

/* The price now as a decimal, to the nearest tick, at least one tick. */
int64_t market_model_price(const struct market_model *model);

/* Trades come this much more often than usual: 1, more while a crash goes on. */
double market_model_activity(const struct market_model *model);

#endif
