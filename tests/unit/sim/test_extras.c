/* Messages beside the trades are what they claim to be, as the decoder of the feed sees them. */
#include "tickd/sim/extras.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/decimal.h"
#include "tickd/feed/decode.h"

enum { FRAME_BYTES_MAX = 65536, TURNS = 24 };

static struct arena arena;
static struct symbol_table symbols;
static struct decoder *decoder;
static struct frame decoded;

static struct sim_entry entry = {
    .wire = {.symbol = "BINANCE:BTCUSDT",
             .time_ms = INT64_C(1575526691134),
             .price = 7296 * DECIMAL_ONE,
             .volume = DECIMAL_ONE,
             .form = CONDITIONS_NULL},
};
static struct sim_frame frame = {.entries = &entry, .count = 1, .order = KEYS_TYPE_FIRST};

static char memory[FRAME_BYTES_MAX];
static struct text text;
static enum websocket_opcode opcode;

static void build(struct arena *in)
{
    symbols_init(&symbols, in, 8, false);
    decoder = decoder_create(in, FRAME_BYTES_MAX, &symbols);
}

static int set_up(void **state)
{
    struct arena measuring;
    uint16_t id;
    (void)state;
    arena_init_measuring(&measuring);
    build(&measuring);
    assert_int_equal(arena_init(&arena, measuring.used), 0);
    build(&arena);
    return symbols_add(&symbols, entry.wire.symbol, strlen(entry.wire.symbol), &id);
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static void make(enum fault fault, uint64_t turn)
{
    text_init(&text, memory, sizeof memory);
    extra_message(fault, turn, &frame, 20000, &text, &opcode);
    assert_false(text.cut);
    assert_true(fault == FAULT_OVERSIZED || text.length < EXTRA_MAX);
    assert_int_equal(opcode, fault == FAULT_BINARY ? WEBSOCKET_BINARY : WEBSOCKET_TEXT);
    decoder_decode(decoder, text.data, text.length, &decoded);
}

static void test_each_kind_decodes_as_what_it_claims_to_be(void **state)
{
    (void)state;
    static const struct {
        enum fault fault;
        enum frame_kind kind;
    } kinds[] = {
        {FAULT_UNKNOWN_TYPES, FRAME_UNKNOWN}, {FAULT_NEWS, FRAME_NEWS},
        {FAULT_OVERSIZED, FRAME_UNKNOWN},     {FAULT_GARBAGE, FRAME_MALFORMED},
        {FAULT_TRUNCATED, FRAME_MALFORMED},   {FAULT_BAD_ENTRIES, FRAME_TRADES},
        {FAULT_STRANGERS, FRAME_TRADES},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        for (uint64_t turn = 0; turn < TURNS; turn++) {
            make(kinds[i].fault, turn);
            if (decoded.kind != kinds[i].kind) {
                fail_msg("%s, turn %d, is of kind %d: %.200s", fault_name(kinds[i].fault),
                         (int)turn, (int)decoded.kind, text.data);
            }
        }
    }
}

static void test_no_bad_entry_can_be_used(void **state)
{
    (void)state;
    for (uint64_t turn = 0; turn < TURNS; turn++) {
        make(FAULT_BAD_ENTRIES, turn);
        if (decoded.trade_count != 0 || decoded.malformed_count == 0) {
            fail_msg("turn %d can be used: %s", (int)turn, text.data);
        }
    }
}

static void test_a_stranger_is_a_trade_of_no_known_symbol(void **state)
{
    (void)state;
    make(FAULT_STRANGERS, 0);
    assert_int_equal(decoded.trade_count, 1);
    assert_int_equal(decoded.trades[0].symbol, SYMBOL_NONE);
}

static void test_text_that_should_be_no_utf8_is_none(void **state)
{
    (void)state;
    for (uint64_t turn = 0; turn < TURNS; turn++) {
        make(FAULT_INVALID_UTF8, turn);
        assert_false(text_is_utf8(text.data, text.length));
        make(FAULT_NEWS, turn);
        assert_true(text_is_utf8(text.data, text.length));
    }
}

static void test_an_oversized_message_has_exactly_its_size(void **state)
{
    (void)state;
    make(FAULT_OVERSIZED, 0);
    assert_int_equal(text.length, 20000);
}

static void test_empty_messages_hold_no_trade(void **state)
{
    (void)state;
    for (uint64_t turn = 0; turn < TURNS; turn++) {
        make(FAULT_EMPTY, turn);
        assert_true(decoded.kind != FRAME_TRADES ||
                    decoded.trade_count + decoded.malformed_count == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind_decodes_as_what_it_claims_to_be),
        cmocka_unit_test(test_no_bad_entry_can_be_used),
        cmocka_unit_test(test_a_stranger_is_a_trade_of_no_known_symbol),
        cmocka_unit_test(test_text_that_should_be_no_utf8_is_none),
        cmocka_unit_test(test_an_oversized_message_has_exactly_its_size),
        cmocka_unit_test(test_empty_messages_hold_no_trade),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
