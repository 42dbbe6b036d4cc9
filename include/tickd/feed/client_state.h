/* The client's inside, shared by client.c (its life), client_events.c (what happens to it) and
 * client_messages.c (what the server says). */
#ifndef TICKD_FEED_CLIENT_STATE_H
#define TICKD_FEED_CLIENT_STATE_H

#include <uv.h>

#include "tickd/feed/client.h"
#include "tickd/feed/feed_socket.h"
#include "tickd/feed/feed_states.h"
#include "tickd/feed/log_limit.h"
#include "tickd/feed/streams.h"

enum { CLIENT_LOG_LINES_A_MINUTE = 20, CLIENT_TEXT_MAX = 512, CLIENT_TIMERS = 3 };

/* What a connection needs of the configuration. */
struct feed_access {
    struct feed_url url;
    struct token token;
    struct ssl_ctx_st *tls; /* NULL for ws:// */
};

struct feed_client {
    struct feed_client_setup setup;
    struct feed_access access;
    struct feed_socket *socket;
    struct fragments fragments;
    struct feed_states states;
    struct streams streams;
    struct log_limit messages; /* lines about what the server says */
    struct log_limit unusable; /* about trades that cannot be used */
    struct log_limit too_long; /* about messages that are dropped */
    struct log_limit binary;
    uv_timer_t tick;    /* once a second: what does silence mean? */
    uv_timer_t attempt; /* ends a wait */
    uv_timer_t pace;    /* spreads the subscriptions */
    bool started;
    bool stopped;
    int timers_open;
    bool may_ask;                  /* the pause between two subscriptions is over */
    uint16_t leaving[STREAMS_MAX]; /* symbols to be unsubscribed on this connection */
    size_t leaving_count;
    int64_t since_wall_us;
    uint64_t bytes;
    uint64_t pings;
    uint64_t errors;
    void (*done)(void *state);
    void *done_state;
};

/* The steady clock. */
int64_t client_steady_us(const struct feed_client *client);

/* A moment of it as UNIX time; 0 stays 0. */
int64_t client_wall_us(const struct feed_client *client, int64_t moment_us);

/* One line for the log, without the key. */
void client_log(const struct feed_client *client, enum log_level level, const char *event,
                const char *text);

/* An event for the states, and what they want done about it. */
void client_happen(struct feed_client *client, enum feed_event event, const char *reason);

/* What the second's timer does. */
void client_tick(struct feed_client *client);

/* The reports and events that client.c gives to states, streams, socket and timer. */
void client_report_state(void *context, const struct feed_states *states, enum feed_state before,
                         bool moved);
void client_report_stream(void *context, const struct stream *stream, const char *reason);
struct feed_socket_events client_socket_events(struct feed_client *client);
void client_on_received(void *state, const struct fragment *fragment);
void client_on_tick(uv_timer_t *timer);

#endif
