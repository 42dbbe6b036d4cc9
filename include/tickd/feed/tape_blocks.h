/* The blocks of tapes, file after file, with everything that is wrong told by its place; damage
 * never ends the reading. Memory: a window of 256 KiB, the largest block, its lines; bounded by
 * tape_block.h whatever the headers claim. */
#ifndef TICKD_FEED_TAPE_BLOCKS_H
#define TICKD_FEED_TAPE_BLOCKS_H

#include "tickd/base/text.h"
#include "tickd/feed/tape_block.h"
#include "tickd/feed/tape_window.h"

struct ZSTD_DCtx_s;

enum tape_damage_kind {
    TAPE_TORN,     /* the file ends within a block: its writer was cut off */
    TAPE_BROKEN,   /* bytes that are no block, or one that does not match its checksums */
    TAPE_MISSING,  /* inputs that stand nowhere: the next block does not go on where the last ended
                    */
    TAPE_REPEATED, /* a block whose inputs have been there already; it is passed over */
    TAPE_LINE_BAD  /* a line that cannot be read; the rest of its block is passed over */
};

const char *tape_damage_name(enum tape_damage_kind kind);

struct tape_damage {
    enum tape_damage_kind kind;
    const char *path;
    uint64_t offset; /* of the block, or of the bytes that are none */
    uint64_t bytes;  /* passed over */
    uint64_t inputs; /* missing or repeated, or in the block, as far as that is known */
    const char *what;
};

enum tape_blocks_result {
    TAPE_BLOCKS_END = 0,
    TAPE_BLOCKS_BLOCK = 1, /* a block: header and place, not yet inflated */
    TAPE_BLOCKS_DAMAGE = 2
};

struct tape_blocks {
    const char *const *paths; /* the caller's */
    size_t path_count;
    size_t next_path;
    struct tape_window window;
    uint64_t offset; /* of what comes next in the current file */
    bool open;
    struct ZSTD_DCtx_s *unpacker;
    char *lines;
    size_t lines_room;
    /* the current block */
    const char *path;
    uint64_t block_offset;
    struct tape_block block;
    /* what the next one has to go on from */
    bool follows; /* there has been a block of this run */
    uint64_t run;
    uint64_t next_input;
    struct tape_damage damage;
};

/* ERROR_MEMORY. */
int tape_blocks_init(struct tape_blocks *blocks, const char *const *paths, size_t count);
void tape_blocks_fini(struct tape_blocks *blocks);

/* The next block or damage: a value of enum tape_blocks_result; or ERROR_IO (blocks->path, errno),
 * ERROR_MEMORY, after which nothing more can be read. */
int tape_blocks_next(struct tape_blocks *blocks);

/* Inflates the current block: its lines, which may be changed and are valid until the next call; a
 * zero stands behind them. TAPE_BLOCKS_BLOCK, or TAPE_BLOCKS_DAMAGE when it is broken; or
 * ERROR_IO, ERROR_MEMORY. */
int tape_blocks_lines(struct tape_blocks *blocks, char **lines, size_t *length);

/* Passes over the rest of the current file. */
void tape_blocks_leave_file(struct tape_blocks *blocks);

/* "FILE: torn at byte 4711: …" for people. */
void tape_damage_print(const struct tape_damage *damage, struct text *out);

#endif
