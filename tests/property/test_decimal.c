/* Decimals against arithmetic as done on paper: numbers as rows of decimal digits, multiplied and
 * divided digit by digit, rounded by looking at the digits behind the last one kept. Doubles are
 * compared through the C library, whose printf and strtod are exact and correctly rounded. */
#include "tickd/base/decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/seed.h"
#include "tickd/base/error.h"
#include "tickd/base/rng.h"

enum { ROUNDS = 20000, DIGITS = 128 };

/* A natural number; digits[0] is its lowest digit. */
struct paper {
    int digits[DIGITS];
};

static struct rng rng;

static struct paper paper_of(uint64_t value)
{
    struct paper paper = {{0}};

    for (size_t i = 0; value > 0; i++, value /= 10)
        paper.digits[i] = (int)(value % 10);
    return paper;
}

static void carry(struct paper *paper)
{
    for (size_t i = 0; i + 1 < DIGITS; i++) {
        paper->digits[i + 1] += paper->digits[i] / 10;
        paper->digits[i] %= 10;
    }
}

static struct paper paper_product(const struct paper *a, const struct paper *b)
{
    struct paper product = {{0}};

    for (size_t i = 0; i < DIGITS / 4; i++) {
        for (size_t j = 0; j < DIGITS / 4; j++)
            product.digits[i + j] += a->digits[i] * b->digits[j];
    }
    carry(&product);
    return product;
}

static int paper_compare(const struct paper *a, const struct paper *b)
{
    for (size_t i = DIGITS; i-- > 0;) {
        if (a->digits[i] != b->digits[i])
            return a->digits[i] < b->digits[i] ? -1 : 1;
    }
    return 0;
}

static void paper_subtract(struct paper *from, const struct paper *what)
{
    int borrowed = 0;

    for (size_t i = 0; i < DIGITS; i++) {
        from->digits[i] -= what->digits[i] + borrowed;
        borrowed = from->digits[i] < 0 ? 1 : 0;
        from->digits[i] += 10 * borrowed;
    }
}

/* Ten times as much, and a new lowest digit. */
static void paper_shift_in(struct paper *paper, int digit)
{
    memmove(paper->digits + 1, paper->digits, (DIGITS - 1) * sizeof paper->digits[0]);
    paper->digits[0] = digit;
}

/* Long division; the remainder is left in *rest. */
static struct paper paper_quotient(const struct paper *a, const struct paper *b, struct paper *rest)
{
    struct paper quotient = {{0}};

    memset(rest, 0, sizeof *rest);
    for (size_t i = DIGITS / 2; i-- > 0;) {
        int digit = 0;

        paper_shift_in(rest, a->digits[i]);
        while (paper_compare(rest, b) >= 0) {
            paper_subtract(rest, b);
            digit++;
        }
        paper_shift_in(&quotient, digit);
    }
    return quotient;
}

static void paper_increment(struct paper *paper)
{
    paper->digits[0]++;
    carry(paper);
}

/* What a rounding does with quotient and rest, in words of the enum's comments. */
static void paper_round(struct paper *quotient, const struct paper *rest,
                        const struct paper *divisor, bool negative, enum decimal_rounding rounding)
{
    const struct paper zero = {{0}};
    const struct paper two = {{2}};
    struct paper twice = paper_product(rest, &two);
    int against_half = paper_compare(&twice, divisor);
    bool exact = paper_compare(rest, &zero) == 0;
    bool away = false;

    switch (rounding) {
    case DECIMAL_HALF_EVEN:
        away = against_half > 0 || (against_half == 0 && quotient->digits[0] % 2 == 1);
        break;
    case DECIMAL_DOWN:
        break;
    case DECIMAL_UP:
        away = !exact;
        break;
    case DECIMAL_FLOOR:
        away = !exact && negative;
        break;
    case DECIMAL_CEILING:
        away = !exact && !negative;
        break;
    }
    if (away)
        paper_increment(quotient);
}

/* The number as an int64_t; false when it does not fit. */
static bool paper_value(const struct paper *paper, bool negative, int64_t *value)
{
    struct paper limit = paper_of(negative ? UINT64_C(1) << 63 : (uint64_t)INT64_MAX);
    uint64_t sum = 0;

    if (paper_compare(paper, &limit) > 0)
        return false;
    for (size_t i = 20; i-- > 0;)
        sum = sum * 10 + (uint64_t)paper->digits[i];
    *value = (int64_t)(negative ? 0 - sum : sum);
    return true;
}

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

/* Of any size, with the edges more often than chance has them. */
static int64_t draw(void)
{
    static const int64_t edges[] = {
        0, 1, -1, INT64_MAX, INT64_MIN, DECIMAL_ONE, -DECIMAL_ONE, 50000000, INT64_MIN + 1, 2};

    if (rng_below(&rng, 8) == 0)
        return edges[rng_below(&rng, ARRAY_LENGTH(edges))];
    int64_t value = (int64_t)(rng_next(&rng) >> (1 + rng_below(&rng, 63)));

    return rng_below(&rng, 2) == 0 ? value : -value;
}

static void check_multiply_divide(int64_t a, int64_t b, int64_t c, enum decimal_rounding rounding)
{
    struct paper factors[3] = {paper_of(magnitude(a)), paper_of(magnitude(b)),
                               paper_of(magnitude(c))};
    bool negative = ((a < 0) != (b < 0)) != (c < 0);
    struct paper product = paper_product(&factors[0], &factors[1]);
    int64_t expected = 0;
    int64_t found = 0;
    struct paper rest;

    if (a == 0 || b == 0)
        negative = false;
    struct paper quotient = paper_quotient(&product, &factors[2], &rest);

    paper_round(&quotient, &rest, &factors[2], negative, rounding);
    int error = decimal_multiply_divide(a, b, c, rounding, &found);

    if (!paper_value(&quotient, negative, &expected)) {
        assert_int_equal(error, ERROR_OVERFLOW);
        return;
    }
    if (error != 0 || found != expected)
        fail_msg("%" PRId64 " * %" PRId64 " / %" PRId64 " (rounding %d) is %" PRId64
                 " on paper and not %" PRId64 " (%s)",
                 a, b, c, (int)rounding, expected, found, error_text(error));
}

static void test_products_over_quotients_are_those_of_long_division(void **state)
{
    (void)state;
    rng_stream(&rng, test_seed(), "decimal division");
    for (int round = 0; round < ROUNDS / 4; round++) {
        int64_t a = draw();
        int64_t b = draw();
        int64_t c = draw();

        if (c == 0)
            continue;
        for (int r = DECIMAL_HALF_EVEN; r <= DECIMAL_CEILING; r++)
            check_multiply_divide(a, b, c, (enum decimal_rounding)r);
    }
}

static void test_multiply_and_divide_are_special_cases_of_both_together(void **state)
{
    (void)state;
    rng_stream(&rng, test_seed(), "decimal product");
    for (int round = 0; round < ROUNDS; round++) {
        int64_t a = draw();
        int64_t b = draw();
        enum decimal_rounding rounding = (enum decimal_rounding)rng_below(&rng, 5);
        int64_t found[2] = {0, 0};
        int64_t wide[2] = {0, 0};

        assert_int_equal(decimal_multiply(a, b, rounding, &found[0]),
                         decimal_multiply_divide(a, b, DECIMAL_ONE, rounding, &wide[0]));
        assert_int_equal(decimal_divide(a, b, rounding, &found[1]),
                         decimal_multiply_divide(a, DECIMAL_ONE, b, rounding, &wide[1]));
        assert_memory_equal(found, wide, sizeof found);
    }
}

/* A number as text together with its digits and the place of its point, as they were drawn. */
struct drawn {
    char text[DIGITS];
    size_t length;
    char digits[DIGITS]; /* '0' to '9', the first may be 0 */
    size_t count;
    int point; /* digits before the point, after the exponent has moved it */
    bool negative;
};

static void put(struct drawn *drawn, char character)
{
    drawn->text[drawn->length++] = character;
}

static void put_digits(struct drawn *drawn, size_t count)
{
    /* Nines, zeros and a five are where roundings go wrong. */
    static const char favourites[] = "0009995";
    bool plain = rng_below(&rng, 2) == 0;

    for (size_t i = 0; i < count; i++) {
        char digit = plain ? (char)('0' + rng_below(&rng, 10))
                           : favourites[rng_below(&rng, sizeof favourites - 1)];

        drawn->digits[drawn->count++] = digit;
        put(drawn, digit);
    }
}

static struct drawn draw_number(void)
{
    struct drawn drawn = {.negative = rng_below(&rng, 2) == 0};
    size_t integer = 1 + (size_t)rng_below(&rng, rng_below(&rng, 4) == 0 ? 30 : 6);

    if (drawn.negative)
        put(&drawn, '-');
    put_digits(&drawn, integer);
    size_t first = drawn.negative ? 1 : 0;

    if (integer > 1 && drawn.text[first] == '0')
        drawn.text[first] = drawn.digits[0] = '1';
    if (rng_below(&rng, 4) > 0) {
        put(&drawn, '.');
        put_digits(&drawn, 1 + (size_t)rng_below(&rng, rng_below(&rng, 4) == 0 ? 60 : 12));
    }
    drawn.point = (int)integer;
    if (rng_below(&rng, 2) == 0) {
        int exponent = (int)rng_below(&rng, 60) - 30;

        drawn.length += (size_t)snprintf(drawn.text + drawn.length, 16, "%c%+d",
                                         rng_below(&rng, 2) == 0 ? 'e' : 'E', exponent);
        drawn.point += exponent;
    }
    return drawn;
}

/* Digit `place` places behind the point (0 the first), 0 where none was written. */
static int digit_behind_point(const struct drawn *drawn, int place)
{
    int index = drawn->point + place;

    return index >= 0 && index < (int)drawn->count ? drawn->digits[index] - '0' : 0;
}

static bool expected_value(const struct drawn *drawn, int64_t *value)
{
    struct paper units = {{0}};
    bool more = false;

    for (int place = -100; place < DECIMAL_PLACES; place++)
        paper_shift_in(&units, digit_behind_point(drawn, place));
    int next = digit_behind_point(drawn, DECIMAL_PLACES);

    for (int place = DECIMAL_PLACES + 1; place < 200; place++)
        more = more || digit_behind_point(drawn, place) != 0;
    if (next > 5 || (next == 5 && (more || units.digits[0] % 2 == 1)))
        paper_increment(&units);
    return paper_value(&units, drawn->negative, value);
}

static void test_texts_are_read_as_their_digits_say(void **state)
{
    (void)state;
    rng_stream(&rng, test_seed(), "decimal text");
    for (int round = 0; round < ROUNDS; round++) {
        struct drawn drawn = draw_number();
        int64_t expected = 0;
        int64_t found = 0;
        size_t used = 0;
        bool fits = expected_value(&drawn, &expected);
        int error = decimal_parse(drawn.text, drawn.length, &found);

        if (error != (fits ? 0 : ERROR_OVERFLOW) || found != expected)
            fail_msg("%.*s is %" PRId64 " units and not %" PRId64 " (%s)", (int)drawn.length,
                     drawn.text, expected, found, error_text(error));
        drawn.text[drawn.length] = ',';
        assert_int_equal(decimal_scan(drawn.text, drawn.length + 1, &found, &used), error);
        assert_int_equal(used, drawn.length);
        assert_int_equal(found, expected);
    }
}

static void test_a_printed_decimal_is_read_back_and_has_no_spare_zeros(void **state)
{
    (void)state;
    rng_stream(&rng, test_seed(), "decimal print");
    for (int round = 0; round < ROUNDS; round++) {
        char text[DECIMAL_TEXT_MAX];
        int64_t value = draw();
        size_t length = decimal_print(value, text);
        int64_t found = 0;

        assert_int_equal(length, strlen(text));
        assert_int_equal(decimal_parse(text, length, &found), 0);
        assert_int_equal(found, value);
        if (strchr(text, '.') != NULL)
            assert_true(text[length - 1] != '0' && text[length - 1] != '.');
    }
}

static void test_the_nearest_double_is_what_strtod_reads(void **state)
{
    (void)state;
    rng_stream(&rng, test_seed(), "decimal to double");
    for (int round = 0; round < ROUNDS; round++) {
        char text[DECIMAL_TEXT_MAX];
        int64_t value = draw();
        double found = decimal_to_double(value);

        decimal_print(value, text);
        if (found != strtod(text, NULL))
            fail_msg("%s becomes %.17g", text, found);
    }
}

/* Every double is a finite decimal, which printf writes in full: at most 1074 places. */
static void test_the_nearest_decimal_is_that_of_the_double_written_in_full(void **state)
{
    (void)state;
    rng_stream(&rng, test_seed(), "decimal from double");
    for (int round = 0; round < ROUNDS / 4; round++) {
        char text[1500];
        double number = rng_uniform(&rng) - 0.5;
        int64_t expected = -1;
        int64_t found = -1;

        if (rng_below(&rng, 2) == 0) /* ties are multiples of 2^-9 and coarser */
            number = (double)(int64_t)(number * 0x1p30) * 0x1p-9;
        else
            number = ldexp(number, (int)rng_below(&rng, 60) - 20);
        int length = snprintf(text, sizeof text, "%.1074f", number);

        assert_in_range(length, 1, sizeof text - 1);
        assert_int_equal(decimal_from_double(number, &found),
                         decimal_parse(text, (size_t)length, &expected));
        assert_int_equal(found, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products_over_quotients_are_those_of_long_division),
        cmocka_unit_test(test_multiply_and_divide_are_special_cases_of_both_together),
        cmocka_unit_test(test_texts_are_read_as_their_digits_say),
        cmocka_unit_test(test_a_printed_decimal_is_read_back_and_has_no_spare_zeros),
        cmocka_unit_test(test_the_nearest_double_is_what_strtod_reads),
        cmocka_unit_test(test_the_nearest_decimal_is_that_of_the_double_written_in_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
