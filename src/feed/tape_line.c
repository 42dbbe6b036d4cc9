/* The lines of a tape, from values to text. A frame, which most lines are, is written without
 * calling printf: this is on the way of every trade. */
#include "tickd/feed/tape_line.h"

#include <math.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/base64.h"
#include "tickd/base/digest.h"

enum { NUMBER_MAX = 20, ESCAPE_SLACK = 64 };

static const char at_key[] = "{\"at\":";
static const char frame_key[] = ",\"frame\":\"";
static const char frame64_key[] = ",\"frame64\":\"";
static const char frame_end[] = "\"}\n";

#define LITERAL_LENGTH(literal) (sizeof(literal) - 1)

static char *put(char *to, const char *bytes, size_t length)
{
    memcpy(to, bytes, length);
    return to + length;
}

static char *put_integer(char *to, int64_t value)
{
    char digits[NUMBER_MAX];
    size_t count = 0;
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        digits[sizeof digits - ++count] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude > 0);
    if (value < 0)
        *to++ = '-';
    return put(to, digits + sizeof digits - count, count);
}

/* Frames. */

/* What stands around a frame's bytes, at the most. */
enum {
    AROUND_MAX = LITERAL_LENGTH(at_key) + NUMBER_MAX + LITERAL_LENGTH(frame64_key) +
                 LITERAL_LENGTH(frame_end)
};

/* How much longer than its bytes a frame may get and still stand as text. */
static size_t escapes_max(size_t length)
{
    return length / 2 + ESCAPE_SLACK;
}

static char *put_frame_begin(char *to, int64_t at_us, const char *key, size_t key_length)
{
    to = put(to, at_key, LITERAL_LENGTH(at_key));
    to = put_integer(to, at_us);
    return put(to, key, key_length);
}

/* A frame of ASCII without control characters, in one pass: a backslash is written before every
 * byte, and the place moves on behind it only where it is wanted, so that no branch has to be
 * guessed. 0: another frame, or not surely enough room. */
static size_t write_plain_frame(const struct input *input, char *out, size_t room)
{
    const char *bytes = input->frame.bytes;
    size_t length = input->frame.length;
    unsigned char all = 0;
    size_t controls = 0;

    if (length > room / 2 || room - 2 * length < AROUND_MAX)
        return 0;
    char *begin = put_frame_begin(out, input->at_us, frame_key, LITERAL_LENGTH(frame_key));
    char *to = begin;

    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];

        *to = '\\';
        to += (byte == '"') | (byte == '\\');
        *to++ = (char)byte;
        all |= byte;
        controls += byte < 0x20;
    }
    if (controls > 0 || all >= 0x80 || (size_t)(to - begin) - length > escapes_max(length))
        return 0;
    return (size_t)(put(to, frame_end, LITERAL_LENGTH(frame_end)) - out);
}

/* How many bytes a byte of a frame becomes, less one. */
static size_t escape_length(unsigned char byte)
{
    if (byte == '"' || byte == '\\' || (byte >= '\b' && byte <= '\r' && byte != '\v'))
        return 1;
    return byte < 0x20 ? 5 : 0;
}

static size_t count_escapes(const char *bytes, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += escape_length((unsigned char)bytes[i]);
    return count;
}

/* What stands behind the backslash of a short escape. */
static char letter_of(unsigned char byte)
{
    switch (byte) {
    case '\b':
        return 'b';
    case '\t':
        return 't';
    case '\n':
        return 'n';
    case '\f':
        return 'f';
    case '\r':
        return 'r';
    default:
        return (char)byte;
    }
}

static char *put_escaped(char *to, const char *bytes, size_t length)
{
    static const char hex[] = "0123456789abcdef";

    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        size_t escape = escape_length(byte);

        if (escape == 0) {
            *to++ = (char)byte;
        } else if (escape == 1) {
            *to++ = '\\';
            *to++ = letter_of(byte);
        } else {
            to = put(to, "\\u00", 4);
            *to++ = hex[byte >> 4];
            *to++ = hex[byte & 15];
        }
    }
    return to;
}

static size_t write_frame(const struct input *input, char *out, size_t room)
{
    const char *bytes = input->frame.bytes;
    size_t length = input->frame.length;
    size_t escapes = count_escapes(bytes, length);
    bool as_text = escapes <= escapes_max(length) && text_is_utf8(bytes, length);
    size_t body = as_text ? length + escapes : base64_length(length);
    char *to;

    if (room < AROUND_MAX || room - AROUND_MAX < body)
        return 0;
    if (as_text) {
        to = put_frame_begin(out, input->at_us, frame_key, LITERAL_LENGTH(frame_key));
        to = put_escaped(to, bytes, length);
    } else {
        to = put_frame_begin(out, input->at_us, frame64_key, LITERAL_LENGTH(frame64_key));
        base64_encode(bytes, length, to);
        to += body;
    }
    return (size_t)(put(to, frame_end, LITERAL_LENGTH(frame_end)) - out);
}

/* Messages, field by field. */

static void add_modules(struct text *out, uint32_t modules)
{
    const char *separator = "";

    text_add_char(out, '[');
    for (uint32_t id = 0; id < 32; id++) {
        if ((modules >> id & 1U) == 0)
            continue;
        if (id < MODULE_COUNT)
            text_format(out, "%s\"%s\"", separator, module_id_name((enum module_id)id));
        else
            text_format(out, "%s%u", separator, id);
        separator = ",";
    }
    text_add_char(out, ']');
}

/* Without the zeros at its end; those inside are escaped. */
static void add_text(struct text *out, const char *bytes, size_t size)
{
    char memory[4 * 256 / 3 + 8];

    while (size > 0 && bytes[size - 1] == '\0')
        size--;
    if (text_is_utf8(bytes, size)) {
        text_add_json(out, bytes, size);
        return;
    }
    ASSERT(base64_length(size) <= sizeof memory);
    base64_encode(bytes, size, memory);
    text_add(out, "{\"base64\":\"");
    text_add_bytes(out, memory, base64_length(size));
    text_add(out, "\"}");
}

static void add_word(struct text *out, const struct field *field, const void *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof value);
    if (field->kind == FIELD_MODULES)
        add_modules(out, value);
    else if (field->kind == FIELD_CHOICE && strcmp(field->choice_name(value), "unknown") != 0)
        text_format(out, "\"%s\"", field->choice_name(value));
    else if (field->kind == FIELD_FLAG && value <= 1)
        text_add(out, value == 1 ? "true" : "false");
    else
        text_format(out, "%u", value);
}

static void add_long(struct text *out, const struct field *field, const void *at)
{
    int64_t value;
    double real;

    memcpy(&value, at, sizeof value);
    memcpy(&real, at, sizeof real);
    if (field->kind == FIELD_COUNT)
        text_format(out, "%llu", (unsigned long long)value);
    else if (field->kind != FIELD_REAL)
        text_format(out, "%lld", (long long)value);
    else if (isnan(real))
        text_add(out, "null");
    else if (isinf(real))
        text_add(out, real > 0 ? "1e999" : "-1e999"); /* JSON has no other word for it */
    else
        text_format(out, "%.17g", real);
}

static void add_field(struct text *out, const struct field *field, const unsigned char *at)
{
    if (field->kind == FIELD_TEXT) {
        add_text(out, (const char *)at, field->size);
    } else if (field->size == sizeof(uint32_t)) {
        add_word(out, field, at);
    } else {
        ASSERT(field->size == sizeof(int64_t)); /* of arrays an input has none */
        add_long(out, field, at);
    }
}

static void add_fields(struct text *out, enum topic topic, const void *body)
{
    size_t count;
    const struct field *fields = topic_fields(topic, &count);

    for (size_t i = 0; i < count; i++) {
        text_format(out, "%c\"%s\":", i == 0 ? '{' : ',', fields[i].name);
        add_field(out, &fields[i], (const unsigned char *)body + fields[i].offset);
    }
    text_add_char(out, '}');
}

static size_t write_message(const struct input *input, const struct symbol_table *symbols,
                            char *out, size_t room)
{
    struct text text;

    if (room == 0)
        return 0;
    text_init(&text, out, room);
    text_format(&text, "{\"at\":%lld,", (long long)input->at_us);
    if (input->kind == INPUT_FEED) {
        text_add(&text, "\"feed\":");
        add_fields(&text, TOPIC_FEED, input->feed);
    } else if (input->kind == INPUT_COMMAND) {
        text_add(&text, "\"command\":");
        add_fields(&text, TOPIC_COMMAND, input->command);
    } else if (input->kind == INPUT_VITALS) {
        text_add(&text, "\"vitals\":");
        add_fields(&text, TOPIC_VITALS, input->vitals);
    } else {
        text_add(&text, "\"time\":true");
    }
    if (input->kind == INPUT_FEED && input->symbol != SYMBOL_NONE) {
        const char *name = symbols_name(symbols, input->symbol);

        text_add(&text, ",\"symbol\":");
        text_add_json(&text, name, strlen(name));
    }
    text_add(&text, "}\n");
    return text.cut ? 0 : text.length;
}

size_t tape_line_input(const struct input *input, const struct symbol_table *symbols, char *out,
                       size_t room)
{
    if (input->kind != INPUT_FRAME)
        return write_message(input, symbols, out, room);
    size_t length = write_plain_frame(input, out, room);

    return length > 0 ? length : write_frame(input, out, room);
}

size_t tape_line_digest(int64_t at_us, uint64_t sequence, uint64_t digest, char *out, size_t room)
{
    char digits[DIGEST_TEXT_MAX];
    struct text text;

    if (room == 0)
        return 0;
    digest_print(digest, digits);
    text_init(&text, out, room);
    text_format(&text, "{\"at\":%lld,\"sequence\":%llu,\"digest\":\"%s\"}\n", (long long)at_us,
                (unsigned long long)sequence, digits);
    return text.cut ? 0 : text.length;
}

size_t tape_line_gap(int64_t at_us, int64_t until_us, uint64_t inputs, char *out, size_t room)
{
    struct text text;

    if (room == 0)
        return 0;
    text_init(&text, out, room);
    text_format(&text, "{\"at\":%lld,\"gap\":%llu,\"until\":%lld}\n", (long long)at_us,
                (unsigned long long)inputs, (long long)until_us);
    return text.cut ? 0 : text.length;
}
