/* Messages that the scanner leaves to cJSON: other types, escapes, and what is no message at all,
 * with the text that says so. Pings, errors and news are as captured from wss://ws.finnhub.io and
 * quoted in the issues of github.com/finnhubio/Finnhub-API. */
#include "tickd/feed/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include "support/decoding.h"
#include "tickd/base/text.h"

static void assert_malformed(const char *message, const char *reason)
{
    decode(message);
    assert_int_equal(frame.kind, FRAME_MALFORMED);
    assert_string_equal(frame.text, reason);
    assert_int_equal(frame.trade_count, 0);
}

static void test_pings_errors_and_news(void **state)
{
    (void)state;
    leave("{\"type\":\"ping\"}");
    assert_int_equal(frame.kind, FRAME_PING);
    leave("{\"msg\":\"Subscribing to too many symbols\",\"type\":\"error\"}");
    assert_int_equal(frame.kind, FRAME_ERROR);
    assert_string_equal(frame.text, "Subscribing to too many symbols");
    leave("{\"msg\":\"Invalid symbol OANDA:EUR_USD\",\"type\":\"error\"}");
    assert_int_equal(frame.kind, FRAME_ERROR);
    assert_string_equal(frame.text, "Invalid symbol OANDA:EUR_USD");
    leave("{\"data\":[{\"category\":\"company\",\"datetime\":1679920200,\"headline\":\"...\","
          "\"id\":119440189,\"image\":\"...\",\"related\":\"CVVUF\",\"source\":\"Yahoo\","
          "\"summary\":\"... (\\\"Can\\\") ...\",\"url\":\"...\"}],\"type\":\"news\"}");
    assert_int_equal(frame.kind, FRAME_NEWS);
    leave("{\"data\":[],\"type\":\"pr\"}");
    assert_int_equal(frame.kind, FRAME_NEWS);
}

static void test_an_error_without_a_message_has_no_text(void **state)
{
    (void)state;
    leave("{\"type\":\"error\"}");
    assert_int_equal(frame.kind, FRAME_ERROR);
    assert_string_equal(frame.text, "");
    leave("{\"type\":\"error\",\"msg\":401}");
    assert_int_equal(frame.kind, FRAME_ERROR);
    assert_string_equal(frame.text, "");
}

static void test_an_unknown_type_is_named(void **state)
{
    (void)state;
    leave("{\"type\":\"quote\",\"data\":[1,2,{\"x\":[]}]}");
    assert_int_equal(frame.kind, FRAME_UNKNOWN);
    assert_string_equal(frame.text, "quote");
    leave("{\"type\":\"Trade\",\"data\":[]}");
    assert_int_equal(frame.kind, FRAME_UNKNOWN);
}

static void test_texts_are_printable_and_cut_at_a_whole_character(void **state)
{
    char memory[600];
    struct text message;

    (void)state;
    leave("{\"type\":\"a\\u0007b\\nc\\u007fd\\u0085e\\u0000f\"}");
    assert_int_equal(frame.kind, FRAME_UNKNOWN);
    assert_string_equal(frame.text, "a b c d  e f");
    text_init(&message, memory, sizeof memory);
    text_add(&message, "{\"type\":\"error\",\"msg\":\"x");
    for (size_t i = 0; i < 100; i++)
        text_add(&message, "é");
    text_add(&message, "\"}");
    leave(memory);
    assert_int_equal(frame.kind, FRAME_ERROR);
    assert_int_equal(strlen(frame.text), FRAME_TEXT_MAX - 1); /* x and 79 of two bytes each */
}

static void test_a_vertical_tab_is_no_blank(void **state)
{
    (void)state;
    assert_malformed("{\"type\":\v\"ping\"}", "byte 9: nothing in JSON begins with this byte");
    assert_malformed("{\"type\":\"ping\"}\f", "byte 16: nothing in JSON begins with this byte");
}

static void test_escapes_are_read_as_what_they_stand_for(void **state)
{
    (void)state;
    leave(
        "{\"d\\u0061ta\":[{\"\\u0070\":1.5,\"s\":\"BINANCE\\u003ABTC\\/USDT\","
        "\"t\":1628238530220,\"v\":2,\"c\":[\"\\u0031\",\"1\\u0032\"]}],\"type\":\"tr\\u0061de\"}");
    assert_counts(1, 0);
    assert_trade(0, "BINANCE:BTC/USDT", 1628238530220, 150000000, 200000000, CODE(1) | CODE(12));
}

static void test_names_beyond_ascii(void **state)
{
    (void)state;
    leave("{\"data\":[{\"p\":1,\"s\":\"ZÜRICH:é\",\"t\":1628238530220,\"v\":1},"
          "{\"p\":1,\"s\":\"Z\\u00dcRICH:\\u00e9\",\"t\":1628238530220,\"v\":1},"
          "{\"p\":1,\"s\":\"\\ud83d\\ude00\",\"t\":1628238530220,\"v\":1}],\"type\":\"trade\"}");
    assert_counts(3, 0);
    assert_trade(0, "ZÜRICH:é", 1628238530220, 100000000, 100000000, 0);
    assert_trade(1, "ZÜRICH:é", 1628238530220, 100000000, 100000000, 0);
    assert_trade(2, "\xf0\x9f\x98\x80", 1628238530220, 100000000, 100000000, 0);
}

static void test_what_is_no_message_says_where_and_why(void **state)
{
    (void)state;
    decode_bytes("", 0);
    assert_int_equal(frame.kind, FRAME_MALFORMED);
    assert_string_equal(frame.text, "byte 1: an empty message");
    assert_malformed("hello", "byte 1: nothing in JSON begins with this byte");
    assert_malformed("tru", "byte 1: a word that is neither true nor false nor null");
    assert_malformed("[]", "byte 1: not an object");
    assert_malformed("12", "byte 1: not an object");
    assert_malformed("\"trade\"", "byte 1: not an object");
    assert_malformed("{}", "byte 1: a message without a string \"type\"");
    assert_malformed("{\"type\":7}", "byte 1: a message without a string \"type\"");
    assert_malformed("{\"type\":\"trade\"}", "byte 1: a trade message without an array \"data\"");
    assert_malformed("{\"type\":\"trade\",\"data\":{}}",
                     "byte 1: a trade message without an array \"data\"");
    assert_malformed("{\"type\":\"trade\",\"data\":null}",
                     "byte 1: a trade message without an array \"data\"");
    assert_malformed("{\"type\":\"ping\"",
                     "byte 15: no longer JSON by here, or no memory to read it");
    assert_malformed("{\"type\":\"ping\"}}", "byte 16: a bracket that closes nothing");
    assert_malformed("{\"type\":\"ping\"} {",
                     "byte 17: no longer JSON by here, or no memory to read it");
    assert_malformed("{\"type\":\"ping\",}",
                     "byte 17: no longer JSON by here, or no memory to read it");
    assert_malformed("{\"type\" \"ping\"}",
                     "byte 9: no longer JSON by here, or no memory to read it");
    assert_malformed("{\"type\":\"ping", "byte 9: a string without an end");
    assert_malformed("{\"type\":\"ping\\", "byte 9: a string without an end");
    assert_malformed("{\"type\":\"pi\ng\"}", "byte 9: a string with a control character in it");
    assert_malformed("{\"type\":\"pi\xffg\"}", "byte 9: a string that is not UTF-8");
    assert_malformed("\xef\xbb\xbf{\"type\":\"ping\"}",
                     "byte 1: nothing in JSON begins with this byte");
    assert_malformed("{'type':'ping'}", "byte 2: nothing in JSON begins with this byte");
    assert_malformed("{\"type\":\"ping\",5:1}", "byte 17: a number as a key");
}

static void test_what_cjson_would_let_pass_is_malformed(void **state)
{
    static const char *const numbers[] = {"01",  "1.",  ".5",   "+1",   "-",   "1e", "0x1",
                                          "1e+", "-01", "1.e5", "1..2", "1-2", "NaN"};

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        decode_format("{\"data\":[{\"p\":%s,\"s\":\"A\",\"t\":1628238530220,\"v\":1}],"
                      "\"type\":\"trade\"}",
                      numbers[i]);
        assert_int_equal(frame.kind, FRAME_MALFORMED);
    }
    decode("{\"type\":\"ping\",\"x\":\"\\ud800\"}"); /* half a pair */
    assert_int_equal(frame.kind, FRAME_MALFORMED);
    decode("{\"type\":\"ping\",\"x\":\"\\q\"}");
    assert_int_equal(frame.kind, FRAME_MALFORMED);
    decode("{\"type\":\"ping\",\"x\":[1,]}");
    assert_int_equal(frame.kind, FRAME_MALFORMED);
    decode("{\"type\":\"ping\",\"x\":nullnull}");
    assert_int_equal(frame.kind, FRAME_MALFORMED);
}

static void test_a_zero_byte_is_no_end(void **state)
{
    static const char after[] = "{\"type\":\"ping\"}\0";
    static const char inside[] = "{\"type\":\"pi\0ng\"}";

    (void)state;
    decode_bytes(after, sizeof after - 1);
    assert_int_equal(frame.kind, FRAME_MALFORMED);
    assert_string_equal(frame.text, "byte 16: nothing in JSON begins with this byte");
    decode_bytes(inside, sizeof inside - 1);
    assert_int_equal(frame.kind, FRAME_MALFORMED);
    assert_string_equal(frame.text, "byte 9: a string with a control character in it");
}

/* A message with arrays of this depth inside its object. */
static void decode_nested(size_t depth)
{
    char memory[FRAME_BYTES_MAX];
    struct text message;

    text_init(&message, memory, sizeof memory);
    text_add(&message, "{\"type\":\"x\",\"y\":");
    for (size_t i = 0; i < depth; i++)
        text_add_char(&message, '[');
    for (size_t i = 0; i < depth; i++)
        text_add_char(&message, ']');
    text_add_char(&message, '}');
    decode(memory);
}

static void test_nesting_is_bounded(void **state)
{
    static char message[FRAME_BYTES_MAX];

    (void)state;
    decode_nested(63);
    assert_int_equal(frame.kind, FRAME_UNKNOWN);
    decode_nested(64);
    assert_int_equal(frame.kind, FRAME_MALFORMED);
    assert_string_equal(frame.text, "byte 80: nested too deeply");
    memset(message, '[', sizeof message);
    decode_bytes(message, sizeof message);
    assert_int_equal(frame.kind, FRAME_MALFORMED);
}

static size_t allocations_left;

static void *allocate_some(size_t size)
{
    if (allocations_left == 0)
        return NULL;
    allocations_left--;
    return malloc(size);
}

static void test_without_memory_a_frame_is_malformed(void **state)
{
    static const char message[] =
        "{\"data\":[{\"c\":[\"1\"],\"p\":1,\"s\":\"\\u0041\",\"t\":1628238530220,\"v\":1}],"
        "\"type\":\"trade\"}";
    cJSON_Hooks hooks = {.malloc_fn = allocate_some, .free_fn = free};
    size_t allowed = 0;

    (void)state;
    cJSON_InitHooks(&hooks);
    for (; allowed < 1000; allowed++) {
        allocations_left = allowed;
        decoder_decode_slowly(first.decoder, message, sizeof message - 1, &frame);
        if (frame.kind != FRAME_MALFORMED)
            break;
        assert_non_null(strstr(frame.text, "no memory to read it"));
        assert_int_equal(frame.trade_count, 0);
    }
    cJSON_InitHooks(NULL);
    assert_counts(1, 0);
    assert_true(allowed > 10); /* the copy, nine values, their texts and keys */
}

static void test_too_many_values_are_malformed(void **state)
{
    enum { VALUES = 131072, BYTES_MAX = 1 << 20 };
    static char memory[BYTES_MAX];
    struct frame_decoder large;
    struct text message;
    size_t count = 5; /* the object, two keys, a string, the array */

    (void)state;
    frame_decoder_init(&large, BYTES_MAX, NAMES_MAX);
    text_init(&message, memory, sizeof memory);
    text_add(&message, "{\"type\":\"x\",\"y\":[");
    for (; count < VALUES - 1; count++)
        text_add(&message, "0,");
    text_add(&message, "0]}");
    decoder_decode(large.decoder, memory, message.length, &frame);
    assert_int_equal(frame.kind, FRAME_UNKNOWN);
    message.length -= 2;
    text_add(&message, ",0]}");
    decoder_decode(large.decoder, memory, message.length, &frame);
    assert_int_equal(frame.kind, FRAME_MALFORMED);
    assert_non_null(strstr(frame.text, "too many values in one message"));
    frame_decoder_fini(&large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pings_errors_and_news),
        TEST(test_an_error_without_a_message_has_no_text),
        TEST(test_an_unknown_type_is_named),
        TEST(test_texts_are_printable_and_cut_at_a_whole_character),
        TEST(test_a_vertical_tab_is_no_blank),
        TEST(test_escapes_are_read_as_what_they_stand_for),
        TEST(test_names_beyond_ascii),
        TEST(test_what_is_no_message_says_where_and_why),
        TEST(test_what_cjson_would_let_pass_is_malformed),
        TEST(test_a_zero_byte_is_no_end),
        TEST(test_nesting_is_bounded),
        TEST(test_without_memory_a_frame_is_malformed),
        TEST(test_too_many_values_are_malformed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
