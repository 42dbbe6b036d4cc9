/* One POST at a time, http or https, on the event loop, and nothing of the answer but its status.
 * It resolves no names itself: the caller lends it somebody who does without holding up the loop.
 *
 *      resolving ──▶ connecting ──▶ [handshake] ──▶ sending ──▶ answer's first line
 *
 * Everything is bounded: HTTP_REQUEST_MAX bytes go out, HTTP_LINE_MAX bytes of the answer are
 * looked at, and the whole is given up after a time. Redirections are not followed. */
#ifndef TICKD_OPS_HTTP_POST_H
#define TICKD_OPS_HTTP_POST_H

#include <netdb.h>
#include <uv.h>

#include "tickd/base/web_url.h"

enum {
    HTTP_REQUEST_MAX = 4096, /* with its head */
    HTTP_LINE_MAX = 256,     /* the answer's first line */
    HTTP_PIECE_MAX = 4096,   /* read or written at once */
    HTTP_WHY_MAX = 192
};

struct ssl_st;
struct ssl_ctx_st;

struct http_post_setup {
    uv_loop_t *loop;
    /* Asks for a host's addresses, which then go to http_post_resolved(). An error: it cannot. */
    int (*resolve)(void *state, const char *host, uint16_t port);
    void *resolve_state;
    struct ssl_ctx_st *tls; /* NULL: https cannot be done */

    /* The POST has ended, and another may begin. status: HTTP's, 0 = there was no answer, and why
     * says so. Called from the loop, never from http_post_begin(). */
    void (*done)(void *state, int status, const char *why);
    void *state;
};

enum http_phase {
    HTTP_IDLE,
    HTTP_RESOLVING,
    HTTP_CONNECTING,
    HTTP_HANDSHAKE,
    HTTP_WAITING, /* the request is on its way or there */
    HTTP_ENDING   /* the loop is closing it */
};

struct http_post {
    struct http_post_setup setup;
    enum http_phase phase;
    bool is_open; /* the socket's handle */
    bool is_writing;
    bool is_sent;
    const struct web_url *url;
    uint64_t attempts;
    struct ssl_st *ssl;
    uv_timer_t timer;
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    int status;
    char why[HTTP_WHY_MAX];
    size_t request_length;
    size_t line_length;
    char request[HTTP_REQUEST_MAX];
    char line[HTTP_LINE_MAX];
    char in[HTTP_PIECE_MAX];
    char out[HTTP_PIECE_MAX];
};

void http_post_start(struct http_post *post, const struct http_post_setup *setup);

/* Sends `body` as application/json; there must be no other. url must stay until it is done. */
void http_post_begin(struct http_post *post, const struct web_url *url, const char *body,
                     int64_t timeout_s);

/* What came of the question: addresses (needed only during the call), or what failed. One that
 * comes too late is ignored. */
void http_post_resolved(struct http_post *post, const char *failure, const struct addrinfo *list);

/* Drops what is under way, without a word, and closes all handles. */
void http_post_stop(struct http_post *post);

#endif
