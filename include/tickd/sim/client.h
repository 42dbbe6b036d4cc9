/* One connected daemon as the local server sees it: the handshake, its subscriptions, and every way
 * in which Finnhub lets it down.
 *
 *   request ──▶ (held) ──▶ open ──▶ closing ──▶ gone
 *       └──────▶ refused ────────────────────────▲
 */
#ifndef TICKD_SIM_CLIENT_H
#define TICKD_SIM_CLIENT_H

#include <openssl/ssl.h>
#include <uv.h>

#include "tickd/sim/simulation.h"
#include "tickd/sim/truth.h"
#include "tickd/sim/websocket.h"

struct client;

/* What the server is told. */
struct client_events {
    void (*opened)(void *server, struct client *client); /* 101 is sent */
    void (*subscribed)(void *server, struct client *client);
    void (*drained)(void *server);
    void (*gone)(void *server, struct client *client); /* the last one; it is freed after it */
};

/* What all clients share. */
struct client_context {
    const struct sim_config *config;
    struct symbol_table *symbols; /* adopts: a symbol may be subscribed to before it trades */
    struct truth *truth;
    SSL_CTX *tls;
    uv_loop_t *loop;
    const struct client_events *events;
    void *server;
};

/* Accepts a connection; over_limit: the handshake will be refused with 429. NULL when it cannot be
 * accepted. */
struct client *client_accept(struct client_context *context, uv_stream_t *listener,
                             bool over_limit);

/* Whether a trade of this symbol goes to this client now. */
bool client_wants(const struct client *client, uint16_t symbol);

/* Has its 101 and is not on its way out. */
bool client_is_open(const struct client *client);
bool client_has_subscribed(const struct client *client);

/* Bytes that it has not read yet. */
size_t client_waiting(const struct client *client);

/* A text or binary message, whole or in fragments with control PINGs between them. */
void client_send(struct client *client, enum websocket_opcode opcode, const char *bytes,
                 size_t length, bool fragments);

/* Finnhub's ping, unless it has gone silent for this client. */
void client_ping(struct client *client);

/* Does what is due at `now_ms` (the loop's clock). */
void client_tick(struct client *client, int64_t now_ms);

/* Ways out. close: with a close frame; end: without; mute: stays open, nothing comes any more. */
void client_close(struct client *client, unsigned code, const char *why);
void client_end(struct client *client, const char *why);
void client_reset(struct client *client, const char *why);
void client_mute(struct client *client);
void client_close_soon(struct client *client, int64_t now_ms);

/* Counted from 1, in the order of accepting; for messages. */
uint64_t client_number(const struct client *client);

#endif
