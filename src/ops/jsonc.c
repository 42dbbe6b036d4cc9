/* The tokens of JSON with comments. Every step goes over one whole character, so that the place is
 * always right and no byte passes that is not UTF-8. */
#include "tickd/ops/jsonc.h"

#include <string.h>

#include "tickd/base/decimal.h"
#include "tickd/base/error.h"

enum { SHOWN_BYTES_MAX = 40 }; /* of a token that a message shows */

static const char byte_order_mark[] = "\xef\xbb\xbf";

void jsonc_init(struct jsonc *jsonc, const char *bytes, size_t length)
{
    size_t mark = sizeof byte_order_mark - 1;

    *jsonc = (struct jsonc){.at = bytes, .end = bytes + length, .place = {1, 1}};
    if (length >= mark && memcmp(bytes, byte_order_mark, mark) == 0)
        jsonc->at += mark;
}

static size_t left(const struct jsonc *jsonc)
{
    return (size_t)(jsonc->end - jsonc->at);
}

/* Length of the UTF-8 character that `bytes` begin with; 0 if it is none. */
static size_t character_length(const char *bytes, size_t length)
{
    for (size_t size = 1; size <= 4 && size <= length; size++) {
        if (text_is_utf8(bytes, size))
            return size;
    }
    return 0;
}

/* The next byte, or −1 at the end. */
static int peek(const struct jsonc *jsonc)
{
    return jsonc->at < jsonc->end ? (unsigned char)*jsonc->at : -1;
}

static bool follows(const struct jsonc *jsonc, const char *word)
{
    size_t length = strlen(word);

    return left(jsonc) >= length && memcmp(jsonc->at, word, length) == 0;
}

/* Goes over one character; false if the bytes there are none. Not at the end. */
static bool step(struct jsonc *jsonc)
{
    size_t size = character_length(jsonc->at, left(jsonc));

    if (size == 0)
        return false;
    if (*jsonc->at == '\n') {
        jsonc->place.line++;
        jsonc->place.column = 1;
    } else {
        jsonc->place.column++;
    }
    jsonc->at += size;
    return true;
}

static int fail_here(const struct jsonc *jsonc, struct jsonc_token *token)
{
    token->kind = JSONC_OTHER;
    token->place = jsonc->place;
    return ERROR_SYNTAX;
}

static int fail_at_byte(const struct jsonc *jsonc, struct jsonc_token *token, struct text *why)
{
    text_format(why, "found byte 0x%02x, allowed: UTF-8", (unsigned)(unsigned char)*jsonc->at);
    return fail_here(jsonc, token);
}

/* To behind the comment that begins here; the place of its beginning is in *token. */
static int skip_comment(struct jsonc *jsonc, struct jsonc_token *token, struct text *why)
{
    bool to_line_end = follows(jsonc, "//");
    const char *mark = to_line_end ? "\n" : "*/";

    token->place = jsonc->place;
    step(jsonc);
    step(jsonc);
    while (jsonc->at < jsonc->end && !follows(jsonc, mark)) {
        if (!step(jsonc))
            return fail_at_byte(jsonc, token, why);
    }
    if (to_line_end)
        return 0;
    if (jsonc->at == jsonc->end) {
        token->kind = JSONC_OTHER;
        text_add(why, "found a comment that does not end, allowed: /* … */");
        return ERROR_SYNTAX;
    }
    step(jsonc);
    step(jsonc);
    return 0;
}

static int skip_space(struct jsonc *jsonc, struct jsonc_token *token, struct text *why)
{
    for (;;) {
        int byte = peek(jsonc);
        int error = 0;

        if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r') {
            step(jsonc);
        } else if (follows(jsonc, "//") || follows(jsonc, "/*")) {
            error = skip_comment(jsonc, token, why);
        } else {
            return 0;
        }
        if (error != 0)
            return error;
    }
}

/* Value of four hexadecimal digits, or −1. */
static int32_t hexadecimal(const char *digits, size_t length)
{
    static const char known[] = "0123456789abcdefABCDEF";
    int32_t value = 0;

    if (length < 4)
        return -1;
    for (size_t i = 0; i < 4; i++) {
        const char *digit = memchr(known, digits[i], sizeof known - 1);

        if (digit == NULL)
            return -1;
        value = value * 16 + (int32_t)(digit - known < 16 ? digit - known : digit - known - 6);
    }
    return value;
}

static bool is_high_surrogate(int32_t unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low_surrogate(int32_t unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

/* The character of the escape that `at` begins with, and the escape's length; −1 if it is none. */
static int32_t read_escape(const char *at, size_t length, size_t *used)
{
    static const char letters[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    int32_t unit;
    int32_t low;

    *used = 2;
    if (length < 2)
        return -1;
    for (size_t i = 0; i + 1 < sizeof letters; i += 2) {
        if (letters[i] == at[1])
            return letters[i + 1];
    }
    unit = at[1] == 'u' ? hexadecimal(at + 2, length - 2) : -1;
    *used = 6;
    if (unit < 0 || is_low_surrogate(unit))
        return -1;
    if (!is_high_surrogate(unit))
        return unit;
    low = length >= 12 && at[6] == '\\' && at[7] == 'u' ? hexadecimal(at + 8, length - 8) : -1;
    *used = 12;
    return is_low_surrogate(low) ? 0x10000 + (unit - 0xd800) * 0x400 + (low - 0xdc00) : -1;
}

static int scan_escape(struct jsonc *jsonc, struct jsonc_token *token, struct text *why)
{
    size_t used;

    if (read_escape(jsonc->at, left(jsonc), &used) < 0) {
        text_add(why, "found another escape, allowed: \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX, "
                      "surrogates in pairs");
        return fail_here(jsonc, token);
    }
    for (size_t i = 0; i < used; i++)
        step(jsonc);
    return 0;
}

static int fail_open_string(struct jsonc_token *token, struct text *why)
{
    token->kind = JSONC_OTHER;
    text_add(why, "found a string that does not end in its line, allowed: \"…\"");
    return ERROR_SYNTAX;
}

static int scan_string(struct jsonc *jsonc, struct jsonc_token *token, struct text *why)
{
    step(jsonc);
    for (;;) {
        int byte = peek(jsonc);
        int error = 0;

        if (byte < 0 || byte == '\n' || byte == '\r')
            return fail_open_string(token, why);
        if (byte == '"')
            break;
        if (byte < 0x20) {
            text_format(why, "found control character 0x%02x, allowed: \\u%04x", (unsigned)byte,
                        (unsigned)byte);
            return fail_here(jsonc, token);
        }
        if (byte == '\\') {
            error = scan_escape(jsonc, token, why);
        } else if (!step(jsonc)) {
            error = fail_at_byte(jsonc, token, why);
        }
        if (error != 0)
            return error;
    }
    step(jsonc);
    token->kind = JSONC_STRING;
    token->length = (size_t)(jsonc->at - token->start);
    return 0;
}

static bool is_word_byte(int byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte == '.' || byte == '+' || byte == '-';
}

static bool is_word(const struct jsonc_token *token, const char *word)
{
    return token->length == strlen(word) && memcmp(token->start, word, token->length) == 0;
}

/* What decimal_parse() calls well formed is a JSON number, whether in its range or not. */
static enum jsonc_kind kind_of_word(const struct jsonc_token *token)
{
    int64_t unused;

    if (is_word(token, "true"))
        return JSONC_TRUE;
    if (is_word(token, "false"))
        return JSONC_FALSE;
    if (is_word(token, "null"))
        return JSONC_NULL;
    return decimal_parse(token->start, token->length, &unused) == ERROR_SYNTAX ? JSONC_OTHER
                                                                               : JSONC_NUMBER;
}

/* Numbers and words run as far as their characters, so that 01 or 1.2.3 is one wrong token. */
static void scan_word(struct jsonc *jsonc, struct jsonc_token *token)
{
    while (is_word_byte(peek(jsonc)))
        step(jsonc);
    token->length = (size_t)(jsonc->at - token->start);
    token->kind = kind_of_word(token);
}

/* A character that is a token by itself, or none at all. */
static int scan_mark(struct jsonc *jsonc, struct jsonc_token *token, struct text *why)
{
    static const char marks[] = "{}[]:,"; /* in the order of enum jsonc_kind */
    const char *mark = memchr(marks, *jsonc->at, sizeof marks - 1);

    token->kind = mark == NULL ? JSONC_OTHER : (enum jsonc_kind)(mark - marks);
    if (!step(jsonc))
        return fail_at_byte(jsonc, token, why);
    token->length = (size_t)(jsonc->at - token->start);
    return 0;
}

int jsonc_next(struct jsonc *jsonc, struct jsonc_token *token, struct text *why)
{
    int error;

    text_clear(why);
    error = skip_space(jsonc, token, why);
    if (error != 0)
        return error;
    *token = (struct jsonc_token){.kind = JSONC_END, .place = jsonc->place, .start = jsonc->at};
    if (jsonc->at == jsonc->end)
        return 0;
    if (*jsonc->at == '"')
        return scan_string(jsonc, token, why);
    if (!is_word_byte(peek(jsonc)))
        return scan_mark(jsonc, token, why);
    scan_word(jsonc, token);
    return 0;
}

/* UTF-8 of a code point that is no surrogate. Returns its length. */
static size_t encode(int32_t point, char bytes[4])
{
    if (point < 0x80) {
        bytes[0] = (char)point;
        return 1;
    }
    size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = length - 1; i > 0; i--) {
        bytes[i] = (char)(unsigned char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    bytes[0] = (char)(unsigned char)(first[length] | point);
    return length;
}

size_t jsonc_decode(const struct jsonc_token *token, char *buffer, size_t capacity)
{
    const char *at = token->start + 1;
    const char *end = token->start + token->length - 1;
    size_t length = 0;

    while (at < end) {
        char bytes[4] = {*at};
        size_t used = 1;
        size_t size = 1;

        if (*at == '\\')
            size = encode(read_escape(at, (size_t)(end - at), &used), bytes);
        for (size_t i = 0; i < size; i++, length++) {
            if (length < capacity)
                buffer[length] = bytes[i];
        }
        at += used;
    }
    return length;
}

static void describe_string(const struct jsonc_token *token, struct text *out)
{
    char value[SHOWN_BYTES_MAX + 1];
    size_t length = jsonc_decode(token, value, sizeof value);
    size_t shown = length;

    if (length > SHOWN_BYTES_MAX) {
        shown = SHOWN_BYTES_MAX;
        while (shown > 0 && !text_is_utf8(value, shown))
            shown--;
    }
    text_add(out, "the string ");
    text_add_json(out, value, shown);
    if (shown < length)
        text_format(out, "… (%zu bytes)", length);
}

/* The token as it stands, or its beginning. */
static void describe_raw(const struct jsonc_token *token, struct text *out)
{
    size_t shown = token->length > SHOWN_BYTES_MAX ? SHOWN_BYTES_MAX : token->length;

    if (token->length == 1 && ((unsigned char)*token->start < 0x20 || *token->start == 0x7f)) {
        text_format(out, "control character 0x%02x", (unsigned)(unsigned char)*token->start);
        return;
    }
    text_add_bytes(out, token->start, shown);
    if (shown < token->length)
        text_format(out, "… (%zu bytes)", token->length);
}

void jsonc_describe(const struct jsonc_token *token, struct text *out)
{
    switch (token->kind) {
    case JSONC_OBJECT_BEGIN:
        text_add(out, "an object");
        break;
    case JSONC_ARRAY_BEGIN:
        text_add(out, "an array");
        break;
    case JSONC_STRING:
        describe_string(token, out);
        break;
    case JSONC_END:
        text_add(out, "the end of the text");
        break;
    case JSONC_OBJECT_END:
    case JSONC_ARRAY_END:
    case JSONC_COLON:
    case JSONC_COMMA:
    case JSONC_NUMBER:
    case JSONC_TRUE:
    case JSONC_FALSE:
    case JSONC_NULL:
    case JSONC_OTHER:
        describe_raw(token, out);
        break;
    }
}
