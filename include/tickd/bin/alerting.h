/* Alerts, live: introduces those who tell them (ops) to those who resolve names and speak TLS
 * (feed), which do not know each other. */
#ifndef TICKD_BIN_ALERTING_H
#define TICKD_BIN_ALERTING_H

#include "tickd/bin/program.h"
#include "tickd/feed/resolver.h"
#include "tickd/ops/alert_sinks.h"

struct alerting {
    struct alert_sinks *sinks;
    struct resolver resolver;
    struct ssl_ctx_st *tls;
    void (*restart)(void *state);
    void *state;
};

/* `restart` is called from the loop when an alert asks for it. On error it has complained; the exit
 * code. */
int alerting_start(struct alerting *alerting, struct program *program, uv_loop_t *loop,
                   struct health_log *log, void (*restart)(void *state), void *state);

/* The loop then closes its handles; see alert_sinks_stop() for what that may wait for. */
void alerting_stop(struct alerting *alerting);

#endif
