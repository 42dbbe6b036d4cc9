/* What the two halves of the decoder share: for decode.c and decode_slow.c alone. */
#ifndef TICKD_FEED_DECODE_PARTS_H
#define TICKD_FEED_DECODE_PARTS_H

#include "tickd/feed/decode.h"
#include "tickd/feed/entry.h"

struct decoder {
    size_t frame_bytes_max;
    struct symbol_table *symbols;
    struct trade *trades;
    size_t capacity;
};

/* Sorts by (time_ms, order) in place: trades that are in order already in one pass, and any in
 * O(n log n). */
void decode_sort(struct trade *trades, size_t count);

/* Makes `frame` a FRAME_MALFORMED that says what is wrong; `byte` counts from 1. */
void decode_malformed(struct frame *frame, size_t byte, const char *what);

#endif
