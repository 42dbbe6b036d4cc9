/* Where the health log's lines go, without ever waiting for it.
 *
 *   standard error under systemd   socket: each line begins with its priority, "<6>"; sent without
 *                                  waiting
 *   standard error elsewhere       pipe, terminal: written without waiting; file: written
 *   a file                         appended, mode 0640, opened anew for rotation
 *
 * A line that finds no room at once is dropped and counted; when there is room again the log says
 * how many were. Lines are short enough to be written whole or not at all to pipes and sockets. */
#ifndef TICKD_OPS_LOG_SINK_H
#define TICKD_OPS_LOG_SINK_H

#include <sys/types.h>

#include "tickd/base/text.h"

enum { LOG_PATH_MAX = 1024 };

enum log_sink_kind {
    LOG_SINK_FILE,   /* write() does not wait for a reader */
    LOG_SINK_STREAM, /* pipe or terminal of our own opening: non-blocking */
    LOG_SINK_SHARED, /* pipe or terminal that others share: asked before each line */
    LOG_SINK_SOCKET
};

/* Once open, `descriptor` stays the same number until it is closed, also over a rotation: the
 * watching thread writes to it too. */
struct log_sink {
    int descriptor;
    enum log_sink_kind kind;
    bool owned;    /* to be closed by log_sink_close() */
    bool priority; /* lines begin with "<6>" */
    bool torn;     /* the last line was written in part */
    char path[LOG_PATH_MAX];
};

/* Standard error. `journal_stream` is the value of $JOURNAL_STREAM, or NULL. */
void log_sink_open_standard_error(struct log_sink *sink, const char *journal_stream);

/* Whether the text is "DEVICE:INODE" of what is open as `descriptor`: standard error is the
 * journal's only if so (systemd.exec(5), "$JOURNAL_STREAM"). */
bool log_sink_is_journal(int descriptor, const char *journal_stream);

/* DIRECTORY/health.log. ERROR_IO with *why: the path and what the system says. */
int log_sink_open_file(struct log_sink *sink, const char *directory, struct text *why);

/* Opens the file of that name again; nothing to do for standard error. On error the old file goes
 * on being used. */
int log_sink_reopen(struct log_sink *sink, struct text *why);

/* Writes a whole line with its end. false: there was no room for it, or an error. */
bool log_sink_write(struct log_sink *sink, const char *line, size_t length);

/* The same for another thread than the log's: only looks at what never changes while it is open. */
bool log_sink_write_from_thread(const struct log_sink *sink, const char *line, size_t length);

void log_sink_close(struct log_sink *sink);

#endif
