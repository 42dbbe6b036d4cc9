/* The end of a tape that is written: compresses blocks, writes them, makes them durable, begins new
 * files, removes the oldest. For tape_writer.c, whose job on a thread of the pool it is; it blocks,
 * and nothing else touches it while it runs.
 *
 * A block that could not be written is written again at the same place, after whatever is left of
 * the attempt has been cut off: what is on the disk is whole blocks, then perhaps a piece of one. A
 * process that dies there leaves a torn end; the next one begins a new file and leaves it as it is,
 * so that nothing that has been written is ever written over. */
#ifndef TICKD_FEED_TAPE_FILE_H
#define TICKD_FEED_TAPE_FILE_H

#include <sys/types.h>

#include "tickd/base/arena.h"
#include "tickd/feed/tape_files.h"
#include "tickd/settings/settings.h"

/* What it asks of the operating system, so that a test can let any of it fail: −1 and errno. */
struct tape_io {
    int (*make_folder)(const char *path);
    int (*create)(const char *path); /* a new file; EEXIST when there is one */
    ssize_t (*write_at)(int descriptor, const void *bytes, size_t length, off_t offset);
    int (*make_durable)(int descriptor);
    int (*truncate)(int descriptor, off_t length);
    int (*sync_folder)(const char *path);
    int (*remove)(const char *path);
};

/* The real one. */
extern const struct tape_io tape_io_system;

enum { TAPE_FOLDER_MAX = 528 /* a state directory of 511 bytes, "/tape", and a zero */ };

struct tape_file_setup {
    const struct tape_io *io;
    const char *folder;  /* made when it is not there; its parent must be */
    uint64_t run;        /* of this engine's life */
    uint64_t next_file;  /* number of the first file that is begun; counts on from there */
    uint64_t file_bytes; /* see tape.file_bytes, tape.max_bytes */
    uint64_t max_bytes;
};

struct tape_file; /* capacity: one block of `plain_max` bytes of lines */

/* NULL while measuring. */
struct tape_file *tape_file_create(struct arena *arena, const struct settings *settings,
                                   size_t plain_max);

/* Touches no disk. */
void tape_file_start(struct tape_file *file, const struct tape_file_setup *setup);
void tape_file_close(struct tape_file *file);

/* One block to be written, and what became of it. */
struct tape_job {
    const char *lines;
    size_t length;
    struct tape_block block; /* inputs and times; the rest is filled in */
    bool begin_file;         /* whatever size the current one has */
    uint64_t keep_from;      /* files with an input from this one on stay, whatever their size */

    int error; /* 0, or errno of the step that failed: nothing was written */
    const char *step;
    bool began_file;       /* one, even if the block could not be written then */
    uint64_t file;         /* number of the current file, 0 = none */
    uint64_t file_bytes;   /* of it */
    uint64_t total_bytes;  /* of all of them */
    uint64_t files;        /* how many there are */
    uint64_t removed;      /* files removed in this job */
    bool over_cap;         /* tape.max_bytes cannot be kept: what is older is still needed */
    uint64_t packed_bytes; /* of this block, with its header */
};

/* The job is on the disk when its error is 0. */
void tape_file_write(struct tape_file *file, struct tape_job *job);

#endif
