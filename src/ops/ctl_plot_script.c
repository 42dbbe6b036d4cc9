/* The gnuplot script of `tickctl plot`: a panel a kind, one below the other, over one time axis. */
#include <math.h>
#include <string.h>

#include "tickd/ops/ctl_plot.h"

enum { WIDTH = 1000, PANEL_HEIGHT = 240, MARGIN_HEIGHT = 70, AXIS_S_MIN = 60 };

/* One colour a species, told apart by most eyes; the last is for the others. */
static const char *const share_colours[PLOT_SHARES_MAX] = {
    "#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#76b7b2", "#edc948",
    "#b07aa1", "#9c755f", "#ff9da7", "#8cd17d", "#499894", "#bab0ac",
};

static const char *const line_names[PLOT_LINE_COUNT] = {
    [PLOT_LINE_EQUITY] = "equity",       [PLOT_LINE_DRAWDOWN] = "drawdown",
    [PLOT_LINE_HEALTH] = "health",       [PLOT_LINE_RESIDENT] = "resident",
    [PLOT_LINE_ALLOCATED] = "allocated", [PLOT_LINE_BUDGET] = "budget",
};

/* The lines of a panel; PLOT_LINE_COUNT ends them. What the first has decides whether it is drawn.
 */
static const enum plot_line panel_lines[PLOT_ALL][4] = {
    [PLOT_EQUITY] = {PLOT_LINE_EQUITY, PLOT_LINE_COUNT},
    [PLOT_DRAWDOWN] = {PLOT_LINE_DRAWDOWN, PLOT_LINE_COUNT},
    [PLOT_WEIGHTS] = {PLOT_LINE_COUNT},
    [PLOT_HEALTH] = {PLOT_LINE_HEALTH, PLOT_LINE_COUNT},
    [PLOT_MEMORY] = {PLOT_LINE_RESIDENT, PLOT_LINE_ALLOCATED, PLOT_LINE_BUDGET, PLOT_LINE_COUNT},
};

bool plot_find_kind(const char *name, enum plot_kind *kind)
{
    static const char *const names[] = {
#define X(NAME, name) #name,
        PLOT_KINDS(X)
#undef X
            "all",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (strcmp(names[i], name) == 0) {
            *kind = (enum plot_kind)i;
            return true;
        }
    }
    return false;
}

static bool has_one(const struct plot_data *data, enum plot_kind kind)
{
    if (kind == PLOT_WEIGHTS)
        return data->share_count > 0 && data->name_count > 0;
    return data->lines[panel_lines[kind][0]].count > 0;
}

bool plot_has(const struct plot_data *data, enum plot_kind kind)
{
    bool any = false;

    if (kind != PLOT_ALL)
        return has_one(data, kind);
    for (int i = 0; i < PLOT_ALL; i++)
        any |= has_one(data, (enum plot_kind)i);
    return any;
}

static bool is_drawn(const struct plot_data *data, enum plot_kind wanted, enum plot_kind kind)
{
    return (wanted == PLOT_ALL || wanted == kind) && has_one(data, kind);
}

/* Data. */

static void write_lines(const struct plot_data *data, enum plot_kind kind, FILE *out)
{
    for (size_t i = 0; panel_lines[kind][i] != PLOT_LINE_COUNT; i++) {
        const struct plot_series *series = &data->lines[panel_lines[kind][i]];

        fprintf(out, "$%s << END\n", line_names[panel_lines[kind][i]]);
        for (size_t j = 0; j < series->count; j++)
            fprintf(out, "%.3f %.10g\n", series->points[j].time_s, series->points[j].value);
        fputs("END\n", out);
    }
}

/* Sums from the bottom up, in percent: each column is a boundary between two colours. */
static void write_shares(const struct plot_data *data, FILE *out)
{
    fputs("$weights << END\n", out);
    for (size_t i = 0; i < data->share_count; i++) {
        double sum = 0;

        fprintf(out, "%.3f 0", data->shares[i].time_s);
        for (size_t j = 0; j < data->name_count; j++) {
            sum += data->shares[i].values[j];
            fprintf(out, " %.6g", 100 * sum);
        }
        fputc('\n', out);
    }
    fputs("END\n", out);
}

/* The axis that all panels share. */

static void widen(double *first, double *last, double from, double to)
{
    *first = fmin(*first, from);
    *last = fmax(*last, to);
}

static void find_range(const struct plot_data *data, enum plot_kind kind, double *first,
                       double *last)
{
    if (kind == PLOT_WEIGHTS) {
        widen(first, last, data->shares[0].time_s, data->shares[data->share_count - 1].time_s);
        return;
    }
    const struct plot_series *series = &data->lines[panel_lines[kind][0]];

    widen(first, last, series->points[0].time_s, series->points[series->count - 1].time_s);
}

static void write_time_axis(double first, double last, FILE *out)
{
    double length = last - first;
    const char *format = "%H:%M:%S";

    if (length > 3 * 86400.0)
        format = "%m-%d";
    else if (length > 86400.0)
        format = "%m-%d %H:%M";
    else if (length > 600)
        format = "%H:%M";
    if (length < AXIS_S_MIN)
        last = first + AXIS_S_MIN;
    fprintf(out,
            "set xdata time\nset timefmt '%%s'\nset format x '%s'\n"
            "set xrange ['%.0f':'%.0f']\n",
            format, floor(first), ceil(last));
}

/* Panels. Titles stand at the left, with the numbers one wants to know first beside them. */

static void write_title(const char *title, const char *numbers, FILE *out)
{
    fprintf(out,
            "unset label\nset label '%s' at graph 0, graph 1.09 left font ',15' "
            "textcolor rgb '#222222'\n"
            "set label '%s' at graph 1, graph 1.09 right font ',12' textcolor rgb '#666666'\n",
            title, numbers);
}

static double extreme(const struct plot_series *series, double (*pick)(double, double))
{
    double value = series->points[0].value;

    for (size_t i = 1; i < series->count; i++)
        value = pick(value, series->points[i].value);
    return value;
}

static void draw_equity(const struct plot_data *data, FILE *out)
{
    const struct plot_series *series = &data->lines[PLOT_LINE_EQUITY];
    double first = series->points[0].value;
    double last = series->points[series->count - 1].value;
    double lowest = extreme(series, fmin);
    double highest = extreme(series, fmax);
    double margin = fmax(0.08 * (highest - lowest), 1);
    char numbers[160];

    (void)snprintf(numbers, sizeof numbers, "%.2f to %.2f (%+.2f%%)", first, last,
                   first > 0 ? 100 * (last / first - 1) : 0);
    write_title("Equity", numbers, out);
    fprintf(out,
            "set yrange [%.10g:%.10g]\nset format y '%%.0f'\n"
            "plot $equity using 1:2:(%.10g) with filledcurves notitle fillcolor rgb '#dce9f5', "
            "%.10g with lines dashtype 2 linecolor rgb '#999999' notitle, "
            "$equity using 1:2 with lines linewidth 1.5 linecolor rgb '#1f5f99' notitle\n",
            lowest - margin, highest + margin, first, first);
}

static void draw_drawdown(const struct plot_data *data, FILE *out)
{
    double largest = extreme(&data->lines[PLOT_LINE_DRAWDOWN], fmax);
    char numbers[160];

    (void)snprintf(numbers, sizeof numbers, "largest %.2f%%", largest);
    write_title("Drawdown from the highest equity, %", numbers, out);
    fprintf(out,
            "set yrange [%.10g:0]\nset format y '%%.1f'\n"
            "plot $drawdown using 1:(-$2):(0) with filledcurves notitle "
            "fillcolor rgb '#f5d9d2', "
            "$drawdown using 1:(-$2) with lines linewidth 1.5 linecolor rgb '#b5452c' notitle\n",
            -fmax(1.1 * largest, 0.1));
}

/* Of the input's names only what can do no harm, and is readable. */
static void write_name(const char *name, FILE *out)
{
    for (; *name != '\0'; name++) {
        bool is_word = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
                       (*name >= '0' && *name <= '9') || *name == '.' || *name == '-';

        fputc(is_word ? *name : ' ', out);
    }
}

static void draw_weights(const struct plot_data *data, FILE *out)
{
    write_title("Weights in the consensus, %", "by species", out);
    fputs("set yrange [0:100]\nset format y '%.0f'\nplot ", out);
    for (size_t i = data->name_count; i > 0; i--) { /* the legend reads like the picture */
        fprintf(out, "$weights using 1:%zu:%zu with filledcurves fillcolor rgb '%s' title '", i + 1,
                i + 2, share_colours[i - 1]);
        write_name(data->names[i - 1], out);
        fputs(i > 1 ? "', " : "'\n", out);
    }
}

static void draw_health(const struct plot_data *data, FILE *out)
{
    char numbers[160];

    (void)snprintf(numbers, sizeof numbers, "lowest %.1f%%",
                   extreme(&data->lines[PLOT_LINE_HEALTH], fmin));
    write_title("Health: fresh modules of all, %", numbers, out);
    fputs("set yrange [0:105]\nset format y '%.0f'\n"
          "plot $health using 1:2 with fillsteps notitle fillcolor rgb '#dcefdc', "
          "$health using 1:2 with steps linewidth 1.5 linecolor rgb '#2e7d32' notitle, "
          "80 with lines dashtype 2 linecolor rgb '#c77700' title 'warning below', "
          "60 with lines dashtype 2 linecolor rgb '#b5452c' title 'critical below'\n",
          out);
}

static void draw_memory(const struct plot_data *data, FILE *out)
{
    const struct plot_series *series = &data->lines[PLOT_LINE_RESIDENT];
    const struct plot_series *budget = &data->lines[PLOT_LINE_BUDGET];
    double highest = extreme(series, fmax);
    char numbers[160];

    (void)snprintf(numbers, sizeof numbers, "resident %.1f to %.1f MB, highest %.1f MB",
                   series->points[0].value, series->points[series->count - 1].value, highest);
    write_title("Memory, MB", numbers, out);
    if (budget->count > 0)
        highest = fmax(highest, extreme(budget, fmax));
    fprintf(out,
            "set yrange [0:%.10g]\nset format y '%%.0f'\n"
            "plot $resident using 1:2 with lines linewidth 2 linecolor rgb '#1f5f99' "
            "title 'resident'",
            1.15 * highest);
    if (data->lines[PLOT_LINE_ALLOCATED].count > 0)
        fputs(", $allocated using 1:2 with lines linewidth 2 linecolor rgb '#76b7b2' "
              "title 'allocated'",
              out);
    if (budget->count > 0)
        fputs(", $budget using 1:2 with lines dashtype 2 linecolor rgb '#b5452c' title 'budget'",
              out);
    fputc('\n', out);
}

static void write_head(int count, FILE *out)
{
    fprintf(out,
            "set terminal svg size %d,%d noenhanced font 'sans-serif,12' background 'white'\n"
            "set multiplot layout %d,1\n"
            "set border 3 linecolor rgb '#888888'\nset tics nomirror textcolor rgb '#444444'\n"
            "set grid linecolor rgb '#e4e4e4' linetype 1\n"
            "set style fill solid 1 noborder\n"
            "set lmargin 12\nset rmargin 20\nset tmargin 3\nset bmargin 2\n"
            "set key at graph 1.01, graph 1 left top Left reverse samplen 1 spacing 0.9 font ',11' "
            "textcolor rgb '#444444'\n",
            WIDTH, MARGIN_HEIGHT + count * PANEL_HEIGHT, count);
}

void plot_write_script(const struct plot_data *data, enum plot_kind kind, FILE *out)
{
    static void (*const draw[PLOT_ALL])(const struct plot_data *data, FILE *out) = {
        [PLOT_EQUITY] = draw_equity, [PLOT_DRAWDOWN] = draw_drawdown, [PLOT_WEIGHTS] = draw_weights,
        [PLOT_HEALTH] = draw_health, [PLOT_MEMORY] = draw_memory,
    };
    double first = (double)INFINITY;
    double last = -(double)INFINITY;
    int count = 0;

    for (int i = 0; i < PLOT_ALL; i++) {
        if (!is_drawn(data, kind, (enum plot_kind)i))
            continue;
        count++;
        find_range(data, (enum plot_kind)i, &first, &last);
        if (i == PLOT_WEIGHTS)
            write_shares(data, out);
        else
            write_lines(data, (enum plot_kind)i, out);
    }
    if (count == 0)
        return;
    write_head(count, out);
    write_time_axis(first, last, out);
    for (int i = 0, drawn = 0; i < PLOT_ALL; i++) {
        if (!is_drawn(data, kind, (enum plot_kind)i))
            continue;
        if (++drawn == count)
            fputs("set bmargin 3.5\nset xlabel 'UTC' textcolor rgb '#666666'\n", out);
        draw[i](data, out);
    }
    fputs("unset multiplot\n", out);
}
