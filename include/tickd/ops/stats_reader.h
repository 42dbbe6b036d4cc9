/* The page of counters (ops/stats_page.h), the reader's side. The file may be anybody's: whatever
 * its bytes are, reading ends, in bounded memory, with a view in which every name is terminated and
 * every number is in its range, or with an error. It is read and not mapped, so that a file that
 * shrinks meanwhile is an error and no signal. */
#ifndef TICKD_OPS_STATS_READER_H
#define TICKD_OPS_STATS_READER_H

#include "tickd/base/text.h"
#include "tickd/ops/process.h"
#include "tickd/ops/stats_page.h"

/* Points into the bytes that were parsed. */
struct stats_view {
    const struct stats_head *head;
    const struct stats_row *rows;
    size_t row_count;
};

/* One reading of a file. */
struct stats_copy {
    struct stats_view view;
    bool is_torn; /* its values are of two moments: the process ended, or stands, in an update */
    _Alignas(struct stats_head) char bytes[STATS_FILE_MAX];
};

/* ERROR_SYNTAX: is no page of counters, or of another version or machine. Pure. The bytes are
 * aligned as a stats_head is. */
int stats_parse(const void *bytes, size_t size, struct stats_view *view, struct text *why);

/* Reads until the values belong together, for 50 ms at the most. ERROR_NOT_FOUND, ERROR_DENIED,
 * ERROR_IO, ERROR_SYNTAX with *why, which names the path. */
int stats_read(const char *path, struct stats_copy *copy, struct text *why);

/* Only the head; the same errors. */
int stats_read_head(const char *path, struct stats_head *head, struct text *why);

/* How the process that wrote it stands. */
enum stats_verdict {
    STATS_SAYS_RUNS,
    STATS_SAYS_STOPPING, /* a clean stop has begun */
    STATS_SAYS_HANGS,    /* its loop does not turn; its watching thread runs */
    STATS_SAYS_HALTED,   /* nothing in it runs: stopped by a signal, or starved */
    STATS_SAYS_STOPPED,  /* ended cleanly */
    STATS_SAYS_GONE,     /* ended otherwise */
    STATS_VERDICT_COUNT
};

const char *stats_verdict_name(enum stats_verdict verdict);

struct stats_judgement {
    enum stats_verdict verdict;
    int64_t age_us;     /* of the values; never negative */
    const char *holder; /* module whose handler ran when last looked at, or NULL */
    int64_t held_us;
    char process_state; /* as ops/process.h */
};

/* `sight`: of the process that the head names. Pure. */
void stats_judge(const struct stats_head *head, const struct process_sight *sight, int64_t now_us,
                 struct stats_judgement *judgement);

/* Whether the process that wrote it lives and has not stopped cleanly. */
bool stats_is_owned(const struct stats_head *head);

/* When the values were written. */
int64_t stats_updated_us(const struct stats_head *head);

/* A value; false: not known. Also of forms that no version has, which are not known. */
struct metric_value;
bool stats_value(const struct stats_row *row, struct metric_value *value);

#endif
