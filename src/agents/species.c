/* The table of the species, and what is done to the parameters of any of them. */
#include "tickd/agents/species.h"

#include "tickd/base/assert.h"
#include "tickd/base/real.h"

#include "species_list.h"

static const struct species_description species_coin = {
    .species = SPECIES_COIN,
    .reference = "none: the yardstick votes at random",
};

static const struct species_description *const all[SPECIES_COUNT] = {
    [SPECIES_MOMENTUM] = &species_momentum,
    [SPECIES_MEAN_REVERSION] = &species_mean_reversion,
    [SPECIES_TREND] = &species_trend,
    [SPECIES_VOLATILITY] = &species_volatility,
    [SPECIES_BREAKOUT] = &species_breakout,
    [SPECIES_SWING] = &species_swing,
    [SPECIES_DISLOCATION] = &species_dislocation,
    [SPECIES_ORDER_FLOW] = &species_order_flow,
    [SPECIES_COIN] = &species_coin,
};

const struct species_description *species_describe(enum species species)
{
    ASSERT((unsigned)species < SPECIES_COUNT);
    return all[species];
}

static double rounded(double value)
{
    return floor(value + 0.5);
}

/* From `from` to `to`: 0 ≤ part ≤ 1 of the way, by equal steps or by equal ratios. */
static double part_of_way(double from, double to, double part, bool by_ratio)
{
    if (by_ratio) {
        return from * real_exp(part * real_log(to / from));
    }
    return from + part * (to - from);
}

static double bounded(const struct species_parameter *parameter, double value)
{
    if (value != value) {
        return parameter->fallback;
    }
    value = value < parameter->lowest ? parameter->lowest : value;
    value = value > parameter->highest ? parameter->highest : value;
    return parameter->whole ? rounded(value) : value;
}

static double spread_value(const struct species_parameter *parameter, double place)
{
    double end = place < 0 ? parameter->spread_lowest : parameter->spread_highest;
    double value = part_of_way(parameter->fallback, end, fabs(place), parameter->by_ratio);
    return bounded(parameter, value);
}

void species_spread(enum species species, size_t index, size_t count,
                    double parameters[PARAMETERS_MAX])
{
    const struct species_description *description = species_describe(species);
    double place = 0; /* −1 the first, 0 the middle, 1 the last */
    ASSERT(index < count);
    if (count > 1) {
        place = (2 * (double)index - (double)(count - 1)) / (double)(count - 1);
    }
    for (size_t i = 0; i < PARAMETERS_MAX; i++) {
        parameters[i] = i < description->parameter_count
                            ? spread_value(&description->parameters[i], place)
                            : real_nan();
    }
}

void species_bound(enum species species, double parameters[PARAMETERS_MAX])
{
    const struct species_description *description = species_describe(species);
    for (size_t i = 0; i < PARAMETERS_MAX; i++) {
        parameters[i] = i < description->parameter_count
                            ? bounded(&description->parameters[i], parameters[i])
                            : real_nan();
    }
}

bool species_within_bounds(enum species species, const double parameters[PARAMETERS_MAX])
{
    const struct species_description *description = species_describe(species);
    for (size_t i = 0; i < description->parameter_count; i++) {
        const struct species_parameter *parameter = &description->parameters[i];
        double value = parameters[i];
        if (!(value >= parameter->lowest && value <= parameter->highest) ||
            (parameter->whole && value != rounded(value))) {
            return false;
        }
    }
    return true;
}

int8_t species_vote(double score, double dead_band)
{
    if (score != score) {
        return VOTE_ABSTAINS;
    }
    double size = fabs(score) < 1 ? fabs(score) : 1;
    int votes = (size >= dead_band) & (size > 0); /* without a branch that nobody can foresee */
    int percent = (int)(100 * size + 0.5);
    percent = votes * (percent > 1 ? percent : 1);
    return (int8_t)(score < 0 ? -percent : percent);
}
