/* The page of counters as it is written, read back from its file. */
#include "tickd/ops/stats_page.h"

#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <time.h>

#include "support/stats_scene.h"
#include "tickd/base/error.h"

static struct stats_scene scene;

static int start(void **state)
{
    (void)state;
    scene_begin(&scene);
    return 0;
}

static int end(void **state)
{
    (void)state;
    scene_end(&scene);
    return 0;
}

static void assert_whole(const char *name, uint64_t expected)
{
    struct metric_value value;

    assert_true(stats_value(scene_row(&scene, name), &value));
    assert_int_equal(value.kind, METRIC_WHOLE);
    assert_true(value.whole == expected);
}

static void assert_real(const char *name, double expected)
{
    struct metric_value value;

    assert_true(stats_value(scene_row(&scene, name), &value));
    assert_int_equal(value.kind, METRIC_REAL);
    assert_true(value.real == expected);
}

static void assert_unknown(const char *name)
{
    struct metric_value value;

    assert_false(stats_value(scene_row(&scene, name), &value));
}

static void test_a_page_says_whose_it_is_and_what_its_rows_are(void **state)
{
    (void)state;
    scene_open(&scene);
    scene_read(&scene);
    const struct stats_head *head = scene.copy.view.head;

    assert_string_equal(head->program, "1.2.3");
    assert_true(head->pid == getpid() && head->process_ticks > 0);
    assert_true(head->started_us == SCENE_NOW_US - 10000000);
    assert_true(stats_updated_us(head) == SCENE_NOW_US);
    assert_int_equal(head->module_count, MODULE_COUNT);
    assert_string_equal(head->modules[MODULE_MARKET], "market");
    assert_true(scene.copy.view.row_count > 150);
    assert_string_equal(scene_row(&scene, "memory_resident_bytes")->unit, "bytes");
    assert_int_equal(scene_row(&scene, "memory_resident_bytes")->kind, STATS_GAUGE);
    assert_int_equal(scene_row(&scene, "bars_total")->kind, STATS_COUNTER);
    assert_int_equal(scene_row(&scene, "feed_delay_seconds_count")->kind, STATS_COUNTER);
    assert_string_equal(scene_row(&scene, "feed_delay_seconds_count")->unit, "");
    assert_string_equal(scene_row(&scene, "feed_delay_seconds{quantile=\"0.99\"}")->unit,
                        "seconds");
    for (size_t i = 0; i < scene.copy.view.row_count; i++) {
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(scene.copy.view.rows[i].name, scene.copy.view.rows[k].name);
    }
}

static void test_an_update_is_seen_by_who_reads(void **state)
{
    (void)state;
    scene_open(&scene);
    scene.status.bars = UINT64_C(9007199254740993); /* 2^53 + 1: no double */
    scene.status.portfolio.equity = -1;
    scene.status.live.feed_delay_ms = (struct status_quantiles){10, 40, 60, 70, 80};
    scene.status.histories[0].appended = 11;
    stats_page_update(&scene.page, &scene.status);
    scene_read(&scene);
    assert_false(scene.copy.is_torn);
    assert_whole("bars_total", UINT64_C(9007199254740993));
    assert_whole("module_handled_total{module=\"market\"}", 70);
    assert_whole("module_state{module=\"market\",state=\"stale\"}", 1);
    assert_whole("module_state{module=\"market\",state=\"idle\"}", 0);
    assert_whole("history_appended_total{module=\"bus\",history=\"message_log\"}", 11);
    assert_whole("feed_delay_seconds_count", 10);
    assert_real("feed_delay_seconds{quantile=\"0.5\"}", 0.04);
    assert_real("feed_delay_seconds{quantile=\"1\"}", 0.08);
    struct metric_value value;

    assert_true(stats_value(scene_row(&scene, "portfolio_equity"), &value));
    assert_true(value.kind == METRIC_DECIMAL && value.number == -1);
}

static void test_what_is_not_known_is_not_known_to_readers(void **state)
{
    (void)state;
    scene.status.tick_path_allocations = -1;
    scene.status.regret_ratio = (double)NAN;
    scene_open(&scene);
    scene_read(&scene);
    assert_unknown("tick_path_allocations_total");
    assert_unknown("consensus_regret_ratio");
    assert_unknown("memory_allocated_bytes");
    assert_unknown("module_handled_total{module=\"feed\"}"); /* not wired */
    assert_unknown("feed_delay_seconds{quantile=\"0.5\"}");
    assert_whole("feed_delay_seconds_count", 0);
    scene.status.tick_path_allocations = 0; /* known from now on */
    scene.status.module_count = 2;
    scene.status.modules[1] = (struct assessment){.id = MODULE_FEED, .handled = 5};
    stats_page_update(&scene.page, &scene.status);
    scene_read(&scene);
    assert_whole("module_handled_total{module=\"feed\"}", 5);
    assert_whole("module_handled_total{module=\"market\"}", 70); /* at its place as before */
}

static void test_a_status_with_fuller_tables_does_not_overrun_the_page(void **state)
{
    (void)state;
    scene_open(&scene);
    scene.status.history_count = STATUS_HISTORIES_MAX;
    stats_page_update(&scene.page, &scene.status);
    scene_read(&scene);
    assert_whole("bars_total", 0);
}

static void test_the_watching_thread_tells_who_holds_the_loop(void **state)
{
    const int64_t second_ns = 1000000000;
    struct stats_judgement judgement;
    struct process_sight sight = {.is_there = true, .state = 'S'};

    (void)state;
    scene_open(&scene);
    stats_page_see(&scene.page,
                   (struct watch_sight){.module = MODULE_MARKET, .since_ns = second_ns},
                   second_ns * 5 / 2);
    scene_read(&scene);
    stats_judge(scene.copy.view.head, &sight, SCENE_NOW_US, &judgement);
    assert_string_equal(judgement.holder, "market");
    assert_int_equal(judgement.held_us, 1500000);
    stats_page_see(&scene.page, (struct watch_sight){.module = MODULE_COUNT}, second_ns * 3);
    scene_read(&scene);
    stats_judge(scene.copy.view.head, &sight, SCENE_NOW_US, &judgement);
    assert_null(judgement.holder);
}

/* A handler that hangs until the file says so: it reads the file from inside its hang. */
static void test_the_file_names_who_holds_the_loop_while_it_is_held(void **state)
{
    static struct watch watch;
    static struct health_log log = {.sink.descriptor = -1};
    const struct settings_monitor settings = {.watch_ms = 60000, .stale_s = 600};
    const struct timespec pause = {.tv_nsec = 2000000};
    struct process_sight sight = process_look(getpid());
    struct stats_judgement judgement = {.holder = NULL};

    (void)state;
    scene_open(&scene);
    assert_int_equal(watch_start(&watch, &settings, &log), 0);
    watch_observe(&watch, (struct watch_observer){.see = stats_page_see, .state = &scene.page});
    watch_running(&watch, MODULE_SIMULATOR, watch_clock_ns());
    while (judgement.holder == NULL || judgement.held_us < 150000) {
        (void)nanosleep(&pause, NULL);
        scene_read(&scene);
        stats_judge(scene.copy.view.head, &sight, SCENE_NOW_US, &judgement);
    }
    assert_string_equal(judgement.holder, "simulator");
    watch_stop(&watch);
}

static void test_a_clean_stop_is_told_and_the_file_stays(void **state)
{
    (void)state;
    scene_open(&scene);
    stats_page_say(&scene.page, STATS_STOPPED, 75);
    stats_page_close(&scene.page);
    scene_read(&scene);
    assert_int_equal(scene.copy.view.head->state, STATS_STOPPED);
    assert_int_equal(scene.copy.view.head->exit_code, 75);
}

static void test_without_a_page_nothing_happens(void **state)
{
    (void)state;
    stats_page_update(&scene.page, &scene.status);
    stats_page_see(&scene.page, (struct watch_sight){.module = MODULE_MARKET, .since_ns = 1}, 2);
    stats_page_say(&scene.page, STATS_STOPPED, 0);
    stats_page_close(&scene.page);
    assert_int_equal(access(scene.path, F_OK), -1);
}

static void test_the_next_start_keeps_the_page_of_the_run_before(void **state)
{
    char previous[80];

    (void)state;
    scene_open(&scene);
    stats_page_say(&scene.page, STATS_STOPPED, 3);
    stats_page_close(&scene.page);
    scene_open(&scene);
    scene_read(&scene);
    assert_int_equal(scene.copy.view.head->state, STATS_RUNNING);
    (void)snprintf(previous, sizeof previous, "%s.previous", scene.path);
    assert_int_equal(stats_read(previous, &scene.copy, &scene.why), 0);
    assert_int_equal(scene.copy.view.head->state, STATS_STOPPED);
    assert_int_equal(scene.copy.view.head->exit_code, 3);
}

/* Like a killed daemon's: the page says that it runs, and its process is another one. */
static void test_the_page_of_a_killed_process_is_moved_away(void **state)
{
    (void)state;
    scene_open(&scene);
    scene.page.head->process_ticks--;
    stats_page_close(&scene.page);
    scene_open(&scene);
    scene_read(&scene);
    assert_int_equal(scene.copy.view.head->state, STATS_RUNNING);
}

static void test_the_page_of_a_living_process_is_left_alone(void **state)
{
    struct stats_page other;
    struct stats_owner owner = scene_owner();

    (void)state;
    scene_open(&scene);
    assert_int_equal(stats_page_open(&other, scene.path, &owner, &scene.status, &scene.why),
                     ERROR_EXISTS);
    assert_non_null(strstr(scene.why_memory, "belongs to the running process"));
    assert_null(other.head);
}

static void write_file(const char *bytes, size_t length)
{
    int descriptor = open(scene.path, O_WRONLY | O_CREAT, 0600);

    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, bytes, length), length);
    close(descriptor);
}

static void test_a_file_that_is_no_page_is_left_alone(void **state)
{
    struct stats_owner owner = scene_owner();

    (void)state;
    write_file("dear diary", 10);
    assert_int_equal(stats_page_open(&scene.page, scene.path, &owner, &scene.status, &scene.why),
                     ERROR_EXISTS);
    assert_non_null(strstr(scene.why_memory, "is no page of counters; remove it"));
    assert_null(scene.page.head);
}

static void test_a_page_of_another_version_is_moved_away(void **state)
{
    (void)state;
    scene_open(&scene);
    scene.page.head->version = 99;
    stats_page_close(&scene.page);
    scene_open(&scene);
    scene_read(&scene);
}

static void test_a_folder_that_is_not_there_is_an_error(void **state)
{
    struct stats_owner owner = scene_owner();

    (void)state;
    assert_int_equal(
        stats_page_open(&scene.page, "/nowhere/tickd.stats", &owner, &scene.status, &scene.why),
        ERROR_IO);
    assert_non_null(strstr(scene.why_memory, "/nowhere/tickd.stats"));
    assert_null(scene.page.head);
}

static void test_others_may_not_read_it_whatever_the_umask(void **state)
{
    struct stat seen;
    mode_t before = umask(0);

    (void)state;
    scene_open(&scene);
    umask(before);
    assert_int_equal(stat(scene.path, &seen), 0);
    assert_int_equal(seen.st_mode & 0777, 0640);
}

/* One thread updates as fast as it can, all values the same; readers never see two of them mixed
 * without being told. */
enum { UPDATES = 3000 };

static void update_often(void *state)
{
    static struct status status;

    (void)state;
    status = scene.status;
    for (uint64_t i = 1; i <= UPDATES; i++) {
        status.bars = i;
        status.messages_published = i;
        status.histories[0].appended = i;
        stats_page_update(&scene.page, &status);
    }
}

static void test_values_that_are_read_belong_together(void **state)
{
    uv_thread_t writer;
    uint64_t bars = 0;

    (void)state;
    scene.status.histories[0].appended = 0;
    scene_open(&scene);
    assert_int_equal(uv_thread_create(&writer, update_often, NULL), 0);
    while (bars < UPDATES) {
        struct metric_value value;

        scene_read(&scene);
        assert_true(stats_value(scene_row(&scene, "bars_total"), &value));
        bars = value.whole;
        if (scene.copy.is_torn)
            continue;
        assert_whole("messages_total", bars);
        assert_whole("history_appended_total{module=\"bus\",history=\"message_log\"}", bars);
    }
    uv_thread_join(&writer);
}

static void test_a_process_that_died_within_an_update_leaves_a_torn_page(void **state)
{
    (void)state;
    scene_open(&scene);
    atomic_fetch_add(&scene.page.head->sequence, 1);
    scene_read(&scene);
    assert_true(scene.copy.is_torn);
    assert_whole("module_handled_total{module=\"market\"}", 70);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        SCENE_TEST(test_a_page_says_whose_it_is_and_what_its_rows_are),
        SCENE_TEST(test_an_update_is_seen_by_who_reads),
        SCENE_TEST(test_what_is_not_known_is_not_known_to_readers),
        SCENE_TEST(test_a_status_with_fuller_tables_does_not_overrun_the_page),
        SCENE_TEST(test_the_watching_thread_tells_who_holds_the_loop),
        SCENE_TEST(test_the_file_names_who_holds_the_loop_while_it_is_held),
        SCENE_TEST(test_a_clean_stop_is_told_and_the_file_stays),
        SCENE_TEST(test_without_a_page_nothing_happens),
        SCENE_TEST(test_the_next_start_keeps_the_page_of_the_run_before),
        SCENE_TEST(test_the_page_of_a_killed_process_is_moved_away),
        SCENE_TEST(test_the_page_of_a_living_process_is_left_alone),
        SCENE_TEST(test_a_file_that_is_no_page_is_left_alone),
        SCENE_TEST(test_a_page_of_another_version_is_moved_away),
        SCENE_TEST(test_a_folder_that_is_not_there_is_an_error),
        SCENE_TEST(test_others_may_not_read_it_whatever_the_umask),
        SCENE_TEST(test_values_that_are_read_belong_together),
        SCENE_TEST(test_a_process_that_died_within_an_update_leaves_a_torn_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
