/* A market in which everything happens, written down as a list of inputs, and engines to feed it
 * to: small ones, with histories that overflow, on prices that can be foretold (they drift, and
 * after half of the time they revert), at hardly any cost.
 * There are gaps, quiet minutes, silent symbols, prints that come twice, late ones, commands of
 * every kind, and vitals that report trouble. Link it by including this file; it is all static. */
#ifndef TICKD_SUPPORT_BUSY_ENGINE_H
#define TICKD_SUPPORT_BUSY_ENGINE_H

#include <stdlib.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"
#include "tickd/base/rng.h"
#include "tickd/engine/engine_persist.h"
#include "tickd/sim/market_model.h"

/* 2026-11-23 23:40:00 UTC: the day turns while the script runs. */
#define BUSY_START_US INT64_C(1795477200000000)

enum { BUSY_SYMBOLS = 3, BUSY_TRADES_A_SECOND = 4 };

enum busy_kind { BUSY_TRADE, BUSY_FEED, BUSY_COMMAND, BUSY_VITALS };

struct busy_input {
    int64_t at_us;
    enum busy_kind kind;
    uint16_t symbol; /* place in busy_names, or SYMBOL_NONE */
    union {
        struct trade trade;
        struct feed_message feed;
        struct command_message command;
        struct vitals_message vitals;
    };
};

struct busy_script {
    struct busy_input *inputs;
    size_t count;
    size_t capacity;
};

struct busy_engine {
    struct settings settings;
    struct arena arena;
    struct engine *engine;
};

/* Engines. */

static inline void busy_set(struct settings *settings, const char *key, const char *value)
{
    char memory[256];
    struct text why;
    text_init(&why, memory, sizeof memory);
    const struct setting *setting = settings_find(key, strlen(key), NULL);
    ASSERT(setting != NULL);
    ASSERT(settings_set(settings, setting, value, strlen(value), &why) == 0);
}

static inline void busy_settings(struct settings *settings)
{
    static const char *const values[][2] = {
        {"feed.symbols", "A,B,C"},
        {"electorate.horizon_bars", "12"},
        {"electorate.incumbents", "2"},
        {"electorate.shadows", "8"},
        {"consensus.learning_rate", "0.2"},
        {"simulator.paths", "64"},
        {"simulator.returns_kept", "120"},
        {"simulator.prior_outcomes", "2"},
        {"simulator.errors", "0.2"},
        {"simulator.memory_bars", "600"},
        {"portfolio.fee_bps", "0.1"},
        {"portfolio.slippage_bps", "0.1"},
        {"portfolio.allow_short", "true"},
        {"portfolio.orders_per_minute", "6"},
        {"portfolio.max_daily_loss", "0.002"},
        {"portfolio.max_drawdown", "0.004"},
        {"portfolio.stop_loss_bps", "40"},
        {"portfolio.take_profit_bps", "60"},
        {"portfolio.participation", "0.01"},
        {"portfolio.order_expiry_s", "3"},
        {"evolution.generation_bars", "36"},
        {"evolution.false_promotion", "0.5"},
        {"monitor.stale_s", "5"},
        {"market.duplicate_prints", "256"},
        {"history.message_log", "1000"},
        {"history.consensus_history", "50"},
        {"history.simulation_history", "40"},
        {"history.parameter_history", "18"},
        {"history.agent_versions", "2"},
        {"history.evolution_history", "25"},
        {"history.agent_performance_history", "100"},
        {"history.trade_history", "20"},
        {"history.reward_metrics_history", "4"},
        {"history.explanations", "15"},
        {"history.bars", "20"},
        {"history.health", "3"},
        {"history.alerts", "3"},
        {"history.equity", "3"},
        {"history.weights", "3"},
    };
    settings_init(settings);
    for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
        busy_set(settings, values[i][0], values[i][1]);
    }
}

/* Symbols are taken as they come, instead. */
static inline void busy_adopt_symbols(struct settings *settings)
{
    busy_set(settings, "feed.symbols", "*");
    busy_set(settings, "market.symbols_max", "4");
}

/* Of busy->settings; as engine_create() leaves it. */
static inline void busy_create(struct busy_engine *busy)
{
    struct arena measuring;
    arena_init_measuring(&measuring);
    engine_create(&measuring, &busy->settings);
    ASSERT(arena_init(&busy->arena, measuring.used) == 0);
    busy->engine = engine_create(&busy->arena, &busy->settings);
    arena_seal(&busy->arena);
}

static inline void busy_destroy(struct busy_engine *busy)
{
    arena_fini(&busy->arena);
    busy->engine = NULL;
}

static const char *const busy_names[BUSY_SYMBOLS] = {"A", "B", "C"};

static inline uint16_t busy_symbol(struct busy_engine *busy, uint16_t symbol)
{
    return symbol == SYMBOL_NONE
               ? SYMBOL_NONE
               : symbols_resolve(engine_symbols(busy->engine), busy_names[symbol], 1);
}

static inline void busy_trade(struct busy_engine *busy, struct trade trade)
{
    trade.symbol = busy_symbol(busy, trade.symbol);
    engine_trade(busy->engine, &trade);
}

static inline void busy_feed(struct busy_engine *busy, const struct busy_input *input)
{
    engine_advance(busy->engine, input->at_us);
    switch (input->kind) {
    case BUSY_TRADE:
        busy_trade(busy, input->trade);
        break;
    case BUSY_FEED:
        engine_feed_state(busy->engine, busy_symbol(busy, input->symbol), &input->feed);
        break;
    case BUSY_COMMAND:
        engine_command(busy->engine, &input->command);
        break;
    case BUSY_VITALS:
        engine_vitals(busy->engine, &input->vitals);
        break;
    }
}

/* The script. */

static inline struct busy_input *busy_add(struct busy_script *script, int64_t at_us,
                                          enum busy_kind kind)
{
    if (script->count == script->capacity) {
        script->capacity = script->capacity == 0 ? 1024 : 2 * script->capacity;
        script->inputs = realloc(script->inputs, script->capacity * sizeof *script->inputs);
        ASSERT(script->inputs != NULL);
    }
    struct busy_input *input = &script->inputs[script->count++];
    memset(input, 0, sizeof *input);
    input->at_us = at_us;
    input->kind = kind;
    input->symbol = SYMBOL_NONE;
    return input;
}

static inline void busy_add_trade(struct busy_script *script, struct rng *rng,
                                  struct market_model *model, uint16_t symbol, int64_t time_us)
{
    struct busy_input *input = busy_add(script, BUSY_START_US + time_us + 5000, BUSY_TRADE);
    market_model_advance(model, time_us);
    input->trade = (struct trade){.time_ms = (BUSY_START_US + time_us) / US_PER_MS,
                                  .price = market_model_price(model),
                                  .volume = (int64_t)(1 + rng_below(rng, 2000)) * DECIMAL_ONE,
                                  .symbol = symbol};
    if (rng_below(rng, 100) == 0) {
        input->trade.time_ms -= (int64_t)rng_below(rng, 2500); /* some of them late */
    }
}

/* Everything of C comes twice for a while, again and again; now and then something of others. */
static inline bool busy_comes_twice(struct rng *rng, uint16_t symbol, int64_t second)
{
    return (symbol == 2 && second / 150 % 2 == 1) || rng_below(rng, 50) == 0;
}

static inline void busy_add_trades(struct busy_script *script, struct rng *rng,
                                   struct market_model *models, int64_t second)
{
    int64_t step_us = US_PER_S / (BUSY_TRADES_A_SECOND * BUSY_SYMBOLS);
    for (int64_t i = 0; i < BUSY_TRADES_A_SECOND * BUSY_SYMBOLS; i++) {
        uint16_t symbol = (uint16_t)(i % BUSY_SYMBOLS);
        if (rng_below(rng, 4) == 0) {
            continue;
        }
        int64_t time_us = second * US_PER_S + i * step_us + (int64_t)rng_below(rng, 1000);
        busy_add_trade(script, rng, &models[symbol], symbol, time_us);
        if (busy_comes_twice(rng, symbol, second)) {
            struct busy_input again = script->inputs[script->count - 1];
            *busy_add(script, again.at_us, BUSY_TRADE) = again;
        }
    }
}

static inline void busy_add_command(struct busy_script *script, struct rng *rng, int64_t at_us)
{
    static const enum command_verb verbs[] = {COMMAND_SUSPEND,  COMMAND_RESUME, COMMAND_RESUME,
                                              COMMAND_ROLLBACK, COMMAND_HALT,   COMMAND_UNHALT,
                                              COMMAND_UNHALT,   COMMAND_FLATTEN};
    struct busy_input *input = busy_add(script, at_us, BUSY_COMMAND);
    input->command = (struct command_message){.number = (int64_t)rng_below(rng, 18),
                                              .verb = verbs[rng_below(rng, ARRAY_LENGTH(verbs))],
                                              .uid = 1000};
}

/* A halt does not last, so that there is trading. */
static inline void busy_add_unhalt(struct busy_script *script, int64_t at_us)
{
    busy_add(script, at_us, BUSY_COMMAND)->command =
        (struct command_message){.verb = COMMAND_UNHALT};
}

static inline void busy_add_vitals(struct busy_script *script, struct rng *rng, int64_t at_us,
                                   int64_t second)
{
    struct busy_input *input = busy_add(script, at_us, BUSY_VITALS);
    bool trouble = second % 120 < 8;
    input->vitals = (struct vitals_message){
        .store_fill = second % 50 < 5 ? 1000 : 10, /* an alert now and then */
        .rss_bytes = 16000000 + rng_below(rng, 1000000),
        .allocated_bytes = 12000000,
        .loop_lag_us = (int64_t)rng_below(rng, 1000),
        .control_handled = (uint64_t)second / 2,
        .store_handled = (uint64_t)second * 3,
        .dashboard_handled = (uint64_t)second,
        .store_owed_since_us = trouble ? at_us - 7 * US_PER_S : 0,
        .wired = 1U << MODULE_CONTROL | 1U << MODULE_STORE | 1U << MODULE_DASHBOARD,
        .failed = second % 300 < 3 ? 1U << MODULE_STORE : 0,
        .journal_failing = second % 60 == 30 ? 1 : 0};
}

static inline void busy_add_feed(struct busy_script *script, int64_t at_us, uint16_t symbol,
                                 enum feed_state state, enum stream_state stream)
{
    struct busy_input *input = busy_add(script, at_us, BUSY_FEED);
    input->symbol = symbol;
    input->feed = (struct feed_message){.owed_since_us = state == FEED_STALE ? at_us : 0,
                                        .connections = 1,
                                        .state = state,
                                        .stream = stream,
                                        .reason = "as the script has it"};
}

/* The feed begins; every ten minutes it is stale for a while, and later B is silent for a while. */
static inline void busy_add_feeds(struct busy_script *script, int64_t at_us, int64_t second)
{
    int64_t in_ten = second % 1000;
    if (second == 0 || in_ten == 305) {
        busy_add_feed(script, at_us, SYMBOL_NONE, FEED_STREAMING, STREAM_TALKING);
    } else if (in_ten == 300) {
        busy_add_feed(script, at_us, SYMBOL_NONE, FEED_STALE, STREAM_TALKING);
    } else if (in_ten == 450) {
        busy_add_feed(script, at_us, 1, FEED_STREAMING, STREAM_SILENT);
    } else if (in_ten == 454) {
        busy_add_feed(script, at_us, 1, FEED_STREAMING, STREAM_TALKING);
    }
}

/* So many seconds of it; the same for the same seed. */
static inline void busy_write(struct busy_script *script, uint64_t seed, int64_t seconds)
{
    struct market_parameters parameters;
    struct market_model models[BUSY_SYMBOLS];
    struct rng rng;
    market_parameters_default(&parameters);
    parameters.gap_bps = 60;
    parameters.half_life_s = 8;
    parameters.price = 100;
    rng_stream(&rng, seed, "busy");
    memset(script, 0, sizeof *script);
    for (size_t i = 0; i < BUSY_SYMBOLS; i++) {
        market_model_init(&models[i], MARKET_MOMENTUM, &parameters, seed, busy_names[i]);
    }
    for (int64_t second = 0; second < seconds; second++) {
        int64_t at_us = BUSY_START_US + second * US_PER_S;
        for (size_t i = 0; second == seconds / 2 && i < BUSY_SYMBOLS; i++) {
            market_model_change(&models[i], MARKET_REVERTING);
        }
        busy_add_feeds(script, at_us, second);
        busy_add_vitals(script, &rng, at_us + 1000, second);
        if (second % 20 == 19) {
            busy_add_command(script, &rng, at_us + 2000);
        } else if (second % 20 == 1) {
            busy_add_unhalt(script, at_us + 2000);
        }
        if (second % 1000 < 510 || second % 1000 > 580) {
            busy_add_trades(script, &rng, models, second);
        }
    }
}

static inline void busy_forget(struct busy_script *script)
{
    free(script->inputs);
    memset(script, 0, sizeof *script);
}

/* State in memory. */

struct busy_state {
    unsigned char *bytes; /* of aligned_alloc() */
    size_t size;
    size_t used;
};

static inline void busy_take_bytes(void *context, const void *bytes, size_t size)
{
    struct busy_state *state = context;
    ASSERT(size <= state->size - state->used);
    memcpy(state->bytes + state->used, bytes, size);
    state->used += size;
}

/* engine_persist() into memory of its own; free(state->bytes). */
static inline void busy_save(struct busy_engine *busy, struct busy_state *state)
{
    struct persist persist;
    persist_measure(&persist);
    engine_persist(busy->engine, &persist);
    state->size = (size_t)persist.size;
    state->used = 0;
    state->bytes = aligned_alloc(PERSIST_ALIGNMENT, state->size);
    ASSERT(state->bytes != NULL);
    persist_save(&persist, busy_take_bytes, state);
    engine_persist(busy->engine, &persist);
    ASSERT(state->used == state->size && persist.size == state->size);
}

/* Into a fresh engine; false with persist->why. */
static inline bool busy_load(struct busy_engine *busy, const struct busy_state *state,
                             struct persist *persist)
{
    persist_read(persist, PERSIST_CHECK, state->bytes, state->used);
    engine_persist(busy->engine, persist);
    if (!persist_done(persist)) {
        return false;
    }
    persist_read(persist, PERSIST_LOAD, state->bytes, state->used);
    engine_persist(busy->engine, persist);
    return persist_done(persist);
}

#endif
