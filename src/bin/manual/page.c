/* Manual pages in man(7): hand-written parts stay as they are, lists are filled in. */
#include <stdlib.h>
#include <string.h>

#include "manual.h"
#include "tickd/ops/command_table.h"
#include "tickd/ops/control_commands.h"
#include "tickd/settings/settings.h"
#include "tickd/sim/faults.h"
#include "tickd/sim/market_model.h"

enum { LINE_MAX_BYTES = 1024, ALLOWED_MAX = 2048, COLUMNS_MAX = 72 };

void roff_text(FILE *out, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        bool begins = p == text || p[-1] == '\n';

        if (begins && (*p == '.' || *p == '\''))
            fputs("\\&", out);
        if (*p == '-')
            fputs("\\-", out);
        else if (*p == '\\')
            fputs("\\e", out);
        else
            fputc(*p, out);
    }
}

static void bold(FILE *out, const char *text)
{
    fputs("\\fB", out);
    roff_text(out, text);
    fputs("\\fR", out);
}

static void italic(FILE *out, const char *text)
{
    fputs("\\fI", out);
    roff_text(out, text);
    fputs("\\fR", out);
}

/* A sentence, though the tables write some of them as the rest of a line. */
static void sentence(FILE *out, const char *text)
{
    size_t length = strlen(text);

    if (text[0] >= 'a' && text[0] <= 'z')
        fputc(text[0] - 'a' + 'A', out);
    else
        fputc(text[0], out);
    roff_text(out, text + 1);
    fputs(length > 0 && text[length - 1] == '.' ? "\n" : ".\n", out);
}

/* The lists. */

static void write_option(const struct options_entry *entry, FILE *out)
{
    fputs(".TP\n", out);
    if (entry->letter != '\0')
        fprintf(out, "\\fB\\-%c\\fR, ", entry->letter);
    fputs("\\fB\\-\\-", out);
    roff_text(out, entry->name);
    fputs("\\fR", out);
    if (entry->metavar != NULL) {
        fputc(' ', out);
        italic(out, entry->metavar);
    }
    fputs(entry->values == OPTIONS_LIST ? "...\n" : "\n", out);
    sentence(out, entry->help);
}

static void write_options(const struct subject *subject, FILE *out)
{
    for (size_t i = 0; i < subject->option_count; i++)
        write_option(&subject->options[i], out);
}

static void write_command(const char *name, const char *arguments, const char *help, FILE *out)
{
    fputs(".TP\n", out);
    bold(out, name);
    if (arguments[0] != '\0') {
        fputc(' ', out);
        italic(out, arguments);
    }
    fputc('\n', out);
    sentence(out, help);
}

static void write_commands(const struct subject *subject, enum control_who who, FILE *out)
{
    for (size_t i = 0; subject->has_commands && i < CONTROL_COMMAND_COUNT; i++) {
        const struct control_entry *entry = control_entry((enum control_id)i);

        if (entry->who == who)
            write_command(entry->name, entry->arguments, entry->help, out);
    }
}

static void write_open_commands(const struct subject *subject, FILE *out)
{
    write_commands(subject, CONTROL_ANYONE, out);
    for (size_t i = 0; i < subject->local_count; i++)
        write_command(subject->local[i].name, subject->local[i].arguments, subject->local[i].help,
                      out);
}

static void write_owner_commands(const struct subject *subject, FILE *out)
{
    write_commands(subject, CONTROL_OWNER, out);
}

static void write_exits(const struct subject *subject, FILE *out)
{
    for (size_t i = 0; i < subject->exit_count; i++) {
        fprintf(out, ".TP\n\\fB%d\\fR\n", subject->exits[i].code);
        sentence(out, subject->exits[i].meaning);
    }
}

static void write_states(const struct subject *subject, FILE *out)
{
    (void)subject;
#define X(NAME, name, meaning) write_command(#name, "", meaning, out);
    CONTROL_STATES(X)
#undef X
}

/* A blank behind each comma of a list, so that lines can be broken. */
static void write_default(const char *text, FILE *out)
{
    fputs("Default: ", out);
    while (*text != '\0') {
        char item[SETTING_VALUE_MAX];
        size_t length = strcspn(text, ",");

        length += text[length] == ',' ? 1 : 0;
        text_copy_bytes(item, sizeof item, text, length);
        roff_text(out, item);
        text += length;
        fputs(*text == '\0' ? ".\n" : " ", out);
    }
}

static void write_key(const struct setting *setting, FILE *out)
{
    char memory[ALLOWED_MAX];
    struct text allowed;

    text_init(&allowed, memory, sizeof memory);
    settings_print_allowed(setting, &allowed);
    fputs(".TP\n", out);
    bold(out, setting->key);
    fputc('\n', out);
    sentence(out, setting->help);
    sentence(out, memory);
    if (setting->fallback[0] != '\0')
        write_default(setting->fallback, out);
    if (settings_is_run_time(setting))
        fputs("A reload applies it.\n", out);
}

static void write_keys(const struct subject *subject, FILE *out)
{
    const char *section = "";

    (void)subject;
    for (size_t i = 0; i < settings_count(); i++) {
        const struct setting *setting = settings_key(i);
        size_t length = settings_section_length(setting->key);

        if (length > 0 && strncmp(section, setting->key, length + 1) != 0) {
            fprintf(out, ".SS %.*s\n", (int)length, setting->key);
            section = setting->key;
        }
        write_key(setting, out);
    }
}

static void write_markets(const struct subject *subject, FILE *out)
{
    (void)subject;
    for (size_t i = 0; i < MARKET_KIND_COUNT; i++)
        write_command(market_kind_name((enum market_kind)i), "",
                      market_kind_help((enum market_kind)i), out);
}

static void write_parameters(const struct subject *subject, FILE *out)
{
    (void)subject;
    for (size_t i = 0; market_parameter_row(i) != NULL; i++) {
        const struct market_parameter_row *row = market_parameter_row(i);

        fputs(".TP\n", out);
        bold(out, row->name);
        fprintf(out, "=%g, ", row->standard);
        roff_text(out, row->unit);
        fputc('\n', out);
        sentence(out, row->help);
    }
}

static void write_faults(const struct subject *subject, FILE *out)
{
    (void)subject;
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        char usage[LINE_MAX_BYTES];

        fault_usage((enum fault)i, usage, sizeof usage);
        write_command(usage, "", fault_row((enum fault)i)->help, out);
    }
}

static const struct {
    const char *mark;
    void (*write)(const struct subject *subject, FILE *out);
} parts[] = {
    {"@options@\n", write_options},
    {"@commands@\n", write_open_commands},
    {"@owner-commands@\n", write_owner_commands},
    {"@exit-codes@\n", write_exits},
    {"@states@\n", write_states},
    {"@keys@\n", write_keys},
    {"@markets@\n", write_markets},
    {"@parameters@\n", write_parameters},
    {"@faults@\n", write_faults},
};

/* The page. */

static bool fill_in(const char *mark, const struct subject *subject, FILE *out)
{
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        if (strcmp(mark, parts[i].mark) == 0) {
            parts[i].write(subject, out);
            return true;
        }
    }
    return false;
}

static void write_line(const char *line, const char *date, FILE *out)
{
    static const char version_mark[] = "@version@";
    static const char date_mark[] = "@date@";

    while (*line != '\0') {
        if (strncmp(line, version_mark, sizeof version_mark - 1) == 0) {
            fputs(TICKD_VERSION, out);
            line += sizeof version_mark - 1;
        } else if (strncmp(line, date_mark, sizeof date_mark - 1) == 0) {
            fputs(date, out);
            line += sizeof date_mark - 1;
        } else {
            fputc(*line++, out);
        }
    }
}

static bool write_page(FILE *template, const char *name, const char *subject, const char *date,
                       FILE *out)
{
    char line[LINE_MAX_BYTES];

    for (int number = 1; fgets(line, sizeof line, template) != NULL; number++) {
        if (line[0] != '@') {
            write_line(line, date, out);
        } else if (!fill_in(line, subject_find(subject), out)) {
            fprintf(stderr, "tickd-manual: %s:%d: nothing is known of %s", name, number, line);
            return false;
        }
    }
    return true;
}

/* Where a line is broken: at the last blank within the columns, else at the first one behind. */
static size_t break_at(const char *line, size_t length)
{
    size_t at = length < COLUMNS_MAX ? length : COLUMNS_MAX;

    if (length <= COLUMNS_MAX)
        return length;
    while (at > 0 && line[at] != ' ')
        at--;
    return at > 0 ? at : strcspn(line, " ");
}

/* What the formatter fills anyway is kept short for those who read the source, as mandoc's lint
 * wants it. Requests stay whole. */
static void write_wrapped(const char *page, FILE *out)
{
    while (*page != '\0') {
        size_t length = strcspn(page, "\n");
        size_t end = page[0] == '.' ? length : break_at(page, length);

        bool looks_like_request = end < length && (page[end + 1] == '.' || page[end + 1] == '\'');

        fwrite(page, 1, end, out);
        fputs(looks_like_request ? "\n\\&" : "\n", out);
        page += end + (page[end] == '\0' ? 0 : 1);
    }
}

bool page_write(FILE *template, const char *name, const char *subject, const char *date, FILE *out)
{
    char *page = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&page, &length);

    if (memory == NULL) {
        perror("tickd-manual");
        return false;
    }
    bool good = write_page(template, name, subject, date, memory);

    good = fclose(memory) == 0 && good;
    if (good)
        write_wrapped(page, out);
    free(page);
    return good;
}
