/* A TCP connection on libuv, with or without TLS.
 *
 * ended() is called from the handle's close callback only, so that neither libuv nor OpenSSL is in
 * the middle of something when the owner lets go. */
#include "tickd/sim/link.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tickd/base/assert.h"
#include "tickd/base/error.h"
#include "tickd/base/text.h"
#include "tickd/sim/bytes.h"

enum {
    READ_BYTES = 65536,
    LINGER_MS = 2000, /* for the peer to end its direction */
    STUCK_MS = 10000  /* without any progress in sending what waits at the end */
};

enum link_state {
    LINK_OPEN,
    LINK_ENDING, /* link_end(): sends what waits */
    LINK_ENDED,  /* own direction is closed, the peer's not yet */
    LINK_FROZEN,
    LINK_CLOSED /* uv_close() is under way */
};

struct link {
    uv_tcp_t tcp;
    uv_timer_t linger;
    uv_write_t write;
    uv_shutdown_t shutdown;
    int handles; /* not closed yet: tcp, linger */
    enum link_state state;
    bool writing;
    bool peer_ended; /* the peer has ended its direction */
    const char *why;
    SSL *ssl;      /* NULL = without TLS */
    BIO *from_net; /* both belong to ssl */
    BIO *to_net;
    struct bytes waiting;
    struct bytes in_flight;
    const struct link_events *events;
    void *owner;
    char peer[LINK_PEER_MAX];
    char input[READ_BYTES];
};

static void flush(struct link *link);

static void closed(uv_handle_t *handle)
{
    struct link *link = handle->data;
    link->handles--;
    if (link->handles > 0) {
        return;
    }
    link->events->ended(link->owner, link->why);
    SSL_free(link->ssl);
    bytes_free(&link->waiting);
    bytes_free(&link->in_flight);
    free(link);
}

/* Lets go of the socket. reset: with RST. */
static void close_handles(struct link *link, bool reset, const char *why)
{
    if (link->state == LINK_CLOSED) {
        return;
    }
    link->state = LINK_CLOSED;
    link->why = link->why != NULL ? link->why : why;
    uv_timer_stop(&link->linger);
    uv_close((uv_handle_t *)&link->linger, closed);
    /* Refused when a shutdown is under way: then an ordinary close has to do. */
    if (!reset || uv_tcp_close_reset(&link->tcp, closed) != 0) {
        uv_close((uv_handle_t *)&link->tcp, closed);
    }
}

static void linger_is_over(uv_timer_t *timer)
{
    close_handles(timer->data, false, "peer did not close");
}

static void was_shut_down(uv_shutdown_t *request, int status)
{
    struct link *link = request->data;
    if (status < 0 || link->peer_ended) {
        close_handles(link, false, status < 0 ? uv_strerror(status) : link->why);
    }
}

/* All is sent: ends the own direction, and hears the peer out. */
static void finish(struct link *link)
{
    link->state = LINK_ENDED;
    link->shutdown.data = link;
    int code = uv_shutdown(&link->shutdown, (uv_stream_t *)&link->tcp, was_shut_down);
    if (code != 0) {
        close_handles(link, false, uv_strerror(code));
        return;
    }
    uv_timer_start(&link->linger, linger_is_over, LINGER_MS, 0);
}

static void was_written(uv_write_t *request, int status)
{
    struct link *link = request->data;
    link->writing = false;
    link->in_flight.length = 0;
    if (link->state == LINK_CLOSED || link->state == LINK_FROZEN) {
        return;
    }
    if (status < 0) {
        close_handles(link, false, uv_strerror(status));
        return;
    }
    if (link->state == LINK_ENDING) {
        uv_timer_start(&link->linger, linger_is_over, STUCK_MS, 0);
    }
    flush(link);
    if (!link->writing && link->state == LINK_OPEN) {
        link->events->drained(link->owner);
    }
}

/* Moves what TLS has to say into the queue. */
static void take_from_tls(struct link *link)
{
    size_t pending = BIO_ctrl_pending(link->to_net);
    if (pending == 0) {
        return;
    }
    char *room = bytes_room(&link->waiting, pending);
    if (room == NULL) {
        link_reset(link, "no memory");
        return;
    }
    int taken = BIO_read(link->to_net, room, (int)pending);
    ASSERT(taken == (int)pending);
    link->waiting.length += pending;
}

/* Starts the next write, or what comes after the last. */
static void flush(struct link *link)
{
    if (link->writing || link->state == LINK_ENDED || link->state == LINK_CLOSED ||
        link->state == LINK_FROZEN) {
        return;
    }
    if (link->waiting.length == 0) {
        if (link->state == LINK_ENDING) {
            finish(link);
        }
        return;
    }
    struct bytes emptied = link->in_flight;
    link->in_flight = link->waiting;
    link->waiting = emptied;
    uv_buf_t buffer = uv_buf_init(link->in_flight.data, (unsigned)link->in_flight.length);
    link->write.data = link;
    int code = uv_write(&link->write, (uv_stream_t *)&link->tcp, &buffer, 1, was_written);
    if (code != 0) {
        close_handles(link, false, uv_strerror(code));
        return;
    }
    link->writing = true;
}

void link_write(struct link *link, const void *bytes, size_t length)
{
    if (link->state != LINK_OPEN || length == 0) {
        return;
    }
    if (link->ssl == NULL) {
        if (bytes_append(&link->waiting, bytes, length) != 0) {
            link_reset(link, "no memory");
            return;
        }
    } else {
        size_t written = 0;
        ERR_clear_error();
        if (SSL_write_ex(link->ssl, bytes, length, &written) != 1 || written != length) {
            link_reset(link, "TLS cannot write");
            return;
        }
        take_from_tls(link);
    }
    flush(link);
}

size_t link_waiting(const struct link *link)
{
    return link->waiting.length + (link->writing ? link->in_flight.length : 0);
}

void link_end(struct link *link, const char *why)
{
    if (link->state == LINK_FROZEN) {
        close_handles(link, true, why);
    }
    if (link->state != LINK_OPEN) {
        return;
    }
    link->why = why;
    if (link->ssl != NULL && SSL_is_init_finished(link->ssl)) {
        ERR_clear_error();
        SSL_shutdown(link->ssl);
        take_from_tls(link);
    }
    if (link->state == LINK_OPEN) {
        link->state = LINK_ENDING;
        uv_timer_start(&link->linger, linger_is_over, STUCK_MS, 0);
        flush(link);
    }
}

void link_reset(struct link *link, const char *why)
{
    close_handles(link, true, why);
}

void link_freeze(struct link *link)
{
    if (link->state == LINK_OPEN) {
        uv_read_stop((uv_stream_t *)&link->tcp);
        link->state = LINK_FROZEN;
    }
}

const char *link_peer(const struct link *link)
{
    return link->peer;
}

/* Hands on what TLS has decoded; false when the link has ended on the way. */
static bool hand_on_decoded(struct link *link)
{
    char plain[READ_BYTES / 4];
    size_t length = 0;
    ERR_clear_error();
    while (SSL_read_ex(link->ssl, plain, sizeof plain, &length) == 1) {
        link->events->received(link->owner, plain, length);
        if (link->state != LINK_OPEN) {
            return false;
        }
    }
    return true;
}

/* Feeds TLS, which handshakes, answers and decodes. */
static void received_over_tls(struct link *link, const char *bytes, size_t length)
{
    if (BIO_write(link->from_net, bytes, (int)length) != (int)length) {
        link_reset(link, "no memory");
        return;
    }
    if (link->state != LINK_OPEN || !hand_on_decoded(link)) {
        return;
    }
    int error = SSL_get_error(link->ssl, 0);
    take_from_tls(link);
    flush(link);
    if (link->state != LINK_OPEN) {
        return;
    }
    if (SSL_get_shutdown(link->ssl) & SSL_RECEIVED_SHUTDOWN) {
        link_end(link, "peer closed TLS");
    } else if (error == SSL_ERROR_SSL) {
        link_end(link, "TLS failed");
    }
}

static void was_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct link *link = stream->data;
    if (length == UV_EOF) {
        link->peer_ended = true;
        if (link->state == LINK_ENDED) {
            close_handles(link, false, "closed by peer");
        }
        link_end(link, "closed by peer");
        return;
    }
    if (length < 0) {
        close_handles(link, false, uv_strerror((int)length));
        return;
    }
    if (link->state != LINK_OPEN || length == 0) {
        return; /* the rest of what an ended link hears */
    }
    if (link->ssl != NULL) {
        received_over_tls(link, buffer->base, (size_t)length);
    } else {
        link->events->received(link->owner, buffer->base, (size_t)length);
    }
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct link *link = handle->data;
    (void)suggested;
    *buffer = uv_buf_init(link->input, sizeof link->input);
}

static bool prepare_tls(struct link *link, SSL_CTX *tls)
{
    link->ssl = SSL_new(tls);
    link->from_net = BIO_new(BIO_s_mem());
    link->to_net = BIO_new(BIO_s_mem());
    if (link->ssl == NULL || link->from_net == NULL || link->to_net == NULL) {
        BIO_free(link->from_net);
        BIO_free(link->to_net);
        SSL_free(link->ssl);
        link->ssl = NULL;
        return false;
    }
    SSL_set_bio(link->ssl, link->from_net, link->to_net);
    SSL_set_accept_state(link->ssl);
    return true;
}

static void name_peer(struct link *link)
{
    struct sockaddr_storage address;
    int length = sizeof address;
    char host[INET6_ADDRSTRLEN] = "?";
    struct text text;
    text_init(&text, link->peer, sizeof link->peer);
    if (uv_tcp_getpeername(&link->tcp, (struct sockaddr *)&address, &length) != 0) {
        text_add(&text, "unknown");
    } else if (address.ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address;
        uv_ip6_name(v6, host, sizeof host);
        text_format(&text, "[%s]:%u", host, (unsigned)ntohs(v6->sin6_port));
    } else {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address;
        uv_ip4_name(v4, host, sizeof host);
        text_format(&text, "%s:%u", host, (unsigned)ntohs(v4->sin_port));
    }
}

/* A link that could not be opened; its owner has never heard of it. */
static void nobody_received(void *owner, const char *bytes, size_t length)
{
    (void)owner;
    (void)bytes;
    (void)length;
}

static void nobody_drained(void *owner)
{
    (void)owner;
}

static void nobody_ended(void *owner, const char *why)
{
    (void)owner;
    (void)why;
}

static const struct link_events nobody = {nobody_received, nobody_drained, nobody_ended};

int link_accept(uv_stream_t *listener, SSL_CTX *tls, const struct link_events *events, void *owner,
                struct link **link)
{
    struct link *created = calloc(1, sizeof *created);
    *link = NULL;
    if (created == NULL) {
        return ERROR_MEMORY;
    }
    created->handles = 2;
    created->events = &nobody;
    uv_timer_init(listener->loop, &created->linger);
    uv_tcp_init(listener->loop, &created->tcp);
    created->tcp.data = created;
    created->linger.data = created;
    bool accepted = uv_accept(listener, (uv_stream_t *)&created->tcp) == 0;
    if (!accepted || (tls != NULL && !prepare_tls(created, tls)) ||
        uv_read_start((uv_stream_t *)&created->tcp, give_buffer, was_read) != 0) {
        close_handles(created, false, "not accepted");
        return ERROR_IO;
    }
    uv_tcp_nodelay(&created->tcp, 1);
    name_peer(created);
    created->events = events;
    created->owner = owner;
    *link = created;
    return 0;
}

SSL_CTX *link_tls_context(const char *certificate, const char *key, char *error, size_t capacity)
{
    struct text line;
    const char *wrong = NULL;
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    text_init(&line, error, capacity);
    ERR_clear_error();
    if (access(certificate, R_OK) != 0 || access(key, R_OK) != 0) {
        text_format(&line, "%s: %s", access(certificate, R_OK) != 0 ? certificate : key,
                    strerror(errno));
        SSL_CTX_free(context);
        return NULL;
    }
    if (context == NULL) {
        wrong = "TLS";
    } else if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1) {
        wrong = certificate;
    } else if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
        wrong = key;
    }
    if (wrong != NULL) {
        const char *reason = ERR_reason_error_string(ERR_peek_last_error());
        text_format(&line, "%s: %s", wrong, reason != NULL ? reason : "cannot be used");
        SSL_CTX_free(context);
        return NULL;
    }
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    return context;
}
