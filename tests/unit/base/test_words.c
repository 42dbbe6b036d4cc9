/* A command line becomes words, by the rules of words.h and no others. */
#include "tickd/base/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/error.h"

enum { WORDS_MAX = 4, MEMORY_MAX = 64 };

/* The words with '|' behind each, or the error's name. */
static const char *split(const char *text)
{
    static char joined[2 * MEMORY_MAX];
    char memory[MEMORY_MAX];
    const char *words[WORDS_MAX];
    size_t count = 99;
    int error = words_split(text, memory, sizeof memory, words, WORDS_MAX, &count);
    joined[0] = '\0';
    if (error != 0) {
        assert_int_equal(count, 0);
        return error_name(error);
    }
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(joined);
        memcpy(joined + length, words[i], strlen(words[i]) + 1);
        memcpy(joined + strlen(joined), "|", 2);
    }
    return joined;
}

static void test_blanks_separate_words(void **state)
{
    (void)state;
    assert_string_equal(split(""), "");
    assert_string_equal(split(" \t "), "");
    assert_string_equal(split("/bin/mail"), "/bin/mail|");
    assert_string_equal(split("  /bin/mail\t-s  alert "), "/bin/mail|-s|alert|");
}

static void test_quotes_hold_a_word_together(void **state)
{
    (void)state;
    assert_string_equal(split("a 'b c' d"), "a|b c|d|");
    assert_string_equal(split("a \"b c\"d"), "a|b cd|");
    assert_string_equal(split("'' \"\""), "||");
    assert_string_equal(split("'a\"b' \"a'b\""), "a\"b|a'b|");
    assert_string_equal(split("'a\\b' \"a\\\"b\\\\c\\d\""), "a\\b|a\"b\\c\\d|");
    assert_string_equal(split("a\\ b \\'c \\\\"), "a b|'c|\\|");
}

static void test_nothing_else_means_anything(void **state)
{
    (void)state;
    assert_string_equal(split("echo $HOME *.c >x"), "echo|$HOME|*.c|>x|");
    assert_string_equal(split("a;b&&c # d"), "a;b&&c|#|d|");
}

static void test_what_has_no_end_is_refused(void **state)
{
    (void)state;
    assert_string_equal(split("a 'b"), "ERROR_SYNTAX");
    assert_string_equal(split("a \"b\\\""), "ERROR_SYNTAX");
    assert_string_equal(split("a \"b\\"), "ERROR_SYNTAX");
    assert_string_equal(split("a\\"), "ERROR_SYNTAX");
}

static void test_more_than_there_is_room_for_is_refused(void **state)
{
    (void)state;
    char memory[6];
    const char *words[2];
    size_t count;
    assert_string_equal(split("a b c d"), "a|b|c|d|");
    assert_string_equal(split("a b c d e"), "ERROR_FULL");
    assert_int_equal(words_split("abc d", memory, sizeof memory, words, 2, &count), 0);
    assert_int_equal(words_split("abc de", memory, sizeof memory, words, 2, &count), ERROR_FULL);
    assert_int_equal(words_split("abcdefg", memory, sizeof memory, words, 2, &count), ERROR_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blanks_separate_words),
        cmocka_unit_test(test_quotes_hold_a_word_together),
        cmocka_unit_test(test_nothing_else_means_anything),
        cmocka_unit_test(test_what_has_no_end_is_refused),
        cmocka_unit_test(test_more_than_there_is_room_for_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
