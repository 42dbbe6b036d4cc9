/* Messages beside the trades. In the templates '@' stands for a symbol as a JSON string, '#' for a
 * time in milliseconds. */
#include "tickd/sim/extras.h"

#include <inttypes.h>
#include <string.h>

#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"

enum { NESTING = 3000, PRESS_RELEASE_EVERY = 4 };

static const char *const unknown_types[] = {
    "{\"type\":\"halt\",\"data\":[{\"s\":@,\"t\":#}]}",
    "{\"type\":\"quote\",\"data\":[{\"s\":@,\"t\":#,\"b\":1.25,\"a\":1.26}]}",
    "{\"data\":{\"deep\":[[[{\"s\":@}]]]},\"type\":\"trades\"}",
    "{\"type\":\"\",\"data\":[]}",
    "{\"type\":\"TRADE\",\"data\":[{\"t\":#,\"p\":1,\"v\":1,\"c\":null,\"s\":@}]}",
};

static const char *const garbage[] = {
    "garbage",
    "{",
    "}{",
    "{\"type\":\"trade\",\"data\":[{\"t\":#,\"p\":1,\"v\":1,\"s\":@},]}",
    "{'type':'trade','data':[]}",
    "{\"type\":\"trade\" \"data\":[]}",
    "{\"type\":trade}",
    "<html><body>502 Bad Gateway</body></html>",
    "{\"type\":\"trade\",\"data\":[{\"t\":#,\"p\":01,\"v\":1,\"s\":@}]}",
    "{\"type\":\"trade\",\"data\":[{\"t\":#,\"p\":NaN,\"v\":1,\"s\":@}]}",
};

/* Each entry lacks a field or has one that cannot be used; all else is well formed. */
static const char *const bad_entries[] = {
    "{\"type\":\"trade\",\"data\":[{\"t\":#,\"v\":1,\"c\":[\"1\"],\"s\":@}]}",
    "{\"type\":\"trade\",\"data\":[{\"t\":#,\"p\":\"1.5\",\"v\":1,\"c\":[\"1\"],\"s\":@}]}",
    "{\"data\":[{\"c\":null,\"p\":-1.5,\"s\":@,\"t\":#,\"v\":1}],\"type\":\"trade\"}",
    "{\"data\":[{\"c\":null,\"p\":0,\"s\":@,\"t\":#,\"v\":1}],\"type\":\"trade\"}",
    "{\"data\":[{\"c\":null,\"p\":1e300,\"s\":@,\"t\":#,\"v\":1}],\"type\":\"trade\"}",
    "{\"data\":[{\"c\":null,\"p\":1.5,\"s\":@,\"t\":#,\"v\":-1}],\"type\":\"trade\"}",
    "{\"data\":[{\"c\":null,\"p\":1.5,\"s\":@,\"t\":#}],\"type\":\"trade\"}",
    "{\"data\":[{\"c\":null,\"p\":1.5,\"s\":@,\"t\":null,\"v\":1}],\"type\":\"trade\"}",
    "{\"data\":[{\"c\":null,\"p\":1.5,\"s\":@,\"t\":12,\"v\":1}],\"type\":\"trade\"}",
    "{\"data\":[{\"c\":null,\"p\":1.5,\"s\":17,\"t\":#,\"v\":1}],\"type\":\"trade\"}",
    "{\"data\":[{\"c\":null,\"p\":1.5,\"t\":#,\"v\":1}],\"type\":\"trade\"}",
    "{\"data\":[17,null,\"x\",[],{}],\"type\":\"trade\"}",
};

static const char *const empty[] = {"", "{\"type\":\"trade\",\"data\":[]}",
                                    "{\"data\":null,\"type\":\"trade\"}"};

/* A byte that never appears, an overlong '/', a surrogate, a sequence that is cut off. */
static const char *const invalid_utf8[] = {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe2\x82"};

static const char press_release[] = "{\"data\":[{\"datetime\":#,\"headline\":\"A press release "
                                    "\\u2013 \\\"escaped\\\"\",\"symbol\":@}],"
                                    "\"type\":\"pr\"}";

static const char *const summaries[] = {
    "... (\"Can\") ... \\ / \t and a line\nbreak",
    "Umsätze, Überraschung, naïve façade — 日本株 📈",
    "",
};

static void fill_in(struct text *text, const char *template, const struct sim_frame *frame)
{
    const struct wire_trade *trade = &frame->entries[0].wire;
    for (const char *at = template; *at != '\0'; at++) {
        if (*at == '@') {
            text_add_json(text, trade->symbol, strlen(trade->symbol));
        } else if (*at == '#') {
            text_format(text, "%" PRId64, trade->time_ms);
        } else {
            text_add_char(text, *at);
        }
    }
}

static void add_news(struct text *text, uint64_t turn, const struct sim_frame *frame)
{
    const struct wire_trade *trade = &frame->entries[0].wire;
    if (turn % PRESS_RELEASE_EVERY == 1) {
        fill_in(text, press_release, frame);
        return;
    }
    const struct wire_news news = {.symbol = trade->symbol,
                                   .headline = "A \"headline\" with quotes",
                                   .summary = summaries[turn % ARRAY_LENGTH(summaries)],
                                   .time_s = trade->time_ms / MS_PER_S,
                                   .id = 119440189 + (int64_t)turn};
    encode_news(text, &news);
}

static void add_trades(struct text *text, const struct sim_frame *frame)
{
    encode_trades(text, &frame->entries[0].wire, 1, frame->order);
}

static void add_truncated(struct text *text, uint64_t turn, const struct sim_frame *frame)
{
    add_trades(text, frame);
    text->length = text->length > 1 ? 1 + turn % (text->length - 1) : 0;
    text->data[text->length] = '\0';
}

static void add_stranger(struct text *text, const struct sim_frame *frame)
{
    struct wire_trade trade = frame->entries[0].wire;
    trade.symbol = "STRANGER";
    trade.price = DECIMAL_ONE;
    trade.volume = DECIMAL_ONE;
    encode_trades(text, &trade, 1, frame->order);
}

static void add_oversized(struct text *text, size_t size)
{
    static const char before[] = "{\"type\":\"filler\",\"text\":\"";
    static const char after[] = "\"}";
    text_add(text, before);
    while (text->length + sizeof after - 1 < size && !text->cut) {
        text_add_char(text, 'x');
    }
    text_add(text, after);
}

static void add_garbage(struct text *text, uint64_t turn, const struct sim_frame *frame)
{
    uint64_t form = turn % (ARRAY_LENGTH(garbage) + 1);
    if (form < ARRAY_LENGTH(garbage)) {
        fill_in(text, garbage[form], frame);
        return;
    }
    for (int i = 0; i < NESTING; i++) {
        text_add_char(text, '[');
    }
}

static void add_invalid_utf8(struct text *text, uint64_t turn)
{
    text_add(text, "{\"type\":\"news\",\"data\":[{\"headline\":\"");
    text_add(text, invalid_utf8[turn % ARRAY_LENGTH(invalid_utf8)]);
    text_add(text, "\"}]}");
}

void extra_message(enum fault fault, uint64_t turn, const struct sim_frame *frame, size_t size,
                   struct text *text, enum websocket_opcode *opcode)
{
    *opcode = fault == FAULT_BINARY ? WEBSOCKET_BINARY : WEBSOCKET_TEXT;
    if (fault == FAULT_UNKNOWN_TYPES) {
        fill_in(text, unknown_types[turn % ARRAY_LENGTH(unknown_types)], frame);
    } else if (fault == FAULT_NEWS) {
        add_news(text, turn, frame);
    } else if (fault == FAULT_OVERSIZED) {
        add_oversized(text, size);
    } else if (fault == FAULT_GARBAGE) {
        add_garbage(text, turn, frame);
    } else if (fault == FAULT_TRUNCATED) {
        add_truncated(text, turn, frame);
    } else if (fault == FAULT_INVALID_UTF8) {
        add_invalid_utf8(text, turn);
    } else if (fault == FAULT_BINARY) {
        text_add_bytes(text, "\0\1\2\xff", 4);
        add_trades(text, frame);
    } else if (fault == FAULT_EMPTY) {
        text_add(text, empty[turn % ARRAY_LENGTH(empty)]);
    } else if (fault == FAULT_BAD_ENTRIES) {
        fill_in(text, bad_entries[turn % ARRAY_LENGTH(bad_entries)], frame);
    } else if (fault == FAULT_STRANGERS) {
        add_stranger(text, frame);
    }
}
