/* What can be wrong with the file, and what becomes of it. */
#include "tickd/store/database.h"

#include <fcntl.h>

#include "support/store_rig.h"

static void overwrite(const char *path, long offset, size_t size)
{
    char noise[4096];
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    memset(noise, 0x5a, sizeof noise);
    assert_int_equal(fseek(file, offset, SEEK_SET), 0);
    for (size_t done = 0; done < size; done += sizeof noise) {
        assert_int_equal(fwrite(noise, 1, sizeof noise, file), sizeof noise);
    }
    assert_int_equal(fclose(file), 0);
}

static void fill_and_close(struct store_rig *rig, int64_t fills)
{
    for (int64_t i = 1; i <= fills; i++) {
        rig_say_fill(rig, i);
    }
    rig_write(rig);
    writer_close(&rig->writer);
}

static void assert_was_set_aside(const struct store_rig *rig)
{
    assert_int_equal(rig->writer.database.set_aside, 1);
    assert_non_null(strstr(rig->writer.database.aside, "tickd.db.damaged-20261123T150000Z"));
    assert_int_equal(access(rig->writer.database.aside, F_OK), 0);
}

static void test_a_file_that_is_no_database_is_set_aside_and_a_new_one_begun(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    FILE *file = fopen(rig.path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++) {
        (void)fputs("once upon a time ", file);
    }
    assert_int_equal(fclose(file), 0);
    rig_say_fill(&rig, 1);
    rig_write(&rig);
    assert_was_set_aside(&rig);
    assert_int_equal(rig_ask_number(&rig, "SELECT count(*) FROM fills"), 1);
    rig_fini(&rig);
}

static void test_damaged_pages_are_found_when_the_file_is_opened(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    fill_and_close(&rig, 300);
    overwrite(rig.path, 8192, 1 << 17);
    assert_int_equal(writer_open(&rig.writer, rig.now_us), DATABASE_OPEN);
    assert_was_set_aside(&rig);
    assert_int_equal(rig_ask_number(&rig, "SELECT count(*) FROM fills"), 0);
    rig_fini(&rig);
}

static void test_two_damaged_files_of_one_second_have_two_names(void **state)
{
    (void)state;
    struct store_rig rig;
    char first[DATABASE_PATH_MAX];
    rig_init(&rig);
    fill_and_close(&rig, 1);
    overwrite(rig.path, 0, 4096);
    assert_int_equal(writer_open(&rig.writer, rig.now_us), DATABASE_OPEN);
    text_copy(first, sizeof first, rig.writer.database.aside);
    writer_close(&rig.writer);
    overwrite(rig.path, 0, 4096);
    assert_int_equal(writer_open(&rig.writer, rig.now_us), DATABASE_OPEN);
    assert_string_not_equal(first, rig.writer.database.aside);
    assert_int_equal(access(first, F_OK), 0);
    assert_int_equal(access(rig.writer.database.aside, F_OK), 0);
    rig_fini(&rig);
}

static void test_damage_that_shows_while_writing_is_survived_and_no_waiting_row_lost(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    fill_and_close(&rig, 300);
    assert_int_equal(writer_open(&rig.writer, rig.now_us), DATABASE_OPEN);
    overwrite(rig.path, 8192, 1 << 17); /* behind its back */
    sqlite3_db_release_memory(rig.writer.database.handle);
    for (int64_t i = 301; i <= 310; i++) {
        rig_say_fill(&rig, i);
    }
    assert_int_equal(rig_write_up_to(&rig, UINT64_MAX), ERROR_IO);
    assert_true(database_is_damage(rig.writer.database.code));
    assert_int_equal(queue_size(&rig.queue), 20);
    rig_write(&rig);
    assert_was_set_aside(&rig);
    assert_int_equal(rig_ask_number(&rig, "SELECT count(*) FROM fills"), 10);
    rig_fini(&rig);
}

static void test_another_programs_database_is_refused_and_not_touched(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    rig_change(&rig, "CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup')");
    assert_int_equal(writer_open(&rig.writer, rig.now_us), DATABASE_FOREIGN);
    assert_non_null(strstr(rig.writer.database.why, "another program's database"));
    assert_string_equal(rig_ask(&rig, "SELECT name FROM recipes"), "soup");
    assert_string_equal(rig_ask(&rig, "PRAGMA journal_mode"), "delete");
    rig_fini(&rig);
}

static void test_a_file_that_is_moved_away_is_begun_anew(void **state)
{
    (void)state;
    struct store_rig rig;
    char moved[2 * STORE_RIG_PATH_MAX];
    rig_init(&rig);
    rig_say_fill(&rig, 1);
    rig_write(&rig);
    (void)snprintf(moved, sizeof moved, "%s.old", rig.path);
    assert_int_equal(rename(rig.path, moved), 0);
    rig_say_fill(&rig, 2);
    rig_write(&rig);
    assert_int_equal(rig_ask_number(&rig, "SELECT count(*) FROM fills"), 1);
    assert_int_equal(rig_ask_number(&rig, "SELECT order_number FROM fills"), 2);
    rig_fini(&rig);
}

static void test_another_writer_makes_it_fail_until_it_lets_go(void **state)
{
    (void)state;
    struct store_rig rig;
    sqlite3 *other;
    rig_init(&rig);
    rig_say_fill(&rig, 1);
    rig_write(&rig);
    assert_int_equal(sqlite3_open(rig.path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    rig_say_fill(&rig, 2);
    assert_int_equal(rig_write_up_to(&rig, UINT64_MAX), ERROR_IO);
    assert_non_null(strstr(rig.writer.database.why, "another program is writing"));
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    rig_write(&rig);
    sqlite3_close(other);
    assert_int_equal(rig_ask_number(&rig, "SELECT count(*) FROM fills"), 2);
    rig_fini(&rig);
}

/* A reader that stays keeps the WAL from being reset; once it goes it is. */
static void test_the_wal_is_reset_when_readers_let_go(void **state)
{
    (void)state;
    struct store_rig rig;
    sqlite3 *reader;
    rig_init(&rig);
    rig_say_fill(&rig, 1);
    rig_write(&rig);
    assert_int_equal(sqlite3_open(rig.path, &reader), SQLITE_OK);
    assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM raw_fill", NULL, NULL, NULL),
                     SQLITE_OK);
    int64_t number = 1;
    while (rig.writer.wal_bytes <= (uint64_t)DATABASE_WAL_KIB * 1024) {
        for (int i = 0; i < 300; i++) {
            rig_say_fill(&rig, ++number);
        }
        rig_write(&rig);
    }
    assert_int_equal(sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    rig_say_fill(&rig, ++number);
    rig_write(&rig); /* sees that it is large, and resets it */
    rig_say_fill(&rig, ++number);
    rig_write(&rig);
    assert_true(rig.writer.wal_bytes <= 1U << 20);
    sqlite3_close(reader);
    assert_int_equal(rig_ask_number(&rig, "SELECT count(*) FROM fills"), number);
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_that_is_no_database_is_set_aside_and_a_new_one_begun),
        cmocka_unit_test(test_damaged_pages_are_found_when_the_file_is_opened),
        cmocka_unit_test(test_two_damaged_files_of_one_second_have_two_names),
        cmocka_unit_test(test_damage_that_shows_while_writing_is_survived_and_no_waiting_row_lost),
        cmocka_unit_test(test_another_programs_database_is_refused_and_not_touched),
        cmocka_unit_test(test_a_file_that_is_moved_away_is_begun_anew),
        cmocka_unit_test(test_another_writer_makes_it_fail_until_it_lets_go),
        cmocka_unit_test(test_the_wal_is_reset_when_readers_let_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
