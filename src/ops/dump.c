/* The dump: a tap that writes the messages of some topics as JSON lines. */
#include "tickd/ops/dump.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dump {
    struct engine *engine;
    FILE *file;
    uint32_t topics;
    int failed; /* errno of the first write that failed */
    char path[256];
    char line[MESSAGE_TEXT_MAX];
};

_Static_assert(TOPIC_COUNT <= 32, "a set of topics is a 32-bit word");

static void list_topics(struct text *out)
{
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++) {
        text_format(out, "%s%s", topic == 0 ? "" : ", ", topic_name((enum topic)topic));
    }
}

int dump_parse_topics(const char *topics, uint32_t *set, struct text *error)
{
    *set = 0;
    if (topics == NULL || *topics == '\0') {
        *set = UINT32_MAX;
        return 0;
    }
    for (const char *at = topics;; at++) {
        size_t length = strcspn(at, ",");
        enum topic topic = topic_by_name(at, length);
        if (topic == TOPIC_COUNT) {
            text_format(error, "--topics: \"%.*s\" is no topic, allowed are ",
                        (int)(length > 40 ? 40 : length), at);
            list_topics(error);
            return ERROR_NOT_FOUND;
        }
        *set |= 1U << topic;
        at += length;
        if (*at == '\0') {
            return 0;
        }
    }
}

static void see(void *state, const struct message *message)
{
    struct dump *dump = state;
    if ((dump->topics >> message->head.topic & 1U) == 0 || dump->failed != 0) {
        return;
    }
    struct text line;
    text_init(&line, dump->line, sizeof dump->line);
    message_print_json(message, engine_symbols(dump->engine), &line);
    text_add_char(&line, '\n');
    if (fwrite(line.data, 1, line.length, dump->file) != line.length) {
        dump->failed = errno;
    }
}

int dump_open(const char *path, const char *topics, struct engine *engine, struct dump **result,
              struct text *error)
{
    uint32_t set;
    int code = dump_parse_topics(topics, &set, error);
    if (code != 0) {
        return code;
    }
    struct dump *dump = calloc(1, sizeof *dump);
    if (dump == NULL) {
        text_add(error, "--dump: no memory for the dump");
        return ERROR_MEMORY;
    }
    dump->engine = engine;
    dump->topics = set;
    text_copy(dump->path, sizeof dump->path, path);
    dump->file = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (dump->file == NULL) {
        text_format(error, "--dump: %s cannot be written: %s", path, strerror(errno));
        free(dump);
        return ERROR_IO;
    }
    code = bus_add_tap(engine_bus(engine), (struct tap){.see = see, .state = dump});
    if (code != 0) {
        text_format(error, "--dump: the bus %s for one more tap", error_text(code));
        if (dump->file != stdout) {
            fclose(dump->file);
        }
        free(dump);
        return code;
    }
    *result = dump;
    return 0;
}

int dump_close(struct dump **result, struct text *error)
{
    struct dump *dump = *result;
    *result = NULL;
    bus_remove_tap(engine_bus(dump->engine), dump);
    if (fflush(dump->file) != 0 && dump->failed == 0) {
        dump->failed = errno;
    }
    if (dump->file != stdout && fclose(dump->file) != 0 && dump->failed == 0) {
        dump->failed = errno;
    }
    int code = 0;
    if (dump->failed != 0) {
        text_format(error, "--dump: %s cannot be written: %s", dump->path, strerror(dump->failed));
        code = ERROR_IO;
    }
    free(dump);
    return code;
}
