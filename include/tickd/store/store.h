/* The archive, as the loop sees it: a tap on the bus puts rows into a bounded queue (queue.h);
 * every store.flush_ms one job of the thread pool writes those that may be written, in one
 * transaction (writer.h). Nothing of SQLite runs on the loop, but for opening at the start, which
 * is bounded.
 *
 * Write-ahead: only rows up to durable_sequence() are written, so that the archive never knows more
 * than the tape.
 *
 *       IDLE ──timer, rows──▶ WRITING ──good──▶ IDLE
 *                                │bad: the rows stay
 *                                ▼
 *                             FAILING ──timer, after 1, 2, 4 … 30 s──▶ WRITING
 *
 * While it fails the module counts as failed; it never ends the daemon and never gives up. What
 * finds no room in the queue meanwhile is counted, and missing until a replay of the tape brings
 * it.
 */
#ifndef TICKD_STORE_STORE_H
#define TICKD_STORE_STORE_H

#include <uv.h>

#include "tickd/bus/bus.h"
#include "tickd/engine/status.h"
#include "tickd/settings/settings.h"

struct store;

struct store_setup {
    uv_loop_t *loop;
    const char *path;
    int64_t run; /* the one to be continued; 0 = a new one */
    int64_t initial_cash;
    const char *version;
    uint64_t config_digest;
    const struct symbol_table *symbols;
    uint64_t (*durable_sequence)(
        void *state); /* up to which the tape is; NULL = there is no tape */
    int64_t (*wall_us)(void);
    void (*log)(void *state, enum log_level level, const char *event, const char *text);
    void *state;           /* of durable_sequence and log */
    uint64_t rows_missing; /* of the run, at least, that will not come: counted as refused */
};

/* Queue and state from the arena. NULL while measuring, and when store.path is "off". */
struct store *store_create(struct arena *arena, const struct settings_store *settings);

/* Opens the archive. A system that refuses is not an error: it is tried again. ERROR_NOT_FOUND
 * there is no such folder, ERROR_STATE a newer program's archive or another program's database;
 * *why has path and remedy. Texts and tables are the caller's and must outlive it. */
int store_start(struct store *store, const struct store_setup *setup, struct text *why);

/* What is to be added to the bus before its first message. */
struct tap store_tap(struct store *store);

int64_t store_run(const struct store *store);

/* Up to which sequence everything is in the archive. */
uint64_t store_committed_sequence(const struct store *store);

/* Whether no row of a message up to this one waits to be written. */
bool store_has_all(const struct store *store, uint64_t sequence);

/* wired, failed, owed, handled and fill. `store` may be NULL here and in the next. */
void store_fill_vitals(const struct store *store, struct vitals_message *vitals);
void store_fill_status(const struct store *store, struct status_live *status);

/* Writes what waits, within STORE_STOP_MS, closes, and calls `done` (which may be NULL). The caller
 * runs the loop. */
enum { STORE_STOP_MS = 5000 };
void store_stop(struct store *store, void (*done)(void *state), void *state);

#endif
