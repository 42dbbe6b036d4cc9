/* The archive and the engine, introduced. */
#define _XOPEN_SOURCE 700 /* for which the C library declares realpath() */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "tickd/base/assert.h"
#include "tickd/bin/archive.h"
#include "tickd/ops/health_log.h"

/* store.path, or tickd.db in the state folder; absolute, for others read it in the status. */
static int find_path(struct archive *archive, const struct program *program)
{
    const char *given = program->settings.store.path;
    char folder[PATH_MAX];
    struct text path;
    text_init(&path, archive->path, sizeof archive->path);
    if (*given == '/') {
        text_add(&path, given);
    } else if (realpath(*given != '\0' ? "." : program->directories.state, folder) != NULL) {
        text_format(&path, "%s/%s", folder, *given != '\0' ? given : "tickd.db");
    } else {
        program_complain("%s cannot be found any more", program->directories.state);
        return EX_CANTCREAT;
    }
    if (path.cut) {
        program_complain("store.path: the path is longer than %zu bytes", path.capacity - 1);
        return EX_CANTCREAT;
    }
    return 0;
}

int archive_find(struct archive *archive, const struct program *program)
{
    archive->path[0] = '\0';
    return program->store == NULL ? 0 : find_path(archive, program);
}

int archive_start(struct archive *archive, struct program *program, uint64_t run,
                  const struct archive_links *links)
{
    char memory[CONFIG_ERROR_MAX];
    struct text why;
    archive->store = program->store;
    if (archive->store == NULL) {
        return 0;
    }
    struct store_setup setup = {
        .loop = links->loop,
        .path = archive->path,
        .run = (int64_t)run,
        .rows_missing = links->rows_missing,
        .initial_cash = program->settings.portfolio.initial_cash,
        .version = TICKD_VERSION,
        .config_digest = settings_digest(&program->settings),
        .symbols = engine_symbols(program->engine),
        .durable_sequence = links->durable_sequence,
        .wall_us = system_time_us,
        .log = links->log,
        .state = links->state,
    };
    text_init(&why, memory, sizeof memory);
    if (store_start(archive->store, &setup, &why) != 0) {
        program_complain("%s", memory);
        return EX_CANTCREAT;
    }
    int error = bus_add_tap(engine_bus(program->engine), store_tap(archive->store));
    ASSERT(error == 0);
    return 0;
}

bool archive_has_all(const struct archive *archive, uint64_t sequence)
{
    return archive->store == NULL || store_has_all(archive->store, sequence);
}

void archive_stop(struct archive *archive)
{
    if (archive->store != NULL) {
        store_stop(archive->store, NULL, NULL);
    }
}
