/* Telling the service manager how the service is: the protocol of sd_notify(3), without its
 * library. One datagram of "NAME=value" lines to the socket that $NOTIFY_SOCKET names, a path or,
 * with a leading '@', a name in the abstract namespace.
 *
 * Nothing here waits: a datagram that the socket does not take at once is not sent, and the caller
 * is told so. */
#ifndef TICKD_OPS_NOTIFY_H
#define TICKD_OPS_NOTIFY_H

#include "tickd/base/text.h"

enum { NOTIFY_BYTES_MAX = 512 }; /* of a datagram that this program sends */

struct notify {
    int descriptor; /* −1: nobody is to be told; everything succeeds and does nothing */
};

/* `socket` is the value of $NOTIFY_SOCKET; NULL or "" = nobody is to be told. On error nobody is
 * told either, and *why says what is wrong: ERROR_RANGE no path and no '@', or too long; ERROR_IO.
 */
int notify_open(struct notify *notify, const char *socket, struct text *why);

bool notify_is_open(const struct notify *notify);

/* Sends "READY=1", or several lines with '\n' between them. false: not sent. */
bool notify_send(const struct notify *notify, const char *lines);

/* "STATUS=" and a line for people; control characters become blanks. */
bool notify_send_status(const struct notify *notify, const char *status);

void notify_close(struct notify *notify);

/* How often the watchdog wants to hear of this process, µs; 0 = it does not. From the values of
 * $WATCHDOG_USEC and $WATCHDOG_PID (NULL = not set, which is any process). */
int64_t notify_watchdog_us(const char *usec, const char *pid, int64_t own_pid);

#endif
