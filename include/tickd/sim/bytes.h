/* A run of bytes that grows at its end and shrinks from its front: what a socket has received or
 * still has to send. Whoever fills it keeps its size within limits. */
#ifndef TICKD_SIM_BYTES_H
#define TICKD_SIM_BYTES_H

#include "tickd/base/compiler.h"

struct bytes {
    char *data; /* NULL while capacity is 0 */
    size_t length;
    size_t capacity;
};

/* All zero is empty. */
void bytes_free(struct bytes *bytes);

/* ERROR_MEMORY leaves it as it was. */
int bytes_append(struct bytes *bytes, const void *data, size_t length);

/* Room for `length` more bytes behind the last one, or NULL; bytes->length is then the caller's to
 * raise. */
char *bytes_room(struct bytes *bytes, size_t length);

/* Takes `length` bytes, at most all, away from the front. */
void bytes_drop(struct bytes *bytes, size_t length);

#endif
