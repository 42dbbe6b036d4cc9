/* The archive on an event loop: flushes, the write-ahead rule, failures that heal, the end. */
#include "tickd/store/store.h"

#include "support/store_rig.h"

struct scene {
    struct store_rig rig; /* its folder, path, symbols and messages; its queue is not used */
    struct settings settings;
    struct arena arena;
    struct store *store;
    struct store_setup setup;
    uv_loop_t loop;
    uint64_t durable;
    bool done;
    size_t failing;
    size_t works_again;
    size_t full;
    size_t incomplete;
    char said[512]; /* the newest text */
};

static int64_t wall_us_now;

static int64_t wall_us(void)
{
    return wall_us_now;
}

static uint64_t durable_sequence(void *state)
{
    const struct scene *scene = state;
    return scene->durable;
}

static void log_text(void *state, enum log_level level, const char *event, const char *text)
{
    struct scene *scene = state;
    (void)level;
    scene->failing += strcmp(event, "store_failing") == 0;
    scene->works_again += strcmp(event, "store_works_again") == 0;
    scene->full += strcmp(event, "store_full") == 0;
    scene->incomplete += strcmp(event, "store_incomplete") == 0;
    text_copy(scene->said, sizeof scene->said, text);
}

static void scene_init(struct scene *scene)
{
    memset(scene, 0, sizeof *scene);
    rig_init(&scene->rig);
    settings_init(&scene->settings);
    scene->settings.store.flush_ms = 50;
    scene->settings.store.queue_rows = 256;
    wall_us_now = STORE_RIG_START_US;
    scene->durable = UINT64_MAX;
    assert_int_equal(uv_loop_init(&scene->loop), 0);
    scene->setup = (struct store_setup){.loop = &scene->loop,
                                        .path = scene->rig.path,
                                        .initial_cash = 100000 * DECIMAL_ONE,
                                        .version = "0.0.0",
                                        .symbols = &scene->rig.symbols,
                                        .durable_sequence = durable_sequence,
                                        .wall_us = wall_us,
                                        .log = log_text,
                                        .state = scene};
}

static void build(struct scene *scene)
{
    struct arena measuring;
    arena_init_measuring(&measuring);
    assert_null(store_create(&measuring, &scene->settings.store));
    assert_int_equal(arena_init(&scene->arena, measuring.used), 0);
    scene->store = store_create(&scene->arena, &scene->settings.store);
    scene->rig.instead = store_tap(scene->store);
    assert_non_null(scene->store);
    assert_int_equal(scene->arena.used, measuring.used);
    arena_seal(&scene->arena);
}

static int try_to_start(struct scene *scene, const char *says)
{
    char memory[512];
    struct text why;
    text_init(&why, memory, sizeof memory);
    int error = store_start(scene->store, &scene->setup, &why);
    if (strstr(memory, says) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", memory, says);
    }
    return error;
}

static void scene_start(struct scene *scene)
{
    build(scene);
    assert_int_equal(try_to_start(scene, ""), 0);
}

static void is_done(void *state)
{
    struct scene *scene = state;
    scene->done = true;
}

static void scene_stop(struct scene *scene)
{
    store_stop(scene->store, is_done, scene);
    assert_int_equal(uv_run(&scene->loop, UV_RUN_DEFAULT), 0);
    assert_true(scene->done);
}

static void scene_fini(struct scene *scene)
{
    assert_int_equal(uv_loop_close(&scene->loop), 0);
    arena_fini(&scene->arena);
    rig_fini(&scene->rig);
}

static struct vitals_message vitals_of(const struct scene *scene)
{
    struct vitals_message vitals = {0};
    store_fill_vitals(scene->store, &vitals);
    return vitals;
}

static struct status_live status_of(const struct scene *scene)
{
    struct status_live status;
    memset(&status, 0, sizeof status);
    store_fill_status(scene->store, &status);
    return status;
}

static bool has_failed(const struct scene *scene)
{
    return (vitals_of(scene).failed >> MODULE_STORE & 1U) != 0;
}

static void turn(struct scene *scene)
{
    uv_run(&scene->loop, UV_RUN_ONCE);
}

static void run_until_written(struct scene *scene, uint64_t rows)
{
    while (status_of(scene).store_written < rows) {
        turn(scene);
    }
}

static void test_what_is_queued_is_written_with_the_next_flush(void **state)
{
    (void)state;
    static struct scene scene;
    scene_init(&scene);
    scene_start(&scene);
    rig_say_fill(&scene.rig, 1);
    rig_say_fill(&scene.rig, 2);
    assert_int_equal(status_of(&scene).store_waiting, 4);
    assert_int_equal(vitals_of(&scene).store_owed_since_us, STORE_RIG_START_US);
    run_until_written(&scene, 4);
    struct status_live status = status_of(&scene);
    assert_int_equal(status.store_waiting, 0);
    assert_int_equal(status.store_rows, 4);
    assert_int_equal(status.store_committed_sequence, 6);
    assert_int_equal(store_committed_sequence(scene.store), 6);
    assert_true(status.store_bytes > 0);
    assert_false(status.store_failing);
    struct vitals_message vitals = vitals_of(&scene);
    assert_int_equal(vitals.store_owed_since_us, 0);
    assert_int_equal(vitals.store_handled, 4);
    assert_int_equal(vitals.wired, 1U << MODULE_STORE);
    assert_int_equal(rig_ask_number(&scene.rig, "SELECT count(*) FROM fills"), 2);
    scene_stop(&scene);
    scene_fini(&scene);
}

static void test_the_archive_never_knows_more_than_the_tape(void **state)
{
    (void)state;
    static struct scene scene;
    scene_init(&scene);
    scene.durable = 0;
    scene_start(&scene);
    rig_say_fill(&scene.rig, 1);                                /* 1, 2, 3 */
    rig_say_fill(&scene.rig, 2);                                /* 4, 5, 6 */
    assert_int_equal(vitals_of(&scene).store_owed_since_us, 0); /* nothing can be asked of it */
    assert_true(vitals_of(&scene).store_fill > 0);
    for (int i = 0; i < 5; i++) {
        turn(&scene);
    }
    assert_int_equal(status_of(&scene).store_written, 0);
    scene.durable = 5;
    run_until_written(&scene, 2);
    assert_int_equal(status_of(&scene).store_written, 2);
    assert_int_equal(rig_ask_number(&scene.rig, "SELECT max(sequence) FROM equity"), 3);
    scene.durable = 6;
    run_until_written(&scene, 4);
    assert_int_equal(rig_ask_number(&scene.rig, "SELECT max(sequence) FROM equity"), 6);
    scene_stop(&scene);
    scene_fini(&scene);
}

static void becomes_durable(uv_timer_t *timer)
{
    struct scene *scene = timer->data;
    scene->durable = UINT64_MAX;
    uv_close((uv_handle_t *)timer, NULL);
}

static void test_a_clean_stop_waits_for_the_tape_and_writes_everything(void **state)
{
    (void)state;
    static struct scene scene;
    uv_timer_t timer;
    char wal[STORE_RIG_PATH_MAX + 8];
    scene_init(&scene);
    scene.durable = 0;
    scene_start(&scene);
    rig_say_fill(&scene.rig, 1);
    uv_timer_init(&scene.loop, &timer);
    timer.data = &scene;
    uv_timer_start(&timer, becomes_durable, 30, 0);
    scene_stop(&scene);
    assert_int_equal(scene.incomplete, 0);
    assert_int_equal(rig_ask_number(&scene.rig, "SELECT count(*) FROM equity"), 1);
    assert_string_equal(rig_ask(&scene.rig, "SELECT ended FROM runs"), "2026-11-23T15:00:00Z");
    (void)snprintf(wal, sizeof wal, "%s-wal", scene.rig.path);
    assert_int_not_equal(access(wal, F_OK), 0);
    scene_fini(&scene);
}

static void test_a_stop_ends_although_the_tape_never_comes_and_says_what_is_missing(void **state)
{
    (void)state;
    static struct scene scene;
    scene_init(&scene);
    scene.durable = 3;
    scene_start(&scene);
    rig_say_fill(&scene.rig, 1);
    rig_say_fill(&scene.rig, 2);
    scene_stop(&scene);
    assert_int_equal(scene.incomplete, 1);
    assert_non_null(strstr(scene.said, "2 rows"));
    assert_int_equal(rig_ask_number(&scene.rig, "SELECT count(*) FROM fills"), 1);
    scene_fini(&scene);
}

static sqlite3 *begin_elsewhere(const struct scene *scene, const char *sql)
{
    sqlite3 *other;
    assert_int_equal(sqlite3_open(scene->rig.path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, sql, NULL, NULL, NULL), SQLITE_OK);
    return other;
}

static void test_while_it_cannot_write_it_counts_as_failed_and_heals_without_loss(void **state)
{
    (void)state;
    static struct scene scene;
    scene_init(&scene);
    scene_start(&scene);
    rig_say_fill(&scene.rig, 1);
    run_until_written(&scene, 2);
    sqlite3 *other = begin_elsewhere(&scene, "BEGIN IMMEDIATE");
    rig_say_fill(&scene.rig, 2);
    while (!has_failed(&scene)) {
        turn(&scene);
    }
    assert_non_null(strstr(status_of(&scene).store_error, "another program is writing"));
    assert_true(status_of(&scene).store_failing);
    assert_int_equal(vitals_of(&scene).store_owed_since_us, STORE_RIG_START_US);
    rig_say_fill(&scene.rig, 3);
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    run_until_written(&scene, 6);
    assert_false(has_failed(&scene));
    assert_int_equal(scene.failing, 1);
    assert_int_equal(scene.works_again, 1);
    assert_string_equal(status_of(&scene).store_error, "");
    assert_int_equal(rig_ask_number(&scene.rig, "SELECT count(*) FROM fills"), 3);
    scene_stop(&scene);
    scene_fini(&scene);
}

static void test_an_archive_that_cannot_be_opened_at_the_start_is_opened_later(void **state)
{
    (void)state;
    static struct scene scene;
    scene_init(&scene);
    sqlite3 *other = begin_elsewhere(&scene, "BEGIN EXCLUSIVE");
    scene_start(&scene);
    assert_true(has_failed(&scene));
    assert_int_equal(scene.failing, 1);
    rig_say_fill(&scene.rig, 1);
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    run_until_written(&scene, 2);
    assert_false(has_failed(&scene));
    scene_stop(&scene);
    scene_fini(&scene);
}

static void test_a_full_queue_is_a_failure_and_what_it_cost_is_told(void **state)
{
    (void)state;
    static struct scene scene;
    scene_init(&scene);
    scene.durable = 0;
    scene_start(&scene);
    for (int64_t i = 1; i <= 130; i++) { /* 260 rows for 256 places */
        rig_say_fill(&scene.rig, i);
    }
    assert_true(has_failed(&scene));
    assert_int_equal(vitals_of(&scene).store_fill, 1000);
    assert_int_equal(status_of(&scene).store_dropped, 4);
    assert_int_equal(status_of(&scene).store_dropped_essential, 4);
    while (scene.full == 0) {
        turn(&scene);
    }
    scene.durable = UINT64_MAX;
    run_until_written(&scene, 256);
    assert_false(has_failed(&scene));
    assert_int_equal(scene.full, 1);
    assert_int_equal(rig_ask_number(&scene.rig, "SELECT refused FROM runs"), 4);
    scene_stop(&scene);
    scene_fini(&scene);
}

static void test_a_run_is_newer_than_all_before_whatever_the_clock_says(void **state)
{
    (void)state;
    static struct scene scene;
    scene_init(&scene);
    scene_start(&scene);
    int64_t first = store_run(scene.store);
    assert_int_equal(first, STORE_RIG_START_US);
    scene_stop(&scene);
    arena_fini(&scene.arena);
    wall_us_now -= INT64_C(3600) * US_PER_S;
    scene_start(&scene);
    assert_int_equal(store_run(scene.store), first + 1);
    scene_stop(&scene);
    scene_fini(&scene);
}

static void test_a_run_can_be_continued(void **state)
{
    (void)state;
    static struct scene scene;
    scene_init(&scene);
    scene.setup.run = 4711;
    scene_start(&scene);
    rig_say_fill(&scene.rig, 1);
    scene_stop(&scene);
    arena_fini(&scene.arena);
    scene_start(&scene);
    rig_say_fill(&scene.rig, 2);
    run_until_written(&scene, 2);
    assert_string_equal(rig_ask(&scene.rig, "SELECT ended IS NULL FROM runs"), "1");
    scene_stop(&scene);
    assert_int_equal(rig_ask_number(&scene.rig, "SELECT count(*) FROM runs"), 1);
    assert_int_equal(rig_ask_number(&scene.rig, "SELECT count(*) FROM fills WHERE run = 4711"), 2);
    scene_fini(&scene);
}

static void test_what_only_an_operator_can_mend_is_refused_at_the_start(void **state)
{
    (void)state;
    static struct scene scene;
    scene_init(&scene);
    build(&scene);
    scene.setup.path = "/no/such/folder/tickd.db";
    assert_int_equal(try_to_start(&scene, "there is no folder /no/such/folder"), ERROR_NOT_FOUND);
    scene.setup.path = scene.rig.folder;
    assert_int_equal(try_to_start(&scene, "is no regular file"), ERROR_NOT_FOUND);
    scene.setup.path = scene.rig.path;
    rig_change(&scene.rig, "CREATE TABLE recipes (name TEXT)");
    assert_int_equal(try_to_start(&scene, "another program's database"), ERROR_STATE);
    scene_fini(&scene);
}

static void test_off_is_no_archive_and_takes_no_memory(void **state)
{
    (void)state;
    struct arena measuring;
    struct settings_store settings = {.path = "off", .queue_rows = 4096};
    struct vitals_message vitals = {0};
    struct status_live status = {0};
    arena_init_measuring(&measuring);
    assert_null(store_create(&measuring, &settings));
    assert_int_equal(measuring.used, 0);
    store_fill_vitals(NULL, &vitals);
    store_fill_status(NULL, &status);
    assert_int_equal(vitals.wired, 0);
    assert_false(status.store_enabled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_queued_is_written_with_the_next_flush),
        cmocka_unit_test(test_the_archive_never_knows_more_than_the_tape),
        cmocka_unit_test(test_a_clean_stop_waits_for_the_tape_and_writes_everything),
        cmocka_unit_test(test_a_stop_ends_although_the_tape_never_comes_and_says_what_is_missing),
        cmocka_unit_test(test_while_it_cannot_write_it_counts_as_failed_and_heals_without_loss),
        cmocka_unit_test(test_an_archive_that_cannot_be_opened_at_the_start_is_opened_later),
        cmocka_unit_test(test_a_full_queue_is_a_failure_and_what_it_cost_is_told),
        cmocka_unit_test(test_a_run_is_newer_than_all_before_whatever_the_clock_says),
        cmocka_unit_test(test_a_run_can_be_continued),
        cmocka_unit_test(test_what_only_an_operator_can_mend_is_refused_at_the_start),
        cmocka_unit_test(test_off_is_no_archive_and_takes_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
