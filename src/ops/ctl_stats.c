/* The page of counters, shown. */
#include "tickd/ops/ctl_stats.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "tickd/base/calendar.h"
#include "tickd/ops/ctl_table.h"
#include "tickd/ops/metrics_table.h"

enum {
    LINE_MAX_BYTES = 512,
    CELL_WIDTH = 14,
    COLUMNS_WIDE = 100,
    NAME_WIDTH_MIN = 20,
    LINES_AROUND = 6 /* head, titles, what is left out, and the cursor's own */
};

/* The line on how it stands. */

static void add_age(struct text *out, int64_t age_us)
{
    ctl_add_duration(out, (double)age_us / US_PER_MS);
}

static void add_moment(struct text *out, int64_t time_us)
{
    char stamp[CALENDAR_TEXT_MAX];

    if (time_us < 0 || time_us > INT64_C(250000000000000000)) { /* the calendar's last year */
        text_add_char(out, '-');
        return;
    }
    calendar_print_us(time_us, 3, stamp);
    text_add(out, stamp);
}

static void add_holder(struct text *out, const char *words, const struct stats_judgement *judgement)
{
    if (judgement->holder == NULL)
        return;
    text_add(out, words);
    ctl_add_clean(out, judgement->holder);
    text_add(out, " for ");
    add_age(out, judgement->held_us);
}

static void add_hang(struct text *out, const struct stats_judgement *judgement)
{
    if (judgement->holder == NULL)
        text_add(out, "HANGS: its loop does not turn, and no module's handler runs");
    else
        add_holder(out, "HANGS: its loop is held by ", judgement);
    text_add(out, "; values of ");
    add_age(out, judgement->age_us);
    text_add(out, " ago");
}

static void add_halt(struct text *out, const struct stats_judgement *judgement)
{
    static const char *const states[] = {"T"
                                         "stopped by a signal",
                                         "t"
                                         "traced",
                                         "D"
                                         "waits for a disk",
                                         "R"
                                         "gets no processor",
                                         "S"
                                         "sleeps"};

    text_add(out, "DOES NOT RUN");
    for (size_t i = 0; i < ARRAY_LENGTH(states); i++) {
        if (states[i][0] == judgement->process_state)
            text_format(out, " (%s)", states[i] + 1);
    }
    add_holder(out, "; its loop was held by ", judgement);
    text_add(out, "; values of ");
    add_age(out, judgement->age_us);
    text_add(out, " ago");
}

static void add_verdict(struct text *out, const struct stats_head *head,
                        const struct stats_judgement *judgement)
{
    switch (judgement->verdict) {
    case STATS_SAYS_RUNS:
    case STATS_SAYS_STOPPING:
        text_add(out, judgement->verdict == STATS_SAYS_RUNS ? "runs" : "is stopping");
        text_add(out, "; values of ");
        add_age(out, judgement->age_us);
        text_add(out, " ago");
        break;
    case STATS_SAYS_HANGS:
        add_hang(out, judgement);
        break;
    case STATS_SAYS_HALTED:
        add_halt(out, judgement);
        break;
    case STATS_SAYS_STOPPED:
        text_format(out, "stopped cleanly with exit code %" PRId32 ", ",
                    atomic_load_explicit(&head->exit_code, memory_order_relaxed));
        add_age(out, judgement->age_us);
        text_add(out, " ago");
        break;
    case STATS_SAYS_GONE:
        text_add(out, "IS GONE without a clean stop; last values of ");
        add_age(out, judgement->age_us);
        text_add(out, " ago");
        add_holder(out, "; its loop was held by ", judgement);
        break;
    case STATS_VERDICT_COUNT:
        break;
    }
}

static void print_head(FILE *out, const struct ctl_stats *stats)
{
    char memory[LINE_MAX_BYTES];
    struct text line;
    const struct stats_head *head = stats->copy->view.head;

    text_init(&line, memory, sizeof memory);
    text_add(&line, "tickd ");
    ctl_add_clean(&line, head->program);
    text_format(&line, ", pid %" PRId64 ", ", head->pid);
    add_verdict(&line, head, &stats->judgement);
    fprintf(out, "%s\n", memory);
    text_clear(&line);
    text_add(&line, "started ");
    add_moment(&line, head->started_us);
    text_add(&line, ", values of ");
    add_moment(&line, stats_updated_us(stats->copy->view.head));
    if (stats->copy->is_torn)
        text_add(&line, ", taken in the middle of an update");
    fprintf(out, "%s\n\n", memory);
}

/* The rows. */

bool ctl_stats_wants(const struct ctl_stats *stats, const struct stats_row *row)
{
    for (size_t i = 0; i < stats->glob_count; i++) {
        if (fnmatch(stats->globs[i], row->name, 0) == 0)
            return true;
    }
    return stats->glob_count == 0;
}

static double number_of(const struct metric_value *value)
{
    switch (value->kind) {
    case METRIC_WHOLE:
        return (double)value->whole;
    case METRIC_REAL:
        return value->real;
    case METRIC_SIGNED:
        return (double)value->number;
    case METRIC_DECIMAL:
        break;
    }
    return (double)value->number / 1e8;
}

static void add_value(struct text *out, const struct stats_row *row, bool is_known,
                      const struct metric_value *value)
{
    if (!is_known)
        text_add_char(out, '-');
    else if (strcmp(row->unit, "bytes") == 0)
        ctl_add_bytes(out, number_of(value));
    else if (value->kind == METRIC_WHOLE)
        ctl_add_count(out, number_of(value));
    else if (value->kind == METRIC_REAL)
        text_format(out, fabs(value->real) < 1e6 ? "%.6g" : "%.3f", value->real);
    else
        metric_print_value(value, out);
}

/* What a counter gained a second between two moments; NaN = it has no rate. */
static double rate_of(const struct stats_row *row, double gained, int64_t from_us, int64_t to_us)
{
    double seconds = ((double)to_us - (double)from_us) / US_PER_S;

    return row->kind == STATS_COUNTER && seconds > 0.0 ? gained / seconds : (double)NAN;
}

static double rate_since_start(const struct ctl_stats *stats, const struct stats_row *row)
{
    const struct stats_head *head = stats->copy->view.head;
    struct metric_value value;

    if (!stats_value(row, &value))
        return (double)NAN;
    return rate_of(row, number_of(&value), head->started_us, stats_updated_us(head));
}

/* Of the same process, and of a row with the same place and name. */
static double rate_since_before(const struct ctl_stats *stats, size_t index)
{
    const struct stats_view *now = &stats->copy->view;
    const struct stats_view *before = &stats->before->view;
    struct metric_value value;
    struct metric_value old;

    if (index >= before->row_count || before->head->pid != now->head->pid ||
        strcmp(before->rows[index].name, now->rows[index].name) != 0 ||
        !stats_value(&now->rows[index], &value) || !stats_value(&before->rows[index], &old))
        return (double)NAN;
    return rate_of(&now->rows[index], number_of(&value) - number_of(&old),
                   stats_updated_us(before->head), stats_updated_us(now->head));
}

static void print_cell(FILE *out, const char *text)
{
    fprintf(out, "  %*s", CELL_WIDTH, text);
}

static void print_rate(FILE *out, double rate)
{
    char memory[32];

    (void)snprintf(memory, sizeof memory, "%.4g", rate);
    print_cell(out, isnan(rate) ? "-" : memory);
}

static bool has_average(const struct ctl_stats *stats)
{
    return stats->columns_max == 0 || stats->columns_max >= COLUMNS_WIDE;
}

static void print_row(FILE *out, const struct ctl_stats *stats, size_t index, int width)
{
    const struct stats_row *row = &stats->copy->view.rows[index];
    char memory[LINE_MAX_BYTES];
    struct text text;
    struct metric_value value;
    bool is_known = stats_value(row, &value);

    text_init(&text, memory, sizeof memory);
    ctl_add_clean(&text, row->name);
    fprintf(out, "%-*.*s", width, width, memory);
    text_clear(&text);
    add_value(&text, row, is_known, &value);
    print_cell(out, memory);
    if (has_average(stats))
        print_rate(out, rate_since_start(stats, row));
    if (stats->before != NULL)
        print_rate(out, rate_since_before(stats, index));
    fputc('\n', out);
}

/* On a screen there is no room for what never happened. */
static bool is_shown(const struct ctl_stats *stats, const struct stats_row *row)
{
    struct metric_value value;

    if (!ctl_stats_wants(stats, row))
        return false;
    return stats->lines_max == 0 || (stats_value(row, &value) && number_of(&value) != 0.0);
}

/* As wide as the widest name that is shown; what does not fit on a screen is cut off. */
static int name_width(const struct ctl_stats *stats)
{
    size_t cells = 1 + (size_t)has_average(stats) + (size_t)(stats->before != NULL);
    size_t taken = cells * (CELL_WIDTH + 2);
    size_t room =
        stats->columns_max > taken + NAME_WIDTH_MIN ? stats->columns_max - taken : NAME_WIDTH_MIN;
    size_t widest = 4;

    for (size_t i = 0; i < stats->copy->view.row_count; i++) {
        const struct stats_row *row = &stats->copy->view.rows[i];

        if (is_shown(stats, row) && strlen(row->name) > widest)
            widest = strlen(row->name);
    }
    return (int)(stats->columns_max != 0 && widest > room ? room : widest);
}

void ctl_stats_print(FILE *out, const struct ctl_stats *stats)
{
    int width = name_width(stats);
    size_t shown = 0;
    size_t left_out = 0;
    size_t room = stats->lines_max > LINES_AROUND ? stats->lines_max - LINES_AROUND : 1;

    print_head(out, stats);
    fprintf(out, "%-*s", width, "NAME");
    print_cell(out, "VALUE");
    if (has_average(stats))
        print_cell(out, "PER SECOND");
    if (stats->before != NULL)
        print_cell(out, "NOW");
    fputc('\n', out);
    for (size_t i = 0; i < stats->copy->view.row_count; i++) {
        if (!is_shown(stats, &stats->copy->view.rows[i]))
            continue;
        if (stats->lines_max != 0 && shown == room) {
            left_out++;
            continue;
        }
        print_row(out, stats, i, width);
        shown++;
    }
    if (left_out > 0)
        fprintf(out, "and %zu more: a pattern narrows them down, --once prints all\n", left_out);
}
