/* Bounded texts. Where something has to be cut off, the cut lies before a whole UTF-8 character,
 * and nothing more is added behind it. */
#include "tickd/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tickd/base/assert.h"

/* How much of `length` bytes is left when a character that its end splits is taken off. */
static size_t whole_characters(const char *bytes, size_t length)
{
    for (size_t back = 1; back <= 3 && back <= length; back++) {
        unsigned char byte = (unsigned char)bytes[length - back];
        size_t needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;

        if ((byte & 0xc0) != 0x80)
            return needed > back ? length - back : length;
    }
    return length;
}

void text_init(struct text *text, char *memory, size_t capacity)
{
    ASSERT(capacity >= 1);
    text->data = memory;
    text->capacity = capacity;
    text_clear(text);
}

void text_clear(struct text *text)
{
    text->length = 0;
    text->cut = false;
    text->data[0] = '\0';
}

void text_add(struct text *text, const char *string)
{
    text_add_bytes(text, string, strlen(string));
}

void text_add_bytes(struct text *text, const char *bytes, size_t length)
{
    size_t room = text->capacity - 1 - text->length;

    if (text->cut || length == 0)
        return;
    if (length > room) {
        text->cut = true;
        length = whole_characters(bytes, room);
    }
    memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void text_add_char(struct text *text, char character)
{
    text_add_bytes(text, &character, 1);
}

void text_format(struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_format_list(text, format, arguments);
    va_end(arguments);
}

void text_format_list(struct text *text, const char *format, va_list arguments)
{
    char *end = text->data + text->length;
    size_t room = text->capacity - text->length;

    if (text->cut)
        return;
    int needed = vsnprintf(end, room, format, arguments);

    if (needed >= 0 && (size_t)needed < room) {
        text->length += (size_t)needed;
        return;
    }
    text->cut = true;
    text->length += needed < 0 ? 0 : whole_characters(end, room - 1);
    text->data[text->length] = '\0';
}

void text_add_real(struct text *text, double value)
{
    char digits[32];

    for (int precision = 15; precision <= 17; precision++) {
        (void)snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    text_add(text, digits);
}

bool text_copy(char *target, size_t capacity, const char *source)
{
    return text_copy_bytes(target, capacity, source, strlen(source));
}

bool text_copy_bytes(char *target, size_t capacity, const char *source, size_t length)
{
    struct text text;

    text_init(&text, target, capacity);
    text_add_bytes(&text, source, length);
    return !text.cut;
}

/* The second byte's bounds for each kind of first byte (The Unicode Standard, table 3-7); all
 * later bytes are 0x80 to 0xbf. */
struct utf8_form {
    unsigned char first_min;
    unsigned char first_max;
    unsigned char second_min;
    unsigned char second_max;
    unsigned char length;
};

static const struct utf8_form utf8_forms[] = {
    {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static const struct utf8_form *find_form(unsigned char first)
{
    for (size_t i = 0; i < ARRAY_LENGTH(utf8_forms); i++) {
        if (first >= utf8_forms[i].first_min && first <= utf8_forms[i].first_max)
            return &utf8_forms[i];
    }
    return NULL;
}

/* "Maximal subparts": ibid. */
size_t text_character(const char *bytes, size_t left, bool *valid)
{
    const unsigned char *p = (const unsigned char *)bytes;
    const struct utf8_form *form = find_form(p[0]);
    size_t length = 1;

    *valid = form != NULL && form->length == 1;
    if (form == NULL || *valid)
        return 1;
    if (left < 2 || p[1] < form->second_min || p[1] > form->second_max)
        return 1;
    for (length = 2; length < form->length; length++) {
        if (length == left || (p[length] & 0xc0) != 0x80)
            return length;
    }
    *valid = true;
    return length;
}

uint32_t text_code_point(const char *character, size_t length)
{
    static const unsigned char payload[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code_point = (unsigned char)character[0] & payload[length];

    for (size_t i = 1; i < length; i++)
        code_point = code_point << 6 | ((unsigned char)character[i] & 0x3f);
    return code_point;
}

bool text_is_utf8(const char *bytes, size_t length)
{
    bool valid = true;

    for (size_t i = 0; i < length && valid;)
        i += text_character(bytes + i, length - i, &valid);
    return valid;
}

/* Ends the run of bytes that need no escape. */
static size_t plain_length(const char *bytes, size_t length)
{
    size_t i = 0;

    while (i < length) {
        unsigned char byte = (unsigned char)bytes[i];
        bool valid = true;
        size_t step = 1;

        if (byte < 0x20 || byte == '"' || byte == '\\')
            break;
        if (byte >= 0x80)
            step = text_character(bytes + i, length - i, &valid);
        if (!valid)
            break;
        i += step;
    }
    return i;
}

static void add_escape(struct text *text, unsigned char byte)
{
    static const char letters[] = "\bb\ff\nn\rr\tt\"\"\\\\";

    for (size_t i = 0; i + 1 < sizeof letters; i += 2) {
        if ((unsigned char)letters[i] == byte) {
            text_add_char(text, '\\');
            text_add_char(text, letters[i + 1]);
            return;
        }
    }
    text_format(text, "\\u%04x", (unsigned)byte);
}

void text_add_json(struct text *text, const char *bytes, size_t length)
{
    size_t i = 0;

    text_add_char(text, '"');
    while (i < length && !text->cut) {
        size_t plain = plain_length(bytes + i, length - i);
        bool valid;

        text_add_bytes(text, bytes + i, plain);
        i += plain;
        if (i == length)
            break;
        unsigned char byte = (unsigned char)bytes[i];

        if (byte < 0x80) {
            add_escape(text, byte);
            i++;
        } else {
            text_add(text, "\xef\xbf\xbd"); /* U+FFFD */
            i += text_character(bytes + i, length - i, &valid);
        }
    }
    text_add_char(text, '"');
}
