/* The daemon as systemd sees it (Type=notify): started, running, reloading, stopping, and whether
 * its watchdog is fed.
 *
 *      $NOTIFY_SOCKET   what is told
 *      start            STATUS= and, for as long as it lasts, EXTEND_TIMEOUT_USEC=
 *      ready            READY=1
 *      once a second    STATUS=, when it reads otherwise than before
 *      reload           RELOADING=1 with MONOTONIC_USEC=, then READY=1
 *      stop             STOPPING=1
 *      watchdog         WATCHDOG=1 at half of $WATCHDOG_USEC, see service_is_sound()
 *
 * Without $NOTIFY_SOCKET all of this does nothing. A datagram that the socket does not take at once
 * is tried again a second later; nothing waits. */
#ifndef TICKD_OPS_SERVICE_H
#define TICKD_OPS_SERVICE_H

#include <uv.h>

#include "tickd/engine/status.h"
#include "tickd/ops/notify.h"

enum { SERVICE_STATUS_MAX = 256 };

enum service_phase { SERVICE_STARTING, SERVICE_RUNNING, SERVICE_RELOADING, SERVICE_STOPPING };

struct service {
    struct notify notify;
    uv_timer_t timer;
    int64_t watchdog_us; /* 0 = none wants to hear of us */
    uint64_t fed_ns;     /* when the watchdog was fed */
    enum service_phase phase;
    bool told; /* the phase */
    char said[SERVICE_STATUS_MAX];
    void (*fill_status)(void *state, struct status *status);
    struct status *status; /* to be filled */
    void *state;
};

/* Looks at the environment, and takes what it finds out of it: children are not this service.
 * On error nobody is told anything and *why says what is wrong; the daemon can go on. */
int service_open(struct service *service, struct text *why);

/* Still starting, and getting on: says what with, and asks for another half a minute. */
void service_progress(const struct service *service, const char *what);

/* The start is done. From here on a timer of the loop tells STATUS= and feeds the watchdog; it
 * fills *status (the caller's, used during the call alone). */
void service_ready(struct service *service, uv_loop_t *loop, struct status *status,
                   void (*fill_status)(void *state, struct status *status), void *state);

/* Only while it runs; anything else changes nothing. */
void service_reloading(struct service *service);
void service_reloaded(struct service *service);

/* Says so, and closes the timer; needs the loop. Once, and also before service_ready(). */
void service_stopping(struct service *service);

void service_close(struct service *service);

/* One line for people: "streaming, 10 symbols, health 100%". */
void service_print_status(const struct status *status, struct text *line);

/* Whether the watchdog may be fed. That the loop turns is proven by being asked. A module inside
 * the engine, or the control socket, that has owed an answer for the whole of monitor.stale_s hangs
 * for a reason of its own, and a restart is the cure. A stale feed, a full disk or a slow browser
 * is not cured by a restart, and never causes one. */
bool service_is_sound(const struct status *status);

#endif
