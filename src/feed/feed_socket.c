/* The feed's socket. What was learnt of libwebsockets 4.1.6 (its source, and tests on Debian 12)
 * stands where it matters. */
#include "tickd/feed/feed_socket.h"

#include <errno.h>
#include <libwebsockets.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "tickd/base/assert.h"
#include "tickd/base/error.h"
#include "tickd/feed/resolver.h"
#include "tickd/feed/tls_client.h"

enum {
    READ_BYTES = 16384,    /* one TLS record; a longer frame comes in pieces */
    HEADER_BYTES = 16384,  /* of an HTTP answer */
    FILE_DESCRIPTORS = 16, /* of the context: its pipe, one connection, those that are closing */
    ADDRESSES_MAX = 16,
    TIMEOUT_MARGIN_S = 30,
    HTTP_SWITCHING = 101
};

struct feed_socket {
    struct feed_socket_setup setup;
    struct lws_context *context;
    struct lws *wire; /* the connection or attempt at hand; what belongs to another is ignored */
    struct resolver resolver;
    bool wanted;     /* connect as soon as the name is resolved */
    bool connecting; /* inside lws_client_connect_via_info() */
    bool open;
    uint64_t attempts;
    int status; /* HTTP's, of the attempt at hand; 0 = none yet */
    int64_t retry_after_s;
    char why[FEED_SOCKET_TEXT_MAX]; /* the best explanation so far; "" = none */
    unsigned char out[LWS_PRE + FEED_SOCKET_SEND_MAX];
};

static int on_wire(struct lws *wire, enum lws_callback_reasons reason, void *user, void *in,
                   size_t length);
static void on_resolved(void *state, const char *failure, const struct addrinfo *list);

static const struct lws_protocols protocols[] = {
    {.name = "feed", .callback = on_wire, .rx_buffer_size = READ_BYTES},
    {.name = NULL},
};

/* How libwebsockets begins to say that SSL_connect() failed; what follows is a number. */
static const char openssl_error[] = "connect SSL err";

/* No pings and no hanging up of libwebsockets' own. */
static const lws_retry_bo_t no_keepalive = {.secs_since_valid_ping = 0};

struct feed_socket *feed_socket_create(struct arena *arena)
{
    return arena_take(arena, "feed", "socket", 1, sizeof(struct feed_socket));
}

int feed_socket_start(struct feed_socket *socket, const struct feed_socket_setup *setup)
{
    void *loops[] = {setup->loop};
    unsigned wait_s = (unsigned)(setup->longest_wait_s + TIMEOUT_MARGIN_S);
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_LIBUV,
        .foreign_loops = loops,
        .user = socket,
        .gid = -1,
        .uid = -1,
        .fd_limit_per_thread = FILE_DESCRIPTORS, /* else it takes memory for all of ulimit -n */
        .max_http_header_data2 = HEADER_BYTES,
        .max_http_header_pool = 2,
        .pt_serv_buf_size = READ_BYTES,
        .timeout_secs = wait_s,
        .connect_timeout_secs = wait_s,
        .http_proxy_address = ":0", /* without it the variable http_proxy is believed */
    };

    socket->setup = *setup;
    if (setup->tls != NULL) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.provided_client_ssl_ctx = setup->tls;
    }
    if (resolver_start(&socket->resolver, setup->loop, on_resolved, socket) != 0)
        return ERROR_MEMORY;
    socket->context = lws_create_context(&info);
    if (socket->context != NULL)
        return 0;
    resolver_stop(&socket->resolver);
    return ERROR_MEMORY;
}

/* The attempt is over. */
static void report_failure(struct feed_socket *socket, const char *why)
{
    socket->wire = NULL;
    socket->open = false;
    socket->setup.events.failed(socket->setup.events.state, socket->status, socket->retry_after_s,
                                socket->why[0] != '\0' ? socket->why : why);
}

static void explain(struct feed_socket *socket, const char *what, const char *detail)
{
    struct text why;

    text_init(&why, socket->why, sizeof socket->why);
    text_format(&why, "%s: %s", what, detail);
}

/* Whether the system knows a way to the address. A datagram socket is only connected, nothing is
 * sent. libwebsockets loses a watcher for each connect() that fails at once. */
static bool has_route(struct feed_socket *feed_socket, const struct addrinfo *address)
{
    int probe = socket(address->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool routed = probe >= 0 && connect(probe, address->ai_addr, address->ai_addrlen) == 0;

    if (!routed)
        explain(feed_socket, "cannot connect", strerror(errno));
    if (probe >= 0)
        (void)close(probe);
    return routed;
}

/* libwebsockets leaves the watcher of a connect() that failed at once in the loop, stopped and
 * pointing to the connection that is gone: it would keep the loop from closing. */
static void free_watcher(uv_handle_t *handle)
{
    free(handle);
}

static void close_lost_watcher(uv_handle_t *handle, void *wire)
{
    if (uv_handle_get_type(handle) == UV_POLL && uv_handle_get_data(handle) == wire &&
        !uv_is_active(handle) && !uv_is_closing(handle))
        uv_close(handle, free_watcher);
}

static void connect_to(struct feed_socket *socket, const char *address)
{
    const struct feed_url *url = socket->setup.url;
    struct lws_client_connect_info info = {
        .context = socket->context,
        .address = address,
        .port = url->port,
        .ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT | (url->secure ? LCCSCF_USE_SSL : 0),
        .path = socket->setup.request,
        .host = url->authority, /* also what SNI and the certificate's check go by */
        .pwsi = &socket->wire,
        .local_protocol_name = protocols[0].name,
        .alpn = "http/1.1",
        .retry_and_idle_policy = &no_keepalive,
    };

    socket->connecting = true;
    struct lws *wire = lws_client_connect_via_info(&info);

    socket->connecting = false;
    if (wire == NULL)
        report_failure(socket, "cannot connect");
}

/* The next address of the list with each attempt, so that a dead one does not stop the feed. */
static const struct addrinfo *pick_address(const struct addrinfo *list, uint64_t attempt)
{
    const struct addrinfo *usable[ADDRESSES_MAX];
    size_t count = 0;

    for (const struct addrinfo *a = list; a != NULL && count < ADDRESSES_MAX; a = a->ai_next) {
        if (a->ai_family == AF_INET || a->ai_family == AF_INET6)
            usable[count++] = a;
    }
    return count > 0 ? usable[attempt % count] : NULL;
}

static bool print_address(const struct addrinfo *address, char *text, size_t capacity)
{
    if (address->ai_family == AF_INET)
        return uv_inet_ntop(AF_INET,
                            &((const struct sockaddr_in *)(const void *)address->ai_addr)->sin_addr,
                            text, capacity) == 0;
    return uv_inet_ntop(AF_INET6,
                        &((const struct sockaddr_in6 *)(const void *)address->ai_addr)->sin6_addr,
                        text, capacity) == 0;
}

static void connect_to_one(struct feed_socket *socket, const struct addrinfo *list)
{
    const struct addrinfo *address = pick_address(list, socket->attempts++);
    char text[INET6_ADDRSTRLEN];

    if (address == NULL || !has_route(socket, address) ||
        !print_address(address, text, sizeof text))
        report_failure(socket, "the feed's host has no usable address");
    else
        connect_to(socket, text);
}

static void fail_to_resolve(struct feed_socket *socket, const char *why)
{
    explain(socket, "cannot resolve the feed's host", why);
    report_failure(socket, "");
}

static void on_resolved(void *state, const char *failure, const struct addrinfo *list)
{
    struct feed_socket *socket = state;

    if (!socket->wanted)
        return;
    socket->wanted = false;
    if (failure != NULL)
        fail_to_resolve(socket, failure);
    else
        connect_to_one(socket, list);
}

void feed_socket_connect(struct feed_socket *socket)
{
    ASSERT(socket->wire == NULL && !socket->wanted);
    socket->status = 0;
    socket->retry_after_s = 0;
    socket->why[0] = '\0';
    socket->wanted = true;
    int error = resolver_ask(&socket->resolver, socket->setup.url->host, socket->setup.url->port);

    if (error == 0 || error == ERROR_STATE) /* a question of a dropped attempt serves as well */
        return;
    socket->wanted = false;
    fail_to_resolve(socket, error_text(error));
}

void feed_socket_drop(struct feed_socket *socket)
{
    struct lws *wire = socket->wire;

    socket->wanted = false;
    socket->open = false;
    socket->wire = NULL; /* from here on its events are another's */
    if (wire == NULL)
        return;
    lws_set_timeout(wire, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
    /* Its timers run only after I/O of its own: see to some. */
    lws_cancel_service(socket->context);
}

void feed_socket_want_write(struct feed_socket *socket)
{
    if (socket->open)
        (void)lws_callback_on_writable(socket->wire);
}

void feed_socket_stop(struct feed_socket *socket)
{
    if (socket->context == NULL)
        return;
    feed_socket_drop(socket);
    resolver_stop(&socket->resolver);
    lws_context_destroy(socket->context);
}

void feed_socket_destroy(struct feed_socket *socket)
{
    if (socket->context == NULL)
        return;
    lws_context_destroy(socket->context);
    socket->context = NULL;
}

/* What libwebsockets calls back with. */

static void on_answer(struct feed_socket *socket, struct lws *wire)
{
    char value[32];
    char *end;

    socket->status = (int)lws_http_client_http_response(wire);
    if (lws_hdr_copy(wire, value, sizeof value, WSI_TOKEN_HTTP_RETRY_AFTER) <= 0)
        return;
    long long seconds = strtoll(value, &end, 10);

    if (end != value && *end == '\0' && seconds > 0)
        socket->retry_after_s = seconds;
}

/* What the kernel says about a connection that did not come about. */
static void explain_socket_error(struct feed_socket *feed_socket, struct lws *wire)
{
    int error = 0;
    socklen_t size = sizeof error;
    int descriptor = lws_get_socket_fd(wire);

    if (descriptor >= 0 && getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
        error != 0)
        explain(feed_socket, "cannot connect", strerror(error));
}

/* libwebsockets' own words for it, with what they are about. */
static void explain_handshake(struct feed_socket *socket, const char *what, size_t length)
{
    char words[FEED_SOCKET_TEXT_MAX];

    (void)text_copy_bytes(words, sizeof words, what, length);
    if (strncmp(words, openssl_error, sizeof openssl_error - 1) == 0)
        (void)text_copy(socket->why, sizeof socket->why, "the TLS handshake failed");
    else if (socket->status == HTTP_SWITCHING)
        explain(socket, "the server's upgrade is not valid", words);
    else
        explain(socket, "the handshake failed", words);
}

static void on_failure(struct feed_socket *socket, struct lws *wire, const char *what,
                       size_t length)
{
    if (socket->why[0] == '\0')
        explain_socket_error(socket, wire);
    if (socket->why[0] == '\0' && what != NULL)
        explain_handshake(socket, what, length);
    if (socket->status == HTTP_SWITCHING)
        socket->status = 0;
    report_failure(socket, "the handshake failed");
}

/* A close frame: its code, and its text as far as it is plain. */
static void on_peer_close(struct feed_socket *socket, const unsigned char *bytes, size_t length)
{
    struct text why;

    text_init(&why, socket->why, sizeof socket->why);
    text_add(&why, "the server closed the connection");
    if (length < 2)
        return;
    text_format(&why, " with code %u", (unsigned)bytes[0] << 8 | bytes[1]);
    if (length > 2)
        text_add(&why, ": ");
    for (size_t i = 2; i < length; i++)
        text_add_char(&why, bytes[i] >= ' ' && bytes[i] <= '~' ? (char)bytes[i] : '?');
}

static void on_closed(struct feed_socket *socket)
{
    socket->wire = NULL;
    socket->open = false;
    socket->setup.events.closed(
        socket->setup.events.state,
        socket->why[0] != '\0' ? socket->why : "the connection ended without a close frame");
}

static void on_received(struct feed_socket *socket, struct lws *wire, const char *bytes,
                        size_t length)
{
    struct fragment fragment = {
        .bytes = bytes,
        .length = length,
        .first = lws_is_first_fragment(wire) != 0,
        .last = lws_is_final_fragment(wire) != 0 && lws_remaining_packet_payload(wire) == 0,
        .binary = lws_frame_is_binary(wire) != 0,
    };

    socket->setup.events.received(socket->setup.events.state, &fragment);
}

/* −1 ends the connection. */
static int on_writable(struct feed_socket *socket, struct lws *wire)
{
    char *bytes = (char *)socket->out + LWS_PRE;
    size_t length =
        socket->setup.events.writable(socket->setup.events.state, bytes, FEED_SOCKET_SEND_MAX);

    ASSERT(length <= FEED_SOCKET_SEND_MAX);
    if (length == 0)
        return 0;
    return lws_write(wire, socket->out + LWS_PRE, length, LWS_WRITE_TEXT) < (int)length ? -1 : 0;
}

/* One certificate of the chain has been looked at. 0 = as OpenSSL found. */
static int on_certificate(struct feed_socket *socket, void *verification, size_t trusted)
{
    struct text why;

    if (trusted == 0) {
        text_init(&why, socket->why, sizeof socket->why);
        text_add(&why, "the server's certificate is refused: ");
        tls_client_describe(verification, &why);
    }
    return 0;
}

/* Events of the connection at hand. */
static int on_own_wire(struct feed_socket *socket, struct lws *wire,
                       enum lws_callback_reasons reason, void *in, size_t length)
{
    switch ((int)reason) {
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
        on_answer(socket, wire);
        return socket->status == HTTP_SWITCHING ? 0 : -1;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        socket->open = true;
        socket->why[0] = '\0';
        socket->setup.events.opened(socket->setup.events.state);
        return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        on_failure(socket, wire, in, length);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        on_received(socket, wire, in, length);
        return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return on_writable(socket, wire);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        on_peer_close(socket, in, length);
        return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
        on_closed(socket);
        return 0;
    default:
        return 0;
    }
}

static int on_wire(struct lws *wire, enum lws_callback_reasons reason, void *user, void *in,
                   size_t length)
{
    struct feed_socket *socket = lws_context_user(lws_get_context(wire));

    if (reason == LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION)
        return on_certificate(socket, user, length);
    if (reason == LWS_CALLBACK_WSI_DESTROY && socket->connecting) {
        uv_walk(socket->setup.loop, close_lost_watcher, wire);
        return 0;
    }
    if (socket == NULL || wire == NULL || wire != socket->wire)
        return 0;
    return on_own_wire(socket, wire, reason, in, length);
}
