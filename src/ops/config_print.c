/* Prints the configuration in two ways that differ only in their comments and empty lines. */
#include "tickd/ops/config_print.h"

#include <stdlib.h>
#include <string.h>

#include "tickd/base/error.h"

enum { COLUMNS_MAX = 100, INDENT = 4, COMMENT_MAX = 1024 };

struct printer {
    FILE *out;
    const struct settings *settings;
    const struct config_origins *origins; /* NULL = the documented defaults */
};

static void indent(const struct printer *printer, size_t columns)
{
    fprintf(printer->out, "%*s", (int)columns, "");
}

/* Columns of a text whose characters are one column wide. */
static size_t columns_of(const char *bytes, size_t length)
{
    size_t columns = 0;

    for (size_t i = 0; i < length; i++)
        columns += ((unsigned char)bytes[i] & 0xc0) != 0x80;
    return columns;
}

/* Pieces of `text`, cut at `separator`, in lines that all begin with `columns` blanks and `begin`;
 * the separator stays at the end of a line, without its last byte, a blank. */
static void print_filled(const struct printer *printer, const char *text, const char *separator,
                         size_t columns, const char *begin)
{
    size_t used = 0;

    while (*text != '\0') {
        const char *next = strstr(text, separator);
        size_t length = next == NULL ? strlen(text) : (size_t)(next - text) + strlen(separator) - 1;
        size_t width = columns_of(text, length);

        if (used > 0 && used + 1 + width > COLUMNS_MAX) {
            fputc('\n', printer->out);
            used = 0;
        }
        if (used == 0) {
            indent(printer, columns);
            fputs(begin, printer->out);
            used = columns + strlen(begin);
        } else {
            fputc(' ', printer->out);
            used++;
        }
        fwrite(text, 1, length, printer->out);
        used += width;
        text += length + (next == NULL ? 0 : 1);
    }
    fputc('\n', printer->out);
}

/* A list that does not fit behind its key gets lines of its own. Its items hold no comma, so that
 * ", " is between two of them. */
static void print_value(const struct printer *printer, char *value, size_t columns, size_t used)
{
    size_t length = strlen(value);

    if (value[0] != '[' || used + columns_of(value, length) + 1 <= COLUMNS_MAX) {
        fputs(value, printer->out);
        return;
    }
    value[length - 1] = '\0';
    fputs("[\n", printer->out);
    print_filled(printer, value + 1, ", ", columns + INDENT, "");
    indent(printer, columns);
    fputc(']', printer->out);
}

static void print_origin(const struct printer *printer, size_t index)
{
    const struct config_origin *origin = &printer->origins->keys[index];

    switch (origin->origin) {
    case ORIGIN_DEFAULT:
    case ORIGIN_DERIVED:
        fprintf(printer->out, " // %s", setting_origin_name(origin->origin));
        break;
    case ORIGIN_FILE:
        fprintf(printer->out, " // %s:%lu", printer->origins->path, (unsigned long)origin->line);
        break;
    case ORIGIN_OPTION:
        fprintf(printer->out, " // option --set");
        break;
    }
}

/* Meaning, what is allowed, and the default again, for when the value has been changed. */
static void print_meaning(const struct printer *printer, const struct setting *setting,
                          const char *value, size_t columns)
{
    char memory[COMMENT_MAX];
    struct text allowed;

    text_init(&allowed, memory, sizeof memory);
    settings_print_allowed(setting, &allowed);
    if (setting->kind != SETTING_LIST)
        text_format(&allowed, "; default %s", value);
    if (settings_is_run_time(setting))
        text_add(&allowed, "; a reload applies it");
    print_filled(printer, setting->help, " ", columns, "// ");
    print_filled(printer, allowed.data, " ", columns, "// ");
}

static void print_key(const struct printer *printer, size_t index, bool first, bool last)
{
    const struct setting *setting = settings_key(index);
    size_t section = settings_section_length(setting->key);
    const char *name = section == 0 ? setting->key : setting->key + section + 1;
    size_t columns = section == 0 ? INDENT : 2 * INDENT;
    char memory[SETTING_VALUE_MAX];
    struct text value;

    text_init(&value, memory, sizeof memory);
    settings_print_shown(printer->settings, setting, &value);
    if (printer->origins == NULL) {
        fputs(first ? "" : "\n", printer->out);
        print_meaning(printer, setting, value.data, columns);
    }
    indent(printer, columns);
    fprintf(printer->out, "\"%s\": ", name);
    print_value(printer, memory, columns, columns + strlen(name) + 4);
    fputs(last ? "" : ",", printer->out);
    if (printer->origins != NULL)
        print_origin(printer, index);
    fputc('\n', printer->out);
}

static bool same_section(const char *key, const char *other)
{
    size_t length = settings_section_length(key);

    return length == settings_section_length(other) && strncmp(key, other, length) == 0;
}

static void open_section(const struct printer *printer, const char *key)
{
    size_t length = settings_section_length(key);

    if (printer->origins == NULL)
        fputc('\n', printer->out);
    indent(printer, INDENT);
    fprintf(printer->out, "\"%.*s\": {\n", (int)length, key);
}

/* The keys of a section stand together, those of the root first. */
static int print_all(const struct printer *printer)
{
    const char *before = "";

    fputs("{\n", printer->out);
    for (size_t i = 0; i < settings_count(); i++) {
        const char *key = settings_key(i)->key;
        bool last_of_all = i + 1 == settings_count();
        bool in_section = settings_section_length(key) > 0;
        bool last = last_of_all || (in_section && !same_section(key, settings_key(i + 1)->key));

        bool first = i == 0 || !same_section(key, before);

        if (in_section && first)
            open_section(printer, key);
        print_key(printer, i, first, last);
        if (in_section && last) {
            indent(printer, INDENT);
            fputs(last_of_all ? "}\n" : "},\n", printer->out);
        }
        before = key;
    }
    fputs("}\n", printer->out);
    return ferror(printer->out) || fflush(printer->out) != 0 ? ERROR_IO : 0;
}

int config_print(const struct settings *settings, const struct config_origins *origins, FILE *out)
{
    return print_all(&(struct printer){out, settings, origins});
}

int config_print_documented(FILE *out)
{
    struct settings *settings = malloc(sizeof *settings);
    int code;

    if (settings == NULL)
        return ERROR_MEMORY;
    settings_init(settings);
    fputs(
        "// The configuration of tickd: every key, at its default. A key that is left out has its\n"
        "// default too. Comments run from two slashes to the end of the line, or between /* and "
        "*/.\n"
        "// tickd --check-config says whether a file is right, tickd --print-config what is in "
        "effect.\n",
        out);
    code = print_all(&(struct printer){out, settings, NULL});
    free(settings);
    return code;
}
