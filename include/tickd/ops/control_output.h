/* Bounded output to clients. What a socket does not take at once waits in blocks of a pool that all
 * clients share, in the order in which it was added:
 *
 *     output_add() ──▶ [ last ] … [ first ] ──▶ the socket
 *
 * A client holds at most `limit` bytes, all of them together what the pool has; what would be more
 * is refused. The pool takes its memory once; a block is resident when it has been used. */
#ifndef TICKD_OPS_CONTROL_OUTPUT_H
#define TICKD_OPS_CONTROL_OUTPUT_H

#include <uv.h>

#include "tickd/base/compiler.h"

enum { OUTPUT_BLOCK_BYTES = 4080 };

struct output_block {
    struct output_block *next;
    size_t length;
    char bytes[OUTPUT_BLOCK_BYTES];
};

struct output_pool {
    struct output_block *blocks;
    size_t count;
    size_t fresh; /* blocks that were never used: the last ones */
    size_t free_count;
    struct output_block *free;
};

struct output {
    uv_stream_t *stream;
    struct output_pool *pool;
    uv_write_t request;
    struct output_block *first;
    struct output_block *last;
    size_t sent;   /* of the first block */
    size_t held;   /* bytes in the blocks that are not known to be sent */
    size_t flying; /* of them, given to the loop to be written; 0 = none */
    size_t limit;
    uint64_t added;  /* bytes, since the beginning */
    bool has_failed; /* the client has gone */
    bool is_over;    /* output_fini() was called */
    void (*drained)(void *owner);
    void *owner;
};

/* Room for `bytes`, in whatever pieces one client adds them. ERROR_MEMORY. */
int output_pool_init(struct output_pool *pool, size_t bytes);
void output_pool_fini(struct output_pool *pool);

/* Blocks that are in use. */
size_t output_pool_used(const struct output_pool *pool);

/* `drained` is called, from the loop, whenever all that was on its way has been sent, or has
 * failed. */
void output_init(struct output *output, uv_stream_t *stream, struct output_pool *pool, size_t limit,
                 void (*drained)(void *owner), void *owner);

/* Gives the blocks back, once uv_close() was called for the stream: the loop then reads no more of
 * what it was to write. */
void output_fini(struct output *output);

/* ERROR_FULL: it would be more than the limit. ERROR_MEMORY: the pool has not so much left. In
 * both cases nothing was added. */
int output_add(struct output *output, const char *bytes, size_t length);

/* Sends what the socket takes at once, and leaves the rest to the loop. ERROR_CLOSED. */
int output_flush(struct output *output);

/* Bytes that the socket has not taken. */
size_t output_unsent(const struct output *output);

#endif
