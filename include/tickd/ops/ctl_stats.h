/* `tickctl stats`: the page of counters (ops/stats_page.h) for people and for programs. It asks no
 * daemon, only the file and the kernel. */
#ifndef TICKD_OPS_CTL_STATS_H
#define TICKD_OPS_CTL_STATS_H

#include <stdio.h>

#include "tickd/ops/ctl_client.h"
#include "tickd/ops/stats_reader.h"

/* The page's path: beside `socket`, or the first that exists of $RUNTIME_DIRECTORY/tickd.stats,
 * /run/tickd/tickd.stats, ./var/run/tickd.stats; of the run before when `is_previous`.
 * ERROR_NOT_FOUND with *why. */
int ctl_stats_find(const char *socket, bool is_previous, char path[CTL_PATH_MAX], struct text *why);

/* What is shown. */
struct ctl_stats {
    const char *path;
    const struct stats_copy *copy;
    const struct stats_copy *before; /* a reading a while ago, or NULL */
    struct stats_judgement judgement;
    const char *const *globs; /* fnmatch(3) on a row's name; none = all rows */
    size_t glob_count;
    size_t lines_max; /* of the screen; 0 = no limit */
    size_t columns_max;
};

/* Whether a pattern takes the row. */
bool ctl_stats_wants(const struct ctl_stats *stats, const struct stats_row *row);

/* A line on how the process stands, then a row for each value: it, and per second since the start
 * and, with a reading before, since then. On a screen: what is not 0, as much as there is room for;
 * a narrow one has no room for the rate since the start. */
void ctl_stats_print(FILE *out, const struct ctl_stats *stats);

/* One object: the page, the process, "values" by name. */
void ctl_stats_print_json(FILE *out, const struct ctl_stats *stats);

/* The command: prints once, or, when `lives`, anew every second until the reader goes. An exit
 * code of sysexits(3); *why is for standard error. */
struct ctl_stats_command {
    const char *socket; /* NULL = look for it */
    const char *file;   /* the page itself, or NULL */
    bool is_previous;
    bool wants_json;
    bool lives;
    const char *const *globs;
    size_t glob_count;
};

int ctl_stats_run(const struct ctl_stats_command *command, FILE *out, struct text *why);

#endif
