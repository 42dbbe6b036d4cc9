/* What the dashboard's files share: dashboard.c (the door, the clock), dashboard_http.c (requests),
 * dashboard_send.c (answers on their way), dashboard_live.c (the WebSocket), dashboard_render.c
 * (documents). For them alone. */
#ifndef TICKD_OPS_DASHBOARD_PARTS_H
#define TICKD_OPS_DASHBOARD_PARTS_H

#include <libwebsockets.h>

#include "tickd/ops/dashboard.h"
#include "tickd/ops/dashboard_address.h"

enum {
    DASHBOARD_HEAD_MAX = 1536, /* bytes of an answer's head */
    DASHBOARD_STEPS = 10,      /* parts of a tick, over which the clients are spread */
    READING_TICKS_MAX = 40,    /* 10 s for a whole request, or between two */
    ANSWERING_TICKS_MAX = 60,  /* 15 s for anything of an answer to be taken */
    LIVE_TICKS_MAX = 80,       /* 20 s for a frame to be taken */
    LISTEN_AGAIN_TICKS = 40    /* 10 s */
};

/* The only way back is from an answer to the next request. */
enum connection_state { CONNECTION_READING, CONNECTION_ANSWERING, CONNECTION_LIVE };

struct connection {
    struct dashboard *dashboard;
    struct lws *wire;
    enum connection_state state;
    bool is_cut;                    /* it was too slow, and is on its way out */
    uint32_t idle_ticks;            /* since anything has moved */
    char local[DASHBOARD_NAME_MAX]; /* this end's address, "" = a UNIX socket */
    size_t unsent;                  /* bytes that wait for it in memory, here or in libwebsockets */
    /* CONNECTION_ANSWERING */
    const unsigned char *body; /* what is left: in the program, or in `kept` */
    size_t left;
    unsigned char *kept;
    bool is_waiting; /* for the socket to take more; no input is taken meanwhile */
    bool closes;     /* after it */
    /* CONNECTION_LIVE */
    bool is_dirty;     /* there is a newer state than it has */
    int64_t dirty_us;  /* since when */
    int64_t asked_us;  /* since when a whole question waits; 0 = none does */
    uint32_t asked;    /* questions answered in this tick */
    uint64_t log_next; /* number of the next line that it gets */
    size_t question_length;
    char question[DASHBOARD_QUESTION_MAX];
};

/* Documents of the moment, for all clients; there while anybody is connected. */
struct dashboard_desk {
    struct control_desk *desk;
    uint64_t document_tick; /* of the document; 0 = none yet */
    struct text document;   /* the push: LWS_PRE bytes before it are free */
    struct text answer;     /* likewise */
    unsigned char document_memory[LWS_PRE + DASHBOARD_DOCUMENT_MAX];
    unsigned char answer_memory[LWS_PRE + DASHBOARD_DOCUMENT_MAX];
};

struct dashboard {
    struct dashboard_options options;
    struct dashboard_address address;
    struct control_place place; /* of a UNIX socket */
    struct lws_context *context;
    uv_timer_t timer;
    uv_poll_t door;
    uv_check_t check; /* runs while answers wait */
    int listener;     /* descriptor, −1 = none */
    bool is_stopping;
    uint64_t tick;                   /* from 1 */
    size_t step;                     /* of the tick */
    int64_t spent_ns;                /* on answers, in this tick */
    uint64_t shut_ticks;             /* for how long the door could not be opened */
    struct connection **connections; /* settings->clients_max places, NULL = free */
    size_t connection_count;
    size_t live_count;
    size_t waiting_count;
    size_t unsent; /* of all connections */
    struct dashboard_desk *desk;
    /* since the start */
    uint64_t requests;
    uint64_t pushes;
    uint64_t answers;
    uint64_t refused;
    uint64_t cut_off;
};

/* dashboard_render.c. NULL: no memory. */
struct dashboard_desk *dashboard_desk_create(const struct control_host *host);
void dashboard_desk_destroy(struct dashboard_desk **desk);

/* The dashboard's desk, made if it is not there; NULL: no memory. */
struct dashboard_desk *dashboard_desk(struct dashboard *dashboard);

/* The push of this tick: renders it unless that is done. */
const struct text *dashboard_document(struct dashboard *dashboard, struct dashboard_desk *desk);

/* Into desk->answer. */
void dashboard_answer_question(struct dashboard *dashboard, struct dashboard_desk *desk,
                               const char *question, size_t length);
/* Lines from *next on, as many as fit; moves *next behind them. */
void dashboard_print_log(const struct log_tail *tail, uint64_t *next, struct text *out);

/* dashboard_http.c: what libwebsockets wants returned. */
int dashboard_on_request(struct connection *connection, const char *path);
/* 0: it may be a WebSocket; > 0: it has been told that it may not; < 0: hang up. */
int dashboard_on_upgrade(struct connection *connection);

/* dashboard_send.c */
struct dashboard_body {
    const unsigned char *bytes;
    size_t length;
    bool is_lasting; /* it stays where it is; else it is copied as far as it has to wait */
};

/* What libwebsockets wants returned. connection->closes: whether this is the last answer. */
int dashboard_send(struct connection *connection, const struct text *head,
                   struct dashboard_body body);
int dashboard_on_http_writable(struct connection *connection);
/* For so many bytes that have to wait: those that have left the most unread are cut off. */
void dashboard_make_room(struct dashboard *dashboard, size_t bytes);
void dashboard_note_unsent(struct connection *connection, size_t bytes);
/* Gives up what waits for it. */
void dashboard_forget_answer(struct connection *connection);
void dashboard_cut_off(struct connection *connection);

/* dashboard_live.c: what libwebsockets wants returned. */
int dashboard_on_live(struct connection *connection);
int dashboard_on_received(struct connection *connection, const char *bytes, size_t length);
int dashboard_on_live_writable(struct connection *connection);
void dashboard_live_tick(struct connection *connection);
/* Since when it waits for what it would take, 0 = it does not. */
int64_t dashboard_live_owed_since_us(const struct connection *connection);

#endif
