/* JSON with comments (to the end of a line, and between marks), token by token, strictly RFC 8259
 * otherwise: it knows where each token stands and what the bytes of a number are, which a parsed
 * tree does not.
 *
 * Lines and columns count from 1; a column is a character (a code point of UTF-8), a tab is one.
 * A byte order mark at the start is skipped. Nothing is allocated and nothing recurses. */
#ifndef TICKD_OPS_JSONC_H
#define TICKD_OPS_JSONC_H

#include "tickd/base/text.h"

enum jsonc_kind {
    JSONC_OBJECT_BEGIN,
    JSONC_OBJECT_END,
    JSONC_ARRAY_BEGIN,
    JSONC_ARRAY_END,
    JSONC_COLON,
    JSONC_COMMA,
    JSONC_STRING,
    JSONC_NUMBER,
    JSONC_TRUE,
    JSONC_FALSE,
    JSONC_NULL,
    JSONC_END,  /* of the text */
    JSONC_OTHER /* a word, number or character that is not JSON; the caller knows what is */
};

struct jsonc_place {
    uint32_t line;
    uint32_t column;
};

struct jsonc_token {
    enum jsonc_kind kind;
    struct jsonc_place place; /* of its first character */
    const char *start;        /* in the text; a string with its quotes */
    size_t length;
};

struct jsonc {
    const char *at;
    const char *end;
    struct jsonc_place place; /* of `at` */
};

/* `bytes` stay the caller's and must outlive the tokens. */
void jsonc_init(struct jsonc *jsonc, const char *bytes, size_t length);

/* The next token. ERROR_SYNTAX: *token says where, and *why what was found and what is allowed: a
 * comment or string that does not end, a wrong escape, a control character in a string, bytes that
 * are not UTF-8. */
int jsonc_next(struct jsonc *jsonc, struct jsonc_token *token, struct text *why);

/* What a string token stands for, without its quotes and escapes: the first `capacity` bytes of it.
 * Returns the length of the whole, which may be more. */
size_t jsonc_decode(const struct jsonc_token *token, char *buffer, size_t capacity);

/* The token in words, for messages: "an object", "the string \"abc\"", "the end of the text". */
void jsonc_describe(const struct jsonc_token *token, struct text *out);

#endif
