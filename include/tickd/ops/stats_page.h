/* The page of counters: a file in the runtime directory that the daemon has mapped and writes into,
 * and that others read without asking it. So it tells while the loop hangs, and what was last known
 * after a crash.
 *
 *     loop, once a second ──▶ values, updated_us ┐
 *     watching thread, 100 ms ──▶ watched_us,    ├──▶ tickd.stats ──▶ tickctl stats
 *                                holding         ┘
 *
 * The file describes itself: a head, then rows, each with its name, unit, kind and value. Names and
 * values are those of ops/metrics_table.h without the prefix; a histogram is its number of values
 * and its quantiles. Numbers are in the writer's byte order, which the head tells.
 *
 * Consistency. Each value is stored whole. The values of one update belong together when `sequence`
 * is even and the same before and after they were read: a seqlock, written by the loop alone. What
 * stands outside (updated_us excepted) changes one by one. A process that dies within an update
 * leaves the sequence odd for ever: then the values are whole, but of two moments.
 *
 * The file outlives the process, however that ends: a clean stop says so in `state`. The next start
 * renames it to tickd.stats.previous. Its size is reserved before it is mapped, so a full disk is
 * an error at the start and never a fault later. Memory: 120 bytes a row, about 300 rows. */
#ifndef TICKD_OPS_STATS_PAGE_H
#define TICKD_OPS_STATS_PAGE_H

#include <stdatomic.h>

#include "tickd/engine/status.h"
#include "tickd/ops/watch_thread.h"

#define STATS_MAGIC "tickdst" /* with its zero: 8 bytes */

enum {
    STATS_VERSION = 1,
    STATS_BYTE_ORDER = 0x01020304,
    STATS_ROWS_MAX = 1024,
    STATS_NAME_MAX = 96, /* all with the terminating zero */
    STATS_UNIT_MAX = 8,
    STATS_MODULE_MAX = 16,
    STATS_MODULES_MAX = 16,
    STATS_HOLDER_BITS = 8,
    STATS_HOLDER_NONE = 0xff
};

enum stats_state { STATS_RUNNING, STATS_STOPPING, STATS_STOPPED, STATS_STATE_COUNT };

enum stats_kind { STATS_GAUGE, STATS_COUNTER, STATS_KIND_COUNT };

/* How the 64 bits of a value are meant. What is not known: all bits set (whole), the least number
 * (signed, decimal), NaN (real). */
enum stats_form { STATS_WHOLE, STATS_SIGNED, STATS_REAL, STATS_DECIMAL, STATS_FORM_COUNT };

struct stats_head {
    char magic[sizeof STATS_MAGIC];
    uint32_t byte_order;
    uint32_t version; /* of the layout */
    uint32_t head_bytes;
    uint32_t row_bytes;
    uint32_t row_count;
    uint32_t module_count;
    char program[24]; /* version */
    char modules[STATS_MODULES_MAX][STATS_MODULE_MAX];
    int64_t pid;
    uint64_t process_ticks; /* ops/process.h: with pid it names the process */
    int64_t started_us;     /* this and all below: UNIX time */
    _Atomic uint32_t state;
    _Atomic int32_t exit_code; /* once it has stopped */
    _Atomic uint64_t sequence; /* odd while values change */
    _Atomic int64_t updated_us;
    _Atomic int64_t watched_us;
    _Atomic uint64_t holding; /* of 8 bits: module that holds the loop; above: for how many µs */
};

struct stats_row {
    char name[STATS_NAME_MAX]; /* module_handled_total{module="feed"} */
    char unit[STATS_UNIT_MAX];
    uint32_t kind;
    uint32_t form;
    _Atomic uint64_t value;
};

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock would not be in the file");
_Static_assert(sizeof(struct stats_head) == 376 && sizeof(struct stats_row) == 120,
               "the layout is the same for all compilers; else it needs another version");

enum { STATS_FILE_MAX = 376 + STATS_ROWS_MAX * 120 };

/* The writer's side. */
struct stats_page {
    struct stats_head *head; /* NULL = there is no page, and all below do nothing */
    struct stats_row *rows;
    size_t size;
    int64_t (*now_us)(void);
};

struct stats_owner {
    const char *program; /* version */
    int64_t pid;
    int64_t started_us;
    int64_t (*now_us)(void);
};

/* Lays the page out for this status and makes it readable at `path`, with its values. The page that
 * was there is kept as PATH.previous. ERROR_EXISTS: it belongs to a living process, or is no such
 * page; ERROR_IO; each with *why, and then there is no page. */
int stats_page_open(struct stats_page *page, const char *path, const struct stats_owner *owner,
                    const struct status *status, struct text *why);

/* From the loop. The status has as many histories as the first one. */
void stats_page_update(struct stats_page *page, const struct status *status);

/* For watch_observe(); the state is the page. */
void stats_page_see(void *state, struct watch_sight sight, int64_t now_ns);

void stats_page_say(struct stats_page *page, enum stats_state state, int exit_code);

/* Unmaps it; the file stays. Nobody may see or update it any more. */
void stats_page_close(struct stats_page *page);

#endif
