/* A client's life: lines are answered in their order, one after another, as long as it takes the
 * replies; a client that does not, or that breaks the rules, is let go. */
#include "tickd/ops/control_client.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "tickd/base/error.h"
#include "tickd/ops/health_log.h"
#include "tickd/ops/peer.h"
#include "tickd/ops/watch_thread.h"

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer);

/* Closing. */

static void on_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;

    control_forget(client->control, client);
}

static void close_client(struct client *client)
{
    if (client->state == CLIENT_CLOSING)
        return;
    client->state = CLIENT_CLOSING;
    client->is_waiting = false;
    client->is_watching = false;
    control_count_watched(client->control);
    uv_close((uv_handle_t *)&client->pipe, on_closed);
    output_fini(&client->output);
}

static void cut_off(struct client *client)
{
    if (client->state != CLIENT_CLOSING)
        client->control->cut_off++;
    close_client(client);
}

/* Out. */

/* Where the room for all clients is used up, those that use the most of it make place; the client
 * itself, when that is the one. */
static int put(struct client *client, const char *bytes, size_t length)
{
    int error = output_add(&client->output, bytes, length);

    while (error == ERROR_MEMORY) {
        struct client *fullest = control_fullest_client(client->control);

        if (fullest == NULL || fullest == client)
            break;
        cut_off(fullest);
        error = output_add(&client->output, bytes, length);
    }
    return error;
}

static void send_reply(struct client *client, const struct text *reply)
{
    if (client->state == CLIENT_CLOSING || reply->length == 0)
        return;
    if (put(client, reply->data, reply->length) != 0)
        cut_off(client);
    else if (output_flush(&client->output) != 0)
        close_client(client);
}

/* An error that no line of the client's has asked for, and the end. */
static void finish_with(struct client *client, enum rpc_error code, const char *message)
{
    struct text *reply = &client->control->reply;
    struct reply_form form = {.wanted = true, .id = "null"};
    struct rpc_fault fault;

    rpc_fault_init(&fault);
    rpc_fault_set(&fault, code, "%s", message);
    text_clear(reply);
    rpc_print_error(reply, &form, &fault);
    if (client->state == CLIENT_OPEN)
        client->state = CLIENT_FINISHING;
    send_reply(client, reply);
}

static void on_drained(void *owner)
{
    client_work(owner);
}

/* In. */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct client *client = handle->data;

    (void)suggested;
    memmove(client->input, client->input + client->input_start, client->input_length);
    client->input_start = 0;
    *buffer = uv_buf_init(client->input + client->input_length,
                          (unsigned)(sizeof client->input - client->input_length));
}

static void update_reading(struct client *client)
{
    bool wanted = client->state == CLIENT_OPEN && !client->has_ended &&
                  client->input_length < sizeof client->input;

    if (client->state == CLIENT_CLOSING || wanted == client->is_reading)
        return;
    client->is_reading = wanted;
    if (wanted && uv_read_start((uv_stream_t *)&client->pipe, on_alloc, on_read) != 0)
        close_client(client);
    else if (!wanted)
        uv_read_stop((uv_stream_t *)&client->pipe);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct client *client = stream->data;

    (void)buffer;
    if (length == UV_EOF) {
        client->has_ended = true;
    } else if (length < 0) {
        close_client(client);
        return;
    } else {
        client->input_length += (size_t)length;
    }
    client_work(client);
}

/* The length of the next line; *step with its end. false: there is no whole line. The last line
 * needs no end. */
static bool find_line(const struct client *client, size_t *length, size_t *step)
{
    const char *start = client->input + client->input_start;
    const char *end = memchr(start, '\n', client->input_length);

    *length = end != NULL ? (size_t)(end - start) : client->input_length;
    *step = *length + (end != NULL);
    return end != NULL || (client->has_ended && client->input_length > 0);
}

static void tick_wait(struct client *client);

static void begin_wait(struct client *client, const struct control_promise *promise)
{
    client->is_waiting = true;
    client->waited_ticks = 0;
    client->wait = *promise;
    tick_wait(client);
}

/* Watching again adds topics. */
static void begin_watch(struct client *client, const struct control_promise *promise)
{
    uint32_t topics = client->watch.topics;

    client->watch = *promise;
    client->watch.topics |= topics;
    client->is_watching = true;
    control_count_watched(client->control);
}

static void answer(struct client *client, const char *line, size_t length)
{
    struct control *control = client->control;
    const struct control_host *host = control->host;
    struct control_promise promise;

    text_clear(&control->reply);
    control->requests++;
    client->idle_ticks = 0;
    client->is_answering = true;
    int64_t begun_ns = watch_clock_ns();

    if (host->running != NULL)
        host->running(host->running_state, MODULE_CONTROL, begun_ns);
    enum control_outcome outcome =
        control_answer(control->desk, &client->peer, line, length, &control->reply, &promise);

    if (host->running != NULL)
        host->running(host->running_state, MODULE_COUNT, 0);
    client->is_answering = false;
    control->spent_ns += watch_clock_ns() - begun_ns;
    control->answered++;
    send_reply(client, &control->reply);
    if (client->state != CLIENT_OPEN)
        return;
    if (control->is_stopping)
        client_stop(client);
    else if (outcome == CONTROL_WAITS)
        begin_wait(client, &promise);
    else if (outcome == CONTROL_WATCHES)
        begin_watch(client, &promise);
}

/* Whether it would take an answer now. */
static bool is_free(const struct client *client)
{
    return client->state == CLIENT_OPEN && !client->is_waiting && !client->is_answering &&
           output_unsent(&client->output) == 0;
}

static void answer_lines(struct client *client)
{
    size_t length;
    size_t step;

    client->line_waiting_us = 0;
    for (int lines = 0; is_free(client) && find_line(client, &length, &step); lines++) {
        if (lines == CONTROL_LINES_A_TURN || client->control->spent_ns >= CONTROL_NS_A_TURN) {
            client->line_waiting_us = system_time_us();
            control_want_turn(client->control);
            return;
        }
        const char *line = client->input + client->input_start;

        client->input_start += step;
        client->input_length -= step;
        client->half_line_ticks = 0;
        answer(client, line, length);
    }
    if (is_free(client) && client->input_length == sizeof client->input)
        finish_with(client, RPC_LINE_TOO_LONG, "a line has at most 65536 bytes");
}

void client_work(struct client *client)
{
    if (client->is_answering || client->state == CLIENT_CLOSING)
        return;
    answer_lines(client);
    bool has_nothing_more =
        client->state == CLIENT_FINISHING || (client->has_ended && client->input_length == 0 &&
                                              !client->is_waiting && !client->is_watching);

    if (client->state == CLIENT_CLOSING)
        return;
    if (client->output.has_failed || (has_nothing_more && output_unsent(&client->output) == 0))
        close_client(client);
    else
        update_reading(client);
}

/* Time. */

static bool has_hung_up(const struct client *client)
{
    struct pollfd one = {.events = 0};

    return uv_fileno((const uv_handle_t *)&client->pipe, &one.fd) == 0 && poll(&one, 1, 0) == 1 &&
           (one.revents & (POLLHUP | POLLERR)) != 0;
}

static void tick_wait(struct client *client)
{
    struct text *reply = &client->control->reply;
    int64_t waited_ms = (int64_t)client->waited_ticks * CONTROL_TICK_MS;

    client->waited_ticks++;
    text_clear(reply);
    if (!control_try_wait(client->control->desk, &client->wait, waited_ms, reply))
        return;
    client->is_waiting = false;
    if (client->wait.form.wanted)
        send_reply(client, reply);
}

/* Counted in ticks and not in time: if the loop itself has hung, the client is not to blame. */
static bool is_out_of_patience(const struct client *client, uint32_t ticks)
{
    return (int64_t)ticks * CONTROL_TICK_MS >= client->control->options.patience_ms;
}

static void tick_output(struct client *client)
{
    size_t unsent = output_unsent(&client->output);
    uint64_t sent = client->output.added - unsent;
    bool is_stalled = unsent > 0 && sent == client->sent_before;

    client->sent_before = sent;
    client->stalled_ticks = is_stalled ? client->stalled_ticks + 1 : 0;
    if (is_out_of_patience(client, client->stalled_ticks))
        cut_off(client);
}

static void tick_input(struct client *client)
{
    size_t length;
    size_t step;

    if (!is_free(client) || client->input_length == 0 || find_line(client, &length, &step))
        return;
    if (is_out_of_patience(client, ++client->half_line_ticks))
        finish_with(client, RPC_PARSE, "the line was begun and not ended");
}

static void tick_idle(struct client *client)
{
    bool is_idle = is_free(client) && !client->is_watching && client->input_length == 0;

    client->idle_ticks = is_idle ? client->idle_ticks + 1 : 0;
}

void control_client_tick(struct client *client)
{
    if (client->state == CLIENT_CLOSING || client->is_answering)
        return;
    if (client->is_waiting)
        tick_wait(client);
    tick_output(client);
    tick_input(client);
    tick_idle(client);
    if (client->state == CLIENT_CLOSING)
        return;
    bool cannot_see_its_end = client->has_ended || !client->is_reading;
    if (cannot_see_its_end && (client->is_waiting || client->is_watching) && has_hung_up(client))
        close_client(client);
    else
        client_work(client);
}

/* Watching. */

void client_see(struct client *client, const struct message *message)
{
    char memory[MESSAGE_TEXT_MAX + 128];
    struct text line;

    if (!client->is_watching || (client->watch.topics >> message->head.topic & 1U) == 0)
        return;
    text_init(&line, memory, sizeof memory);
    control_print_message(client->control->desk, &client->watch, message, &line);
    if (line.cut || put(client, line.data, line.length) != 0)
        cut_off(client);
    else
        client->control->must_flush = true;
}

void client_flush(struct client *client)
{
    if (client->state != CLIENT_CLOSING && output_flush(&client->output) != 0)
        close_client(client);
}

/* Beginning and end. */

void client_start(struct client *client)
{
    int descriptor = -1;

    client->pipe.data = client;
    output_init(&client->output, (uv_stream_t *)&client->pipe, &client->control->pool,
                client->control->options.output_bytes_max, on_drained, client);
    if (uv_fileno((const uv_handle_t *)&client->pipe, &descriptor) == 0)
        client->peer = peer_of(descriptor);
    update_reading(client);
}

bool client_may_go(const struct client *client)
{
    return client->state == CLIENT_OPEN && is_out_of_patience(client, client->idle_ticks);
}

void client_give_way(struct client *client)
{
    finish_with(client, RPC_TOO_MANY_CLIENTS, "idle, and another client needs the place");
    cut_off(client);
}

void client_stop(struct client *client)
{
    if (client->is_answering)
        return; /* comes here again once the answer is there */
    if (client->is_waiting)
        finish_with(client, RPC_STOPPING, "the daemon is ending");
    if (client->state != CLIENT_CLOSING)
        output_flush(&client->output);
    close_client(client);
}
