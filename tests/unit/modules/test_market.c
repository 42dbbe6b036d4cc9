/* The market module inside an engine: bars by watermark and by clock, gaps, repeated prints, the
 * return over the horizon. The arithmetic itself is tested in tests/unit/market/. */
#include "tickd/modules/market.h"

#include "support/engine_fixture.h"
#include "support/numbers.h"
#include "tickd/base/rng.h"

static struct status status;

static const struct bar_message *newest_bar(const struct engine_fixture *fixture)
{
    return &fixture->last[TOPIC_BAR].body.bar;
}

static void test_a_bar_stays_open_until_the_watermark_passes_its_end(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_start(&fixture);
    fixture_trade(&fixture, 900, 0, 900, 10.0, 1.0);
    fixture_trade(&fixture, 950, 0, 1249, 11.0, 1.0); /* watermark: 999 */
    assert_int_equal(fixture.seen[TOPIC_BAR], 0);
    fixture_trade(&fixture, 960, 0, 1250, 12.0, 1.0); /* watermark: 1000 */
    assert_int_equal(fixture.seen[TOPIC_BAR], 1);
    assert_int_equal(newest_bar(&fixture)->start_ms, FIXTURE_START_MS);
    assert_int_equal(newest_bar(&fixture)->close, 10 * DECIMAL_ONE);
    fixture_stop(&fixture);
}

static void test_the_clock_closes_the_bar_of_a_symbol_that_falls_silent(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_start(&fixture);
    fixture_trade(&fixture, 100, 0, 100, 10.0, 3.0);
    fixture_advance(&fixture, 1999); /* end + grace has passed, the next whole second has not */
    assert_int_equal(fixture.seen[TOPIC_BAR], 0);
    fixture_advance(&fixture, 2000);
    assert_int_equal(fixture.seen[TOPIC_BAR], 1);
    assert_int_equal(newest_bar(&fixture)->volume, 3 * DECIMAL_ONE);
    fixture_advance(&fixture, 60000);
    assert_int_equal(fixture.seen[TOPIC_BAR], 1); /* no trades, no bar */
    fixture_stop(&fixture);
}

static void test_bars_of_one_symbol_do_not_wait_for_another(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_start(&fixture);
    fixture_trade(&fixture, 100, 0, 100, 10.0, 1.0);
    fixture_trade(&fixture, 100, 1, 100, 20.0, 1.0);
    fixture_trade(&fixture, 500, 1, 1300, 21.0, 1.0);
    assert_int_equal(fixture.seen[TOPIC_BAR], 1);
    assert_int_equal(fixture.last[TOPIC_BAR].head.symbol, 1);
    fixture_stop(&fixture);
}

static void run_bars(struct engine_fixture *fixture, int64_t from_s, int64_t count, double price)
{
    for (int64_t i = 0; i < count; i++) {
        int64_t at_ms = (from_s + i) * MS_PER_S;
        fixture_trade(fixture, at_ms + 500, 0, at_ms + 400, price + (double)(i % 7) / 8.0, 2.0);
    }
}

static void test_the_horizon_return_comes_after_as_many_bars_and_is_their_log_return(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_set(&fixture, "electorate.horizon_bars", "3");
    fixture_start(&fixture);
    static const double closes[] = {100.0, 104.0, 101.0, 110.0, 99.0};
    for (size_t i = 0; i < ARRAY_LENGTH(closes); i++) {
        int64_t at_ms = (int64_t)i * MS_PER_S;
        fixture_trade(&fixture, at_ms, 0, at_ms, closes[i], 1.0);
    }
    fixture_advance(&fixture, 10000);
    assert_int_equal(fixture.seen[TOPIC_BAR], 5);
    assert_true(engine_bar(fixture.engine, 0, 2)->horizon_return !=
                engine_bar(fixture.engine, 0, 2)->horizon_return);
    /* ln(110 ÷ 100) and ln(99 ÷ 104), by 40-digit decimals */
    assert_near(engine_bar(fixture.engine, 0, 1)->horizon_return, 0.095310179804324860, 1e-15);
    assert_near(engine_bar(fixture.engine, 0, 0)->horizon_return, -0.049271049006782737, 1e-15);
    fixture_stop(&fixture);
}

static void say_feed(struct engine_fixture *fixture, int64_t at_ms, enum feed_state feed)
{
    fixture_advance(fixture, at_ms);
    engine_feed_state(fixture->engine, SYMBOL_NONE, &(struct feed_message){.state = feed});
}

static void test_after_a_gap_indicators_start_anew_and_nothing_is_made_up(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_start(&fixture);
    say_feed(&fixture, 0, FEED_STREAMING);
    run_bars(&fixture, 0, 40, 100.0);
    fixture_advance(&fixture, 42000);
    assert_int_equal(fixture.seen[TOPIC_BAR], 40);
    assert_true(newest_bar(&fixture)->indicators.ema26 > 0.0);
    assert_int_equal(newest_bar(&fixture)->after_gap, 0);

    say_feed(&fixture, 42100, FEED_BACKING_OFF);
    say_feed(&fixture, 50200, FEED_STREAMING);
    run_bars(&fixture, 51, 1, 100.0);
    fixture_advance(&fixture, 54000);
    assert_int_equal(fixture.seen[TOPIC_BAR], 41);
    assert_int_equal(newest_bar(&fixture)->after_gap, 1);
    assert_true(newest_bar(&fixture)->indicators.ema26 != newest_bar(&fixture)->indicators.ema26);

    run_bars(&fixture, 54, 1, 100.0);
    fixture_advance(&fixture, 57000);
    assert_int_equal(newest_bar(&fixture)->after_gap, 0);
    engine_status(fixture.engine, &status);
    assert_int_equal(status.gaps, 1);
    fixture_stop(&fixture);
}

static void test_a_bar_that_is_open_while_the_feed_breaks_counts_as_torn(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_start(&fixture);
    say_feed(&fixture, 0, FEED_STREAMING);
    run_bars(&fixture, 0, 3, 100.0);
    say_feed(&fixture, 2900, FEED_BACKING_OFF);
    say_feed(&fixture, 3300, FEED_STREAMING);
    fixture_trade(&fixture, 3500, 0, 3450, 100.0, 1.0);
    fixture_trade(&fixture, 4500, 0, 4450, 100.0, 1.0);
    fixture_trade(&fixture, 5500, 0, 5450, 100.0, 1.0);
    fixture_advance(&fixture, 9000);
    static const uint32_t expected[] = {0, 0, 1, 1, 1, 0}; /* torn: 2, 3; the first after it: 4 */
    for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
        assert_int_equal(engine_bar(fixture.engine, 0, 5 - i)->after_gap, expected[i]);
    }
    fixture_stop(&fixture);
}

static void test_a_silent_symbol_tears_only_its_own_bars(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_start(&fixture);
    say_feed(&fixture, 0, FEED_STREAMING);
    fixture_trade(&fixture, 100, 0, 100, 10.0, 1.0);
    fixture_trade(&fixture, 100, 1, 100, 10.0, 1.0);
    fixture_advance(&fixture, 3000);
    engine_feed_state(fixture.engine, 0,
                      &(struct feed_message){.state = FEED_STREAMING, .stream = STREAM_SILENT});
    fixture_advance(&fixture, 9000);
    engine_feed_state(fixture.engine, 0,
                      &(struct feed_message){.state = FEED_STREAMING, .stream = STREAM_TALKING});
    fixture_trade(&fixture, 9100, 0, 9100, 10.0, 1.0);
    fixture_trade(&fixture, 9100, 1, 9100, 10.0, 1.0);
    fixture_advance(&fixture, 12000);
    assert_int_equal(engine_bar(fixture.engine, 0, 0)->after_gap, 1);
    assert_int_equal(engine_bar(fixture.engine, 1, 0)->after_gap, 0);
    struct symbol_view view;
    assert_true(engine_symbol(fixture.engine, 0, &view));
    assert_int_equal(view.stream, STREAM_TALKING);
    assert_int_equal(view.bars, 2);
    fixture_stop(&fixture);
}

static void test_volume_without_a_price_makes_no_bar_but_counts_as_accepted(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_set(&fixture, "market.odd_lots_move_price", "false");
    fixture_start(&fixture);
    struct trade odd_lot = {.time_ms = FIXTURE_START_MS + 100,
                            .price = 10 * DECIMAL_ONE,
                            .volume = DECIMAL_ONE,
                            .conditions = UINT64_C(1) << 12,
                            .symbol = 0};
    engine_trade(fixture.engine, &odd_lot);
    fixture_advance(&fixture, 5000);
    engine_status(fixture.engine, &status);
    assert_int_equal(fixture.seen[TOPIC_BAR], 0);
    assert_int_equal(status.bars_without_price, 1);
    assert_int_equal(status.input.accepted, 1);
    assert_true(status.health_score == 100.0);
    fixture_stop(&fixture);
}

static void test_repeated_prints_are_dropped_when_that_is_asked_for(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_set(&fixture, "market.duplicates", "drop");
    fixture_start(&fixture);
    fixture_trade(&fixture, 100, 0, 100, 10.0, 5.0);
    fixture_trade(&fixture, 160, 0, 100, 10.0, 5.0);
    fixture_trade(&fixture, 170, 0, 101, 10.0, 5.0);
    fixture_advance(&fixture, 3000);
    engine_status(fixture.engine, &status);
    assert_int_equal(newest_bar(&fixture)->volume, 10 * DECIMAL_ONE);
    assert_int_equal(newest_bar(&fixture)->trades, 2);
    assert_int_equal(status.input.filtered, 1);
    assert_int_equal(status.input.accepted, 2);
    fixture_stop(&fixture);
}

static void test_a_feed_that_doubles_every_print_is_found_out_and_its_volume_halved(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_start(&fixture);
    for (int64_t i = 0; i < 600; i++) {
        for (int64_t k = 0; k < 4; k++) {
            int64_t time_ms = i * 1000 + k * 200;
            double price = 100.0 + (double)((i * 7 + k * 3) % 50) / 100.0;
            fixture_trade(&fixture, time_ms + 30, 0, time_ms, price, 10.0);
            fixture_trade(&fixture, time_ms + 80, 0, time_ms, price, 10.0);
        }
    }
    fixture_advance(&fixture, 605000);
    engine_status(fixture.engine, &status);
    assert_int_equal(status.duplicate_factor_max, 2);
    assert_int_equal(newest_bar(&fixture)->factor, 2);
    assert_int_equal(newest_bar(&fixture)->volume, 40 * DECIMAL_ONE);
    assert_int_equal(newest_bar(&fixture)->trades, 4);
    assert_int_equal(status.input.accepted, 4800); /* nothing is taken away from the accounts */
    fixture_stop(&fixture);
}

/* The spread of a price that bounces 5 bps about its middle, each print coming so many times. */
static double spread_of_prints(int copies)
{
    struct engine_fixture fixture;
    struct rng rng;
    fixture_init(&fixture);
    fixture_start(&fixture);
    rng_stream(&rng, 3, "bounce");
    for (int64_t i = 0; i < 3000; i++) {
        double price = rng_below(&rng, 2) == 0 ? 100.05 : 99.95;
        for (int k = 0; k < copies; k++) {
            fixture_trade(&fixture, i * 200 + 100, 0, i * 200 + 50, price, 10.0 + (double)(i % 97));
        }
    }
    assert_int_equal(newest_bar(&fixture)->factor, copies);
    double spread = newest_bar(&fixture)->spread;
    fixture_stop(&fixture);
    return spread;
}

static void test_copies_of_prints_do_not_hide_the_spread(void **state)
{
    (void)state;
    double once = spread_of_prints(1);
    assert_near(once, 10e-4, 2e-4);
    assert_near(spread_of_prints(2), once, 1e-6);
    assert_near(spread_of_prints(3), once, 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bar_stays_open_until_the_watermark_passes_its_end),
        cmocka_unit_test(test_the_clock_closes_the_bar_of_a_symbol_that_falls_silent),
        cmocka_unit_test(test_bars_of_one_symbol_do_not_wait_for_another),
        cmocka_unit_test(test_the_horizon_return_comes_after_as_many_bars_and_is_their_log_return),
        cmocka_unit_test(test_after_a_gap_indicators_start_anew_and_nothing_is_made_up),
        cmocka_unit_test(test_a_bar_that_is_open_while_the_feed_breaks_counts_as_torn),
        cmocka_unit_test(test_a_silent_symbol_tears_only_its_own_bars),
        cmocka_unit_test(test_volume_without_a_price_makes_no_bar_but_counts_as_accepted),
        cmocka_unit_test(test_repeated_prints_are_dropped_when_that_is_asked_for),
        cmocka_unit_test(test_a_feed_that_doubles_every_print_is_found_out_and_its_volume_halved),
        cmocka_unit_test(test_copies_of_prints_do_not_hide_the_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
