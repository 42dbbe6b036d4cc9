/* A checkpoint as bytes, and the steps by which it gets into the folder.
 *
 *     ┌──────────────┐
 *     │ head         │  magic, format, tickd's version, what it is of, size; checksum of the head
 *     ├──────────────┤
 *     │ sections     │  tickd/base/persist.h, each with a checksum: engine_persist()
 *     ├──────────────┤
 *     │ end          │  magic, size of the whole, checksum of all before it
 *     └──────────────┘
 *
 * Numbers are the machine's own: a state folder belongs to a machine. Checksums are digests
 * (base/digest.h) over blocks of CHECKPOINT_BLOCK bytes. */
#ifndef TICKD_STORE_CHECKPOINT_FILE_H
#define TICKD_STORE_CHECKPOINT_FILE_H

#include "tickd/store/checkpoint.h"

enum {
    CHECKPOINT_FORMAT = 1,
    CHECKPOINT_BLOCK = 32768, /* bytes of a write; multiple of PERSIST_ALIGNMENT */
    CHECKPOINT_VERSION_MAX = 24
};

#define CHECKPOINT_MAGIC "TICKDCP"
#define CHECKPOINT_END_MAGIC "TICKDEN"

struct checkpoint_head {
    char magic[8];
    uint32_t format;
    uint32_t size_of_head;
    char version[CHECKPOINT_VERSION_MAX]; /* tickd's */
    struct checkpoint_meta meta;
    uint64_t size; /* of the file */
    uint64_t unused[2];
    uint64_t checksum; /* of what is before it */
};

struct checkpoint_end {
    char magic[8];
    uint64_t size;
    uint64_t checksum;
};

_Static_assert(sizeof(struct checkpoint_head) % PERSIST_ALIGNMENT == 0, "sections are aligned");

/* Of bytes, block by block. */
uint64_t checkpoint_checksum(const void *bytes, size_t size);

/* X(NAME, what was being done) */
#define CHECKPOINT_STEPS(X)                     \
    X(BEGIN, "beginning")                       \
    X(FOLDER, "opening the folder")             \
    X(CREATE, "creating checkpoint.new")        \
    X(WRITE, "writing checkpoint.new")          \
    X(SYNC, "syncing checkpoint.new")           \
    X(KEEP, "naming the old one checkpoint.1")  \
    X(NAME, "naming checkpoint.new checkpoint") \
    X(SYNC_FOLDER, "syncing the folder")        \
    X(DONE, "done")

enum checkpoint_step {
#define X(NAME, text) CHECKPOINT_##NAME,
    CHECKPOINT_STEPS(X)
#undef X
};

/* How far it came. */
struct checkpoint_result {
    struct checkpoint_meta meta;
    enum checkpoint_place place;
    enum checkpoint_step step; /* CHECKPOINT_DONE, or the one that failed */
    int error;                 /* errno of it */
    uint64_t bytes;            /* of the file */
};

/* All steps. Calls nothing but what is safe between fork() and _exit() in a process with threads:
 * no allocation, no lock, no stdio. */
void checkpoint_write(const char *folder, struct engine *engine, struct checkpoint_result *result);

/* A sentence about a result that failed. */
void checkpoint_explain(const char *folder, const struct checkpoint_result *result,
                        struct text *why);

/* Checks all of a file's bytes (aligned to PERSIST_ALIGNMENT), then loads them into a fresh engine.
 * Errors as checkpoint_read(). */
int checkpoint_parse(const void *bytes, size_t size, struct engine *engine,
                     struct checkpoint_meta *meta, struct text *why);

/* The head alone, of a file of `file_size` bytes of which `size` are there. */
int checkpoint_parse_head(const void *bytes, size_t size, uint64_t file_size,
                          struct checkpoint_head *head, struct text *why);

#endif
