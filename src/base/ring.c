/* The ring: a cursor that wraps by comparison, so that no append divides. */
#include "tickd/base/ring.h"

#include <string.h>

#include "tickd/base/assert.h"

void ring_init(struct ring *ring, struct arena *arena, const char *owner, const char *what,
               size_t capacity, size_t entry_size)
{
    ring_init_over(ring, arena_take(arena, owner, what, capacity, entry_size), capacity,
                   entry_size);
}

void ring_init_over(struct ring *ring, void *memory, size_t capacity, size_t entry_size)
{
    ASSERT(capacity >= 1 && entry_size >= 1);
    ring->entries = memory;
    ring->entry_size = entry_size;
    ring->capacity = capacity;
    ring_clear(ring);
}

void *ring_append(struct ring *ring)
{
    unsigned char *slot = ring->entries + ring->next * ring->entry_size;

    ring->next++;
    if (ring->next == ring->capacity)
        ring->next = 0;
    ring->appended++;
    return slot;
}

void ring_push(struct ring *ring, const void *entry)
{
    memcpy(ring_append(ring), entry, ring->entry_size);
}

size_t ring_size(const struct ring *ring)
{
    uint64_t there = ring->appended - ring->first;

    return there < ring->capacity ? (size_t)there : ring->capacity;
}

uint64_t ring_overwritten(const struct ring *ring)
{
    return ring->appended - ring_size(ring);
}

const void *ring_at(const struct ring *ring, size_t index)
{
    ASSERT(index < ring_size(ring));
    return ring_newest(ring, ring_size(ring) - 1 - index);
}

const void *ring_newest(const struct ring *ring, size_t index)
{
    size_t back = index + 1; /* slots behind the cursor, 1 to capacity */
    size_t slot;

    ASSERT(index < ring_size(ring));
    slot = ring->next >= back ? ring->next - back : ring->next + (ring->capacity - back);
    return ring->entries + slot * ring->entry_size;
}

const void *ring_by_number(const struct ring *ring, uint64_t number)
{
    if (number >= ring->appended || number < ring_overwritten(ring))
        return NULL;
    return ring_newest(ring, (size_t)(ring->appended - 1 - number));
}

void ring_clear(struct ring *ring)
{
    ring->next = 0;
    ring->appended = 0;
    ring->first = 0;
}
