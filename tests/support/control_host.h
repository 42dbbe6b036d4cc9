/* A host for the control socket: an engine of its own, and a shell that notes what it was told.
 * Include it after engine_fixture.h; it is all static. */
#ifndef TICKD_SUPPORT_CONTROL_HOST_H
#define TICKD_SUPPORT_CONTROL_HOST_H

#include "tickd/ops/control_commands.h"

struct test_host {
    struct engine_fixture fixture;
    struct config_origins origins;
    struct control_host host;
    enum feed_state feed_state;     /* what the status shows */
    bool market_is_stale;           /* likewise */
    struct command_message command; /* the last that was given */
    size_t commands;
    void (*on_command)(void *state); /* beyond that; NULL = nothing */
    void *on_command_state;
};

static inline void test_host_status(void *state, struct status *status)
{
    struct test_host *host = state;

    engine_status(host->fixture.engine, status);
    status->live.is_live = true;
    status->live.feed_state = host->feed_state;
    for (size_t i = 0; i < status->module_count && host->market_is_stale; i++) {
        if (status->modules[i].id == MODULE_MARKET)
            status->modules[i].state = MODULE_STALE;
    }
}

static inline void test_host_command(void *state, const struct command_message *command)
{
    struct test_host *host = state;

    host->command = *command;
    host->commands++;
    engine_command(host->fixture.engine, command);
    if (host->on_command != NULL)
        host->on_command(host->on_command_state);
}

/* Default settings; then fixture_set(), then test_host_begin(). */
static inline void test_host_init(struct test_host *host)
{
    memset(host, 0, sizeof *host);
    fixture_init(&host->fixture);
}

static inline void test_host_begin(struct test_host *host)
{
    fixture_start(&host->fixture);
    config_origins_init(&host->origins);
    host->host = (struct control_host){
        .engine = host->fixture.engine,
        .settings = &host->fixture.settings,
        .origins = &host->origins,
        .state = host,
        .fill_status = test_host_status,
        .command = test_host_command,
    };
}

static inline void test_host_start(struct test_host *host)
{
    test_host_init(host);
    test_host_begin(host);
}

static inline void test_host_stop(struct test_host *host)
{
    fixture_stop(&host->fixture);
}

/* One trade of "A" in each of so many seconds: as many bars, less the last, which is open. */
static inline void test_host_trade(struct test_host *host, int seconds)
{
    for (int i = 0; i < seconds; i++)
        fixture_trade(&host->fixture, i * 1000 + 10, 0, i * 1000, 100.0 + i, 2.0);
}

#endif
