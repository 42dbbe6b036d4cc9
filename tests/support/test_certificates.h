/* Certificates for tests of TLS: an authority and what it signs, made anew for each run. Link it by
 * including this file; it is all static. */
#ifndef TICKD_SUPPORT_TEST_CERTIFICATES_H
#define TICKD_SUPPORT_TEST_CERTIFICATES_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

struct test_certificate {
    EVP_PKEY *key;
    X509 *certificate;
};

static inline void certificate_give_up(const char *what)
{
    fprintf(stderr, "test certificates: %s\n", what);
    abort();
}

static inline void certificate_extend(X509 *certificate, X509 *issuer, int kind, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);

    if (extension == NULL || X509_add_ext(certificate, extension, -1) != 1)
        certificate_give_up(value);
    X509_EXTENSION_free(extension);
}

/* names: "DNS:localhost,IP:127.0.0.1"; NULL makes an authority. issuer NULL = itself. Valid from
 * `from_s` to `to_s`, seconds from now. */
static inline struct test_certificate certificate_make(const char *names,
                                                       const struct test_certificate *issuer,
                                                       long from_s, long to_s)
{
    struct test_certificate made = {EVP_EC_gen("P-256"), X509_new()};
    static long serial = 1;

    if (made.key == NULL || made.certificate == NULL)
        certificate_give_up("no memory");
    const struct test_certificate *by = issuer != NULL ? issuer : &made;
    X509_NAME *subject = X509_get_subject_name(made.certificate);
    char name[64]; /* no two the same */

    (void)snprintf(name, sizeof name, "tickd test %s %ld", names != NULL ? "server" : "authority",
                   serial);

    (void)X509_set_version(made.certificate, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), serial++);
    (void)X509_gmtime_adj(X509_getm_notBefore(made.certificate), from_s);
    (void)X509_gmtime_adj(X509_getm_notAfter(made.certificate), to_s);
    (void)X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1,
                                     -1, 0);
    (void)X509_set_issuer_name(made.certificate, X509_get_subject_name(by->certificate));
    (void)X509_set_pubkey(made.certificate, made.key);
    if (names != NULL)
        certificate_extend(made.certificate, by->certificate, NID_subject_alt_name, names);
    else
        certificate_extend(made.certificate, by->certificate, NID_basic_constraints,
                           "critical,CA:TRUE");
    if (X509_sign(made.certificate, by->key, EVP_sha256()) == 0)
        certificate_give_up("cannot sign");
    return made;
}

static inline void certificate_free(struct test_certificate *certificate)
{
    X509_free(certificate->certificate);
    EVP_PKEY_free(certificate->key);
}

static inline void certificate_write(const struct test_certificate *certificate, const char *path)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL || PEM_write_X509(file, certificate->certificate) != 1 || fclose(file) != 0)
        certificate_give_up(path);
}

/* What a server needs to show it. */
static inline SSL_CTX *certificate_server(const struct test_certificate *certificate)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    if (context == NULL || SSL_CTX_use_certificate(context, certificate->certificate) != 1 ||
        SSL_CTX_use_PrivateKey(context, certificate->key) != 1)
        certificate_give_up("no server context");
    return context;
}

#endif
