/* The feed client against a server that misbehaves as Finnhub's does, over real sockets. Each test
 * ends with the documented stop, after which nothing may be left on the loop. */
#include "support/fake_feed.h"
#include "support/feed_rig.h"

#include <libwebsockets.h>

#include "tickd/base/error.h"

static struct fake_feed server;
static struct feed_rig rig;

/* One trade of a symbol, now. */
static void say_trade(struct fake_peer *peer, const char *symbol)
{
    char text[160];

    (void)snprintf(text, sizeof text,
                   "{\"type\":\"trade\",\"data\":[{\"t\":%lld,\"p\":310.49,\"v\":40,"
                   "\"c\":[\"1\"],\"s\":\"%s\"}]}",
                   (long long)(rig_wall_us() / 1000), symbol);
    fake_say(peer, text);
}

static void begin(void (*script)(struct fake_peer *peer))
{
    fake_start(&server, script, NULL);
    rig_init(&rig, server.port);
}

static void end(void)
{
    rig_close(&rig, true);
    fake_stop(&server);
}

static void go_on(int step)
{
    atomic_store(&server.step, step);
}

/* What tests wait for. */

static bool is_streaming(struct feed_rig *r)
{
    return feed_client_state(r->client) == FEED_STREAMING;
}

static bool is_stale(struct feed_rig *r)
{
    return feed_client_state(r->client) == FEED_STALE;
}

static bool is_idle(struct feed_rig *r)
{
    return feed_client_state(r->client) == FEED_IDLE;
}

static bool is_refused(struct feed_rig *r)
{
    return feed_client_state(r->client) == FEED_REFUSED;
}

static bool is_backing_off(struct feed_rig *r)
{
    return feed_client_state(r->client) == FEED_BACKING_OFF;
}

static bool streams_on_the_second_connection(struct feed_rig *r)
{
    return is_streaming(r) && rig_status(r)->feed_connections == 2;
}

static bool has_two_trades(struct feed_rig *r)
{
    return r->fixture.seen[TOPIC_TRADE] >= 2;
}

static bool one_symbol_has_no_stream(struct feed_rig *r)
{
    return rig_status(r)->feed_silent == 1;
}

static bool two_symbols_have_no_stream(struct feed_rig *r)
{
    return rig_status(r)->feed_silent == 2;
}

static bool has_failed_five_times(struct feed_rig *r)
{
    return rig_status(r)->feed_connection_failures >= 5;
}

static bool the_server_has_heard_everything(struct feed_rig *r)
{
    (void)r;
    return fake_heard(&server, "the end") > 0;
}

static bool the_server_has_a_connection(struct feed_rig *r)
{
    (void)r;
    return atomic_load(&server.connections) >= 1;
}

/* A server as it should be. */

static void serve_well(struct fake_peer *peer)
{
    if (!fake_handshake(peer) || !fake_hear_subscriptions(peer, 2))
        return;
    fake_say(peer, "{\"type\":\"ping\"}");
    say_trade(peer, "A");
    say_trade(peer, "B");
    fake_hear_out(peer);
}

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
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        "sec-websocket-accept: d3Jvbmc=\r\n\r\n",
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

/* Frames. */

static void say_in_pieces(struct fake_peer *peer, const char *text)
{
    size_t length = strlen(text);

    for (size_t i = 0; i < length; i++) {
        fake_frame(peer, i == 0 ? FAKE_TEXT : FAKE_CONTINUATION, text + i, 1);
        if (i % 16 == 0) {
            fake_frame(peer, FAKE_FIN | FAKE_PING, "beat", 4);
            while (fake_hear(peer) != FAKE_PONG)
                continue;
        }
    }
    fake_frame(peer, FAKE_FIN | FAKE_CONTINUATION, "", 0);
}

static void serve_fragments(struct fake_peer *peer)
{
    if (!fake_handshake(peer) || !fake_hear_subscriptions(peer, 2))
        return;
    say_in_pieces(peer, "{\"type\":\"trade\",\"data\":[{\"t\":1795446000001,\"p\":310.49,\"v\":40,"
                        "\"c\":[\"1\"],\"s\":\"A\"}]}");
    say_in_pieces(peer, "{\"type\":\"ping\"}");
    say_trade(peer, "B");
    fake_hear_out(peer);
}

static void test_fragments_with_pings_between_them_become_messages(void **state)
{
    (void)state;
    begin(serve_fragments);
    rig_start(&rig);
    rig_run_until(&rig, has_two_trades);
    assert_int_equal(rig_status(&rig)->feed_pings, 1);
    assert_int_equal(rig_input(&rig).frames_malformed, 0);
    assert_true(atomic_load(&server.pongs) >= 6);
    end();
}

/* A ping whose text is padded to a length. */
static void say_padded(struct fake_peer *peer, unsigned first, size_t length)
{
    char *text = malloc(length);

    assert_non_null(text);
    memset(text, ' ', length);
    memcpy(text, "{\"type\":\"ping\"}", 15);
    fake_frame(peer, first, text, length);
    free(text);
}

static void serve_long_and_binary_frames(struct fake_peer *peer)
{
    if (!fake_handshake(peer) || !fake_hear_subscriptions(peer, 2))
        return;
    say_padded(peer, FAKE_FIN | FAKE_TEXT, 100000); /* the limit */
    say_padded(peer, FAKE_FIN | FAKE_TEXT, 100001);
    say_padded(peer, FAKE_FIN | FAKE_TEXT, 3000000);
    say_padded(peer, FAKE_TEXT, 60000);
    say_padded(peer, FAKE_FIN | FAKE_CONTINUATION, 60000);
    say_padded(peer, FAKE_FIN | FAKE_BINARY, 100);
    say_padded(peer, FAKE_FIN | FAKE_BINARY, 200000);
    say_padded(peer, FAKE_FIN | FAKE_TEXT, 20000);
    say_trade(peer, "A");
    say_trade(peer, "B");
    fake_hear_out(peer);
}

static void test_long_and_binary_frames_are_dropped_and_the_connection_kept(void **state)
{
    (void)state;
    begin(serve_long_and_binary_frames);
    rig_set(&rig, "feed.frame_bytes_max", "100000");
    rig_start(&rig);
    rig_run_until(&rig, has_two_trades);
    const struct status_live *live = rig_status(&rig);

    assert_int_equal(live->feed_frames_too_long, 3);
    assert_int_equal(live->feed_frames_binary, 2);
    assert_int_equal(live->feed_pings, 2);
    assert_int_equal(live->feed_connections, 1);
    assert_int_equal(rig_input(&rig).frames, 4);
    assert_int_equal(rig_input(&rig).frames_malformed, 0);
    end();
}

static void serve_rubbish(struct fake_peer *peer)
{
    if (!fake_handshake(peer) || !fake_hear_subscriptions(peer, 2))
        return;
    for (int i = 0; i < 100; i++)
        fake_say(peer, "{\"type\":\"trade\",\"data\":[{\"t\":17");
    fake_say(peer, "\xff\xfe");
    fake_say(peer, "");
    fake_say(peer, "{\"type\":\"weather\"}");
    for (int i = 0; i < 100; i++)
        fake_say(peer, "{\"msg\":\"Something went wrong\",\"type\":\"error\"}");
    say_trade(peer, "A");
    say_trade(peer, "B");
    fake_hear_out(peer);
}

static size_t lines_with(const char *words)
{
    size_t count = 0;

    for (const char *p = rig.log_memory; (p = strstr(p, words)) != NULL; p++)
        count++;
    return count;
}

static void test_rubbish_is_counted_and_does_not_flood_the_log(void **state)
{
    (void)state;
    begin(serve_rubbish);
    rig_start(&rig);
    rig_run_until(&rig, has_two_trades);
    assert_int_equal(rig_input(&rig).frames_malformed, 102);
    assert_int_equal(rig_status(&rig)->feed_errors, 100);
    assert_int_equal(rig_status(&rig)->feed_connections, 1);
    assert_in_range(lines_with("feed_malformed"), 1, 20);
    assert_true(lines_with("feed_malformed") + lines_with("feed_error") <= 20);
    end();
}

static void serve_a_bad_frame_first(struct fake_peer *peer)
{
    if (peer->number > 1) {
        serve_well(peer);
        return;
    }
    if (!fake_handshake(peer) || !fake_hear_subscriptions(peer, 2))
        return;
    say_trade(peer, "A");
    fake_frame(peer, 0xf1, "reserved bits", 13);
    fake_hear_out(peer);
}

static void test_a_frame_against_the_protocol_ends_the_connection_not_the_client(void **state)
{
    (void)state;
    begin(serve_a_bad_frame_first);
    rig_start(&rig);
    rig_run_until(&rig, streams_on_the_second_connection);
    end();
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

/* Silence. */

static void serve_silence_first(struct fake_peer *peer)
{
    char byte;

    if (peer->number > 1) {
        serve_well(peer);
        return;
    }
    if (!fake_handshake(peer) || !fake_hear_subscriptions(peer, 2))
        return;
    say_trade(peer, "A");
    while (fake_read(peer, &byte, 1) > 0) /* half-dead: no answer to anything */
        continue;
}

static void test_silence_is_stale_and_leads_to_a_new_connection(void **state)
{
    (void)state;
    begin(serve_silence_first);
    rig_set(&rig, "feed.silence_s", "1");
    rig_start(&rig);
    rig_run_until(&rig, streams_on_the_second_connection);
    assert_true(rig_logged(&rig, "stale, was streaming: neither trade nor ping for 1 s"));
    assert_true(rig_logged(&rig, "backing_off, was stale: neither trade nor ping for 1 s"));
    assert_int_equal(rig.fixture.last[TOPIC_FEED].body.feed.owed_since_us, 0);
    end();
}

static void serve_pings_only(struct fake_peer *peer)
{
    if (!fake_handshake(peer) || !fake_hear_subscriptions(peer, 2))
        return;
    if (peer->number > 1)
        say_trade(peer, "A");
    for (int i = 0; i < 400 && !atomic_load(&peer->server->stopping); i++) {
        fake_say(peer, "{\"type\":\"ping\"}");
        fake_sleep_ms(50);
        if (atomic_load(&peer->server->step) > 0)
            break;
    }
}

static void test_pings_without_trades_are_idle_then_stale_then_a_new_connection(void **state)
{
    (void)state;
    begin(serve_pings_only);
    rig_set(&rig, "feed.silence_s", "1");
    rig_set(&rig, "feed.no_trades_s", "2");
    rig_start(&rig);
    rig_run_until(&rig, is_idle);
    rig_run_until(&rig, is_stale);
    assert_true(rig.fixture.last[TOPIC_FEED].body.feed.owed_since_us != 0);
    assert_string_equal(rig_status(&rig)->feed_reason, "pings, but no trade for 2 s");
    rig_run_until(&rig, is_backing_off);
    assert_string_equal(rig_status(&rig)->feed_reason, "pings, but no trade for 4 s");
    go_on(1);
    end();
}

static void serve_one_symbol(struct fake_peer *peer)
{
    if (!fake_handshake(peer) || !fake_hear_subscriptions(peer, 2))
        return;
    while (atomic_load(&peer->server->step) == 0 && !atomic_load(&peer->server->stopping)) {
        say_trade(peer, "A");
        fake_sleep_ms(50);
    }
    say_trade(peer, "B");
    fake_hear_out(peer);
}

static bool both_symbols_stream(struct feed_rig *r)
{
    return rig_status(r)->feed_silent == 0;
}

static void test_a_silent_symbol_among_talking_ones_is_named(void **state)
{
    struct symbol_view view;

    (void)state;
    begin(serve_one_symbol);
    rig_set(&rig, "feed.symbol_silence_s", "1");
    rig_start(&rig);
    rig_run_until(&rig, one_symbol_has_no_stream);
    assert_true(rig_logged(&rig, "feed_stream B silent: no trade while others trade\n"));
    assert_true(engine_symbol(rig.fixture.engine, 1, &view));
    assert_int_equal(view.stream, STREAM_SILENT);
    assert_int_equal(feed_client_state(rig.client), FEED_STREAMING);
    go_on(1);
    rig_run_until(&rig, both_symbols_stream);
    assert_true(rig_logged(&rig, "feed_stream B talking: trades again\n"));
    end();
}

/* Subscriptions that are not taken. */

static void serve_a_limit(struct fake_peer *peer)
{
    if (!fake_handshake(peer) || !fake_hear_subscriptions(peer, 4))
        return;
    fake_say(peer, "{\"msg\":\"Subscribing to too many symbols\",\"type\":\"error\"}");
    fake_say(peer, "{\"msg\":\"Invalid symbol B\",\"type\":\"error\"}");
    say_trade(peer, "A");
    fake_hear_out(peer);
}

static void test_symbols_that_are_not_taken_are_named(void **state)
{
    (void)state;
    begin(serve_a_limit);
    rig_set(&rig, "feed.symbols", "A,B,IC MARKETS:1,D");
    rig_start(&rig);
    rig_run_until(&rig, two_symbols_have_no_stream);
    assert_int_equal(fake_heard(&server, "\"symbol\":\"IC MARKETS:1\""), 1);
    assert_true(rig_logged(&rig, "feed_error the server says: Subscribing to too many symbols\n"));
    assert_true(rig_logged(&rig, "feed_stream D rejected: the server takes no more symbols\n"));
    assert_true(rig_logged(&rig, "feed_stream B rejected: the server calls the symbol invalid\n"));
    assert_int_equal(rig_status(&rig)->feed_subscribed, 4);
    assert_int_equal(rig_status(&rig)->feed_errors, 2);
    end();
}

static bool has_asked_for_two(struct feed_rig *r)
{
    (void)r;
    return fake_heard(&server, "subscribe") >= 2;
}

/* Symbols follow each other at the configured pace: three pauses of 100 ms at the least. */
static void serve_paced(struct fake_peer *peer)
{
    if (!fake_handshake(peer))
        return;
    int64_t begun_ns = rig_steady_ns();

    if (!fake_hear_subscriptions(peer, 4))
        return;
    if (rig_steady_ns() - begun_ns >= INT64_C(290000000))
        fake_note(peer->server, "the end", 7);
    fake_hear_out(peer);
}

static void test_subscriptions_are_paced(void **state)
{
    (void)state;
    begin(serve_paced);
    rig_set(&rig, "feed.symbols", "A,B,C,D");
    rig_set(&rig, "feed.subscribe_interval_ms", "100");
    rig_start(&rig);
    rig_run_until(&rig, has_asked_for_two);
    assert_int_equal(feed_client_state(rig.client), FEED_CONNECTED);
    rig_run_until(&rig, the_server_has_heard_everything);
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

static void test_a_stop_between_subscriptions_is_clean(void **state)
{
    (void)state;
    begin(serve_paced);
    rig_set(&rig, "feed.symbols", "A,B,C,D");
    rig_set(&rig, "feed.subscribe_interval_ms", "1000");
    rig_start(&rig);
    rig_run_until(&rig, has_asked_for_two);
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
        cmocka_unit_test(test_fragments_with_pings_between_them_become_messages),
        cmocka_unit_test(test_long_and_binary_frames_are_dropped_and_the_connection_kept),
        cmocka_unit_test(test_rubbish_is_counted_and_does_not_flood_the_log),
        cmocka_unit_test(test_a_frame_against_the_protocol_ends_the_connection_not_the_client),
        cmocka_unit_test(test_a_reset_leads_to_a_new_connection_with_all_symbols),
        cmocka_unit_test(test_a_close_frame_is_explained),
        cmocka_unit_test(test_silence_is_stale_and_leads_to_a_new_connection),
        cmocka_unit_test(test_pings_without_trades_are_idle_then_stale_then_a_new_connection),
        cmocka_unit_test(test_a_silent_symbol_among_talking_ones_is_named),
        cmocka_unit_test(test_symbols_that_are_not_taken_are_named),
        cmocka_unit_test(test_subscriptions_are_paced),
        cmocka_unit_test(test_a_stop_right_after_the_start_is_clean),
        cmocka_unit_test(test_a_stop_during_the_handshake_is_clean),
        cmocka_unit_test(test_a_stop_while_backing_off_is_clean),
        cmocka_unit_test(test_a_stop_between_subscriptions_is_clean),
        cmocka_unit_test(test_two_contexts_share_the_loop_and_end_cleanly),
        cmocka_unit_test(test_a_configuration_that_cannot_work_is_refused_before_anything_runs),
        cmocka_unit_test(test_an_authority_that_cannot_be_read_is_refused),
    };

    (void)unsetenv("CREDENTIALS_DIRECTORY");
    (void)unsetenv("FINNHUB_TOKEN");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
