/* Lists of the control socket, from the engine's readers. */
#include "tickd/ops/control_rows.h"

#include <string.h>

static void print_modules_of(struct json *json, const char *key, uint32_t modules)
{
    json_begin_list(json, key);
    for (uint32_t id = 0; id < MODULE_COUNT; id++) {
        if ((modules >> id & 1U) != 0)
            json_text(json, NULL, module_id_name((enum module_id)id));
    }
    json_end(json);
}

static void print_minute(const struct health_minute *minute, struct json *json)
{
    json_begin_object(json, NULL);
    json_integer(json, "time_us", minute->time_us);
    json_real(json, "score", minute->score);
    json_count(json, "rss_bytes", minute->rss_bytes);
    json_count(json, "allocated_bytes", minute->allocated_bytes);
    json_integer(json, "loop_lag_us", minute->loop_lag_us);
    print_modules_of(json, "lagging", minute->lagging);
    print_modules_of(json, "stale", minute->stale);
    json_begin_list(json, "staleness");
    for (size_t i = 0; i < STALENESS_CLASSES; i++)
        json_count(json, NULL, minute->staleness[i]);
    json_end(json);
    json_end(json);
}

void control_print_minutes(const struct engine *engine, size_t count, size_t skip,
                           struct json *json)
{
    size_t there = skip;

    while (there < skip + count && engine_health_minute(engine, there) != NULL)
        there++;
    for (size_t i = there; i > skip && !json->out->cut; i--)
        print_minute(engine_health_minute(engine, i - 1), json);
}

/* Something that is not there yet is null. */
static void print_optional(struct json *json, const char *key, int64_t value)
{
    if (value == 0)
        json_null(json, key);
    else
        json_integer(json, key, value);
}

static void print_price(struct json *json, const char *key, int64_t price)
{
    if (price == 0)
        json_null(json, key);
    else
        json_money(json, key, price);
}

static void print_symbol(const struct symbol_view *view, struct json *json)
{
    json_begin_object(json, NULL);
    json_text(json, "symbol", view->name);
    json_text(json, "venue", view->venue);
    print_price(json, "last_price", view->last_price);
    print_optional(json, "last_time_ms", view->last_time_ms);
    print_optional(json, "last_received_us", view->last_received_us);
    json_count(json, "trades", view->trades);
    json_count(json, "bars", view->bars);
    json_count(json, "late", view->late);
    json_count(json, "duplicate_prints", view->duplicate_prints);
    json_count(json, "duplicate_factor", view->duplicate_factor);
    json_text(json, "stream", stream_state_name(view->stream));
    json_end(json);
}

void control_print_symbols(struct engine *engine, struct json *json)
{
    uint16_t count = engine_symbols(engine)->count;

    for (uint16_t id = 0; id < count && !json->out->cut; id++) {
        struct symbol_view view;

        if (engine_symbol(engine, id, &view))
            print_symbol(&view, json);
    }
}

static void print_indicators(const struct indicators *indicators, struct json *json)
{
    json_begin_object(json, "indicators");
#define X(name, unit, help) json_real(json, #name, indicators->name);
    INDICATORS(X)
#undef X
    json_end(json);
}

/* The fields of a BAR, as its table has them and as a dump shows them. */
#define PRINT_TIME_MS(name, detail) json_integer(json, #name, bar->name);
#define PRINT_MONEY(name, detail) json_money(json, #name, bar->name);
#define PRINT_PRICE_OR_NONE(name, detail) print_price(json, #name, bar->name);
#define PRINT_INTEGER(name, detail) json_integer(json, #name, bar->name);
#define PRINT_REAL(name, detail) json_real(json, #name, bar->name);
#define PRINT_INDICATORS(name, detail) print_indicators(&bar->name, json);
#define PRINT_WORD(name, detail) json_count(json, #name, bar->name);
#define PRINT_CHOICE(name, detail) json_text(json, #name, detail(bar->name));
#define PRINT_FLAG(name, detail) json_flag(json, #name, bar->name != 0);
#define PRINT_FIELD(kind, name, detail) PRINT_##kind(name, detail)

static void print_bar(const struct bar_message *bar, struct json *json)
{
    json_begin_object(json, NULL);
    BAR_FIELDS(PRINT_FIELD)
    json_end(json);
}

void control_print_bars(const struct engine *engine, uint16_t symbol, size_t count, size_t skip,
                        struct json *json)
{
    size_t there = skip;

    while (there < skip + count && engine_bar(engine, symbol, there) != NULL)
        there++;
    for (size_t i = there; i > skip && !json->out->cut; i--)
        print_bar(engine_bar(engine, symbol, i - 1), json);
}

void control_print_settings(const struct settings *settings, const struct config_origins *origins,
                            struct json *json)
{
    for (size_t i = 0; i < settings_count(); i++) {
        const struct setting *setting = settings_key(i);
        const struct config_origin *origin = &origins->keys[i];

        json_begin_object(json, NULL);
        json_text(json, "key", setting->key);
        json_raw(json, "value");
        settings_print_shown(settings, setting, json->out);
        json_text(json, "unit", setting->unit);
        json_text(json, "origin", setting_origin_name(origin->origin));
        if (origin->origin == ORIGIN_FILE)
            json_count(json, "line", origin->line);
        json_end(json);
    }
}

/* Histories. */

static bool is_meant(const struct history *history, const char *name)
{
    size_t module_length = strlen(history->module);

    if (strcmp(history->name, name) == 0)
        return true;
    return strncmp(history->module, name, module_length) == 0 && name[module_length] == '/' &&
           strcmp(name + module_length + 1, history->name) == 0;
}

static const struct history *only_one_of_module(const struct status *status, const char *module)
{
    const struct history *found = NULL;

    for (size_t i = 0; i < status->history_count; i++) {
        const struct history *history = &status->histories[i];

        if (strcmp(history->module, module) != 0)
            continue;
        if (found != NULL)
            return NULL;
        found = history;
    }
    return found;
}

const struct history *control_find_history(const struct status *status, const char *name,
                                           struct rpc_fault *fault)
{
    for (size_t i = 0; i < status->history_count; i++) {
        if (is_meant(&status->histories[i], name))
            return &status->histories[i];
    }
    const struct history *found = only_one_of_module(status, name);

    if (found != NULL)
        return found;
    rpc_fault_set(fault, RPC_NOT_FOUND, "there is no history \"%.40s\"; allowed:", name);
    for (size_t i = 0; i < status->history_count; i++)
        text_format(&fault->message, "%s %s/%s", i == 0 ? "" : ",", status->histories[i].module,
                    status->histories[i].name);
    return NULL;
}

static void print_messages(struct engine *engine, size_t count, size_t skip, struct json *json)
{
    const struct ring *log = bus_log(engine_bus(engine));
    size_t size = ring_size(log);
    size_t there = skip + count < size ? skip + count : size;

    for (size_t i = there; i > skip && !json->out->cut; i--) {
        json_raw(json, NULL);
        message_print_json(ring_newest(log, i - 1), engine_symbols(engine), json->out);
    }
}

/* Whether it is of the symbol that is asked for. */
static bool is_of(const struct message *message, const struct control_range *range)
{
    return range->symbol == SYMBOL_NONE || message->head.symbol == range->symbol;
}

void control_print_entries(struct engine *engine, const char *module, const char *name,
                           struct control_range range, struct json *json)
{
    struct message message;
    size_t first = 0; /* entries before it are skipped */
    size_t there = 0;
    size_t found = 0;

    while (found < range.skip + range.count &&
           engine_history_message(engine, module, name, there, &message)) {
        found += is_of(&message, &range);
        there++;
        first = found <= range.skip ? there : first;
    }
    for (size_t i = there; i > first && !json->out->cut; i--) {
        memset(&message, 0, sizeof message);
        if (!engine_history_message(engine, module, name, i - 1, &message))
            break;
        if (!is_of(&message, &range))
            continue;
        json_raw(json, NULL);
        message_print_json(&message, engine_symbols(engine), json->out);
    }
}

static void print_minutes(struct engine *engine, size_t count, size_t skip, struct json *json)
{
    control_print_minutes(engine, count, skip, json);
}

/* Who reads which history. Bars are kept for each symbol apart. */
static const struct {
    const char *module;
    const char *name;
    void (*print)(struct engine *engine, size_t count, size_t skip, struct json *json);
    const char *instead;
} readers[] = {
    {"bus", "message_log", print_messages, NULL},
    {"monitor", "health", print_minutes, NULL},
    {"market", "bars", NULL, "bars SYMBOL [N]"},
    {"evolution", "agent_performance_history", NULL, "agent ID"},
    {"explain", "explanations", NULL, "explain SEQ"},
};

void control_print_history(struct engine *engine, const struct history *history, size_t count,
                           size_t skip, struct json *json, struct rpc_fault *fault)
{
    const char *instead = "histories";

    for (size_t i = 0; i < ARRAY_LENGTH(readers); i++) {
        if (strcmp(readers[i].module, history->module) != 0 ||
            strcmp(readers[i].name, history->name) != 0)
            continue;
        if (readers[i].print != NULL) {
            json_begin_rows(json, NULL);
            readers[i].print(engine, count, skip, json);
            json_end(json);
            return;
        }
        instead = readers[i].instead;
    }
    if (strcmp(instead, "histories") == 0) {
        json_begin_rows(json, NULL);
        control_print_entries(engine, history->module, history->name,
                              (struct control_range){count, skip, SYMBOL_NONE}, json);
        json_end(json);
        return;
    }
    rpc_fault_set(fault, RPC_INVALID_PARAMS, "%s/%s is not listed entry by entry; ask: %s",
                  history->module, history->name, instead);
}
