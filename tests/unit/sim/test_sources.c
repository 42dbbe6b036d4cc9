/* Synthetic markets and recordings as one stream of trades in time. */
#include "tickd/sim/sources.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"
#include "tickd/base/error.h"

enum { SEED = 5, CAPACITY = 8, FILES = 2 };

static struct arena arena;
static struct symbol_table symbols;
static char folder[] = "/tmp/tickd-sources-XXXXXX";
static char paths[FILES][64];
static const char *const both[FILES] = {paths[0], paths[1]};

static void open_table(void)
{
    struct arena measuring;
    arena_fini(&arena);
    arena_init_measuring(&measuring);
    symbols_init(&symbols, &measuring, CAPACITY, true);
    assert_int_equal(arena_init(&arena, measuring.used), 0);
    symbols_init(&symbols, &arena, CAPACITY, true);
}

static uint16_t add(const char *name)
{
    uint16_t id = SYMBOL_NONE;
    assert_int_equal(symbols_add(&symbols, name, strlen(name), &id), 0);
    return id;
}

static void write_file(size_t number, const char *records)
{
    FILE *file = fopen(paths[number], "w");
    assert_non_null(file);
    assert_true(fputs("time_ms,symbol,price,volume,conditions,suspicious\n", file) >= 0);
    assert_true(fputs(records, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int make_folder(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < FILES; i++) {
        (void)snprintf(paths[i], sizeof paths[i], "%s/%zu.csv", folder, i);
    }
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILES; i++) {
        unlink(paths[i]);
    }
    arena_fini(&arena);
    return rmdir(folder);
}

static struct market_source *open_market(enum market_kind kind)
{
    struct market_parameters parameters;
    market_parameters_default(&parameters);
    struct market_source *source = market_source_create(&symbols, kind, &parameters, 100, SEED);
    assert_non_null(source);
    return source;
}

static struct replay_source *open_replay(size_t count, bool only_known)
{
    char error[256];
    struct text text;
    struct replay_source *source;
    text_init(&text, error, sizeof error);
    assert_int_equal(replay_source_create(both, count, &symbols, only_known, &source, &text), 0);
    return source;
}

static void test_the_trades_of_a_market_are_in_time_and_shared_among_its_symbols(void **state)
{
    (void)state;
    open_table();
    add("SPY");
    add("QQQ");
    add("BINANCE:BTCUSDT");
    add("BAC");
    struct market_source *market = open_market(MARKET_WALK);
    struct trade_source source = market_source_trades(market);
    struct source_trade trade = {.time_us = 0};
    int of_symbol[CAPACITY] = {0};
    const int total = 20000;
    for (int i = 0; i < total; i++) {
        int64_t before_us = trade.time_us;
        assert_int_equal(source.next(source.state, &trade), 1);
        assert_true(trade.time_us >= before_us);
        assert_int_equal(trade.form, trade.symbol == 2 ? CONDITIONS_NULL : CONDITIONS_LIST);
        of_symbol[trade.symbol]++;
    }
    /* 200 s at 100 a second; 5000 ± 70 for each symbol. */
    assert_in_range(trade.time_us, INT64_C(194) * US_PER_S, INT64_C(206) * US_PER_S);
    for (int i = 0; i < 4; i++) {
        assert_in_range(of_symbol[i], 4700, 5300);
    }
    market_source_destroy(market);
}

static void test_a_symbols_trades_do_not_depend_on_the_others(void **state)
{
    (void)state;
    struct source_trade alone[100];
    struct source_trade trade;
    open_table();
    add("SPY");
    struct market_source *market = open_market(MARKET_QUIET);
    struct trade_source source = market_source_trades(market);
    for (size_t i = 0; i < ARRAY_LENGTH(alone); i++) {
        assert_int_equal(source.next(source.state, &alone[i]), 1);
    }
    market_source_destroy(market);
    open_table();
    add("QQQ");
    uint16_t spy = add("SPY");
    market = open_market(MARKET_QUIET);
    source = market_source_trades(market);
    for (size_t i = 0; i < ARRAY_LENGTH(alone);) {
        assert_int_equal(source.next(source.state, &trade), 1);
        if (trade.symbol == spy) { /* half the rate: other times, but the same sizes */
            assert_int_equal(trade.volume, alone[i].volume);
            assert_int_equal(trade.conditions, alone[i].conditions);
            i++;
        }
    }
    market_source_destroy(market);
}

static void test_recordings_follow_each_other_with_times_since_the_first_trade(void **state)
{
    (void)state;
    open_table();
    write_file(0, "1381132800464,SPY,167.41,100,1;12,0\n1381132801464,BAC,14.05,5,,0\n");
    write_file(1, "1381219200000,SPY,168,1,99,0\n");
    struct replay_source *replay = open_replay(2, false);
    struct trade_source source = replay_source_trades(replay);
    struct source_trade trade;
    assert_int_equal(source.next(source.state, &trade), 1);
    assert_int_equal(trade.time_us, 0);
    assert_int_equal(trade.time_ms, INT64_C(1381132800464));
    assert_int_equal(trade.price, INT64_C(16741000000));
    assert_int_equal(trade.volume, 100 * DECIMAL_ONE);
    assert_true(trade.conditions == (UINT64_C(1) << 1 | UINT64_C(1) << 12));
    assert_int_equal(source.next(source.state, &trade), 1);
    assert_int_equal(trade.time_us, US_PER_S);
    assert_string_equal(symbols_name(&symbols, trade.symbol), "BAC");
    assert_int_equal(source.next(source.state, &trade), 1);
    assert_int_equal(trade.time_ms, INT64_C(1381219200000));
    assert_true(trade.conditions == UINT64_C(1) << CONDITION_UNKNOWN);
    assert_int_equal(source.next(source.state, &trade), 0);
    assert_int_equal(source.next(source.state, &trade), 0);
    assert_int_equal(replay_source_counts(replay).records, 3);
    assert_string_equal(replay_source_error(replay), "");
    replay_source_destroy(replay);
}

static void test_what_cannot_be_sent_is_passed_over_and_counted(void **state)
{
    (void)state;
    open_table();
    add("SPY");
    write_file(0, "1381132800464,SPY,0,100,1,0\n1381132800464,BAC,14.05,5,,0\n"
                  "1381132800465,SPY,1,1,1,1\n1381132800466,SPY,1,2,1,0\n");
    struct replay_source *replay = open_replay(1, true);
    struct trade_source source = replay_source_trades(replay);
    struct source_trade trade;
    assert_int_equal(source.next(source.state, &trade), 1);
    assert_int_equal(trade.volume, 2 * DECIMAL_ONE);
    assert_int_equal(source.next(source.state, &trade), 0);
    struct replay_counts counts = replay_source_counts(replay);
    assert_int_equal(counts.records, 4);
    assert_int_equal(counts.malformed, 1);
    assert_int_equal(counts.skipped, 1);
    assert_int_equal(counts.suspicious, 1);
    replay_source_destroy(replay);
}

static void test_a_broken_second_file_is_told_when_it_is_reached(void **state)
{
    (void)state;
    open_table();
    write_file(0, "1381132800464,SPY,1,100,1,0\n");
    write_file(1, "1381132800465,SPY,1,x,1,0\n");
    struct replay_source *replay = open_replay(2, false);
    struct trade_source source = replay_source_trades(replay);
    struct source_trade trade;
    assert_int_equal(source.next(source.state, &trade), 1);
    assert_int_equal(source.next(source.state, &trade), ERROR_SYNTAX);
    assert_non_null(strstr(replay_source_error(replay), paths[1]));
    replay_source_destroy(replay);
}

static void test_files_that_are_not_there_are_told_at_once(void **state)
{
    (void)state;
    static const char *const missing[] = {paths[0], "/nowhere/a.csv"};
    char error[256];
    struct text text;
    struct replay_source *source;
    open_table();
    write_file(0, "");
    text_init(&text, error, sizeof error);
    assert_int_equal(replay_source_create(missing, 2, &symbols, false, &source, &text), ERROR_IO);
    assert_null(source);
    assert_string_equal(error, "/nowhere/a.csv: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_trades_of_a_market_are_in_time_and_shared_among_its_symbols),
        cmocka_unit_test(test_a_symbols_trades_do_not_depend_on_the_others),
        cmocka_unit_test(test_recordings_follow_each_other_with_times_since_the_first_trade),
        cmocka_unit_test(test_what_cannot_be_sent_is_passed_over_and_counted),
        cmocka_unit_test(test_a_broken_second_file_is_told_when_it_is_reached),
        cmocka_unit_test(test_files_that_are_not_there_are_told_at_once),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
