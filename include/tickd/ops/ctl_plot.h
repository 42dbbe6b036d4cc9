/* `tickctl plot`: what a run was like over time, from a report, a dump or the archive, as series of
 * bounded length; and the gnuplot script that draws them.
 *
 * A series holds at most PLOT_POINTS_MAX points. When it is full, neighbours are merged and from
 * then on each point stands for twice as many values, so that input of any length is read once, in
 * the memory that was taken at the start, and no extreme is lost: health keeps the lowest of what
 * it merges, drawdown and memory the highest, equity and weights the last. */
#ifndef TICKD_OPS_CTL_PLOT_H
#define TICKD_OPS_CTL_PLOT_H

#include <stdio.h>

#include <cjson/cJSON.h>

#include "tickd/base/text.h"

enum {
    PLOT_POINTS_MAX = 4096,
    PLOT_SHARES_MAX = 12, /* weights are shown by species; those beyond are "others" */
    PLOT_NAME_MAX = 24,
    PLOT_AGENTS_MAX = 64,
    PLOT_FILE_MAX = 64 << 20, /* bytes of a report */
    PLOT_LINE_MAX = 1 << 16   /* bytes of a dump's line */
};

/* X(NAME, name): what can be drawn, from top to bottom. */
#define PLOT_KINDS(X)     \
    X(EQUITY, equity)     \
    X(DRAWDOWN, drawdown) \
    X(WEIGHTS, weights)   \
    X(HEALTH, health)     \
    X(MEMORY, memory)

enum plot_kind {
#define X(NAME, name) PLOT_##NAME,
    PLOT_KINDS(X)
#undef X
        PLOT_ALL
};

/* The series of single numbers. Money in its currency, drawdown and health in percent, memory in
 * MB. */
enum plot_line {
    PLOT_LINE_EQUITY,
    PLOT_LINE_DRAWDOWN,
    PLOT_LINE_HEALTH,
    PLOT_LINE_RESIDENT,
    PLOT_LINE_ALLOCATED,
    PLOT_LINE_BUDGET,
    PLOT_LINE_COUNT
};

struct plot_point {
    double time_s; /* UNIX time */
    double value;
};

struct plot_series {
    size_t count;
    uint64_t step;   /* values a point stands for */
    uint64_t merged; /* of them in the newest point */
    struct plot_point points[PLOT_POINTS_MAX];
};

struct plot_shares {
    double time_s;
    double values[PLOT_SHARES_MAX];
};

struct plot_data {
    struct plot_series lines[PLOT_LINE_COUNT];
    /* weights */
    char species[PLOT_AGENTS_MAX][PLOT_NAME_MAX]; /* of the agent at a place; "" = not known */
    char names[PLOT_SHARES_MAX][PLOT_NAME_MAX];
    size_t name_count;
    size_t share_count;
    uint64_t share_step;
    uint64_t share_merged;
    struct plot_shares shares[PLOT_POINTS_MAX];
};

/* 800 kB: allocate it. */
void plot_data_init(struct plot_data *data);

/* Appends. Times may not go back; a value that is not finite is left out. */
void plot_add(struct plot_data *data, enum plot_line line, double time_s, double value);

/* The weight of `count` names at a moment; names that are the same are added up. */
void plot_add_shares(struct plot_data *data, double time_s, const char *const *names,
                     const double *weights, size_t count);

/* Takes a message as a dump shows it, with its topic; others than EQUITY, WEIGHTS, HEALTH, VITALS
 * and AGENT_PROFILE are passed by. */
void plot_take_message(struct plot_data *data, const cJSON *message, const char *topic);

/* A report: its lists under "series", and the species of its agents. */
void plot_take_report(struct plot_data *data, const cJSON *report);

enum plot_input { PLOT_REPORT, PLOT_DUMP, PLOT_ARCHIVE };

/* What a file is, by its first bytes. ERROR_NOT_FOUND, ERROR_IO, ERROR_SYNTAX (none of the three),
 * each with *why. */
int plot_recognise(const char *path, enum plot_input *input, struct text *why);

/* Reads a whole report or dump. Errors as above, ERROR_FULL it is too long; *why names the line. */
int plot_read_report(struct plot_data *data, const char *path, struct text *why);
int plot_read_dump(struct plot_data *data, const char *path, struct text *why);

/* By its name; false: there is no such kind. */
bool plot_find_kind(const char *name, enum plot_kind *kind);

/* Whether there is something to draw. */
bool plot_has(const struct plot_data *data, enum plot_kind kind);

/* Writes the script, data and all, for gnuplot's standard input; the SVG comes out of its standard
 * output. PLOT_ALL draws what there is. Nothing of the input comes into the script but numbers and
 * names made of letters, digits and a few signs. */
void plot_write_script(const struct plot_data *data, enum plot_kind kind, FILE *out);

#endif
