/* Checkpoints of a running engine: the child writes what was when it began, whatever goes on
 * meanwhile, and however it ends, the loop is told and a whole checkpoint stays. */
#include "tickd/store/checkpoint_live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "support/checkpoint_folder.h"

static struct folder folder;
static struct engine_fixture running;
static struct engine_fixture fresh;
static uv_loop_t loop;
static struct checkpoint_live live;
static struct checkpoint_report report;
static char report_why[WHY_MAX];
static unsigned reports;
static unsigned closes;

static void on_done(void *state, const struct checkpoint_report *ended)
{
    (void)state;
    report = *ended;
    (void)text_copy(report_why, sizeof report_why, ended->written ? "" : ended->why);
    reports++;
}

static void on_closed(void *state)
{
    (void)state;
    closes++;
}

static int set_up(void **state)
{
    (void)state;
    folder_make(&folder);
    folder_configure(&running);
    fixture_start(&running);
    folder_trade(&running, 1, 40);
    folder_configure(&fresh);
    folder_fresh(&fresh);
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(checkpoint_live_init(&live, &loop, folder.path, on_done, NULL), 0);
    reports = 0;
    closes = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (closes == 0) {
        checkpoint_live_close(&live, on_closed);
    }
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(closes, 1);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
    assert_int_equal(errno, ECHILD);
    fixture_stop(&running);
    fixture_stop(&fresh);
    folder_remove(&folder);
    return 0;
}

static int begin(uint64_t next_input)
{
    struct checkpoint_meta meta = {.run = 7, .next_input = next_input};
    text_clear(&folder.why);
    return checkpoint_begin(&live, running.engine, CHECKPOINT_AFTER_NEWEST, &meta, &folder.why);
}

static void wait_for_report(void)
{
    unsigned before = reports;
    while (reports == before) {
        (void)uv_run(&loop, UV_RUN_ONCE);
    }
}

/* Begins, and stops the child before it is done. A child that was faster is let go, and the next
 * one is tried. */
static pid_t begin_and_stop(uint64_t next_input)
{
    for (int tries = 0; tries < 100; tries++) {
        int status = 0;
        assert_int_equal(begin(next_input), 0);
        assert_int_equal(kill(live.child, SIGSTOP), 0);
        assert_int_equal(waitpid(live.child, &status, WUNTRACED), live.child);
        if (WIFSTOPPED(status)) {
            return live.child;
        }
        wait_for_report();
    }
    fail_msg("no child can be stopped");
    return 0;
}

static void assert_newest(uint64_t next_input, uint64_t digest)
{
    struct checkpoint_meta meta;
    text_clear(&folder.why);
    if (checkpoint_read(folder.path, CHECKPOINT_NEWEST, fresh.engine, &meta, &folder.why) != 0) {
        fail_msg("%s", folder.why_memory);
    }
    assert_int_equal(meta.next_input, next_input);
    assert_true(meta.digest == digest);
    assert_true(bus_digest(engine_bus(fresh.engine)) == digest);
}

static void test_it_is_of_the_moment_when_it_began(void **state)
{
    (void)state;
    uint64_t digest = bus_digest(engine_bus(running.engine));
    pid_t child = begin_and_stop(5);
    assert_true(checkpoint_is_under_way(&live));
    folder_trade(&running, 41, 40);
    assert_true(bus_digest(engine_bus(running.engine)) != digest);
    assert_int_equal(kill(child, SIGCONT), 0);
    wait_for_report();
    assert_true(report.written);
    assert_int_equal(report.meta.next_input, 5);
    assert_true(report.meta.digest == digest);
    assert_true(report.bytes > 0 && report.fork_us >= 0 && report.took_us >= report.fork_us);
    assert_false(checkpoint_is_under_way(&live));
    assert_newest(5, digest);
}

static void test_one_at_a_time(void **state)
{
    (void)state;
    pid_t child = begin_and_stop(1);
    unsigned before = reports;
    assert_int_equal(begin(2), ERROR_STATE);
    assert_string_equal(folder.why_memory, "a checkpoint is being written already");
    assert_int_equal(kill(child, SIGCONT), 0);
    wait_for_report();
    assert_int_equal(reports, before + 1);
    assert_int_equal(begin(3), 0);
    wait_for_report();
    assert_int_equal(report.meta.next_input, 3);
}

static void test_a_failure_is_told_with_its_step_and_cause(void **state)
{
    char path[FOLDER_PATH_MAX];
    (void)state;
    folder_path(&folder, "checkpoint.new", path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(begin(1), 0);
    wait_for_report();
    assert_false(report.written);
    assert_non_null(strstr(report_why, "creating checkpoint.new fails: "));
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(begin(2), 0);
    wait_for_report();
    assert_true(report.written);
}

static void test_a_child_that_takes_too_long_is_ended(void **state)
{
    (void)state;
    live.limit_ms = 0;
    begin_and_stop(1);
    wait_for_report();
    assert_false(report.written);
    assert_non_null(strstr(report_why, "not done after 0 ms, ended"));
    assert_false(checkpoint_is_under_way(&live));
}

static void test_a_child_that_is_killed_is_told(void **state)
{
    (void)state;
    pid_t child = begin_and_stop(1);
    assert_int_equal(kill(child, SIGKILL), 0);
    wait_for_report();
    assert_false(report.written);
    assert_non_null(strstr(report_why, "its process was ended by signal 9"));
}

static void on_signal(uv_signal_t *handle, int number)
{
    unsigned *count = handle->data;
    (void)number;
    (*count)++;
}

/* Who stops a service signals all of its processes. */
static void test_a_signal_to_the_child_does_not_reach_the_loop(void **state)
{
    static uv_signal_t terminate; /* until the loop has closed it */
    static unsigned count;
    (void)state;
    assert_int_equal(uv_signal_init(&loop, &terminate), 0);
    terminate.data = &count;
    assert_int_equal(uv_signal_start(&terminate, on_signal, SIGTERM), 0);
    pid_t child = begin_and_stop(1);
    assert_int_equal(kill(child, SIGTERM), 0);
    assert_int_equal(kill(child, SIGCONT), 0);
    wait_for_report();
    assert_true(report.written);
    assert_int_equal(count, 0);
    assert_int_equal(raise(SIGTERM), 0); /* but the parent's own does */
    while (count == 0) {
        (void)uv_run(&loop, UV_RUN_ONCE);
    }
    uv_close((uv_handle_t *)&terminate, NULL);
}

static void test_a_close_ends_what_is_under_way(void **state)
{
    struct checkpoint_meta meta = {.run = 7, .next_input = 9};
    (void)state;
    uint64_t digest = bus_digest(engine_bus(running.engine));
    begin_and_stop(1);
    unsigned before = reports;
    checkpoint_live_close(&live, on_closed);
    assert_int_equal(checkpoint_write_now(folder.path, running.engine, CHECKPOINT_AFTER_NEWEST,
                                          &meta, &folder.why),
                     0);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(closes, 1);
    assert_int_equal(reports, before);
    assert_newest(9, digest);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_it_is_of_the_moment_when_it_began),
        TEST(test_one_at_a_time),
        TEST(test_a_failure_is_told_with_its_step_and_cause),
        TEST(test_a_child_that_takes_too_long_is_ended),
        TEST(test_a_child_that_is_killed_is_told),
        TEST(test_a_signal_to_the_child_does_not_reach_the_loop),
        TEST(test_a_close_ends_what_is_under_way),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
