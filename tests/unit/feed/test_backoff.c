/* The back-off: bounds of every wait, and that nothing but a reset makes it short. */
#include "tickd/feed/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/seed.h"

enum { MIN_MS = 1000, MAX_MS = 300000, DRAWS = 2000 };

static struct backoff new_backoff(uint64_t number)
{
    struct backoff backoff;
    struct rng rng;

    rng_stream_numbered(&rng, test_seed(), "test", number, 0);
    backoff_init(&backoff, MIN_MS, MAX_MS, &rng);
    return backoff;
}

static void test_the_ceiling_doubles_up_to_the_longest_wait(void **state)
{
    /* 1000 · 2^n, cut at 300000: the doubling sequence, written out. */
    static const int64_t expected[] = {1000,  2000,   4000,   8000,   16000, 32000,
                                       64000, 128000, 256000, 300000, 300000};
    struct backoff backoff = new_backoff(0);

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
        assert_int_equal(backoff_ceiling_ms(&backoff), expected[i]);
        (void)backoff_next_ms(&backoff);
    }
}

static void test_a_wait_lies_between_one_millisecond_and_the_ceiling(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < DRAWS; i++) {
        struct backoff backoff = new_backoff(i);

        for (int n = 0; n < 12; n++) {
            int64_t ceiling_ms = backoff_ceiling_ms(&backoff);

            assert_in_range(backoff_next_ms(&backoff), 1, ceiling_ms);
        }
    }
}

/* Full jitter: a quarter of all waits in each quarter of the range. 2000 draws: expected 500 a
 * quarter with a standard deviation of sqrt(2000 · 1/4 · 3/4) = 19.4; ±120 is more than six. */
static void test_waits_spread_over_the_whole_range(void **state)
{
    int quarters[4] = {0};

    (void)state;
    for (uint64_t i = 0; i < DRAWS; i++) {
        struct backoff backoff = new_backoff(i);
        int64_t wait_ms = backoff_next_ms(&backoff);

        quarters[(wait_ms - 1) * 4 / MIN_MS]++;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(quarters); i++)
        assert_in_range(quarters[i], DRAWS / 4 - 120, DRAWS / 4 + 120);
}

static void test_a_wait_above_a_floor_is_never_shorter_than_the_floor(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < DRAWS; i++) {
        struct backoff backoff = new_backoff(i);

        /* The spread is the larger of the ceiling (1000) and a quarter of the floor (18750). */
        assert_in_range(backoff_next_above_ms(&backoff, 75000), 75000, 93750);
        /* Now the ceiling is 2000, a quarter of the floor 1000. */
        assert_in_range(backoff_next_above_ms(&backoff, 4000), 4000, 6000);
        assert_int_equal(backoff_ceiling_ms(&backoff), 4000);
    }
}

static void test_a_reset_makes_waits_short_again(void **state)
{
    struct backoff backoff = new_backoff(0);

    (void)state;
    for (int i = 0; i < 50; i++)
        (void)backoff_next_ms(&backoff);
    assert_int_equal(backoff_ceiling_ms(&backoff), MAX_MS);
    backoff_reset(&backoff);
    assert_int_equal(backoff_ceiling_ms(&backoff), MIN_MS);
}

static void test_a_longest_wait_below_the_first_counts_as_the_first(void **state)
{
    struct backoff backoff;
    struct rng rng;

    (void)state;
    rng_seed(&rng, 1);
    backoff_init(&backoff, 500, 100, &rng);
    for (int i = 0; i < 100; i++)
        assert_in_range(backoff_next_ms(&backoff), 1, 500);
}

static void test_huge_limits_do_not_overflow(void **state)
{
    struct backoff backoff;
    struct rng rng;

    (void)state;
    rng_seed(&rng, 1);
    backoff_init(&backoff, INT64_MAX / 3, INT64_MAX - 1, &rng);
    for (int i = 0; i < 5; i++)
        assert_true(backoff_next_ms(&backoff) >= 1);
    assert_true(backoff_ceiling_ms(&backoff) == INT64_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_ceiling_doubles_up_to_the_longest_wait),
        cmocka_unit_test(test_a_wait_lies_between_one_millisecond_and_the_ceiling),
        cmocka_unit_test(test_waits_spread_over_the_whole_range),
        cmocka_unit_test(test_a_wait_above_a_floor_is_never_shorter_than_the_floor),
        cmocka_unit_test(test_a_reset_makes_waits_short_again),
        cmocka_unit_test(test_a_longest_wait_below_the_first_counts_as_the_first),
        cmocka_unit_test(test_huge_limits_do_not_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
