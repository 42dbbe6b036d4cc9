/* Command lines by one table: the reader, --help and the manuals follow from it.
 *
 * Understood: --name, --name VALUE, --name=VALUE, -c, -c VALUE, -cVALUE, flags in one (-vq), and
 * `--` after which everything is an operand. Names are never abbreviated. "-" alone is an operand
 * or a value. A value may begin with '-' only when it is glued on (--name=-5, -n-5) or is "-".
 *
 *     struct options options;
 *     struct options_found found;
 *     int more;
 *     options_init(&options, table, ARRAY_LENGTH(table), argc, argv);
 *     while ((more = options_next(&options, &found)) > 0) { switch (found.id) … }
 *     if (more < 0) { one line for stderr: options.error; exit with EX_USAGE }
 */
#ifndef TICKD_BASE_OPTIONS_H
#define TICKD_BASE_OPTIONS_H

#include "tickd/base/text.h"

enum {
    OPTIONS_MAX = 64,        /* rows in a table */
    OPTIONS_ERROR_MAX = 256, /* bytes of the error line */
    OPTIONS_OPERAND = -1     /* found.id of what is no option */
};

enum options_values {
    OPTIONS_FLAG, /* none */
    OPTIONS_ONE,  /* one */
    OPTIONS_TWO,  /* two: --tls CERT KEY; the second can never be glued on */
    OPTIONS_LIST  /* one or more, up to the next argument that begins with '-'; with '=' just one */
};

/* One row. Ids are the program's own, not negative; they need not be unique. */
struct options_entry {
    int id;
    const char *name; /* long name, without its dashes */
    char letter;      /* short form, '\0' = none */
    enum options_values values;
    bool repeatable;     /* otherwise a second time is an error */
    const char *metavar; /* how --help names the value(s), a list gets "..."; NULL for a flag */
    const char *help;    /* one sentence or more, wrapped by options_help() */
};

/* What was found: an option with its value(s) or an operand (id OPTIONS_OPERAND, entry NULL). An
 * OPTIONS_LIST is found once for each of its values. Strings belong to argv. */
struct options_found {
    int id;
    const struct options_entry *entry;
    const char *value;  /* NULL for a flag */
    const char *second; /* NULL except for OPTIONS_TWO */
};

struct options {
    const struct options_entry *entries;
    size_t entry_count;
    char *const *arguments;
    int argument_count;
    int next;                         /* argument to be looked at next */
    const char *cluster;              /* rest of -abc, or NULL */
    const struct options_entry *list; /* whose values go on, or NULL */
    bool only_operands;               /* `--` has been there */
    uint64_t seen;                    /* bit i: row i was given */
    char error[OPTIONS_ERROR_MAX];    /* one line, printable, without the program's name */
};

/* Reads arguments[1 … count−1]. At most OPTIONS_MAX entries; both must outlive `options`. */
void options_init(struct options *options, const struct options_entry *entries, size_t entry_count,
                  int argument_count, char *const *arguments);

/* 1 = *found is filled; 0 = nothing is left; ERROR_SYNTAX with options->error otherwise. */
int options_next(struct options *options, struct options_found *found);

/* Appends the rows, wrapped at 80 columns: "  -c, --config FILE   text". */
void options_help(struct text *text, const struct options_entry *entries, size_t entry_count);

/* Appends one row of such a list: `left` ("  walk"), and `help` wrapped beside it. */
void options_help_row(struct text *text, const char *left, const char *help);

/* A whole number in decimal digits, with an optional '-', within [min, max]. ERROR_SYNTAX,
 * ERROR_RANGE. */
int options_whole(const char *text, int64_t min, int64_t max, int64_t *value);

#endif
