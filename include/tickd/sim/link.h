/* One accepted connection: TCP on the libuv loop, with TLS if asked (OpenSSL over memory, so that
 * libuv keeps the socket). Bytes in, bytes out, and every way to end it, kind or not.
 *
 *   link_write ──▶ waiting ──▶ in flight ──▶ socket       at most one write is under way
 *
 * Nothing limits what waits: the caller looks at link_waiting() before it writes more. */
#ifndef TICKD_SIM_LINK_H
#define TICKD_SIM_LINK_H

#include <openssl/ssl.h>
#include <uv.h>

#include "tickd/base/compiler.h"

enum { LINK_PEER_MAX = 64 };

struct link;

/* What the owner is told. Inside of these it may write and end the link. */
struct link_events {
    void (*received)(void *owner, const char *bytes, size_t length);
    void (*drained)(void *owner);                /* nothing waits any more */
    void (*ended)(void *owner, const char *why); /* the last call; the link is gone after it */
};

/* Accepts what waits at `listener`. ERROR_MEMORY, ERROR_IO: then nothing is called. The context
 * must outlive the link; NULL = without TLS. */
int link_accept(uv_stream_t *listener, SSL_CTX *tls, const struct link_events *events, void *owner,
                struct link **link);

/* Queues bytes. When there is no memory the link is reset. Ignored once it is ending or frozen. */
void link_write(struct link *link, const void *bytes, size_t length);

/* Bytes that the peer's socket has not taken yet. */
size_t link_waiting(const struct link *link);

/* Sends what waits, ends its own direction, and waits for the peer to end the other (at most two
 * seconds, so that the peer can read all); `why` is a static string for ended(). A peer that takes
 * nothing for ten seconds is given up, a frozen link is reset. */
void link_end(struct link *link, const char *why);

/* Resets the connection: RST, and what waits is lost. */
void link_reset(struct link *link, const char *why);

/* Leaves the socket open and touches it no more until it is ended or reset. */
void link_freeze(struct link *link);

/* "127.0.0.1:54321" */
const char *link_peer(const struct link *link);

/* A server's TLS context from PEM files. On failure NULL and one line in `error`. */
SSL_CTX *link_tls_context(const char *certificate, const char *key, char *error, size_t capacity);

#endif
