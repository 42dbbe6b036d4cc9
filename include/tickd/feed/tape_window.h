/* A file that is looked at through a window which moves and grows: for reading blocks one after
 * another, and for looking for the next one behind a broken one. */
#ifndef TICKD_FEED_TAPE_WINDOW_H
#define TICKD_FEED_TAPE_WINDOW_H

#include "tickd/base/compiler.h"

struct tape_window {
    int descriptor; /* −1 = no file is open */
    unsigned char *bytes;
    size_t room;
    uint64_t start; /* offset of bytes[0] in the file */
    size_t length;
    bool at_end; /* behind the window there is nothing */
};

void tape_window_init(struct tape_window *window);
void tape_window_fini(struct tape_window *window);

/* The next file; the one before is closed. ERROR_IO, see errno. */
int tape_window_open(struct tape_window *window, const char *path);

/* Up to `length` bytes from `offset` on, fewer only at the end of the file: *bytes and *got, valid
 * until the next call. ERROR_IO, ERROR_MEMORY. */
int tape_window_look(struct tape_window *window, uint64_t offset, size_t length,
                     const unsigned char **bytes, size_t *got);

#endif
