/* A child process, started without holding up the loop. libuv's uv_spawn() forks and waits for the
 * exec inside the loop, which took 2 to 16 ms of it; here a thread of libuv's pool calls
 * posix_spawn(), which copies no page tables and stops nobody but that thread.
 *
 * The child leads a process group of its own, has no signal blocked or ignored, reads from `input`,
 * writes to /dev/null, and shares standard error. Descriptors that are not close-on-exec go with
 * it: there are none. */
#ifndef TICKD_OPS_CHILD_H
#define TICKD_OPS_CHILD_H

#include <sys/types.h>
#include <uv.h>

#include "tickd/base/compiler.h"

struct child_setup {
    uv_loop_t *loop;
    char *const *words;       /* the program's path first, NULL last; must stay until `started` */
    char *const *environment; /* "NAME=value", NULL last; likewise */
    int input;                /* closed when the child has it */
    /* All from the loop. error: 0, or libuv's code; then nothing else follows but `closed`. */
    void (*started)(void *owner, int error);
    void (*ended)(void *owner, int exit_code, int signal_number);
    void (*closed)(void *owner);
    void *owner;
};

struct child {
    struct child_setup setup;
    uv_work_t work;
    uv_signal_t signal;
    pid_t pid;     /* 0 = it does not run, or the loop does not know yet that it does */
    pid_t spawned; /* this and error belong to the pool's thread until its work is done */
    int error;
};

void child_start(struct child *child, const struct child_setup *setup);

/* SIGKILL to its whole group, if it runs. */
void child_kill(const struct child *child);

/* Closes its handle, after it has ended or could not be started; `closed` follows. */
void child_close(struct child *child);

#endif
