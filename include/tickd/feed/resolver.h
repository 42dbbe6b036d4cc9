/* Names to addresses without holding up the loop: each question is asked by the C library in a
 * thread of its own, which lives as long as the question. (libuv would ask in its pool, which the
 * store and the tape need, and whose threads a process waits for when it ends; a dead name server
 * would make every stop take half a minute.) One question at a time. */
#ifndef TICKD_FEED_RESOLVER_H
#define TICKD_FEED_RESOLVER_H

#include <netdb.h>
#include <uv.h>

#include "tickd/base/compiler.h"

struct resolver_job;

struct resolver {
    uv_async_t wake;
    struct resolver_job *job; /* the question at hand, NULL = none */
    void (*answered)(void *state, const char *failure, const struct addrinfo *list);
    void *state;
    /* getaddrinfo(), unless a test has put something else here; called in the thread. */
    int (*lookup)(const char *host, const char *port, const struct addrinfo *hints,
                  struct addrinfo **list);
};

/* `answered` is called from the loop, with the addresses (valid until it returns), or with what
 * failed and no addresses. 0 or libuv's error. */
int resolver_start(struct resolver *resolver, uv_loop_t *loop,
                   void (*answered)(void *state, const char *failure, const struct addrinfo *list),
                   void *state);

/* Asks for the addresses of a host, for a stream on a port. ERROR_STATE: a question is at hand, its
 * answer will come; ERROR_MEMORY: there is no thread to be had. */
int resolver_ask(struct resolver *resolver, const char *host, uint16_t port);

/* Closes its handle. A question at hand is left to its thread, which ends by itself and tells
 * nobody. */
void resolver_stop(struct resolver *resolver);

#endif
