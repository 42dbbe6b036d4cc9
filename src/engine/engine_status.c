/* What readers may ask of the engine. Reading changes nothing. */
#include <string.h>

#include "tickd/engine/engine_state.h"

struct status_quantiles status_quantiles_of(const struct histogram *histogram)
{
    return (struct status_quantiles){
        .count = histogram->count,
        .p50 = histogram_quantile(histogram, 0.5),
        .p99 = histogram_quantile(histogram, 0.99),
        .p999 = histogram_quantile(histogram, 0.999),
        .max = histogram->count == 0 ? 0 : histogram->max,
    };
}

static void fill_market(const struct engine *engine, struct status *status)
{
    const struct market_counts *counts = market_counts(engine->market);
    status->input = engine->input;
    status->input.accepted = counts->accepted;
    status->input.late = counts->late;
    status->input.filtered += counts->dropped;
    status->bars = counts->bars;
    status->bars_without_price = counts->bars_without_price;
    status->gaps = counts->gaps;
    status->late_ms = status_quantiles_of(&counts->late_ms);
    status->duplicate_prints = counts->duplicate_prints;
    status->duplicate_changes = counts->duplicate_changes;
    status->duplicate_factor_max = counts->duplicate_factor_max;
    status->symbols = engine->symbols.count;
}

static void fill_brain(const struct engine *engine, struct status *status)
{
    const struct consensus_counts *consensus = consensus_counts(engine->consensus);
    const struct simulator_counts *simulator = simulator_counts(engine->simulator);
    const struct evolution_counts *evolution = evolution_counts(engine->evolution);
    memcpy(status->decisions, consensus->decisions, sizeof status->decisions);
    memcpy(status->simulations, simulator->verdicts, sizeof status->simulations);
    memcpy(status->simulation_reasons, simulator->reasons, sizeof status->simulation_reasons);
    status->regret_ratio = consensus->regret_ratio;
    const struct introspection_entry *reward = introspection_entry(engine->introspection, 0);
    status->trials = introspection_trials(engine->introspection);
    status->has_reward = reward != NULL;
    if (reward != NULL) {
        status->reward = reward->reward;
    }
    status->evolution = (struct status_evolution){
        .generations = evolution->generations,
        .challengers = evolution->challengers,
        .replacements = evolution->replacements,
        .rollbacks = agent_manager_counts(engine->agent_manager)->rollbacks,
        .forced = evolution->forced,
        .scored_bars = evolution->scored_bars,
    };
    size_t agents = agent_manager_agents(engine->agent_manager);
    status->agent_count = 0;
    while (status->agent_count < agents &&
           agent_manager_row(engine->agent_manager, status->agent_count,
                             &status->agents[status->agent_count])) {
        introspection_agent(engine->introspection, status->agent_count,
                            &status->agent_metrics[status->agent_count]);
        status->agent_count++;
    }
}

static void fill_positions(const struct engine *engine, const struct books *books,
                           struct status_portfolio *portfolio)
{
    portfolio->position_count = 0;
    for (uint16_t i = 0; i < engine->symbols.count; i++) {
        const struct position *position = &books->positions[i];
        if (position->quantity == 0 || portfolio->position_count == STATUS_POSITIONS_MAX) {
            continue;
        }
        portfolio->positions[portfolio->position_count++] = (struct status_position){
            .symbol = symbols_name(&engine->symbols, i),
            .quantity = position->quantity,
            .average_price = books_average_price(position),
            .last_price = position->last_price,
            .market_value = position->market_value,
            .unrealised_pnl = position->market_value - position->cost,
        };
    }
}

uint64_t engine_fills(const struct engine *engine)
{
    return portfolio_counts(engine->portfolio)->fills;
}

const struct settings_portfolio *engine_portfolio_settings(const struct engine *engine)
{
    return portfolio_view(engine->portfolio).settings;
}

static void fill_portfolio(const struct engine *engine, struct status *status)
{
    const struct portfolio_counts *counts = portfolio_counts(engine->portfolio);
    struct portfolio_view view = portfolio_view(engine->portfolio);
    struct status_portfolio *portfolio = &status->portfolio;
    portfolio->initial_cash = view.books->initial_cash;
    portfolio->cash = view.books->cash;
    portfolio->equity = books_equity(view.books);
    portfolio->market_value = view.books->market_value;
    portfolio->realised_pnl = view.books->realised_pnl;
    portfolio->unrealised_pnl = books_unrealised_pnl(view.books);
    portfolio->fees = view.books->fees;
    portfolio->turnover = view.books->turnover;
    portfolio->drawdown = view.drawdown;
    portfolio->max_drawdown = counts->max_drawdown;
    portfolio->halted = view.halted;
    portfolio->orders = counts->orders;
    portfolio->open_orders = counts->open;
    portfolio->expired = counts->expired;
    portfolio->halts = counts->halts;
    fill_positions(engine, view.books, portfolio);
    status->fills = counts->fills;
    status->rejects = counts->rejects;
    memcpy(status->rejects_by, counts->rejects_by, sizeof status->rejects_by);
}

static void fill_histories(const struct engine *engine, struct status *status)
{
    size_t count = 0;
    status->histories[count++] = history_of_ring("bus", "message_log", bus_log(engine->bus));
    for (size_t i = 0; i < engine->module_count; i++) {
        const struct module *module = &engine->modules[i];
        if (module->histories != NULL) {
            count += module->histories(module->state, &status->histories[count],
                                       STATUS_HISTORIES_MAX - count);
        }
    }
    status->histories[count++] = explain_history(engine->explain);
    count += chronicle_histories(engine->chronicle, &status->histories[count],
                                 STATUS_HISTORIES_MAX - count);
    status->history_count = count;
    status->histories_bytes = 0;
    for (size_t i = 0; i < count; i++) {
        status->histories_bytes += status->histories[i].bytes;
    }
}

void engine_status(const struct engine *engine, struct status *status)
{
    status->digest = bus_digest(engine->bus);
    status->config_digest = engine->config_digest;
    status->time_us = bus_time(engine->bus);
    status->messages_published = bus_published(engine->bus);
    status->burst_max = bus_burst_max(engine->bus);
    status->arena_bytes = engine->arena->size;
    fill_market(engine, status);
    fill_brain(engine, status);
    fill_portfolio(engine, status);
    fill_histories(engine, status);
    status->module_count = monitor_assess(engine->monitor, status->time_us, status->modules);
    status->health_score = monitor_score(status->modules, status->module_count);
    monitor_alerts(engine->monitor, status->alerts);
}

int64_t engine_time_us(const struct engine *engine)
{
    return bus_time(engine->bus);
}

struct bus *engine_bus(struct engine *engine)
{
    return engine->bus;
}

struct symbol_table *engine_symbols(struct engine *engine)
{
    return &engine->symbols;
}

bool engine_symbol(const struct engine *engine, uint16_t symbol, struct symbol_view *view)
{
    struct market_symbol market;
    if (!market_symbol(engine->market, symbol, &market)) {
        return false;
    }
    const char *name = symbols_name(&engine->symbols, symbol);
    *view = (struct symbol_view){
        .name = name,
        .venue = venue_name(venue_of_symbol(name)),
        .last_price = market.last_price,
        .last_time_ms = market.last_time_ms,
        .last_received_us = market.last_received_us,
        .trades = market.trades,
        .bars = market.bars,
        .late = market.late,
        .duplicate_prints = market.duplicate_prints,
        .duplicate_factor = market.duplicate_factor,
        .stream = market.stream,
    };
    return true;
}

const struct bar_message *engine_bar(const struct engine *engine, uint16_t symbol, size_t index)
{
    return market_bar(engine->market, symbol, index);
}

const struct health_minute *engine_health_minute(const struct engine *engine, size_t index)
{
    return monitor_minute(engine->monitor, index);
}

const struct histogram *engine_late_ms(const struct engine *engine)
{
    return &market_counts(engine->market)->late_ms;
}

bool engine_symbol_open(const struct engine *engine, uint16_t symbol, int64_t time_us)
{
    enum venue venue = venue_of_symbol(symbols_name(&engine->symbols, symbol));
    return session_at(&engine->calendar, venue, time_us) == SESSION_REGULAR;
}

bool engine_market_open(const struct engine *engine, int64_t time_us)
{
    for (uint16_t symbol = 0; symbol < engine->symbols.count; symbol++) {
        if (engine_symbol_open(engine, symbol, time_us)) {
            return true;
        }
    }
    return false;
}
