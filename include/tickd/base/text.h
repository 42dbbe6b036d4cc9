/* A bounded text that is built piece by piece: it never overruns, never allocates, always ends in
 * a zero, and remembers whether something was cut off. A cut never splits a UTF-8 character, and
 * once something was cut off nothing more is added until text_clear(). */
#ifndef TICKD_BASE_TEXT_H
#define TICKD_BASE_TEXT_H

#include <stdarg.h>

#include "tickd/base/compiler.h"

struct text {
    char *data;
    size_t capacity; /* with the terminating zero; at least 1 */
    size_t length;
    bool cut;
};

void text_init(struct text *text, char *memory, size_t capacity);
void text_clear(struct text *text);
void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const char *bytes, size_t length);
void text_add_char(struct text *text, char character);
void text_format(struct text *text, const char *format, ...) TICKD_PRINTF(2, 3);
void text_format_list(struct text *text, const char *format, va_list arguments) TICKD_PRINTF(2, 0);

/* The shortest of the usual digits that read back as the same double: "0.1", "1e+300"; "nan" and
 * "inf" as printf has them. */
void text_add_real(struct text *text, double value);

/* Copies `source` into `target` of `capacity` bytes, always terminated; true when all of it fitted.
 */
bool text_copy(char *target, size_t capacity, const char *source);
bool text_copy_bytes(char *target, size_t capacity, const char *source, size_t length);

/* Whether `bytes` are valid UTF-8 (RFC 3629: no overlong forms, no surrogates). */
bool text_is_utf8(const char *bytes, size_t length);

/* Length of the character that `bytes`, `left` of them, at least one, begin with. Not valid: as
 * many bytes as could have begun a character, at least one, which are to be replaced as one. */
size_t text_character(const char *bytes, size_t left, bool *valid);

/* The code point of a valid character of that length. */
uint32_t text_code_point(const char *character, size_t length);

/* Appends a JSON string with its quotes: control characters, '"' and '\' escaped, invalid UTF-8
 * replaced by U+FFFD. */
void text_add_json(struct text *text, const char *bytes, size_t length);

#endif
