/* Arrays and rings out and in again. */
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/persist_parts.h"

/* Entries, of which there are as many as the block holds; false when one of them is refused. */
static bool check_entries(struct persist *persist, const char *what, const unsigned char *entries,
                          size_t count, size_t size, persist_check *check, void *context)
{
    for (size_t i = 0; check != NULL && i < count; i++) {
        if (!check(entries + i * size, context)) {
            persist_fail(persist, "%s: entry %zu of %zu cannot be what it says", what, i, count);
            return false;
        }
    }
    return true;
}

size_t persist_array(struct persist *persist, const char *what, void *memory, size_t used,
                     size_t capacity, size_t size, persist_check *check, void *context)
{
    persist_note(persist, ITEM_ARRAY, size, capacity);
    persist_same(persist, what, (int64_t)size);
    size_t count = persist_number(persist, what, used, 0, capacity);
    if (!persist_reading(persist)) {
        persist_put(persist, memory, count * size);
        persist_fill_up(persist, count * size);
        return count;
    }
    const unsigned char *taken = persist_take(persist, count * size);
    if (taken == NULL || !check_entries(persist, what, taken, count, size, check, context)) {
        return 0;
    }
    if (persist->mode == PERSIST_LOAD && count > 0) {
        memcpy(memory, taken, count * size);
    }
    return count;
}

/* Rings. */

struct ring_head {
    uint64_t entry_size;
    uint64_t capacity;
    uint64_t appended;
    uint64_t count; /* entries that follow, oldest first */
};

static void put_ring(struct persist *persist, const struct ring *ring)
{
    size_t size = ring_size(ring);
    size_t oldest = ring->next >= size ? ring->next - size : ring->next + (ring->capacity - size);
    size_t before_end = ring->capacity - oldest < size ? ring->capacity - oldest : size;
    struct ring_head head = {.entry_size = ring->entry_size,
                             .capacity = ring->capacity,
                             .appended = ring->appended,
                             .count = size};
    persist_put(persist, &head, sizeof head);
    persist_put(persist, ring->entries + oldest * ring->entry_size, before_end * ring->entry_size);
    persist_put(persist, ring->entries, (size - before_end) * ring->entry_size);
    persist_fill_up(persist, size * ring->entry_size);
}

static bool check_head(struct persist *persist, const char *what, const struct ring *ring,
                       const struct ring_head *head, bool any_capacity)
{
    if (head->entry_size != ring->entry_size ||
        (head->capacity != ring->capacity && !any_capacity)) {
        persist_misfit(persist, "%s: room for %llu of %llu bytes there, for %zu of %zu bytes here",
                       what, (unsigned long long)head->capacity,
                       (unsigned long long)head->entry_size, ring->capacity, ring->entry_size);
        return false;
    }
    size_t bytes;
    if (head->count > head->capacity || head->count > head->appended ||
        head->appended > INT64_MAX ||
        size_multiply_overflows((size_t)head->count, ring->entry_size, &bytes)) {
        persist_fail(persist, "%s: %llu entries of %llu in room for %llu cannot be", what,
                     (unsigned long long)head->count, (unsigned long long)head->appended,
                     (unsigned long long)head->capacity);
        return false;
    }
    return true;
}

/* The newest that fit; entry number n into slot n modulo capacity. */
static void load_ring(struct ring *ring, const struct ring_head *head, const unsigned char *entries)
{
    ASSERT(ring->capacity >= 1);
    size_t count = (size_t)head->count;
    size_t kept = count < ring->capacity ? count : ring->capacity;
    ring->appended = head->appended;
    ring->next = (size_t)(head->appended % ring->capacity);
    ring->first = head->appended - kept;
    for (size_t i = 0; i < kept; i++) {
        size_t slot = (size_t)((ring->first + i) % ring->capacity);
        memcpy(ring->entries + slot * ring->entry_size,
               entries + (count - kept + i) * ring->entry_size, ring->entry_size);
    }
}

static size_t any_ring(struct persist *persist, const char *what, struct ring *ring,
                       bool any_capacity, persist_check *check, void *context)
{
    struct ring_head head;
    if (!persist_reading(persist)) {
        ASSERT(ring->next == ring->appended % ring->capacity);
        put_ring(persist, ring);
        return ring_size(ring);
    }
    const unsigned char *taken = persist_take(persist, sizeof head);
    if (taken == NULL) {
        return 0;
    }
    memcpy(&head, taken, sizeof head);
    persist->appended = head.appended;
    if (!check_head(persist, what, ring, &head, any_capacity)) {
        return 0;
    }
    taken = persist_take(persist, (size_t)head.count * ring->entry_size);
    if (taken == NULL || !check_entries(persist, what, taken, (size_t)head.count, ring->entry_size,
                                        check, context)) {
        return 0;
    }
    if (persist->mode == PERSIST_LOAD) {
        load_ring(ring, &head, taken);
    }
    return (size_t)head.count;
}

size_t persist_ring(struct persist *persist, const char *what, struct ring *ring,
                    persist_check *check, void *context)
{
    persist_note(persist, ITEM_RING, ring->entry_size, ring->capacity);
    return any_ring(persist, what, ring, false, check, context);
}

size_t persist_history(struct persist *persist, const char *what, struct ring *ring,
                       persist_check *check, void *context)
{
    persist_note(persist, ITEM_HISTORY, ring->entry_size, 0);
    return any_ring(persist, what, ring, true, check, context);
}
