/* tickctl tape: looks at recorded tapes, without a daemon. */
#ifndef TICKD_BIN_TICKCTL_TAPE_H
#define TICKD_BIN_TICKCTL_TAPE_H

#include "tickd/base/compiler.h"

enum tape_task {
    TAPE_TASK_PRINT,  /* the lines of all whole blocks */
    TAPE_TASK_VERIFY, /* everything that can be wrong, and one line that sums up */
    TAPE_TASK_CSV     /* the trades, as the CSV that tickd --replay takes */
};

/* Writes to standard output; what is wrong with the tapes to standard error, place by place. The
 * exit code: 0; 65 something is broken; 66 a file cannot be read; 71, 74. */
int tickctl_tape(enum tape_task task, const char *const *paths, size_t count);

#endif
