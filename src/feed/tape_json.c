/* A reader of JSON as tapes hold it. */
#include "tickd/feed/tape_json.h"

#include <stdlib.h>
#include <string.h>

#include "tickd/base/real.h"

enum { DEPTH_MAX = 64, REAL_TEXT_MAX = 64 };

static bool fail(struct tape_json *json, const char *fault)
{
    if (json->fault == NULL)
        json->fault = fault;
    json->at = json->end;
    return false;
}

void tape_json_init(struct tape_json *json, char *bytes, size_t length)
{
    json->at = bytes;
    json->end = json->at + length;
    json->fault = NULL;
}

bool tape_json_look(struct tape_json *json, char character)
{
    if (json->at == json->end || *json->at != character)
        return false;
    json->at++;
    return true;
}

bool tape_json_take(struct tape_json *json, char character)
{
    return tape_json_look(json, character) || fail(json, "is not as tickd writes it");
}

bool tape_json_ended(struct tape_json *json)
{
    return json->fault == NULL && json->at == json->end;
}

bool tape_string_is(const struct tape_string *string, const char *text)
{
    return string->length == strlen(text) && memcmp(string->bytes, text, string->length) == 0;
}

/* Between the parts of an object or a list: whether another one follows. */
static bool next_part(struct tape_json *json, bool *first, char open, char close)
{
    if (*first) {
        *first = false;
        return tape_json_take(json, open) && !tape_json_look(json, close);
    }
    if (tape_json_look(json, ','))
        return true;
    (void)tape_json_take(json, close);
    return false;
}

bool tape_json_member(struct tape_json *json, bool *first, struct tape_string *name)
{
    return next_part(json, first, '{', '}') && tape_json_string(json, name) &&
           tape_json_take(json, ':');
}

bool tape_json_item(struct tape_json *json, bool *first)
{
    if (!next_part(json, first, '[', ']'))
        return false;
    while (tape_json_look(json, ' ')) /* behind the comma, as settings print lists */
        continue;
    return true;
}

/* Strings. */

static int hex_value(char character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

/* The control character of "\u00XX", which is all that is ever written so. */
static bool take_control(struct tape_json *json, char *to)
{
    if (json->end - json->at < 4 || json->at[0] != '0' || json->at[1] != '0' ||
        hex_value(json->at[2]) < 0 || hex_value(json->at[2]) > 1 || hex_value(json->at[3]) < 0)
        return fail(json, "has a string with an escape that tickd does not write");
    *to = (char)(hex_value(json->at[2]) << 4 | hex_value(json->at[3]));
    json->at += 4;
    return true;
}

static bool take_escape(struct tape_json *json, char *to)
{
    static const char letters[] = "b\bf\fn\nr\rt\t\"\"\\\\";
    char letter = json->at < json->end ? *json->at++ : '\0';

    if (letter == 'u')
        return take_control(json, to);
    for (size_t i = 0; i + 1 < sizeof letters; i += 2) {
        if (letters[i] == letter) {
            *to = letters[i + 1];
            return true;
        }
    }
    return fail(json, "has a string with an escape that tickd does not write");
}

/* The length of what needs no change: up to a quote, a backslash, a control character, the end. */
static size_t plain_length(const char *at, const char *end)
{
    const char *start = at;

    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20)
        at++;
    return (size_t)(at - start);
}

bool tape_json_string(struct tape_json *json, struct tape_string *string)
{
    char *to;

    if (!tape_json_take(json, '"'))
        return false;
    to = string->bytes = json->at;
    for (;;) {
        size_t plain = plain_length(json->at, json->end);

        if (to != json->at)
            memmove(to, json->at, plain);
        to += plain;
        json->at += plain;
        if (tape_json_look(json, '"'))
            break;
        if (!tape_json_look(json, '\\'))
            return fail(json, "has a string without an end");
        if (!take_escape(json, to))
            return false;
        to++;
    }
    string->length = (size_t)(to - string->bytes);
    return true;
}

bool tape_json_digest(struct tape_json *json, uint64_t *value)
{
    struct tape_string string;

    *value = 0;
    if (!tape_json_string(json, &string))
        return false;
    if (string.length != 16)
        return fail(json, "has a digest that is not 16 hex digits");
    for (size_t i = 0; i < 16; i++) {
        int digit = hex_value(string.bytes[i]);

        if (digit < 0)
            return fail(json, "has a digest that is not 16 hex digits");
        *value = *value << 4 | (uint64_t)digit;
    }
    return true;
}

/* Numbers. */

bool tape_json_count(struct tape_json *json, uint64_t *value)
{
    const char *start = json->at;
    uint64_t number = 0;

    for (; json->at < json->end && *json->at >= '0' && *json->at <= '9'; json->at++) {
        uint64_t digit = (uint64_t)(*json->at - '0');

        if (number > (UINT64_MAX - digit) / 10)
            return fail(json, "has a number that does not fit");
        number = number * 10 + digit;
    }
    if (json->at == start)
        return fail(json, "has no number where one has to be");
    *value = number;
    return true;
}

bool tape_json_integer(struct tape_json *json, int64_t *value)
{
    bool negative = tape_json_look(json, '-');
    uint64_t magnitude;

    if (!tape_json_count(json, &magnitude))
        return false;
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return fail(json, "has a number that does not fit");
    *value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

bool tape_json_number(struct tape_json *json, struct tape_string *number)
{
    number->bytes = json->at;
    while (json->at < json->end && strchr("+-.0123456789eE", *json->at) != NULL &&
           *json->at != '\0')
        json->at++;
    number->length = (size_t)(json->at - number->bytes);
    return number->length > 0 || fail(json, "has no number where one has to be");
}

static bool take_word(struct tape_json *json, const char *word)
{
    size_t length = strlen(word);

    if ((size_t)(json->end - json->at) < length || memcmp(json->at, word, length) != 0)
        return false;
    json->at += length;
    return true;
}

bool tape_json_real(struct tape_json *json, double *value)
{
    char text[REAL_TEXT_MAX];
    struct tape_string number;
    char *end;

    *value = real_nan();
    if (take_word(json, "null"))
        return true;
    if (!tape_json_number(json, &number))
        return false;
    if (number.length >= sizeof text)
        return fail(json, "has a number that does not fit");
    memcpy(text, number.bytes, number.length);
    text[number.length] = '\0';
    *value = strtod(text, &end);
    return *end == '\0' || fail(json, "has no number where one has to be");
}

bool tape_json_flag(struct tape_json *json, bool *value)
{
    *value = take_word(json, "true");
    return *value || take_word(json, "false") || fail(json, "has neither true nor false");
}

/* Anything. */

static bool skip_string(struct tape_json *json)
{
    for (json->at++; json->at < json->end && *json->at != '"'; json->at++) {
        if (*json->at == '\\' && json->end - json->at > 1)
            json->at++;
    }
    return tape_json_take(json, '"');
}

static bool is_bracket(char character)
{
    return character == '{' || character == '}' || character == '[' || character == ']';
}

/* Whether a value ends before this character, outside of all brackets. */
static bool is_end(char character)
{
    return character == ',' || character == '}' || character == ']';
}

bool tape_json_skip(struct tape_json *json, struct tape_string *whole)
{
    char *start = json->at;
    unsigned depth = 0;

    while (json->at < json->end && (depth > 0 || !is_end(*json->at))) {
        char character = *json->at;

        if (character == '"') {
            if (!skip_string(json))
                return false;
            continue;
        }
        if (is_bracket(character))
            depth += character == '{' || character == '[' ? 1U : UINT32_MAX;
        if (depth > DEPTH_MAX)
            return fail(json, "is nested too deeply");
        json->at++;
    }
    if (depth > 0 || json->at == start)
        return fail(json, "ends within a value");
    if (whole != NULL)
        *whole = (struct tape_string){start, (size_t)(json->at - start)};
    return true;
}
