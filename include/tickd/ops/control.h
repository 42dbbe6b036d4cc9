/* The control socket: a UNIX socket of mode 0660 in the runtime directory, on the daemon's event
 * loop. What can be said over it stands in json_rpc.h and docs/control.md.
 *
 * Nothing that a client does or leaves undone makes the daemon wait or grow:
 *
 *   connects, one too many          an error line, closed
 *   sends too long a line           an error line, closed
 *   sends half a line, then nothing an error line after `patience_ms`, closed
 *   sends faster than it reads      its next line is read when all replies so far are taken
 *   does not read a reply           cut off after `patience_ms`
 *   watches and does not read       cut off when output_bytes_max of messages wait for it
 *   leaves unread, with all others  the one that has left the most is cut off, until there is room
 *     together, more than             for what is to be sent
 *     CONTROL_OUTPUT_BYTES
 *   sends a thousand lines          at most CONTROL_LINES_A_TURN are answered in a turn of the
 *                                   loop, and those of all clients for CONTROL_NS_A_TURN
 *   goes                            all that is known of it is freed */
#ifndef TICKD_OPS_CONTROL_H
#define TICKD_OPS_CONTROL_H

#include <uv.h>

#include "tickd/ops/control_commands.h"

struct control;

enum {
    CONTROL_LINES_A_TURN = 16,
    CONTROL_NS_A_TURN =
        1000000, /* of all clients together; the answer that goes beyond is the last */
    CONTROL_PATIENCE_MS = 10000,
    CONTROL_OUTPUT_BYTES = 4194304 /* left unread by all clients together */
};

struct control_options {
    uv_loop_t *loop;
    const char *path;        /* of the socket */
    int descriptor;          /* of a socket that listens there already; 0 = make one */
    size_t clients_max;      /* control.clients_max */
    size_t output_bytes_max; /* control.output_bytes_max */
    int64_t patience_ms;     /* 0 = CONTROL_PATIENCE_MS */
    size_t output_bytes_all; /* 0 = control_output_bytes() */
};

/* How much the clients together may leave unread: CONTROL_OUTPUT_BYTES, or control.output_bytes_max
 * where one alone may leave more. */
size_t control_output_bytes(size_t output_bytes_max);

/* Starts to listen. A socket file that nobody answers at is replaced. A descriptor that was given
 * is taken over, and its file is left alone. On error *why says what,
 * where and why: ERROR_EXISTS another daemon answers there, or the file is no socket; ERROR_RANGE
 * the path is too long for a socket; ERROR_IO; ERROR_MEMORY. */
int control_start(struct control **control, const struct control_options *options,
                  const struct control_host *host, struct text *why);

/* Closes the socket and all clients; a reply that is on its way is tried once more. The loop calls
 * `done` when all is closed and freed; *control is cleared at once. */
void control_stop(struct control **control, void (*done)(void *state), void *state);

/* What the status shows of it. */
void control_fill_status(const struct control *control, struct status *status);

/* Lines received and not yet answered (though their client would take an answer), how many were,
 * and how full the fullest client's output is. */
void control_fill_vitals(const struct control *control, struct vitals_message *vitals);

#endif
