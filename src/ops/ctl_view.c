/* Which result is shown how: a table of columns for each list, a line for the rest. */
#include "tickd/ops/ctl_view.h"

#include <string.h>

#include "tickd/ops/ctl_table.h"

enum { LINE_MAX_BYTES = 4096 };

static const struct ctl_column module_columns[] = {
    {"MODULE", "name", CELL_TEXT},           {"STATE", "state", CELL_TEXT},
    {"OWES FOR", "owed_ms", CELL_MS},        {"OWES", "owed", CELL_NUMBER},
    {"HANDLED", "handled", CELL_NUMBER},     {"PUBLISHED", "published", CELL_NUMBER},
    {"LONGEST us", "longest_us", CELL_REAL},
};

static const struct ctl_column history_columns[] = {
    {"MODULE", "module", CELL_TEXT},       {"HISTORY", "name", CELL_TEXT},
    {"SIZE", "size", CELL_NUMBER},         {"CAPACITY", "capacity", CELL_NUMBER},
    {"APPENDED", "appended", CELL_NUMBER}, {"OVERWRITTEN", "overwritten", CELL_NUMBER},
    {"MEMORY", "bytes", CELL_BYTES},
};

static const struct ctl_column symbol_columns[] = {
    {"SYMBOL", "symbol", CELL_TEXT},
    {"VENUE", "venue", CELL_TEXT},
    {"LAST", "last_price", CELL_REAL},
    {"LAST TRADE (UTC)", "last_time_ms", CELL_TIME_MS},
    {"TRADES", "trades", CELL_NUMBER},
    {"BARS", "bars", CELL_NUMBER},
    {"LATE", "late", CELL_NUMBER},
    {"TWICE", "duplicate_prints", CELL_NUMBER},
    {"FACTOR", "duplicate_factor", CELL_NUMBER},
    {"STREAM", "stream", CELL_TEXT},
};

static const struct ctl_column bar_columns[] = {
    {"START (UTC)", "start_ms", CELL_TIME_MS},
    {"OPEN", "open", CELL_REAL},
    {"HIGH", "high", CELL_REAL},
    {"LOW", "low", CELL_REAL},
    {"CLOSE", "close", CELL_REAL},
    {"VOLUME", "volume", CELL_REAL},
    {"TRADES", "trades", CELL_NUMBER},
    {"VWAP", "vwap", CELL_REAL},
    {"RSI14", "indicators.rsi14", CELL_REAL},
    {"MACD", "indicators.macd", CELL_REAL},
    {"ATR14", "indicators.atr14", CELL_REAL},
    {"%B", "indicators.percent_b", CELL_REAL},
    {"RETURN", "horizon_return", CELL_REAL},
};

/* Values last: some are long. */
static const struct ctl_column setting_columns[] = {
    {"KEY", "key", CELL_TEXT},   {"FROM", "origin", CELL_TEXT}, {"LINE", "line", CELL_NUMBER},
    {"UNIT", "unit", CELL_TEXT}, {"VALUE", "value", CELL_LIST},
};

static const struct ctl_column help_columns[] = {
    {"COMMAND", "command", CELL_TEXT},
    {"ARGUMENTS", "arguments", CELL_TEXT},
    {"WHO", "who", CELL_TEXT},
    {"", "help", CELL_TEXT},
};

static const struct ctl_column minute_columns[] = {
    {"MINUTE (UTC)", "time_us", CELL_TIME_US}, {"SCORE", "score", CELL_NUMBER},
    {"RSS", "rss_bytes", CELL_BYTES},          {"ALLOCATED", "allocated_bytes", CELL_BYTES},
    {"LAGGING", "lagging", CELL_LIST},         {"STALE", "stale", CELL_LIST},
};

static const struct ctl_column agent_columns[] = {
    {"ID", "id", CELL_NUMBER},
    {"SPECIES", "species", CELL_TEXT},
    {"VERSION", "version", CELL_NUMBER},
    {"STATE", "state", CELL_TEXT},
    {"WEIGHT", "weight", CELL_REAL},
    {"WORTH", "mean_worth", CELL_REAL},
    {"REWARD", "mean_reward", CELL_REAL},
    {"HITS", "hit_rate", CELL_REAL},
    {"BRIER", "brier", CELL_REAL},
    {"SHARPE", "sharpe", CELL_REAL},
    {"OVER COIN", "over_coin", CELL_REAL},
    {"VOTES", "votes", CELL_NUMBER},
    {"JUDGED", "judged", CELL_NUMBER},
};

static const struct ctl_column version_columns[] = {
    {"VERSION", "version", CELL_NUMBER},      {"PARENT", "parent", CELL_NUMBER},
    {"SINCE (UTC)", "time_us", CELL_TIME_US}, {"REASON", "reason", CELL_TEXT},
    {"FITNESS", "fitness", CELL_REAL},        {"REWARD", "mean_reward", CELL_REAL},
    {"JUDGED", "judged", CELL_NUMBER},        {"PARAMETERS", "parameters", CELL_VALUE},
};

static const struct ctl_column performance_columns[] = {
    {"UNTIL (UTC)", "bar_start_ms", CELL_TIME_MS},
    {"EARNED", "earned", CELL_REAL},
    {"SCORED", "scored", CELL_NUMBER},
    {"VERSION", "version", CELL_NUMBER},
};

static const struct ctl_column position_columns[] = {
    {"SYMBOL", "symbol", CELL_TEXT},
    {"QUANTITY", "quantity", CELL_TEXT},
    {"AVERAGE PRICE", "average_price", CELL_TEXT},
    {"LAST PRICE", "last_price", CELL_TEXT},
    {"MARKET VALUE", "market_value", CELL_TEXT},
    {"UNREALISED P&L", "unrealised_pnl", CELL_TEXT},
};

static const struct ctl_column fill_columns[] = {
    {"SEQ", "seq", CELL_NUMBER},         {"TIME (UTC)", "time_us", CELL_TIME_US},
    {"SYMBOL", "symbol", CELL_TEXT},     {"SIDE", "side", CELL_TEXT},
    {"QUANTITY", "quantity", CELL_TEXT}, {"PRICE", "price", CELL_TEXT},
    {"FEE", "fee", CELL_TEXT},           {"REALISED P&L", "realised_pnl", CELL_TEXT},
    {"POSITION", "position", CELL_TEXT}, {"FOR", "purpose", CELL_TEXT},
};

static const struct ctl_column decision_columns[] = {
    {"SEQ", "seq", CELL_NUMBER},           {"TIME (UTC)", "time_us", CELL_TIME_US},
    {"SYMBOL", "symbol", CELL_TEXT},       {"SIDE", "side", CELL_TEXT},
    {"SCORE", "score", CELL_REAL},         {"SUPPORT", "support", CELL_REAL},
    {"QUORUM", "quorum", CELL_REAL},       {"DISSENT", "dissent", CELL_REAL},
    {"ROBUST", "robustness", CELL_NUMBER}, {"REASON", "reason", CELL_TEXT},
};

#define PRINT_TABLE(out, list, columns) ctl_print_table(out, list, columns, ARRAY_LENGTH(columns))

static void print_health(FILE *out, const cJSON *health)
{
    char memory[CTL_CELL_MAX];
    struct text score;

    text_init(&score, memory, sizeof memory);
    ctl_add_cell(&score, ctl_member(health, "score"), CELL_NUMBER);
    fprintf(out, "health %s%%\n\n", memory);
    PRINT_TABLE(out, ctl_member(health, "modules"), module_columns);
    fputc('\n', out);
    PRINT_TABLE(out, ctl_member(health, "minutes"), minute_columns);
}

static void print_agent(FILE *out, const cJSON *agent)
{
    char memory[CTL_CELL_MAX];
    struct text line;

    text_init(&line, memory, sizeof memory);
    text_add(&line, "agent ");
    ctl_add_cell(&line, ctl_member(agent, "id"), CELL_NUMBER);
    text_add(&line, ", ");
    ctl_add_cell(&line, ctl_member(agent, "species"), CELL_TEXT);
    text_add(&line, ", ");
    ctl_add_cell(&line, ctl_member(agent, "state"), CELL_TEXT);
    text_add(&line, ", weight ");
    ctl_add_cell(&line, ctl_member(agent, "weight"), CELL_REAL);
    fprintf(out, "%s\n", memory);
    text_clear(&line);
    ctl_add_cell(&line, ctl_member(agent, "reference"), CELL_TEXT);
    fprintf(out, "%s\n\n", memory);
    PRINT_TABLE(out, ctl_member(agent, "versions"), version_columns);
    fputc('\n', out);
    PRINT_TABLE(out, ctl_member(agent, "performance"), performance_columns);
}

static void print_positions(FILE *out, const cJSON *result)
{
    char memory[CTL_CELL_MAX];
    struct text line;

    text_init(&line, memory, sizeof memory);
    text_add(&line, "equity ");
    ctl_add_cell(&line, ctl_member(result, "equity"), CELL_TEXT);
    text_add(&line, ", cash ");
    ctl_add_cell(&line, ctl_member(result, "cash"), CELL_TEXT);
    text_add(&line, ", unrealised ");
    ctl_add_cell(&line, ctl_member(result, "unrealised_pnl"), CELL_TEXT);
    text_add(&line, cJSON_IsTrue(ctl_member(result, "halted")) ? ", halted" : "");
    fprintf(out, "%s\n\n", memory);
    PRINT_TABLE(out, ctl_member(result, "positions"), position_columns);
}

static void print_lines(FILE *out, const cJSON *result)
{
    char memory[LINE_MAX_BYTES];
    struct text line;
    const cJSON *entry;

    cJSON_ArrayForEach(entry, ctl_member(result, "lines"))
    {
        text_init(&line, memory, sizeof memory);
        if (cJSON_IsString(entry))
            ctl_add_clean(&line, entry->valuestring);
        fprintf(out, "%s\n", memory);
    }
}

/* Entries of a history: messages line by line, all else in a table. */
static void print_history(FILE *out, const cJSON *list)
{
    const cJSON *entry;

    if (!cJSON_HasObjectItem(list->child, "topic")) {
        PRINT_TABLE(out, list, minute_columns);
        return;
    }
    for (entry = list->child; entry != NULL; entry = entry->next)
        ctl_print_message(out, entry);
}

static bool is_head(const char *key)
{
    return strcmp(key, "seq") == 0 || strcmp(key, "time_us") == 0 || strcmp(key, "topic") == 0 ||
           strcmp(key, "symbol") == 0 || strcmp(key, "sender") == 0 || strcmp(key, "cause") == 0 ||
           strcmp(key, "indicators") == 0;
}

void ctl_print_message(FILE *out, const cJSON *message)
{
    char memory[LINE_MAX_BYTES];
    struct text line;
    const cJSON *field;

    text_init(&line, memory, sizeof memory);
    ctl_add_cell(&line, ctl_member(message, "time_us"), CELL_TIME_US);
    text_add_char(&line, ' ');
    ctl_add_cell(&line, ctl_member(message, "topic"), CELL_TEXT);
    text_add_char(&line, ' ');
    ctl_add_cell(&line, ctl_member(message, "symbol"), CELL_TEXT);
    cJSON_ArrayForEach(field, message)
    {
        if (field->string == NULL || is_head(field->string))
            continue;
        text_add_char(&line, ' ');
        ctl_add_clean(&line, field->string);
        text_add_char(&line, '=');
        ctl_add_cell(&line, field, CELL_VALUE);
    }
    fprintf(out, "%s\n", memory);
}

/* An object in a line: "state=healthy waited_ms=120". */
static void print_object(FILE *out, const cJSON *object)
{
    char memory[LINE_MAX_BYTES];
    struct text line;
    const cJSON *member;

    text_init(&line, memory, sizeof memory);
    cJSON_ArrayForEach(member, object)
    {
        text_add(&line, line.length > 0 ? " " : "");
        ctl_add_clean(&line, member->string != NULL ? member->string : "");
        text_add_char(&line, '=');
        ctl_add_cell(&line, member, CELL_VALUE);
    }
    fprintf(out, "%s\n", memory);
}

void ctl_print_result(FILE *out, enum control_id command, const cJSON *result)
{
    switch (command) {
    case CONTROL_STATUS:
        ctl_print_status(out, result);
        break;
    case CONTROL_HEALTH:
        print_health(out, result);
        break;
    case CONTROL_MODULES:
        PRINT_TABLE(out, result, module_columns);
        break;
    case CONTROL_HISTORIES:
        PRINT_TABLE(out, result, history_columns);
        break;
    case CONTROL_HISTORY:
        print_history(out, result);
        break;
    case CONTROL_SYMBOLS:
        PRINT_TABLE(out, result, symbol_columns);
        break;
    case CONTROL_BARS:
        PRINT_TABLE(out, result, bar_columns);
        break;
    case CONTROL_AGENTS:
        PRINT_TABLE(out, result, agent_columns);
        break;
    case CONTROL_AGENT:
        print_agent(out, result);
        break;
    case CONTROL_POSITIONS:
        print_positions(out, result);
        break;
    case CONTROL_TRADES:
        PRINT_TABLE(out, result, fill_columns);
        break;
    case CONTROL_DECISIONS:
        PRINT_TABLE(out, result, decision_columns);
        break;
    case CONTROL_ALERTS:
        ctl_print_alerts(out, result);
        break;
    case CONTROL_EXPLAIN:
        print_lines(out, result);
        break;
    case CONTROL_CONFIG:
        PRINT_TABLE(out, result, setting_columns);
        break;
    case CONTROL_HELP:
        PRINT_TABLE(out, result, help_columns);
        break;
    case CONTROL_VERSION:
    case CONTROL_WAIT:
    case CONTROL_WATCH:
    case CONTROL_SUSPEND:
    case CONTROL_RESUME:
    case CONTROL_ROLLBACK:
    case CONTROL_HALT:
    case CONTROL_UNHALT:
    case CONTROL_FLATTEN:
    case CONTROL_LOG:
    case CONTROL_RELOAD:
    case CONTROL_ROTATE:
    case CONTROL_SHUTDOWN:
    case CONTROL_COMMAND_COUNT:
        print_object(out, result);
        break;
    }
}
