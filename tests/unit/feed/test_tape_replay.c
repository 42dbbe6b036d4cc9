/* Tests of src/feed/tape_replay.c and tape_recover.c: an engine that goes on from the tape. */
#include "support/tape_scene.h"

static struct tape_scene scene;
static struct scene_replay replay;

/* So many seconds of ten frames each, each flushed as a block of its own. */
static void live_for(int seconds)
{
    for (int second = 0; second < seconds; second++) {
        scene_frames(&scene, 10);
        scene_second(&scene);
        scene_settle(&scene);
    }
}

static void start(void)
{
    scene_init(&scene);
    scene_start(&scene);
}

static void last_path(char path[TAPE_PATH_MAX])
{
    struct tape_files files;

    assert_int_equal(tape_files_list(scene.tape, &files), 0);
    scene_path(&scene, files.numbers[files.count - 1], path);
    tape_files_fini(&files);
}

static bool stop_before_55(void *state, uint64_t ordinal, int64_t at_us)
{
    (void)state;
    (void)at_us;
    return ordinal < 54;
}

static void test_an_engine_at_any_input_goes_on_from_there(void **state)
{
    struct tape_replay_options options = {
        .from_us = INT64_MIN, .until_us = INT64_MAX, .applied = stop_before_55};
    char memory[TAPE_REPLAY_TEXT_MAX];
    struct text error;

    (void)state;
    start();
    live_for(10);
    assert_true(scene_stop_writer(&scene));
    replay_init(&replay, &scene);
    text_init(&error, memory, sizeof memory);
    assert_int_equal(tape_replay_into(replay.fixture.engine, replay.ingest, scene.tape, scene.run,
                                      &options, &replay.result, &replay.next_file, &error),
                     0);
    assert_int_equal(replay.result.inputs, 55);
    assert_int_equal(replay.result.next_ordinal, 55);
    replay_from(&replay, &scene, 55); /* as after a checkpoint */
    assert_int_equal(replay.code, 0);
    assert_int_equal(replay.result.inputs, 55);
    assert_int_equal(replay.result.next_ordinal, 110);
    assert_true(replay.result.digests_checked >= 5);
    assert_int_equal(replay.result.digest_mismatches, 0);
    assert_true(same_engines(replay.fixture.engine, scene.fixture.engine));
    replay_fini(&replay);
    scene_fini(&scene);
}

static void test_an_engine_that_is_not_the_same_is_found_out(void **state)
{
    (void)state;
    start();
    live_for(5);
    assert_true(scene_stop_writer(&scene));
    replay_init(&replay, &scene);
    engine_command(replay.fixture.engine, &(struct command_message){.verb = COMMAND_HALT});
    replay_from(&replay, &scene, 0);
    assert_int_equal(replay.code, 0);
    assert_int_equal(replay.result.digests_checked, 5);
    assert_int_equal(replay.result.digest_mismatches, 5);
    assert_int_equal(replay.result.mismatch.ordinal, 11);
    assert_true(replay.result.mismatch.at_us > FIXTURE_START_US);
    assert_int_not_equal(replay.result.mismatch.found, replay.result.mismatch.taped);
    assert_true(replay.result.mismatch.found_sequence > replay.result.mismatch.sequence);
    replay_fini(&replay);
    scene_fini(&scene);
}

/* A crash, a recovery, and on it goes: the whole tape then is one run without a seam. */
static void test_the_tape_goes_on_behind_a_torn_end(void **state)
{
    struct engine *crashed;
    char path[TAPE_PATH_MAX];

    (void)state;
    start();
    live_for(5);
    assert_true(scene_stop_writer(&scene));
    last_path(path);
    assert_int_equal(truncate(path, scene_size(path) - 7), 0);

    replay_init(&replay, &scene);
    replay_from(&replay, &scene, 0);
    assert_int_equal(replay.code, 0);
    assert_int_equal(replay.result.torn, 1);
    assert_int_equal(replay.result.damaged, 0);
    assert_int_equal(replay.result.next_ordinal, 44);
    assert_int_equal(replay.next_file, 2);
    assert_int_equal(replay.result.digests_checked, 4);
    assert_non_null(strstr(replay.result.damage, "torn"));

    /* The recovered engine takes the crashed one's place. */
    crashed = scene.fixture.engine;
    scene.fixture.engine = replay.fixture.engine;
    arena_fini(&scene.arena);
    struct arena measuring;

    arena_init_measuring(&measuring);
    tape_writer_create(&measuring, &scene.fixture.settings);
    ingest_create(&measuring, &scene.fixture.settings, NULL, NULL);
    assert_int_equal(arena_init(&scene.arena, measuring.used), 0);
    scene.writer = tape_writer_create(&scene.arena, &scene.fixture.settings);
    scene.ingest =
        ingest_create(&scene.arena, &scene.fixture.settings, replay.fixture.engine, NULL);
    scene.next_input = replay.result.next_ordinal;
    scene_start_writer(&scene);
    live_for(5);
    assert_true(scene_stop_writer(&scene));
    assert_int_equal(scene.next_input, 44 + 55);

    struct scene_replay whole;

    replay_init(&whole, &scene);
    replay_from(&whole, &scene, 0);
    assert_int_equal(whole.result.torn, 1);
    assert_int_equal(whole.result.damaged, 0);
    assert_int_equal(whole.result.inputs, 99);
    assert_int_equal(whole.result.digests_checked, 9);
    assert_int_equal(whole.result.digest_mismatches, 0);
    assert_true(same_engines(whole.fixture.engine, scene.fixture.engine));
    replay_fini(&whole);
    scene.fixture.engine = crashed;
    replay_fini(&replay);
    scene_fini(&scene);
}

/* Its inputs have numbers, and were perhaps shown to somebody: they are not given out again. */
static void test_a_last_block_that_is_broken_keeps_its_numbers(void **state)
{
    char path[TAPE_PATH_MAX];

    (void)state;
    start();
    live_for(5);
    assert_true(scene_stop_writer(&scene));
    last_path(path);
    scene_flip(path, scene_size(path) - 7);
    replay_init(&replay, &scene);
    replay_from(&replay, &scene, 0);
    assert_int_equal(replay.code, 0);
    assert_int_equal(replay.result.damaged, 1);
    assert_int_equal(replay.result.inputs, 44);
    assert_int_equal(replay.result.inputs_lost, 11);
    assert_int_equal(replay.result.next_ordinal, 55);
    replay_fini(&replay);
    scene_fini(&scene);
}

static int recover_from(uint64_t from)
{
    struct tape_replay_options options = {
        .from_ordinal = from, .from_us = INT64_MIN, .until_us = INT64_MAX, .stops_at_loss = true};
    struct text error;

    text_init(&error, replay.error, sizeof replay.error);
    return tape_replay_into(replay.fixture.engine, replay.ingest, scene.tape, scene.run, &options,
                            &replay.result, &replay.next_file, &error);
}

/* Whatever it is that is broken there: a block's header, or what is in it. */
static void test_damage_before_the_place_costs_nothing(void **state)
{
    struct tape_replay_options first = {
        .from_us = INT64_MIN, .until_us = INT64_MAX, .applied = stop_before_55};
    char path[TAPE_PATH_MAX];
    struct text error;

    (void)state;
    start();
    live_for(10);
    assert_true(scene_stop_writer(&scene));
    last_path(path);
    off_t third = scene_size(path) / 3;
    uint64_t seen = 0;

    for (off_t offset = third; offset < third + 900; offset += 15) {
        replay_init(&replay, &scene);
        text_init(&error, replay.error, sizeof replay.error);
        assert_int_equal(tape_replay_into(replay.fixture.engine, replay.ingest, scene.tape,
                                          scene.run, &first, &replay.result, &replay.next_file,
                                          &error),
                         0);
        scene_flip(path, offset);
        assert_int_equal(recover_from(55), 0);
        seen += replay.result.damaged;
        assert_int_equal(replay.result.inputs_lost, 0);
        assert_int_equal(replay.result.inputs, 55);
        assert_true(replay.result.digests_checked >= 5);
        assert_int_equal(replay.result.digest_mismatches, 0);
        assert_true(same_engines(replay.fixture.engine, scene.fixture.engine));
        scene_flip(path, offset);
        replay_fini(&replay);
    }
    assert_true(seen > 0); /* what is in a block that is skipped is not looked at */
    scene_fini(&scene);
}

/* A state from within a gap, and one that the tape begins behind. */
static void test_what_is_missing_behind_the_place_is_missed(void **state)
{
    (void)state;
    start();
    live_for(2);
    while (scene_status(&scene).tape_inputs_lost < 10)
        scene_noise(&scene);
    scene_settle(&scene);
    live_for(2);
    struct status_live status = scene_status(&scene);
    uint64_t behind = scene.now_us > 0 ? status.tape_inputs : 0;

    assert_true(scene_stop_writer(&scene));
    replay_init(&replay, &scene);
    replay_from(&replay, &scene, 0);
    assert_int_equal(replay.result.gaps, 1);
    uint64_t lost = replay.result.inputs_lost;
    uint64_t in_gap = behind - 22 - lost / 2; /* 22 inputs of two seconds came after it */

    assert_int_equal(recover_from(in_gap), 0);
    assert_int_equal(replay.result.inputs, 0);
    assert_int_equal(replay.result.inputs_lost, lost / 2);
    assert_int_equal(recover_from(behind - 22), 0); /* and from its end on nothing is */
    assert_int_equal(replay.result.inputs, 22);
    assert_int_equal(replay.result.inputs_lost, 0);
    replay_fini(&replay);
    scene_fini(&scene);
}

static void test_only_one_run_counts(void **state)
{
    (void)state;
    start();
    live_for(2);
    assert_true(scene_stop_writer(&scene));
    replay_init(&replay, &scene);
    scene.run++;
    replay_from(&replay, &scene, 0);
    assert_int_equal(replay.code, 0);
    assert_int_equal(replay.result.inputs, 0);
    assert_int_equal(replay.next_file, 2); /* behind all files, whosever they are */
    scene.run--;
    replay_from(&replay, &scene, 22);
    assert_int_equal(replay.code, 0);
    assert_int_equal(replay.result.inputs, 0);
    assert_int_equal(replay.result.next_ordinal, 22);
    replay_fini(&replay);
    scene_fini(&scene);
}

static void test_without_a_folder_there_is_nothing_to_replay(void **state)
{
    (void)state;
    start();
    replay_init(&replay, &scene);
    replay_from(&replay, &scene, 7); /* nothing has been written yet */
    assert_int_equal(replay.code, 0);
    assert_int_equal(replay.result.next_ordinal, 7);
    assert_int_equal(replay.next_file, 1);
    replay_fini(&replay);
    assert_true(scene_stop_writer(&scene));
    scene_fini(&scene);
}

/* Of several files only those that have something to tell are opened at all. */
static void test_files_before_the_input_are_not_looked_at(void **state)
{
    char path[TAPE_PATH_MAX];

    (void)state;
    start();
    live_for(2);
    tape_writer_rotate(scene.writer);
    live_for(2);
    tape_writer_rotate(scene.writer);
    live_for(2);
    assert_true(scene_stop_writer(&scene));
    assert_int_equal(scene_file_count(&scene), 3);
    scene_path(&scene, 1, path);
    scene_flip(path, 200);
    replay_init(&replay, &scene);
    replay_from(&replay, &scene, 30);
    assert_int_equal(replay.code, 0);
    assert_int_equal(replay.result.damaged, 0);
    assert_int_equal(replay.result.inputs, 66 - 30);
    replay_fini(&replay);
    scene_fini(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_engine_at_any_input_goes_on_from_there),
        cmocka_unit_test(test_an_engine_that_is_not_the_same_is_found_out),
        cmocka_unit_test(test_the_tape_goes_on_behind_a_torn_end),
        cmocka_unit_test(test_a_last_block_that_is_broken_keeps_its_numbers),
        cmocka_unit_test(test_damage_before_the_place_costs_nothing),
        cmocka_unit_test(test_what_is_missing_behind_the_place_is_missed),
        cmocka_unit_test(test_only_one_run_counts),
        cmocka_unit_test(test_without_a_folder_there_is_nothing_to_replay),
        cmocka_unit_test(test_files_before_the_input_are_not_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
