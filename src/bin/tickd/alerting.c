/* tickd, live: what is done about alerts. */
#include "tickd/bin/alerting.h"

#include <sysexits.h>

#include "tickd/base/assert.h"
#include "tickd/feed/tls_client.h"

static int resolve(void *state, const char *host, uint16_t port)
{
    struct alerting *alerting = state;
    return resolver_ask(&alerting->resolver, host, port);
}

static void answered(void *state, const char *failure, const struct addrinfo *list)
{
    struct alerting *alerting = state;
    alert_sinks_resolved(alerting->sinks, failure, list);
}

static void want_restart(void *state)
{
    struct alerting *alerting = state;
    alerting->restart(alerting->state);
}

static void stopped(void *state)
{
    struct alerting *alerting = state;
    resolver_stop(&alerting->resolver);
    tls_client_destroy(alerting->tls);
    alerting->tls = NULL;
}

/* Also without an https address: another configuration may bring one. */
static int start_tls(struct alerting *alerting)
{
    char memory[CONFIG_ERROR_MAX];
    struct text why;
    text_init(&why, memory, sizeof memory);
    alerting->tls = tls_client_create("", &why);
    if (alerting->tls == NULL) {
        program_complain("alerts.webhook: %s", memory);
        return EX_OSERR;
    }
    return 0;
}

int alerting_start(struct alerting *alerting, struct program *program, uv_loop_t *loop,
                   struct health_log *log, void (*restart)(void *state), void *state)
{
    *alerting = (struct alerting){.sinks = program->sinks, .restart = restart, .state = state};
    int code = start_tls(alerting);
    if (code != 0) {
        return code;
    }
    struct alert_sinks_setup setup = {
        .loop = loop,
        .bus = engine_bus(program->engine),
        .log = log,
        .resolve = resolve,
        .tls = alerting->tls,
        .restart = want_restart,
        .state = alerting,
    };
    int error = resolver_start(&alerting->resolver, loop, answered, alerting);
    if (error != 0) {
        tls_client_destroy(alerting->tls);
        program_complain("alerts cannot be told: %s", uv_strerror(error));
        return EX_OSERR;
    }
    error = alert_sinks_start(alerting->sinks, &setup, &program->settings.alerts);
    ASSERT(error == 0);
    return 0;
}

void alerting_stop(struct alerting *alerting)
{
    alert_sinks_stop(alerting->sinks, stopped);
}
