/* The record: scores worked out by hand. */
#include "tickd/modules/simulator_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/numbers.h"

static void test_nothing_known_has_no_score(void **state)
{
    (void)state;
    struct simulator_record record = {0};
    assert_true(record_brier(&record) != record_brier(&record));
    assert_true(record_brier_of_base_rate(&record) != record_brier_of_base_rate(&record));
}

static void test_the_score_is_the_mean_squared_miss(void **state)
{
    (void)state;
    struct simulator_record record = {0};
    record_add(&record, 0.01, 0.8, 0.02, 0.03);
    record_add(&record, -0.01, 0.8, 0.02, 0.03);
    record_add(&record, 0.01, 0.5, 0.02, 0.03);
    record_add(&record, 0.0, 0.1, 0.02, 0.03); /* no loss is no profit */
    /* (0.04 + 0.64 + 0.25 + 0.01) ÷ 4; base rate ½ */
    assert_near(record_brier(&record), 0.235, 1e-12);
    assert_near(record_brier_of_base_rate(&record), 0.25, 1e-12);
    assert_int_equal(record.bins[8].count, 2);
    assert_int_equal(record.bins[8].profits, 1);
    assert_near(record.bins[8].predicted, 1.6, 1e-12);
}

static void test_certainty_falls_into_the_outer_tenths(void **state)
{
    (void)state;
    struct simulator_record record = {0};
    record_add(&record, 0.01, 1.0, 0.02, 0.03);
    record_add(&record, -0.01, 0.0, 0.02, 0.03);
    assert_int_equal(record.bins[RECORD_BINS - 1].count, 1);
    assert_int_equal(record.bins[0].count, 1);
    assert_near(record_brier(&record), 0.0, 0.0);
}

static void test_losses_beyond_what_was_said_are_counted(void **state)
{
    (void)state;
    struct simulator_record record = {0};
    record_add(&record, -0.02, 0.5, 0.02, 0.03); /* as much is not more */
    record_add(&record, -0.025, 0.5, 0.02, 0.03);
    record_add(&record, -0.045, 0.5, 0.02, 0.03);
    assert_int_equal(record.beyond_value_at_risk, 2);
    assert_int_equal(record.beyond_shortfall, 1);
    assert_near(record.loss_beyond_value_at_risk, 0.07, 1e-12);
    assert_near(record.shortfall_beyond, 0.06, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_known_has_no_score),
        cmocka_unit_test(test_the_score_is_the_mean_squared_miss),
        cmocka_unit_test(test_certainty_falls_into_the_outer_tenths),
        cmocka_unit_test(test_losses_beyond_what_was_said_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
