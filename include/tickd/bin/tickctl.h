/* tickctl, the program: what its parts share. main() stands in src/bin/tickctl.c, the parts in
 * src/bin/tickctl/. Every function that can fail says what is wrong, in one line on standard error,
 * and returns the exit code of sysexits(3). */
#ifndef TICKD_BIN_TICKCTL_H
#define TICKD_BIN_TICKCTL_H

#include "tickd/ops/command_table.h"

enum {
    CTL_WHY_MAX = 1024,
    CTL_EXIT_DAEMONS_ERROR = 1,
    CTL_WORDS_MAX = 1024 /* a command and its arguments: the files of a tape */
};

/* The command line. Texts belong to argv; NULL: the option was not given. */
struct ctl_line {
    const char *socket;
    const char *timeout;  /* of wait */
    const char *interval; /* of top */
    const char *out;      /* of plot */
    const char *kind;
    const char *db; /* of sql */
    const char *rows;
    const char *file; /* of stats */
    bool wants_once;
    bool wants_previous;
    bool wants_verify; /* of tape */
    bool wants_csv;
    bool wants_json; /* or the output is no terminal */
    bool wants_help;
    bool wants_version;
    uint32_t given;                   /* options, as bits by their place in TICKCTL_OPTIONS */
    const char *words[CTL_WORDS_MAX]; /* the command and its arguments */
    size_t word_count;
};

/* "tickctl: " and the line, to standard error; returns the code. */
int ctl_complain(int code, const char *what);

/* Reads options and words; the command's name is not looked at yet. */
int ctl_line_read(struct ctl_line *line, int argument_count, char **arguments);

/* Whether the command takes the options that were given. */
int ctl_line_check_options(const struct ctl_line *line, const char *command);

/* Whether the command takes so many arguments. */
int ctl_line_check_arity(const struct ctl_line *line, const struct control_entry *entry);

void ctl_print_help(void);

/* The row of TICKCTL_COMMANDS with this name, or NULL. */
const struct control_entry *ctl_find_local(const char *name);

/* Sends the words to the daemon and shows its answer. */
int ctl_ask(struct ctl_line *line, enum control_id command);

/* The commands of TICKCTL_COMMANDS. */
int ctl_top(const struct ctl_line *line);
int ctl_stats(const struct ctl_line *line);
int ctl_sql(const struct ctl_line *line);
int ctl_tape(const struct ctl_line *line);
int ctl_plot(const struct ctl_line *line);
int ctl_completion(const struct ctl_line *line);

#endif
