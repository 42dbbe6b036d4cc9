/* Checkpoints: the engine's state in a file, so that after a restart only the tape behind it has to
 * be replayed.
 *
 *     state folder     checkpoint        the newest
 *                      checkpoint.1      the one before it
 *                      checkpoint.new    one that is being written, or was when the power went
 *
 * A checkpoint is written aside, synced, and named: the old one becomes checkpoint.1, the new one
 * takes its place, the folder is synced. So at every moment at least one whole checkpoint is there.
 * Where the newest is worth less than the one before it (tape or archive have not reached it yet),
 * the new one replaces the newest alone.
 * Readers trust nothing: sizes, checksums and every index are checked before the engine is touched.
 *
 * At start, with an engine that engine_create() has just built:
 *
 *     struct checkpoint_meta meta;
 *     enum checkpoint_generation generation;
 *     int error = checkpoint_load_newest(folder, engine, &meta, &generation, &why);
 *     if (error == ERROR_NOT_FOUND)        none is there: a first start
 *     else if (error == ERROR_STATE)       the engine is spoiled: destroy it, build another
 *     else if (error != 0)                 why says what is wrong with each; the engine is as new
 *     else replay the tape from input meta.next_input on
 *
 * While it runs (checkpoint_live.h), and at a clean stop:
 *
 *     struct checkpoint_meta meta = {.run = run, .next_input = inputs};
 *     if (checkpoint_write_now(folder, engine, CHECKPOINT_AFTER_NEWEST, &meta, &why) != 0) …
 */
#ifndef TICKD_STORE_CHECKPOINT_H
#define TICKD_STORE_CHECKPOINT_H

#include "tickd/base/text.h"
#include "tickd/engine/engine_persist.h"

/* What a checkpoint is of. The caller knows the first two, the rest is found in the engine. */
struct checkpoint_meta {
    uint64_t run;           /* id of the run that its inputs are numbered in */
    uint64_t next_input;    /* inputs of that run's journal that the state contains: the number of
                               the first one that it does not */
    int64_t time_us;        /* engine time */
    uint64_t published;     /* messages: sequence number of the newest */
    uint64_t digest;        /* bus_digest() */
    uint64_t config_digest; /* where it differs from the engine's own, a replay may give others */
    uint64_t layout;        /* engine_layout() */
};

/* What becomes of the newest when there is another. */
enum checkpoint_place { CHECKPOINT_AFTER_NEWEST, CHECKPOINT_FOR_NEWEST };

enum checkpoint_generation { CHECKPOINT_NEWEST, CHECKPOINT_BEFORE, CHECKPOINT_GENERATIONS };

const char *checkpoint_file_name(enum checkpoint_generation generation);

/* Removes it, if it is there. ERROR_IO. */
int checkpoint_remove(const char *folder, enum checkpoint_generation generation);

/* Writes one now, in this process: for a clean stop. Blocks until it is on the disk. The engine has
 * started and is between two inputs. ERROR_IO with `why` naming step and cause; what was there
 * before is there still. */
int checkpoint_write_now(const char *folder, struct engine *engine, enum checkpoint_place place,
                         struct checkpoint_meta *meta, struct text *why);

/* Reads one generation into a fresh engine. `why` gets a sentence on error:
 *   ERROR_NOT_FOUND  there is none
 *   ERROR_IO         it cannot be read
 *   ERROR_SYNTAX     it is damaged, torn, or no checkpoint
 *   ERROR_TYPE       it does not fit this build or this configuration
 *   ERROR_STATE      it was found to be wrong while it was being loaded: the engine is neither new
 *                    nor restored and must not be used
 * The engine is untouched after all but the last. Takes as much memory as the file has, for the
 * time of the call. */
int checkpoint_read(const char *folder, enum checkpoint_generation generation,
                    struct engine *engine, struct checkpoint_meta *meta, struct text *why);

/* The newest that can be read. Where none can, the error of the newest one that is there. `why`
 * tells of each that could not, also on success. */
int checkpoint_load_newest(const char *folder, struct engine *engine, struct checkpoint_meta *meta,
                           enum checkpoint_generation *generation, struct text *why);

/* What one is of, from its head alone: the tape has to be kept from the older one's next_input on.
 * Errors as above. */
int checkpoint_read_meta(const char *folder, enum checkpoint_generation generation,
                         struct checkpoint_meta *meta, struct text *why);

#endif
