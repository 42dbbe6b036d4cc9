/* The health log: one logfmt line an event, for people who tail it and for machines.
 *
 *     ts=2026-11-23T16:31:33.123Z level=info event=feed state=streaming reason="first trade"
 *
 * A value stands as it is when it has neither blanks nor anything that a reader could trip over;
 * otherwise in quotes, escaped as in JSON. Control characters, also those beyond ASCII, and marks
 * that turn the direction of writing never get through, whoever sent them. A line has at most
 * LOG_LINE_MAX − 1 bytes; a longer one ends in "cut=true".
 *
 *     struct log_line line;
 *     log_line_begin(&line, log, LOG_INFO, "feed");
 *     log_line_text(&line, "state", "streaming");
 *     log_line_end(&line);
 *
 * Lines that are less severe than the level cost nothing but the call. Nothing here waits, see
 * log_sink.h. One thread only, but for health_log_sink(). */
#ifndef TICKD_OPS_HEALTH_LOG_H
#define TICKD_OPS_HEALTH_LOG_H

#include <stdatomic.h>

#include "tickd/ops/log_sink.h"
#include "tickd/ops/log_tail.h"
#include "tickd/settings/settings.h"

enum { LOG_LINE_MAX = 2048 };

struct health_log {
    struct log_sink sink;
    atomic_int level; /* enum log_level */
    int64_t (*now_us)(void);
    uint64_t lines;
    uint64_t dropped;        /* since start */
    uint64_t dropped_unsaid; /* of them, not yet mentioned in the log */
    struct log_tail *tail;   /* keeps the newest lines too; NULL = nobody does */
};

struct health_log_options {
    const char *directory;      /* NULL: standard error */
    const char *journal_stream; /* $JOURNAL_STREAM; if it is standard error, that is used, and not
                                   the directory; NULL: not under systemd */
    enum log_level level;
    int64_t (*now_us)(void); /* UNIX time; NULL: the system's clock */
    struct log_tail *tail;   /* that shall have the newest lines; NULL: none */
};

/* ERROR_IO with *why. */
int health_log_open(struct health_log *log, const struct health_log_options *options,
                    struct text *why);
void health_log_close(struct health_log *log);

/* For SIGHUP and `rotate`: opens the file anew by its name. A failure is a line in the old one. */
void health_log_reopen(struct health_log *log);

void health_log_set_level(struct health_log *log, enum log_level level);
enum log_level health_log_level(const struct health_log *log);

/* "error" … "debug"; the level of a name, or −1. */
const char *log_level_name(enum log_level level);
int log_level_by_name(const char *name);

/* Path of the file, or "standard error". */
const char *health_log_place(const struct health_log *log);

struct log_line {
    struct health_log *log; /* NULL: not wanted */
    enum log_level level;
    size_t first; /* where the line's own text begins, after room for its priority */
    struct text text;
    char memory[LOG_LINE_MAX];
};

/* Two forms: one that goes to a log, and one that only builds the text (line->text, for others to
 * write), at the given time. */
void log_line_begin(struct log_line *line, struct health_log *log, enum log_level level,
                    const char *event);
void log_line_build(struct log_line *line, bool priority, int64_t now_us, enum log_level level,
                    const char *event);

void log_line_text(struct log_line *line, const char *key, const char *value);
void log_line_integer(struct log_line *line, const char *key, int64_t value);
void log_line_count(struct log_line *line, const char *key, uint64_t value);
/* With so many decimals; NaN is "none". */
void log_line_real(struct log_line *line, const char *key, double value, int decimals);

/* Ends a line; the first writes it. */
void log_line_end(struct log_line *line);
void log_line_finish(struct log_line *line);

/* Appends a logfmt value. */
void log_add_value(struct text *out, const char *bytes, size_t length);

/* UNIX time in µs by the system's clock. */
int64_t system_time_us(void);

#endif
