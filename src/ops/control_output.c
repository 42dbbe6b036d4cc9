/* Bounded output to a client. */
#include "tickd/ops/control_output.h"

#include <stdlib.h>
#include <string.h>

#include "tickd/base/error.h"

/* A buffer that had to grow beyond this is given back when it is empty. */
enum { OUTPUT_KEPT_BYTES = 16384 };

void output_init(struct output *output, uv_stream_t *stream, size_t limit,
                 void (*drained)(void *owner), void *owner)
{
    *output = (struct output){.stream = stream, .limit = limit, .drained = drained, .owner = owner};
    output->request.data = output;
}

static void release(struct output_buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct output_buffer){.data = NULL};
}

void output_fini(struct output *output)
{
    release(&output->filling);
    release(&output->flying);
}

static int grow(struct output_buffer *buffer, size_t capacity)
{
    if (capacity <= buffer->capacity)
        return 0;
    char *data = realloc(buffer->data, capacity);

    if (data == NULL)
        return ERROR_MEMORY;
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}

int output_reserve(struct output *output)
{
    int error = grow(&output->filling, output->limit);

    /* The buffer on its way must stay where it is; it changes places with the other one. */
    if (error == 0 && !output->is_flying)
        error = grow(&output->flying, output->limit);
    return error;
}

int output_add(struct output *output, const char *bytes, size_t length)
{
    struct output_buffer *filling = &output->filling;
    size_t needed = filling->length + length;
    size_t capacity = filling->capacity > 0 ? filling->capacity : 1024;
    int error;

    if (needed + output->flying.length > output->limit)
        return ERROR_FULL;
    while (capacity < needed)
        capacity *= 2;
    error = grow(filling, capacity);
    if (error != 0)
        return error;
    memcpy(filling->data + filling->length, bytes, length);
    filling->length = needed;
    output->added += length;
    return 0;
}

static void empty(struct output *output, struct output_buffer *buffer)
{
    bool is_reserved = buffer->capacity == output->limit;

    buffer->length = 0;
    if (buffer->capacity > OUTPUT_KEPT_BYTES && !is_reserved)
        release(buffer);
}

static void on_written(uv_write_t *request, int status)
{
    struct output *output = request->data;

    output->is_flying = false;
    empty(output, &output->flying);
    if (status < 0)
        output->has_failed = true;
    if (status == UV_ECANCELED)
        return; /* the stream is being closed */
    if (!output->has_failed)
        output_flush(output);
    if (!output->is_flying)
        output->drained(output->owner);
}

static int fly(struct output *output, size_t sent)
{
    struct output_buffer filled = output->filling;

    output->filling = output->flying;
    output->flying = filled;
    uv_buf_t rest = uv_buf_init(filled.data + sent, (unsigned)(filled.length - sent));

    if (uv_write(&output->request, output->stream, &rest, 1, on_written) != 0) {
        output->has_failed = true;
        return ERROR_CLOSED;
    }
    output->is_flying = true;
    return 0;
}

int output_flush(struct output *output)
{
    struct output_buffer *filling = &output->filling;

    if (output->has_failed)
        return ERROR_CLOSED;
    if (output->is_flying || filling->length == 0)
        return 0;
    uv_buf_t all = uv_buf_init(filling->data, (unsigned)filling->length);
    int sent = uv_try_write(output->stream, &all, 1);

    if (sent < 0 && sent != UV_EAGAIN) {
        output->has_failed = true;
        return ERROR_CLOSED;
    }
    if (sent < 0)
        sent = 0;
    if ((size_t)sent < filling->length)
        return fly(output, (size_t)sent);
    empty(output, filling);
    return 0;
}

size_t output_unsent(const struct output *output)
{
    return output->filling.length + uv_stream_get_write_queue_size(output->stream);
}
