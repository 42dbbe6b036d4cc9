/* The bus: order, causes, taps, digest, and the books of what is owed. */
#include "tickd/bus/bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { NOTES_MAX = 64 };

/* A module that notes what it was handed, and answers a CLOCK with as many COMMANDs as told. */
struct recorder {
    struct bus *bus;
    enum module_id id;
    int answers;
    bool answers_bars;
};

static struct {
    size_t count;
    struct {
        enum module_id module;
        uint64_t sequence;
        uint64_t cause;
    } entries[NOTES_MAX];
} notes;

static void record(void *state, const struct message *message)
{
    struct recorder *recorder = state;
    assert_true(notes.count < NOTES_MAX);
    notes.entries[notes.count].module = recorder->id;
    notes.entries[notes.count].sequence = message->head.sequence;
    notes.entries[notes.count].cause =
        message->head.caused_by == 0 ? 0 : message->head.sequence - message->head.caused_by;
    notes.count++;
    if (message->head.topic == TOPIC_CLOCK) {
        for (int i = 0; i < recorder->answers; i++) {
            publish_command(recorder->bus, recorder->id, SYMBOL_NONE,
                            &(struct command_message){.number = i});
        }
    }
    if (message->head.topic == TOPIC_TRADE && recorder->answers_bars) {
        publish_bar(recorder->bus, recorder->id, message->head.symbol,
                    &(struct bar_message){.start_ms = message->body.trade.time_ms});
    }
}

struct fixture {
    struct arena arena;
    struct bus *bus;
    struct recorder first;
    struct recorder second;
    struct module modules[2];
};

static const struct route routes[] = {
    {TOPIC_CLOCK, MODULE_MARKET},   {TOPIC_CLOCK, MODULE_MONITOR}, {TOPIC_COMMAND, MODULE_MONITOR},
    {TOPIC_COMMAND, MODULE_MARKET}, {TOPIC_TRADE, MODULE_MARKET},
};

static bool trade_asks(const void *context, const struct message *message, struct owed *owed)
{
    (void)context;
    owed->ordinal = message->body.trade.time_ms;
    owed->due_us = message->head.time_us + 5;
    return message->body.trade.moves != 0;
}

static bool bar_answers(const void *context, const struct message *message, int64_t *ordinal)
{
    (void)context;
    *ordinal = message->body.bar.start_ms;
    return true;
}

static const struct owed_rule rules[] = {{.module = MODULE_MARKET,
                                          .topic = TOPIC_TRADE,
                                          .answers = TOPIC_BIT(TOPIC_BAR),
                                          .asks = trade_asks,
                                          .settles = bar_answers,
                                          .settles_older = true}};

static void start(struct fixture *fixture, size_t log_messages, size_t burst)
{
    struct bus_limits limits = {
        .log_messages = log_messages, .input_messages_max = burst, .symbols = 2};
    struct arena measuring;
    memset(fixture, 0, sizeof *fixture);
    memset(&notes, 0, sizeof notes);
    arena_init_measuring(&measuring);
    assert_null(bus_create(&measuring, &limits));
    assert_int_equal(arena_init(&fixture->arena, measuring.used), 0);
    fixture->bus = bus_create(&fixture->arena, &limits);
    arena_seal(&fixture->arena);
    fixture->first = (struct recorder){.bus = fixture->bus, .id = MODULE_MARKET};
    fixture->second = (struct recorder){.bus = fixture->bus, .id = MODULE_MONITOR};
    fixture->modules[0] =
        (struct module){.id = MODULE_MARKET, .state = &fixture->first, .handle = record};
    fixture->modules[1] =
        (struct module){.id = MODULE_MONITOR, .state = &fixture->second, .handle = record};
    bus_wire(fixture->bus, fixture->modules, 2, routes, ARRAY_LENGTH(routes), rules,
             ARRAY_LENGTH(rules));
    bus_set_time(fixture->bus, 1000);
}

static void stop(struct fixture *fixture)
{
    arena_fini(&fixture->arena);
}

static void clock_tick(struct fixture *fixture)
{
    publish_clock(fixture->bus, MODULE_ENGINE, SYMBOL_NONE, &(struct clock_message){0});
}

static void trade_at(struct fixture *fixture, uint16_t symbol, int64_t time_ms)
{
    publish_trade(fixture->bus, MODULE_FEED, symbol,
                  &(struct trade_message){.time_ms = time_ms, .moves = 7});
}

static void test_subscribers_are_served_in_wiring_order_and_to_completion(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 16, 1);
    fixture.first.answers = 2;
    clock_tick(&fixture);
    bus_dispatch(fixture.bus);
    static const struct {
        enum module_id module;
        uint64_t sequence;
    } expected[] = {
        {MODULE_MARKET, 1}, {MODULE_MONITOR, 1}, {MODULE_MONITOR, 2},
        {MODULE_MARKET, 2}, {MODULE_MONITOR, 3}, {MODULE_MARKET, 3},
    };
    assert_int_equal(notes.count, ARRAY_LENGTH(expected));
    for (size_t i = 0; i < notes.count; i++) {
        assert_int_equal(notes.entries[i].module, expected[i].module);
        assert_int_equal(notes.entries[i].sequence, expected[i].sequence);
    }
    assert_int_equal(bus_burst_max(fixture.bus), 3);
    stop(&fixture);
}

static void test_a_message_names_the_one_that_caused_it(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 16, 1);
    fixture.second.answers = 1;
    clock_tick(&fixture);
    clock_tick(&fixture);
    bus_dispatch(fixture.bus);
    assert_int_equal(bus_message(fixture.bus, 1)->head.caused_by, 0);
    assert_int_equal(bus_message(fixture.bus, 3)->head.caused_by, 2);
    assert_int_equal(bus_message(fixture.bus, 4)->head.caused_by, 2);
    stop(&fixture);
}

static void test_the_log_keeps_the_newest_messages_and_forgets_the_older(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 8, 1);
    for (int i = 0; i < 20; i++) {
        clock_tick(&fixture);
        bus_dispatch(fixture.bus);
        notes.count = 0;
    }
    assert_null(bus_message(fixture.bus, 12));
    assert_int_equal(bus_message(fixture.bus, 13)->head.sequence, 13);
    assert_int_equal(bus_message(fixture.bus, 20)->head.sequence, 20);
    assert_null(bus_message(fixture.bus, 21));
    assert_null(bus_message(fixture.bus, 0));
    stop(&fixture);
}

static void test_the_log_is_never_smaller_than_the_worst_input(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 4, 40);
    assert_int_equal(bus_log(fixture.bus)->capacity, 40);
    stop(&fixture);
}

static void count_seen(void *state, const struct message *message)
{
    uint64_t *seen = state;
    assert_int_equal(message->head.sequence, *seen + 1);
    *seen += 1;
}

static void test_taps_see_every_message_once_in_order_until_they_are_removed(void **state)
{
    (void)state;
    struct fixture fixture;
    uint64_t seen = 0;
    start(&fixture, 16, 1);
    fixture.first.answers = 3;
    assert_int_equal(bus_add_tap(fixture.bus, (struct tap){.see = count_seen, .state = &seen}), 0);
    clock_tick(&fixture);
    bus_dispatch(fixture.bus);
    assert_int_equal(seen, 4);
    bus_remove_tap(fixture.bus, &seen);
    clock_tick(&fixture);
    bus_dispatch(fixture.bus);
    assert_int_equal(seen, 4);
    stop(&fixture);
}

static void test_one_tap_too_many_is_refused(void **state)
{
    (void)state;
    struct fixture fixture;
    uint64_t seen[BUS_TAPS_MAX] = {0};
    start(&fixture, 16, 1);
    for (size_t i = 0; i < BUS_TAPS_MAX; i++) {
        struct tap tap = {.see = count_seen, .state = &seen[i]};
        assert_int_equal(bus_add_tap(fixture.bus, tap), 0);
    }
    assert_int_equal(bus_add_tap(fixture.bus, (struct tap){.see = count_seen, .state = seen}),
                     ERROR_FULL);
    stop(&fixture);
}

static uint64_t digest_of_three(int64_t number, int64_t time_us)
{
    struct fixture fixture;
    start(&fixture, 16, 1);
    bus_set_time(fixture.bus, time_us);
    for (int i = 0; i < 3; i++) {
        publish_command(fixture.bus, MODULE_CONTROL, SYMBOL_NONE,
                        &(struct command_message){.number = i == 1 ? number : i});
        bus_dispatch(fixture.bus);
        notes.count = 0;
    }
    uint64_t digest = bus_digest(fixture.bus);
    stop(&fixture);
    return digest;
}

static void test_the_digest_tells_any_difference_and_only_differences(void **state)
{
    (void)state;
    assert_true(digest_of_three(1, 2000) == digest_of_three(1, 2000));
    assert_true(digest_of_three(1, 2000) != digest_of_three(5, 2000));
    assert_true(digest_of_three(1, 2000) != digest_of_three(1, 2001));
}

static void test_every_nan_has_the_same_digest(void **state)
{
    (void)state;
    uint64_t digests[2];
    const uint64_t bits[2] = {UINT64_C(0x7ff8000000000001), UINT64_C(0xfff8000000000000)};
    for (int i = 0; i < 2; i++) {
        struct fixture fixture;
        struct bar_message bar = {.start_ms = 1};
        start(&fixture, 16, 1);
        memcpy(&bar.horizon_return, &bits[i], sizeof bits[i]);
        memcpy(&bar.indicators.rsi14, &bits[i], sizeof bits[i]);
        publish_bar(fixture.bus, MODULE_MARKET, 0, &bar);
        digests[i] = bus_digest(fixture.bus);
        stop(&fixture);
    }
    assert_true(digests[0] == digests[1]);
}

static struct module_account account_of(const struct fixture *fixture, enum module_id id)
{
    struct module_account account;
    assert_true(bus_account(fixture->bus, id, &account));
    return account;
}

static void test_a_debt_stands_from_its_due_time_until_it_is_answered(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 16, 1);
    assert_true(account_of(&fixture, MODULE_MARKET).owed_since_us == INT64_MAX);
    trade_at(&fixture, 0, 60);
    bus_dispatch(fixture.bus);
    assert_int_equal(account_of(&fixture, MODULE_MARKET).owed, 1);
    assert_int_equal(account_of(&fixture, MODULE_MARKET).owed_since_us, 1005);
    fixture.first.answers_bars = true;
    trade_at(&fixture, 0, 60);
    bus_dispatch(fixture.bus);
    assert_int_equal(account_of(&fixture, MODULE_MARKET).owed, 0);
    assert_true(account_of(&fixture, MODULE_MARKET).owed_since_us == INT64_MAX);
    stop(&fixture);
}

static void test_the_same_debt_is_written_down_once(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 16, 1);
    trade_at(&fixture, 0, 60);
    trade_at(&fixture, 0, 60);
    trade_at(&fixture, 1, 60);
    assert_int_equal(account_of(&fixture, MODULE_MARKET).owed, 2);
    stop(&fixture);
}

static void test_an_answer_settles_what_is_older_of_the_same_symbol_only(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 16, 1);
    trade_at(&fixture, 0, 60);
    trade_at(&fixture, 0, 120);
    trade_at(&fixture, 0, 180);
    trade_at(&fixture, 1, 60);
    publish_bar(fixture.bus, MODULE_MARKET, 0, &(struct bar_message){.start_ms = 120});
    assert_int_equal(account_of(&fixture, MODULE_MARKET).owed, 2);
    publish_bar(fixture.bus, MODULE_MONITOR, 0, &(struct bar_message){.start_ms = 500});
    assert_int_equal(account_of(&fixture, MODULE_MARKET).owed, 2);
    stop(&fixture);
}

static void test_too_many_debts_keep_the_oldest(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 64, 1);
    for (int64_t i = 0; i < 3 * BUS_DEBTS_MAX; i++) {
        bus_set_time(fixture.bus, 1000 + i);
        trade_at(&fixture, 0, 60 * i);
    }
    assert_int_equal(account_of(&fixture, MODULE_MARKET).owed, BUS_DEBTS_MAX);
    assert_int_equal(account_of(&fixture, MODULE_MARKET).owed_since_us, 1005);
    stop(&fixture);
}

static void test_accounts_count_what_was_handled_and_published(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 16, 1);
    fixture.second.answers = 2;
    clock_tick(&fixture);
    bus_dispatch(fixture.bus);
    assert_int_equal(account_of(&fixture, MODULE_MARKET).handled, 3);
    assert_int_equal(account_of(&fixture, MODULE_MONITOR).handled, 3);
    assert_int_equal(account_of(&fixture, MODULE_MONITOR).published, 2);
    assert_int_equal(bus_published_of(fixture.bus, TOPIC_COMMAND), 2);
    struct module_account account;
    assert_false(bus_account(fixture.bus, MODULE_STORE, &account));
    stop(&fixture);
}

static void test_what_waits_for_dispatch_is_seen_with_its_time(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 16, 1);
    assert_true(bus_waiting_since_us(fixture.bus) == INT64_MAX);
    clock_tick(&fixture);
    bus_set_time(fixture.bus, 9000);
    clock_tick(&fixture);
    assert_int_equal(bus_waiting_since_us(fixture.bus), 1000);
    bus_dispatch(fixture.bus);
    assert_true(bus_waiting_since_us(fixture.bus) == INT64_MAX);
    stop(&fixture);
}

static int64_t fake_ns;
static enum module_id running_module = MODULE_COUNT;

static int64_t fake_clock(void)
{
    fake_ns += 7;
    return fake_ns;
}

static void note_running(void *state, enum module_id module, int64_t since_ns)
{
    (void)state;
    (void)since_ns;
    running_module = module;
}

static void test_the_probe_measures_the_longest_handler(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, 16, 1);
    bus_set_probe(fixture.bus, fake_clock, note_running, NULL);
    clock_tick(&fixture);
    bus_dispatch(fixture.bus);
    assert_int_equal(account_of(&fixture, MODULE_MARKET).longest_ns, 7);
    assert_int_equal(running_module, MODULE_COUNT);
    stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_subscribers_are_served_in_wiring_order_and_to_completion),
        cmocka_unit_test(test_a_message_names_the_one_that_caused_it),
        cmocka_unit_test(test_the_log_keeps_the_newest_messages_and_forgets_the_older),
        cmocka_unit_test(test_the_log_is_never_smaller_than_the_worst_input),
        cmocka_unit_test(test_taps_see_every_message_once_in_order_until_they_are_removed),
        cmocka_unit_test(test_one_tap_too_many_is_refused),
        cmocka_unit_test(test_the_digest_tells_any_difference_and_only_differences),
        cmocka_unit_test(test_every_nan_has_the_same_digest),
        cmocka_unit_test(test_a_debt_stands_from_its_due_time_until_it_is_answered),
        cmocka_unit_test(test_the_same_debt_is_written_down_once),
        cmocka_unit_test(test_an_answer_settles_what_is_older_of_the_same_symbol_only),
        cmocka_unit_test(test_too_many_debts_keep_the_oldest),
        cmocka_unit_test(test_accounts_count_what_was_handled_and_published),
        cmocka_unit_test(test_what_waits_for_dispatch_is_seen_with_its_time),
        cmocka_unit_test(test_the_probe_measures_the_longest_handler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
