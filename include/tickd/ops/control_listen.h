/* A UNIX socket that listens at a path: made, and taken away. */
#ifndef TICKD_OPS_CONTROL_LISTEN_H
#define TICKD_OPS_CONTROL_LISTEN_H

#include <sys/stat.h>

#include "tickd/base/text.h"

struct control_place {
    char path[108]; /* sun_path's size, unix(7) */
    dev_t device;
    ino_t inode;
};

/* The descriptor of a socket bound to `path`, mode 0660, non-blocking, not yet listening. A file
 * there that nobody answers at is replaced. Errors as those of control_start(). */
int control_listen(struct control_place *place, const char *path, struct text *why);

/* Removes the file, if it is still the one that was made. */
void control_unlink(const struct control_place *place);

#endif
