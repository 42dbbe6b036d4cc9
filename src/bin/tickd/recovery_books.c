/* Books from the archive. */
#include "tickd/bin/recovery_books.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "tickd/base/calendar.h"
#include "tickd/base/error.h"
#include "tickd/store/reader.h"

enum { WHY_MAX = 1024 };

/* NULL: there is none to read; that it is damaged is said by the archive when it starts. */
static sqlite3 *open_archive(const char *path)
{
    char memory[WHY_MAX];
    struct text why;
    sqlite3 *handle = NULL;
    text_init(&why, memory, sizeof memory);
    if (path != NULL && reader_open(&handle, path, &why) != 0) {
        reader_close(&handle);
    }
    return handle;
}

int64_t recovery_newest_run(const char *archive)
{
    sqlite3 *handle = open_archive(archive);
    int64_t run = 0;
    if (handle != NULL) {
        if (reader_newest_run(handle, &run) != 0) {
            run = 0;
        }
        reader_close(&handle);
    }
    return run;
}

/* Books of a run, 0 = the newest. */
static int read_books(const char *archive, uint64_t run, struct kept_books *books)
{
    sqlite3 *handle = open_archive(archive);
    int64_t wanted = (int64_t)run;
    if (handle == NULL) {
        return ERROR_NOT_FOUND;
    }
    int error = run == 0 ? reader_newest_run(handle, &wanted) : 0;
    if (error == 0) {
        error = reader_books(handle, wanted, books);
    }
    reader_close(&handle);
    return error;
}

/* Up to which message the archive has the run's rows. ERROR_NOT_FOUND: there is no archive, or it
 * knows nothing of the run. */
static int read_committed(const char *archive, uint64_t run, uint64_t *committed)
{
    sqlite3 *handle = open_archive(archive);
    uint64_t refused;
    int error = ERROR_NOT_FOUND;
    *committed = 0;
    if (handle != NULL) {
        error = reader_committed(handle, (int64_t)run, committed, &refused);
        reader_close(&handle);
    }
    return error;
}

bool recovery_knows_all(const char *archive, uint64_t run, uint64_t published)
{
    uint64_t committed;
    int error = read_committed(archive, run, &committed);
    return error == ERROR_NOT_FOUND || (error == 0 && committed <= published);
}

bool recovery_reaches(const char *archive, uint64_t run, uint64_t published)
{
    uint64_t committed;
    uint64_t refused;
    if (archive != NULL && access(archive, F_OK) != 0 && errno == ENOENT) {
        return false;
    }
    sqlite3 *handle = open_archive(archive);
    if (handle == NULL) {
        return true;
    }
    int error = reader_committed(handle, (int64_t)run, &committed, &refused);
    reader_close(&handle);
    return error == 0 ? committed >= published : error != ERROR_NOT_FOUND;
}

static void say(const struct recovery *recovery, enum log_level level, const char *text)
{
    recovery->log(recovery->state, level, "recovery", text);
}

static void say_adopted(const struct recovery *recovery, const struct kept_books *books)
{
    char memory[WHY_MAX];
    struct text text;
    text_init(&text, memory, sizeof memory);
    text_format(&text,
                "the books are those of the archive, %" PRIu64 " fills, %zu positions; what was "
                "learned begins anew",
                books->fills, books->position_count);
    say(recovery, LOG_WARNING, memory);
}

static int64_t count_fills(sqlite3 *handle, int64_t run)
{
    sqlite3_stmt *statement;
    int64_t count = 0;
    if (sqlite3_prepare_v2(handle, "SELECT count(*) FROM raw_fill WHERE run = ?1", -1, &statement,
                           NULL) != SQLITE_OK) {
        return INT64_MAX;
    }
    sqlite3_bind_int64(statement, 1, run);
    if (sqlite3_step(statement) == SQLITE_ROW) {
        count = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return count;
}

void recovery_check_books(const struct recovery *recovery, uint64_t run)
{
    char memory[WHY_MAX];
    struct text text;
    struct books_check check;
    uint64_t committed;
    uint64_t refused;
    sqlite3 *handle = open_archive(recovery->archive);
    if (handle == NULL) {
        return;
    }
    if (count_fills(handle, (int64_t)run) <= RECOVERY_FILLS_CHECKED &&
        reader_check_books(handle, (int64_t)run, &check) == 0 && !check.exact) {
        bool lacks =
            reader_committed(handle, (int64_t)run, &committed, &refused) == 0 && refused > 0;
        text_init(&text, memory, sizeof memory);
        text_format(&text, "%s: the books are not exact: %s; %s", recovery->archive, check.what,
                    lacks ? "rows are missing, which the tape may have"
                          : "the archive was damaged");
        say(recovery, lacks ? LOG_WARNING : LOG_ERROR, memory);
    }
    reader_close(&handle);
}

void recovery_find_books(struct recovery *recovery, uint64_t run)
{
    static struct kept_books books; /* too large for a stack */
    if (read_books(recovery->archive, run, &books) == 0) {
        recovery->books = &books;
        say_adopted(recovery, &books);
    } else if (run != 0) {
        say(recovery, LOG_ERROR, "there are no books in the archive either");
    }
}

int recovery_adopt(const struct recovery *recovery)
{
    char memory[WHY_MAX];
    struct text why;
    text_init(&why, memory, sizeof memory);
    if (engine_adopt_books(recovery->program->engine, recovery->books, &why) != 0) {
        program_complain("the books of the archive cannot be taken over: %s; mend that, or begin "
                         "anew with --fresh",
                         memory);
        return EX_CONFIG; /* mostly a symbol that is held is not among feed.symbols */
    }
    return 0;
}
