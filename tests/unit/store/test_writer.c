/* Transactions: everything or nothing, once, and not for ever. */
#include "tickd/store/writer.h"

#include "support/store_rig.h"

static void start_again(struct store_rig *rig)
{
    writer_close(&rig->writer);
    writer_init(&rig->writer, &rig->setup);
    rig->sequence = 0;
}

static void test_what_a_replay_brings_again_is_not_doubled(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    for (int64_t i = 1; i <= 5; i++) {
        rig_say_fill(&rig, i);
    }
    rig_write(&rig);
    start_again(&rig);
    for (int64_t i = 1; i <= 8; i++) {
        rig_say_fill(&rig, i);
    }
    rig_write(&rig);
    assert_int_equal(rig_ask_number(&rig, "SELECT count(*) FROM fills"), 8);
    assert_int_equal(rig_ask_number(&rig, "SELECT count(*) FROM equity"), 8);
    assert_int_equal(rig_ask_number(&rig, "SELECT rows FROM raw_rows WHERE name = 'raw_fill'"), 8);
    assert_int_equal(writer_rows(&rig.writer), 16);
    assert_int_equal(rig_ask_number(&rig, "SELECT quantity FROM positions"), 8);
    rig_fini(&rig);
}

static void test_the_same_sequence_of_another_run_is_another_row(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    rig_say_fill(&rig, 1);
    rig_write(&rig);
    rig.setup.run++;
    start_again(&rig);
    rig_say_fill(&rig, 1);
    rig_write(&rig);
    assert_int_equal(rig_ask_number(&rig, "SELECT count(*) FROM fills"), 2);
    assert_int_equal(rig_ask_number(&rig, "SELECT count(*) FROM runs"), 2);
    assert_int_equal(rig_ask_number(&rig, "SELECT count(*) FROM positions"), 2);
    rig_fini(&rig);
}

static void test_an_older_fill_that_comes_again_does_not_move_the_position_back(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    rig_say_fill(&rig, 1);
    rig_say_fill(&rig, 2);
    rig_write(&rig);
    rig_change(&rig, "DELETE FROM raw_fill WHERE \"order\" = 1");
    start_again(&rig);
    rig_say_fill(&rig, 1);
    rig_write(&rig);
    assert_int_equal(rig_ask_number(&rig, "SELECT count(*) FROM fills"), 2);
    assert_int_equal(rig_ask_number(&rig, "SELECT quantity FROM positions"), 2);
    rig_fini(&rig);
}

static void test_a_run_tells_how_far_it_is_written_and_when_it_ended(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    rig_say_fill(&rig, 1);
    rig_write(&rig);
    assert_int_equal(rig_ask_number(&rig, "SELECT first_sequence FROM runs"), 2);
    assert_int_equal(rig_ask_number(&rig, "SELECT last_sequence FROM runs"), 3);
    assert_string_equal(rig_ask(&rig, "SELECT config_digest FROM runs"), "000000000000abcd");
    assert_string_equal(rig_ask(&rig, "SELECT ended IS NULL FROM runs"), "1");
    struct writer_work work = {.queue = &rig.queue,
                               .last_sequence = 9,
                               .time_us = rig.now_us + US_PER_S,
                               .refused = 3,
                               .ends = true};
    assert_int_equal(writer_write(&rig.writer, &work), 0);
    assert_int_equal(rig_ask_number(&rig, "SELECT last_sequence FROM runs"), 9);
    assert_int_equal(rig_ask_number(&rig, "SELECT refused FROM runs"), 3);
    assert_string_equal(rig_ask(&rig, "SELECT ended FROM runs"), "2026-11-23T15:00:01Z");
    rig_fini(&rig);
}

static void test_adopted_positions_are_there_before_their_first_fill(void **state)
{
    (void)state;
    struct store_rig rig;
    struct command_message price = {.verb = COMMAND_ADOPT_PRICE, .number = 7 * DECIMAL_ONE};
    struct command_message position = {
        .verb = COMMAND_ADOPT_POSITION, .number = 3 * DECIMAL_ONE, .second = 20 * DECIMAL_ONE};
    rig_init(&rig);
    text_copy(price.argument, sizeof price.argument, "C");
    text_copy(position.argument, sizeof position.argument, "C");
    rig_say(&rig, TOPIC_COMMAND, 2, 0, &price);
    rig_say(&rig, TOPIC_COMMAND, 2, 0, &position);
    rig_write(&rig);
    assert_string_equal(rig_ask(&rig, "SELECT symbol || quantity || cost || price FROM positions"),
                        "C3.020.07.0");
    rig_fini(&rig);
}

/* Retention. */

static void test_rows_beyond_the_number_that_is_kept_leave_oldest_first(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    rig.setup.rows_max = 20;
    writer_init(&rig.writer, &rig.setup);
    for (int64_t i = 1; i <= 300; i++) {
        rig_say_fill(&rig, i);
        rig_write(&rig);
    }
    assert_true(rig_ask_number(&rig, "SELECT count(*) FROM fills") <= 20 + STORE_TABLE_COUNT);
    assert_int_equal(rig_ask_number(&rig, "SELECT max(order_number) FROM fills"), 300);
    assert_int_equal(rig_ask_number(&rig, "SELECT max(order_number) - min(order_number) + 1"
                                          " - count(*) FROM fills"),
                     0);
    assert_int_equal(rig_ask_number(&rig, "SELECT rows - (SELECT count(*) FROM raw_fill)"
                                          " FROM raw_rows WHERE name = 'raw_fill'"),
                     0);
    assert_int_equal(rig_ask_number(&rig, "SELECT quantity FROM positions"), 300);
    rig_fini(&rig);
}

static void test_rows_older_than_the_days_that_are_kept_leave(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    rig.setup.days = 10;
    writer_init(&rig.writer, &rig.setup);
    for (int64_t day = 0; day < 30; day++) {
        rig_say_fill(&rig, day + 1);
        rig_write(&rig);
        rig.now_us += (int64_t)S_PER_DAY * US_PER_S;
    }
    for (int i = 0; i < STORE_TABLE_COUNT; i++) {
        rig_say(&rig, TOPIC_HEALTH, SYMBOL_NONE, 0, &(struct health_message){0});
        rig_write(&rig);
    }
    assert_int_equal(rig_ask_number(&rig, "SELECT count(*) FROM fills"), 10);
    assert_int_equal(rig_ask_number(&rig, "SELECT min(order_number) FROM fills"), 21);
    rig_fini(&rig);
}

static void test_an_old_run_leaves_with_its_positions_and_the_present_one_stays(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    rig.setup.days = 1;
    writer_init(&rig.writer, &rig.setup);
    rig_say_fill(&rig, 1);
    rig_write(&rig);
    rig.now_us += (int64_t)3 * S_PER_DAY * US_PER_S;
    rig.setup.run = rig.now_us;
    start_again(&rig);
    rig_say_fill(&rig, 1);
    for (int i = 0; i <= STORE_TABLE_COUNT; i++) {
        rig_say(&rig, TOPIC_HEALTH, SYMBOL_NONE, 0, &(struct health_message){0});
        rig_write(&rig);
    }
    assert_int_equal(rig_ask_number(&rig, "SELECT count(*) FROM runs"), 1);
    assert_int_equal(rig_ask_number(&rig, "SELECT count(*) FROM positions"), 1);
    assert_int_equal(rig_ask_number(&rig, "SELECT run FROM runs"), rig.setup.run);
    rig_fini(&rig);
}

static void test_the_file_stays_bounded_while_rows_come_and_go(void **state)
{
    (void)state;
    struct store_rig rig;
    uint64_t bytes_before = 0;
    rig_init(&rig);
    rig.setup.rows_max = 1000;
    writer_init(&rig.writer, &rig.setup);
    for (int64_t i = 1; i <= 12000; i++) {
        rig_say_fill(&rig, i);
        if (i % 100 == 0) {
            rig_write(&rig);
        }
        if (i == 6000) {
            bytes_before = rig.writer.bytes;
        }
    }
    assert_true(rig.writer.removed > 2 * 9000);
    assert_true(rig.writer.bytes <= bytes_before + bytes_before / 4);
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_replay_brings_again_is_not_doubled),
        cmocka_unit_test(test_the_same_sequence_of_another_run_is_another_row),
        cmocka_unit_test(test_an_older_fill_that_comes_again_does_not_move_the_position_back),
        cmocka_unit_test(test_a_run_tells_how_far_it_is_written_and_when_it_ended),
        cmocka_unit_test(test_adopted_positions_are_there_before_their_first_fill),
        cmocka_unit_test(test_rows_beyond_the_number_that_is_kept_leave_oldest_first),
        cmocka_unit_test(test_rows_older_than_the_days_that_are_kept_leave),
        cmocka_unit_test(test_an_old_run_leaves_with_its_positions_and_the_present_one_stays),
        cmocka_unit_test(test_the_file_stays_bounded_while_rows_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
