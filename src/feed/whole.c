/* A number is its significant digits times a power of ten: 1.50e3 is 15 × 10^2. It is whole when
 * that power, of the last digit that is not 0, is not negative. */
#include "tickd/feed/whole.h"

#include "tickd/base/decimal.h"
#include "tickd/base/error.h"

/* Digits that every number of that length fits into 64 bits with: 10^19 − 1 < 2^64. */
enum { WHOLE_DIGITS_MAX = 19 };

/* More than any count of digits in memory; exponents are held to it. */
#define EXPONENT_LIMIT INT64_C(1000000000000000)

struct significant {
    const char *first; /* first digit that is not 0, or NULL: the number is 0 */
    const char *last;  /* last digit that is not 0 */
    int64_t power;     /* of ten, of that last digit */
    int64_t count;     /* of digits from first to last */
};

/* `at` is behind the 'e'; the text is known to be a number. */
static int64_t read_exponent(const char *at, const char *end)
{
    bool negative = *at == '-';
    int64_t exponent = 0;

    if (*at == '-' || *at == '+')
        at++;
    for (; at < end; at++) {
        exponent = exponent * 10 + (*at - '0');
        if (exponent > EXPONENT_LIMIT)
            exponent = EXPONENT_LIMIT;
    }
    return negative ? -exponent : exponent;
}

/* The text, without a sign, is known to be a number. */
static struct significant find_significant(const char *at, const char *end)
{
    struct significant found = {0};
    int64_t digits = 0;          /* seen so far */
    int64_t before_point = -1;   /* of them; −1: no point yet */
    int64_t first = 0, last = 0; /* numbers of the digits at found.first and found.last */

    for (; at < end && *at != 'e' && *at != 'E'; at++) {
        if (*at == '.') {
            before_point = digits;
            continue;
        }
        digits++;
        if (*at == '0')
            continue;
        if (found.first == NULL) {
            found.first = at;
            first = digits;
        }
        found.last = at;
        last = digits;
    }
    int64_t exponent = at < end ? read_exponent(at + 1, end) : 0;

    found.power = (before_point < 0 ? digits : before_point) - last + exponent;
    found.count = last - first + 1;
    return found;
}

int whole_scan(const char *text, size_t length, int64_t *value, size_t *used)
{
    int64_t decimal;

    if (decimal_scan(text, length, &decimal, used) == ERROR_SYNTAX)
        return ERROR_SYNTAX;
    bool negative = text[0] == '-';
    struct significant digits = find_significant(text + (negative ? 1 : 0), text + *used);

    if (digits.first == NULL) {
        *value = 0;
        return 0;
    }
    if (digits.power < 0)
        return ERROR_RANGE;
    if (digits.count + digits.power > WHOLE_DIGITS_MAX)
        return ERROR_OVERFLOW;
    uint64_t magnitude = 0;

    for (const char *at = digits.first; at <= digits.last; at++) {
        if (*at != '.')
            magnitude = magnitude * 10 + (uint64_t)(*at - '0');
    }
    for (int64_t i = 0; i < digits.power; i++)
        magnitude *= 10;
    if (magnitude > (uint64_t)INT64_MAX)
        return ERROR_OVERFLOW;
    *value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return 0;
}

int whole_parse(const char *text, size_t length, int64_t *value)
{
    int64_t scanned = 0;
    size_t used = 0;
    int error = whole_scan(text, length, &scanned, &used);

    if (error == ERROR_SYNTAX || used != length)
        return ERROR_SYNTAX;
    if (error == 0)
        *value = scanned;
    return error;
}
