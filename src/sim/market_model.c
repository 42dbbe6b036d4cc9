/* Synthetic prices: exact steps of a walk, an Ornstein–Uhlenbeck gap and a turning drift, cut at
 * the moments where the market changes. */
#include "tickd/sim/market_model.h"

#include <math.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"
#include "tickd/base/error.h"
#include "tickd/base/real.h"

#define LN_2 0.69314718055994530942
#define BPS 1e-4

/* Prices stay where decimals and their products are at ease. */
static const double price_min = 1e-6;
static const double price_max = 1e9;

/* How much a crash stirs volatility and trading, by phase. */
static const double phase_volatility[] = {
    [MARKET_CALM] = 1, [MARKET_FALLING] = 5, [MARKET_AFTERMATH] = 3};
static const double phase_activity[] = {
    [MARKET_CALM] = 1, [MARKET_FALLING] = 5, [MARKET_AFTERMATH] = 2};
static const double quiet_volatility = 0.1;
static const double aftermath_over_fall = 4; /* its length in lengths of the fall */

static const struct market_parameter_row parameter_rows[] = {
#define X(name, unit, standard, min, max, help) {#name, unit, standard, min, max, help},
    MARKET_PARAMETERS(X)
#undef X
};

static const char *const kind_names[] = {
#define X(constant, name, help) name,
    MARKET_KINDS(X)
#undef X
};

static const char *const kind_helps[] = {
#define X(constant, name, help) help,
    MARKET_KINDS(X)
#undef X
};

const struct market_parameter_row *market_parameter_row(size_t index)
{
    return index < ARRAY_LENGTH(parameter_rows) ? &parameter_rows[index] : NULL;
}

void market_parameters_default(struct market_parameters *parameters)
{
#define X(name, unit, standard, min, max, help) parameters->name = (standard);
    MARKET_PARAMETERS(X)
#undef X
}

int market_parameters_set(struct market_parameters *parameters, const char *name, double value)
{
#define X(field, unit, standard, min, max, help)                   \
    if (strcmp(name, #field) == 0) {                               \
        if (!(value >= (double)(min) && value <= (double)(max))) { \
            return ERROR_RANGE;                                    \
        }                                                          \
        parameters->field = value;                                 \
        return 0;                                                  \
    }
    MARKET_PARAMETERS(X)
#undef X
    return ERROR_NOT_FOUND;
}

int market_kind_by_name(const char *name, enum market_kind *kind)
{
    for (size_t i = 0; i < ARRAY_LENGTH(kind_names); i++) {
        if (strcmp(kind_names[i], name) == 0) {
            *kind = (enum market_kind)i;
            return 0;
        }
    }
    return ERROR_NOT_FOUND;
}

const char *market_kind_name(enum market_kind kind)
{
    return kind_names[kind];
}

const char *market_kind_help(enum market_kind kind)
{
    return kind_helps[kind];
}

static int64_t us_of(double seconds)
{
    return (int64_t)(seconds * US_PER_S) + 1;
}

/* A length of time around `mean_s`, by at most `jitter` of it; at least a microsecond. */
static int64_t draw_length_us(struct market_model *model, double mean_s, double jitter)
{
    return us_of(mean_s * (1 + jitter * (2 * rng_uniform(&model->rng) - 1)));
}

static void plan_turn(struct market_model *model)
{
    model->turn_us = model->time_us +
                     draw_length_us(model, model->parameters.turn_s, model->parameters.turn_jitter);
}

/* Enters one of the modes. A gap that was open becomes part of the base: no jump. */
static void enter_mode(struct market_model *model, enum market_kind mode)
{
    model->base += model->gap;
    model->gap = 0;
    model->mode = mode;
    model->turn_us = INT64_MAX;
    if (mode == MARKET_MOMENTUM) {
        model->drift_sign = rng_uniform(&model->rng) < 0.5 ? -1 : 1;
        plan_turn(model);
    }
}

static void next_regime(struct market_model *model)
{
    static const enum market_kind modes[] = {MARKET_WALK, MARKET_REVERTING, MARKET_MOMENTUM};
    enum market_kind mode;
    do {
        mode = modes[rng_below(&model->rng, ARRAY_LENGTH(modes))];
    } while (mode == model->mode);
    enter_mode(model, mode);
    model->regime_us = model->time_us + draw_length_us(model, model->parameters.regime_s, 0.5);
}

static void enter_phase(struct market_model *model, enum market_phase phase, double length_s)
{
    model->phase = phase;
    model->phase_us = model->time_us + us_of(length_s);
}

void market_model_change(struct market_model *model, enum market_kind kind)
{
    model->kind = kind;
    model->phase = MARKET_CALM;
    model->phase_us = INT64_MAX;
    model->regime_us = INT64_MAX;
    enter_mode(model, kind);
    if (kind == MARKET_REGIMES) {
        next_regime(model);
    }
    if (kind == MARKET_CRASH) {
        enter_phase(model, MARKET_CALM, model->parameters.crash_after_s);
    }
}

void market_model_init(struct market_model *model, enum market_kind kind,
                       const struct market_parameters *parameters, uint64_t seed,
                       const char *symbol)
{
    *model = (struct market_model){.parameters = *parameters};
    rng_stream(&model->rng, seed, symbol);
    double price = 40 + 360 * rng_uniform(&model->rng);
    if (parameters->price > 0) {
        price = parameters->price;
    }
    model->base = real_log(price);
    market_model_change(model, kind);
    if (kind == MARKET_REVERTING) {
        model->gap = parameters->gap_bps * BPS * rng_normal(&model->rng);
    }
}

/* One step during which nothing changes. */
static void step(struct market_model *model, int64_t step_us)
{
    const struct market_parameters *parameters = &model->parameters;
    double seconds = (double)step_us / US_PER_S;
    double volatility = parameters->volatility_bps * BPS * phase_volatility[model->phase];
    if (model->mode == MARKET_QUIET) {
        volatility *= quiet_volatility;
    }
    model->base += volatility * sqrt(seconds) * rng_normal(&model->rng);
    if (model->mode == MARKET_REVERTING) {
        double keep = real_exp(-LN_2 * seconds / parameters->half_life_s);
        double spread = parameters->gap_bps * BPS * sqrt(1 - keep * keep);
        model->gap = model->gap * keep + spread * rng_normal(&model->rng);
    }
    if (model->mode == MARKET_MOMENTUM) {
        model->base += model->drift_sign * parameters->drift_bps * BPS * seconds / 60;
    }
    if (model->phase == MARKET_FALLING) {
        double fall = real_log(1 - parameters->crash_percent / 100);
        model->base += fall * seconds / parameters->crash_for_s;
    }
    model->time_us += step_us;
}

/* What is due at the moment that has been reached. */
static void change_at_boundary(struct market_model *model)
{
    if (model->time_us == model->turn_us) {
        model->drift_sign = -model->drift_sign;
        plan_turn(model);
    }
    if (model->time_us == model->regime_us) {
        next_regime(model);
    }
    if (model->time_us == model->phase_us) {
        const struct market_parameters *parameters = &model->parameters;
        switch (model->phase) {
        case MARKET_CALM:
            enter_phase(model, MARKET_FALLING, parameters->crash_for_s);
            break;
        case MARKET_FALLING:
            enter_phase(model, MARKET_AFTERMATH, parameters->crash_for_s * aftermath_over_fall);
            break;
        case MARKET_AFTERMATH:
            enter_phase(model, MARKET_CALM, parameters->crash_after_s);
            break;
        }
    }
}

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void market_model_advance(struct market_model *model, int64_t time_us)
{
    ASSERT(time_us >= model->time_us);
    while (model->time_us < time_us) {
        int64_t boundary = earliest(earliest(model->turn_us, model->regime_us),
                                    earliest(model->phase_us, time_us));
        step(model, boundary - model->time_us);
        change_at_boundary(model);
    }
}

double market_model_log_price(const struct market_model *model)
{
    return model->base + model->gap;
}

int64_t market_model_price(const struct market_model *model)
{
    double price = real_exp(market_model_log_price(model));
    price = price < price_min ? price_min : price;
    price = price > price_max ? price_max : price;
    int64_t exact = 0;
    int64_t tick = 0;
    int code = decimal_from_double(price, &exact);
    ASSERT(code == 0);
    code = decimal_from_double(model->parameters.tick, &tick);
    ASSERT(code == 0 && tick > 0);
    int64_t ticks = (exact + tick / 2) / tick;
    return (ticks > 0 ? ticks : 1) * tick;
}

double market_model_activity(const struct market_model *model)
{
    return phase_activity[model->phase];
}
