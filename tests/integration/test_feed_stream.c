/* What the feed client makes of the messages, and of their absence, from a server that misbehaves
 * as Finnhub's does, over real sockets. */
#include "support/feed_scene.h"

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
    assert_true(rig_logged(&rig, "feed_too_long a message is dropped: bytes=100001 allowed=100000 "
                                 "key=feed.frame_bytes_max\n"));
    assert_true(rig_logged(&rig, "feed_too_long a message is dropped: bytes=3000000 "));
    assert_true(rig_logged(&rig, "feed_too_long a message is dropped: bytes=120000 "));
    assert_true(rig_logged(&rig, "feed_binary a binary message is dropped: bytes=200000, and the "
                                 "protocol has text only\n"));
    end();
}

static size_t lines_with(const char *words)
{
    size_t count = 0;

    for (const char *p = rig.log_memory; (p = strstr(p, words)) != NULL; p++)
        count++;
    return count;
}

static void serve_many_long_frames(struct fake_peer *peer)
{
    if (!fake_handshake(peer) || !fake_hear_subscriptions(peer, 2))
        return;
    for (int i = 0; i < 100; i++) {
        say_padded(peer, FAKE_FIN | FAKE_TEXT, 5000);
        say_padded(peer, FAKE_FIN | FAKE_BINARY, 5000);
    }
    say_trade(peer, "A");
    say_trade(peer, "B");
    fake_hear_out(peer);
}

static void test_many_dropped_frames_do_not_flood_the_log(void **state)
{
    (void)state;
    begin(serve_many_long_frames);
    rig_set(&rig, "feed.frame_bytes_max", "4096");
    rig_start(&rig);
    rig_run_until(&rig, has_two_trades);
    assert_int_equal(rig_status(&rig)->feed_frames_too_long, 100);
    assert_in_range(lines_with("feed_too_long"), 1, 20);
    assert_in_range(lines_with("feed_binary"), 1, 20);
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

/* Trades that cannot be used. */

static void serve_wrong_prices_first(struct fake_peer *peer)
{
    if (peer->number > 1) {
        serve_well(peer);
        return;
    }
    if (!fake_handshake(peer) || !fake_hear_subscriptions(peer, 2))
        return;
    for (int i = 0; i < 50; i++)
        fake_say(peer, "{\"type\":\"trade\",\"data\":[{\"t\":1795446000001,\"p\":\"310.49\","
                       "\"v\":40,\"s\":\"A\"}]}");
    fake_hear_out(peer);
}

static void test_a_feed_of_unusable_trades_is_not_called_silent(void **state)
{
    (void)state;
    begin(serve_wrong_prices_first);
    rig_set(&rig, "feed.silence_s", "1");
    rig_start(&rig);
    rig_run_until(&rig, streams_on_the_second_connection);
    assert_true(rig_logged(&rig, "stale, was subscribed: neither trade nor ping for 1 s; 50 "
                                 "unusable trades came"));
    assert_true(rig_logged(&rig, "feed_unusable trades that cannot be used: 1 of 1 in a message; "
                                 "missing or wrong: p (price)\n"));
    assert_in_range(lines_with("feed_unusable"), 1, 20);
    assert_int_equal(rig_input(&rig).malformed, 50);
    end();
}

static void serve_the_future(struct fake_peer *peer)
{
    char text[320];

    if (!fake_handshake(peer) || !fake_hear_subscriptions(peer, 2))
        return;
    (void)snprintf(text, sizeof text,
                   "{\"type\":\"trade\",\"data\":[{\"t\":%lld,\"p\":310.49,\"v\":40,\"s\":\"A\"},"
                   "{\"t\":%lld,\"p\":310.49,\"v\":-1,\"s\":\"A\"}]}",
                   (long long)(rig_wall_us() / 1000 + 3600500), (long long)(rig_wall_us() / 1000));
    fake_say(peer, text);
    say_trade(peer, "A");
    say_trade(peer, "B");
    fake_hear_out(peer);
}

static void test_trades_from_the_future_are_said_to_be(void **state)
{
    (void)state;
    begin(serve_the_future);
    rig_start(&rig);
    rig_run_until(&rig, has_two_trades);
    assert_true(rig_logged(&rig, "feed_unusable trades that cannot be used: 2 of 2 in a message; "
                                 "missing or wrong: v (volume); 1 from the future by up to 3600."));
    assert_true(rig_logged(&rig, " s, feed.future_ms allows 10.000 s: is this machine's clock "
                                 "slow?\n"));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fragments_with_pings_between_them_become_messages),
        cmocka_unit_test(test_long_and_binary_frames_are_dropped_and_the_connection_kept),
        cmocka_unit_test(test_many_dropped_frames_do_not_flood_the_log),
        cmocka_unit_test(test_rubbish_is_counted_and_does_not_flood_the_log),
        cmocka_unit_test(test_a_frame_against_the_protocol_ends_the_connection_not_the_client),
        cmocka_unit_test(test_a_feed_of_unusable_trades_is_not_called_silent),
        cmocka_unit_test(test_trades_from_the_future_are_said_to_be),
        cmocka_unit_test(test_silence_is_stale_and_leads_to_a_new_connection),
        cmocka_unit_test(test_pings_without_trades_are_idle_then_stale_then_a_new_connection),
        cmocka_unit_test(test_a_silent_symbol_among_talking_ones_is_named),
        cmocka_unit_test(test_symbols_that_are_not_taken_are_named),
        cmocka_unit_test(test_subscriptions_are_paced),
        cmocka_unit_test(test_a_stop_between_subscriptions_is_clean),
    };

    (void)unsetenv("CREDENTIALS_DIRECTORY");
    (void)unsetenv("FINNHUB_TOKEN");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
