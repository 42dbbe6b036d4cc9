/* Fragments into messages. */
#include "tickd/feed/fragments.h"

#include <string.h>

void fragments_init(struct fragments *fragments, struct arena *arena, size_t capacity)
{
    char *memory = arena_take(arena, "feed", "fragments of a frame", capacity, 1);

    if (arena_measuring(arena))
        return;
    *fragments = (struct fragments){.memory = memory, .capacity = capacity};
}

void fragments_reset(struct fragments *fragments)
{
    fragments->length = 0;
    fragments->dropping = false;
}

/* Whether this piece makes the message one to be dropped; counts it once. */
static bool is_dropped(struct fragments *fragments, const struct fragment *fragment)
{
    if (fragments->dropping)
        return true;
    if (fragment->binary)
        fragments->binary++;
    else if (fragment->length > fragments->capacity - fragments->length)
        fragments->too_long++;
    else
        return false;
    fragments->dropping = true;
    fragments->is_binary = fragment->binary;
    return true;
}

static enum fragments_found drop(struct fragments *fragments, const struct fragment *fragment,
                                 size_t *length)
{
    fragments->length += fragment->length;
    if (!fragment->last)
        return FRAGMENTS_NOTHING;
    *length = fragments->length;
    fragments_reset(fragments);
    return fragments->is_binary ? FRAGMENTS_BINARY : FRAGMENTS_TOO_LONG;
}

enum fragments_found fragments_add(struct fragments *fragments, const struct fragment *fragment,
                                   const char **message, size_t *length)
{
    if (fragment->first)
        fragments_reset(fragments);
    if (is_dropped(fragments, fragment))
        return drop(fragments, fragment, length);
    if (fragment->last && fragments->length == 0) {
        *message = fragment->bytes;
        *length = fragment->length;
        return FRAGMENTS_MESSAGE;
    }
    if (fragment->length > 0)
        memcpy(fragments->memory + fragments->length, fragment->bytes, fragment->length);
    fragments->length += fragment->length;
    if (!fragment->last)
        return FRAGMENTS_NOTHING;
    *message = fragments->memory;
    *length = fragments->length;
    fragments->length = 0;
    return FRAGMENTS_MESSAGE;
}
