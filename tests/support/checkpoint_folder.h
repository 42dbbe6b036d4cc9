/* A folder of its own for checkpoints, a small engine that has traded a while, and the bytes of
 * what is written of it. Link it by including this file; it is all static. */
#ifndef TICKD_SUPPORT_CHECKPOINT_FOLDER_H
#define TICKD_SUPPORT_CHECKPOINT_FOLDER_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/engine_fixture.h"
#include "tickd/store/checkpoint_file.h"

enum { FOLDER_PATH_MAX = 256, WHY_MAX = 1024 };

struct folder {
    char path[FOLDER_PATH_MAX];
    char why_memory[WHY_MAX];
    struct text why;
};

static inline void folder_path(const struct folder *folder, const char *name,
                               char path[FOLDER_PATH_MAX])
{
    int length = snprintf(path, FOLDER_PATH_MAX, "%s/%s", folder->path, name);
    assert_true(length > 0 && length < FOLDER_PATH_MAX);
}

static inline void folder_make(struct folder *folder)
{
    const char *parent = getenv("TMPDIR");
    (void)snprintf(folder->path, sizeof folder->path, "%s/checkpoint-XXXXXX",
                   parent != NULL && parent[0] != '\0' ? parent : "/tmp");
    assert_non_null(mkdtemp(folder->path));
    text_init(&folder->why, folder->why_memory, sizeof folder->why_memory);
}

static inline void folder_remove(struct folder *folder)
{
    DIR *open = opendir(folder->path);
    assert_non_null(open);
    for (struct dirent *entry = readdir(open); entry != NULL; entry = readdir(open)) {
        (void)unlinkat(dirfd(open), entry->d_name, 0);
    }
    (void)closedir(open);
    (void)rmdir(folder->path);
}

static inline bool folder_has(const struct folder *folder, const char *name)
{
    char path[FOLDER_PATH_MAX];
    folder_path(folder, name, path);
    return access(path, F_OK) == 0;
}

/* A whole file; free() it. Aligned, so that it can be parsed in place. */
static inline unsigned char *folder_read(const struct folder *folder, const char *name,
                                         size_t *size)
{
    char path[FOLDER_PATH_MAX];
    struct stat place;
    folder_path(folder, name, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && fstat(fd, &place) == 0);
    *size = (size_t)place.st_size;
    size_t room = (*size + PERSIST_ALIGNMENT) / PERSIST_ALIGNMENT * PERSIST_ALIGNMENT;
    unsigned char *bytes = aligned_alloc(PERSIST_ALIGNMENT, room);
    assert_non_null(bytes);
    assert_int_equal(read(fd, bytes, *size), *size);
    (void)close(fd);
    return bytes;
}

static inline void folder_write(const struct folder *folder, const char *name, const void *bytes,
                                size_t size)
{
    char path[FOLDER_PATH_MAX];
    folder_path(folder, name, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    (void)close(fd);
}

/* Two symbols, short horizon, little memory. */
static inline void folder_configure(struct engine_fixture *fixture)
{
    fixture_init(fixture);
    fixture_set(fixture, "electorate.horizon_bars", "5");
    fixture_set(fixture, "electorate.incumbents", "1");
    fixture_set(fixture, "electorate.shadows", "4");
    fixture_set(fixture, "simulator.paths", "64");
    fixture_set(fixture, "simulator.returns_kept", "120");
}

/* So many seconds of trades in both symbols, from second `from` on. */
static inline void folder_trade(struct engine_fixture *fixture, int64_t from, int64_t seconds)
{
    for (int64_t second = from; second < from + seconds; second++) {
        for (uint16_t symbol = 0; symbol < 2; symbol++) {
            double price = 100.0 + (double)(second * (7 + symbol) % 11) / 10.0;
            fixture_trade(fixture, second * 1000 + symbol * 10, symbol, second * 1000, price, 50);
        }
    }
}

/* As engine_create() leaves it: fixture_start() without its first advance. */
static inline void folder_fresh(struct engine_fixture *fixture)
{
    struct arena measuring;
    arena_init_measuring(&measuring);
    engine_create(&measuring, &fixture->settings);
    assert_int_equal(arena_init(&fixture->arena, measuring.used), 0);
    fixture->engine = engine_create(&fixture->arena, &fixture->settings);
    arena_seal(&fixture->arena);
}

#endif
