/* A growing run of bytes. */
#include "tickd/sim/bytes.h"

#include <stdlib.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/error.h"

enum { BYTES_FIRST = 4096 };

void bytes_free(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}

char *bytes_room(struct bytes *bytes, size_t length)
{
    if (length > SIZE_MAX / 2 - bytes->length) {
        return NULL;
    }
    size_t needed = bytes->length + length;
    size_t capacity = bytes->capacity > 0 ? bytes->capacity : BYTES_FIRST;
    while (capacity < needed) {
        capacity *= 2;
    }
    if (capacity != bytes->capacity) {
        char *data = realloc(bytes->data, capacity);
        if (data == NULL) {
            return NULL;
        }
        bytes->data = data;
        bytes->capacity = capacity;
    }
    return bytes->data + bytes->length;
}

int bytes_append(struct bytes *bytes, const void *data, size_t length)
{
    char *room = bytes_room(bytes, length);
    if (room == NULL) {
        return ERROR_MEMORY;
    }
    if (length > 0) {
        memcpy(room, data, length);
    }
    bytes->length += length;
    return 0;
}

void bytes_drop(struct bytes *bytes, size_t length)
{
    ASSERT(length <= bytes->length);
    if (length > 0) {
        memmove(bytes->data, bytes->data + length, bytes->length - length);
        bytes->length -= length;
    }
}
