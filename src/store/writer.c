/* Transactions. */
#include "tickd/store/writer.h"

#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"
#include "tickd/base/digest.h"
#include "tickd/base/error.h"
#include "tickd/store/retention.h"

static const char *const statement_texts[WRITER_STATEMENTS] = {
    [WRITER_BEGIN] = "BEGIN IMMEDIATE",
    [WRITER_COMMIT] = "COMMIT",
    [WRITER_RUN] =
        ("INSERT INTO raw_run (run, started_us, version, config_digest, initial_cash,"
         " first_sequence, last_sequence, last_time_us, refused, ended_us)"
         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (run) DO UPDATE SET"
         " last_sequence = max(last_sequence, excluded.last_sequence),"
         " last_time_us = max(last_time_us, excluded.last_time_us),"
         " refused = refused + excluded.refused, ended_us = excluded.ended_us"),
    [WRITER_ROWS] = "INSERT INTO raw_rows (name, rows) VALUES (?1, ?2)"
                    " ON CONFLICT (name) DO UPDATE SET rows = rows + excluded.rows",
};

void writer_init(struct writer *writer, const struct writer_setup *setup)
{
    *writer = (struct writer){.setup = *setup};
    database_init(&writer->database, setup->path, setup->schema);
}

/* Opening. */

static bool prepare_all(struct writer *writer)
{
    char memory[STORE_SQL_MAX];
    struct text sql;
    bool good = true;
    for (size_t i = 0; i < STORE_TABLE_COUNT && good; i++) {
        text_init(&sql, memory, sizeof memory);
        store_table_print_insert(store_table(i), &sql);
        writer->inserts[i] = database_prepare(&writer->database, memory);
        good = writer->inserts[i] != NULL;
    }
    for (size_t i = 0; i < WRITER_STATEMENTS && good; i++) {
        writer->statements[i] = database_prepare(&writer->database, statement_texts[i]);
        good = writer->statements[i] != NULL;
    }
    return good;
}

static bool is_name_of(size_t table, const char *name)
{
    char own[STORE_NAME_MAX];
    store_table_name(store_table(table), own);
    return name != NULL && strcmp(own, name) == 0;
}

static bool read_counts(struct writer *writer)
{
    sqlite3_stmt *statement =
        database_prepare(&writer->database, "SELECT name, rows FROM raw_rows");
    int result = statement == NULL ? SQLITE_ERROR : SQLITE_ROW;
    memset(writer->rows, 0, sizeof writer->rows);
    while (result == SQLITE_ROW && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(statement, 0);
        int64_t rows = sqlite3_column_int64(statement, 1);
        for (size_t i = 0; i < STORE_TABLE_COUNT; i++) {
            if (is_name_of(i, name)) {
                writer->rows[i] = rows > 0 ? (uint64_t)rows : 0;
            }
        }
    }
    sqlite3_finalize(statement);
    if (statement != NULL && result != SQLITE_DONE) {
        database_note(&writer->database, result, "reading the counts");
    }
    return result == SQLITE_DONE;
}

enum database_state writer_open(struct writer *writer, int64_t now_us)
{
    enum database_state state = database_open(&writer->database, writer->damaged, now_us);
    if (state != DATABASE_OPEN) {
        return state;
    }
    writer->damaged = false;
    if (!prepare_all(writer) || !read_counts(writer)) {
        writer->damaged = database_is_damage(writer->database.code);
        writer_close(writer);
        return DATABASE_FAILED;
    }
    database_sizes(&writer->database, &writer->bytes, &writer->wal_bytes);
    return DATABASE_OPEN;
}

void writer_close(struct writer *writer)
{
    for (size_t i = 0; i < STORE_TABLE_COUNT; i++) {
        sqlite3_finalize(writer->inserts[i]);
        writer->inserts[i] = NULL;
    }
    for (size_t i = 0; i < WRITER_STATEMENTS; i++) {
        sqlite3_finalize(writer->statements[i]);
        writer->statements[i] = NULL;
    }
    database_close(&writer->database);
}

/* A transaction. */

static int run(sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);
    int again = sqlite3_reset(statement);
    return result == SQLITE_DONE ? again : result;
}

static int add_rows(struct writer *writer, const struct writer_work *work,
                    uint64_t added[STORE_TABLE_COUNT])
{
    int result = SQLITE_OK;
    for (size_t i = 0; i < work->count && result == SQLITE_OK; i++) {
        const struct store_row *row = queue_at(work->queue, i);
        sqlite3_stmt *insert = writer->inserts[row->table];
        result = store_table_bind(store_table(row->table), insert, writer->setup.run, &row->message,
                                  writer->setup.symbols);
        if (result == SQLITE_OK) {
            result = run(insert);
        }
        added[row->table] +=
            result == SQLITE_OK ? (uint64_t)sqlite3_changes64(writer->database.handle) : 0;
        database_note(&writer->database, result, "writing a row");
    }
    return result;
}

static int note_run(struct writer *writer, const struct writer_work *work)
{
    char digest[DIGEST_TEXT_MAX];
    sqlite3_stmt *statement = writer->statements[WRITER_RUN];
    const struct writer_setup *setup = &writer->setup;
    uint64_t first =
        work->count > 0 ? queue_at(work->queue, 0)->message.head.sequence : work->last_sequence;
    digest_print(setup->config_digest, digest);
    sqlite3_bind_int64(statement, 1, setup->run);
    sqlite3_bind_int64(statement, 2, setup->started_us);
    sqlite3_bind_text(statement, 3, setup->version, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 4, digest, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(statement, 5, setup->initial_cash);
    sqlite3_bind_int64(statement, 6, (int64_t)first);
    sqlite3_bind_int64(statement, 7, (int64_t)work->last_sequence);
    sqlite3_bind_int64(statement, 8, work->time_us);
    sqlite3_bind_int64(statement, 9, (int64_t)work->refused);
    if (work->ends) {
        sqlite3_bind_int64(statement, 10, work->time_us);
    } else {
        sqlite3_bind_null(statement, 10);
    }
    return database_note(&writer->database, run(statement), "writing the run");
}

static int note_counts(struct writer *writer, const uint64_t added[STORE_TABLE_COUNT])
{
    char name[STORE_NAME_MAX];
    sqlite3_stmt *statement = writer->statements[WRITER_ROWS];
    int result = SQLITE_OK;
    for (size_t i = 0; i < STORE_TABLE_COUNT && result == SQLITE_OK; i++) {
        if (added[i] == 0) {
            continue;
        }
        store_table_name(store_table(i), name);
        sqlite3_bind_text(statement, 1, name, -1, SQLITE_TRANSIENT);
        sqlite3_bind_int64(statement, 2, (int64_t)added[i]);
        result = database_note(&writer->database, run(statement), "writing the counts");
    }
    return result;
}

static int write_all(struct writer *writer, const struct writer_work *work)
{
    uint64_t added[STORE_TABLE_COUNT] = {0};
    struct database *database = &writer->database;
    int result =
        database_note(database, run(writer->statements[WRITER_BEGIN]), "beginning to write");
    if (result == SQLITE_OK) {
        result = add_rows(writer, work, added);
    }
    if (result == SQLITE_OK) {
        result = note_run(writer, work);
    }
    if (result == SQLITE_OK) {
        result = note_counts(writer, added);
    }
    if (result == SQLITE_OK) {
        result = database_note(database, run(writer->statements[WRITER_COMMIT]), "committing");
    }
    for (size_t i = 0; i < STORE_TABLE_COUNT && result == SQLITE_OK; i++) {
        writer->rows[i] += added[i];
    }
    return result;
}

/* Codes after which the connection is as good as before; after any other it is opened anew, for the
 * file may have been moved or replaced, or be damaged. */
static bool leaves_connection_good(int code)
{
    int primary = code & 0xff;
    return primary == SQLITE_FULL || primary == SQLITE_BUSY || primary == SQLITE_LOCKED ||
           primary == SQLITE_NOMEM;
}

static void fail(struct writer *writer, int result)
{
    struct database *database = &writer->database;
    if (sqlite3_get_autocommit(database->handle) == 0) {
        (void)sqlite3_exec(database->handle, "ROLLBACK", NULL, NULL, NULL);
    }
    writer->damaged = database_is_damage(result);
    if (!leaves_connection_good(result)) {
        writer_close(writer);
    }
}

/* A slice of one table after each transaction, the tables in turn; one that has more to give stays
 * at its turn. What fails here fails again, or not, with the next transaction. */
static void tidy(struct writer *writer, int64_t now_us)
{
    char name[STORE_NAME_MAX];
    size_t table = writer->next_table;
    uint64_t removed;
    struct retention retention = {
        .before_us = now_us - writer->setup.days * S_PER_DAY * US_PER_S,
        .rows_max = (uint64_t)writer->setup.rows_max,
    };
    store_table_name(store_table(table), name);
    if (retention_slice(&writer->database, name, writer->rows[table], &retention, &removed) != 0) {
        writer->next_table = (table + 1) % STORE_TABLE_COUNT; /* the others shall not wait for it */
        return;
    }
    writer->rows[table] -= removed < writer->rows[table] ? removed : writer->rows[table];
    writer->removed += removed;
    if (removed < RETENTION_SLICE_ROWS) {
        writer->next_table = (table + 1) % STORE_TABLE_COUNT;
    }
    if (writer->next_table == 0) {
        (void)retention_runs(&writer->database, writer->setup.run, &retention);
    }
    (void)retention_give_back(&writer->database);
}

int writer_write(struct writer *writer, const struct writer_work *work)
{
    struct database *database = &writer->database;
    if (database->handle != NULL && !database_is_in_place(database)) {
        writer_close(writer);
    }
    if (database->handle == NULL && writer_open(writer, work->time_us) != DATABASE_OPEN) {
        return ERROR_IO;
    }
    int result = write_all(writer, work);
    if (result != SQLITE_OK) {
        fail(writer, result);
        return ERROR_IO;
    }
    tidy(writer, work->time_us);
    database_sizes(database, &writer->bytes, &writer->wal_bytes);
    database_tidy_wal(database, writer->wal_bytes);
    return 0;
}

uint64_t writer_rows(const struct writer *writer)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < STORE_TABLE_COUNT; i++) {
        rows += writer->rows[i];
    }
    return rows;
}
