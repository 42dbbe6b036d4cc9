/* What jemalloc tells about the process, and about the spans in which it allocates. */
#include "tickd/ops/vitals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct status status;

static void test_a_span_that_allocates_counts_once_and_one_that_does_not_does_not(void **state)
{
    struct vitals vitals;
    void *volatile kept[3];

    (void)state;
    vitals_start_without_loop(&vitals);
    vitals_fill_status(&vitals, &status);
    assert_int_equal(status.tick_path_allocations, 0);
    for (int i = 0; i < 1000; i++) {
        vitals_tick_begin(&vitals);
        vitals_tick_end(&vitals);
    }
    vitals_fill_status(&vitals, &status);
    assert_int_equal(status.tick_path_allocations, 0);
    vitals_tick_begin(&vitals);
    for (int i = 0; i < 3; i++)
        kept[i] = malloc(100);
    vitals_tick_end(&vitals);
    vitals_fill_status(&vitals, &status);
    assert_int_equal(status.tick_path_allocations, 1);
    for (int i = 0; i < 3; i++)
        free(kept[i]);
    vitals_stop(&vitals, NULL, NULL);
}

static void test_allocated_bytes_grow_with_what_is_allocated(void **state)
{
    struct vitals vitals;
    uint64_t before;

    (void)state;
    assert_true(vitals_has_jemalloc());
    vitals_start_without_loop(&vitals);
    vitals_fill_status(&vitals, &status);
    before = status.allocated_bytes;
    assert_true(before > 0);
    assert_true(status.resident_bytes >= status.allocated_bytes);
    char *block = malloc(10000000);

    assert_non_null(block);
    memset(block, 1, 10000000);
    vitals_fill_status(&vitals, &status);
    assert_true(status.allocated_bytes >= before + 10000000);
    assert_true(status.rss_bytes >= 10000000);
    free(block);
    vitals_stop(&vitals, NULL, NULL);
}

static void test_measuring_itself_allocates_nothing(void **state)
{
    struct vitals vitals;
    struct vitals_message message;

    (void)state;
    vitals_start_without_loop(&vitals);
    vitals_sample(&vitals, &message);
    vitals_tick_begin(&vitals);
    vitals_sample(&vitals, &message);
    vitals_fill_status(&vitals, &status);
    vitals_tick_end(&vitals);
    vitals_fill_status(&vitals, &status);
    assert_int_equal(status.tick_path_allocations, 0);
    vitals_stop(&vitals, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_span_that_allocates_counts_once_and_one_that_does_not_does_not),
        cmocka_unit_test(test_allocated_bytes_grow_with_what_is_allocated),
        cmocka_unit_test(test_measuring_itself_allocates_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
