/* The screens of `tickctl top` as data, and how a cell is written and coloured. */
#include "tickd/ops/ctl_top_table.h"

#include <math.h>
#include <string.h>

#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"
#include "tickd/ops/ctl_table.h"

enum { FILL_BAR = 10, FILL_TEXT_MAX = 32 };

static const struct top_column module_columns[] = {
    {"MODULE", "name", TOP_WORD, 14, TOP_PAINT_NAME},
    {"STATE", "state", TOP_WORD, 8, TOP_PAINT_STATE},
    {"OWES FOR", "owed_ms", TOP_FOR_MS, 9, TOP_PAINT_NONE},
    {"OWES", "owed", TOP_COUNT, 7, TOP_PAINT_NONE},
    {"HANDLED", "handled", TOP_COUNT, 13, TOP_PAINT_NONE},
    {"PUBLISHED", "published", TOP_COUNT, 12, TOP_PAINT_NONE},
    {"LONGEST us", "longest_us", TOP_REAL, 10, TOP_PAINT_NONE},
};

static const struct top_column symbol_columns[] = {
    {"SYMBOL", "symbol", TOP_WORD, 15, TOP_PAINT_NAME},
    {"STREAM", "stream", TOP_WORD, 8, TOP_PAINT_STATE},
    {"LAST", "last_price", TOP_DIGITS, 11, TOP_PAINT_NONE},
    {"AT (UTC)", "last_time_ms", TOP_CLOCK_MS, 12, TOP_PAINT_NONE},
    {"TRADES", "trades", TOP_COUNT, 11, TOP_PAINT_NONE},
    {"BARS", "bars", TOP_COUNT, 8, TOP_PAINT_NONE},
    {"LATE", "late", TOP_COUNT, 6, TOP_PAINT_DEBT},
    {"TWICE", "duplicate_prints", TOP_COUNT, 7, TOP_PAINT_NONE},
    {"FACTOR", "duplicate_factor", TOP_COUNT, 6, TOP_PAINT_NONE},
    {"VENUE", "venue", TOP_WORD, 12, TOP_PAINT_NONE},
};

static const struct top_column agent_columns[] = {
    {"ID", "id", TOP_COUNT, 3, TOP_PAINT_NONE},
    {"SPECIES", "species", TOP_WORD, 14, TOP_PAINT_NAME},
    {"VER", "version", TOP_COUNT, 4, TOP_PAINT_NONE},
    {"STATE", "state", TOP_WORD, 9, TOP_PAINT_STATE},
    {"WEIGHT", "weight", TOP_SHARE, 6, TOP_PAINT_NONE},
    {"WORTH", "mean_worth", TOP_REAL, 10, TOP_PAINT_SIGN},
    {"HITS", "hit_rate", TOP_SHARE, 6, TOP_PAINT_NONE},
    {"OVER COIN", "over_coin", TOP_REAL, 10, TOP_PAINT_SIGN},
    {"VOTES", "votes", TOP_COUNT, 8, TOP_PAINT_NONE},
    {"JUDGED", "judged", TOP_COUNT, 8, TOP_PAINT_NONE},
    {"REWARD", "mean_reward", TOP_REAL, 10, TOP_PAINT_SIGN},
    {"BRIER", "brier", TOP_REAL, 7, TOP_PAINT_NONE},
    {"SHARPE", "sharpe", TOP_REAL, 8, TOP_PAINT_SIGN},
    {"SORTINO", "sortino", TOP_REAL, 8, TOP_PAINT_SIGN},
    {"DRAWDOWN", "max_drawdown", TOP_REAL, 8, TOP_PAINT_NONE},
    {"TURNOVER", "turnover", TOP_REAL, 8, TOP_PAINT_NONE},
};

static const struct top_column position_columns[] = {
    {"SYMBOL", "symbol", TOP_WORD, 15, TOP_PAINT_NAME},
    {"QUANTITY", "quantity", TOP_DIGITS, 12, TOP_PAINT_NONE},
    {"AVERAGE", "average_price", TOP_DIGITS, 11, TOP_PAINT_NONE},
    {"LAST", "last_price", TOP_DIGITS, 11, TOP_PAINT_NONE},
    {"VALUE", "market_value", TOP_MONEY, 12, TOP_PAINT_NONE},
    {"UNREALISED", "unrealised_pnl", TOP_MONEY, 11, TOP_PAINT_SIGN},
};

/* Value and limit are in the text, and in the details. */
static const struct top_column alert_columns[] = {
    {"SEVERITY", "severity", TOP_WORD, 8, TOP_PAINT_NONE},
    {"STATE", "state", TOP_WORD, 8, TOP_PAINT_STATE},
    {"ALERT", "name", TOP_WORD, 16, TOP_PAINT_NAME},
    {"FOR", "since_us", TOP_SINCE_US, 9, TOP_PAINT_NONE},
    {"WHAT", "text", TOP_WORD, 40, TOP_PAINT_NONE},
};

static const struct top_column history_columns[] = {
    {"MODULE", "module", TOP_WORD, 14, TOP_PAINT_NONE},
    {"HISTORY", "name", TOP_WORD, 26, TOP_PAINT_NAME},
    {"FILL", "size", TOP_FILL, 16, TOP_PAINT_NONE},
    {"SIZE", "size", TOP_COUNT, 7, TOP_PAINT_NONE},
    {"CAPACITY", "capacity", TOP_COUNT, 8, TOP_PAINT_NONE},
    {"APPENDED", "appended", TOP_COUNT, 12, TOP_PAINT_NONE},
    {"OVERWRITTEN", "overwritten", TOP_COUNT, 12, TOP_PAINT_NONE},
    {"MEMORY", "bytes", TOP_BYTES, 9, TOP_PAINT_NONE},
};

#define COLUMNS(table) (table), (int)ARRAY_LENGTH(table)

enum { BY_WEIGHT = 4, BY_VALUE = 4, BY_STATE = 1 };

static const struct top_table tables[TOP_SCREEN_COUNT] = {
    [TOP_SCREEN_MODULES] = {"Modules",
                            "health.modules",
                            "no modules",
                            {"name", NULL},
                            COLUMNS(module_columns),
                            TOP_UNSORTED,
                            false},
    [TOP_SCREEN_FEED] = {"Feed",
                         NULL,
                         "no symbols yet",
                         {"symbol", NULL},
                         COLUMNS(symbol_columns),
                         TOP_UNSORTED,
                         false},
    [TOP_SCREEN_AGENTS] =
        {"Agents", "agents", "no agents", {"id", NULL}, COLUMNS(agent_columns), BY_WEIGHT, true},
    [TOP_SCREEN_POSITIONS] = {"Positions",
                              "portfolio.positions",
                              "no position is open",
                              {"symbol", NULL},
                              COLUMNS(position_columns),
                              BY_VALUE,
                              true},
    [TOP_SCREEN_ALERTS] =
        {"Alerts", "alerts", "no alerts", {"name", NULL}, COLUMNS(alert_columns), BY_STATE, true},
    [TOP_SCREEN_HISTORIES] = {"Histories",
                              "histories",
                              "no histories",
                              {"module", "name"},
                              COLUMNS(history_columns),
                              TOP_UNSORTED,
                              false},
};

const struct top_table *top_table(enum top_screen screen)
{
    return &tables[screen];
}

bool top_is_to_the_left(const struct top_column *column)
{
    return column->kind == TOP_WORD || column->kind == TOP_FILL;
}

/* Colours. */

static const struct {
    const char *word;
    enum top_style style;
} word_styles[] = {
    {"active", TOP_GOOD},
    {"streaming", TOP_GOOD},
    {"talking", TOP_GOOD},
    {"resolved", TOP_GOOD},
    {"ok", TOP_GOOD},
    {"idle", TOP_DIM},
    {"inactive", TOP_DIM},
    {"stopped", TOP_DIM},
    {"connecting", TOP_WARNING},
    {"connected", TOP_WARNING},
    {"subscribed", TOP_WARNING},
    {"backing_off", TOP_WARNING},
    {"lagging", TOP_WARNING},
    {"silent", TOP_WARNING},
    {"suspended", TOP_WARNING},
    {"warning", TOP_WARNING},
    {"pending", TOP_WARNING},
    {"stale", TOP_BAD},
    {"failed", TOP_BAD},
    {"refused", TOP_BAD},
    {"rejected", TOP_BAD},
    {"critical", TOP_BAD},
    {"firing", TOP_BAD},
};

enum top_style top_word_style(const char *word)
{
    for (size_t i = 0; i < ARRAY_LENGTH(word_styles); i++) {
        if (strcmp(word_styles[i].word, word) == 0)
            return word_styles[i].style;
    }
    return TOP_PLAIN;
}

bool top_value(const cJSON *value, double *number)
{
    int64_t decimal;

    if (cJSON_IsNumber(value)) {
        *number = value->valuedouble;
        return isfinite(*number);
    }
    if (!cJSON_IsString(value) ||
        decimal_parse(value->valuestring, strlen(value->valuestring), &decimal) != 0)
        return false;
    *number = decimal_to_double(decimal);
    return true;
}

enum top_style top_cell_style(const cJSON *row, const struct top_column *column)
{
    const cJSON *value = ctl_member(row, column->key);
    double number = 0;
    bool is_number = top_value(value, &number);

    switch (column->paint) {
    case TOP_PAINT_NONE:
        return TOP_PLAIN;
    case TOP_PAINT_NAME:
        return TOP_STRONG;
    case TOP_PAINT_STATE:
        return cJSON_IsString(value) ? top_word_style(value->valuestring) : TOP_PLAIN;
    case TOP_PAINT_SIGN:
        if (!is_number || number == 0)
            return TOP_PLAIN;
        return number > 0 ? TOP_GOOD : TOP_BAD;
    case TOP_PAINT_DEBT:
        return is_number && number > 0 ? TOP_WARNING : TOP_PLAIN;
    case TOP_PAINT_FLAG:
        return cJSON_IsTrue(value) ? TOP_BAD : TOP_PLAIN;
    }
    return TOP_PLAIN;
}

/* Cells. */

void top_add_money(struct text *out, const cJSON *value)
{
    char digits[CTL_CELL_MAX];
    double money;

    if (!top_value(value, &money)) {
        text_add_char(out, '-');
        return;
    }
    struct text whole;

    text_init(&whole, digits, sizeof digits);
    double cents = round(fabs(money) * 100);

    ctl_add_count(&whole, floor(cents / 100));
    text_format(out, "%s%s.%02.0f", money < 0 && cents > 0 ? "-" : "", digits, fmod(cents, 100));
}

/* "|||||      52%". */
static void add_fill(struct text *out, const cJSON *row)
{
    double size = 0;
    double capacity = 0;

    if (!top_value(ctl_member(row, "size"), &size) ||
        !top_value(ctl_member(row, "capacity"), &capacity) || capacity <= 0) {
        text_add_char(out, '-');
        return;
    }
    double share = fmin(fmax(size / capacity, 0), 1);
    int bars = (int)ceil(share * FILL_BAR);

    text_format(out, "%-*.*s %3.0f%%", FILL_BAR, bars, "||||||||||", floor(100 * share));
}

static void add_time_of_day(struct text *out, double time_ms)
{
    char stamp[CALENDAR_TEXT_MAX];

    if (!(fabs(time_ms) < 2.5e14)) { /* the calendar's last year */
        text_add_char(out, '-');
        return;
    }
    calendar_print_us((int64_t)time_ms * US_PER_MS, 3, stamp);
    const char *day_ends = strchr(stamp, 'T');

    text_add(out, day_ends != NULL ? day_ends + 1 : stamp);
    if (out->length > 0 && out->data[out->length - 1] == 'Z')
        out->data[--out->length] = '\0';
}

static void add_number(const struct top_model *model, struct text *out, double number,
                       enum top_kind kind)
{
    double since;

    switch (kind) {
    case TOP_COUNT:
        ctl_add_count(out, number);
        break;
    case TOP_REAL:
        text_format(out, "%.4g", number);
        break;
    case TOP_SHARE:
        text_format(out, "%.1f%%", 100 * number);
        break;
    case TOP_BYTES:
        ctl_add_bytes(out, number);
        break;
    case TOP_FOR_MS:
        ctl_add_duration(out, number);
        break;
    case TOP_FOR_S:
        ctl_add_duration(out, number * MS_PER_S);
        break;
    case TOP_SINCE_US:
        since = top_number(model, "time.engine_us", number) - number;
        ctl_add_duration(out, floor(fmax(since, 0) / US_PER_S) * MS_PER_S);
        break;
    case TOP_CLOCK_MS:
        add_time_of_day(out, number);
        break;
    case TOP_WORD:
    case TOP_DIGITS:
    case TOP_MONEY:
    case TOP_FILL:
        text_format(out, "%.10g", number);
        break;
    }
}

void top_add_cell(const struct top_model *model, const cJSON *row, const struct top_column *column,
                  struct text *out)
{
    const cJSON *value = ctl_member(row, column->key);
    bool is_text = column->kind == TOP_WORD || column->kind == TOP_DIGITS;
    double number;

    if (column->kind == TOP_FILL)
        add_fill(out, row);
    else if (column->kind == TOP_MONEY)
        top_add_money(out, value);
    else if (is_text || !top_value(value, &number))
        ctl_add_cell(out, value, CELL_TEXT);
    else
        add_number(model, out, number, column->kind);
}
