/* One block of memory from which everything with a capacity is taken at start, and nothing after.
 *
 * The same constructors run twice. Over a measuring arena they only add up what they would take,
 * line by line (`tickd --check-config` prints the lines); over a real arena of that size they
 * take it. A constructor therefore takes all it needs first, and returns before it touches any of
 * it when arena_measuring() says so:
 *
 *     struct thing *thing = arena_take(arena, "thing", "state", 1, sizeof *thing);
 *     struct part *parts = arena_take(arena, "thing", "parts", count, sizeof *parts);
 *     if (arena_measuring(arena)) return NULL;
 *
 * After arena_seal() a take is a bug in tickd and aborts. Memory is zeroed and aligned to 64 bytes.
 */
#ifndef TICKD_BASE_ARENA_H
#define TICKD_BASE_ARENA_H

#include "tickd/base/compiler.h"

enum { ARENA_ITEMS_MAX = 192, ARENA_ALIGNMENT = 64 };

/* One line of the budget. owner and what are static strings. Takes with the same owner and what
 * are added to one line. */
struct arena_item {
    const char *owner;
    const char *what;
    size_t count; /* entries */
    size_t bytes; /* with alignment */
};

struct arena {
    unsigned char *base; /* NULL while measuring */
    size_t size;
    size_t used;
    size_t item_count;
    bool sealed;
    bool too_large; /* measuring only: a sum did not fit into size_t */
    struct arena_item items[ARENA_ITEMS_MAX];
};

/* A measuring arena: takes return NULL and are added up. */
void arena_init_measuring(struct arena *arena);

/* A real arena of exactly `size` bytes, zeroed, touched (so that it is resident from the start).
 * ERROR_MEMORY when the system refuses. */
int arena_init(struct arena *arena, size_t size);

/* Gives the memory back; safe on a measuring arena. */
void arena_fini(struct arena *arena);

/* `count` entries of `size` bytes. Never fails on a real arena that was sized by the same
 * constructors; running out of it, or taking after the seal, is an assertion. */
void *arena_take(struct arena *arena, const char *owner, const char *what, size_t count,
                 size_t size);

bool arena_measuring(const struct arena *arena);
void arena_seal(struct arena *arena);

#endif
