/* `tickctl sql QUERY`: asks the archive itself, not the daemon. */
#ifndef TICKD_BIN_TICKCTL_SQL_H
#define TICKD_BIN_TICKCTL_SQL_H

#include "tickd/base/compiler.h"

struct tickctl_sql {
    const char *socket; /* of the daemon that tells the archive's path; NULL = the usual ones */
    const char *db;     /* the archive; NULL = the daemon's, else the usual places */
    const char *rows;   /* at most so many, as it was typed; NULL = QUERY_ROWS */
    bool wants_json;
    const char *const *words; /* the query, in one word or many */
    size_t word_count;
};

/* Prints the rows; returns the exit code, having said what is wrong. */
int tickctl_sql(const struct tickctl_sql *request);

#endif
