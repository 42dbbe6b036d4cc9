/* Trades of one synthetic symbol: as often as asked, with sizes and codes that fit each other. */
#include "tickd/sim/market_stream.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"

enum { SEED = 7, CODE_ODD_LOT = 12 };

static struct market_stream stream_of(enum market_kind kind, double rate, const char *symbol)
{
    struct market_parameters parameters;
    struct market_stream stream;
    market_parameters_default(&parameters);
    market_stream_init(&stream, kind, &parameters, rate, SEED, symbol);
    return stream;
}

static void test_the_same_seed_and_symbol_give_the_same_trades(void **state)
{
    (void)state;
    struct market_stream a = stream_of(MARKET_REGIMES, 10, "SPY");
    struct market_stream b = stream_of(MARKET_REGIMES, 10, "SPY");
    for (int i = 0; i < 10000; i++) {
        struct market_print x, y;
        market_stream_next(&a, &x);
        market_stream_next(&b, &y);
        assert_memory_equal(&x, &y, sizeof x);
    }
}

static void test_time_goes_forward_at_the_rate_that_was_asked(void **state)
{
    (void)state;
    struct market_stream stream = stream_of(MARKET_WALK, 20, "SPY");
    struct market_print print;
    int64_t before = 0;
    const int count = 40000; /* standard error of the mean wait: 0.5% */
    for (int i = 0; i < count; i++) {
        int64_t announced = market_stream_time_us(&stream);
        market_stream_next(&stream, &print);
        assert_int_equal(print.time_us, announced);
        assert_true(print.time_us > before);
        before = print.time_us;
    }
    assert_in_range(before, count / 20 * (US_PER_S / 100) * 97,
                    count / 20 * (US_PER_S / 100) * 103);
}

static void test_stocks_print_whole_shares_and_mark_odd_lots(void **state)
{
    (void)state;
    struct market_stream stream = stream_of(MARKET_WALK, 20, "SPY");
    int odd = 0;
    for (int i = 0; i < 10000; i++) {
        struct market_print print;
        market_stream_next(&stream, &print);
        int64_t shares = print.volume / DECIMAL_ONE;
        assert_true(shares >= 1 && print.volume % DECIMAL_ONE == 0);
        bool marked = (print.conditions >> CODE_ODD_LOT & 1) != 0;
        assert_int_equal(marked, shares < 100);
        assert_true((print.conditions >> 1 & 1) != 0);
        odd += marked;
    }
    assert_in_range(odd, 3200, 3800);
}

static void test_coins_trade_in_fractions_without_conditions(void **state)
{
    (void)state;
    struct market_stream stream = stream_of(MARKET_WALK, 20, "BINANCE:BTCUSDT");
    int fractions = 0;
    for (int i = 0; i < 1000; i++) {
        struct market_print print;
        market_stream_next(&stream, &print);
        assert_true(print.volume > 0);
        assert_int_equal(print.conditions, 0);
        fractions += print.volume % DECIMAL_ONE != 0;
    }
    assert_true(fractions > 900);
}

static void test_a_crash_brings_a_rush_of_trades(void **state)
{
    (void)state;
    struct market_stream stream = stream_of(MARKET_CRASH, 10, "SPY");
    int calm = 0, falling = 0; /* in seconds 90 to 120 and 120 to 150 */
    while (market_stream_time_us(&stream) < INT64_C(150) * US_PER_S) {
        struct market_print print;
        market_stream_next(&stream, &print);
        calm += print.time_us >= INT64_C(90) * US_PER_S && print.time_us < INT64_C(120) * US_PER_S;
        falling += print.time_us >= INT64_C(120) * US_PER_S;
    }
    assert_true(falling > 3 * calm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_seed_and_symbol_give_the_same_trades),
        cmocka_unit_test(test_time_goes_forward_at_the_rate_that_was_asked),
        cmocka_unit_test(test_stocks_print_whole_shares_and_mark_odd_lots),
        cmocka_unit_test(test_coins_trade_in_fractions_without_conditions),
        cmocka_unit_test(test_a_crash_brings_a_rush_of_trades),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
