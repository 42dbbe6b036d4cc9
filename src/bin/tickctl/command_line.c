/* tickctl's command line: options, words, --help, the shell's completion. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "tickd/bin/exit_codes.h"
#include "tickd/bin/tickctl.h"
#include "tickd/bin/tickctl_options.h"

enum { HELP_MAX = 16384, HELP_INDENT = 25 };

enum option {
#define X(ID, ...) OPTION_##ID,
    TICKCTL_OPTIONS(X)
#undef X
};

static const struct options_entry table[] = {
#define X(ID, ...) {OPTION_##ID, __VA_ARGS__},
    TICKCTL_OPTIONS(X)
#undef X
};

/* NULL: every command takes it. */
static const char *const option_commands[ARRAY_LENGTH(table)] = {
#define X(ID, command) [OPTION_##ID] = (command),
    TICKCTL_OPTION_COMMANDS(X)
#undef X
};

static const struct control_entry locals[] = {
#define X(name, arguments, help) {name, arguments, CONTROL_ANYONE, help},
    TICKCTL_COMMANDS(X)
#undef X
};

const struct control_entry *ctl_find_local(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(locals); i++) {
        if (strcmp(locals[i].name, name) == 0)
            return &locals[i];
    }
    return NULL;
}

static int take_word(struct ctl_line *line, const char *word)
{
    if (line->word_count == ARRAY_LENGTH(line->words))
        return ctl_complain(EX_USAGE, "too many arguments");
    line->words[line->word_count++] = word;
    return 0;
}

static void take_option(struct ctl_line *line, enum option option, const char *value)
{
    line->given |= UINT32_C(1) << option;
    switch (option) {
    case OPTION_SOCKET:
        line->socket = value;
        break;
    case OPTION_JSON:
        line->wants_json = true;
        break;
    case OPTION_TIMEOUT:
        line->timeout = value;
        break;
    case OPTION_INTERVAL:
        line->interval = value;
        break;
    case OPTION_OUT:
        line->out = value;
        break;
    case OPTION_KIND:
        line->kind = value;
        break;
    case OPTION_DB:
        line->db = value;
        break;
    case OPTION_ROWS:
        line->rows = value;
        break;
    case OPTION_ONCE:
        line->wants_once = true;
        break;
    case OPTION_PREVIOUS:
        line->wants_previous = true;
        break;
    case OPTION_FILE:
        line->file = value;
        break;
    case OPTION_VERIFY:
        line->wants_verify = true;
        break;
    case OPTION_CSV:
        line->wants_csv = true;
        break;
    case OPTION_HELP:
        line->wants_help = true;
        break;
    case OPTION_VERSION:
        line->wants_version = true;
        break;
    }
}

int ctl_line_read(struct ctl_line *line, int argument_count, char **arguments)
{
    struct options options;
    struct options_found found;
    int more;

    options_init(&options, table, ARRAY_LENGTH(table), argument_count, arguments);
    while ((more = options_next(&options, &found)) > 0) {
        int code = 0;

        if (found.id == OPTIONS_OPERAND)
            code = take_word(line, found.value);
        else
            take_option(line, (enum option)found.id, found.value);
        if (code != 0)
            return code;
    }
    return more < 0 ? ctl_complain(EX_USAGE, options.error) : 0;
}

int ctl_line_check_options(const struct ctl_line *line, const char *command)
{
    char memory[CTL_WHY_MAX];
    struct text why;

    text_init(&why, memory, sizeof memory);
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        if ((line->given >> i & 1) == 0 || option_commands[i] == NULL ||
            strcmp(option_commands[i], command) == 0)
            continue;
        text_format(&why, "--%s", table[i].name);
        if (table[i].letter != '\0')
            text_format(&why, " (-%c)", table[i].letter);
        text_format(&why, " is for %s", option_commands[i]);
        return ctl_complain(EX_USAGE, memory);
    }
    return 0;
}

int ctl_line_check_arity(const struct ctl_line *line, const struct control_entry *entry)
{
    char memory[CTL_WHY_MAX];
    struct text why;
    size_t least;
    size_t most;

    control_arity(entry, &least, &most);
    if (most == CONTROL_ARGUMENTS_MAX) /* the last may be repeated: the command sets its limit */
        most = CTL_WORDS_MAX;
    if (line->word_count - 1 >= least && line->word_count - 1 <= most)
        return 0;
    text_init(&why, memory, sizeof memory);
    text_add(&why, "usage: tickctl ");
    control_print_usage(entry, &why);
    return ctl_complain(EX_USAGE, why.data);
}

static void print_entry(const struct control_entry *entry, struct text *help)
{
    size_t start = help->length;

    text_add(help, "  ");
    control_print_usage(entry, help);
    size_t width = help->length - start;

    text_format(help, "%*s", (int)(width < HELP_INDENT ? HELP_INDENT - width : 1), "");
    text_format(help, "%s%s\n", entry->help,
                entry->who == CONTROL_OWNER ? " (root and the daemon's own user)" : "");
}

void ctl_print_help(void)
{
    char memory[HELP_MAX];
    struct text help;

    text_init(&help, memory, sizeof memory);
    text_add(&help, "usage: tickctl [OPTION]... COMMAND [ARGUMENT]...\n\nCommands:\n");
    for (size_t i = 0; i < CONTROL_COMMAND_COUNT; i++)
        print_entry(control_entry((enum control_id)i), &help);
    for (size_t i = 0; i < ARRAY_LENGTH(locals); i++)
        print_entry(&locals[i], &help);
    text_add(&help, "\nOptions:\n");
    options_help(&help, table, ARRAY_LENGTH(table));
    text_add(&help, "\nExit codes:\n");
#define X(code, meaning) text_format(&help, "  %2d  %s\n", code, meaning);
    TICKCTL_EXIT_CODES(X)
#undef X
    fputs(help.data, stdout);
}

int ctl_completion(const struct ctl_line *line)
{
    (void)line;
    fputs("complete -W '", stdout);
    for (size_t i = 0; i < CONTROL_COMMAND_COUNT; i++)
        printf("%s ", control_entry((enum control_id)i)->name);
    for (size_t i = 0; i < ARRAY_LENGTH(locals); i++)
        printf("%s ", locals[i].name);
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
        printf("--%s ", table[i].name);
    fputs("' tickctl\n", stdout);
    return 0;
}
