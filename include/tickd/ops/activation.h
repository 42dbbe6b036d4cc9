/* Sockets that the service manager has opened before the program began (sd_listen_fds(3), without
 * its library): $LISTEN_FDS descriptors from 3 on, meant for the process $LISTEN_PID, named by
 * $LISTEN_FDNAMES. */
#ifndef TICKD_OPS_ACTIVATION_H
#define TICKD_OPS_ACTIVATION_H

#include "tickd/base/text.h"

enum { ACTIVATION_FIRST = 3, ACTIVATION_COUNT_MAX = 64 };

/* The values of the variables; NULL = not set. */
struct activation {
    const char *pid;
    const char *count;
    const char *names; /* separated by ':'; NULL: nameless */
};

/* The descriptor that is called `name`, or the only one there is; 0 = none was passed. It is then
 * not inherited by children, and does not block. The others are closed. On error *why says what is
 * wrong with it: ERROR_TYPE (no listening UNIX stream socket), ERROR_NOT_FOUND (several, none of
 * that name), ERROR_SYNTAX (variables that nobody can mean), ERROR_IO. */
int activation_take(const struct activation *activation, int64_t own_pid, const char *name,
                    struct text *why);

#endif
