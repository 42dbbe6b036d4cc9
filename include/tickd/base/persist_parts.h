/* What the files of persist share: for them and for tests that write states by hand. */
#ifndef TICKD_BASE_PERSIST_PARTS_H
#define TICKD_BASE_PERSIST_PARTS_H

#include "tickd/base/persist.h"

/* What stands around a section's items. */

enum { PERSIST_SECTION_MAGIC = 0x74434553 /* "SECt" */ };

struct persist_section_head {
    uint32_t magic;
    uint32_t version;
    char name[PERSIST_NAME_MAX]; /* filled up with zeros */
    uint64_t length;             /* of the items */
    uint64_t unused[3];
};

struct persist_section_end {
    uint64_t checksum;
    uint64_t length;
};

_Static_assert(sizeof(struct persist_section_head) % PERSIST_ALIGNMENT == 0, "items stay aligned");
_Static_assert(sizeof(struct persist_section_end) % PERSIST_ALIGNMENT == 0,
               "sections stay aligned");

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

/* Of a section's bytes from its head to its last item, block by block. */
uint64_t persist_checksum(const void *bytes, size_t size);

#endif
