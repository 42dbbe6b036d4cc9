/* The simulator: keeps the decisions that wait for their outcome, learns from them, and puts the
 * parts together that judge a new one. The arithmetic is in simulator_*.c. */
#include "tickd/modules/simulator.h"

#include <math.h>

#include "tickd/base/assert.h"
#include "tickd/base/decimal.h"
#include "tickd/base/real.h"
#include "tickd/modules/simulator_calibration.h"
#include "tickd/modules/simulator_horizon.h"
#include "tickd/modules/simulator_paths.h"
#include "tickd/modules/simulator_returns.h"
#include "tickd/modules/simulator_strength.h"
#include "tickd/modules/simulator_trend.h"
#include "tickd/modules/simulator_verdict.h"

static const double strength_half_life = 3600.0; /* decisions */
static const double fraction_min = 1e-6;

enum {
    HORIZONS_MIN = 10, /* outcomes, in horizons, before anything is said */
    PERSIST_VERSION = 4
};

/* A decision that waits for its outcome. */
struct waiting_decision {
    uint64_t entry; /* its number in the history */
    struct horizon_kind kind;
    double scale;
    double sigma;
    double drift; /* that was expected; NaN: nothing was */
    double trend; /* of it, what the course of the price said */
    struct trend_course course;
    double costs;
    double told;        /* P(profit) as the paths told it; NaN: they told nothing */
    double probability; /* the same as it was said */
    double value_at_risk;
    double expected_shortfall;
};

struct symbol_simulator {
    struct returns returns;
    struct trend_course course;
    struct ring waiting; /* H of struct waiting_decision */
    struct strength strength;
    struct path_pool pool;
    double spread;
    int64_t net_buys; /* less sells, of those that wait */
};

struct simulator {
    struct settings_simulator settings;
    double fixed_costs; /* of a round trip, without spread */
    struct settings_portfolio portfolio;
    double root_horizon;
    int64_t horizon_bars;
    uint64_t seed;
    struct bus *bus;
    struct edge edge;
    struct trend trend;
    struct horizon horizon;
    struct calibration calibration;
    struct symbol_simulator *of;
    size_t symbols;
    double *window;      /* of residuals, while one is taken */
    struct ring history; /* of struct simulator_entry */
    struct simulator_counts counts;
    struct simulator_record record;
};

/* A decision on its way to a verdict. */
struct case_file {
    const struct decision_message *decision;
    uint16_t symbol_id;
    struct symbol_simulator *symbol;
    struct horizon_kind kind;
    double scale; /* what the price moves in H bars, by the window: for what is learned */
    double sigma; /* the same by today's volatility: for the paths */
    double drift; /* in the decision's direction, the trend's among it; NaN: not known */
    double trend;
    double told; /* P(profit) by the paths, before it is corrected */
    struct simulation_message result;
};

static double sign_of(enum side side)
{
    return side == SIDE_BUY ? 1.0 : side == SIDE_SELL ? -1.0 : 0.0;
}

static double bps(int64_t decimal)
{
    return decimal_to_double(decimal) * 1e-4;
}

/* Of the portfolio's stops, as logarithmic returns. */
static double stop_loss_of(const struct settings_portfolio *portfolio)
{
    return -real_log(fmax(1.0 - bps(portfolio->stop_loss_bps), fraction_min));
}

static double take_profit_of(const struct settings_portfolio *portfolio)
{
    return real_log(1.0 + bps(portfolio->take_profit_bps));
}

/* The rules that the virtual traders follow are the portfolio's. */
static void follow_portfolio(struct simulator *simulator)
{
    edge_set_stops(&simulator->edge, stop_loss_of(&simulator->portfolio),
                   take_profit_of(&simulator->portfolio));
}

static struct edge_limits limits_of(const struct settings_simulator *settings,
                                    const struct settings_portfolio *portfolio,
                                    int64_t horizon_bars)
{
    return (struct edge_limits){
        .horizon_bars = (uint32_t)horizon_bars,
        .prior = settings->prior_outcomes,
        .memory_bars = (double)settings->memory_bars,
        .stop_loss = stop_loss_of(portfolio),
        .take_profit = take_profit_of(portfolio),
    };
}

static void init_symbol(struct symbol_simulator *symbol, struct arena *arena,
                        const struct settings_simulator *settings, int64_t horizon_bars)
{
    returns_init(&symbol->returns, arena, (size_t)settings->returns_kept, (uint32_t)horizon_bars);
    ring_init(&symbol->waiting, arena, "simulator", "decisions without outcome",
              (size_t)horizon_bars, sizeof(struct waiting_decision));
    paths_init(&symbol->pool, arena, (size_t)settings->paths, (size_t)settings->returns_kept,
               (uint32_t)horizon_bars);
    strength_init(&symbol->strength, strength_half_life);
}

struct simulator *simulator_create(struct arena *arena, const struct settings_simulator *settings,
                                   const struct settings_portfolio *portfolio, int64_t horizon_bars,
                                   int64_t simulations_kept, uint64_t seed, size_t symbols,
                                   struct bus *bus)
{
    struct edge_limits limits = limits_of(settings, portfolio, horizon_bars);
    struct edge edge;
    struct horizon horizon;
    struct ring history;
    struct simulator *simulator = arena_take(arena, "simulator", "state", 1, sizeof *simulator);
    struct symbol_simulator *of = arena_take(arena, "simulator", "symbols", symbols, sizeof *of);
    double *window =
        arena_take(arena, "simulator", "residuals", (size_t)settings->returns_kept, sizeof *window);
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
        .portfolio = *portfolio,
        .root_horizon = sqrt((double)horizon_bars),
        .horizon_bars = horizon_bars,
        .seed = seed,
        .bus = bus,
        .edge = edge,
        .horizon = horizon,
        .of = of,
        .symbols = symbols,
        .window = window,
        .history = history,
    };
    trend_init(&simulator->trend, limits.horizon_bars);
    calibration_init(&simulator->calibration, limits.horizon_bars);
    return simulator;
}

/* What a new close says, and what it says of the decision H bars ago. */

static void take_close(struct simulator *simulator, struct symbol_simulator *symbol, int64_t close)
{
    double log_close = real_log(decimal_to_double(close));
    double move = log_close - symbol->returns.last_log_close;
    trend_step(&simulator->trend, &symbol->course, move / returns_volatility(&symbol->returns));
    returns_add(&symbol->returns, log_close);
    if (!returns_due(&symbol->returns)) {
        return;
    }
    size_t count = returns_take_window(&symbol->returns, simulator->window);
    if (count == 0) {
        paths_forget(&symbol->pool);
        return;
    }
    paths_refresh(&symbol->pool, simulator->window, count, symbol->returns.block_length);
}

/* The past is torn: what has to be whole begins anew. What was learned stays. */
static void forget(struct simulator *simulator, uint16_t symbol_id)
{
    struct symbol_simulator *symbol = &simulator->of[symbol_id];
    ring_clear(&symbol->waiting);
    symbol->net_buys = 0;
    symbol->course = (struct trend_course){0};
    returns_break(&symbol->returns);
    edge_break(&simulator->edge, symbol_id);
}

static void note_outcome(struct simulator *simulator, uint64_t number, double outcome)
{
    struct ring *history = &simulator->history;
    if (ring_by_number(history, number) != NULL) {
        void *slot = history->entries + (size_t)(number % history->capacity) * history->entry_size;
        struct simulator_entry *entry = slot;
        entry->outcome = outcome;
    }
    simulator->counts.outcomes++;
}

static void learn_outcome(struct simulator *simulator, uint16_t symbol_id,
                          const struct waiting_decision *then, double horizon_return)
{
    double move = sign_of(then->kind.side) * horizon_return;
    note_outcome(simulator, then->entry, move);
    if (then->drift != then->drift) {
        return;
    }
    struct horizon_outcome outcome = {.kind = then->kind,
                                      .move = (move - then->trend) / then->scale,
                                      .residual = (move - then->drift) / then->sigma};
    horizon_learn(&simulator->horizon, symbol_id, &outcome);
    if (then->told == then->told) {
        calibration_learn(&simulator->calibration, then->told, move > then->costs);
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
    if (known && then->sigma > 0.0) {
        trend_learn(&simulator->trend, &then->course, decision->horizon_return / then->sigma);
    }
    if (known && then->kind.side != SIDE_HOLD) {
        learn_outcome(simulator, symbol_id, then, decision->horizon_return);
    }
}

static void wait_for_outcome(struct simulator *simulator, const struct case_file *file)
{
    struct symbol_simulator *symbol = file->symbol;
    struct ring *waiting = &symbol->waiting;
    const struct simulation_message *said = &file->result;
    if (ring_size(waiting) == waiting->capacity) {
        const struct waiting_decision *oldest = ring_at(waiting, 0);
        symbol->net_buys -= (int64_t)sign_of(oldest->kind.side);
    }
    symbol->net_buys += (int64_t)sign_of(file->kind.side);
    *(struct waiting_decision *)ring_append(waiting) = (struct waiting_decision){
        .entry = simulator->history.appended - 1, /* that of HOLD is never looked at */
        .kind = file->kind,
        .scale = file->scale,
        .sigma = file->sigma,
        .drift = file->drift,
        .trend = file->trend,
        .course = trend_seen(&symbol->course),
        .costs = said->costs,
        .told = file->told,
        .probability = said->probability_profit,
        .value_at_risk = said->value_at_risk,
        .expected_shortfall = said->expected_shortfall,
    };
}

/* Judging. */

static struct case_file open_case(struct simulator *simulator, const struct message *message)
{
    const struct decision_message *decision = &message->body.decision;
    struct symbol_simulator *symbol = &simulator->of[message->head.symbol];
    double volatility = returns_volatility(&symbol->returns);
    struct case_file file = {
        .decision = decision,
        .symbol_id = message->head.symbol,
        .symbol = symbol,
        .kind = {.side = (enum side)decision->side, .level = EDGE_NO_LEVEL},
        .scale = symbol->returns.deviation * simulator->root_horizon,
        .sigma = volatility * simulator->root_horizon,
        .drift = real_nan(),
    };
    if (file.kind.side == SIDE_HOLD) {
        return file;
    }
    double agreement =
        sign_of(file.kind.side) * (double)symbol->net_buys / (double)simulator->horizon_bars;
    double rank = strength_rank(&symbol->strength, decision->score);
    strength_add(&symbol->strength, decision->score);
    file.kind.level = edge_level_of(rank);
    file.kind.standing = horizon_standing_of(agreement);
    file.result = (struct simulation_message){
        .bar_start_ms = decision->bar_start_ms,
        .price = decision->close,
        .costs = simulator->fixed_costs + (symbol->spread > 0.0 ? symbol->spread : 0.0),
        .strength = rank,
        .agreement = agreement,
        .volatility = volatility,
        .block_length = symbol->returns.block_length,
        .number = decision->number,
        .side = decision->side};
    return file;
}

static void conclude(struct case_file *file, enum verdict verdict, enum simulation_reason reason)
{
    file->result.verdict = verdict;
    file->result.reason = reason;
}

static void reject_unknown(struct case_file *file, enum simulation_reason reason)
{
    struct simulation_message *result = &file->result;
    double nan = real_nan();
    file->told = nan;
    result->expected_value = nan;
    result->probability_profit = nan;
    result->value_at_risk = nan;
    result->expected_shortfall = nan;
    result->edge = nan;
    result->edge_error = nan;
    result->bound = nan;
    result->drift = nan;
    result->deviation = nan;
    conclude(file, VERDICT_REJECT, reason);
}

static void judge_edge(const struct simulator *simulator, struct case_file *file)
{
    struct simulation_message *result = &file->result;
    struct edge_verdict verdict =
        verdict_of(&simulator->edge, file->symbol_id, file->kind.side, (size_t)file->kind.level,
                   result->costs / file->scale, simulator->settings.errors);
    conclude(file, verdict.verdict, verdict.reason);
    result->level = (uint32_t)verdict.level;
    result->edge = verdict.estimate.mean * file->scale;
    result->edge_error = verdict.estimate.error * file->scale;
    result->bound = verdict.bound * file->scale;
    result->outcomes = verdict.estimate.values;
    result->expected_value = result->edge - result->costs;
}

/* The paths are stretched to the variance that outcomes have shown. */
static struct path_position position_of(const struct simulator *simulator,
                                        const struct case_file *file)
{
    double ratio = paths_variance_ratio(&file->symbol->pool);
    double stretch = ratio > 0.0 ? file->result.deviation / sqrt(ratio) : file->sigma;
    double width = horizon_width(&simulator->horizon, file->symbol_id);
    return (struct path_position){.drift = file->result.drift,
                                  .stretch = stretch,
                                  .width = width * file->sigma,
                                  .costs = file->result.costs,
                                  .shape = horizon_shape(&simulator->horizon),
                                  .is_short = file->kind.side == SIDE_SELL};
}

/* One group of paths for every decision, and, where the verdict still depends on them, as many more
 * as the pool has room for, or until it depends on them no more. */
static void judge_paths(struct simulator *simulator, struct case_file *file)
{
    struct path_pool *pool = &file->symbol->pool;
    struct simulation_message *result = &file->result;
    uint32_t number = file->decision->number;
    double limit = simulator->settings.shortfall_max;
    struct path_position position = position_of(simulator, file);
    struct rng rng;
    rng_stream_numbered(&rng, simulator->seed, "simulator", file->symbol_id, number);
    do {
        paths_draw(pool, &rng, number);
        simulator->counts.paths += pool->group_size;
    } while (result->verdict != VERDICT_REJECT && paths_groups(pool, number) < PATH_GROUPS &&
             !paths_tail_exceeds(pool, number, &position, limit));
    struct path_figures figures = paths_figures(pool, number, &position);
    result->paths = (uint32_t)figures.paths;
    file->told = figures.probability_profit;
    result->probability_profit = calibration_correct(&simulator->calibration, file->told);
    result->value_at_risk = figures.value_at_risk;
    result->expected_shortfall = figures.expected_shortfall;
    if (result->verdict != VERDICT_REJECT && figures.expected_shortfall > limit) {
        conclude(file, VERDICT_REJECT, SIMULATION_TAIL_TOO_HEAVY);
    }
}

/* Kelly, Bell System Technical Journal 35, 1956, for small returns (Thorp 1969): edge after costs ÷
 * variance; a part of it, and at most what the portfolio would take. */
static void size_up(const struct simulator *simulator, struct case_file *file)
{
    struct simulation_message *result = &file->result;
    if (result->verdict == VERDICT_REJECT) {
        return;
    }
    double kelly = result->expected_value / (result->deviation * result->deviation);
    if (!(kelly > 0.0)) {
        conclude(file, VERDICT_REJECT, SIMULATION_NO_SIZE);
        return;
    }
    double max_symbol = decimal_to_double(simulator->portfolio.max_symbol);
    double fraction = fmin(simulator->settings.kelly_fraction * kelly, max_symbol);
    fraction *= result->verdict == VERDICT_CAUTION ? 0.5 : 1.0;
    if (!(fraction >= fraction_min)) {
        conclude(file, VERDICT_REJECT, SIMULATION_NO_SIZE);
        return;
    }
    result->fraction = sign_of(file->kind.side) * fraction;
}

/* In the decision's direction. */
static double expected_trend(const struct simulator *simulator, const struct case_file *file)
{
    struct trend_course seen = trend_seen(&file->symbol->course);
    return sign_of(file->kind.side) * trend_expect(&simulator->trend, &seen) * file->sigma;
}

static void judge(struct simulator *simulator, struct case_file *file)
{
    const struct horizon *horizon = &simulator->horizon;
    bool has_paths = file->symbol->pool.source.count > 0 && file->sigma > 0.0 && file->scale > 0.0;
    if (!has_paths) {
        reject_unknown(file, SIMULATION_TOO_FEW_RETURNS);
        return;
    }
    file->trend = expected_trend(simulator, file);
    file->drift = file->trend + file->scale * horizon_drift(horizon, file->symbol_id, &file->kind);
    if (file->kind.level == EDGE_NO_LEVEL || horizon->variance.weight < HORIZONS_MIN ||
        !(horizon->shape.size > 0.0)) {
        reject_unknown(file, SIMULATION_TOO_FEW_OUTCOMES);
        return;
    }
    double start = paths_variance_ratio(&file->symbol->pool);
    double variance = horizon_variance(horizon, file->symbol_id, start);
    file->result.drift = file->drift;
    file->result.deviation = file->sigma * sqrt(variance);
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

/* The virtual traders hear of the decision; at the end of a block of time everything fades. */
static void follow_trades(struct simulator *simulator, const struct case_file *file)
{
    struct edge *edge = &simulator->edge;
    uint64_t blocks = edge->blocks;
    struct edge_bar bar = {.number = file->decision->number,
                           .log_close = file->symbol->returns.last_log_close,
                           .scale = file->scale,
                           .side = file->kind.side,
                           .level = file->kind.level};
    edge_step(edge, file->symbol_id, &bar);
    if (edge->blocks != blocks) {
        trend_end_block(&simulator->trend, edge_keep(edge));
        horizon_end_block(&simulator->horizon, edge_keep(edge));
        calibration_end_block(&simulator->calibration, edge_keep(edge));
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
    take_close(simulator, &simulator->of[symbol_id], decision->close);
    learn(simulator, symbol_id, decision);
    struct case_file file = open_case(simulator, message);
    follow_trades(simulator, &file);
    if (file.kind.side != SIDE_HOLD) {
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
    case TOPIC_COMMAND:
        if (message->body.command.verb == COMMAND_SET &&
            settings_assign(&simulator->portfolio, "portfolio", message->body.command.argument)) {
            follow_portfolio(simulator);
        }
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

/* State. */

/* NaN or 0: nothing was expected; else what an outcome can be divided by. */
static bool can_divide(double deviation)
{
    return !(deviation > 0.0) || (deviation > 1e-30 && deviation < 1e30);
}

/* NaN, or 0 to 1. */
static bool is_unknown_or_part(double value)
{
    return !(value < 0.0) && !(value > 1.0);
}

static bool check_waiting(const void *value, void *context)
{
    const struct waiting_decision *waiting = value;
    const struct horizon_kind *kind = &waiting->kind;
    (void)context;
    bool nothing_expected = waiting->drift != waiting->drift;
    return can_divide(waiting->scale) && can_divide(waiting->sigma) &&
           (nothing_expected ||
            (fabs(waiting->drift) < 1e30 && waiting->scale > 0.0 && waiting->sigma > 0.0)) &&
           fabs(waiting->trend) < 1e30 && trend_is_course(&waiting->course) &&
           is_unknown_or_part(waiting->told) && kind->side < SIDE_COUNT &&
           kind->level >= EDGE_NO_LEVEL && kind->level < EDGE_LEVELS &&
           kind->standing < HORIZON_STANDINGS;
}

static bool check_course(const void *value, void *context)
{
    (void)context;
    return trend_is_course(value);
}

static bool check_entry(const void *value, void *context)
{
    const struct simulator_entry *entry = value;
    return symbols_were_there(context, entry->symbol);
}

static void persist_symbol(struct symbol_simulator *symbol, int64_t horizon_bars,
                           struct persist *persist)
{
    int64_t net_buys =
        persist_integer(persist, "net buys", symbol->net_buys, -horizon_bars, horizon_bars);
    returns_persist(&symbol->returns, persist);
    persist_value(persist, "course", &symbol->course, sizeof symbol->course, check_course, NULL);
    persist_ring(persist, "decisions without outcome", &symbol->waiting, check_waiting, NULL);
    strength_persist(&symbol->strength, persist);
    paths_persist(&symbol->pool, symbol->returns.ring.capacity, persist);
    PERSIST(persist, symbol->spread);
    if (persist_loading(persist)) {
        symbol->net_buys = net_buys;
    }
}

static void persist(void *state, struct persist *persist)
{
    struct simulator *simulator = state;
    edge_persist(&simulator->edge, persist);
    trend_persist(&simulator->trend, persist);
    horizon_persist(&simulator->horizon, persist);
    calibration_persist(&simulator->calibration, persist);
    for (size_t i = 0; i < simulator->symbols; i++) {
        persist_symbol(&simulator->of[i], simulator->horizon_bars, persist);
    }
    persist_history(persist, "simulation_history", &simulator->history, check_entry, persist);
    PERSIST(persist, simulator->counts);
    PERSIST(persist, simulator->record);
    settings_persist_run_time(&simulator->portfolio, "portfolio", persist);
    if (persist_loading(persist)) {
        follow_portfolio(simulator);
    }
}

struct module simulator_module(struct simulator *simulator)
{
    return (struct module){.id = MODULE_SIMULATOR,
                           .state = simulator,
                           .handle = handle,
                           .histories = histories,
                           .persist = persist,
                           .version = PERSIST_VERSION};
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
