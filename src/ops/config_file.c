/* Reads the configuration: a grammar of fixed depth over the tokens of jsonc.h. The root object
 * holds keys and sections, a section holds keys, a list holds items; nothing goes deeper, so
 * nothing recurses. A file is read into a copy of the settings, which counts only when all of it
 * was right. */
#include "tickd/ops/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tickd/base/error.h"
#include "tickd/market/symbols.h"
#include "tickd/ops/jsonc.h"

enum {
    NAME_SHOWN_MAX = 384, /* of a dotted name, escaped and cut where it is no plain one */
    WHY_MAX = 768         /* of "found …, allowed: …" */
};

_Static_assert((int)SETTING_SYMBOL_MAX == (int)SYMBOL_NAME_MAX, "settings_check() knows the limit");

/* A dotted name as messages show it; plain = it can be looked up too. */
struct name {
    char text[NAME_SHOWN_MAX];
    bool plain;
};

struct reader {
    struct jsonc jsonc;
    const char *path;
    struct text *error;
    struct settings *settings;                           /* the copy */
    char *decoded;                                       /* room for any string of the file */
    struct jsonc_place keys[SETTINGS_COUNT];             /* line 0 = not in the file */
    struct jsonc_place sections[SETTINGS_SECTION_COUNT]; /* the same */
    char why_memory[WHY_MAX];
    struct text why;
};

/* Control characters would break the one line that an error is. */
static void add_printable(struct text *text, const char *string)
{
    for (; *string != '\0'; string++) {
        bool control = (unsigned char)*string < 0x20 || *string == 0x7f;

        text_add_char(text, control ? '?' : *string);
    }
}

/* "path:line:column: key: "; the key is left out when it is NULL. */
static void begin_error(struct reader *reader, struct jsonc_place place, const struct name *name)
{
    text_clear(reader->error);
    text_format(reader->error, "%s:%lu:%lu: ", reader->path, (unsigned long)place.line,
                (unsigned long)place.column);
    if (name != NULL)
        text_format(reader->error, "%s: ", name->text);
}

static int fail_with_why(struct reader *reader, struct jsonc_place place, const struct name *name,
                         int code)
{
    begin_error(reader, place, name);
    text_add(reader->error, reader->why.data);
    return code;
}

/* A token that cannot stand where it does. */
static int fail_token(struct reader *reader, const struct jsonc_token *token,
                      const struct name *name, int code, const char *allowed)
{
    begin_error(reader, token->place, name);
    text_add(reader->error, code == ERROR_SYNTAX ? "not JSON: found " : "found ");
    jsonc_describe(token, reader->error);
    text_format(reader->error, ", allowed: %s", allowed);
    return code;
}

static int take(struct reader *reader, struct jsonc_token *token)
{
    int code = jsonc_next(&reader->jsonc, token, &reader->why);

    if (code != 0) {
        begin_error(reader, token->place, NULL);
        text_format(reader->error, "not JSON: %s", reader->why.data);
    }
    return code;
}

static bool is_plain(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)bytes[i] <= 0x20 || (unsigned char)bytes[i] >= 0x7f)
            return false;
    }
    return length > 0;
}

/* The dotted name of a key in a section, "" for the root. */
static void read_name(struct reader *reader, const struct jsonc_token *token, const char *section,
                      struct name *name)
{
    struct text text;
    size_t length = jsonc_decode(token, reader->decoded, token->length);

    text_init(&text, name->text, sizeof name->text);
    text_add(&text, section);
    text_add(&text, section[0] == '\0' ? "" : ".");
    name->plain = length < SETTING_KEY_MAX && is_plain(reader->decoded, length);
    if (name->plain) {
        text_add_bytes(&text, reader->decoded, length);
    } else {
        settings_print_found(reader->decoded, length, &text);
    }
}

static bool is_value(enum jsonc_kind kind)
{
    return kind == JSONC_OBJECT_BEGIN || kind == JSONC_ARRAY_BEGIN || kind == JSONC_STRING ||
           kind == JSONC_NUMBER || kind == JSONC_TRUE || kind == JSONC_FALSE || kind == JSONC_NULL;
}

static bool fits(enum setting_kind kind, enum jsonc_kind token)
{
    switch (kind) {
    case SETTING_INTEGER:
    case SETTING_REAL:
        return token == JSONC_NUMBER;
    case SETTING_MONEY:
        return token == JSONC_NUMBER || token == JSONC_STRING;
    case SETTING_BOOLEAN:
        return token == JSONC_TRUE || token == JSONC_FALSE;
    case SETTING_TEXT:
    case SETTING_CHOICE:
        return token == JSONC_STRING;
    case SETTING_LIST:
        return token == JSONC_ARRAY_BEGIN;
    }
    return false;
}

/* A value of the wrong type, or none at all. */
static int fail_type(struct reader *reader, const struct jsonc_token *token,
                     const struct name *name, const struct setting *setting)
{
    text_clear(&reader->why);
    settings_print_allowed(setting, &reader->why);
    return fail_token(reader, token, name, is_value(token->kind) ? ERROR_TYPE : ERROR_SYNTAX,
                      reader->why.data);
}

static int read_item(struct reader *reader, const struct jsonc_token *token,
                     const struct name *name, const struct setting *setting)
{
    size_t length;
    int code;

    if (token->kind != JSONC_STRING)
        return fail_type(reader, token, name, setting);
    length = jsonc_decode(token, reader->decoded, token->length);
    code = settings_list_add(reader->settings, setting, reader->decoded, length, &reader->why);
    return code == 0 ? 0 : fail_with_why(reader, token->place, name, code);
}

/* From behind the opening bracket to the closing one. */
static int read_items(struct reader *reader, const struct name *name, const struct setting *setting)
{
    struct jsonc_token token;
    int code = take(reader, &token);

    if (code != 0 || token.kind == JSONC_ARRAY_END)
        return code;
    for (;;) {
        code = read_item(reader, &token, name, setting);
        if (code == 0)
            code = take(reader, &token);
        if (code != 0 || token.kind == JSONC_ARRAY_END)
            return code;
        if (token.kind != JSONC_COMMA)
            return fail_token(reader, &token, name, ERROR_SYNTAX, "a comma or ]");
        code = take(reader, &token);
        if (code != 0)
            return code;
    }
}

static int read_list(struct reader *reader, const struct jsonc_token *begin,
                     const struct name *name, const struct setting *setting)
{
    int code;
    size_t count;

    settings_list_clear(reader->settings, setting);
    code = read_items(reader, name, setting);
    if (code != 0)
        return code;
    count = settings_list_count(reader->settings, setting);
    if (count >= (size_t)setting->lowest)
        return 0;
    text_clear(&reader->why);
    text_format(&reader->why, "found %zu items, allowed: ", count);
    settings_print_allowed(setting, &reader->why);
    return fail_with_why(reader, begin->place, name, ERROR_RANGE);
}

static int read_value(struct reader *reader, const struct name *name, const struct setting *setting)
{
    struct jsonc_token token;
    int code = take(reader, &token);

    if (code != 0)
        return code;
    if (!fits(setting->kind, token.kind))
        return fail_type(reader, &token, name, setting);
    if (setting->kind == SETTING_LIST)
        return read_list(reader, &token, name, setting);
    const char *value = token.start;
    size_t length = token.length;

    if (token.kind == JSONC_STRING) {
        length = jsonc_decode(&token, reader->decoded, token.length);
        value = reader->decoded;
    }
    code = settings_set(reader->settings, setting, value, length, &reader->why);
    return code == 0 ? 0 : fail_with_why(reader, token.place, name, code);
}

/* Writes down where a name stands; a second time is an error. */
static int note_place(struct reader *reader, struct jsonc_place *seen, struct jsonc_place place,
                      const struct name *name)
{
    if (seen->line == 0) {
        *seen = place;
        return 0;
    }
    begin_error(reader, place, name);
    text_format(reader->error,
                "found a second time, allowed: once (the first is at line %lu, "
                "column %lu)",
                (unsigned long)seen->line, (unsigned long)seen->column);
    return ERROR_EXISTS;
}

/* Whether the value that comes next is an object. */
static bool object_follows(const struct reader *reader, struct text *why)
{
    struct jsonc ahead = reader->jsonc;
    struct jsonc_token token;

    return jsonc_next(&ahead, &token, why) == 0 && token.kind == JSONC_OBJECT_BEGIN;
}

/* On the top level a section may have been meant, or a key of one by its dotted name. */
static int fail_unknown(struct reader *reader, struct jsonc_place place, const struct name *name,
                        bool top)
{
    const char *key = name->plain ? name->text : "";
    const char *section = NULL;

    begin_error(reader, place, name);
    if (top && object_follows(reader, &reader->why))
        section = settings_nearest_section(key);
    if (section != NULL) {
        text_format(reader->error, "unknown section; the nearest known one is %s", section);
        return ERROR_RANGE;
    }
    settings_print_unknown(key, reader->error);
    if (top && settings_find(key, strlen(key), NULL) != NULL)
        text_format(reader->error, ", in the object \"%.*s\"", (int)settings_section_length(key),
                    key);
    return ERROR_RANGE;
}

static int read_setting(struct reader *reader, struct jsonc_place place, const struct name *name,
                        bool top)
{
    size_t index;
    const struct setting *setting = settings_find(name->text, strlen(name->text), &index);
    int code;

    if (!name->plain || setting == NULL || (top && settings_section_length(setting->key) > 0))
        return fail_unknown(reader, place, name, top);
    code = note_place(reader, &reader->keys[index], place, name);
    return code == 0 ? read_value(reader, name, setting) : code;
}

/* A member's key and its colon. 1 = there is one, 0 = the object has ended, else an error. */
static int next_key(struct reader *reader, bool first, struct jsonc_token *key)
{
    struct jsonc_token token;
    int code = take(reader, key);

    if (code != 0)
        return code;
    if (key->kind == JSONC_OBJECT_END)
        return 0;
    if (!first) {
        if (key->kind != JSONC_COMMA)
            return fail_token(reader, key, NULL, ERROR_SYNTAX, "a comma or }");
        code = take(reader, key);
    }
    if (code != 0)
        return code;
    if (key->kind != JSONC_STRING)
        return fail_token(reader, key, NULL, ERROR_SYNTAX,
                          first ? "a key in double quotes or }"
                                : "a key in double quotes (no comma before })");
    code = take(reader, &token);
    if (code != 0)
        return code;
    if (token.kind != JSONC_COLON)
        return fail_token(reader, &token, NULL, ERROR_SYNTAX, "a colon");
    return 1;
}

/* What follows the colon behind a section's name. */
static int read_section(struct reader *reader, const char *section, const struct name *name)
{
    struct jsonc_token token;
    struct name key;
    int code = take(reader, &token);

    if (code != 0)
        return code;
    if (token.kind != JSONC_OBJECT_BEGIN)
        return fail_token(reader, &token, name, is_value(token.kind) ? ERROR_TYPE : ERROR_SYNTAX,
                          "an object, the section's keys in { }");
    for (bool first = true; (code = next_key(reader, first, &token)) > 0; first = false) {
        read_name(reader, &token, section, &key);
        code = read_setting(reader, token.place, &key, false);
        if (code != 0)
            break;
    }
    return code;
}

static int read_top_member(struct reader *reader, const struct jsonc_token *token)
{
    struct name name;
    size_t index;
    int code;

    read_name(reader, token, "", &name);
    if (!name.plain || !settings_find_section(name.text, strlen(name.text), &index))
        return read_setting(reader, token->place, &name, true);
    code = note_place(reader, &reader->sections[index], token->place, &name);
    return code == 0 ? read_section(reader, settings_section(index), &name) : code;
}

static int read_root(struct reader *reader)
{
    struct jsonc_token token;
    int code = take(reader, &token);

    if (code != 0)
        return code;
    if (token.kind != JSONC_OBJECT_BEGIN) {
        /* What is found is not shown: it may be the file that holds the feed's key. */
        begin_error(reader, token.place, NULL);
        text_format(reader->error, "not JSON: found %s, allowed: { and the whole configuration",
                    token.kind == JSONC_END ? "the end of the text" : "another beginning");
        return ERROR_SYNTAX;
    }
    for (bool first = true; (code = next_key(reader, first, &token)) > 0; first = false) {
        code = read_top_member(reader, &token);
        if (code != 0)
            break;
    }
    if (code == 0)
        code = take(reader, &token);
    if (code != 0)
        return code;
    if (token.kind != JSONC_END)
        return fail_token(reader, &token, NULL, ERROR_SYNTAX, "nothing behind the last }");
    return 0;
}

void config_origins_init(struct config_origins *origins)
{
    memset(origins, 0, sizeof *origins);
}

static void copy_path(char shown[CONFIG_PATH_MAX], const char *path)
{
    struct text text;

    text_init(&text, shown, CONFIG_PATH_MAX);
    add_printable(&text, path);
    if (text_is_utf8(shown, text.length))
        return;
    for (size_t i = 0; i < text.length; i++) {
        if ((unsigned char)shown[i] >= 0x80)
            shown[i] = '?';
    }
}

static void keep_origins(struct config_origins *origins, const struct reader *reader)
{
    text_copy(origins->path, sizeof origins->path, reader->path);
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        if (reader->keys[i].line > 0)
            origins->keys[i] =
                (struct config_origin){ORIGIN_FILE, reader->keys[i].line, reader->keys[i].column};
    }
}

static int fail_file(const char *path, const char *why, int code, struct text *error)
{
    text_clear(error);
    add_printable(error, path);
    text_format(error, ": %s", why);
    return code;
}

int config_parse(const char *name, const char *bytes, size_t length, struct settings *settings,
                 struct config_origins *origins, struct text *error)
{
    char path[CONFIG_PATH_MAX];
    struct reader reader = {.path = path, .error = error};
    int code;

    text_clear(error);
    copy_path(path, name);
    text_init(&reader.why, reader.why_memory, sizeof reader.why_memory);
    jsonc_init(&reader.jsonc, bytes, length);
    reader.settings = malloc(sizeof *reader.settings);
    reader.decoded = malloc(length + 1);
    if (reader.settings == NULL || reader.decoded == NULL) {
        code = fail_file(path, "no memory to read it", ERROR_MEMORY, error);
    } else {
        *reader.settings = *settings;
        code = read_root(&reader);
    }
    if (code == 0) {
        *settings = *reader.settings;
        keep_origins(origins, &reader);
    }
    free(reader.decoded);
    free(reader.settings);
    return code;
}

static int fail_errno(const char *path, struct text *error)
{
    int code = errno == ENOENT ? ERROR_NOT_FOUND : ERROR_IO;

    text_clear(error);
    add_printable(error, path);
    text_format(error, ": cannot be read: %s", strerror(errno));
    return code;
}

/* Reads up to `capacity` bytes: the file may grow meanwhile. */
static int read_all(int file, const char *path, char *bytes, size_t capacity, size_t *length,
                    struct text *error)
{
    *length = 0;
    while (*length < capacity) {
        ssize_t count = read(file, bytes + *length, capacity - *length);

        if (count == 0)
            return 0;
        if (count > 0)
            *length += (size_t)count;
        else if (errno != EINTR)
            return fail_errno(path, error);
    }
    return fail_file(path, "found more than 1 MiB, allowed: at most 1048576 bytes", ERROR_FULL,
                     error);
}

static int open_file(const char *path, int *file, struct text *error)
{
    struct stat status;

    /* A FIFO that nobody writes to would hold up the open, and a pipe that stays open the read. */
    *file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (*file < 0)
        return fail_errno(path, error);
    int code = fstat(*file, &status) == 0 ? 0 : fail_errno(path, error);

    if (code == 0 && !S_ISREG(status.st_mode))
        code = fail_file(path,
                         S_ISDIR(status.st_mode) ? "found a directory, allowed: a file"
                                                 : "found no regular file, allowed: a file",
                         ERROR_IO, error);
    if (code != 0)
        close(*file);
    return code;
}

int config_load(const char *path, struct settings *settings, struct config_origins *origins,
                struct text *error)
{
    size_t capacity = CONFIG_BYTES_MAX + 1;
    size_t length = 0;
    int file;
    int code = open_file(path, &file, error);

    if (code != 0)
        return code;
    char *bytes = malloc(capacity);

    if (bytes == NULL) {
        code = fail_file(path, "no memory to read it", ERROR_MEMORY, error);
    } else {
        code = read_all(file, path, bytes, capacity, &length, error);
    }
    close(file);
    if (code == 0)
        code = config_parse(path, bytes, length, settings, origins, error);
    free(bytes);
    return code;
}
