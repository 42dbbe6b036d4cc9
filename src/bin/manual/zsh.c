/* Completion for zsh, by its _arguments. */
#include "manual.h"
#include "tickd/ops/command_table.h"

/* Inside single quotes and brackets of a specification. */
static void write_escaped(const char *text, FILE *out)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\'')
            fputs("'\\''", out);
        else if (*p == '[' || *p == ']' || *p == ':' || *p == '\\')
            fprintf(out, "\\%c", *p);
        else
            fputc(*p, out);
    }
}

static void write_action(const struct value *value, FILE *out)
{
    switch (value->kind) {
    case VALUE_ANY:
        fputc(' ', out);
        break;
    case VALUE_FILE:
        fputs("_files", out);
        break;
    case VALUE_FOLDER:
        fputs("_files -/", out);
        break;
    case VALUE_WORDS:
        fputs("(", out);
        value->print(out);
        fputs(")", out);
        break;
    }
}

static void write_value(const struct subject *subject, const struct options_entry *entry, FILE *out)
{
    if (entry->metavar == NULL)
        return;
    fputc(':', out);
    write_escaped(entry->metavar, out);
    fputc(':', out);
    write_action(value_of(subject, entry->metavar), out);
    if (entry->values == OPTIONS_TWO)
        fputs(":second:_files", out);
}

static void write_option(const struct subject *subject, const struct options_entry *entry,
                         FILE *out)
{
    fputs("        ", out);
    if (entry->letter != '\0' && !entry->repeatable)
        fprintf(out, "'(-%c --%s)'", entry->letter, entry->name);
    if (entry->repeatable)
        fputs("'*'", out);
    if (entry->letter != '\0')
        fprintf(out, "{-%c,--%s}", entry->letter, entry->name);
    else
        fprintf(out, "--%s", entry->name);
    fputs("'[", out);
    write_escaped(entry->help, out);
    fputc(']', out);
    write_value(subject, entry, out);
    fputs("' \\\n", out);
}

static void write_description(const char *name, const char *help, FILE *out)
{
    fprintf(out, "        '%s:", name);
    write_escaped(help, out);
    fputs("'\n", out);
}

static void write_commands(const struct subject *subject, FILE *out)
{
    fputs("    local -a commands=(\n", out);
    for (size_t i = 0; i < CONTROL_COMMAND_COUNT; i++)
        write_description(control_entry((enum control_id)i)->name,
                          control_entry((enum control_id)i)->help, out);
    for (size_t i = 0; i < subject->local_count; i++)
        write_description(subject->local[i].name, subject->local[i].help, out);
    fputs("    )\n", out);
}

static void write_argument(const struct subject *subject, const char *name, const char *arguments,
                           FILE *out)
{
    const struct value *value = value_of(subject, arguments);

    if (value->kind == VALUE_WORDS) {
        fprintf(out, "            %s) compadd -- ", name);
        value->print(out);
        fputs(";;\n", out);
    } else if (value->kind == VALUE_FILE) {
        fprintf(out, "            %s) _files ;;\n", name);
    }
}

static void write_dispatch(const struct subject *subject, FILE *out)
{
    fputs("    case $state in\n"
          "    command) _describe command commands ;;\n"
          "    argument)\n"
          "        case $words[1] in\n",
          out);
    for (size_t i = 0; i < CONTROL_COMMAND_COUNT; i++) {
        const struct control_entry *entry = control_entry((enum control_id)i);

        write_argument(subject, entry->name, entry->arguments, out);
    }
    for (size_t i = 0; i < subject->local_count; i++)
        write_argument(subject, subject->local[i].name, subject->local[i].arguments, out);
    fputs("        esac\n"
          "        ;;\n"
          "    esac\n",
          out);
}

void zsh_write(const struct subject *subject, FILE *out)
{
    fprintf(out, "#compdef %s\n# zsh completion for %s, made from its own tables\n", subject->name,
            subject->name);
    if (!subject->has_commands) {
        fputs("    _arguments -s \\\n", out);
        for (size_t i = 0; i < subject->option_count; i++)
            write_option(subject, &subject->options[i], out);
        fputs("        && return\n", out);
        return;
    }
    fputs("_tickctl_main() {\n    local state line\n", out);
    write_commands(subject, out);
    fputs("    _arguments -C -s \\\n", out);
    for (size_t i = 0; i < subject->option_count; i++)
        write_option(subject, &subject->options[i], out);
    fputs("        '1:command:->command' '*::argument:->argument'\n", out);
    write_dispatch(subject, out);
    fputs("}\n_tickctl_main \"$@\"\n", out);
}
