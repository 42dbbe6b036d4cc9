/* zlib's inflate and not its gzread, because that forgets the good bytes before a broken one. */
#include "tickd/feed/gzip_reader.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "tickd/base/error.h"

enum {
    MAGIC_FIRST = 0x1f, /* ID1 and ID2 of RFC 1952 */
    MAGIC_SECOND = 0x8b,
    WINDOW_BITS_GZIP = MAX_WBITS + 16 /* zlib's way to say gzip */
};

int gzip_reader_init(struct gzip_reader *reader, int descriptor)
{
    memset(reader, 0, offsetof(struct gzip_reader, input));
    reader->descriptor = descriptor;
    if (inflateInit2(&reader->stream, WINDOW_BITS_GZIP) == Z_OK)
        return 0;
    close(descriptor);
    return ERROR_MEMORY;
}

void gzip_reader_fini(struct gzip_reader *reader)
{
    inflateEnd(&reader->stream);
    close(reader->descriptor);
}

/* Bytes from the descriptor; 0 sets source_ended. */
static int read_source(struct gzip_reader *reader, void *bytes, size_t size, size_t *got)
{
    ssize_t count;

    *got = 0;
    if (reader->source_ended)
        return 0;
    do
        count = read(reader->descriptor, bytes, size < INT_MAX ? size : INT_MAX);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return ERROR_IO;
    reader->source_ended = count == 0;
    *got = (size_t)count;
    return 0;
}

/* Fetches input until there are two bytes of it, or all that there is. */
static int look_ahead(struct gzip_reader *reader)
{
    z_stream *stream = &reader->stream;

    while (stream->avail_in < 2 && !reader->source_ended) {
        size_t got;

        if (stream->avail_in > 0)
            memmove(reader->input, stream->next_in, stream->avail_in);
        stream->next_in = reader->input;
        int error = read_source(reader, reader->input + stream->avail_in,
                                sizeof reader->input - stream->avail_in, &got);

        if (error != 0)
            return error;
        stream->avail_in += (unsigned)got;
    }
    return 0;
}

static bool member_begins(const z_stream *stream)
{
    return stream->avail_in >= 2 && stream->next_in[0] == MAGIC_FIRST &&
           stream->next_in[1] == MAGIC_SECOND;
}

/* Behind a member comes another one, or the end, or what gzip ignores as well. */
static int begin_member(struct gzip_reader *reader)
{
    int error = look_ahead(reader);

    if (error != 0)
        return error;
    reader->in_member = member_begins(&reader->stream);
    if (reader->in_member)
        inflateReset(&reader->stream);
    else
        reader->source_ended = true;
    return 0;
}

static int fail(struct gzip_reader *reader, const char *fault)
{
    reader->fault = fault;
    return ERROR_SYNTAX;
}

/* One step of inflate, which takes input, gives output, or both. */
static int inflate_some(struct gzip_reader *reader)
{
    z_stream *stream = &reader->stream;
    int error = stream->avail_in == 0 ? look_ahead(reader) : 0;

    if (error != 0)
        return error;
    switch (inflate(stream, Z_NO_FLUSH)) {
    case Z_OK:
        return 0;
    case Z_STREAM_END:
        return begin_member(reader);
    case Z_BUF_ERROR: /* nothing could be done: no input is left */
        return fail(reader, "it ends too early, the file was cut off");
    case Z_MEM_ERROR:
        return fail(reader, "no memory to inflate it");
    default:
        return fail(reader, stream->msg != NULL ? stream->msg : "it cannot be inflated");
    }
}

static int read_gzip(struct gzip_reader *reader, unsigned char *bytes, size_t size, size_t *got)
{
    z_stream *stream = &reader->stream;
    int error = 0;

    stream->next_out = bytes;
    stream->avail_out = size < UINT_MAX ? (unsigned)size : UINT_MAX;
    while (error == 0 && reader->in_member && stream->avail_out > 0)
        error = inflate_some(reader);
    *got = (size_t)(stream->next_out - bytes);
    return *got > 0 ? 0 : error; /* it comes again with the next call */
}

/* The bytes that were looked at to see what the file is, then straight from the file. */
static int read_plain(struct gzip_reader *reader, unsigned char *bytes, size_t size, size_t *got)
{
    z_stream *stream = &reader->stream;
    size_t ready = stream->avail_in < size ? stream->avail_in : size;

    if (ready == 0)
        return read_source(reader, bytes, size, got);
    memcpy(bytes, stream->next_in, ready);
    stream->next_in += ready;
    stream->avail_in -= (unsigned)ready;
    *got = ready;
    return 0;
}

int gzip_reader_read(struct gzip_reader *reader, void *bytes, size_t size, size_t *got)
{
    *got = 0;
    if (!reader->begun) {
        int error = look_ahead(reader);

        if (error != 0)
            return error;
        reader->begun = true;
        reader->gzip = member_begins(&reader->stream);
        reader->in_member = reader->gzip;
    }
    return reader->gzip ? read_gzip(reader, bytes, size, got)
                        : read_plain(reader, bytes, size, got);
}
