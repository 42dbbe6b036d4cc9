/* Every alert of the table in simulated time: it waits for its hold time to the second, it is
 * resolved after its clear time to the second, and it cannot flap. */
#include "tickd/modules/monitor_alerts.h"

#include <math.h>

#include "support/module_fixture.h"
#include "tickd/base/real.h"
#include "tickd/base/rng.h"
#include "tickd/modules/monitor.h"

enum { BUDGET = 100000000, MINUTE_S = 60 };

/* What the rest of tickd looks like to the monitor. */
struct world {
    struct module_fixture fixture;
    struct monitor *monitor;
    struct monitor_room room;
    struct vitals_message vitals;
    uint64_t said[ALERT_COUNT]; /* messages about each alert */
    struct alert_message newest[ALERT_COUNT];
};

static struct world world;

static struct module create(struct module_fixture *fixture, struct arena *arena)
{
    world.monitor = monitor_create(arena, &fixture->settings.monitor, &world.room, fixture->bus);
    return world.monitor == NULL ? (struct module){.id = MODULE_MONITOR}
                                 : monitor_module(world.monitor);
}

static void see(void *state, const struct message *message)
{
    (void)state;
    if (message->head.topic == TOPIC_ALERT) {
        world.said[message->body.alert.alert]++;
        world.newest[message->body.alert.alert] = message->body.alert;
    }
}

/* All is well: ten modules of the shell's telling, half of the budget in use, a feed that streams.
 */
static void begin(void)
{
    memset(&world, 0, sizeof world);
    world.room = (struct monitor_room){.minutes = 60, .alerts = 5};
    module_fixture_init(&world.fixture);
    module_fixture_start(&world.fixture, create);
    assert_int_equal(bus_add_tap(world.fixture.bus, (struct tap){.see = see, .state = &world}), 0);
    world.vitals = (struct vitals_message){
        .rss_bytes = BUDGET / 2, .budget_bytes = BUDGET, .wired = 0x3ffU << MODULE_FEED};
}

static void end(void)
{
    module_fixture_stop(&world.fixture);
}

static void say_feed(enum feed_state state, const char *reason)
{
    struct feed_message feed = {.state = state};
    text_copy(feed.reason, sizeof feed.reason, reason);
    module_fixture_say(&world.fixture, MODULE_FEED, TOPIC_FEED, SYMBOL_NONE, &feed);
}

static void say_halted(bool halted)
{
    struct equity_message equity = {.halted = halted};
    module_fixture_say(&world.fixture, MODULE_PORTFOLIO, TOPIC_EQUITY, SYMBOL_NONE, &equity);
}

static void say_regret(double ratio)
{
    struct weights_message weights = {.regret_ratio = ratio};
    module_fixture_say(&world.fixture, MODULE_CONSENSUS, TOPIC_WEIGHTS, SYMBOL_NONE, &weights);
}

/* As the daemon does: measured, and a second later the clock. */
static void pass(int64_t seconds)
{
    for (int64_t i = 0; i < seconds; i++) {
        module_fixture_say(&world.fixture, MODULE_ENGINE, TOPIC_VITALS, SYMBOL_NONE, &world.vitals);
        module_fixture_pass(&world.fixture, 1);
    }
}

/* So many of the ten modules have failed; the store is not among them. */
static void fail_modules(uint32_t count)
{
    world.vitals.failed = ((1U << count) - 1) << MODULE_FEED;
}

/* Just beyond the threshold of the rule, or at the last value that is not. */
static void set_value(const struct alert_rule *rule, bool beyond)
{
    uint32_t thousandths = (uint32_t)lround(rule->threshold * 1000);
    uint32_t fill =
        rule->comparison == COMPARE_ABOVE ? thousandths + beyond : thousandths - !beyond;
    switch (rule->measure) {
    case MEASURE_MEMORY:
        world.vitals.rss_bytes = (uint64_t)(rule->threshold * BUDGET) + beyond;
        break;
    case MEASURE_SCORE:
        fail_modules((uint32_t)((100 - rule->threshold) / 10) + beyond);
        break;
    case MEASURE_NOT_FRESH:
        fail_modules((uint32_t)rule->threshold - !beyond);
        break;
    case MEASURE_STORE_FILL:
        world.vitals.store_fill = fill;
        break;
    case MEASURE_TAPE_FILL:
        world.vitals.tape_fill = fill;
        break;
    case MEASURE_CLIENTS_FILL:
        world.vitals.clients_fill = fill;
        break;
    case MEASURE_FEED_DOWN:
        say_feed(beyond ? FEED_BACKING_OFF : FEED_STREAMING, beyond ? "no route" : "first trade");
        break;
    case MEASURE_FEED_REFUSED:
        say_feed(beyond ? FEED_REFUSED : FEED_CONNECTING, "");
        break;
    case MEASURE_STORE_FAILED:
        world.vitals.wired |= 1U << MODULE_STORE;
        world.vitals.failed = beyond ? 1U << MODULE_STORE : 0;
        break;
    case MEASURE_JOURNAL_FAILING:
        world.vitals.journal_failing = beyond;
        break;
    case MEASURE_HALTED:
        say_halted(beyond);
        break;
    case MEASURE_REGRET_RATIO:
        say_regret(rule->threshold + (beyond ? 1e-6 : 0));
        break;
    case MEASURE_COUNT:
        fail_msg("no measure");
    }
}

static struct alert_view view_of(enum alert_id id)
{
    struct alert_view views[ALERT_COUNT];
    monitor_alerts(world.monitor, views);
    assert_int_equal(views[id].id, id);
    return views[id];
}

static void assert_state(enum alert_id id, enum alert_state expected, const char *when)
{
    enum alert_state found = view_of(id).state;
    if (found != expected) {
        fail_msg("%s %s is %s %s, not %s", alert_rule(id)->name,
                 alert_severity_name(alert_rule(id)->severity), alert_state_name(found), when,
                 alert_state_name(expected));
    }
}

static void assert_fires_after_its_hold_time(enum alert_id id)
{
    const struct alert_rule *rule = alert_rule(id);
    set_value(rule, true);
    pass(1);
    int64_t began_us = bus_time(world.fixture.bus);
    if (rule->hold_s > 0) {
        assert_state(id, ALERT_STATE_PENDING, "with the first value");
        pass(rule->hold_s - 1);
        assert_state(id, ALERT_STATE_PENDING, "a second before its hold time");
        pass(1);
    }
    assert_state(id, ALERT_STATE_FIRING, "at its hold time");
    assert_int_equal(world.newest[id].state, ALERT_STATE_FIRING);
    assert_int_equal(world.newest[id].began_us, began_us);
    assert_int_equal(world.newest[id].severity, rule->severity);
    assert_int_equal(world.newest[id].action, rule->action);
    assert_true(world.newest[id].threshold == rule->threshold);
    assert_int_equal(world.said[id], rule->hold_s > 0 ? 2 : 1);
}

static void assert_resolves_after_its_clear_time(enum alert_id id)
{
    const struct alert_rule *rule = alert_rule(id);
    uint64_t said = world.said[id];
    set_value(rule, false);
    pass(1);
    if (rule->clear_s > 0) {
        assert_state(id, ALERT_STATE_FIRING, "when its condition has just gone");
        pass(rule->clear_s - 1);
        assert_state(id, ALERT_STATE_FIRING, "a second before its clear time");
        pass(1);
    }
    assert_state(id, ALERT_STATE_RESOLVED, "at its clear time");
    assert_int_equal(world.newest[id].state, ALERT_STATE_RESOLVED);
    assert_int_equal(world.said[id], said + 1);
    assert_int_equal(view_of(id).fired, 1);
    assert_int_equal(view_of(id).since_us, bus_time(world.fixture.bus));
}

static void test_each_alert_fires_and_resolves_at_its_times_and_not_before(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < ALERT_COUNT; i++) {
        enum alert_id id = (enum alert_id)i;
        begin();
        say_feed(FEED_STREAMING, "");
        set_value(alert_rule(id), false);
        pass(5);
        assert_state(id, ALERT_STATE_INACTIVE, "at the last value that is good");
        assert_int_equal(world.said[id], 0);
        assert_fires_after_its_hold_time(id);
        assert_resolves_after_its_clear_time(id);
        set_value(alert_rule(id), true);
        pass(1);
        assert_state(id, alert_rule(id)->hold_s > 0 ? ALERT_STATE_PENDING : ALERT_STATE_FIRING,
                     "the second time");
        end();
    }
}

static void test_a_pause_begins_the_hold_time_anew(void **state)
{
    (void)state;
    const enum alert_id id = ALERT_HEALTH_WARNING;
    const struct alert_rule *rule = alert_rule(id);
    begin();
    set_value(rule, true);
    pass(rule->hold_s);
    set_value(rule, false);
    pass(1);
    assert_state(id, ALERT_STATE_PENDING, "while its condition may come back");
    set_value(rule, true);
    pass(rule->hold_s);
    assert_state(id, ALERT_STATE_PENDING, "a second before the new hold time");
    pass(1);
    assert_state(id, ALERT_STATE_FIRING, "at the new hold time");
    assert_int_equal(world.said[id], 2);
    end();
}

static void test_a_condition_that_stays_away_ends_the_pending(void **state)
{
    (void)state;
    const enum alert_id id = ALERT_FEED_WARNING;
    begin();
    say_feed(FEED_STALE, "silent");
    pass(60);
    say_feed(FEED_STREAMING, "first trade");
    pass(alert_rule(id)->clear_s);
    assert_state(id, ALERT_STATE_PENDING, "a second before its clear time");
    pass(1);
    assert_state(id, ALERT_STATE_INACTIVE, "at its clear time");
    assert_int_equal(world.newest[id].state, ALERT_STATE_INACTIVE);
    assert_int_equal(view_of(id).fired, 0);
    end();
}

/* A condition that comes and goes in every rhythm. */
static void test_flapping_is_bounded(void **state)
{
    (void)state;
    static const int64_t rhythms[] = {1, 2, 7, 29, 61, 125};
    enum { HOURS_S = 7200 };
    for (uint32_t id = 0; id < ALERT_COUNT; id++) {
        const struct alert_rule *rule = alert_rule((enum alert_id)id);
        for (size_t r = 0; r < ARRAY_LENGTH(rhythms); r++) {
            begin();
            for (int64_t second = 0; second < HOURS_S; second += rhythms[r]) {
                set_value(rule, second / rhythms[r] % 2 == 0);
                pass(rhythms[r]);
            }
            uint64_t fired = view_of((enum alert_id)id).fired;
            uint64_t period = (uint64_t)rule->hold_s + rule->clear_s;
            uint64_t most = period < 2 ? HOURS_S / 2 : HOURS_S / period + 1;
            if (fired > most || world.said[id] > 3 * most + 2 * HOURS_S / (rule->clear_s + 1)) {
                fail_msg("%s, on and off for %d s: fired %llu times, %llu messages", rule->name,
                         (int)rhythms[r], (unsigned long long)fired,
                         (unsigned long long)world.said[id]);
            }
            if (rhythms[r] <= rule->hold_s) {
                assert_int_equal(fired, 0);
            }
            end();
        }
    }
}

static void test_a_feed_that_connects_in_vain_is_down_all_the_while(void **state)
{
    (void)state;
    static const enum feed_state cycle[] = {FEED_BACKING_OFF, FEED_CONNECTING, FEED_CONNECTED,
                                            FEED_SUBSCRIBED};
    begin();
    say_feed(FEED_STREAMING, "");
    pass(1);
    for (int i = 0; i < 121; i++) {
        say_feed(cycle[i % 4], "closed by the server");
        pass(1);
    }
    assert_state(ALERT_FEED_WARNING, ALERT_STATE_FIRING, "after two minutes");
    assert_string_equal(world.newest[ALERT_FEED_WARNING].text, "backing_off: closed by the server");
    assert_state(ALERT_FEED_CRITICAL, ALERT_STATE_PENDING, "after two minutes");
    say_feed(FEED_IDLE, "");
    pass(16);
    assert_state(ALERT_FEED_WARNING, ALERT_STATE_RESOLVED, "when it is idle");
    end();
}

/* A value counts until it is three seconds old: here for two seconds more than it was measured. */
static void test_alerts_stand_still_while_nothing_is_measured(void **state)
{
    (void)state;
    const enum alert_id id = ALERT_MEMORY_LIMIT_CRITICAL;
    uint32_t left_s = alert_rule(id)->hold_s - 1 - 2;
    begin();
    set_value(alert_rule(id), true);
    pass(2);
    module_fixture_pass(&world.fixture, 3600);
    assert_state(id, ALERT_STATE_PENDING, "an hour without values later");
    pass(left_s - 1);
    assert_state(id, ALERT_STATE_PENDING, "a second before its hold time");
    pass(1);
    assert_state(id, ALERT_STATE_FIRING, "at its hold time");
    set_value(alert_rule(id), false);
    module_fixture_pass(&world.fixture, 3600);
    assert_state(id, ALERT_STATE_FIRING, "an hour without values later");
    end();
}

static void test_without_a_shell_the_engines_own_alerts_are_there(void **state)
{
    (void)state;
    begin();
    say_halted(true);
    say_regret(1.5);
    module_fixture_pass(&world.fixture, 1);
    assert_state(ALERT_HALTED_WARNING, ALERT_STATE_FIRING, "without vitals");
    assert_state(ALERT_REGRET_CRITICAL, ALERT_STATE_FIRING, "without vitals");
    assert_string_equal(world.newest[ALERT_REGRET_CRITICAL].text, "regret is 1.5000 of its bound");
    end();
}

static void test_what_is_not_known_raises_nothing(void **state)
{
    (void)state;
    begin();
    world.vitals.budget_bytes = 0;
    world.vitals.rss_bytes = INT64_MAX;
    say_regret(real_nan());
    pass(2 * MINUTE_S);
    assert_true(isnan(view_of(ALERT_MEMORY_WARNING).value));
    for (uint32_t id = 0; id < ALERT_COUNT; id++) {
        assert_state((enum alert_id)id, ALERT_STATE_INACTIVE, "without values");
    }
    end();
}

static void test_an_alert_says_in_words_what_was_measured(void **state)
{
    (void)state;
    begin();
    world.vitals.failed = 1U << MODULE_MARKET | 1U << MODULE_SIMULATOR | 1U << MODULE_FEED;
    world.vitals.rss_bytes = BUDGET / 10 * 18;
    world.vitals.tape_fill = 987;
    pass(2 * MINUTE_S);
    assert_string_equal(world.newest[ALERT_MODULE_STALE_CRITICAL].text,
                        "failed: feed, market, simulator");
    assert_string_equal(world.newest[ALERT_HEALTH_WARNING].text,
                        "score 70.0%; failed: feed, market, simulator");
    assert_string_equal(world.newest[ALERT_MEMORY_LIMIT_CRITICAL].text,
                        "resident 180.0 MB, budget 100.0 MB");
    assert_string_equal(world.newest[ALERT_TAPE_QUEUE_WARNING].text, "tape's buffers 98.7% full");
    world.vitals.failed = 0;
    pass(1);
    assert_string_equal(view_of(ALERT_MODULE_STALE_WARNING).text, "all modules are fresh");
    end();
}

static void test_changes_are_kept_in_a_bounded_history(void **state)
{
    (void)state;
    begin();
    for (int i = 0; i < 4; i++) {
        say_halted(true);
        pass(1);
        say_halted(false);
        pass(1);
    }
    const struct alert_entry *newest = monitor_alert_entry(world.monitor, 0);
    assert_int_equal(newest->alert.state, ALERT_STATE_RESOLVED);
    assert_int_equal(newest->sequence, world.fixture.last[TOPIC_ALERT].head.sequence);
    assert_int_equal(newest->time_us, bus_time(world.fixture.bus));
    assert_int_equal(monitor_alert_entry(world.monitor, 1)->alert.state, ALERT_STATE_FIRING);
    assert_non_null(monitor_alert_entry(world.monitor, 4));
    assert_null(monitor_alert_entry(world.monitor, 5));
    end();
}

/* The same inputs give the same messages, whatever they are. */
static uint64_t digest_of_a_random_life(uint64_t seed)
{
    struct rng rng;
    rng_stream(&rng, seed, "test_monitor_alerts");
    begin();
    for (int i = 0; i < 2000; i++) {
        const struct alert_rule *rule = alert_rule((enum alert_id)rng_below(&rng, ALERT_COUNT));
        set_value(rule, rng_below(&rng, 2) == 0);
        pass((int64_t)rng_below(&rng, 20));
    }
    uint64_t digest = bus_digest(world.fixture.bus);
    assert_true(bus_published_of(world.fixture.bus, TOPIC_ALERT) > 100);
    end();
    return digest;
}

static void test_alerts_are_deterministic(void **state)
{
    (void)state;
    assert_int_equal(digest_of_a_random_life(7), digest_of_a_random_life(7));
    assert_int_not_equal(digest_of_a_random_life(7), digest_of_a_random_life(8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_alert_fires_and_resolves_at_its_times_and_not_before),
        cmocka_unit_test(test_a_pause_begins_the_hold_time_anew),
        cmocka_unit_test(test_a_condition_that_stays_away_ends_the_pending),
        cmocka_unit_test(test_flapping_is_bounded),
        cmocka_unit_test(test_a_feed_that_connects_in_vain_is_down_all_the_while),
        cmocka_unit_test(test_alerts_stand_still_while_nothing_is_measured),
        cmocka_unit_test(test_without_a_shell_the_engines_own_alerts_are_there),
        cmocka_unit_test(test_what_is_not_known_raises_nothing),
        cmocka_unit_test(test_an_alert_says_in_words_what_was_measured),
        cmocka_unit_test(test_changes_are_kept_in_a_bounded_history),
        cmocka_unit_test(test_alerts_are_deterministic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
