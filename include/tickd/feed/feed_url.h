/* Where the feed is: ws://HOST[:PORT][/PATH] or wss://…, in its parts. No user, query or fragment:
 * the key has its own places. */
#ifndef TICKD_FEED_FEED_URL_H
#define TICKD_FEED_FEED_URL_H

#include "tickd/base/text.h"

enum { FEED_URL_MAX = 256, FEED_HOST_MAX = 256 };

struct feed_url {
    bool secure;              /* wss */
    uint16_t port;            /* the scheme's, 80 or 443, if the URL has none */
    char host[FEED_HOST_MAX]; /* without brackets */
    char path[FEED_URL_MAX];  /* begins with '/' */
    /* What the header "Host" says: with brackets, and with a port that is not the scheme's. */
    char authority[FEED_HOST_MAX];
};

/* ERROR_SYNTAX, ERROR_RANGE (port), with *why. The message does not repeat the URL. */
int feed_url_parse(const char *text, struct feed_url *url, struct text *why);

/* finnhub.io or a host of it: there, nothing comes without a key. */
bool feed_url_needs_key(const struct feed_url *url);

#endif
