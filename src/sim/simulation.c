/* The local server's run: listens, waits for its clients, trades, and takes its leave.
 *
 *   waiting ──▶ trading ──▶ (staying) ──▶ leaving
 */
#include "tickd/sim/simulation_parts.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"
#include "tickd/sim/say.h"

enum {
    FRAMES_A_TURN = 256,       /* then the loop gets its turn */
    TICK_MS = 20,              /* how exactly timed faults strike */
    LEAVE_MS = 1000,           /* after a signal; then what is left is reset */
    CONNECT_WINDOW_MS = 12000, /* of the fault connect-limit */
};

static void pump(uv_timer_t *timer);

static void close_handle(void *handle)
{
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

/* The last client is gone: the loop has nothing left to wait for. */
static void let_run_out(struct simulation *simulation)
{
    close_handle(&simulation->pump);
    close_handle(&simulation->terminate);
    close_handle(&simulation->interrupt);
}

/* Says goodbye to everybody. */
static void leave(struct simulation *simulation)
{
    if (simulation->phase == PHASE_LEAVING) {
        return;
    }
    simulation->phase = PHASE_LEAVING;
    for (size_t i = 0; i < simulation->list.count; i++) {
        client_close(simulation->list.clients[i], WEBSOCKET_CLOSE_GOING_AWAY, "end");
    }
    close_handle(&simulation->listener);
    close_handle(&simulation->ping);
    close_handle(&simulation->tick);
    uv_timer_stop(&simulation->pump);
    if (simulation->list.count == 0) {
        let_run_out(simulation);
    }
}

/* All trades are sent. */
static void end_trading(struct simulation *simulation)
{
    if (simulation->config->stay) {
        simulation->phase = PHASE_STAYING;
        say("all trades are sent");
    } else {
        leave(simulation);
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct simulation *simulation = handle->data;
    (void)number;
    leave(simulation);
    if (!uv_is_closing((uv_handle_t *)&simulation->pump)) {
        uv_timer_start(&simulation->pump, pump, LEAVE_MS, 0);
    }
}

/* Market time that has passed, in µs. */
static int64_t market_us(const struct simulation *simulation)
{
    if (simulation_replays(simulation) && simulation->config->speed == 0) {
        return INT64_MAX;
    }
    double passed_us = (double)(uv_hrtime() - simulation->started_ns) / 1000;
    double speed = simulation_replays(simulation) ? simulation->config->speed : 1;
    return (int64_t)(passed_us * speed);
}

/* Sleeps until the market gets to `wake_us`. */
static void sleep_until(struct simulation *simulation, int64_t wake_us, int64_t now_us)
{
    double speed = simulation_replays(simulation) ? simulation->config->speed : 1;
    double wait_ms = ceil((double)(wake_us - now_us) / speed / US_PER_MS);
    uv_update_time(&simulation->loop);
    uv_timer_start(&simulation->pump, pump, wait_ms < 1e9 ? (uint64_t)wait_ms : 1000000000, 0);
}

static void fail_replay(struct simulation *simulation)
{
    simulation->error = replay_source_error(simulation->replay);
    simulation->exit_code = EX_DATAERR;
    say("finnhub-sim: %s", simulation->error);
}

static bool anybody_has_subscribed(const struct simulation *simulation)
{
    for (size_t i = 0; i < simulation->list.count; i++) {
        if (client_has_subscribed(simulation->list.clients[i])) {
            return true;
        }
    }
    return false;
}

/* A replay that is paced by its readers alone stands still without one. */
static bool has_no_pace(const struct simulation *simulation)
{
    return simulation_replays(simulation) && simulation->config->speed == 0 &&
           !anybody_has_subscribed(simulation);
}

/* Sends what is due; comes back when more is, or when a clogged client has read on. */
static void trade(struct simulation *simulation)
{
    struct sim_frame frame;
    int64_t wake_us = 0;
    if (has_no_pace(simulation)) {
        simulation->phase = PHASE_WAITING;
        return;
    }
    for (int i = 0; i < FRAMES_A_TURN; i++) {
        if (simulation_replays(simulation) && delivery_is_clogged(simulation->delivery)) {
            return;
        }
        int64_t now_us = market_us(simulation);
        enum schedule_result result = schedule_next(simulation->schedule, now_us, &frame, &wake_us);
        switch (result) {
        case SCHEDULE_FRAME:
            if (!delivery_frame(simulation->delivery, &frame)) {
                end_trading(simulation);
                return;
            }
            break;
        case SCHEDULE_WAIT:
            sleep_until(simulation, wake_us, now_us);
            return;
        case SCHEDULE_FAILED:
            fail_replay(simulation);
            end_trading(simulation);
            return;
        case SCHEDULE_END:
            end_trading(simulation);
            return;
        }
    }
    uv_timer_start(&simulation->pump, pump, 0, 0);
}

static int64_t wall_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / 1000000;
}

/* Starts trading once enough clients have subscribed and the last subscription has settled. */
static void start_when_ready(struct simulation *simulation)
{
    const struct sim_config *config = simulation->config;
    int64_t now_ms = (int64_t)uv_now(&simulation->loop);
    int64_t subscribed = 0;
    for (size_t i = 0; i < simulation->list.count; i++) {
        subscribed += client_has_subscribed(simulation->list.clients[i]);
    }
    if (subscribed < config->wait_clients) {
        return; /* the next subscription comes back here */
    }
    int64_t settled_ms = config->wait_clients > 0 ? config->settle_ms : 0;
    int64_t rest_ms = simulation->subscribed_ms + settled_ms - now_ms;
    if (settled_ms > 0 && rest_ms > 0) {
        uv_timer_start(&simulation->pump, pump, (uint64_t)rest_ms, 0);
        return;
    }
    simulation->phase = PHASE_TRADING;
    simulation->started_ns = uv_hrtime();
    schedule_start(simulation->schedule, wall_clock_ms());
    if (!config->quiet) {
        say("trading starts");
    }
    trade(simulation);
}

static void pump(uv_timer_t *timer)
{
    struct simulation *simulation = timer->data;
    switch (simulation->phase) {
    case PHASE_WAITING:
        start_when_ready(simulation);
        break;
    case PHASE_TRADING:
        trade(simulation);
        break;
    case PHASE_STAYING:
        break;
    case PHASE_LEAVING:
        for (size_t i = 0; i < simulation->list.count; i++) {
            client_reset(simulation->list.clients[i], "end");
        }
        break;
    }
}

static void ping_all(uv_timer_t *timer)
{
    struct simulation *simulation = timer->data;
    for (size_t i = 0; i < simulation->list.count; i++) {
        client_ping(simulation->list.clients[i]);
    }
}

static void tick_all(uv_timer_t *timer)
{
    struct simulation *simulation = timer->data;
    for (size_t i = 0; i < simulation->list.count; i++) {
        client_tick(simulation->list.clients[i], (int64_t)uv_now(&simulation->loop));
    }
}

/* What becomes of two connections when there should be one. */
static void meet_second(struct simulation *simulation, struct client *first, struct client *second)
{
    const struct fault_setting *setting =
        fault_setting(&simulation->config->faults, FAULT_SECOND_CONNECTION);
    switch ((enum fault_second_connection)setting->number) {
    case SECOND_KICKS:
        client_end(first, "kicked by a second connection");
        break;
    case SECOND_DEADENS:
        client_mute(first);
        break;
    case SECOND_ENDS_BOTH:
        client_end(first, "ended with a second connection");
        client_end(second, "ended as a second connection");
        break;
    case SECOND_REFUSED:
        client_close_soon(second, (int64_t)uv_now(&simulation->loop));
        break;
    }
}

static void on_opened(void *server, struct client *client)
{
    struct simulation *simulation = server;
    if (!fault_on(&simulation->config->faults, FAULT_SECOND_CONNECTION)) {
        return;
    }
    for (size_t i = 0; i < simulation->list.count && client_is_open(client); i++) {
        struct client *other = simulation->list.clients[i];
        if (other != client && client_is_open(other)) {
            simulation->truth.faults[FAULT_SECOND_CONNECTION]++;
            meet_second(simulation, other, client);
        }
    }
}

static void on_subscribed(void *server, struct client *client)
{
    struct simulation *simulation = server;
    (void)client;
    simulation->subscribed_ms = (int64_t)uv_now(&simulation->loop);
    if (simulation->phase == PHASE_WAITING) {
        start_when_ready(simulation);
    }
}

/* A replay that waited for a client may go on: with the loop's next turn, not inside of the
 * client's call. */
static void on_drained(void *server)
{
    struct simulation *simulation = server;
    if (simulation->phase == PHASE_TRADING && simulation_replays(simulation) &&
        !uv_is_active((uv_handle_t *)&simulation->pump)) {
        uv_timer_start(&simulation->pump, pump, 0, 0);
    }
}

static void on_gone(void *server, struct client *client)
{
    struct simulation *simulation = server;
    struct client_list *list = &simulation->list;
    size_t place = 0;
    while (place < list->count && list->clients[place] != client) {
        place++;
    }
    if (place < list->count) {
        list->count--;
        memmove(&list->clients[place], &list->clients[place + 1],
                (list->count - place) * sizeof(struct client *));
    }
    on_drained(simulation);
    if (simulation->phase == PHASE_LEAVING && list->count == 0) {
        let_run_out(simulation);
    }
}

static const struct client_events client_events = {on_opened, on_subscribed, on_drained, on_gone};

/* Whether more connections than allowed have come within the window; notes this one. */
static bool is_too_fast(struct simulation *simulation)
{
    const struct faults *faults = &simulation->config->faults;
    uint64_t limit = (uint64_t)fault_setting(faults, FAULT_CONNECT_LIMIT)->number;
    uint64_t number = simulation->truth.connections;
    int64_t now_ms = (int64_t)uv_now(&simulation->loop);
    bool fast =
        fault_on(faults, FAULT_CONNECT_LIMIT) && number >= limit &&
        now_ms - simulation->connect_ms[(number - limit) % SIMULATION_CONNECTS] < CONNECT_WINDOW_MS;
    simulation->connect_ms[number % SIMULATION_CONNECTS] = now_ms;
    return fast;
}

void simulation_connection(uv_stream_t *listener, int status)
{
    struct simulation *simulation = listener->data;
    struct client_list *list = &simulation->list;
    if (status < 0) {
        say("finnhub-sim: a connection could not be accepted: %s", uv_strerror(status));
        return;
    }
    bool fast = is_too_fast(simulation);
    struct client *client = client_accept(&simulation->context, listener, fast);
    if (client == NULL) {
        say("finnhub-sim: a connection could not be accepted");
    } else if (list->count == SIM_CLIENTS_MAX) {
        client_reset(client, "too many connections");
    } else {
        list->clients[list->count++] = client;
    }
}

/* Whether something is to happen at a time of its own, beside trades and pings. */
static bool needs_ticks(const struct faults *faults)
{
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        enum fault fault = (enum fault)i;
        if (fault_on(faults, fault) &&
            (fault_row(fault)->form == FAULT_AFTER || fault == FAULT_SECOND_CONNECTION)) {
            return true;
        }
    }
    return false;
}

static void init_handles(struct simulation *simulation)
{
    int code = uv_loop_init(&simulation->loop);
    ASSERT(code == 0);
    uv_tcp_init(&simulation->loop, &simulation->listener);
    uv_timer_init(&simulation->loop, &simulation->pump);
    uv_timer_init(&simulation->loop, &simulation->ping);
    uv_timer_init(&simulation->loop, &simulation->tick);
    uv_signal_init(&simulation->loop, &simulation->terminate);
    uv_signal_init(&simulation->loop, &simulation->interrupt);
    simulation->listener.data = simulation;
    simulation->pump.data = simulation;
    simulation->ping.data = simulation;
    simulation->tick.data = simulation;
    simulation->terminate.data = simulation;
    simulation->interrupt.data = simulation;
    simulation->context.loop = &simulation->loop;
}

static void start_handles(struct simulation *simulation)
{
    const struct sim_config *config = simulation->config;
    if (config->ping_ms > 0 && !fault_on(&config->faults, FAULT_NO_PINGS)) {
        uv_timer_start(&simulation->ping, ping_all, (uint64_t)config->ping_ms,
                       (uint64_t)config->ping_ms);
    }
    if (fault_on(&config->faults, FAULT_NO_PINGS)) {
        simulation->truth.faults[FAULT_NO_PINGS]++;
    }
    if (needs_ticks(&config->faults)) {
        uv_timer_start(&simulation->tick, tick_all, TICK_MS, TICK_MS);
    }
    uv_timer_start(&simulation->pump, pump, 0, 0);
}

static int print_truth(const struct simulation *simulation, FILE *stream)
{
    const struct sim_config *config = simulation->config;
    struct truth_frame frame = {
        .version = config->version,
        .market = simulation_replays(simulation) ? "replay" : market_kind_name(config->market),
        .seed = config->seed,
        .symbols = &simulation->symbols,
        .replayed = simulation_replays(simulation),
        .error = simulation->error,
    };
    if (simulation_replays(simulation)) {
        frame.recording = replay_source_counts(simulation->replay);
    }
    if (truth_print(&simulation->truth, &frame, stream) != 0) {
        say("finnhub-sim: the truth cannot be written");
        return EX_IOERR;
    }
    return simulation->exit_code;
}

int simulation_run(const struct sim_config *config, FILE *truth)
{
    struct simulation *simulation = calloc(1, sizeof *simulation);
    if (simulation == NULL || truth_init(&simulation->truth) != 0) {
        free(simulation);
        say("finnhub-sim: no memory");
        return EX_OSERR;
    }
    signal(SIGPIPE, SIG_IGN);
    simulation->config = config;
    init_handles(simulation);
    /* Before it says that it listens: who reads that may well end it at once. */
    uv_signal_start(&simulation->terminate, on_signal, SIGTERM);
    uv_signal_start(&simulation->interrupt, on_signal, SIGINT);
    int code = simulation_build(simulation);
    simulation->context = (struct client_context){.config = config,
                                                  .symbols = &simulation->symbols,
                                                  .truth = &simulation->truth,
                                                  .tls = simulation->tls,
                                                  .loop = &simulation->loop,
                                                  .events = &client_events,
                                                  .server = simulation};
    if (code == EX_OK) {
        start_handles(simulation);
    } else {
        leave(simulation);
    }
    uv_run(&simulation->loop, UV_RUN_DEFAULT);
    int closed = uv_loop_close(&simulation->loop);
    ASSERT(closed == 0);
    if (code == EX_OK) {
        code = print_truth(simulation, truth);
    }
    simulation_destroy(simulation);
    return code;
}
