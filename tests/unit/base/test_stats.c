/* Running statistics against values worked out by hand, and against the two-pass formulas. */
#include "tickd/base/stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/death.h"
#include "support/numbers.h"
#include "tickd/base/rng.h"

static struct running_stats stats_of(const double *values, size_t count)
{
    struct running_stats stats = {0};

    for (size_t i = 0; i < count; i++)
        running_stats_add(&stats, values[i]);
    return stats;
}

static void test_nothing_has_no_variance_and_one_value_has_none_either(void **state)
{
    const double one = 42.5;
    struct running_stats none = {0};
    struct running_stats single = stats_of(&one, 1);

    (void)state;
    assert_near(running_stats_population_variance(&none), 0.0, 0.0);
    assert_near(running_stats_sample_variance(&none), 0.0, 0.0);
    assert_near(single.mean, 42.5, 0.0);
    assert_near(running_stats_population_variance(&single), 0.0, 0.0);
    assert_near(running_stats_sample_variance(&single), 0.0, 0.0);
    assert_near(single.min, 42.5, 0.0);
    assert_near(single.max, 42.5, 0.0);
}

/* 2, 4, 4, 4, 5, 5, 7, 9: mean 40/8, squared deviations 9+1+1+1+0+0+4+16 = 32. */
static void test_mean_and_variances_of_eight_numbers_are_those_worked_out_by_hand(void **state)
{
    static const double values[] = {2, 4, 4, 4, 5, 5, 7, 9};
    struct running_stats stats = stats_of(values, ARRAY_LENGTH(values));

    (void)state;
    assert_int_equal(stats.count, 8);
    assert_near(stats.mean, 5.0, 1e-15);
    assert_near(running_stats_population_variance(&stats), 4.0, 1e-14);
    assert_near(running_stats_sample_variance(&stats), 32.0 / 7.0, 1e-14);
    assert_near(stats.min, 2.0, 0.0);
    assert_near(stats.max, 9.0, 0.0);
}

static void test_a_large_offset_does_not_swallow_the_variance(void **state)
{
    static const double values[] = {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16};
    struct running_stats stats = stats_of(values, ARRAY_LENGTH(values));

    (void)state;
    assert_near(running_stats_sample_variance(&stats), 30.0, 1e-6);
}

static void test_negative_values_have_their_minimum_and_maximum(void **state)
{
    static const double values[] = {-3, -8, -5};
    struct running_stats stats = stats_of(values, ARRAY_LENGTH(values));

    (void)state;
    assert_near(stats.min, -8.0, 0.0);
    assert_near(stats.max, -3.0, 0.0);
}

static void test_a_merge_at_any_cut_is_as_if_all_had_been_added(void **state)
{
    enum { COUNT = 60 };
    double values[COUNT];
    struct rng rng;

    (void)state;
    rng_seed(&rng, 3);
    for (size_t i = 0; i < COUNT; i++)
        values[i] = 100.0 + rng_normal(&rng);
    struct running_stats all = stats_of(values, COUNT);

    for (size_t cut = 0; cut <= COUNT; cut++) {
        struct running_stats left = stats_of(values, cut);
        struct running_stats right = stats_of(values + cut, COUNT - cut);

        running_stats_merge(&left, &right);
        assert_int_equal(left.count, COUNT);
        assert_near(left.mean, all.mean, 1e-12);
        assert_near(left.squares, all.squares, 1e-9);
        assert_near(left.min, all.min, 0.0);
        assert_near(left.max, all.max, 0.0);
    }
}

static void test_an_ewma_begins_with_its_first_value_and_then_weighs(void **state)
{
    struct ewma ewma;

    (void)state;
    ewma_init(&ewma, 0.25);
    assert_int_equal(ewma.count, 0);
    ewma_add(&ewma, 8.0);
    assert_near(ewma.value, 8.0, 0.0);
    ewma_add(&ewma, 16.0); /* 0.25·16 + 0.75·8 */
    assert_near(ewma.value, 10.0, 0.0);
    ewma_add(&ewma, 2.0); /* 0.25·2 + 0.75·10 */
    assert_near(ewma.value, 8.0, 0.0);
    assert_int_equal(ewma.count, 3);
}

static void test_an_ewma_of_weight_one_is_the_newest_value(void **state)
{
    struct ewma ewma;

    (void)state;
    ewma_init(&ewma, 1.0);
    ewma_add(&ewma, 3.0);
    ewma_add(&ewma, -7.5);
    assert_near(ewma.value, -7.5, 0.0);
}

static void weigh_by_nothing(void)
{
    struct ewma ewma;

    ewma_init(&ewma, 0.0);
}

static void test_an_ewma_without_weight_aborts(void **state)
{
    (void)state;
    assert_true(dies_saying(weigh_by_nothing, "weight > 0.0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_has_no_variance_and_one_value_has_none_either),
        cmocka_unit_test(test_mean_and_variances_of_eight_numbers_are_those_worked_out_by_hand),
        cmocka_unit_test(test_a_large_offset_does_not_swallow_the_variance),
        cmocka_unit_test(test_negative_values_have_their_minimum_and_maximum),
        cmocka_unit_test(test_a_merge_at_any_cut_is_as_if_all_had_been_added),
        cmocka_unit_test(test_an_ewma_begins_with_its_first_value_and_then_weighs),
        cmocka_unit_test(test_an_ewma_of_weight_one_is_the_newest_value),
        cmocka_unit_test(test_an_ewma_without_weight_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
