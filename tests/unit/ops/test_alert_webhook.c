/* Posts to a server in the same loop that answers as each test wants: well, slowly, with an error,
 * with nonsense, or not at all. */
#include "tickd/ops/alert_webhook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/error.h"

enum { FILE_MAX = 65536, CONNECTIONS_MAX = 16, RECEIVED_MAX = 8192 };

/* What the server does with one connection. */
enum manner {
    ANSWERS,      /* at once, with the text */
    IN_PIECES,    /* a byte a write */
    HANGS,        /* takes the request and says nothing */
    HANGS_UP,     /* takes the request and closes */
    DOES_NOT_READ /* not even that */
};

struct connection {
    uv_tcp_t tcp;
    uv_write_t writes[64];
    char received[RECEIVED_MAX];
    size_t length;
    char out[1024];
    size_t sent;
    bool is_answered;
};

struct scene {
    char folder[64];
    uv_loop_t loop;
    struct health_log log;
    struct settings_alerts settings;
    struct alert_webhook webhook;
    uv_tcp_t server;
    int port;
    struct connection connections[CONNECTIONS_MAX];
    size_t connection_count;
    enum manner manners[CONNECTIONS_MAX];
    const char *answers[CONNECTIONS_MAX];
    int resolve_error;
    const char *resolve_failure;
    uint32_t questions;
    bool is_idle;
    bool is_closed;
};

static struct scene scene;

/* The server. */

static void close_connection(struct connection *connection)
{
    if (!uv_is_closing((uv_handle_t *)&connection->tcp)) {
        uv_close((uv_handle_t *)&connection->tcp, NULL);
    }
}

static void write_piece(struct connection *connection, size_t number, const char *text,
                        size_t length)
{
    assert_true(number < ARRAY_LENGTH(connection->writes));
    assert_true(connection->sent + length <= sizeof connection->out);
    char *bytes = connection->out + connection->sent;
    memcpy(bytes, text, length);
    connection->sent += length;
    uv_buf_t piece = uv_buf_init(bytes, (unsigned)length);
    assert_int_equal(
        uv_write(&connection->writes[number], (uv_stream_t *)&connection->tcp, &piece, 1, NULL), 0);
}

static void answer(struct connection *connection)
{
    size_t number = (size_t)(connection - scene.connections);
    const char *text = scene.answers[number];
    connection->is_answered = true;
    switch (scene.manners[number]) {
    case ANSWERS:
        write_piece(connection, 0, text, strlen(text));
        break;
    case IN_PIECES:
        for (size_t i = 0; i < strlen(text); i++) {
            write_piece(connection, i, text + i, 1);
        }
        break;
    case HANGS_UP:
        close_connection(connection);
        break;
    case HANGS:
    case DOES_NOT_READ:
        break;
    }
}

/* Head, and as much body as it announces. */
static bool is_whole(const struct connection *connection)
{
    const char *body = strstr(connection->received, "\r\n\r\n");
    const char *length = strstr(connection->received, "Content-Length: ");
    return body != NULL && length != NULL &&
           strlen(body + 4) == strtoul(length + strlen("Content-Length: "), NULL, 10);
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct connection *connection = handle->data;
    (void)suggested;
    *buffer = uv_buf_init(connection->received + connection->length,
                          (unsigned)(RECEIVED_MAX - 1 - connection->length));
}

static void on_received(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct connection *connection = stream->data;
    (void)buffer;
    if (length < 0) {
        close_connection(connection);
        return;
    }
    connection->length += (size_t)length;
    if (is_whole(connection) && !connection->is_answered) {
        answer(connection);
    }
}

static void on_connection(uv_stream_t *server, int status)
{
    assert_int_equal(status, 0);
    assert_true(scene.connection_count < CONNECTIONS_MAX);
    struct connection *connection = &scene.connections[scene.connection_count++];
    assert_int_equal(uv_tcp_init(&scene.loop, &connection->tcp), 0);
    connection->tcp.data = connection;
    assert_int_equal(uv_accept(server, (uv_stream_t *)&connection->tcp), 0);
    if (scene.manners[scene.connection_count - 1] != DOES_NOT_READ) {
        assert_int_equal(uv_read_start((uv_stream_t *)&connection->tcp, on_allocate, on_received),
                         0);
    }
}

static void start_server(void)
{
    struct sockaddr_in address;
    int size = sizeof address;
    assert_int_equal(uv_ip4_addr("127.0.0.1", 0, &address), 0);
    assert_int_equal(uv_tcp_init(&scene.loop, &scene.server), 0);
    assert_int_equal(uv_tcp_bind(&scene.server, (const struct sockaddr *)&address, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&scene.server, 16, on_connection), 0);
    assert_int_equal(uv_tcp_getsockname(&scene.server, (struct sockaddr *)&address, &size), 0);
    scene.port = ntohs(address.sin_port);
}

/* The scene. */

static int resolve(void *state, const char *host, uint16_t port)
{
    (void)state;
    struct sockaddr_in address;
    struct addrinfo list = {.ai_family = AF_INET,
                            .ai_socktype = SOCK_STREAM,
                            .ai_addr = (struct sockaddr *)&address,
                            .ai_addrlen = sizeof address};
    assert_string_equal(host, "hooks.example.com");
    scene.questions++;
    if (scene.resolve_error != 0) {
        return scene.resolve_error;
    }
    assert_int_equal(uv_ip4_addr("127.0.0.1", port, &address), 0);
    /* At once: what is asked from within begin() may be answered from within. */
    http_post_resolved(&scene.webhook.post, scene.resolve_failure,
                       scene.resolve_failure == NULL ? &list : NULL);
    return 0;
}

static void on_idle(void *state)
{
    (void)state;
    scene.is_idle = true;
    uv_stop(&scene.loop);
}

static void use(const char *scheme, const char *user, const char *target)
{
    int length = snprintf(scene.settings.webhook, sizeof scene.settings.webhook,
                          "%s://%shooks.example.com:%d%s", scheme, user, scene.port, target);
    assert_true(length > 0 && (size_t)length < sizeof scene.settings.webhook);
    alert_webhook_set(&scene.webhook, &scene.settings);
}

static int set_up(void **state)
{
    (void)state;
    struct text why;
    char memory[512];
    memset(&scene, 0, sizeof scene);
    text_copy(scene.folder, sizeof scene.folder, "/tmp/tickd-webhook-XXXXXX");
    assert_non_null(mkdtemp(scene.folder));
    text_init(&why, memory, sizeof memory);
    struct health_log_options options = {.directory = scene.folder, .level = LOG_DEBUG};
    assert_int_equal(health_log_open(&scene.log, &options, &why), 0);
    assert_int_equal(uv_loop_init(&scene.loop), 0);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        scene.answers[i] = "HTTP/1.1 204 No Content\r\n\r\n";
    }
    start_server();
    struct alert_webhook_setup setup = {.loop = &scene.loop,
                                        .log = &scene.log,
                                        .host = "lab7",
                                        .resolve = resolve,
                                        .idle = on_idle};
    alert_webhook_start(&scene.webhook, &setup);
    scene.settings.timeout_s = 60;
    use("http", "", "/hook");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char line[160];
    if (!scene.is_closed) {
        alert_webhook_stop(&scene.webhook);
    }
    uv_close((uv_handle_t *)&scene.server, NULL);
    for (size_t i = 0; i < scene.connection_count; i++) {
        close_connection(&scene.connections[i]);
    }
    while (uv_run(&scene.loop, UV_RUN_DEFAULT) != 0) {
    }
    assert_int_equal(uv_loop_close(&scene.loop), 0);
    health_log_close(&scene.log);
    snprintf(line, sizeof line, "rm -rf '%s'", scene.folder);
    return system(line);
}

static void take(uint64_t sequence)
{
    struct alert_entry entry = {.sequence = sequence,
                                .alert = {.alert = ALERT_JOURNAL_CRITICAL,
                                          .severity = SEVERITY_CRITICAL,
                                          .state = ALERT_STATE_FIRING,
                                          .text = "inputs cannot be recorded"}};
    alert_webhook_take(&scene.webhook, &entry);
}

static void run_until_idle(void)
{
    scene.is_idle = false;
    alert_webhook_work(&scene.webhook);
    while (!scene.is_idle) {
        uv_run(&scene.loop, UV_RUN_DEFAULT);
    }
    assert_true(alert_webhook_is_idle(&scene.webhook));
}

static void post_one(void)
{
    take(1);
    run_until_idle();
}

static const char *log_text(void)
{
    static char memory[FILE_MAX];
    char path[128];
    snprintf(path, sizeof path, "%s/health.log", scene.folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t length = fread(memory, 1, sizeof memory - 1, file);
    memory[length] = '\0';
    fclose(file);
    return memory;
}

static void assert_logged(const char *text)
{
    if (strstr(log_text(), text) == NULL) {
        fail_msg("not in the log: %s\n%s", text, log_text());
    }
}

static void assert_given_up(const char *what, size_t connections)
{
    assert_logged(what);
    assert_logged("then=\"given up\"");
    assert_int_equal(scene.webhook.failed, 1);
    assert_int_equal(scene.webhook.done, 0);
    assert_int_equal(scene.connection_count, connections);
}

/* What it does. */

static void test_an_alert_is_posted_as_json(void **state)
{
    (void)state;
    char expected[512];
    use("http", "", "/services/T0?key=secret");
    post_one();
    snprintf(expected, sizeof expected,
             "POST /services/T0?key=secret HTTP/1.1\r\nHost: hooks.example.com:%d\r\n"
             "User-Agent: tickd/" TICKD_VERSION "\r\nContent-Type: application/json\r\n",
             scene.port);
    const char *received = scene.connections[0].received;
    assert_memory_equal(received, expected, strlen(expected));
    assert_non_null(strstr(received, "\r\nConnection: close\r\n"));
    assert_null(strstr(received, "Authorization"));
    assert_non_null(strstr(received, "\r\n\r\n{\"text\":\"firing: journal critical on lab7: "));
    assert_int_equal(scene.webhook.done, 1);
    snprintf(expected, sizeof expected,
             "level=info event=alert_webhook alert=journal severity=critical state=firing "
             "to=hooks.example.com:%d status=204 attempts=1 took_ms=",
             scene.port);
    assert_logged(expected);
    assert_null(strstr(log_text(), "secret"));
}

static void test_a_user_becomes_an_authorization(void **state)
{
    (void)state;
    use("http", "Aladdin:open%20sesame@", "/");
    post_one();
    /* The example of RFC 7617, section 2. */
    assert_non_null(strstr(scene.connections[0].received,
                           "\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
    assert_null(strstr(log_text(), "esame"));
}

static void test_posts_go_one_after_the_other_in_order(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= 5; i++) {
        take(i);
    }
    run_until_idle();
    assert_int_equal(scene.webhook.done, 5);
    assert_int_equal(scene.connection_count, 5);
    for (size_t i = 0; i < 5; i++) {
        char expected[32];
        snprintf(expected, sizeof expected, "\"seq\":%zu,", i + 1);
        assert_non_null(strstr(scene.connections[i].received, expected));
    }
}

static void test_an_answer_may_come_in_pieces(void **state)
{
    (void)state;
    scene.manners[0] = IN_PIECES;
    post_one();
    assert_int_equal(scene.webhook.done, 1);
}

static void test_a_servers_error_is_tried_again(void **state)
{
    (void)state;
    scene.answers[0] = "HTTP/1.1 503 Busy\r\n\r\n";
    post_one();
    assert_int_equal(scene.webhook.done, 1);
    assert_int_equal(scene.connection_count, 2);
    assert_string_equal(scene.connections[0].received, scene.connections[1].received);
    assert_logged("status=503 attempt=1 then=again");
    assert_logged("status=204 attempts=2");
}

static void test_an_error_of_ours_is_not(void **state)
{
    (void)state;
    scene.answers[0] = "HTTP/1.1 404 Not Found\r\n\r\n";
    post_one();
    assert_given_up("status=404 attempt=1", 1);
}

static void test_a_redirection_is_not_followed(void **state)
{
    (void)state;
    scene.answers[0] = "HTTP/1.0 302 Found\r\nLocation: http://elsewhere/\r\n\r\n";
    post_one();
    assert_given_up("status=302 attempt=1", 1);
}

static void test_after_three_attempts_it_is_given_up(void **state)
{
    (void)state;
    scene.manners[0] = HANGS_UP;
    scene.answers[1] = "+OK POP3 ready\r\n";
    scene.answers[2] = "HTTP/1.1 429 Too Many Requests\r\n\r\n";
    post_one();
    assert_logged("reason=\"the connection ended without an answer\" attempt=1 then=again");
    assert_logged("reason=\"the answer is not HTTP\" attempt=2 then=again");
    assert_given_up("status=429 attempt=3", 3);
}

/* What the first attempt of one that must not have a second came to. */
static void assert_only_attempt_fails_with(const char *reason)
{
    char expected[256];
    alert_webhook_end_soon(&scene.webhook);
    post_one();
    snprintf(expected, sizeof expected, "reason=\"%s\" attempt=1", reason);
    assert_given_up(expected, scene.connection_count);
}

static void test_a_server_that_hangs_is_left(void **state)
{
    (void)state;
    scene.manners[0] = HANGS;
    scene.settings.timeout_s = 1;
    use("http", "", "/hook");
    assert_only_attempt_fails_with("no answer in time");
}

static void test_a_server_that_does_not_read_is_left(void **state)
{
    (void)state;
    scene.manners[0] = DOES_NOT_READ;
    scene.settings.timeout_s = 1;
    use("http", "", "/hook");
    assert_only_attempt_fails_with("no answer in time");
}

static void test_an_endless_line_is_no_answer(void **state)
{
    (void)state;
    static char line[HTTP_LINE_MAX + 1];
    memset(line, 'x', HTTP_LINE_MAX);
    scene.answers[0] = line;
    assert_only_attempt_fails_with("the answer is not HTTP");
}

static void test_a_name_that_cannot_be_resolved(void **state)
{
    (void)state;
    scene.resolve_failure = "Name or service not known";
    assert_only_attempt_fails_with("cannot resolve the host: Name or service not known");
}

static void test_a_resolver_that_is_busy(void **state)
{
    (void)state;
    scene.resolve_error = ERROR_STATE;
    assert_only_attempt_fails_with("cannot resolve the host: the last question has no answer yet");
}

static void test_nobody_listens(void **state)
{
    (void)state;
    scene.port = 1;
    use("http", "", "/hook");
    assert_only_attempt_fails_with("cannot connect: connection refused");
}

static void test_https_without_tls_is_an_error(void **state)
{
    (void)state;
    use("https", "", "/hook");
    assert_only_attempt_fails_with("TLS cannot be set up");
    assert_int_equal(scene.questions, 0);
}

static void test_the_end_may_come_in_every_phase(void **state)
{
    (void)state;
    scene.manners[0] = HANGS;
    take(1);
    take(2);
    alert_webhook_work(&scene.webhook);
    assert_int_equal(scene.webhook.post.phase, HTTP_CONNECTING);
    while (scene.connection_count == 0 || !scene.connections[0].is_answered) {
        uv_run(&scene.loop, UV_RUN_ONCE);
    }
    assert_int_equal(scene.webhook.post.phase, HTTP_WAITING);
    alert_webhook_stop(&scene.webhook);
    scene.is_closed = true;
    take(3);
    assert_int_equal(scene.webhook.queue.dropped, 2);
    assert_true(alert_webhook_is_idle(&scene.webhook));
}

static void test_the_end_may_come_while_connecting(void **state)
{
    (void)state;
    take(1);
    alert_webhook_work(&scene.webhook);
    assert_int_equal(scene.webhook.post.phase, HTTP_CONNECTING);
    alert_webhook_stop(&scene.webhook);
    scene.is_closed = true;
}

static void test_an_end_that_is_near_waits_for_no_second_attempt(void **state)
{
    (void)state;
    scene.manners[0] = HANGS_UP;
    take(1);
    alert_webhook_work(&scene.webhook);
    while (!uv_is_active((uv_handle_t *)&scene.webhook.pause)) {
        uv_run(&scene.loop, UV_RUN_ONCE);
    }
    alert_webhook_end_soon(&scene.webhook);
    assert_true(scene.is_idle);
    assert_int_equal(scene.webhook.failed, 1);
}

static void test_another_address_is_for_the_next_alert(void **state)
{
    (void)state;
    scene.answers[0] = "HTTP/1.1 500 No\r\n\r\n";
    take(1);
    alert_webhook_work(&scene.webhook);
    use("http", "", "/other");
    take(2);
    run_until_idle();
    assert_int_equal(scene.connection_count, 3);
    assert_memory_equal(scene.connections[0].received, "POST /hook ", 11);
    assert_memory_equal(scene.connections[1].received, "POST /hook ", 11);
    assert_memory_equal(scene.connections[2].received, "POST /other ", 12);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_alert_is_posted_as_json),
        TEST(test_a_user_becomes_an_authorization),
        TEST(test_posts_go_one_after_the_other_in_order),
        TEST(test_an_answer_may_come_in_pieces),
        TEST(test_a_servers_error_is_tried_again),
        TEST(test_an_error_of_ours_is_not),
        TEST(test_a_redirection_is_not_followed),
        TEST(test_after_three_attempts_it_is_given_up),
        TEST(test_a_server_that_hangs_is_left),
        TEST(test_a_server_that_does_not_read_is_left),
        TEST(test_an_endless_line_is_no_answer),
        TEST(test_a_name_that_cannot_be_resolved),
        TEST(test_a_resolver_that_is_busy),
        TEST(test_nobody_listens),
        TEST(test_https_without_tls_is_an_error),
        TEST(test_the_end_may_come_in_every_phase),
        TEST(test_the_end_may_come_while_connecting),
        TEST(test_an_end_that_is_near_waits_for_no_second_attempt),
        TEST(test_another_address_is_for_the_next_alert),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
