/* The archive's newest run as series. */
#include "tickd/bin/plot_archive.h"

#include <math.h>

#include "tickd/store/query.h"

enum { SECONDS_MAX = 60 };

static const int64_t rows_max = INT64_C(1000000000);
static const double bytes_per_mb = 1e6;

/* The weights of one minute come as a row an agent. */
struct reading {
    struct plot_data *data;
    double time_s;
    size_t count;
    char species[PLOT_AGENTS_MAX][PLOT_NAME_MAX];
    double weights[PLOT_AGENTS_MAX];
};

/* NULL is not a number. */
static double number(sqlite3_stmt *row, int column)
{
    if (sqlite3_column_type(row, column) == SQLITE_NULL)
        return (double)NAN;
    return sqlite3_column_double(row, column);
}

static void take_equity(void *state, sqlite3_stmt *row)
{
    struct reading *reading = state;

    plot_add(reading->data, PLOT_LINE_EQUITY, number(row, 0), number(row, 1));
    plot_add(reading->data, PLOT_LINE_DRAWDOWN, number(row, 0), 100 * number(row, 2));
}

static void take_health(void *state, sqlite3_stmt *row)
{
    struct reading *reading = state;

    plot_add(reading->data, PLOT_LINE_HEALTH, number(row, 0), number(row, 1));
}

static void take_vitals(void *state, sqlite3_stmt *row)
{
    static const enum plot_line lines[] = {PLOT_LINE_RESIDENT, PLOT_LINE_ALLOCATED,
                                           PLOT_LINE_BUDGET};
    struct reading *reading = state;

    for (int i = 0; i < (int)ARRAY_LENGTH(lines); i++) {
        double bytes = number(row, i + 1);

        if (bytes > 0) /* 0 is what was not measured */
            plot_add(reading->data, lines[i], number(row, 0), bytes / bytes_per_mb);
    }
}

static void give_weights(struct reading *reading)
{
    const char *names[PLOT_AGENTS_MAX];

    for (size_t i = 0; i < reading->count; i++)
        names[i] = reading->species[i];
    if (reading->count > 0)
        plot_add_shares(reading->data, reading->time_s, names, reading->weights, reading->count);
    reading->count = 0;
}

static void take_weight(void *state, sqlite3_stmt *row)
{
    struct reading *reading = state;
    double time_s = number(row, 0);
    const unsigned char *species = sqlite3_column_text(row, 1);

    if (time_s != reading->time_s)
        give_weights(reading);
    reading->time_s = time_s;
    if (reading->count == PLOT_AGENTS_MAX || species == NULL)
        return;
    text_copy(reading->species[reading->count], PLOT_NAME_MAX, (const char *)species);
    reading->weights[reading->count++] = number(row, 2);
}

#define NEWEST_RUN "WHERE run = (SELECT max(run) FROM runs) ORDER BY sequence"

int plot_read_archive(struct plot_data *data, const char *path, struct text *why)
{
    static const struct {
        const char *sql;
        void (*take)(void *state, sqlite3_stmt *row);
    } series[] = {
        {"SELECT unix, equity, drawdown FROM equity_by_minute " NEWEST_RUN, take_equity},
        {"SELECT unix, score FROM health " NEWEST_RUN, take_health},
        {"SELECT unix, rss_bytes, allocated_bytes, budget_bytes FROM vitals_by_minute " NEWEST_RUN,
         take_vitals},
        {"SELECT unix, species, weight FROM weights_by_minute " NEWEST_RUN, take_weight},
    };
    const struct query_limits limits = {.rows = rows_max, .seconds = SECONDS_MAX};
    struct reading reading = {.data = data};
    int error = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(series) && error == 0; i++) {
        const struct query_sink sink = {.row = series[i].take, .state = &reading};
        struct query_result result;

        error = query_run(path, series[i].sql, &limits, &sink, &result, why);
    }
    give_weights(&reading);
    return error;
}
