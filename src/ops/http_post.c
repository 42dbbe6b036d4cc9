/* The POST's way, phase by phase. TLS runs over memory: what OpenSSL wants sent is in one of its
 * buffers, what came is put into the other. */
#include "tickd/ops/http_post.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"
#include "tickd/base/error.h"

enum { ADDRESSES_MAX = 8, STATUS_DIGITS = 3, AUTHORISATION_MAX = 2 * WEB_URL_MAX };

/* The end. */

static void deliver(struct http_post *post)
{
    post->phase = HTTP_IDLE;
    post->setup.done(post->setup.state, post->status, post->why);
}

static void on_end_without_socket(uv_timer_t *timer)
{
    deliver(timer->data);
}

static void free_tls(struct http_post *post)
{
    SSL_free(post->ssl); /* with both of its buffers */
    post->ssl = NULL;
}

static void on_closed(uv_handle_t *handle)
{
    struct http_post *post = handle->data;

    post->is_open = false;
    free_tls(post);
    if (!uv_is_closing((uv_handle_t *)&post->timer))
        deliver(post);
}

static void end(struct http_post *post)
{
    if (post->phase == HTTP_ENDING)
        return;
    post->phase = HTTP_ENDING;
    (void)uv_timer_stop(&post->timer);
    if (post->is_open)
        uv_close((uv_handle_t *)&post->tcp, on_closed);
    else
        (void)uv_timer_start(&post->timer, on_end_without_socket, 0, 0);
}

static void fail(struct http_post *post, const char *what, const char *detail)
{
    struct text why;

    if (post->phase == HTTP_ENDING)
        return;
    text_init(&why, post->why, sizeof post->why);
    text_format(&why, "%s%s%s", what, detail != NULL ? ": " : "", detail != NULL ? detail : "");
    end(post);
}

static void on_timeout(uv_timer_t *timer)
{
    static const char *const meanwhile[] = {
        [HTTP_RESOLVING] = "no answer from the name server in time",
        [HTTP_CONNECTING] = "no connection in time",
        [HTTP_HANDSHAKE] = "no TLS handshake in time",
        [HTTP_WAITING] = "no answer in time",
    };
    struct http_post *post = timer->data;

    fail(post, meanwhile[post->phase], NULL);
}

/* The answer. */

/* "HTTP/1.1 204 …": 204; 0 = it is something else. */
static int status_of(const char *line)
{
    int status = 0;

    if (strncmp(line, "HTTP/1.", 7) != 0 || line[7] == '\0' || line[8] != ' ')
        return 0;
    for (size_t i = 0; i < STATUS_DIGITS; i++) {
        char digit = line[9 + i];

        if (digit < '0' || digit > '9')
            return 0;
        status = status * 10 + (digit - '0');
    }
    return status;
}

/* All that is looked at is the first line. */
static void take_answer(struct http_post *post, const char *bytes, size_t length)
{
    size_t room = sizeof post->line - 1 - post->line_length;
    size_t taken = length < room ? length : room;

    if (post->phase != HTTP_WAITING)
        return;
    memcpy(post->line + post->line_length, bytes, taken);
    post->line_length += taken;
    post->line[post->line_length] = '\0';
    if (memchr(post->line, '\n', post->line_length) == NULL && length < room)
        return;
    post->status = status_of(post->line);
    if (post->status == 0)
        fail(post, "the answer is not HTTP", NULL);
    else
        end(post);
}

/* TLS. */

static void flush_tls(struct http_post *post);

static void on_tls_written(uv_write_t *write, int status)
{
    struct http_post *post = write->data;

    post->is_writing = false;
    if (status < 0 && status != UV_ECANCELED)
        fail(post, "cannot send", uv_strerror(status));
    else if (status == 0)
        flush_tls(post);
}

static void flush_tls(struct http_post *post)
{
    if (post->is_writing || post->phase == HTTP_ENDING)
        return;
    int length = BIO_read(SSL_get_wbio(post->ssl), post->out, sizeof post->out);

    if (length <= 0)
        return;
    uv_buf_t piece = uv_buf_init(post->out, (unsigned)length);
    int error = uv_write(&post->write, (uv_stream_t *)&post->tcp, &piece, 1, on_tls_written);

    if (error != 0)
        fail(post, "cannot send", uv_strerror(error));
    else
        post->is_writing = true;
}

static void fail_handshake(struct http_post *post)
{
    long verified = SSL_get_verify_result(post->ssl);
    unsigned long error = ERR_peek_error();
    const char *reason = error != 0 ? ERR_reason_error_string(error) : NULL;

    if (verified != X509_V_OK)
        fail(post, "the server's certificate is refused", X509_verify_cert_error_string(verified));
    else
        fail(post, "the TLS handshake failed", reason);
}

static void read_tls(struct http_post *post)
{
    char bytes[HTTP_LINE_MAX];
    int length;

    while (post->phase == HTTP_WAITING && (length = SSL_read(post->ssl, bytes, sizeof bytes)) > 0)
        take_answer(post, bytes, (size_t)length);
}

/* As far as what has come allows. */
static void advance_tls(struct http_post *post)
{
    ERR_clear_error();
    if (post->phase == HTTP_HANDSHAKE) {
        int result = SSL_do_handshake(post->ssl);

        if (result != 1 && SSL_get_error(post->ssl, result) != SSL_ERROR_WANT_READ) {
            fail_handshake(post);
            return;
        }
        post->phase = result == 1 ? HTTP_WAITING : HTTP_HANDSHAKE;
    }
    if (post->phase == HTTP_WAITING && !post->is_sent) {
        post->is_sent = true;
        if (SSL_write(post->ssl, post->request, (int)post->request_length) <= 0)
            fail(post, "cannot send", "TLS");
    }
    read_tls(post);
    flush_tls(post);
}

/* The certificate has to name the host, be it a name or an address. */
static bool expect_host(SSL *ssl, const char *host)
{
    unsigned char address[16];

    if (uv_inet_pton(AF_INET, host, address) == 0 || uv_inet_pton(AF_INET6, host, address) == 0)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    char name[WEB_URL_MAX]; /* the macro asks for one that may be changed */
    return text_copy(name, sizeof name, host) && SSL_set1_host(ssl, name) == 1 &&
           SSL_set_tlsext_host_name(ssl, name) == 1;
}

static void begin_tls(struct http_post *post)
{
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());

    post->ssl = SSL_new(post->setup.tls);
    if (in == NULL || out == NULL || post->ssl == NULL) {
        BIO_free(in);
        BIO_free(out);
        fail(post, "TLS cannot be set up", "no memory");
        return;
    }
    SSL_set_bio(post->ssl, in, out);
    SSL_set_connect_state(post->ssl);
    if (!expect_host(post->ssl, post->url->host)) {
        fail(post, "TLS cannot be set up", "the host's name");
        return;
    }
    post->phase = HTTP_HANDSHAKE;
    advance_tls(post);
}

/* The connection. */

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct http_post *post = handle->data;

    (void)suggested;
    *buffer = uv_buf_init(post->in, sizeof post->in);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct http_post *post = stream->data;

    if (length < 0) {
        fail(post, "the connection ended without an answer",
             length == UV_EOF ? NULL : uv_strerror((int)length));
    } else if (post->ssl == NULL) {
        take_answer(post, buffer->base, (size_t)length);
    } else if (length > 0) {
        (void)BIO_write(SSL_get_rbio(post->ssl), buffer->base, (int)length);
        advance_tls(post);
    }
}

static void on_sent(uv_write_t *write, int status)
{
    struct http_post *post = write->data;

    if (status < 0 && status != UV_ECANCELED)
        fail(post, "cannot send", uv_strerror(status));
}

static void send_plain(struct http_post *post)
{
    uv_buf_t request = uv_buf_init(post->request, (unsigned)post->request_length);
    int error = uv_write(&post->write, (uv_stream_t *)&post->tcp, &request, 1, on_sent);

    post->phase = HTTP_WAITING;
    if (error != 0)
        fail(post, "cannot send", uv_strerror(error));
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct http_post *post = connect->data;

    if (post->phase != HTTP_CONNECTING)
        return;
    if (status == 0)
        status = uv_read_start((uv_stream_t *)&post->tcp, on_allocate, on_read);
    if (status != 0)
        fail(post, "cannot connect", uv_strerror(status));
    else if (post->url->secure)
        begin_tls(post);
    else
        send_plain(post);
}

/* The next address of the list with each attempt. */
static const struct addrinfo *pick_address(const struct addrinfo *list, uint64_t attempt)
{
    const struct addrinfo *usable[ADDRESSES_MAX];
    size_t count = 0;

    for (const struct addrinfo *a = list; a != NULL && count < ADDRESSES_MAX; a = a->ai_next) {
        if (a->ai_family == AF_INET || a->ai_family == AF_INET6)
            usable[count++] = a;
    }
    return count > 0 ? usable[attempt % count] : NULL;
}

void http_post_resolved(struct http_post *post, const char *failure, const struct addrinfo *list)
{
    const struct addrinfo *address = pick_address(list, post->attempts);

    if (post->phase != HTTP_RESOLVING)
        return;
    if (failure != NULL || address == NULL) {
        fail(post, "cannot resolve the host", failure);
        return;
    }
    post->attempts++;
    post->phase = HTTP_CONNECTING;
    (void)uv_tcp_init(post->setup.loop, &post->tcp);
    post->tcp.data = post;
    post->is_open = true;
    int error = uv_tcp_connect(&post->connect, &post->tcp, address->ai_addr, on_connected);

    if (error != 0)
        fail(post, "cannot connect", uv_strerror(error));
}

/* The beginning. */

static void add_authorisation(const struct web_url *url, struct text *request)
{
    unsigned char encoded[AUTHORISATION_MAX];

    if (url->user[0] == '\0')
        return;
    (void)EVP_EncodeBlock(encoded, (const unsigned char *)url->user, (int)strlen(url->user));
    text_format(request, "Authorization: Basic %s\r\n", (const char *)encoded);
}

static bool build_request(struct http_post *post, const char *body)
{
    struct text request;

    text_init(&request, post->request, sizeof post->request);
    text_format(&request,
                "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: tickd/%s\r\n"
                "Content-Type: application/json\r\nContent-Length: %zu\r\nConnection: close\r\n",
                post->url->target, post->url->authority, TICKD_VERSION, strlen(body));
    add_authorisation(post->url, &request);
    text_add(&request, "\r\n");
    text_add(&request, body);
    post->request_length = request.length;
    return !request.cut;
}

void http_post_start(struct http_post *post, const struct http_post_setup *setup)
{
    memset(post, 0, sizeof *post);
    post->setup = *setup;
    (void)uv_timer_init(setup->loop, &post->timer);
    post->timer.data = post;
    post->connect.data = post;
    post->write.data = post;
}

void http_post_begin(struct http_post *post, const struct web_url *url, const char *body,
                     int64_t timeout_s)
{
    ASSERT(post->phase == HTTP_IDLE);
    post->phase = HTTP_RESOLVING;
    post->url = url;
    post->status = 0;
    post->why[0] = '\0';
    post->line_length = 0;
    post->is_writing = false;
    post->is_sent = false;
    (void)uv_timer_start(&post->timer, on_timeout, (uint64_t)timeout_s * (uint64_t)MS_PER_S, 0);
    if (!build_request(post, body))
        fail(post, "the message is too long", NULL);
    else if (url->secure && post->setup.tls == NULL)
        fail(post, "TLS cannot be set up", NULL);
    else if (post->setup.resolve(post->setup.resolve_state, url->host, url->port) != 0)
        fail(post, "cannot resolve the host", "the last question has no answer yet");
}

void http_post_stop(struct http_post *post)
{
    bool has_ended = post->phase == HTTP_ENDING;

    post->phase = HTTP_ENDING;
    uv_close((uv_handle_t *)&post->timer, NULL);
    if (post->is_open && !has_ended)
        uv_close((uv_handle_t *)&post->tcp, on_closed);
}
