/* The client's SSL_CTX. */
#include "tickd/feed/tls_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>

static void add_openssl_error(struct text *why)
{
    unsigned long error = ERR_peek_error();
    const char *reason =
        ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error)) : ERR_reason_error_string(error);

    text_add(why, reason != NULL ? reason : "unknown reason");
    ERR_clear_error();
}

static bool trust(SSL_CTX *context, const char *ca_file)
{
    if (ca_file[0] == '\0')
        return SSL_CTX_set_default_verify_paths(context) == 1;
    return SSL_CTX_load_verify_file(context, ca_file) == 1;
}

struct ssl_ctx_st *tls_client_create(const char *ca_file, struct text *why)
{
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    if (context == NULL || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) {
        text_add(why, "TLS cannot be set up: ");
        add_openssl_error(why);
        SSL_CTX_free(context);
        return NULL;
    }
    if (!trust(context, ca_file)) {
        text_format(why, "feed.ca_file %s cannot be used: ", ca_file);
        add_openssl_error(why);
        text_add(why, "; name a file of certificates in PEM");
        SSL_CTX_free(context);
        return NULL;
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    (void)SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    /* Without SSL_MODE_RELEASE_BUFFERS the buffers of a connection stay: with it OpenSSL takes and
     * gives back 20 kB a frame. */
    (void)SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    (void)SSL_CTX_clear_mode(context, SSL_MODE_RELEASE_BUFFERS);
    return context;
}

void tls_client_destroy(struct ssl_ctx_st *context)
{
    SSL_CTX_free(context);
}

void tls_client_describe(void *verification, struct text *text)
{
    int error = X509_STORE_CTX_get_error(verification);

    text_add(text, X509_verify_cert_error_string(error));
}
