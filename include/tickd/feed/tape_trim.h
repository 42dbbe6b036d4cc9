/* Keeps a tape's folder within its size: removes the oldest files. For tape_file.c. */
#ifndef TICKD_FEED_TAPE_TRIM_H
#define TICKD_FEED_TAPE_TRIM_H

#include "tickd/feed/tape_files.h"

struct tape_io;

struct tape_trim {
    const struct tape_io *io;
    const char *folder;
    uint64_t run;
    uint64_t current;   /* number of the file that is being written: it stays, and is not counted */
    uint64_t keep_from; /* of this run: files that have this input or a later one stay */
    uint64_t room;      /* bytes that the older files may have together */
    /* what is left */
    uint64_t bytes;
    uint64_t files;
    uint64_t removed;
    bool over; /* more than `room`: what is left is needed, or cannot be removed */
};

/* Best effort: a file that cannot be looked at or removed stays. Files of earlier runs are never
 * needed by this one. */
void tape_trim(struct tape_trim *trim);

#endif
