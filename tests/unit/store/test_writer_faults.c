/* Every read, write, sync, open … of the archive fails once, each in its turn, until a whole life
 * goes through without reaching the one that would: it never crashes, never tears a fill from its
 * equity, and once the disk works again not a row is lost or doubled. */
#include "support/failing_vfs.h"
#include "support/store_rig.h"

enum { FILLS_A_WRITE = 3, WRITES = 4, FILLS = FILLS_A_WRITE * WRITES, ATTEMPTS_MAX = 20 };

/* By the real file system, as another process sees it. */
static int64_t ask_really(const struct store_rig *rig, const char *sql)
{
    sqlite3 *handle;
    sqlite3_stmt *statement = NULL;
    int64_t answer = 0; /* no archive yet: no rows */
    if (sqlite3_open_v2(rig->path, &handle, SQLITE_OPEN_READWRITE, "unix") == SQLITE_OK &&
        sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        answer = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return answer;
}

static void assert_is_whole(const struct store_rig *rig)
{
    assert_int_equal(ask_really(rig, "SELECT (SELECT count(*) FROM raw_fill) -"
                                     " (SELECT count(*) FROM raw_equity)"),
                     0);
}

/* Writes what waits, again and again until it goes; returns how often it failed. */
static int write_in_the_end(struct store_rig *rig)
{
    int failed = 0;
    while (rig_write_up_to(rig, UINT64_MAX) != 0) {
        assert_int_equal(queue_size(&rig->queue), 2 * FILLS_A_WRITE);
        assert_true(rig->writer.database.why[0] != '\0');
        assert_is_whole(rig);
        if (++failed > ATTEMPTS_MAX) {
            fail_msg("it does not heal: %s", rig->writer.database.why);
        }
    }
    return failed;
}

static void assert_everything_is_there(const struct store_rig *rig)
{
    struct books_check check;
    sqlite3 *handle;
    char memory[256];
    struct text why;
    char expected[128];
    (void)snprintf(expected, sizeof expected,
                   "%d fills, %d orders, %d equities, holds %d, to %d, %d", FILLS, FILLS, FILLS,
                   FILLS, 3 * FILLS, 2 * FILLS);
    assert_string_equal(
        rig_ask(rig, "SELECT printf('%d fills, %d orders, %d equities, holds %d, to %d, %d',"
                     " count(*), count(DISTINCT \"order\"), (SELECT count(*) FROM raw_equity),"
                     " (SELECT quantity FROM positions), (SELECT last_sequence FROM raw_run),"
                     " (SELECT sum(rows) FROM raw_rows)) FROM raw_fill"),
        expected);
    assert_string_equal(rig_ask(rig, "PRAGMA integrity_check"), "ok");
    text_init(&why, memory, sizeof memory);
    assert_int_equal(reader_open(&handle, rig->path, &why), 0);
    assert_int_equal(reader_check_books(handle, rig->setup.run, &check), 0);
    assert_string_equal(check.what, "");
    reader_close(&handle);
}

/* A life, with a close in the middle; returns how many operations have failed in it. */
static long live(long until, long failures, int full, int *failed_writes)
{
    struct store_rig rig;
    rig_init(&rig);
    failing_vfs_arm(until, failures, full);
    for (int64_t write = 0; write < WRITES; write++) {
        for (int64_t i = 1; i <= FILLS_A_WRITE; i++) {
            rig_say_fill(&rig, write * FILLS_A_WRITE + i);
        }
        *failed_writes += write_in_the_end(&rig);
        if (write == WRITES / 2) {
            writer_close(&rig.writer);
        }
    }
    writer_close(&rig.writer);
    long failed = failing_vfs.failed;
    failing_vfs_arm(0, 0, 0);
    if (rig.writer.database.set_aside != 0) {
        fail_msg("operation %ld: %s", until, rig.writer.database.why);
    }
    assert_everything_is_there(&rig);
    rig_fini(&rig);
    return failed;
}

/* In steps as long as the failures last. */
static void walk(long failures, int full, long at_least)
{
    int failed_writes = 0;
    long until = 0;
    failing_vfs_install();
    while (live(until, failures, full, &failed_writes) > 0) {
        until += failures;
    }
    failing_vfs_remove();
    print_message("%ld operations failed, %ld in a row; %d calls failed\n", until, failures,
                  failed_writes);
    assert_true(until > at_least);
    assert_true(failed_writes > until / 3);
}

static void test_each_operation_fails_once(void **state)
{
    (void)state;
    walk(1, 0, 300);
}

static void test_each_write_finds_a_full_disk_once(void **state)
{
    (void)state;
    walk(1, 1, 30);
}

static void test_operations_fail_in_a_row(void **state)
{
    (void)state;
    walk(8, 0, 300);
}

int main(void)
{
    (void)setenv("TMPDIR", "/dev/shm", 0); /* thousands of files, and no sync of them matters */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_operation_fails_once),
        cmocka_unit_test(test_each_write_finds_a_full_disk_once),
        cmocka_unit_test(test_operations_fail_in_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
