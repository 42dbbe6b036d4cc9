/* The monitor by work owed, in simulated time: quiet is healthy, a hole in what was promised is
 * not. */
#include "tickd/modules/monitor.h"

#include "support/engine_fixture.h"

static struct status status;

static const struct assessment *assess(const struct engine_fixture *fixture, enum module_id id)
{
    memset(&status, 0, sizeof status);
    engine_status(fixture->engine, &status);
    for (size_t i = 0; i < status.module_count; i++) {
        if (status.modules[i].id == id) {
            return &status.modules[i];
        }
    }
    fail_msg("%s is not assessed", module_id_name(id));
    return NULL;
}

/* The score when one of the wired modules is not fresh. */
static double one_less(void)
{
    double modules = (double)status.module_count;
    return 100.0 * (modules - 1.0) / modules;
}

static void say_feed(struct engine_fixture *fixture, enum feed_state feed, int64_t owed_at_ms)
{
    struct feed_message message = {.state = feed, .stream = STREAM_TALKING};
    if (owed_at_ms != 0) {
        message.owed_since_us = FIXTURE_START_US + owed_at_ms * US_PER_MS;
    }
    engine_feed_state(fixture->engine, SYMBOL_NONE, &message);
}

static void test_a_quiet_market_stays_at_full_health_for_hours(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_start(&fixture);
    say_feed(&fixture, FEED_IDLE, 0);
    for (int64_t hour = 1; hour <= 6; hour++) {
        fixture_advance(&fixture, hour * 3600 * MS_PER_S);
        assert_int_equal(assess(&fixture, MODULE_MARKET)->state, MODULE_IDLE);
        assert_true(status.health_score == 100.0);
    }
    assert_int_equal(fixture.last[TOPIC_HEALTH].body.health.stale, 0);
    fixture_stop(&fixture);
}

static void test_a_silent_feed_goes_yellow_at_half_and_red_at_the_whole_stale_time(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_start(&fixture);
    say_feed(&fixture, FEED_STALE, 10000);
    fixture_advance(&fixture, 39000);
    assert_int_equal(assess(&fixture, MODULE_FEED)->state, MODULE_ACTIVE);
    fixture_advance(&fixture, 40000);
    assert_int_equal(assess(&fixture, MODULE_FEED)->state, MODULE_LAGGING);
    assert_int_equal(assess(&fixture, MODULE_FEED)->owed_ms, 30000);
    assert_true(status.health_score == 100.0);
    fixture_advance(&fixture, 70000);
    assert_int_equal(assess(&fixture, MODULE_FEED)->state, MODULE_STALE);
    assert_true(status.health_score == one_less());
    assert_int_equal(fixture.last[TOPIC_HEALTH].body.health.stale, 1U << MODULE_FEED);
    say_feed(&fixture, FEED_STREAMING, 0);
    fixture_advance(&fixture, 71000);
    assert_true(assess(&fixture, MODULE_FEED)->state == MODULE_ACTIVE ||
                assess(&fixture, MODULE_FEED)->state == MODULE_IDLE);
    assert_int_equal(fixture.last[TOPIC_HEALTH].body.health.stale, 0);
    fixture_stop(&fixture);
}

/* A market that takes trades and never closes a bar: what a handler that hangs looks like
 * afterwards. */
static void swallow(void *state, const struct message *message)
{
    (void)state;
    (void)message;
}

static bool asks(const void *context, const struct message *message, struct owed *owed)
{
    (void)context;
    owed->due_us = message->head.time_us;
    return true;
}

struct stuck {
    struct arena arena;
    struct bus *bus;
    struct monitor *monitor;
    struct settings_monitor settings;
    struct module modules[2];
};

static const struct route stuck_routes[] = {
    {TOPIC_TRADE, MODULE_MARKET}, {TOPIC_CLOCK, MODULE_MONITOR}, {TOPIC_VITALS, MODULE_MONITOR}};
static const struct owed_rule stuck_rules[] = {
    {.module = MODULE_MARKET, .topic = TOPIC_TRADE, .answers = TOPIC_BIT(TOPIC_BAR), .asks = asks}};

static void stuck_start(struct stuck *stuck)
{
    struct settings settings;
    struct bus_limits limits = {.log_messages = 100, .input_messages_max = 1, .symbols = 1};
    struct monitor_room room = {.minutes = 60, .alerts = 60};
    settings_init(&settings);
    struct arena measuring;
    memset(stuck, 0, sizeof *stuck);
    arena_init_measuring(&measuring);
    bus_create(&measuring, &limits);
    monitor_create(&measuring, &settings.monitor, &room, NULL);
    assert_int_equal(arena_init(&stuck->arena, measuring.used), 0);
    stuck->bus = bus_create(&stuck->arena, &limits);
    stuck->monitor = monitor_create(&stuck->arena, &settings.monitor, &room, stuck->bus);
    stuck->modules[0] = (struct module){.id = MODULE_MARKET, .handle = swallow};
    stuck->modules[1] = monitor_module(stuck->monitor);
    bus_wire(stuck->bus, stuck->modules, 2, stuck_routes, ARRAY_LENGTH(stuck_routes), stuck_rules,
             ARRAY_LENGTH(stuck_rules));
}

static enum module_state market_at(struct stuck *stuck, int64_t now_s, double *score)
{
    struct assessment assessments[MODULE_COUNT];
    bus_set_time(stuck->bus, now_s * US_PER_S);
    publish_clock(stuck->bus, MODULE_ENGINE, SYMBOL_NONE, &(struct clock_message){0});
    bus_dispatch(stuck->bus);
    size_t count = monitor_assess(stuck->monitor, now_s * US_PER_S, assessments);
    *score = monitor_score(assessments, count);
    assert_int_equal(assessments[0].id, MODULE_MARKET);
    return assessments[0].state;
}

static void test_a_module_that_does_not_answer_is_lagging_and_then_stale(void **state)
{
    (void)state;
    struct stuck stuck;
    double score;
    stuck_start(&stuck);
    bus_set_time(stuck.bus, 100 * US_PER_S);
    publish_trade(stuck.bus, MODULE_FEED, 0, &(struct trade_message){.moves = 7});
    bus_dispatch(stuck.bus);
    assert_int_equal(market_at(&stuck, 129, &score), MODULE_ACTIVE);
    assert_int_equal(market_at(&stuck, 130, &score), MODULE_LAGGING);
    assert_true(score == 100.0);
    assert_int_equal(market_at(&stuck, 159, &score), MODULE_LAGGING);
    assert_int_equal(market_at(&stuck, 160, &score), MODULE_STALE);
    assert_true(score == 0.0); /* the only scored module here */
    arena_fini(&stuck.arena);
}

static void test_a_queue_that_stands_makes_the_bus_stale(void **state)
{
    (void)state;
    struct stuck stuck;
    struct assessment assessments[MODULE_COUNT];
    stuck_start(&stuck);
    stuck.modules[0] = (struct module){.id = MODULE_BUS};
    bus_wire(stuck.bus, stuck.modules, 2, stuck_routes, ARRAY_LENGTH(stuck_routes), NULL, 0);
    bus_set_time(stuck.bus, 100 * US_PER_S);
    publish_clock(stuck.bus, MODULE_ENGINE, SYMBOL_NONE, &(struct clock_message){0});
    static const struct {
        int64_t now_s;
        enum module_state state;
    } expected[] = {{129, MODULE_ACTIVE}, {130, MODULE_LAGGING}, {160, MODULE_STALE}};
    for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
        assert_int_equal(monitor_assess(stuck.monitor, expected[i].now_s * US_PER_S, assessments),
                         1);
        assert_int_equal(assessments[0].state, expected[i].state);
    }
    bus_dispatch(stuck.bus);
    monitor_assess(stuck.monitor, 160 * US_PER_S, assessments);
    assert_int_equal(assessments[0].owed_ms, 0);
    arena_fini(&stuck.arena);
}

static void test_the_shells_modules_are_judged_by_what_it_reports(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_start(&fixture);
    struct vitals_message vitals = {.wired = 1U << MODULE_CONTROL, .control_handled = 3};
    engine_vitals(fixture.engine, &vitals);
    assert_int_equal(assess(&fixture, MODULE_CONTROL)->handled, 3);
    vitals.control_owed_since_us = FIXTURE_START_US;
    engine_vitals(fixture.engine, &vitals);
    fixture_advance(&fixture, 60000);
    assert_int_equal(assess(&fixture, MODULE_CONTROL)->state, MODULE_STALE);
    assert_true(status.health_score == one_less());
    vitals.control_owed_since_us = 0;
    vitals.failed = 1U << MODULE_CONTROL;
    engine_vitals(fixture.engine, &vitals);
    assert_int_equal(assess(&fixture, MODULE_CONTROL)->state, MODULE_FAILED);
    fixture_stop(&fixture);
}

/* A look a second at every module: as many looks a minute as there are modules, times sixty. */
static void test_each_minute_tells_how_stale_modules_were_and_the_longest_lag(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_start(&fixture);
    fixture_advance(&fixture, 60000);
    struct vitals_message vitals = {.wired = 1U << MODULE_CONTROL, .loop_lag_us = 700};
    vitals.control_owed_since_us = FIXTURE_START_US + 60 * US_PER_S;
    engine_vitals(fixture.engine, &vitals);
    fixture_advance(&fixture, 120000);
    const struct health_minute *minute = engine_health_minute(fixture.engine, 0);
    memset(&status, 0, sizeof status);
    engine_status(fixture.engine, &status);
    uint32_t looks = 0;
    for (size_t i = 0; i < STALENESS_CLASSES; i++) {
        looks += minute->staleness[i];
    }
    assert_int_equal(looks, 60 * status.module_count);
    /* Owed for 1 to 60 s, stale at 60: classes end at 0.937, 3.75, 15, 30 and 60 s. */
    assert_int_equal(minute->staleness[1], 0);
    assert_int_equal(minute->staleness[2], 3);
    assert_int_equal(minute->staleness[3], 12);
    assert_int_equal(minute->staleness[4], 15);
    assert_int_equal(minute->staleness[5], 30);
    assert_int_equal(minute->staleness[6], 0);
    assert_int_equal(minute->loop_lag_us, 700);
    fixture_stop(&fixture);
}

static void test_health_is_published_every_minute_and_on_every_change(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_start(&fixture);
    fixture_advance(&fixture, 1000);
    assert_int_equal(fixture.seen[TOPIC_HEALTH], 1); /* the first word */
    fixture_advance(&fixture, 180000);
    assert_int_equal(fixture.seen[TOPIC_HEALTH], 4);
    assert_non_null(engine_health_minute(fixture.engine, 2));
    assert_null(engine_health_minute(fixture.engine, 3));
    assert_int_equal(engine_health_minute(fixture.engine, 0)->time_us,
                     FIXTURE_START_US + 180 * US_PER_S);
    say_feed(&fixture, FEED_STALE, 181000);
    fixture_advance(&fixture, 212000);
    assert_int_equal(fixture.seen[TOPIC_HEALTH], 5);
    fixture_stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_quiet_market_stays_at_full_health_for_hours),
        cmocka_unit_test(test_a_silent_feed_goes_yellow_at_half_and_red_at_the_whole_stale_time),
        cmocka_unit_test(test_a_module_that_does_not_answer_is_lagging_and_then_stale),
        cmocka_unit_test(test_a_queue_that_stands_makes_the_bus_stale),
        cmocka_unit_test(test_the_shells_modules_are_judged_by_what_it_reports),
        cmocka_unit_test(test_health_is_published_every_minute_and_on_every_change),
        cmocka_unit_test(test_each_minute_tells_how_stale_modules_were_and_the_longest_lag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
