/* An address of the web, http:// or https:// (RFC 3986, without fragments), taken apart. */
#ifndef TICKD_BASE_WEB_URL_H
#define TICKD_BASE_WEB_URL_H

#include "tickd/base/text.h"

enum { WEB_URL_MAX = 256 /* bytes of the whole, with the terminating zero */ };

struct web_url {
    bool secure; /* https:// */
    uint16_t port;
    char host[WEB_URL_MAX];      /* a name or an address; an IPv6 one without its brackets */
    char authority[WEB_URL_MAX]; /* as a Host header has it: brackets, and a port that is unusual */
    char target[WEB_URL_MAX];    /* path and query; at least "/" */
    char user[WEB_URL_MAX];      /* "user:password", decoded; "" = none */
};

/* ERROR_SYNTAX, or ERROR_RANGE when it is too long or its port is no port. What is wrong is not
 * said in more words: the address may hold a secret. */
int web_url_parse(const char *text, struct web_url *url);

/* Appends what may be shown of it: "https://host:8443/<hidden>". User, path and query stay out;
 * services put secrets into each of them. The result is no address, so nobody can mistake it for
 * one. Of a text that cannot be parsed it shows "<hidden>". */
void web_url_print_shown(const char *text, struct text *out);

#endif
