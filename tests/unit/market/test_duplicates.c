/* The watch for repeated prints: how it counts, what evidence it finds, when it judges, on made-up
 * prints with known multiplicities. (On recorded days: test_duplicates_recorded.c.)
 *
 * Expected evidence: tests/reference/duplicates_reference.py, an independent computation in exact
 * fractions. */
#include "tickd/market/duplicates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "support/numbers.h"
#include "support/seed.h"
#include "tickd/base/rng.h"

enum { WIDTH = 1000, CAPACITY = 1024 };

static struct arena arena;
static struct duplicate_watch watch;

static void make_watches(struct duplicate_watch *watches, size_t count, size_t capacity)
{
    arena_init_measuring(&arena);
    for (size_t i = 0; i < count; i++)
        duplicates_init(&watches[i], &arena, capacity);
    assert_int_equal(arena_init(&arena, arena.used), 0);
    for (size_t i = 0; i < count; i++)
        duplicates_init(&watches[i], &arena, capacity);
    arena_seal(&arena);
}

static int set_up(void **state)
{
    (void)state;
    make_watches(&watch, 1, CAPACITY);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static uint32_t note(int64_t time_ms, int64_t price, int64_t volume)
{
    struct trade trade = {.time_ms = time_ms, .price = price, .volume = volume};

    return duplicates_note(&watch, &trade);
}

static void note_times(int64_t time_ms, uint32_t multiplicity)
{
    for (uint32_t i = 0; i < multiplicity; i++)
        assert_int_equal(note(time_ms, 1, 1), i + 1);
}

/* ---- counting ---- */

static void test_only_time_price_and_volume_together_make_a_print(void **state)
{
    (void)state;
    assert_int_equal(note(10, 5, 7), 1);
    assert_int_equal(note(11, 5, 7), 1);
    assert_int_equal(note(10, 6, 7), 1);
    assert_int_equal(note(10, 5, 8), 1);
    assert_int_equal(note(10, 7, 5), 1);
    assert_int_equal(note(10, 5, 7), 2);
    assert_int_equal(note(10, 5, 7), 3);
    assert_int_equal(note(10, 5, 8), 2);
    assert_int_equal(watch.used, 5);
}

static void test_a_print_leaves_with_its_bar_and_becomes_evidence(void **state)
{
    (void)state;
    note_times(999, 2);
    note_times(1000, 3);
    duplicates_close(&watch, 1000);
    assert_int_equal(watch.used, 1);
    assert_int_equal(watch.window_count, 1);
    assert_int_equal(watch.window[0], 2);
    assert_int_equal(note(1000, 1, 1), 4); /* still counted */
    assert_int_equal(note(999, 1, 1), 1);  /* forgotten */
    duplicates_close(&watch, 2000);
    assert_int_equal(watch.used, 0);
    assert_int_equal(watch.window_count, 3);
    assert_int_equal(watch.window[1], 1);
    assert_int_equal(watch.window[2], 4);
}

static void test_a_full_table_takes_no_new_print_but_counts_the_known(void **state)
{
    (void)state;
    for (int64_t i = 0; i < CAPACITY; i++)
        assert_int_equal(note(i, 1, 1), 1);
    assert_int_equal(note(5000, 1, 1), 1);
    assert_int_equal(note(5000, 1, 1), 1);
    assert_int_equal(watch.overflowed, 2);
    assert_int_equal(note(77, 1, 1), 2);
    duplicates_close(&watch, 500);
    assert_int_equal(watch.used, CAPACITY - 500);
    for (int64_t i = 500; i < CAPACITY; i++)
        assert_int_equal(note(i, 1, 1), 2);
    assert_int_equal(note(5000, 1, 1), 1);
    assert_int_equal(watch.overflowed, 2);
}

static void test_the_window_does_not_depend_on_the_order_of_arrival(void **state)
{
    struct duplicate_watch pair[2];
    struct trade trades[900];

    (void)state;
    arena_fini(&arena);
    make_watches(pair, 2, CAPACITY);
    struct rng rng;
    rng_stream(&rng, test_seed(), "order of arrival");
    for (size_t i = 0; i < ARRAY_LENGTH(trades); i++)
        trades[i] = (struct trade){.time_ms = (int64_t)rng_below(&rng, 40),
                                   .price = 1 + (int64_t)rng_below(&rng, 4),
                                   .volume = (int64_t)rng_below(&rng, 4)};
    for (size_t i = 0; i < ARRAY_LENGTH(trades); i++)
        duplicates_note(&pair[0], &trades[i]);
    for (size_t i = ARRAY_LENGTH(trades); i-- > 0;)
        duplicates_note(&pair[1], &trades[i]);
    duplicates_close(&pair[0], 30);
    duplicates_close(&pair[1], 30);
    assert_true(pair[0].window_count > 100);
    assert_memory_equal(pair[0].window, pair[1].window, sizeof watch.window);
    assert_memory_equal(pair[0].evidence, pair[1].evidence, sizeof watch.evidence);
    assert_int_equal(pair[0].used, pair[1].used);
}

/* ---- evidence ---- */

static void test_the_evidence_is_the_ratio_of_the_two_likelihoods(void **state)
{
    static const struct {
        struct {
            uint32_t multiplicity, prints;
        } window[8];
        double twice, thrice;
    } cases[] = {
        {{{2, 2}}, 0.187598613895, -7.544332108054},
        {{{1, 1}}, -3.688879454114, -3.688879454114},
        {{{1, 200}, {2, 40}, {3, 10}, {4, 5}, {7, 1}}, -151.178270278294, -139.851373063688},
        {{{2, 200}, {4, 40}, {6, 10}, {8, 5}, {14, 1}}, 168.450323514794, -250.786908293822},
        {{{1, 9}, {2, 190}, {3, 4}, {4, 40}, {6, 10}, {7, 1}, {16, 2}},
         104.300545475822,
         -243.255478748165},
        {{{1, 4}, {2, 6}, {3, 220}, {5, 1}, {6, 20}, {9, 5}}, -364.118507451379, 216.610663553435},
        {{{1, 30}, {2, 226}}, 56.466220293804, -315.028893459428},
        {{{6, 256}}, -35.980705740524, 98.231901658123},
        {{{1, 3}, {253, 1}, {254, 1}}, -17.736897736701, -20.454279265232},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        int64_t time_ms = 0;

        arena_fini(&arena);
        make_watches(&watch, 1, CAPACITY);
        for (size_t j = 0; j < ARRAY_LENGTH(cases[i].window); j++) {
            for (uint32_t print = 0; print < cases[i].window[j].prints; print++)
                note_times(time_ms++, cases[i].window[j].multiplicity);
        }
        duplicates_close(&watch, time_ms);
        assert_near(watch.evidence[2], cases[i].twice, 1e-9);
        assert_near(watch.evidence[3], cases[i].thrice, 1e-9);
    }
}

static void test_the_window_forgets_all_but_the_last_256_prints(void **state)
{
    int64_t time_ms = 0;

    (void)state;
    for (int i = 0; i < 300; i++)
        note_times(time_ms++, 1 + (uint32_t)i % 7);
    note_times(time_ms++, 1000);
    for (int i = 0; i < 30; i++)
        note_times(time_ms++, 1);
    for (int i = 0; i < 226; i++)
        note_times(time_ms++, 2);
    duplicates_close(&watch, time_ms);
    assert_int_equal(watch.window_count, DUPLICATES_WINDOW);
    assert_near(watch.evidence[2], 56.466220293804, 1e-9); /* as {1, 30}, {2, 226} above */
    assert_near(watch.evidence[3], -315.028893459428, 1e-9);
}

static void test_a_multiplicity_beyond_counting_is_no_evidence(void **state)
{
    double twice;

    (void)state;
    note_times(1, 2);
    note_times(2, 1);
    duplicates_close(&watch, 100);
    twice = watch.evidence[2];
    note_times(101, DUPLICATES_COUNT_MAX);
    note_times(102, 1000);
    duplicates_close(&watch, 200);
    assert_int_equal(watch.window_count, 4);
    assert_int_equal(watch.window[3], DUPLICATES_COUNT_MAX);
    assert_true(watch.evidence[2] == twice);
}

static void test_a_close_without_prints_changes_nothing(void **state)
{
    (void)state;
    assert_false(duplicates_close(&watch, 1000));
    assert_int_equal(watch.window_count, 0);
    assert_true(watch.evidence[2] == 0);
    assert_int_equal(watch.factor, 1);
}

/* ---- judgement on made-up prints ---- */

/* Bars of one to six prints. A print has a geometric multiplicity of tail q, comes `times` times,
 * and loses each copy but the first with probability `lost`. */
struct maker {
    struct rng rng;
    int64_t bar;
    double q, lost;
    uint32_t times;
};

static uint32_t multiplicity_of(struct maker *maker)
{
    uint32_t genuine = 1;
    uint32_t came = 0;

    while (rng_uniform(&maker->rng) < maker->q)
        genuine++;
    for (uint32_t i = 0; i < genuine * maker->times; i++)
        came += i % maker->times == 0 || rng_uniform(&maker->rng) >= maker->lost;
    return came;
}

/* Makes prints until the factor is `wanted` or there were `most`; returns how many. */
static uint64_t make_until(struct maker *maker, uint32_t wanted, uint64_t most)
{
    uint64_t prints = 0;

    while (watch.factor != wanted && prints < most) {
        uint64_t now = 1 + rng_below(&maker->rng, 6);

        for (uint64_t i = 0; i < now; i++)
            note_times(maker->bar * WIDTH + (int64_t)i, multiplicity_of(maker));
        prints += now;
        maker->bar++;
        duplicates_close(&watch, maker->bar * WIDTH);
    }
    return prints;
}

static void test_a_market_alone_never_raises_the_factor(void **state)
{
    static const double tails[] = {0, 0.1, 0.3, 0.5, 0.7, 0.9};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(tails); i++) {
        struct maker maker = {.q = tails[i], .times = 1, .bar = watch.window_count};

        rng_stream_numbered(&maker.rng, test_seed(), "market alone", i, 0);
        arena_fini(&arena);
        make_watches(&watch, 1, CAPACITY);
        make_until(&maker, 2, 20000);
        assert_int_equal(watch.changes, 0);
    }
}

static void test_a_feed_that_repeats_from_the_start_is_found_within_100_prints(void **state)
{
    (void)state;
    for (uint32_t times = 2; times <= DUPLICATES_FACTOR_MAX; times++) {
        for (uint64_t round = 0; round < 50; round++) {
            struct maker maker = {.q = 0.2, .lost = 0.02, .times = times};

            rng_stream_numbered(&maker.rng, test_seed(), "from the start", times, round);
            arena_fini(&arena);
            make_watches(&watch, 1, CAPACITY);
            assert_in_range(make_until(&maker, times, 1000), 10, 100);
            make_until(&maker, 1, 5000);
            assert_int_equal(watch.factor, times);
            assert_int_equal(watch.changes, 1);
        }
    }
}

static void test_the_factor_follows_a_feed_that_changes(void **state)
{
    static const uint32_t times[] = {1, 2, 1, 3, 2, 3, 1};

    (void)state;
    for (uint64_t round = 0; round < 20; round++) {
        struct maker maker = {.q = 0.2, .lost = 0.02};

        rng_stream_numbered(&maker.rng, test_seed(), "changes", round, 0);
        arena_fini(&arena);
        make_watches(&watch, 1, CAPACITY);
        for (size_t i = 0; i < ARRAY_LENGTH(times); i++) {
            maker.times = times[i];
            assert_in_range(make_until(&maker, times[i], 1000), 0, 300);
            make_until(&maker, 0, 600); /* stays */
            assert_int_equal(watch.factor, times[i]);
        }
        assert_in_range(watch.changes, 6, 9); /* from 3 to 2 may lead over 1 */
    }
}

static void test_a_change_is_told_once(void **state)
{
    int64_t time_ms = 0;
    bool told = false;

    (void)state;
    for (; time_ms < 100 && !told; time_ms++) {
        note_times(time_ms, 2);
        told = duplicates_close(&watch, time_ms + 1);
    }
    assert_true(told);
    assert_int_equal(watch.factor, 2);
    assert_int_equal(watch.changes, 1);
    note_times(time_ms, 2);
    assert_false(duplicates_close(&watch, time_ms + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_only_time_price_and_volume_together_make_a_print,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_print_leaves_with_its_bar_and_becomes_evidence,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_full_table_takes_no_new_print_but_counts_the_known,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_window_does_not_depend_on_the_order_of_arrival,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_evidence_is_the_ratio_of_the_two_likelihoods,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_window_forgets_all_but_the_last_256_prints, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_multiplicity_beyond_counting_is_no_evidence, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_close_without_prints_changes_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_market_alone_never_raises_the_factor, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_feed_that_repeats_from_the_start_is_found_within_100_prints, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_factor_follows_a_feed_that_changes, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_change_is_told_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
