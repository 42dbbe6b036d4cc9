/* The program that writes the manuals and the completions, at build time, from the tables that the
 * programs themselves work by. Its parts. */
#ifndef TICKD_BIN_MANUAL_MANUAL_H
#define TICKD_BIN_MANUAL_MANUAL_H

#include <stdio.h>

#include "tickd/base/options.h"

struct exit_row {
    int code;
    const char *meaning;
};

/* A command that needs no daemon. */
struct local_command {
    const char *name;
    const char *arguments;
    const char *help;
};

/* One of the programs, as its tables say. */
struct subject {
    const char *name;
    const struct options_entry *options;
    size_t option_count;
    const struct exit_row *exits;
    size_t exit_count;
    bool has_commands; /* those of ops/command_table.h, then these */
    const struct local_command *local;
    size_t local_count;
};

/* NULL: there is none of that name. */
const struct subject *subject_find(const char *name);

/* What may follow an option or a command, by how its argument is called. */
enum value_kind { VALUE_ANY, VALUE_FILE, VALUE_FOLDER, VALUE_WORDS };

struct value {
    const char *metavar;
    enum value_kind kind;
    void (*print)(FILE *out); /* VALUE_WORDS: the words, a blank after each */
};

/* By the first word of "STATE [SECONDS]", "NAME=ARG" or "TOPIC..."; never NULL. */
const struct value *value_of(const struct subject *subject, const char *metavar);

/* Text for roff: nothing in it is a request, a dash is a dash. */
void roff_text(FILE *out, const char *text);

/* Fills in a page: lines "@options@", "@commands@", "@owner-commands@", "@exit-codes@", "@keys@",
 * "@states@", "@markets@", "@parameters@", "@faults@" become lists, "@version@" and "@date@"
 * anywhere their value. false: a line asks for what is not known (said on standard error). */
bool page_write(FILE *template, const char *name, const char *subject, const char *date, FILE *out);

void bash_write(const struct subject *subject, FILE *out);
void zsh_write(const struct subject *subject, FILE *out);

#endif
