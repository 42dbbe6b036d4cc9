/* The status document as JSON, section by section in the order in which it is read. */
#include "tickd/ops/status_json.h"

#include "tickd/agents/species.h"
#include "tickd/base/compiler.h"

/* Of nothing measured there are none: null. */
static void print_quantiles(struct json *json, const char *key,
                            const struct status_quantiles *quantiles)
{
    const struct {
        const char *key;
        int64_t value;
    } members[] = {{"p50", quantiles->p50},
                   {"p99", quantiles->p99},
                   {"p999", quantiles->p999},
                   {"max", quantiles->max}};
    json_begin_object(json, key);
    json_count(json, "count", quantiles->count);
    for (size_t i = 0; i < ARRAY_LENGTH(members); i++) {
        if (quantiles->count > 0) {
            json_integer(json, members[i].key, members[i].value);
        } else {
            json_null(json, members[i].key);
        }
    }
    json_end(json);
}

static void print_input(const struct status_input *input, struct json *json)
{
    json_begin_object(json, "input");
    json_count(json, "frames", input->frames);
    json_count(json, "frames_malformed", input->frames_malformed);
    json_count(json, "frames_other", input->frames_other);
    json_count(json, "trades", input->trades);
    json_count(json, "accepted", input->accepted);
    json_count(json, "filtered", input->filtered);
    json_count(json, "late", input->late);
    json_count(json, "unknown_symbol", input->unknown_symbol);
    json_count(json, "malformed", input->malformed);
    json_count(json, "unknown_conditions", input->unknown_conditions);
    json_integer(json, "first_ms", input->first_ms);
    json_integer(json, "last_ms", input->last_ms);
    json_count(json, "clock_steps_back", input->clock_steps_back);
    json_end(json);
}

static void print_market(const struct status *status, struct json *json)
{
    json_begin_object(json, "market");
    json_count(json, "symbols", status->symbols);
    json_count(json, "bars_without_price", status->bars_without_price);
    json_count(json, "gaps", status->gaps);
    json_count(json, "duplicate_prints", status->duplicate_prints);
    json_count(json, "duplicate_changes", status->duplicate_changes);
    json_count(json, "duplicate_factor_max", status->duplicate_factor_max);
    print_quantiles(json, "late_ms", &status->late_ms);
    json_end(json);
}

static void print_bus(const struct status *status, struct json *json)
{
    json_begin_object(json, "bus");
    json_count(json, "messages", status->messages_published);
    json_count(json, "burst_max", status->burst_max);
    json_end(json);
}

static void print_module(const struct assessment *module, struct json *json)
{
    json_begin_object(json, NULL);
    json_text(json, "name", module_id_name(module->id));
    json_text(json, "state", module_state_name(module->state));
    json_integer(json, "owed_ms", module->owed_ms);
    json_count(json, "owed", module->owed);
    json_count(json, "handled", module->handled);
    json_count(json, "published", module->published);
    json_real(json, "longest_us", (double)module->longest_ns / 1e3);
    json_end(json);
}

void status_print_modules(const struct status *status, struct json *json, const char *key)
{
    json_begin_rows(json, key);
    for (size_t i = 0; i < status->module_count; i++)
        print_module(&status->modules[i], json);
    json_end(json);
}

void status_print_health(const struct status *status, struct json *json, const char *key)
{
    json_begin_object(json, key);
    json_real(json, "score", status->health_score);
    status_print_modules(status, json, "modules");
    json_end(json);
}

static void print_history(const struct history *history, struct json *json)
{
    json_begin_object(json, NULL);
    json_text(json, "module", history->module);
    json_text(json, "name", history->name);
    json_count(json, "size", history->size);
    json_count(json, "capacity", history->capacity);
    json_count(json, "appended", history->appended);
    json_count(json, "overwritten", history->overwritten);
    json_count(json, "bytes", history->bytes);
    json_end(json);
}

void status_print_histories(const struct status *status, struct json *json, const char *key)
{
    json_begin_rows(json, key);
    for (size_t i = 0; i < status->history_count; i++)
        print_history(&status->histories[i], json);
    json_end(json);
}

/* A count for each value of an enumeration, by its name. */
static void print_counts(struct json *json, const char *key, const uint64_t *counts, size_t count,
                         const char *(*name)(uint32_t value))
{
    json_begin_object(json, key);
    for (uint32_t i = 0; i < count; i++)
        json_count(json, name(i), counts[i]);
    json_end(json);
}

static void print_brain(const struct status *status, struct json *json)
{
    print_counts(json, "decisions", status->decisions, SIDE_COUNT, side_name);
    json_begin_object(json, "consensus");
    json_real(json, "regret_ratio", status->regret_ratio);
    json_end(json);
    print_counts(json, "simulations", status->simulations, VERDICT_COUNT, verdict_name);
    print_counts(json, "simulation_reasons", status->simulation_reasons, SIMULATION_REASON_COUNT,
                 simulation_reason_name);
    json_count(json, "fills", status->fills);
    json_count(json, "rejects", status->rejects);
    print_counts(json, "reject_reasons", status->rejects_by, REJECT_REASON_COUNT,
                 reject_reason_name);
}

void status_print_positions(const struct status *status, struct json *json, const char *key)
{
    json_begin_rows(json, key);
    for (size_t i = 0; i < status->portfolio.position_count; i++) {
        const struct status_position *position = &status->portfolio.positions[i];

        json_begin_object(json, NULL);
        json_text(json, "symbol", position->symbol);
        json_money(json, "quantity", position->quantity);
        json_money(json, "average_price", position->average_price);
        json_money(json, "last_price", position->last_price);
        json_money(json, "market_value", position->market_value);
        json_money(json, "unrealised_pnl", position->unrealised_pnl);
        json_end(json);
    }
    json_end(json);
}

static void print_portfolio(const struct status *status, struct json *json)
{
    const struct status_portfolio *portfolio = &status->portfolio;

    json_begin_object(json, "portfolio");
    json_money(json, "initial_cash", portfolio->initial_cash);
    json_money(json, "cash", portfolio->cash);
    json_money(json, "equity", portfolio->equity);
    json_money(json, "market_value", portfolio->market_value);
    json_money(json, "realised_pnl", portfolio->realised_pnl);
    json_money(json, "unrealised_pnl", portfolio->unrealised_pnl);
    json_money(json, "fees", portfolio->fees);
    json_money(json, "turnover", portfolio->turnover);
    json_real(json, "drawdown", portfolio->drawdown);
    json_real(json, "max_drawdown", portfolio->max_drawdown);
    json_flag(json, "halted", portfolio->halted);
    json_count(json, "orders", portfolio->orders);
    json_count(json, "open_orders", portfolio->open_orders);
    json_count(json, "expired", portfolio->expired);
    json_count(json, "halts", portfolio->halts);
    status_print_positions(status, json, "positions");
    json_end(json);
}

static void print_parameters(const struct agent_row *agent, struct json *json)
{
    const struct species_description *species = species_describe(agent->species);

    json_begin_object(json, "parameters");
    for (size_t i = 0; i < species->parameter_count; i++)
        json_real(json, species->parameters[i].name, agent->version.parameters[i]);
    json_end(json);
}

void status_print_agent(const struct agent_row *agent, const struct introspection_agent *metrics,
                        struct json *json)
{
    const struct score_record *record = &agent->version.record;

    json_begin_object(json, NULL);
    json_integer(json, "id", agent->id);
    json_text(json, "species", species_name(agent->species));
    json_count(json, "version", agent->version.version);
    json_text(json, "state", agent_state_name(agent->state));
    json_real(json, "weight", agent->weight);
    json_real(json, "mean_reward", score_mean_reward(record));
    json_real(json, "mean_worth", score_mean_worth(record));
    json_count(json, "judged", record->judged);
    json_count(json, "votes", record->votes);
    json_real(json, "hit_rate", score_hit_rate(record));
    json_real(json, "brier", metrics->brier);
    json_real(json, "sharpe", metrics->sharpe);
    json_real(json, "sortino", metrics->sortino);
    json_real(json, "max_drawdown", metrics->max_drawdown);
    json_real(json, "turnover", metrics->turnover);
    json_real(json, "over_coin", metrics->over_coin);
    print_parameters(agent, json);
    json_end(json);
}

void status_print_agents(const struct status *status, struct json *json, const char *key)
{
    json_begin_rows(json, key);
    for (size_t i = 0; i < status->agent_count; i++)
        status_print_agent(&status->agents[i], &status->agent_metrics[i], json);
    json_end(json);
}

static void print_evolution(const struct status_evolution *evolution, struct json *json)
{
    json_begin_object(json, "evolution");
    json_count(json, "generations", evolution->generations);
    json_count(json, "challengers", evolution->challengers);
    json_count(json, "replacements", evolution->replacements);
    json_count(json, "rollbacks", evolution->rollbacks);
    json_count(json, "forced", evolution->forced);
    json_count(json, "scored_bars", evolution->scored_bars);
    json_end(json);
}

/* The newest minute's metrics; null before the first. */
static void print_reward(const struct status *status, struct json *json)
{
    const struct reward_message *reward = &status->reward;

    if (!status->has_reward) {
        json_null(json, "metrics");
        return;
    }
    json_begin_object(json, "metrics");
    json_real(json, "mean_reward", reward->mean_reward);
    json_real(json, "mean_worth", reward->mean_worth);
    json_real(json, "hit_rate", reward->hit_rate);
    json_real(json, "brier", reward->brier);
    json_real(json, "sharpe", reward->sharpe);
    json_real(json, "sortino", reward->sortino);
    json_real(json, "deflated_sharpe", reward->deflated_sharpe);
    json_real(json, "max_drawdown", reward->max_drawdown);
    json_real(json, "turnover", reward->turnover);
    json_real(json, "diversity", reward->diversity);
    json_real(json, "correlation", reward->correlation);
    json_count(json, "outcomes", reward->outcomes);
    json_count(json, "minutes", reward->minutes);
    json_count(json, "trips", reward->trips);
    json_real(json, "win_rate", reward->win_rate);
    json_real(json, "minute_return", reward->minute_return);
    json_real(json, "minute_reward", reward->minute_reward);
    json_count(json, "tries", status->trials.tries);
    json_real(json, "independent_tries", status->trials.independent);
    json_real(json, "expected_sharpe", status->trials.expected);
    json_end(json);
}

/* No process has 0 bytes: it is what cannot be measured, as without jemalloc. */
static void print_measured(struct json *json, const char *key, uint64_t bytes)
{
    if (bytes == 0)
        json_null(json, key);
    else
        json_count(json, key, bytes);
}

static void print_memory(const struct status *status, struct json *json)
{
    json_begin_object(json, "memory");
    json_count(json, "arena_bytes", status->arena_bytes);
    json_count(json, "histories_bytes", status->histories_bytes);
    json_count(json, "rss_bytes", status->rss_bytes);
    print_measured(json, "allocated_bytes", status->allocated_bytes);
    print_measured(json, "resident_bytes", status->resident_bytes);
    print_measured(json, "budget_bytes", status->budget_bytes);
    if (status->tick_path_allocations < 0)
        json_null(json, "tick_path_allocations");
    else
        json_integer(json, "tick_path_allocations", status->tick_path_allocations);
    json_end(json);
}

static void print_time(const struct status *status, struct json *json)
{
    json_begin_object(json, "time");
    json_real(json, "wall_s", status->wall_s);
    json_real(json, "trades_per_s", status->trades_per_s);
    json_integer(json, "engine_us", status->time_us);
    json_end(json);
}

/* An empty text and a time that is not set are null. */
static void print_optional_text(struct json *json, const char *key, const char *value)
{
    if (value[0] == '\0')
        json_null(json, key);
    else
        json_text(json, key, value);
}

static void print_optional_time(struct json *json, const char *key, int64_t time_us)
{
    if (time_us == 0)
        json_null(json, key);
    else
        json_integer(json, key, time_us);
}

static void print_feed(const struct status_live *live, struct json *json)
{
    json_begin_object(json, "feed");
    json_text(json, "state", feed_state_name(live->feed_state));
    print_optional_time(json, "since_us", live->feed_state_since_us);
    print_optional_text(json, "reason", live->feed_reason);
    print_optional_text(json, "url", live->feed_url);
    json_count(json, "connections", live->feed_connections);
    json_count(json, "connection_failures", live->feed_connection_failures);
    print_optional_time(json, "next_attempt_us", live->feed_next_attempt_us);
    json_count(json, "subscribed", live->feed_subscribed);
    json_count(json, "silent", live->feed_silent);
    json_count(json, "bytes", live->feed_bytes);
    json_count(json, "pings", live->feed_pings);
    json_count(json, "errors", live->feed_errors);
    json_count(json, "frames_too_long", live->feed_frames_too_long);
    json_count(json, "frames_binary", live->feed_frames_binary);
    json_end(json);
}

static void print_rates_and_latency(const struct status_live *live, struct json *json)
{
    json_begin_object(json, "rates");
    json_real(json, "trades_per_s", live->trades_per_s);
    json_real(json, "frames_per_s", live->frames_per_s);
    json_end(json);
    json_begin_object(json, "latency");
    print_quantiles(json, "receive_to_decision_us", &live->receive_to_decision_us);
    print_quantiles(json, "feed_delay_ms", &live->feed_delay_ms);
    json_end(json);
    json_begin_object(json, "loop");
    json_integer(json, "lag_us", live->loop_lag_us);
    json_integer(json, "lag_max_us", live->loop_lag_max_us);
    print_quantiles(json, "turn_us", &live->loop_turn_us);
    json_end(json);
}

/* null without one. */
static void print_store(const struct status_live *live, struct json *json)
{
    if (!live->store_enabled) {
        json_null(json, "store");
        return;
    }
    json_begin_object(json, "store");
    json_text(json, "path", live->store_path);
    json_flag(json, "failing", live->store_failing);
    print_optional_text(json, "error", live->store_error);
    json_integer(json, "run", live->store_run);
    json_count(json, "rows", live->store_rows);
    json_count(json, "written", live->store_written);
    json_count(json, "waiting", live->store_waiting);
    json_count(json, "capacity", live->store_capacity);
    json_count(json, "dropped", live->store_dropped);
    json_count(json, "dropped_essential", live->store_dropped_essential);
    json_count(json, "removed", live->store_removed);
    json_count(json, "committed_sequence", live->store_committed_sequence);
    json_count(json, "bytes", live->store_bytes);
    json_count(json, "wal_bytes", live->store_wal_bytes);
    json_count(json, "set_aside", live->store_set_aside);
    json_end(json);
}

/* null when it is off. */
static void print_dashboard(const struct status_live *live, struct json *json)
{
    if (live->dashboard_listen[0] == '\0') {
        json_null(json, "dashboard");
        return;
    }
    json_begin_object(json, "dashboard");
    json_text(json, "listen", live->dashboard_listen);
    json_flag(json, "listens", live->dashboard_listens);
    json_count(json, "clients", live->dashboard_clients);
    json_count(json, "live", live->dashboard_live);
    json_count(json, "requests", live->dashboard_requests);
    json_count(json, "pushes", live->dashboard_pushes);
    json_count(json, "answers", live->dashboard_answers);
    json_count(json, "refused", live->dashboard_refused);
    json_count(json, "cut_off", live->dashboard_cut_off);
    json_end(json);
}

static void print_tape(const struct status_live *live, struct json *json)
{
    json_begin_object(json, "tape");
    json_flag(json, "enabled", live->tape_enabled);
    if (live->tape_enabled) {
        json_flag(json, "failing", live->tape_failing);
        print_optional_text(json, "reason", live->tape_reason);
        json_digest(json, "run", live->tape_run);
        json_count(json, "file", live->tape_file);
        json_count(json, "files", live->tape_files);
        json_count(json, "bytes", live->tape_bytes);
        json_flag(json, "over_cap", live->tape_over_cap);
        json_count(json, "inputs", live->tape_inputs);
        json_count(json, "inputs_lost", live->tape_inputs_lost);
        json_count(json, "gaps", live->tape_gaps);
        json_count(json, "durable_inputs", live->tape_durable_inputs);
        json_integer(json, "durable_lag_ms", live->tape_durable_lag_ms);
        json_real(json, "fill", (double)live->tape_fill / 1e3);
        json_count(json, "blocks", live->tape_blocks);
        json_count(json, "plain_bytes", live->tape_plain_bytes);
        json_count(json, "packed_bytes", live->tape_packed_bytes);
        json_count(json, "failures", live->tape_failures);
    }
    json_end(json);
}

static void print_replay(const struct status_replay *replay, struct json *json)
{
    json_begin_object(json, "tape");
    json_count(json, "inputs", replay->inputs);
    json_count(json, "inputs_lost", replay->inputs_lost);
    json_count(json, "gaps", replay->gaps);
    json_count(json, "torn_blocks", replay->torn_blocks);
    json_count(json, "broken_blocks", replay->broken_blocks);
    json_count(json, "runs", replay->runs);
    json_count(json, "digests", replay->digests);
    json_count(json, "digests_checked", replay->digests_checked);
    json_count(json, "digest_mismatches", replay->digest_mismatches);
    if (replay->digest_mismatches > 0) {
        json_integer(json, "mismatch_us", replay->mismatch_us);
        json_count(json, "mismatch_sequence", replay->mismatch_sequence);
    }
    print_optional_time(json, "first_us", replay->first_us);
    print_optional_time(json, "last_us", replay->last_us);
    json_end(json);
}

static void print_process(const struct status_live *live, struct json *json)
{
    json_begin_object(json, "clients");
    json_count(json, "connected", live->control_clients);
    json_count(json, "requests", live->control_requests);
    json_count(json, "cut_off", live->control_cut_off);
    json_count(json, "refused", live->control_refused);
    json_end(json);
    json_real(json, "uptime_s", (double)live->uptime_ms / 1e3);
    json_integer(json, "pid", live->pid);
    json_integer(json, "started_us", live->started_us);
    print_optional_text(json, "config", live->config_path);
}

void status_print_members(const struct status *status, struct json *json)
{
    json_text(json, "tickd", status->version);
    json_digest(json, "digest", status->digest);
    json_digest(json, "config_digest", status->config_digest);
    print_input(&status->input, json);
    json_count(json, "bars", status->bars);
    print_market(status, json);
    print_bus(status, json);
    print_brain(status, json);
    print_portfolio(status, json);
    status_print_agents(status, json, "agents");
    print_evolution(&status->evolution, json);
    print_reward(status, json);
    status_print_health(status, json, "health");
    status_print_alerts(status, json, "alerts", false);
    status_print_histories(status, json, "histories");
    print_memory(status, json);
    print_time(status, json);
    if (status->replay.is_tape)
        print_replay(&status->replay, json);
    if (status->live.is_live) {
        print_feed(&status->live, json);
        print_tape(&status->live, json);
        print_rates_and_latency(&status->live, json);
        print_store(&status->live, json);
        status_print_alert_sinks(&status->live, json);
        print_dashboard(&status->live, json);
        print_process(&status->live, json);
    }
}

void status_print_json(const struct status *status, struct json *json)
{
    json_begin_object(json, NULL);
    status_print_members(status, json);
    json_end(json);
}
