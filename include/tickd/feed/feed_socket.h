/* The connection to the feed: names by resolver.h, everything above them by libwebsockets on the
 * caller's loop. It knows nothing of states, symbols or frames' contents: it tells what
 * happens, and one connection or attempt is all it ever holds.
 *
 * The libwebsockets context is this connection's own. Contexts share a libuv loop without harm (a
 * second one costs 32 kB), while libwebsockets 4.1.6 asks the first virtual host of a context about
 * every certificate, so that a dashboard in the same context would be asked about the feed's. It
 * also keeps an index into OpenSSL's data for the whole process, set anew by each context that
 * speaks TLS: create those before the loop runs.
 *
 * Nothing in here blocks: libwebsockets would resolve names inside the loop, so it is given
 * addresses only. Its own timeouts, pings and redirections are off; the caller decides when an
 * attempt has taken too long. */
#ifndef TICKD_FEED_FEED_SOCKET_H
#define TICKD_FEED_FEED_SOCKET_H

#include "tickd/base/arena.h"
#include "tickd/feed/feed_url.h"
#include "tickd/feed/fragments.h"

struct uv_loop_s;
struct ssl_ctx_st;
struct feed_socket;

enum {
    FEED_SOCKET_TEXT_MAX = 256, /* longest text of an event */
    FEED_SOCKET_SEND_MAX = 512  /* longest message that can be sent */
};

/* What it tells. Each may be called from inside feed_socket_connect(), none from inside
 * feed_socket_drop(). None may call feed_socket_drop() or feed_socket_stop(). */
struct feed_socket_events {
    /* The attempt has succeeded. */
    void (*opened)(void *state);

    /* The attempt has failed. status: HTTP's, 0 = it did not come to that; retry_after_s: the
     * server's wish, 0 = none. */
    void (*failed)(void *state, int status, int64_t retry_after_s, const char *why);

    /* The open connection has ended. */
    void (*closed)(void *state, const char *why);

    void (*received)(void *state, const struct fragment *fragment);

    /* After feed_socket_want_write(): writes at most `capacity` bytes of the text message to send,
     * returns how many; 0 = nothing. */
    size_t (*writable)(void *state, char *bytes, size_t capacity);

    void *state;
};

struct feed_socket_setup {
    struct uv_loop_s *loop;
    const struct feed_url *url;
    const char *request;    /* path and query, with the key; must outlive the socket */
    struct ssl_ctx_st *tls; /* NULL for ws:// */
    int64_t longest_wait_s; /* the caller gives up an attempt before that */
    struct feed_socket_events events;
};

/* NULL while measuring. */
struct feed_socket *feed_socket_create(struct arena *arena);

/* Makes it ready; nothing is sent. ERROR_MEMORY when libwebsockets cannot start. */
int feed_socket_start(struct feed_socket *socket, const struct feed_socket_setup *setup);

/* Begins an attempt; there must be none. One of opened and failed follows, if it is not dropped. */
void feed_socket_connect(struct feed_socket *socket);

/* Ends the attempt or the connection, without a further event. Not from inside an event. */
void feed_socket_drop(struct feed_socket *socket);

/* Asks for a call of `writable`. */
void feed_socket_want_write(struct feed_socket *socket);

/* Drops, and begins to end the context. Not from inside an event. Then the loop runs until it is
 * empty, then feed_socket_destroy(). Without a successful start neither does anything. */
void feed_socket_stop(struct feed_socket *socket);
void feed_socket_destroy(struct feed_socket *socket);

#endif
