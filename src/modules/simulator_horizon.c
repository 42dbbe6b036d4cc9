/* Drift, deviation and shape over the horizon. */
#include "tickd/modules/simulator_horizon.h"

#include <math.h>

#include "tickd/base/assert.h"

/* Where there is a drift at all, it differs by level and standing: what ties those together is
 * worth less than what ties all of them to zero. */
static const double kind_prior_share = 1.0 / 3.0;

/* Horizons that the paths are worth in the mixture with past outcomes. */
static const double shape_prior = 10.0;

bool horizon_init(struct horizon *horizon, struct arena *arena, uint32_t horizon_bars, double prior,
                  size_t symbols)
{
    struct horizon_symbol *of =
        arena_take(arena, "simulator", "outcomes of symbols", symbols, sizeof *of);
    if (arena_measuring(arena)) {
        return false;
    }
    *horizon =
        (struct horizon){.prior = prior, .part = 1.0 / horizon_bars, .of = of, .symbols = symbols};
    return true;
}

static size_t place_of(enum side side)
{
    ASSERT(side == SIDE_BUY || side == SIDE_SELL);
    return side == SIDE_BUY ? 0 : 1;
}

size_t horizon_standing_of(double agreement)
{
    return agreement < 0.0 ? 0 : agreement < 0.75 ? 1 : 2;
}

double horizon_bin_edge(size_t bin)
{
    return HORIZON_SHAPE_END * (2.0 * (double)bin / HORIZON_BINS - 1.0);
}

static void add_to(struct horizon_sums *sums, double value, double weight)
{
    sums->weight += weight;
    sums->sum += weight * value;
}

static double mean_towards(const struct horizon_sums *sums, double start, double prior)
{
    return (sums->sum + prior * start) / (sums->weight + prior);
}

static void add_to_shape(struct horizon_shape *shape, double value)
{
    double place = floor((value / HORIZON_SHAPE_END + 1.0) / 2.0 * HORIZON_BINS);
    size_t bin = !(place > 0.0) ? 0 : place < HORIZON_BINS ? (size_t)place : HORIZON_BINS - 1;
    shape->counts[bin] += 1.0;
    shape->sums[bin] += value;
    shape->count += 1.0;
}

void horizon_learn(struct horizon *horizon, size_t symbol_id, const struct horizon_outcome *outcome)
{
    ASSERT(symbol_id < horizon->symbols);
    struct horizon_symbol *symbol = &horizon->of[symbol_id];
    const struct horizon_kind *kind = &outcome->kind;
    if (kind->level != EDGE_NO_LEVEL) {
        size_t level = (size_t)kind->level;
        add_to(&horizon->drift_of_all, outcome->move, horizon->part);
        add_to(&horizon->drift_of_level[level], outcome->move, horizon->part);
        effects_add(&horizon->drift[level][kind->standing],
                    &symbol->drift[place_of(kind->side)][level][kind->standing], outcome->move,
                    horizon->part);
    }
    if (outcome->residual == outcome->residual) {
        double square = outcome->residual * outcome->residual;
        double width = horizon_width(horizon, symbol_id);
        add_to(&symbol->variance, square, horizon->part);
        add_to(&horizon->variance, square, horizon->part);
        add_to_shape(&horizon->shape, outcome->residual / width);
        horizon->shape.share = horizon->variance.weight / (horizon->variance.weight + shape_prior);
        horizon->shape.size = horizon->variance.weight + shape_prior;
    }
}

static void fade(struct horizon_sums *sums, double keep)
{
    sums->weight *= keep;
    sums->sum *= keep;
}

static void fade_shape(struct horizon_shape *shape, double keep)
{
    for (size_t i = 0; i < HORIZON_BINS; i++) {
        shape->counts[i] *= keep;
        shape->sums[i] *= keep;
    }
    shape->count *= keep;
}

static void fade_cells(struct horizon *horizon, size_t level, size_t standing, double keep)
{
    for (size_t i = 0; i < horizon->symbols; i++) {
        effects_fade(&horizon->of[i].drift[0][level][standing], keep);
        effects_fade(&horizon->of[i].drift[1][level][standing], keep);
    }
}

void horizon_end_block(struct horizon *horizon, double keep)
{
    fade(&horizon->drift_of_all, keep);
    fade(&horizon->variance, keep);
    fade_shape(&horizon->shape, keep);
    for (size_t level = 0; level < EDGE_LEVELS; level++) {
        fade(&horizon->drift_of_level[level], keep);
        for (size_t standing = 0; standing < HORIZON_STANDINGS; standing++) {
            effects_end_block(&horizon->drift[level][standing], keep);
            fade_cells(horizon, level, standing, keep);
        }
    }
    for (size_t i = 0; i < horizon->symbols; i++) {
        fade(&horizon->of[i].variance, keep);
    }
}

double horizon_drift(const struct horizon *horizon, size_t symbol, const struct horizon_kind *kind)
{
    ASSERT(symbol < horizon->symbols);
    if (kind->level == EDGE_NO_LEVEL) {
        return 0.0;
    }
    size_t level = (size_t)kind->level;
    double prior = horizon->prior * kind_prior_share;
    double all = mean_towards(&horizon->drift_of_all, 0.0, horizon->prior);
    double start = mean_towards(&horizon->drift_of_level[level], all, prior);
    return effects_estimate(&horizon->drift[level][kind->standing],
                            &horizon->of[symbol].drift[place_of(kind->side)][level][kind->standing],
                            start, prior)
        .mean;
}

double horizon_variance(const struct horizon *horizon, size_t symbol, double start)
{
    ASSERT(symbol < horizon->symbols);
    double all = mean_towards(&horizon->variance, start, horizon->prior);
    return mean_towards(&horizon->of[symbol].variance, all, horizon->prior);
}

double horizon_width(const struct horizon *horizon, size_t symbol)
{
    const struct horizon_sums *all = &horizon->variance;
    ASSERT(symbol < horizon->symbols);
    if (!(all->sum > 0.0)) {
        return 1.0;
    }
    double mean = all->sum / all->weight;
    return sqrt(mean_towards(&horizon->of[symbol].variance, mean, horizon->prior) / mean);
}

const struct horizon_shape *horizon_shape(const struct horizon *horizon)
{
    return &horizon->shape;
}

/* State. */

/* Far beyond what any sum comes to. */
static const double huge = 1e30;

static bool is_sum_of_squares(const struct horizon_sums *sums)
{
    return sums->weight >= 0.0 && sums->weight < huge && sums->sum >= 0.0 && sums->sum < huge;
}

/* What all others are measured by. */
static bool check_variance(const void *value, void *context)
{
    const struct horizon_sums *sums = value;
    (void)context;
    return is_sum_of_squares(sums) && (!(sums->sum > 0.0) || (sums->sum > sums->weight / huge &&
                                                              sums->sum < sums->weight * huge));
}

static bool check_symbol(const void *value, void *context)
{
    const struct horizon_symbol *symbol = value;
    (void)context;
    return is_sum_of_squares(&symbol->variance);
}

/* The worst of the mixture are looked for until there are enough of them. */
static bool check_shape(const void *value, void *context)
{
    const struct horizon_shape *shape = value;
    bool begun = shape->size > 0.0;
    (void)context;
    for (size_t i = 0; i < HORIZON_BINS; i++) {
        if (!(shape->counts[i] >= 0.0 && shape->counts[i] < huge && fabs(shape->sums[i]) < huge)) {
            return false;
        }
    }
    return shape->count >= 0.0 && shape->share >= 0.0 && shape->share < 1.0 &&
           (!begun || (shape->size >= shape_prior && shape->size < huge));
}

void horizon_persist(struct horizon *horizon, struct persist *persist)
{
    PERSIST_REALS(persist, "drift of all", horizon->drift_of_all, -huge, huge);
    PERSIST_REALS(persist, "drift of levels", horizon->drift_of_level, -huge, huge);
    PERSIST_REALS(persist, "drift of kinds", horizon->drift, -huge, huge);
    persist_value(persist, "variance of outcomes", &horizon->variance, sizeof horizon->variance,
                  check_variance, NULL);
    persist_value(persist, "shape of outcomes", &horizon->shape, sizeof horizon->shape, check_shape,
                  NULL);
    persist_array(persist, "outcomes of symbols", horizon->of, horizon->symbols, horizon->symbols,
                  sizeof *horizon->of, check_symbol, NULL);
}
