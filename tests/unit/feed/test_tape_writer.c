/* Tests of src/feed/tape_writer.c and tape_file.c: what is recorded, when it is durable, files. */
#include "support/tape_scene.h"

static struct tape_scene scene;
static struct scene_replay replay;

static void replay_all_and_compare(uint64_t inputs)
{
    replay_init(&replay, &scene);
    replay_from(&replay, &scene, 0);
    assert_int_equal(replay.code, 0);
    assert_string_equal(replay.result.damage, "");
    assert_int_equal(replay.result.inputs, inputs);
    assert_int_equal(replay.result.next_ordinal, inputs);
    assert_int_equal(replay.result.digest_mismatches, 0);
    assert_true(same_engines(replay.fixture.engine, scene.fixture.engine));
    replay_fini(&replay);
}

static void test_what_was_recorded_gives_the_same_engine_again(void **state)
{
    (void)state;
    scene_init(&scene);
    scene_start(&scene);
    engine_pass_time(scene.fixture.engine, scene.now_us);
    scene_feed(&scene, SYMBOL_NONE, FEED_STREAMING, "first trade");
    for (int second = 0; second < 30; second++) {
        scene_frames(&scene, 40);
        scene_second(&scene);
        if (second == 10)
            engine_command(scene.fixture.engine,
                           &(struct command_message){.verb = COMMAND_HALT, .argument = "test"});
        if (second == 20)
            scene_feed(&scene, 0, FEED_STREAMING, "silent");
        scene_settle(&scene);
    }
    uint64_t inputs = tape_writer_next_input(scene.writer);

    assert_int_equal(inputs, 1 + 1 + 30 * 41 + 2);
    assert_true(scene_stop_writer(&scene));
    assert_int_equal(scene.told.inputs, inputs);
    assert_int_equal(scene.told.sequence, bus_published(engine_bus(scene.fixture.engine)));
    replay_all_and_compare(inputs);
    assert_int_equal(replay.result.digests_checked, 30);
    assert_string_equal(scene.log.data, "");
    scene_fini(&scene);
}

static void test_nothing_is_durable_before_it_is_on_the_disk(void **state)
{
    (void)state;
    scene_init(&scene);
    scene_start(&scene);
    uint64_t before = tape_durable(scene.writer).sequence;

    scene_frames(&scene, 10);
    assert_int_equal(tape_durable(scene.writer).inputs, 0);
    assert_int_equal(tape_durable(scene.writer).sequence, before);
    assert_int_equal(scene.told_times, 0);
    assert_int_equal(scene_file_count(&scene), 0);
    scene_settle(&scene);
    assert_int_equal(tape_durable(scene.writer).inputs, 10);
    assert_int_equal(tape_durable(scene.writer).sequence,
                     bus_published(engine_bus(scene.fixture.engine)));
    assert_int_equal(scene_status(&scene).tape_durable_lag_ms, 0);
    assert_true(scene_stop_writer(&scene));
    scene_fini(&scene);
}

static void test_what_comes_while_it_stops_is_recorded_too(void **state)
{
    (void)state;
    scene_init(&scene);
    scene_start(&scene);
    scene_frames(&scene, 10);
    tape_writer_stop(scene.writer);
    scene_frames(&scene, 10);
    uv_run(&scene.loop, UV_RUN_DEFAULT);
    scene_frames(&scene, 10); /* nothing turns the loop any more */
    assert_true(tape_writer_close(scene.writer));
    assert_int_equal(uv_loop_close(&scene.loop), 0);
    replay_all_and_compare(30);
    scene_fini(&scene);
}

static void test_half_a_buffer_is_written_before_the_time_has_come(void **state)
{
    (void)state;
    scene_init(&scene);
    fixture_set(&scene.fixture, "tape.flush_ms", "60000");
    scene_start(&scene);
    while (tape_writer_fill(scene.writer) < 300)
        scene_frame(&scene);
    while (tape_durable(scene.writer).inputs == 0)
        uv_run(&scene.loop, UV_RUN_ONCE);
    assert_true(scene_stop_writer(&scene));
    replay_all_and_compare(scene.frames);
    scene_fini(&scene);
}

/* Without a turn of the loop nothing is written: both buffers fill, then inputs are lost. */
static void test_inputs_without_room_are_counted_and_their_gap_is_told(void **state)
{
    (void)state;
    scene_init(&scene);
    scene_start(&scene);
    while (scene_status(&scene).tape_inputs_lost < 25)
        scene_frame(&scene);
    uint64_t lost_from = scene.frames - 25;
    uint64_t before = tape_durable(scene.writer).sequence;

    assert_true(tape_writer_is_failing(scene.writer));
    assert_int_equal(tape_writer_fill(scene.writer), 1000);
    assert_non_null(strstr(scene.log.data, "the buffers are full"));
    scene_settle(&scene);
    assert_true(tape_durable(scene.writer).sequence > before);
    assert_false(tape_writer_is_failing(scene.writer));
    assert_non_null(strstr(scene.log.data, "records again; 25 inputs"));
    scene_frames(&scene, 5);
    scene_second(&scene);
    assert_true(scene_stop_writer(&scene));
    assert_int_equal(scene_status(&scene).tape_gaps, 1);

    replay_init(&replay, &scene);
    replay_from(&replay, &scene, 0);
    assert_int_equal(replay.code, 0);
    assert_string_equal(replay.result.damage, "");
    assert_int_equal(replay.result.gaps, 1);
    assert_int_equal(replay.result.inputs_lost, 25);
    assert_int_equal(replay.result.inputs, lost_from + 6);
    assert_int_equal(replay.result.next_ordinal, lost_from + 25 + 6);
    assert_int_equal(replay.result.digests_checked, 0);
    replay_fini(&replay);
    scene_fini(&scene);
}

/* What lost inputs led to is no more durable than they are. */
static void test_what_came_of_lost_inputs_is_not_durable_before_their_gap(void **state)
{
    (void)state;
    scene_init(&scene);
    scene_start(&scene);
    while (scene_status(&scene).tape_inputs_lost < 1)
        scene_frame(&scene);
    uint64_t at_gap = bus_published(engine_bus(scene.fixture.engine));

    scene_frames(&scene, 20);
    while (tape_durable(scene.writer).inputs < scene.frames - 21)
        uv_run(&scene.loop, UV_RUN_ONCE);
    assert_true(tape_durable(scene.writer).sequence < at_gap);
    scene_settle(&scene);
    assert_int_equal(tape_durable(scene.writer).sequence,
                     bus_published(engine_bus(scene.fixture.engine)));
    assert_true(scene_stop_writer(&scene));
    scene_fini(&scene);
}

/* Writes until so many files have been begun. */
static void fill_files(uint64_t count)
{
    while (scene_status(&scene).tape_file < count) {
        for (int i = 0; i < 40; i++)
            scene_noise(&scene);
        scene_settle(&scene);
    }
}

static void test_a_file_ends_when_it_is_full_and_on_demand(void **state)
{
    (void)state;
    scene_init(&scene);
    fixture_set(&scene.fixture, "tape.file_bytes", "65536");
    scene_start(&scene);
    scene_frames(&scene, 10);
    scene_settle(&scene);
    assert_int_equal(scene_status(&scene).tape_file, 1);
    tape_writer_rotate(scene.writer);
    scene_frames(&scene, 10);
    scene_settle(&scene);
    assert_int_equal(scene_status(&scene).tape_file, 2);
    assert_int_equal(scene_status(&scene).tape_files, 2);
    scene_frames(&scene, 10);
    scene_settle(&scene);
    assert_int_equal(scene_status(&scene).tape_file, 2);
    fill_files(4);
    assert_true(scene_stop_writer(&scene));
    for (uint64_t number = 1; number <= 4; number++) {
        char path[TAPE_PATH_MAX];

        scene_path(&scene, number, path);
        assert_true(scene_size(path) > 0 && scene_size(path) <= 65536);
    }
    replay_all_and_compare(scene.frames);
    scene_fini(&scene);
}

static void test_a_run_goes_on_in_a_new_file(void **state)
{
    (void)state;
    scene_init(&scene);
    scene_start(&scene);
    scene_frames(&scene, 10);
    assert_true(scene_stop_writer(&scene));
    scene_start_writer(&scene);
    scene_frames(&scene, 10);
    scene_second(&scene);
    assert_true(scene_stop_writer(&scene));
    assert_int_equal(scene_file_count(&scene), 2);
    replay_all_and_compare(21);
    assert_int_equal(replay.result.digests_checked, 1);
    assert_int_equal(replay.next_file, 3);
    scene_fini(&scene);
}

static void test_the_oldest_files_go_when_all_are_too_large(void **state)
{
    (void)state;
    scene_init(&scene);
    fixture_set(&scene.fixture, "tape.file_bytes", "262144");
    fixture_set(&scene.fixture, "tape.max_bytes", "1048576");
    scene_start(&scene);
    fill_files(7);
    struct status_live live = scene_status(&scene);

    assert_true(live.tape_bytes <= 1048576);
    assert_int_equal(live.tape_files, scene_file_count(&scene));
    assert_int_equal(live.tape_files, 4);
    assert_false(live.tape_over_cap);
    assert_true(scene_stop_writer(&scene));

    replay_init(&replay, &scene);
    replay_from(&replay, &scene, 0);
    assert_int_equal(replay.code, ERROR_NOT_FOUND);
    assert_non_null(strstr(replay.error, "begins after input 0"));
    replay_fini(&replay);
    scene_fini(&scene);
}

/* A folder with the state that a run began with; its path. */
static const char *start_path(const char *name, const char *file)
{
    static char path[160];
    (void)snprintf(path, sizeof path, "%s/%s%s", scene.tape, name, file);
    return path;
}

static void make_start(const char *name)
{
    assert_int_equal(mkdir(start_path(name, ""), 0750), 0);
    FILE *file = fopen(start_path(name, "/checkpoint"), "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
}

static void test_what_runs_began_with_goes_with_their_tapes(void **state)
{
    char own[32];
    (void)state;
    scene_init(&scene);
    fixture_set(&scene.fixture, "tape.file_bytes", "262144");
    fixture_set(&scene.fixture, "tape.max_bytes", "1048576");
    scene_start(&scene);
    fill_files(1);
    (void)snprintf(own, sizeof own, "start-%016llx", (unsigned long long)scene.run);
    make_start(own);
    make_start("start-0000000000000001");
    make_start("start-of-something");
    fill_files(2);
    assert_int_equal(access(start_path("start-0000000000000001", ""), F_OK), -1);
    assert_int_equal(access(start_path(own, "/checkpoint"), F_OK), 0);
    assert_int_equal(access(start_path("start-of-something", "/checkpoint"), F_OK), 0);
    assert_true(scene_stop_writer(&scene));
    scene_fini(&scene);
}

static void test_files_that_are_needed_stay_however_many_they_are(void **state)
{
    (void)state;
    scene_init(&scene);
    fixture_set(&scene.fixture, "tape.file_bytes", "262144");
    fixture_set(&scene.fixture, "tape.max_bytes", "1048576");
    scene_start(&scene);
    fill_files(2);
    tape_keep_from(scene.writer, tape_writer_next_input(scene.writer));
    fill_files(9);
    assert_true(scene_status(&scene).tape_over_cap);
    assert_true(scene_status(&scene).tape_bytes > 1048576);
    assert_non_null(strstr(scene.log.data, "larger than tape.max_bytes"));
    assert_int_equal(scene_file_count(&scene), 8); /* the first one was not needed */

    tape_keep_from(scene.writer, tape_writer_next_input(scene.writer));
    scene_frame(&scene);
    scene_settle(&scene);
    assert_false(scene_status(&scene).tape_over_cap);
    assert_int_equal(scene_file_count(&scene), 4);
    assert_true(scene_stop_writer(&scene));
    scene_fini(&scene);
}

static void test_a_file_begins_with_its_head(void **state)
{
    char path[TAPE_PATH_MAX];
    char memory[TAPE_REPLAY_TEXT_MAX];
    bool adopted[SETTINGS_COUNT] = {false};
    static struct settings settings;
    struct tape_head head;
    struct text error;

    (void)state;
    scene_init(&scene);
    fixture_set(&scene.fixture, "alerts.webhook", "https://example.org/secret");
    fixture_set(&scene.fixture, "alerts.command", "tell --password secret");
    fixture_set(&scene.fixture, "portfolio.fee_bps", "2.5");
    fixture_set(&scene.fixture, "consensus.model", "majority");
    scene_start(&scene);
    scene_frame(&scene);
    assert_true(scene_stop_writer(&scene));
    scene_path(&scene, 1, path);
    text_init(&error, memory, sizeof memory);
    assert_int_equal(tape_reader_read_head(path, &head, &error), 0);
    assert_true(head.run == SCENE_RUN && head.file == 1 && head.first_input == 0);
    assert_true(head.config_digest == settings_digest(&scene.fixture.settings));
    assert_string_equal(head.version, TICKD_VERSION);
    assert_null(strstr(head.config, "secret"));
    assert_non_null(strstr(head.config, "\"feed.symbols\":[\"A\", \"B\"]"));

    char *config = head.config;

    settings_init(&settings);
    assert_int_equal(tape_head_adopt(&head, &settings, adopted), 0);
    free(config);
    assert_true(settings_digest(&settings) == settings_digest(&scene.fixture.settings));
    assert_int_equal(settings.feed.frame_bytes_max, 1024);
    for (size_t i = 0; i < SETTINGS_COUNT; i++)
        assert_int_equal(adopted[i], strncmp(settings_key(i)->key, "alerts.command", 14) != 0 &&
                                         strcmp(settings_key(i)->key, "alerts.webhook") != 0);
    scene_fini(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_recorded_gives_the_same_engine_again),
        cmocka_unit_test(test_nothing_is_durable_before_it_is_on_the_disk),
        cmocka_unit_test(test_what_comes_while_it_stops_is_recorded_too),
        cmocka_unit_test(test_half_a_buffer_is_written_before_the_time_has_come),
        cmocka_unit_test(test_inputs_without_room_are_counted_and_their_gap_is_told),
        cmocka_unit_test(test_what_came_of_lost_inputs_is_not_durable_before_their_gap),
        cmocka_unit_test(test_a_file_ends_when_it_is_full_and_on_demand),
        cmocka_unit_test(test_a_run_goes_on_in_a_new_file),
        cmocka_unit_test(test_the_oldest_files_go_when_all_are_too_large),
        cmocka_unit_test(test_files_that_are_needed_stay_however_many_they_are),
        cmocka_unit_test(test_what_runs_began_with_goes_with_their_tapes),
        cmocka_unit_test(test_a_file_begins_with_its_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
