/* Tests of the tape's writer on a disk that fails: at the Nth call of each kind, for every N until
 * all of it succeeds; and on one that is really full. */
#include <errno.h>
#include <sys/mount.h>

#include "support/tape_scene.h"

/* Which call fails, counted from 0, and with what; the calls of all kinds are counted together. */
static struct {
    int64_t failing;
    int64_t until; /* all from `failing` to before this one */
    int64_t calls;
    int error;
    bool writes_half;
    uint64_t failed;
} fault;

static bool fails(void)
{
    int64_t call = fault.calls++;

    if (call < fault.failing || call >= fault.until)
        return false;
    fault.failed++;
    errno = fault.error;
    return true;
}

static int make_folder(const char *path)
{
    return fails() ? -1 : tape_io_system.make_folder(path);
}

static int create(const char *path)
{
    return fails() ? -1 : tape_io_system.create(path);
}

/* A disk that becomes full takes a part first. */
static ssize_t write_at(int descriptor, const void *bytes, size_t length, off_t offset)
{
    if (!fails())
        return tape_io_system.write_at(descriptor, bytes, length, offset);
    if (fault.writes_half && length > 1)
        (void)tape_io_system.write_at(descriptor, bytes, length / 2, offset);
    errno = fault.error;
    return -1;
}

static int make_durable(int descriptor)
{
    return fails() ? -1 : tape_io_system.make_durable(descriptor);
}

static int truncate_file(int descriptor, off_t length)
{
    return fails() ? -1 : tape_io_system.truncate(descriptor, length);
}

static int sync_folder(const char *path)
{
    return fails() ? -1 : tape_io_system.sync_folder(path);
}

static int remove_file(const char *path)
{
    return fails() ? -1 : tape_io_system.remove(path);
}

static const struct tape_io faulty = {
    .make_folder = make_folder,
    .create = create,
    .write_at = write_at,
    .make_durable = make_durable,
    .truncate = truncate_file,
    .sync_folder = sync_folder,
    .remove = remove_file,
};

static struct tape_scene scene;
static struct scene_replay replay;

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}

static void check_all_is_there(void)
{
    replay_init(&replay, &scene);
    replay_from(&replay, &scene, 0);
    if (replay.code != 0 || replay.result.damaged > 0)
        fail_msg("call %lld: %s%s", (long long)fault.failing, replay.error, replay.result.damage);
    assert_int_equal(replay.result.inputs, scene.next_input);
    assert_int_equal(replay.result.inputs_lost, 0);
    assert_int_equal(replay.result.digests_checked, 4);
    assert_int_equal(replay.result.digest_mismatches, 0);
    assert_true(same_engines(replay.fixture.engine, scene.fixture.engine));
    replay_fini(&replay);
}

/* Four flushes, a new file among them. Each comes to its end, however often it fails before. */
static void live_through(void)
{
    scene_init(&scene);
    fixture_set(&scene.fixture, "tape.file_bytes", "262144");
    scene.io = &faulty;
    scene_start(&scene);
    for (int flush = 0; flush < 4; flush++) {
        if (flush == 2)
            tape_writer_rotate(scene.writer);
        scene_frames(&scene, 20);
        scene_second(&scene);
        scene_settle(&scene);
    }
    assert_false(tape_writer_is_failing(scene.writer));
    assert_int_equal(scene_status(&scene).tape_inputs_lost, 0);
    assert_true(scene_stop_writer(&scene));
}

/* How many calls a life without a fault makes. */
static int64_t count_calls(void)
{
    memset(&fault, 0, sizeof fault);
    live_through();
    assert_string_equal(scene.log.data, "");
    scene_fini(&scene);
    return fault.calls;
}

/* Lets `length` calls fail, from each one on in turn. */
static void walk(int error, int64_t length, bool writes_half)
{
    int64_t calls = count_calls();

    assert_true(calls >= 15);
    for (int64_t failing = 0; failing < calls; failing++) {
        memset(&fault, 0, sizeof fault);
        fault.failing = failing;
        fault.until = failing + length;
        fault.error = error;
        fault.writes_half = writes_half;
        live_through();
        assert_true(fault.failed > 0);
        size_t told = count_of(scene.log.data, "cannot record");

        assert_int_equal(told, count_of(scene.log.data, "records again"));
        assert_int_equal(told, count_of(scene.log.data, strerror(error)));
        assert_true(told <= 2);
        check_all_is_there();
        scene_fini(&scene);
    }
}

static void test_any_one_call_may_find_the_disk_full(void **state)
{
    (void)state;
    walk(ENOSPC, 1, true);
}

static void test_any_calls_may_fail_in_a_row(void **state)
{
    (void)state;
    walk(EIO, 2, false);
    walk(EROFS, 7, true);
}

/* The files before it are all of a life that could not write to the end. */
static void test_what_cannot_be_written_at_the_end_is_lost_and_said(void **state)
{
    (void)state;
    memset(&fault, 0, sizeof fault);
    fault.failing = fault.until = 1000000;
    fault.error = EIO;
    scene_init(&scene);
    scene.io = &faulty;
    scene_start(&scene);
    scene_frames(&scene, 20);
    scene_settle(&scene);
    fault.failing = 0;
    scene_frames(&scene, 5);
    assert_false(scene_stop_writer(&scene));
    assert_non_null(strstr(scene.log.data, "5 inputs are not on the disk"));
    replay_init(&replay, &scene);
    replay_from(&replay, &scene, 0);
    assert_int_equal(replay.result.inputs, 20);
    replay_fini(&replay);
    scene_fini(&scene);
}

/* Frames until the tape fails; the disk has 256 KiB. */
static void fill_the_disk(void)
{
    for (int round = 0; !tape_writer_is_failing(scene.writer); round++) {
        assert_true(round < 10000);
        scene_frames(&scene, 100);
        uv_run(&scene.loop, UV_RUN_ONCE);
    }
    assert_non_null(strstr(scene.log.data, strerror(ENOSPC)));
}

static void test_a_disk_that_is_really_full_heals_when_there_is_room(void **state)
{
    char path[128];

    (void)state;
    scene_init(&scene);
    if (mount("tickd-test", scene.folder, "tmpfs", 0, "size=256k") != 0) {
        scene_remove(scene.folder);
        print_message("no disk of its own: %s\n", strerror(errno));
        skip();
    }
    (void)snprintf(path, sizeof path, "%s/ballast", scene.folder);
    int ballast = open(path, O_WRONLY | O_CREAT, 0600);

    assert_int_equal(posix_fallocate(ballast, 0, 131072), 0);
    close(ballast);
    scene_start(&scene);
    fill_the_disk();
    assert_int_equal(unlink(path), 0);
    scene_settle(&scene);
    assert_false(tape_writer_is_failing(scene.writer));
    assert_true(scene_stop_writer(&scene));
    replay_init(&replay, &scene);
    replay_from(&replay, &scene, 0);
    assert_string_equal(replay.result.damage, "");
    assert_int_equal(replay.result.inputs + replay.result.inputs_lost, scene.frames);
    replay_fini(&replay);
    assert_int_equal(umount2(scene.folder, MNT_DETACH), 0);
    scene_fini(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_one_call_may_find_the_disk_full),
        cmocka_unit_test(test_any_calls_may_fail_in_a_row),
        cmocka_unit_test(test_what_cannot_be_written_at_the_end_is_lost_and_said),
        cmocka_unit_test(test_a_disk_that_is_really_full_heals_when_there_is_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
