/* Reads tapes, record by record, in the order of the files that it is given. What is wrong is a
 * record too, and reading goes on behind it: it is for the caller to stop. */
#ifndef TICKD_FEED_TAPE_READER_H
#define TICKD_FEED_TAPE_READER_H

#include "tickd/feed/tape_blocks.h"
#include "tickd/feed/tape_head.h"
#include "tickd/feed/tape_line.h"

struct tape_reader;

enum tape_record_kind {
    TAPE_HEAD,   /* a file begins: head */
    TAPE_INPUT,  /* line.input, with its ordinal */
    TAPE_DIGEST, /* line.sequence, line.digest: the engine's after the inputs before `ordinal` */
    TAPE_GAP,    /* line.gap inputs from `ordinal` on could not be recorded */
    TAPE_DAMAGE  /* damage */
};

struct tape_record {
    enum tape_record_kind kind;
    uint64_t run;
    uint64_t ordinal;
    struct tape_head head;
    struct tape_line line; /* what it points to is valid until the next call */
    struct tape_damage damage;
};

/* `paths` must outlive the reader. ERROR_MEMORY. */
int tape_reader_open(const char *const *paths, size_t count, struct tape_reader **reader);
void tape_reader_close(struct tape_reader *reader);

/* Leaves out what comes before: lines (and gaps) of inputs below `ordinal`, or received before
 * at_us (INT64_MIN: none is). Their blocks are hopped over. For the first call only. */
void tape_reader_skip(struct tape_reader *reader, uint64_t ordinal, int64_t at_us);

/* 1: *record is the next one; 0: the end; ERROR_IO (see errno and tape_reader_path()) or
 * ERROR_MEMORY: the end as well. */
int tape_reader_next(struct tape_reader *reader, struct tape_record *record);

/* The file that is being read. */
const char *tape_reader_path(const struct tape_reader *reader);

/* The head of one file; its configuration is a copy that belongs to the caller (free()).
 * ERROR_SYNTAX with *error when it has none that can be read, ERROR_IO, ERROR_MEMORY. */
int tape_reader_read_head(const char *path, struct tape_head *head, struct text *error);

#endif
