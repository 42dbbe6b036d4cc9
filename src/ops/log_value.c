/* Values of logfmt lines: text from outside, made harmless. */
#include <string.h>

#include "tickd/ops/health_log.h"

enum { VALUE_BYTES_MAX = 1024, JSON_BYTES_MAX = 6 * VALUE_BYTES_MAX + 3 };

/* Bytes that stand in a value without quotes. */
static bool is_plain(unsigned char byte)
{
    return byte > ' ' && byte < 0x7f && byte != '"' && byte != '=' && byte != '\\';
}

/* The character at `bytes` (valid UTF-8), if it is one that no terminal and no reader shall see as
 * it is: DEL, C1 controls (one of them begins an escape sequence), line separators, and what turns
 * the direction of writing; 0 otherwise. *length is the character's. */
static unsigned hidden_character(const char *bytes, size_t left, size_t *length)
{
    const unsigned char *p = (const unsigned char *)bytes;

    *length = 1;
    if (p[0] == 0x7f)
        return 0x7f;
    if (left >= 2 && p[0] == 0xc2 && p[1] < 0xa0) {
        *length = 2;
        return p[1];
    }
    if (left < 3 || p[0] != 0xe2 || (p[1] != 0x80 && p[1] != 0x81))
        return 0;
    unsigned code = 0x2000U + (p[1] - 0x80U) * 0x40U + (p[2] - 0x80U);

    *length = 3;
    if ((code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
        (code >= 0x2066 && code <= 0x2069))
        return code;
    *length = 1;
    return 0;
}

static void add_quoted(struct text *out, const char *bytes, size_t length)
{
    char memory[JSON_BYTES_MAX];
    struct text json;

    text_init(&json, memory, sizeof memory);
    text_add_json(&json, bytes, length < VALUE_BYTES_MAX ? length : VALUE_BYTES_MAX);
    for (size_t i = 0; i < json.length;) {
        size_t step;
        unsigned hidden = hidden_character(json.data + i, json.length - i, &step);

        if (hidden != 0)
            text_format(out, "\\u%04x", hidden);
        else
            text_add_bytes(out, json.data + i, step);
        i += step;
    }
}

void log_add_value(struct text *out, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!is_plain((unsigned char)bytes[i])) {
            add_quoted(out, bytes, length);
            return;
        }
    }
    if (length == 0)
        text_add(out, "\"\"");
    else
        text_add_bytes(out, bytes, length);
}
