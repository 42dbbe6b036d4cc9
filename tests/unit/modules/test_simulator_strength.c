/* Ranks of scores in their running distribution. */
#include "tickd/modules/simulator_strength.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/numbers.h"

/* Scores (i + ½) ÷ 1000 × scale in a scattered order: uniform. */
static void add_uniform(struct strength *strength, double scale)
{
    for (size_t i = 0; i < 1000; i++) {
        strength_add(strength, scale * ((double)(i * 617 % 1000) + 0.5) / 1000.0);
    }
}

static void test_there_is_no_rank_before_enough_scores(void **state)
{
    (void)state;
    struct strength strength;
    strength_init(&strength, 1e9);
    for (size_t i = 0; i < STRENGTH_READY - 1; i++) {
        strength_add(&strength, 0.5);
    }
    assert_true(strength_rank(&strength, 0.5) != strength_rank(&strength, 0.5));
    strength_add(&strength, 0.5);
    assert_true(strength_rank(&strength, 0.6) == 1.0);
    assert_true(strength_rank(&strength, 0.4) == 0.0);
}

static void test_a_rank_is_the_share_of_weaker_scores(void **state)
{
    (void)state;
    struct strength strength;
    strength_init(&strength, 1e9);
    add_uniform(&strength, 1.0);
    for (double score = 0.01; score < 1.0; score += 0.013) {
        assert_near(strength_rank(&strength, score), score, 0.006);
        assert_near(strength_rank(&strength, -score), strength_rank(&strength, score), 0.0);
    }
    assert_near(strength_rank(&strength, 0.0), 0.0, 0.0);
    assert_near(strength_rank(&strength, 1.0), 1.0, 1e-12);
}

static void test_ranks_do_not_depend_on_the_scale_of_scores(void **state)
{
    (void)state;
    struct strength large;
    struct strength small;
    strength_init(&large, 1e9);
    strength_init(&small, 1e9);
    add_uniform(&large, 1.0);
    add_uniform(&small, 0.0625);
    assert_near(strength_rank(&small, 0.0625 * 0.7), strength_rank(&large, 0.7), 1e-12);
}

static void test_ranks_follow_a_scale_that_moves(void **state)
{
    (void)state;
    struct strength strength;
    strength_init(&strength, 500.0);
    for (int i = 0; i < 20; i++) {
        add_uniform(&strength, 0.1);
    }
    assert_near(strength_rank(&strength, 0.05), 0.5, 0.01);
    for (int i = 0; i < 20; i++) {
        add_uniform(&strength, 1.0);
    }
    assert_near(strength_rank(&strength, 0.5), 0.5, 0.2); /* the newest 500 weigh half */
    assert_true(strength_rank(&strength, 0.1) < 0.2);
}

/* The weights grow by 2 every 10 scores, and past 10^12: nothing may overflow or be lost. */
static void test_the_weights_are_lightened_without_a_trace(void **state)
{
    (void)state;
    struct strength strength;
    strength_init(&strength, 10.0);
    for (int i = 0; i < 100000; i++) {
        strength_add(&strength, i % 2 == 0 ? 0.25 : 0.75);
        if (i >= STRENGTH_READY && i % 2 == 1) {
            /* half of the newest twice as heavy as that before it: q ÷ (1 + q), q = 2^(−1/10) */
            assert_near(strength_rank(&strength, 0.5), 0.48267825516781476, 1e-9);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_is_no_rank_before_enough_scores),
        cmocka_unit_test(test_a_rank_is_the_share_of_weaker_scores),
        cmocka_unit_test(test_ranks_do_not_depend_on_the_scale_of_scores),
        cmocka_unit_test(test_ranks_follow_a_scale_that_moves),
        cmocka_unit_test(test_the_weights_are_lightened_without_a_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
