/* What writes rows into the archive: everything of a call in one transaction, or nothing of it. A
 * row that is there already stays as it is, so that a replay may bring it again. After that, a
 * slice of what is too old leaves.
 *
 * It waits for the disk: it is run on a thread of the pool, one call at a time, and knows neither
 * loop nor clock. */
#ifndef TICKD_STORE_WRITER_H
#define TICKD_STORE_WRITER_H

#include "tickd/store/database.h"
#include "tickd/store/queue.h"

struct writer_setup {
    const char *path;
    const char *schema; /* NULL = the program's; for tests */
    int64_t run;        /* id of the run, > 0 */
    int64_t started_us;
    int64_t initial_cash; /* decimal */
    const char *version;
    uint64_t config_digest;
    const struct symbol_table *symbols; /* names do not change any more */
    int64_t days;                       /* retention, see the keys store.days and .rows_max */
    int64_t rows_max;
};

enum writer_statement { WRITER_BEGIN, WRITER_COMMIT, WRITER_RUN, WRITER_ROWS, WRITER_STATEMENTS };

struct writer {
    struct writer_setup setup;
    struct database database;
    sqlite3_stmt *inserts[STORE_TABLE_COUNT];
    sqlite3_stmt *statements[WRITER_STATEMENTS];
    uint64_t rows[STORE_TABLE_COUNT]; /* of each table, by all runs */
    size_t next_table;                /* whose oldest rows are looked at next */
    uint64_t removed;                 /* rows, by retention, since start */
    uint64_t bytes;
    uint64_t wal_bytes;
    bool damaged; /* the file was found to be */
};

struct writer_work {
    const struct store_queue *queue; /* its `count` oldest rows */
    size_t count;
    uint64_t last_sequence; /* with them, everything up to it is in the archive */
    int64_t time_us;        /* now */
    uint64_t refused;       /* rows that the queue has refused since the last call that went well */
    bool ends;              /* the run's clean stop */
};

/* Texts are the caller's and must outlive it. */
void writer_init(struct writer *writer, const struct writer_setup *setup);

/* Opens the archive, as writer_write() also does when it has to. */
enum database_state writer_open(struct writer *writer, int64_t now_us);

/* 0, or ERROR_IO with writer->database.code and .why: nothing was written then, and the same rows
 * can be given again. */
int writer_write(struct writer *writer, const struct writer_work *work);

void writer_close(struct writer *writer);

/* Rows of all tables. */
uint64_t writer_rows(const struct writer *writer);

#endif
