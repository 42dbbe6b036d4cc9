/* One run: trades at a model's prices into an engine, its messages into a result. */
#include "science/science.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "science/yardstick.h"
#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"
#include "tickd/base/real.h"
#include "tickd/engine/engine.h"

/* 2026-11-23 14:30:00 UTC, a Monday: the US session opens. */
#define START_US INT64_C(1795444200000000)

enum {
    TRADES_MIN = 2, /* a second and symbol; 4 on average */
    TRADES_MAX = 6,
    RECEIVED_AFTER_US = 5000,
    HORIZON_MAX = 3600
};

/* Money that a trade moves, on average: what a liquid US share does. */
static const double trade_money = 80000.0;

/* A simulation that waits for its horizon. */
struct waiting {
    uint32_t number;
    double sign;
    double costs;
    double probability;
    double base_rate; /* known when it was said */
    double value_at_risk;
    double shortfall;
};

struct voted {
    double scale; /* 1 ÷ (σ·√H), 0 = cannot be judged */
    int8_t votes[AGENTS_MAX];
    uint8_t changes[AGENTS_MAX];
};

struct tracked {
    struct market_model model;
    struct waiting waiting[HORIZON_MAX];
    struct voted votes[HORIZON_MAX];
    uint32_t bars; /* since the last gap */
};

struct run {
    const struct science_market *market;
    const struct settings *settings;
    struct engine *engine;
    struct science_result *result;
    struct yardstick yardstick;
    struct rng rng;
    struct tracked symbols[SCIENCE_SYMBOLS];
    uint32_t horizon;
    uint32_t right;
    uint32_t right_only; /* and not before the change */
    size_t incumbents;
    size_t agents;
    double cost_a_side;
    double start_equity;
    double worth[SCIENCE_AGENTS];
    uint64_t judged[SCIENCE_AGENTS];
    double quarter_worth[SCIENCE_QUARTERS];
    double quarter_net[SCIENCE_QUARTERS];
    uint64_t quarter_judged[SCIENCE_QUARTERS];
    double right_sum;
    uint64_t right_count;
    uint64_t outcomes; /* of decisions to buy or to sell, and of these with a profit */
    uint64_t profits;
};

static double seconds_of(int64_t time_us)
{
    return (double)(time_us - START_US) / US_PER_S;
}

static enum species species_at(const struct run *run, size_t place)
{
    return (enum species)(place / run->incumbents);
}

/* Messages. */

static void see_equity(struct run *run, const struct equity_message *equity)
{
    double growth = decimal_to_double(equity->equity) / run->start_equity - 1.0;
    run->result->growth[0] = growth;
    run->result->lowest[0] = fmin(run->result->lowest[0], growth);
    run->result->drawdown[0] = fmax(run->result->drawdown[0], equity->drawdown);
    run->result->fills[0] = (double)equity->fills;
    run->result->turnover[0] = decimal_to_double(equity->turnover) / run->start_equity;
    run->result->fees[0] = decimal_to_double(equity->fees) / run->start_equity;
}

static void see_weights(struct run *run, double now_s, const struct weights_message *weights)
{
    struct science_result *result = run->result;
    double of[SPECIES_COUNT] = {0};
    double right = 0.0;
    double right_only = 0.0;
    for (size_t i = 0; i < run->agents; i++) {
        of[species_at(run, i)] += (double)weights->weights[i] / SHARE_ONE;
    }
    for (size_t i = 0; i < SPECIES_COUNT; i++) {
        result->weight[i] = of[i];
        right += (run->right >> i & 1U) != 0 ? of[i] : 0.0;
        right_only += (run->right_only >> i & 1U) != 0 ? of[i] : 0.0;
    }
    double since = now_s - run->market->change_at_s;
    if (since >= 0.0 && right >= 0.5 && isnan(result->weight_reached_s[0])) {
        result->weight_reached_s[0] = since;
    }
    if (since >= 0.0 && right_only >= 0.5 && isnan(result->strict_reached_s[0])) {
        result->strict_reached_s[0] = since;
    }
    if (since >= SCIENCE_WARM_UP_S) {
        run->right_sum += right;
        run->right_count++;
    }
    result->regret_ratio[0] = fmax(result->regret_ratio[0], weights->regret_ratio);
}

/* What a forecaster would say that knows nothing but how often there was a profit so far
 * (Krichevsky & Trofimov, IEEE Transactions on Information Theory 27, 1981). */
static double base_rate(const struct run *run)
{
    return ((double)run->profits + 0.5) / ((double)run->outcomes + 1.0);
}

static void see_simulation(struct run *run, const struct message *message)
{
    const struct simulation_message *said = &message->body.simulation;
    struct tracked *symbol = &run->symbols[message->head.symbol];
    bool passed = said->verdict != VERDICT_REJECT;
    run->result->proceed[0] += said->verdict == VERDICT_PROCEED ? 1.0 : 0.0;
    run->result->caution[0] += said->verdict == VERDICT_CAUTION ? 1.0 : 0.0;
    if (seconds_of(message->head.time_us) >= SCIENCE_WARM_UP_S) {
        run->result->decisions[0] += 1.0;
        run->result->passed[0] += passed ? 1.0 : 0.0;
    }
    symbol->waiting[said->number % run->horizon] =
        (struct waiting){.number = said->number,
                         .sign = said->side == SIDE_BUY ? 1.0 : -1.0,
                         .costs = said->costs,
                         .probability = said->probability_profit,
                         .base_rate = base_rate(run),
                         .value_at_risk = said->value_at_risk,
                         .shortfall = said->expected_shortfall};
}

/* What was said H bars ago, against what has happened. */
static void judge_simulation(struct run *run, struct tracked *symbol, double now_s,
                             const struct ballot_message *ballot)
{
    struct science_result *result = run->result;
    struct waiting *then = &symbol->waiting[ballot->number % run->horizon];
    if (then->number == 0 || then->number + run->horizon != ballot->number ||
        isnan(ballot->horizon_return)) {
        return;
    }
    double gain = then->sign * ballot->horizon_return - then->costs;
    double profit = gain > 0.0 ? 1.0 : 0.0;
    run->outcomes++;
    run->profits += gain > 0.0 ? 1 : 0;
    if (isnan(then->probability) || now_s < SCIENCE_WARM_UP_S) {
        return;
    }
    double place = then->probability * SCIENCE_BINS;
    size_t bin = place < SCIENCE_BINS - 1 ? (size_t)place : SCIENCE_BINS - 1;
    result->said[bin] += 1.0;
    result->profits[bin] += profit;
    result->predicted[bin] += then->probability;
    result->squares[0] += (then->probability - profit) * (then->probability - profit);
    result->base_squares[0] += (then->base_rate - profit) * (then->base_rate - profit);
    if (ballot->number % run->horizon == 0) {
        result->apart[0] += 1.0;
        result->beyond[0] += -gain > then->shortfall ? 1.0 : 0.0;
        if (-gain > then->value_at_risk) {
            result->beyond_value[0] += 1.0;
            result->loss_beyond[0] += -gain;
            result->expected_beyond[0] += then->shortfall;
        }
    }
}

static int sign_of(int8_t vote)
{
    return vote == VOTE_ABSTAINS || vote == 0 ? 0 : vote > 0 ? 1 : -1;
}

static void judge_votes(struct run *run, const struct voted *then, double horizon_return,
                        size_t quarter)
{
    double units = horizon_return * then->scale;
    units = fmax(-8.0, fmin(8.0, units));
    for (size_t i = 0; i < run->agents; i++) {
        if (then->votes[i] == VOTE_ABSTAINS) {
            continue;
        }
        enum species species = species_at(run, i);
        double worth = (double)then->votes[i] / 100.0 * units;
        run->worth[i] += worth;
        run->judged[i]++;
        if (species != SPECIES_COIN) {
            double side = sign_of(then->votes[i]) * units;
            run->quarter_worth[quarter] += side;
            run->quarter_net[quarter] += side - run->cost_a_side * then->changes[i] * then->scale;
            run->quarter_judged[quarter]++;
        }
    }
}

static void see_ballot(struct run *run, const struct message *message)
{
    const struct ballot_message *ballot = &message->body.ballot;
    struct tracked *symbol = &run->symbols[message->head.symbol];
    struct voted *slot = &symbol->votes[ballot->number % run->horizon];
    struct voted then = *slot;
    double now_s = seconds_of(message->head.time_us);
    double part = now_s / run->market->seconds;
    size_t quarter = part < 1.0 ? (size_t)(part * SCIENCE_QUARTERS) : SCIENCE_QUARTERS - 1;
    yardstick_ballot(&run->yardstick, message->head.symbol, ballot);
    symbol->bars++;
    bool full = symbol->bars > run->horizon;
    if (full && then.scale > 0.0 && !isnan(ballot->horizon_return)) {
        judge_votes(run, &then, ballot->horizon_return, quarter);
    }
    judge_simulation(run, symbol, now_s, ballot);
    double scale = ballot->volatility * sqrt((double)run->horizon);
    slot->scale = scale > 0.0 ? 1.0 / scale : 0.0;
    for (size_t i = 0; i < AGENTS_MAX; i++) {
        slot->changes[i] =
            (uint8_t)abs(sign_of(ballot->votes[i]) - (full ? sign_of(then.votes[i]) : 0));
    }
    memcpy(slot->votes, ballot->votes, sizeof slot->votes);
}

static void see_evolution(struct run *run, const struct evolution_message *event)
{
    run->result->generations[0] += event->event == EVOLUTION_GENERATION ? 1.0 : 0.0;
    run->result->promotions[0] += event->event == EVOLUTION_PROMOTED ? 1.0 : 0.0;
    run->result->rollbacks[0] += event->event == EVOLUTION_ROLLED_BACK ? 1.0 : 0.0;
}

static void see(void *state, const struct message *message)
{
    struct run *run = state;
    double now_s = seconds_of(message->head.time_us);
    switch (message->head.topic) {
    case TOPIC_BAR:
        yardstick_spread(&run->yardstick, message->head.symbol, message->body.bar.spread);
        break;
    case TOPIC_BALLOT:
        see_ballot(run, message);
        break;
    case TOPIC_SIMULATION:
        see_simulation(run, message);
        break;
    case TOPIC_EQUITY:
        see_equity(run, &message->body.equity);
        break;
    case TOPIC_WEIGHTS:
        see_weights(run, now_s, &message->body.weights);
        break;
    case TOPIC_EVOLUTION:
        see_evolution(run, &message->body.evolution);
        break;
    default:
        break;
    }
}

/* Trades. */

struct planned {
    int64_t time_us; /* in the second */
    uint16_t symbol;
};

/* The times of a second's trades of all symbols, in order. */
static size_t plan_second(struct run *run, struct planned *planned)
{
    size_t count = 0;
    for (uint16_t symbol = 0; symbol < SCIENCE_SYMBOLS; symbol++) {
        uint64_t trades = TRADES_MIN + rng_below(&run->rng, TRADES_MAX - TRADES_MIN + 1);
        for (uint64_t i = 0; i < trades; i++) {
            struct planned one = {(int64_t)rng_below(&run->rng, US_PER_S), symbol};
            size_t place = count++;
            for (; place > 0 && planned[place - 1].time_us > one.time_us; place--) {
                planned[place] = planned[place - 1];
            }
            planned[place] = one;
        }
    }
    return count;
}

static void trade(struct run *run, uint16_t symbol, int64_t time_us)
{
    struct market_model *model = &run->symbols[symbol].model;
    market_model_advance(model, time_us);
    int64_t price = market_model_price(model);
    double money = trade_money * real_exp(rng_normal(&run->rng) - 0.5);
    double shares = floor(money / decimal_to_double(price)) + 1.0;
    struct trade trade = {
        .time_ms = (START_US + time_us) / US_PER_MS, .price = price, .symbol = symbol};
    int error = decimal_from_double(shares, &trade.volume);
    ASSERT(error == 0);
    engine_advance(run->engine, START_US + time_us + RECEIVED_AFTER_US);
    yardstick_trade(&run->yardstick, symbol, decimal_to_double(price));
    engine_trade(run->engine, &trade);
}

static void drive(struct run *run)
{
    struct planned planned[SCIENCE_SYMBOLS * TRADES_MAX];
    bool changed = false;
    for (int64_t second = 0; (double)second < run->market->seconds; second++) {
        bool due = run->market->change_at_s > 0.0 && (double)second >= run->market->change_at_s;
        for (size_t i = 0; due && !changed && i < SCIENCE_SYMBOLS; i++) {
            market_model_advance(&run->symbols[i].model, second * US_PER_S);
            market_model_change(&run->symbols[i].model, run->market->then);
        }
        changed = changed || due;
        size_t count = plan_second(run, planned);
        for (size_t i = 0; i < count; i++) {
            trade(run, planned[i].symbol, second * US_PER_S + planned[i].time_us);
        }
    }
    engine_finish(run->engine);
}

/* The whole. */

static void begin(struct run *run, uint64_t seed)
{
    static const char *const names[SCIENCE_SYMBOLS] = {"A", "B", "C", "D"};
    rng_stream_numbered(&run->rng, seed, "science", run->market->stream, 0);
    uint64_t market_seed = rng_next(&run->rng);
    for (size_t i = 0; i < SCIENCE_SYMBOLS; i++) {
        market_model_init(&run->symbols[i].model, run->market->kind, &run->market->parameters,
                          market_seed, names[i]);
    }
    yardstick_init(&run->yardstick, run->settings);
    int error = bus_add_tap(engine_bus(run->engine), (struct tap){.see = see, .state = run});
    ASSERT(error == 0);
    engine_advance(run->engine, START_US);
}

static void conclude(struct run *run)
{
    struct science_result *result = run->result;
    result->best[0] = -1.0;
    for (size_t i = 0; i < SPECIES_COUNT; i++) {
        result->alone[i] = -1.0;
    }
    for (size_t i = 0; i < run->agents; i++) {
        double growth = yardstick_growth(&run->yardstick, i);
        enum species species = species_at(run, i);
        result->worth[i] = run->judged[i] > 0 ? run->worth[i] / (double)run->judged[i] : 0.0;
        result->alone[species] = fmax(result->alone[species], growth);
        if (species != SPECIES_COIN && growth > result->best[0]) {
            result->best[0] = growth;
            result->best_agent[0] = (double)i;
        }
    }
    for (size_t i = 0; i < SCIENCE_QUARTERS; i++) {
        double judged = (double)run->quarter_judged[i];
        result->incumbents[i] = run->quarter_worth[i] / judged;
        result->net[i] = run->quarter_net[i] / judged;
    }
    result->weight_right[0] = run->right_sum / (double)run->right_count;
}

void science_run(const struct science_market *market, const struct settings *settings,
                 uint64_t seed, struct science_result *result)
{
    struct settings seeded = *settings;
    struct arena measuring;
    struct arena arena;
    struct run *run = calloc(1, sizeof *run);
    ASSERT(run != NULL);
    seeded.root.seed = (int64_t)seed;
    memset(result, 0, sizeof *result);
    result->weight_reached_s[0] = real_nan();
    result->strict_reached_s[0] = real_nan();
    arena_init_measuring(&measuring);
    engine_create(&measuring, &seeded);
    int error = arena_init(&arena, measuring.used);
    ASSERT(error == 0);
    run->engine = engine_create(&arena, &seeded);
    arena_seal(&arena);
    run->market = market;
    run->settings = &seeded;
    run->result = result;
    run->horizon = (uint32_t)seeded.electorate.horizon_bars;
    run->incumbents = (size_t)seeded.electorate.incumbents;
    run->agents = SPECIES_COIN * run->incumbents + 1;
    ASSERT(run->agents <= SCIENCE_AGENTS && run->horizon <= HORIZON_MAX);
    run->right = science_right_species(market->change_at_s > 0.0 ? market->then : market->kind);
    run->right_only = run->right;
    if (market->change_at_s > 0.0) {
        run->right_only &= ~science_right_species(market->kind);
    }
    run->start_equity = decimal_to_double(seeded.portfolio.initial_cash);
    begin(run, seed);
    run->cost_a_side = run->yardstick.cost_a_side;
    drive(run);
    conclude(run);
    arena_fini(&arena);
    free(run);
}
