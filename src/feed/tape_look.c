/* How far the tape of a run reaches, hopping from header to header. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tickd/base/error.h"
#include "tickd/feed/tape_blocks.h"
#include "tickd/feed/tape_files.h"
#include "tickd/feed/tape_replay.h"

static void note_head(const char *path, struct tape_extent *extent)
{
    char memory[TAPE_REPLAY_TEXT_MAX];
    struct text ignored;
    struct tape_head head;

    text_init(&ignored, memory, sizeof memory);
    if (tape_reader_read_head(path, &head, &ignored) != 0)
        return;
    extent->config_digest = head.config_digest;
    (void)text_copy(extent->version, sizeof extent->version, head.version);
    free(head.config);
}

/* To the end of the run's last file; what is damaged in it is passed over. */
static int note_blocks(const char *path, struct tape_extent *extent)
{
    struct tape_blocks blocks;
    const char *const paths[] = {path};
    int result = tape_blocks_init(&blocks, paths, 1);

    if (result != 0)
        return result;
    while ((result = tape_blocks_next(&blocks)) > 0) {
        uint64_t next = blocks.block.first_input + blocks.block.inputs;

        if (result == TAPE_BLOCKS_BLOCK && blocks.block.run == extent->run &&
            next > extent->next_input)
            extent->next_input = next;
    }
    tape_blocks_fini(&blocks);
    return result;
}

static bool is_of_run(const char *path, struct tape_extent *extent)
{
    struct tape_block block;

    if (tape_files_first_block(path, &block) != 0 || block.run != extent->run)
        return false;
    if (extent->files++ == 0)
        extent->first_input = block.first_input;
    return true;
}

static uint64_t newest_run(const char *folder, const struct tape_files *files)
{
    char path[TAPE_PATH_MAX];
    struct tape_block block;

    for (size_t i = files->count; i > 0; i--) {
        tape_files_path(folder, files->numbers[i - 1], path);
        if (tape_files_first_block(path, &block) == 0)
            return block.run;
    }
    return 0;
}

int tape_look(const char *folder, uint64_t run, struct tape_extent *extent, struct text *error)
{
    char path[TAPE_PATH_MAX];
    char last[TAPE_PATH_MAX] = "";
    struct tape_files files;
    int code = tape_files_list(folder, &files);

    *extent = (struct tape_extent){.run = run};
    if (code == 0 && run == 0)
        extent->run = newest_run(folder, &files);
    for (size_t i = 0; code == 0 && extent->run != 0 && i < files.count; i++) {
        tape_files_path(folder, files.numbers[i], path);
        if (is_of_run(path, extent))
            (void)text_copy(last, sizeof last, path);
    }
    if (extent->files > 0) {
        note_head(last, extent);
        code = note_blocks(last, extent);
    }
    if (code != 0)
        text_format(error, "%s: %s", folder, code == ERROR_IO ? strerror(errno) : error_text(code));
    tape_files_fini(&files);
    return code;
}
