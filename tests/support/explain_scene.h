/* Explanations on a bus whose market, electorate and simulator are played by the test, with the
 * real consensus, portfolio and agent manager. It is all static. */
#ifndef TICKD_SUPPORT_EXPLAIN_SCENE_H
#define TICKD_SUPPORT_EXPLAIN_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"
#include "tickd/base/real.h"
#include "tickd/engine/explain.h"
#include "tickd/market/conditions.h"
#include "tickd/settings/settings.h"

enum { SYMBOLS = 2, AGENTS = SPECIES_COIN + 1, HORIZON = 60 };

/* Everything, and what the played modules say next. */
struct scene {
    struct settings settings;
    struct arena arena;
    struct bus *bus;
    struct symbol_table symbols;
    struct consensus *consensus;
    struct simulator *simulator; /* its history alone; wired when real_simulator */
    struct portfolio *portfolio;
    struct agent_manager *agents;
    struct explain *explain;
    struct module modules[6];
    size_t log_messages;
    int64_t orders_kept;
    bool real_simulator;
    /* the play */
    bool closes_bar;      /* the next trade or second closes a bar */
    bool closes_both;     /* and one of the other symbol, on which votes are half as sure */
    int8_t vote;          /* of all agents but the last two, on it */
    enum verdict verdict; /* on the decision */
    double fraction;
    uint32_t bars[SYMBOLS];
    uint16_t symbol;            /* whose bar a second closes */
    uint64_t last[TOPIC_COUNT]; /* newest message of each topic */
};

static inline void close_bar(struct scene *scene, const struct message *message, uint16_t symbol)
{
    struct bar_message bar = {.start_ms = message->head.time_us / US_PER_MS - MS_PER_S,
                              .open = 99 * DECIMAL_ONE,
                              .high = 102 * DECIMAL_ONE,
                              .low = 98 * DECIMAL_ONE,
                              .close = 100 * DECIMAL_ONE,
                              .volume = 5000 * DECIMAL_ONE,
                              .trades = 17,
                              .horizon_return = real_nan(),
                              .number = ++scene->bars[symbol]};
    bar.indicators.ewma_volatility = 0.001;
    publish_bar(scene->bus, MODULE_MARKET, symbol, &bar);
}

static inline void play_market(void *state, const struct message *message)
{
    struct scene *scene = state;
    uint16_t symbol = message->head.topic == TOPIC_TRADE ? message->head.symbol : scene->symbol;
    if (scene->closes_bar) {
        close_bar(scene, message, symbol);
    }
    if (scene->closes_bar && scene->closes_both) {
        close_bar(scene, message, (uint16_t)(1 - symbol));
    }
    scene->closes_bar = false;
}

static inline void play_electorate(void *state, const struct message *message)
{
    const struct scene *scene = state;
    const struct bar_message *bar = &message->body.bar;
    struct ballot_message ballot = {.bar_start_ms = bar->start_ms,
                                    .close = bar->close,
                                    .volatility = 0.001,
                                    .horizon_return = real_nan(),
                                    .number = bar->number,
                                    .agents = AGENTS};
    memset(ballot.votes, VOTE_ABSTAINS, sizeof ballot.votes);
    int vote = scene->closes_both && message->head.symbol == 1 ? scene->vote / 2 : scene->vote;
    memset(ballot.votes, vote, AGENTS - 2);
    ballot.votes[AGENTS - 1] = -77;
    publish_ballot(scene->bus, MODULE_ELECTORATE, message->head.symbol, &ballot);
}

static inline void play_simulator(void *state, const struct message *message)
{
    const struct scene *scene = state;
    const struct decision_message *decision = &message->body.decision;
    if (decision->side == SIDE_HOLD) {
        return;
    }
    publish_simulation(scene->bus, MODULE_SIMULATOR, message->head.symbol,
                       &(struct simulation_message){.bar_start_ms = decision->bar_start_ms,
                                                    .price = decision->close,
                                                    .edge = 0.0021,
                                                    .costs = 0.0012,
                                                    .fraction = scene->fraction,
                                                    .side = decision->side,
                                                    .verdict = scene->verdict,
                                                    .reason = SIMULATION_EDGE_EXCEEDS_COSTS});
}

static inline void note(void *state, const struct message *message)
{
    struct scene *scene = state;
    scene->last[message->head.topic] = message->head.sequence;
}

static inline void build(struct scene *scene, struct arena *arena)
{
    const struct settings *settings = &scene->settings;
    symbols_init(&scene->symbols, arena, SYMBOLS, false);
    scene->bus = bus_create(arena, &(struct bus_limits){.log_messages = scene->log_messages,
                                                        .input_messages_max = 100,
                                                        .symbols = SYMBOLS});
    scene->consensus =
        consensus_create(arena, &settings->consensus, HORIZON, 50, SYMBOLS, AGENTS, scene->bus);
    scene->simulator = simulator_create(arena, &settings->simulator, &settings->portfolio, HORIZON,
                                        50, 1, SYMBOLS, scene->bus);
    scene->portfolio =
        portfolio_create(arena, &settings->portfolio, HORIZON, 500, SYMBOLS, scene->bus);
    scene->agents = agent_manager_create(arena, settings, SYMBOLS, scene->bus);
    scene->explain =
        explain_create(arena, scene->orders_kept, SYMBOLS, scene->bus, scene->consensus);
}

static inline void wire(struct scene *scene)
{
    static const struct route routes[] = {
        {TOPIC_TRADE, MODULE_MARKET},       {TOPIC_TRADE, MODULE_PORTFOLIO},
        {TOPIC_CLOCK, MODULE_MARKET},       {TOPIC_CLOCK, MODULE_PORTFOLIO},
        {TOPIC_BAR, MODULE_PORTFOLIO},      {TOPIC_BAR, MODULE_ELECTORATE},
        {TOPIC_BALLOT, MODULE_CONSENSUS},   {TOPIC_AGENT_PROFILE, MODULE_CONSENSUS},
        {TOPIC_DECISION, MODULE_SIMULATOR}, {TOPIC_SIMULATION, MODULE_PORTFOLIO},
        {TOPIC_COMMAND, MODULE_PORTFOLIO},  {TOPIC_AGENT_UPDATE, MODULE_AGENT_MANAGER},
    };
    scene->modules[0] = (struct module){.id = MODULE_MARKET, .state = scene, .handle = play_market};
    scene->modules[1] =
        (struct module){.id = MODULE_ELECTORATE, .state = scene, .handle = play_electorate};
    scene->modules[2] = consensus_module(scene->consensus);
    scene->modules[3] =
        scene->real_simulator
            ? simulator_module(scene->simulator)
            : (struct module){.id = MODULE_SIMULATOR, .state = scene, .handle = play_simulator};
    scene->modules[4] = portfolio_module(scene->portfolio);
    scene->modules[5] = agent_manager_module(scene->agents);
    bus_wire(scene->bus, scene->modules, ARRAY_LENGTH(scene->modules), routes, ARRAY_LENGTH(routes),
             NULL, 0);
    assert_int_equal(bus_add_tap(scene->bus, (struct tap){.see = note, .state = scene}), 0);
}

static inline void set(struct scene *scene, const char *key, const char *value)
{
    char memory[256];
    struct text why;
    text_init(&why, memory, sizeof memory);
    const struct setting *setting = settings_find(key, strlen(key), NULL);
    assert_non_null(setting);
    assert_int_equal(settings_set(&scene->settings, setting, value, strlen(value), &why), 0);
}

static inline void init(struct scene *scene)
{
    memset(scene, 0, sizeof *scene);
    settings_init(&scene->settings);
    set(scene, "portfolio.slippage_bps", "0");
    set(scene, "portfolio.fee_bps", "10");
    set(scene, "electorate.incumbents", "1");
    scene->log_messages = 3000;
    scene->orders_kept = 100;
}

static inline void start(struct scene *scene)
{
    struct arena measuring;
    uint16_t id;
    arena_init_measuring(&measuring);
    build(scene, &measuring);
    assert_int_equal(arena_init(&scene->arena, measuring.used), 0);
    build(scene, &scene->arena);
    assert_int_equal(scene->arena.used, measuring.used);
    arena_seal(&scene->arena);
    assert_int_equal(symbols_add(&scene->symbols, "A", 1, &id), 0);
    assert_int_equal(symbols_add(&scene->symbols, "B", 1, &id), 0);
    wire(scene);
    bus_set_time(scene->bus, INT64_C(1795446000000000));
    scene->modules[5].start(scene->modules[5].state);
    bus_dispatch(scene->bus);
}

static inline void stop(struct scene *scene)
{
    arena_fini(&scene->arena);
}

static inline void trade(struct scene *scene, uint16_t symbol, double price, int64_t volume)
{
    struct trade_message message = {.time_ms = bus_time(scene->bus) / US_PER_MS - 7,
                                    .volume = volume * DECIMAL_ONE,
                                    .moves = MOVES_ALL};
    assert_int_equal(decimal_from_double(price, &message.price), 0);
    publish_trade(scene->bus, MODULE_FEED, symbol, &message);
    bus_dispatch(scene->bus);
}

static inline void pass(struct scene *scene, int64_t seconds)
{
    for (int64_t i = 0; i < seconds; i++) {
        bus_set_time(scene->bus, bus_time(scene->bus) + US_PER_S);
        publish_clock(scene->bus, MODULE_ENGINE, SYMBOL_NONE, &(struct clock_message){0});
        bus_dispatch(scene->bus);
    }
}

/* A trade of the symbol at 100 that closes a bar on which all agree. */
static inline void bar_by_trade(struct scene *scene, uint16_t symbol, int8_t vote,
                                enum verdict verdict)
{
    scene->closes_bar = true;
    scene->vote = vote;
    scene->verdict = verdict;
    scene->fraction = vote > 0 ? 0.1 : -0.1;
    trade(scene, symbol, 100, 1000000);
}

/* A tenth of equity, bought at 100: at first 100 of it for a fee of 10. */
static inline void open_long(struct scene *scene, uint16_t symbol)
{
    trade(scene, symbol, 100, 1000000);
    bar_by_trade(scene, symbol, 60, VERDICT_PROCEED);
    trade(scene, symbol, 100, 1000000);
    assert_true(portfolio_view(scene->portfolio).books->positions[symbol].quantity > 0);
}

static inline struct explain_sources sources_of(const struct scene *scene)
{
    return (struct explain_sources){.bus = scene->bus,
                                    .explain = scene->explain,
                                    .consensus = scene->consensus,
                                    .simulator = scene->simulator,
                                    .portfolio = scene->portfolio,
                                    .agents = scene->agents,
                                    .symbols = &scene->symbols};
}

static inline struct explanation find(const struct scene *scene, uint64_t sequence)
{
    struct explain_sources sources = sources_of(scene);
    struct explanation explanation;
    assert_int_equal(explain_find(&sources, sequence, &explanation), EXPLAIN_FOUND);
    return explanation;
}

static char printed[EXPLAIN_TEXT_MAX];

static inline const char *print(const struct scene *scene, uint64_t sequence)
{
    struct explain_sources sources = sources_of(scene);
    struct text out;
    text_init(&out, printed, sizeof printed);
    explain_print(&sources, sequence, &out);
    assert_false(out.cut);
    assert_int_equal(printed[out.length - 1], '\n');
    return printed;
}

static inline void check_says(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" is not in:\n%s", part, text);
    }
}

#endif
