/* Finnhub's messages as texts. The order of keys is part of what is imitated. */
#include "tickd/feed/encode.h"

#include <string.h>

#include "tickd/base/decimal.h"
#include "tickd/market/conditions.h"

/* A code that Finnhub has no meaning for, for CONDITION_UNKNOWN. */
#define UNKNOWN_CODE "\"99\""

/* Below 1e-6, JavaScript (ECMA-262, Number::toString) and Go (encoding/json) write an exponent. */
enum { PLAIN_UNITS_MIN = 100 };

static void add_small(struct text *out, int64_t units)
{
    if (units < 10)
        text_format(out, "%de-8", (int)units);
    else if (units % 10 == 0)
        text_format(out, "%de-7", (int)units / 10);
    else
        text_format(out, "%d.%de-7", (int)units / 10, (int)units % 10);
}

static void add_decimal(struct text *out, int64_t value)
{
    char number[DECIMAL_TEXT_MAX];

    if (value > 0 && value < PLAIN_UNITS_MIN)
        add_small(out, value);
    else
        text_add_bytes(out, number, decimal_print(value, number));
}

static void add_whole(struct text *out, int64_t value)
{
    text_format(out, "%lld", (long long)value);
}

static void add_string(struct text *out, const char *string)
{
    text_add_json(out, string, strlen(string));
}

static void add_codes(struct text *out, uint64_t conditions)
{
    const char *separator = "";

    text_add_char(out, '[');
    for (unsigned code = 1; code <= CONDITION_CODE_MAX; code++) {
        if ((conditions >> code & 1) == 0)
            continue;
        text_format(out, "%s\"%u\"", separator, code);
        separator = ",";
    }
    if ((conditions >> CONDITION_UNKNOWN & 1) != 0) {
        text_add(out, separator);
        text_add(out, UNKNOWN_CODE);
    }
    text_add_char(out, ']');
}

static void add_conditions(struct text *out, const struct wire_trade *trade)
{
    switch (trade->form) {
    case CONDITIONS_NULL:
        text_add(out, "\"c\":null,");
        return;
    case CONDITIONS_ABSENT:
        return;
    case CONDITIONS_EMPTY:
        text_add(out, "\"c\":[],");
        return;
    case CONDITIONS_LIST:
        text_add(out, "\"c\":");
        add_codes(out, trade->conditions);
        text_add_char(out, ',');
        return;
    }
}

/* {"c":…,"p":…,"s":…,"t":…,"v":…} */
static void add_entry_alphabetic(struct text *out, const struct wire_trade *trade)
{
    text_add_char(out, '{');
    add_conditions(out, trade);
    text_add(out, "\"p\":");
    add_decimal(out, trade->price);
    text_add(out, ",\"s\":");
    add_string(out, trade->symbol);
    text_add(out, ",\"t\":");
    add_whole(out, trade->time_ms);
    text_add(out, ",\"v\":");
    add_decimal(out, trade->volume);
    text_add_char(out, '}');
}

/* {"t":…,"p":…,"v":…,"c":…,"s":…} */
static void add_entry_by_time(struct text *out, const struct wire_trade *trade)
{
    text_add(out, "{\"t\":");
    add_whole(out, trade->time_ms);
    text_add(out, ",\"p\":");
    add_decimal(out, trade->price);
    text_add(out, ",\"v\":");
    add_decimal(out, trade->volume);
    text_add_char(out, ',');
    add_conditions(out, trade);
    text_add(out, "\"s\":");
    add_string(out, trade->symbol);
    text_add_char(out, '}');
}

void encode_trades(struct text *out, const struct wire_trade *trades, size_t count,
                   enum key_order order)
{
    text_add(out, order == KEYS_TYPE_FIRST ? "{\"type\":\"trade\",\"data\":[" : "{\"data\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            text_add_char(out, ',');
        if (order == KEYS_TYPE_FIRST)
            add_entry_by_time(out, &trades[i]);
        else
            add_entry_alphabetic(out, &trades[i]);
    }
    text_add(out, order == KEYS_TYPE_FIRST ? "]}" : "],\"type\":\"trade\"}");
}

static void add_request(struct text *out, const char *type, const char *symbol, size_t length)
{
    text_format(out, "{\"type\":\"%s\",\"symbol\":", type);
    text_add_json(out, symbol, length);
    text_add_char(out, '}');
}

void encode_subscribe(struct text *out, const char *symbol, size_t length)
{
    add_request(out, "subscribe", symbol, length);
}

void encode_unsubscribe(struct text *out, const char *symbol, size_t length)
{
    add_request(out, "unsubscribe", symbol, length);
}

void encode_ping(struct text *out)
{
    text_add(out, "{\"type\":\"ping\"}");
}

void encode_error(struct text *out, const char *message)
{
    text_add(out, "{\"msg\":");
    add_string(out, message);
    text_add(out, ",\"type\":\"error\"}");
}

void encode_news(struct text *out, const struct wire_news *news)
{
    text_add(out, "{\"data\":[{\"category\":\"company\",\"datetime\":");
    add_whole(out, news->time_s);
    text_add(out, ",\"headline\":");
    add_string(out, news->headline);
    text_add(out, ",\"id\":");
    add_whole(out, news->id);
    text_add(out, ",\"image\":\"\",\"related\":");
    add_string(out, news->symbol);
    text_add(out, ",\"source\":\"\",\"summary\":");
    add_string(out, news->summary);
    text_add(out, ",\"url\":\"\"}],\"type\":\"news\"}");
}
