/* The limit on lines a minute. */
#include "tickd/feed/log_limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>

#include <cmocka.h>

#define SECONDS(s) ((int64_t)(s)*1000000)

static void test_lines_beyond_the_limit_are_withheld_and_counted(void **state)
{
    struct log_limit limit;
    uint64_t withheld = 99;

    (void)state;
    log_limit_init(&limit, 3);
    for (int i = 0; i < 3; i++) {
        assert_true(log_limit_pass(&limit, SECONDS(5 + i), &withheld));
        assert_int_equal(withheld, 0);
    }
    for (int i = 0; i < 7; i++)
        assert_false(log_limit_pass(&limit, SECONDS(10 + i), &withheld));
    assert_false(log_limit_pass(&limit, SECONDS(64), &withheld));
    assert_true(log_limit_pass(&limit, SECONDS(65), &withheld));
    assert_int_equal(withheld, 8);
    assert_true(log_limit_pass(&limit, SECONDS(66), &withheld));
    assert_int_equal(withheld, 0);
}

static void test_a_quiet_log_is_never_limited(void **state)
{
    struct log_limit limit;
    uint64_t withheld;

    (void)state;
    log_limit_init(&limit, 1);
    for (int i = 0; i < 100; i++)
        assert_true(log_limit_pass(&limit, SECONDS(60) * i, &withheld));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_beyond_the_limit_are_withheld_and_counted),
        cmocka_unit_test(test_a_quiet_log_is_never_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
