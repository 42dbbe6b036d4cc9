/* Reports and dumps as files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tickd/base/error.h"
#include "tickd/ops/ctl_plot.h"

static const char archive_magic[] = "SQLite format 3"; /* and a zero byte */

static int fail_to_read(const char *path, struct text *why)
{
    int error = errno;

    text_format(why, "%s: %s", path, strerror(error));
    return error == ENOENT ? ERROR_NOT_FOUND : ERROR_IO;
}

/* The first line says it: a dump's is a whole object with a topic. */
static enum plot_input kind_of_json(const char *head)
{
    const char *end = strchr(head, '\n');
    cJSON *first = end != NULL ? cJSON_ParseWithLength(head, (size_t)(end - head)) : NULL;
    bool is_dump = cJSON_HasObjectItem(first, "topic");

    cJSON_Delete(first);
    return is_dump ? PLOT_DUMP : PLOT_REPORT;
}

int plot_recognise(const char *path, enum plot_input *input, struct text *why)
{
    static char head[PLOT_LINE_MAX];
    FILE *file = fopen(path, "rb");
    int result = 0;

    if (file == NULL)
        return fail_to_read(path, why);
    size_t length = fread(head, 1, sizeof head - 1, file);

    head[length] = '\0';
    if (ferror(file) != 0) {
        result = fail_to_read(path, why);
    } else if (length >= sizeof archive_magic &&
               memcmp(head, archive_magic, sizeof archive_magic) == 0) {
        *input = PLOT_ARCHIVE;
    } else if (head[0] == '{') {
        *input = kind_of_json(head);
    } else {
        text_format(why,
                    "%s: neither a report (--report), nor a dump (--dump), nor an archive of tickd",
                    path);
        result = ERROR_SYNTAX;
    }
    (void)fclose(file);
    return result;
}

/* The whole file, or NULL with *result. To be freed. */
static char *read_whole(FILE *file, const char *path, size_t *length, int *result, struct text *why)
{
    size_t capacity = 1 << 16;
    char *memory = malloc(capacity);

    *length = 0;
    *result = memory != NULL ? 0 : ERROR_MEMORY;
    while (*result == 0) {
        *length += fread(memory + *length, 1, capacity - *length, file);
        if (*length < capacity)
            break;
        char *larger = capacity < PLOT_FILE_MAX ? realloc(memory, 2 * capacity) : NULL;

        if (larger == NULL) {
            text_format(why, "%s: longer than any report", path);
            *result = ERROR_FULL;
            break;
        }
        memory = larger;
        capacity *= 2;
    }
    if (*result == 0 && ferror(file) != 0)
        *result = fail_to_read(path, why);
    if (*result != 0) {
        free(memory);
        memory = NULL;
    }
    return memory;
}

int plot_read_report(struct plot_data *data, const char *path, struct text *why)
{
    FILE *file = fopen(path, "rb");
    size_t length;
    int result;

    if (file == NULL)
        return fail_to_read(path, why);
    char *memory = read_whole(file, path, &length, &result, why);

    (void)fclose(file);
    if (memory == NULL)
        return result;
    cJSON *report = cJSON_ParseWithLength(memory, length);

    free(memory);
    if (!cJSON_IsObject(report)) {
        text_format(why, "%s: not JSON from its first byte to its last", path);
        result = ERROR_SYNTAX;
    } else {
        plot_take_report(data, report);
    }
    cJSON_Delete(report);
    return result;
}

/* Reads one line, without its end. 1, 0 at the end of the file (what follows the last line's end is
 * a line that its writer did not finish), ERROR_FULL. */
static int next_line(FILE *file, char line[PLOT_LINE_MAX], size_t *length)
{
    if (fgets(line, PLOT_LINE_MAX, file) == NULL)
        return 0;
    *length = strlen(line);
    if (*length > 0 && line[*length - 1] == '\n') {
        line[--*length] = '\0';
        return 1;
    }
    return feof(file) != 0 ? 0 : ERROR_FULL;
}

static bool take_line(struct plot_data *data, const char *line, size_t length)
{
    cJSON *message = cJSON_ParseWithLength(line, length);
    const cJSON *topic = cJSON_GetObjectItemCaseSensitive(message, "topic");
    bool good = cJSON_IsString(topic);

    if (good)
        plot_take_message(data, message, topic->valuestring);
    cJSON_Delete(message);
    return good;
}

int plot_read_dump(struct plot_data *data, const char *path, struct text *why)
{
    static char line[PLOT_LINE_MAX];
    FILE *file = fopen(path, "rb");
    size_t length;
    uint64_t number = 0;
    int more;

    if (file == NULL)
        return fail_to_read(path, why);
    while ((more = next_line(file, line, &length)) > 0) {
        number++;
        if (!take_line(data, line, length)) {
            more = ERROR_SYNTAX;
            break;
        }
    }
    if (more == 0 && ferror(file) != 0)
        more = fail_to_read(path, why);
    else if (more < 0)
        text_format(why, "%s:%llu: %s", path, (unsigned long long)number + (more == ERROR_FULL),
                    more == ERROR_FULL ? "longer than any message" : "not a message of a dump");
    (void)fclose(file);
    return more;
}
