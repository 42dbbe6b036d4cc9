/* Tapes, record by record. */
#include "tickd/feed/tape_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tickd/base/error.h"

struct tape_reader {
    struct tape_blocks blocks;
    uint64_t skip_ordinal;
    int64_t skip_us;
    /* the current block's lines */
    char *at;
    char *end;
    uint64_t line;    /* lines of it read so far */
    uint64_t ordinal; /* of its next input */
};

int tape_reader_open(const char *const *paths, size_t count, struct tape_reader **reader)
{
    *reader = calloc(1, sizeof **reader);
    if (*reader == NULL)
        return ERROR_MEMORY;
    (*reader)->skip_us = INT64_MIN;
    int error = tape_blocks_init(&(*reader)->blocks, paths, count);

    if (error != 0) {
        free(*reader);
        *reader = NULL;
    }
    return error;
}

void tape_reader_close(struct tape_reader *reader)
{
    tape_blocks_fini(&reader->blocks);
    free(reader);
}

void tape_reader_skip(struct tape_reader *reader, uint64_t ordinal, int64_t at_us)
{
    reader->skip_ordinal = ordinal;
    reader->skip_us = at_us;
}

const char *tape_reader_path(const struct tape_reader *reader)
{
    return reader->blocks.path != NULL ? reader->blocks.path : "";
}

/* Damage of a block as a record. */
static int tell_damage(struct tape_reader *reader, struct tape_record *record)
{
    record->kind = TAPE_DAMAGE;
    record->damage = reader->blocks.damage;
    record->run = reader->blocks.run;
    record->ordinal = reader->blocks.next_input;
    return 1;
}

/* The block that the lines come from has something wrong in it: the rest of it is left. */
static int spoil(struct tape_reader *reader, struct tape_record *record, const char *what)
{
    const struct tape_block *block = &reader->blocks.block;

    reader->blocks.damage = (struct tape_damage){
        .kind = TAPE_LINE_BAD,
        .path = reader->blocks.path,
        .offset = reader->blocks.block_offset,
        .inputs = block->first_input + block->inputs - reader->ordinal,
        .what = what,
    };
    reader->at = reader->end;
    return tell_damage(reader, record);
}

/* Whether a block has nothing that is wanted. Heads are always wanted. */
static bool is_skipped(const struct tape_reader *reader, const struct tape_block *block)
{
    if (block->number == 0)
        return false;
    return block->first_input + block->inputs < reader->skip_ordinal ||
           block->last_us < reader->skip_us;
}

/* Gets the lines of the next block that is wanted: 1; or a record of damage: 2; or the end. */
static int load_block(struct tape_reader *reader)
{
    struct tape_blocks *blocks = &reader->blocks;
    char *lines;
    size_t length;
    int result;

    do
        result = tape_blocks_next(blocks);
    while (result == TAPE_BLOCKS_BLOCK && is_skipped(reader, &blocks->block));
    if (result == TAPE_BLOCKS_BLOCK)
        result = tape_blocks_lines(blocks, &lines, &length);
    if (result == TAPE_BLOCKS_BLOCK) {
        reader->at = lines;
        reader->end = lines + length;
        reader->line = 0;
        reader->ordinal = blocks->block.first_input;
    }
    return result;
}

static bool is_head(const struct tape_reader *reader)
{
    return reader->blocks.block.number == 0 && reader->line == 0;
}

static int read_head(struct tape_reader *reader, struct tape_record *record, char *line,
                     size_t length)
{
    const char *fault;

    if (tape_head_read(line, length, &record->head, &fault) != 0)
        return spoil(reader, record, fault);
    if (record->head.run != reader->blocks.block.run ||
        record->head.first_input != reader->blocks.block.first_input)
        return spoil(reader, record, "is the head of another file");
    record->kind = TAPE_HEAD;
    return 1;
}

/* How many ordinals a line takes, and what it is; false when the block has not so many. */
static bool place_line(struct tape_reader *reader, struct tape_record *record)
{
    const struct tape_block *block = &reader->blocks.block;
    uint64_t left = block->first_input + block->inputs - reader->ordinal;
    uint64_t taken = 0;

    record->ordinal = reader->ordinal;
    switch (record->line.kind) {
    case TAPE_LINE_INPUT:
        record->kind = TAPE_INPUT;
        taken = 1;
        break;
    case TAPE_LINE_DIGEST:
        record->kind = TAPE_DIGEST;
        break;
    case TAPE_LINE_GAP:
        record->kind = TAPE_GAP;
        taken = record->line.gap;
        break;
    }
    if (taken > left || (reader->at == reader->end && taken != left))
        return false;
    reader->ordinal += taken;
    return true;
}

/* Of a gap that begins before what is wanted and ends in it, what is wanted. */
static void leave_skipped(const struct tape_reader *reader, struct tape_record *record)
{
    uint64_t end = record->ordinal + record->line.gap;

    if (record->ordinal < reader->skip_ordinal && end > reader->skip_ordinal) {
        record->line.gap = end - reader->skip_ordinal;
        record->ordinal = reader->skip_ordinal;
    }
}

/* The next line, which may be one that is skipped: then 0. */
static int read_line(struct tape_reader *reader, struct tape_record *record)
{
    char *line = reader->at;
    char *line_end = memchr(line, '\n', (size_t)(reader->end - line)); /* the last one has one */
    const char *fault;

    reader->at = line_end + 1;
    record->run = reader->blocks.block.run;
    record->ordinal = reader->ordinal;
    if (is_head(reader)) {
        reader->line++;
        return read_head(reader, record, line, (size_t)(line_end - line));
    }
    reader->line++;
    if (tape_line_read(line, (size_t)(line_end - line), &record->line, &fault) != 0)
        return spoil(reader, record, fault);
    if (!place_line(reader, record))
        return spoil(reader, record, "and others are not as many as the block's header says");
    if (record->kind == TAPE_GAP)
        leave_skipped(reader, record);
    if (record->ordinal < reader->skip_ordinal || record->line.at_us < reader->skip_us)
        return 0;
    tape_reader_skip(reader, 0, INT64_MIN); /* from here on all is wanted, whatever its time */
    return 1;
}

int tape_reader_next(struct tape_reader *reader, struct tape_record *record)
{
    for (;;) {
        while (reader->at < reader->end) {
            if (read_line(reader, record) != 0)
                return 1;
        }
        int result = load_block(reader);

        if (result == TAPE_BLOCKS_DAMAGE)
            return tell_damage(reader, record);
        if (result != TAPE_BLOCKS_BLOCK)
            return result;
    }
}

/* A head alone. */

static int copy_config(struct tape_head *head)
{
    char *copy = malloc(head->config_length + 1);

    if (copy == NULL)
        return ERROR_MEMORY;
    memcpy(copy, head->config, head->config_length);
    copy[head->config_length] = '\0';
    head->config = copy;
    return 0;
}

static int find_head(struct tape_reader *reader, struct tape_head *head, struct text *error)
{
    struct tape_record record;
    int result = tape_reader_next(reader, &record);

    if (result < 0) {
        text_format(error, "%s: %s", tape_reader_path(reader),
                    result == ERROR_IO ? strerror(errno) : error_text(result));
        return result;
    }
    if (result == 1 && record.kind == TAPE_HEAD) {
        *head = record.head;
        return copy_config(head);
    }
    if (result == 1 && record.kind == TAPE_DAMAGE)
        tape_damage_print(&record.damage, error);
    else
        text_format(error, "%s: the file does not begin with a tape's first line",
                    tape_reader_path(reader));
    return ERROR_SYNTAX;
}

int tape_reader_read_head(const char *path, struct tape_head *head, struct text *error)
{
    struct tape_reader *reader;
    int result = tape_reader_open(&path, 1, &reader);

    if (result != 0) {
        text_format(error, "%s: %s", path, error_text(result));
        return result;
    }
    result = find_head(reader, head, error);
    tape_reader_close(reader);
    return result;
}
