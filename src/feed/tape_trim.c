/* The oldest files of a tape go first. */
#include "tickd/feed/tape_trim.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tickd/base/error.h"
#include "tickd/base/text.h"
#include "tickd/feed/tape_file.h"

static uint64_t size_of(const struct tape_trim *trim, uint64_t number)
{
    char path[TAPE_PATH_MAX];
    struct stat file;

    tape_files_path(trim->folder, number, path);
    return stat(path, &file) == 0 ? (uint64_t)file.st_size : 0;
}

/* All that is in a file is older than the first input of the file after it. One whose beginning is
 * damaged is taken for one of the run of the file after it. */
static bool is_needed(const struct tape_trim *trim, uint64_t number, uint64_t next)
{
    char path[TAPE_PATH_MAX];
    struct tape_block block;

    tape_files_path(trim->folder, number, path);
    int error = tape_files_first_block(path, &block);

    if (error == ERROR_IO)
        return true;
    if (error == 0 && block.run != trim->run)
        return false;
    tape_files_path(trim->folder, next, path);
    if (tape_files_first_block(path, &block) != 0)
        return true;
    if (block.run != trim->run)
        return error == 0;
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

/* Whether files from the place on have something of the run, or may have. */
static bool has_files(const struct tape_trim *trim, const struct tape_files *files, size_t from,
                      uint64_t run)
{
    char path[TAPE_PATH_MAX];
    struct tape_block block;

    for (size_t i = from; i < files->count; i++) {
        tape_files_path(trim->folder, files->numbers[i], path);
        if (tape_files_first_block(path, &block) != 0 || block.run == run)
            return true;
    }
    return false;
}

/* The run in the name of a folder with the state that a run began with; 0: it is none. */
static uint64_t run_of_start(const char *name)
{
    static const char begin[] = "start-";
    enum { DIGITS = 16, BASE = 16 };
    size_t length = sizeof begin - 1;

    if (strncmp(name, begin, length) != 0 || strlen(name) != length + DIGITS ||
        strspn(name + length, "0123456789abcdef") != DIGITS)
        return 0;
    return strtoull(name + length, NULL, BASE);
}

static void remove_start(const struct tape_trim *trim, const char *name)
{
    static const char *const parts[] = {"checkpoint", "checkpoint.1", "checkpoint.new"};
    char path[TAPE_PATH_MAX];
    struct text text;

    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        text_init(&text, path, sizeof path);
        text_format(&text, "%s/%s/%s", trim->folder, name, parts[i]);
        (void)trim->io->remove(path);
    }
    text_init(&text, path, sizeof path);
    text_format(&text, "%s/%s", trim->folder, name);
    (void)rmdir(path);
}

/* What a run began with is of use with the tape of its beginning only; that of this run tells the
 * archive's run too, and stays. */
static void remove_starts(const struct tape_trim *trim, const struct tape_files *files, size_t from)
{
    DIR *list = opendir(trim->folder);
    const struct dirent *entry;

    if (list == NULL)
        return;
    while ((entry = readdir(list)) != NULL) { /* NOLINT(concurrency-mt-unsafe) */
        uint64_t run = run_of_start(entry->d_name);

        if (run != 0 && run != trim->run && !has_files(trim, files, from, run))
            remove_start(trim, entry->d_name);
    }
    (void)closedir(list);
}

/* Too much, or so many that a list of them would soon have no end. */
static bool is_too_much(const struct tape_trim *trim)
{
    return trim->bytes > trim->room || trim->files > TAPE_FILES_MAX / 2;
}

void tape_trim(struct tape_trim *trim)
{
    struct tape_files files;
    size_t oldest = 0;

    trim->bytes = trim->files = trim->removed = 0;
    trim->over = true;
    if (tape_files_list(trim->folder, &files) != 0)
        return;
    for (size_t i = 0; i < files.count && files.numbers[i] < trim->current; i++) {
        trim->bytes += size_of(trim, files.numbers[i]);
        trim->files++;
    }
    for (; is_too_much(trim) && oldest + 1 < files.count && trim->files > 0; oldest++) {
        if (is_needed(trim, files.numbers[oldest], files.numbers[oldest + 1]) ||
            !remove_file(trim, files.numbers[oldest]))
            break;
    }
    trim->over = is_too_much(trim);
    remove_starts(trim, &files, oldest);
    tape_files_fini(&files);
}
