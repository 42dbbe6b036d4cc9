/* The blocks of tapes. */
#include "tickd/feed/tape_blocks.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "tickd/base/error.h"

/* Bytes looked through at once for the next block. */
enum { SEARCH_BYTES = 65536, LINES_ROOM_MIN = 65536 };

int tape_blocks_init(struct tape_blocks *blocks, const char *const *paths, size_t count)
{
    *blocks = (struct tape_blocks){.paths = paths, .path_count = count};
    tape_window_init(&blocks->window);
    blocks->unpacker = ZSTD_createDCtx();
    return blocks->unpacker == NULL ? ERROR_MEMORY : 0;
}

void tape_blocks_fini(struct tape_blocks *blocks)
{
    tape_window_fini(&blocks->window);
    (void)ZSTD_freeDCtx(blocks->unpacker);
    free(blocks->lines);
    *blocks = (struct tape_blocks){0};
}

/* Damage. */

const char *tape_damage_name(enum tape_damage_kind kind)
{
    switch (kind) {
    case TAPE_TORN:
        return "torn";
    case TAPE_BROKEN:
        return "broken";
    case TAPE_MISSING:
        return "missing";
    case TAPE_REPEATED:
        return "repeated";
    case TAPE_LINE_BAD:
        return "bad line";
    }
    return "unknown";
}

void tape_damage_print(const struct tape_damage *damage, struct text *out)
{
    text_format(out, "%s: byte %llu: %s: %s", damage->path, (unsigned long long)damage->offset,
                tape_damage_name(damage->kind), damage->what);
    if (damage->bytes > 0)
        text_format(out, "; %llu bytes passed over", (unsigned long long)damage->bytes);
    if (damage->inputs > 0)
        text_format(out, "; %llu inputs", (unsigned long long)damage->inputs);
}

static int damage(struct tape_blocks *blocks, enum tape_damage_kind kind, uint64_t offset,
                  const char *what)
{
    blocks->damage =
        (struct tape_damage){.kind = kind, .path = blocks->path, .offset = offset, .what = what};
    return TAPE_BLOCKS_DAMAGE;
}

/* Files. */

static int open_next(struct tape_blocks *blocks)
{
    blocks->path = blocks->paths[blocks->next_path++];
    blocks->offset = 0;
    int error = tape_window_open(&blocks->window, blocks->path);

    blocks->open = error == 0;
    return error;
}

void tape_blocks_leave_file(struct tape_blocks *blocks)
{
    blocks->open = false;
}

/* The offset of the next block's mark behind `from`, or of the file's end. */
static int find_mark(struct tape_blocks *blocks, uint64_t from, uint64_t *offset)
{
    for (;;) {
        const unsigned char *bytes;
        size_t got;
        int error = tape_window_look(&blocks->window, from, SEARCH_BYTES, &bytes, &got);

        if (error != 0)
            return error;
        for (size_t i = 0; i + TAPE_MARK_BYTES <= got; i++) {
            if (tape_block_begins(bytes + i, got - i)) {
                *offset = from + i;
                return 0;
            }
        }
        if (got < SEARCH_BYTES) {
            *offset = from + got;
            return 0;
        }
        from += got - TAPE_MARK_BYTES + 1;
    }
}

/* Bytes at the current offset are no block: on to the next one. */
static int pass_over(struct tape_blocks *blocks, const char *what)
{
    uint64_t begin = blocks->offset;
    int error = find_mark(blocks, begin + 1, &blocks->offset);

    if (error != 0)
        return error;
    (void)damage(blocks, TAPE_BROKEN, begin, what);
    blocks->damage.bytes = blocks->offset - begin;
    return TAPE_BLOCKS_DAMAGE;
}

/* The file ends before the block does. */
static int tear(struct tape_blocks *blocks, size_t left, uint64_t inputs)
{
    uint64_t begin = blocks->offset;

    blocks->offset += left;
    (void)damage(blocks, TAPE_TORN, begin, "the file ends within a block");
    blocks->damage.bytes = left;
    blocks->damage.inputs = inputs;
    return TAPE_BLOCKS_DAMAGE;
}

/* A mark behind it means that the header lies about its size, not that the file is cut off. */
static int tear_or_pass_over(struct tape_blocks *blocks, uint64_t inputs)
{
    const unsigned char *bytes;
    size_t got;
    uint64_t next;
    int error = find_mark(blocks, blocks->offset + 1, &next);

    if (error == 0)
        error = tape_window_look(&blocks->window, next, TAPE_MARK_BYTES, &bytes, &got);
    if (error != 0)
        return error;
    if (got == TAPE_MARK_BYTES)
        return pass_over(blocks, "the block's header gives a wrong size");
    return tear(blocks, (size_t)(next + got - blocks->offset), inputs);
}

/* Blocks. */

/* Takes the block at the current offset; 0 at the end of the file. */
static int take_block(struct tape_blocks *blocks)
{
    const unsigned char *bytes;
    const char *fault;
    size_t got;
    size_t whole = TAPE_HEADER_BYTES;
    int error = tape_window_look(&blocks->window, blocks->offset, whole, &bytes, &got);

    if (error != 0 || got == 0)
        return error;
    if (got < whole)
        return tape_block_begins(bytes, got) || got < TAPE_MARK_BYTES
                   ? tear(blocks, got, 0)
                   : pass_over(blocks, "no block begins here");
    if (tape_block_parse(bytes, &blocks->block, &fault) != 0)
        return pass_over(blocks, fault);
    whole += blocks->block.packed_bytes;
    error = tape_window_look(&blocks->window, blocks->offset, whole, &bytes, &got);
    if (error != 0)
        return error;
    if (got < whole)
        return tear_or_pass_over(blocks, blocks->block.inputs);
    blocks->block_offset = blocks->offset;
    blocks->offset += whole;
    return TAPE_BLOCKS_BLOCK;
}

/* Whether the block goes on where the one before it ended. */
static int check_order(struct tape_blocks *blocks)
{
    const struct tape_block *block = &blocks->block;
    bool follows = blocks->follows && blocks->run == block->run;
    uint64_t expected = blocks->next_input;

    if (follows && block->first_input < expected && block->inputs > 0) {
        (void)damage(blocks, TAPE_REPEATED, blocks->block_offset,
                     "the block's inputs have been read already");
        blocks->damage.inputs = block->inputs;
        return TAPE_BLOCKS_DAMAGE;
    }
    blocks->follows = true;
    blocks->run = block->run;
    if (!follows || block->first_input > expected)
        blocks->next_input = block->first_input;
    if (!follows || block->first_input <= expected)
        return TAPE_BLOCKS_BLOCK;
    blocks->offset = blocks->block_offset; /* the block itself is next */
    (void)damage(blocks, TAPE_MISSING, blocks->block_offset,
                 "the block does not go on where the one before it ended");
    blocks->damage.inputs = block->first_input - expected;
    return TAPE_BLOCKS_DAMAGE;
}

int tape_blocks_next(struct tape_blocks *blocks)
{
    for (;;) {
        if (!blocks->open && blocks->next_path == blocks->path_count)
            return TAPE_BLOCKS_END;
        int result = blocks->open ? 0 : open_next(blocks);

        if (result == 0)
            result = take_block(blocks);
        if (result == TAPE_BLOCKS_BLOCK)
            result = check_order(blocks);
        if (result == TAPE_BLOCKS_BLOCK)
            blocks->next_input += blocks->block.inputs;
        if (result != 0)
            return result;
        blocks->open = false;
    }
}

static int make_room(struct tape_blocks *blocks, size_t length)
{
    size_t room = length + 1 < LINES_ROOM_MIN ? LINES_ROOM_MIN : length + 1;

    if (blocks->lines_room >= room)
        return 0;
    char *lines = realloc(blocks->lines, room);

    if (lines == NULL)
        return ERROR_MEMORY;
    blocks->lines = lines;
    blocks->lines_room = room;
    return 0;
}

int tape_blocks_lines(struct tape_blocks *blocks, char **lines, size_t *length)
{
    const struct tape_block *block = &blocks->block;
    const unsigned char *bytes;
    size_t got;
    int error = make_room(blocks, block->plain_bytes);

    if (error == 0)
        error = tape_window_look(&blocks->window, blocks->block_offset + TAPE_HEADER_BYTES,
                                 block->packed_bytes, &bytes, &got);
    if (error != 0)
        return error;
    size_t plain =
        ZSTD_decompressDCtx(blocks->unpacker, blocks->lines, block->plain_bytes, bytes, got);

    if (ZSTD_isError(plain) || plain != block->plain_bytes || blocks->lines[plain - 1] != '\n') {
        (void)damage(blocks, TAPE_BROKEN, blocks->block_offset,
                     ZSTD_isError(plain) ? ZSTD_getErrorName(plain)
                                         : "the block holds other than its header says");
        blocks->damage.inputs = block->inputs;
        return TAPE_BLOCKS_DAMAGE;
    }
    blocks->lines[plain] = '\0';
    *lines = blocks->lines;
    *length = plain;
    return TAPE_BLOCKS_BLOCK;
}
