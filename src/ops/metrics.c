/* Metrics as text. */
#include "tickd/ops/metrics.h"

#include <inttypes.h>

static const char prefix[] = "tickd_";

/* Upper bounds of buckets as both formats write them, 1-2.5-5 from 10 µs to a minute. */
static const struct {
    int64_t bound_us;
    const char *text;
} bounds[] = {
    {10, "1e-05"},      {25, "2.5e-05"},  {50, "5e-05"},    {100, "0.0001"},    {250, "0.00025"},
    {500, "0.0005"},    {1000, "0.001"},  {2500, "0.0025"}, {5000, "0.005"},    {10000, "0.01"},
    {25000, "0.025"},   {50000, "0.05"},  {100000, "0.1"},  {250000, "0.25"},   {500000, "0.5"},
    {1000000, "1.0"},   {2500000, "2.5"}, {5000000, "5.0"}, {10000000, "10.0"}, {30000000, "30.0"},
    {60000000, "60.0"},
};

static void begin_line(const char *comment, const struct metric_row *row,
                       enum metrics_format format, struct text *out)
{
    text_add(out, comment);
    text_add(out, prefix);
    metric_print_family(row, out);
    if (format == METRICS_PROMETHEUS) /* there a sample is called as its family is */
        text_add(out, metric_suffix(row));
    text_add_char(out, ' ');
}

/* The table's texts need no escape; the tests see to that. */
static void print_head(const struct metric_row *row, enum metrics_format format, struct text *out)
{
    bool is_plain = format == METRICS_PROMETHEUS && row->type == METRIC_INFO;

    begin_line("# HELP ", row, format, out);
    text_add(out, row->help);
    text_add_char(out, '\n');
    begin_line("# TYPE ", row, format, out);
    text_add(out, metric_type_name(is_plain ? METRIC_GAUGE : row->type));
    text_add_char(out, '\n');
    if (format == METRICS_PROMETHEUS || row->unit == METRIC_NO_UNIT)
        return;
    begin_line("# UNIT ", row, format, out);
    text_add(out, metric_unit_name(row->unit));
    text_add_char(out, '\n');
}

static void print_sample(const struct metric_row *row, const char *suffix,
                         const struct metric_labels *labels, const char *key, const char *label,
                         const struct metric_value *value, struct text *out)
{
    text_add(out, prefix);
    metric_print_family(row, out);
    text_add(out, suffix);
    metric_print_labels(labels, key, label, out);
    text_add_char(out, ' ');
    metric_print_value(value, out);
    text_add_char(out, '\n');
}

static struct metric_value whole(uint64_t count)
{
    return (struct metric_value){.kind = METRIC_WHOLE, .whole = count};
}

/* Only bounds that are whole in the histogram's own unit. */
static void print_histogram(const struct metric_row *row, const struct histogram *histogram,
                            struct text *out)
{
    static const struct metric_labels none;
    struct metric_value value;

    for (size_t i = 0; i < ARRAY_LENGTH(bounds); i++) {
        if (bounds[i].bound_us % row->unit_us != 0)
            continue;
        value = whole(histogram_count_at_most(histogram, bounds[i].bound_us / row->unit_us));
        print_sample(row, "_bucket", &none, "le", bounds[i].text, &value, out);
    }
    value = whole(histogram->count);
    print_sample(row, "_bucket", &none, "le", "+Inf", &value, out);
    print_sample(row, "_count", &none, NULL, NULL, &value, out);
    value = (struct metric_value){.kind = METRIC_REAL,
                                  .real = (double)histogram->sum * (double)row->unit_us / 1e6};
    print_sample(row, "_sum", &none, NULL, NULL, &value, out);
}

static void print_series(const struct metric_row *row, const struct status *status,
                         struct text *out)
{
    size_t count = metric_series(row, status);

    for (size_t i = 0; i < count; i++) {
        struct metric_labels labels;
        struct metric_value value;

        if (!metric_read(row, status, i, &value))
            continue;
        metric_find_labels(row, status, i, &labels);
        print_sample(row, metric_suffix(row), &labels, NULL, NULL, &value, out);
    }
}

void metrics_print(const struct status *status, const struct metrics_histograms *histograms,
                   enum metrics_format format, struct text *out)
{
    size_t count;
    const struct metric_row *rows = metric_rows(&count);

    for (size_t i = 0; i < count; i++) {
        if (!metric_continues(&rows[i]))
            print_head(&rows[i], format, out);
        if (rows[i].type != METRIC_HISTOGRAM)
            print_series(&rows[i], status, out);
        else if (histograms->of[rows[i].histogram] != NULL)
            print_histogram(&rows[i], histograms->of[rows[i].histogram], out);
    }
    if (format == METRICS_OPENMETRICS)
        text_add(out, "# EOF\n");
}

const char *metrics_content_type(enum metrics_format format)
{
    return format == METRICS_OPENMETRICS
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}
