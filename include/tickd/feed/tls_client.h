/* How the client trusts: TLS 1.2 or later, the server's certificate verified against the system's
 * authorities, or against those of one file instead. (libwebsockets checks the host name and sends
 * SNI; left to itself it would also trust the folder "../share" of wherever the process runs.) */
#ifndef TICKD_FEED_TLS_CLIENT_H
#define TICKD_FEED_TLS_CLIENT_H

#include "tickd/base/text.h"

struct ssl_ctx_st;

/* ca_file "" = the system's. NULL with *why when it cannot be. Free with tls_client_destroy(). */
struct ssl_ctx_st *tls_client_create(const char *ca_file, struct text *why);
void tls_client_destroy(struct ssl_ctx_st *context);

/* Why the chain at hand was refused, appended: "self-signed certificate in certificate chain". */
void tls_client_describe(void *verification, struct text *text);

#endif
