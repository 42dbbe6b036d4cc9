/* The tokens of JSON with comments: kinds, places, what a string stands for, what is refused. */
#include "tickd/ops/jsonc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/error.h"

enum { STORY_MAX = 1024 };

/* Each token as "line:column kind", ended by "end" or by the error's place and text. */
static const char *story_of_bytes(const char *bytes, size_t length)
{
    static const char *const kinds[] = {"{",      "}",    "[",     "]",    ":",   ",",    "string",
                                        "number", "true", "false", "null", "end", "other"};
    static char memory[STORY_MAX];
    char why_memory[256];
    struct text why;
    struct text story;
    struct jsonc jsonc;
    struct jsonc_token token;
    int error;

    text_init(&story, memory, sizeof memory);
    text_init(&why, why_memory, sizeof why_memory);
    jsonc_init(&jsonc, bytes, length);
    do {
        error = jsonc_next(&jsonc, &token, &why);
        text_format(&story, "%u:%u ", (unsigned)token.place.line, (unsigned)token.place.column);
        text_format(&story, "%s ", error == 0 ? kinds[token.kind] : why.data);
    } while (error == 0 && token.kind != JSONC_END);
    assert_true(error == 0 || error == ERROR_SYNTAX);
    assert_false(story.cut);
    memory[story.length - 1] = '\0';
    return memory;
}

static const char *story_of(const char *string)
{
    return story_of_bytes(string, strlen(string));
}

/* The only token of a text. */
static struct jsonc_token only_token(const char *string)
{
    char why_memory[256];
    struct text why;
    struct jsonc jsonc;
    struct jsonc_token token;

    text_init(&why, why_memory, sizeof why_memory);
    jsonc_init(&jsonc, string, strlen(string));
    if (jsonc_next(&jsonc, &token, &why) != 0)
        fail_msg("%s: %s", string, why.data);
    return token;
}

static void test_each_token_has_its_kind_and_its_place(void **state)
{
    (void)state;
    assert_string_equal(story_of("{\"a\": [1, true,\n\tfalse, null]}"),
                        "1:1 { 1:2 string 1:5 : 1:7 [ 1:8 number 1:9 , 1:11 true 1:15 , "
                        "2:2 false 2:7 , 2:9 null 2:13 ] 2:14 } 2:15 end");
    assert_string_equal(story_of(""), "1:1 end");
    assert_string_equal(story_of(" \t\r\n \n"), "3:1 end");
}

static void test_columns_count_characters_and_not_bytes(void **state)
{
    (void)state;
    /* 2, 3 and 4 bytes a character. */
    assert_string_equal(story_of("\"ä€𝄞\" 1"), "1:1 string 1:7 number 1:8 end");
    assert_string_equal(story_of("/*ä€𝄞*/1"), "1:8 number 1:9 end");
}

static void test_a_byte_order_mark_has_no_column(void **state)
{
    (void)state;
    assert_string_equal(story_of("\xef\xbb\xbf{"), "1:1 { 1:2 end");
    assert_string_equal(story_of("{\xef\xbb\xbf"), "1:1 { 1:2 other 1:3 end");
}

static void test_comments_are_blank(void **state)
{
    (void)state;
    assert_string_equal(story_of("// one\n1 // two"), "2:1 number 2:9 end");
    assert_string_equal(story_of("/* one\n   two */ 1/**/2"), "2:11 number 2:16 number 2:17 end");
    assert_string_equal(story_of("/* // */1"), "1:9 number 1:10 end");
    assert_string_equal(story_of("// /*\n1"), "2:1 number 2:2 end");
    assert_string_equal(story_of("\"// /*\" 1"), "1:1 string 1:9 number 1:10 end");
    assert_string_equal(story_of("/***/1"), "1:6 number 1:7 end");
}

static void test_a_comment_that_does_not_end_is_told_where_it_begins(void **state)
{
    static const char message[] = "2:3 found a comment that does not end, allowed: /* … */";

    (void)state;
    assert_string_equal(story_of("\n  /* and\nso on"), message);
    assert_string_equal(story_of("\n  /*/"), message);
    assert_string_equal(story_of("\n  /**"), message);
    assert_string_equal(story_of("/ 1"), "1:1 other 1:3 number 1:4 end");
    assert_string_equal(story_of("/"), "1:1 other 1:2 end");
}

static void test_numbers_are_those_of_json(void **state)
{
    static const char *const right[] = {"0",
                                        "-0",
                                        "10",
                                        "-1.5",
                                        "1e5",
                                        "1E+5",
                                        "1e-5",
                                        "0.0",
                                        "0e0",
                                        "1e9999",
                                        "123456789012345678901"};
    static const char *const wrong[] = {"01",    "+1",  "1.",    ".5",       "1e",
                                        "1e+",   "-",   "--1",   "0x1",      "1_0",
                                        "1.2.3", "NaN", "1e5.5", "Infinity", "1a"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(right); i++)
        assert_int_equal(only_token(right[i]).kind, JSONC_NUMBER);
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        assert_int_equal(only_token(wrong[i]).kind, JSONC_OTHER);
        assert_int_equal(only_token(wrong[i]).length, strlen(wrong[i]));
    }
}

static void test_words_are_true_false_null_and_nothing_else(void **state)
{
    static const char *const wrong[] = {"True", "FALSE", "None", "tru", "truee", "nulll", "yes"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        assert_int_equal(only_token(wrong[i]).kind, JSONC_OTHER);
    assert_string_equal(story_of("# '"), "1:1 other 1:3 other 1:4 end");
}

static void assert_decoded(const char *string, const char *expected, size_t expected_length)
{
    struct jsonc_token token = only_token(string);
    char value[64];

    assert_int_equal(token.kind, JSONC_STRING);
    assert_int_equal(token.length, strlen(string));
    assert_int_equal(jsonc_decode(&token, value, sizeof value), expected_length);
    assert_memory_equal(value, expected, expected_length);
}

static void test_a_string_stands_for_its_characters(void **state)
{
    (void)state;
    assert_decoded("\"\"", "", 0);
    assert_decoded("\"plain\"", "plain", 5);
    assert_decoded("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8);
    assert_decoded("\"\\u0041\\u00e4\\u20AC\"", "Aä€", 6);
    assert_decoded("\"\\u0000\"", "\0", 1);
    /* RFC 8259, section 7: the G clef, U+1D11E. */
    assert_decoded("\"\\uD834\\uDD1E\"", "𝄞", 4);
    assert_decoded("\"\\uD800\\uDC00\\uDBFF\\uDFFF\"", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8);
    assert_decoded("\"\\ud7ff\\ue000\\uffff\\u07ff\\u0800\\u007f\\u0080\"",
                   "\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xdf\xbf\xe0\xa0\x80\x7f\xc2\x80", 17);
}

static void test_a_string_longer_than_the_buffer_is_cut_and_its_whole_length_told(void **state)
{
    struct jsonc_token token = only_token("\"abc\\u20acdef\"");
    char value[5] = "....";

    (void)state;
    assert_int_equal(jsonc_decode(&token, value, 4), 9);
    assert_memory_equal(value, "abc\xe2", 5);
    assert_int_equal(jsonc_decode(&token, NULL, 0), 9);
}

static void test_an_escape_that_json_does_not_know_is_told_where_it_stands(void **state)
{
    static const char *const wrong[] = {
        "\"ab\\x41\"",
        "\"ab\\u12\"",
        "\"ab\\u12g4\"",
        "\"ab\\ud800\"",
        "\"ab\\udc00\"",
        "\"ab\\ud800\\n\"",
        "\"ab\\ud800\\u0041\"",
        "\"ab\\ud800\\ud800\"",
        "\"ab\\",
        "\"ab\\u",
        "\"ab\\'\"",
        "\"ab\\\n\"",
        "\"ab\\U0041\"",
        "\"ab\\u 041\"",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        assert_string_equal(story_of(wrong[i]),
                            "1:4 found another escape, allowed: \\\" \\\\ \\/ \\b \\f \\n \\r \\t "
                            "\\uXXXX, surrogates in pairs");
    }
}

static void test_a_string_ends_in_its_line(void **state)
{
    static const char message[] =
        "1:2 found a string that does not end in its line, allowed: \"…\"";

    (void)state;
    assert_string_equal(story_of(" \"abc"), message);
    assert_string_equal(story_of(" \"abc\n\""), message);
    assert_string_equal(story_of(" \"abc\r\n\""), message);
    assert_string_equal(story_of(" \""), message);
}

static void test_control_characters_in_strings_are_refused_where_they_stand(void **state)
{
    (void)state;
    assert_string_equal(story_of("\"ä\tb\""), "1:3 found control character 0x09, allowed: \\u0009");
    assert_string_equal(story_of_bytes("\"\0\"", 3),
                        "1:2 found control character 0x00, allowed: \\u0000");
}

static void test_bytes_that_are_not_utf8_are_refused_wherever_they_stand(void **state)
{
    (void)state;
    assert_string_equal(story_of("\"ä\xff\""), "1:3 found byte 0xff, allowed: UTF-8");
    assert_string_equal(story_of("// \xc3"), "1:4 found byte 0xc3, allowed: UTF-8");
    assert_string_equal(story_of("/* \xc0\x80 */"), "1:4 found byte 0xc0, allowed: UTF-8");
    assert_string_equal(story_of("\xed\xa0\x80"), "1:1 found byte 0xed, allowed: UTF-8");
    assert_string_equal(story_of("{\xf5"), "1:1 { 1:2 found byte 0xf5, allowed: UTF-8");
    assert_string_equal(story_of("\"\xe2\x82\""), "1:2 found byte 0xe2, allowed: UTF-8");
}

static void assert_described(const char *string, const char *expected)
{
    struct jsonc_token token = only_token(string);
    char memory[256];
    struct text text;

    text_init(&text, memory, sizeof memory);
    jsonc_describe(&token, &text);
    assert_string_equal(memory, expected);
}

static void test_a_token_is_described_on_one_line_and_not_at_length(void **state)
{
    (void)state;
    assert_described("{", "an object");
    assert_described("[", "an array");
    assert_described("}", "}");
    assert_described("12.50", "12.50");
    assert_described("null", "null");
    assert_described("Off", "Off");
    assert_described("€", "€");
    assert_described("\x01", "control character 0x01");
    assert_described("\x7f", "control character 0x7f");
    assert_described("", "the end of the text");
    assert_described("\"a\\nb\"", "the string \"a\\nb\"");
    assert_described("\"123456789012345678901234567890123456789äö\"",
                     "the string \"123456789012345678901234567890123456789\"… (43 bytes)");
    assert_described("1234567890123456789012345678901234567890",
                     "1234567890123456789012345678901234567890");
    assert_described("12345678901234567890123456789012345678901",
                     "1234567890123456789012345678901234567890… (41 bytes)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_token_has_its_kind_and_its_place),
        cmocka_unit_test(test_columns_count_characters_and_not_bytes),
        cmocka_unit_test(test_a_byte_order_mark_has_no_column),
        cmocka_unit_test(test_comments_are_blank),
        cmocka_unit_test(test_a_comment_that_does_not_end_is_told_where_it_begins),
        cmocka_unit_test(test_numbers_are_those_of_json),
        cmocka_unit_test(test_words_are_true_false_null_and_nothing_else),
        cmocka_unit_test(test_a_string_stands_for_its_characters),
        cmocka_unit_test(test_a_string_longer_than_the_buffer_is_cut_and_its_whole_length_told),
        cmocka_unit_test(test_an_escape_that_json_does_not_know_is_told_where_it_stands),
        cmocka_unit_test(test_a_string_ends_in_its_line),
        cmocka_unit_test(test_control_characters_in_strings_are_refused_where_they_stand),
        cmocka_unit_test(test_bytes_that_are_not_utf8_are_refused_wherever_they_stand),
        cmocka_unit_test(test_a_token_is_described_on_one_line_and_not_at_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
