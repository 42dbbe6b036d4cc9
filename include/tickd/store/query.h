/* One question to an archive, in SQL, that can neither change nor cost more than it may: the file
 * is opened for reading, an authoriser lets SELECT and nothing else through, and rows, time, memory
 * and length of a value are bounded. Works beside a running daemon and without one. */
#ifndef TICKD_STORE_QUERY_H
#define TICKD_STORE_QUERY_H

#include <sqlite3.h>

#include "tickd/base/text.h"

enum {
    QUERY_SECONDS = 5,
    QUERY_ROWS = 1000,           /* when nobody asks for more */
    QUERY_MEMORY_MAX = 64 << 20, /* of SQLite, for this process */
    QUERY_VALUE_MAX = 1 << 20,   /* bytes of one value or statement */
    QUERY_COLUMNS_MAX = 64
};

struct query_limits {
    int64_t rows;
    int64_t seconds;
};

/* Is given every row, as it comes. */
struct query_sink {
    void (*row)(void *state, sqlite3_stmt *row);
    void *state;
};

struct query_result {
    int64_t rows;
    bool cut; /* there were more than the limit */
};

/* 0, or with *why, in one line: ERROR_NOT_FOUND no such file, ERROR_SYNTAX what is asked is wrong,
 * ERROR_DENIED it would do more than read, ERROR_RANGE it takes too long or too much memory,
 * ERROR_IO. Rows may have been given before an error. */
int query_run(const char *path, const char *sql, const struct query_limits *limits,
              const struct query_sink *sink, struct query_result *result, struct text *why);

#endif
