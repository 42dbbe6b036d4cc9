/* The daemon's archive: what bin brings together so that src/store can run. */
#ifndef TICKD_BIN_ARCHIVE_H
#define TICKD_BIN_ARCHIVE_H

#include <uv.h>

#include "tickd/bin/program.h"
#include "tickd/store/store.h"

struct archive {
    struct store *store; /* NULL: store.path is "off" */
    char path[STATUS_TEXT_MAX];
};

struct archive_links {
    uv_loop_t *loop;
    uint64_t (*durable_sequence)(void *state); /* the tape's; NULL without one */
    void (*log)(void *state, enum log_level level, const char *event, const char *text);
    void *state;           /* of both */
    uint64_t rows_missing; /* of the run, that it cannot have any more */
};

/* Whether all up to this message is in it, or there is none. */
bool archive_has_all(const struct archive *archive, uint64_t sequence);

/* Its path; "" without one. An exit code, having said why. */
int archive_find(struct archive *archive, const struct program *program);

/* Opens the archive, for rows of that run, and hangs it on the bus, before the engine's first
 * message that is new. 0 or an exit code, having said why. */
int archive_start(struct archive *archive, struct program *program, uint64_t run,
                  const struct archive_links *links);

/* The loop has to run on until it is done. */
void archive_stop(struct archive *archive);

#endif
