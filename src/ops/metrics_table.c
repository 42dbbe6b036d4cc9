/* The table of all that is measured. A reading macro takes the type and the field and refuses a
 * field of another type, so that an offset is never read as what it is not. */
#include "tickd/ops/metrics_table.h"

#include <math.h>

#define FIELD(element, field, type, reading_)                             \
    .reading = (reading_), .offset = _Generic(((element *)0)->field, type \
                                              : offsetof(element, field))

#define COUNT(element, field) FIELD(element, field, uint64_t, METRIC_READ_COUNT)
#define COUNT_OR_NONE(element, field) FIELD(element, field, uint64_t, METRIC_READ_COUNT_OR_NONE)
#define WORD(element, field) FIELD(element, field, uint32_t, METRIC_READ_WORD)
#define SIZE(element, field) FIELD(element, field, size_t, METRIC_READ_SIZE)
#define SIGNED_OR_NONE(element, field) FIELD(element, field, int64_t, METRIC_READ_SIGNED_OR_NONE)
#define FLAG(element, field) FIELD(element, field, bool, METRIC_READ_FLAG)
#define REAL(element, field) FIELD(element, field, double, METRIC_READ_REAL)
#define PERCENT(element, field) FIELD(element, field, double, METRIC_READ_PERCENT)
#define THOUSANDTHS(element, field) FIELD(element, field, uint32_t, METRIC_READ_THOUSANDTHS)
#define MONEY(element, field) FIELD(element, field, int64_t, METRIC_READ_MONEY)
#define MS(element, field) FIELD(element, field, int64_t, METRIC_READ_MS)
#define US(element, field) FIELD(element, field, int64_t, METRIC_READ_US)
#define US_OR_NONE(element, field) FIELD(element, field, int64_t, METRIC_READ_US_OR_NONE)
#define NS(element, field) FIELD(element, field, int64_t, METRIC_READ_NS)
/* Arrays decay in a controlling expression; enumerations are unsigned to both compilers. */
#define COUNTS(element, field) FIELD(element, field, uint64_t *, METRIC_READ_COUNTS)
#define CHOSEN(element, field) FIELD(element, field, uint32_t, METRIC_READ_CHOSEN)
#define COMPUTED(function) .reading = METRIC_READ_COMPUTED, .compute = (function)
#define QUANTILES(field, histogram_, unit_us_)                                       \
    FIELD(struct status, field, struct status_quantiles, METRIC_READ_QUANTILES),     \
        .type = METRIC_HISTOGRAM, .unit = METRIC_SECONDS, .histogram = (histogram_), \
        .unit_us = (unit_us_)

#define GAUGE .type = METRIC_GAUGE
#define COUNTER .type = METRIC_COUNTER
#define OVER(set_) .set = METRIC_OVER_##set_
#define LABEL(key, value) .label = (key), .label_value = (value)

static double mean_reward(const void *element)
{
    return score_mean_reward(&((const struct agent_row *)element)->version.record);
}

static double mean_worth(const void *element)
{
    return score_mean_worth(&((const struct agent_row *)element)->version.record);
}

static double hit_rate(const void *element)
{
    return score_hit_rate(&((const struct agent_row *)element)->version.record);
}

static const struct metric_row rows[] = {
    /* The process. */
    {"build", .type = METRIC_INFO, OVER(BUILD), .reading = METRIC_READ_NOTHING,
     .help = "The program's version and the digest of the configuration that decides outcomes."},
    {"start_time", GAUGE, .unit = METRIC_SECONDS, US(struct status, live.started_us),
     .help = "When the process started, UNIX time."},
    {"uptime", GAUGE, .unit = METRIC_SECONDS, MS(struct status, live.uptime_ms),
     .help = "How long the process has been running."},
    {"engine_time", GAUGE, .unit = METRIC_SECONDS, US(struct status, time_us),
     .help = "The engine's time, UNIX time: the newest input's."},
    {"memory_resident", GAUGE, .unit = METRIC_BYTES, COUNT_OR_NONE(struct status, rss_bytes),
     .help = "Resident set of the process."},
    {"memory_budget", GAUGE, .unit = METRIC_BYTES, COUNT_OR_NONE(struct status, budget_bytes),
     .help = "Resident memory that the process should need."},
    {"memory_allocated", GAUGE, .unit = METRIC_BYTES, COUNT_OR_NONE(struct status, allocated_bytes),
     .help = "What the allocator has given out and not taken back."},
    {"memory_allocator_resident", GAUGE, .unit = METRIC_BYTES,
     COUNT_OR_NONE(struct status, resident_bytes), .help = "What the allocator keeps resident."},
    {"memory_arena", GAUGE, .unit = METRIC_BYTES, COUNT(struct status, arena_bytes),
     .help = "The arena, taken once at start."},
    {"memory_histories", GAUGE, .unit = METRIC_BYTES, COUNT(struct status, histories_bytes),
     .help = "All bounded histories together, part of the arena."},
    {"tick_path_allocations", COUNTER, SIGNED_OR_NONE(struct status, tick_path_allocations),
     .help = "Frames of trades whose handling allocated memory; should stay 0."},

    /* Health. */
    {"health", GAUGE, .unit = METRIC_RATIO, PERCENT(struct status, health_score),
     .help = "Fresh modules by wired modules."},
    {"module_state", GAUGE, OVER(MODULE_STATES), CHOSEN(struct assessment, state),
     .help = "1 for the state that a module is in, 0 for the others."},
    {"module_owed", GAUGE, OVER(MODULES), COUNT(struct assessment, owed),
     .help = "Open debts of a module, due or not."},
    {"module_owed_age", GAUGE, .unit = METRIC_SECONDS, OVER(MODULES),
     MS(struct assessment, owed_ms), .help = "How long a module's oldest debt has been due."},
    {"module_handled", COUNTER, OVER(MODULES), COUNT(struct assessment, handled),
     .help = "Messages, or requests, that a module has finished."},
    {"module_published", COUNTER, OVER(MODULES), COUNT(struct assessment, published),
     .help = "Messages that a module has published."},
    {"module_handler_longest", GAUGE, .unit = METRIC_SECONDS, OVER(MODULES),
     NS(struct assessment, longest_ns), .help = "Longest run of a module's handler since start."},

    {"alert_state", GAUGE, OVER(ALERT_STATES), CHOSEN(struct alert_view, state),
     .help = "1 for the state that an alert is in, 0 for the others."},
    {"alert_fired", COUNTER, OVER(ALERTS), COUNT(struct alert_view, fired),
     .help = "How often an alert has fired."},
    {"alert_deliveries", COUNTER, OVER(SINKS), COUNT(struct status_sink, done),
     .help = "Alerts told outside."},
    {"alert_deliveries_failed", COUNTER, OVER(SINKS), COUNT(struct status_sink, failed),
     .help = "Alerts that could not be told outside."},
    {"alert_deliveries_dropped", COUNTER, OVER(SINKS), COUNT(struct status_sink, dropped),
     .help = "Alerts dropped before their turn, because more waited than there is room for."},
    {"alert_deliveries_waiting", GAUGE, OVER(SINKS), COUNT(struct status_sink, waiting),
     .help = "Alerts that wait to be told outside."},

    /* The loop, and the way from a frame to a decision. */
    {"loop_lag_latest", GAUGE, .unit = METRIC_SECONDS, US(struct status, live.loop_lag_us),
     .help = "Longest turn of the event loop in the latest second."},
    {"loop_lag_longest", GAUGE, .unit = METRIC_SECONDS, US(struct status, live.loop_lag_max_us),
     .help = "Longest turn of the event loop since start."},
    {"loop_lag", QUANTILES(live.loop_turn_us, METRICS_LOOP_LAG_US, 1),
     .help = "How long each turn of the event loop worked, which is what an event may wait."},
    {"receive_to_decision",
     QUANTILES(live.receive_to_decision_us, METRICS_RECEIVE_TO_DECISION_US, 1),
     .help = "From the receipt of a frame until all that it causes is dispatched."},

    /* The feed. */
    {"feed_state", GAUGE, OVER(FEED_STATES), CHOSEN(struct status, live.feed_state),
     .help = "1 for the state that the feed is in, 0 for the others."},
    {"feed_state_since", GAUGE, .unit = METRIC_SECONDS,
     US_OR_NONE(struct status, live.feed_state_since_us),
     .help = "When the feed came into its state, UNIX time."},
    {"feed_next_attempt", GAUGE, .unit = METRIC_SECONDS,
     US_OR_NONE(struct status, live.feed_next_attempt_us),
     .help = "When the feed connects anew, UNIX time; while it backs off."},
    {"feed_connections", COUNTER, COUNT(struct status, live.feed_connections),
     .help = "Connections to the feed that were made."},
    {"feed_connection_failures", COUNTER, COUNT(struct status, live.feed_connection_failures),
     .help = "Attempts to connect to the feed that failed."},
    {"feed_received", COUNTER, .unit = METRIC_BYTES, COUNT(struct status, live.feed_bytes),
     .help = "Payload received from the feed."},
    {"feed_pings", COUNTER, COUNT(struct status, live.feed_pings), .help = "Pings of the feed."},
    {"feed_errors", COUNTER, COUNT(struct status, live.feed_errors),
     .help = "Error messages of the feed."},
    {"feed_frames_too_long", COUNTER, COUNT(struct status, live.feed_frames_too_long),
     .help = "Frames longer than feed.frame_bytes_max."},
    {"feed_frames_binary", COUNTER, COUNT(struct status, live.feed_frames_binary),
     .help = "Binary frames, which the protocol does not have."},
    {"feed_subscribed_symbols", GAUGE, WORD(struct status, live.feed_subscribed),
     .help = "Symbols asked for on this connection."},
    {"feed_silent_symbols", GAUGE, WORD(struct status, live.feed_silent),
     .help = "Symbols without a stream while others talk."},
    {"feed_delay", QUANTILES(live.feed_delay_ms, METRICS_FEED_DELAY_MS, 1000),
     .help = "From a trade's exchange time to its receipt."},

    /* Input. */
    {"frames", COUNTER, COUNT(struct status, input.frames), .help = "Frames received."},
    {"frames_malformed", COUNTER, COUNT(struct status, input.frames_malformed),
     .help = "Frames that are no message at all."},
    {"frames_other", COUNTER, COUNT(struct status, input.frames_other),
     .help = "Frames that are no trades: pings, errors, news, unknown types."},
    {"trades", COUNTER, LABEL("outcome", "accepted"), COUNT(struct status, input.accepted),
     .help = "Trades received, by what became of them."},
    {"trades", COUNTER, LABEL("outcome", "filtered"), COUNT(struct status, input.filtered)},
    {"trades", COUNTER, LABEL("outcome", "late"), COUNT(struct status, input.late)},
    {"trades", COUNTER, LABEL("outcome", "unknown_symbol"),
     COUNT(struct status, input.unknown_symbol)},
    {"trades", COUNTER, LABEL("outcome", "malformed"), COUNT(struct status, input.malformed)},
    {"trades_unknown_condition", COUNTER, COUNT(struct status, input.unknown_conditions),
     .help = "Trades with a condition code that the table does not have."},
    {"clock_steps_back", COUNTER, COUNT(struct status, input.clock_steps_back),
     .help = "Receive times that had to be made monotone."},

    /* The market. */
    {"symbols", GAUGE, WORD(struct status, symbols), .help = "Symbols in the table."},
    {"bars", COUNTER, COUNT(struct status, bars), .help = "Bars closed."},
    {"bars_without_price", COUNTER, COUNT(struct status, bars_without_price),
     .help = "Bars whose trades moved no price."},
    {"bar_gaps", COUNTER, COUNT(struct status, gaps),
     .help = "Bars that start indicators anew after a gap in the feed."},
    {"late_trade_delay", QUANTILES(late_ms, METRICS_LATE_MS, 1000),
     .help = "How late the late trades were."},
    {"duplicate_prints", COUNTER, COUNT(struct status, duplicate_prints),
     .help = "Prints seen again while their bar was open."},
    {"duplicate_factor_changes", COUNTER, COUNT(struct status, duplicate_changes),
     .help = "Changes of a symbol's duplicate factor."},
    {"duplicate_factor_largest", GAUGE, WORD(struct status, duplicate_factor_max),
     .help = "Largest duplicate factor in force for any symbol."},

    /* The bus. */
    {"messages", COUNTER, COUNT(struct status, messages_published),
     .help = "Messages published on the bus."},
    {"messages_burst_longest", GAUGE, COUNT(struct status, burst_max),
     .help = "Most messages that one input has caused."},

    /* From votes to fills. */
    {"decisions", COUNTER, OVER(SIDES), COUNTS(struct status, decisions),
     .help = "Decisions of the consensus, by side."},
    {"consensus_regret", GAUGE, .unit = METRIC_RATIO, REAL(struct status, regret_ratio),
     .help = "Regret of the consensus's learner by its theorem's bound; above 1 is a bug."},
    {"simulations", COUNTER, OVER(VERDICTS), COUNTS(struct status, simulations),
     .help = "Simulations, by verdict."},
    {"simulation_reasons", COUNTER, OVER(SIMULATION_REASONS),
     COUNTS(struct status, simulation_reasons), .help = "Simulations, by the verdict's reason."},
    {"orders", COUNTER, COUNT(struct status, portfolio.orders), .help = "Orders made."},
    {"orders_open", GAUGE, COUNT(struct status, portfolio.open_orders),
     .help = "Orders under way."},
    {"orders_expired", COUNTER, COUNT(struct status, portfolio.expired),
     .help = "Orders that found no trade in time."},
    {"fills", COUNTER, COUNT(struct status, fills), .help = "Fills."},
    {"rejects", COUNTER, OVER(REJECT_REASONS), COUNTS(struct status, rejects_by),
     .help = "Orders refused, by reason."},

    /* The portfolio, in the account's currency. */
    {"portfolio_initial_cash", GAUGE, MONEY(struct status, portfolio.initial_cash),
     .help = "Cash at the beginning."},
    {"portfolio_cash", GAUGE, MONEY(struct status, portfolio.cash), .help = "Cash."},
    {"portfolio_equity", GAUGE, MONEY(struct status, portfolio.equity),
     .help = "Cash and the market value of all positions."},
    {"portfolio_market_value", GAUGE, MONEY(struct status, portfolio.market_value),
     .help = "Market value of all positions, short ones negative."},
    {"portfolio_realised_pnl", GAUGE, MONEY(struct status, portfolio.realised_pnl),
     .help = "Profit and loss of what was closed, before fees."},
    {"portfolio_unrealised_pnl", GAUGE, MONEY(struct status, portfolio.unrealised_pnl),
     .help = "Profit and loss of what is open, before fees."},
    {"portfolio_fees", COUNTER, MONEY(struct status, portfolio.fees), .help = "Fees paid."},
    {"portfolio_turnover", COUNTER, MONEY(struct status, portfolio.turnover),
     .help = "Value of all fills."},
    {"portfolio_drawdown", GAUGE, .unit = METRIC_RATIO, REAL(struct status, portfolio.drawdown),
     .help = "How far equity is below its highest."},
    {"portfolio_drawdown_largest", GAUGE, .unit = METRIC_RATIO,
     REAL(struct status, portfolio.max_drawdown), .help = "Largest drawdown so far."},
    {"portfolio_halted", GAUGE, FLAG(struct status, portfolio.halted),
     .help = "1 while the kill switch keeps new risk away."},
    {"portfolio_halts", COUNTER, COUNT(struct status, portfolio.halts),
     .help = "How often the kill switch was thrown."},
    {"portfolio_positions", GAUGE, SIZE(struct status, portfolio.position_count),
     .help = "Positions that are not flat."},
    {"position_quantity", GAUGE, OVER(POSITIONS), MONEY(struct status_position, quantity),
     .help = "Quantity held of a symbol, short negative."},
    {"position_market_value", GAUGE, OVER(POSITIONS), MONEY(struct status_position, market_value),
     .help = "Market value of a position."},
    {"position_unrealised_pnl", GAUGE, OVER(POSITIONS),
     MONEY(struct status_position, unrealised_pnl),
     .help = "Profit and loss of a position, before fees."},

    /* Agents and their evolution. */
    {"agent_state", GAUGE, OVER(AGENT_STATES), CHOSEN(struct agent_row, state),
     .help = "1 for the state that an agent is in, 0 for the others."},
    {"agent_weight", GAUGE, .unit = METRIC_RATIO, OVER(AGENTS), REAL(struct agent_row, weight),
     .help = "An agent's share in the consensus."},
    {"agent_version", GAUGE, OVER(AGENTS), WORD(struct agent_row, version.version),
     .help = "Number of the agent's version."},
    {"agent_judged", COUNTER, OVER(AGENTS), COUNT(struct agent_row, lifetime.judged),
     .help = "Votes whose worth is known, holds among them, of all versions."},
    {"agent_votes", COUNTER, OVER(AGENTS), COUNT(struct agent_row, lifetime.votes),
     .help = "Votes to buy or to sell whose worth is known, of all versions."},
    {"agent_mean_reward", GAUGE, OVER(AGENTS), COMPUTED(mean_reward),
     .help = "Mean worth of this version's votes after costs, in a horizon's volatility."},
    {"agent_mean_worth", GAUGE, OVER(AGENTS), COMPUTED(mean_worth),
     .help = "Mean worth of this version's votes before costs, in a horizon's volatility."},
    {"agent_hits", GAUGE, .unit = METRIC_RATIO, OVER(AGENTS), COMPUTED(hit_rate),
     .help = "This version's votes to buy or to sell on the side that the price went."},
    {"agent_sharpe", GAUGE, OVER(AGENT_METRICS), REAL(struct introspection_agent, sharpe),
     .help = "Sharpe ratio of this version's minutes, not annualised."},
    {"agent_over_coin", GAUGE, OVER(AGENT_METRICS), REAL(struct introspection_agent, over_coin),
     .help = "Lead over the coin before costs, in standard errors."},
    {"evolution_generations", COUNTER, COUNT(struct status, evolution.generations),
     .help = "Generations of all species."},
    {"evolution_generations_forced", COUNTER, COUNT(struct status, evolution.forced),
     .help = "Generations forced because an incumbent's record worsened."},
    {"evolution_challengers", COUNTER, COUNT(struct status, evolution.challengers),
     .help = "Challengers tried."},
    {"evolution_replacements", COUNTER, COUNT(struct status, evolution.replacements),
     .help = "Incumbents replaced by a challenger."},
    {"evolution_rollbacks", COUNTER, COUNT(struct status, evolution.rollbacks),
     .help = "Versions rolled back because they did worse than their parent."},
    {"evolution_scored_bars", COUNTER, COUNT(struct status, evolution.scored_bars),
     .help = "Bars that agents and shadows were scored on."},

    /* The newest minute of introspection. */
    {"reward_mean", GAUGE, OVER(MINUTE), REAL(struct reward_message, mean_reward),
     .help = "Mean reward of decisions after costs, in a horizon's volatility."},
    {"reward_hits", GAUGE, .unit = METRIC_RATIO, OVER(MINUTE),
     REAL(struct reward_message, hit_rate),
     .help = "Decisions to buy or to sell on the side that the price went."},
    {"reward_brier", GAUGE, OVER(MINUTE), REAL(struct reward_message, brier),
     .help = "Brier score of the decisions' confidences; 0.25 is what guessing gives."},
    {"reward_sharpe", GAUGE, OVER(MINUTE), REAL(struct reward_message, sharpe),
     .help = "Sharpe ratio of the equity's minutes, not annualised."},
    {"reward_deflated_sharpe", GAUGE, OVER(MINUTE), REAL(struct reward_message, deflated_sharpe),
     .help = "Probability that the Sharpe ratio is more than the luck of the best of all tries."},
    {"reward_diversity", GAUGE, OVER(MINUTE), REAL(struct reward_message, diversity),
     .help = "Entropy of the agents' votes."},
    {"reward_correlation", GAUGE, OVER(MINUTE), REAL(struct reward_message, correlation),
     .help = "Mean correlation of pairs of agents."},

    /* Histories. */
    {"history_entries", GAUGE, OVER(HISTORIES), COUNT(struct history, size),
     .help = "Entries that a bounded history holds."},
    {"history_capacity", GAUGE, OVER(HISTORIES), COUNT(struct history, capacity),
     .help = "Entries that a bounded history can hold."},
    {"history_appended", COUNTER, OVER(HISTORIES), COUNT(struct history, appended),
     .help = "Entries ever appended to a history."},
    {"history_overwritten", COUNTER, OVER(HISTORIES), COUNT(struct history, overwritten),
     .help = "Entries overwritten by newer ones."},
    {"history_memory", GAUGE, .unit = METRIC_BYTES, OVER(HISTORIES), COUNT(struct history, bytes),
     .help = "Memory of a history."},

    /* The archive. */
    {"store_failing", GAUGE, OVER(STORE), FLAG(struct status, live.store_failing),
     .help = "1 while the archive cannot be written."},
    {"store_rows", GAUGE, OVER(STORE), COUNT(struct status, live.store_rows),
     .help = "Rows in the archive, of all runs."},
    {"store_rows_written", COUNTER, OVER(STORE), COUNT(struct status, live.store_written),
     .help = "Rows written to the archive."},
    {"store_rows_dropped", COUNTER, OVER(STORE), COUNT(struct status, live.store_dropped),
     .help = "Rows that found no room in the archive's queue."},
    {"store_rows_dropped_essential", COUNTER, OVER(STORE),
     COUNT(struct status, live.store_dropped_essential),
     .help = "Of them those of the books, which should stay 0."},
    {"store_rows_removed", COUNTER, OVER(STORE), COUNT(struct status, live.store_removed),
     .help = "Rows removed because of their age or number."},
    {"store_queue_rows", GAUGE, OVER(STORE), COUNT(struct status, live.store_waiting),
     .help = "Rows that wait for a transaction."},
    {"store_queue_capacity_rows", GAUGE, OVER(STORE), COUNT(struct status, live.store_capacity),
     .help = "Rows that can wait for a transaction."},
    {"store_size", GAUGE, .unit = METRIC_BYTES, OVER(STORE), COUNT(struct status, live.store_bytes),
     .help = "The archive's file."},
    {"store_wal", GAUGE, .unit = METRIC_BYTES, OVER(STORE),
     COUNT(struct status, live.store_wal_bytes), .help = "The archive's write-ahead log."},
    {"store_set_aside", COUNTER, OVER(STORE), COUNT(struct status, live.store_set_aside),
     .help = "Damaged archives that were set aside."},

    /* The tape. */
    {"tape_failing", GAUGE, OVER(TAPE), FLAG(struct status, live.tape_failing),
     .help = "1 while the tape cannot be written."},
    {"tape_over_cap", GAUGE, OVER(TAPE), FLAG(struct status, live.tape_over_cap),
     .help = "1 while the tape is larger than tape.max_bytes, because all of it is needed."},
    {"tape_fill", GAUGE, .unit = METRIC_RATIO, OVER(TAPE),
     THOUSANDTHS(struct status, live.tape_fill), .help = "How full the tape's buffers are."},
    {"tape_inputs", COUNTER, OVER(TAPE), COUNT(struct status, live.tape_inputs),
     .help = "Inputs of this run, lost ones too."},
    {"tape_inputs_lost", COUNTER, OVER(TAPE), COUNT(struct status, live.tape_inputs_lost),
     .help = "Inputs of this run that the tape does not have."},
    {"tape_gaps", COUNTER, OVER(TAPE), COUNT(struct status, live.tape_gaps),
     .help = "Stretches of lost inputs."},
    {"tape_failures", COUNTER, OVER(TAPE), COUNT(struct status, live.tape_failures),
     .help = "Attempts to write the tape that failed."},
    {"tape_durable_lag", GAUGE, .unit = METRIC_SECONDS, OVER(TAPE),
     MS(struct status, live.tape_durable_lag_ms),
     .help = "Age of the oldest input that is not on the disk."},
    {"tape_written_plain", COUNTER, .unit = METRIC_BYTES, OVER(TAPE),
     COUNT(struct status, live.tape_plain_bytes),
     .help = "What was written to the tape, before compression."},
    {"tape_written", COUNTER, .unit = METRIC_BYTES, OVER(TAPE),
     COUNT(struct status, live.tape_packed_bytes),
     .help = "What was written to the tape, compressed."},
    {"tape_files", GAUGE, OVER(TAPE), COUNT(struct status, live.tape_files),
     .help = "Files of the tape."},
    {"tape_size", GAUGE, .unit = METRIC_BYTES, OVER(TAPE), COUNT(struct status, live.tape_bytes),
     .help = "All files of the tape together."},

    /* The control socket. */
    {"control_clients", GAUGE, WORD(struct status, live.control_clients),
     .help = "Clients of the control socket."},
    {"control_requests", COUNTER, COUNT(struct status, live.control_requests),
     .help = "Requests to the control socket."},
    {"control_cut_off", COUNTER, COUNT(struct status, live.control_cut_off),
     .help = "Clients cut off because they did not read, or sent too long a line."},
    {"control_refused", COUNTER, COUNT(struct status, live.control_refused),
     .help = "Clients refused beyond control.clients_max."},

    /* The dashboard. */
    {"dashboard_listens", GAUGE, OVER(DASHBOARD), FLAG(struct status, live.dashboard_listens),
     .help = "0 while the dashboard's address cannot be had."},
    {"dashboard_clients", GAUGE, OVER(DASHBOARD), WORD(struct status, live.dashboard_clients),
     .help = "Connections to the dashboard."},
    {"dashboard_clients_live", GAUGE, OVER(DASHBOARD), WORD(struct status, live.dashboard_live),
     .help = "Connections that get pushes."},
    {"dashboard_requests", COUNTER, OVER(DASHBOARD), COUNT(struct status, live.dashboard_requests),
     .help = "Requests to the dashboard."},
    {"dashboard_pushes", COUNTER, OVER(DASHBOARD), COUNT(struct status, live.dashboard_pushes),
     .help = "Status documents pushed."},
    {"dashboard_answers", COUNTER, OVER(DASHBOARD), COUNT(struct status, live.dashboard_answers),
     .help = "Questions of pages answered."},
    {"dashboard_refused", COUNTER, OVER(DASHBOARD), COUNT(struct status, live.dashboard_refused),
     .help = "Connections refused beyond dashboard.clients_max."},
    {"dashboard_cut_off", COUNTER, OVER(DASHBOARD), COUNT(struct status, live.dashboard_cut_off),
     .help = "Connections cut off because they did not read."},
};

const struct metric_row *metric_rows(size_t *count)
{
    *count = ARRAY_LENGTH(rows);
    return rows;
}
