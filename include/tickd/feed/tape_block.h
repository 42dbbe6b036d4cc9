/* A block of a tape: a fixed header in a skippable frame of Zstandard (RFC 8878, 3.1.2), and one
 * frame whose content is JSON lines. `zstd -dc FILE` prints the lines; a reader that looks for a
 * moment hops from header to header and inflates nothing. docs/tape.md is the format's description.
 *
 *      at  bytes
 *       0      4  0x184d2a54, magic number of a skippable frame
 *       4      4  76, bytes of it that follow
 *       8      8  "tickdtap"
 *      16      4  version of the format: 1
 *      20      4  bytes of the lines
 *      24      4  bytes of the frame with the lines, right behind this header
 *      28      4  0
 *      32      8  run
 *      40      8  number of the block in its file: 0, 1, 2 …
 *      48      8  ordinal of its first input, or of the next one if it has none
 *      56      8  inputs in it, those counted that a gap stands for
 *      64      8  receive time of its first line, UNIX time in µs
 *      72      8  receive time of its last line
 *      80      4  CRC-32 (as in gzip) of the 80 bytes before
 *
 * All numbers are little-endian. */
#ifndef TICKD_FEED_TAPE_BLOCK_H
#define TICKD_FEED_TAPE_BLOCK_H

#include "tickd/base/compiler.h"

enum {
    TAPE_FORMAT = 1,
    TAPE_HEADER_BYTES = 84,
    /* No block has more, so that a header that lies cannot make a reader take more memory. A line
     * is at most as long as a buffer of the writer (tape.buffer_bytes ≤ 64 MiB). */
    TAPE_PLAIN_MAX = 67108864,
    TAPE_PACKED_MAX = 67371008 /* of TAPE_PLAIN_MAX bytes that cannot be compressed */
};

struct tape_block {
    uint32_t plain_bytes;
    uint32_t packed_bytes;
    uint64_t run;
    uint64_t number;
    uint64_t first_input;
    uint64_t inputs;
    int64_t first_us;
    int64_t last_us;
};

void tape_block_print(const struct tape_block *block, unsigned char header[TAPE_HEADER_BYTES]);

/* ERROR_SYNTAX: no header of this format; *fault is a static text that says why. */
int tape_block_parse(const unsigned char header[TAPE_HEADER_BYTES], struct tape_block *block,
                     const char **fault);

/* Whether bytes begin like a tape: enough to tell it from other files, and to look for the next
 * block behind a broken one. Fewer than TAPE_MARK_BYTES never do. */
enum { TAPE_MARK_BYTES = 16 };
bool tape_block_begins(const unsigned char *bytes, size_t length);

#endif
