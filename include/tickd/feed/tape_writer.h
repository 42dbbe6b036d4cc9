/* Records every input of the engine: the tape, its journal.
 *
 *     engine ──input──▶ line ──▶ [filling buffer]          on the loop, nothing is allocated
 *                                      │ every tape.flush_ms, or half full
 *                                      ▼
 *                                [writing buffer] ──▶ tape_file: compress, write, fdatasync
 *                                                         on a thread of the pool
 *
 * Two buffers of tape.buffer_bytes from the arena, one job at a time. What cannot be written is
 * tried again at every flush, with the same bytes. An input that finds no room in the filling
 * buffer is not recorded: it is counted, has an ordinal like the others, and a "gap" line stands in
 * its place as soon as there is room. From the first failure or lost input until the next success
 * the writer is failing, which is told once, and again when it is over.
 *
 * Inputs are numbered from 0 by their order in the run: the ordinal of an input is how many came
 * before it. */
#ifndef TICKD_FEED_TAPE_WRITER_H
#define TICKD_FEED_TAPE_WRITER_H

#include "tickd/engine/engine.h"
#include "tickd/feed/lws_log.h"
#include "tickd/feed/tape_file.h"

struct uv_loop_s;
struct tape_writer;

/* What is on the disk, and stays there over a loss of power: the inputs before `inputs`, and so
 * everything that led to the messages up to `sequence`. */
struct tape_durable {
    uint64_t inputs;
    uint64_t sequence;
};

struct tape_writer_setup {
    struct uv_loop_s *loop;
    struct engine *engine;
    const struct tape_io *io; /* NULL: the system's */
    const char *folder;       /* made when it is not there; copied, below TAPE_FOLDER_MAX bytes */
    uint64_t run;             /* of a new engine: random; of one that goes on: what it was */
    uint64_t next_input;      /* ordinal of the first input: 0 in a new run */
    uint64_t next_file;       /* number of the first file, see tape_writer_next_file() */
    uint64_t keep_from;       /* see tape_keep_from() */

    feed_log log; /* one line when it begins to fail, works again, cannot keep to its size */
    /* More is durable, from the loop; NULL = nobody waits for it. */
    void (*durable)(void *state, const struct tape_durable *durable);
    void *state; /* of log and durable */
};

/* Takes the buffers. NULL while measuring. */
struct tape_writer *tape_writer_create(struct arena *arena, const struct settings *settings);

/* A number that no file in the folder has: one more than the highest. ERROR_IO (see errno),
 * ERROR_MEMORY, ERROR_FULL. */
int tape_writer_next_file(const char *folder, uint64_t *number);

/* Begins, and becomes the engine's journal. No disk is touched yet: what it may not write to is a
 * failure like any later one. */
void tape_writer_start(struct tape_writer *writer, const struct tape_writer_setup *setup);

/* Tells the tape the engine's digest, after all that came before; once a second. */
void tape_writer_digest(struct tape_writer *writer, int64_t at_us);

/* Hands over what has come so far, without waiting for tape.flush_ms; it is durable when
 * tape_durable() says so. While an earlier job runs, nothing happens. */
void tape_writer_flush(struct tape_writer *writer);

/* The current file ends with the next block, and another one begins. */
void tape_writer_rotate(struct tape_writer *writer);

/* Files with inputs from this ordinal on are still needed: they are not removed, even if all tapes
 * together are larger than tape.max_bytes. UINT64_MAX: none is. */
void tape_keep_from(struct tape_writer *writer, uint64_t ordinal);

struct tape_durable tape_durable(const struct tape_writer *writer);

/* Ordinal of the next input. */
uint64_t tape_writer_next_input(const struct tape_writer *writer);

/* Ends what it has on the loop; once. Inputs still come, and are written at once, as long as the
 * loop runs. Then, when the loop is empty, tape_writer_close() writes what is left (it blocks),
 * takes itself off the engine, and closes the file; safe without a start. False: something could
 * not be written; the log says what. */
void tape_writer_stop(struct tape_writer *writer);
bool tape_writer_close(struct tape_writer *writer);

/* Thousandths of both buffers that are in use; 1000 when an input has found no room. */
uint32_t tape_writer_fill(const struct tape_writer *writer);

/* Whether something could not be recorded, and nothing has been since. */
/* Inputs are being lost, and a gap stands in for them: no state from within one goes on with what
 * comes behind it. */
bool tape_writer_has_gap(const struct tape_writer *writer);

bool tape_writer_is_failing(const struct tape_writer *writer);

/* Fills the tape's part of *live. */
void tape_writer_status(const struct tape_writer *writer, struct status_live *live);

#endif
