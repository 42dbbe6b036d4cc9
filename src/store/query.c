/* Guarded questions. */
#include "tickd/store/query.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tickd/base/error.h"
#include "tickd/store/database.h"

enum { OPCODES_A_LOOK = 1000, URI_MAX = 4 * DATABASE_PATH_MAX };

struct question {
    sqlite3 *handle;
    int64_t ends_s;
    bool late;
    bool denied;
};

static int64_t steady_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec;
}

static int look_at_time(void *state)
{
    struct question *question = state;
    question->late = steady_s() >= question->ends_s;
    return question->late;
}

/* PRAGMAs that only tell. */
static bool is_harmless_pragma(const char *name, const char *argument)
{
    static const char *const told[] = {"table_info", "table_xinfo", "table_list", "index_list",
                                       "index_info"};
    static const char *const asked[] = {"user_version",   "page_count",     "page_size",
                                        "freelist_count", "application_id", "journal_mode"};
    for (size_t i = 0; i < ARRAY_LENGTH(told); i++) {
        if (strcmp(name, told[i]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < ARRAY_LENGTH(asked); i++) {
        if (strcmp(name, asked[i]) == 0) {
            return argument == NULL;
        }
    }
    return false;
}

static int authorise(void *state, int action, const char *first, const char *second,
                     const char *database, const char *trigger)
{
    struct question *question = state;
    (void)database;
    (void)trigger;
    bool allowed = false;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
        allowed = true;
        break;
    case SQLITE_FUNCTION:
        allowed = sqlite3_stricmp(second, "load_extension") != 0;
        break;
    case SQLITE_PRAGMA:
        allowed = is_harmless_pragma(first, second);
        break;
    default:
        break;
    }
    question->denied |= !allowed;
    return allowed ? SQLITE_OK : SQLITE_DENY;
}

/* A file: URI, so that a folder that may not be written can be told to be read as it is. */
static void print_uri(const char *path, bool unchanging, char uri[URI_MAX])
{
    struct text text;
    text_init(&text, uri, URI_MAX);
    text_add(&text, "file:");
    for (const unsigned char *c = (const unsigned char *)path; *c != '\0'; c++) {
        if (*c <= ' ' || *c >= 0x7f || strchr("%?#", *c) != NULL) {
            text_format(&text, "%%%02x", *c);
        } else {
            text_add_char(&text, (char)*c);
        }
    }
    text_add(&text, unchanging ? "?mode=ro&immutable=1" : "?mode=ro");
}

static int try_open(struct question *question, const char *path, bool unchanging)
{
    char uri[URI_MAX];
    print_uri(path, unchanging, uri);
    int result = sqlite3_open_v2(
        uri, &question->handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
    if (result == SQLITE_OK) {
        sqlite3_busy_timeout(question->handle, DATABASE_BUSY_MS);
        /* What is sorted counts as memory, so that it cannot fill a disk. */
        result = sqlite3_exec(question->handle,
                              "PRAGMA temp_store = MEMORY; SELECT 1 FROM sqlite_schema", NULL, NULL,
                              NULL);
    }
    return result;
}

/* Who may not write the folder of an archive that nobody has open cannot make the index of a WAL,
 * and needs none where there is no WAL. */
static bool has_wal(const char *path)
{
    char wal[DATABASE_PATH_MAX + 8];
    (void)snprintf(wal, sizeof wal, "%s-wal", path);
    return access(wal, F_OK) == 0;
}

static int open_archive(struct question *question, const char *path, struct text *why)
{
    if (access(path, R_OK) != 0) {
        text_format(why, "%.400s cannot be read; is it the archive, and are you allowed to?", path);
        return ERROR_NOT_FOUND;
    }
    sqlite3_hard_heap_limit64(QUERY_MEMORY_MAX);
    int result = try_open(question, path, false);
    if ((result == SQLITE_CANTOPEN || result == SQLITE_READONLY) && !has_wal(path)) {
        sqlite3_close(question->handle);
        result = try_open(question, path, true);
    }
    if (result != SQLITE_OK) {
        text_format(why, "%.400s: %s", path, sqlite3_errmsg(question->handle));
        return ERROR_IO;
    }
    sqlite3_limit(question->handle, SQLITE_LIMIT_LENGTH, QUERY_VALUE_MAX);
    sqlite3_limit(question->handle, SQLITE_LIMIT_SQL_LENGTH, QUERY_VALUE_MAX);
    sqlite3_limit(question->handle, SQLITE_LIMIT_COLUMN, 2 * QUERY_COLUMNS_MAX);
    sqlite3_limit(question->handle, SQLITE_LIMIT_ATTACHED, 0);
    /* "fils" for a column that does not exist is a mistake and not a text. */
    sqlite3_db_config(question->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(question->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_set_authorizer(question->handle, authorise, question);
    sqlite3_progress_handler(question->handle, OPCODES_A_LOOK, look_at_time, question);
    return 0;
}

/* Newlines would break the one line of an error. */
static void say(struct text *why, const char *message)
{
    for (const char *c = message; *c != '\0'; c++) {
        text_add_char(why, *c == '\n' || *c == '\t' ? ' ' : *c);
    }
}

/* SQLite refuses what it cannot write, such as a view, before it asks whether writing is allowed.
 */
static bool would_write(sqlite3 *handle)
{
    const char *message = sqlite3_errmsg(handle);
    return strncmp(message, "cannot modify ", 14) == 0 ||
           strstr(message, " may not be modified") != NULL;
}

static int explain(const struct question *question, int result, const struct query_limits *limits,
                   struct text *why)
{
    if (question->late) {
        text_format(why, "the query takes longer than %lld s; narrow it",
                    (long long)limits->seconds);
        return ERROR_RANGE;
    }
    if (question->denied || (result == SQLITE_ERROR && would_write(question->handle))) {
        text_add(why, "only SELECT is allowed: the archive is the daemon's to write");
        return ERROR_DENIED;
    }
    switch (result & 0xff) {
    case SQLITE_NOMEM:
        text_format(why, "the query takes more than %d MiB of memory; narrow it",
                    QUERY_MEMORY_MAX >> 20);
        return ERROR_RANGE;
    case SQLITE_ERROR:
    case SQLITE_TOOBIG:
        say(why, sqlite3_errmsg(question->handle));
        return ERROR_SYNTAX;
    default:
        say(why, sqlite3_errmsg(question->handle));
        return ERROR_IO;
    }
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n;")] == '\0';
}

static int prepare(const struct question *question, const char *sql, sqlite3_stmt **statement,
                   const struct query_limits *limits, struct text *why)
{
    const char *rest;
    int result = sqlite3_prepare_v2(question->handle, sql, -1, statement, &rest);
    if (result != SQLITE_OK) {
        return explain(question, result, limits, why);
    }
    if (*statement == NULL) {
        text_add(why, "there is no question in it; try: SELECT * FROM fills");
        return ERROR_SYNTAX;
    }
    if (!is_blank(rest)) {
        text_add(why, "one statement at a time");
        return ERROR_SYNTAX;
    }
    if (sqlite3_column_count(*statement) > QUERY_COLUMNS_MAX) {
        text_format(why, "more than %d columns; name those that are wanted", QUERY_COLUMNS_MAX);
        return ERROR_SYNTAX;
    }
    return 0;
}

static int give_rows(const struct question *question, sqlite3_stmt *statement,
                     const struct query_limits *limits, const struct query_sink *sink,
                     struct query_result *result, struct text *why)
{
    int step;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        if (result->rows == limits->rows) {
            result->cut = true;
            return 0;
        }
        sink->row(sink->state, statement);
        result->rows++;
    }
    return step == SQLITE_DONE ? 0 : explain(question, step, limits, why);
}

int query_run(const char *path, const char *sql, const struct query_limits *limits,
              const struct query_sink *sink, struct query_result *result, struct text *why)
{
    struct question question = {.ends_s = steady_s() + limits->seconds};
    sqlite3_stmt *statement = NULL;
    *result = (struct query_result){0};
    int error = open_archive(&question, path, why);
    if (error == 0) {
        error = prepare(&question, sql, &statement, limits, why);
    }
    if (error == 0) {
        error = give_rows(&question, statement, limits, sink, result, why);
    }
    sqlite3_finalize(statement);
    sqlite3_close(question.handle);
    return error;
}
