/* The head of `tickctl top`: meters to the left, facts to the right, as data. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tickd/ops/ctl_table.h"
#include "tickd/ops/ctl_top_view.h"

enum { NAME_WIDTH = 7, GAP = 2, METER_TEXT_MAX = 64, LAG_FULL_US = 10000, LAG_GOOD_US = 1000 };

/* A label and a value: "bars 1,264". */
struct fact {
    const char *label;
    const char *key;
    enum top_kind kind;
    enum top_paint paint;
};

enum { FACTS_MAX = 7 };

struct facts {
    struct fact facts[FACTS_MAX]; /* up to the first without key */
};

/* Beside the meters, a row each. The last row is that of the alerts. */
static const struct facts head[TOP_HEAD_ROWS - 1] = {
    {{{"tickd", "tickd", TOP_WORD, TOP_PAINT_NONE},
      {"up", "uptime_s", TOP_FOR_S, TOP_PAINT_NONE},
      {"pid", "pid", TOP_DIGITS, TOP_PAINT_NONE}}},
    {{{"feed", "feed.state", TOP_WORD, TOP_PAINT_STATE},
      {"symbols", "feed.subscribed", TOP_COUNT, TOP_PAINT_NONE},
      {"silent", "feed.silent", TOP_COUNT, TOP_PAINT_DEBT}}},
    {{{"trades", "input.trades", TOP_COUNT, TOP_PAINT_NONE},
      {"late", "input.late", TOP_COUNT, TOP_PAINT_DEBT},
      {"malformed", "input.malformed", TOP_COUNT, TOP_PAINT_DEBT}}},
    {{{"latency us p50", "latency.receive_to_decision_us.p50", TOP_COUNT, TOP_PAINT_NONE},
      {"p99", "latency.receive_to_decision_us.p99", TOP_COUNT, TOP_PAINT_NONE},
      {"p99.9", "latency.receive_to_decision_us.p999", TOP_COUNT, TOP_PAINT_NONE}}},
};

enum { SCREEN_LINES_MAX = 2 };

static const struct facts screen_lines[TOP_SCREEN_COUNT][SCREEN_LINES_MAX] = {
    [TOP_SCREEN_MODULES] = {{{{"frames", "input.frames", TOP_COUNT, TOP_PAINT_NONE},
                              {"bars", "bars", TOP_COUNT, TOP_PAINT_NONE},
                              {"buys", "decisions.buy", TOP_COUNT, TOP_PAINT_NONE},
                              {"sells", "decisions.sell", TOP_COUNT, TOP_PAINT_NONE},
                              {"orders", "portfolio.orders", TOP_COUNT, TOP_PAINT_NONE},
                              {"fills", "fills", TOP_COUNT, TOP_PAINT_NONE},
                              {"rejects", "rejects", TOP_COUNT, TOP_PAINT_NONE}}}},
    [TOP_SCREEN_FEED] = {{{{"url", "feed.url", TOP_WORD, TOP_PAINT_NONE},
                           {"since", "feed.since_us", TOP_SINCE_US, TOP_PAINT_NONE},
                           {"reason", "feed.reason", TOP_WORD, TOP_PAINT_NONE}}},
                         {{{"connections", "feed.connections", TOP_COUNT, TOP_PAINT_NONE},
                           {"failed", "feed.connection_failures", TOP_COUNT, TOP_PAINT_DEBT},
                           {"errors", "feed.errors", TOP_COUNT, TOP_PAINT_DEBT},
                           {"delay ms p50", "latency.feed_delay_ms.p50", TOP_COUNT, TOP_PAINT_NONE},
                           {"p99", "latency.feed_delay_ms.p99", TOP_COUNT, TOP_PAINT_NONE},
                           {"gaps", "market.gaps", TOP_COUNT, TOP_PAINT_NONE}}}},
    [TOP_SCREEN_AGENTS] = {{{{"generations", "evolution.generations", TOP_COUNT, TOP_PAINT_NONE},
                             {"replacements", "evolution.replacements", TOP_COUNT, TOP_PAINT_NONE},
                             {"rollbacks", "evolution.rollbacks", TOP_COUNT, TOP_PAINT_NONE},
                             {"diversity", "metrics.diversity", TOP_REAL, TOP_PAINT_NONE},
                             {"regret of bound", "consensus.regret_ratio", TOP_SHARE,
                              TOP_PAINT_NONE}}}},
    [TOP_SCREEN_POSITIONS] = {{{{"cash", "portfolio.cash", TOP_MONEY, TOP_PAINT_NONE},
                                {"unrealised", "portfolio.unrealised_pnl", TOP_MONEY,
                                 TOP_PAINT_SIGN},
                                {"realised", "portfolio.realised_pnl", TOP_MONEY, TOP_PAINT_SIGN},
                                {"fees", "portfolio.fees", TOP_MONEY, TOP_PAINT_NONE}}},
                              {{{"drawdown", "portfolio.drawdown", TOP_SHARE, TOP_PAINT_NONE},
                                {"largest", "portfolio.max_drawdown", TOP_SHARE, TOP_PAINT_NONE},
                                {"orders", "portfolio.orders", TOP_COUNT, TOP_PAINT_NONE},
                                {"open", "portfolio.open_orders", TOP_COUNT, TOP_PAINT_NONE},
                                {"halted", "portfolio.halted", TOP_WORD, TOP_PAINT_FLAG}}}},
    [TOP_SCREEN_HISTORIES] =
        {{{{"all together", "memory.histories_bytes", TOP_BYTES, TOP_PAINT_NONE},
           {"arena", "memory.arena_bytes", TOP_BYTES, TOP_PAINT_NONE},
           {"allocated", "memory.allocated_bytes", TOP_BYTES, TOP_PAINT_NONE}}},
         {{{"archive rows", "store.rows", TOP_COUNT, TOP_PAINT_NONE},
           {"waiting", "store.waiting", TOP_COUNT, TOP_PAINT_NONE},
           {"dropped", "store.dropped", TOP_COUNT, TOP_PAINT_DEBT},
           {"file", "store.bytes", TOP_BYTES, TOP_PAINT_NONE}}}},
};

/* Facts. */

/* A fact that has no room as a whole is left out, and so are those after it. */
static void draw_facts(const struct top_model *model, const struct facts *facts,
                       struct top_grid *grid, int row, int column)
{
    for (int i = 0; i < FACTS_MAX && facts->facts[i].key != NULL; i++) {
        const struct fact *fact = &facts->facts[i];
        const struct top_column form = {.key = fact->key, .kind = fact->kind, .paint = fact->paint};
        const cJSON *value = ctl_member(model->status, fact->key);
        char memory[TOP_CELL_TEXT_MAX];
        struct text cell;

        if (value == NULL || cJSON_IsNull(value))
            continue;
        text_init(&cell, memory, sizeof memory);
        top_add_cell(model, model->status, &form, &cell);
        int width = top_width(fact->label) + 1 + top_width(memory);

        if (i > 0 && column + width > grid->columns)
            return;
        enum top_style style = top_cell_style(model->status, &form);

        column += top_put(grid, row, column, grid->columns, TOP_METER, fact->label) + 1;
        column += top_put(grid, row, column, grid->columns, style == TOP_PLAIN ? TOP_STRONG : style,
                          memory) +
                  GAP;
    }
}

int top_draw_facts(const struct top_model *model, enum top_screen screen, struct top_grid *grid,
                   int row)
{
    int lines = 0;

    for (; lines < SCREEN_LINES_MAX && screen_lines[screen][lines].facts[0].key != NULL; lines++)
        draw_facts(model, &screen_lines[screen][lines], grid, row + lines, 1);
    return lines;
}

/* Meters. */

/* "Memory [||||||||     19.8 MB/28.7 MB]": the text lies over the bars, at the right end. */
static void draw_meter(struct top_grid *grid, int row, int width, const char *name, double share,
                       enum top_style style, const char *text)
{
    int from = 1 + NAME_WIDTH;
    int inside = width - from - 2;
    int bars = (int)ceil(fmin(fmax(share, 0), 1) * inside);
    int text_width = top_width(text);
    int text_from = from + 1 + (text_width < inside ? inside - text_width : 0);

    top_put(grid, row, 1, NAME_WIDTH, TOP_METER, name);
    top_put_glyph(grid, row, from, TOP_STRONG, '[', '[');
    for (int i = 0; i < bars; i++)
        top_put_glyph(grid, row, from + 1 + i, style, '|', '|');
    top_put(grid, row, text_from, inside, TOP_PLAIN, text);
    for (int i = text_from; i < from + 1 + bars; i++)
        top_restyle(grid, row, i, 1, style);
    top_put_glyph(grid, row, width - 1, TOP_STRONG, ']', ']');
}

static void draw_health(const struct top_model *model, struct top_grid *grid, int row, int width)
{
    char text[METER_TEXT_MAX] = "-";
    double score = top_number(model, "health.score", -1);
    enum top_style style = TOP_GOOD;

    if (score >= 0)
        (void)snprintf(text, sizeof text, "%.1f%%", score);
    if (score < 80)
        style = score < 60 ? TOP_BAD : TOP_WARNING;
    draw_meter(grid, row, width, "Health", score / 100, style, text);
}

/* The budget; where none is told, the arena and 16 MiB. */
static void draw_memory(const struct top_model *model, struct top_grid *grid, int row, int width)
{
    char memory[METER_TEXT_MAX];
    struct text text;
    double rss = top_number(model, "memory.rss_bytes", 0);
    double budget = top_number(model, "memory.budget_bytes",
                               top_number(model, "memory.arena_bytes", 0) + (16 << 20));
    double share = budget > 0 ? rss / budget : 0;
    enum top_style style = TOP_GOOD;

    text_init(&text, memory, sizeof memory);
    if (rss > 0) {
        ctl_add_bytes(&text, rss);
        text_add_char(&text, '/');
        ctl_add_bytes(&text, budget);
    }
    if (share > 1)
        style = share > 1.25 ? TOP_BAD : TOP_WARNING;
    draw_meter(grid, row, width, "Memory", share, style, memory);
}

/* The event loop may be late by a millisecond; ten are the whole meter. */
static void draw_lag(const struct top_model *model, struct top_grid *grid, int row, int width)
{
    char text[METER_TEXT_MAX] = "";
    double lag = top_number(model, "loop.lag_us", -1);
    enum top_style style = TOP_GOOD;

    if (lag >= 0)
        (void)snprintf(text, sizeof text, "%.2f ms, largest %.1f", lag / 1e3,
                       top_number(model, "loop.lag_max_us", 0) / 1e3);
    if (lag > LAG_GOOD_US)
        style = lag > LAG_FULL_US ? TOP_BAD : TOP_WARNING;
    draw_meter(grid, row, width, "Lag", lag / LAG_FULL_US, style, text);
}

/* Trades a second over the latest answers, the newest to the right. */
static void draw_rate(const struct top_model *model, struct top_grid *grid, int row, int width)
{
    static const char ascii[] = "_.-:=+*#";
    const struct top_samples *samples = &model->trades_per_s;
    int from = 1 + NAME_WIDTH;
    char text[METER_TEXT_MAX];
    int inside = width - from - 2;
    int text_width = snprintf(text, sizeof text, " %.1f/s", top_sample(samples, 0));
    double largest = 0;

    top_put(grid, row, 1, NAME_WIDTH, TOP_METER, "Trades");
    top_put_glyph(grid, row, from, TOP_STRONG, '[', '[');
    top_put_glyph(grid, row, width - 1, TOP_STRONG, ']', ']');
    if (top_sample_count(samples) == 0 || text_width > inside)
        return;
    int room = inside - text_width;

    for (int i = 0; i < room; i++)
        largest = fmax(largest, top_sample(samples, (size_t)i));
    for (int i = 0; i < room && (size_t)i < top_sample_count(samples); i++) {
        double share = largest > 0 ? top_sample(samples, (size_t)i) / largest : 0;
        uint32_t level = (uint32_t)(fmin(fmax(share, 0), 1) * 7);

        top_put_glyph(grid, row, width - 2 - text_width - i, TOP_GOOD, 0x2581 + level,
                      ascii[level]);
    }
    top_put(grid, row, width - 1 - text_width, text_width, TOP_PLAIN, text);
}

/* Equity, and how much of it is invested. */
static void draw_equity(const struct top_model *model, struct top_grid *grid, int row, int width)
{
    char memory[METER_TEXT_MAX];
    struct text text;
    const cJSON *equity = ctl_member(model->status, "portfolio.equity");
    double whole = 0;
    double invested = 0;

    text_init(&text, memory, sizeof memory);
    if (equity != NULL)
        top_add_money(&text, equity);
    if (!top_value(equity, &whole) || whole <= 0 ||
        !top_value(ctl_member(model->status, "portfolio.market_value"), &invested))
        invested = 0;
    draw_meter(grid, row, width, "Equity", invested == 0 ? 0 : fabs(invested) / whole, TOP_GOOD,
               memory);
}

/* How many alerts are up, by severity; those resolved are history. */
static void draw_alerts(const struct top_model *model, struct top_grid *grid, int row, int column)
{
    const cJSON *alerts = ctl_member(model->status, "alerts");
    const cJSON *alert;
    int critical = 0;
    int warning = 0;
    char text[METER_TEXT_MAX] = "none";

    if (!cJSON_IsArray(alerts))
        return;
    cJSON_ArrayForEach(alert, alerts)
    {
        const cJSON *state = ctl_member(alert, "state");
        const cJSON *severity = ctl_member(alert, "severity");
        bool is_firing = cJSON_IsString(state) && strcmp(state->valuestring, "firing") == 0;
        bool is_critical =
            cJSON_IsString(severity) && strcmp(severity->valuestring, "critical") == 0;

        critical += is_firing && is_critical;
        warning += is_firing && !is_critical;
    }
    enum top_style style = critical > 0 ? TOP_BAD : TOP_WARNING;

    if (critical + warning > 0)
        (void)snprintf(text, sizeof text, "%d critical, %d warning", critical, warning);
    else
        style = TOP_GOOD;
    column += top_put(grid, row, column, grid->columns, TOP_METER, "alerts") + 1;
    top_put(grid, row, column, grid->columns, style, text);
}

void top_draw_head(const struct top_model *model, struct top_grid *grid)
{
    static void (*const meters[TOP_HEAD_ROWS])(const struct top_model *model, struct top_grid *grid,
                                               int row, int width) = {
        draw_health, draw_memory, draw_lag, draw_rate, draw_equity,
    };
    int half = grid->columns / 2;

    for (int row = 0; row < TOP_HEAD_ROWS; row++) {
        meters[row](model, grid, row, half);
        if (row < TOP_HEAD_ROWS - 1)
            draw_facts(model, &head[row], grid, row, half + GAP);
    }
    draw_alerts(model, grid, TOP_HEAD_ROWS - 1, half + GAP);
}
