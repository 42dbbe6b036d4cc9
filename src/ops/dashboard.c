/* The dashboard's door and clock. What was learnt of libwebsockets 4.1.6 stands where it matters:
 * its own listener counts no clients and its timers run only after I/O, so sockets are accepted
 * here and handed to it, and the tick keeps all times. */
#include "tickd/ops/dashboard_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tickd/base/error.h"

enum {
    STEP_MS = DASHBOARD_TICK_MS / DASHBOARD_STEPS,
    RECEIVE_BYTES = 4096,    /* read at a time */
    REQUEST_BYTES = 8192,    /* of a request's head */
    FILE_DESCRIPTORS = 16,   /* of the context, beside the clients' */
    ACCEPTED_A_TURN = 16,    /* connections */
    UNSENT_BYTES = 65536,    /* that the kernel keeps for a client: a few frames, not megabytes */
    LIBRARY_TIMEOUT_S = 3600 /* longer than any of the tick's limits */
};

static int on_wire(struct lws *wire, enum lws_callback_reasons reason, void *user, void *in,
                   size_t length);

/* What is longer than tx_packet_size is cut into pieces of it, a call of the system each. */
static const struct lws_protocols protocols[] = {
    {.name = "tickd",
     .callback = on_wire,
     .rx_buffer_size = DASHBOARD_QUESTION_MAX,
     .tx_packet_size = DASHBOARD_HEAD_MAX + DASHBOARD_DOCUMENT_MAX},
    {.name = NULL},
};

/* No pings and no hanging up of libwebsockets' own. */
static const lws_retry_bo_t no_keepalive = {.secs_since_valid_ping = 0};

static size_t clients_max(const struct dashboard *dashboard)
{
    return (size_t)dashboard->options.settings->clients_max;
}

static void say(const struct dashboard *dashboard, enum log_level level, const char *event,
                const char *why)
{
    char memory[512];
    struct text line;

    text_init(&line, memory, sizeof memory);
    text_format(&line, "%s: %s", dashboard->options.settings->listen, why);
    dashboard->options.say(dashboard->options.state, level, event, memory);
}

/* Clients. */

static void forget(struct connection *connection)
{
    struct dashboard *dashboard = connection->dashboard;

    for (size_t i = 0; i < clients_max(dashboard); i++) {
        if (dashboard->connections[i] != connection)
            continue;
        dashboard->connections[i] = NULL;
        dashboard->connection_count--;
    }
    dashboard->live_count -= connection->state == CONNECTION_LIVE;
    dashboard_forget_answer(connection);
    free(connection);
    if (dashboard->connection_count == 0)
        dashboard_desk_destroy(&dashboard->desk);
}

static int on_own_wire(struct connection *connection, enum lws_callback_reasons reason, void *in,
                       size_t length)
{
    switch ((int)reason) {
    case LWS_CALLBACK_HTTP:
        return dashboard_on_request(connection, in);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return dashboard_on_http_writable(connection);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return dashboard_on_upgrade(connection);
    case LWS_CALLBACK_ESTABLISHED:
        return dashboard_on_live(connection);
    case LWS_CALLBACK_RECEIVE:
        return dashboard_on_received(connection, in, length);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return dashboard_on_live_writable(connection);
    case LWS_CALLBACK_WSI_DESTROY:
        forget(connection);
        return 0;
    default:
        return 0;
    }
}

static int on_wire(struct lws *wire, enum lws_callback_reasons reason, void *user, void *in,
                   size_t length)
{
    struct connection *connection = lws_get_opaque_user_data(wire);

    (void)user;
    return connection != NULL ? on_own_wire(connection, reason, in, length) : 0;
}

/* The door. */

static size_t free_place(const struct dashboard *dashboard)
{
    size_t place = 0;

    while (place < clients_max(dashboard) && dashboard->connections[place] != NULL)
        place++;
    return place;
}

/* As far as the socket takes it at once. */
static void turn_away(struct dashboard *dashboard, int descriptor)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
                                 "Retry-After: 5\r\nConnection: close\r\n\r\n";

    dashboard->refused++;
    (void)send(descriptor, answer, sizeof answer - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    close(descriptor);
}

static void admit(struct dashboard *dashboard, size_t place, int descriptor)
{
    struct connection *connection = calloc(1, sizeof *connection);

    if (connection == NULL) {
        turn_away(dashboard, descriptor);
        return;
    }
    connection->dashboard = dashboard;
    (void)setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &(int){UNSENT_BYTES}, sizeof(int));
    dashboard_local_name(descriptor, connection->local);
    connection->wire = lws_adopt_socket(dashboard->context, descriptor); /* closes it if it fails */
    if (connection->wire == NULL) {
        dashboard->refused++;
        free(connection);
        return;
    }
    lws_set_opaque_user_data(connection->wire, connection);
    lws_set_timeout(connection->wire, NO_PENDING_TIMEOUT, 0);
    dashboard->connections[place] = connection;
    dashboard->connection_count++;
}

static void keep_time(struct dashboard *dashboard);

/* false: nobody else is at the door, or it must rest until the next tick. */
static bool accept_one(struct dashboard *dashboard)
{
    size_t place = free_place(dashboard);
    int descriptor = accept(dashboard->listener, NULL, NULL);

    if (descriptor < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
        uv_poll_stop(
            &dashboard->door); /* no descriptors are left: not to be told so all the time */
    if (descriptor < 0)
        return false;
    if (fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0 || place == clients_max(dashboard))
        turn_away(dashboard, descriptor);
    else
        admit(dashboard, place, descriptor);
    return true;
}

static void on_door(uv_poll_t *door, int status, int events)
{
    struct dashboard *dashboard = door->data;

    (void)status;
    (void)events;
    for (size_t i = 0; i < ACCEPTED_A_TURN && accept_one(dashboard); i++)
        ;
    keep_time(dashboard);
}

static void open_door(struct dashboard *dashboard)
{
    char memory[256];
    struct text why;

    text_init(&why, memory, sizeof memory);
    dashboard->listener = dashboard_listen(&dashboard->address, &dashboard->place, &why);
    if (dashboard->listener < 0) {
        if (dashboard->shut_ticks == 0)
            say(dashboard, LOG_WARNING, "dashboard_cannot_listen", memory);
        return;
    }
    uv_poll_init(dashboard->options.loop, &dashboard->door, dashboard->listener);
    dashboard->door.data = dashboard;
    uv_poll_start(&dashboard->door, UV_READABLE, on_door);
    say(dashboard, dashboard->address.is_loopback ? LOG_NOTICE : LOG_WARNING, "dashboard",
        dashboard->address.is_loopback
            ? "listens"
            : "listens, and other machines get there: it asks for no password");
}

static void shut_door(struct dashboard *dashboard)
{
    if (dashboard->listener < 0)
        return;
    uv_close((uv_handle_t *)&dashboard->door, NULL);
    close(dashboard->listener);
    dashboard->listener = -1;
    control_unlink(&dashboard->place);
}

/* The clock: it runs while anybody is there, and while the door is not open. */

static void tick_connection(struct connection *connection)
{
    static const uint32_t limits[] = {
        [CONNECTION_READING] = READING_TICKS_MAX,
        [CONNECTION_ANSWERING] = ANSWERING_TICKS_MAX,
        [CONNECTION_LIVE] = LIVE_TICKS_MAX,
    };

    if (connection->idle_ticks++ >= limits[connection->state])
        dashboard_cut_off(connection);
    else if (connection->state == CONNECTION_LIVE)
        dashboard_live_tick(connection);
}

static void tick_door(struct dashboard *dashboard)
{
    if (dashboard->listener < 0) {
        if (++dashboard->shut_ticks % LISTEN_AGAIN_TICKS == 0)
            open_door(dashboard);
    } else if (!uv_is_active((const uv_handle_t *)&dashboard->door)) {
        uv_poll_start(&dashboard->door, UV_READABLE, on_door);
    }
}

/* Each client once a tick, but not all of them in one turn of the loop: a frame costs a client some
 * 40 us. A tick is DASHBOARD_STEPS steps, and each place has its own. */
static void on_step(uv_timer_t *timer)
{
    struct dashboard *dashboard = timer->data;

    dashboard->step = (dashboard->step + 1) % DASHBOARD_STEPS;
    if (dashboard->step == 0) {
        dashboard->tick++;
        dashboard->spent_ns = 0;
        tick_door(dashboard);
    }
    for (size_t i = dashboard->step; i < clients_max(dashboard); i += DASHBOARD_STEPS) {
        if (dashboard->connections[i] != NULL)
            tick_connection(dashboard->connections[i]);
    }
    keep_time(dashboard);
}

static bool needs_time(const struct dashboard *dashboard)
{
    return dashboard->connection_count > 0 || dashboard->listener < 0 ||
           !uv_is_active((const uv_handle_t *)&dashboard->door);
}

static void keep_time(struct dashboard *dashboard)
{
    bool runs = uv_is_active((const uv_handle_t *)&dashboard->timer);

    if (needs_time(dashboard) && !runs)
        uv_timer_start(&dashboard->timer, on_step, STEP_MS, STEP_MS);
    else if (!needs_time(dashboard) && runs)
        uv_timer_stop(&dashboard->timer);
}

/* Beginning and end. */

int dashboard_check(const struct settings_dashboard *settings, struct text *why)
{
    struct dashboard_address address;

    text_add(why, "dashboard.listen: ");
    return dashboard_address_read(&address, settings->listen, why);
}

static struct lws_context *create_context(struct dashboard *dashboard)
{
    void *loops[] = {dashboard->options.loop};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_LIBUV,
        .foreign_loops = loops,
        .user = dashboard,
        .gid = -1,
        .uid = -1,
        .fd_limit_per_thread = FILE_DESCRIPTORS + (unsigned)clients_max(dashboard),
        .max_http_header_data2 = REQUEST_BYTES,
        .max_http_header_pool2 = (unsigned)clients_max(dashboard),
        .pt_serv_buf_size = RECEIVE_BYTES,
        .timeout_secs = LIBRARY_TIMEOUT_S,
        .keepalive_timeout = LIBRARY_TIMEOUT_S,
        .retry_and_idle_policy = &no_keepalive,
    };

    return lws_create_context(&info);
}

static struct dashboard *allocate(const struct dashboard_options *options)
{
    struct dashboard *dashboard = calloc(1, sizeof *dashboard);

    if (dashboard == NULL)
        return NULL;
    dashboard->options = *options;
    dashboard->listener = -1;
    dashboard->tick = 1;
    dashboard->connections = calloc(clients_max(dashboard), sizeof(struct connection *));
    dashboard->context = dashboard->connections != NULL ? create_context(dashboard) : NULL;
    if (dashboard->context != NULL)
        return dashboard;
    free(dashboard->connections);
    free(dashboard);
    return NULL;
}

int dashboard_start(struct dashboard **dashboard, const struct dashboard_options *options)
{
    char memory[256];
    struct text why;
    struct dashboard_address address;

    *dashboard = NULL;
    text_init(&why, memory, sizeof memory);
    if (dashboard_address_read(&address, options->settings->listen, &why) != 0)
        return ERROR_SYNTAX;
    if (address.kind == DASHBOARD_OFF)
        return 0;
    *dashboard = allocate(options);
    if (*dashboard == NULL)
        return ERROR_MEMORY;
    (*dashboard)->address = address;
    uv_timer_init(options->loop, &(*dashboard)->timer);
    (*dashboard)->timer.data = *dashboard;
    uv_check_init(options->loop, &(*dashboard)->check);
    (*dashboard)->check.data = *dashboard;
    open_door(*dashboard);
    keep_time(*dashboard);
    return 0;
}

void dashboard_stop(struct dashboard *dashboard)
{
    if (dashboard == NULL)
        return;
    uv_close((uv_handle_t *)&dashboard->timer, NULL);
    uv_close((uv_handle_t *)&dashboard->check, NULL);
    shut_door(dashboard);
    for (size_t i = 0; i < clients_max(dashboard); i++) {
        if (dashboard->connections[i] != NULL)
            lws_set_timeout(dashboard->connections[i]->wire, PENDING_TIMEOUT_USER_OK,
                            LWS_TO_KILL_SYNC);
    }
    lws_context_destroy(dashboard->context);
}

void dashboard_destroy(struct dashboard **dashboard)
{
    struct dashboard *old = *dashboard;

    *dashboard = NULL;
    if (old == NULL)
        return;
    lws_context_destroy(old->context);
    dashboard_desk_destroy(&old->desk);
    free(old->connections);
    free(old);
}

/* What others ask of it. */

void dashboard_fill_status(const struct dashboard *dashboard, struct status *status)
{
    struct status_live *live = &status->live;

    if (dashboard == NULL)
        return;
    (void)text_copy(live->dashboard_listen, sizeof live->dashboard_listen,
                    dashboard->options.settings->listen);
    live->dashboard_listens = dashboard->listener >= 0;
    live->dashboard_clients = (uint32_t)dashboard->connection_count;
    live->dashboard_live = (uint32_t)dashboard->live_count;
    live->dashboard_requests = dashboard->requests;
    live->dashboard_pushes = dashboard->pushes;
    live->dashboard_answers = dashboard->answers;
    live->dashboard_refused = dashboard->refused;
    live->dashboard_cut_off = dashboard->cut_off;
}

void dashboard_fill_vitals(const struct dashboard *dashboard, struct vitals_message *vitals)
{
    if (dashboard == NULL)
        return;
    vitals->wired |= 1U << MODULE_DASHBOARD;
    if (dashboard->listener < 0)
        vitals->failed |= 1U << MODULE_DASHBOARD;
    vitals->dashboard_handled = dashboard->requests + dashboard->pushes + dashboard->answers;
    vitals->dashboard_owed_since_us = 0;
    for (size_t i = 0; i < clients_max(dashboard); i++) {
        const struct connection *connection = dashboard->connections[i];
        int64_t since_us = connection != NULL && connection->state == CONNECTION_LIVE
                               ? dashboard_live_owed_since_us(connection)
                               : 0;

        if (since_us != 0 &&
            (vitals->dashboard_owed_since_us == 0 || since_us < vitals->dashboard_owed_since_us))
            vitals->dashboard_owed_since_us = since_us;
    }
}
