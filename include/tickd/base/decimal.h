/* Exact decimals: a 64-bit integer counts units of 1e-8, so ±92,233,720,368.54775807 is the range.
 * Products and quotients go through 128 bits. A result that does not fit is ERROR_OVERFLOW, never
 * a wrap. */
#ifndef TICKD_BASE_DECIMAL_H
#define TICKD_BASE_DECIMAL_H

#include "tickd/base/compiler.h"

#define DECIMAL_ONE INT64_C(100000000)
#define DECIMAL_MAX INT64_MAX
#define DECIMAL_MIN INT64_MIN

enum {
    DECIMAL_PLACES = 8,
    DECIMAL_TEXT_MAX = 24 /* longest text with its terminating zero */
};

/* What becomes of what does not fit into 1e-8. */
enum decimal_rounding {
    DECIMAL_HALF_EVEN, /* to the nearest, ties to the even unit */
    DECIMAL_DOWN,      /* towards zero */
    DECIMAL_UP,        /* away from zero */
    DECIMAL_FLOOR,     /* towards −∞ */
    DECIMAL_CEILING    /* towards +∞ */
};

/* Reads a JSON number (RFC 8259: no leading '+', no leading zeros, any exponent) of `length`
 * bytes, all of them, rounded half-even to 1e-8, exactly, whatever the number of digits.
 * ERROR_SYNTAX: not a JSON number. ERROR_OVERFLOW: beyond the range. On an error, here and in all
 * functions below, the result stays as it was. */
int decimal_parse(const char *text, size_t length, int64_t *value);

/* As decimal_parse, for the number that text begins with; *used is its length. Bytes up to
 * `length` are looked at; what follows the number is not judged, but a point or an 'e' that no
 * digit follows is ERROR_SYNTAX. *used is also set on ERROR_OVERFLOW. */
int decimal_scan(const char *text, size_t length, int64_t *value, size_t *used);

/* Shortest exact text: "-0.00000001", "146.76", "0", "222457". Returns its length. */
size_t decimal_print(int64_t value, char text[DECIMAL_TEXT_MAX]);

int decimal_add(int64_t a, int64_t b, int64_t *sum);
int decimal_subtract(int64_t a, int64_t b, int64_t *difference);

/* a × b, both decimals. */
int decimal_multiply(int64_t a, int64_t b, enum decimal_rounding rounding, int64_t *product);

/* a ÷ b, both decimals; b = 0 is ERROR_RANGE. */
int decimal_divide(int64_t a, int64_t b, enum decimal_rounding rounding, int64_t *quotient);

/* a × b ÷ c with one rounding at the end; c = 0 is ERROR_RANGE. For plain integers or decimals:
 * the unit of the result is that of a·b/c. */
int decimal_multiply_divide(int64_t a, int64_t b, int64_t c, enum decimal_rounding rounding,
                            int64_t *result);

/* 128-bit a ÷ b with the given rounding, for sums of products; b = 0 is ERROR_RANGE. */
int decimal_divide_wide(int128 a, int64_t b, enum decimal_rounding rounding, int64_t *result);

/* Nearest double; for statistics and display, never on the way to money. */
double decimal_to_double(int64_t value);

/* Nearest decimal, half-even; NaN is ERROR_RANGE, beyond the range ERROR_OVERFLOW. */
int decimal_from_double(double number, int64_t *value);

#endif
