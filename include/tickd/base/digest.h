/* A 64-bit digest of a stream of bytes: order matters, every bit counts, not cryptographic.
 * Defined on little-endian 8-byte words, so that every machine gives the same. */
#ifndef TICKD_BASE_DIGEST_H
#define TICKD_BASE_DIGEST_H

#include "tickd/base/compiler.h"

struct digest {
    uint64_t state;
    uint64_t length; /* bytes taken in so far */
};

enum { DIGEST_TEXT_MAX = 17 }; /* 16 hex digits and the terminating zero */

void digest_init(struct digest *digest);

/* Takes in `size` bytes; the result depends on where one call ends and the next begins. */
void digest_add(struct digest *digest, const void *bytes, size_t size);

uint64_t digest_value(const struct digest *digest);
void digest_print(uint64_t value, char text[DIGEST_TEXT_MAX]);

#endif
