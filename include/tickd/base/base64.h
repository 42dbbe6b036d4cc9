/* Base64 (RFC 4648, section 4), with its padding. */
#ifndef TICKD_BASE_BASE64_H
#define TICKD_BASE_BASE64_H

#include "tickd/base/compiler.h"

/* Characters that `length` bytes become; no terminating zero is written. */
static inline size_t base64_length(size_t length)
{
    return (length + 2) / 3 * 4;
}

/* Writes base64_length(length) characters. */
void base64_encode(const void *bytes, size_t length, char *out);

/* Reads the characters back; `out` has room for length / 4 × 3 bytes and may be the text itself.
 * ERROR_SYNTAX: not what base64_encode() writes. */
int base64_decode(const char *text, size_t length, void *out, size_t *out_length);

#endif
