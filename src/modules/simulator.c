/* The simulator: keeps each symbol's returns and the decisions that wait for their outcome, learns,
 * and judges. The arithmetic is in simulator_*.c. */
#include "tickd/modules/simulator.h"

#include <math.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/decimal.h"
#include "tickd/base/real.h"
#include "tickd/modules/simulator_block.h"
#include "tickd/modules/simulator_edge.h"
#include "tickd/modules/simulator_horizon.h"
#include "tickd/modules/simulator_paths.h"
#include "tickd/modules/simulator_strength.h"

enum {
    RETURNS_MIN = 120,      /* before there are paths */
    REFRESHES_A_WINDOW = 20 /* the window of residuals is taken anew every so many parts of it */
};

static const double strength_half_life = 3600.0; /* decisions */
static const double trades_min = 10.0;           /* below, nothing is known */

/* A volatility that has decayed over a quiet while is not believed: at least this part of the
 * window's root mean square. */
static const double volatility_floor = 0.25;

/* A bar's log return, and the volatility that was known before it. */
struct filtered_return {
    double value;
    double volatility;
};

/* A decision that waits for its outcome. */
struct waiting_decision {
    uint64_t entry; /* its number in the history */
    double scale;
    double sigma; /* σ·√H by its volatility */
    double drift;
    double deviation;
    double costs;
    double probability; /* NaN: nothing was said */
    double value_at_risk;
    double expected_shortfall;
    struct horizon_kind kind;
};

struct symbol_simulator {
    struct ring returns; /* of struct filtered_return */
    struct ring waiting; /* H of them */
    struct strength strength;
    struct path_pool pool;
    double spread;
    double last_log_close; /* NaN = the past is torn */
    double last_volatility;
    double bar_deviation; /* root mean square of the window's returns; 0 = not known yet */
    double block_length;
    int64_t net_buys; /* less sells, of those that wait */
    uint32_t returns_since_refresh;
};

struct simulator {
    struct settings_simulator settings;
    double fixed_costs; /* of a round trip, without spread */
    double max_symbol;
    uint32_t horizon_bars;
    double root_horizon;
    uint64_t seed;
    struct bus *bus;
    struct edge edge;
    struct horizon horizon;
    struct symbol_simulator *of;
    size_t symbols;
    double *window;      /* of residuals, for a refresh */
    struct ring history; /* of struct simulator_entry */
    struct simulator_counts counts;
    struct simulator_record record;
};

/* A decision on its way to a verdict. */
struct case_file {
    const struct decision_message *decision;
    uint16_t symbol_id;
    struct symbol_simulator *symbol;
    double scale;
    double sigma;
    double strength;
    double agreement;
    struct horizon_kind kind;
    struct simulation_message result;
};

static double sign_of(enum side side)
{
    return side == SIDE_BUY ? 1.0 : -1.0;
}

static double bps(int64_t decimal)
{
    return decimal_to_double(decimal) * 1e-4;
}

static struct edge_limits limits_of(const struct settings_simulator *settings,
                                    const struct settings_portfolio *portfolio,
                                    int64_t horizon_bars)
{
    return (struct edge_limits){
        .horizon_bars = (uint32_t)horizon_bars,
        .prior = settings->prior_outcomes,
        .memory_bars = (double)settings->memory_bars,
        .stop_loss = -real_log(fmax(1.0 - bps(portfolio->stop_loss_bps), 1e-6)),
        .take_profit = real_log(1.0 + bps(portfolio->take_profit_bps)),
    };
}

static void init_symbol(struct symbol_simulator *symbol, struct arena *arena,
                        const struct settings_simulator *settings, int64_t horizon_bars)
{
    ring_init(&symbol->returns, arena, "simulator", "returns", (size_t)settings->returns_kept,
              sizeof(struct filtered_return));
    ring_init(&symbol->waiting, arena, "simulator", "decisions without outcome",
              (size_t)horizon_bars, sizeof(struct waiting_decision));
    paths_init(&symbol->pool, arena, (size_t)settings->paths, (size_t)settings->returns_kept,
               (uint32_t)horizon_bars);
    if (!arena_measuring(arena)) {
        strength_init(&symbol->strength, strength_half_life);
        symbol->last_log_close = real_nan();
        symbol->block_length = 1.0;
    }
}

struct simulator *simulator_create(struct arena *arena, const struct settings_simulator *settings,
                                   const struct settings_portfolio *portfolio,
                                   int64_t horizon_bars, int64_t simulations_kept, uint64_t seed,
                                   size_t symbols, struct bus *bus)
{
    struct edge_limits limits = limits_of(settings, portfolio, horizon_bars);
    struct edge edge;
    struct horizon horizon;
    struct ring history;
    struct simulator *simulator = arena_take(arena, "simulator", "state", 1, sizeof *simulator);
    struct symbol_simulator *of =
        arena_take(arena, "simulator", "symbols", symbols, sizeof *of);
    double *window = arena_take(arena, "simulator", "residuals", (size_t)settings->returns_kept,
                                sizeof *window);
    for (size_t i = 0; i < symbols; i++) {
        struct symbol_simulator scratch = {0};
        init_symbol(arena_measuring(arena) ? &scratch : &of[i], arena, settings, horizon_bars);
    }
    ring_init(&history, arena, "simulator", "simulation_history", (size_t)simulations_kept,
              sizeof(struct simulator_entry));
    bool has_edge = edge_init(&edge, arena, &limits, symbols);
    bool has_horizon = horizon_init(&horizon, arena, limits.horizon_bars, limits.prior, symbols);
    if (!has_edge || !has_horizon) {
        return NULL;
    }
    *simulator = (struct simulator){
        .settings = *settings,
        .fixed_costs = 2.0 * (bps(portfolio->fee_bps) + bps(portfolio->slippage_bps)),
        .max_symbol = decimal_to_double(portfolio->max_symbol),
        .horizon_bars = limits.horizon_bars,
        .root_horizon = sqrt((double)horizon_bars),
        .seed = seed,
        .bus = bus,
        .edge = edge,
        .horizon = horizon,
        .of = of,
        .symbols = symbols,
        .window = window,
        .history = history,
    };
    return simulator;
}

/* Returns: each with the volatility before it. */

static double root_mean_square(const struct ring *returns)
{
    double sum = 0.0;
    size_t count = ring_size(returns);
    for (size_t i = 0; i < count; i++) {
        const struct filtered_return *bar = ring_at(returns, i);
        sum += bar->value * bar->value;
    }
    return sqrt(sum / (double)count);
}

static void refresh(struct simulator *simulator, struct symbol_simulator *symbol)
{
    size_t count = ring_size(&symbol->returns);
    symbol->returns_since_refresh = 0;
    symbol->bar_deviation = root_mean_square(&symbol->returns);
    if (!(symbol->bar_deviation > 0.0)) {
        paths_forget(&symbol->pool);
        return;
    }
    double least = volatility_floor * symbol->bar_deviation;
    for (size_t i = 0; i < count; i++) {
        const struct filtered_return *bar = ring_at(&symbol->returns, i);
        simulator->window[i] = bar->value / fmax(bar->volatility, least);
    }
    symbol->block_length = block_length(simulator->window, count);
    paths_refresh(&symbol->pool, simulator->window, count, symbol->block_length);
}

static void take_return(struct simulator *simulator, struct symbol_simulator *symbol,
                        const struct decision_message *decision)
{
    double log_close = real_log(decimal_to_double(decision->close));
    double value = log_close - symbol->last_log_close;
    bool known = value == value && symbol->last_volatility == symbol->last_volatility;
    if (known) {
        ring_push(&symbol->returns, &(struct filtered_return){value, symbol->last_volatility});
        symbol->returns_since_refresh++;
    }
    symbol->last_log_close = log_close;
    symbol->last_volatility = decision->volatility;
    size_t size = ring_size(&symbol->returns);
    bool first = size >= RETURNS_MIN && !(symbol->bar_deviation > 0.0);
    bool due = symbol->returns_since_refresh >= symbol->returns.capacity / REFRESHES_A_WINDOW;
    if (known && size >= RETURNS_MIN && (first || due)) {
        refresh(simulator, symbol);
    }
}

/* The past is torn: what needs it whole begins anew. The returns stay: they are behind the gap. */
static void forget(struct simulator *simulator, uint16_t symbol_id)
{
    struct symbol_simulator *symbol = &simulator->of[symbol_id];
    ring_clear(&symbol->waiting);
    symbol->net_buys = 0;
    symbol->last_log_close = real_nan();
    symbol->last_volatility = real_nan();
    edge_break(&simulator->edge, symbol_id);
}

/* Outcomes. */

static struct simulator_entry *entry_by_number(struct simulator *simulator, uint64_t number)
{
    struct ring *history = &simulator->history;
    if (ring_by_number(history, number) == NULL) {
        return NULL;
    }
    void *slot = history->entries + (size_t)(number % history->capacity) * history->entry_size;
    return slot;
}

static void learn_outcome(struct simulator *simulator, uint16_t symbol_id,
                          const struct waiting_decision *then,
                          const struct decision_message *now)
{
    double move = sign_of(then->kind.side) * now->horizon_return;
    struct simulator_entry *entry = entry_by_number(simulator, then->entry);
    if (entry != NULL) {
        entry->outcome = move;
    }
    simulator->counts.outcomes++;
    if (!(then->scale > 0.0)) {
        return;
    }
    bool expected = then->sigma > 0.0;
    horizon_learn(&simulator->horizon, symbol_id,
                  &(struct horizon_outcome){.kind = then->kind,
                                            .move = move / then->scale,
                                            .residual = expected ? (move - then->drift) / then->sigma
                                                                 : real_nan(),
                                            .standard = expected ? (move - then->drift) / then->deviation
                                                             : real_nan()});
    if (then->probability == then->probability) {
        record_add(&simulator->record, move - then->costs, then->probability, then->value_at_risk,
                   then->expected_shortfall);
    }
}

static void learn(struct simulator *simulator, uint16_t symbol_id,
                  const struct decision_message *decision)
{
    struct symbol_simulator *symbol = &simulator->of[symbol_id];
    if (ring_size(&symbol->waiting) < symbol->waiting.capacity) {
        return;
    }
    const struct waiting_decision *then = ring_at(&symbol->waiting, 0);
    bool known = decision->horizon_return == decision->horizon_return;
    if (then->kind.side != SIDE_HOLD && known) {
        learn_outcome(simulator, symbol_id, then, decision);
    }
}

/* Judging. */

static struct case_file open_case(struct simulator *simulator, const struct message *message)
{
    const struct decision_message *decision = &message->body.decision;
    struct symbol_simulator *symbol = &simulator->of[message->head.symbol];
    double sigma = fmax(decision->volatility, volatility_floor * symbol->bar_deviation);
    struct case_file file = {
        .decision = decision,
        .symbol_id = message->head.symbol,
        .symbol = symbol,
        .scale = symbol->bar_deviation * simulator->root_horizon,
        .sigma = decision->volatility == decision->volatility ? sigma * simulator->root_horizon
                                                              : real_nan(),
        .strength = real_nan(),
        .kind = {.side = (enum side)decision->side, .level = EDGE_NO_LEVEL},
    };
    if (decision->side != SIDE_HOLD) {
        file.strength = strength_rank(&symbol->strength, decision->score);
        file.agreement = sign_of(file.kind.side) * (double)symbol->net_buys /
                         (double)simulator->horizon_bars;
        file.kind.level = edge_level_of(file.strength);
        file.kind.standing = horizon_standing_of(file.agreement);
        strength_add(&symbol->strength, decision->score);
    }
    return file;
}

/* The levels that a decision has to reach; EDGE_LEVELS = none will do. */
struct thresholds {
    size_t proceed;
    size_t caution;
    double proceed_gain;
    double caution_gain;
};

static void note_gain(double gain, size_t level, double *best, size_t *best_level)
{
    if (gain > *best) {
        *best = gain;
        *best_level = level;
    }
}

static double bound_of(const struct simulator *simulator, const struct effect_estimate *estimate)
{
    double errors = edge_errors(simulator->settings.errors, estimate->values,
                                simulator->settings.prior_outcomes, EDGE_LEVELS * EDGE_SIDES);
    return estimate->mean - errors * estimate->error;
}

/* Levels differ in what a trade is worth and in how many trades there are: the best has most of
 * both, by what is sure of it. */
static struct thresholds find_thresholds(const struct simulator *simulator,
                                         const struct effect_estimate *estimates, double costs)
{
    struct thresholds thresholds = {.proceed = EDGE_LEVELS, .caution = EDGE_LEVELS};
    for (size_t level = 0; level < EDGE_LEVELS; level++) {
        const struct effect_estimate *estimate = &estimates[level];
        if (estimate->values < trades_min) {
            continue;
        }
        double sure = bound_of(simulator, estimate) - costs;
        double likely = estimate->mean - simulator->settings.errors * estimate->error - costs;
        double rate = edge_rate(&simulator->edge, level);
        note_gain(sure * rate, level, &thresholds.proceed_gain, &thresholds.proceed);
        note_gain(likely * rate, level, &thresholds.caution_gain, &thresholds.caution);
    }
    return thresholds;
}

static void conclude(struct case_file *file, enum verdict verdict, enum simulation_reason reason)
{
    file->result.verdict = verdict;
    file->result.reason = reason;
}

/* By the learned edge alone. */
static void judge_edge(const struct simulator *simulator, struct case_file *file)
{
    struct simulation_message *result = &file->result;
    enum side side = (enum side)file->decision->side;
    struct effect_estimate estimates[EDGE_LEVELS];
    for (size_t level = 0; level < EDGE_LEVELS; level++) {
        estimates[level] = edge_estimate(&simulator->edge, file->symbol_id, side, level);
    }
    struct thresholds thresholds =
        find_thresholds(simulator, estimates, result->costs / file->scale);
    size_t level = (size_t)file->kind.level;
    if (level >= thresholds.proceed) {
        level = thresholds.proceed;
        conclude(file, VERDICT_PROCEED, SIMULATION_EDGE_EXCEEDS_COSTS);
    } else if (level >= thresholds.caution) {
        level = thresholds.caution;
        conclude(file, VERDICT_CAUTION, SIMULATION_EDGE_IS_UNSURE);
    } else if (thresholds.caution < EDGE_LEVELS) {
        conclude(file, VERDICT_REJECT, SIMULATION_TOO_WEAK);
    } else if (estimates[level].values < trades_min) {
        conclude(file, VERDICT_REJECT, SIMULATION_TOO_FEW_OUTCOMES);
    } else {
        conclude(file, VERDICT_REJECT, SIMULATION_EDGE_BELOW_COSTS);
    }
    result->level = (uint32_t)level;
    result->edge = estimates[level].mean * file->scale;
    result->edge_error = estimates[level].error * file->scale;
    result->bound = bound_of(simulator, &estimates[level]) * file->scale;
    result->outcomes = estimates[level].values;
    result->expected_value = result->edge - result->costs;
}

static struct path_position position_of(const struct simulator *simulator,
                                        const struct case_file *file)
{
    return (struct path_position){.drift = file->result.drift,
                                  .deviation = file->result.deviation,
                                  .costs = file->result.costs,
                                  .shape = horizon_shape(&simulator->horizon),
                                  .is_short = file->decision->side == SIDE_SELL};
}

/* Paths: one group for every decision, and, where the verdict still depends on them, as many more as
 * the pool has room for, or until it depends on them no more. */
static void judge_paths(struct simulator *simulator, struct case_file *file)
{
    struct path_pool *pool = &file->symbol->pool;
    uint32_t number = file->decision->number;
    double limit = simulator->settings.shortfall_max;
    struct path_position position = position_of(simulator, file);
    struct rng rng;
    rng_stream_numbered(&rng, simulator->seed, "simulator", file->symbol_id, number);
    do {
        paths_draw(pool, &rng, number);
        simulator->counts.paths += pool->group_size;
    } while (file->result.verdict != VERDICT_REJECT && paths_groups(pool, number) < PATH_GROUPS &&
             !paths_tail_exceeds(pool, number, &position, limit));
    struct path_figures figures = paths_figures(pool, number, &position);
    file->result.paths = (uint32_t)figures.paths;
    file->result.probability_profit = figures.probability_profit;
    file->result.value_at_risk = figures.value_at_risk;
    file->result.expected_shortfall = figures.expected_shortfall;
    if (file->result.verdict != VERDICT_REJECT && figures.expected_shortfall > limit) {
        conclude(file, VERDICT_REJECT, SIMULATION_TAIL_TOO_HEAVY);
    }
}

/* Kelly 1956, for small returns: edge after costs ÷ variance; a part of it, and at most what the
 * portfolio would take. */
static void size_up(const struct simulator *simulator, struct case_file *file)
{
    struct simulation_message *result = &file->result;
    if (result->verdict == VERDICT_REJECT) {
        return;
    }
    double kelly = result->expected_value / (result->deviation * result->deviation);
    double fraction = fmin(simulator->settings.kelly_fraction * kelly, simulator->max_symbol);
    fraction *= result->verdict == VERDICT_CAUTION ? 0.5 : 1.0;
    if (!(fraction >= 1e-6)) {
        conclude(file, VERDICT_REJECT, SIMULATION_NO_SIZE);
        return;
    }
    result->fraction = sign_of((enum side)result->side) * fraction;
}

static void fill_in_unknown(struct simulation_message *result)
{
    double nan = real_nan();
    result->expected_value = nan;
    result->probability_profit = nan;
    result->value_at_risk = nan;
    result->expected_shortfall = nan;
    result->edge = nan;
    result->edge_error = nan;
    result->bound = nan;
    result->drift = nan;
    result->deviation = nan;
}

static void judge(struct simulator *simulator, struct case_file *file)
{
    const struct decision_message *decision = file->decision;
    struct symbol_simulator *symbol = file->symbol;
    struct simulation_message *result = &file->result;
    double spread = symbol->spread > 0.0 ? symbol->spread : 0.0;
    *result = (struct simulation_message){.bar_start_ms = decision->bar_start_ms,
                                          .price = decision->close,
                                          .costs = simulator->fixed_costs + spread,
                                          .strength = file->strength,
                                          .agreement = file->agreement,
                                          .volatility = decision->volatility,
                                          .block_length = symbol->block_length,
                                          .number = decision->number,
                                          .side = decision->side};
    bool has_paths = symbol->pool.source.count > 0 && file->sigma > 0.0 && file->scale > 0.0;
    if (!has_paths || file->kind.level == EDGE_NO_LEVEL) {
        fill_in_unknown(result);
        conclude(file, VERDICT_REJECT, has_paths ? SIMULATION_TOO_FEW_OUTCOMES
                                                 : SIMULATION_TOO_FEW_RETURNS);
        return;
    }
    double start = paths_variance_ratio(&symbol->pool);
    result->drift =
        file->scale * horizon_drift(&simulator->horizon, file->symbol_id, &file->kind);
    result->deviation =
        file->sigma * sqrt(horizon_variance(&simulator->horizon, file->symbol_id, start));
    judge_edge(simulator, file);
    judge_paths(simulator, file);
    size_up(simulator, file);
}

static void say(struct simulator *simulator, const struct case_file *file)
{
    const struct simulation_message *result = &file->result;
    publish_simulation(simulator->bus, MODULE_SIMULATOR, file->symbol_id, result);
    simulator->counts.verdicts[result->verdict]++;
    simulator->counts.reasons[result->reason]++;
    struct simulator_entry *entry = ring_append(&simulator->history);
    *entry = (struct simulator_entry){.sequence = bus_published(simulator->bus),
                                      .time_us = bus_time(simulator->bus),
                                      .simulation = *result,
                                      .outcome = real_nan(),
                                      .symbol = file->symbol_id};
}

static int64_t net_buy(enum side side)
{
    return side == SIDE_BUY ? 1 : side == SIDE_SELL ? -1 : 0;
}

static void wait_for_outcome(struct simulator *simulator, const struct case_file *file)
{
    struct ring *ring = &file->symbol->waiting;
    if (ring_size(ring) == ring->capacity) {
        const struct waiting_decision *oldest = ring_at(ring, 0);
        file->symbol->net_buys -= net_buy(oldest->kind.side);
    }
    file->symbol->net_buys += net_buy(file->kind.side);
    struct waiting_decision *waiting = ring_append(ring);
    bool said = file->decision->side != SIDE_HOLD;
    *waiting = (struct waiting_decision){
        .entry = said ? simulator->history.appended - 1 : 0,
        .scale = file->scale,
        .sigma = said && file->result.drift == file->result.drift ? file->sigma : real_nan(),
        .drift = file->result.drift,
        .deviation = file->result.deviation,
        .costs = file->result.costs,
        .probability = said ? file->result.probability_profit : real_nan(),
        .value_at_risk = file->result.value_at_risk,
        .expected_shortfall = file->result.expected_shortfall,
        .kind = file->kind,
    };
}

static void follow_trades(struct simulator *simulator, const struct case_file *file)
{
    struct edge *edge = &simulator->edge;
    uint64_t blocks = edge->blocks;
    edge_step(edge, file->symbol_id,
              &(struct edge_bar){.number = file->decision->number,
                                 .log_close = file->symbol->last_log_close,
                                 .scale = file->scale,
                                 .side = (enum side)file->decision->side,
                                 .level = file->kind.level});
    if (edge->blocks != blocks) {
        horizon_end_block(&simulator->horizon, edge_keep(edge));
    }
}

static void take_decision(struct simulator *simulator, const struct message *message)
{
    const struct decision_message *decision = &message->body.decision;
    uint16_t symbol_id = message->head.symbol;
    ASSERT(symbol_id < simulator->symbols);
    if (decision->after_gap != 0) {
        forget(simulator, symbol_id);
    }
    take_return(simulator, &simulator->of[symbol_id], decision);
    learn(simulator, symbol_id, decision);
    struct case_file file = open_case(simulator, message);
    follow_trades(simulator, &file);
    if (decision->side != SIDE_HOLD) {
        judge(simulator, &file);
        say(simulator, &file);
    }
    wait_for_outcome(simulator, &file);
}

static void handle(void *state, const struct message *message)
{
    struct simulator *simulator = state;
    switch (message->head.topic) {
    case TOPIC_BAR:
        ASSERT(message->head.symbol < simulator->symbols);
        simulator->of[message->head.symbol].spread = message->body.bar.spread;
        break;
    case TOPIC_DECISION:
        take_decision(simulator, message);
        break;
    default:
        break;
    }
}

static size_t histories(const void *state, struct history *histories, size_t room)
{
    const struct simulator *simulator = state;
    if (room == 0) {
        return 0;
    }
    histories[0] = history_of_ring("simulator", "simulation_history", &simulator->history);
    return 1;
}

struct module simulator_module(struct simulator *simulator)
{
    return (struct module){
        .id = MODULE_SIMULATOR, .state = simulator, .handle = handle, .histories = histories};
}

const struct simulator_counts *simulator_counts(const struct simulator *simulator)
{
    return &simulator->counts;
}

const struct simulator_record *simulator_record(const struct simulator *simulator)
{
    return &simulator->record;
}

const struct simulator_entry *simulator_entry(const struct simulator *simulator, size_t index)
{
    return index < ring_size(&simulator->history) ? ring_newest(&simulator->history, index) : NULL;
}

bool simulator_edge_row(const struct simulator *simulator, size_t index,
                        struct simulator_edge_row *row)
{
    if (index >= EDGE_LEVELS) {
        return false;
    }
    struct effect_estimate estimate = edge_common(&simulator->edge, index);
    *row = (struct simulator_edge_row){.rank = edge_level_rank(index),
                                       .mean = estimate.mean,
                                       .error = estimate.error,
                                       .trades = edge_rate(&simulator->edge, index)};
    return true;
}
