/* What goes onto the wire, to the byte. The trade messages are those that were captured from
 * Finnhub (quoted in the issues of github.com/finnhubio/Finnhub-API), built up again. */
#include "tickd/feed/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tickd/market/symbols.h"

#define CODE(code) (UINT64_C(1) << (code))

static char memory[4096];
static struct text out;

static int set_up(void **state)
{
    (void)state;
    text_init(&out, memory, sizeof memory);
    return 0;
}

static void test_the_older_order_of_keys(void **state)
{
    static const struct wire_trade trades[] = {{.symbol = "TSLA",
                                                .time_ms = 1674226439365,
                                                .price = 13034980000,
                                                .volume = 166700000000,
                                                .form = CONDITIONS_EMPTY},
                                               {.symbol = "GOOG",
                                                .time_ms = 1674226439375,
                                                .price = 9845560000,
                                                .volume = 5100000000,
                                                .conditions = CODE(12) | CODE(1),
                                                .form = CONDITIONS_LIST}};

    (void)state;
    encode_trades(&out, trades, 2, KEYS_DATA_FIRST);
    assert_string_equal(
        memory,
        "{\"data\":[{\"c\":[],\"p\":130.3498,\"s\":\"TSLA\",\"t\":1674226439365,\"v\":1667},"
        "{\"c\":[\"1\",\"12\"],\"p\":98.4556,\"s\":\"GOOG\",\"t\":1674226439375,\"v\":51}],"
        "\"type\":\"trade\"}");
}

static void test_the_newer_order_of_keys(void **state)
{
    static const struct wire_trade trade = {.symbol = "AAPL",
                                            .time_ms = 1787065188112,
                                            .price = 31049000000,
                                            .volume = 4000000000,
                                            .conditions = CODE(1) | CODE(8),
                                            .form = CONDITIONS_LIST};

    (void)state;
    encode_trades(&out, &trade, 1, KEYS_TYPE_FIRST);
    assert_string_equal(memory, "{\"type\":\"trade\",\"data\":[{\"t\":1787065188112,\"p\":310.49,"
                                "\"v\":40,\"c\":[\"1\",\"8\"],\"s\":\"AAPL\"}]}");
}

static void test_conditions_that_are_null_or_not_there(void **state)
{
    struct wire_trade trade = {.symbol = "BINANCE:BTCUSDT",
                               .time_ms = 1624945862327,
                               .price = 3472799000000,
                               .volume = 400,
                               .conditions = CODE(1),
                               .form = CONDITIONS_NULL};

    (void)state;
    encode_trades(&out, &trade, 1, KEYS_DATA_FIRST);
    assert_string_equal(memory, "{\"data\":[{\"c\":null,\"p\":34727.99,\"s\":\"BINANCE:BTCUSDT\","
                                "\"t\":1624945862327,\"v\":0.000004}],\"type\":\"trade\"}");
    text_clear(&out);
    trade.form = CONDITIONS_ABSENT;
    encode_trades(&out, &trade, 1, KEYS_DATA_FIRST);
    assert_string_equal(memory, "{\"data\":[{\"p\":34727.99,\"s\":\"BINANCE:BTCUSDT\","
                                "\"t\":1624945862327,\"v\":0.000004}],\"type\":\"trade\"}");
    text_clear(&out);
    encode_trades(&out, &trade, 1, KEYS_TYPE_FIRST);
    assert_string_equal(memory, "{\"type\":\"trade\",\"data\":[{\"t\":1624945862327,\"p\":34727.99,"
                                "\"v\":0.000004,\"s\":\"BINANCE:BTCUSDT\"}]}");
}

static void test_no_trades_make_an_empty_array(void **state)
{
    (void)state;
    encode_trades(&out, NULL, 0, KEYS_DATA_FIRST);
    encode_trades(&out, NULL, 0, KEYS_TYPE_FIRST);
    assert_string_equal(memory, "{\"data\":[],\"type\":\"trade\"}{\"type\":\"trade\",\"data\":[]}");
}

static void test_codes_ascend_and_the_unknown_one_is_99(void **state)
{
    struct wire_trade trade = {.symbol = "A", .time_ms = 1, .form = CONDITIONS_LIST};

    (void)state;
    trade.conditions = CODE(41) | CODE(2) | CODE(CONDITION_UNKNOWN) | CODE(CONDITION_SUSPICIOUS);
    encode_trades(&out, &trade, 1, KEYS_DATA_FIRST);
    assert_string_equal(memory, "{\"data\":[{\"c\":[\"2\",\"41\",\"99\"],\"p\":0,\"s\":\"A\","
                                "\"t\":1,\"v\":0}],\"type\":\"trade\"}");
    text_clear(&out);
    trade.conditions = CODE(CONDITION_UNKNOWN);
    encode_trades(&out, &trade, 1, KEYS_DATA_FIRST);
    assert_non_null(strstr(memory, "\"c\":[\"99\"],"));
    text_clear(&out);
    trade.conditions = 0;
    encode_trades(&out, &trade, 1, KEYS_DATA_FIRST);
    assert_non_null(strstr(memory, "\"c\":[],"));
}

static void test_numbers_are_exact_and_small_ones_have_an_exponent(void **state)
{
    static const struct {
        int64_t units;
        const char *text;
    } numbers[] = {
        {0, "\"v\":0}"},
        {1, "\"v\":1e-8}"},
        {9, "\"v\":9e-8}"},
        {10, "\"v\":1e-7}"},
        {25, "\"v\":2.5e-7}"},
        {99, "\"v\":9.9e-7}"},
        {100, "\"v\":0.000001}"}, /* as JavaScript and Go do, from 1e-6 on without */
        {INT64_MAX, "\"v\":92233720368.54775807}"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        struct wire_trade trade = {.symbol = "A", .volume = numbers[i].units};

        text_clear(&out);
        encode_trades(&out, &trade, 1, KEYS_DATA_FIRST);
        assert_non_null(strstr(memory, numbers[i].text));
    }
}

static void test_subscriptions(void **state)
{
    (void)state;
    encode_subscribe(&out, "AAPL", 4);
    assert_string_equal(memory, "{\"type\":\"subscribe\",\"symbol\":\"AAPL\"}");
    text_clear(&out);
    encode_unsubscribe(&out, "IC MARKETS:1", 12);
    assert_string_equal(memory, "{\"type\":\"unsubscribe\",\"symbol\":\"IC MARKETS:1\"}");
}

static void test_symbols_are_escaped(void **state)
{
    struct wire_trade trade = {.symbol = "a\"b\\c\n"};

    (void)state;
    encode_subscribe(&out, "a\"b\\c\n\0d", 8);
    assert_string_equal(memory, "{\"type\":\"subscribe\",\"symbol\":\"a\\\"b\\\\c\\n\\u0000d\"}");
    text_clear(&out);
    encode_trades(&out, &trade, 1, KEYS_DATA_FIRST);
    assert_non_null(strstr(memory, "\"s\":\"a\\\"b\\\\c\\n\","));
}

static void test_pings_and_errors(void **state)
{
    (void)state;
    encode_ping(&out);
    assert_string_equal(memory, "{\"type\":\"ping\"}");
    text_clear(&out);
    encode_error(&out, "Subscribing to too many symbols");
    assert_string_equal(memory, "{\"msg\":\"Subscribing to too many symbols\",\"type\":\"error\"}");
    text_clear(&out);
    encode_error(&out, "Invalid symbol \"X\"");
    assert_string_equal(memory, "{\"msg\":\"Invalid symbol \\\"X\\\"\",\"type\":\"error\"}");
}

static void test_news(void **state)
{
    static const struct wire_news news = {.symbol = "CVVUF",
                                          .headline = "...",
                                          .summary = "... (\"Can\") ...",
                                          .time_s = 1679920200,
                                          .id = 119440189};

    (void)state;
    encode_news(&out, &news);
    assert_string_equal(memory, "{\"data\":[{\"category\":\"company\",\"datetime\":1679920200,"
                                "\"headline\":\"...\",\"id\":119440189,\"image\":\"\","
                                "\"related\":\"CVVUF\",\"source\":\"\","
                                "\"summary\":\"... (\\\"Can\\\") ...\",\"url\":\"\"}],"
                                "\"type\":\"news\"}");
}

static void test_a_message_that_does_not_fit_is_cut_and_says_so(void **state)
{
    (void)state;
    text_init(&out, memory, 16);
    encode_ping(&out);
    assert_false(out.cut);
    text_init(&out, memory, 15);
    encode_ping(&out);
    assert_true(out.cut);
}

/* The largest of everything: a name of 31 bytes that each become six, all codes, long numbers. */
static void test_the_stated_sizes_are_enough(void **state)
{
    static const char name[SYMBOL_NAME_MAX] =
        "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1";
    static const struct wire_trade trade = {.symbol = name,
                                            .time_ms = INT64_MIN,
                                            .price = INT64_MIN,
                                            .volume = INT64_MIN,
                                            .conditions = UINT64_MAX,
                                            .form = CONDITIONS_LIST};
    size_t envelope;

    (void)state;
    encode_trades(&out, NULL, 0, KEYS_DATA_FIRST);
    envelope = out.length;
    assert_true(envelope < ENCODE_ENVELOPE_MAX);
    text_clear(&out);
    encode_trades(&out, &trade, 1, KEYS_DATA_FIRST);
    assert_true(out.length - envelope + strlen(",") <= ENCODE_ENTRY_MAX);
    text_clear(&out);
    encode_unsubscribe(&out, name, sizeof name - 1);
    assert_true(out.length < ENCODE_SUBSCRIPTION_MAX);
    assert_false(out.cut);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_older_order_of_keys),
        TEST(test_the_newer_order_of_keys),
        TEST(test_conditions_that_are_null_or_not_there),
        TEST(test_no_trades_make_an_empty_array),
        TEST(test_codes_ascend_and_the_unknown_one_is_99),
        TEST(test_numbers_are_exact_and_small_ones_have_an_exponent),
        TEST(test_subscriptions),
        TEST(test_symbols_are_escaped),
        TEST(test_pings_and_errors),
        TEST(test_news),
        TEST(test_a_message_that_does_not_fit_is_cut_and_says_so),
        TEST(test_the_stated_sizes_are_enough),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
