/* Bars: when they close, what is late, what each kind of trade moves. All values are worked out by
 * hand from the rules in bars.h. Times are milliseconds after T0. */
#include "tickd/market/bars.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "support/death.h"
#include "tickd/base/decimal.h"

#define T0 INT64_C(1790000000000) /* a multiple of 1,000 */

enum { WIDTH = 1000, LATENESS = 250, GRACE = 500, BARS_MAX = 16 };

static struct bar_builder builder;
static struct bar given[BARS_MAX];
static enum bar_closed kinds[BARS_MAX];
static uint128 turnovers[BARS_MAX];
static size_t given_count;
static int64_t late_ms;

static int set_up(void **state)
{
    (void)state;
    bars_init(&builder, WIDTH, LATENESS, GRACE);
    given_count = 0;
    late_ms = -1;
    return 0;
}

static void drain(void)
{
    struct bar bar;
    uint128 turnover;

    for (;;) {
        enum bar_closed closed = bars_next(&builder, &bar, &turnover);

        if (closed == BAR_CLOSED_NONE)
            return;
        assert_true(given_count < BARS_MAX);
        given[given_count] = bar;
        turnovers[given_count] = turnover;
        kinds[given_count++] = closed;
    }
}

static int64_t whole(int64_t units)
{
    return units * DECIMAL_ONE;
}

/* One trade through the caller's protocol; price and volume in whole units. */
static enum bar_result trade(int64_t after_ms, int64_t price, int64_t volume, unsigned moves)
{
    struct trade trade = {.time_ms = T0 + after_ms, .price = whole(price), .volume = whole(volume)};

    bars_see_trade_time(&builder, trade.time_ms);
    drain();
    return bars_add(&builder, &trade, moves, &late_ms);
}

static void accept(int64_t after_ms, int64_t price, int64_t volume)
{
    assert_int_equal(trade(after_ms, price, volume, MOVES_ALL), BAR_TRADE_ACCEPTED);
    assert_int_equal(late_ms, 0);
}

static void see_clock(int64_t after_ms)
{
    bars_see_clock(&builder, T0 + after_ms);
    drain();
}

static void close_all(void)
{
    bars_close_all(&builder);
    drain();
}

static void test_a_bar_holds_what_its_trades_say(void **state)
{
    (void)state;
    accept(100, 10, 5);
    accept(300, 12, 1);
    accept(600, 9, 3);
    accept(900, 11, 1);
    close_all();
    assert_int_equal(given_count, 1);
    assert_int_equal(kinds[0], BAR_CLOSED_PRICED);
    assert_int_equal(given[0].start_ms, T0);
    assert_int_equal(given[0].open, whole(10));
    assert_int_equal(given[0].high, whole(12));
    assert_int_equal(given[0].low, whole(9));
    assert_int_equal(given[0].close, whole(11));
    assert_int_equal(given[0].volume, whole(10));
    assert_int_equal(given[0].trades, 4);
    /* 50 + 12 + 27 + 11 = 100 over 10 */
    assert_int_equal(given[0].vwap, whole(10));
    assert_true(turnovers[0] == (uint128)100 * DECIMAL_ONE * DECIMAL_ONE);
    /* 0·5 + 1 − 3 + 1: the first trade has no direction */
    assert_int_equal(given[0].signed_volume, whole(-1));
    assert_int_equal(builder.bars, 1);
}

static void test_a_bar_stays_open_until_the_watermark_reaches_its_end(void **state)
{
    (void)state;
    accept(900, 10, 1);
    accept(1249, 11, 1);
    assert_int_equal(given_count, 0);
    accept(1250, 12, 1);
    assert_int_equal(given_count, 1);
    assert_int_equal(given[0].start_ms, T0);
    assert_int_equal(given[0].close, whole(10));
}

static void test_a_bar_closes_by_the_clock_at_its_end_plus_the_grace(void **state)
{
    (void)state;
    accept(900, 10, 1);
    assert_int_equal(bars_due_ms(&builder), T0 + 1500);
    see_clock(1499);
    assert_int_equal(given_count, 0);
    see_clock(1500);
    assert_int_equal(given_count, 1);
    assert_true(bars_due_ms(&builder) == INT64_MAX);
}

static void test_no_trades_make_no_bar(void **state)
{
    (void)state;
    assert_true(bars_due_ms(&builder) == INT64_MAX);
    see_clock(100000);
    close_all();
    assert_int_equal(given_count, 0);
    accept(100500, 10, 1);
    accept(107300, 11, 1);
    close_all();
    assert_int_equal(given_count, 2);
    assert_int_equal(given[0].start_ms, T0 + 100000);
    assert_int_equal(given[1].start_ms, T0 + 107000);
}

static void test_a_trade_for_a_closed_bar_is_late_and_moves_nothing(void **state)
{
    (void)state;
    accept(500, 10, 1);
    accept(1400, 11, 1); /* closes the first bar */
    assert_int_equal(trade(999, 99, 50, MOVES_ALL), BAR_TRADE_LATE);
    assert_int_equal(late_ms, 1);
    assert_int_equal(trade(300, 1, 50, MOVES_ALL), BAR_TRADE_LATE);
    assert_int_equal(late_ms, 700);
    assert_int_equal(trade(1000, 12, 1, MOVES_ALL), BAR_TRADE_ACCEPTED);
    assert_int_equal(late_ms, 0);
    close_all();
    assert_int_equal(given_count, 2);
    assert_int_equal(given[0].trades, 1);
    assert_int_equal(given[1].trades, 2);
    assert_int_equal(given[1].high, whole(12));
    /* 11 is an uptick to 10, and 12 to 11: the late ones left no trace in the tick rule. */
    assert_int_equal(given[1].signed_volume, whole(2));
}

static void test_a_bar_that_never_had_a_trade_is_closed_too(void **state)
{
    (void)state;
    accept(500, 10, 1);
    accept(3250, 11, 1); /* watermark at 3000: the bars at 1000 and 2000 are closed */
    assert_int_equal(trade(2999, 12, 1, MOVES_ALL), BAR_TRADE_LATE);
    assert_int_equal(late_ms, 1);
    see_clock(5500); /* bars up to 5000 */
    assert_int_equal(trade(4999, 12, 1, MOVES_ALL), BAR_TRADE_LATE);
    accept(5000, 12, 1);
    close_all();
    assert_int_equal(given_count, 3);
}

static void test_the_clock_alone_makes_trades_late_before_any_came(void **state)
{
    (void)state;
    see_clock(2499); /* bars up to 1000 */
    assert_int_equal(trade(999, 10, 1, MOVES_ALL), BAR_TRADE_LATE);
    assert_int_equal(late_ms, 1);
    accept(1000, 10, 1);
    close_all();
    assert_int_equal(given_count, 1);
}

static void test_a_clock_that_lags_closes_nothing_anew(void **state)
{
    (void)state;
    accept(500, 10, 1);
    accept(1900, 11, 1);
    see_clock(0);
    see_clock(-100000);
    assert_int_equal(builder.closed_until_ms, T0 + 1000);
    assert_int_equal(given_count, 1);
}

static void test_two_bars_are_open_and_an_older_one_may_open_second(void **state)
{
    (void)state;
    bars_init(&builder, WIDTH, WIDTH, GRACE);
    accept(1999, 20, 1);
    accept(999, 10, 1); /* not late: the watermark stands at 999 */
    accept(1500, 19, 1);
    assert_int_equal(given_count, 0);
    assert_int_equal(bars_due_ms(&builder), T0 + 1500);
    close_all();
    assert_int_equal(given_count, 2);
    assert_int_equal(given[0].start_ms, T0);
    assert_int_equal(given[0].close, whole(10));
    assert_int_equal(given[1].start_ms, T0 + 1000);
    assert_int_equal(given[1].open, whole(19));
    assert_int_equal(given[1].close, whole(20));
}

static void test_open_and_close_follow_exchange_time_not_arrival(void **state)
{
    (void)state;
    accept(500, 15, 1);
    accept(800, 18, 1);
    accept(200, 12, 1);
    accept(700, 17, 1);
    close_all();
    assert_int_equal(given[0].open, whole(12));
    assert_int_equal(given[0].close, whole(18));
}

static void test_of_equal_times_the_first_opens_and_the_last_closes(void **state)
{
    (void)state;
    accept(500, 11, 1);
    accept(500, 12, 1);
    accept(500, 13, 1);
    close_all();
    assert_int_equal(given[0].open, whole(11));
    assert_int_equal(given[0].close, whole(13));
}

static void test_a_trade_that_moves_volume_only_leaves_the_price_alone(void **state)
{
    (void)state;
    accept(100, 10, 1);
    assert_int_equal(trade(200, 99, 3, MOVES_VOLUME), BAR_TRADE_ACCEPTED);
    accept(300, 11, 1);
    close_all();
    assert_int_equal(given[0].open, whole(10));
    assert_int_equal(given[0].high, whole(11));
    assert_int_equal(given[0].close, whole(11));
    assert_int_equal(given[0].volume, whole(5));
    assert_int_equal(given[0].trades, 3);
    /* (10 + 3·99 + 11) / 5 = 63.6 */
    assert_int_equal(given[0].vwap, INT64_C(6360000000));
    /* 99 has no direction and leaves none: 11 is an uptick to 10. */
    assert_int_equal(given[0].signed_volume, whole(1));
}

static void test_a_trade_that_moves_high_and_low_only_is_no_open_and_no_close(void **state)
{
    (void)state;
    assert_int_equal(trade(100, 20, 0, MOVES_HIGH_LOW), BAR_TRADE_ACCEPTED);
    accept(200, 10, 1);
    assert_int_equal(trade(300, 5, 0, MOVES_HIGH_LOW), BAR_TRADE_ACCEPTED);
    close_all();
    assert_int_equal(given[0].open, whole(10));
    assert_int_equal(given[0].close, whole(10));
    assert_int_equal(given[0].high, whole(20));
    assert_int_equal(given[0].low, whole(5));
}

static void test_high_and_low_hold_an_open_and_close_that_may_not_move_them(void **state)
{
    (void)state;
    assert_int_equal(trade(100, 9, 1, MOVES_LAST | MOVES_VOLUME), BAR_TRADE_ACCEPTED);
    accept(200, 10, 1);
    assert_int_equal(trade(300, 30, 1, MOVES_LAST), BAR_TRADE_ACCEPTED);
    assert_int_equal(trade(400, 12, 1, MOVES_LAST), BAR_TRADE_ACCEPTED);
    close_all();
    /* 30 was neither open nor close, and may not move the high. */
    assert_int_equal(given[0].high, whole(12));
    assert_int_equal(given[0].low, whole(9));
    assert_int_equal(given[0].volume, whole(2));
}

static void test_trades_without_a_price_make_no_bar_but_count(void **state)
{
    (void)state;
    assert_int_equal(trade(100, 50, 7, MOVES_VOLUME), BAR_TRADE_ACCEPTED);
    assert_int_equal(trade(200, 51, 0, MOVES_HIGH_LOW), BAR_TRADE_ACCEPTED);
    close_all();
    assert_int_equal(given_count, 1);
    assert_int_equal(kinds[0], BAR_CLOSED_UNPRICED);
    assert_int_equal(given[0].start_ms, T0);
    assert_int_equal(given[0].volume, whole(7));
    assert_int_equal(given[0].trades, 2);
    assert_int_equal(given[0].open, 0);
    assert_int_equal(given[0].high, 0);
    assert_int_equal(given[0].vwap, 0);
    assert_true(turnovers[0] == (uint128)350 * DECIMAL_ONE * DECIMAL_ONE);
    assert_int_equal(builder.bars, 0);
    assert_int_equal(builder.bars_without_price, 1);
}

static void test_a_trade_of_zero_volume_moves_the_price(void **state)
{
    (void)state;
    accept(100, 10, 0);
    accept(200, 12, 0);
    close_all();
    assert_int_equal(given[0].high, whole(12));
    assert_int_equal(given[0].volume, 0);
    assert_int_equal(given[0].vwap, 0);
    assert_true(turnovers[0] == 0);
    assert_int_equal(given[0].signed_volume, 0);
}

static void test_equal_prices_keep_the_direction_of_the_last_change(void **state)
{
    (void)state;
    accept(100, 10, 1);   /* none */
    accept(110, 10, 2);   /* still none */
    accept(120, 11, 4);   /* up */
    accept(130, 11, 8);   /* zero-uptick */
    accept(140, 10, 16);  /* down */
    accept(1150, 10, 32); /* zero-downtick, in the next bar */
    close_all();
    assert_int_equal(given[0].signed_volume, whole(4 + 8 - 16));
    assert_int_equal(given[1].signed_volume, whole(-32));
}

static void test_the_vwap_is_rounded_half_even(void **state)
{
    struct trade one = {.time_ms = T0, .price = 1, .volume = 1};
    struct trade two = {.time_ms = T0, .price = 2, .volume = 1};
    struct trade three = {.time_ms = T0 + 1000, .price = 3, .volume = 1};

    (void)state;
    bars_see_trade_time(&builder, T0 + 1000);
    bars_add(&builder, &one, MOVES_ALL, &late_ms);
    bars_add(&builder, &two, MOVES_ALL, &late_ms);
    bars_add(&builder, &three, MOVES_ALL, &late_ms);
    three.price = 2;
    bars_add(&builder, &three, MOVES_ALL, &late_ms);
    close_all();
    assert_int_equal(given[0].vwap, 2); /* 1.5 */
    assert_int_equal(given[1].vwap, 2); /* 2.5 */
}

static void test_volume_saturates_and_the_vwap_stays_a_price(void **state)
{
    struct trade huge = {.time_ms = T0, .price = DECIMAL_MAX, .volume = DECIMAL_MAX};

    (void)state;
    bars_see_trade_time(&builder, T0 + 10);
    for (int i = 0; i < 10; i++)
        assert_int_equal(bars_add(&builder, &huge, MOVES_ALL, &late_ms), BAR_TRADE_ACCEPTED);
    huge.price = DECIMAL_MAX - 1;
    assert_int_equal(bars_add(&builder, &huge, MOVES_ALL, &late_ms), BAR_TRADE_ACCEPTED);
    close_all();
    assert_int_equal(given[0].volume, DECIMAL_MAX);
    assert_int_equal(given[0].vwap, DECIMAL_MAX);
    assert_int_equal(given[0].trades, 11);
    assert_true(given[0].signed_volume >= -DECIMAL_MAX);
    assert_true(turnovers[0] == (uint128)DECIMAL_MAX * DECIMAL_MAX);
}

static void test_closing_all_gives_open_bars_and_makes_their_time_late(void **state)
{
    (void)state;
    accept(900, 10, 1);
    accept(1100, 11, 1);
    close_all();
    assert_int_equal(given_count, 2);
    assert_int_equal(trade(1999, 12, 1, MOVES_ALL), BAR_TRADE_LATE);
    accept(2000, 12, 1);
}

static void test_bars_of_another_width_start_at_multiples_since_1970(void **state)
{
    int64_t day_ms = INT64_C(86400000);

    (void)state;
    bars_init(&builder, day_ms, 0, 0);
    accept(0, 10, 1);
    close_all();
    assert_int_equal(given[0].start_ms, T0 - T0 % day_ms);
}

static void add_unseen(void)
{
    struct trade unseen = {.time_ms = T0 + 5000, .price = 1, .volume = 1};

    bars_add(&builder, &unseen, MOVES_ALL, &late_ms);
}

static void add_undrained(void)
{
    for (int i = 0; i < 3; i++) {
        struct trade later = {.time_ms = T0 + i * WIDTH, .price = 1, .volume = 1};

        bars_see_trade_time(&builder, later.time_ms);
        bars_add(&builder, &later, MOVES_ALL, &late_ms);
    }
}

static void add_what_moves_nothing(void)
{
    struct trade nothing = {.time_ms = T0, .price = 1, .volume = 1};

    bars_see_trade_time(&builder, T0);
    bars_add(&builder, &nothing, 0, &late_ms);
}

static void test_a_caller_that_breaks_the_protocol_is_a_bug(void **state)
{
    (void)state;
    assert_true(dies_saying(add_unseen, "trade->time_ms <= builder->newest_ms"));
    assert_true(dies_saying(add_undrained, "!open[1].used"));
    assert_true(dies_saying(add_what_moves_nothing, "moves != 0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_bar_holds_what_its_trades_say, set_up),
        cmocka_unit_test_setup(test_a_bar_stays_open_until_the_watermark_reaches_its_end, set_up),
        cmocka_unit_test_setup(test_a_bar_closes_by_the_clock_at_its_end_plus_the_grace, set_up),
        cmocka_unit_test_setup(test_no_trades_make_no_bar, set_up),
        cmocka_unit_test_setup(test_a_trade_for_a_closed_bar_is_late_and_moves_nothing, set_up),
        cmocka_unit_test_setup(test_a_bar_that_never_had_a_trade_is_closed_too, set_up),
        cmocka_unit_test_setup(test_the_clock_alone_makes_trades_late_before_any_came, set_up),
        cmocka_unit_test_setup(test_a_clock_that_lags_closes_nothing_anew, set_up),
        cmocka_unit_test_setup(test_two_bars_are_open_and_an_older_one_may_open_second, set_up),
        cmocka_unit_test_setup(test_open_and_close_follow_exchange_time_not_arrival, set_up),
        cmocka_unit_test_setup(test_of_equal_times_the_first_opens_and_the_last_closes, set_up),
        cmocka_unit_test_setup(test_a_trade_that_moves_volume_only_leaves_the_price_alone, set_up),
        cmocka_unit_test_setup(test_a_trade_that_moves_high_and_low_only_is_no_open_and_no_close,
                               set_up),
        cmocka_unit_test_setup(test_high_and_low_hold_an_open_and_close_that_may_not_move_them,
                               set_up),
        cmocka_unit_test_setup(test_trades_without_a_price_make_no_bar_but_count, set_up),
        cmocka_unit_test_setup(test_a_trade_of_zero_volume_moves_the_price, set_up),
        cmocka_unit_test_setup(test_equal_prices_keep_the_direction_of_the_last_change, set_up),
        cmocka_unit_test_setup(test_the_vwap_is_rounded_half_even, set_up),
        cmocka_unit_test_setup(test_volume_saturates_and_the_vwap_stays_a_price, set_up),
        cmocka_unit_test_setup(test_closing_all_gives_open_bars_and_makes_their_time_late, set_up),
        cmocka_unit_test_setup(test_bars_of_another_width_start_at_multiples_since_1970, set_up),
        cmocka_unit_test_setup(test_a_caller_that_breaks_the_protocol_is_a_bug, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
