/* One SQLite file, opened as the archive wants it, and what can be wrong with it.
 *
 * WAL, so that people read while we write. synchronous = FULL: every commit is synced, so that what
 * was shown as stored survives a power cut; at one commit a second on the thread pool that is one
 * sync a second. (With NORMAL the newest commits may be gone after a power cut. The tape could give
 * them back, but only to a build that can repeat it; where it cannot, these books are what counts.)
 *
 * Memory: a page cache of 512 KiB, no memory map of the file (the index of the WAL is one, 32 KiB),
 * and a soft limit for all of SQLite. The WAL is copied back into the file every 256 pages; one
 * that readers have kept from being reset is reset as soon as they let go, see database_tidy_wal().
 *
 * Used by one thread at a time. */
#ifndef TICKD_STORE_DATABASE_H
#define TICKD_STORE_DATABASE_H

#include <sqlite3.h>

#include "tickd/base/text.h"

enum {
    DATABASE_PATH_MAX = 1024,
    DATABASE_WHY_MAX = 384,
    DATABASE_BUSY_MS = 250,   /* wait for another writer, on the thread pool */
    DATABASE_CHECK_MS = 20,   /* of looking for damage when it is opened */
    DATABASE_CACHE_KIB = 512, /* of pages */
    DATABASE_HEAP_KIB = 2048, /* all of SQLite; soft: pages are given up first */
    DATABASE_WAL_PAGES = 256, /* after which they are copied back */
    DATABASE_WAL_KIB = 4096   /* from which on the WAL is to be reset */
};

enum database_state {
    DATABASE_OPEN,
    DATABASE_FAILED, /* the system refuses, or another program; may pass */
    DATABASE_NEWER,  /* made by a newer program; is not touched */
    DATABASE_FOREIGN /* somebody else's database; is not touched */
};

struct database {
    sqlite3 *handle; /* NULL = not open */
    char path[DATABASE_PATH_MAX];
    const char *schema;
    int version;     /* that it was found with; 0 = new */
    int code;        /* newest SQLite result code that was not good; 0 = none yet */
    uint64_t device; /* the file that is open */
    uint64_t inode;
    uint64_t set_aside; /* files that were damaged, so far */
    char aside[DATABASE_PATH_MAX];
    char why[DATABASE_WHY_MAX]; /* what was wrong last, with path and remedy */
};

/* `path` and `schema` (NULL = the program's): what database_open() will open. */
void database_init(struct database *database, const char *path, const char *schema);

/* Opens it, or makes it; brings it to the schema's last step. A file that is no database, or a
 * damaged one, is renamed to PATH.damaged-TIME, and a new one is begun. `damaged`: it is known to
 * be. Bounded: looking for damage ends after DATABASE_CHECK_MS. */
enum database_state database_open(struct database *database, bool damaged, int64_t now_us);

/* Folds the WAL into the file if no reader is in the way. */
void database_close(struct database *database);

/* Whether the open file is still the one of that name: it may have been moved away or removed, and
 * what is written into it then is lost to everybody. */
bool database_is_in_place(const struct database *database);

/* Notes what is wrong (database->code and ->why) and returns `result`. */
int database_note(struct database *database, int result, const char *doing);

/* Whether a code means that the file itself is damaged. */
bool database_is_damage(int code);

/* Resets a WAL that has grown; `wal_bytes` as it is. Waits for readers DATABASE_BUSY_MS at most. */
void database_tidy_wal(struct database *database, uint64_t wal_bytes);

/* Sizes of the file and of its WAL; 0 for what is not there. */
void database_sizes(const struct database *database, uint64_t *bytes, uint64_t *wal_bytes);

/* A statement that will be used again; NULL and the code noted when it cannot be prepared. */
sqlite3_stmt *database_prepare(struct database *database, const char *sql);

/* Runs statements that give no rows. */
int database_run(struct database *database, const char *sql);

#endif
