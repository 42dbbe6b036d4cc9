/* Virtual traders, and what is learned from them. */
#include "tickd/modules/simulator_edge.h"

#include <math.h>

#include "tickd/base/assert.h"
#include "tickd/base/real.h"

#define LN_2 0.69314718055994530942

/* A few trades that agree by chance prove no small variance: so many more are assumed, with the
 * variance that a price without memory would give. */
static const double variance_prior = 5.0;

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
    struct edge_symbol *of =
        arena_take(arena, "simulator", "virtual traders", symbols, sizeof *of);
    if (arena_measuring(arena)) {
        return false;
    }
    *edge = (struct edge){.limits = *limits, .of = of, .symbols = symbols};
    return true;
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

static void add_to(struct edge_sums *sums, double x)
{
    sums->weight += 1.0;
    sums->weight_squared += 1.0;
    sums->sum += x;
    sums->squares += x * x;
}

static double part_of_between(const struct edge_sums *sums)
{
    return sums->weight > 0.0 ? sums->sum * sums->sum / sums->weight : 0.0;
}

static void learn(struct edge *edge, struct edge_symbol *symbol, size_t level,
                  const struct virtual_trade *trade, double log_close)
{
    struct edge_pool *pool = &edge->pools[place_of(trade->side)][level];
    struct edge_sums *own = &symbol->sums[place_of(trade->side)][level];
    double x = sign_of(trade->side) * (log_close - trade->entry) / trade->scale;
    pool->symbols += own->weight > 0.0 ? 0 : 1;
    pool->symbol_squares -= part_of_between(own);
    pool->symbol_weights -= own->weight * own->weight;
    add_to(own, x);
    add_to(&pool->all, x);
    pool->symbol_squares += part_of_between(own);
    pool->symbol_weights += own->weight * own->weight;
    pool->block_sum += x;
    pool->block_count += 1.0;
    pool->trades++;
}

static void fade(struct edge_sums *sums, double keep)
{
    sums->weight *= keep;
    sums->weight_squared *= keep * keep;
    sums->sum *= keep;
    sums->squares *= keep;
}

static void end_pool_block(struct edge_pool *pool, double keep)
{
    pool->cluster_sums += pool->block_sum * pool->block_sum;
    pool->cluster_products += pool->block_sum * pool->block_count;
    pool->cluster_counts += pool->block_count * pool->block_count;
    pool->block_sum = 0.0;
    pool->block_count = 0.0;
    fade(&pool->all, keep);
    pool->cluster_sums *= keep * keep;
    pool->cluster_products *= keep * keep;
    pool->cluster_counts *= keep * keep;
    pool->symbol_squares *= keep;
    pool->symbol_weights *= keep * keep;
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
    for (size_t side = 0; side < EDGE_SIDES; side++) {
        for (size_t level = 0; level < EDGE_LEVELS; level++) {
            end_pool_block(&edge->pools[side][level], keep);
            for (size_t i = 0; i < edge->symbols; i++) {
                fade(&edge->of[i].sums[side][level], keep);
            }
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

/* Variance of one trade. */
static double trade_variance(const struct edge_sums *all, double mean)
{
    double squares = all->squares - all->weight * mean * mean;
    return ((squares > 0.0 ? squares : 0.0) + variance_prior) / (all->weight + variance_prior);
}

/* Variance of the common mean: clustered by time where that is more. */
static double mean_variance(const struct edge_pool *pool, double mean, double variance)
{
    double n = pool->all.weight;
    double independent = variance * pool->all.weight_squared;
    double sums = pool->cluster_sums + pool->block_sum * pool->block_sum;
    double products = pool->cluster_products + pool->block_sum * pool->block_count;
    double counts = pool->cluster_counts + pool->block_count * pool->block_count;
    double clustered = sums - 2.0 * mean * products + mean * mean * counts;
    return (clustered > independent ? clustered : independent) / (n * n);
}

/* Variance between symbols beyond chance. */
static double between_variance(const struct edge_pool *pool, double mean, double variance)
{
    double n = pool->all.weight;
    double spread = (pool->symbol_squares - n * mean * mean) / variance; /* Q */
    double beyond = spread - ((double)pool->symbols - 1.0);
    double room = n - pool->symbol_weights / n;
    return pool->symbols > 1 && beyond > 0.0 && room > 0.0 ? variance * beyond / room : 0.0;
}

static struct edge_estimate estimate(const struct edge *edge, const struct edge_pool *pool,
                                     const struct edge_sums *own)
{
    double prior = edge->limits.prior;
    double n = pool->all.weight;
    if (!(n > 0.0)) {
        return (struct edge_estimate){.error = sqrt(1.0 / prior)};
    }
    double mean = pool->all.sum / n;
    double variance = trade_variance(&pool->all, mean);
    double between = between_variance(pool, mean, variance);
    double common = mean_variance(pool, mean, variance) + between * pool->symbol_weights / (n * n);
    /* weight of the symbol's own mean: between ÷ (between + variance ÷ own trades) */
    double denominator = between * own->weight + variance;
    double own_share = between * own->weight / denominator;
    double own_mean = own->weight > 0.0 ? own->sum / own->weight : mean;
    double best = own_share * own_mean + (1.0 - own_share) * mean;
    double best_variance =
        between * variance / denominator + (1.0 - own_share) * (1.0 - own_share) * common;
    double worth = variance / best_variance;
    return (struct edge_estimate){.mean = best * worth / (worth + prior),
                                  .error = sqrt(variance / (worth + prior)),
                                  .trades = worth,
                                  .rate = n};
}

struct edge_estimate edge_estimate(const struct edge *edge, size_t symbol, enum side side,
                                   size_t level)
{
    ASSERT(symbol < edge->symbols && level < EDGE_LEVELS);
    return estimate(edge, &edge->pools[place_of(side)][level],
                    &edge->of[symbol].sums[place_of(side)][level]);
}

struct edge_estimate edge_common(const struct edge *edge, enum side side, size_t level)
{
    static const struct edge_sums none = {0};
    ASSERT(level < EDGE_LEVELS);
    return estimate(edge, &edge->pools[place_of(side)][level], &none);
}

double edge_errors(double errors, double trades, double prior, double looks)
{
    return sqrt(errors * errors + real_log(1.0 + trades / prior) + 2.0 * real_log(looks));
}
