/* Measurements of the running process. */
#include "tickd/ops/vitals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct status status;

static void test_memory_is_measured_without_a_loop(void **state)
{
    struct vitals vitals;
    struct vitals_message message = {0};

    (void)state;
    vitals_start_without_loop(&vitals);
    vitals_sample(&vitals, &message);
    assert_true(message.rss_bytes > 100000);
    vitals_fill_status(&vitals, &status);
    assert_true(status.rss_bytes > 100000);
    vitals_stop(&vitals, NULL, NULL);
}

static void test_without_jemalloc_its_numbers_are_said_to_be_missing(void **state)
{
    struct vitals vitals;

    (void)state;
    if (vitals_has_jemalloc())
        skip();
    vitals_start_without_loop(&vitals);
    vitals_tick_begin(&vitals);
    vitals_tick_end(&vitals);
    vitals_fill_status(&vitals, &status);
    assert_int_equal(status.allocated_bytes, 0);
    assert_int_equal(status.resident_bytes, 0);
    assert_int_equal(status.tick_path_allocations, -1);
    vitals_stop(&vitals, NULL, NULL);
}

/* A loop in which a timer works for as long as it is told, measured by the same clock. */
enum { BUSY_MS = 20 };

static void stop_vitals(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

static void work(uv_timer_t *timer)
{
    uint64_t end = uv_hrtime() + BUSY_MS * UINT64_C(1000000);

    while (uv_hrtime() < end)
        continue;
    uv_timer_start(timer->data, stop_vitals, 1, 0); /* in a turn of its own */
}

static void note_done(void *state)
{
    *(bool *)state = true;
}

static void test_the_loops_lag_is_the_time_that_a_turn_works(void **state)
{
    struct vitals vitals;
    struct vitals_message message = {0};
    bool done = false;
    uv_loop_t loop;
    uv_timer_t busy;
    uv_timer_t end;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(vitals_start(&vitals, &loop), 0);
    uv_timer_init(&loop, &busy);
    uv_timer_init(&loop, &end);
    uv_run(&loop, UV_RUN_NOWAIT); /* the turn that the next one is measured from */
    busy.data = &end;
    uv_timer_start(&busy, work, 10, 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    vitals_sample(&vitals, &message);
    assert_true(message.loop_lag_us >= BUSY_MS * 1000);
    vitals_fill_status(&vitals, &status);
    assert_int_equal(status.live.loop_lag_us, message.loop_lag_us);
    assert_int_equal(status.live.loop_lag_max_us, message.loop_lag_us);
    assert_true(status.wall_s * 1000 >= BUSY_MS);

    /* The next second begins anew. */
    vitals_sample(&vitals, &message);
    assert_int_equal(message.loop_lag_us, 0);
    vitals_fill_status(&vitals, &status);
    assert_true(status.live.loop_lag_max_us >= BUSY_MS * 1000);

    uv_close((uv_handle_t *)&busy, NULL);
    uv_close((uv_handle_t *)&end, NULL);
    vitals_stop(&vitals, note_done, &done);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(done);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void test_rates_come_from_the_inputs_counters(void **state)
{
    struct vitals vitals;
    struct status_input input = {.trades = 100, .frames = 50};

    (void)state;
    vitals_start_without_loop(&vitals);
    vitals_note_input(&vitals, 1000000, &input);
    input = (struct status_input){.trades = 300, .frames = 60};
    vitals_note_input(&vitals, 3000000, &input);
    vitals_fill_status(&vitals, &status);
    assert_true(status.live.trades_per_s == 100.0);
    assert_true(status.live.frames_per_s == 5.0);
    vitals_stop(&vitals, NULL, NULL);
}

static void test_the_budget_is_the_setting_or_what_is_bounded_and_16_mib(void **state)
{
    struct settings_monitor settings = {.memory_budget_mb = 0};

    (void)state;
    assert_int_equal(vitals_budget_bytes(&settings, 1000, 200), 1200 + (16 << 20));
    settings.memory_budget_mb = 3;
    assert_int_equal(vitals_budget_bytes(&settings, 1000, 200), 3 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_measured_without_a_loop),
        cmocka_unit_test(test_without_jemalloc_its_numbers_are_said_to_be_missing),
        cmocka_unit_test(test_the_loops_lag_is_the_time_that_a_turn_works),
        cmocka_unit_test(test_rates_come_from_the_inputs_counters),
        cmocka_unit_test(test_the_budget_is_the_setting_or_what_is_bounded_and_16_mib),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
