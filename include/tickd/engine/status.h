/* The one status document. engine_status() fills what the engine knows, the shell's parts fill what
 * only a live process has, and every face (socket, health log, report) renders this structure and
 * nothing else. Plain values; it is allocated once and filled anew for every reader. */
#ifndef TICKD_ENGINE_STATUS_H
#define TICKD_ENGINE_STATUS_H

#include "tickd/base/histogram.h"
#include "tickd/bus/module.h"
#include "tickd/modules/agent_manager.h"
#include "tickd/modules/introspection.h"
#include "tickd/modules/monitor.h"

enum { STATUS_HISTORIES_MAX = 32, STATUS_TEXT_MAX = 256, STATUS_POSITIONS_MAX = 256 };

/* frames: all that came; each is a trade message, or malformed, or other. Always:
 * trades = accepted + filtered + late + unknown_symbol + malformed. */
struct status_input {
    uint64_t frames;
    uint64_t frames_malformed;
    uint64_t frames_other;
    uint64_t trades;
    uint64_t accepted;
    uint64_t filtered; /* conditions or duplicates let it move nothing */
    uint64_t late;
    uint64_t unknown_symbol;
    uint64_t malformed;
    uint64_t unknown_conditions; /* trades with a code that the table does not have */
    int64_t first_ms;            /* exchange times of usable trades; 0 = none yet */
    int64_t last_ms;
    uint64_t clock_steps_back; /* receive times that had to be made monotone */
};

struct status_quantiles {
    uint64_t count;
    int64_t p50;
    int64_t p99;
    int64_t p999;
    int64_t max;
};

struct status_quantiles status_quantiles_of(const struct histogram *histogram);

struct status_position {
    const char *symbol;
    int64_t quantity; /* decimals, negative = short */
    int64_t average_price;
    int64_t last_price;
    int64_t market_value;
    int64_t unrealised_pnl;
};

/* Money as decimals: equity = cash + Σ market value = initial cash + realised + unrealised − fees.
 */
struct status_portfolio {
    int64_t initial_cash;
    int64_t cash;
    int64_t equity;
    int64_t market_value;
    int64_t realised_pnl;
    int64_t unrealised_pnl;
    int64_t fees;
    int64_t turnover;
    double drawdown; /* now, of the highest equity */
    double max_drawdown;
    bool halted;
    uint64_t orders;
    uint64_t open_orders;
    uint64_t expired;
    uint64_t halts;
    size_t position_count; /* that are not flat, at most STATUS_POSITIONS_MAX of them */
    struct status_position positions[STATUS_POSITIONS_MAX];
};

struct status_evolution {
    uint64_t generations;
    uint64_t challengers;
    uint64_t replacements;
    uint64_t rollbacks;
    uint64_t forced;
    uint64_t scored_bars;
};

/* Where alerts are told outside. */
struct status_sink {
    bool is_set; /* it is configured */
    uint64_t done;
    uint64_t failed;
    uint64_t dropped; /* before their turn */
    uint64_t waiting; /* with the one at hand */
};

/* Only a live process has this. */
struct status_live {
    bool is_live;
    int64_t pid;
    int64_t uptime_ms;
    int64_t started_us;
    char config_path[STATUS_TEXT_MAX]; /* "" = built-in defaults */
    /* feed */
    enum feed_state feed_state;
    int64_t feed_state_since_us;
    char feed_url[STATUS_TEXT_MAX]; /* never with the key */
    char feed_reason[STATUS_TEXT_MAX];
    uint64_t feed_connections;
    uint64_t feed_connection_failures;
    uint64_t feed_bytes;
    uint64_t feed_pings;
    uint64_t feed_errors;
    uint64_t feed_frames_too_long;
    uint64_t feed_frames_binary;
    int64_t feed_next_attempt_us;          /* when backing off; 0 = no attempt is planned */
    uint32_t feed_subscribed;              /* symbols asked for on this connection */
    uint32_t feed_silent;                  /* symbols without a stream among talking ones */
    struct status_quantiles feed_delay_ms; /* exchange time to receipt */
    /* loop and latency */
    struct status_quantiles receive_to_decision_us; /* frame at the door to all of it dispatched */
    int64_t loop_lag_us;                            /* latest second's largest */
    int64_t loop_lag_max_us;                        /* since start */
    struct status_quantiles loop_turn_us;           /* what each turn of the loop worked */
    double trades_per_s;                            /* over the last 10 s */
    double frames_per_s;
    /* archive */
    bool store_enabled; /* else nothing of it is set */
    bool store_failing;
    char store_path[STATUS_TEXT_MAX];
    char store_error[STATUS_TEXT_MAX]; /* "" = none */
    int64_t store_run;
    uint64_t store_rows;    /* in the archive, of all runs */
    uint64_t store_written; /* since start */
    uint64_t store_waiting;
    uint64_t store_capacity; /* of the queue */
    uint64_t store_dropped;  /* rows that found no room in it */
    uint64_t store_dropped_essential;
    uint64_t store_removed; /* by retention, since start */
    uint64_t store_committed_sequence;
    uint64_t store_bytes;
    uint64_t store_wal_bytes;
    uint64_t store_set_aside; /* damaged files, since start */
    /* control */
    uint32_t control_clients;
    uint64_t control_requests;
    uint64_t control_cut_off; /* clients that did not read, or sent too long a line */
    uint64_t control_refused; /* beyond the limit of clients */
    /* tape */
    bool tape_enabled;
    bool tape_failing;
    bool tape_over_cap; /* larger than tape.max_bytes, because all of it is still needed */
    uint32_t tape_fill; /* thousandths of its buffers */
    char tape_reason[STATUS_TEXT_MAX]; /* why it is failing */
    uint64_t tape_run;
    uint64_t tape_file; /* number of the current one, 0 = none yet */
    uint64_t tape_files;
    uint64_t tape_bytes;          /* of all files together */
    uint64_t tape_inputs;         /* in this run, lost ones too */
    uint64_t tape_inputs_lost;    /* in gaps */
    uint64_t tape_gaps;           /* stretches of lost ones */
    uint64_t tape_durable_inputs; /* of them on the disk */
    uint64_t tape_blocks;         /* since the start */
    uint64_t tape_plain_bytes;    /* of lines in them, and of blocks */
    uint64_t tape_packed_bytes;
    uint64_t tape_failures;      /* attempts to write that failed */
    int64_t tape_durable_lag_ms; /* age of the oldest line that is not on the disk */
    /* alerts */
    struct status_sink alert_command;
    struct status_sink alert_webhook;
    /* dashboard */
    char dashboard_listen[STATUS_TEXT_MAX]; /* "" = it is off */
    bool dashboard_listens;                 /* false: it cannot, and tries again */
    uint32_t dashboard_clients;             /* connections */
    uint32_t dashboard_live;                /* of them, those that get pushes */
    uint64_t dashboard_requests;
    uint64_t dashboard_pushes;
    uint64_t dashboard_answers;
    uint64_t dashboard_refused; /* beyond the limit of clients */
    uint64_t dashboard_cut_off; /* did not read, or were too slow */
};

/* What a replay of tapes found; is_tape is false in every other life. */
struct status_replay {
    bool is_tape;
    uint64_t inputs;      /* given to the engine */
    uint64_t inputs_lost; /* that the tapes do not have: gaps and damage */
    uint64_t gaps;
    uint64_t torn_blocks;   /* a file's end that was never finished */
    uint64_t broken_blocks; /* everything else that is wrong */
    uint64_t runs;
    uint64_t digests; /* on the tapes, and how many of them could be compared */
    uint64_t digests_checked;
    uint64_t digest_mismatches;
    int64_t mismatch_us; /* the first one: receive time, and the sequence number it was at */
    uint64_t mismatch_sequence;
    int64_t first_us; /* receive times, 0 = no input */
    int64_t last_us;
};

struct status {
    const char *version;
    uint64_t digest;
    uint64_t config_digest;
    int64_t time_us; /* engine time */
    struct status_input input;
    uint64_t bars;
    uint64_t bars_without_price;
    uint64_t gaps;                   /* bars that start indicators anew after a gap in the feed */
    struct status_quantiles late_ms; /* how late the late trades were */
    uint64_t duplicate_prints;       /* prints seen again while their bar was open */
    uint64_t duplicate_changes;      /* changes of a symbol's duplicate factor */
    uint32_t duplicate_factor_max;   /* largest factor in force for any symbol */
    uint32_t symbols;
    uint64_t decisions[SIDE_COUNT];
    uint64_t simulations[VERDICT_COUNT];
    uint64_t simulation_reasons[SIMULATION_REASON_COUNT];
    uint64_t fills;
    uint64_t rejects;
    uint64_t rejects_by[REJECT_REASON_COUNT];
    double regret_ratio; /* of the consensus's learner to its bound; above 1 is a bug */
    struct status_portfolio portfolio;
    size_t agent_count;
    struct agent_row agents[AGENTS_MAX];
    struct introspection_agent agent_metrics[AGENTS_MAX]; /* of the same agents */
    struct status_evolution evolution;
    bool has_reward; /* a minute has passed */
    struct reward_message reward;
    struct introspection_trials trials; /* behind its deflated Sharpe ratio */
    double health_score;
    size_t module_count;
    struct assessment modules[MODULE_COUNT];
    struct alert_view alerts[ALERT_COUNT]; /* by enum alert_id */
    size_t history_count;
    struct history histories[STATUS_HISTORIES_MAX];
    uint64_t messages_published;
    uint64_t burst_max; /* most messages that one input has caused */
    /* memory */
    uint64_t arena_bytes;
    uint64_t histories_bytes;
    uint64_t rss_bytes; /* the shell's */
    uint64_t allocated_bytes;
    uint64_t resident_bytes;
    uint64_t budget_bytes;         /* that rss_bytes should stay below; 0 = not known */
    int64_t tick_path_allocations; /* −1 = not measured (no jemalloc) */
    /* time */
    double wall_s;
    double trades_per_s;
    struct status_replay replay;
    struct status_live live;
};

#endif
