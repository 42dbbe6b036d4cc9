/* Decimals: reading with one quick path for what trades carry and one exact path for all else,
 * printing, and arithmetic on magnitudes through 128 bits. */
#include "tickd/base/decimal.h"

#include <string.h>

#include "tickd/base/error.h"

/* 10^18 − 1 is the largest mantissa that the quick path meets: it fits into 64 bits. */
enum { QUICK_DIGITS = 18 };

/* Beyond any count of digits that fits into memory, and safe to add such a count to. */
#define EXPONENT_LIMIT INT64_C(1000000000000000000)

/* Up to QUICK_DIGITS − 1 places of a fraction, less DECIMAL_PLACES. */
static const uint64_t powers_of_ten[QUICK_DIGITS - DECIMAL_PLACES] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};

/* Where the parts of a number lie in its text. */
struct number {
    const char *integer;
    const char *fraction;
    size_t integer_length;
    size_t fraction_length; /* 0 without a point */
    int64_t exponent;
    bool negative;
};

static int apply_sign(uint128 magnitude, bool negative, int64_t *value)
{
    if (magnitude > (uint128)INT64_MAX + (negative ? 1 : 0))
        return ERROR_OVERFLOW;
    *value = (int64_t)(negative ? 0 - (uint64_t)magnitude : (uint64_t)magnitude);
    return 0;
}

/* Whether a magnitude is to grow by one unit when `remainder` of `divisor` is left over. */
static bool rounds_up(enum decimal_rounding rounding, bool negative, bool odd, uint64_t remainder,
                      uint64_t divisor)
{
    switch (rounding) {
    case DECIMAL_HALF_EVEN:
        return remainder > divisor - remainder || (remainder == divisor - remainder && odd);
    case DECIMAL_DOWN:
        return false;
    case DECIMAL_UP:
        return remainder != 0;
    case DECIMAL_FLOOR:
        return remainder != 0 && negative;
    case DECIMAL_CEILING:
        return remainder != 0 && !negative;
    }
    return false;
}

static char digit_at(const struct number *number, size_t index)
{
    if (index < number->integer_length)
        return number->integer[index];
    index -= number->integer_length;
    return index < number->fraction_length ? number->fraction[index] : '0';
}

static bool any_digit_from(const struct number *number, size_t index)
{
    size_t count = number->integer_length + number->fraction_length;

    while (index < count && digit_at(number, index) == '0')
        index++;
    return index < count;
}

/* Any number of digits and any exponent. Counted from the first digit that is not 0, the first
 * `units` digits are the whole units of 1e-8; the next one, and whether any other follows, decides
 * the rounding. No loop runs over the exponent. */
static int round_exactly(const struct number *number, int64_t *value)
{
    size_t count = number->integer_length + number->fraction_length;
    size_t first = 0;
    uint64_t magnitude = 0;

    while (first < count && digit_at(number, first) == '0')
        first++;
    int64_t units =
        (int64_t)number->integer_length - (int64_t)first + number->exponent + DECIMAL_PLACES;

    if (first == count || units < 0) {
        *value = 0;
        return 0;
    }
    if (units > 19) /* at least 10^19 > 2^63 */
        return ERROR_OVERFLOW;
    size_t end = first + (size_t)units;

    for (size_t i = first; i < end; i++)
        magnitude = magnitude * 10 + (uint64_t)(digit_at(number, i) - '0');
    char next = digit_at(number, end);

    if (next > '5' || (next == '5' && (magnitude % 2 == 1 || any_digit_from(number, end + 1))))
        magnitude++;
    return apply_sign(magnitude, number->negative, value);
}

/* At most 18 digits, no exponent. */
static int round_quickly(const struct number *number, uint64_t mantissa, int64_t *value)
{
    size_t places = number->fraction_length;

    if (TICKD_LIKELY(places <= DECIMAL_PLACES))
        return apply_sign((uint128)mantissa * powers_of_ten[DECIMAL_PLACES - places],
                          number->negative, value);
    uint64_t divisor = powers_of_ten[places - DECIMAL_PLACES];
    uint64_t magnitude = mantissa / divisor;

    if (rounds_up(DECIMAL_HALF_EVEN, number->negative, magnitude % 2 == 1, mantissa % divisor,
                  divisor))
        magnitude++;
    return apply_sign(magnitude, number->negative, value);
}

/* Walks over digits and appends them to the mantissa, modulo 2^64. */
static inline const char *take_digits(const char *p, const char *end, uint64_t *mantissa)
{
    uint64_t sum = *mantissa;

    while (p < end) {
        unsigned digit = (unsigned)(unsigned char)*p - '0';

        if (digit > 9)
            break;
        sum = sum * 10 + digit;
        p++;
    }
    *mantissa = sum;
    return p;
}

/* p is behind the 'e'. NULL without digits. */
static const char *take_exponent(const char *p, const char *end, int64_t *exponent)
{
    bool negative = p < end && *p == '-';
    int64_t sum = 0;

    if (p < end && (*p == '-' || *p == '+'))
        p++;
    const char *digits = p;

    for (; p < end && *p >= '0' && *p <= '9'; p++) {
        if (sum < EXPONENT_LIMIT / 10)
            sum = sum * 10 + (*p - '0');
        else
            sum = EXPONENT_LIMIT;
    }
    *exponent = negative ? -sum : sum;
    return p > digits ? p : NULL;
}

int decimal_scan(const char *text, size_t length, int64_t *value, size_t *used)
{
    const char *p = text;
    const char *end = text + length;
    struct number number = {.negative = p < end && *p == '-'};
    uint64_t mantissa = 0;

    if (number.negative)
        p++;
    number.integer = p;
    p = p < end && *p == '0' ? p + 1 : take_digits(p, end, &mantissa);
    number.integer_length = (size_t)(p - number.integer);
    if (number.integer_length == 0)
        return ERROR_SYNTAX;
    if (p < end && *p == '.') {
        number.fraction = ++p;
        p = take_digits(p, end, &mantissa);
        number.fraction_length = (size_t)(p - number.fraction);
        if (number.fraction_length == 0)
            return ERROR_SYNTAX;
    }
    if (TICKD_LIKELY(!(p < end && (*p == 'e' || *p == 'E')) &&
                     number.integer_length + number.fraction_length <= QUICK_DIGITS)) {
        *used = (size_t)(p - text);
        return round_quickly(&number, mantissa, value);
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p = take_exponent(p + 1, end, &number.exponent);
        if (p == NULL)
            return ERROR_SYNTAX;
    }
    *used = (size_t)(p - text);
    return round_exactly(&number, value);
}

int decimal_parse(const char *text, size_t length, int64_t *value)
{
    int64_t scanned = 0;
    size_t used = 0;
    int error = decimal_scan(text, length, &scanned, &used);

    if (used != length || length == 0)
        return ERROR_SYNTAX;
    if (error == 0)
        *value = scanned;
    return error;
}

/* Writes `value` so that its last digit is text[end − 1]; returns where its first digit is. */
static size_t print_backwards(uint64_t value, char *text, size_t end)
{
    do {
        text[--end] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return end;
}

size_t decimal_print(int64_t value, char text[DECIMAL_TEXT_MAX])
{
    char digits[DECIMAL_TEXT_MAX];
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    uint64_t fraction = magnitude % (uint64_t)DECIMAL_ONE;
    size_t end = DECIMAL_TEXT_MAX;
    size_t start = end;

    if (fraction > 0) {
        start = print_backwards(fraction + (uint64_t)DECIMAL_ONE, digits, end);
        digits[start] = '.'; /* in the place of the one that kept the leading zeros */
        while (digits[end - 1] == '0')
            end--;
    }
    start = print_backwards(magnitude / (uint64_t)DECIMAL_ONE, digits, start);
    if (value < 0)
        digits[--start] = '-';
    memcpy(text, digits + start, end - start);
    text[end - start] = '\0';
    return end - start;
}

int decimal_add(int64_t a, int64_t b, int64_t *sum)
{
    int64_t result;

    if (add_overflows(a, b, &result))
        return ERROR_OVERFLOW;
    *sum = result;
    return 0;
}

int decimal_subtract(int64_t a, int64_t b, int64_t *difference)
{
    int64_t result;

    if (subtract_overflows(a, b, &result))
        return ERROR_OVERFLOW;
    *difference = result;
    return 0;
}

int decimal_divide_wide(int128 a, int64_t b, enum decimal_rounding rounding, int64_t *result)
{
    bool negative = (a < 0) != (b < 0);
    uint128 dividend = a < 0 ? 0 - (uint128)a : (uint128)a;
    uint64_t divisor = b < 0 ? 0 - (uint64_t)b : (uint64_t)b;

    if (b == 0)
        return ERROR_RANGE;
    uint128 quotient = dividend / divisor;
    uint64_t remainder = (uint64_t)(dividend - quotient * divisor);

    if (rounds_up(rounding, negative, quotient % 2 == 1, remainder, divisor))
        quotient++;
    return apply_sign(quotient, negative, result);
}

int decimal_multiply(int64_t a, int64_t b, enum decimal_rounding rounding, int64_t *product)
{
    return decimal_divide_wide((int128)a * b, DECIMAL_ONE, rounding, product);
}

int decimal_divide(int64_t a, int64_t b, enum decimal_rounding rounding, int64_t *quotient)
{
    return decimal_divide_wide((int128)a * DECIMAL_ONE, b, rounding, quotient);
}

int decimal_multiply_divide(int64_t a, int64_t b, int64_t c, enum decimal_rounding rounding,
                            int64_t *result)
{
    return decimal_divide_wide((int128)a * b, c, rounding, result);
}

/* Below 2^53 both operands are exact and the division rounds once. Above, the quotient is formed to
 * 62 bits or more, its lowest bit set when something is left over, so that again only one rounding
 * happens: the one to 53 bits. */
double decimal_to_double(int64_t value)
{
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    const uint64_t exact_below = UINT64_C(1) << 53;
    const uint64_t one = (uint64_t)DECIMAL_ONE;

    if (magnitude < exact_below)
        return (double)value / (double)DECIMAL_ONE;
    unsigned zeros = leading_zeros(magnitude);
    uint128 dividend = (uint128)(magnitude << zeros) << 26;
    uint64_t quotient = (uint64_t)(dividend / one); /* below 2^90 / 2^26.5 */

    if (dividend % one != 0)
        quotient |= 1;
    double result = (double)quotient / (double)(UINT64_C(1) << (26 + zeros));

    return value < 0 ? -result : result;
}

int decimal_from_double(double number, int64_t *value)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof bits);
    bool negative = bits >> 63 != 0;
    unsigned exponent = (unsigned)(bits >> 52) & 0x7ff;
    uint64_t mantissa = bits & ((UINT64_C(1) << 52) - 1);

    if (exponent == 0x7ff)
        return mantissa != 0 ? ERROR_RANGE : ERROR_OVERFLOW;
    if (exponent >= 1075) /* 2^52 and more */
        return ERROR_OVERFLOW;
    unsigned shift = 1075 - exponent; /* number = mantissa / 2^shift, but for subnormals */

    if (shift > 100) { /* less than 2^53 × 1e8 / 2^101, a tiny part of one unit */
        *value = 0;
        return 0;
    }
    mantissa |= UINT64_C(1) << 52;
    uint128 scaled = (uint128)mantissa * (uint64_t)DECIMAL_ONE;
    uint128 magnitude = scaled >> shift;
    uint128 rest = scaled - (magnitude << shift);
    uint128 half = (uint128)1 << (shift - 1);

    if (rest > half || (rest == half && magnitude % 2 == 1))
        magnitude++;
    return apply_sign(magnitude, negative, value);
}
