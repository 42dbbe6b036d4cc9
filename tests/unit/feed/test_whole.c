/* Whole numbers in every spelling that JSON has for them, and the quick forms beside them. */
#include "tickd/feed/whole.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tickd/base/error.h"
#include "tickd/base/text.h"
#include "tickd/feed/quick_number.h"

static int parse(const char *text, int64_t *value)
{
    return whole_parse(text, strlen(text), value);
}

static void assert_whole(const char *text, int64_t expected)
{
    int64_t value = -1;

    assert_int_equal(parse(text, &value), 0);
    assert_int_equal(value, expected);
}

static void assert_refused(const char *text, int error)
{
    int64_t value = 77;

    assert_int_equal(parse(text, &value), error);
    assert_int_equal(value, 77);
}

static void test_spellings_of_whole_numbers(void **state)
{
    (void)state;
    assert_whole("0", 0);
    assert_whole("-0", 0);
    assert_whole("0.000", 0);
    assert_whole("0e999999999999999999999999", 0);
    assert_whole("0.0e-999999999999999999999999", 0);
    assert_whole("1", 1);
    assert_whole("-1", -1);
    assert_whole("1575526691134", 1575526691134);
    assert_whole("1575526691134.00000000000000000000", 1575526691134);
    assert_whole("1.575526691134e12", 1575526691134);
    assert_whole("0.001575526691134E+15", 1575526691134);
    assert_whole("15755266911340000000000000e-13", 1575526691134);
    assert_whole("100e-2", 1);
    assert_whole("1e18", 1000000000000000000);
}

static void test_the_ends_of_64_bits(void **state)
{
    (void)state;
    assert_whole("9223372036854775807", INT64_MAX);
    assert_whole("-9223372036854775807", -INT64_MAX);
    assert_refused("9223372036854775808", ERROR_OVERFLOW);
    assert_refused("-9223372036854775809", ERROR_OVERFLOW);
    assert_refused("18446744073709551617", ERROR_OVERFLOW); /* 2^64 + 1 */
    assert_refused("1e19", ERROR_OVERFLOW);
    assert_refused("1e20", ERROR_OVERFLOW);
    assert_refused("1e99999999999999999999999999", ERROR_OVERFLOW);
}

static void test_what_is_not_whole_is_out_of_range(void **state)
{
    (void)state;
    assert_refused("0.5", ERROR_RANGE);
    assert_refused("-1575526691134.5", ERROR_RANGE);
    assert_refused("1e-1", ERROR_RANGE);
    assert_refused("1575526691134e-99999999999999999999999", ERROR_RANGE);
    assert_refused("0.000000000000000000000000000000000001", ERROR_RANGE);
    assert_refused("123456789012345678901234567890.5", ERROR_RANGE);
}

static void test_what_is_no_number_is_not_well_formed(void **state)
{
    static const char *const texts[] = {"",   "-",  "+1", "01", "1.", ".1",
                                        "1e", "1 ", " 1", "x",  "1x"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        assert_refused(texts[i], ERROR_SYNTAX);
}

static void test_a_scan_ends_behind_the_number(void **state)
{
    int64_t value;
    size_t used;

    (void)state;
    assert_int_equal(whole_scan("12,13", 5, &value, &used), 0);
    assert_int_equal(value, 12);
    assert_int_equal(used, 2);
    assert_int_equal(whole_scan("12.5}", 5, &value, &used), ERROR_RANGE);
    assert_int_equal(used, 4);
    assert_int_equal(whole_scan("1234", 2, &value, &used), 0);
    assert_int_equal(value, 12);
}

static void test_quick_times_have_13_digits(void **state)
{
    char memory[32];
    struct text text;
    int64_t value = 0;

    (void)state;
    for (int64_t time_ms = 1000000000000; time_ms < 9999999999999; time_ms += 777777777777) {
        text_init(&text, memory, sizeof memory);
        text_format(&text, "%lld,", (long long)time_ms);
        assert_ptr_equal(quick_time(memory, 14, &value), memory + 13);
        assert_int_equal(value, time_ms);
    }
    assert_null(quick_time("999999999999,", 13, &value));
    assert_null(quick_time("12345678901234,", 15, &value));
    assert_null(quick_time("0234567890123,", 14, &value));
    assert_null(quick_time("1234567890123,", 13, &value)); /* the byte behind it is not there */
}

static void test_a_quick_time_has_a_digit_in_every_place(void **state)
{
    static const char others[] = "/:.,e \"-+\x00\x7f\xb5\xff";
    int64_t value;

    (void)state;
    for (size_t place = 0; place < 13; place++) {
        for (size_t i = 0; i < sizeof others - 1; i++) {
            char text[] = "1234567890123,";

            text[place] = others[i];
            assert_null(quick_time(text, 14, &value));
        }
    }
}

static void test_quick_decimals_up_to_their_limits(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } numbers[] = {{"0", 0},
                   {"7", 700000000},
                   {"0.00000001", 1},
                   {"146.76", 14676000000},
                   {"9999999999.99999999", 999999999999999999}};
    static const char *const others[] = {"",    ".5", "5.", "00", "01",          "0.123456789",
                                         "-1",  "x",  ".",  "+1", "12345678901", "00.5",
                                         "1.x5"};
    int64_t value;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        assert_ptr_equal(quick_decimal(numbers[i].text, &value),
                         numbers[i].text + strlen(numbers[i].text));
        assert_int_equal(value, numbers[i].value);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
        assert_null(quick_decimal(others[i], &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spellings_of_whole_numbers),
        cmocka_unit_test(test_the_ends_of_64_bits),
        cmocka_unit_test(test_what_is_not_whole_is_out_of_range),
        cmocka_unit_test(test_what_is_no_number_is_not_well_formed),
        cmocka_unit_test(test_a_scan_ends_behind_the_number),
        cmocka_unit_test(test_quick_times_have_13_digits),
        cmocka_unit_test(test_a_quick_time_has_a_digit_in_every_place),
        cmocka_unit_test(test_quick_decimals_up_to_their_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
