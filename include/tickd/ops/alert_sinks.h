/* What is done about alerts outside of the engine: a tap that hands each one that fires or is
 * resolved to the operator's command and webhook, and that asks for the restart where the table of
 * alerts says so. The tap itself only takes notes; all else happens in a turn of the loop of its
 * own. */
#ifndef TICKD_OPS_ALERT_SINKS_H
#define TICKD_OPS_ALERT_SINKS_H

#include "tickd/bus/bus.h"
#include "tickd/engine/status.h"
#include "tickd/ops/alert_command.h"
#include "tickd/ops/alert_webhook.h"

/* At the end, how long an alert that is under way may still take. */
enum { ALERT_SINKS_GRACE_MS = 2000 };

struct alert_sinks_setup {
    uv_loop_t *loop;
    struct bus *bus;
    struct health_log *log;
    int (*resolve)(void *state, const char *host, uint16_t port); /* see http_post.h */
    struct ssl_ctx_st *tls;                                       /* NULL: https cannot be done */
    void (*restart)(void *state); /* an alert with that action fires; once, from the loop */
    void *state;
};

struct alert_sinks {
    struct alert_sinks_setup setup;
    char host[ALERT_HOST_MAX]; /* our name */
    struct alert_command command;
    struct alert_webhook webhook;
    uv_timer_t turn;
    uv_timer_t grace;
    bool wants_restart;
    bool has_restarted;
    bool is_stopping;
    bool is_stopped;
    void (*done)(void *state);
};

/* NULL while measuring. */
struct alert_sinks *alert_sinks_create(struct arena *arena);

/* Listens from now on. ERROR_FULL: the bus has no place for the tap. */
int alert_sinks_start(struct alert_sinks *sinks, const struct alert_sinks_setup *setup,
                      const struct settings_alerts *settings);

/* Other settings, checked by settings_check() and alert_command_check(); also while it runs. */
void alert_sinks_set(struct alert_sinks *sinks, const struct settings_alerts *settings);

/* The answer to setup.resolve. */
void alert_sinks_resolved(struct alert_sinks *sinks, const char *failure,
                          const struct addrinfo *list);

/* Hears no more; lets what is there go on for ALERT_SINKS_GRACE_MS at the most, then ends it. At
 * that moment `done` is called (with setup.state): no name will be asked for any more. */
void alert_sinks_stop(struct alert_sinks *sinks, void (*done)(void *state));

void alert_sinks_fill_status(const struct alert_sinks *sinks, struct status_live *live);

#endif
