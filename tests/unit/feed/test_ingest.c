/* The door: a frame becomes the engine's input, trades from the future do not, delays are
 * measured. */
#include "tickd/feed/ingest.h"

#include "support/engine_fixture.h"
#include "tickd/feed/encode.h"

enum { FRAME_MAX = 8192 };

static struct engine_fixture fixture;
static struct arena arena;
static struct ingest *ingest;
static int64_t fake_ns;

/* A clock that steps 7 µs with each look. */
static int64_t steps_ns(void)
{
    fake_ns += 7000;
    return fake_ns;
}

static int set_up(void **state)
{
    struct arena measuring;

    (void)state;
    fixture_init(&fixture);
    fixture_start(&fixture);
    arena_init_measuring(&measuring);
    assert_null(ingest_create(&measuring, &fixture.settings, NULL, NULL));
    assert_int_equal(arena_init(&arena, measuring.used), 0);
    ingest = ingest_create(&arena, &fixture.settings, fixture.engine, steps_ns);
    assert_int_equal(arena.used, measuring.used);
    arena_seal(&arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    fixture_stop(&fixture);
    return 0;
}

/* One message with trades of symbol A or B at the times given, received `at_ms` after the start. */
static const struct frame *take_trades(int64_t at_ms, const char *symbol, const int64_t *times_ms,
                                       size_t count)
{
    static char memory[FRAME_MAX];
    struct wire_trade trades[16];
    struct text text;

    assert_true(count <= ARRAY_LENGTH(trades));
    for (size_t i = 0; i < count; i++)
        trades[i] = (struct wire_trade){.symbol = symbol,
                                        .time_ms = FIXTURE_START_MS + times_ms[i],
                                        .price = 100 * DECIMAL_ONE,
                                        .volume = DECIMAL_ONE,
                                        .form = CONDITIONS_NULL};
    text_init(&text, memory, sizeof memory);
    encode_trades(&text, trades, count, KEYS_TYPE_FIRST);
    assert_false(text.cut);
    return ingest_frame(ingest, FIXTURE_START_US + at_ms * US_PER_MS, memory, text.length);
}

static const struct frame *take(const char *message)
{
    return ingest_frame(ingest, FIXTURE_START_US, message, strlen(message));
}

static struct status_input input(void)
{
    static struct status status;

    memset(&status, 0, sizeof status);
    engine_status(fixture.engine, &status);
    return status.input;
}

static void test_trades_reach_the_engine_at_their_receive_time(void **state)
{
    static const int64_t times_ms[] = {400, 450};

    (void)state;
    const struct frame *frame = take_trades(500, "A", times_ms, 2);

    assert_int_equal(frame->kind, FRAME_TRADES);
    assert_int_equal(frame->trade_count, 2);
    assert_int_equal(fixture.seen[TOPIC_TRADE], 2);
    assert_int_equal(fixture.last[TOPIC_TRADE].head.time_us, FIXTURE_START_US + 500 * US_PER_MS);
    assert_int_equal(engine_time_us(fixture.engine), FIXTURE_START_US + 500 * US_PER_MS);
}

static void test_time_passes_before_the_frame_s_trades(void **state)
{
    static const int64_t times_ms[] = {3000};

    (void)state;
    (void)take_trades(3500, "A", times_ms, 1);
    assert_int_equal(fixture.seen[TOPIC_CLOCK], 3);
    assert_true(fixture.last[TOPIC_CLOCK].head.sequence < fixture.last[TOPIC_TRADE].head.sequence);
}

/* The default of feed.future_ms is 10 s. */
static void test_a_trade_from_too_far_in_the_future_is_malformed(void **state)
{
    static const int64_t times_ms[] = {0, 11000, 10001, 10000};

    (void)state;
    const struct frame *frame = take_trades(0, "A", times_ms, 4);

    assert_int_equal(frame->trade_count, 2);
    assert_int_equal(frame->malformed_count, 2);
    assert_int_equal(frame->future_count, 2);
    assert_int_equal(frame->ahead_ms, 11000);
    assert_int_equal(fixture.seen[TOPIC_TRADE], 2);
    struct status_input counts = input();

    assert_int_equal(counts.trades, 4);
    assert_int_equal(counts.malformed, 2);
    assert_int_equal(counts.trades, counts.accepted + counts.filtered + counts.late +
                                        counts.unknown_symbol + counts.malformed);
}

static void test_delays_are_kept_of_all_and_of_each_symbol(void **state)
{
    static const int64_t times_ms[] = {0, 60};

    (void)state;
    (void)take_trades(100, "A", times_ms, 2); /* 100 and 40 ms late */
    (void)take_trades(101, "B", times_ms, 1); /* 101 ms */
    const struct histogram *all = ingest_delay_ms(ingest);

    assert_int_equal(all->count, 3);
    assert_int_equal(all->max, 101);
    assert_int_equal(all->min, 40);
    assert_int_equal(all->sum, 241);
    assert_int_equal(ingest_symbol_delay_ms(ingest, 0)->count, 2);
    assert_int_equal(ingest_symbol_delay_ms(ingest, 0)->sum, 140);
    assert_int_equal(ingest_symbol_delay_ms(ingest, 1)->count, 1);
    assert_null(ingest_symbol_delay_ms(ingest, 2));
    assert_null(ingest_symbol_delay_ms(ingest, SYMBOL_NONE));
}

static void test_a_trade_from_the_near_future_has_no_delay(void **state)
{
    static const int64_t times_ms[] = {500};

    (void)state;
    (void)take_trades(0, "A", times_ms, 1);
    assert_int_equal(ingest_delay_ms(ingest)->count, 1);
    assert_int_equal(ingest_delay_ms(ingest)->max, 0);
}

static void test_a_stranger_s_trade_is_counted_and_has_no_delay(void **state)
{
    static const int64_t times_ms[] = {0};

    (void)state;
    (void)take_trades(10, "STRANGER", times_ms, 1);
    assert_int_equal(input().unknown_symbol, 1);
    assert_int_equal(ingest_delay_ms(ingest)->count, 0);
}

static void test_every_kind_of_frame_comes_back_and_is_counted(void **state)
{
    (void)state;
    assert_int_equal(take("{\"type\":\"ping\"}")->kind, FRAME_PING);
    const struct frame *error = take("{\"msg\":\"Invalid symbol A\",\"type\":\"error\"}");

    assert_int_equal(error->kind, FRAME_ERROR);
    assert_string_equal(error->text, "Invalid symbol A");
    assert_int_equal(take("{\"type\":\"news\",\"data\":[]}")->kind, FRAME_NEWS);
    assert_int_equal(take("{\"type\":\"weather\"}")->kind, FRAME_UNKNOWN);
    assert_int_equal(take("{\"type\":")->kind, FRAME_MALFORMED);
    assert_int_equal(take("")->kind, FRAME_MALFORMED);
    struct status_input counts = input();

    assert_int_equal(counts.frames, 6);
    assert_int_equal(counts.frames_other, 4);
    assert_int_equal(counts.frames_malformed, 2);
}

/* The clock is looked at twice a frame: 7 µs apart. */
static void test_the_time_from_the_door_to_the_end_is_measured(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        (void)take("{\"type\":\"ping\"}");
    assert_int_equal(ingest_dispatch_us(ingest)->count, 5);
    assert_int_equal(ingest_dispatch_us(ingest)->min, 7);
    assert_int_equal(ingest_dispatch_us(ingest)->max, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(test_trades_reach_the_engine_at_their_receive_time),
        TEST(test_time_passes_before_the_frame_s_trades),
        TEST(test_a_trade_from_too_far_in_the_future_is_malformed),
        TEST(test_delays_are_kept_of_all_and_of_each_symbol),
        TEST(test_a_trade_from_the_near_future_has_no_delay),
        TEST(test_a_stranger_s_trade_is_counted_and_has_no_delay),
        TEST(test_every_kind_of_frame_comes_back_and_is_counted),
        TEST(test_the_time_from_the_door_to_the_end_is_measured),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
