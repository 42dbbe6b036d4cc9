/* Opening, looking for damage, setting aside. */
#include "tickd/store/database.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tickd/base/calendar.h"
#include "tickd/store/schema.h"

enum { NAME_MORE = 48, OPCODES_A_LOOK = 500, TRIES_FOR_A_NAME = 100, NS_PER_MS = 1000000 };

void database_init(struct database *database, const char *path, const char *schema)
{
    *database = (struct database){.schema = schema != NULL ? schema : schema_text()};
    text_copy(database->path, sizeof database->path, path);
}

/* What is wrong. */

static const char *remedy_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
        return "; make room on its file system";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
        return "; the file and its folder must be writable for the daemon";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "; another program is writing to it, end that";
    case SQLITE_IOERR:
        return "; look at the file system and the disk";
    default:
        return "";
    }
}

int database_note(struct database *database, int result, const char *doing)
{
    struct text why;
    if (result == SQLITE_OK) {
        return result;
    }
    int extended = database->handle != NULL ? sqlite3_extended_errcode(database->handle) : result;
    bool same = (extended & 0xff) == (result & 0xff);
    int system = database->handle != NULL ? sqlite3_system_errno(database->handle) : 0;
    database->code = same ? extended : result;
    text_init(&why, database->why, sizeof database->why);
    text_format(&why, "%.200s: %s: %s", database->path, doing,
                same && database->handle != NULL ? sqlite3_errmsg(database->handle)
                                                 : sqlite3_errstr(result));
    if (system != 0 && ((result & 0xff) == SQLITE_IOERR || (result & 0xff) == SQLITE_CANTOPEN)) {
        text_format(&why, " (%s)", strerror(system));
    }
    text_add(&why, remedy_of(result));
    return result;
}

bool database_is_damage(int code)
{
    return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

/* Small things. */

int database_run(struct database *database, const char *sql)
{
    return database_note(database, sqlite3_exec(database->handle, sql, NULL, NULL, NULL), sql);
}

sqlite3_stmt *database_prepare(struct database *database, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int result =
        sqlite3_prepare_v3(database->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    database_note(database, result, "preparing a statement");
    return statement;
}

/* One number that a PRAGMA answers. */
static int ask(struct database *database, const char *pragma, int64_t *number)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(database->handle, pragma, -1, &statement, NULL);
    if (result == SQLITE_OK) {
        result = sqlite3_step(statement);
        *number = result == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
        result = result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : result;
    }
    sqlite3_finalize(statement);
    return database_note(database, result, pragma);
}

static int64_t steady_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * MS_PER_S * NS_PER_MS + now.tv_nsec;
}

static int is_over(void *deadline_ns)
{
    return steady_ns() > *(const int64_t *)deadline_ns;
}

/* What a check's answer means. A page that could not be read is no damage, but SQLite words it as a
 * finding ("unable to get the page. error code=10"). */
static int judge_finding(const char *finding)
{
    static const char code_mark[] = "error code=";
    const char *mark = finding != NULL ? strstr(finding, code_mark) : NULL;
    if (finding != NULL && strcmp(finding, "ok") == 0) {
        return SQLITE_OK;
    }
    if (mark == NULL) {
        return SQLITE_CORRUPT;
    }
    long code = strtol(mark + sizeof code_mark - 1, NULL, 10);
    return database_is_damage((int)code) ? SQLITE_CORRUPT : SQLITE_IOERR;
}

/* What has not been looked at when the time is over counts as good. */
static int check(struct database *database)
{
    sqlite3_stmt *statement = NULL;
    int64_t deadline_ns = steady_ns() + (int64_t)DATABASE_CHECK_MS * NS_PER_MS;
    sqlite3_progress_handler(database->handle, OPCODES_A_LOOK, is_over, &deadline_ns);
    int result =
        sqlite3_prepare_v2(database->handle, "PRAGMA quick_check(1)", -1, &statement, NULL);
    if (result == SQLITE_OK) {
        result = sqlite3_step(statement);
    }
    if (result == SQLITE_ROW) {
        result = judge_finding((const char *)sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
    sqlite3_progress_handler(database->handle, 0, NULL, NULL);
    return result == SQLITE_INTERRUPT || result == SQLITE_DONE ? SQLITE_OK : result;
}

/* SQLITE_CORRUPT only when damage is found twice: not every read that fails is told apart. */
static int look_for_damage(struct database *database)
{
    int result = check(database);
    if (database_is_damage(result)) {
        sqlite3_db_release_memory(database->handle);
        result = check(database);
    }
    return database_note(database, result, "looking for damage");
}

/* Opening. */

static int connect(struct database *database)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    sqlite3_soft_heap_limit64((int64_t)DATABASE_HEAP_KIB * 1024);
    int result = sqlite3_open_v2(database->path, &database->handle, flags, NULL);
    if (result != SQLITE_OK) {
        return database_note(database, result, "opening");
    }
    sqlite3_extended_result_codes(database->handle, 1);
    sqlite3_busy_timeout(database->handle, DATABASE_BUSY_MS);
    return SQLITE_OK;
}

/* Whose file it is. *version 0 = nobody's: it is empty. */
static int identify(struct database *database, enum database_state *state)
{
    int64_t application = 0;
    int64_t version = 0;
    int64_t objects = 0;
    int result = ask(database, "SELECT count(*) FROM sqlite_schema", &objects);
    if (result == SQLITE_OK) {
        result = ask(database, "PRAGMA application_id", &application);
    }
    if (result == SQLITE_OK) {
        result = ask(database, "PRAGMA user_version", &version);
    }
    database->version = (int)version;
    if (result == SQLITE_OK && objects > 0 && application != SCHEMA_APPLICATION_ID) {
        *state = DATABASE_FOREIGN;
        (void)snprintf(database->why, sizeof database->why,
                       "%.200s: this is another program's database; name another file as "
                       "store.path",
                       database->path);
    } else if (result == SQLITE_OK && (version < 0 || version > schema_steps(database->schema))) {
        *state = DATABASE_NEWER;
        (void)snprintf(database->why, sizeof database->why,
                       "%.200s: has version %d of the schema, this program knows up to %d; use the "
                       "newer program, or name another file as store.path",
                       database->path, database->version, schema_steps(database->schema));
    }
    return result;
}

static int configure(struct database *database)
{
    static const char *const settings[] = {
        "PRAGMA auto_vacuum = INCREMENTAL", /* counts for a new file only */
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "PRAGMA mmap_size = 0",
        "PRAGMA secure_delete = OFF",
        "PRAGMA foreign_keys = OFF",
        "PRAGMA temp_store = MEMORY",
        "PRAGMA journal_size_limit = 1048576",
    };
    char memory[128];
    int result = SQLITE_OK;
    for (size_t i = 0; i < ARRAY_LENGTH(settings) && result == SQLITE_OK; i++) {
        result = database_run(database, settings[i]);
    }
    if (result == SQLITE_OK) {
        (void)snprintf(memory, sizeof memory,
                       "PRAGMA cache_size = -%d; PRAGMA wal_autocheckpoint = %d",
                       DATABASE_CACHE_KIB, DATABASE_WAL_PAGES);
        result = database_run(database, memory);
    }
    return result;
}

static void note_place(struct database *database)
{
    struct stat seen;
    if (stat(database->path, &seen) == 0) {
        database->device = (uint64_t)seen.st_dev;
        database->inode = (uint64_t)seen.st_ino;
    }
}

/* *state is set when the file is not to be touched; else the result says how it went. */
static int open_once(struct database *database, enum database_state *state)
{
    int result = connect(database);
    if (result == SQLITE_OK) {
        result = identify(database, state);
    }
    if (result == SQLITE_OK && *state == DATABASE_OPEN) {
        result = configure(database);
    }
    if (result == SQLITE_OK && *state == DATABASE_OPEN && database->version > 0) {
        result = look_for_damage(database);
    }
    if (result == SQLITE_OK && *state == DATABASE_OPEN &&
        database->version < schema_steps(database->schema)) {
        result = schema_upgrade(database->handle, database->schema, database->version);
        database_note(database, result, "bringing it to this program's schema");
    }
    if (result == SQLITE_OK) {
        note_place(database);
    }
    if (result != SQLITE_OK || *state != DATABASE_OPEN) {
        sqlite3_close(database->handle);
        database->handle = NULL;
    }
    return result;
}

/* Setting aside. */

static bool is_there(const char *path)
{
    struct stat seen;
    return lstat(path, &seen) == 0;
}

/* "PATH.damaged-20261126T065640Z", with a number behind it if need be. */
static void name_aside(struct database *database, int64_t now_us)
{
    char stamp[CALENDAR_TEXT_MAX];
    struct text name;
    calendar_print_us(now_us, 0, stamp);
    for (int number = 1; number <= TRIES_FOR_A_NAME; number++) {
        text_init(&name, database->aside, sizeof database->aside);
        text_format(&name, "%s.damaged-", database->path);
        for (const char *c = stamp; *c != '\0'; c++) {
            if (*c != ':' && *c != '-') {
                text_add_char(&name, *c);
            }
        }
        if (number > 1) {
            text_format(&name, "-%d", number);
        }
        if (!is_there(database->aside)) {
            return;
        }
    }
}

/* Whether the file with this ending is out of the way. */
static bool move_aside(const struct database *database, const char *ending)
{
    char from[DATABASE_PATH_MAX + NAME_MORE];
    char to[DATABASE_PATH_MAX + NAME_MORE];
    (void)snprintf(from, sizeof from, "%s%s", database->path, ending);
    (void)snprintf(to, sizeof to, "%s%s", database->aside, ending);
    return rename(from, to) == 0 || errno == ENOENT;
}

static void move_back(const struct database *database, const char *ending)
{
    char from[DATABASE_PATH_MAX + NAME_MORE];
    char to[DATABASE_PATH_MAX + NAME_MORE];
    (void)snprintf(from, sizeof from, "%s%s", database->aside, ending);
    (void)snprintf(to, sizeof to, "%s%s", database->path, ending);
    (void)rename(from, to);
}

/* The WAL goes first: one that stayed would be taken for that of the new database. */
static int set_aside(struct database *database, int64_t now_us)
{
    char shared[DATABASE_PATH_MAX + NAME_MORE];
    name_aside(database, now_us);
    bool moved = move_aside(database, "-wal");
    if (!moved || !move_aside(database, "")) {
        (void)snprintf(database->why, sizeof database->why,
                       "%.200s: is damaged and cannot be set aside: %s", database->path,
                       strerror(errno));
        if (moved) {
            move_back(database, "-wal");
        }
        return SQLITE_IOERR;
    }
    (void)snprintf(shared, sizeof shared, "%s-shm", database->path);
    (void)unlink(shared);
    database->set_aside++;
    return SQLITE_OK;
}

enum database_state database_open(struct database *database, bool damaged, int64_t now_us)
{
    enum database_state state = DATABASE_OPEN;
    int result = damaged ? SQLITE_CORRUPT : open_once(database, &state);
    if (database_is_damage(result)) {
        result = set_aside(database, now_us);
        if (result == SQLITE_OK) {
            result = open_once(database, &state);
        }
    }
    return result != SQLITE_OK ? DATABASE_FAILED : state;
}

bool database_is_in_place(const struct database *database)
{
    struct stat seen;
    return stat(database->path, &seen) == 0 && (uint64_t)seen.st_dev == database->device &&
           (uint64_t)seen.st_ino == database->inode;
}

void database_close(struct database *database)
{
    sqlite3_close(database->handle);
    database->handle = NULL;
}

/* The WAL. */

static uint64_t size_of(const char *path)
{
    struct stat seen;
    return stat(path, &seen) == 0 ? (uint64_t)seen.st_size : 0;
}

void database_sizes(const struct database *database, uint64_t *bytes, uint64_t *wal_bytes)
{
    char wal[DATABASE_PATH_MAX + NAME_MORE];
    (void)snprintf(wal, sizeof wal, "%s-wal", database->path);
    *bytes = size_of(database->path);
    *wal_bytes = size_of(wal);
}

void database_tidy_wal(struct database *database, uint64_t wal_bytes)
{
    if (wal_bytes > (uint64_t)DATABASE_WAL_KIB * 1024) {
        (void)sqlite3_wal_checkpoint_v2(database->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
                                        NULL);
    }
}
