/* Trade messages as Finnhub sends them, and as it might. Those with real prices were captured from
 * wss://ws.finnhub.io and are quoted in the issues of github.com/finnhubio/Finnhub-API; prices and
 * volumes stand in units of 1e-8, read off the messages. Every frame is decoded by the scanner,
 * where it takes it, and by cJSON, and both must agree. */
#include "tickd/feed/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/decoding.h"
#include "tickd/base/text.h"

static void test_a_trade_without_conditions(void **state)
{
    (void)state;
    scan("{\"data\":[{\"p\":7296.89,\"s\":\"BINANCE:BTCUSDT\",\"t\":1575526691134,\"v\":0.011467}],"
         "\"type\":\"trade\"}");
    assert_counts(1, 0);
    assert_trade(0, "BINANCE:BTCUSDT", 1575526691134, 729689000000, 1146700, 0);
}

static void test_trades_with_null_conditions_and_tiny_volumes(void **state)
{
    (void)state;
    scan("{\"data\":[{\"c\":null,\"p\":34727.99,\"s\":\"BINANCE:BTCUSDT\",\"t\":1624945862327,"
         "\"v\":0.000004},{\"c\":null,\"p\":34732.02,\"s\":\"BINANCE:BTCUSDT\",\"t\":1624945862327,"
         "\"v\":0.002734}],\"type\":\"trade\"}");
    assert_counts(2, 0);
    assert_trade(0, "BINANCE:BTCUSDT", 1624945862327, 3472799000000, 400, 0);
    assert_trade(1, "BINANCE:BTCUSDT", 1624945862327, 3473202000000, 273400, 0);
    assert_int_equal(frame.trades[0].order, 0);
    assert_int_equal(frame.trades[1].order, 1);
}

static void test_a_price_that_is_an_integer(void **state)
{
    (void)state;
    scan("{\"data\":[{\"c\":null,\"p\":222457,\"s\":\"BINANCE:BTCBRL\",\"t\":1610205469610,"
         "\"v\":0.07274}],\"type\":\"trade\"}");
    assert_counts(1, 0);
    assert_trade(0, "BINANCE:BTCBRL", 1610205469610, 22245700000000, 7274000, 0);
}

static void test_stocks_with_several_conditions_come_in_time_order(void **state)
{
    (void)state;
    scan("{\"data\":[{\"c\":[\"1\",\"24\",\"12\"],\"p\":146.76,\"s\":\"AAPL\",\"t\":1628238530221,"
         "\"v\":43},{\"c\":[\"1\",\"24\",\"12\"],\"p\":146.75,\"s\":\"A\",\"t\":1628238530220,"
         "\"v\":1}],\"type\":\"trade\"}");
    assert_counts(2, 0);
    assert_trade(0, "A", 1628238530220, 14675000000, 100000000, CODE(1) | CODE(12) | CODE(24));
    assert_trade(1, "AAPL", 1628238530221, 14676000000, 4300000000, CODE(1) | CODE(12) | CODE(24));
    assert_int_equal(frame.trades[0].order, 1);
    assert_int_equal(frame.trades[1].order, 0);
}

static void test_stocks_and_coins_in_one_frame(void **state)
{
    (void)state;
    scan("{\"data\":[{\"c\":[\"1\",\"24\",\"12\"],\"p\":171.465,\"s\":\"AAPL\",\"t\":1696250801554,"
         "\"v\":1},{\"c\":null,\"p\":1731.1,\"s\":\"BINANCE:ETHUSDT\",\"t\":1696250801782,"
         "\"v\":0.014}],\"type\":\"trade\"}");
    assert_counts(2, 0);
    assert_trade(0, "AAPL", 1696250801554, 17146500000, 100000000, CODE(1) | CODE(12) | CODE(24));
    assert_trade(1, "BINANCE:ETHUSDT", 1696250801782, 173110000000, 1400000, 0);
}

static void test_an_empty_array_of_conditions(void **state)
{
    (void)state;
    scan("{\"data\":[{\"c\":[],\"p\":130.3498,\"s\":\"TSLA\",\"t\":1674226439365,\"v\":1667},"
         "{\"c\":[\"1\",\"12\"],\"p\":98.4556,\"s\":\"GOOG\",\"t\":1674226439375,\"v\":51}],"
         "\"type\":\"trade\"}");
    assert_counts(2, 0);
    assert_trade(0, "TSLA", 1674226439365, 13034980000, 166700000000, 0);
    assert_trade(1, "GOOG", 1674226439375, 9845560000, 5100000000, CODE(1) | CODE(12));
}

static void test_a_symbol_with_a_blank_and_no_volume(void **state)
{
    (void)state;
    scan(
        "{\"data\":[{\"c\":null,\"p\":1.06618,\"s\":\"IC MARKETS:1\",\"t\":1713756721306,\"v\":0}],"
        "\"type\":\"trade\"}");
    assert_counts(1, 0);
    assert_trade(0, "IC MARKETS:1", 1713756721306, 106618000, 0, 0);
}

static void test_the_newer_order_of_keys(void **state)
{
    (void)state;
    scan("{\"type\":\"trade\",\"data\":[{\"t\":1787065188112,\"p\":310.49,\"v\":40,\"c\":[\"1\","
         "\"8\"],\"s\":\"AAPL\"}]}");
    assert_counts(1, 0);
    assert_trade(0, "AAPL", 1787065188112, 31049000000, 4000000000, CODE(1) | CODE(8));
}

static void test_trades_that_arrive_twice_stay_twice(void **state)
{
    (void)state;
    scan("{\"type\":\"trade\",\"data\":["
         "{\"t\":1787924136086,\"p\":317.775,\"v\":200,\"c\":[\"1\",\"8\"],\"s\":\"AAPL\"},"
         "{\"t\":1787924136087,\"p\":317.77,\"v\":40,\"c\":[\"1\"],\"s\":\"AAPL\"},"
         "{\"t\":1787924136086,\"p\":317.775,\"v\":200,\"c\":[\"1\",\"8\"],\"s\":\"AAPL\"},"
         "{\"t\":1787924136087,\"p\":317.77,\"v\":40,\"c\":[\"1\"],\"s\":\"AAPL\"}]}");
    assert_counts(4, 0);
    for (size_t i = 0; i < 2; i++) {
        assert_trade(i, "AAPL", 1787924136086, 31777500000, 20000000000, CODE(1) | CODE(8));
        assert_trade(i + 2, "AAPL", 1787924136087, 31777000000, 4000000000, CODE(1));
    }
    assert_int_equal(frame.trades[1].order, 2);
    assert_int_equal(frame.trades[2].order, 1);
}

static void test_a_message_without_entries(void **state)
{
    (void)state;
    scan("{\"data\":[],\"type\":\"trade\"}");
    assert_counts(0, 0);
    scan(" { \"type\" : \"trade\" , \"data\" : [ ] } \r\n");
    assert_counts(0, 0);
}

static void test_blanks_may_stand_anywhere_between_tokens(void **state)
{
    (void)state;
    scan(" {\n\t\"data\" :\r[ {  \"c\" : [ \"1\" , \"12\" ] , \"p\" : 1.5 ,\"s\": \"A\" , \"t\" "
         ":1628238530220 , \"v\" : 2 } , { \"v\":0 ,\"t\": 1628238530221\n,\"s\":\"B\",\"p\":7 } ] "
         ", \"type\" : \"trade\" } ");
    assert_counts(2, 0);
    assert_trade(0, "A", 1628238530220, 150000000, 200000000, CODE(1) | CODE(12));
    assert_trade(1, "B", 1628238530221, 700000000, 0, 0);
}

static void test_any_json_number_is_taken_exactly(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } numbers[] = {
        {"1e-7", 10},
        {"1E+2", 10000000000},
        {"0.000000010", 1},
        {"146.7600000000000000000000000000", 14676000000},
        {"0.123456785", 12345678}, /* half to even, downwards */
        {"0.123456795", 12345680}, /* half to even, upwards */
        {"0.1234567850000000000001", 12345679},
        {"9007199254.740993", 900719925474099300}, /* 2^53 + 1: no double holds it */
        {"92233720368.54775807", INT64_MAX},
        {"0.1e1", 100000000},
        {"1000000000000000000000e-20", 1000000000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        decode_format(
            "{\"type\":\"trade\",\"data\":[{\"t\":1628238530220,\"p\":%s,\"v\":%s,\"s\":\"A\"}]}",
            numbers[i].text, numbers[i].text);
        assert_true(scanned);
        assert_counts(1, 0);
        assert_trade(0, "A", 1628238530220, numbers[i].value, numbers[i].value, 0);
    }
}

static void test_a_time_may_be_written_in_any_way_that_is_whole(void **state)
{
    static const char *const texts[] = {"1575526691134",       "1.575526691134e12",
                                        "1575526691134.0",     "1575526691134000e-3",
                                        "157552669113.400E+1", "1575526691134.000e0"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        decode_format("{\"type\":\"trade\",\"data\":[{\"t\":%s,\"p\":1,\"v\":1,\"s\":\"A\"}]}",
                      texts[i]);
        assert_true(scanned);
        assert_counts(1, 0);
        assert_int_equal(frame.trades[0].time_ms, 1575526691134);
    }
}

/* Entries that cannot be used, between two that can. */
static void assert_entry_malformed(const char *entry)
{
    decode_format("{\"data\":[{\"p\":1,\"s\":\"A\",\"t\":1628238530220,\"v\":1},%s,"
                  "{\"p\":2,\"s\":\"B\",\"t\":1628238530220,\"v\":2}],\"type\":\"trade\"}",
                  entry);
    assert_counts(2, 1);
    assert_trade(0, "A", 1628238530220, 100000000, 100000000, 0);
    assert_trade(1, "B", 1628238530220, 200000000, 200000000, 0);
    assert_int_equal(first.symbols.count, 2);
}

static void test_only_the_entry_with_the_fault_is_lost(void **state)
{
    static const char *const entries[] = {
        "{}",
        "{ }",
        "{\"s\":\"X\",\"t\":1628238530220,\"v\":1}",                   /* no price */
        "{\"p\":1,\"t\":1628238530220,\"v\":1}",                       /* no symbol */
        "{\"p\":1,\"s\":\"X\",\"v\":1}",                               /* no time */
        "{\"p\":1,\"s\":\"X\",\"t\":1628238530220}",                   /* no volume */
        "{\"p\":0,\"s\":\"X\",\"t\":1628238530220,\"v\":1}",           /* no price at all */
        "{\"p\":-1.5,\"s\":\"X\",\"t\":1628238530220,\"v\":1}",        /* negative */
        "{\"p\":0.000000004,\"s\":\"X\",\"t\":1628238530220,\"v\":1}", /* rounds to 0 */
        "{\"p\":92233720368.54775808,\"s\":\"X\",\"t\":1628238530220,\"v\":1}", /* too large */
        "{\"p\":1e400,\"s\":\"X\",\"t\":1628238530220,\"v\":1}",
        "{\"p\":1,\"s\":\"X\",\"t\":1628238530220,\"v\":-0.00000001}",
        "{\"p\":1,\"s\":\"X\",\"t\":946684799999,\"v\":1}",    /* 1999-12-31 23:59:59.999 */
        "{\"p\":1,\"s\":\"X\",\"t\":4102444800000,\"v\":1}",   /* 2100-01-01 */
        "{\"p\":1,\"s\":\"X\",\"t\":1628238530,\"v\":1}",      /* seconds */
        "{\"p\":1,\"s\":\"X\",\"t\":1628238530220.5,\"v\":1}", /* not whole */
        "{\"p\":1,\"s\":\"X\",\"t\":-1628238530220,\"v\":1}",
        "{\"p\":1,\"s\":\"X\",\"t\":1e999999999999999999999,\"v\":1}",
        "{\"p\":\"1\",\"s\":\"X\",\"t\":1628238530220,\"v\":1}", /* of another type */
        "{\"p\":null,\"s\":\"X\",\"t\":1628238530220,\"v\":1}",
        "{\"p\":[1],\"s\":\"X\",\"t\":1628238530220,\"v\":1}",
        "{\"p\":1,\"s\":7,\"t\":1628238530220,\"v\":1}",
        "{\"p\":1,\"s\":null,\"t\":1628238530220,\"v\":1}",
        "{\"p\":1,\"s\":\"X\",\"t\":\"1628238530220\",\"v\":1}",
        "{\"p\":1,\"s\":\"X\",\"t\":1628238530220,\"v\":true}",
        "{\"c\":\"1\",\"p\":1,\"s\":\"X\",\"t\":1628238530220,\"v\":1}",
        "{\"c\":12,\"p\":1,\"s\":\"X\",\"t\":1628238530220,\"v\":1}",
        "{\"c\":{},\"p\":1,\"s\":\"X\",\"t\":1628238530220,\"v\":1}",
        "{\"c\":[\"1\",12],\"p\":1,\"s\":\"X\",\"t\":1628238530220,\"v\":1}",
        "{\"c\":[[\"1\"]],\"p\":1,\"s\":\"X\",\"t\":1628238530220,\"v\":1}",
        "null",
        "5",
        "\"p\"",
        "[]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        assert_entry_malformed(entries[i]);
}

static void test_the_ends_of_the_range_are_usable(void **state)
{
    (void)state;
    scan("{\"data\":[{\"p\":0.00000001,\"s\":\"A\",\"t\":946684800000,\"v\":-0},"
         "{\"p\":1,\"s\":\"A\",\"t\":4102444799999,\"v\":-0.000000001}],\"type\":\"trade\"}");
    assert_counts(2, 0);
    assert_trade(0, "A", 946684800000, 1, 0, 0);
    assert_trade(1, "A", 4102444799999, 100000000, 0, 0);
}

static void test_of_a_key_that_comes_twice_the_last_counts(void **state)
{
    (void)state;
    scan("{\"data\":[{\"p\":-1,\"p\":5,\"s\":\"A\",\"s\":\"B\",\"t\":1,\"t\":1628238530220,"
         "\"v\":1e99,\"v\":3,\"c\":[\"1\"],\"c\":[\"12\"]},"
         "{\"p\":5,\"p\":-1,\"s\":\"A\",\"t\":1628238530220,\"v\":1},"
         "{\"c\":[\"1\"],\"c\":null,\"p\":5,\"s\":\"A\",\"t\":1628238530221,\"v\":1}],"
         "\"type\":\"trade\"}");
    assert_counts(2, 1);
    assert_trade(0, "B", 1628238530220, 500000000, 300000000, CODE(12));
    assert_trade(1, "A", 1628238530221, 500000000, 100000000, 0);

    leave("{\"data\":[{\"p\":\"x\",\"p\":5,\"s\":null,\"s\":\"A\",\"t\":[],\"t\":1628238530220,"
          "\"v\":1,\"c\":7,\"c\":[]}],\"type\":\"trade\"}");
    assert_counts(1, 0);
    leave("{\"data\":5,\"type\":\"ping\",\"type\":\"trade\",\"data\":[]}");
    assert_counts(0, 0);
    leave("{\"type\":\"trade\",\"data\":[],\"type\":\"ping\"}");
    assert_int_equal(frame.kind, FRAME_PING);
}

static void test_other_keys_mean_nothing(void **state)
{
    (void)state;
    scan("{\"id\":17,\"data\":[{\"x\":\"y\",\"p\":1,\"venue\":null,\"s\":\"A\",\"\":true,"
         "\"t\":1628238530220,\"tt\":-1.5e-3,\"v\":2,\"P\":false}],\"more\":\"text\","
         "\"type\":\"trade\"}");
    assert_counts(1, 0);
    assert_trade(0, "A", 1628238530220, 100000000, 200000000, 0);
    leave("{\"data\":[{\"x\":{\"p\":9,\"q\":[1,[2]]},\"p\":1,\"s\":\"A\",\"t\":1628238530220,"
          "\"v\":2}],\"more\":[],\"type\":\"trade\"}");
    assert_counts(1, 0);
    assert_trade(0, "A", 1628238530220, 100000000, 200000000, 0);
}

static void test_what_cannot_be_a_name_is_no_symbol(void **state)
{
    (void)state;
    decode("{\"data\":[{\"p\":1,\"s\":\"\",\"t\":1628238530220,\"v\":1},"
           "{\"p\":1,\"s\":\"0123456789012345678901234567890\",\"t\":1628238530220,\"v\":1},"
           "{\"p\":1,\"s\":\"01234567890123456789012345678901\",\"t\":1628238530220,\"v\":1},"
           "{\"p\":1,\"s\":\"A\x7f\",\"t\":1628238530220,\"v\":1}],\"type\":\"trade\"}");
    assert_true(scanned);
    assert_counts(4, 0);
    assert_int_equal(frame.trades[0].symbol, SYMBOL_NONE);
    assert_trade(1, "0123456789012345678901234567890", 1628238530220, 100000000, 100000000, 0);
    assert_int_equal(frame.trades[2].symbol, SYMBOL_NONE);
    assert_int_equal(frame.trades[3].symbol, SYMBOL_NONE);
    leave("{\"data\":[{\"p\":1,\"s\":\"A\\u0000\",\"t\":1628238530220,\"v\":1},"
          "{\"p\":1,\"s\":\"A\\n\",\"t\":1628238530220,\"v\":1},"
          "{\"p\":1,\"s\":\"A\\\\u0000\",\"t\":1628238530220,\"v\":1}],\"type\":\"trade\"}");
    assert_counts(3, 0);
    assert_int_equal(frame.trades[0].symbol, SYMBOL_NONE);
    assert_int_equal(frame.trades[1].symbol, SYMBOL_NONE);
    assert_trade(2, "A\\u0000", 1628238530220, 100000000, 100000000, 0);
}

static void test_a_full_table_makes_further_names_unknown(void **state)
{
    (void)state;
    for (int i = 0; i < NAMES_MAX + 2; i++) {
        decode_format("{\"data\":[{\"p\":1,\"s\":\"%c\",\"t\":1628238530220,\"v\":1}],"
                      "\"type\":\"trade\"}",
                      'A' + i);
        assert_true(scanned);
        assert_counts(1, 0);
        assert_int_equal(frame.trades[0].symbol, i < NAMES_MAX ? i : SYMBOL_NONE);
    }
}

static void test_a_table_that_does_not_adopt_knows_its_own_alone(void **state)
{
    uint16_t id;

    (void)state;
    first.symbols.adopts = second.symbols.adopts = false;
    assert_int_equal(symbols_add(&first.symbols, "A", 1, &id), 0);
    assert_int_equal(symbols_add(&second.symbols, "A", 1, &id), 0);
    scan("{\"data\":[{\"p\":1,\"s\":\"B\",\"t\":1628238530220,\"v\":1},"
         "{\"p\":1,\"s\":\"A\",\"t\":1628238530220,\"v\":1}],\"type\":\"trade\"}");
    assert_counts(2, 0);
    assert_int_equal(frame.trades[0].symbol, SYMBOL_NONE);
    assert_int_equal(frame.trades[1].symbol, id);
}

static void test_a_malformed_frame_adds_no_names(void **state)
{
    (void)state;
    decode("{\"data\":[{\"p\":1,\"s\":\"A\",\"t\":1628238530220,\"v\":1}],\"type\":\"trade\"");
    assert_int_equal(frame.kind, FRAME_MALFORMED);
    decode("{\"data\":[{\"p\":1,\"s\":\"A\",\"t\":1628238530220,\"v\":1}],\"type\":\"trade\"}x");
    assert_int_equal(frame.kind, FRAME_MALFORMED);
    assert_int_equal(first.symbols.count, 0);
}

static void test_unknown_codes_are_counted_as_unknown(void **state)
{
    (void)state;
    scan("{\"data\":[{\"c\":[\"41\",\"42\"],\"p\":1,\"s\":\"A\",\"t\":1628238530220,\"v\":1},"
         "{\"c\":[\"\"],\"p\":1,\"s\":\"A\",\"t\":1628238530220,\"v\":1},"
         "{\"c\":[\"01\"],\"p\":1,\"s\":\"A\",\"t\":1628238530220,\"v\":1},"
         "{\"c\":[\"0\"],\"p\":1,\"s\":\"A\",\"t\":1628238530220,\"v\":1},"
         "{\"c\":[\"1x\",\"123\",\"9\"],\"p\":1,\"s\":\"A\",\"t\":1628238530220,\"v\":1}],"
         "\"type\":\"trade\"}");
    assert_counts(5, 0);
    assert_int_equal(frame.trades[0].conditions, CODE(41) | CODE(CONDITION_UNKNOWN));
    for (size_t i = 1; i < 4; i++)
        assert_int_equal(frame.trades[i].conditions, CODE(CONDITION_UNKNOWN));
    assert_int_equal(frame.trades[4].conditions, CODE(9) | CODE(CONDITION_UNKNOWN));
}

static void test_every_beginning_of_a_message_is_malformed(void **state)
{
    static const char message[] =
        "{\"data\":[{\"c\":[\"1\",\"24\"],\"p\":146.76,\"s\":\"AAPL\",\"t\":1628238530221,\"v\":43}"
        ","
        "{\"c\":null,\"p\":1e2,\"s\":\"A\",\"t\":1628238530220,\"v\":0}],\"type\":\"trade\"}";

    (void)state;
    for (size_t length = 0; length < sizeof message - 1; length++) {
        decode_bytes(message, length);
        assert_int_equal(frame.kind, FRAME_MALFORMED);
    }
    decode_bytes(message, sizeof message - 1);
    assert_counts(2, 0);
}

static void test_a_message_beyond_the_limit_is_malformed(void **state)
{
    static char message[FRAME_BYTES_MAX + 2];

    (void)state;
    memset(message, ' ', sizeof message);
    memcpy(message, "{\"data\":[],\"type\":\"trade\"}", 26);
    decode_bytes(message, FRAME_BYTES_MAX);
    assert_counts(0, 0);
    decode_bytes(message, FRAME_BYTES_MAX + 1);
    assert_int_equal(frame.kind, FRAME_MALFORMED);
    assert_string_equal(frame.text, "byte 4097: longer than a message may be");
}

static void test_the_shortest_entries_fill_a_frame_and_find_room(void **state)
{
    static const char entry[] = "{\"p\":1,\"s\":\"\",\"t\":1e12,\"v\":0}";
    static const char tail[] = "],\"type\":\"trade\"}";
    char memory[FRAME_BYTES_MAX + 1];
    struct text message;
    size_t count = 1;

    (void)state;
    text_init(&message, memory, sizeof memory);
    text_format(&message, "{\"data\":[%s", entry);
    for (; message.length + strlen(",") + strlen(entry) + strlen(tail) <= FRAME_BYTES_MAX; count++)
        text_format(&message, ",%s", entry);
    text_add(&message, tail);
    decode_bytes(memory, message.length);
    assert_true(scanned);
    assert_counts(count, 0);
    assert_true(count > 130);
    assert_int_equal(frame.trades[0].time_ms, 1000000000000);
}

/* Times that fall, rise and repeat, for both ways of sorting. */
static void check_order(size_t count)
{
    char memory[FRAME_BYTES_MAX];
    struct text message;

    text_init(&message, memory, sizeof memory);
    text_add(&message, "{\"data\":[");
    for (size_t i = 0; i < count; i++) {
        unsigned long long time_ms = 1600000000000 + (count - i) * 7919 % 13;

        text_format(&message, "%s{\"p\":%zu,\"s\":\"A\",\"t\":%llu,\"v\":1}", i > 0 ? "," : "",
                    i + 1, time_ms);
    }
    text_add(&message, "],\"type\":\"trade\"}");
    scan(memory);
    assert_counts(count, 0);
    for (size_t i = 0; i < count; i++) {
        const struct trade *trade = &frame.trades[i];

        /* frames_check() has seen that (time, order) rises; here, that each is still itself. */
        assert_int_equal(trade->price, (int64_t)(trade->order + 1) * 100000000);
        assert_int_equal(trade->time_ms, 1600000000000 + (count - trade->order) * 7919 % 13);
    }
}

static void test_entries_come_in_time_order_ties_as_they_came(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 80; count++)
        check_order(count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_trade_without_conditions),
        TEST(test_trades_with_null_conditions_and_tiny_volumes),
        TEST(test_a_price_that_is_an_integer),
        TEST(test_stocks_with_several_conditions_come_in_time_order),
        TEST(test_stocks_and_coins_in_one_frame),
        TEST(test_an_empty_array_of_conditions),
        TEST(test_a_symbol_with_a_blank_and_no_volume),
        TEST(test_the_newer_order_of_keys),
        TEST(test_trades_that_arrive_twice_stay_twice),
        TEST(test_a_message_without_entries),
        TEST(test_blanks_may_stand_anywhere_between_tokens),
        TEST(test_any_json_number_is_taken_exactly),
        TEST(test_a_time_may_be_written_in_any_way_that_is_whole),
        TEST(test_only_the_entry_with_the_fault_is_lost),
        TEST(test_the_ends_of_the_range_are_usable),
        TEST(test_of_a_key_that_comes_twice_the_last_counts),
        TEST(test_other_keys_mean_nothing),
        TEST(test_what_cannot_be_a_name_is_no_symbol),
        TEST(test_a_full_table_makes_further_names_unknown),
        TEST(test_a_table_that_does_not_adopt_knows_its_own_alone),
        TEST(test_a_malformed_frame_adds_no_names),
        TEST(test_unknown_codes_are_counted_as_unknown),
        TEST(test_every_beginning_of_a_message_is_malformed),
        TEST(test_a_message_beyond_the_limit_is_malformed),
        TEST(test_the_shortest_entries_fill_a_frame_and_find_room),
        TEST(test_entries_come_in_time_order_ties_as_they_came),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
