/* The archive's newest run, for `tickctl plot`. */
#ifndef TICKD_BIN_PLOT_ARCHIVE_H
#define TICKD_BIN_PLOT_ARCHIVE_H

#include "tickd/ops/ctl_plot.h"

/* Reads the views that docs/store.md describes, beside a running daemon or not. Errors with *why:
 * those of query_run(). */
int plot_read_archive(struct plot_data *data, const char *path, struct text *why);

#endif
