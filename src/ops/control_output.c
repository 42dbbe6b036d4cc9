/* Bounded output to clients. */
#include "tickd/ops/control_output.h"

#include <stdlib.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/error.h"

enum {
    BLOCKS_TRIED = 16, /* offered to the socket in one call */
    BLOCKS_FLYING = 4  /* given to the loop: more, and libuv would allocate the list of them */
};

/* The pool. */

int output_pool_init(struct output_pool *pool, size_t bytes)
{
    /* The first block may be sent in part, and the last one filled in part. */
    size_t count = bytes / OUTPUT_BLOCK_BYTES + 2;

    *pool = (struct output_pool){.count = count, .fresh = count, .free_count = count};
    pool->blocks = malloc(count * sizeof *pool->blocks);
    return pool->blocks != NULL ? 0 : ERROR_MEMORY;
}

void output_pool_fini(struct output_pool *pool)
{
    free(pool->blocks);
    *pool = (struct output_pool){.blocks = NULL};
}

size_t output_pool_used(const struct output_pool *pool)
{
    return pool->count - pool->free_count;
}

/* There is one. A block that has been used before is taken before a fresh one. */
static struct output_block *take(struct output_pool *pool)
{
    struct output_block *block = pool->free;

    ASSERT(pool->free_count > 0);
    pool->free_count--;
    if (block != NULL)
        pool->free = block->next;
    else
        block = &pool->blocks[pool->count - pool->fresh--];
    block->next = NULL;
    block->length = 0;
    return block;
}

static void give_back(struct output_pool *pool, struct output_block *block)
{
    block->next = pool->free;
    pool->free = block;
    pool->free_count++;
}

/* A client's output. */

void output_init(struct output *output, uv_stream_t *stream, struct output_pool *pool, size_t limit,
                 void (*drained)(void *owner), void *owner)
{
    *output = (struct output){
        .stream = stream, .pool = pool, .limit = limit, .drained = drained, .owner = owner};
    output->request.data = output;
}

static void drop_first(struct output *output)
{
    struct output_block *block = output->first;

    output->first = block->next;
    output->sent = 0;
    if (output->first == NULL)
        output->last = NULL;
    give_back(output->pool, block);
}

static void drop_all(struct output *output)
{
    while (output->first != NULL)
        drop_first(output);
    output->held = 0;
}

void output_fini(struct output *output)
{
    output->is_over = true;
    if (output->pool != NULL)
        drop_all(output);
}

static size_t room_in_last(const struct output *output)
{
    return output->last != NULL ? OUTPUT_BLOCK_BYTES - output->last->length : 0;
}

static bool pool_has_room(const struct output *output, size_t length)
{
    size_t room = room_in_last(output);

    return length <= room || (length - room + OUTPUT_BLOCK_BYTES - 1) / OUTPUT_BLOCK_BYTES <=
                                 output->pool->free_count;
}

static void add_block(struct output *output)
{
    struct output_block *block = take(output->pool);

    if (output->last != NULL)
        output->last->next = block;
    else
        output->first = block;
    output->last = block;
}

int output_add(struct output *output, const char *bytes, size_t length)
{
    if (output->is_over)
        return ERROR_CLOSED;
    if (output->held + length > output->limit)
        return ERROR_FULL;
    if (!pool_has_room(output, length))
        return ERROR_MEMORY;
    output->held += length;
    output->added += length;
    while (length > 0) {
        if (room_in_last(output) == 0)
            add_block(output);
        size_t room = room_in_last(output);
        size_t piece = length < room ? length : room;

        memcpy(output->last->bytes + output->last->length, bytes, piece);
        output->last->length += piece;
        bytes += piece;
        length -= piece;
    }
    return 0;
}

/* So many bytes, from the first block on, have gone. */
static void consume(struct output *output, size_t bytes)
{
    output->held -= bytes;
    while (bytes > 0) {
        size_t left = output->first->length - output->sent;

        if (bytes < left) {
            output->sent += bytes;
            return;
        }
        bytes -= left;
        drop_first(output);
    }
}

/* The first blocks, at most so many of them; the bytes in them. */
static size_t list_blocks(const struct output *output, uv_buf_t *list, unsigned most,
                          unsigned *count)
{
    size_t sent = output->sent;
    size_t bytes = 0;

    *count = 0;
    for (struct output_block *block = output->first; block != NULL && *count < most;
         block = block->next) {
        list[(*count)++] = uv_buf_init(block->bytes + sent, (unsigned)(block->length - sent));
        bytes += block->length - sent;
        sent = 0;
    }
    return bytes;
}

static void on_written(uv_write_t *request, int status)
{
    struct output *output = request->data;
    size_t flown = output->flying;

    output->flying = 0;
    if (status < 0)
        output->has_failed = true;
    if (output->is_over || status == UV_ECANCELED)
        return; /* the stream is being closed */
    if (output->has_failed)
        drop_all(output);
    else
        consume(output, flown);
    if (!output->has_failed)
        output_flush(output);
    if (output->flying == 0)
        output->drained(output->owner);
}

static int fly(struct output *output)
{
    uv_buf_t list[BLOCKS_FLYING];
    unsigned count;
    size_t bytes = list_blocks(output, list, BLOCKS_FLYING, &count);

    if (uv_write(&output->request, output->stream, list, count, on_written) != 0) {
        output->has_failed = true;
        return ERROR_CLOSED;
    }
    output->flying = bytes;
    return 0;
}

/* Whether the socket may take more; < 0: it is closed. */
static int try_blocks(struct output *output)
{
    uv_buf_t list[BLOCKS_TRIED];
    unsigned count;
    size_t bytes = list_blocks(output, list, BLOCKS_TRIED, &count);
    int sent = uv_try_write(output->stream, list, count);

    if (sent == UV_EAGAIN)
        return 0;
    if (sent < 0)
        return ERROR_CLOSED;
    consume(output, (size_t)sent);
    return (size_t)sent == bytes;
}

int output_flush(struct output *output)
{
    int more = 1;

    if (output->has_failed)
        return ERROR_CLOSED;
    if (output->flying > 0)
        return 0;
    while (output->held > 0 && more > 0)
        more = try_blocks(output);
    if (more < 0) {
        output->has_failed = true;
        return ERROR_CLOSED;
    }
    return output->held > 0 ? fly(output) : 0;
}

size_t output_unsent(const struct output *output)
{
    return output->held - output->flying + uv_stream_get_write_queue_size(output->stream);
}
