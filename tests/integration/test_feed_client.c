/* The feed client's connections to a server that misbehaves as Finnhub's does, over real sockets:
 * how they begin and end. Each test ends with the documented stop, after which nothing may be left
 * on the loop. */
#include "support/feed_scene.h"

#include <libwebsockets.h>

#include "tickd/base/error.h"

static void test_it_connects_subscribes_and_streams(void **state)
{
    (void)state;
    begin(serve_well);
    rig_start(&rig);
    rig_run_until(&rig, has_two_trades);
    assert_string_equal(server.said, "{\"type\":\"subscribe\",\"symbol\":\"A\"}\n"
                                     "{\"type\":\"subscribe\",\"symbol\":\"B\"}\n");
    const struct status_live *live = rig_status(&rig);

    assert_int_equal(live->feed_state, FEED_STREAMING);
    assert_int_equal(live->feed_connections, 1);
    assert_int_equal(live->feed_connection_failures, 0);
    assert_int_equal(live->feed_pings, 1);
    assert_int_equal(live->feed_subscribed, 2);
    assert_int_equal(live->feed_silent, 0);
    assert_int_equal(live->feed_next_attempt_us, 0);
    assert_true(live->feed_bytes > 100);
    assert_int_equal(live->feed_delay_ms.count, 2);
    assert_int_equal(live->receive_to_decision_us.count, 3);
    assert_true(rig_logged(&rig, "feed_state connecting, was stopped\n"));
    assert_true(rig_logged(&rig, "feed_state connected, was connecting\n"));
    assert_true(rig_logged(&rig, "feed_state subscribed, was connected\n"));
    assert_true(rig_logged(&rig, "feed_state streaming, was subscribed\n"));
    end();
    assert_true(rig_logged(&rig, "feed_state stopped, was streaming\n"));
    assert_int_equal(rig.fixture.seen[TOPIC_FEED], 5); /* each move, once */
    assert_int_equal(rig.fixture.last[TOPIC_FEED].body.feed.state, FEED_STOPPED);
}

/* Notes the request as if the client had said it. */
static void serve_the_request_back(struct fake_peer *peer)
{
    if (!fake_read_request(peer))
        return;
    fake_note(peer->server, peer->request, strlen(peer->request));
    fake_upgrade(peer);
    fake_note(peer->server, "the end", 7);
    fake_hear_out(peer);
}

static void test_the_request_carries_key_and_host_and_offers_no_extension(void **state)
{
    char host[64];

    (void)state;
    assert_int_equal(setenv("FINNHUB_TOKEN", "c0ffee/key", 1), 0);
    begin(serve_the_request_back);
    rig_start(&rig);
    rig_run_until(&rig, the_server_has_heard_everything);
    (void)snprintf(host, sizeof host, "Host: 127.0.0.1:%d\r\n", server.port);
    assert_int_equal(fake_heard(&server, "GET /?token=c0ffee%2Fkey HTTP/1.1\r\n"), 1);
    assert_int_equal(fake_heard(&server, host), 1);
    assert_int_equal(fake_heard(&server, "Sec-WebSocket-Version: 13\r\n"), 1);
    assert_int_equal(fake_heard(&server, "Sec-WebSocket-Extensions"), 0);
    assert_int_equal(fake_heard(&server, "Sec-WebSocket-Protocol"), 0);
    end();
    assert_false(rig_logged(&rig, "c0ffee"));
}

/* Answers instead of 101. */

static void answer(struct fake_peer *peer, const char *text)
{
    if (fake_read_request(peer))
        fake_write_text(peer, text);
}

static void serve_401(struct fake_peer *peer)
{
    answer(peer, "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
}

static void test_a_refused_key_is_reported_and_not_tried_again_soon(void **state)
{
    (void)state;
    assert_int_equal(setenv("FINNHUB_TOKEN", "c0ffee", 1), 0);
    begin(serve_401);
    rig_start(&rig);
    rig_run_until(&rig, is_refused);
    assert_int_equal(rig.refused, 1);
    assert_false(rig.ever_connected);
    const struct status_live *live = rig_status(&rig);
    int64_t wait_us = live->feed_next_attempt_us - rig_wall_us();

    assert_string_equal(live->feed_reason, "HTTP 401: the key is refused");
    assert_in_range(wait_us, 890 * US_PER_S, 1200 * US_PER_S);
    assert_int_equal(atomic_load(&server.connections), 1);
    assert_int_equal(rig.fixture.last[TOPIC_FEED].body.feed.state, FEED_REFUSED);
    assert_true(rig.fixture.last[TOPIC_FEED].body.feed.owed_since_us != 0);
    end();
    assert_false(rig_logged(&rig, "c0ffee"));
}

static void serve_429(struct fake_peer *peer)
{
    answer(peer,
           "HTTP/1.1 429 Too Many Requests\r\nretry-after: 200\r\ncontent-length: 3\r\n\r\nno\n");
}

static void test_a_rate_limit_is_waited_out(void **state)
{
    (void)state;
    begin(serve_429);
    rig_start(&rig);
    rig_run_until(&rig, is_backing_off);
    const struct status_live *live = rig_status(&rig);
    int64_t wait_us = live->feed_next_attempt_us - rig_wall_us();

    assert_string_equal(live->feed_reason, "HTTP 429: too many connections");
    assert_in_range(wait_us, 190 * US_PER_S, 251 * US_PER_S); /* the server's wish, and a quarter */
    assert_int_equal(rig.refused, 0);
    end();
}

/* Each attempt another answer, then as it should be. */
static void serve_many_answers(struct fake_peer *peer)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 5\r\n\r\nhello",
        "HTTP/1.1 524 \r\ncontent-type: text/html\r\n\r\n<!DOCTYPE html><html><body>524</body>",
        "HTTP/1.1 301 Moved Permanently\r\nlocation: ws://127.0.0.1:1/\r\n\r\n",
        ("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
         "sec-websocket-accept: d3Jvbmc=\r\n\r\n"),
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "<!DOCTYPE html><html><body>not HTTP at all</body></html>\r\n\r\n",
        "",
    };

    if (peer->number <= (int)ARRAY_LENGTH(answers))
        answer(peer, answers[peer->number - 1]);
    else
        serve_well(peer);
}

static void test_other_answers_than_101_back_off_and_try_again(void **state)
{
    (void)state;
    begin(serve_many_answers);
    rig_start(&rig);
    rig_run_until(&rig, is_streaming);
    assert_int_equal(rig_status(&rig)->feed_connection_failures, 7);
    assert_int_equal(rig_status(&rig)->feed_connections, 1);
    assert_int_equal(atomic_load(&server.connections), 8); /* no redirection was followed */
    assert_true(rig_logged(&rig, "backing_off, was connecting: HTTP 200 instead of an upgrade"));
    assert_true(rig_logged(&rig, "backing_off, was connecting: HTTP 524 instead of an upgrade"));
    assert_true(rig_logged(&rig, "backing_off, was connecting: HTTP 301 instead of an upgrade"));
    end();
}

static void serve_huge_headers(struct fake_peer *peer)
{
    static char text[60000];
    size_t length;

    if (peer->number > 1) {
        serve_well(peer);
        return;
    }
    length = (size_t)snprintf(text, sizeof text, "HTTP/1.1 101 Switching Protocols\r\nx: ");
    memset(text + length, 'x', sizeof text - length - 5);
    (void)snprintf(text + sizeof text - 5, 5, "\r\n\r\n");
    answer(peer, text);
}

static void test_an_answer_with_huge_headers_is_a_failed_attempt(void **state)
{
    (void)state;
    begin(serve_huge_headers);
    rig_start(&rig);
    rig_run_until(&rig, is_streaming);
    assert_int_equal(rig_status(&rig)->feed_connection_failures, 1);
    end();
}

static void serve_late(struct fake_peer *peer)
{
    if (!fake_read_request(peer))
        return;
    fake_wait_step(peer, 1);
    fake_upgrade(peer);
    if (fake_hear_subscriptions(peer, 2))
        say_trade(peer, "A");
    fake_hear_out(peer);
}

static bool two_seconds_have_passed(struct feed_rig *r)
{
    (void)r;
    return rig_steady_ns() - rig_begun_ns > INT64_C(2000000000);
}

static void test_a_late_answer_is_still_taken(void **state)
{
    (void)state;
    begin(serve_late);
    rig_start(&rig);
    rig_run_until(&rig, two_seconds_have_passed);
    assert_int_equal(feed_client_state(rig.client), FEED_CONNECTING);
    go_on(1);
    rig_run_until(&rig, is_streaming);
    assert_int_equal(rig_status(&rig)->feed_connection_failures, 0);
    end();
}

static void serve_no_answer_at_first(struct fake_peer *peer)
{
    char byte;

    if (peer->number > 1) {
        serve_well(peer);
        return;
    }
    if (fake_read_request(peer))
        (void)fake_read(peer, &byte, 1); /* until the client gives up */
}

static void test_no_answer_ends_the_attempt(void **state)
{
    (void)state;
    begin(serve_no_answer_at_first);
    rig_set(&rig, "feed.connect_timeout_s", "1");
    rig_start(&rig);
    rig_run_until(&rig, is_streaming);
    assert_true(rig_logged(&rig, "backing_off, was connecting: no answer for 1 s"));
    assert_int_equal(rig_status(&rig)->feed_connection_failures, 1);
    end();
}

/* Nobody there. */

static void test_a_closed_port_is_tried_again_and_leaves_nothing_behind(void **state)
{
    (void)state;
    begin(serve_well);
    fake_stop(&server); /* the port is free, nobody listens */
    rig_start(&rig);
    rig_run_until(&rig, has_failed_five_times);
    assert_true(rig_logged(&rig, "cannot connect: Connection refused"));
    rig_close(&rig, true);
}

static void test_an_address_without_a_route_leaves_nothing_behind(void **state)
{
    (void)state;
    begin(serve_well);
    fake_stop(&server);
    rig_set(&rig, "feed.url", "ws://255.255.255.255:80");
    rig_start(&rig);
    rig_run_until(&rig, has_failed_five_times);
    assert_true(rig_logged(&rig, "cannot connect: "));
    rig_close(&rig, true);
}

/* TCP's connect() to a multicast address fails at once, although there is a route. */
static void test_a_connect_that_fails_at_once_leaves_nothing_behind(void **state)
{
    (void)state;
    begin(serve_well);
    fake_stop(&server);
    rig_set(&rig, "feed.url", "ws://224.0.0.1:80");
    rig_start(&rig);
    rig_run_until(&rig, has_failed_five_times);
    assert_true(rig_logged(&rig, "cannot connect"));
    rig_close(&rig, true);
}

static void test_a_name_that_does_not_resolve_is_tried_again(void **state)
{
    (void)state;
    begin(serve_well);
    fake_stop(&server);
    rig_set(&rig, "feed.url", "ws://no..name:80");
    rig_start(&rig);
    rig_run_until(&rig, has_failed_five_times);
    assert_true(rig_logged(&rig, "cannot resolve the feed's host: "));
    rig_close(&rig, true);
}

/* Ends. */

static void serve_a_reset_first(struct fake_peer *peer)
{
    if (peer->number > 1) {
        serve_well(peer);
        return;
    }
    if (!fake_handshake(peer) || !fake_hear_subscriptions(peer, 2))
        return;
    say_trade(peer, "A");
    fake_wait_step(peer, 1);
    fake_reset(peer);
}

static void test_a_reset_leads_to_a_new_connection_with_all_symbols(void **state)
{
    (void)state;
    begin(serve_a_reset_first);
    rig_start(&rig);
    rig_run_until(&rig, is_streaming);
    go_on(1);
    rig_run_until(&rig, streams_on_the_second_connection);
    assert_int_equal(fake_heard(&server, "\"symbol\":\"A\""), 2);
    assert_int_equal(fake_heard(&server, "\"symbol\":\"B\""), 2);
    assert_true(rig_logged(&rig, "backing_off, was streaming: the connection ended without a "
                                 "close frame"));
    end();
}

static void serve_a_close_first(struct fake_peer *peer)
{
    if (peer->number > 1) {
        serve_well(peer);
        return;
    }
    if (!fake_handshake(peer) || !fake_hear_subscriptions(peer, 2))
        return;
    say_trade(peer, "A");
    fake_wait_step(peer, 1);
    fake_frame(peer, FAKE_FIN | FAKE_CLOSE, "\x03\xe9restart\n", 10); /* 1001, going away */
    fake_hear_out(peer);
}

static void test_a_close_frame_is_explained(void **state)
{
    (void)state;
    begin(serve_a_close_first);
    rig_start(&rig);
    rig_run_until(&rig, is_streaming);
    go_on(1);
    rig_run_until(&rig, streams_on_the_second_connection);
    assert_true(rig_logged(&rig, "the server closed the connection with code 1001: restart?"));
    end();
}

static void serve_a_close_with_the_key(struct fake_peer *peer)
{
    if (!fake_handshake(peer) || !fake_hear_subscriptions(peer, 2))
        return;
    fake_frame(peer, FAKE_FIN | FAKE_CLOSE,
               "\x03\xf0"
               "not c0ffee",
               12); /* 1008, policy */
    fake_hear_out(peer);
}

/* What goes to the bus goes to tape, archive, watchers and alerts. */
static void test_a_server_that_repeats_the_key_does_not_get_it_onto_the_bus(void **state)
{
    (void)state;
    assert_int_equal(setenv("FINNHUB_TOKEN", "c0ffee", 1), 0);
    begin(serve_a_close_with_the_key);
    rig_start(&rig);
    rig_run_until(&rig, is_backing_off);
    const char *reason = rig.fixture.last[TOPIC_FEED].body.feed.reason;

    assert_null(strstr(reason, "c0ffee"));
    assert_non_null(strstr(reason, "withheld"));
    end();
}

/* Stops, in every phase. */

static void serve_nothing(struct fake_peer *peer)
{
    char byte;

    while (fake_read(peer, &byte, 1) > 0)
        continue;
}

static void test_a_stop_right_after_the_start_is_clean(void **state)
{
    (void)state;
    begin(serve_nothing);
    rig_start(&rig);
    end();
}

static void test_a_stop_during_the_handshake_is_clean(void **state)
{
    (void)state;
    begin(serve_nothing);
    rig_start(&rig);
    rig_run_until(&rig, the_server_has_a_connection);
    assert_int_equal(feed_client_state(rig.client), FEED_CONNECTING);
    end();
}

static void test_a_stop_while_backing_off_is_clean(void **state)
{
    (void)state;
    begin(serve_429);
    rig_start(&rig);
    rig_run_until(&rig, is_backing_off);
    end();
}

/* Another context of libwebsockets on the same loop, as a dashboard has one. */
static void test_two_contexts_share_the_loop_and_end_cleanly(void **state)
{
    void *loops[] = {&rig.loop};
    struct lws_context_creation_info info = {
        .port = 0, /* any */
        .iface = "127.0.0.1",
        .options = LWS_SERVER_OPTION_LIBUV,
        .foreign_loops = loops,
        .gid = -1,
        .uid = -1,
        .fd_limit_per_thread = 16,
    };

    (void)state;
    begin(serve_well);
    rig_start(&rig);
    struct lws_context *other = lws_create_context(&info);

    assert_non_null(other);
    rig_run_until(&rig, has_two_trades);
    feed_client_stop(rig.client, rig_done, &rig);
    lws_context_destroy(other);
    uv_close((uv_handle_t *)&rig.look, NULL);
    assert_int_equal(uv_run(&rig.loop, UV_RUN_DEFAULT), 0);
    assert_true(rig.stopped);
    feed_client_destroy(rig.client);
    lws_context_destroy(other);
    lws_log_detach();
    assert_int_equal(uv_loop_close(&rig.loop), 0);
    arena_fini(&rig.arena);
    fixture_stop(&rig.fixture);
    fake_stop(&server);
}

/* What cannot start. */

static void check_refusal(const char *key, const char *value, int error, const char *words)
{
    char memory[512];
    struct text why;

    rig_init(&rig, 1);
    rig_set(&rig, key, value);
    text_init(&why, memory, sizeof memory);
    assert_int_equal(feed_client_check(&rig.fixture.settings, &why), error);
    assert_non_null(strstr(memory, words));
    assert_int_equal(rig_try_start(&rig), error);
    assert_true(rig_logged(&rig, words));
    rig_close(&rig, false);
}

static void test_a_configuration_that_cannot_work_is_refused_before_anything_runs(void **state)
{
    (void)state;
    check_refusal("feed.symbols", "*", ERROR_RANGE, "a live feed wants their names");
    check_refusal("feed.url", "wss://ws.finnhub.io", ERROR_NOT_FOUND, "ws.finnhub.io wants a key");
    check_refusal("feed.token_file", "/nonexistent/key", ERROR_IO,
                  "feed.token_file /nonexistent/key: No such file or directory");
}

static void test_an_authority_that_cannot_be_read_is_refused(void **state)
{
    (void)state;
    rig_init(&rig, 1);
    rig_set(&rig, "feed.url", "wss://127.0.0.1:1");
    rig_set(&rig, "feed.ca_file", "/nonexistent/ca.pem");
    assert_int_equal(rig_try_start(&rig), ERROR_IO);
    assert_true(rig_logged(&rig, "feed.ca_file /nonexistent/ca.pem cannot be used"));
    rig_close(&rig, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_connects_subscribes_and_streams),
        cmocka_unit_test(test_the_request_carries_key_and_host_and_offers_no_extension),
        cmocka_unit_test(test_a_refused_key_is_reported_and_not_tried_again_soon),
        cmocka_unit_test(test_a_rate_limit_is_waited_out),
        cmocka_unit_test(test_other_answers_than_101_back_off_and_try_again),
        cmocka_unit_test(test_an_answer_with_huge_headers_is_a_failed_attempt),
        cmocka_unit_test(test_a_late_answer_is_still_taken),
        cmocka_unit_test(test_no_answer_ends_the_attempt),
        cmocka_unit_test(test_a_closed_port_is_tried_again_and_leaves_nothing_behind),
        cmocka_unit_test(test_an_address_without_a_route_leaves_nothing_behind),
        cmocka_unit_test(test_a_connect_that_fails_at_once_leaves_nothing_behind),
        cmocka_unit_test(test_a_name_that_does_not_resolve_is_tried_again),
        cmocka_unit_test(test_a_reset_leads_to_a_new_connection_with_all_symbols),
        cmocka_unit_test(test_a_close_frame_is_explained),
        cmocka_unit_test(test_a_server_that_repeats_the_key_does_not_get_it_onto_the_bus),
        cmocka_unit_test(test_a_stop_right_after_the_start_is_clean),
        cmocka_unit_test(test_a_stop_during_the_handshake_is_clean),
        cmocka_unit_test(test_a_stop_while_backing_off_is_clean),
        cmocka_unit_test(test_two_contexts_share_the_loop_and_end_cleanly),
        cmocka_unit_test(test_a_configuration_that_cannot_work_is_refused_before_anything_runs),
        cmocka_unit_test(test_an_authority_that_cannot_be_read_is_refused),
    };

    (void)unsetenv("CREDENTIALS_DIRECTORY");
    (void)unsetenv("FINNHUB_TOKEN");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
