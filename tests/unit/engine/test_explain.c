/* Explanations, on a bus whose market, electorate and simulator are played by the test, with the
 * real consensus and the real portfolio. */
#include "tickd/engine/explain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/seed.h"
#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"
#include "tickd/base/real.h"
#include "tickd/base/rng.h"
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
    int8_t vote;          /* of all agents but the last two, on it */
    enum verdict verdict; /* on the decision */
    double fraction;
    uint32_t bars[SYMBOLS];
    uint16_t symbol;            /* whose bar a second closes */
    uint64_t last[TOPIC_COUNT]; /* newest message of each topic */
};

static void play_market(void *state, const struct message *message)
{
    struct scene *scene = state;
    uint16_t symbol = message->head.topic == TOPIC_TRADE ? message->head.symbol : scene->symbol;
    if (!scene->closes_bar) {
        return;
    }
    scene->closes_bar = false;
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

static void play_electorate(void *state, const struct message *message)
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
    memset(ballot.votes, scene->vote, AGENTS - 2);
    ballot.votes[AGENTS - 1] = -77;
    publish_ballot(scene->bus, MODULE_ELECTORATE, message->head.symbol, &ballot);
}

static void play_simulator(void *state, const struct message *message)
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

static void note(void *state, const struct message *message)
{
    struct scene *scene = state;
    scene->last[message->head.topic] = message->head.sequence;
}

static void build(struct scene *scene, struct arena *arena)
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

static void wire(struct scene *scene)
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

static void set(struct scene *scene, const char *key, const char *value)
{
    char memory[256];
    struct text why;
    text_init(&why, memory, sizeof memory);
    const struct setting *setting = settings_find(key, strlen(key), NULL);
    assert_non_null(setting);
    assert_int_equal(settings_set(&scene->settings, setting, value, strlen(value), &why), 0);
}

static void init(struct scene *scene)
{
    memset(scene, 0, sizeof *scene);
    settings_init(&scene->settings);
    set(scene, "portfolio.slippage_bps", "0");
    set(scene, "portfolio.fee_bps", "10");
    set(scene, "electorate.incumbents", "1");
    scene->log_messages = 3000;
    scene->orders_kept = 100;
}

static void start(struct scene *scene)
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

static void stop(struct scene *scene)
{
    arena_fini(&scene->arena);
}

static void trade(struct scene *scene, uint16_t symbol, double price, int64_t volume)
{
    struct trade_message message = {.time_ms = bus_time(scene->bus) / US_PER_MS - 7,
                                    .volume = volume * DECIMAL_ONE,
                                    .moves = MOVES_ALL};
    assert_int_equal(decimal_from_double(price, &message.price), 0);
    publish_trade(scene->bus, MODULE_FEED, symbol, &message);
    bus_dispatch(scene->bus);
}

static void pass(struct scene *scene, int64_t seconds)
{
    for (int64_t i = 0; i < seconds; i++) {
        bus_set_time(scene->bus, bus_time(scene->bus) + US_PER_S);
        publish_clock(scene->bus, MODULE_ENGINE, SYMBOL_NONE, &(struct clock_message){0});
        bus_dispatch(scene->bus);
    }
}

/* A trade of the symbol at 100 that closes a bar on which all agree. */
static void bar_by_trade(struct scene *scene, uint16_t symbol, int8_t vote, enum verdict verdict)
{
    scene->closes_bar = true;
    scene->vote = vote;
    scene->verdict = verdict;
    scene->fraction = vote > 0 ? 0.1 : -0.1;
    trade(scene, symbol, 100, 1000000);
}

/* A tenth of equity, bought at 100: at first 100 of it for a fee of 10. */
static void open_long(struct scene *scene, uint16_t symbol)
{
    trade(scene, symbol, 100, 1000000);
    bar_by_trade(scene, symbol, 60, VERDICT_PROCEED);
    trade(scene, symbol, 100, 1000000);
    assert_true(portfolio_view(scene->portfolio).books->positions[symbol].quantity > 0);
}

static struct explain_sources sources_of(const struct scene *scene)
{
    return (struct explain_sources){.bus = scene->bus,
                                    .explain = scene->explain,
                                    .consensus = scene->consensus,
                                    .simulator = scene->simulator,
                                    .portfolio = scene->portfolio,
                                    .agents = scene->agents,
                                    .symbols = &scene->symbols};
}

static struct explanation find(const struct scene *scene, uint64_t sequence)
{
    struct explain_sources sources = sources_of(scene);
    struct explanation explanation;
    assert_int_equal(explain_find(&sources, sequence, &explanation), EXPLAIN_FOUND);
    return explanation;
}

static char printed[EXPLAIN_TEXT_MAX];

static const char *print(const struct scene *scene, uint64_t sequence)
{
    struct explain_sources sources = sources_of(scene);
    struct text out;
    text_init(&out, printed, sizeof printed);
    explain_print(&sources, sequence, &out);
    assert_false(out.cut);
    assert_int_equal(printed[out.length - 1], '\n');
    return printed;
}

static void check_says(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" is not in:\n%s", part, text);
    }
}

static void test_a_fill_is_explained_from_the_trade_that_closed_the_bar(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    open_long(&scene, 1);
    struct explanation found = find(&scene, scene.last[TOPIC_FILL]);
    const struct explain_order *order = found.order;
    assert_int_equal(found.topic, TOPIC_FILL);
    assert_int_equal(found.symbol, 1);
    assert_int_equal(found.fill.fill.price, 100 * DECIMAL_ONE);
    assert_non_null(order);
    assert_int_equal(order->order.purpose, ORDER_ENTER);
    assert_int_equal(order->head.sequence, scene.last[TOPIC_ORDER]);
    assert_int_equal(order->simulation_sequence, scene.last[TOPIC_SIMULATION]);
    assert_int_equal(order->decision_sequence, scene.last[TOPIC_DECISION]);
    assert_int_equal(order->ballot_sequence, scene.last[TOPIC_BALLOT]);
    assert_int_equal(order->bar.sequence, scene.last[TOPIC_BAR]);
    assert_int_equal(order->bar.trades, 17);
    assert_int_equal(order->decision.side, SIDE_BUY);
    assert_true(order->simulation.edge > 0.002 && order->simulation.edge < 0.0022);
    assert_int_equal(order->origin.head.topic, TOPIC_TRADE);
    assert_int_equal(order->origin.head.symbol, 1);
    assert_int_equal(order->origin.trade.price, 100 * DECIMAL_ONE);
    assert_true(order->origin.head.sequence < order->bar.sequence);
    stop(&scene);
}

static void test_votes_and_weights_are_those_that_the_decision_was_made_from(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    open_long(&scene, 0);
    struct explanation found = find(&scene, scene.last[TOPIC_FILL]);
    const struct consensus_entry *entry = consensus_entry(scene.consensus, 0);
    assert_ptr_equal(found.decision, entry);
    assert_int_equal(found.order->agents, AGENTS);
    assert_memory_equal(found.order->votes, entry->votes, sizeof entry->votes);
    assert_memory_equal(found.order->weights, entry->weights, sizeof entry->weights);
    assert_int_equal(found.order->votes[0], 60);
    assert_int_equal(found.order->votes[AGENTS - 2], VOTE_ABSTAINS);
    assert_int_equal(found.order->votes[AGENTS - 1], -77);
    assert_int_equal(found.order->weights[AGENTS - 1], 0);
    assert_true(found.order->weights[0] > 0);
    /* they stay when the consensus has forgotten them */
    for (int i = 0; i < 60; i++) {
        bar_by_trade(&scene, 1, 0, VERDICT_REJECT);
    }
    found = find(&scene, found.sequence);
    assert_null(found.decision);
    assert_int_equal(found.order->votes[0], 60);
    stop(&scene);
}

static void test_a_bar_that_the_clock_closed_is_told_as_such(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    trade(&scene, 0, 100, 1000000);
    scene.closes_bar = true;
    scene.vote = 60;
    scene.fraction = 0.1;
    pass(&scene, 1);
    trade(&scene, 0, 100, 1000000);
    const struct explain_order *order = find(&scene, scene.last[TOPIC_FILL]).order;
    assert_int_equal(order->origin.head.topic, TOPIC_CLOCK);
    assert_int_equal(order->bar.sequence, scene.last[TOPIC_BAR]);
    check_says(print(&scene, scene.last[TOPIC_FILL]), "the clock, at 2026-11-23T15:00:01");
    stop(&scene);
}

static void test_a_stop_is_explained_by_its_trade_and_by_what_it_closes(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    open_long(&scene, 0);
    uint64_t entry = scene.last[TOPIC_ORDER];
    trade(&scene, 0, 98, 1000000);
    uint64_t trigger = scene.last[TOPIC_TRADE];
    trade(&scene, 0, 97, 1000000);
    struct explanation found = find(&scene, scene.last[TOPIC_FILL]);
    assert_int_equal(found.order->order.purpose, ORDER_STOP_LOSS);
    assert_int_equal(found.order->origin.head.sequence, trigger);
    assert_int_equal(found.order->origin.trade.price, 98 * DECIMAL_ONE);
    assert_int_equal(found.order->bar.sequence, 0);
    assert_int_equal(found.order->decision_sequence, 0);
    assert_non_null(found.entry);
    assert_int_equal(found.entry->head.sequence, entry);
    /* 100 × (97 − 100), fees 10 and 9.7 */
    assert_int_equal(found.entry->closed.realised_pnl, -300 * DECIMAL_ONE);
    assert_int_equal(found.entry->closed.fees, 97 * DECIMAL_ONE / 10);
    assert_int_equal(found.entry->filled.fees, 10 * DECIMAL_ONE);
    assert_true(found.entry->closed_us > 0);
    const char *text = print(&scene, scene.last[TOPIC_FILL]);
    check_says(text, "because the position's loss had reached portfolio.stop_loss_bps");
    check_says(text, "It closes what this order opened:");
    check_says(text, "realised -300 before fees of 19.7, -319.7 after them");
    /* and the entry tells it from its own side */
    found = find(&scene, entry);
    assert_int_equal(found.exit->order.purpose, ORDER_STOP_LOSS);
    check_says(print(&scene, entry), "was closed: 100 at 97 in one fill\n");
    stop(&scene);
}

static void test_a_target_and_a_reversal_are_told_apart(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    open_long(&scene, 0);
    open_long(&scene, 1);
    trade(&scene, 0, 104, 1000000);
    trade(&scene, 0, 104, 1000000);
    struct explanation found = find(&scene, scene.last[TOPIC_FILL]);
    assert_int_equal(found.order->order.purpose, ORDER_TAKE_PROFIT);
    assert_int_equal(found.entry->head.symbol, 0);
    bar_by_trade(&scene, 1, -60, VERDICT_PROCEED);
    trade(&scene, 1, 100, 1000000);
    found = find(&scene, scene.last[TOPIC_FILL]);
    assert_int_equal(found.order->order.purpose, ORDER_REVERSE);
    assert_int_equal(found.order->decision.side, SIDE_SELL);
    assert_int_equal(found.order->simulation_sequence, scene.last[TOPIC_SIMULATION]);
    assert_int_equal(found.order->votes[0], -60);
    assert_int_equal(found.entry->decision.side, SIDE_BUY);
    check_says(print(&scene, found.sequence), "let a decision to the other side through");
    stop(&scene);
}

static void test_a_time_stop_tells_which_decisions_had_prolonged_the_position(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    open_long(&scene, 0);
    for (int i = 0; i < 10; i++) {
        bar_by_trade(&scene, 0, 0, VERDICT_PROCEED);
    }
    bar_by_trade(&scene, 0, 60, VERDICT_CAUTION);
    uint64_t confirming = scene.last[TOPIC_SIMULATION];
    bar_by_trade(&scene, 0, 60, VERDICT_REJECT); /* prolongs nothing */
    for (int i = 0; i < HORIZON - 2; i++) {
        bar_by_trade(&scene, 0, 0, VERDICT_PROCEED);
        assert_int_equal(scene.last[TOPIC_ORDER] > confirming, 0);
    }
    bar_by_trade(&scene, 0, 0, VERDICT_PROCEED);
    assert_true(scene.last[TOPIC_ORDER] > confirming);
    trade(&scene, 0, 100, 1000000);
    struct explanation found = find(&scene, scene.last[TOPIC_FILL]);
    assert_int_equal(found.order->order.purpose, ORDER_TIME_STOP);
    assert_int_not_equal(found.order->bar.sequence, 0);
    assert_int_equal(found.order->decision_sequence, 0);
    assert_int_equal(found.entry->confirmed, 1);
    assert_int_equal(found.entry->confirmed_sequence, confirming);
    check_says(print(&scene, found.sequence), "prolonged 1 time, last by simulation");
    stop(&scene);
}

static void test_a_position_that_an_operator_closes_names_the_operator(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    open_long(&scene, 0);
    publish_command(scene.bus, MODULE_CONTROL, SYMBOL_NONE,
                    &(struct command_message){.uid = 4711, .verb = COMMAND_FLATTEN});
    bus_dispatch(scene.bus);
    trade(&scene, 0, 101, 1000000);
    struct explanation found = find(&scene, scene.last[TOPIC_FILL]);
    assert_int_equal(found.order->order.purpose, ORDER_FLATTEN);
    assert_int_equal(found.order->origin.head.topic, TOPIC_COMMAND);
    check_says(print(&scene, found.sequence), "the command flatten of uid 4711");
    stop(&scene);
}

static void test_every_fill_of_an_order_in_parts_leads_to_the_same_chain(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    trade(&scene, 0, 100, 1000000);
    bar_by_trade(&scene, 0, 60, VERDICT_PROCEED);
    trade(&scene, 0, 100, 600); /* a tenth of it */
    uint64_t first = scene.last[TOPIC_FILL];
    trade(&scene, 0, 101, 600);
    uint64_t second = scene.last[TOPIC_FILL];
    assert_ptr_equal(find(&scene, first).order, find(&scene, second).order);
    const struct explain_order *order = find(&scene, first).order;
    assert_int_equal(order->filled.fills, 2);
    assert_int_equal(order->filled.first_sequence, first);
    assert_int_equal(order->filled.last_sequence, second);
    assert_int_equal(order->filled.quantity, 100 * DECIMAL_ONE);
    assert_int_equal(order->filled.value, 10040 * DECIMAL_ONE); /* 60 at 100, 40 at 101 */
    assert_int_equal(order->end, TOPIC_FILL);
    check_says(print(&scene, first), "filled 100 at 100.4 on average in 2 fills");
    check_says(print(&scene, first), "not the order's last");
    /* out in two parts as well */
    trade(&scene, 0, 95, 1000000);
    trade(&scene, 0, 95, 700);
    check_says(print(&scene, first), "is closed in part: 70 at 95 in one fill");
    trade(&scene, 0, 94, 1000000);
    check_says(print(&scene, first), "was closed: 100 at 94.7 on average in 2 fills");
    assert_int_equal(order->closed.realised_pnl, -570 * DECIMAL_ONE);
    stop(&scene);
}

static void test_refused_and_expired_orders_are_explained_too(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    publish_command(scene.bus, MODULE_CONTROL, SYMBOL_NONE,
                    &(struct command_message){.verb = COMMAND_HALT});
    bus_dispatch(scene.bus);
    bar_by_trade(&scene, 0, 60, VERDICT_PROCEED);
    struct explanation found = find(&scene, scene.last[TOPIC_REJECT]);
    assert_int_equal(found.topic, TOPIC_REJECT);
    assert_int_equal(found.order->end, TOPIC_REJECT);
    assert_int_equal(found.order->reject_reason, REJECT_HALTED);
    check_says(print(&scene, found.sequence), "refused, halted");
    publish_command(scene.bus, MODULE_CONTROL, SYMBOL_NONE,
                    &(struct command_message){.verb = COMMAND_UNHALT});
    bus_dispatch(scene.bus);
    bar_by_trade(&scene, 0, 60, VERDICT_PROCEED);
    check_says(print(&scene, scene.last[TOPIC_ORDER]), "still under way");
    pass(&scene, 60);
    found = find(&scene, scene.last[TOPIC_EXPIRED]);
    assert_int_equal(found.order->end, TOPIC_EXPIRED);
    assert_int_equal(found.order->filled.fills, 0);
    check_says(print(&scene, found.sequence), "expired, or called off");
    stop(&scene);
}

static void test_a_decision_leads_to_its_order_by_its_own_number(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    open_long(&scene, 0);
    struct explanation by_decision = find(&scene, scene.last[TOPIC_DECISION]);
    struct explanation by_simulation = find(&scene, scene.last[TOPIC_SIMULATION]);
    assert_int_equal(by_decision.topic, TOPIC_DECISION);
    assert_int_equal(by_simulation.topic, TOPIC_SIMULATION);
    assert_int_equal(by_decision.order->head.sequence, scene.last[TOPIC_ORDER]);
    assert_ptr_equal(by_decision.order, by_simulation.order);
    stop(&scene);
}

static void test_a_decision_that_the_simulator_rejects_is_explained_without_an_order(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    scene.real_simulator = true;
    start(&scene);
    bar_by_trade(&scene, 0, 60, VERDICT_PROCEED);
    struct explanation found = find(&scene, scene.last[TOPIC_DECISION]);
    assert_null(found.order);
    assert_non_null(found.simulation);
    assert_int_equal(found.simulation->sequence, scene.last[TOPIC_SIMULATION]);
    const char *text = print(&scene, found.sequence);
    check_says(text, "none came of it");
    check_says(text, "reject buy: too_few_returns");
    check_says(text, "momentum        version 1   buy   60%");
    found = find(&scene, scene.last[TOPIC_SIMULATION]);
    assert_int_equal(found.decision->sequence, scene.last[TOPIC_DECISION]);
    /* the same when the message log has forgotten it */
    uint64_t decision = scene.last[TOPIC_DECISION];
    uint64_t simulation = scene.last[TOPIC_SIMULATION];
    pass(&scene, 3000);
    assert_null(bus_message(scene.bus, decision));
    assert_int_equal(find(&scene, decision).topic, TOPIC_DECISION);
    assert_int_equal(find(&scene, simulation).topic, TOPIC_SIMULATION);
    /* a decision to hold has no simulation */
    bar_by_trade(&scene, 0, 0, VERDICT_PROCEED);
    found = find(&scene, scene.last[TOPIC_DECISION]);
    assert_null(found.simulation);
    check_says(print(&scene, found.sequence), "hold, by the model hedge (nobody_votes)");
    stop(&scene);
}

static void test_a_fill_is_explained_after_the_message_log_has_forgotten_it(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    open_long(&scene, 0);
    uint64_t fill = scene.last[TOPIC_FILL];
    uint64_t order = scene.last[TOPIC_ORDER];
    static char before[EXPLAIN_TEXT_MAX];
    assert_true(text_copy(before, sizeof before, print(&scene, fill)));
    pass(&scene, 3000);
    assert_null(bus_message(scene.bus, fill));
    assert_string_equal(print(&scene, fill), before);
    assert_int_equal(find(&scene, order).topic, TOPIC_ORDER);
    stop(&scene);
}

static void test_votes_are_those_of_the_versions_that_cast_them(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    pass(&scene, 1);
    open_long(&scene, 0);
    uint64_t before = scene.last[TOPIC_FILL];
    struct agent_row row;
    assert_true(agent_manager_row(scene.agents, 2, &row));
    struct agent_update_message update = {.id = 3, .reason = VERSION_PROMOTED};
    memcpy(update.parameters, row.version.parameters, sizeof update.parameters);
    publish_agent_update(scene.bus, MODULE_EVOLUTION, SYMBOL_NONE, &update);
    bus_dispatch(scene.bus);
    pass(&scene, 1);
    open_long(&scene, 1);
    check_says(print(&scene, before), " 3  trend           version 1   buy   60%");
    check_says(print(&scene, scene.last[TOPIC_FILL]), " 3  trend           version 2   buy   60%");
    check_says(printed, " 9  coin            version 1   sell  77%  weight  0.00%");
    stop(&scene);
}

static void test_what_has_left_the_ring_is_said_to_have_left_it(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    scene.orders_kept = 1;
    start(&scene);
    open_long(&scene, 0);
    uint64_t fill = scene.last[TOPIC_FILL];
    uint64_t order = scene.last[TOPIC_ORDER];
    trade(&scene, 0, 98, 1000000);
    trade(&scene, 0, 98, 1000000);
    struct explanation found = find(&scene, fill);
    assert_null(found.order);
    assert_true(found.order_gone);
    check_says(print(&scene, fill), "has left the ring of explanations (history.explanations)");
    found = find(&scene, scene.last[TOPIC_FILL]);
    assert_non_null(found.order);
    assert_null(found.entry);
    check_says(print(&scene, scene.last[TOPIC_FILL]),
               "was opened by an order that has left the ring");
    pass(&scene, 3000);
    struct explain_sources sources = sources_of(&scene);
    assert_int_equal(explain_find(&sources, order, &found), EXPLAIN_GONE);
    check_says(print(&scene, order), "has left the rings that explanations are made from");
    struct history history = explain_history(scene.explain);
    assert_int_equal(history.appended, 2);
    assert_int_equal(history.overwritten, 1);
    stop(&scene);
}

static void test_numbers_of_other_messages_are_answered_plainly(void **state)
{
    (void)state;
    struct scene scene;
    struct explanation found;
    init(&scene);
    start(&scene);
    open_long(&scene, 0);
    struct explain_sources sources = sources_of(&scene);
    assert_int_equal(explain_find(&sources, scene.last[TOPIC_TRADE], &found), EXPLAIN_NOTHING);
    check_says(print(&scene, scene.last[TOPIC_TRADE]), "is a TRADE; explained are FILL, ORDER");
    assert_int_equal(explain_find(&sources, 0, &found), EXPLAIN_NOTHING);
    assert_int_equal(explain_find(&sources, UINT64_MAX, &found), EXPLAIN_NOTHING);
    check_says(print(&scene, 123456789), "123456789 is no message yet; the newest is");
    stop(&scene);
}

static void play_at_random(struct scene *scene, struct rng *rng, double *price)
{
    uint16_t symbol = (uint16_t)rng_below(rng, SYMBOLS);
    if (rng_below(rng, 4) == 0) {
        pass(scene, (int64_t)rng_below(rng, 30) + 1);
    }
    if (rng_below(rng, 3) == 0) {
        scene->closes_bar = true;
        scene->vote = (int8_t)((int)rng_below(rng, 3) * 50 - 50);
        scene->verdict = (enum verdict)rng_below(rng, VERDICT_COUNT);
        scene->fraction = (scene->vote > 0 ? 1 : -1) * 0.3 * rng_uniform(rng);
        scene->symbol = symbol;
    }
    price[symbol] *= 1 + 0.01 * (rng_uniform(rng) - 0.5);
    trade(scene, symbol, price[symbol], (int64_t)rng_below(rng, 3000));
}

/* Nothing trades without being explained: every fill of a long random run, and the sums of what
 * became of the positions are those of the books. */
static void test_every_fill_of_a_random_run_is_explained(void **state)
{
    (void)state;
    struct scene scene;
    struct rng rng;
    double price[SYMBOLS] = {100, 20};
    init(&scene);
    set(&scene, "portfolio.allow_short", "true");
    set(&scene, "portfolio.max_drawdown", "1");
    set(&scene, "portfolio.max_daily_loss", "1");
    scene.orders_kept = 400;
    start(&scene);
    rng_stream(&rng, test_seed(), "explain");
    for (size_t i = 0; i < 4000 && portfolio_counts(scene.portfolio)->fills < 400 &&
                       portfolio_counts(scene.portfolio)->orders < 400;
         i++) {
        play_at_random(&scene, &rng, price);
    }
    const struct portfolio_fill *fill;
    int64_t realised = 0;
    int64_t fees = 0;
    size_t count = 0;
    for (; (fill = portfolio_fill(scene.portfolio, count)) != NULL; count++) {
        struct explanation found = find(&scene, fill->sequence);
        const struct explain_order *order = found.order;
        assert_non_null(order);
        assert_int_equal(order->order.order, fill->fill.order);
        assert_int_not_equal(order->origin.head.sequence, 0);
        bool has_decision =
            order->order.purpose == ORDER_ENTER || order->order.purpose == ORDER_REVERSE;
        assert_int_equal(order->decision_sequence != 0, has_decision);
        assert_int_equal(order->simulation_sequence != 0, has_decision);
        assert_int_equal(order->agents, has_decision ? AGENTS : 0);
        assert_int_equal(found.entry != NULL, order->order.purpose != ORDER_ENTER);
        print(&scene, fill->sequence);
    }
    const struct explain_order *order;
    for (size_t i = 0; (order = explain_newest(scene.explain, i)) != NULL; i++) {
        fees += order->filled.fees;
        realised += order->closed.realised_pnl;
    }
    assert_true(count > 50);
    assert_int_equal(count, portfolio_counts(scene.portfolio)->fills);
    assert_int_equal(fees, portfolio_view(scene.portfolio).books->fees);
    assert_int_equal(realised, portfolio_view(scene.portfolio).books->realised_pnl);
    stop(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_fill_is_explained_from_the_trade_that_closed_the_bar),
        cmocka_unit_test(test_votes_and_weights_are_those_that_the_decision_was_made_from),
        cmocka_unit_test(test_a_bar_that_the_clock_closed_is_told_as_such),
        cmocka_unit_test(test_a_stop_is_explained_by_its_trade_and_by_what_it_closes),
        cmocka_unit_test(test_a_target_and_a_reversal_are_told_apart),
        cmocka_unit_test(test_a_time_stop_tells_which_decisions_had_prolonged_the_position),
        cmocka_unit_test(test_a_position_that_an_operator_closes_names_the_operator),
        cmocka_unit_test(test_every_fill_of_an_order_in_parts_leads_to_the_same_chain),
        cmocka_unit_test(test_refused_and_expired_orders_are_explained_too),
        cmocka_unit_test(test_a_decision_leads_to_its_order_by_its_own_number),
        cmocka_unit_test(test_a_decision_that_the_simulator_rejects_is_explained_without_an_order),
        cmocka_unit_test(test_a_fill_is_explained_after_the_message_log_has_forgotten_it),
        cmocka_unit_test(test_votes_are_those_of_the_versions_that_cast_them),
        cmocka_unit_test(test_what_has_left_the_ring_is_said_to_have_left_it),
        cmocka_unit_test(test_numbers_of_other_messages_are_answered_plainly),
        cmocka_unit_test(test_every_fill_of_a_random_run_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
