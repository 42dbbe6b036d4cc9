/* How a simulation is put together: symbols, where the trades come from, TLS, the listening socket.
 */
#include "tickd/sim/simulation_parts.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "tickd/base/calendar.h"
#include "tickd/sim/link.h"
#include "tickd/sim/say.h"

enum { BACKLOG = 128, ERROR_MAX = 512 };

/* Adds the names of "A,B,C" to the table. */
static int add_symbols(struct simulation *simulation)
{
    const char *at = simulation->config->symbols;
    while (at != NULL) {
        uint16_t id;
        size_t length = strcspn(at, ",");
        if (symbols_add(&simulation->symbols, at, length, &id) != 0) {
            say("finnhub-sim: --symbols: '%.*s' is no symbol (1 to 31 bytes of printable text)",
                (int)length, at);
            return EX_USAGE;
        }
        at = at[length] == ',' ? at + length + 1 : NULL;
    }
    return EX_OK;
}

static int build_symbols(struct simulation *simulation)
{
    struct arena measuring;
    arena_init_measuring(&measuring);
    symbols_init(&simulation->symbols, &measuring, SYMBOLS_MAX, true);
    if (arena_init(&simulation->arena, measuring.used) != 0) {
        say("finnhub-sim: no memory");
        return EX_OSERR;
    }
    symbols_init(&simulation->symbols, &simulation->arena, SYMBOLS_MAX, true);
    return add_symbols(simulation);
}

/* A market of synthetic symbols, or the recordings. */
static int build_source(struct simulation *simulation, struct trade_source *source)
{
    const struct sim_config *config = simulation->config;
    char error[ERROR_MAX];
    struct text text;
    if (!simulation_replays(simulation)) {
        simulation->market =
            market_source_create(&simulation->symbols, config->market, &config->parameters,
                                 config->trades_per_s, config->seed);
        if (simulation->market == NULL) {
            say("finnhub-sim: no memory");
            return EX_OSERR;
        }
        *source = market_source_trades(simulation->market);
        return EX_OK;
    }
    text_init(&text, error, sizeof error);
    if (replay_source_create(config->recordings, config->recording_count, &simulation->symbols,
                             config->symbols != NULL, &simulation->replay, &text) != 0) {
        say("finnhub-sim: %s", error);
        return EX_DATAERR;
    }
    *source = replay_source_trades(simulation->replay);
    return EX_OK;
}

static int build_schedule(struct simulation *simulation)
{
    const struct sim_config *config = simulation->config;
    double speed = simulation_replays(simulation) && config->speed > 0 ? config->speed : 1;
    struct schedule_config schedule = {
        .symbols = &simulation->symbols,
        .faults = &config->faults,
        .fault_counts = simulation->truth.faults,
        .seed = config->seed,
        .per_frame = config->per_frame,
        .hold_us = (int64_t)((double)config->hold_ms * speed * US_PER_MS),
        .longest_pause_us = (int64_t)((double)config->longest_pause_ms * speed * US_PER_MS),
        .network = !simulation_replays(simulation),
        .clock = simulation_replays(simulation) ? config->clock : CLOCK_OF_START,
        .speed = speed,
    };
    int code = build_source(simulation, &schedule.source);
    if (code != EX_OK) {
        return code;
    }
    simulation->schedule = schedule_create(&schedule);
    simulation->delivery = delivery_create(config, &simulation->truth, &simulation->list);
    if (simulation->schedule == NULL || simulation->delivery == NULL) {
        say("finnhub-sim: no memory");
        return EX_OSERR;
    }
    return EX_OK;
}

static int build_tls(struct simulation *simulation)
{
    char error[ERROR_MAX];
    if (simulation->config->certificate == NULL) {
        return EX_OK;
    }
    simulation->tls = link_tls_context(simulation->config->certificate,
                                       simulation->config->private_key, error, sizeof error);
    if (simulation->tls == NULL) {
        say("finnhub-sim: --tls: %s", error);
        return EX_DATAERR;
    }
    return EX_OK;
}

static void print_address(const struct simulation *simulation)
{
    struct sockaddr_storage address;
    int length = sizeof address;
    bool v6 = strchr(simulation->config->host, ':') != NULL;
    uv_tcp_getsockname(&simulation->listener, (struct sockaddr *)&address, &length);
    unsigned port = address.ss_family == AF_INET6
                        ? ntohs(((const struct sockaddr_in6 *)&address)->sin6_port)
                        : ntohs(((const struct sockaddr_in *)&address)->sin_port);
    say("listening on %s%s%s:%u", v6 ? "[" : "", simulation->config->host, v6 ? "]" : "", port);
}

static int listen_at(struct simulation *simulation)
{
    const struct sim_config *config = simulation->config;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    int code = UV_EINVAL;
    if (uv_ip4_addr(config->host, config->port, &v4) == 0) {
        code = uv_tcp_bind(&simulation->listener, (const struct sockaddr *)&v4, 0);
    } else if (uv_ip6_addr(config->host, config->port, &v6) == 0) {
        code = uv_tcp_bind(&simulation->listener, (const struct sockaddr *)&v6, 0);
    } else {
        say("finnhub-sim: --listen: '%s' is no IP address", config->host);
        return EX_USAGE;
    }
    if (code == 0) {
        code = uv_listen((uv_stream_t *)&simulation->listener, BACKLOG, simulation_connection);
    }
    if (code != 0) {
        say("finnhub-sim: cannot listen on %s, port %u: %s", config->host, (unsigned)config->port,
            uv_strerror(code));
        return EX_CANTCREAT;
    }
    print_address(simulation);
    return EX_OK;
}

int simulation_build(struct simulation *simulation)
{
    static int (*const steps[])(struct simulation *) = {build_symbols, build_schedule, build_tls,
                                                        listen_at};
    int code = EX_OK;
    for (size_t i = 0; i < ARRAY_LENGTH(steps) && code == EX_OK; i++) {
        code = steps[i](simulation);
    }
    return code;
}

void simulation_destroy(struct simulation *simulation)
{
    delivery_destroy(simulation->delivery);
    schedule_destroy(simulation->schedule);
    market_source_destroy(simulation->market);
    replay_source_destroy(simulation->replay);
    SSL_CTX_free(simulation->tls);
    truth_fini(&simulation->truth);
    arena_fini(&simulation->arena);
    free(simulation);
}
