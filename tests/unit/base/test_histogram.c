/* The histogram: exact below 64, within 1/32 above, against sorted lists. */
#include "tickd/base/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "support/numbers.h"
#include "tickd/base/rng.h"

static struct histogram histogram;

static void record_all(const int64_t *values, size_t count)
{
    histogram_clear(&histogram);
    for (size_t i = 0; i < count; i++)
        histogram_record(&histogram, values[i]);
}

static void test_an_empty_histogram_answers_zero(void **state)
{
    (void)state;
    histogram_clear(&histogram);
    assert_int_equal(histogram_quantile(&histogram, 0.5), 0);
    assert_near(histogram_mean(&histogram), 0.0, 0.0);
    assert_int_equal(histogram_count_at_most(&histogram, INT64_MAX), 0);
}

static void test_values_below_64_are_exact(void **state)
{
    (void)state;
    histogram_clear(&histogram);
    for (int64_t value = 0; value < 64; value++)
        histogram_record(&histogram, value);
    for (int64_t value = 0; value < 64; value++) {
        assert_int_equal(histogram_quantile(&histogram, (double)(value + 1) / 64), value);
        assert_int_equal(histogram_count_at_most(&histogram, value), value + 1);
    }
    assert_near(histogram_mean(&histogram), 31.5, 0.0);
}

static void test_a_single_value_is_every_quantile_exactly(void **state)
{
    static const int64_t values[] = {0, 63, 64, 1000, 123456789, HISTOGRAM_MAX, INT64_MAX};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
        record_all(&values[i], 1);
        assert_int_equal(histogram_quantile(&histogram, 0.0), values[i]);
        assert_int_equal(histogram_quantile(&histogram, 0.5), values[i]);
        assert_int_equal(histogram_quantile(&histogram, 1.0), values[i]);
        assert_int_equal(histogram.min, values[i]);
        assert_int_equal(histogram.max, values[i]);
    }
}

/* Each value goes in with one far above it, so that the maximum does not hide the bound. */
static void test_a_bucket_is_at_most_a_32nd_of_its_values_wide(void **state)
{
    (void)state;
    for (int64_t value = 1; value < HISTOGRAM_MAX / 2; value += value / 7 + 1) {
        const int64_t pair[] = {value, HISTOGRAM_MAX - 1};

        record_all(pair, 2);
        int64_t bound = histogram_quantile(&histogram, 0.5);

        assert_true(bound >= value);
        assert_true((bound - value) * 32 <= value);
        assert_int_equal(histogram_count_at_most(&histogram, bound), 1);
        assert_int_equal(histogram_count_at_most(&histogram, value), 1);
    }
}

static void test_powers_of_two_begin_buckets_of_their_own(void **state)
{
    (void)state;
    for (unsigned power = 6; power < HISTOGRAM_POWERS; power++) {
        const int64_t pair[] = {(INT64_C(1) << power) - 1, INT64_C(1) << power};

        record_all(pair, 2);
        assert_int_equal(histogram_quantile(&histogram, 0.5), pair[0]);
        assert_int_equal(histogram_count_at_most(&histogram, pair[0]), 1);
    }
}

static void test_negative_values_count_as_zero(void **state)
{
    static const int64_t values[] = {-5, INT64_MIN, 3};

    (void)state;
    record_all(values, 3);
    assert_int_equal(histogram.count, 3);
    assert_int_equal(histogram.min, 0);
    assert_int_equal(histogram.sum, 3);
    assert_int_equal(histogram_count_at_most(&histogram, 0), 2);
    assert_int_equal(histogram_count_at_most(&histogram, -1), 0);
}

static void test_values_beyond_the_range_share_the_last_bucket_and_keep_their_maximum(void **state)
{
    static const int64_t values[] = {10, HISTOGRAM_MAX, HISTOGRAM_MAX * 4};

    (void)state;
    record_all(values, 3);
    assert_int_equal(histogram_quantile(&histogram, 0.3), 10);
    assert_int_equal(histogram_quantile(&histogram, 0.6), HISTOGRAM_MAX * 4);
    assert_int_equal(histogram.max, HISTOGRAM_MAX * 4);
    assert_int_equal(histogram.sum, 10 + HISTOGRAM_MAX * 5);
    assert_int_equal(histogram.buckets[HISTOGRAM_BUCKETS - 1], 2);
}

static void test_sum_and_buckets_saturate(void **state)
{
    static const int64_t values[] = {INT64_MAX, INT64_MAX, 5};
    static struct histogram other;

    (void)state;
    record_all(values, 3);
    assert_int_equal(histogram.sum, INT64_MAX);

    histogram.buckets[5] = UINT32_MAX - 1;
    histogram_record(&histogram, 5);
    histogram_record(&histogram, 5);
    assert_int_equal(histogram.buckets[5], UINT32_MAX);

    histogram_clear(&other);
    histogram_record(&other, 5);
    histogram_merge(&histogram, &other);
    assert_int_equal(histogram.buckets[5], UINT32_MAX);
    assert_int_equal(histogram.sum, INT64_MAX);
}

static void test_a_decimal_fraction_of_a_round_count_is_that_many_values(void **state)
{
    (void)state;
    histogram_clear(&histogram);
    for (int64_t value = 1; value <= 50; value++)
        histogram_record(&histogram, value);
    assert_int_equal(histogram_quantile(&histogram, 0.14), 7); /* 0.14 · 50 > 7 in doubles */
    for (int64_t percent = 2; percent <= 100; percent += 2)
        assert_int_equal(histogram_quantile(&histogram, (double)percent / 100), percent / 2);
    assert_int_equal(histogram_quantile(&histogram, 0.141), 8);
}

static int compare(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;

    return (*x > *y) - (*x < *y);
}

static void test_quantiles_of_many_values_lie_a_32nd_above_the_sorted_list_at_most(void **state)
{
    enum { COUNT = 5000 };
    static int64_t values[COUNT];
    struct rng rng;

    (void)state;
    rng_seed(&rng, 5);
    for (size_t i = 0; i < COUNT; i++)
        values[i] = (int64_t)(rng_next(&rng) >> (24 + rng_below(&rng, 40)));
    record_all(values, COUNT);
    qsort(values, COUNT, sizeof values[0], compare);
    for (size_t rank = 1; rank <= COUNT; rank += 13) {
        int64_t exact = values[rank - 1];
        int64_t found = histogram_quantile(&histogram, (double)rank / COUNT);

        assert_true(found >= exact);
        assert_true(found - exact <= exact / 32);
        assert_true(histogram_count_at_most(&histogram, exact) >= rank);
    }
    assert_int_equal(histogram_quantile(&histogram, 1.0), values[COUNT - 1]);
}

static void test_a_merged_histogram_is_that_of_all_values(void **state)
{
    static struct histogram parts[2];
    struct rng rng;

    (void)state;
    rng_seed(&rng, 6);
    histogram_clear(&histogram);
    histogram_clear(&parts[0]);
    histogram_clear(&parts[1]);
    for (int i = 0; i < 2000; i++) {
        int64_t value = (int64_t)(rng_next(&rng) >> (24 + rng_below(&rng, 40)));

        histogram_record(&histogram, value);
        histogram_record(&parts[i % 3 == 0], value);
    }
    histogram_merge(&parts[0], &parts[1]);
    assert_memory_equal(&parts[0], &histogram, sizeof histogram);
}

static void test_merging_with_an_empty_histogram_changes_nothing(void **state)
{
    static struct histogram empty;
    static struct histogram filled;

    (void)state;
    histogram_clear(&histogram);
    histogram_record(&histogram, 77);
    filled = histogram;
    histogram_merge(&filled, &empty);
    assert_memory_equal(&filled, &histogram, sizeof histogram);
    histogram_merge(&empty, &histogram);
    assert_memory_equal(&empty, &histogram, sizeof histogram);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_histogram_answers_zero),
        cmocka_unit_test(test_values_below_64_are_exact),
        cmocka_unit_test(test_a_single_value_is_every_quantile_exactly),
        cmocka_unit_test(test_a_bucket_is_at_most_a_32nd_of_its_values_wide),
        cmocka_unit_test(test_powers_of_two_begin_buckets_of_their_own),
        cmocka_unit_test(test_negative_values_count_as_zero),
        cmocka_unit_test(test_values_beyond_the_range_share_the_last_bucket_and_keep_their_maximum),
        cmocka_unit_test(test_sum_and_buckets_saturate),
        cmocka_unit_test(test_a_decimal_fraction_of_a_round_count_is_that_many_values),
        cmocka_unit_test(test_quantiles_of_many_values_lie_a_32nd_above_the_sorted_list_at_most),
        cmocka_unit_test(test_a_merged_histogram_is_that_of_all_values),
        cmocka_unit_test(test_merging_with_an_empty_histogram_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
