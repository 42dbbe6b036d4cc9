/* What waits to be sent to a client: bounded, in two buffers, of which one fills while the other is
 * on its way.
 *
 *      output_add ──▶ [ filling ]      swapped by output_flush, when nothing is on its way
 *                     [ flying  ] ──▶ the socket
 *
 * Together they hold at most `limit` bytes; what would be more is refused. */
#ifndef TICKD_OPS_CONTROL_OUTPUT_H
#define TICKD_OPS_CONTROL_OUTPUT_H

#include <uv.h>

#include "tickd/base/compiler.h"

struct output_buffer {
    char *data;
    size_t length;
    size_t capacity;
};

struct output {
    uv_stream_t *stream;
    uv_write_t request;
    struct output_buffer filling;
    struct output_buffer flying;
    size_t limit;
    uint64_t added; /* bytes, since the beginning */
    bool is_flying;
    bool has_failed; /* the client has gone */
    void (*drained)(void *owner);
    void *owner;
};

/* `drained` is called, from the loop, whenever all that was on its way has been sent, or has
 * failed. */
void output_init(struct output *output, uv_stream_t *stream, size_t limit,
                 void (*drained)(void *owner), void *owner);

/* Frees the buffers; not before the stream is closed. */
void output_fini(struct output *output);

/* Takes memory for the whole limit at once, so that output_add() allocates no more. ERROR_MEMORY.
 */
int output_reserve(struct output *output);

/* ERROR_FULL: it would be more than the limit. ERROR_MEMORY. */
int output_add(struct output *output, const char *bytes, size_t length);

/* Sends what the socket takes at once, and leaves the rest to the loop. ERROR_CLOSED. */
int output_flush(struct output *output);

/* Bytes that the socket has not taken. */
size_t output_unsent(const struct output *output);

#endif
