/* Numbers in the form that trades carry, read in place without a call: for the decoder's scanner
 * and the reader of CSV. Each returns the place behind the number, or NULL when it has another
 * form, which decimal_scan() and whole_scan() then read; where both read a number, they agree.
 * What follows the number is for the caller to judge: a digit never does. */
#ifndef TICKD_FEED_QUICK_NUMBER_H
#define TICKD_FEED_QUICK_NUMBER_H

#include "tickd/base/compiler.h"
#include "tickd/base/decimal.h"

enum {
    QUICK_TIME_DIGITS = 13,   /* of every exchange time from September 2001 to November 2286 */
    QUICK_DECIMAL_DIGITS = 10 /* before the point; with 8 places behind it, it fits */
};

#define EVERY_BYTE(value) (UINT64_MAX / 255 * (value))

/* Eight bytes as one number, the first of them lowest. */
static inline uint64_t load_eight(const char *at)
{
    const unsigned char *byte = (const unsigned char *)at;

    return (uint64_t)byte[0] | (uint64_t)byte[1] << 8 | (uint64_t)byte[2] << 16 |
           (uint64_t)byte[3] << 24 | (uint64_t)byte[4] << 32 | (uint64_t)byte[5] << 40 |
           (uint64_t)byte[6] << 48 | (uint64_t)byte[7] << 56;
}

/* Whether eight bytes are digits: 0x30 to 0x39, and still 0x3_ when 6 is added. */
static inline bool are_digits(uint64_t eight)
{
    return ((eight & EVERY_BYTE(0xf0)) | ((eight + EVERY_BYTE(6)) & EVERY_BYTE(0xf0)) >> 4) ==
           EVERY_BYTE(0x33);
}

/* The number that eight digits are: neighbours are joined to pairs, to fours, to eight. */
static inline uint64_t join_digits(uint64_t eight)
{
    eight -= EVERY_BYTE('0');
    eight = eight * 10 + (eight >> 8);
    eight = (eight & UINT64_C(0x00ff00ff00ff00ff)) * 100 +
            ((eight >> 16) & UINT64_C(0x00ff00ff00ff00ff));
    eight = (eight & UINT64_C(0x0000ffff0000ffff)) * 10000 +
            ((eight >> 32) & UINT64_C(0x0000ffff0000ffff));
    return eight & UINT32_MAX;
}

/* Appends the digits at `at` to *number, modulo 2^64. */
static inline const char *take_digits(const char *at, uint64_t *number)
{
    for (unsigned digit; (digit = (unsigned)(unsigned char)*at - '0') <= 9; at++)
        *number = *number * 10 + digit;
    return at;
}

/* 13 digits, the first not 0. Looks at no byte from at + length on. */
static inline const char *quick_time(const char *at, size_t length, int64_t *time_ms)
{
    const char *stop = at + QUICK_TIME_DIGITS;

    if (length <= QUICK_TIME_DIGITS || *at == '0' || !are_digits(load_eight(at)) ||
        !are_digits(load_eight(stop - 8)) || (unsigned)(unsigned char)*stop - '0' <= 9)
        return NULL;
    uint64_t low = join_digits(load_eight(stop - 8)); /* three digits are in both */

    *time_ms = (int64_t)(join_digits(load_eight(at)) * 100000 + low % 100000);
    return stop;
}

/* Up to 10 digits, and up to 8 behind a point. The text must end in a byte that is neither digit
 * nor point. */
static inline const char *quick_decimal(const char *at, int64_t *value)
{
    static const uint64_t scale[DECIMAL_PLACES + 1] = {100000000, 10000000, 1000000, 100000, 10000,
                                                       1000,      100,      10,      1};
    uint64_t number = 0;
    const char *point = take_digits(at, &number);
    const char *stop = point;
    size_t places = 0;

    if (*point == '.') {
        stop = take_digits(point + 1, &number);
        places = (size_t)(stop - point - 1);
        if (places == 0 || places > DECIMAL_PLACES)
            return NULL;
    }
    if (point == at || point - at > QUICK_DECIMAL_DIGITS || (*at == '0' && point > at + 1))
        return NULL;
    *value = (int64_t)(number * scale[places]);
    return stop;
}

#endif
