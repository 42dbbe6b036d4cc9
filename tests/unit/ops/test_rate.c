/* A counter's rate over the last ten seconds. */
#include "tickd/ops/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)

static void assert_rate(const struct rate *rate, double expected)
{
    double got = rate_per_s(rate);

    if (got < expected - 1e-9 || got > expected + 1e-9)
        fail_msg("%.12g is not %.12g", got, expected);
}

static void test_there_is_no_rate_before_two_samples(void **state)
{
    struct rate rate = {0};

    (void)state;
    assert_rate(&rate, 0.0);
    rate_note(&rate, 5 * SECOND, 1000);
    assert_rate(&rate, 0.0);
    rate_note(&rate, 5 * SECOND, 2000); /* no time between them */
    assert_rate(&rate, 0.0);
}

static void test_the_rate_is_the_mean_over_what_was_seen(void **state)
{
    struct rate rate = {0};

    (void)state;
    rate_note(&rate, 0, 0);
    rate_note(&rate, SECOND, 30);
    rate_note(&rate, 2 * SECOND, 40);
    assert_rate(&rate, 20.0);
}

static void test_what_is_older_than_ten_seconds_is_forgotten(void **state)
{
    struct rate rate = {0};
    uint64_t total = 0;

    (void)state;
    for (int second = 0; second <= 60; second++) {
        total += second <= 50 ? 1000 : 7;
        rate_note(&rate, second * SECOND, total);
    }
    assert_rate(&rate, 7.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_is_no_rate_before_two_samples),
        cmocka_unit_test(test_the_rate_is_the_mean_over_what_was_seen),
        cmocka_unit_test(test_what_is_older_than_ten_seconds_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
