/* The engine's life: it is built, time passes, inputs come through the door. What readers may ask
 * of it stands in engine_status.c. */
#include "tickd/engine/engine.h"

#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"
#include "tickd/engine/engine_state.h"
#include "tickd/market/conditions.h"

/* A clock that jumps further than this is not walked through second by second. */
#define CLOCK_WALK_MAX_S INT64_C(604800)

static bool takes_all_symbols(const struct settings *settings)
{
    return settings->feed.symbols.count == 1 && strcmp(settings->feed.symbols.items[0], "*") == 0;
}

static int fill_calendar(const struct settings *settings, struct market_calendar *calendar,
                         struct text *why)
{
    calendar_init(calendar);
    const struct setting_list *days = &settings->market.exceptions;
    for (size_t i = 0; i < days->count; i++) {
        int error = calendar_add_day(calendar, days->items[i], strlen(days->items[i]));
        if (error != 0) {
            text_format(why,
                        "\"%s\" %s, allowed is a date (2026-12-25) or a date with the time of"
                        " an early close (2026-11-27 13:00), each day once",
                        days->items[i], error_text(error));
            return error;
        }
    }
    return 0;
}

int engine_check_settings(const struct settings *settings, const char **key, struct text *why)
{
    struct market_calendar calendar;
    *key = "market.exceptions";
    return fill_calendar(settings, &calendar, why);
}

static void add_symbols(struct engine *engine, const struct settings *settings)
{
    const struct setting_list *symbols = &settings->feed.symbols;
    for (size_t i = 0; i < symbols->count && !engine->symbols.adopts; i++) {
        uint16_t id;
        int error =
            symbols_add(&engine->symbols, symbols->items[i], strlen(symbols->items[i]), &id);
        ASSERT(error == 0);
    }
}

static void wire(struct engine *engine)
{
    size_t count = 0;
    engine->modules[count++] = (struct module){.id = MODULE_FEED};
    engine->modules[count++] = (struct module){.id = MODULE_BUS};
    engine->modules[count++] = market_module(engine->market);
    engine->modules[count++] = electorate_module(engine->electorate);
    engine->modules[count++] = consensus_module(engine->consensus);
    engine->modules[count++] = simulator_module(engine->simulator);
    engine->modules[count++] = portfolio_module(engine->portfolio);
    engine->modules[count++] = agent_manager_module(engine->agent_manager);
    engine->modules[count++] = evolution_module(engine->evolution);
    engine->modules[count++] = introspection_module(engine->introspection);
    engine->modules[count++] = monitor_module(engine->monitor);
    engine->module_count = count;
    size_t route_count;
    const struct route *routes = wiring_routes(&route_count);
    size_t rule_count = wiring_rules(engine->rules, &engine->times);
    bus_wire(engine->bus, engine->modules, engine->module_count, routes, route_count, engine->rules,
             rule_count);
}

/* The modules that think and trade, each with its own part of the settings. */
static void create_brain(struct engine *engine, struct arena *arena,
                         const struct settings *settings, size_t symbols)
{
    const struct settings_history *history = &settings->history;
    int64_t horizon_bars = settings->electorate.horizon_bars;
    size_t agents = (size_t)settings->electorate.incumbents * SPECIES_COIN + 1;
    uint64_t seed = (uint64_t)settings->root.seed;
    engine->electorate = electorate_create(arena, &settings->electorate, symbols,
                                           settings->market.bar_ms, seed, engine->bus);
    engine->consensus = consensus_create(arena, &settings->consensus, horizon_bars,
                                         history->consensus_history, symbols, agents, engine->bus);
    engine->simulator =
        simulator_create(arena, &settings->simulator, &settings->portfolio, horizon_bars,
                         history->simulation_history, seed, symbols, engine->bus);
    engine->portfolio = portfolio_create(arena, &settings->portfolio, horizon_bars,
                                         history->trade_history, symbols, engine->bus);
    engine->agent_manager = agent_manager_create(arena, settings, symbols, engine->bus);
    engine->evolution = evolution_create(arena, settings, symbols, engine->bus);
    engine->introspection =
        introspection_create(arena, &settings->portfolio, horizon_bars,
                             history->reward_metrics_history, symbols, agents, engine->bus);
    engine->explain =
        explain_create(arena, history->explanations, symbols, engine->bus, engine->consensus);
    engine->chronicle = chronicle_create(arena, history, engine->bus);
}

struct engine *engine_create(struct arena *arena, const struct settings *settings)
{
    struct engine *engine = arena_take(arena, "engine", "state", 1, sizeof *engine);
    struct engine scratch = {0};
    struct engine *e = arena_measuring(arena) ? &scratch : engine;
    bool all = takes_all_symbols(settings);
    size_t symbols = all ? (size_t)settings->market.symbols_max : settings->feed.symbols.count;
    symbols_init(&e->symbols, arena, (uint16_t)symbols, all);
    e->bus = bus_create(
        arena, &(struct bus_limits){
                   .log_messages = (size_t)settings->history.message_log,
                   .input_messages_max = wiring_input_messages_max(symbols, &settings->electorate),
                   .symbols = symbols,
               });
    e->market = market_create(arena, &settings->market, settings->electorate.horizon_bars,
                              settings->history.bars, e->bus, &e->symbols, &e->calendar);
    create_brain(e, arena, settings, symbols);
    e->monitor = monitor_create(arena, &settings->monitor,
                                &(struct monitor_room){.minutes = settings->history.health,
                                                       .alerts = settings->history.alerts},
                                e->bus);
    if (arena_measuring(arena)) {
        return NULL;
    }
    char memory[STATUS_TEXT_MAX];
    struct text why;
    text_init(&why, memory, sizeof memory);
    ASSERT(fill_calendar(settings, &engine->calendar, &why) == 0);
    engine->arena = arena;
    engine->config_digest = settings_digest(settings);
    engine->odd_lots_move_price = settings->market.odd_lots_move_price;
    engine->times = (struct wiring_times){.bar_ms = settings->market.bar_ms,
                                          .grace_ms = settings->market.grace_ms,
                                          .order_expiry_s = settings->portfolio.order_expiry_s};
    add_symbols(engine, settings);
    wire(engine);
    return engine;
}

/* Time. */

static void start_modules(struct engine *engine)
{
    for (size_t i = 0; i < engine->module_count; i++) {
        if (engine->modules[i].start != NULL) {
            engine->modules[i].start(engine->modules[i].state);
            bus_dispatch(engine->bus);
        }
    }
}

static void tick(struct engine *engine, int64_t boundary_us, int64_t skipped_s)
{
    bus_set_time(engine->bus, boundary_us);
    publish_clock(engine->bus, MODULE_ENGINE, SYMBOL_NONE,
                  &(struct clock_message){.skipped_s = (uint64_t)skipped_s});
    bus_dispatch(engine->bus);
}

void engine_set_journal(struct engine *engine, struct input_journal journal)
{
    engine->journal = journal;
}

static void tell(struct engine *engine, struct input *input)
{
    if (engine->journal.write != NULL) {
        input->at_us = engine->at_us;
        engine->journal.write(engine->journal.state, input);
    }
}

void engine_pass_time(struct engine *engine, int64_t now_us)
{
    engine_advance(engine, now_us);
    tell(engine, &(struct input){.kind = INPUT_TIME});
}

void engine_advance(struct engine *engine, int64_t now_us)
{
    engine->at_us = now_us;
    int64_t before_us = bus_time(engine->bus);
    if (!engine->started) {
        engine->started = true;
        bus_set_time(engine->bus, now_us);
        start_modules(engine);
        return;
    }
    if (now_us < before_us) {
        engine->input.clock_steps_back++;
        return;
    }
    int64_t second = floor_divide(before_us, US_PER_S) + 1;
    int64_t last = floor_divide(now_us, US_PER_S);
    int64_t skipped_s = 0;
    if (last - second > CLOCK_WALK_MAX_S) {
        skipped_s = last - second - CLOCK_WALK_MAX_S;
        second += skipped_s;
    }
    for (; second <= last; second++) {
        tick(engine, second * US_PER_S, skipped_s);
        skipped_s = 0;
    }
    bus_set_time(engine->bus, now_us);
}

void engine_finish(struct engine *engine)
{
    int64_t due_ms = market_last_due_ms(engine->market);
    if (due_ms != INT64_MIN) {
        int64_t due_us = due_ms * US_PER_MS;
        int64_t now_us = bus_time(engine->bus);
        engine_advance(engine, (due_us > now_us ? due_us : now_us) + US_PER_S);
    }
}

/* The door. */

static bool is_usable(const struct trade *trade)
{
    return trade->price > 0 && trade->volume >= 0 && trade->time_ms >= TRADE_TIME_MS_MIN &&
           trade->time_ms <= TRADE_TIME_MS_MAX;
}

static unsigned moves_of(struct engine *engine, const struct trade *trade)
{
    bool extended = false;
    if ((trade->conditions >> CONDITION_FORM_T & 1U) != 0) {
        enum venue venue = venue_of_symbol(symbols_name(&engine->symbols, trade->symbol));
        enum session session = session_at(&engine->calendar, venue, trade->time_ms * US_PER_MS);
        extended = session == SESSION_PRE_MARKET || session == SESSION_POST_MARKET;
    }
    if ((trade->conditions >> CONDITION_UNKNOWN & 1U) != 0) {
        engine->input.unknown_conditions++;
    }
    return conditions_move(trade->conditions, extended, engine->odd_lots_move_price);
}

static void note_times(struct status_input *input, int64_t time_ms)
{
    if (input->first_ms == 0 || time_ms < input->first_ms) {
        input->first_ms = time_ms;
    }
    if (time_ms > input->last_ms) {
        input->last_ms = time_ms;
    }
}

static void take_trade(struct engine *engine, const struct trade *trade)
{
    engine->input.trades++;
    if (!is_usable(trade)) {
        engine->input.malformed++;
        return;
    }
    if (trade->symbol >= engine->symbols.count) {
        engine->input.unknown_symbol++;
        return;
    }
    note_times(&engine->input, trade->time_ms);
    unsigned moves = moves_of(engine, trade);
    if (moves == 0) {
        engine->input.filtered++;
        return;
    }
    publish_trade(engine->bus, MODULE_FEED, trade->symbol,
                  &(struct trade_message){.time_ms = trade->time_ms,
                                          .price = trade->price,
                                          .volume = trade->volume,
                                          .conditions = trade->conditions,
                                          .moves = moves});
    bus_dispatch(engine->bus);
}

void engine_trade(struct engine *engine, const struct trade *trade)
{
    bus_count_handled(engine->bus, MODULE_FEED, 1);
    take_trade(engine, trade);
}

void engine_malformed_trade(struct engine *engine)
{
    engine->input.trades++;
    engine->input.malformed++;
}

void engine_frame(struct engine *engine, const struct frame *frame)
{
    engine->input.frames++;
    bus_count_handled(engine->bus, MODULE_FEED, 1);
    switch (frame->kind) {
    case FRAME_TRADES:
        for (size_t i = 0; i < frame->trade_count; i++) {
            take_trade(engine, &frame->trades[i]);
        }
        engine->input.trades += frame->malformed_count;
        engine->input.malformed += frame->malformed_count;
        break;
    case FRAME_PING:
    case FRAME_ERROR:
    case FRAME_NEWS:
    case FRAME_UNKNOWN:
        engine->input.frames_other++;
        break;
    case FRAME_MALFORMED:
        engine->input.frames_malformed++;
        break;
    }
}

void engine_note_frame(struct engine *engine, const char *bytes, size_t length)
{
    tell(engine, &(struct input){.kind = INPUT_FRAME, .frame = {.bytes = bytes, .length = length}});
}

void engine_feed_state(struct engine *engine, uint16_t symbol, const struct feed_message *state)
{
    tell(engine, &(struct input){.kind = INPUT_FEED, .symbol = symbol, .feed = state});
    publish_feed(engine->bus, MODULE_FEED, symbol, state);
    bus_dispatch(engine->bus);
}

/* Two verbs are about a symbol. */
static uint16_t symbol_of(const struct engine *engine, const struct command_message *command)
{
    if (command->verb != COMMAND_ADOPT_POSITION && command->verb != COMMAND_ADOPT_PRICE) {
        return SYMBOL_NONE;
    }
    size_t length = strnlen(command->argument, sizeof command->argument);
    return symbols_find(&engine->symbols, command->argument, length);
}

void engine_command(struct engine *engine, const struct command_message *command)
{
    tell(engine, &(struct input){.kind = INPUT_COMMAND, .command = command});
    publish_command(engine->bus, MODULE_CONTROL, symbol_of(engine, command), command);
    bus_dispatch(engine->bus);
}

/* What a module of the shell has handled since the last VITALS; a new process counts from 0. */
static void count_handled(struct engine *engine, enum module_id module, uint64_t now,
                          uint64_t *before)
{
    if (now > *before) {
        bus_count_handled(engine->bus, module, now - *before);
    }
    *before = now;
}

void engine_vitals(struct engine *engine, const struct vitals_message *vitals)
{
    tell(engine, &(struct input){.kind = INPUT_VITALS, .vitals = vitals});
    count_handled(engine, MODULE_CONTROL, vitals->control_handled, &engine->control_handled);
    count_handled(engine, MODULE_STORE, vitals->store_handled, &engine->store_handled);
    count_handled(engine, MODULE_DASHBOARD, vitals->dashboard_handled, &engine->dashboard_handled);
    publish_vitals(engine->bus, MODULE_ENGINE, SYMBOL_NONE, vitals);
    bus_dispatch(engine->bus);
}
