/* The queue before the archive. */
#include "tickd/store/queue.h"

#include "support/store_rig.h"

static void test_only_what_belongs_into_the_archive_is_kept_in_its_order(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    rig_say_fill(&rig, 1);
    rig_say(&rig, TOPIC_CLOCK, SYMBOL_NONE, 0, &(struct clock_message){0});
    rig_say_fill(&rig, 2);
    assert_int_equal(queue_size(&rig.queue), 4);
    assert_int_equal(queue_at(&rig.queue, 0)->message.head.sequence, 2);
    assert_int_equal(queue_at(&rig.queue, 1)->message.head.sequence, 3);
    assert_int_equal(queue_at(&rig.queue, 2)->message.body.fill.order, 2);
    rig_fini(&rig);
}

static void test_a_decision_to_hold_is_no_decision(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    rig_say(&rig, TOPIC_DECISION, 0, 0, &(struct decision_message){.side = SIDE_HOLD});
    assert_int_equal(queue_size(&rig.queue), 0);
    rig_say(&rig, TOPIC_DECISION, 0, 0, &(struct decision_message){.side = SIDE_SELL});
    assert_int_equal(queue_size(&rig.queue), 1);
    rig_fini(&rig);
}

static void test_vitals_are_kept_once_a_minute(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    for (int second = 0; second < 120; second++) {
        rig_say(&rig, TOPIC_VITALS, SYMBOL_NONE, 0, &(struct vitals_message){0});
        rig.now_us += US_PER_S;
    }
    assert_int_equal(queue_size(&rig.queue), 2);
    rig_fini(&rig);
}

static void test_rows_that_are_not_durable_wait(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    rig_say_fill(&rig, 1); /* 1, 2, 3 */
    rig_say_fill(&rig, 2); /* 4, 5, 6 */
    assert_int_equal(queue_batch(&rig.queue, 0), 0);
    assert_int_equal(queue_batch(&rig.queue, 3), 2);
    assert_int_equal(queue_batch(&rig.queue, 4), 2);
    assert_int_equal(queue_batch(&rig.queue, 6), 4);
    assert_int_equal(queue_batch(&rig.queue, UINT64_MAX), 4);
    rig_fini(&rig);
}

static void test_a_fill_and_the_cash_it_moved_are_never_torn_apart(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    rig_say_fill(&rig, 1);
    rig_say_fill(&rig, 2);
    assert_int_equal(queue_batch(&rig.queue, 2), 0); /* the first fill without its equity */
    assert_int_equal(queue_batch(&rig.queue, 5), 2);
    rig_fini(&rig);
}

static void test_what_is_complete_ends_before_the_first_row_that_waits(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    rig_say_fill(&rig, 1);
    rig_say(&rig, TOPIC_CLOCK, SYMBOL_NONE, 0, &(struct clock_message){0}); /* 4 */
    rig_say_fill(&rig, 2);                                                  /* 5, 6, 7 */
    rig_say(&rig, TOPIC_CLOCK, SYMBOL_NONE, 0, &(struct clock_message){0}); /* 8 */
    assert_int_equal(queue_complete_to(&rig.queue, 0, 1), 1);
    assert_int_equal(queue_complete_to(&rig.queue, 2, 4), 4);
    assert_int_equal(queue_complete_to(&rig.queue, 4, 7), 7);
    assert_int_equal(queue_complete_to(&rig.queue, 4, UINT64_MAX), 8);
    rig_fini(&rig);
}

static void test_from_nine_tenths_on_only_essential_rows_find_room(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init_with(&rig, 100);
    for (int i = 0; i < 95; i++) {
        rig_say(&rig, TOPIC_HEALTH, SYMBOL_NONE, 0, &(struct health_message){0});
    }
    assert_int_equal(queue_size(&rig.queue), 90);
    assert_int_equal(rig.queue.refused[STORE_TABLE_HEALTH], 5);
    for (int i = 0; i < 12; i++) {
        rig_say(&rig, TOPIC_FILL, 0, 0, &(struct fill_message){.order = i});
    }
    assert_int_equal(queue_size(&rig.queue), 100);
    assert_int_equal(rig.queue.refused[STORE_TABLE_FILL], 2);
    assert_int_equal(rig.queue.refused_essential, 2);
    assert_int_equal(queue_at(&rig.queue, 99)->message.body.fill.order, 9);
    queue_remove(&rig.queue, 50);
    rig_say(&rig, TOPIC_HEALTH, SYMBOL_NONE, 0, &(struct health_message){0});
    assert_int_equal(queue_size(&rig.queue), 51);
    assert_int_equal(rig.queue.refused[STORE_TABLE_HEALTH], 5);
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_what_belongs_into_the_archive_is_kept_in_its_order),
        cmocka_unit_test(test_a_decision_to_hold_is_no_decision),
        cmocka_unit_test(test_vitals_are_kept_once_a_minute),
        cmocka_unit_test(test_rows_that_are_not_durable_wait),
        cmocka_unit_test(test_a_fill_and_the_cash_it_moved_are_never_torn_apart),
        cmocka_unit_test(test_what_is_complete_ends_before_the_first_row_that_waits),
        cmocka_unit_test(test_from_nine_tenths_on_only_essential_rows_find_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
