/* Finnhub's messages, from bytes to trades.
 *
 * A scanner made for `trade` messages takes them in any key order, with any whitespace, every form
 * of "c" and any JSON number, straight into exact decimals, without allocating. What it does not
 * take (escapes in strings, other types, anything unusual) goes to cJSON, which decides. Where both
 * accept a frame they agree on every entry; a fuzzer holds them to that.
 *
 * An entry is malformed, and only that entry lost, when a field is missing, of the wrong type or
 * out of range: price ≤ 0, volume < 0, a number that does not fit a decimal, time outside
 * TRADE_TIME_MS_MIN/MAX or not whole; values are judged as they are kept, rounded to 1e-8. "c" may
 * be absent, null or an array of strings. Keys that appear twice: the last one counts.
 *
 * A trade's `order` is its place among the usable entries of its frame. A symbol is looked up, and
 * adopted, only when the whole frame has been accepted and the entry is usable; what cannot be a
 * name is SYMBOL_NONE. The text of a malformed frame says at which byte, counted from 1.
 *
 * cJSON's half allocates, and so has limits that the scanner does not need: 64 levels of nesting
 * and 131,072 values in a message. Beyond them, or without memory, a frame is malformed. */
#ifndef TICKD_FEED_DECODE_H
#define TICKD_FEED_DECODE_H

#include "tickd/base/arena.h"
#include "tickd/engine/input.h"
#include "tickd/market/symbols.h"

struct decoder;

/* A decoder for frames of at most `frame_bytes_max` bytes, with room for every trade that such a
 * frame can hold. `symbols` is used by every call and must outlive it. NULL while measuring. */
struct decoder *decoder_create(struct arena *arena, size_t frame_bytes_max,
                               struct symbol_table *symbols);

/* Decodes one whole message. Never fails: what is no message ends as FRAME_MALFORMED. `bytes` need
 * not end in a zero and are not changed. */
void decoder_decode(struct decoder *decoder, const char *bytes, size_t length, struct frame *frame);

/* The two halves, apart, for tests and the fuzzer. The scanner returns false when it leaves the
 * frame to cJSON (frame is then unusable). The other takes everything. */
bool decoder_scan(struct decoder *decoder, const char *bytes, size_t length, struct frame *frame);
void decoder_decode_slowly(struct decoder *decoder, const char *bytes, size_t length,
                           struct frame *frame);

#endif
