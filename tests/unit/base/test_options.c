/* Command lines: every form that is understood, and what is said about the others. */
#include "tickd/base/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/error.h"

enum { CONFIG, SET, TLS, REPLAY, VERBOSE, QUIET };

static const struct options_entry table[] = {
    {CONFIG, "config", 'c', OPTIONS_ONE, false, "FILE", "the configuration"},
    {SET, "set", 's', OPTIONS_ONE, true, "KEY=VALUE", "overrides one key"},
    {TLS, "tls", '\0', OPTIONS_TWO, false, "CERT KEY", "speaks TLS"},
    {REPLAY, "replay", 'r', OPTIONS_LIST, false, "FILE", "recordings"},
    {VERBOSE, "verbose", 'v', OPTIONS_FLAG, false, NULL, "says more"},
    {QUIET, "quiet", 'q', OPTIONS_FLAG, true, NULL, "says less"},
};

enum { ARGUMENTS_MAX = 16, STORY_MAX = 512 };

/* Reads a command line and writes down what was found: "id:value/second ", ending in "end" or in
 * the error. */
static const char *story_of(const char *const *words, size_t count)
{
    static char memory[STORY_MAX];
    static char copies[ARGUMENTS_MAX][64];
    char *arguments[ARGUMENTS_MAX + 1] = {NULL};
    struct options options;
    struct options_found found;
    struct text story;
    int more;

    assert_true(count <= ARGUMENTS_MAX);
    for (size_t i = 0; i < count; i++) {
        assert_true(text_copy(copies[i], sizeof copies[i], words[i]));
        arguments[i] = copies[i];
    }
    text_init(&story, memory, sizeof memory);
    options_init(&options, table, ARRAY_LENGTH(table), (int)count, arguments);
    while ((more = options_next(&options, &found)) > 0) {
        text_format(&story, "%d", found.id);
        if (found.value != NULL) {
            text_format(&story, ":%s", found.value);
        }
        if (found.second != NULL) {
            text_format(&story, "/%s", found.second);
        }
        text_add_char(&story, ' ');
    }
    if (more < 0) {
        assert_int_equal(more, ERROR_SYNTAX);
        text_add(&story, options.error);
    } else {
        text_add(&story, "end");
    }
    return memory;
}

#define READ(expected, ...)                                                  \
    do {                                                                     \
        static const char *const words[] = {"program", __VA_ARGS__};         \
        assert_string_equal(story_of(words, ARRAY_LENGTH(words)), expected); \
    } while (0)

static void test_no_arguments_are_the_end_at_once(void **state)
{
    (void)state;
    static const char *const words[] = {"program"};
    assert_string_equal(story_of(words, 1), "end");
    assert_string_equal(story_of(words, 0), "end");
}

static void test_a_value_may_follow_or_be_glued_on(void **state)
{
    (void)state;
    READ("0:a.json end", "--config", "a.json");
    READ("0:a.json end", "--config=a.json");
    READ("0:a.json end", "-c", "a.json");
    READ("0:a.json end", "-ca.json");
    READ("0: end", "--config=");
    READ("0:- end", "-c", "-");
    READ("0:-5 end", "--config=-5");
    READ("0:-5 end", "-c-5");
    READ("1:a=b end", "--set=a=b");
    READ("1:a=b end", "--set", "a=b");
}

static void test_flags_may_share_a_dash_with_a_last_that_takes_a_value(void **state)
{
    (void)state;
    READ("4 5 end", "-vq");
    READ("4 5 0:x end", "-vqc", "x");
    READ("4 5 0:x end", "-vqcx");
}

static void test_two_values_are_taken_together(void **state)
{
    (void)state;
    READ("2:cert/key 4 end", "--tls", "cert", "key", "-v");
    READ("2:cert/key end", "--tls=cert", "key");
    READ("--tls needs two values: --tls CERT KEY", "--tls", "cert");
    READ("--tls needs two values: --tls CERT KEY", "--tls", "cert", "-v");
}

static void test_a_list_goes_on_up_to_the_next_option(void **state)
{
    (void)state;
    READ("3:a 3:b 3:- 4 -1:c end", "--replay", "a", "b", "-", "-v", "c");
    READ("3:a -1:b end", "--replay=a", "b");
    READ("3:a -1:b end", "-r", "a", "--", "b");
}

static void test_operands_may_stand_anywhere_and_all_follow_two_dashes(void **state)
{
    (void)state;
    READ("-1:bars 4 -1:SPY end", "bars", "-v", "SPY");
    READ("4 -1:-v -1:--config -1:-- end", "-v", "--", "-v", "--config", "--");
    READ("-1:- end", "-");
    READ("-1: end", "");
}

static void test_only_a_repeatable_option_may_come_twice(void **state)
{
    (void)state;
    READ("1:a=1 1:b=2 end", "-s", "a=1", "--set=b=2");
    READ("5 5 end", "-qq");
    READ("0:a --config is given twice", "--config", "a", "-c", "b");
}

static void test_each_error_is_one_printable_line_that_names_the_cause(void **state)
{
    (void)state;
    READ("unknown option '--conf'; --help lists all", "--conf", "x");
    READ("unknown option '--configs=x'; --help lists all", "--configs=x");
    READ("unknown option '-x'; --help lists all", "-x");
    READ("4 unknown option '-x'; --help lists all", "-vx");
    READ("unknown option '--a?b'; --help lists all", "--a\nb");
    READ("--config needs a value: --config FILE", "--config");
    READ("--config needs a value: --config FILE", "-c", "--verbose");
    READ("--replay needs a value: --replay FILE", "--replay", "--verbose");
    READ("--verbose takes no value", "--verbose=yes");
}

static void test_help_lists_each_row_and_wraps_its_text_at_80_columns(void **state)
{
    (void)state;
    static const struct options_entry rows[] = {
        {0, "config", 'c', OPTIONS_ONE, false, "FILE", "the configuration"},
        {1, "files", '\0', OPTIONS_LIST, false, "FILE",
         "one two three four five six seven eight nine ten x end"},
        {2, "a-long-name-for-an-option", '\0', OPTIONS_FLAG, false, NULL, "says more"},
    };
    char memory[1024];
    struct text text;
    text_init(&text, memory, sizeof memory);
    options_help(&text, rows, ARRAY_LENGTH(rows));
    assert_string_equal(memory, "  -c, --config FILE           the configuration\n"
                                "      --files FILE...         "
                                "one two three four five six seven eight nine ten x\n"
                                "                              end\n"
                                "      --a-long-name-for-an-option\n"
                                "                              says more\n");
}

static void test_a_whole_number_is_all_digits_and_in_range(void **state)
{
    (void)state;
    int64_t value = 77;
    assert_int_equal(options_whole("0", 0, 10, &value), 0);
    assert_int_equal(value, 0);
    assert_int_equal(options_whole("-9223372036854775808", INT64_MIN, INT64_MAX, &value), 0);
    assert_true(value == INT64_MIN);
    assert_int_equal(options_whole("9223372036854775807", INT64_MIN, INT64_MAX, &value), 0);
    assert_true(value == INT64_MAX);
    value = 77;
    assert_int_equal(options_whole("9223372036854775808", INT64_MIN, INT64_MAX, &value),
                     ERROR_RANGE);
    assert_int_equal(options_whole("11", 0, 10, &value), ERROR_RANGE);
    assert_int_equal(options_whole("-1", 0, 10, &value), ERROR_RANGE);
    assert_int_equal(options_whole("", 0, 10, &value), ERROR_SYNTAX);
    assert_int_equal(options_whole("-", 0, 10, &value), ERROR_SYNTAX);
    assert_int_equal(options_whole("+1", 0, 10, &value), ERROR_SYNTAX);
    assert_int_equal(options_whole("1x", 0, 10, &value), ERROR_SYNTAX);
    assert_int_equal(options_whole(" 1", 0, 10, &value), ERROR_SYNTAX);
    assert_int_equal(value, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_arguments_are_the_end_at_once),
        cmocka_unit_test(test_a_value_may_follow_or_be_glued_on),
        cmocka_unit_test(test_flags_may_share_a_dash_with_a_last_that_takes_a_value),
        cmocka_unit_test(test_two_values_are_taken_together),
        cmocka_unit_test(test_a_list_goes_on_up_to_the_next_option),
        cmocka_unit_test(test_operands_may_stand_anywhere_and_all_follow_two_dashes),
        cmocka_unit_test(test_only_a_repeatable_option_may_come_twice),
        cmocka_unit_test(test_each_error_is_one_printable_line_that_names_the_cause),
        cmocka_unit_test(test_help_lists_each_row_and_wraps_its_text_at_80_columns),
        cmocka_unit_test(test_a_whole_number_is_all_digits_and_in_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
