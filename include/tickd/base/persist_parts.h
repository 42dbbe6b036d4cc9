/* What the files of persist share, and nobody else. */
#ifndef TICKD_BASE_PERSIST_PARTS_H
#define TICKD_BASE_PERSIST_PARTS_H

#include "tickd/base/persist.h"

/* The kinds of items, as the layout's digest sees them. */
enum persist_item_kind { ITEM_SECTION = 1, ITEM_BYTES, ITEM_ARRAY, ITEM_RING, ITEM_HISTORY };

/* Into the layout: what the state's sizes are, whatever its values. While measuring alone. */
void persist_note(struct persist *persist, enum persist_item_kind kind, uint64_t size,
                  uint64_t capacity);

/* Measuring and saving: bytes go out; after an item of `size` bytes it is filled up to where the
 * next one begins; what is still in the buffer is written. */
void persist_put(struct persist *persist, const void *memory, size_t size);
void persist_fill_up(struct persist *persist, size_t size);
void persist_flush(struct persist *persist);

/* Reading: the next item of `size` bytes; NULL when it is not there, or reading has failed. */
const unsigned char *persist_take(struct persist *persist, size_t size);

#endif
