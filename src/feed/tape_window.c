/* A window on a file. */
#include "tickd/feed/tape_window.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tickd/base/error.h"

enum { ROOM_MIN = 262144 };

void tape_window_init(struct tape_window *window)
{
    *window = (struct tape_window){.descriptor = -1};
}

static void close_file(struct tape_window *window)
{
    if (window->descriptor >= 0)
        (void)close(window->descriptor);
    window->descriptor = -1;
    window->start = 0;
    window->length = 0;
    window->at_end = false;
}

void tape_window_fini(struct tape_window *window)
{
    close_file(window);
    free(window->bytes);
    tape_window_init(window);
}

/* A pipe of that name would be waited for. */
int tape_window_open(struct tape_window *window, const char *path)
{
    struct stat file;

    close_file(window);
    window->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (window->descriptor < 0)
        return ERROR_IO;
    if (fstat(window->descriptor, &file) != 0 || !S_ISREG(file.st_mode)) {
        close_file(window);
        errno = S_ISDIR(file.st_mode) ? EISDIR : EINVAL;
        return ERROR_IO;
    }
    return 0;
}

static int grow(struct tape_window *window, size_t length)
{
    size_t room = length < ROOM_MIN ? ROOM_MIN : length;

    if (window->room >= room)
        return 0;
    unsigned char *bytes = realloc(window->bytes, room);

    if (bytes == NULL)
        return ERROR_MEMORY;
    window->bytes = bytes;
    window->room = room;
    return 0;
}

/* Fills the window from `offset` on, as far as the file goes. */
static int fill(struct tape_window *window, uint64_t offset)
{
    window->start = offset;
    window->length = 0;
    window->at_end = false;
    while (window->length < window->room) {
        ssize_t count = pread(window->descriptor, window->bytes + window->length,
                              window->room - window->length, (off_t)(offset + window->length));

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return ERROR_IO;
        if (count == 0) {
            window->at_end = true;
            break;
        }
        window->length += (size_t)count;
    }
    return 0;
}

/* All that there is of it: at the end of the file that may be less. */
static bool has(const struct tape_window *window, uint64_t offset, size_t length)
{
    return offset >= window->start && offset - window->start <= window->length &&
           (window->at_end || window->length - (size_t)(offset - window->start) >= length);
}

int tape_window_look(struct tape_window *window, uint64_t offset, size_t length,
                     const unsigned char **bytes, size_t *got)
{
    int error = 0;

    *got = 0;
    if (!has(window, offset, length)) {
        error = grow(window, length);
        if (error == 0)
            error = fill(window, offset);
    }
    if (error != 0)
        return error;
    *bytes = window->bytes + (offset - window->start);
    *got = window->length - (size_t)(offset - window->start);
    if (*got > length)
        *got = length;
    return 0;
}
