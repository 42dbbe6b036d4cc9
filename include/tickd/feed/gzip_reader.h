/* The bytes of a file, plain or gzip (RFC 1952, also of several members), as a stream. Which of the
 * two it is, its first two bytes say. */
#ifndef TICKD_FEED_GZIP_READER_H
#define TICKD_FEED_GZIP_READER_H

#include <zlib.h>

#include "tickd/base/compiler.h"

enum { GZIP_READER_INPUT_BYTES = 65536 };

struct gzip_reader {
    int descriptor;
    bool begun;     /* the first bytes have been seen */
    bool gzip;      /* as they say */
    bool in_member; /* the end of the current member is still to come */
    bool source_ended;
    z_stream stream;
    const char *fault; /* what the last failure was, a static string */
    unsigned char input[GZIP_READER_INPUT_BYTES];
};

/* Reads from a descriptor that now belongs to the reader. ERROR_MEMORY: the descriptor is closed,
 * and the reader is not to be used. */
int gzip_reader_init(struct gzip_reader *reader, int descriptor);

/* Up to `size` bytes; *got = 0 is the end. On a failure everything before it has been given out:
 * ERROR_IO (the operating system's, see errno) or ERROR_SYNTAX: `fault` says how the gzip stream is
 * broken, a file that was cut off included. Failures stay. */
int gzip_reader_read(struct gzip_reader *reader, void *bytes, size_t size, size_t *got);

void gzip_reader_fini(struct gzip_reader *reader);

#endif
