/* The newest lines of the health log, kept in memory for those who look at it from afar. Lines are
 * numbered from 0 as they come.
 *
 *     bytes   [ … line 41 ⏎ line 42 ⏎ line 38 ⏎ line 39 ⏎ line 40 ⏎ … ]   a ring of bytes
 *                                   ▲ next
 *
 * LOG_TAIL_BYTES bytes and LOG_TAIL_LINES lines at the most: the oldest go. No allocation, one
 * thread. The watching thread's own lines are not among them. */
#ifndef TICKD_OPS_LOG_TAIL_H
#define TICKD_OPS_LOG_TAIL_H

#include "tickd/base/text.h"

enum { LOG_TAIL_BYTES = 32768, LOG_TAIL_LINES = 200, LOG_TAIL_LINE_MAX = 2048 };

struct log_tail {
    uint64_t oldest;                 /* number of the oldest line that is kept */
    uint64_t next;                   /* number of the next line */
    uint64_t written;                /* bytes so far */
    uint64_t starts[LOG_TAIL_LINES]; /* where line n begins, at n % LOG_TAIL_LINES */
    char bytes[LOG_TAIL_BYTES];
};

void log_tail_init(struct log_tail *tail);

/* A line without its end, of at most LOG_TAIL_LINE_MAX bytes. */
void log_tail_add(struct log_tail *tail, const char *line, size_t length);

/* Appends line `number` as a JSON string; false when it is not kept (any more). */
bool log_tail_print_json(const struct log_tail *tail, uint64_t number, struct text *out);

#endif
