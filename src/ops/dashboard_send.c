/* Answers on their way out. libwebsockets 4.1.6 is not given them: while an answer waits in it, it
 * leaves the client's next requests in the socket and asks the loop for them all the same, which
 * then turns without a pause. So an answer goes to the socket from here. What the socket does not
 * take waits, and libwebsockets is told to take no input from that client. It then does nothing
 * when the socket takes more, but the loop wakes up for it, and on_check() sends. */
#include "tickd/ops/dashboard_parts.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void let_in(struct connection *connection, bool may_come)
{
    (void)lws_rx_flow_control(connection->wire, may_come);
    (void)lws_callback_on_writable(connection->wire);
}

static int complete(struct connection *connection)
{
    connection->state = CONNECTION_READING;
    connection->idle_ticks = 0;
    return connection->closes || lws_http_transaction_completed(connection->wire) != 0 ? -1 : 0;
}

static bool is_writable(const struct connection *connection)
{
    struct pollfd one = {.fd = lws_get_socket_fd(connection->wire), .events = POLLOUT};

    return poll(&one, 1, 0) == 1 && (one.revents & POLLOUT) != 0;
}

/* All is sent, and the next request's answer can be. libwebsockets waits for that as well, but with
 * the input let in. */
static bool is_done(const struct connection *connection)
{
    return connection->left == 0 && (connection->closes || is_writable(connection));
}

/* Waiting. */

static struct connection *fullest(const struct dashboard *dashboard)
{
    struct connection *found = NULL;

    for (size_t i = 0; i < (size_t)dashboard->options.settings->clients_max; i++) {
        struct connection *connection = dashboard->connections[i];

        if (connection != NULL && connection->unsent > 0 &&
            (found == NULL || connection->unsent > found->unsent))
            found = connection;
    }
    return found;
}

void dashboard_note_unsent(struct connection *connection, size_t bytes)
{
    struct dashboard *dashboard = connection->dashboard;

    dashboard->unsent = dashboard->unsent - connection->unsent + bytes;
    connection->unsent = bytes;
}

void dashboard_make_room(struct dashboard *dashboard, size_t bytes)
{
    struct connection *other;

    while (dashboard->unsent + bytes > DASHBOARD_UNSENT_MAX && (other = fullest(dashboard)) != NULL)
        dashboard_cut_off(other);
}

static void on_check(uv_check_t *check);

/* A body that lasts is sent from where it is; another one is copied, as it will be overwritten. */
static int wait_for_room(struct connection *connection, const struct dashboard_body *rest)
{
    connection->body = rest->bytes;
    connection->left = rest->length;
    if (!rest->is_lasting && rest->length > 0) {
        dashboard_make_room(connection->dashboard, rest->length);
        connection->kept = malloc(rest->length);
        if (connection->kept == NULL)
            return -1;
        memcpy(connection->kept, rest->bytes, rest->length);
        connection->body = connection->kept;
        dashboard_note_unsent(connection, rest->length);
    }
    connection->is_waiting = true;
    if (connection->dashboard->waiting_count++ == 0)
        uv_check_start(&connection->dashboard->check, on_check);
    let_in(connection, false);
    return 0;
}

void dashboard_forget_answer(struct connection *connection)
{
    struct dashboard *dashboard = connection->dashboard;

    free(connection->kept);
    connection->kept = NULL;
    connection->body = NULL;
    connection->left = 0;
    dashboard_note_unsent(connection, 0);
    if (!connection->is_waiting)
        return;
    connection->is_waiting = false;
    if (--dashboard->waiting_count == 0)
        uv_check_stop(&dashboard->check);
}

/* Sending. */

/* Bytes that the socket has taken; < 0: the client has gone. */
static ssize_t send_some(const struct connection *connection, const void *bytes, size_t length,
                         int flags)
{
    ssize_t sent = length > 0 ? send(lws_get_socket_fd(connection->wire), bytes, length,
                                     MSG_NOSIGNAL | MSG_DONTWAIT | flags)
                              : 0;

    return sent < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : sent;
}

int dashboard_send(struct connection *connection, const struct text *head,
                   struct dashboard_body body)
{
    int more = body.length > 0 ? MSG_MORE : 0;

    /* A request is taken up only when the socket takes some kilobytes, as is_done() sees to. */
    if (send_some(connection, head->data, head->length, more) != (ssize_t)head->length)
        return -1;
    ssize_t sent = send_some(connection, body.bytes, body.length, 0);

    if (sent < 0)
        return -1;
    body.bytes += sent;
    body.length -= (size_t)sent;
    connection->state = CONNECTION_ANSWERING;
    connection->idle_ticks = 0;
    connection->left = body.length;
    return is_done(connection) ? complete(connection) : wait_for_room(connection, &body);
}

static void go_on(struct connection *connection)
{
    ssize_t sent = send_some(connection, connection->body, connection->left, 0);

    if (sent < 0) {
        connection->is_cut = true; /* it has gone by itself */
    } else if (sent > 0) {
        connection->idle_ticks = 0;
        connection->body += sent;
        connection->left -= (size_t)sent;
    }
    if (!connection->is_cut && !is_done(connection))
        return;
    dashboard_forget_answer(connection);
    let_in(connection, true); /* and dashboard_on_http_writable() is called */
}

/* After the loop has looked for events. */
static void on_check(uv_check_t *check)
{
    const struct dashboard *dashboard = check->data;

    for (size_t i = 0; i < (size_t)dashboard->options.settings->clients_max; i++) {
        struct connection *connection = dashboard->connections[i];

        if (connection != NULL && connection->is_waiting)
            go_on(connection);
    }
}

int dashboard_on_http_writable(struct connection *connection)
{
    if (connection->is_cut)
        return -1;
    return connection->state == CONNECTION_ANSWERING && !connection->is_waiting
               ? complete(connection)
               : 0;
}

/* What is left of a connection is given up at once. Asked to close one, libwebsockets would first
 * send what it has for it, to one that does not read; so the socket goes, and it finds out. */
void dashboard_cut_off(struct connection *connection)
{
    if (connection->state != CONNECTION_READING && !connection->is_cut)
        connection->dashboard->cut_off++;
    connection->is_cut = true;
    dashboard_forget_answer(connection);
    (void)shutdown(lws_get_socket_fd(connection->wire), SHUT_RDWR);
    let_in(connection, true);
}
