/* What a run has recorded after a checkpoint, from its folder into an engine. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tickd/base/error.h"
#include "tickd/feed/tape_files.h"
#include "tickd/feed/tape_replay.h"

/* The files of one run, from the one on that has a certain input. */
struct found {
    char (*paths)[TAPE_PATH_MAX];
    const char **list;
    size_t count;
    uint64_t next_file;
};

static void release(struct found *found)
{
    free(found->paths);
    free(found->list);
    *found = (struct found){0};
}

/* A file whose first block cannot be read may still have others: it counts as one of the run when
 * its neighbours before it are. */
static void sort_out(struct found *found, const char *path, uint64_t run, uint64_t from_ordinal)
{
    struct tape_block block;
    bool readable = tape_files_first_block(path, &block) == 0;

    if (readable && block.run != run)
        return;
    if (readable && block.first_input <= from_ordinal)
        found->count = 0; /* all of it that is wanted begins here */
    if (readable || found->count > 0)
        (void)text_copy(found->paths[found->count++], TAPE_PATH_MAX, path);
}

static int find(struct found *found, const char *folder, uint64_t run, uint64_t from_ordinal)
{
    struct tape_files files;
    int error = tape_files_list(folder, &files);

    *found = (struct found){.next_file = 1};
    if (error != 0)
        return error;
    found->paths = calloc(files.count + 1, sizeof *found->paths);
    found->list = calloc(files.count + 1, sizeof *found->list);
    if (found->paths == NULL || found->list == NULL)
        error = ERROR_MEMORY;
    for (size_t i = 0; i < files.count && error == 0; i++) {
        char path[TAPE_PATH_MAX];

        tape_files_path(folder, files.numbers[i], path);
        sort_out(found, path, run, from_ordinal);
        found->next_file = files.numbers[i] + 1;
    }
    for (size_t i = 0; i < found->count; i++)
        found->list[i] = found->paths[i];
    tape_files_fini(&files);
    return error;
}

/* Whether the oldest file there is begins after the input that is wanted. */
static bool begins_too_late(const struct found *found, uint64_t from_ordinal)
{
    struct tape_block block;

    return found->count > 0 && tape_files_first_block(found->list[0], &block) == 0 &&
           block.first_input > from_ordinal;
}

int tape_replay_into(struct engine *engine, struct ingest *ingest, const char *folder, uint64_t run,
                     const struct tape_replay_options *options, struct tape_replay_result *result,
                     uint64_t *next_file, struct text *error)
{
    struct found found;
    int code = find(&found, folder, run, options->from_ordinal);

    *result = (struct tape_replay_result){.next_ordinal = options->from_ordinal};
    *next_file = found.next_file;
    if (code != 0)
        text_format(error, "%s: %s", folder, code == ERROR_IO ? strerror(errno) : error_text(code));
    if (code == 0 && begins_too_late(&found, options->from_ordinal)) {
        text_format(error, "%s: the run's tape begins after input %llu", folder,
                    (unsigned long long)options->from_ordinal);
        code = ERROR_NOT_FOUND;
    }
    if (code == 0 && found.count > 0)
        code = tape_replay(engine, ingest, found.list, found.count, options, result, error);
    release(&found);
    return code;
}
