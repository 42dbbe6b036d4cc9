/* The feed's states under simulated time: every transition, what silence means, what is owed, and
 * who is never hammered. Limits are the defaults of the configuration. */
#include "tickd/feed/feed_states.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/seed.h"
#include "tickd/base/calendar.h"

#define SECONDS(s) ((int64_t)(s)*US_PER_S)

enum { MOVES_MAX = 64, OPEN = true, CLOSED = false };

/* A machine, its time, and what it has reported. */
struct world {
    struct feed_states states;
    int64_t now_us;
    int moves;
    int reports;
    enum feed_state last_before;
    int64_t reported_owed_us;
};

static void note(void *context, const struct feed_states *states, enum feed_state before,
                 bool moved)
{
    struct world *world = context;

    world->reports++;
    world->moves += moved ? 1 : 0;
    world->last_before = before;
    world->reported_owed_us = states->owed_since_us;
    assert_true(moved == (states->state != before));
}

static void world_init(struct world *world)
{
    struct settings settings;
    struct feed_limits limits;
    struct backoff backoff;
    struct rng rng;

    memset(world, 0, sizeof *world);
    settings_init(&settings);
    feed_limits_from(&limits, &settings.feed);
    rng_stream(&rng, test_seed(), "states");
    backoff_init(&backoff, settings.feed.backoff_min_ms, settings.feed.backoff_max_ms, &rng);
    feed_states_init(&world->states, &limits, &backoff, note, world);
    world->now_us = SECONDS(1000);
}

static enum feed_action event(struct world *world, enum feed_event event)
{
    return feed_states_event(&world->states, event, world->now_us, "because");
}

/* Seconds pass, each with its tick; returns the last action that was not nothing. */
static enum feed_action pass(struct world *world, int seconds, bool open)
{
    enum feed_action action = FEED_DO_NOTHING;

    for (int i = 0; i < seconds; i++) {
        world->now_us += US_PER_S;
        enum feed_action now = feed_states_tick(&world->states, world->now_us, open);

        action = now != FEED_DO_NOTHING ? now : action;
    }
    return action;
}

/* Seconds pass while pings (and trades) come every second before the tick. */
static void pass_talking(struct world *world, int seconds, bool open, bool trades)
{
    for (int i = 0; i < seconds; i++) {
        world->now_us += US_PER_S;
        feed_states_heard(&world->states, world->now_us, trades);
        assert_int_equal(feed_states_tick(&world->states, world->now_us, open), FEED_DO_NOTHING);
    }
}

static void assert_state(const struct world *world, enum feed_state expected)
{
    assert_string_equal(feed_state_name(world->states.state), feed_state_name(expected));
}

static void start(struct world *world, bool open)
{
    world_init(world);
    assert_int_equal(feed_states_tick(&world->states, world->now_us, open), FEED_DO_NOTHING);
    assert_int_equal(event(world, FEED_EVENT_START), FEED_DO_CONNECT);
    assert_state(world, FEED_CONNECTING);
}

static void subscribe(struct world *world)
{
    assert_int_equal(event(world, FEED_EVENT_OPENED), FEED_DO_SUBSCRIBE);
    assert_state(world, FEED_CONNECTED);
    assert_int_equal(event(world, FEED_EVENT_ALL_ASKED), FEED_DO_NOTHING);
    assert_state(world, FEED_SUBSCRIBED);
}

static void stream(struct world *world, bool open)
{
    start(world, open);
    subscribe(world);
    feed_states_heard(&world->states, world->now_us, true);
    assert_state(world, FEED_STREAMING);
}

/* Lets the planned wait pass and sees the next attempt begin, not a moment earlier. */
static void reconnect(struct world *world, bool open)
{
    int64_t due_us = world->states.attempt_us;

    assert_true(due_us > world->now_us);
    assert_int_equal(feed_states_tick(&world->states, due_us - 1, open), FEED_DO_NOTHING);
    world->now_us = due_us;
    assert_int_equal(feed_states_tick(&world->states, due_us, open), FEED_DO_CONNECT);
    assert_state(world, FEED_CONNECTING);
    assert_int_equal(world->states.attempt_us, 0);
}

static int64_t wait_us(const struct world *world)
{
    return world->states.attempt_us - world->now_us;
}

static void test_it_goes_from_stopped_to_streaming(void **state)
{
    struct world world;

    (void)state;
    stream(&world, OPEN);
    assert_int_equal(world.states.connections, 1);
    assert_int_equal(world.states.failures, 0);
    assert_int_equal(world.moves, 4);
    assert_int_equal(world.last_before, FEED_SUBSCRIBED);
    assert_string_equal(world.states.reason, "");
}

/* The whole table; every event that is not listed changes nothing. */
static const struct {
    enum feed_state from;
    enum feed_event event;
    enum feed_state to;
    enum feed_action action;
} expected[] = {
    {FEED_STOPPED, FEED_EVENT_START, FEED_CONNECTING, FEED_DO_CONNECT},
    {FEED_BACKING_OFF, FEED_EVENT_ATTEMPT, FEED_CONNECTING, FEED_DO_CONNECT},
    {FEED_REFUSED, FEED_EVENT_ATTEMPT, FEED_CONNECTING, FEED_DO_CONNECT},
    {FEED_CONNECTING, FEED_EVENT_OPENED, FEED_CONNECTED, FEED_DO_SUBSCRIBE},
    {FEED_CONNECTING, FEED_EVENT_TIMEOUT, FEED_BACKING_OFF, FEED_DO_DROP},
    {FEED_CONNECTING, FEED_EVENT_FAILED, FEED_BACKING_OFF, FEED_DO_NOTHING},
    {FEED_CONNECTING, FEED_EVENT_RATE_LIMITED, FEED_BACKING_OFF, FEED_DO_NOTHING},
    {FEED_CONNECTING, FEED_EVENT_KEY_REFUSED, FEED_REFUSED, FEED_DO_NOTHING},
    {FEED_CONNECTED, FEED_EVENT_ALL_ASKED, FEED_SUBSCRIBED, FEED_DO_NOTHING},
    {FEED_SUBSCRIBED, FEED_EVENT_TRADE, FEED_STREAMING, FEED_DO_NOTHING},
    {FEED_IDLE, FEED_EVENT_TRADE, FEED_STREAMING, FEED_DO_NOTHING},
    {FEED_STALE, FEED_EVENT_TRADE, FEED_STREAMING, FEED_DO_NOTHING},
    {FEED_SUBSCRIBED, FEED_EVENT_QUIET, FEED_IDLE, FEED_DO_NOTHING},
    {FEED_STREAMING, FEED_EVENT_QUIET, FEED_IDLE, FEED_DO_NOTHING},
    {FEED_SUBSCRIBED, FEED_EVENT_NO_TRADES, FEED_STALE, FEED_DO_NOTHING},
    {FEED_STREAMING, FEED_EVENT_NO_TRADES, FEED_STALE, FEED_DO_NOTHING},
    {FEED_IDLE, FEED_EVENT_NO_TRADES, FEED_STALE, FEED_DO_NOTHING},
    {FEED_STALE, FEED_EVENT_MARKET_CLOSED, FEED_IDLE, FEED_DO_NOTHING},
    {FEED_STALE, FEED_EVENT_STILL_STALE, FEED_BACKING_OFF, FEED_DO_DROP},
    {FEED_CONNECTED, FEED_EVENT_SILENCE, FEED_STALE, FEED_DO_DROP},
    {FEED_SUBSCRIBED, FEED_EVENT_SILENCE, FEED_STALE, FEED_DO_DROP},
    {FEED_STREAMING, FEED_EVENT_SILENCE, FEED_STALE, FEED_DO_DROP},
    {FEED_IDLE, FEED_EVENT_SILENCE, FEED_STALE, FEED_DO_DROP},
    {FEED_STALE, FEED_EVENT_SILENCE, FEED_BACKING_OFF, FEED_DO_DROP},
    {FEED_CONNECTED, FEED_EVENT_SILENCE_CLOSED, FEED_BACKING_OFF, FEED_DO_DROP},
    {FEED_SUBSCRIBED, FEED_EVENT_SILENCE_CLOSED, FEED_BACKING_OFF, FEED_DO_DROP},
    {FEED_STREAMING, FEED_EVENT_SILENCE_CLOSED, FEED_BACKING_OFF, FEED_DO_DROP},
    {FEED_IDLE, FEED_EVENT_SILENCE_CLOSED, FEED_BACKING_OFF, FEED_DO_DROP},
    {FEED_STALE, FEED_EVENT_SILENCE_CLOSED, FEED_BACKING_OFF, FEED_DO_DROP},
    {FEED_CONNECTED, FEED_EVENT_CLOSED, FEED_BACKING_OFF, FEED_DO_NOTHING},
    {FEED_SUBSCRIBED, FEED_EVENT_CLOSED, FEED_BACKING_OFF, FEED_DO_NOTHING},
    {FEED_STREAMING, FEED_EVENT_CLOSED, FEED_BACKING_OFF, FEED_DO_NOTHING},
    {FEED_IDLE, FEED_EVENT_CLOSED, FEED_BACKING_OFF, FEED_DO_NOTHING},
    {FEED_STALE, FEED_EVENT_CLOSED, FEED_BACKING_OFF, FEED_DO_NOTHING},
    {FEED_CONNECTING, FEED_EVENT_STOP, FEED_STOPPED, FEED_DO_DROP},
    {FEED_CONNECTED, FEED_EVENT_STOP, FEED_STOPPED, FEED_DO_DROP},
    {FEED_SUBSCRIBED, FEED_EVENT_STOP, FEED_STOPPED, FEED_DO_DROP},
    {FEED_STREAMING, FEED_EVENT_STOP, FEED_STOPPED, FEED_DO_DROP},
    {FEED_IDLE, FEED_EVENT_STOP, FEED_STOPPED, FEED_DO_DROP},
    {FEED_STALE, FEED_EVENT_STOP, FEED_STOPPED, FEED_DO_DROP},
    {FEED_BACKING_OFF, FEED_EVENT_STOP, FEED_STOPPED, FEED_DO_DROP},
    {FEED_REFUSED, FEED_EVENT_STOP, FEED_STOPPED, FEED_DO_DROP},
};

static void test_every_event_does_what_the_table_says_in_every_state(void **state)
{
    size_t known = 0;

    (void)state;
    for (uint32_t from = 0; from < FEED_STATE_COUNT; from++) {
        for (uint32_t happened = 0; happened < FEED_EVENT_COUNT; happened++) {
            enum feed_state to = (enum feed_state)from;
            enum feed_action action = FEED_DO_NOTHING;
            struct world world;

            for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
                if (expected[i].from == (enum feed_state)from &&
                    expected[i].event == (enum feed_event)happened) {
                    to = expected[i].to;
                    action = expected[i].action;
                    known++;
                }
            }
            world_init(&world);
            world.states.state = (enum feed_state)from;
            assert_int_equal(event(&world, (enum feed_event)happened), action);
            assert_state(&world, to);
            assert_int_equal(world.moves, to != (enum feed_state)from ? 1 : 0);
        }
    }
    assert_int_equal(known, ARRAY_LENGTH(expected));
}

static void test_a_trade_between_subscriptions_does_not_end_them(void **state)
{
    struct world world;

    (void)state;
    start(&world, OPEN);
    (void)event(&world, FEED_EVENT_OPENED);
    feed_states_heard(&world.states, world.now_us, true);
    assert_state(&world, FEED_CONNECTED);
    (void)event(&world, FEED_EVENT_ALL_ASKED);
    feed_states_heard(&world.states, world.now_us, true);
    assert_state(&world, FEED_STREAMING);
}

static void test_no_answer_for_the_connect_timeout_ends_the_attempt(void **state)
{
    struct world world;

    (void)state;
    start(&world, OPEN);
    assert_int_equal(pass(&world, 74, OPEN), FEED_DO_NOTHING);
    assert_state(&world, FEED_CONNECTING);
    assert_int_equal(pass(&world, 1, OPEN), FEED_DO_DROP);
    assert_state(&world, FEED_BACKING_OFF);
    assert_string_equal(world.states.reason, "no answer for 75 s");
    assert_int_equal(world.states.failures, 1);
}

static void test_an_answer_after_sixty_five_seconds_is_still_taken(void **state)
{
    struct world world;

    (void)state;
    start(&world, OPEN);
    assert_int_equal(pass(&world, 65, OPEN), FEED_DO_NOTHING);
    subscribe(&world);
}

static void test_other_answers_than_101_back_off(void **state)
{
    static const int statuses[] = {200, 301, 400, 404, 500, 502, 503, 524};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(statuses); i++) {
        struct world world;
        char words[FEED_REASON_MAX];

        start(&world, OPEN);
        assert_int_equal(feed_states_http(&world.states, statuses[i], 0, world.now_us),
                         FEED_DO_NOTHING);
        assert_state(&world, FEED_BACKING_OFF);
        (void)snprintf(words, sizeof words, "HTTP %d instead of an upgrade", statuses[i]);
        assert_string_equal(world.states.reason, words);
        assert_in_range(wait_us(&world), 1, SECONDS(1));
    }
}

static void test_429_waits_at_least_the_configured_time(void **state)
{
    struct world world;

    (void)state;
    start(&world, OPEN);
    for (int i = 0; i < 20; i++) {
        (void)feed_states_http(&world.states, 429, 0, world.now_us);
        assert_state(&world, FEED_BACKING_OFF);
        /* The default 75 s, and at most the longest back-off on top. */
        assert_in_range(wait_us(&world), SECONDS(75), SECONDS(75 + 300));
        reconnect(&world, OPEN);
    }
}

static void test_429_honours_a_longer_wish_of_the_server_within_reason(void **state)
{
    struct world world;

    (void)state;
    start(&world, OPEN);
    (void)feed_states_http(&world.states, 429, 600, world.now_us);
    assert_in_range(wait_us(&world), SECONDS(600), SECONDS(750));
    reconnect(&world, OPEN);
    (void)feed_states_http(&world.states, 429, INT64_MAX, world.now_us);
    assert_in_range(wait_us(&world), SECONDS(3600), SECONDS(4500));
    reconnect(&world, OPEN);
    (void)feed_states_http(&world.states, 429, 5, world.now_us);
    assert_in_range(wait_us(&world), SECONDS(75), SECONDS(100));
}

static void test_a_refused_key_is_tried_again_only_after_a_quarter_of_an_hour(void **state)
{
    static const int statuses[] = {401, 403};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(statuses); i++) {
        struct world world;
        int64_t begun_us;

        start(&world, OPEN);
        begun_us = world.now_us;
        for (int attempt = 0; attempt < 10; attempt++) {
            (void)feed_states_http(&world.states, statuses[i], 0, world.now_us);
            assert_state(&world, FEED_REFUSED);
            assert_in_range(wait_us(&world), SECONDS(900), SECONDS(1200));
            reconnect(&world, OPEN);
        }
        assert_true(world.now_us - begun_us >= SECONDS(9000)); /* ten attempts: 2.5 hours */
        assert_int_equal(world.states.failures, 10);
        assert_int_equal(world.states.connections, 0);
    }
}

static void test_waits_grow_with_each_failure_up_to_the_longest(void **state)
{
    struct world world;
    int64_t ceiling_us = SECONDS(1);

    (void)state;
    start(&world, OPEN);
    for (int i = 0; i < 30; i++) {
        (void)event(&world, FEED_EVENT_FAILED);
        assert_in_range(wait_us(&world), 1, ceiling_us);
        ceiling_us = ceiling_us * 2 < SECONDS(300) ? ceiling_us * 2 : SECONDS(300);
        reconnect(&world, OPEN);
    }
    assert_int_equal(backoff_ceiling_ms(&world.states.backoff), 300000);
}

/* A server that opens and closes: were the back-off reset on open, this would be a storm. */
static void test_connections_that_end_early_do_not_make_waits_short(void **state)
{
    struct world world;

    (void)state;
    start(&world, OPEN);
    for (int i = 0; i < 10; i++) {
        subscribe(&world);
        pass_talking(&world, 59, OPEN, true);
        assert_int_equal(world.states.backoff.waits, i);
        (void)event(&world, FEED_EVENT_CLOSED);
        reconnect(&world, OPEN);
    }
    assert_int_equal(backoff_ceiling_ms(&world.states.backoff), 300000);
}

static void test_a_stable_stream_makes_waits_short_again(void **state)
{
    struct world world;

    (void)state;
    start(&world, OPEN);
    for (int i = 0; i < 10; i++) {
        (void)event(&world, FEED_EVENT_FAILED);
        reconnect(&world, OPEN);
    }
    subscribe(&world);
    pass_talking(&world, 60, OPEN, true);
    assert_int_equal(world.states.backoff.waits, 10);
    pass_talking(&world, 1, OPEN, true); /* 60 s after the first message */
    assert_int_equal(world.states.backoff.waits, 0);
    (void)event(&world, FEED_EVENT_CLOSED);
    assert_in_range(wait_us(&world), 1, SECONDS(1));
}

static void test_an_open_connection_without_a_message_is_not_stable(void **state)
{
    struct world world;

    (void)state;
    start(&world, OPEN);
    (void)event(&world, FEED_EVENT_FAILED);
    reconnect(&world, OPEN);
    subscribe(&world);
    (void)pass(&world, 120, OPEN);
    assert_int_equal(world.states.backoff.waits, 1);
}

static void test_pings_alone_are_a_stable_stream_while_the_market_is_closed(void **state)
{
    struct world world;

    (void)state;
    start(&world, CLOSED);
    (void)event(&world, FEED_EVENT_FAILED);
    reconnect(&world, CLOSED);
    subscribe(&world);
    pass_talking(&world, 61, CLOSED, false);
    assert_state(&world, FEED_IDLE);
    assert_int_equal(world.states.backoff.waits, 0);
}

static void test_neither_trade_nor_ping_in_an_open_market_is_stale_and_drops(void **state)
{
    struct world world;

    (void)state;
    stream(&world, OPEN);
    int64_t heard_us = world.now_us;

    assert_int_equal(pass(&world, 149, OPEN), FEED_DO_NOTHING);
    assert_state(&world, FEED_STREAMING);
    assert_int_equal(world.states.owed_since_us, 0);
    assert_int_equal(pass(&world, 1, OPEN), FEED_DO_DROP);
    assert_state(&world, FEED_STALE);
    assert_string_equal(world.states.reason, "neither trade nor ping for 150 s");
    assert_int_equal(world.states.owed_since_us, heard_us + SECONDS(150));
    (void)feed_states_event(&world.states, FEED_EVENT_CLOSED, world.now_us, NULL);
    assert_state(&world, FEED_BACKING_OFF);
    assert_string_equal(world.states.reason, "neither trade nor ping for 150 s");
    assert_int_equal(world.states.owed_since_us, heard_us + SECONDS(150));
}

static void test_a_reason_tells_how_many_trades_were_unusable(void **state)
{
    struct world world;

    (void)state;
    stream(&world, OPEN);
    feed_states_unusable(&world.states, 4);
    feed_states_heard(&world.states, world.now_us, false);
    feed_states_unusable(&world.states, 3);
    assert_int_equal(pass(&world, 150, OPEN), FEED_DO_DROP);
    assert_string_equal(world.states.reason,
                        "neither trade nor ping for 150 s; 3 unusable trades came");
    (void)feed_states_event(&world.states, FEED_EVENT_CLOSED, world.now_us, NULL);
    reconnect(&world, OPEN);
    subscribe(&world);
    assert_int_equal(pass(&world, 150, OPEN), FEED_DO_DROP);
    assert_string_equal(world.states.reason, "neither trade nor ping for 150 s");
}

static void test_silence_while_the_market_is_closed_reconnects_and_owes_nothing(void **state)
{
    struct world world;

    (void)state;
    start(&world, CLOSED);
    subscribe(&world);
    assert_int_equal(pass(&world, 1, CLOSED), FEED_DO_NOTHING);
    assert_state(&world, FEED_IDLE);
    assert_string_equal(world.states.reason, "market closed");
    assert_int_equal(pass(&world, 149, CLOSED), FEED_DO_DROP);
    assert_state(&world, FEED_BACKING_OFF);
    assert_int_equal(world.states.owed_since_us, 0);
}

static void test_silence_before_all_is_asked_is_noticed_too(void **state)
{
    struct world world;

    (void)state;
    start(&world, OPEN);
    (void)event(&world, FEED_EVENT_OPENED);
    assert_int_equal(pass(&world, 149, OPEN), FEED_DO_NOTHING);
    assert_int_equal(pass(&world, 1, OPEN), FEED_DO_DROP);
    assert_state(&world, FEED_STALE);
}

static void test_pings_without_trades_become_idle_then_stale_then_a_new_connection(void **state)
{
    struct world world;

    (void)state;
    stream(&world, OPEN);
    int64_t trade_us = world.now_us;

    pass_talking(&world, 149, OPEN, false);
    assert_state(&world, FEED_STREAMING);
    pass_talking(&world, 1, OPEN, false);
    assert_state(&world, FEED_IDLE);
    assert_string_equal(world.states.reason, "no trade for 150 s");
    assert_int_equal(world.states.owed_since_us, 0);
    pass_talking(&world, 149, OPEN, false);
    assert_state(&world, FEED_IDLE);
    pass_talking(&world, 1, OPEN, false);
    assert_state(&world, FEED_STALE);
    assert_string_equal(world.states.reason, "pings, but no trade for 300 s");
    assert_int_equal(world.states.owed_since_us, trade_us + SECONDS(300));
    pass_talking(&world, 299, OPEN, false);
    assert_state(&world, FEED_STALE);
    world.now_us += US_PER_S;
    feed_states_heard(&world.states, world.now_us, false);
    assert_int_equal(feed_states_tick(&world.states, world.now_us, OPEN), FEED_DO_DROP);
    assert_state(&world, FEED_BACKING_OFF);
    assert_string_equal(world.states.reason, "pings, but no trade for 600 s");
    assert_int_equal(world.states.owed_since_us, trade_us + SECONDS(300));
}

static void test_a_trade_ends_stale_and_settles_the_debt(void **state)
{
    struct world world;

    (void)state;
    stream(&world, OPEN);
    pass_talking(&world, 310, OPEN, false);
    assert_state(&world, FEED_STALE);
    assert_true(world.states.owed_since_us != 0);
    feed_states_heard(&world.states, world.now_us, true);
    assert_state(&world, FEED_STREAMING);
    assert_int_equal(world.states.owed_since_us, 0);
    assert_int_equal(world.reported_owed_us, 0);
}

static void test_a_stale_stream_is_idle_once_the_market_closes(void **state)
{
    struct world world;

    (void)state;
    stream(&world, OPEN);
    pass_talking(&world, 310, OPEN, false);
    pass_talking(&world, 1, CLOSED, false);
    assert_state(&world, FEED_IDLE);
    assert_int_equal(world.states.owed_since_us, 0);
}

/* The evening's last trade is hours ago when the market opens: that is no silence yet. */
static void test_the_allowed_time_without_trades_begins_when_the_market_opens(void **state)
{
    struct world world;

    (void)state;
    stream(&world, OPEN);
    pass_talking(&world, 10000, CLOSED, false);
    assert_state(&world, FEED_IDLE);
    pass_talking(&world, 300, OPEN, false); /* the first of them notices that it is open */
    assert_state(&world, FEED_IDLE);
    pass_talking(&world, 1, OPEN, false);
    assert_state(&world, FEED_STALE);
}

static void test_a_quiet_market_stays_healthy_for_hours_on_pings(void **state)
{
    struct world world;

    (void)state;
    start(&world, CLOSED);
    subscribe(&world);
    for (int minute = 0; minute < 600; minute++) {
        assert_int_equal(pass(&world, 60, CLOSED), FEED_DO_NOTHING);
        feed_states_heard(&world.states, world.now_us, false);
    }
    assert_state(&world, FEED_IDLE);
    assert_int_equal(world.states.connections, 1);
    assert_int_equal(world.states.owed_since_us, 0);
}

static void test_trades_in_a_closed_market_stream_all_the_same(void **state)
{
    struct world world;

    (void)state;
    start(&world, CLOSED);
    subscribe(&world);
    pass_talking(&world, 5, CLOSED, true);
    assert_state(&world, FEED_STREAMING);
}

static void test_a_lost_connection_owes_since_its_loss_until_a_message_comes(void **state)
{
    struct world world;

    (void)state;
    stream(&world, OPEN);
    pass_talking(&world, 5, OPEN, true);
    int64_t lost_us = world.now_us;

    (void)event(&world, FEED_EVENT_CLOSED);
    assert_int_equal(world.states.owed_since_us, lost_us);
    reconnect(&world, OPEN);
    assert_int_equal(world.states.owed_since_us, lost_us);
    (void)event(&world, FEED_EVENT_FAILED);
    assert_int_equal(world.states.owed_since_us, lost_us);
    reconnect(&world, OPEN);
    subscribe(&world); /* granted the allowed silence */
    assert_int_equal(world.states.owed_since_us, 0);
    world.now_us += SECONDS(10);
    (void)event(&world, FEED_EVENT_CLOSED); /* but it said nothing */
    assert_int_equal(world.states.owed_since_us, lost_us);
    reconnect(&world, OPEN);
    subscribe(&world);
    feed_states_heard(&world.states, world.now_us, false);
    world.now_us += SECONDS(10);
    (void)event(&world, FEED_EVENT_CLOSED);
    assert_int_equal(world.states.owed_since_us, world.now_us);
}

static void test_nothing_is_owed_without_a_connection_while_the_market_is_closed(void **state)
{
    struct world world;

    (void)state;
    start(&world, CLOSED);
    assert_int_equal(world.states.owed_since_us, 0);
    (void)event(&world, FEED_EVENT_FAILED);
    world.now_us += SECONDS(5);
    int reports = world.reports;

    (void)feed_states_tick(&world.states, world.states.attempt_us - 1, OPEN);
    assert_state(&world, FEED_BACKING_OFF);
    assert_int_equal(world.states.owed_since_us, world.states.attempt_us - 1);
    assert_int_equal(world.reports, reports + 1); /* the debt is reported, without a move */
    (void)feed_states_tick(&world.states, world.states.attempt_us - 1, CLOSED);
    assert_int_equal(world.states.owed_since_us, 0);
    assert_int_equal(world.reported_owed_us, 0);
}

static void test_the_start_owes_since_the_start(void **state)
{
    struct world world;

    (void)state;
    start(&world, OPEN);
    assert_int_equal(world.states.owed_since_us, world.now_us);
}

static void test_a_stop_owes_nothing_and_ends_waiting(void **state)
{
    struct world world;

    (void)state;
    start(&world, OPEN);
    (void)event(&world, FEED_EVENT_FAILED);
    assert_int_equal(event(&world, FEED_EVENT_STOP), FEED_DO_DROP);
    assert_state(&world, FEED_STOPPED);
    assert_int_equal(world.states.owed_since_us, 0);
    assert_int_equal(world.states.attempt_us, 0);
    assert_int_equal(pass(&world, 1000, OPEN), FEED_DO_NOTHING);
    assert_state(&world, FEED_STOPPED);
}

static void test_messages_without_a_connection_count_for_nothing(void **state)
{
    struct world world;

    (void)state;
    start(&world, OPEN);
    feed_states_heard(&world.states, world.now_us, true);
    assert_state(&world, FEED_CONNECTING);
    assert_true(world.states.owed_since_us != 0);
}

static void test_a_long_reason_is_cut_to_its_field(void **state)
{
    struct world world;
    char reason[400];

    (void)state;
    memset(reason, 'x', sizeof reason - 1);
    reason[sizeof reason - 1] = '\0';
    start(&world, OPEN);
    (void)feed_states_event(&world.states, FEED_EVENT_FAILED, world.now_us, reason);
    assert_int_equal(strlen(world.states.reason), FEED_REASON_MAX - 1);
}

/* Any order of events and ticks: what must hold always holds. */
static void test_invariants_hold_whatever_happens(void **state)
{
    struct rng rng;
    struct world world;

    (void)state;
    rng_stream(&rng, test_seed(), "events");
    world_init(&world);
    for (int i = 0; i < 100000; i++) {
        bool open = rng_below(&rng, 3) > 0;

        world.now_us += (int64_t)rng_below(&rng, SECONDS(40));
        switch (rng_below(&rng, 4)) {
        case 0:
            (void)event(&world, (enum feed_event)rng_below(&rng, FEED_EVENT_STOP));
            break;
        case 1:
            feed_states_heard(&world.states, world.now_us, rng_below(&rng, 2) == 0);
            break;
        default:
            if (feed_states_tick(&world.states, world.now_us, open) == FEED_DO_DROP)
                (void)event(&world, FEED_EVENT_CLOSED);
            break;
        }
        const struct feed_states *states = &world.states;
        bool waits = states->state == FEED_BACKING_OFF || states->state == FEED_REFUSED;

        assert_true((states->attempt_us != 0) == waits);
        assert_true(states->owed_since_us <= world.now_us);
        assert_true(states->owed_since_us == 0 || states->market_open);
        assert_true(states->since_us <= world.now_us);
        if (states->state == FEED_STREAMING || states->state == FEED_IDLE)
            assert_int_equal(states->owed_since_us, 0);
    }
    assert_true(world.moves > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_goes_from_stopped_to_streaming),
        cmocka_unit_test(test_every_event_does_what_the_table_says_in_every_state),
        cmocka_unit_test(test_a_trade_between_subscriptions_does_not_end_them),
        cmocka_unit_test(test_no_answer_for_the_connect_timeout_ends_the_attempt),
        cmocka_unit_test(test_an_answer_after_sixty_five_seconds_is_still_taken),
        cmocka_unit_test(test_other_answers_than_101_back_off),
        cmocka_unit_test(test_429_waits_at_least_the_configured_time),
        cmocka_unit_test(test_429_honours_a_longer_wish_of_the_server_within_reason),
        cmocka_unit_test(test_a_refused_key_is_tried_again_only_after_a_quarter_of_an_hour),
        cmocka_unit_test(test_waits_grow_with_each_failure_up_to_the_longest),
        cmocka_unit_test(test_connections_that_end_early_do_not_make_waits_short),
        cmocka_unit_test(test_a_stable_stream_makes_waits_short_again),
        cmocka_unit_test(test_an_open_connection_without_a_message_is_not_stable),
        cmocka_unit_test(test_pings_alone_are_a_stable_stream_while_the_market_is_closed),
        cmocka_unit_test(test_neither_trade_nor_ping_in_an_open_market_is_stale_and_drops),
        cmocka_unit_test(test_a_reason_tells_how_many_trades_were_unusable),
        cmocka_unit_test(test_silence_while_the_market_is_closed_reconnects_and_owes_nothing),
        cmocka_unit_test(test_silence_before_all_is_asked_is_noticed_too),
        cmocka_unit_test(test_pings_without_trades_become_idle_then_stale_then_a_new_connection),
        cmocka_unit_test(test_a_trade_ends_stale_and_settles_the_debt),
        cmocka_unit_test(test_a_stale_stream_is_idle_once_the_market_closes),
        cmocka_unit_test(test_the_allowed_time_without_trades_begins_when_the_market_opens),
        cmocka_unit_test(test_a_quiet_market_stays_healthy_for_hours_on_pings),
        cmocka_unit_test(test_trades_in_a_closed_market_stream_all_the_same),
        cmocka_unit_test(test_a_lost_connection_owes_since_its_loss_until_a_message_comes),
        cmocka_unit_test(test_nothing_is_owed_without_a_connection_while_the_market_is_closed),
        cmocka_unit_test(test_the_start_owes_since_the_start),
        cmocka_unit_test(test_a_stop_owes_nothing_and_ends_waiting),
        cmocka_unit_test(test_messages_without_a_connection_count_for_nothing),
        cmocka_unit_test(test_a_long_reason_is_cut_to_its_field),
        cmocka_unit_test(test_invariants_hold_whatever_happens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
