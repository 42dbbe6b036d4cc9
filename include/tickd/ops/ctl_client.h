/* The other end of the control socket, for tickctl: plain blocking calls, one request at a time;
 * or, after ctl_connect_at_once(), calls that never wait. It needs neither engine nor event loop.
 */
#ifndef TICKD_OPS_CTL_CLIENT_H
#define TICKD_OPS_CTL_CLIENT_H

#include "tickd/base/text.h"

enum { CTL_PATH_MAX = 512, CTL_LINE_MAX = 128 << 20 };

struct ctl_client {
    int descriptor;
    bool is_at_once; /* never waits */
    char *memory;    /* received and not yet given out, from `start` on */
    size_t start;
    size_t length;
    size_t searched; /* of that, without a line's end in it */
    size_t capacity;
};

/* The socket's path: `given`, or the first that exists of $RUNTIME_DIRECTORY/control.sock,
 * /run/tickd/control.sock, ./var/run/control.sock. ERROR_NOT_FOUND with *why. */
int ctl_find_socket(const char *given, char path[CTL_PATH_MAX], struct text *why);

/* ERROR_NOT_FOUND nobody listens there, ERROR_DENIED, ERROR_IO, each with *why. */
int ctl_connect(struct ctl_client *client, const char *path, struct text *why);

/* The same, but neither this nor anything later on that client waits: a daemon whose door is full
 * is ERROR_IO, ctl_send() to one that does not read is ERROR_CLOSED, and lines come from
 * ctl_receive_line(). */
int ctl_connect_at_once(struct ctl_client *client, const char *path, struct text *why);

void ctl_close(struct ctl_client *client);

/* How long ctl_read_line() waits for more before it gives up with ERROR_CLOSED; without this,
 * for ever. */
void ctl_set_patience(struct ctl_client *client, int64_t ms);

/* Sends a JSON-RPC request with the id 1. ERROR_FULL it is longer than a line may be, ERROR_CLOSED.
 */
int ctl_send(struct ctl_client *client, const char *method, const char *const *arguments,
             size_t argument_count);

/* The next line, without its end; valid until the next call. ERROR_CLOSED the daemon has closed
 * the connection, ERROR_FULL, ERROR_MEMORY. */
int ctl_read_line(struct ctl_client *client, char **line, size_t *length);

/* The next line as far as it has come: 1 = there it is, valid until the next call; 0 = not yet.
 * Reads at most once. Errors as ctl_read_line(). */
int ctl_receive_line(struct ctl_client *client, char **line, size_t *length);

/* The bytes of a reply's result, or false when the reply is something else. */
bool ctl_find_result(const char *line, size_t length, const char **result, size_t *result_length);

#endif
