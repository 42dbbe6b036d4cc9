/* Indicators. Where expected values come from:
 *   published    RSI: the worked example of StockCharts' ChartSchool, "Relative Strength Index"
 *                (its spreadsheet: 33 closes, 19 values).
 *   independent  all fifteen on a made-up series: tests/reference/indicators.csv, computed by
 *                indicators_reference.py beside it from the definitions, with 60 digits.
 *   by hand      the small cases, worked out in their comments. */
#include "tickd/market/indicators.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/numbers.h"
#include "tickd/base/decimal.h"
#include "tickd/base/real.h"
#include "tickd/base/text.h"

enum {
    DAY = 20000,
    LINE_MAX_BYTES = 1024,
    TURNOVER_FIELD = 8,
    DAY_FIELD = 9,
    FIRST_INDICATOR = 10
};

#define X(name, unit, help) +1
enum { INDICATOR_COUNT = 0 INDICATORS(X), FIELDS = FIRST_INDICATOR + INDICATOR_COUNT };
#undef X

static const char *const names[] = {
#define X(name, unit, help) #name,
    INDICATORS(X)
#undef X
};

static struct indicator_state indicator_state;
static struct indicators now;

static int set_up(void **state)
{
    (void)state;
    indicators_init(&indicator_state);
    memset(&now, 0, sizeof now);
    return 0;
}

static void values_of(const struct indicators *indicators, double values[INDICATOR_COUNT])
{
    size_t i = 0;

#define X(name, unit, help) values[i++] = indicators->name;
    INDICATORS(X)
#undef X
}

/* A decimal of so many units of 1e-4. */
static int64_t price(int64_t units)
{
    return units * (DECIMAL_ONE / 10000);
}

static void feed(int64_t high, int64_t low, int64_t close, int64_t volume)
{
    struct bar bar = {.open = close,
                      .high = high,
                      .low = low,
                      .close = close,
                      .volume = volume,
                      .signed_volume = volume};

    indicators_update(&indicator_state, &bar, (uint128)(uint64_t)close * (uint64_t)volume, DAY,
                      &now);
}

static void feed_close(int64_t close)
{
    feed(close, close, close, DECIMAL_ONE);
}

/* ---- published ---- */

static void test_rsi_is_that_of_the_published_example(void **state)
{
    static const int64_t closes[] = {
        443389, 440902, 441497, 436124, 443278, 448264, 450955, 454245, 458433, 460826, 458931,
        460328, 456140, 462820, 462820, 460028, 460328, 464116, 462222, 456439, 462122, 462521,
        457137, 464515, 457835, 453548, 440288, 441783, 442181, 445672, 434205, 426628, 431314};
    static const double published[] = {70.53, 66.32, 66.55, 69.41, 66.36, 57.97, 62.93,
                                       63.26, 56.06, 62.38, 54.71, 50.42, 39.99, 41.46,
                                       41.87, 45.46, 37.30, 33.08, 37.77};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(closes); i++) {
        feed_close(price(closes[i]));
        if (i < 14)
            assert_true(isnan(now.rsi14));
        else
            assert_near(now.rsi14, published[i - 14], 0.0051);
    }
}

/* ---- independent ---- */

static FILE *open_reference(void)
{
    const char *source = getenv("TICKD_SOURCE");
    struct text path;
    char memory[4096];

    if (source == NULL)
        fail_msg("TICKD_SOURCE, the folder of the sources, is not set");
    text_init(&path, memory, sizeof memory);
    text_format(&path, "%s/tests/reference/indicators.csv", source);
    FILE *file = fopen(memory, "r");

    if (file == NULL)
        fail_msg("%s: %s", memory, strerror(errno));
    return file;
}

/* Cuts a line at its commas. */
static void split(char *line, char *fields[FIELDS])
{
    size_t count = 0;

    line[strcspn(line, "\n")] = '\0';
    for (char *at = line; at != NULL && count < FIELDS; count++) {
        fields[count] = at;
        at = strchr(at, ',');
        if (at != NULL)
            *at++ = '\0';
    }
    assert_int_equal(count, FIELDS);
}

static int64_t decimal_of(const char *text)
{
    int64_t value = 0;

    assert_int_equal(decimal_parse(text, strlen(text), &value), 0);
    return value;
}

static uint128 wide_of(const char *text)
{
    uint128 value = 0;

    for (; *text != '\0'; text++) {
        assert_true(*text >= '0' && *text <= '9');
        value = value * 10 + (unsigned)(*text - '0');
    }
    return value;
}

static void take_bar(char *fields[FIELDS])
{
    struct bar bar = {.start_ms = strtoll(fields[1], NULL, 10),
                      .open = decimal_of(fields[2]),
                      .high = decimal_of(fields[3]),
                      .low = decimal_of(fields[4]),
                      .close = decimal_of(fields[5]),
                      .volume = decimal_of(fields[6]),
                      .signed_volume = decimal_of(fields[7])};

    indicators_update(&indicator_state, &bar, wide_of(fields[TURNOVER_FIELD]),
                      strtoll(fields[DAY_FIELD], NULL, 10), &now);
}

/* Within 1e-9 of the expected value, relative; ready when it is, and not before. */
static void compare(const char *start, char *fields[FIELDS])
{
    double values[INDICATOR_COUNT];

    values_of(&now, values);
    for (size_t i = 0; i < INDICATOR_COUNT; i++) {
        double expected = strtod(fields[FIRST_INDICATOR + i], NULL);

        if (isnan(expected) && isnan(values[i]))
            continue;
        if (!(fabs(values[i] - expected) <= 1e-9 * fabs(expected)))
            fail_msg("bar %s, %s: %.17g, not %.17g", start, names[i], values[i], expected);
    }
}

static void test_all_are_those_of_the_independent_computation(void **state)
{
    FILE *file = open_reference();
    char line[LINE_MAX_BYTES];
    char *fields[FIELDS];
    size_t bars = 0;

    (void)state;
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#')
            continue;
        split(line, fields);
        if (strcmp(fields[0], "reset") == 0) {
            indicators_reset(&indicator_state);
        } else if (strcmp(fields[0], "volume") == 0) {
            indicators_add_turnover(&indicator_state, decimal_of(fields[6]),
                                    wide_of(fields[TURNOVER_FIELD]),
                                    strtoll(fields[DAY_FIELD], NULL, 10));
        } else if (strcmp(fields[0], "bar") == 0) {
            take_bar(fields);
            compare(fields[1], fields);
            bars++;
        } else {
            assert_string_equal(fields[0], "line");
            for (size_t i = 0; i < INDICATOR_COUNT; i++)
                assert_string_equal(fields[FIRST_INDICATOR + i], names[i]);
        }
    }
    fclose(file);
    assert_int_equal(bars, 404);
}

/* ---- by hand ---- */

static void test_each_is_ready_at_its_own_bar(void **state)
{
    /* In the order of INDICATORS: 12, 26; macd 26, its signal 9 values later; 15; 14; 20, 20; 11;
     * 20; 21 for 20 returns; at once; 20; at once. */
    static const uint64_t ready_at[] = {12, 26, 26, 34, 34, 15, 14, 20, 20, 11, 20, 21, 1, 20, 1};
    double values[INDICATOR_COUNT];

    (void)state;
    assert_int_equal(ARRAY_LENGTH(ready_at), INDICATOR_COUNT);
    for (uint64_t bar = 1; bar <= 40; bar++) {
        feed_close(price(1000000 + (int64_t)(bar * 7919 % 101)));
        values_of(&now, values);
        for (size_t i = 0; i < INDICATOR_COUNT; i++)
            assert_int_equal(!isnan(values[i]), bar >= ready_at[i]);
    }
}

static void test_not_ready_is_the_one_nan(void **state)
{
    double nan = real_nan();

    (void)state;
    feed_close(DECIMAL_ONE);
    assert_memory_equal(&now.ema12, &nan, sizeof nan);
    assert_memory_equal(&now.zscore20, &nan, sizeof nan);
}

static void test_a_flat_market_has_no_deviation_no_range_and_a_middling_rsi(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++)
        feed_close(price(1674123));
    assert_near(now.ema12, 167.4123, 1e-12);
    assert_near(now.macd, 0, 1e-12);
    assert_true(now.rsi14 == 50);
    assert_true(now.atr14 == 0);
    assert_true(isnan(now.percent_b));
    assert_true(isnan(now.zscore20));
    assert_true(isnan(now.donchian20));
    assert_true(now.roc10 == 0);
    assert_true(now.ewma_volatility == 0);
    assert_true(now.vwap_distance == 0);
    assert_near(now.volume_ratio20, 1, 1e-15);
    assert_true(now.imbalance == 1);
}

static void test_rsi_is_100_without_a_loss_and_0_without_a_gain(void **state)
{
    (void)state;
    for (int64_t i = 0; i < 20; i++)
        feed_close(price(1000 + i));
    assert_true(now.rsi14 == 100);
    indicators_reset(&indicator_state);
    for (int64_t i = 0; i < 20; i++)
        feed_close(price(1000 - i));
    assert_true(now.rsi14 == 0);
}

static void test_a_gap_between_bars_belongs_to_the_true_range(void **state)
{
    (void)state;
    /* 14 bars from 10 to 12 that close at 11: ranges of 2. Then 20 to 21: 21 − 11 = 10, and then
     * 5 to 6: 21 − 5 = 16. Averages 2; (13·2 + 10)/14 = 36/14; (13·36/14 + 16)/14. */
    for (int i = 0; i < 14; i++)
        feed(price(120000), price(100000), price(110000), DECIMAL_ONE);
    assert_near(now.atr14, 2, 1e-14);
    feed(price(210000), price(200000), price(210000), DECIMAL_ONE);
    assert_near(now.atr14, 36.0 / 14, 1e-14);
    feed(price(60000), price(50000), price(50000), DECIMAL_ONE);
    assert_near(now.atr14, (13 * 36.0 / 14 + 16) / 14, 1e-14);
}

static void test_the_window_is_the_last_twenty_bars(void **state)
{
    (void)state;
    /* Closes 1 to 25; of the last 20, 6 to 25: mean 15.5, variance (20² − 1)/12 = 33.25. */
    for (int64_t i = 1; i <= 25; i++)
        feed_close(price(i * 10000));
    assert_near(now.zscore20, 9.5 / sqrt(33.25), 1e-13);
    assert_near(now.percent_b, 0.5 + 9.5 / sqrt(33.25) / 4, 1e-13);
    assert_true(now.donchian20 == 1);
    /* 25 over 15, ten bars before */
    assert_near(now.roc10, 100 * 10.0 / 15, 1e-12);
}

static void test_volatility_is_the_size_of_equal_returns(void **state)
{
    (void)state;
    /* 100 and 101 in turn: every squared return is (log 1.01)². */
    for (int i = 0; i < 60; i++)
        feed_close(price(i % 2 == 0 ? 1000000 : 1010000));
    assert_near(now.ewma_volatility, 0.00995033085316808285, 1e-15);
}

static void test_the_session_vwap_starts_anew_with_the_day_and_outlives_a_reset(void **state)
{
    struct bar bar = {.close = price(120000), .volume = DECIMAL_ONE};
    uint128 turnover = (uint128)(uint64_t)price(120000) * DECIMAL_ONE;

    (void)state;
    feed(price(100000), price(100000), price(100000), DECIMAL_ONE);
    assert_true(now.vwap_distance == 0);
    indicators_reset(&indicator_state);
    indicators_update(&indicator_state, &bar, turnover, DAY, &now);
    assert_near(now.vwap_distance, 12.0 / 11 - 1, 1e-15);
    indicators_update(&indicator_state, &bar, turnover, DAY + 1, &now);
    assert_true(now.vwap_distance == 0);
}

static void test_volume_without_a_price_counts_for_the_session_vwap(void **state)
{
    (void)state;
    indicators_add_turnover(&indicator_state, 3 * DECIMAL_ONE,
                            (uint128)(uint64_t)price(200000) * 3 * DECIMAL_ONE, DAY);
    feed(price(100000), price(100000), price(100000), DECIMAL_ONE);
    /* (3·20 + 10) / 4 = 17.5 */
    assert_near(now.vwap_distance, 10 / 17.5 - 1, 1e-15);
}

static void test_no_volume_leaves_vwap_ratio_and_imbalance_not_ready(void **state)
{
    (void)state;
    for (int64_t i = 0; i < 30; i++)
        feed(price(1001 + i), price(1000 + i), price(1000 + i), 0);
    assert_true(isnan(now.vwap_distance));
    assert_true(isnan(now.volume_ratio20));
    assert_true(isnan(now.imbalance));
    assert_true(!isnan(now.zscore20));
    assert_true(!isnan(now.atr14));
}

static void test_volume_ratio_and_imbalance_follow_their_definitions(void **state)
{
    struct bar bar = {.high = 1, .low = 1, .close = 1, .volume = 400, .signed_volume = -100};

    (void)state;
    for (int i = 0; i < 19; i++)
        feed(1, 1, 1, 100);
    indicators_update(&indicator_state, &bar, 400, DAY, &now);
    /* mean (19·100 + 400)/20 = 115 */
    assert_near(now.volume_ratio20, 400.0 / 115, 1e-14);
    assert_near(now.imbalance, -0.25, 1e-16);
}

static void test_a_session_of_too_much_volume_keeps_its_vwap(void **state)
{
    uint128 all = (uint128)(uint64_t)price(100000) * DECIMAL_MAX;

    (void)state;
    indicators_add_turnover(&indicator_state, DECIMAL_MAX, all, DAY);
    feed(price(200000), price(200000), price(200000), DECIMAL_ONE);
    assert_true(now.vwap_distance == 1);
    assert_int_equal(indicator_state.session_volume, DECIMAL_MAX);
}

static void test_a_reset_forgets_all_prices(void **state)
{
    struct indicators fresh[30];

    (void)state;
    for (int64_t i = 0; i < 30; i++) {
        feed_close(price(2000000 + i * i * 37 % 997));
        fresh[i] = now;
    }
    for (int64_t i = 0; i < 57; i++)
        feed_close(price(9000000 - i * 1234));
    indicators_reset(&indicator_state);
    indicator_state.session_day = INT64_MIN; /* the session's VWAP is no price of before */
    for (int64_t i = 0; i < 30; i++) {
        feed_close(price(2000000 + i * i * 37 % 997));
        assert_memory_equal(&now, &fresh[i], sizeof now);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_rsi_is_that_of_the_published_example, set_up),
        cmocka_unit_test_setup(test_all_are_those_of_the_independent_computation, set_up),
        cmocka_unit_test_setup(test_each_is_ready_at_its_own_bar, set_up),
        cmocka_unit_test_setup(test_not_ready_is_the_one_nan, set_up),
        cmocka_unit_test_setup(test_a_flat_market_has_no_deviation_no_range_and_a_middling_rsi,
                               set_up),
        cmocka_unit_test_setup(test_rsi_is_100_without_a_loss_and_0_without_a_gain, set_up),
        cmocka_unit_test_setup(test_a_gap_between_bars_belongs_to_the_true_range, set_up),
        cmocka_unit_test_setup(test_the_window_is_the_last_twenty_bars, set_up),
        cmocka_unit_test_setup(test_volatility_is_the_size_of_equal_returns, set_up),
        cmocka_unit_test_setup(test_the_session_vwap_starts_anew_with_the_day_and_outlives_a_reset,
                               set_up),
        cmocka_unit_test_setup(test_volume_without_a_price_counts_for_the_session_vwap, set_up),
        cmocka_unit_test_setup(test_no_volume_leaves_vwap_ratio_and_imbalance_not_ready, set_up),
        cmocka_unit_test_setup(test_volume_ratio_and_imbalance_follow_their_definitions, set_up),
        cmocka_unit_test_setup(test_a_session_of_too_much_volume_keeps_its_vwap, set_up),
        cmocka_unit_test_setup(test_a_reset_forgets_all_prices, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
