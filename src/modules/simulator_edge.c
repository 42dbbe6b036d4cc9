/* Virtual traders, and what is learned from them. */
#include "tickd/modules/simulator_edge.h"

#include <math.h>

#include "tickd/base/assert.h"
#include "tickd/base/real.h"

#define LN_2 0.69314718055994530942

static const double level_ranks[EDGE_LEVELS] = {0.0, 0.5, 0.75, 0.875, 0.95};

double edge_level_rank(size_t level)
{
    ASSERT(level < EDGE_LEVELS);
    return level_ranks[level];
}

int edge_level_of(double rank)
{
    int level = EDGE_NO_LEVEL;
    while (level + 1 < EDGE_LEVELS && rank >= level_ranks[level + 1]) {
        level++;
    }
    return level;
}

bool edge_init(struct edge *edge, struct arena *arena, const struct edge_limits *limits,
               size_t symbols)
{
    struct edge_symbol *of = arena_take(arena, "simulator", "virtual traders", symbols, sizeof *of);
    if (arena_measuring(arena)) {
        return false;
    }
    *edge = (struct edge){.limits = *limits, .of = of, .symbols = symbols};
    return true;
}

void edge_set_stops(struct edge *edge, double stop_loss, double take_profit)
{
    edge->limits.stop_loss = stop_loss;
    edge->limits.take_profit = take_profit;
}

static size_t place_of(enum side side)
{
    ASSERT(side == SIDE_BUY || side == SIDE_SELL);
    return side == SIDE_BUY ? 0 : 1;
}

static double sign_of(enum side side)
{
    return side == SIDE_BUY ? 1.0 : -1.0;
}

/* Learning. */

static void learn(struct edge *edge, struct edge_symbol *symbol, size_t level,
                  const struct virtual_trade *trade, double log_close)
{
    double gain = sign_of(trade->side) * (log_close - trade->entry) / trade->scale;
    effects_add(&edge->pools[level], &symbol->returns[place_of(trade->side)][level], gain, 1.0);
}

double edge_keep(const struct edge *edge)
{
    double bars = (double)EDGE_BLOCK_HORIZONS * edge->limits.horizon_bars;
    return real_exp(-LN_2 * bars / edge->limits.memory_bars);
}

/* A block of time ends when one of the symbols has had its bars. */
static void end_block(struct edge *edge)
{
    double keep = edge_keep(edge);
    for (size_t level = 0; level < EDGE_LEVELS; level++) {
        effects_end_block(&edge->pools[level], keep);
        for (size_t i = 0; i < edge->symbols; i++) {
            effects_fade(&edge->of[i].returns[0][level], keep);
            effects_fade(&edge->of[i].returns[1][level], keep);
        }
    }
    for (size_t i = 0; i < edge->symbols; i++) {
        edge->of[i].block_bars = 0;
    }
    edge->blocks++;
}

/* The virtual traders. */

static bool is_over(const struct edge *edge, const struct virtual_trade *trade,
                    const struct edge_bar *bar)
{
    double gain = sign_of(trade->side) * (bar->log_close - trade->entry);
    return bar->number >= trade->expires_at || gain <= -edge->limits.stop_loss ||
           gain >= edge->limits.take_profit;
}

/* What was asked for at the bar before happens at this close. */
static void execute(struct edge *edge, struct edge_symbol *symbol, size_t level,
                    const struct edge_bar *bar)
{
    struct virtual_trade *trade = &symbol->trades[level];
    switch (trade->state) {
    case VIRTUAL_ENTERING:
        trade->entry = bar->log_close;
        trade->expires_at = bar->number + edge->limits.horizon_bars - 1;
        trade->state = VIRTUAL_HOLDING;
        break;
    case VIRTUAL_LEAVING:
        learn(edge, symbol, level, trade, bar->log_close);
        trade->state = VIRTUAL_FLAT;
        break;
    case VIRTUAL_FLAT:
    case VIRTUAL_HOLDING:
        break;
    }
}

static void follow(const struct edge *edge, struct virtual_trade *trade, const struct edge_bar *bar)
{
    switch (trade->state) {
    case VIRTUAL_FLAT:
        if (bar->scale > 0.0) {
            *trade = (struct virtual_trade){
                .state = VIRTUAL_ENTERING, .side = bar->side, .scale = bar->scale};
        }
        break;
    case VIRTUAL_HOLDING:
        if (bar->side == trade->side) {
            trade->expires_at = bar->number + edge->limits.horizon_bars;
        } else {
            trade->state = VIRTUAL_LEAVING;
        }
        break;
    case VIRTUAL_ENTERING:
    case VIRTUAL_LEAVING:
        break;
    }
}

void edge_step(struct edge *edge, size_t symbol_id, const struct edge_bar *bar)
{
    struct edge_symbol *symbol = &edge->of[symbol_id];
    ASSERT(symbol_id < edge->symbols);
    for (size_t level = 0; level < EDGE_LEVELS; level++) {
        struct virtual_trade *trade = &symbol->trades[level];
        execute(edge, symbol, level, bar);
        if (trade->state == VIRTUAL_HOLDING && is_over(edge, trade, bar)) {
            trade->state = VIRTUAL_LEAVING;
        }
        if (bar->side != SIDE_HOLD && (int)level <= bar->level) {
            follow(edge, trade, bar);
        }
    }
    symbol->block_bars++;
    if (symbol->block_bars >= EDGE_BLOCK_HORIZONS * edge->limits.horizon_bars) {
        end_block(edge);
    }
}

void edge_break(struct edge *edge, size_t symbol)
{
    ASSERT(symbol < edge->symbols);
    for (size_t level = 0; level < EDGE_LEVELS; level++) {
        edge->of[symbol].trades[level] = (struct virtual_trade){.state = VIRTUAL_FLAT};
    }
}

/* Estimating. */

struct effect_estimate edge_estimate(const struct edge *edge, size_t symbol, enum side side,
                                     size_t level)
{
    ASSERT(symbol < edge->symbols && level < EDGE_LEVELS);
    return effects_estimate(&edge->pools[level], &edge->of[symbol].returns[place_of(side)][level],
                            0.0, edge->limits.prior);
}

struct effect_estimate edge_common(const struct edge *edge, size_t level)
{
    static const struct effect_sums nothing = {0};
    ASSERT(level < EDGE_LEVELS);
    return effects_estimate(&edge->pools[level], &nothing, 0.0, edge->limits.prior);
}

double edge_rate(const struct edge *edge, size_t level)
{
    ASSERT(level < EDGE_LEVELS);
    return edge->pools[level].all.weight;
}

/* State. */

static bool is_sound(const struct effect_sums *sums)
{
    return fabs(sums->weight) < 1e30 && fabs(sums->weight_error) < 1e30 && fabs(sums->sum) < 1e30 &&
           fabs(sums->squares) < 1e30;
}

static bool check_symbol(const void *value, void *context)
{
    const struct edge_symbol *symbol = value;
    (void)context;
    for (size_t level = 0; level < EDGE_LEVELS; level++) {
        const struct virtual_trade *trade = &symbol->trades[level];
        bool flat = trade->state == VIRTUAL_FLAT;
        bool sided = trade->side == SIDE_BUY || trade->side == SIDE_SELL;
        if (trade->state > VIRTUAL_LEAVING || (!flat && !sided) ||
            !is_sound(&symbol->returns[0][level]) || !is_sound(&symbol->returns[1][level])) {
            return false;
        }
    }
    return true;
}

void edge_persist(struct edge *edge, struct persist *persist)
{
    PERSIST_REALS(persist, "returns of all", edge->pools, -1e30, 1e30);
    PERSIST(persist, edge->blocks);
    persist_array(persist, "virtual traders", edge->of, edge->symbols, edge->symbols,
                  sizeof *edge->of, check_symbol, NULL);
}
