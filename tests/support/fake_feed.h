/* A server for tests of the feed client: a thread with blocking sockets that plays a script for
 * each connection, one after the other, byte by byte as the test wants it, with or without TLS.
 * Link it by including this file; it is all static. */
#ifndef TICKD_SUPPORT_FAKE_FEED_H
#define TICKD_SUPPORT_FAKE_FEED_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FAKE_REQUEST_MAX = 4096, FAKE_POLL_MS = 10, FAKE_SAID_MAX = 65536 };

struct fake_feed;

/* One accepted connection. */
struct fake_peer {
    struct fake_feed *server;
    int number; /* 1, 2, 3 … */
    int descriptor;
    SSL *tls;
    char request[FAKE_REQUEST_MAX];
    unsigned char frame[FAKE_REQUEST_MAX];
};

struct fake_feed {
    void (*script)(struct fake_peer *peer);
    SSL_CTX *tls; /* NULL = plain */
    int listener;
    int port;
    pthread_t thread;
    atomic_bool stopping;
    atomic_int connections;
    atomic_int pongs;
    atomic_int step; /* for scripts and tests to agree on */
    pthread_mutex_t lock;
    char said[FAKE_SAID_MAX]; /* text messages of the client, each with a line end */
    size_t said_length;
};

static inline void fake_give_up(const char *what)
{
    fprintf(stderr, "fake feed: %s\n", what);
    abort();
}

static inline void fake_sleep_ms(int ms)
{
    (void)poll(NULL, 0, ms);
}

/* false when the server is to stop. */
static inline bool fake_wait_readable(struct fake_feed *server, int descriptor)
{
    struct pollfd poller = {.fd = descriptor, .events = POLLIN};

    while (!atomic_load(&server->stopping)) {
        if (poll(&poller, 1, FAKE_POLL_MS) > 0)
            return true;
    }
    return false;
}

/* Bytes read, 0 = the end, an error or a stop. */
static inline size_t fake_read(struct fake_peer *peer, void *bytes, size_t length)
{
    if ((peer->tls == NULL || SSL_pending(peer->tls) == 0) &&
        !fake_wait_readable(peer->server, peer->descriptor))
        return 0;
    if (peer->tls != NULL) {
        int got = SSL_read(peer->tls, bytes, (int)length);

        return got > 0 ? (size_t)got : 0;
    }
    ssize_t got = recv(peer->descriptor, bytes, length, 0);

    return got > 0 ? (size_t)got : 0;
}

static inline bool fake_read_all(struct fake_peer *peer, void *bytes, size_t length)
{
    unsigned char *next = bytes;

    while (length > 0) {
        size_t got = fake_read(peer, next, length);

        if (got == 0)
            return false;
        next += got;
        length -= got;
    }
    return true;
}

static inline void fake_write(struct fake_peer *peer, const void *bytes, size_t length)
{
    const unsigned char *next = bytes;

    while (length > 0) {
        ssize_t put = peer->tls != NULL ? SSL_write(peer->tls, next, (int)length)
                                        : send(peer->descriptor, next, length, MSG_NOSIGNAL);

        if (put <= 0)
            return; /* the client has gone; the test will see what it wants to see */
        next += put;
        length -= (size_t)put;
    }
}

static inline void fake_write_text(struct fake_peer *peer, const char *text)
{
    fake_write(peer, text, strlen(text));
}

/* Reads the request up to its empty line. */
static inline bool fake_read_request(struct fake_peer *peer)
{
    size_t length = 0;

    while (length < sizeof peer->request - 1) {
        if (fake_read(peer, peer->request + length, 1) == 0)
            return false;
        peer->request[++length] = '\0';
        if (length >= 4 && strcmp(peer->request + length - 4, "\r\n\r\n") == 0)
            return true;
    }
    return false;
}

static inline void fake_accept_key(const char *request, char accept[64])
{
    static const char header[] = "Sec-WebSocket-Key: ";
    unsigned char digest[SHA_DIGEST_LENGTH];
    char text[128];
    const char *key = strstr(request, header);

    if (key == NULL)
        fake_give_up("no Sec-WebSocket-Key");
    key += sizeof header - 1;
    (void)snprintf(text, sizeof text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    (void)SHA1((const unsigned char *)text, strlen(text), digest);
    (void)EVP_EncodeBlock((unsigned char *)accept, digest, sizeof digest);
}

static inline void fake_upgrade(struct fake_peer *peer)
{
    char answer[256];
    char accept[64];

    fake_accept_key(peer->request, accept);
    (void)snprintf(answer, sizeof answer,
                   "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n"
                   "connection: Upgrade\r\nsec-websocket-accept: %s\r\n\r\n",
                   accept);
    fake_write_text(peer, answer);
}

/* The whole handshake. */
static inline bool fake_handshake(struct fake_peer *peer)
{
    if (!fake_read_request(peer))
        return false;
    fake_upgrade(peer);
    return true;
}

/* A frame as it is: `first` is its first byte, with FIN, reserved bits and opcode. */
static inline void fake_frame(struct fake_peer *peer, unsigned first, const void *bytes,
                              size_t length)
{
    unsigned char head[10] = {(unsigned char)first};
    size_t size = 2;

    if (length < 126) {
        head[1] = (unsigned char)length;
    } else if (length < 65536) {
        head[1] = 126;
        head[2] = (unsigned char)(length >> 8);
        head[3] = (unsigned char)length;
        size = 4;
    } else {
        head[1] = 127;
        for (unsigned i = 0; i < 8; i++)
            head[2 + i] = (unsigned char)((uint64_t)length >> (56 - 8 * i));
        size = 10;
    }
    if (length <= sizeof peer->frame - sizeof head) { /* in one TLS record, as servers do */
        memcpy(peer->frame, head, size);
        memcpy(peer->frame + size, bytes, length);
        fake_write(peer, peer->frame, size + length);
        return;
    }
    fake_write(peer, head, size);
    fake_write(peer, bytes, length);
}

enum {
    FAKE_CONTINUATION = 0x00,
    FAKE_TEXT = 0x01,
    FAKE_BINARY = 0x02,
    FAKE_CLOSE = 0x08,
    FAKE_PING = 0x09,
    FAKE_PONG = 0x0a,
    FAKE_FIN = 0x80
};

static inline void fake_say(struct fake_peer *peer, const char *text)
{
    fake_frame(peer, FAKE_FIN | FAKE_TEXT, text, strlen(text));
}

static inline void fake_note(struct fake_feed *server, const char *text, size_t length)
{
    (void)pthread_mutex_lock(&server->lock);
    if (server->said_length + length + 2 > sizeof server->said)
        fake_give_up("the client says too much");
    memcpy(server->said + server->said_length, text, length);
    server->said_length += length;
    server->said[server->said_length++] = '\n';
    server->said[server->said_length] = '\0';
    (void)pthread_mutex_unlock(&server->lock);
}

/* Takes one frame of the client; its opcode, or −1 at the end. Text is noted, pongs counted. */
static inline int fake_hear(struct fake_peer *peer)
{
    unsigned char head[2];
    unsigned char mask[4];
    unsigned char bytes[126];

    if (!fake_read_all(peer, head, 2))
        return -1;
    size_t length = head[1] & 0x7fU;

    if ((head[1] & 0x80U) == 0 || length > 125)
        fake_give_up("a frame that is not masked, or too long for a subscription");
    if (!fake_read_all(peer, mask, 4) || !fake_read_all(peer, bytes, length))
        return -1;
    for (size_t i = 0; i < length; i++)
        bytes[i] ^= mask[i & 3];
    if ((head[0] & 0xfU) == FAKE_TEXT)
        fake_note(peer->server, (const char *)bytes, length);
    if ((head[0] & 0xfU) == FAKE_PONG)
        (void)atomic_fetch_add(&peer->server->pongs, 1);
    return head[0] & 0xf;
}

/* Takes as many subscriptions. */
static inline bool fake_hear_subscriptions(struct fake_peer *peer, int count)
{
    while (count > 0) {
        int opcode = fake_hear(peer);

        if (opcode < 0)
            return false;
        count -= opcode == FAKE_TEXT ? 1 : 0;
    }
    return true;
}

/* Listens until the client has gone or the server is to stop. */
static inline void fake_hear_out(struct fake_peer *peer)
{
    while (fake_hear(peer) >= 0)
        continue;
}

/* Waits until the test has set the step, or the server is to stop. */
static inline void fake_wait_step(struct fake_peer *peer, int step)
{
    while (atomic_load(&peer->server->step) < step && !atomic_load(&peer->server->stopping))
        fake_sleep_ms(FAKE_POLL_MS);
}

/* The end without a close frame, as a reset. */
static inline void fake_reset(struct fake_peer *peer)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};

    (void)setsockopt(peer->descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

static inline void fake_serve(struct fake_feed *server, int descriptor)
{
    struct fake_peer peer = {.server = server, .descriptor = descriptor};
    bool ready = true;

    peer.number = atomic_fetch_add(&server->connections, 1) + 1;
    if (server->tls != NULL) {
        peer.tls = SSL_new(server->tls);
        (void)SSL_set_fd(peer.tls, descriptor);
        ready = SSL_accept(peer.tls) == 1;
    }
    if (ready)
        server->script(&peer);
    if (peer.tls != NULL)
        SSL_free(peer.tls);
    (void)close(descriptor);
}

static inline void *fake_run(void *state)
{
    struct fake_feed *server = state;

    while (fake_wait_readable(server, server->listener)) {
        int descriptor = accept(server->listener, NULL, NULL);

        if (descriptor >= 0)
            fake_serve(server, descriptor);
    }
    return NULL;
}

/* Listens on a free port of 127.0.0.1; script is called in the server's thread. */
static inline void fake_start(struct fake_feed *server, void (*script)(struct fake_peer *peer),
                              SSL_CTX *tls)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;

    memset(server, 0, sizeof *server);
    server->script = script;
    server->tls = tls;
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (server->listener < 0 ||
        bind(server->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(server->listener, 16) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &size) != 0)
        fake_give_up("cannot listen");
    server->port = ntohs(address.sin_port);
    (void)pthread_mutex_init(&server->lock, NULL);
    if (pthread_create(&server->thread, NULL, fake_run, server) != 0)
        fake_give_up("cannot start its thread");
}

static inline void fake_stop(struct fake_feed *server)
{
    atomic_store(&server->stopping, true);
    (void)pthread_join(server->thread, NULL);
    (void)close(server->listener);
    (void)pthread_mutex_destroy(&server->lock);
}

/* How often `word` is in what the client has said so far. */
static inline int fake_heard(struct fake_feed *server, const char *word)
{
    int count = 0;

    (void)pthread_mutex_lock(&server->lock);
    for (const char *p = server->said; (p = strstr(p, word)) != NULL; p++)
        count++;
    (void)pthread_mutex_unlock(&server->lock);
    return count;
}

#endif
