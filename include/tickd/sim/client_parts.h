/* The inside of a client, shared by client.c (its life), client_handshake.c (how it comes in) and
 * client_messages.c (what it says). Nobody else includes this. */
#ifndef TICKD_SIM_CLIENT_PARTS_H
#define TICKD_SIM_CLIENT_PARTS_H

#include "tickd/sim/bytes.h"
#include "tickd/sim/client.h"
#include "tickd/sim/link.h"

enum { CLIENT_SYMBOL_WORDS = SYMBOLS_MAX / 64, CLIENT_ANSWER_MAX = 1024 };

enum client_state {
    CLIENT_REQUEST, /* its request is not whole yet */
    CLIENT_HELD,    /* its 101 is held back */
    CLIENT_OPEN,
    CLIENT_LEAVING
};

struct client {
    struct client_context *context;
    struct link *link;
    enum client_state state;
    uint64_t number; /* among all connections, from 1 */
    uint64_t place;  /* among those that got their 101, from 1 */
    bool over_limit; /* came too fast after the others */
    bool muted;      /* neither trades nor pings */
    bool tradeless;  /* no trades */
    struct bytes input;
    struct bytes message; /* fragments so far */
    bool in_message;
    struct bytes output;                   /* the message being written */
    char answer[CLIENT_ANSWER_MAX];        /* the 101 that is held back */
    int64_t answer_ms;                     /* the loop's clock */
    int64_t close_ms;                      /* 0 = not planned */
    bool subscribed;                       /* has ever */
    int64_t subscribed_ms;                 /* the first time */
    uint64_t fired;                        /* bit f: fault f has struck here */
    size_t symbol_count;                   /* of the bits below */
    uint64_t symbols[CLIENT_SYMBOL_WORDS]; /* bit by symbol id */
};

/* Adds a count to the truth's. */
void client_strike(struct client *client, enum fault fault);

/* Writes a control frame. */
void client_control(struct client *client, enum websocket_opcode opcode, const char *payload,
                    size_t length);

/* client_handshake.c: takes the request from the input when it is whole. */
void client_handshake(struct client *client);

/* Sends the 101 and opens the client. */
void client_answer(struct client *client);

/* client_messages.c: takes whole frames from the input. */
void client_listen(struct client *client);

#endif
