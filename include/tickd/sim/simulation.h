/* The local server as a whole: what it is told, and its run from listening to the last goodbye. */
#ifndef TICKD_SIM_SIMULATION_H
#define TICKD_SIM_SIMULATION_H

#include <stdio.h>

#include "tickd/sim/faults.h"
#include "tickd/sim/market_model.h"
#include "tickd/sim/schedule.h"

enum {
    SIM_HOST_MAX = 64,
    SIM_SYMBOL_LIMIT = 50, /* a connection, without the fault: Finnhub's free plan */
    SIM_CLIENTS_MAX = 256  /* connections at the same time; one more is not accepted */
};

/* What may come from the command line; strings belong to the caller. */
struct sim_config {
    char host[SIM_HOST_MAX]; /* an address, not a name */
    uint16_t port;           /* 0 = any that is free */
    const char *certificate; /* NULL = without TLS */
    const char *private_key;
    const char *token; /* NULL = any will do */

    enum market_kind market;
    struct market_parameters parameters;
    const char *symbols; /* names with commas between; for a replay NULL = all */
    double trades_per_s; /* all symbols together */
    size_t per_frame;
    int64_t hold_ms; /* wall-clock time that a frame waits for more entries */
    uint64_t seed;

    const char *const *recordings; /* replay instead of a market when there are some */
    size_t recording_count;
    double speed;              /* of a replay; 0 = as fast as the clients read */
    enum schedule_clock clock; /* exchange times of a replay */
    int64_t
        longest_pause_ms; /* wall-clock time; longer pauses of a replay are shortened; 0 = none */

    int64_t count;        /* end after so many trades; 0 = never */
    int64_t ping_ms;      /* 0 = no pings */
    int64_t wait_clients; /* trading starts when so many have subscribed … */
    int64_t settle_ms;    /* … and no subscription has come for this long */
    bool stay;            /* after the last trade: connections and pings go on until a signal */
    bool quiet;           /* no line for each connection and subscription */
    const char *version;
    struct faults faults;
};

/* Listens, serves, and prints the truth to `truth` at the end: after the last trade, after
 * SIGTERM or SIGINT. Says on stderr "listening on HOST:PORT" and, in one line each, what happens.
 * Returns an exit code of sysexits. */
int simulation_run(const struct sim_config *config, FILE *truth);

#endif
