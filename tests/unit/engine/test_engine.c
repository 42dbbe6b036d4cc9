/* The engine from outside: inputs in, messages and status out. */
#include "tickd/engine/engine.h"

#include "support/engine_fixture.h"

static struct status status;

static void assert_input_adds_up(const struct engine_fixture *fixture)
{
    memset(&status, 0, sizeof status);
    engine_status(fixture->engine, &status);
    const struct status_input *input = &status.input;
    assert_int_equal(input->trades, input->accepted + input->filtered + input->late +
                                        input->unknown_symbol + input->malformed);
    for (size_t i = 0; i < status.history_count; i++) {
        assert_int_equal(status.histories[i].appended,
                         status.histories[i].size + status.histories[i].overwritten);
    }
}

static void test_a_clock_is_published_for_every_whole_second_at_its_boundary(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_start(&fixture);
    fixture_advance(&fixture, 999);
    assert_int_equal(fixture.seen[TOPIC_CLOCK], 0);
    fixture_advance(&fixture, 3400);
    assert_int_equal(fixture.seen[TOPIC_CLOCK], 3);
    assert_int_equal(fixture.last[TOPIC_CLOCK].head.time_us, FIXTURE_START_US + 3 * US_PER_S);
    assert_int_equal(engine_time_us(fixture.engine), FIXTURE_START_US + 3400 * US_PER_MS);
    fixture_stop(&fixture);
}

static void test_time_never_steps_back_and_the_step_is_counted(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_start(&fixture);
    fixture_advance(&fixture, 5000);
    fixture_advance(&fixture, 2000);
    assert_int_equal(engine_time_us(fixture.engine), FIXTURE_START_US + 5000 * US_PER_MS);
    assert_input_adds_up(&fixture);
    assert_int_equal(status.input.clock_steps_back, 1);
    fixture_stop(&fixture);
}

static void test_a_jump_of_years_costs_no_more_than_a_week_of_seconds(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_start(&fixture);
    const int64_t years_s = INT64_C(20) * 365 * S_PER_DAY;
    engine_advance(fixture.engine, FIXTURE_START_US + years_s * US_PER_S);
    assert_int_equal(fixture.seen[TOPIC_CLOCK], 7 * S_PER_DAY + 1);
    assert_int_equal(engine_time_us(fixture.engine), FIXTURE_START_US + years_s * US_PER_S);
    const struct message *first = bus_message(engine_bus(fixture.engine), 1);
    assert_null(first); /* long out of the log */
    fixture_stop(&fixture);
}

static void test_every_trade_ends_as_exactly_one_of_five(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_start(&fixture);
    fixture_trade(&fixture, 0, 0, 0, 10.0, 1.0);           /* accepted */
    fixture_trade(&fixture, 0, SYMBOL_NONE, 0, 10.0, 1.0); /* unknown symbol */
    fixture_trade(&fixture, 0, 2, 0, 10.0, 1.0);           /* unknown symbol */
    fixture_trade(&fixture, 0, 0, 0, 0.0, 1.0);            /* malformed */
    fixture_trade(&fixture, 0, 0, 0, -1.0, 1.0);           /* malformed */
    fixture_trade(&fixture, 0, 0, 0, 1.0, -1.0);           /* malformed */
    engine_malformed_trade(fixture.engine);
    struct trade official_close = {.time_ms = FIXTURE_START_MS,
                                   .price = DECIMAL_ONE,
                                   .volume = DECIMAL_ONE,
                                   .conditions = UINT64_C(1) << 16};
    engine_trade(fixture.engine, &official_close);     /* filtered: moves nothing */
    fixture_trade(&fixture, 5000, 0, 4900, 10.0, 1.0); /* accepted */
    fixture_trade(&fixture, 5000, 0, 100, 10.0, 1.0);  /* late */
    assert_input_adds_up(&fixture);
    assert_int_equal(status.input.trades, 10);
    assert_int_equal(status.input.accepted, 2);
    assert_int_equal(status.input.unknown_symbol, 2);
    assert_int_equal(status.input.malformed, 4);
    assert_int_equal(status.input.filtered, 1);
    assert_int_equal(status.input.late, 1);
    assert_int_equal(status.late_ms.count, 1);
    fixture_stop(&fixture);
}

static void test_frames_are_counted_by_how_they_end(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_start(&fixture);
    struct trade trades[2] = {
        {.time_ms = FIXTURE_START_MS, .price = DECIMAL_ONE, .volume = 0, .symbol = 1},
        {.time_ms = FIXTURE_START_MS, .price = DECIMAL_ONE, .volume = 0, .symbol = SYMBOL_NONE}};
    struct frame frame = {
        .kind = FRAME_TRADES, .trades = trades, .trade_count = 2, .malformed_count = 3};
    engine_frame(fixture.engine, &frame);
    engine_frame(fixture.engine, &(struct frame){.kind = FRAME_PING});
    engine_frame(fixture.engine, &(struct frame){.kind = FRAME_NEWS});
    engine_frame(fixture.engine, &(struct frame){.kind = FRAME_MALFORMED});
    assert_input_adds_up(&fixture);
    assert_int_equal(status.input.frames, 4);
    assert_int_equal(status.input.frames_other, 2);
    assert_int_equal(status.input.frames_malformed, 1);
    assert_int_equal(status.input.trades, 5);
    assert_int_equal(status.input.malformed, 3);
    assert_int_equal(status.input.unknown_symbol, 1);
    fixture_stop(&fixture);
}

static void test_the_end_of_a_recording_closes_every_open_bar(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_start(&fixture);
    fixture_trade(&fixture, 100, 0, 100, 10.0, 1.0);
    fixture_trade(&fixture, 200, 1, 200, 20.0, 1.0);
    fixture_trade(&fixture, 1100, 0, 1100, 11.0, 1.0);
    assert_int_equal(fixture.seen[TOPIC_BAR], 0);
    engine_finish(fixture.engine);
    assert_int_equal(fixture.seen[TOPIC_BAR], 3);
    fixture_stop(&fixture);
}

static void test_an_engine_that_adopts_takes_symbols_while_there_is_room(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_set(&fixture, "feed.symbols", "*");
    fixture_set(&fixture, "market.symbols_max", "2");
    fixture_start(&fixture);
    struct symbol_table *symbols = engine_symbols(fixture.engine);
    assert_int_equal(symbols_resolve(symbols, "X", 1), 0);
    assert_int_equal(symbols_resolve(symbols, "Y", 1), 1);
    assert_int_equal(symbols_resolve(symbols, "Z", 1), SYMBOL_NONE);
    fixture_stop(&fixture);
}

static uint64_t digest_of_a_small_run(double last_price)
{
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_start(&fixture);
    for (int i = 0; i < 400; i++) {
        double price = i == 399 ? last_price : 100.0 + (double)(i * i % 37);
        fixture_trade(&fixture, 250 * i, (uint16_t)(i % 2), 250 * i - 40, price, 1.0 + i % 5);
    }
    engine_finish(fixture.engine);
    uint64_t digest = bus_digest(engine_bus(fixture.engine));
    fixture_stop(&fixture);
    return digest;
}

static void test_the_same_inputs_give_the_same_digest_and_others_another(void **state)
{
    (void)state;
    assert_true(digest_of_a_small_run(50.0) == digest_of_a_small_run(50.0));
    assert_true(digest_of_a_small_run(50.0) != digest_of_a_small_run(50.01));
}

static void test_an_exception_to_market_hours_that_is_no_date_is_named(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    const char *key;
    char memory[256];
    struct text why;
    text_init(&why, memory, sizeof memory);
    fixture_init(&fixture);
    assert_int_equal(engine_check_settings(&fixture.settings, &key, &why), 0);
    fixture.settings.market.exceptions.count = 1;
    memcpy(fixture.settings.market.exceptions.items[0], "2026-02-30", 11);
    assert_true(engine_check_settings(&fixture.settings, &key, &why) < 0);
    assert_string_equal(key, "market.exceptions");
    assert_non_null(strstr(memory, "2026-02-30"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_clock_is_published_for_every_whole_second_at_its_boundary),
        cmocka_unit_test(test_time_never_steps_back_and_the_step_is_counted),
        cmocka_unit_test(test_a_jump_of_years_costs_no_more_than_a_week_of_seconds),
        cmocka_unit_test(test_every_trade_ends_as_exactly_one_of_five),
        cmocka_unit_test(test_frames_are_counted_by_how_they_end),
        cmocka_unit_test(test_the_end_of_a_recording_closes_every_open_bar),
        cmocka_unit_test(test_an_engine_that_adopts_takes_symbols_while_there_is_room),
        cmocka_unit_test(test_the_same_inputs_give_the_same_digest_and_others_another),
        cmocka_unit_test(test_an_exception_to_market_hours_that_is_no_date_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
