/* The reader of command lines: walks argv once, looks each option up in the program's table, takes
 * its values and says in one line what is wrong. */
#include "tickd/base/options.h"

#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/error.h"

enum { HELP_WIDTH = 80, HELP_LEFT_MAX = 28, HELP_GAP = 2, HELP_ROW_MAX = 128 };

void options_init(struct options *options, const struct options_entry *entries, size_t entry_count,
                  int argument_count, char *const *arguments)
{
    ASSERT(entry_count <= OPTIONS_MAX);
    *options = (struct options){.entries = entries,
                                .entry_count = entry_count,
                                .arguments = arguments,
                                .argument_count = argument_count,
                                .next = 1};
}

/* The error line from three pieces. What came from outside could hold control characters. */
static int fail(struct options *options, const char *before, const char *quoted, const char *after)
{
    struct text line;
    text_init(&line, options->error, sizeof options->error);
    text_add(&line, before);
    text_add(&line, quoted);
    text_add(&line, after);
    for (char *c = options->error; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            *c = '?';
        }
    }
    return ERROR_SYNTAX;
}

static const char *take_argument(struct options *options)
{
    return options->next < options->argument_count ? options->arguments[options->next++] : NULL;
}

/* Whether an argument stands there that is no option. */
static bool value_follows(const struct options *options)
{
    if (options->next >= options->argument_count) {
        return false;
    }
    const char *argument = options->arguments[options->next];
    return argument[0] != '-' || argument[1] == '\0';
}

static int missing_value(struct options *options, const struct options_entry *entry)
{
    struct text rest;
    char memory[OPTIONS_ERROR_MAX];
    text_init(&rest, memory, sizeof memory);
    text_format(&rest, " needs %s: --%s %s",
                entry->values == OPTIONS_TWO ? "two values" : "a value", entry->name,
                entry->metavar);
    return fail(options, "--", entry->name, memory);
}

/* Takes the values of `entry`; `glued` is what stood behind '=' or behind the letter, or NULL. */
static int take_values(struct options *options, const struct options_entry *entry,
                       const char *glued, struct options_found *found)
{
    *found = (struct options_found){.id = entry->id, .entry = entry};
    if (entry->values == OPTIONS_FLAG) {
        return glued == NULL ? 1 : fail(options, "--", entry->name, " takes no value");
    }
    if (glued == NULL && !value_follows(options)) {
        return missing_value(options, entry);
    }
    found->value = glued != NULL ? glued : take_argument(options);
    if (entry->values == OPTIONS_TWO) {
        if (!value_follows(options)) {
            return missing_value(options, entry);
        }
        found->second = take_argument(options);
    }
    options->list = entry->values == OPTIONS_LIST && glued == NULL ? entry : NULL;
    return 1;
}

static int take_option(struct options *options, const struct options_entry *entry,
                       const char *glued, struct options_found *found)
{
    uint64_t bit = UINT64_C(1) << (size_t)(entry - options->entries);
    if (!entry->repeatable && (options->seen & bit) != 0) {
        return fail(options, "--", entry->name, " is given twice");
    }
    options->seen |= bit;
    return take_values(options, entry, glued, found);
}

static int take_long(struct options *options, const char *argument, struct options_found *found)
{
    const char *name = argument + 2;
    size_t length = strcspn(name, "=");
    for (size_t i = 0; i < options->entry_count; i++) {
        const struct options_entry *entry = &options->entries[i];
        if (strlen(entry->name) == length && memcmp(entry->name, name, length) == 0) {
            return take_option(options, entry, name[length] == '=' ? name + length + 1 : NULL,
                               found);
        }
    }
    return fail(options, "unknown option '", argument, "'; --help lists all");
}

/* One letter of -abc; what follows it is its value when it takes one. */
static int take_letter(struct options *options, struct options_found *found)
{
    char letter[2] = {*options->cluster, '\0'};
    const char *rest = options->cluster[1] != '\0' ? options->cluster + 1 : NULL;
    options->cluster = NULL;
    for (size_t i = 0; i < options->entry_count; i++) {
        const struct options_entry *entry = &options->entries[i];
        if (entry->letter != '\0' && entry->letter == letter[0]) {
            if (entry->values == OPTIONS_FLAG) {
                options->cluster = rest;
                rest = NULL;
            }
            return take_option(options, entry, rest, found);
        }
    }
    return fail(options, "unknown option '-", letter, "'; --help lists all");
}

int options_next(struct options *options, struct options_found *found)
{
    if (options->cluster != NULL) {
        return take_letter(options, found);
    }
    if (options->list != NULL && value_follows(options)) {
        *found = (struct options_found){.id = options->list->id, .entry = options->list};
        found->value = take_argument(options);
        return 1;
    }
    options->list = NULL;
    const char *argument = take_argument(options);
    if (argument != NULL && strcmp(argument, "--") == 0 && !options->only_operands) {
        options->only_operands = true;
        argument = take_argument(options);
    }
    if (argument == NULL) {
        return 0;
    }
    if (options->only_operands || argument[0] != '-' || argument[1] == '\0') {
        *found = (struct options_found){.id = OPTIONS_OPERAND, .value = argument};
        return 1;
    }
    if (argument[1] == '-') {
        return take_long(options, argument, found);
    }
    options->cluster = argument + 1;
    return take_letter(options, found);
}

/* "  -c, --config FILE" */
static void add_left(struct text *row, const struct options_entry *entry)
{
    if (entry->letter != '\0') {
        text_format(row, "  -%c, --%s", entry->letter, entry->name);
    } else {
        text_format(row, "      --%s", entry->name);
    }
    if (entry->values != OPTIONS_FLAG) {
        text_format(row, " %s%s", entry->metavar, entry->values == OPTIONS_LIST ? "..." : "");
    }
}

static void add_spaces(struct text *text, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_add_char(text, ' ');
    }
}

static void new_line(struct text *text, size_t indent)
{
    text_add_char(text, '\n');
    add_spaces(text, indent);
}

/* Columns, not bytes: bytes that continue a UTF-8 sequence take no room. */
static size_t columns_of(const char *bytes, size_t length)
{
    size_t columns = 0;
    for (size_t i = 0; i < length; i++) {
        columns += ((unsigned char)bytes[i] & 0xc0u) != 0x80u;
    }
    return columns;
}

/* Words of `help`, in lines of HELP_WIDTH that begin at column `indent`. */
static void add_wrapped(struct text *text, const char *help, size_t indent)
{
    size_t column = indent;
    while (*help != '\0') {
        size_t length = strcspn(help, " ");
        size_t width = columns_of(help, length);
        bool first = column == indent;
        if (!first && column + 1 + width > HELP_WIDTH) {
            new_line(text, indent);
            column = indent;
            first = true;
        }
        if (!first) {
            text_add_char(text, ' ');
            column++;
        }
        text_add_bytes(text, help, length);
        column += width;
        help += length;
        help += strspn(help, " ");
    }
}

void options_help_row(struct text *text, const char *left, const char *help)
{
    const size_t indent = HELP_LEFT_MAX + HELP_GAP;
    size_t width = columns_of(left, strlen(left));
    text_add(text, left);
    if (width > HELP_LEFT_MAX) {
        new_line(text, indent);
    } else {
        add_spaces(text, indent - width);
    }
    add_wrapped(text, help, indent);
    text_add_char(text, '\n');
}

void options_help(struct text *text, const struct options_entry *entries, size_t entry_count)
{
    for (size_t i = 0; i < entry_count; i++) {
        char memory[HELP_ROW_MAX];
        struct text row;
        text_init(&row, memory, sizeof memory);
        add_left(&row, &entries[i]);
        options_help_row(text, memory, entries[i].help);
    }
}

int options_whole(const char *text, int64_t min, int64_t max, int64_t *value)
{
    bool negative = text[0] == '-';
    const char *digit = text + (negative ? 1 : 0);
    int64_t sum = 0;
    bool overflow = false;
    if (*digit == '\0') {
        return ERROR_SYNTAX;
    }
    for (; *digit != '\0'; digit++) {
        if (*digit < '0' || *digit > '9') {
            return ERROR_SYNTAX;
        }
        int64_t step = negative ? '0' - *digit : *digit - '0';
        overflow = overflow || multiply_overflows(sum, 10, &sum) || add_overflows(sum, step, &sum);
    }
    if (overflow || sum < min || sum > max) {
        return ERROR_RANGE;
    }
    *value = sum;
    return 0;
}
