/* Every read, write, sync, open … of the archive fails once, each in its turn, until a whole life
 * goes through without reaching the one that would: it never crashes, never tears a fill from its
 * equity, and once the disk works again not a row is lost or doubled. */
#include "support/failing_vfs.h"
#include "support/store_rig.h"

enum { FILLS_A_WRITE = 3, WRITES = 6, FILLS = FILLS_A_WRITE * WRITES, ATTEMPTS_MAX = 20 };

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
    assert_int_equal(ask_really(rig, "SELECT count(*) FROM raw_fill"),
                     ask_really(rig, "SELECT count(*) FROM raw_equity"));
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
    assert_int_equal(rig_ask_number(rig, "SELECT count(*) FROM raw_fill"), FILLS);
    assert_int_equal(rig_ask_number(rig, "SELECT count(*) FROM raw_equity"), FILLS);
    assert_int_equal(rig_ask_number(rig, "SELECT count(DISTINCT \"order\") FROM raw_fill"), FILLS);
    assert_int_equal(rig_ask_number(rig, "SELECT quantity FROM positions"), FILLS);
    assert_int_equal(rig_ask_number(rig, "SELECT last_sequence FROM raw_run"), 3 * FILLS);
    assert_int_equal(rig_ask_number(rig, "SELECT sum(rows) FROM raw_rows"), 2 * FILLS);
    assert_string_equal(rig_ask(rig, "PRAGMA integrity_check"), "ok");
    text_init(&why, memory, sizeof memory);
    assert_int_equal(reader_open(&handle, rig->path, &why), 0);
    assert_int_equal(reader_check_books(handle, rig->setup.run, &check), 0);
    assert_string_equal(check.what, "");
    reader_close(&handle);
}

/* A life, with a close in the middle; returns how many operations have failed in it. */
static long live(long until, long failures, int code, int *failed_writes)
{
    struct store_rig rig;
    rig_init(&rig);
    failing_vfs_arm(until, failures, code);
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

static void walk(long failures, int code)
{
    int failed_writes = 0;
    long until = 0;
    failing_vfs_install();
    while (live(until, failures, code, &failed_writes) > 0) {
        until++;
    }
    failing_vfs_remove();
    print_message("%ld operations, each of them failed once (%ld in a row); %d writes failed\n",
                  until, failures, failed_writes);
    assert_true(until > 50);
    assert_true(failed_writes > until / 3);
}

static void test_one_operation_fails_as_a_disk_does(void **state)
{
    (void)state;
    walk(1, SQLITE_IOERR);
}

static void test_one_operation_fails_as_a_full_disk_does(void **state)
{
    (void)state;
    walk(1, SQLITE_FULL);
}

static void test_several_operations_in_a_row_fail(void **state)
{
    (void)state;
    walk(5, SQLITE_IOERR);
}

int main(void)
{
    (void)setenv("TMPDIR", "/dev/shm", 0); /* thousands of files, and no sync of them matters */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_operation_fails_as_a_disk_does),
        cmocka_unit_test(test_one_operation_fails_as_a_full_disk_does),
        cmocka_unit_test(test_several_operations_in_a_row_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
