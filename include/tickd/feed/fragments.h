/* WebSocket messages from their fragments, in one buffer that is there from the start. A message
 * that comes in one piece is handed on where it lies. One that is longer than the buffer, or
 * binary, is counted and dropped to its end, and then told; the connection lives on. */
#ifndef TICKD_FEED_FRAGMENTS_H
#define TICKD_FEED_FRAGMENTS_H

#include "tickd/base/arena.h"

struct fragments {
    char *memory;
    size_t capacity; /* bytes of the longest message */
    size_t length;   /* of the message so far, kept or dropped */
    bool dropping;   /* the rest of a message that is dropped */
    bool is_binary;  /* why: it is binary, else too long */
    uint64_t too_long;
    uint64_t binary;
};

/* What a piece makes of the message that it belongs to. */
enum fragments_found {
    FRAGMENTS_NOTHING,  /* its end is still to come */
    FRAGMENTS_MESSAGE,  /* it is whole */
    FRAGMENTS_TOO_LONG, /* it ended, and is dropped */
    FRAGMENTS_BINARY
};

/* One piece as it came. */
struct fragment {
    const char *bytes;
    size_t length;
    bool first;
    bool last;
    bool binary;
};

/* Takes the buffer from the arena. On a measuring arena only counts. */
void fragments_init(struct fragments *fragments, struct arena *arena, size_t capacity);

/* A new connection: what was begun is forgotten. */
void fragments_reset(struct fragments *fragments);

/* FRAGMENTS_MESSAGE: *message and *length are it, valid until the next call. Of a message that is
 * dropped *length is what it had. */
enum fragments_found fragments_add(struct fragments *fragments, const struct fragment *fragment,
                                   const char **message, size_t *length);

#endif
