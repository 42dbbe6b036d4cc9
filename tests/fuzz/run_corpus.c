/* Feeds every file of a corpus folder to a fuzz target once, in a build without libFuzzer:
 *     fuzz_X FOLDER
 * The empty input always comes first. Exits with 1 when the folder cannot be read or holds no
 * file; a target that finds something aborts by itself. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The largest input that is fed whole; libFuzzer's own default is 4 KiB. */
enum { INPUT_BYTES_MAX = 1 << 20, PATH_BYTES_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t input[INPUT_BYTES_MAX];

/* An exact copy on the heap, so that a sanitizer sees a read past the end. */
static int feed(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL) {
        fputs("out of memory\n", stderr);
        return -1;
    }
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    return 0;
}

static int feed_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return -1;
    }
    size_t size = fread(input, 1, sizeof input, file);
    int failed = ferror(file) || !feof(file);
    fclose(file);
    if (failed) {
        fprintf(stderr, "%s: unreadable, or larger than %d bytes\n", path, INPUT_BYTES_MAX - 1);
        return -1;
    }
    return feed(input, size);
}

int main(int argument_count, char **arguments)
{
    if (argument_count != 2) {
        fputs("usage: fuzz_X FOLDER\n", stderr);
        return 64;
    }
    DIR *folder = opendir(arguments[1]);
    if (folder == NULL) {
        perror(arguments[1]);
        return 1;
    }
    int failed = feed(input, 0) != 0;
    unsigned fed = 0;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char path[PATH_BYTES_MAX];
        if (entry->d_name[0] == '.')
            continue;
        int length = snprintf(path, sizeof path, "%s/%s", arguments[1], entry->d_name);
        if (length < 0 || (size_t)length >= sizeof path || feed_file(path) != 0)
            failed = 1;
        else
            fed++;
    }
    closedir(folder);
    printf("%u inputs from %s\n", fed, arguments[1]);
    return failed || fed == 0;
}
