/* The inside of a simulation, shared by simulation.c (its run) and simulation_setup.c (how it is
 * put together). Nobody else includes this. */
#ifndef TICKD_SIM_SIMULATION_PARTS_H
#define TICKD_SIM_SIMULATION_PARTS_H

#include <assert.h>

#include "tickd/sim/client.h"
#include "tickd/sim/delivery.h"
#include "tickd/sim/sources.h"

/* Connections that the fault connect-limit remembers; more than its limit can be. */
enum { SIMULATION_CONNECTS = 1024 };
static_assert((int)SIMULATION_CONNECTS > (int)FAULT_CONNECTS_MAX, "the limit looks back so far");

enum phase { PHASE_WAITING, PHASE_TRADING, PHASE_STAYING, PHASE_LEAVING };

struct simulation {
    const struct sim_config *config;
    enum phase phase;
    int exit_code;
    const char *error; /* why it ended early, or NULL */

    struct arena arena;
    struct symbol_table symbols;
    struct truth truth;
    struct client_list list;
    struct client_context context;
    SSL_CTX *tls;
    struct market_source *market;
    struct replay_source *replay;
    struct schedule *schedule;
    struct delivery *delivery;

    uv_loop_t loop;
    uv_tcp_t listener;
    uv_timer_t pump; /* the next frame, the start, the end of leaving */
    uv_timer_t ping;
    uv_timer_t tick;
    uv_signal_t terminate;
    uv_signal_t interrupt;

    uint64_t started_ns;   /* uv_hrtime() at the first moment of trading */
    int64_t subscribed_ms; /* of the last subscription, on the loop's clock */
    int64_t connect_ms[SIMULATION_CONNECTS];
};

static inline bool simulation_replays(const struct simulation *simulation)
{
    return simulation->config->recording_count > 0;
}

/* Symbols, source, schedule, TLS, and at last the listener. An exit code of sysexits; what is wrong
 * has been said. */
int simulation_build(struct simulation *simulation);
void simulation_destroy(struct simulation *simulation);

/* simulation.c: a connection waits at the listener. */
void simulation_connection(uv_stream_t *listener, int status);

#endif
