/* Completion for bash: nothing of the package bash-completion is needed. */
#include <string.h>

#include "manual.h"
#include "tickd/ops/command_table.h"

/* COMPREPLY from a value. A word that ends in '=' wants more behind it. */
static void write_reply(const struct value *value, FILE *out)
{
    switch (value->kind) {
    case VALUE_ANY:
        fputs("COMPREPLY=()", out);
        break;
    case VALUE_FILE:
        fputs("compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$current\")", out);
        break;
    case VALUE_FOLDER:
        fputs("compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$current\")", out);
        break;
    case VALUE_WORDS:
        fputs("mapfile -t COMPREPLY < <(compgen -W '", out);
        value->print(out);
        fputs("' -- \"$current\")\n"
              "            [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace",
              out);
        break;
    }
}

static void write_option_cases(const struct subject *subject, FILE *out)
{
    for (size_t i = 0; i < subject->option_count; i++) {
        const struct options_entry *entry = &subject->options[i];

        if (entry->metavar == NULL)
            continue;
        fputs("        ", out);
        if (entry->letter != '\0')
            fprintf(out, "-%c | ", entry->letter);
        fprintf(out, "--%s)\n            ", entry->name);
        write_reply(value_of(subject, entry->metavar), out);
        fputs("\n            return\n            ;;\n", out);
    }
}

/* The command is the first word that is neither an option nor an option's value. */
static void write_find_command(const struct subject *subject, FILE *out)
{
    fputs("    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        case ${COMP_WORDS[i]} in\n        ",
          out);
    for (size_t i = 0; i < subject->option_count; i++) {
        const struct options_entry *entry = &subject->options[i];

        if (entry->metavar != NULL && entry->letter != '\0')
            fprintf(out, "-%c | ", entry->letter);
        if (entry->metavar != NULL)
            fprintf(out, "--%s | ", entry->name);
    }
    fputs("--) ((++i)) ;;\n"
          "        -*) ;;\n"
          "        *)\n"
          "            command=${COMP_WORDS[i]}\n"
          "            break\n"
          "            ;;\n"
          "        esac\n"
          "    done\n",
          out);
}

static void write_command_case(const struct subject *subject, const char *name,
                               const char *arguments, FILE *out)
{
    const struct value *value = value_of(subject, arguments);

    if (value->kind == VALUE_ANY)
        return;
    fprintf(out, "        %s)\n            ", name);
    write_reply(value, out);
    fputs("\n            return\n            ;;\n", out);
}

static void write_command_cases(const struct subject *subject, FILE *out)
{
    write_find_command(subject, out);
    fputs("    case $command in\n", out);
    for (size_t i = 0; i < CONTROL_COMMAND_COUNT; i++) {
        const struct control_entry *entry = control_entry((enum control_id)i);

        write_command_case(subject, entry->name, entry->arguments, out);
    }
    for (size_t i = 0; i < subject->local_count; i++)
        write_command_case(subject, subject->local[i].name, subject->local[i].arguments, out);
    fputs("        ?*)\n"
          "            [[ $current == -* ]] || return\n"
          "            ;;\n"
          "    esac\n",
          out);
}

static void write_words(const struct subject *subject, FILE *out)
{
    fputs("    mapfile -t COMPREPLY < <(compgen -W '", out);
    for (size_t i = 0; i < subject->option_count; i++)
        fprintf(out, "--%s ", subject->options[i].name);
    for (size_t i = 0; subject->has_commands && i < CONTROL_COMMAND_COUNT; i++)
        fprintf(out, "%s ", control_entry((enum control_id)i)->name);
    for (size_t i = 0; i < subject->local_count; i++)
        fprintf(out, "%s ", subject->local[i].name);
    fputs("' -- \"$current\")\n", out);
}

void bash_write(const struct subject *subject, FILE *out)
{
    char function[64];

    text_copy(function, sizeof function, subject->name);
    for (char *p = function; *p != '\0'; p++)
        *p = *p == '-' ? '_' : *p;
    fprintf(out,
            "# bash completion for %s, made from its own tables\n"
            "_%s() {\n"
            "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
            "%s"
            "    case $previous in\n",
            subject->name, function, subject->has_commands ? "    local command= i\n" : "");
    write_option_cases(subject, out);
    fputs("    esac\n", out);
    if (subject->has_commands)
        write_command_cases(subject, out);
    write_words(subject, out);
    fprintf(out, "}\ncomplete -F _%s %s\n", function, subject->name);
}
