/* The control socket: who may come in, whose turn it is, and the end. */
#include "tickd/ops/control.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "tickd/base/assert.h"
#include "tickd/base/error.h"
#include "tickd/ops/control_client.h"

enum { BACKLOG = 64 };

/* The end. */

static void free_all(struct control *control)
{
    control_desk_destroy(&control->desk);
    output_pool_fini(&control->pool);
    free(control->reply.data);
    free(control->clients);
    free(control);
}

static void forget_handle(struct control *control)
{
    ASSERT(control->open_handles > 0);
    if (--control->open_handles > 0)
        return;
    void (*done)(void *state) = control->done;
    void *state = control->done_state;

    free_all(control);
    if (done != NULL)
        done(state);
}

static void on_handle_closed(uv_handle_t *handle)
{
    forget_handle(handle->data);
}

static void stop_timer_when_alone(struct control *control)
{
    if (control->client_count == 0 && !control->is_stopping)
        uv_timer_stop(&control->timer);
}

static void take_in(struct control *control);

void control_forget(struct control *control, struct client *client)
{
    for (size_t i = 0; i < control->options.clients_max; i++) {
        if (control->clients[i] == client) {
            control->clients[i] = NULL;
            control->client_count--;
        }
    }
    free(client);
    if (control->is_knocking && !control->is_stopping) {
        control->is_knocking = false;
        take_in(control);
    }
    stop_timer_when_alone(control);
    forget_handle(control);
}

/* For all clients. A client that goes in the meantime keeps its place until the loop has closed
 * it. */
static void for_each_client(struct control *control, void (*act)(struct client *client))
{
    for (size_t i = 0; i < control->options.clients_max; i++) {
        if (control->clients[i] != NULL)
            act(control->clients[i]);
    }
}

/* Turns. */

static void on_tick(uv_timer_t *timer)
{
    for_each_client(timer->data, control_client_tick);
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct control *control = prepare->data;

    control->spent_ns = 0;
    if (!control->must_flush)
        return;
    control->must_flush = false;
    for_each_client(control, client_flush);
}

static void on_idle(uv_idle_t *idle)
{
    struct control *control = idle->data;
    size_t places = control->options.clients_max;

    uv_idle_stop(idle);
    control->first = (control->first + 1) % places; /* else the same one would always be served */
    for (size_t i = 0; i < places; i++) {
        struct client *client = control->clients[(control->first + i) % places];

        if (client != NULL)
            client_work(client);
    }
}

void control_want_turn(struct control *control)
{
    if (!control->is_stopping)
        uv_idle_start(&control->idle, on_idle);
}

/* Output. */

size_t control_output_bytes(size_t output_bytes_max)
{
    return output_bytes_max > CONTROL_OUTPUT_BYTES ? output_bytes_max : CONTROL_OUTPUT_BYTES;
}

static size_t unsent_of(const struct client *client)
{
    return client != NULL && client->state != CLIENT_CLOSING ? output_unsent(&client->output) : 0;
}

struct client *control_fullest_client(const struct control *control)
{
    struct client *fullest = NULL;

    for (size_t i = 0; i < control->options.clients_max; i++) {
        if (unsent_of(control->clients[i]) > unsent_of(fullest))
            fullest = control->clients[i];
    }
    return fullest;
}

/* Watching. */

void control_count_watched(struct control *control)
{
    control->watched = 0;
    for (size_t i = 0; i < control->options.clients_max; i++) {
        const struct client *client = control->clients[i];

        if (client != NULL && client->is_watching)
            control->watched |= client->watch.topics;
    }
}

static void see(void *state, const struct message *message)
{
    struct control *control = state;

    if ((control->watched >> message->head.topic & 1U) == 0)
        return;
    for (size_t i = 0; i < control->options.clients_max; i++) {
        if (control->clients[i] != NULL)
            client_see(control->clients[i], message);
    }
}

/* Coming in. */

static void on_refused_closed(uv_handle_t *handle)
{
    struct control *control = handle->data;

    free(handle);
    forget_handle(control);
}

/* One too many: an error line, as far as the socket takes it at once, and good-bye. */
static void refuse(struct control *control)
{
    uv_pipe_t *pipe = malloc(sizeof *pipe);
    struct reply_form form = {.wanted = true, .id = "null"};
    struct rpc_fault fault;

    control->refused++;
    if (pipe == NULL || uv_pipe_init(control->options.loop, pipe, 0) != 0) {
        free(pipe);
        return;
    }
    pipe->data = control;
    control->open_handles++;
    if (uv_accept((uv_stream_t *)&control->server, (uv_stream_t *)pipe) == 0) {
        rpc_fault_init(&fault);
        rpc_fault_set(&fault, RPC_TOO_MANY_CLIENTS, "%zu clients are connected already",
                      control->client_count);
        text_clear(&control->reply);
        rpc_print_error(&control->reply, &form, &fault);
        uv_buf_t line = uv_buf_init(control->reply.data, (unsigned)control->reply.length);

        uv_try_write((uv_stream_t *)pipe, &line, 1);
    }
    uv_close((uv_handle_t *)pipe, on_refused_closed);
}

static size_t free_place(const struct control *control)
{
    size_t place = 0;

    while (place < control->options.clients_max && control->clients[place] != NULL)
        place++;
    return place;
}

static void on_accept_failed(uv_handle_t *handle)
{
    struct client *client = handle->data;

    control_forget(client->control, client);
}

static void admit(struct control *control, size_t place)
{
    struct client *client = calloc(1, sizeof *client);

    if (client == NULL || uv_pipe_init(control->options.loop, &client->pipe, 0) != 0) {
        free(client);
        refuse(control);
        return;
    }
    client->control = control;
    client->pipe.data = client;
    control->open_handles++;
    control->clients[place] = client;
    control->client_count++;
    if (uv_accept((uv_stream_t *)&control->server, (uv_stream_t *)&client->pipe) != 0) {
        client->state = CLIENT_CLOSING;
        uv_close((uv_handle_t *)&client->pipe, on_accept_failed);
        return;
    }
    client_start(client);
    if (!uv_is_active((const uv_handle_t *)&control->timer))
        uv_timer_start(&control->timer, on_tick, CONTROL_TICK_MS, CONTROL_TICK_MS);
}

static struct client *longest_idle(const struct control *control)
{
    struct client *longest = NULL;

    for (size_t i = 0; i < control->options.clients_max; i++) {
        struct client *client = control->clients[i];

        if (client != NULL && client_may_go(client) &&
            (longest == NULL || client->idle_ticks > longest->idle_ticks))
            longest = client;
    }
    return longest;
}

/* The loop lets nobody else knock until this one is accepted. */
static void take_in(struct control *control)
{
    size_t place = free_place(control);
    struct client *idle = place == control->options.clients_max ? longest_idle(control) : NULL;

    if (place < control->options.clients_max) {
        admit(control, place);
    } else if (idle != NULL) {
        control->is_knocking = true;
        client_give_way(idle);
    } else {
        refuse(control);
    }
}

static void on_connection(uv_stream_t *server, int status)
{
    struct control *control = server->data;
    if (status >= 0 && !control->is_stopping)
        take_in(control);
}

/* Beginning. */

static struct control *allocate(const struct control_options *options,
                                const struct control_host *host)
{
    struct control *control = calloc(1, sizeof *control);
    char *memory = malloc(options->output_bytes_max);

    if (control == NULL || memory == NULL) {
        free(memory);
        free(control);
        return NULL;
    }
    control->options = *options;
    if (control->options.patience_ms == 0)
        control->options.patience_ms = CONTROL_PATIENCE_MS;
    if (control->options.output_bytes_all == 0)
        control->options.output_bytes_all = control_output_bytes(options->output_bytes_max);
    control->host = host;
    text_init(&control->reply, memory, options->output_bytes_max);
    control->desk = control_desk_create(host);
    control->clients = calloc(options->clients_max, sizeof(struct client *));
    if (control->desk == NULL || control->clients == NULL ||
        output_pool_init(&control->pool, control->options.output_bytes_all) != 0) {
        free_all(control);
        return NULL;
    }
    return control;
}

static void start_handles(struct control *control)
{
    uv_loop_t *loop = control->options.loop;

    uv_pipe_init(loop, &control->server, 0);
    uv_timer_init(loop, &control->timer);
    uv_prepare_init(loop, &control->prepare);
    uv_idle_init(loop, &control->idle);
    control->server.data = control;
    control->timer.data = control;
    control->prepare.data = control;
    control->idle.data = control;
    control->open_handles = 4;
    uv_prepare_start(&control->prepare, on_prepare);
    uv_unref((uv_handle_t *)&control->prepare);
}

static void close_handles(struct control *control)
{
    uv_close((uv_handle_t *)&control->server, on_handle_closed);
    uv_close((uv_handle_t *)&control->timer, on_handle_closed);
    uv_close((uv_handle_t *)&control->prepare, on_handle_closed);
    uv_close((uv_handle_t *)&control->idle, on_handle_closed);
}

static int listen_on(struct control *control, int descriptor, const char *path, struct text *why)
{
    int error = uv_pipe_open(&control->server, descriptor);

    if (error != 0) {
        close(descriptor);
    } else {
        error = uv_listen((uv_stream_t *)&control->server, BACKLOG, on_connection);
    }
    if (error == 0)
        return 0;
    text_format(why, "%s: listen: %s", path, uv_strerror(error));
    return ERROR_IO;
}

int control_start(struct control **control, const struct control_options *options,
                  const struct control_host *host, struct text *why)
{
    struct control *new_one = allocate(options, host);

    *control = NULL;
    if (new_one == NULL) {
        text_format(why, "%s: no memory for the control socket", options->path);
        return ERROR_MEMORY;
    }
    int descriptor = options->descriptor > 0 ? options->descriptor
                                             : control_listen(&new_one->place, options->path, why);

    if (descriptor < 0) {
        free_all(new_one);
        return descriptor;
    }
    signal(SIGPIPE, SIG_IGN); /* a client that goes is an error of write(), for libuv too */
    start_handles(new_one);
    int error = listen_on(new_one, descriptor, options->path, why);

    if (error == 0)
        error = bus_add_tap(engine_bus(host->engine), (struct tap){see, new_one});
    if (error != 0) {
        control_unlink(&new_one->place);
        new_one->is_stopping = true;
        close_handles(new_one);
        return error;
    }
    *control = new_one;
    return 0;
}

void control_stop(struct control **control, void (*done)(void *state), void *state)
{
    struct control *old = *control;

    *control = NULL;
    old->done = done;
    old->done_state = state;
    old->is_stopping = true;
    bus_remove_tap(engine_bus(old->host->engine), old);
    control_unlink(&old->place);
    close_handles(old);
    for_each_client(old, client_stop);
}

/* What others ask of it. */

void control_fill_status(const struct control *control, struct status *status)
{
    struct status_live *live = &status->live;

    live->control_clients = (uint32_t)control->client_count;
    live->control_requests = control->requests;
    live->control_cut_off = control->cut_off;
    live->control_refused = control->refused;
}

/* Thousandths of control.output_bytes_max. */
static uint32_t fullest_fill(const struct control *control)
{
    size_t limit = control->options.output_bytes_max;
    size_t most = unsent_of(control_fullest_client(control));

    return most < limit ? (uint32_t)(most * 1000 / limit) : 1000;
}

void control_fill_vitals(const struct control *control, struct vitals_message *vitals)
{
    vitals->control_owed_since_us = 0;
    vitals->control_handled = control->answered;
    vitals->wired |= 1U << MODULE_CONTROL;
    vitals->clients_fill = fullest_fill(control);
    for (size_t i = 0; i < control->options.clients_max; i++) {
        const struct client *client = control->clients[i];
        int64_t since_us = client != NULL ? client->line_waiting_us : 0;

        if (since_us != 0 &&
            (vitals->control_owed_since_us == 0 || since_us < vitals->control_owed_since_us))
            vitals->control_owed_since_us = since_us;
    }
}
