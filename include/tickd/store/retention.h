/* What is too old, or one too many, leaves: the oldest rows of a table, a slice at a time, so that
 * no transaction is long; and pages that have become free go back to the file system. */
#ifndef TICKD_STORE_RETENTION_H
#define TICKD_STORE_RETENTION_H

#include "tickd/store/database.h"

enum {
    RETENTION_SLICE_ROWS = 500,
    RETENTION_SLICE_PAGES = 64,
    RETENTION_FREE_PAGES = 256 /* kept for the rows to come */
};

struct retention {
    int64_t before_us; /* older rows go */
    uint64_t rows_max; /* of a table */
};

/* Removes at most RETENTION_SLICE_ROWS of the oldest rows of a table that is known to have `rows`;
 * *removed: how many there are less. An SQLite result code; nothing is removed on an error. */
int retention_slice(struct database *database, const char *table, uint64_t rows,
                    const struct retention *retention, uint64_t *removed);

/* Removes old runs but `run`, and positions of runs that are gone. */
int retention_runs(struct database *database, int64_t run, const struct retention *retention);

/* Gives at most RETENTION_SLICE_PAGES free pages back. */
int retention_give_back(struct database *database);

#endif
