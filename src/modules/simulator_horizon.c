/* Drift and deviation over the horizon. */
#include "tickd/modules/simulator_horizon.h"

#include "tickd/base/assert.h"

bool horizon_init(struct horizon *horizon, struct arena *arena, uint32_t horizon_bars, double prior,
                  size_t symbols)
{
    struct horizon_symbol *of =
        arena_take(arena, "simulator", "outcomes of symbols", symbols, sizeof *of);
    if (arena_measuring(arena)) {
        return false;
    }
    *horizon = (struct horizon){
        .horizon_bars = horizon_bars, .prior = prior, .of = of, .symbols = symbols};
    return true;
}

static size_t place_of(enum side side)
{
    ASSERT(side == SIDE_BUY || side == SIDE_SELL);
    return side == SIDE_BUY ? 0 : 1;
}

/* The part of a horizon that is new since the last one. */
static double new_part(const struct horizon *horizon, uint32_t *last, uint32_t number)
{
    uint32_t bars = number - *last;
    bool overlaps = *last != 0 && bars < horizon->horizon_bars;
    *last = number;
    return overlaps ? (double)bars / horizon->horizon_bars : 1.0;
}

static void add_to(struct horizon_sums *sums, double value, double part)
{
    sums->count += 1.0;
    sums->sum += value;
    sums->horizons += part;
}

void horizon_learn(struct horizon *horizon, size_t symbol_id, const struct horizon_outcome *outcome)
{
    ASSERT(symbol_id < horizon->symbols);
    struct horizon_symbol *symbol = &horizon->of[symbol_id];
    if (outcome->level != EDGE_NO_LEVEL) {
        size_t side = place_of(outcome->side);
        size_t level = (size_t)outcome->level;
        double part = new_part(horizon, &symbol->last[side][level], outcome->number);
        add_to(&symbol->drift[side][level], outcome->move, part);
        add_to(&horizon->drift[side][level], outcome->move, part);
    }
    if (outcome->residual == outcome->residual) {
        double square = outcome->residual * outcome->residual;
        double part = new_part(horizon, &symbol->last_of_all, outcome->number);
        add_to(&symbol->variance, square, part);
        add_to(&horizon->variance, square, part);
    }
    if (outcome->rank == outcome->rank) {
        size_t rank = (size_t)(outcome->rank * HORIZON_RANKS);
        horizon->ranks[rank < HORIZON_RANKS ? rank : HORIZON_RANKS - 1] += 1.0;
    }
}

static void fade(struct horizon_sums *sums, double keep)
{
    sums->count *= keep;
    sums->sum *= keep;
    sums->horizons *= keep;
}

static void fade_drifts(struct horizon_sums drift[EDGE_SIDES][EDGE_LEVELS], double keep)
{
    for (size_t side = 0; side < EDGE_SIDES; side++) {
        for (size_t level = 0; level < EDGE_LEVELS; level++) {
            fade(&drift[side][level], keep);
        }
    }
}

void horizon_fade(struct horizon *horizon, double keep)
{
    fade_drifts(horizon->drift, keep);
    fade(&horizon->variance, keep);
    for (size_t i = 0; i < HORIZON_RANKS; i++) {
        horizon->ranks[i] *= keep;
    }
    for (size_t i = 0; i < horizon->symbols; i++) {
        fade_drifts(horizon->of[i].drift, keep);
        fade(&horizon->of[i].variance, keep);
    }
}

void horizon_break(struct horizon *horizon, size_t symbol_id)
{
    ASSERT(symbol_id < horizon->symbols);
    struct horizon_symbol *symbol = &horizon->of[symbol_id];
    symbol->last_of_all = 0;
    for (size_t side = 0; side < EDGE_SIDES; side++) {
        for (size_t level = 0; level < EDGE_LEVELS; level++) {
            symbol->last[side][level] = 0;
        }
    }
}

static double mean_towards(const struct horizon_sums *sums, double start, double prior)
{
    double mean = sums->count > 0.0 ? sums->sum / sums->count : start;
    return (sums->horizons * mean + prior * start) / (sums->horizons + prior);
}

double horizon_drift(const struct horizon *horizon, size_t symbol, enum side side, int level)
{
    ASSERT(symbol < horizon->symbols);
    if (level == EDGE_NO_LEVEL) {
        return 0.0;
    }
    size_t place = place_of(side);
    double common = mean_towards(&horizon->drift[place][level], 0.0, horizon->prior);
    return mean_towards(&horizon->of[symbol].drift[place][level], common, horizon->prior);
}

double horizon_variance(const struct horizon *horizon, size_t symbol, double start)
{
    ASSERT(symbol < horizon->symbols);
    double common = mean_towards(&horizon->variance, start, horizon->prior);
    return mean_towards(&horizon->of[symbol].variance, common, horizon->prior);
}

void horizon_weights(const struct horizon *horizon, double weights[HORIZON_RANKS])
{
    double count = 0.0;
    double horizons = horizon->variance.horizons;
    for (size_t i = 0; i < HORIZON_RANKS; i++) {
        count += horizon->ranks[i];
    }
    for (size_t i = 0; i < HORIZON_RANKS; i++) {
        double share = count > 0.0 ? horizon->ranks[i] / count : 0.0;
        double seen = count > 0.0 ? horizons : 0.0;
        weights[i] = (seen * share * HORIZON_RANKS + horizon->prior) / (seen + horizon->prior);
    }
}
