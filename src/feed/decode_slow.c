/* Every message by cJSON: what the scanner leaves, and the judge that it is checked against.
 *
 * cJSON turns numbers into doubles and takes things that are no JSON: numbers like 01 and 1., any
 * control character as a blank or inside a string, invalid UTF-8, a byte-order mark. So it is given
 * a copy in which each token has been checked and each number stands as a string: "#146.76", while
 * the text of every real string, keys too, begins with '$'. What it then says is exact.
 *
 *     {"p":146.76,"s":"AAPL"}   →   {"$p":"#146.76","$s":"$AAPL"}
 *
 * Keys that appear twice: the last one counts. Memory comes from cJSON's allocator and is bounded:
 * 4 bytes a byte of the frame, and VALUES_MAX nodes of about 100 bytes. Running out of it makes the
 * frame malformed. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/decimal.h"
#include "tickd/base/error.h"
#include "tickd/base/text.h"
#include "tickd/feed/decode_parts.h"
#include "tickd/feed/whole.h"
#include "tickd/market/conditions.h"

enum {
    DEPTH_MAX = 64,
    VALUES_MAX = 131072, /* strings with keys, numbers, words, arrays and objects in one message */
    COPY_FACTOR = 4      /* the one digit 5 becomes "#5" */
};

struct copying {
    const char *bytes;
    size_t length;
    size_t at; /* of `bytes`: read so far */
    char *copy;
    size_t used; /* of `copy`: written so far */
    size_t values;
    unsigned depth;
    bool after_number;
    const char *fault; /* what is wrong at `at`, or NULL */
};

static void put(struct copying *copying, const char *bytes, size_t length)
{
    memcpy(copying->copy + copying->used, bytes, length);
    copying->used += length;
}

/* Length of a string with its quotes that starts at `at`, 0 with a fault. */
static size_t string_length(struct copying *copying)
{
    const char *start = copying->bytes + copying->at;
    const char *end = copying->bytes + copying->length;
    const char *at = start + 1;

    for (; at < end && *at != '"'; at++) {
        if ((unsigned char)*at < 0x20)
            break;
        if (*at == '\\' && end - at > 1)
            at++; /* whether the escape is one, cJSON decides */
    }
    if (at == end)
        copying->fault = "a string without an end";
    else if (*at != '"')
        copying->fault = "a string with a control character in it";
    else if (!text_is_utf8(start, (size_t)(at - start)))
        copying->fault = "a string that is not UTF-8";
    return copying->fault == NULL ? (size_t)(at + 1 - start) : 0;
}

/* A zero character ends a C string: in the copy it becomes U+0001, which is in no name either. */
static void hide_zeros(char *string, size_t length)
{
    for (size_t i = 0; i + 5 < length; i++) {
        if (string[i] != '\\')
            continue;
        if (memcmp(string + i, "\\u0000", 6) == 0)
            string[i + 5] = '1';
        i++;
    }
}

static void copy_string(struct copying *copying)
{
    size_t length = string_length(copying);

    if (length == 0)
        return;
    put(copying, "\"$", 2);
    put(copying, copying->bytes + copying->at + 1, length - 1);
    hide_zeros(copying->copy + copying->used - length + 1, length - 1);
    copying->at += length;
    copying->values++;
}

static void copy_number(struct copying *copying)
{
    const char *start = copying->bytes + copying->at;
    int64_t value;
    size_t length;

    if (decimal_scan(start, copying->length - copying->at, &value, &length) == ERROR_SYNTAX) {
        copying->fault = "a number that is none";
        return;
    }
    put(copying, "\"#", 2);
    put(copying, start, length);
    put(copying, "\"", 1);
    copying->at += length;
    copying->values++;
}

static void copy_word(struct copying *copying, const char *word)
{
    size_t length = strlen(word);

    if (copying->length - copying->at < length ||
        memcmp(copying->bytes + copying->at, word, length) != 0) {
        copying->fault = "a word that is neither true nor false nor null";
        return;
    }
    put(copying, word, length);
    copying->at += length;
    copying->values++;
}

/* One of { } [ ] : and the comma; in which order they may come, cJSON decides. */
static void copy_mark(struct copying *copying, char mark)
{
    if (mark == '{' || mark == '[') {
        copying->values++;
        if (++copying->depth > DEPTH_MAX)
            copying->fault = "nested too deeply";
    } else if (mark == '}' || mark == ']') {
        if (copying->depth == 0)
            copying->fault = "a bracket that closes nothing";
        else
            copying->depth--;
    } else if (mark == ':' && copying->after_number) {
        copying->fault = "a number as a key";
    }
    if (copying->fault != NULL)
        return;
    put(copying, &mark, 1);
    copying->at++;
}

static void copy_token(struct copying *copying)
{
    char first = copying->bytes[copying->at];
    bool number = first == '-' || (first >= '0' && first <= '9');

    if (number)
        copy_number(copying);
    else if (first == '"')
        copy_string(copying);
    else if (first == 't')
        copy_word(copying, "true");
    else if (first == 'f')
        copy_word(copying, "false");
    else if (first == 'n')
        copy_word(copying, "null");
    else if (first != '\0' && strchr("{}[]:,", first) != NULL)
        copy_mark(copying, first);
    else
        copying->fault = "nothing in JSON begins with this byte";
    copying->after_number = number;
    if (copying->values > VALUES_MAX)
        copying->fault = "too many values in one message";
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/* Copies tokens, without the blanks between them, until `used` has passed `until`. Ends at the
 * message's end, at a fault, or at the token that was copied to where `until` points. */
static void copy_tokens(struct copying *copying, size_t until)
{
    for (;;) {
        while (copying->at < copying->length && is_blank(copying->bytes[copying->at]))
            copying->at++;
        if (copying->at == copying->length)
            break;
        size_t start = copying->at;

        copy_token(copying);
        if (copying->fault != NULL)
            break;
        if (copying->used > until) {
            copying->at = start;
            break;
        }
    }
}

/* cJSON stopped at `offset` of the copy, at what it could not take or one token behind it: finds
 * the byte of the message. */
static size_t original_byte(struct copying *copying, size_t offset)
{
    copying->at = 0;
    copying->used = 0;
    copying->values = 0;
    copying->depth = 0;
    copying->after_number = false;
    copy_tokens(copying, offset);
    return copying->at + 1;
}

/* The tree of the message, or NULL with `frame` saying why. */
static cJSON *read_tree(struct copying *copying, struct frame *frame)
{
    const char *stop = NULL;

    copy_tokens(copying, SIZE_MAX);
    if (copying->fault != NULL) {
        decode_malformed(frame, copying->at + 1, copying->fault);
        return NULL;
    }
    copying->copy[copying->used] = '\0';
    size_t size = copying->used + 1;
    cJSON *tree = cJSON_ParseWithLengthOpts(copying->copy, size, &stop, true);

    if (tree == NULL) {
        size_t offset = stop != NULL ? (size_t)(stop - copying->copy) : 0;

        decode_malformed(frame, original_byte(copying, offset),
                         "no longer JSON by here, or no memory to read it");
    }
    return tree;
}

/* The text of a string, or NULL when the value is none; a number's text likewise. */
static char *string_of(const cJSON *value)
{
    return cJSON_IsString(value) && value->valuestring[0] == '$' ? value->valuestring + 1 : NULL;
}

static const char *number_of(const cJSON *value)
{
    return cJSON_IsString(value) && value->valuestring[0] == '#' ? value->valuestring + 1 : NULL;
}

/* A field's key as it was in the message. */
static const char *key_of(const cJSON *field)
{
    return field->string + 1;
}

/* The last field of an object with this key, or NULL. */
static const cJSON *field_of(const cJSON *object, const char *key)
{
    const cJSON *found = NULL;

    for (const cJSON *field = object->child; field != NULL; field = field->next) {
        if (strcmp(key_of(field), key) == 0)
            found = field;
    }
    return found;
}

/* What text is shown of: control characters become blanks. It is cut to what a frame holds. */
static void show_text(struct frame *frame, char *string)
{
    for (unsigned char *at = (unsigned char *)string; *at != '\0'; at++) {
        if (*at < 0x20 || *at == 0x7f)
            *at = ' ';
        if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0) { /* U+0080 to U+009F */
            at[0] = ' ';
            at[1] = ' ';
        }
    }
    text_copy(frame->text, sizeof frame->text, string);
}

static void read_conditions(struct entry *entry, const cJSON *value)
{
    entry->conditions = 0;
    entry_set(entry, ENTRY_CONDITIONS, cJSON_IsNull(value) || cJSON_IsArray(value));
    if (!cJSON_IsArray(value))
        return;
    for (const cJSON *item = value->child; item != NULL; item = item->next) {
        const char *code = string_of(item);

        if (code != NULL)
            entry->conditions = conditions_add_text(entry->conditions, code, strlen(code));
        else
            entry_set(entry, ENTRY_CONDITIONS, false);
    }
}

static void read_symbol(struct entry *entry, const cJSON *value)
{
    entry->name = string_of(value);
    entry->name_length = entry->name != NULL ? strlen(entry->name) : 0;
    entry_set(entry, ENTRY_SYMBOL, entry->name != NULL);
}

static void read_number(struct entry *entry, char key, const cJSON *value)
{
    const char *text = number_of(value);
    size_t length = text != NULL ? strlen(text) : 0;
    int64_t number = 0;
    int error = ERROR_TYPE;

    if (text != NULL)
        error =
            key == 't' ? whole_parse(text, length, &number) : decimal_parse(text, length, &number);
    if (key == 't')
        entry_set_time(entry, error, number);
    else if (key == 'p')
        entry_set_price(entry, error, number);
    else
        entry_set_volume(entry, error, number);
}

static void read_field(struct entry *entry, const cJSON *field)
{
    const char *key = key_of(field);

    switch (strlen(key) == 1 ? key[0] : '\0') {
    case 't':
    case 'p':
    case 'v':
        read_number(entry, key[0], field);
        break;
    case 's':
        read_symbol(entry, field);
        break;
    case 'c':
        read_conditions(entry, field);
        break;
    default: /* means nothing here */
        break;
    }
}

static void read_entry(struct decoder *decoder, const cJSON *object, struct frame *frame)
{
    struct entry entry = {.usable = ENTRY_CONDITIONS};

    for (const cJSON *field = cJSON_IsObject(object) ? object->child : NULL; field != NULL;
         field = field->next)
        read_field(&entry, field);
    if (entry.usable != ENTRY_USABLE) {
        frame->malformed_count++;
        frame->wrong |= ENTRY_USABLE & ~entry.usable;
        return;
    }
    ASSERT(frame->trade_count < decoder->capacity);
    decoder->trades[frame->trade_count] = (struct trade){
        .time_ms = entry.time_ms,
        .price = entry.price,
        .volume = entry.volume,
        .conditions = entry.conditions,
        .order = (uint32_t)frame->trade_count,
        .symbol = symbols_resolve(decoder->symbols, entry.name, entry.name_length),
    };
    frame->trade_count++;
}

static void read_trades(struct decoder *decoder, const cJSON *message, struct frame *frame)
{
    const cJSON *data = field_of(message, "data");

    if (!cJSON_IsArray(data)) {
        decode_malformed(frame, 1, "a trade message without an array \"data\"");
        return;
    }
    frame->kind = FRAME_TRADES;
    frame->trades = decoder->trades;
    for (const cJSON *item = data->child; item != NULL; item = item->next)
        read_entry(decoder, item, frame);
    decode_sort(decoder->trades, frame->trade_count);
}

static void read_message(struct decoder *decoder, const cJSON *message, struct frame *frame)
{
    if (!cJSON_IsObject(message)) {
        decode_malformed(frame, 1, "not an object");
        return;
    }
    char *type = string_of(field_of(message, "type"));

    if (type == NULL) {
        decode_malformed(frame, 1, "a message without a string \"type\"");
    } else if (strcmp(type, "trade") == 0) {
        read_trades(decoder, message, frame);
    } else if (strcmp(type, "ping") == 0) {
        frame->kind = FRAME_PING;
    } else if (strcmp(type, "error") == 0) {
        char *reason = string_of(field_of(message, "msg"));

        frame->kind = FRAME_ERROR;
        if (reason != NULL)
            show_text(frame, reason);
    } else if (strcmp(type, "news") == 0 || strcmp(type, "pr") == 0) {
        frame->kind = FRAME_NEWS;
    } else {
        frame->kind = FRAME_UNKNOWN;
        show_text(frame, type);
    }
}

void decoder_decode_slowly(struct decoder *decoder, const char *bytes, size_t length,
                           struct frame *frame)
{
    struct copying copying = {.bytes = bytes, .length = length};

    *frame = (struct frame){.kind = FRAME_MALFORMED};
    if (length == 0) {
        decode_malformed(frame, 1, "an empty message");
        return;
    }
    if (length > decoder->frame_bytes_max) {
        decode_malformed(frame, decoder->frame_bytes_max + 1, "longer than a message may be");
        return;
    }
    copying.copy = cJSON_malloc(length * COPY_FACTOR + 1);
    if (copying.copy == NULL) {
        decode_malformed(frame, 1, "no memory to read it");
        return;
    }
    cJSON *tree = read_tree(&copying, frame);

    if (tree != NULL)
        read_message(decoder, tree, frame);
    cJSON_Delete(tree);
    cJSON_free(copying.copy);
}
