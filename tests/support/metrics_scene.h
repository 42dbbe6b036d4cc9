/* Status documents for tests of metrics: one small and known by heart, and one that is as full and
 * as long as any can be. */
#ifndef TICKD_SUPPORT_METRICS_SCENE_H
#define TICKD_SUPPORT_METRICS_SCENE_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tickd/ops/metrics.h"

struct metrics_scene {
    struct status status;
    struct histogram histogram;
    struct metrics_histograms histograms;
    char symbols[STATUS_POSITIONS_MAX][SYMBOL_NAME_MAX];
    char text_memory[METRICS_TEXT_MAX];
    struct text text;
};

static inline void scene_begin(struct metrics_scene *scene)
{
    memset(scene, 0, sizeof *scene);
    scene->status.version = "0.1.0";
    scene->status.tick_path_allocations = -1;
    scene->status.live.is_live = true;
    text_init(&scene->text, scene->text_memory, sizeof scene->text_memory);
}

/* A daemon that has just begun: two modules, one agent, one position, one history. */
static inline void scene_fill_small(struct metrics_scene *scene)
{
    struct status *status = &scene->status;

    scene_begin(scene);
    status->config_digest = 0xff;
    status->input.accepted = 5;
    status->input.late = UINT64_C(9007199254740993); /* 2^53 + 1: no double */
    status->health_score = 50.0;
    status->module_count = 2;
    status->modules[0] = (struct assessment){.id = MODULE_BUS, .handled = 7, .longest_ns = 1500};
    status->modules[1] =
        (struct assessment){.id = MODULE_MARKET, .state = MODULE_STALE, .owed_ms = 61500};
    status->portfolio.equity = 12345678901; /* 123.45678901 */
    status->portfolio.position_count = 1;
    status->portfolio.positions[0] =
        (struct status_position){.symbol = "BINANCE:BTCUSDT", .quantity = -150000000};
    status->agent_count = 1;
    status->agents[0] = (struct agent_row){
        .id = 3, .species = SPECIES_MOMENTUM, .weight = 0.25, .version.version = 4};
    status->agent_metrics[0].sharpe = (double)NAN;
    status->history_count = 1;
    status->histories[0] = (struct history){"bus", "message_log", 10, 100, 10, 0, 2480};
    status->simulations[VERDICT_REJECT] = 2;
    status->live.feed_state = FEED_STREAMING;
    status->live.started_us = INT64_C(1795451493250000);
    for (int64_t us = 0; us < 100; us++)
        histogram_record(&scene->histogram, us);
    scene->histograms.of[METRICS_RECEIVE_TO_DECISION_US] = &scene->histogram;
}

static inline void scene_fill_agents(struct status *status)
{
    status->agent_count = AGENTS_MAX;
    for (size_t i = 0; i < AGENTS_MAX; i++) {
        struct score_record record = {UINT64_MAX, UINT64_MAX, UINT64_MAX, -1e300 / 3, -1e300 / 3};

        status->agents[i] = (struct agent_row){.id = INT64_MIN + (int64_t)i,
                                               .species = SPECIES_MEAN_REVERSION,
                                               .weight = -1e-300 / 3,
                                               .version = {.version = UINT32_MAX, .record = record},
                                               .lifetime = record};
        status->agent_metrics[i] =
            (struct introspection_agent){.sharpe = -1e-300 / 3, .over_coin = -1e-300 / 3};
    }
}

/* Every number is long and every table full. Bytes of the document are set before what they mean,
 * so that a field that is added later is long as well. */
static inline void scene_fill_longest(struct metrics_scene *scene)
{
    struct status *status = &scene->status;

    scene_begin(scene);
    memset(status, 0x7e, sizeof *status); /* integers of 19 digits, reals of 1e300 */
    status->version = "10.20.30-a-long-version";
    status->portfolio.halted = true;
    status->has_reward = true;
    status->live.store_enabled = status->live.store_failing = true;
    status->live.tape_enabled = status->live.tape_failing = status->live.tape_over_cap = true;
    status->live.alert_command.is_set = status->live.alert_webhook.is_set = true;
    status->live.dashboard_listens = true;
    scene_fill_agents(status);
    status->module_count = 0;
    for (size_t id = 0; id < MODULE_COUNT; id++)
        status->modules[status->module_count++] =
            (struct assessment){(enum module_id)id, MODULE_LAGGING, INT64_MIN / 3, UINT64_MAX,
                                UINT64_MAX,         UINT64_MAX,     INT64_MIN / 3};
    status->portfolio.position_count = STATUS_POSITIONS_MAX;
    for (size_t i = 0; i < STATUS_POSITIONS_MAX; i++) {
        (void)snprintf(scene->symbols[i], sizeof scene->symbols[i], "%03zu\\\"%.26s", i,
                       "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"");
        status->portfolio.positions[i] = (struct status_position){
            scene->symbols[i], INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN};
    }
    status->history_count = STATUS_HISTORIES_MAX;
    for (size_t i = 0; i < STATUS_HISTORIES_MAX; i++) {
        static char names[STATUS_HISTORIES_MAX][SYMBOL_NAME_MAX];

        (void)snprintf(names[i], sizeof names[i], "agent_performance_history_%02zu", i);
        status->histories[i] = (struct history){"introspection", names[i],   UINT64_MAX, UINT64_MAX,
                                                UINT64_MAX,      UINT64_MAX, UINT64_MAX};
    }
    memset(&scene->histogram, 0x7e, sizeof scene->histogram);
    for (size_t i = 0; i < METRICS_HISTOGRAM_COUNT; i++)
        scene->histograms.of[i] = &scene->histogram;
}

#endif
