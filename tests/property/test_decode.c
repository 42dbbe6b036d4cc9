/* Random trade messages, through the encoder and back; and random damage to them, on which the
 * scanner and cJSON must agree. */
#include "tickd/feed/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/frames.h"
#include "support/seed.h"
#include "tickd/base/decimal.h"
#include "tickd/base/rng.h"
#include "tickd/feed/encode.h"
#include "tickd/market/conditions.h"

enum {
    ROUNDS = 3000,
    TRADES_MAX = 60, /* beyond what insertion sorts */
    MESSAGE_BYTES_MAX = 65536,
    NAMES_MAX = 64
};

static const char *const names[] = {"AAPL",
                                    "BINANCE:BTCUSDT",
                                    "IC MARKETS:1",
                                    "OANDA:EUR_USD",
                                    "A",
                                    "BRK.B",
                                    "a\"b\\c",
                                    "ZÜRICH:é",
                                    "",
                                    "a name that is longer than 31 bytes"};

static struct rng rng;
static struct frame_decoder first;
static struct frame_decoder second;
static char memory[MESSAGE_BYTES_MAX];

static size_t below(size_t bound)
{
    return (size_t)rng_below(&rng, bound);
}

/* A decimal of any size, small ones as likely as large ones. */
static int64_t random_decimal(void)
{
    return (int64_t)(rng_next(&rng) >> (1 + below(63)));
}

static struct wire_trade random_trade(void)
{
    struct wire_trade trade = {
        .symbol = names[below(ARRAY_LENGTH(names))],
        .time_ms = TRADE_TIME_MS_MIN +
                   (int64_t)rng_below(&rng, (uint64_t)(TRADE_TIME_MS_MAX - TRADE_TIME_MS_MIN + 1)),
        .price = 1 + random_decimal() / 2,
        .volume = random_decimal(),
        .form = (enum conditions_form)below(4),
    };

    if (below(2) == 0)
        trade.time_ms = 1787924136086 + (int64_t)below(20); /* many in the same millisecond */
    for (size_t i = below(5); i > 0; i--)
        trade.conditions |= UINT64_C(1) << below(CONDITION_CODE_MAX + 1);
    return trade;
}

static size_t random_trades(struct wire_trade *trades, struct text *message)
{
    size_t count = below(2) == 0 ? below(4) : below(TRADES_MAX + 1);

    for (size_t i = 0; i < count; i++)
        trades[i] = random_trade();
    text_init(message, memory, sizeof memory);
    encode_trades(message, trades, count, (enum key_order)below(2));
    assert_false(message->cut);
    return count;
}

/* Where a trade that was sent has to be found: behind all that are earlier, or as early and before
 * it in the message. */
static size_t place_of(const struct wire_trade *trades, size_t count, size_t index)
{
    size_t place = 0;

    for (size_t i = 0; i < count; i++) {
        if (trades[i].time_ms < trades[index].time_ms ||
            (trades[i].time_ms == trades[index].time_ms && i < index))
            place++;
    }
    return place;
}

static bool can_be_a_name(const char *name)
{
    return name[0] != '\0' && strlen(name) < SYMBOL_NAME_MAX;
}

static void check_trade(const struct wire_trade *sent, const struct trade *got)
{
    assert_int_equal(got->time_ms, sent->time_ms);
    assert_int_equal(got->price, sent->price);
    assert_int_equal(got->volume, sent->volume);
    assert_int_equal(got->conditions, sent->form == CONDITIONS_LIST ? sent->conditions : 0);
    assert_string_equal(symbols_name(&first.symbols, got->symbol),
                        can_be_a_name(sent->symbol) ? sent->symbol : "");
}

static void test_what_is_encoded_is_decoded_as_it_was(void **state)
{
    static struct wire_trade trades[TRADES_MAX];

    (void)state;
    for (size_t round = 0; round < ROUNDS; round++) {
        struct text message;
        struct frame frame;
        size_t count = random_trades(trades, &message);
        bool scanned = frames_check(&first, &second, memory, message.length, &frame);
        bool plain = true;

        for (size_t i = 0; i < count; i++)
            plain = plain && strpbrk(trades[i].symbol, "\"\\Ü") == NULL;
        assert_int_equal(scanned, plain);
        assert_int_equal(frame.kind, FRAME_TRADES);
        assert_int_equal(frame.trade_count, count);
        assert_int_equal(frame.malformed_count, 0);
        for (size_t i = 0; i < count; i++)
            check_trade(&trades[i], &frame.trades[place_of(trades, count, i)]);
    }
}

/* Pieces of JSON, right and wrong, that damage is made of. */
static const char *const pieces[] = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    " ",
    "\n",
    "\t",
    "\\",
    "null",
    "true",
    "false",
    "0",
    "-",
    "1e3",
    "e",
    "E-2",
    ".",
    ".5",
    "1e12",
    "\"c\":null",
    "\"c\":[],",
    "\"p\":",
    "\"p\":1,",
    "\"t\":1e12,",
    "\"s\":",
    "\"s\":\"\",",
    "\"x\":",
    "\"x\":{},",
    "\"v\":-1,",
    "[\"1\"]",
    "\"12\"",
    "\\u0041",
    "\xc3\xa9",
    "\xff",
    "{}",
    ",{}",
    "00000000",
    "\"type\":\"trade\",",
    "\"data\":[],",
    "123456789012345678901234567890",
};

static size_t insert(size_t length, size_t at, const char *piece, size_t piece_length)
{
    if (length + piece_length > sizeof memory)
        return length;
    memmove(memory + at + piece_length, memory + at, length - at);
    memcpy(memory + at, piece, piece_length);
    return length + piece_length;
}

static size_t damage(size_t length)
{
    size_t at = below(length + 1);
    size_t span = at < length ? 1 + below(length - at < 16 ? length - at : 16) : 0;
    const char *piece = pieces[below(ARRAY_LENGTH(pieces))];
    char copy[16];

    switch (below(5)) {
    case 0: /* take away */
        memmove(memory + at, memory + at + span, length - at - span);
        return length - span;
    case 1: /* one other byte */
        if (at < length)
            memory[at] = (char)rng_below(&rng, 256);
        return length;
    case 2: /* one other digit or letter */
        if (at < length)
            memory[at] = "0123456789cpstv.eE-+"[below(20)];
        return length;
    case 3: /* the same once more */
        memcpy(copy, memory + at, span);
        return insert(length, at, copy, span);
    default:
        return insert(length, at, piece, strlen(piece));
    }
}

static void test_scanner_and_cjson_agree_on_damaged_messages(void **state)
{
    static struct wire_trade trades[TRADES_MAX];
    size_t taken = 0;
    size_t lost_entries = 0;
    size_t malformed = 0;

    (void)state;
    for (size_t round = 0; round < ROUNDS * 5; round++) {
        struct text message;
        struct frame frame;

        if (round % 16 == 0) {
            frame_decoder_forget_names(&first, NAMES_MAX);
            frame_decoder_forget_names(&second, NAMES_MAX);
        }
        random_trades(trades, &message);
        size_t length = message.length;

        for (size_t times = 1 + below(3); times > 0; times--)
            length = damage(length);
        taken += frames_check(&first, &second, memory, length, &frame) ? 1 : 0;
        lost_entries += frame.malformed_count > 0 ? 1 : 0;
        malformed += frame.kind == FRAME_MALFORMED ? 1 : 0;
    }
    /* Damage of every degree has been seen. */
    assert_true(taken > ROUNDS / 10);
    assert_true(lost_entries > ROUNDS / 10);
    assert_true(malformed > ROUNDS / 10);
}

static int set_up(void **state)
{
    (void)state;
    rng_seed(&rng, test_seed());
    frame_decoder_init(&first, MESSAGE_BYTES_MAX, NAMES_MAX);
    frame_decoder_init(&second, MESSAGE_BYTES_MAX, NAMES_MAX);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    frame_decoder_fini(&first);
    frame_decoder_fini(&second);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_encoded_is_decoded_as_it_was, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_scanner_and_cjson_agree_on_damaged_messages, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
