/* The live feed: keeps a connection to Finnhub (or a server that speaks like it), asks for every
 * symbol, hands each message to the engine, and says what state it is in.
 *
 *     socket ──bytes──▶ fragments ──message──▶ ingest ──▶ engine
 *       ▲                                        │ trades, pings, errors
 *       │ connect, drop, subscribe               ▼
 *       └──────────────── feed_states ◀──── client ────▶ streams (one a symbol)
 *
 * It lives on the caller's libuv loop and nothing in it blocks. Between a message on the socket and
 * its dispatch nothing is allocated. Each change of state is one line of log and one input to the
 * engine. */
#ifndef TICKD_FEED_CLIENT_H
#define TICKD_FEED_CLIENT_H

#include "tickd/feed/ingest.h"
#include "tickd/feed/lws_log.h"

struct uv_loop_s;
struct feed_client;

struct feed_client_setup {
    struct uv_loop_s *loop;
    const struct settings *settings; /* checked; must outlive the client */
    struct engine *engine;
    struct ingest *ingest;

    int64_t (*wall_us)(void);   /* UNIX time: receive times */
    int64_t (*steady_ns)(void); /* a clock that never steps: every wait and silence */

    /* One line for the log; neither event nor text ever holds the key. */
    feed_log log;

    /* The handshake was answered with 401 or 403; NULL = nobody wants to know. ever_connected:
     * whether this key has worked before. It may not call feed_client_stop() from inside; it may
     * ask the loop for it. */
    void (*refused)(void *state, bool ever_connected);

    void *state;          /* of log and refused */
    uint64_t jitter_seed; /* of the back-off; 0 = the system's randomness, so that no two clients
                             draw alike */
};

/* What the configuration must have for a live feed, beyond what settings_check() sees: named
 * symbols, a key where the server wants one, a certificate authority that can be read. Reads the
 * key and forgets it; FINNHUB_TOKEN is gone from the environment afterwards. Errors as
 * feed_client_start(). */
int feed_client_check(const struct settings *settings, struct text *why);

/* Takes all memory that the client will need. NULL while measuring. */
struct feed_client *feed_client_create(struct arena *arena, const struct settings *settings);

/* Reads the key and begins. On error *why is the line to print, nothing runs, and only
 * feed_client_destroy() may follow: ERROR_IO, ERROR_SYNTAX, ERROR_RANGE, ERROR_NOT_FOUND (no key):
 * the configuration's; ERROR_MEMORY: libwebsockets cannot start. */
int feed_client_start(struct feed_client *client, const struct feed_client_setup *setup,
                      struct text *why);

/* Ends the connection and everything that the client has on the loop; once. `done` (NULL = nobody
 * waits) is called from the loop when its timers are closed; libwebsockets needs the loop a little
 * longer, so
 *
 *     feed_client_stop(client, done, state);
 *     uv_run(loop, UV_RUN_DEFAULT);      until it is empty
 *     feed_client_destroy(client);       wipes the key
 *     uv_loop_close(loop);               0
 *
 * Not from inside a callback of the client. */
void feed_client_stop(struct feed_client *client, void (*done)(void *state), void *state);
void feed_client_destroy(struct feed_client *client);

/* While it runs: other symbols from now on. Those that are new are subscribed, those that are gone
 * unsubscribed, at the pace of the others. `can`: whether the engine knows them all; one that it
 * does not know has no room in it before a restart. */
bool feed_client_can_ask_for(const struct feed_client *client, const struct setting_list *symbols);
void feed_client_ask_for(struct feed_client *client, const struct setting_list *symbols);

enum feed_state feed_client_state(const struct feed_client *client);

/* Fills the feed's part of *live, and the latencies that the ingest measures. */
void feed_client_status(const struct feed_client *client, struct status_live *live);

#endif
