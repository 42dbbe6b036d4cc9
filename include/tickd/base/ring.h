/* A ring of equal entries that keeps exactly the newest N, in order.
 *
 *      oldest                    newest
 *        │                         │
 *     ┌──▼──┬─────┬─────┬─────┬────▼─┐     after K appends: min(K, N) entries,
 *     │ K−N │ …   │     │     │ K−1  │     the oldest being number K−N
 *     └─────┴─────┴─────┴─────┴──────┘
 *
 * When it is full an append overwrites the oldest entry; nothing ever fails or allocates.
 * Accounting that always holds: appended = size + overwritten. Entry number n is in slot
 * n modulo N.
 */
#ifndef TICKD_BASE_RING_H
#define TICKD_BASE_RING_H

#include "tickd/base/arena.h"
#include "tickd/base/compiler.h"

struct ring {
    unsigned char *entries;
    size_t entry_size;
    size_t capacity; /* at least 1 */
    size_t next;     /* slot of the next append */
    uint64_t appended;
    uint64_t first; /* none before this number; not 0 after a load from a smaller ring */
};

/* Takes capacity × entry_size from the arena; capacity ≥ 1, entry_size ≥ 1. On a measuring arena
 * only counts. owner and what name the line of the budget. */
void ring_init(struct ring *ring, struct arena *arena, const char *owner, const char *what,
               size_t capacity, size_t entry_size);

/* Same over memory of the caller's, of capacity × entry_size bytes. */
void ring_init_over(struct ring *ring, void *memory, size_t capacity, size_t entry_size);

/* The slot of a new newest entry, to be written by the caller; it still holds the bytes of the
 * entry that it overwrites. Valid until the ring has turned once more. */
void *ring_append(struct ring *ring);

/* Appends a copy of entry_size bytes. */
void ring_push(struct ring *ring, const void *entry);

size_t ring_size(const struct ring *ring);
uint64_t ring_overwritten(const struct ring *ring);

/* Entry `index`, 0 the oldest; index < ring_size(). */
const void *ring_at(const struct ring *ring, size_t index);

/* Entry `index` from the end, 0 the newest; index < ring_size(). */
const void *ring_newest(const struct ring *ring, size_t index);

/* Entry by its number since the first append (0-based), or NULL when it was overwritten or is not
 * yet there. */
const void *ring_by_number(const struct ring *ring, uint64_t number);

void ring_clear(struct ring *ring);

#endif
