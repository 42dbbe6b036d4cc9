/* Retention, slice by slice. The oldest rows are those with the lowest keys, for a run's id is the
 * time at which it began. */
#include "tickd/store/retention.h"

#include <stdio.h>

enum { SQL_MAX = 512 };

/* One number of a statement's first row, or `otherwise`. */
static int ask(struct database *database, const char *sql, int64_t otherwise, int64_t *number)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(database->handle, sql, -1, &statement, NULL);
    *number = otherwise;
    if (result == SQLITE_OK) {
        result = sqlite3_step(statement);
    }
    if (result == SQLITE_ROW) {
        *number = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    result = result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : result;
    return database_note(database, result, "looking for what is too old");
}

/* Runs a statement with two numbers; *changes: rows that it changed. */
static int run_with(struct database *database, const char *sql, int64_t first, int64_t second,
                    uint64_t *changes)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(database->handle, sql, -1, &statement, NULL);
    if (result == SQLITE_OK) {
        sqlite3_bind_int64(statement, 1, first);
        sqlite3_bind_int64(statement, 2, second);
        result = sqlite3_step(statement);
        result = result == SQLITE_DONE ? SQLITE_OK : result;
        *changes = result == SQLITE_OK ? (uint64_t)sqlite3_changes64(database->handle) : 0;
    }
    sqlite3_finalize(statement);
    return database_note(database, result, "removing what is too old");
}

static int remove_oldest(struct database *database, const char *table, int64_t count,
                         int64_t before_us, uint64_t *removed)
{
    char sql[SQL_MAX];
    (void)snprintf(sql, sizeof sql,
                   "DELETE FROM %s WHERE (run, sequence) IN (SELECT run, sequence FROM"
                   " (SELECT run, sequence, time_us FROM %s ORDER BY run, sequence LIMIT ?1)"
                   " WHERE time_us < ?2)",
                   table, table);
    return run_with(database, sql, count, before_us, removed);
}

/* The count of a table goes with its rows; of one that is found empty it is 0. */
static int count_removed(struct database *database, const char *table, uint64_t removed)
{
    char sql[SQL_MAX];
    uint64_t changes;
    (void)snprintf(sql, sizeof sql,
                   "UPDATE raw_rows SET rows = max(rows - ?1, 0) * ?2 WHERE name = '%s'", table);
    return run_with(database, sql, (int64_t)removed, removed > 0 ? 1 : 0, &changes);
}

int retention_slice(struct database *database, const char *table, uint64_t rows,
                    const struct retention *retention, uint64_t *removed)
{
    char sql[SQL_MAX];
    int64_t oldest_us;
    uint64_t excess = rows > retention->rows_max ? rows - retention->rows_max : 0;
    *removed = 0;
    (void)snprintf(sql, sizeof sql, "SELECT time_us FROM %s ORDER BY run, sequence LIMIT 1", table);
    int result = ask(database, sql, INT64_MAX, &oldest_us);
    if (result != SQLITE_OK || (excess == 0 && oldest_us >= retention->before_us)) {
        return result;
    }
    int64_t count = RETENTION_SLICE_ROWS;
    int64_t before_us = retention->before_us;
    if (excess > 0) {
        count = excess < RETENTION_SLICE_ROWS ? (int64_t)excess : RETENTION_SLICE_ROWS;
        before_us = INT64_MAX;
    }
    result = database_run(database, "BEGIN IMMEDIATE");
    if (result == SQLITE_OK) {
        result = remove_oldest(database, table, count, before_us, removed);
    }
    if (result == SQLITE_OK) {
        result = count_removed(database, table, *removed);
    }
    if (result == SQLITE_OK) {
        result = database_run(database, "COMMIT");
    }
    if (result == SQLITE_OK && *removed == 0) {
        *removed = rows; /* there were none */
    }
    if (result != SQLITE_OK) {
        *removed = 0;
        (void)sqlite3_exec(database->handle, "ROLLBACK", NULL, NULL, NULL);
    }
    return result;
}

int retention_runs(struct database *database, int64_t run, const struct retention *retention)
{
    uint64_t changes = 0;
    int result = run_with(database, "DELETE FROM raw_run WHERE run <> ?1 AND last_time_us < ?2",
                          run, retention->before_us, &changes);
    if (result == SQLITE_OK && changes > 0) {
        result = database_run(database, "DELETE FROM raw_position WHERE run NOT IN"
                                        " (SELECT run FROM raw_run)");
    }
    return result;
}

int retention_give_back(struct database *database)
{
    char sql[SQL_MAX];
    int64_t pages;
    int result = ask(database, "PRAGMA freelist_count", 0, &pages);
    if (result != SQLITE_OK || pages <= RETENTION_FREE_PAGES) {
        return result;
    }
    (void)snprintf(sql, sizeof sql, "PRAGMA incremental_vacuum(%d)", RETENTION_SLICE_PAGES);
    return database_run(database, sql);
}
