/* The server's side of WebSocket (RFC 6455), bytes in and bytes out: the handshake's request and
 * answer, frame heads, frames of clients. No sockets.
 *
 * finnhub-sim speaks the protocol itself and not through libwebsockets, which tickd's client uses.
 * Tried with 4.1.6 as a server: it decides about a handshake inside of one callback, so that the
 * 101 cannot be held back for 65 s; a refusal by lws_return_http_status() is HTTP/1.0 with a page
 * of its own around the text; it writes the heads of frames itself, so that none can be wrong. And
 * two ends from one library would share its misunderstandings.
 */
#ifndef TICKD_SIM_WEBSOCKET_H
#define TICKD_SIM_WEBSOCKET_H

#include "tickd/base/text.h"

enum websocket_opcode {
    WEBSOCKET_CONTINUATION = 0,
    WEBSOCKET_TEXT = 1,
    WEBSOCKET_BINARY = 2,
    WEBSOCKET_CLOSE = 8,
    WEBSOCKET_PING = 9,
    WEBSOCKET_PONG = 10
};

enum {
    WEBSOCKET_REQUEST_MAX = 8192,  /* bytes of a request's head */
    WEBSOCKET_HEAD_MAX = 10,       /* bytes of a server's frame head */
    WEBSOCKET_ACCEPT_MAX = 29,     /* Sec-WebSocket-Accept with its terminating zero */
    WEBSOCKET_CONTROL_MAX = 125,   /* payload of a control frame */
    WEBSOCKET_CLOSE_NORMAL = 1000, /* RFC 6455, 7.4.1 */
    WEBSOCKET_CLOSE_GOING_AWAY = 1001,
    WEBSOCKET_CLOSE_PROTOCOL = 1002,
    WEBSOCKET_CLOSE_TOO_BIG = 1009
};

/* Parts of a request's head; they point into its bytes. */
struct websocket_request {
    const char *target; /* path and query */
    size_t target_length;
    const char *key; /* Sec-WebSocket-Key */
    size_t key_length;
    size_t length; /* of the whole head */
};

/* 1 = a whole request for an upgrade to WebSocket 13; 0 = more is needed; ERROR_SYNTAX = none;
 * ERROR_OVERFLOW = its head is too long. */
int websocket_read_request(const char *bytes, size_t length, struct websocket_request *request);

/* Whether the target's query has "token=" with exactly that value (percent-encoding undone). */
bool websocket_token_is(const struct websocket_request *request, const char *token);

/* The answer to a key: base64 of the SHA-1 of the key and RFC 6455's GUID. */
void websocket_accept(const char *key, size_t length, char accept[WEBSOCKET_ACCEPT_MAX]);

/* Appends the answer that switches protocols; lower_case: header names and values but for the key.
 */
void websocket_answer(struct text *text, const struct websocket_request *request, bool lower_case);

/* The head of a server's frame (never masked); returns its length. reserved: RSV bits 0 to 7. */
size_t websocket_frame_head(unsigned char head[WEBSOCKET_HEAD_MAX], enum websocket_opcode opcode,
                            bool final, unsigned reserved, size_t length);

/* A client's frame; its payload is unmasked in place. */
struct websocket_frame {
    enum websocket_opcode opcode;
    bool final;
    char *payload;
    size_t length; /* of the payload */
    size_t used;   /* of the whole frame */
};

/* 1 = a whole frame; 0 = more is needed; ERROR_SYNTAX = against the protocol (unmasked, reserved
 * bits or opcodes, a control frame that is long or in fragments); ERROR_OVERFLOW = payload longer
 * than payload_max. */
int websocket_read_frame(char *bytes, size_t length, size_t payload_max,
                         struct websocket_frame *frame);

#endif
