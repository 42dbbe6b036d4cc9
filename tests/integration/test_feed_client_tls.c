/* The feed client over TLS: whom it trusts, and that the key shows up nowhere, whatever goes
 * wrong. */
#include "support/fake_feed.h"
#include "support/feed_rig.h"
#include "support/test_certificates.h"

#include <fcntl.h>
#include <openssl/err.h>

enum { FOLDER_MAX = 256, OUTPUT_MAX = 1 << 20, DAY_S = 86400 };

static struct fake_feed server;
static struct feed_rig rig;
static char folder[FOLDER_MAX];
static char ca_file[FOLDER_MAX + 16];
static struct test_certificate authority;
static struct test_certificate stranger; /* another authority */

static const char trade[] = "{\"type\":\"trade\",\"data\":[{\"t\":1795446000001,\"p\":310.49,"
                            "\"v\":40,\"c\":[\"1\"],\"s\":\"A\"}]}";

static int make_authorities(void **state)
{
    (void)state;
    const char *temporary = getenv("TMPDIR");

    (void)snprintf(folder, sizeof folder, "%s/tickd-tls-XXXXXX",
                   temporary != NULL ? temporary : "/tmp");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(ca_file, sizeof ca_file, "%s/ca.pem", folder);
    authority = certificate_make(NULL, NULL, -DAY_S, DAY_S);
    stranger = certificate_make(NULL, NULL, -DAY_S, DAY_S);
    certificate_write(&authority, ca_file);
    return 0;
}

static int remove_authorities(void **state)
{
    (void)state;
    certificate_free(&authority);
    certificate_free(&stranger);
    assert_int_equal(unlink(ca_file), 0);
    return rmdir(folder);
}

static void serve_well(struct fake_peer *peer)
{
    if (!fake_handshake(peer) || !fake_hear_subscriptions(peer, 2))
        return;
    fake_note(peer->server,
              SSL_get_servername(peer->tls, TLSEXT_NAMETYPE_host_name) != NULL
                  ? SSL_get_servername(peer->tls, TLSEXT_NAMETYPE_host_name)
                  : "no SNI",
              6);
    fake_say(peer, trade);
    fake_say(peer, trade);
    fake_hear_out(peer);
}

/* A server with a certificate for `names`, and a client that goes to `host`. */
static void begin(const char *names, const struct test_certificate *issuer, long from_s, long to_s,
                  const char *host)
{
    struct test_certificate certificate = certificate_make(names, issuer, from_s, to_s);
    SSL_CTX *tls = certificate_server(&certificate);
    char url[64];

    certificate_free(&certificate);
    fake_start(&server, serve_well, tls);
    rig_init(&rig, server.port);
    (void)snprintf(url, sizeof url, "wss://%s:%d", host, server.port);
    rig_set(&rig, "feed.url", url);
    rig_set(&rig, "feed.ca_file", ca_file);
}

static void end(void)
{
    SSL_CTX *tls = server.tls;

    rig_close(&rig, true);
    fake_stop(&server);
    SSL_CTX_free(tls);
}

static bool has_two_trades(struct feed_rig *r)
{
    return r->fixture.seen[TOPIC_TRADE] >= 2;
}

static bool has_failed_three_times(struct feed_rig *r)
{
    return rig_status(r)->feed_connection_failures >= 3;
}

static void test_a_server_with_the_right_name_is_trusted(void **state)
{
    (void)state;
    begin("DNS:localhost", &authority, -DAY_S, DAY_S, "localhost");
    rig_start(&rig);
    rig_run_until(&rig, has_two_trades);
    assert_int_equal(rig_status(&rig)->feed_connections, 1);
    assert_int_equal(fake_heard(&server, "localh"), 1); /* SNI */
    end();
}

static void test_a_server_with_the_right_address_is_trusted(void **state)
{
    (void)state;
    begin("IP:127.0.0.1", &authority, -DAY_S, DAY_S, "127.0.0.1");
    rig_start(&rig);
    rig_run_until(&rig, has_two_trades);
    end();
}

/* What is refused, and the words for it. Nothing may reach the server but the TLS handshake. */
static void check_refusal(const char *words)
{
    rig_start(&rig);
    rig_run_until(&rig, has_failed_three_times);
    assert_int_equal(rig_status(&rig)->feed_connections, 0);
    assert_int_equal(rig_input(&rig).frames, 0);
    if (!rig_logged(&rig, words))
        fail_msg("not in the log: %s\n%s", words, rig.log_memory);
    end();
}

static void test_a_wrong_name_is_refused(void **state)
{
    (void)state;
    begin("DNS:other.example", &authority, -DAY_S, DAY_S, "127.0.0.1");
    check_refusal("the server's certificate is refused: IP address mismatch");
    begin("DNS:other.example,IP:127.0.0.1", &authority, -DAY_S, DAY_S, "localhost");
    check_refusal("the server's certificate is refused: hostname mismatch");
}

static void test_an_unknown_authority_is_refused(void **state)
{
    (void)state;
    begin("IP:127.0.0.1", &stranger, -DAY_S, DAY_S, "127.0.0.1");
    check_refusal("the server's certificate is refused: unable to get local issuer certificate");
}

static void test_the_system_s_authorities_do_not_know_ours(void **state)
{
    (void)state;
    begin("IP:127.0.0.1", &authority, -DAY_S, DAY_S, "127.0.0.1");
    rig_set(&rig, "feed.ca_file", "");
    check_refusal("the server's certificate is refused: unable to get local issuer certificate");
}

static void test_a_self_signed_server_is_refused(void **state)
{
    (void)state;
    begin("IP:127.0.0.1", NULL, -DAY_S, DAY_S, "127.0.0.1");
    check_refusal("the server's certificate is refused: self-signed certificate");
}

static void test_certificates_out_of_their_time_are_refused(void **state)
{
    (void)state;
    begin("IP:127.0.0.1", &authority, -DAY_S, -60, "127.0.0.1");
    check_refusal("the server's certificate is refused: certificate has expired");
    begin("IP:127.0.0.1", &authority, 3600, DAY_S, "127.0.0.1");
    check_refusal("the server's certificate is refused: certificate is not yet valid");
}

static void test_old_tls_is_refused(void **state)
{
    (void)state;
    begin("IP:127.0.0.1", &authority, -DAY_S, DAY_S, "127.0.0.1");
    (void)SSL_CTX_set_security_level(server.tls, 0);
    assert_int_equal(SSL_CTX_set_max_proto_version(server.tls, TLS1_1_VERSION), 1);
    check_refusal("the TLS handshake failed");
}

static void test_a_server_without_tls_is_refused(void **state)
{
    (void)state;
    begin("IP:127.0.0.1", &authority, -DAY_S, DAY_S, "127.0.0.1");
    SSL_CTX *tls = server.tls;

    fake_stop(&server);
    fake_start(&server, serve_well, NULL);
    SSL_CTX_free(tls);
    char url[64];

    (void)snprintf(url, sizeof url, "wss://127.0.0.1:%d", server.port);
    rig_set(&rig, "feed.url", url);
    rig_start(&rig);
    fake_stop(&server); /* so the connection ends in the middle of the handshake */
    rig_run_until(&rig, has_failed_three_times);
    rig_close(&rig, true);
}

/* Everything that can go wrong with a key at hand, with both outputs in a file. */

static void serve_badly(struct fake_peer *peer)
{
    static const char *const answers[] = {
        "HTTP/1.1 500 Oops\r\n\r\n",
        "HTTP/1.1 302 Found\r\nlocation: /?token=c0ffee-secret\r\n\r\n",
        "rubbish\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
    };
    static const char error[] = "{\"msg\":\"bad key c0ffee-secret\",\"type\":\"error\"}";
    static const char close_frame[] = "\x03\xe9token=c0ffee-secret";

    if (!fake_read_request(peer))
        return;
    if (peer->number <= (int)ARRAY_LENGTH(answers)) {
        fake_write_text(peer, answers[peer->number - 1]);
        return;
    }
    fake_upgrade(peer);
    if (!fake_hear_subscriptions(peer, 2))
        return;
    fake_say(peer, error);
    fake_say(peer, "c0ffee-secret");
    fake_say(peer, trade);
    fake_frame(peer, FAKE_FIN | FAKE_CLOSE, close_frame, sizeof close_frame - 1);
    fake_hear_out(peer);
}

static bool has_connected_three_times(struct feed_rig *r)
{
    return rig_status(r)->feed_connections >= 3;
}

static void run_with_a_key(void)
{
    struct test_certificate certificate = certificate_make("IP:127.0.0.1", &authority, 0, DAY_S);
    char url[64];

    for (int secure = 0; secure < 2; secure++) {
        SSL_CTX *tls = secure != 0 ? certificate_server(&certificate) : NULL;

        assert_int_equal(setenv("FINNHUB_TOKEN", "c0ffee-secret", 1), 0);
        fake_start(&server, serve_badly, tls);
        rig_init(&rig, server.port);
        (void)snprintf(url, sizeof url, "%s://127.0.0.1:%d", secure != 0 ? "wss" : "ws",
                       server.port);
        rig_set(&rig, "feed.url", url);
        rig_set(&rig, "feed.ca_file", ca_file);
        rig_start(&rig);
        rig_run_until(&rig, has_connected_three_times);
        const struct status_live *live = rig_status(&rig);

        assert_null(strstr(live->feed_url, "c0ffee"));
        assert_null(strstr(live->feed_reason, "c0ffee"));
        assert_true(rig_logged(&rig, "withheld"));
        fprintf(stderr, "%s", rig.log_memory);
        end();
    }
    certificate_free(&certificate);
}

static void test_the_key_shows_up_in_no_log_status_or_output(void **state)
{
    static char output[OUTPUT_MAX];
    char path[FOLDER_MAX + 16];

    (void)state;
    (void)snprintf(path, sizeof path, "%s/output", folder);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    int saved_out = dup(STDOUT_FILENO);
    int saved_error = dup(STDERR_FILENO);

    assert_true(file >= 0 && saved_out >= 0 && saved_error >= 0);
    (void)fflush(NULL);
    (void)dup2(file, STDOUT_FILENO);
    (void)dup2(file, STDERR_FILENO);
    run_with_a_key();
    (void)fflush(NULL);
    (void)dup2(saved_out, STDOUT_FILENO);
    (void)dup2(saved_error, STDERR_FILENO);
    (void)close(saved_out);
    (void)close(saved_error);
    ssize_t length = pread(file, output, sizeof output - 1, 0);

    assert_true(length > 0);
    output[length] = '\0';
    (void)close(file);
    (void)unlink(path);
    assert_non_null(strstr(output, "feed_state")); /* there is something to look through */
    assert_null(strstr(output, "c0ffee"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_server_with_the_right_name_is_trusted),
        cmocka_unit_test(test_a_server_with_the_right_address_is_trusted),
        cmocka_unit_test(test_a_wrong_name_is_refused),
        cmocka_unit_test(test_an_unknown_authority_is_refused),
        cmocka_unit_test(test_the_system_s_authorities_do_not_know_ours),
        cmocka_unit_test(test_a_self_signed_server_is_refused),
        cmocka_unit_test(test_certificates_out_of_their_time_are_refused),
        cmocka_unit_test(test_old_tls_is_refused),
        cmocka_unit_test(test_a_server_without_tls_is_refused),
        cmocka_unit_test(test_the_key_shows_up_in_no_log_status_or_output),
    };

    (void)unsetenv("CREDENTIALS_DIRECTORY");
    (void)unsetenv("FINNHUB_TOKEN");
    return cmocka_run_group_tests(tests, make_authorities, remove_authorities);
}
