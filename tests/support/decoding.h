/* A pair of decoders (frames.h) for unit tests, and what tests say about the frame that they gave.
 * Include it after cmocka.h; it is all static. */
#ifndef TICKD_SUPPORT_DECODING_H
#define TICKD_SUPPORT_DECODING_H

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "support/frames.h"

#define CODE(code) (UINT64_C(1) << (code))

enum { FRAME_BYTES_MAX = 4096, NAMES_MAX = 8 };

static struct frame_decoder first;
static struct frame_decoder second;
static struct frame frame;
static bool scanned;

static inline void decode_bytes(const char *bytes, size_t length)
{
    char *copy = malloc(length + 1); /* on the heap: a sanitizer sees a read beyond it */

    assert_non_null(copy);
    memcpy(copy + 1, bytes, length);
    scanned = frames_check(&first, &second, copy + 1, length, &frame);
    free(copy);
}

static inline void decode(const char *message)
{
    decode_bytes(message, strlen(message));
}

/* Decodes a message with values in it, as printf has them. */
TICKD_PRINTF(1, 2) static inline void decode_format(const char *format, ...)
{
    static char memory[FRAME_BYTES_MAX];
    struct text message;
    va_list arguments;

    va_start(arguments, format);
    text_init(&message, memory, sizeof memory);
    text_format_list(&message, format, arguments);
    va_end(arguments);
    assert_false(message.cut);
    decode_bytes(memory, message.length);
}

/* Decodes what the scanner has to take. */
static inline void scan(const char *message)
{
    decode(message);
    assert_true(scanned);
    assert_int_equal(frame.kind, FRAME_TRADES);
}

/* Decodes what the scanner has to leave. */
static inline void leave(const char *message)
{
    decode(message);
    assert_false(scanned);
}

static inline void assert_trade(size_t index, const char *symbol, int64_t time_ms, int64_t price,
                                int64_t volume, uint64_t conditions)
{
    assert_true(index < frame.trade_count);
    const struct trade *trade = &frame.trades[index];

    assert_string_equal(symbols_name(&first.symbols, trade->symbol), symbol);
    assert_int_equal(trade->time_ms, time_ms);
    assert_int_equal(trade->price, price);
    assert_int_equal(trade->volume, volume);
    assert_int_equal(trade->conditions, conditions);
}

static inline void assert_counts(size_t trades, size_t malformed)
{
    assert_int_equal(frame.kind, FRAME_TRADES);
    assert_int_equal(frame.trade_count, trades);
    assert_int_equal(frame.malformed_count, malformed);
    assert_string_equal(frame.text, "");
}

static inline int set_up(void **state)
{
    (void)state;
    frame_decoder_init(&first, FRAME_BYTES_MAX, NAMES_MAX);
    frame_decoder_init(&second, FRAME_BYTES_MAX, NAMES_MAX);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    frame_decoder_fini(&first);
    frame_decoder_fini(&second);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
