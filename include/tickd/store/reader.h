/* Reads the archive for a recovery: which run is the newest, how far it is written, what its books
 * are, and whether they are what its fills make of them. For an archive of this program's version:
 * one that is opened by store_start() is.
 *
 * Every function returns 0 or ERROR_NOT_FOUND (there is no such run, or nothing of it), ERROR_IO
 * (sqlite3_errmsg() of the handle tells), ERROR_RANGE (more positions than STATUS_POSITIONS_MAX).
 */
#ifndef TICKD_STORE_READER_H
#define TICKD_STORE_READER_H

#include <sqlite3.h>

#include "tickd/engine/adopt.h"

/* A connection of one's own, not for writing; reader_close() it also after an error.
 * ERROR_NOT_FOUND no such file, ERROR_STATE not an archive of this version, ERROR_IO; *why has path
 * and reason. */
int reader_open(sqlite3 **handle, const char *path, struct text *why);
void reader_close(sqlite3 **handle);

int reader_newest_run(sqlite3 *handle, int64_t *run);

/* Up to which sequence everything of a run is in the archive; *refused: rows that are missing
 * nevertheless, because the queue had no room for them. */
int reader_committed(sqlite3 *handle, int64_t run, uint64_t *sequence, uint64_t *refused);

/* The books as the newest EQUITY of a run and the positions tell them. */
int reader_books(sqlite3 *handle, int64_t run, struct kept_books *books);

/* What fills make of the books, by the portfolio's own arithmetic, set against what is stored after
 * each of them and at the end. */
struct books_check {
    uint64_t fills;
    bool complete; /* they are all there, from the run's first on; else retention has removed some,
                      and the first that is left of a symbol is taken as it is */
    bool exact;
    char what[160]; /* the first difference */
};

int reader_check_books(sqlite3 *handle, int64_t run, struct books_check *check);

#endif
