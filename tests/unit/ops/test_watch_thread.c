/* The watching thread: what it decides, by simulated time; what it sees; that it speaks while the
 * loop hangs. */
#include "tickd/ops/watch_thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tickd/base/calendar.h"

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

static const struct watch_limits limits = {
    .long_ns = SECOND, .lagging_ns = 30 * SECOND, .stale_ns = 60 * SECOND};

static struct watch_memory memory;
static struct watch_sight about;
static int64_t held_ns;

static int start(void **state)
{
    (void)state;
    memory = (struct watch_memory){.said = WATCH_NOTHING};
    return 0;
}

static enum watch_word look(enum module_id module, int64_t since_ns, int64_t now_ns)
{
    struct watch_sight sight = {module, since_ns};

    return watch_decide(&memory, &limits, sight, now_ns, &about, &held_ns);
}

static void test_handlers_that_return_in_time_are_not_worth_a_word(void **state)
{
    (void)state;
    for (int64_t now = 1; now < 100 * SECOND; now += 100 * MS)
        assert_int_equal(look(MODULE_MARKET, now, now + 999 * MS), WATCH_NOTHING);
    assert_int_equal(look(MODULE_COUNT, 0, 200 * SECOND), WATCH_NOTHING);
}

static void test_a_handler_that_hangs_is_named_once_at_each_stage(void **state)
{
    int64_t said_at[WATCH_RETURNED + 1] = {0};
    int words = 0;

    (void)state;
    for (int64_t held = 0; held <= 120 * SECOND; held += 100 * MS) {
        enum watch_word word = look(MODULE_MARKET, SECOND, SECOND + held);

        if (word == WATCH_NOTHING)
            continue;
        said_at[word] = held;
        words++;
        assert_int_equal(about.module, MODULE_MARKET);
        assert_int_equal(held_ns, held);
    }
    assert_int_equal(words, 3);
    assert_int_equal(said_at[WATCH_LONG], SECOND);
    assert_int_equal(said_at[WATCH_LAGGING], 30 * SECOND);
    assert_int_equal(said_at[WATCH_STALE], 60 * SECOND);
    assert_int_equal(look(MODULE_COUNT, 0, 130 * SECOND), WATCH_RETURNED);
    assert_int_equal(about.module, MODULE_MARKET);
    assert_int_equal(held_ns, 129 * SECOND);
    assert_int_equal(look(MODULE_COUNT, 0, 131 * SECOND), WATCH_NOTHING);
}

static void test_a_late_look_says_the_gravest_word_alone(void **state)
{
    (void)state;
    assert_int_equal(look(MODULE_BUS, SECOND, 71 * SECOND), WATCH_STALE);
    assert_int_equal(look(MODULE_BUS, SECOND, 72 * SECOND), WATCH_NOTHING);
}

static void test_a_second_hang_of_the_same_module_is_another_one(void **state)
{
    (void)state;
    assert_int_equal(look(MODULE_MARKET, SECOND, 3 * SECOND), WATCH_LONG);
    assert_int_equal(look(MODULE_MARKET, 4 * SECOND, 6 * SECOND), WATCH_RETURNED);
    assert_int_equal(held_ns, 5 * SECOND);
    assert_int_equal(look(MODULE_MARKET, 4 * SECOND, 6 * SECOND), WATCH_LONG);
    assert_int_equal(about.since_ns, 4 * SECOND);
}

static void test_what_the_dispatcher_notes_is_what_is_seen(void **state)
{
    static struct watch watch;

    (void)state;
    atomic_init(&watch.module, MODULE_COUNT);
    assert_int_equal(watch_look(&watch).since_ns, 0);
    watch_running(&watch, MODULE_MARKET, 123);
    assert_int_equal(watch_look(&watch).module, MODULE_MARKET);
    assert_int_equal(watch_look(&watch).since_ns, 123);
    watch_running(&watch, MODULE_COUNT, 0);
    assert_int_equal(watch_look(&watch).since_ns, 0);
}

static void test_the_line_names_the_module_and_how_long(void **state)
{
    struct log_line line;

    (void)state;
    watch_print(&line, true, INT64_C(1795451493123456), WATCH_STALE,
                (struct watch_sight){MODULE_MARKET, 1}, 60100 * MS);
    assert_string_equal(line.text.data, "<3>ts=2026-11-23T16:31:33.123Z level=error "
                                        "event=loop_held module=market state=stale "
                                        "held_ms=60100\n");
    watch_print(&line, false, INT64_C(1795451493123456), WATCH_RETURNED,
                (struct watch_sight){MODULE_FEED, 1}, 1500 * MS);
    assert_string_equal(line.text.data, "ts=2026-11-23T16:31:33.123Z level=warning "
                                        "event=loop_held module=feed state=returned "
                                        "held_ms=1500\n");
}

/* The thread itself: this thread plays the loop that hangs, by waiting for what the other says. */
static void test_the_thread_speaks_while_the_loop_hangs_and_when_it_returns(void **state)
{
    static struct watch watch;
    struct settings_monitor settings = {.stale_s = 60, .watch_ms = 10};
    struct health_log log = {.sink = {.kind = LOG_SINK_SOCKET}, .now_us = system_time_us};
    char line[512];
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    log.sink.descriptor = ends[1];
    atomic_init(&log.level, LOG_INFO);
    assert_int_equal(watch_start(&watch, &settings, &log), 0);
    watch_running(&watch, MODULE_MARKET, watch_clock_ns());
    ssize_t length = read(ends[0], line, sizeof line - 1); /* hangs until it is named */

    assert_true(length > 0);
    line[length] = '\0';
    assert_non_null(strstr(line, "event=loop_held module=market state=running held_ms="));
    watch_running(&watch, MODULE_COUNT, 0);
    length = read(ends[0], line, sizeof line - 1);
    assert_true(length > 0);
    line[length] = '\0';
    assert_non_null(strstr(line, "event=loop_held module=market state=returned held_ms="));
    watch_stop(&watch);
    watch_stop(&watch); /* again does nothing */
    close(ends[0]);
    close(ends[1]);
}

/* One thread writes pairs of which each belongs together; a look may never see halves of two. */
enum { PAIRS = 200000 };

static void write_pairs(void *state)
{
    for (int64_t i = 1; i <= PAIRS; i++)
        watch_running(state, (enum module_id)(i % MODULE_COUNT), i);
}

static void test_a_look_never_mixes_two_handlers(void **state)
{
    static struct watch watch;
    uv_thread_t writer;
    struct watch_sight sight;

    (void)state;
    atomic_init(&watch.module, MODULE_COUNT);
    assert_int_equal(uv_thread_create(&writer, write_pairs, &watch), 0);
    do {
        sight = watch_look(&watch);
        if (sight.since_ns != 0)
            assert_int_equal(sight.module, sight.since_ns % MODULE_COUNT);
    } while (sight.since_ns != PAIRS);
    uv_thread_join(&writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_handlers_that_return_in_time_are_not_worth_a_word, start),
        cmocka_unit_test_setup(test_a_handler_that_hangs_is_named_once_at_each_stage, start),
        cmocka_unit_test_setup(test_a_late_look_says_the_gravest_word_alone, start),
        cmocka_unit_test_setup(test_a_second_hang_of_the_same_module_is_another_one, start),
        cmocka_unit_test(test_what_the_dispatcher_notes_is_what_is_seen),
        cmocka_unit_test(test_the_line_names_the_module_and_how_long),
        cmocka_unit_test(test_the_thread_speaks_while_the_loop_hangs_and_when_it_returns),
        cmocka_unit_test(test_a_look_never_mixes_two_handlers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
