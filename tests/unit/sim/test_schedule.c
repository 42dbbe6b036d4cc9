/* Frames in time: what enters them, when they leave, and what each fault does to them. */
#include "tickd/sim/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"
#include "tickd/base/error.h"

enum { SEEN_MAX = 40000, SEED = 11 };

/* A market of two symbols: trade i is of symbol i mod 2, at start + i·gap, with volume i + 1. */
struct toy {
    struct arena arena;
    struct symbol_table symbols;
    struct faults faults;
    uint64_t counts[FAULT_COUNT];
    struct schedule_config config;
    size_t trades;
    size_t given;
    int64_t gap_us;
    bool fails; /* at the end, instead of ending */
};

static struct toy toy;
static int64_t start_ms = 5000;
static struct sim_entry seen[SEEN_MAX];
static size_t seen_count;
static size_t frame_sizes[SEEN_MAX];
static size_t frame_count;
static uint64_t extras_seen;
static size_t garbage;
static size_t news;
static size_t fragmented;
static size_t data_first;

static int toy_next(void *state, struct source_trade *trade)
{
    struct toy *market = state;
    if (market->given == market->trades) {
        return market->fails ? ERROR_SYNTAX : 0;
    }
    int64_t i = (int64_t)market->given++;
    *trade = (struct source_trade){.time_us = i * market->gap_us,
                                   .time_ms = 1000 + i * market->gap_us / US_PER_MS,
                                   .price = DECIMAL_ONE,
                                   .volume = (i + 1) * DECIMAL_ONE,
                                   .conditions = UINT64_C(1) << 1 | UINT64_C(1) << 12,
                                   .form = CONDITIONS_LIST,
                                   .symbol = (uint16_t)(i % 2)};
    return 1;
}

static void build_table(struct arena *arena)
{
    symbols_init(&toy.symbols, arena, 4, false);
}

/* A market of that many trades with these faults (up to the NULL). */
static void open_toy(size_t trades, int64_t gap_us, const char *const *faults)
{
    char error[FAULT_ERROR_MAX];
    struct arena measuring;
    uint16_t id;
    arena_fini(&toy.arena);
    memset(&toy, 0, sizeof toy);
    toy.trades = trades;
    toy.gap_us = gap_us;
    arena_init_measuring(&measuring);
    build_table(&measuring);
    assert_int_equal(arena_init(&toy.arena, measuring.used), 0);
    build_table(&toy.arena);
    assert_int_equal(symbols_add(&toy.symbols, "SPY", 3, &id), 0);
    assert_int_equal(symbols_add(&toy.symbols, "QQQ", 3, &id), 0);
    for (; *faults != NULL; faults++) {
        assert_int_equal(faults_add(&toy.faults, *faults, error), 0);
    }
    toy.config = (struct schedule_config){.source = {&toy, toy_next},
                                          .symbols = &toy.symbols,
                                          .faults = &toy.faults,
                                          .fault_counts = toy.counts,
                                          .seed = SEED,
                                          .per_frame = 10,
                                          .hold_us = 20000,
                                          .speed = 1};
}

/* Runs it to its end in steps of `step_us` (INT64_MAX: all at once) and notes what it gives. */
static enum schedule_result run_toy(int64_t step_us)
{
    struct schedule *schedule = schedule_create(&toy.config);
    struct sim_frame frame;
    enum schedule_result result;
    int64_t now_us = step_us;
    int64_t wake_us = 0;
    assert_non_null(schedule);
    schedule_start(schedule, start_ms);
    seen_count = frame_count = garbage = news = fragmented = data_first = 0;
    extras_seen = 0;
    for (;;) {
        result = schedule_next(schedule, now_us, &frame, &wake_us);
        if (result == SCHEDULE_WAIT) {
            assert_true(wake_us > now_us);
            now_us += step_us;
            continue;
        }
        if (result != SCHEDULE_FRAME) {
            break;
        }
        assert_true(seen_count + frame.count <= SEEN_MAX && frame_count < SEEN_MAX);
        memcpy(&seen[seen_count], frame.entries, frame.count * sizeof seen[0]);
        seen_count += frame.count;
        frame_sizes[frame_count++] = frame.count;
        extras_seen |= frame.extras;
        garbage += frame.extras >> FAULT_GARBAGE & 1;
        news += frame.extras >> FAULT_NEWS & 1;
        fragmented += frame.fragments;
        data_first += frame.order == KEYS_DATA_FIRST;
    }
    schedule_destroy(schedule);
    return result;
}

#define OPEN(trades, gap_us, ...) open_toy(trades, gap_us, (const char *const[]){__VA_ARGS__, NULL})
#define OPEN_PLAIN(trades, gap_us) open_toy(trades, gap_us, (const char *const[]){NULL})

static size_t copies_seen(void)
{
    size_t copies = 0;
    for (size_t i = 0; i < seen_count; i++) {
        copies += seen[i].copy;
    }
    return copies;
}

/* Number of entries, copies included, that trade i (from 0) has become. */
static size_t times_seen(size_t i)
{
    size_t times = 0;
    for (size_t k = 0; k < seen_count; k++) {
        times += seen[k].wire.volume == (int64_t)(i + 1) * DECIMAL_ONE;
    }
    return times;
}

static void test_without_faults_all_trades_come_once_in_order(void **state)
{
    (void)state;
    OPEN_PLAIN(1000, 1000);
    assert_int_equal(run_toy(INT64_MAX), SCHEDULE_END);
    assert_int_equal(seen_count, 1000);
    for (size_t i = 0; i < seen_count; i++) {
        assert_int_equal(seen[i].wire.volume, (int64_t)(i + 1) * DECIMAL_ONE);
        assert_int_equal(seen[i].wire.time_ms, 1000 + i);
        assert_int_equal(seen[i].due_us, i * 1000);
        assert_string_equal(seen[i].wire.symbol, i % 2 == 0 ? "SPY" : "QQQ");
        assert_false(seen[i].copy);
    }
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        assert_int_equal(toy.counts[i], 0);
    }
}

static void test_a_frame_leaves_when_full_or_when_its_first_entry_has_waited(void **state)
{
    (void)state;
    OPEN_PLAIN(100, 1000);
    run_toy(INT64_MAX);
    for (size_t i = 0; i < frame_count; i++) {
        assert_int_equal(frame_sizes[i], 10);
    }
    OPEN_PLAIN(100, 4000); /* 0, 4, 8, 12, 16, 20 ms: six within the 20 ms */
    run_toy(INT64_MAX);
    for (size_t i = 0; i + 1 < frame_count; i++) {
        assert_int_equal(frame_sizes[i], 6);
    }
    OPEN_PLAIN(100, 50000);
    run_toy(INT64_MAX);
    assert_int_equal(frame_count, 100);
}

static void test_the_frames_do_not_depend_on_when_they_are_asked_for(void **state)
{
    (void)state;
    static struct sim_entry first[SEEN_MAX];
    static size_t first_sizes[SEEN_MAX];
    static const int64_t steps[] = {INT64_MAX, 1000000, 7001, 333};
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
        OPEN(2000, 1700, "twice=second", "triple", "unsorted", "late=0.5:0.1", "identical",
             "entries=7", "news", "other-conditions=0.5", "fragments");
        toy.config.network = true;
        toy.config.clock = CLOCK_OF_START;
        assert_int_equal(run_toy(steps[i]), SCHEDULE_END);
        if (i == 0) {
            count = seen_count;
            memcpy(first, seen, sizeof first);
            memcpy(first_sizes, frame_sizes, sizeof first_sizes);
        }
        assert_int_equal(seen_count, count);
        for (size_t k = 0; k < count; k++) {
            assert_int_equal(seen[k].due_us, first[k].due_us);
            assert_int_equal(seen[k].wire.volume, first[k].wire.volume);
            assert_int_equal(seen[k].wire.form, first[k].wire.form);
            assert_int_equal(seen[k].copy, first[k].copy);
            assert_int_equal(frame_sizes[k], first_sizes[k]);
        }
    }
}

static void test_twice_in_the_same_frame_interleaves_the_copies(void **state)
{
    (void)state;
    OPEN(6, 1000, "twice=frame");
    toy.config.per_frame = 3;
    run_toy(INT64_MAX);
    static const int64_t volumes[] = {1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6};
    assert_int_equal(seen_count, ARRAY_LENGTH(volumes));
    for (size_t i = 0; i < seen_count; i++) {
        assert_int_equal(seen[i].wire.volume, volumes[i] * DECIMAL_ONE);
        assert_int_equal(seen[i].copy, i % 6 >= 3);
    }
    assert_int_equal(toy.counts[FAULT_TWICE], 6);
}

static void test_copies_come_after_their_print_within_the_time_that_was_seen(void **state)
{
    (void)state;
    static const struct {
        const char *fault;
        int64_t most_us;
    } cases[] = {{"twice=soon", 100000}, {"twice=second", 1000000}};
    for (size_t c = 0; c < ARRAY_LENGTH(cases); c++) {
        OPEN(500, 3000, cases[c].fault);
        run_toy(INT64_MAX);
        assert_int_equal(seen_count, 1000);
        assert_int_equal(copies_seen(), 500);
        for (size_t i = 0; i < seen_count; i++) {
            int64_t original_us = (seen[i].wire.volume / DECIMAL_ONE - 1) * 3000;
            if (seen[i].copy) {
                assert_in_range(seen[i].due_us - original_us, 18000, cases[c].most_us);
            } else {
                assert_int_equal(seen[i].due_us, original_us);
            }
        }
    }
}

static void test_triple_adds_a_third(void **state)
{
    (void)state;
    OPEN(200, 3000, "twice=frame", "triple");
    run_toy(INT64_MAX);
    assert_int_equal(seen_count, 600);
    OPEN(200, 3000, "twice", "triple");
    run_toy(INT64_MAX);
    assert_int_equal(seen_count, 600);
    for (size_t i = 0; i < 200; i++) {
        assert_int_equal(times_seen(i), 3);
    }
    assert_int_equal(copies_seen(), 400);
}

static void test_copies_may_have_other_conditions(void **state)
{
    (void)state;
    OPEN(100, 3000, "twice", "other-conditions");
    run_toy(INT64_MAX);
    for (size_t i = 0; i < seen_count; i++) {
        uint64_t expected = seen[i].copy ? 2 : 2 | UINT64_C(1) << 12;
        assert_int_equal(seen[i].wire.conditions, expected);
    }
    assert_int_equal(toy.counts[FAULT_OTHER_CONDITIONS], 100);
}

static void test_identical_trades_are_genuine(void **state)
{
    (void)state;
    OPEN(5000, 1000, "identical=0.3");
    run_toy(INT64_MAX);
    assert_int_equal(copies_seen(), 0);
    assert_int_equal(seen_count, 5000 + toy.counts[FAULT_IDENTICAL]);
    assert_in_range(toy.counts[FAULT_IDENTICAL], 1370, 1630); /* 4 deviations of 32 */
}

static void test_unsorted_steps_back_by_no_more_than_was_asked(void **state)
{
    (void)state;
    OPEN(5000, 1000, "unsorted=150");
    run_toy(INT64_MAX);
    int64_t newest_ms = 0;
    int64_t most_ms = 0;
    for (size_t i = 0; i < seen_count; i++) {
        int64_t time_ms = seen[i].wire.time_ms;
        most_ms = newest_ms - time_ms > most_ms ? newest_ms - time_ms : most_ms;
        newest_ms = time_ms > newest_ms ? time_ms : newest_ms;
    }
    assert_int_equal(seen_count, 5000);
    assert_in_range(most_ms, 120, 150);
}

static void test_late_trades_come_as_late_as_asked_and_all_come(void **state)
{
    (void)state;
    OPEN(5000, 1000, "late=2400:0.1");
    run_toy(INT64_MAX);
    size_t late = 0;
    for (size_t i = 0; i < seen_count; i++) {
        int64_t delay_us = seen[i].due_us - (seen[i].wire.time_ms - 1000) * US_PER_MS;
        assert_true(delay_us == 0 || delay_us == INT64_C(2400) * US_PER_S);
        late += delay_us != 0;
    }
    assert_int_equal(seen_count, 5000);
    assert_int_equal(late, toy.counts[FAULT_LATE_TRADES]);
    assert_in_range(late, 415, 585); /* 4 deviations of 21 */
}

static void test_special_volumes_and_all_forms_of_conditions_appear(void **state)
{
    (void)state;
    OPEN(2000, 1000, "volumes=1", "conditions=mixed");
    run_toy(INT64_MAX);
    size_t forms[4] = {0};
    size_t zeros = 0, tinies = 0, exponents = 0, millions = 0, unknown = 0;
    for (size_t i = 0; i < seen_count; i++) {
        forms[seen[i].wire.form]++;
        zeros += seen[i].wire.volume == 0;
        tinies += seen[i].wire.volume == 400;
        exponents += seen[i].wire.volume == 10;
        millions += seen[i].wire.volume == 1000000 * DECIMAL_ONE;
        unknown += seen[i].wire.conditions & 1;
    }
    assert_int_equal(zeros + tinies + exponents + millions, 2000);
    assert_true(zeros > 0 && tinies > 0 && exponents > 0 && millions > 0 && unknown > 0);
    assert_true(forms[CONDITIONS_NULL] > 0 && forms[CONDITIONS_ABSENT] > 0);
    assert_true(forms[CONDITIONS_EMPTY] > 0 && forms[CONDITIONS_LIST] > 0);
}

static void test_entries_draws_frames_of_every_size_up_to_its_number(void **state)
{
    (void)state;
    OPEN(20000, 10, "entries=30");
    run_toy(INT64_MAX);
    size_t sizes[31] = {0};
    for (size_t i = 0; i + 1 < frame_count; i++) {
        assert_in_range(frame_sizes[i], 1, 30);
        sizes[frame_sizes[i]]++;
    }
    for (size_t size = 1; size <= 30; size++) {
        assert_true(sizes[size] > 0);
    }
}

static void test_frames_carry_extras_fragments_and_both_key_orders(void **state)
{
    (void)state;
    OPEN(5000, 50000, "news=0.2", "garbage=1", "fragments=0.5", "key-order");
    run_toy(INT64_MAX);
    assert_true(extras_seen == (UINT64_C(1) << FAULT_NEWS | UINT64_C(1) << FAULT_GARBAGE));
    assert_int_equal(garbage, 5000);
    assert_in_range(news, 880, 1120);
    assert_in_range(fragmented, 2350, 2650);
    assert_in_range(data_first, 2350, 2650);
}

static void test_a_silent_symbol_is_left_out(void **state)
{
    (void)state;
    OPEN(1000, 1000, "silent-symbol=QQQ");
    run_toy(INT64_MAX);
    assert_int_equal(seen_count, 500);
    for (size_t i = 0; i < seen_count; i++) {
        assert_string_equal(seen[i].wire.symbol, "SPY");
    }
}

static void test_long_pauses_are_shortened_and_times_kept(void **state)
{
    (void)state;
    OPEN_PLAIN(10, 5 * US_PER_S);
    toy.config.longest_pause_us = US_PER_S;
    run_toy(INT64_MAX);
    for (size_t i = 0; i < seen_count; i++) {
        assert_int_equal(seen[i].due_us, i * US_PER_S);
        assert_int_equal(seen[i].wire.time_ms, 1000 + i * 5000);
    }
}

static void test_now_puts_exchange_time_on_the_clock_at_the_speed(void **state)
{
    (void)state;
    OPEN_PLAIN(100, 10000);
    toy.config.clock = CLOCK_OF_START;
    toy.config.speed = 2;
    run_toy(INT64_MAX);
    for (size_t i = 0; i < seen_count; i++) {
        assert_int_equal(seen[i].wire.time_ms, 5000 + i * 5);
    }
    OPEN(100, 10000, "delay=600");
    toy.config.clock = CLOCK_OF_START;
    run_toy(INT64_MAX);
    assert_int_equal(seen[0].wire.time_ms, 5000 - 600000);
}

static void test_weeks_move_the_first_trade_after_the_start_at_new_yorks_time_of_day(void **state)
{
    (void)state;
    /* The first trade, 1970-01-01 00:00:01 UTC, was on a Wednesday at 19:00:01 in New York's winter
     * time. From 2026-07-15 12:00 UTC, a Wednesday, the next such moment is 19:00:01 that evening,
     * in summer time: 23:00:01 UTC. */
    OPEN_PLAIN(10, US_PER_S);
    toy.config.clock = CLOCK_OF_WEEKS;
    start_ms = INT64_C(1784116800000);
    run_toy(INT64_MAX);
    start_ms = 5000;
    for (size_t i = 0; i < seen_count; i++) {
        assert_int_equal(seen[i].wire.time_ms, INT64_C(1784156401000) + (int64_t)i * 1000);
    }
    OPEN_PLAIN(10, US_PER_S);
    toy.config.clock = CLOCK_OF_WEEKS; /* the start is 4 s after the first trade: one week */
    run_toy(INT64_MAX);
    assert_int_equal(seen[0].wire.time_ms, 1000 + 7 * 86400 * INT64_C(1000));
}

static void test_the_network_takes_its_time_but_keeps_the_order(void **state)
{
    (void)state;
    OPEN_PLAIN(2000, 1000);
    toy.config.network = true;
    run_toy(INT64_MAX);
    for (size_t i = 0; i < seen_count; i++) {
        assert_in_range(seen[i].due_us - (int64_t)i * 1000, 5000, 41000);
        assert_int_equal(seen[i].wire.volume, (int64_t)(i + 1) * DECIMAL_ONE);
    }
}

static void test_a_source_that_breaks_is_told_after_what_it_gave(void **state)
{
    (void)state;
    OPEN_PLAIN(25, 1000);
    toy.fails = true;
    assert_int_equal(run_toy(INT64_MAX), SCHEDULE_FAILED);
    assert_int_equal(seen_count, 25);
    OPEN_PLAIN(0, 1000);
    assert_int_equal(run_toy(INT64_MAX), SCHEDULE_END);
}

static int close_toy(void **state)
{
    (void)state;
    arena_fini(&toy.arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_faults_all_trades_come_once_in_order),
        cmocka_unit_test(test_a_frame_leaves_when_full_or_when_its_first_entry_has_waited),
        cmocka_unit_test(test_the_frames_do_not_depend_on_when_they_are_asked_for),
        cmocka_unit_test(test_twice_in_the_same_frame_interleaves_the_copies),
        cmocka_unit_test(test_copies_come_after_their_print_within_the_time_that_was_seen),
        cmocka_unit_test(test_triple_adds_a_third),
        cmocka_unit_test(test_copies_may_have_other_conditions),
        cmocka_unit_test(test_identical_trades_are_genuine),
        cmocka_unit_test(test_unsorted_steps_back_by_no_more_than_was_asked),
        cmocka_unit_test(test_late_trades_come_as_late_as_asked_and_all_come),
        cmocka_unit_test(test_special_volumes_and_all_forms_of_conditions_appear),
        cmocka_unit_test(test_entries_draws_frames_of_every_size_up_to_its_number),
        cmocka_unit_test(test_frames_carry_extras_fragments_and_both_key_orders),
        cmocka_unit_test(test_a_silent_symbol_is_left_out),
        cmocka_unit_test(test_long_pauses_are_shortened_and_times_kept),
        cmocka_unit_test(test_now_puts_exchange_time_on_the_clock_at_the_speed),
        cmocka_unit_test(test_weeks_move_the_first_trade_after_the_start_at_new_yorks_time_of_day),
        cmocka_unit_test(test_the_network_takes_its_time_but_keeps_the_order),
        cmocka_unit_test(test_a_source_that_breaks_is_told_after_what_it_gave),
    };
    return cmocka_run_group_tests(tests, NULL, close_toy);
}
