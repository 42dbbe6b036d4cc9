/* Bounded texts: never beyond their end, never half a character, JSON strings, UTF-8. */
#include "tickd/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "support/death.h"

static char memory[16];
static struct text text;

static void start(size_t capacity)
{
    memset(memory, '#', sizeof memory);
    text_init(&text, memory, capacity);
}

static void test_pieces_follow_each_other(void **state)
{
    (void)state;
    start(sizeof memory);
    assert_string_equal(text.data, "");
    text_add(&text, "ab");
    text_add_char(&text, 'c');
    text_add_bytes(&text, "defgh", 2);
    text_format(&text, "%d-%s", 42, "x");
    assert_string_equal(text.data, "abcde42-x");
    assert_int_equal(text.length, 9);
    assert_false(text.cut);
}

static void test_a_text_that_fits_to_the_last_byte_is_not_cut(void **state)
{
    (void)state;
    start(5);
    text_add(&text, "abcd");
    assert_string_equal(text.data, "abcd");
    assert_false(text.cut);
    text_add(&text, "");
    text_add_bytes(&text, "x", 0);
    text_format(&text, "%s", "");
    assert_false(text.cut);
    start(5);
    text_format(&text, "%d", 1234);
    assert_string_equal(text.data, "1234");
    assert_false(text.cut);
}

static void test_what_does_not_fit_is_cut_off_and_noted_and_nothing_lies_beyond(void **state)
{
    (void)state;
    start(5);
    text_add(&text, "abcde");
    assert_string_equal(text.data, "abcd");
    assert_true(text.cut);
    assert_int_equal(memory[5], '#');
    start(5);
    text_format(&text, "%d", 12345);
    assert_string_equal(text.data, "1234");
    assert_int_equal(text.length, 4);
    assert_true(text.cut);
    assert_int_equal(memory[5], '#');
}

static void test_nothing_is_added_behind_a_cut(void **state)
{
    (void)state;
    start(5);
    text_add(&text, "abc\xc3\xa4"); /* ä would end at byte 5 */
    assert_string_equal(text.data, "abc");
    text_add(&text, "d");
    text_add_char(&text, 'd');
    text_format(&text, "%c", 'd');
    assert_string_equal(text.data, "abc");
}

static void test_a_text_of_capacity_one_is_always_empty(void **state)
{
    (void)state;
    start(1);
    text_format(&text, "%d", 7);
    assert_string_equal(text.data, "");
    assert_true(text.cut);
    start(1);
    text_add(&text, "x");
    assert_string_equal(text.data, "");
    assert_true(text.cut);
}

static void test_a_cleared_text_begins_anew(void **state)
{
    (void)state;
    start(3);
    text_add(&text, "abcdef");
    text_clear(&text);
    assert_string_equal(text.data, "");
    assert_false(text.cut);
    text_add(&text, "xy");
    assert_string_equal(text.data, "xy");
}

/* a ä € 😀: one, two, three and four bytes. */
static void test_a_cut_never_splits_a_character(void **state)
{
    static const char mixed[] = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";
    static const size_t lengths[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10};

    (void)state;
    for (size_t room = 0; room < ARRAY_LENGTH(lengths); room++) {
        start(room + 1);
        text_add(&text, mixed);
        assert_int_equal(text.length, lengths[room]);
        assert_int_equal(text.cut, room < 10);
        start(room + 1);
        text_format(&text, "%s", mixed);
        assert_int_equal(text.length, lengths[room]);
        assert_int_equal(strlen(text.data), lengths[room]);
    }
}

static void test_copies_say_whether_all_of_it_fitted(void **state)
{
    char target[4];

    (void)state;
    assert_true(text_copy(target, sizeof target, "abc"));
    assert_string_equal(target, "abc");
    assert_false(text_copy(target, sizeof target, "wxyz"));
    assert_string_equal(target, "wxy");
    assert_true(text_copy(target, sizeof target, ""));
    assert_string_equal(target, "");
    assert_true(text_copy_bytes(target, sizeof target, "abcdef", 2));
    assert_string_equal(target, "ab");
    assert_false(text_copy_bytes(target, 1, "a", 1));
    assert_string_equal(target, "");
    assert_true(text_copy_bytes(target, 1, NULL, 0));
}

static bool is_utf8(const char *string)
{
    return text_is_utf8(string, strlen(string));
}

/* The bounds of each row of table 3-7 of The Unicode Standard, and RFC 3629's examples. */
static void test_valid_utf8_is_known(void **state)
{
    static const char *const valid[] = {
        "",
        "plain",
        "\x7f",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xec\xbf\xbf",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf3\xbf\xbf\xbf",
        "\xf4\x8f\xbf\xbf",
        "A\xe2\x89\xa2\xce\x91.",
        "\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(valid); i++)
        assert_true(is_utf8(valid[i]));
    assert_true(text_is_utf8("a\0b", 3));
}

static void test_overlong_forms_surrogates_and_torn_characters_are_not_utf8(void **state)
{
    static const char *const invalid[] = {
        "\x80", /* a continuation alone */
        "\xbf",
        "a\x80",
        "\xc0\x80", /* overlong zero */
        "\xc1\xbf",
        "\xe0\x9f\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xed\xa0\x80", /* U+D800 */
        "\xed\xbf\xbf",
        "\xf4\x90\x80\x80", /* U+110000 */
        "\xf5\x80\x80\x80",
        "\xff",
        "\xc2",
        "\xe2\x82",
        "\xf0\x9f\x98",
        "\xc2\x41",
        "\xe2\x82\x41",
        "\xf0\x9f\x98\x41",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(invalid); i++)
        assert_false(is_utf8(invalid[i]));
    assert_false(text_is_utf8("\xe2\x82\xac", 2));
}

/* Every code point, encoded as RFC 3629 has it; surrogates and what lies beyond are refused. */
static void test_every_code_point_is_judged_rightly(void **state)
{
    (void)state;
    for (uint32_t point = 0x800; point < 0x120000; point += point < 0x10000 ? 1 : 61) {
        char bytes[4] = {(char)(0xe0 | point >> 12), (char)(0x80 | (point >> 6 & 0x3f)),
                         (char)(0x80 | (point & 0x3f)), 0};
        size_t length = 3;
        bool allowed = point < 0xd800 || (point > 0xdfff && point < 0x110000);

        if (point >= 0x10000) {
            bytes[0] = (char)(0xf0 | point >> 18);
            bytes[1] = (char)(0x80 | (point >> 12 & 0x3f));
            bytes[2] = (char)(0x80 | (point >> 6 & 0x3f));
            bytes[3] = (char)(0x80 | (point & 0x3f));
            length = 4;
        }
        assert_int_equal(text_is_utf8(bytes, length), allowed);
    }
}

static void check_json(const char *bytes, size_t length, const char *expected)
{
    char large[128];

    text_init(&text, large, sizeof large);
    text_add_json(&text, bytes, length);
    assert_string_equal(text.data, expected);
    assert_false(text.cut);
    assert_true(text_is_utf8(text.data, text.length));
}

static void test_json_strings_are_quoted_and_escaped(void **state)
{
    (void)state;
    check_json("", 0, "\"\"");
    check_json("BINANCE:BTCUSDT", 15, "\"BINANCE:BTCUSDT\"");
    check_json("a\"b\\c/d", 7, "\"a\\\"b\\\\c/d\"");
    check_json("\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\"");
    check_json("\0\x01\x1f\x7f", 4, "\"\\u0000\\u0001\\u001f\x7f\"");
    check_json("\xe2\x82\xac", 3, "\"\xe2\x82\xac\"");
}

/* Replacement by maximal subparts, with the example of table 3-8 of The Unicode Standard:
 * 61 F1 80 80 E1 80 C2 62 80 63 80 BF 64 becomes 61 FFFD FFFD FFFD 62 FFFD 63 FFFD FFFD 64. */
#define FFFD "\xef\xbf\xbd"
static void test_invalid_utf8_in_json_is_replaced(void **state)
{
    static const char example[] = "\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64";

    (void)state;
    check_json(example, 13, "\"a" FFFD FFFD FFFD "b" FFFD "c" FFFD FFFD "d\"");
    check_json("\xed\xa0\x80", 3, "\"" FFFD FFFD FFFD "\"");
    check_json("\xe2\x82", 2, "\"" FFFD "\"");
    check_json("\xff\"", 2, "\"" FFFD "\\\"\"");
}

static void test_a_json_string_that_is_cut_stays_inside(void **state)
{
    (void)state;
    for (size_t capacity = 1; capacity < sizeof memory; capacity++) {
        start(capacity);
        text_add_json(&text, "\x01\x02\x03\x04", 4);
        assert_true(text.cut);
        assert_int_equal(text.length, capacity - 1);
        assert_int_equal(memory[capacity], '#');
    }
}

static void check_real(double value, const char *expected)
{
    char digits[32];

    text_init(&text, digits, sizeof digits);
    text_add_real(&text, value);
    assert_string_equal(text.data, expected);
}

static void test_a_real_has_the_fewest_digits_that_read_back_as_itself(void **state)
{
    (void)state;
    check_real(0.0, "0");
    check_real(0.1, "0.1");
    check_real(0.1 + 0.2, "0.30000000000000004");
    check_real(-1e300, "-1e+300");
    check_real(9007199254740991.0, "9007199254740991");
}

static void start_without_room(void)
{
    text_init(&text, memory, 0);
}

static void test_a_text_without_room_for_its_zero_aborts(void **state)
{
    (void)state;
    assert_true(dies_saying(start_without_room, "capacity >= 1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_follow_each_other),
        cmocka_unit_test(test_a_text_that_fits_to_the_last_byte_is_not_cut),
        cmocka_unit_test(test_what_does_not_fit_is_cut_off_and_noted_and_nothing_lies_beyond),
        cmocka_unit_test(test_nothing_is_added_behind_a_cut),
        cmocka_unit_test(test_a_text_of_capacity_one_is_always_empty),
        cmocka_unit_test(test_a_cleared_text_begins_anew),
        cmocka_unit_test(test_a_cut_never_splits_a_character),
        cmocka_unit_test(test_copies_say_whether_all_of_it_fitted),
        cmocka_unit_test(test_valid_utf8_is_known),
        cmocka_unit_test(test_overlong_forms_surrogates_and_torn_characters_are_not_utf8),
        cmocka_unit_test(test_every_code_point_is_judged_rightly),
        cmocka_unit_test(test_json_strings_are_quoted_and_escaped),
        cmocka_unit_test(test_invalid_utf8_in_json_is_replaced),
        cmocka_unit_test(test_a_json_string_that_is_cut_stays_inside),
        cmocka_unit_test(test_a_real_has_the_fewest_digits_that_read_back_as_itself),
        cmocka_unit_test(test_a_text_without_room_for_its_zero_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
