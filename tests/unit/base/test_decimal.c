/* Decimals: reading, printing, arithmetic at its edges. Long division, long multiplication and
 * exact expansions as a reference are in tests/property/test_decimal.c. */
#include "tickd/base/decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "support/numbers.h"
#include "tickd/base/error.h"

static int64_t parsed(const char *string)
{
    int64_t value = -4242;

    if (decimal_parse(string, strlen(string), &value) != 0)
        fail_msg("\"%s\" was not read", string);
    return value;
}

static int parse_error(const char *string)
{
    int64_t value = -4242;
    int error = decimal_parse(string, strlen(string), &value);

    assert_int_equal(value, -4242); /* untouched on error */
    return error;
}

static void test_prices_and_volumes_are_read_exactly(void **state)
{
    (void)state;
    assert_int_equal(parsed("0"), 0);
    assert_int_equal(parsed("146.76"), 14676000000);
    assert_int_equal(parsed("7296.89"), 729689000000);
    assert_int_equal(parsed("0.011467"), 1146700);
    assert_int_equal(parsed("222457"), 22245700000000);
    assert_int_equal(parsed("-0.00000001"), -1);
    assert_int_equal(parsed("-0"), 0);
    assert_int_equal(parsed("-0.0e5"), 0);
    assert_int_equal(parsed("1.10"), 110000000);
    assert_int_equal(parsed("92233720368.54775807"), INT64_MAX);
    assert_int_equal(parsed("-92233720368.54775808"), INT64_MIN);
}

static void test_exponents_move_the_point(void **state)
{
    (void)state;
    assert_int_equal(parsed("1e0"), DECIMAL_ONE);
    assert_int_equal(parsed("1E2"), 100 * DECIMAL_ONE);
    assert_int_equal(parsed("1.5e+3"), 1500 * DECIMAL_ONE);
    assert_int_equal(parsed("12345e-3"), 1234500000);
    assert_int_equal(parsed("1e-8"), 1);
    assert_int_equal(parsed("1e-0008"), 1);
    assert_int_equal(parsed("922337203685477580.7e-7"), INT64_MAX);
    assert_int_equal(parsed("0.000000000000000000001e21"), DECIMAL_ONE);
}

static void test_exponents_of_any_size_cost_nothing_and_mean_what_they_say(void **state)
{
    (void)state;
    assert_int_equal(parsed("1e-999999999999"), 0);
    assert_int_equal(parsed("123456789.5e-99999999999999999999999999"), 0);
    assert_int_equal(parsed("0e999999999999999999999999999999"), 0);
    assert_int_equal(parsed("-0.000e18446744073709551616"), 0);
    assert_int_equal(parse_error("1e999999999999"), ERROR_OVERFLOW);
    assert_int_equal(parse_error("-0.001e99999999999999999999999"), ERROR_OVERFLOW);
    assert_int_equal(parse_error("1e18446744073709551616"), ERROR_OVERFLOW); /* 2^64 */
    assert_int_equal(parse_error("1e9223372036854775808"), ERROR_OVERFLOW);  /* 2^63 */
}

static void test_many_zeros_and_an_exponent_that_undoes_them_are_exact(void **state)
{
    enum { ZEROS = 5000 };
    static char string[ZEROS + 32];
    int64_t value;

    (void)state;
    memset(string, '0', sizeof string);
    string[1] = '.';
    memcpy(string + 2 + ZEROS, "125e5002", 8);
    assert_int_equal(decimal_parse(string, 2 + ZEROS + 8, &value), 0);
    assert_int_equal(value, 1250000000); /* 12.5 */

    memset(string, '0', sizeof string);
    string[0] = '7';
    memcpy(string + 1 + ZEROS, "e-5000", 6);
    assert_int_equal(decimal_parse(string, 1 + ZEROS + 6, &value), 0);
    assert_int_equal(value, 7 * DECIMAL_ONE);
}

static void test_what_lies_beyond_eight_places_is_rounded_half_even(void **state)
{
    (void)state;
    assert_int_equal(parsed("0.000000005"), 0);
    assert_int_equal(parsed("0.000000015"), 2);
    assert_int_equal(parsed("0.000000025"), 2);
    assert_int_equal(parsed("-0.000000015"), -2);
    assert_int_equal(parsed("0.0000000250"), 2);
    assert_int_equal(parsed("0.00000002500000000000000001"), 3); /* a sticky digit far behind */
    assert_int_equal(parsed("0.000000024999999999999999999999"), 2);
    assert_int_equal(parsed("5e-9"), 0);
    assert_int_equal(parsed("5.0000000000000000000000000000000000000001e-9"), 1);
    assert_int_equal(parsed("4.9e-9"), 0);
    assert_int_equal(parsed("9.9e-10"), 0);
    assert_int_equal(parsed("0.999999995"), DECIMAL_ONE);
    assert_int_equal(parsed("146.76123456789012"), 14676123457);
    assert_int_equal(parsed("7296.8900000000003"), 729689000000);
    assert_int_equal(parsed("0.012345678901234567"), 1234568);
}

static void test_the_range_ends_where_rounding_would_leave_it(void **state)
{
    (void)state;
    assert_int_equal(parsed("92233720368.547758074999999"), INT64_MAX);
    assert_int_equal(parsed("92233720368.54775807499999999999999"), INT64_MAX);
    assert_int_equal(parse_error("92233720368.547758075"), ERROR_OVERFLOW); /* tie to even 08 */
    assert_int_equal(parsed("-92233720368.547758085"), INT64_MIN);
    assert_int_equal(parse_error("-92233720368.5477580850001"), ERROR_OVERFLOW);
    assert_int_equal(parse_error("92233720368.54775808"), ERROR_OVERFLOW);
    assert_int_equal(parse_error("92233720369"), ERROR_OVERFLOW);
    assert_int_equal(parse_error("184467440737.09551616"), ERROR_OVERFLOW); /* 2^64 units */
    assert_int_equal(parse_error("100000000000000000"), ERROR_OVERFLOW);
    assert_int_equal(parse_error("999999999999999999999999"), ERROR_OVERFLOW);
    assert_int_equal(parse_error("99999999999.99999999"), ERROR_OVERFLOW);
}

static void test_what_is_no_json_number_is_a_syntax_error(void **state)
{
    static const char *const strings[] = {
        "",    "-",    "+1", ".5",  "1.",    "-.5",  "01",   "-01",  "00",    "1e",   "1e+",
        "1E-", "1.e5", "e5", " 1",  "1 ",    "1,5",  "0x10", "1e5.", "1e1.5", "--1",  "1-",
        "inf", "NaN",  "1f", "1_0", "1.2.3", "1e5e", "0.",   "-0.",  "1e99x", "1..2", "\xd9\xa1",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(strings); i++) {
        if (parse_error(strings[i]) != ERROR_SYNTAX)
            fail_msg("\"%s\" is taken for a number", strings[i]);
    }
    assert_int_equal(decimal_parse("1\0", 2, &(int64_t){0}), ERROR_SYNTAX);
}

static void test_a_scan_ends_behind_the_number_and_looks_no_further(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        size_t used;
        int64_t value;
    } cases[] = {
        {"146.76,\"s\":1", 12, 6, 14676000000},
        {"5}", 2, 1, 5 * DECIMAL_ONE},
        {"-2.5]", 5, 4, -250000000},
        {"1e2 ", 4, 3, 100 * DECIMAL_ONE},
        {"012", 3, 1, 0},
        {"12345", 3, 3, 123 * DECIMAL_ONE},
        {"1.25", 3, 3, 120000000},
        {"1e25", 3, 3, 100 * DECIMAL_ONE},
        {"3-4", 3, 1, 3 * DECIMAL_ONE},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        int64_t value = -1;
        size_t used = 99;

        assert_int_equal(decimal_scan(cases[i].text, cases[i].length, &value, &used), 0);
        assert_int_equal(value, cases[i].value);
        assert_int_equal(used, cases[i].used);
    }
}

static void test_a_scan_that_overflows_still_says_where_the_number_ends(void **state)
{
    int64_t value;
    size_t used = 0;

    (void)state;
    assert_int_equal(decimal_scan("1e99,", 5, &value, &used), ERROR_OVERFLOW);
    assert_int_equal(used, 4);
    assert_int_equal(decimal_scan("1.x", 3, &value, &used), ERROR_SYNTAX);
}

static void check_print(int64_t value, const char *expected)
{
    char text[DECIMAL_TEXT_MAX];

    assert_int_equal(decimal_print(value, text), strlen(expected));
    assert_string_equal(text, expected);
}

static void test_a_decimal_is_printed_in_its_shortest_form(void **state)
{
    (void)state;
    check_print(0, "0");
    check_print(-1, "-0.00000001");
    check_print(14676000000, "146.76");
    check_print(22245700000000, "222457");
    check_print(100 * DECIMAL_ONE, "100");
    check_print(1010000000, "10.1");
    check_print(10000000, "0.1");
    check_print(-50000000, "-0.5");
    check_print(INT64_MAX, "92233720368.54775807");
    check_print(INT64_MIN, "-92233720368.54775808");
}

static void test_sums_that_do_not_fit_overflow_and_leave_the_result_alone(void **state)
{
    int64_t result = 7;

    (void)state;
    assert_int_equal(decimal_add(INT64_MAX, 1, &result), ERROR_OVERFLOW);
    assert_int_equal(decimal_add(INT64_MIN, -1, &result), ERROR_OVERFLOW);
    assert_int_equal(decimal_subtract(INT64_MIN, 1, &result), ERROR_OVERFLOW);
    assert_int_equal(decimal_subtract(0, INT64_MIN, &result), ERROR_OVERFLOW);
    assert_int_equal(result, 7);
    assert_int_equal(decimal_add(INT64_MAX, INT64_MIN, &result), 0);
    assert_int_equal(result, -1);
    assert_int_equal(decimal_subtract(-1, INT64_MIN, &result), 0);
    assert_int_equal(result, INT64_MAX);
}

/* Each of ±2.5, ±2.4, ±2.6, ±3.5 and ±3 units, by all five roundings. */
static void test_each_rounding_does_what_its_name_says(void **state)
{
    static const struct {
        int64_t tenths;
        int64_t expected[5]; /* in the order of enum decimal_rounding */
    } cases[] = {
        {25, {2, 2, 3, 2, 3}},       {-25, {-2, -2, -3, -3, -2}}, {24, {2, 2, 3, 2, 3}},
        {-24, {-2, -2, -3, -3, -2}}, {26, {3, 2, 3, 2, 3}},       {-26, {-3, -2, -3, -3, -2}},
        {35, {4, 3, 4, 3, 4}},       {-35, {-4, -3, -4, -4, -3}}, {30, {3, 3, 3, 3, 3}},
        {-30, {-3, -3, -3, -3, -3}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        for (int r = DECIMAL_HALF_EVEN; r <= DECIMAL_CEILING; r++) {
            enum decimal_rounding rounding = (enum decimal_rounding)r;
            int64_t result;

            assert_int_equal(decimal_multiply_divide(cases[i].tenths, 1, 10, rounding, &result), 0);
            assert_int_equal(result, cases[i].expected[r]);
            assert_int_equal(decimal_divide_wide(-cases[i].tenths, -10, rounding, &result), 0);
            assert_int_equal(result, cases[i].expected[r]);
        }
    }
}

static void test_products_and_quotients_of_decimals(void **state)
{
    int64_t result;

    (void)state;
    assert_int_equal(decimal_multiply(parsed("146.76"), parsed("2.5"), DECIMAL_HALF_EVEN, &result),
                     0);
    assert_int_equal(result, parsed("366.9"));
    assert_int_equal(decimal_multiply(1, 50000000, DECIMAL_HALF_EVEN, &result), 0);
    assert_int_equal(result, 0);
    assert_int_equal(decimal_multiply(3, 50000000, DECIMAL_HALF_EVEN, &result), 0);
    assert_int_equal(result, 2);
    assert_int_equal(decimal_divide(DECIMAL_ONE, 3 * DECIMAL_ONE, DECIMAL_UP, &result), 0);
    assert_int_equal(result, 33333334);
    assert_int_equal(decimal_divide(-2 * DECIMAL_ONE, 3 * DECIMAL_ONE, DECIMAL_HALF_EVEN, &result),
                     0);
    assert_int_equal(result, -66666667);
}

static void test_a_product_may_pass_64_bits_on_its_way_to_a_quotient(void **state)
{
    int64_t result;

    (void)state;
    assert_int_equal(
        decimal_multiply_divide(INT64_MAX, INT64_MAX, INT64_MAX, DECIMAL_DOWN, &result), 0);
    assert_int_equal(result, INT64_MAX);
    assert_int_equal(
        decimal_multiply_divide(INT64_MIN, INT64_MIN, INT64_MIN, DECIMAL_DOWN, &result), 0);
    assert_int_equal(result, INT64_MIN);
    assert_int_equal(decimal_divide(INT64_MIN, DECIMAL_ONE, DECIMAL_DOWN, &result), 0);
    assert_int_equal(result, INT64_MIN);
}

static void test_results_beyond_the_range_overflow_and_division_by_zero_is_refused(void **state)
{
    const int128 smallest = (int128)((uint128)1 << 127);
    int64_t result = 7;

    (void)state;
    assert_int_equal(decimal_multiply(INT64_MAX, INT64_MAX, DECIMAL_DOWN, &result), ERROR_OVERFLOW);
    assert_int_equal(decimal_divide(INT64_MIN, -DECIMAL_ONE, DECIMAL_DOWN, &result),
                     ERROR_OVERFLOW);
    assert_int_equal(decimal_divide(DECIMAL_ONE, 0, DECIMAL_DOWN, &result), ERROR_RANGE);
    assert_int_equal(decimal_multiply_divide(0, 0, 0, DECIMAL_DOWN, &result), ERROR_RANGE);
    assert_int_equal(decimal_divide_wide(smallest, -1, DECIMAL_DOWN, &result), ERROR_OVERFLOW);
    assert_int_equal(decimal_divide_wide(smallest, INT64_MIN, DECIMAL_DOWN, &result),
                     ERROR_OVERFLOW); /* 2^64 */
    assert_int_equal(result, 7);
    assert_int_equal(decimal_divide_wide(smallest / 4, INT64_MAX, DECIMAL_HALF_EVEN, &result), 0);
    assert_int_equal(result, -(INT64_C(1) << 62) - 1); /* 2^125/(2^63 − 1) > 2^62 + ½ */
}

static void test_decimals_become_the_nearest_double(void **state)
{
    (void)state;
    assert_ulps(decimal_to_double(14676000000), 146.76, 0);
    assert_ulps(decimal_to_double(-1), -1e-8, 0);
    assert_ulps(decimal_to_double(INT64_MAX), 92233720368.54775807, 0);
    assert_ulps(decimal_to_double(INT64_MIN), -92233720368.54775808, 0);
    assert_ulps(decimal_to_double(INT64_C(9007199254740993)), 90071992.54740993, 0);
    assert_ulps(decimal_to_double(INT64_C(1234567890123456789)), 12345678901.23456789, 0);
    /* Halfway between two doubles but for a remainder beyond the 62nd bit; found by search, values
     * by Python's exact division of integers. */
    assert_ulps(decimal_to_double(INT64_C(8862460388961524201)), 88624603889.61525, 0);
    assert_ulps(decimal_to_double(INT64_C(374899159762318635)), 3748991597.6231866, 0);
    assert_ulps(decimal_to_double(INT64_C(6540217568197391129)), 65402175681.973915, 0);
}

static void test_doubles_become_the_nearest_decimal(void **state)
{
    static const struct {
        double number;
        int64_t value;
    } cases[] = {
        {0.0, 0},
        {-0.0, 0},
        {0.1, 10000000},
        {146.76, 14676000000},
        {-146.76, -14676000000},
        {1e-300, 0},
        {5e-324, 0},
        {5e-9, 1},        /* 5.0000000000000001e-9 in full */
        {0x1p-9, 195312}, /* 0.001953125: tie to even */
        {0x3p-9, 585938}, /* 0.005859375 */
        {-0x3p-9, -585938},
        {92233720368.0, 9223372036800000000},
        {0x1p36, 6871947673600000000},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        int64_t value = -1;

        assert_int_equal(decimal_from_double(cases[i].number, &value), 0);
        assert_int_equal(value, cases[i].value);
    }
}

static void test_doubles_that_are_no_number_or_too_large_are_refused(void **state)
{
    int64_t value = 7;

    (void)state;
    assert_int_equal(decimal_from_double((double)NAN, &value), ERROR_RANGE);
    assert_int_equal(decimal_from_double((double)INFINITY, &value), ERROR_OVERFLOW);
    assert_int_equal(decimal_from_double((double)-INFINITY, &value), ERROR_OVERFLOW);
    assert_int_equal(decimal_from_double(1e300, &value), ERROR_OVERFLOW);
    assert_int_equal(decimal_from_double(0x1p52, &value), ERROR_OVERFLOW);
    assert_int_equal(decimal_from_double(92233720368.54776, &value), ERROR_OVERFLOW);
    assert_int_equal(decimal_from_double(-92233720368.5478, &value), ERROR_OVERFLOW);
    assert_int_equal(value, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prices_and_volumes_are_read_exactly),
        cmocka_unit_test(test_exponents_move_the_point),
        cmocka_unit_test(test_exponents_of_any_size_cost_nothing_and_mean_what_they_say),
        cmocka_unit_test(test_many_zeros_and_an_exponent_that_undoes_them_are_exact),
        cmocka_unit_test(test_what_lies_beyond_eight_places_is_rounded_half_even),
        cmocka_unit_test(test_the_range_ends_where_rounding_would_leave_it),
        cmocka_unit_test(test_what_is_no_json_number_is_a_syntax_error),
        cmocka_unit_test(test_a_scan_ends_behind_the_number_and_looks_no_further),
        cmocka_unit_test(test_a_scan_that_overflows_still_says_where_the_number_ends),
        cmocka_unit_test(test_a_decimal_is_printed_in_its_shortest_form),
        cmocka_unit_test(test_sums_that_do_not_fit_overflow_and_leave_the_result_alone),
        cmocka_unit_test(test_each_rounding_does_what_its_name_says),
        cmocka_unit_test(test_products_and_quotients_of_decimals),
        cmocka_unit_test(test_a_product_may_pass_64_bits_on_its_way_to_a_quotient),
        cmocka_unit_test(test_results_beyond_the_range_overflow_and_division_by_zero_is_refused),
        cmocka_unit_test(test_decimals_become_the_nearest_double),
        cmocka_unit_test(test_doubles_become_the_nearest_decimal),
        cmocka_unit_test(test_doubles_that_are_no_number_or_too_large_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
