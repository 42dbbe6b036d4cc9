/* Error codes and their texts. */
#include "tickd/base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <string.h>

#include "tickd/base/compiler.h"

static const int codes[] = {
#define X(name, value, text) name,
    TICKD_ERRORS(X)
#undef X
};

static void test_success_and_a_code_have_their_text_and_their_name(void **state)
{
    (void)state;
    assert_string_equal(error_text(0), "succeeds");
    assert_string_equal(error_name(0), "ERROR_NONE");
    assert_string_equal(error_text(ERROR_RANGE), "is out of range");
    assert_string_equal(error_name(ERROR_RANGE), "ERROR_RANGE");
    assert_string_equal(error_text(ERROR_END), "is at its end");
    assert_string_equal(error_name(ERROR_END), "ERROR_END");
}

static void test_every_code_is_negative_and_no_two_share_value_or_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(codes); i++) {
        assert_true(codes[i] < 0);
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(codes[i], codes[j]);
            assert_string_not_equal(error_text(codes[i]), error_text(codes[j]));
            assert_string_not_equal(error_name(codes[i]), error_name(codes[j]));
        }
    }
}

static void test_a_code_that_is_not_in_the_list_is_said_to_be_unknown(void **state)
{
    static const int strangers[] = {1, -1000, INT_MAX, INT_MIN};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(strangers); i++) {
        assert_string_equal(error_text(strangers[i]), "fails in an unknown way");
        assert_string_equal(error_name(strangers[i]), "ERROR_UNKNOWN");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_success_and_a_code_have_their_text_and_their_name),
        cmocka_unit_test(test_every_code_is_negative_and_no_two_share_value_or_text),
        cmocka_unit_test(test_a_code_that_is_not_in_the_list_is_said_to_be_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
