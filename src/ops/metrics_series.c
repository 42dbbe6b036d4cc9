/* From rows to series: what a row is counted over, how a series is told from its neighbours, what
 * it is worth. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/ops/metrics_table.h"

/* Elements of the document that rows are counted over. With choices there is one series for each
 * choice of each element. A set whose size can change while a process lives is not fixed. */
struct set {
    size_t (*count)(const struct status *status);
    /* NULL = not there now. */
    const void *(*element)(const struct status *status, size_t index);
    /* NULL = no labels. */
    void (*labels)(const struct status *status, size_t index, struct metric_labels *labels);
    size_t choices;
    const char *choice_key;
    const char *(*choice_name)(uint32_t choice);
    bool is_fixed;
};

static void add_label(struct metric_labels *labels, const char *key, const char *value)
{
    ASSERT(labels->count < METRIC_LABELS_MAX);
    labels->keys[labels->count] = key;
    labels->values[labels->count++] = value;
}

/* The whole document. */

static size_t one(const struct status *status)
{
    (void)status;
    return 1;
}

static const void *whole(const struct status *status, size_t index)
{
    (void)index;
    return status;
}

static void label_build(const struct status *status, size_t index, struct metric_labels *labels)
{
    (void)index;
    (void)snprintf(labels->memory, sizeof labels->memory, "%016" PRIx64, status->config_digest);
    add_label(labels, "version", status->version);
    add_label(labels, "config_digest", labels->memory);
}

/* Modules: all that are scored, whether they are wired by now or not. */

#define SCORED_true(NAME) MODULE_##NAME,
#define SCORED_false(NAME)
#define X(NAME, name, scored) SCORED_##scored(NAME)
static const enum module_id scored[] = {MODULES(X)};
#undef X

static size_t count_modules(const struct status *status)
{
    (void)status;
    return ARRAY_LENGTH(scored);
}

static const void *module_at(const struct status *status, size_t index)
{
    for (size_t i = 0; i < status->module_count; i++) {
        if (status->modules[i].id == scored[index])
            return &status->modules[i];
    }
    return NULL;
}

static void label_module(const struct status *status, size_t index, struct metric_labels *labels)
{
    (void)status;
    add_label(labels, "module", module_id_name(scored[index]));
}

/* Alerts. */

static size_t count_alerts(const struct status *status)
{
    (void)status;
    return ALERT_COUNT;
}

static const void *alert_at(const struct status *status, size_t index)
{
    return &status->alerts[index];
}

static void label_alert(const struct status *status, size_t index, struct metric_labels *labels)
{
    const struct alert_rule *rule = alert_rule((enum alert_id)index);

    (void)status;
    add_label(labels, "alert", rule->name);
    add_label(labels, "severity", alert_severity_name(rule->severity));
}

/* Where alerts are told outside. */

enum sink { SINK_COMMAND, SINK_WEBHOOK, SINK_COUNT };

static size_t count_sinks(const struct status *status)
{
    (void)status;
    return SINK_COUNT;
}

static const void *sink_at(const struct status *status, size_t index)
{
    const struct status_sink *sink =
        index == SINK_COMMAND ? &status->live.alert_command : &status->live.alert_webhook;

    return sink->is_set ? sink : NULL;
}

static void label_sink(const struct status *status, size_t index, struct metric_labels *labels)
{
    (void)status;
    add_label(labels, "sink", index == SINK_COMMAND ? "command" : "webhook");
}

/* The archive, the tape, the dashboard. */

static const void *if_store(const struct status *status, size_t index)
{
    (void)index;
    return status->live.store_enabled ? status : NULL;
}

static const void *if_dashboard(const struct status *status, size_t index)
{
    (void)index;
    return status->live.dashboard_listen[0] != '\0' ? status : NULL;
}

static const void *if_tape(const struct status *status, size_t index)
{
    (void)index;
    return status->live.tape_enabled ? status : NULL;
}

/* Histories. */

static size_t count_histories(const struct status *status)
{
    return status->history_count;
}

static const void *history_at(const struct status *status, size_t index)
{
    return &status->histories[index];
}

static void label_history(const struct status *status, size_t index, struct metric_labels *labels)
{
    add_label(labels, "module", status->histories[index].module);
    add_label(labels, "history", status->histories[index].name);
}

/* The newest minute of introspection. */

static const void *minute(const struct status *status, size_t index)
{
    (void)index;
    return status->has_reward ? &status->reward : NULL;
}

/* Agents. */

static size_t count_agents(const struct status *status)
{
    return status->agent_count;
}

static const void *agent_at(const struct status *status, size_t index)
{
    return &status->agents[index];
}

static const void *agent_metrics_at(const struct status *status, size_t index)
{
    return &status->agent_metrics[index];
}

static void label_agent(const struct status *status, size_t index, struct metric_labels *labels)
{
    (void)snprintf(labels->memory, sizeof labels->memory, "%" PRId64, status->agents[index].id);
    add_label(labels, "agent", labels->memory);
    add_label(labels, "species", species_name(status->agents[index].species));
}

/* Positions that are not flat. */

static size_t count_positions(const struct status *status)
{
    return status->portfolio.position_count;
}

static const void *position_at(const struct status *status, size_t index)
{
    return &status->portfolio.positions[index];
}

static void label_position(const struct status *status, size_t index, struct metric_labels *labels)
{
    add_label(labels, "symbol", status->portfolio.positions[index].symbol);
}

static const struct set sets[METRIC_SET_COUNT] = {
    [METRIC_OVER_ALL] = {one, whole, NULL, 1, NULL, NULL, true},
    [METRIC_OVER_BUILD] = {one, whole, label_build, 1, NULL, NULL, true},
    [METRIC_OVER_MODULES] = {count_modules, module_at, label_module, 1, NULL, NULL, true},
    [METRIC_OVER_MODULE_STATES] = {count_modules, module_at, label_module, MODULE_STATE_COUNT,
                                   "state", module_state_name, true},
    [METRIC_OVER_ALERTS] = {count_alerts, alert_at, label_alert, 1, NULL, NULL, true},
    [METRIC_OVER_ALERT_STATES] = {count_alerts, alert_at, label_alert, ALERT_STATE_COUNT, "state",
                                  alert_state_name, true},
    [METRIC_OVER_STORE] = {one, if_store, NULL, 1, NULL, NULL, true},
    [METRIC_OVER_DASHBOARD] = {one, if_dashboard, NULL, 1, NULL, NULL, true},
    [METRIC_OVER_SINKS] = {count_sinks, sink_at, label_sink, 1, NULL, NULL, true},
    [METRIC_OVER_TAPE] = {one, if_tape, NULL, 1, NULL, NULL, true},
    [METRIC_OVER_FEED_STATES] = {one, whole, NULL, FEED_STATE_COUNT, "state", feed_state_name,
                                 true},
    [METRIC_OVER_SIDES] = {one, whole, NULL, SIDE_COUNT, "side", side_name, true},
    [METRIC_OVER_VERDICTS] = {one, whole, NULL, VERDICT_COUNT, "verdict", verdict_name, true},
    [METRIC_OVER_SIMULATION_REASONS] = {one, whole, NULL, SIMULATION_REASON_COUNT, "reason",
                                        simulation_reason_name, true},
    [METRIC_OVER_REJECT_REASONS] = {one, whole, NULL, REJECT_REASON_COUNT, "reason",
                                    reject_reason_name, true},
    [METRIC_OVER_HISTORIES] = {count_histories, history_at, label_history, 1, NULL, NULL, true},
    [METRIC_OVER_MINUTE] = {one, minute, NULL, 1, NULL, NULL, false},
    [METRIC_OVER_AGENTS] = {count_agents, agent_at, label_agent, 1, NULL, NULL, false},
    [METRIC_OVER_AGENT_STATES] = {count_agents, agent_at, label_agent, AGENT_STATE_COUNT, "state",
                                  agent_state_name, false},
    [METRIC_OVER_AGENT_METRICS] = {count_agents, agent_metrics_at, label_agent, 1, NULL, NULL,
                                   false},
    [METRIC_OVER_POSITIONS] = {count_positions, position_at, label_position, 1, NULL, NULL, false},
};

size_t metric_series(const struct metric_row *row, const struct status *status)
{
    const struct set *set = &sets[row->set];

    return set->count(status) * set->choices;
}

bool metric_is_fixed(const struct metric_row *row)
{
    return sets[row->set].is_fixed;
}

void metric_find_labels(const struct metric_row *row, const struct status *status, size_t index,
                        struct metric_labels *labels)
{
    const struct set *set = &sets[row->set];

    labels->count = 0;
    if (set->labels != NULL)
        set->labels(status, index / set->choices, labels);
    if (set->choice_key != NULL)
        add_label(labels, set->choice_key, set->choice_name((uint32_t)(index % set->choices)));
    if (row->label != NULL)
        add_label(labels, row->label, row->label_value);
}

/* Values. What is read is copied, so that the table may hold offsets and no types. */

#define READ(type, from) read_##type(from)
#define DEFINE_READ(type)                      \
    static type read_##type(const void *place) \
    {                                          \
        type value;                            \
                                               \
        memcpy(&value, place, sizeof value);   \
        return value;                          \
    }
DEFINE_READ(uint64_t)
DEFINE_READ(uint32_t)
DEFINE_READ(int64_t)
DEFINE_READ(size_t)
DEFINE_READ(bool)
DEFINE_READ(double)

static bool set_whole(struct metric_value *value, uint64_t whole_number)
{
    *value = (struct metric_value){.kind = METRIC_WHOLE, .whole = whole_number};
    return true;
}

static bool set_signed(struct metric_value *value, int64_t number)
{
    *value = (struct metric_value){.kind = METRIC_SIGNED, .number = number};
    return number >= 0;
}

static bool set_real(struct metric_value *value, double real)
{
    *value = (struct metric_value){.kind = METRIC_REAL, .real = real};
    return real - real == 0.0;
}

bool metric_read(const struct metric_row *row, const struct status *status, size_t index,
                 struct metric_value *value)
{
    const struct set *set = &sets[row->set];
    const char *element = set->element(status, index / set->choices);
    size_t choice = index % set->choices;

    if (element == NULL)
        return false;
    const char *place = element + row->offset;

    switch (row->reading) {
    case METRIC_READ_COUNT:
        return set_whole(value, READ(uint64_t, place));
    case METRIC_READ_COUNT_OR_NONE:
        return set_whole(value, READ(uint64_t, place)) && value->whole != 0;
    case METRIC_READ_COUNTS:
        return set_whole(value, READ(uint64_t, place + choice * sizeof(uint64_t)));
    case METRIC_READ_WORD:
        return set_whole(value, READ(uint32_t, place));
    case METRIC_READ_SIZE:
        return set_whole(value, READ(size_t, place));
    case METRIC_READ_FLAG:
        return set_whole(value, READ(bool, place));
    case METRIC_READ_CHOSEN:
        return set_whole(value, READ(uint32_t, place) == choice);
    case METRIC_READ_NOTHING:
        return set_whole(value, 1);
    case METRIC_READ_SIGNED_OR_NONE:
        return set_signed(value, READ(int64_t, place));
    case METRIC_READ_REAL:
        return set_real(value, READ(double, place));
    case METRIC_READ_PERCENT:
        return set_real(value, READ(double, place) / 100.0);
    case METRIC_READ_THOUSANDTHS:
        return set_real(value, READ(uint32_t, place) / 1e3);
    case METRIC_READ_MS:
        return set_real(value, (double)READ(int64_t, place) / 1e3);
    case METRIC_READ_US:
        return set_real(value, (double)READ(int64_t, place) / 1e6);
    case METRIC_READ_US_OR_NONE:
        return set_real(value, (double)READ(int64_t, place) / 1e6) && value->real != 0.0;
    case METRIC_READ_NS:
        return set_real(value, (double)READ(int64_t, place) / 1e9);
    case METRIC_READ_COMPUTED:
        return set_real(value, row->compute(element));
    case METRIC_READ_MONEY:
        *value = (struct metric_value){.kind = METRIC_DECIMAL, .number = READ(int64_t, place)};
        return true;
    case METRIC_READ_QUANTILES:
        break;
    }
    return false;
}

enum metric_kind metric_kind_of(const struct metric_row *row)
{
    switch (row->reading) {
    case METRIC_READ_COUNT:
    case METRIC_READ_COUNT_OR_NONE:
    case METRIC_READ_COUNTS:
    case METRIC_READ_WORD:
    case METRIC_READ_SIZE:
    case METRIC_READ_FLAG:
    case METRIC_READ_CHOSEN:
    case METRIC_READ_NOTHING:
        return METRIC_WHOLE;
    case METRIC_READ_SIGNED_OR_NONE:
        return METRIC_SIGNED;
    case METRIC_READ_MONEY:
        return METRIC_DECIMAL;
    case METRIC_READ_REAL:
    case METRIC_READ_PERCENT:
    case METRIC_READ_THOUSANDTHS:
    case METRIC_READ_MS:
    case METRIC_READ_US:
    case METRIC_READ_US_OR_NONE:
    case METRIC_READ_NS:
    case METRIC_READ_COMPUTED:
    case METRIC_READ_QUANTILES:
        break;
    }
    return METRIC_REAL;
}

const struct status_quantiles *metric_quantiles(const struct metric_row *row,
                                                const struct status *status)
{
    ASSERT(row->reading == METRIC_READ_QUANTILES && row->set == METRIC_OVER_ALL);
    const char *start = (const char *)status;

    return (const void *)(start + row->offset);
}

bool metric_continues(const struct metric_row *row)
{
    return row->help == NULL;
}
