/* The files of a tape. */
#include "tickd/feed/tape_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tickd/base/error.h"
#include "tickd/base/text.h"

static const char name_begin[] = "tape-";
static const char name_end[] = ".jsonl.zst";

enum { DIGITS_MIN = 8, DIGITS_MAX = 19, FIRST_ROOM = 64 };

void tape_files_path(const char *folder, uint64_t number, char path[TAPE_PATH_MAX])
{
    struct text text;

    text_init(&text, path, TAPE_PATH_MAX);
    text_format(&text, "%s/%s%0*llu%s", folder, name_begin, DIGITS_MIN, (unsigned long long)number,
                name_end);
}

/* The number in a name that is one of ours; 0 for others. */
static uint64_t number_of(const char *name)
{
    size_t begin = sizeof name_begin - 1;
    uint64_t number = 0;

    if (strncmp(name, name_begin, begin) != 0)
        return 0;
    size_t digits = strspn(name + begin, "0123456789");

    if (digits < DIGITS_MIN || digits > DIGITS_MAX || strcmp(name + begin + digits, name_end) != 0)
        return 0;
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + (uint64_t)(name[begin + i] - '0');
    return number;
}

static int add(struct tape_files *files, uint64_t number, size_t *room)
{
    if (files->count == TAPE_FILES_MAX)
        return ERROR_FULL;
    if (files->count == *room) {
        size_t larger = *room == 0 ? FIRST_ROOM : *room * 2;
        uint64_t *numbers = realloc(files->numbers, larger * sizeof *numbers);

        if (numbers == NULL)
            return ERROR_MEMORY;
        files->numbers = numbers;
        *room = larger;
    }
    files->numbers[files->count++] = number;
    return 0;
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

static int read_names(DIR *stream, struct tape_files *files)
{
    size_t room = 0;
    int error = 0;

    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(stream); /* NOLINT(concurrency-mt-unsafe) */

        if (entry == NULL)
            return errno != 0 ? ERROR_IO : 0;
        uint64_t number = number_of(entry->d_name);

        if (number != 0)
            error = add(files, number, &room);
        if (error != 0)
            return error;
    }
}

int tape_files_list(const char *folder, struct tape_files *files)
{
    DIR *stream = opendir(folder);

    *files = (struct tape_files){0};
    if (stream == NULL)
        return errno == ENOENT ? 0 : ERROR_IO;
    int error = read_names(stream, files);
    int cause = errno;

    (void)closedir(stream);
    if (error != 0) {
        tape_files_fini(files);
        errno = cause;
        return error;
    }
    if (files->count > 1)
        qsort(files->numbers, files->count, sizeof files->numbers[0], compare);
    return 0;
}

void tape_files_fini(struct tape_files *files)
{
    free(files->numbers);
    *files = (struct tape_files){0};
}

/* The first bytes of a file, as many as there are. */
static ssize_t read_start(const char *path, unsigned char *bytes, size_t size)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t count = -1;

    if (descriptor < 0)
        return -1;
    do
        count = pread(descriptor, bytes, size, 0);
    while (count < 0 && errno == EINTR);
    (void)close(descriptor);
    return count;
}

int tape_files_first_block(const char *path, struct tape_block *block)
{
    unsigned char header[TAPE_HEADER_BYTES];
    const char *fault;
    ssize_t count = read_start(path, header, sizeof header);

    if (count < 0)
        return ERROR_IO;
    if (count < TAPE_HEADER_BYTES)
        return ERROR_SYNTAX;
    return tape_block_parse(header, block, &fault);
}

bool tape_files_is_tape(const char *path)
{
    unsigned char bytes[TAPE_MARK_BYTES];
    ssize_t count = read_start(path, bytes, sizeof bytes);

    return count > 0 && tape_block_begins(bytes, (size_t)count);
}
