/* Runs and books, read back. */
#include "tickd/store/reader.h"

#include <string.h>

#include "tickd/base/error.h"
#include "tickd/store/database.h"
#include "tickd/store/schema.h"

static int fail(const char *path, sqlite3 *handle, struct text *why, int error)
{
    text_format(why, "%.200s: %s", path,
                handle != NULL ? sqlite3_errmsg(handle) : error_text(error));
    return error;
}

int reader_open(sqlite3 **handle, const char *path, struct text *why)
{
    sqlite3_stmt *statement = NULL;
    int64_t version = 0;
    int result = sqlite3_open_v2(path, handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (result != SQLITE_OK) {
        return fail(path, *handle, why, result == SQLITE_CANTOPEN ? ERROR_NOT_FOUND : ERROR_IO);
    }
    sqlite3_busy_timeout(*handle, DATABASE_BUSY_MS);
    result = sqlite3_exec(*handle, "PRAGMA query_only = ON", NULL, NULL, NULL);
    if (result == SQLITE_OK) {
        result = sqlite3_prepare_v2(*handle, "PRAGMA user_version", -1, &statement, NULL);
    }
    if (result == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW) {
        version = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    if (result != SQLITE_OK) {
        return fail(path, *handle, why, ERROR_IO);
    }
    if (version != schema_steps(schema_text())) {
        text_format(why, "%.200s: is no archive of this program's version", path);
        return ERROR_STATE;
    }
    return 0;
}

void reader_close(sqlite3 **handle)
{
    sqlite3_close(*handle);
    *handle = NULL;
}

/* The first row of a statement about a run; NULL on an error or without a row: *error says which.
 */
static sqlite3_stmt *first_row(sqlite3 *handle, const char *sql, int64_t run, int *error)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(handle, sql, -1, &statement, NULL);
    if (result == SQLITE_OK && sqlite3_bind_parameter_count(statement) > 0) {
        result = sqlite3_bind_int64(statement, 1, run);
    }
    if (result == SQLITE_OK) {
        result = sqlite3_step(statement);
    }
    *error = result == SQLITE_ROW ? 0 : result == SQLITE_DONE ? ERROR_NOT_FOUND : ERROR_IO;
    if (*error != 0) {
        sqlite3_finalize(statement);
        return NULL;
    }
    return statement;
}

int reader_newest_run(sqlite3 *handle, int64_t *run)
{
    int error;
    sqlite3_stmt *row =
        first_row(handle, "SELECT run FROM raw_run ORDER BY run DESC LIMIT 1", 0, &error);
    if (error == 0) {
        *run = sqlite3_column_int64(row, 0);
    }
    sqlite3_finalize(row);
    return error;
}

int reader_committed(sqlite3 *handle, int64_t run, uint64_t *sequence, uint64_t *refused)
{
    int error;
    sqlite3_stmt *row =
        first_row(handle, "SELECT last_sequence, refused FROM raw_run WHERE run = ?1", run, &error);
    if (error == 0) {
        *sequence = (uint64_t)sqlite3_column_int64(row, 0);
        *refused = (uint64_t)sqlite3_column_int64(row, 1);
    }
    sqlite3_finalize(row);
    return error;
}

static int read_positions(sqlite3 *handle, int64_t run, struct kept_books *books)
{
    int error;
    int result = SQLITE_ROW;
    sqlite3_stmt *row = first_row(handle,
                                  "SELECT symbol, quantity, cost, price FROM raw_position"
                                  " WHERE run = ?1 AND quantity <> 0 ORDER BY symbol",
                                  run, &error);
    books->position_count = 0;
    while (error == 0 && result == SQLITE_ROW) {
        if (books->position_count == STATUS_POSITIONS_MAX) {
            error = ERROR_RANGE;
            break;
        }
        struct kept_position *position = &books->positions[books->position_count++];
        const char *symbol = (const char *)sqlite3_column_text(row, 0);
        text_copy(position->symbol, sizeof position->symbol, symbol != NULL ? symbol : "");
        position->quantity = sqlite3_column_int64(row, 1);
        position->cost = sqlite3_column_int64(row, 2);
        position->price = sqlite3_column_int64(row, 3);
        result = sqlite3_step(row);
        error = result == SQLITE_ROW || result == SQLITE_DONE ? 0 : ERROR_IO;
    }
    sqlite3_finalize(row);
    return error == ERROR_NOT_FOUND ? 0 : error; /* flat */
}

static int read_equity(sqlite3 *handle, int64_t run, struct kept_books *books)
{
    int error;
    sqlite3_stmt *row =
        first_row(handle,
                  "SELECT time_us, initial_cash, cash, realised_pnl, fees, turnover, peak,"
                  " day_equity, fills, halted FROM raw_equity WHERE run = ?1"
                  " ORDER BY sequence DESC LIMIT 1",
                  run, &error);
    *books = (struct kept_books){0};
    if (error == 0) {
        *books = (struct kept_books){
            .time_us = sqlite3_column_int64(row, 0),
            .initial_cash = sqlite3_column_int64(row, 1),
            .cash = sqlite3_column_int64(row, 2),
            .realised_pnl = sqlite3_column_int64(row, 3),
            .fees = sqlite3_column_int64(row, 4),
            .turnover = sqlite3_column_int64(row, 5),
            .peak = sqlite3_column_int64(row, 6),
            .day_equity = sqlite3_column_int64(row, 7),
            .fills = (uint64_t)sqlite3_column_int64(row, 8),
            .halted = sqlite3_column_int64(row, 9) != 0,
        };
    }
    sqlite3_finalize(row);
    return error;
}

/* Equity and positions of one moment: the writer's transaction has both, and ours sees both. */
int reader_books(sqlite3 *handle, int64_t run, struct kept_books *books)
{
    bool own = sqlite3_get_autocommit(handle) != 0;
    if (own && sqlite3_exec(handle, "BEGIN", NULL, NULL, NULL) != SQLITE_OK) {
        return ERROR_IO;
    }
    int error = read_equity(handle, run, books);
    if (error == 0) {
        error = read_positions(handle, run, books);
    }
    if (own) {
        (void)sqlite3_exec(handle, "COMMIT", NULL, NULL, NULL);
    }
    return error;
}
