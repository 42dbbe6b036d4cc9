/* The oldest files of a tape go first. */
#include "tickd/feed/tape_trim.h"

#include <sys/stat.h>

#include "tickd/feed/tape_file.h"

static uint64_t size_of(const struct tape_trim *trim, uint64_t number)
{
    char path[TAPE_PATH_MAX];
    struct stat file;

    tape_files_path(trim->folder, number, path);
    return stat(path, &file) == 0 ? (uint64_t)file.st_size : 0;
}

/* All that is in a file is older than the first input of the file after it. */
static bool is_needed(const struct tape_trim *trim, uint64_t number, uint64_t next)
{
    char path[TAPE_PATH_MAX];
    struct tape_block block;

    tape_files_path(trim->folder, number, path);
    if (tape_files_first_block(path, &block) != 0 || block.run != trim->run)
        return false;
    tape_files_path(trim->folder, next, path);
    if (tape_files_first_block(path, &block) != 0 || block.run != trim->run)
        return true;
    return block.first_input > trim->keep_from;
}

static bool remove_file(struct tape_trim *trim, uint64_t number)
{
    char path[TAPE_PATH_MAX];
    uint64_t size = size_of(trim, number);

    tape_files_path(trim->folder, number, path);
    if (trim->io->remove(path) != 0)
        return false;
    trim->bytes -= size < trim->bytes ? size : trim->bytes;
    trim->files--;
    trim->removed++;
    return true;
}

void tape_trim(struct tape_trim *trim)
{
    struct tape_files files;
    size_t oldest = 0;

    trim->bytes = trim->files = trim->removed = 0;
    trim->over = false;
    if (tape_files_list(trim->folder, &files) != 0)
        return;
    for (size_t i = 0; i < files.count && files.numbers[i] < trim->current; i++) {
        trim->bytes += size_of(trim, files.numbers[i]);
        trim->files++;
    }
    for (; trim->bytes > trim->room && oldest + 1 < files.count && trim->files > 0; oldest++) {
        if (is_needed(trim, files.numbers[oldest], files.numbers[oldest + 1]) ||
            !remove_file(trim, files.numbers[oldest]))
            break;
    }
    trim->over = trim->bytes > trim->room;
    tape_files_fini(&files);
}
