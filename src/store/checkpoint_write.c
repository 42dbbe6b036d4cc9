/* A checkpoint's way into the folder. The part that runs in a child after fork() comes first: it
 * calls the kernel and engine_persist(), nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tickd/store/checkpoint_file.h"

static const char name_new[] = "checkpoint.new";

const char *checkpoint_file_name(enum checkpoint_generation generation)
{
    return generation == CHECKPOINT_NEWEST ? "checkpoint" : "checkpoint.1";
}

/* Bytes on their way to the file, block by block. After an error nothing more is written. */
struct output {
    int fd;
    int error;
    uint64_t size;
    struct digest sum;
    size_t used;
    unsigned char block[CHECKPOINT_BLOCK];
};

static void write_block(struct output *output)
{
    size_t at = 0;
    if (output->used == 0) {
        return;
    }
    digest_add(&output->sum, output->block, output->used);
    while (at < output->used && output->error == 0) {
        ssize_t written = write(output->fd, output->block + at, output->used - at);
        if (written > 0) {
            at += (size_t)written;
        } else if (written < 0 && errno != EINTR) {
            output->error = errno;
        }
    }
    output->used = 0;
}

static void add(void *state, const void *bytes, size_t size)
{
    struct output *output = state;
    const unsigned char *from = bytes;
    output->size += size;
    while (size > 0) {
        size_t room = CHECKPOINT_BLOCK - output->used;
        size_t part = size < room ? size : room;
        memcpy(output->block + output->used, from, part);
        output->used += part;
        from += part;
        size -= part;
        if (output->used == CHECKPOINT_BLOCK) {
            write_block(output);
        }
    }
}

uint64_t checkpoint_checksum(const void *bytes, size_t size)
{
    const unsigned char *from = bytes;
    struct digest sum;
    digest_init(&sum);
    for (size_t at = 0; at < size; at += CHECKPOINT_BLOCK) {
        digest_add(&sum, from + at, size - at < CHECKPOINT_BLOCK ? size - at : CHECKPOINT_BLOCK);
    }
    return digest_value(&sum);
}

/* What it is of, and how large it will be. */
static void fill_head(struct engine *engine, const struct checkpoint_meta *meta,
                      struct checkpoint_head *head)
{
    struct persist measure;
    const struct bus *bus = engine_bus(engine);
    persist_measure(&measure);
    engine_persist(engine, &measure);
    *head = (struct checkpoint_head){
        .magic = CHECKPOINT_MAGIC,
        .format = CHECKPOINT_FORMAT,
        .size_of_head = sizeof *head,
        .version = TICKD_VERSION,
        .meta = {.run = meta->run,
                 .next_input = meta->next_input,
                 .time_us = bus_time(bus),
                 .published = bus_published(bus),
                 .digest = bus_digest(bus),
                 .config_digest = engine_config_digest(engine),
                 .layout = digest_value(&measure.layout)},
        .size = sizeof *head + measure.size + sizeof(struct checkpoint_end),
    };
    head->checksum = checkpoint_checksum(head, offsetof(struct checkpoint_head, checksum));
}

/* The end's checksum is that of all before it, whose last block ends there. */
static void write_state(struct engine *engine, const struct checkpoint_head *head,
                        struct output *output)
{
    struct persist persist;
    add(output, head, sizeof *head);
    persist_save(&persist, add, output);
    engine_persist(engine, &persist);
    write_block(output);
    struct checkpoint_end end = {
        .magic = CHECKPOINT_END_MAGIC, .size = head->size, .checksum = digest_value(&output->sum)};
    add(output, &end, sizeof end);
    write_block(output);
}

/* 0 or an errno; on success the file is on the disk. */
static int fill_file(int fd, struct engine *engine, struct checkpoint_result *result)
{
    struct output output = {.fd = fd};
    struct checkpoint_head head;
    digest_init(&output.sum);
    fill_head(engine, &result->meta, &head);
    result->step = CHECKPOINT_WRITE;
    write_state(engine, &head, &output);
    result->meta = head.meta;
    result->bytes = output.size;
    if (output.error == 0) {
        result->step = CHECKPOINT_SYNC;
        output.error = fsync(fd) == 0 ? 0 : errno;
    }
    return output.error;
}

static int create_file(int folder, struct engine *engine, struct checkpoint_result *result)
{
    enum { MODE = 0640 };
    result->step = CHECKPOINT_CREATE;
    if (unlinkat(folder, name_new, 0) != 0 && errno != ENOENT) {
        return errno;
    }
    int fd = openat(folder, name_new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, MODE);
    if (fd < 0) {
        return errno;
    }
    int error = fill_file(fd, engine, result);
    if (close(fd) != 0 && error == 0) {
        error = errno;
    }
    return error;
}

static int name_file(int folder, struct checkpoint_result *result)
{
    const char *newest = checkpoint_file_name(CHECKPOINT_NEWEST);
    result->step = CHECKPOINT_KEEP;
    if (result->place == CHECKPOINT_AFTER_NEWEST &&
        renameat(folder, newest, folder, checkpoint_file_name(CHECKPOINT_BEFORE)) != 0 &&
        errno != ENOENT) {
        return errno;
    }
    result->step = CHECKPOINT_NAME;
    if (renameat(folder, name_new, folder, newest) != 0) {
        return errno;
    }
    result->step = CHECKPOINT_SYNC_FOLDER;
    return fsync(folder) == 0 ? 0 : errno;
}

int checkpoint_remove(const char *folder, enum checkpoint_generation generation)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return ERROR_IO;
    }
    bool gone = unlinkat(fd, checkpoint_file_name(generation), 0) == 0 || errno == ENOENT;
    bool kept = fsync(fd) == 0;
    (void)close(fd);
    return gone && kept ? 0 : ERROR_IO;
}

void checkpoint_write(const char *folder, struct engine *engine, struct checkpoint_result *result)
{
    result->step = CHECKPOINT_FOLDER;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        result->error = errno;
        return;
    }
    result->error = create_file(fd, engine, result);
    if (result->error == 0) {
        result->error = name_file(fd, result);
    } else {
        (void)unlinkat(fd, name_new, 0);
    }
    (void)close(fd);
    if (result->error == 0) {
        result->step = CHECKPOINT_DONE;
    }
}

/* In the daemon itself. */

void checkpoint_explain(const char *folder, const struct checkpoint_result *result,
                        struct text *why)
{
    static const char *const steps[] = {
#define X(NAME, text) text,
        CHECKPOINT_STEPS(X)
#undef X
    };
    text_format(why, "checkpoint in %s: %s fails: %s", folder, steps[result->step],
                strerror(result->error));
    if (result->error == ENOSPC || result->error == EDQUOT) {
        text_format(why, "; %llu bytes are needed beside the two that are kept",
                    (unsigned long long)result->bytes);
    }
}

int checkpoint_write_now(const char *folder, struct engine *engine, enum checkpoint_place place,
                         struct checkpoint_meta *meta, struct text *why)
{
    struct checkpoint_result result = {.meta = *meta, .place = place};
    checkpoint_write(folder, engine, &result);
    *meta = result.meta;
    if (result.step != CHECKPOINT_DONE) {
        checkpoint_explain(folder, &result, why);
        return ERROR_IO;
    }
    return 0;
}
