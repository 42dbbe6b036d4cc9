/* One fake server and one client that goes to it: what the tests of the feed client begin and end
 * with, and what they wait for. Link it by including this file; it is all static. */
#ifndef TICKD_SUPPORT_FEED_SCENE_H
#define TICKD_SUPPORT_FEED_SCENE_H

#include "support/fake_feed.h"
#include "support/feed_rig.h"

static struct fake_feed server;
static struct feed_rig rig;

/* One trade of a symbol, now. */
static inline void say_trade(struct fake_peer *peer, const char *symbol)
{
    char text[160];

    (void)snprintf(text, sizeof text,
                   "{\"type\":\"trade\",\"data\":[{\"t\":%lld,\"p\":310.49,\"v\":40,"
                   "\"c\":[\"1\"],\"s\":\"%s\"}]}",
                   (long long)(rig_wall_us() / 1000), symbol);
    fake_say(peer, text);
}

static inline void begin(void (*script)(struct fake_peer *peer))
{
    fake_start(&server, script, NULL);
    rig_init(&rig, server.port);
}

static inline void end(void)
{
    rig_close(&rig, true);
    fake_stop(&server);
}

static inline void go_on(int step)
{
    atomic_store(&server.step, step);
}

/* What tests wait for. */

static inline bool is_streaming(struct feed_rig *r)
{
    return feed_client_state(r->client) == FEED_STREAMING;
}

static inline bool is_stale(struct feed_rig *r)
{
    return feed_client_state(r->client) == FEED_STALE;
}

static inline bool is_idle(struct feed_rig *r)
{
    return feed_client_state(r->client) == FEED_IDLE;
}

static inline bool is_refused(struct feed_rig *r)
{
    return feed_client_state(r->client) == FEED_REFUSED;
}

static inline bool is_backing_off(struct feed_rig *r)
{
    return feed_client_state(r->client) == FEED_BACKING_OFF;
}

static inline bool streams_on_the_second_connection(struct feed_rig *r)
{
    return is_streaming(r) && rig_status(r)->feed_connections == 2;
}

static inline bool has_two_trades(struct feed_rig *r)
{
    return r->fixture.seen[TOPIC_TRADE] >= 2;
}

static inline bool one_symbol_has_no_stream(struct feed_rig *r)
{
    return rig_status(r)->feed_silent == 1;
}

static inline bool two_symbols_have_no_stream(struct feed_rig *r)
{
    return rig_status(r)->feed_silent == 2;
}

static inline bool has_failed_five_times(struct feed_rig *r)
{
    return rig_status(r)->feed_connection_failures >= 5;
}

static inline bool the_server_has_heard_everything(struct feed_rig *r)
{
    (void)r;
    return fake_heard(&server, "the end") > 0;
}

static inline bool the_server_has_a_connection(struct feed_rig *r)
{
    (void)r;
    return atomic_load(&server.connections) >= 1;
}

/* A server as it should be. */

static inline void serve_well(struct fake_peer *peer)
{
    if (!fake_handshake(peer) || !fake_hear_subscriptions(peer, 2))
        return;
    fake_say(peer, "{\"type\":\"ping\"}");
    say_trade(peer, "A");
    say_trade(peer, "B");
    fake_hear_out(peer);
}

#endif
