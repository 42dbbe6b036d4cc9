/* Equity and weights, minute by minute, for curves. */
#include "tickd/engine/chronicle.h"

#include "support/engine_fixture.h"

static bool read_entry(const struct engine_fixture *fixture, const char *name, size_t index,
                       struct message *message)
{
    return engine_history_message(fixture->engine, "chronicle", name, index, message);
}

static void test_each_minute_leaves_the_books_and_the_weights_as_they_were_said(void **state)
{
    struct engine_fixture fixture;
    struct message message;

    (void)state;
    fixture_init(&fixture);
    fixture_start(&fixture);
    assert_false(read_entry(&fixture, "equity", 0, &message));
    fixture_advance(&fixture, 180000);
    assert_true(read_entry(&fixture, "equity", 0, &message));
    assert_int_equal(message.head.topic, TOPIC_EQUITY);
    assert_int_equal(message.head.time_us, FIXTURE_START_US + 180 * US_PER_S);
    assert_memory_equal(&message.body.equity, &fixture.last[TOPIC_EQUITY].body.equity,
                        sizeof message.body.equity);
    assert_true(read_entry(&fixture, "weights", 2, &message));
    assert_int_equal(message.head.topic, TOPIC_WEIGHTS);
    assert_int_equal(message.head.time_us, FIXTURE_START_US + 60 * US_PER_S);
    assert_false(read_entry(&fixture, "weights", 3, &message));
    fixture_stop(&fixture);
}

static void test_the_oldest_minute_goes_when_there_is_no_room(void **state)
{
    static struct status status;
    struct engine_fixture fixture;
    struct message message;

    (void)state;
    fixture_init(&fixture);
    fixture_set(&fixture, "history.equity", "2");
    fixture_start(&fixture);
    fixture_advance(&fixture, 300000);
    assert_true(read_entry(&fixture, "equity", 1, &message));
    assert_int_equal(message.head.time_us, FIXTURE_START_US + 240 * US_PER_S);
    assert_false(read_entry(&fixture, "equity", 2, &message));
    engine_status(fixture.engine, &status);
    const struct history *equity = NULL;

    for (size_t i = 0; i < status.history_count; i++) {
        if (strcmp(status.histories[i].module, "chronicle") == 0 &&
            strcmp(status.histories[i].name, "equity") == 0)
            equity = &status.histories[i];
    }
    assert_non_null(equity);
    assert_int_equal(equity->size, 2);
    assert_int_equal(equity->overwritten, 3);
    fixture_stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_minute_leaves_the_books_and_the_weights_as_they_were_said),
        cmocka_unit_test(test_the_oldest_minute_goes_when_there_is_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
