/* One client of the control socket: its lines in, its replies out. Between control.c and
 * control_client.c. */
#ifndef TICKD_OPS_CONTROL_CLIENT_H
#define TICKD_OPS_CONTROL_CLIENT_H

#include "tickd/ops/control.h"
#include "tickd/ops/control_listen.h"
#include "tickd/ops/control_output.h"

/* The only way is down. */
enum client_state {
    CLIENT_OPEN,
    CLIENT_FINISHING, /* takes no more lines; closes when its last reply is sent */
    CLIENT_CLOSING    /* the loop is closing it */
};

struct client {
    uv_pipe_t pipe;
    struct control *control;
    enum client_state state;
    struct control_peer peer;
    /* in: lines not yet answered, from input_start on */
    size_t input_start;
    size_t input_length;
    bool is_reading;
    bool has_ended;           /* it sends no more */
    bool is_answering;        /* a line of it is being answered at this moment */
    int64_t line_waiting_us;  /* since when a whole line waits for its turn, 0 = none */
    uint32_t half_line_ticks; /* how long half a line has been there */
    uint32_t idle_ticks;      /* how long it has asked for nothing, and been promised nothing */
    /* out */
    struct output output;
    uint64_t sent_before;   /* bytes, at the last tick */
    uint32_t stalled_ticks; /* how long nothing has moved */
    /* promises */
    bool is_waiting;
    uint32_t waited_ticks;
    struct control_promise wait;
    bool is_watching;
    struct control_promise watch;
    char input[RPC_LINE_MAX + 1];
};

struct control {
    struct control_options options;
    struct control_place place;
    const struct control_host *host;
    struct control_desk *desk;
    struct text reply;       /* over output_bytes_max bytes: the reply that is being made */
    struct output_pool pool; /* what no client has read yet */
    uv_pipe_t server;
    uv_timer_t timer;
    uv_prepare_t prepare;
    uv_idle_t idle;
    size_t open_handles;
    struct client **clients; /* clients_max places, NULL = free */
    size_t client_count;
    uint32_t watched; /* set of topics that anybody watches */
    bool must_flush;  /* watchers have got messages */
    int64_t spent_ns; /* on answers, in this turn of the loop */
    size_t first;     /* place of the client that is served first in the next turn */
    bool is_knocking; /* a connection waits for the place of one that is being closed */
    bool is_stopping;
    uint64_t requests;
    uint64_t answered;
    uint64_t cut_off;
    uint64_t refused;
    void (*done)(void *state);
    void *done_state;
};

enum { CONTROL_TICK_MS = 100 };

/* A new client that has been accepted into client->pipe. */
void client_start(struct client *client);

/* Answers the lines that are there, a turn's worth. */
void client_work(struct client *client);

/* Once every CONTROL_TICK_MS: promises, patience. */
void control_client_tick(struct client *client);

/* Hands a message to a watcher. */
void client_see(struct client *client, const struct message *message);

/* Sends what a watcher has got in this turn. */
void client_flush(struct client *client);

/* Whether it has been idle for so long that it gives its place to one that comes. */
bool client_may_go(const struct client *client);

/* Says why, and closes. */
void client_give_way(struct client *client);

/* Says that the daemon ends, if it is owed an answer, and closes. */
void client_stop(struct client *client);

/* For client code: another turn is wanted; a client's memory can go. */
void control_want_turn(struct control *control);
void control_forget(struct control *control, struct client *client);
void control_count_watched(struct control *control);

/* The client that has left the most unread; NULL: none has left anything. */
struct client *control_fullest_client(const struct control *control);

#endif
