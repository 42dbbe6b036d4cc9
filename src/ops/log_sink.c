/* The health log's output. Standard error is shared with whoever started us: its own flags are
 * never changed, for they belong to the open file that the others use as well. */
#include "tickd/ops/log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tickd/base/error.h"

enum { LOG_FILE_MODE = 0640 };

bool log_sink_is_journal(int descriptor, const char *journal_stream)
{
    struct stat seen;
    char name[64];

    if (journal_stream == NULL || fstat(descriptor, &seen) != 0)
        return false;
    (void)snprintf(name, sizeof name, "%ju:%ju", (uintmax_t)seen.st_dev, (uintmax_t)seen.st_ino);
    return strcmp(journal_stream, name) == 0;
}

/* A pipe or a terminal, opened a second time so that it can be made non-blocking for us alone;
 * −1 where that is not possible. */
static int open_again(int descriptor)
{
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    return open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void log_sink_open_standard_error(struct log_sink *sink, const char *journal_stream)
{
    struct stat seen;

    *sink = (struct log_sink){.descriptor = STDERR_FILENO, .kind = LOG_SINK_FILE};
    sink->priority = log_sink_is_journal(STDERR_FILENO, journal_stream);
    if (fstat(STDERR_FILENO, &seen) != 0)
        return;
    if (S_ISSOCK(seen.st_mode)) {
        sink->kind = LOG_SINK_SOCKET;
    } else if (S_ISFIFO(seen.st_mode) || S_ISCHR(seen.st_mode)) {
        int own = open_again(STDERR_FILENO);

        sink->kind = own >= 0 ? LOG_SINK_STREAM : LOG_SINK_SHARED;
        sink->owned = own >= 0;
        sink->descriptor = own >= 0 ? own : STDERR_FILENO;
    }
}

static int open_file(const char *path, struct text *why)
{
    int descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK | O_CLOEXEC,
                          (mode_t)LOG_FILE_MODE);
    struct stat seen;

    if (descriptor < 0) {
        text_format(why, "%s: %s", path, strerror(errno));
        return ERROR_IO;
    }
    if (fstat(descriptor, &seen) != 0 || S_ISDIR(seen.st_mode) || S_ISSOCK(seen.st_mode)) {
        text_format(why, "%s: is not a file", path);
        close(descriptor);
        return ERROR_IO;
    }
    return descriptor;
}

int log_sink_open_file(struct log_sink *sink, const char *directory, struct text *why)
{
    struct text path;

    *sink = (struct log_sink){.kind = LOG_SINK_STREAM, .owned = true};
    text_init(&path, sink->path, sizeof sink->path);
    text_format(&path, "%s/health.log", directory);
    if (path.cut) {
        text_format(why, "%s: the path is longer than %d bytes", directory, LOG_PATH_MAX - 1);
        return ERROR_IO;
    }
    sink->descriptor = open_file(sink->path, why);
    return sink->descriptor < 0 ? sink->descriptor : 0;
}

int log_sink_reopen(struct log_sink *sink, struct text *why)
{
    if (sink->path[0] == '\0')
        return 0;
    int descriptor = open_file(sink->path, why);

    if (descriptor < 0)
        return descriptor;
    /* The number stays, for the watching thread may be writing to it at this moment. */
    int result = dup2(descriptor, sink->descriptor) < 0 ? ERROR_IO : 0;

    if (result != 0)
        text_format(why, "%s: %s", sink->path, strerror(errno));
    else
        fcntl(sink->descriptor, F_SETFD, FD_CLOEXEC);
    close(descriptor);
    return result;
}

static ssize_t write_some(const struct log_sink *sink, const char *bytes, size_t length)
{
    struct pollfd poll_one = {.fd = sink->descriptor, .events = POLLOUT};

    switch (sink->kind) {
    case LOG_SINK_SOCKET:
        return send(sink->descriptor, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    case LOG_SINK_SHARED:
        if (poll(&poll_one, 1, 0) != 1 || (poll_one.revents & POLLOUT) == 0) {
            errno = EAGAIN;
            return -1;
        }
        return write(sink->descriptor, bytes, length);
    case LOG_SINK_FILE:
    case LOG_SINK_STREAM:
        break;
    }
    return write(sink->descriptor, bytes, length);
}

bool log_sink_write_from_thread(const struct log_sink *sink, const char *line, size_t length)
{
    return write_some(sink, line, length) == (ssize_t)length;
}

bool log_sink_write(struct log_sink *sink, const char *line, size_t length)
{
    ssize_t written;

    if (sink->torn && write_some(sink, "\n", 1) != 1)
        return false;
    sink->torn = false;
    do {
        written = write_some(sink, line, length);
    } while (written < 0 && errno == EINTR);
    if (written > 0 && (size_t)written < length)
        sink->torn = true;
    return written == (ssize_t)length;
}

void log_sink_close(struct log_sink *sink)
{
    if (sink->owned && sink->descriptor >= 0)
        close(sink->descriptor);
    sink->descriptor = -1;
    sink->owned = false;
}
