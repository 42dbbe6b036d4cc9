/* The digest: each step multiplies 64 by 64 bits and folds the two halves of the product into one.
 * A call runs two such chains side by side over its words, so that the second multiplication does
 * not wait for the first, and joins them at its end. The call's size goes in with its first word.
 */
#include "tickd/base/digest.h"

#include <string.h>

/* Odd, with balanced bits: the first 64 fractional bits of the golden ratio, √2, √3 and √5, the
 * lowest bit set. */
static const uint64_t first_factor = UINT64_C(0x9e3779b97f4a7c15);
static const uint64_t second_factor = UINT64_C(0x6a09e667f3bcc909);
static const uint64_t third_factor = UINT64_C(0xbb67ae8584caa73b);
static const uint64_t fourth_factor = UINT64_C(0x3c6ef372fe94f82b);

static inline uint64_t fold(uint64_t value, uint64_t factor)
{
    uint128 product = (uint128)value * factor;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Eight bytes as a little-endian word; compilers turn this into one load where that is one. */
static inline uint64_t load_word(const unsigned char *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
           (uint64_t)p[7] << 56;
}

void digest_init(struct digest *digest)
{
    digest->state = fourth_factor;
    digest->length = 0;
}

void digest_add(struct digest *digest, const void *bytes, size_t size)
{
    const unsigned char *p = bytes;
    uint64_t first = digest->state ^ third_factor;
    uint64_t second = (digest->state + fourth_factor) ^ size;
    size_t left = size;
    unsigned char end[16] = {0};

    for (; left >= 16; left -= 16, p += 16) {
        first = fold(first ^ load_word(p), first_factor);
        second = fold(second ^ load_word(p + 8), second_factor);
    }
    if (left > 0) {
        const unsigned char *last = end;

        if (size >= 16)
            last = p + left - 16; /* the last 16 bytes, some of them for the second time */
        else
            memcpy(end, p, left);
        first = fold(first ^ load_word(last), second_factor);
        second = fold(second ^ load_word(last + 8), first_factor);
    }
    digest->state = fold(first ^ (second << 32 | second >> 32), third_factor);
    digest->length += size;
}

uint64_t digest_value(const struct digest *digest)
{
    return fold(fold(digest->state ^ digest->length, first_factor) + second_factor, third_factor);
}

void digest_print(uint64_t value, char text[DIGEST_TEXT_MAX])
{
    static const char digits[] = "0123456789abcdef";

    for (unsigned i = 0; i < 16; i++)
        text[i] = digits[(value >> (60 - 4 * i)) & 15];
    text[16] = '\0';
}
