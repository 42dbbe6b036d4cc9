/* The arena: one aligned block, taken from front to back, and the list of who took what. */
#include "tickd/base/arena.h"

#include <stdlib.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/error.h"

/* False when the sum does not fit into size_t. */
static bool round_up(size_t bytes, size_t *rounded)
{
    if (bytes > SIZE_MAX - (ARENA_ALIGNMENT - 1))
        return false;
    *rounded = (bytes + ARENA_ALIGNMENT - 1) & ~(size_t)(ARENA_ALIGNMENT - 1);
    return true;
}

void arena_init_measuring(struct arena *arena)
{
    memset(arena, 0, sizeof *arena);
}

int arena_init(struct arena *arena, size_t size)
{
    size_t block;

    memset(arena, 0, sizeof *arena);
    if (!round_up(size > 0 ? size : 1, &block))
        return ERROR_MEMORY;
    arena->base = aligned_alloc(ARENA_ALIGNMENT, block);
    if (arena->base == NULL)
        return ERROR_MEMORY;
    memset(arena->base, 0, block);
    arena->size = size;
    return 0;
}

void arena_fini(struct arena *arena)
{
    free(arena->base);
    memset(arena, 0, sizeof *arena);
}

static struct arena_item *find_item(struct arena *arena, const char *owner, const char *what)
{
    struct arena_item *item;

    for (size_t i = 0; i < arena->item_count; i++) {
        item = &arena->items[i];
        if (strcmp(item->owner, owner) == 0 && strcmp(item->what, what) == 0)
            return item;
    }
    ASSERT(arena->item_count < ARENA_ITEMS_MAX);
    item = &arena->items[arena->item_count++];
    item->owner = owner;
    item->what = what;
    return item;
}

static void note(struct arena *arena, const char *owner, const char *what, size_t count,
                 size_t bytes)
{
    struct arena_item *item = find_item(arena, owner, what);

    item->count += count;
    item->bytes += bytes;
    arena->used += bytes;
}

void *arena_take(struct arena *arena, const char *owner, const char *what, size_t count,
                 size_t size)
{
    size_t bytes;
    bool fits = !size_multiply_overflows(count, size, &bytes) && round_up(bytes, &bytes);

    ASSERT(!arena->sealed);
    ASSERT(owner != NULL && what != NULL);
    if (arena_measuring(arena)) {
        if (!fits || bytes > SIZE_MAX - arena->used)
            arena->too_large = true;
        else
            note(arena, owner, what, count, bytes);
        return NULL;
    }
    ASSERT(fits && bytes <= arena->size - arena->used);
    void *taken = arena->base + arena->used;
    note(arena, owner, what, count, bytes);
    return taken;
}

bool arena_measuring(const struct arena *arena)
{
    return arena->base == NULL;
}

void arena_seal(struct arena *arena)
{
    arena->sealed = true;
}
