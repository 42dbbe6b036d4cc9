/* Series of bounded length, and what goes into them from messages. */
#include <math.h>
#include <string.h>

#include "tickd/base/decimal.h"
#include "tickd/ops/ctl_plot.h"
#include "tickd/ops/ctl_table.h"

static const double us_per_s = 1e6;
static const double bytes_per_mb = 1e6;

void plot_data_init(struct plot_data *data)
{
    memset(data, 0, sizeof *data);
    for (size_t i = 0; i < PLOT_LINE_COUNT; i++)
        data->lines[i].step = 1;
    data->share_step = 1;
}

/* Series. */

/* What becomes of two neighbours; the later one's time stays. */
static double merge(enum plot_line line, double earlier, double later)
{
    switch (line) {
    case PLOT_LINE_HEALTH:
        return fmin(earlier, later);
    case PLOT_LINE_DRAWDOWN:
    case PLOT_LINE_RESIDENT:
    case PLOT_LINE_ALLOCATED:
        return fmax(earlier, later);
    case PLOT_LINE_EQUITY:
    case PLOT_LINE_BUDGET:
    case PLOT_LINE_COUNT:
        break;
    }
    return later;
}

static void halve(struct plot_series *series, enum plot_line line)
{
    for (size_t i = 0; i < PLOT_POINTS_MAX / 2; i++) {
        const struct plot_point *earlier = &series->points[2 * i];
        const struct plot_point *later = &series->points[2 * i + 1];

        series->points[i] = (struct plot_point){.time_s = later->time_s,
                                                .value = merge(line, earlier->value, later->value)};
    }
    series->count = PLOT_POINTS_MAX / 2;
    series->step *= 2;
}

void plot_add(struct plot_data *data, enum plot_line line, double time_s, double value)
{
    struct plot_series *series = &data->lines[line];
    struct plot_point *newest = series->count > 0 ? &series->points[series->count - 1] : NULL;

    if (!isfinite(time_s) || !isfinite(value) || (newest != NULL && time_s < newest->time_s))
        return;
    if (newest != NULL && series->merged < series->step) {
        newest->value = merge(line, newest->value, value);
        newest->time_s = time_s;
        series->merged++;
        return;
    }
    if (series->count == PLOT_POINTS_MAX)
        halve(series, line);
    series->points[series->count++] = (struct plot_point){.time_s = time_s, .value = value};
    series->merged = 1;
}

/* Weights. */

/* The first name not yet known that finds no room makes "others" of the last place. */
static size_t place_of(struct plot_data *data, const char *name)
{
    size_t i = 0;

    while (i < data->name_count && strcmp(data->names[i], name) != 0)
        i++;
    if (i < data->name_count)
        return i;
    if (i == PLOT_SHARES_MAX - 1)
        name = "others";
    if (i == PLOT_SHARES_MAX)
        return i - 1;
    text_copy(data->names[i], sizeof data->names[i], name);
    data->name_count++;
    return i;
}

static void halve_shares(struct plot_data *data)
{
    for (size_t i = 0; i < PLOT_POINTS_MAX / 2; i++)
        data->shares[i] = data->shares[2 * i + 1];
    data->share_count = PLOT_POINTS_MAX / 2;
    data->share_step *= 2;
}

/* The place for the next shares: a new one, or the newest again. */
static struct plot_shares *next_shares(struct plot_data *data)
{
    if (data->share_count > 0 && data->share_merged < data->share_step) {
        data->share_merged++;
        return &data->shares[data->share_count - 1];
    }
    if (data->share_count == PLOT_POINTS_MAX)
        halve_shares(data);
    data->share_merged = 1;
    return &data->shares[data->share_count++];
}

void plot_add_shares(struct plot_data *data, double time_s, const char *const *names,
                     const double *weights, size_t count)
{
    if (!isfinite(time_s) ||
        (data->share_count > 0 && time_s < data->shares[data->share_count - 1].time_s))
        return;
    struct plot_shares *shares = next_shares(data);

    *shares = (struct plot_shares){.time_s = time_s};
    for (size_t i = 0; i < count; i++) {
        if (isfinite(weights[i]) && weights[i] > 0)
            shares->values[place_of(data, names[i])] += weights[i];
    }
}

/* Messages. */

/* A number, or a decimal text. */
static double number(const cJSON *message, const char *key)
{
    const cJSON *value = ctl_member(message, key);
    int64_t decimal;

    if (cJSON_IsNumber(value))
        return value->valuedouble;
    if (cJSON_IsString(value) &&
        decimal_parse(value->valuestring, strlen(value->valuestring), &decimal) == 0)
        return decimal_to_double(decimal);
    return (double)NAN;
}

static void take_equity(struct plot_data *data, double time_s, const cJSON *message)
{
    plot_add(data, PLOT_LINE_EQUITY, time_s, number(message, "equity"));
    plot_add(data, PLOT_LINE_DRAWDOWN, time_s, 100 * number(message, "drawdown"));
}

/* 0 bytes is what was not measured. */
static void add_memory(struct plot_data *data, enum plot_line line, double time_s, double bytes)
{
    if (bytes > 0)
        plot_add(data, line, time_s, bytes / bytes_per_mb);
}

/* HEALTH, VITALS, and the minutes of health that a report has. */
static void take_health(struct plot_data *data, double time_s, const cJSON *message)
{
    plot_add(data, PLOT_LINE_HEALTH, time_s, number(message, "score"));
    add_memory(data, PLOT_LINE_RESIDENT, time_s, number(message, "rss_bytes"));
    add_memory(data, PLOT_LINE_ALLOCATED, time_s, number(message, "allocated_bytes"));
    add_memory(data, PLOT_LINE_BUDGET, time_s, number(message, "budget_bytes"));
}

static void take_profile(struct plot_data *data, double time_s, const cJSON *message)
{
    double place = number(message, "place");
    const cJSON *species = ctl_member(message, "species");

    (void)time_s;
    if (place >= 0 && place < PLOT_AGENTS_MAX && cJSON_IsString(species))
        text_copy(data->species[(size_t)place], PLOT_NAME_MAX, species->valuestring);
}

static void take_weights(struct plot_data *data, double time_s, const cJSON *message)
{
    const char *names[PLOT_AGENTS_MAX];
    double weights[PLOT_AGENTS_MAX];
    size_t count = 0;
    const cJSON *weight;

    cJSON_ArrayForEach(weight, ctl_member(message, "weights"))
    {
        if (count == PLOT_AGENTS_MAX)
            break;
        names[count] = data->species[count][0] != '\0' ? data->species[count] : "all agents";
        weights[count] = cJSON_IsNumber(weight) ? weight->valuedouble : 0;
        count++;
    }
    plot_add_shares(data, time_s, names, weights, count);
}

static const struct {
    const char *topic;
    void (*take)(struct plot_data *data, double time_s, const cJSON *message);
} takers[] = {
    {"EQUITY", take_equity},   {"HEALTH", take_health},         {"VITALS", take_health},
    {"WEIGHTS", take_weights}, {"AGENT_PROFILE", take_profile},
};

void plot_take_message(struct plot_data *data, const cJSON *message, const char *topic)
{
    for (size_t i = 0; i < ARRAY_LENGTH(takers); i++) {
        if (strcmp(takers[i].topic, topic) == 0)
            takers[i].take(data, number(message, "time_us") / us_per_s, message);
    }
}

/* Weights stand in the order of the agents' places, and so do the agents. */
static void take_species(struct plot_data *data, const cJSON *agents)
{
    const cJSON *agent;
    size_t place = 0;

    cJSON_ArrayForEach(agent, agents)
    {
        const cJSON *species = ctl_member(agent, "species");

        if (place < PLOT_AGENTS_MAX && cJSON_IsString(species))
            text_copy(data->species[place], PLOT_NAME_MAX, species->valuestring);
        place++;
    }
}

void plot_take_report(struct plot_data *data, const cJSON *report)
{
    static const struct {
        const char *list;
        const char *topic;
    } lists[] = {
        {"series.equity", "EQUITY"}, {"series.weights", "WEIGHTS"}, {"series.health", "HEALTH"}};
    const cJSON *entry;

    take_species(data, ctl_member(report, "agents"));
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        cJSON_ArrayForEach(entry, ctl_member(report, lists[i].list))
            plot_take_message(data, entry, lists[i].topic);
    }
}
