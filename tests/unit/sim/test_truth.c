/* What was sent is counted exactly and printed as one JSON document. */
#include "tickd/sim/truth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/decimal.h"

static struct arena arena;
static struct symbol_table symbols;
static struct truth truth;

static int set_up(void **state)
{
    struct arena measuring;
    uint16_t id;
    (void)state;
    arena_init_measuring(&measuring);
    symbols_init(&symbols, &measuring, 4, false);
    assert_int_equal(arena_init(&arena, measuring.used), 0);
    symbols_init(&symbols, &arena, 4, false);
    assert_int_equal(symbols_add(&symbols, "SPY", 3, &id), 0);
    assert_int_equal(symbols_add(&symbols, "A\"B", 3, &id), 0);
    assert_int_equal(symbols_add(&symbols, "QQQ", 3, &id), 0);
    return truth_init(&truth);
}

static int tear_down(void **state)
{
    (void)state;
    truth_fini(&truth);
    arena_fini(&arena);
    return 0;
}

static void sent(uint16_t symbol, int64_t time_ms, int64_t price, int64_t volume, bool copy)
{
    const struct sim_entry entry = {.wire = {.time_ms = time_ms, .price = price, .volume = volume},
                                    .symbol = symbol,
                                    .copy = copy};
    truth_sent(&truth, &entry);
}

static void prints(const struct truth_frame *frame, const char *expected)
{
    char *memory = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&memory, &length);
    assert_non_null(stream);
    assert_int_equal(truth_print(&truth, frame, stream), 0);
    assert_int_equal(fclose(stream), 0);
    assert_string_equal(memory, expected);
    free(memory);
}

static void test_trades_and_duplicates_are_told_apart(void **state)
{
    (void)state;
    sent(0, 1000, 5 * DECIMAL_ONE, 10, false); /* 1e-7 */
    sent(0, 900, 4 * DECIMAL_ONE, 3 * DECIMAL_ONE, false);
    sent(0, 2000, 9 * DECIMAL_ONE, 3 * DECIMAL_ONE, true);
    sent(1, 1500, DECIMAL_ONE, 0, false);
    truth.faults[FAULT_TWICE] = 1;
    truth.unsent = 4;
    const struct truth_frame frame = {
        .version = "1.2.3", .market = "walk", .seed = 7, .symbols = &symbols};
    prints(
        &frame,
        "{\"program\":\"finnhub-sim\",\"version\":\"1.2.3\",\"market\":\"walk\",\"seed\":7,"
        "\"trades\":3,\"duplicates\":1,\"unsent\":4,\"frames\":0,\"messages\":0,\"deliveries\":0,"
        "\"pings\":0,\"first_ms\":900,\"last_ms\":1500,\"connections\":0,\"clients\":0,"
        "\"refused\":0,\"cut\":0,\"faults\":{\"twice\":1},\"symbols\":["
        "{\"symbol\":\"SPY\",\"trades\":2,\"duplicates\":1,\"first_ms\":900,\"last_ms\":1000,"
        "\"volume\":\"3.0000001\",\"last_price\":\"4\"},"
        "{\"symbol\":\"A\\\"B\",\"trades\":1,\"duplicates\":0,\"first_ms\":1500,\"last_ms\":1500,"
        "\"volume\":\"0\",\"last_price\":\"1\"}]}\n");
}

static void test_a_volume_that_does_not_fit_stays_at_the_greatest(void **state)
{
    (void)state;
    sent(2, 1000, DECIMAL_ONE, DECIMAL_MAX - 1, false);
    sent(2, 1000, DECIMAL_ONE, 2, false);
    assert_true(truth.symbols[2].volume == DECIMAL_MAX);
}

static void test_a_stream_that_takes_nothing_is_an_error(void **state)
{
    (void)state;
    const struct truth_frame frame = {
        .version = "1.2.3", .market = "walk", .seed = 7, .symbols = &symbols};
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    assert_true(truth_print(&truth, &frame, full) < 0);
    (void)fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trades_and_duplicates_are_told_apart),
        cmocka_unit_test(test_a_volume_that_does_not_fit_stays_at_the_greatest),
        cmocka_unit_test(test_a_stream_that_takes_nothing_is_an_error),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
