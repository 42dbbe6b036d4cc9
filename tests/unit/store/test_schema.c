/* Steps of the schema: new files, older ones, and steps that fail. */
#include "tickd/store/schema.h"

#include "support/store_rig.h"

/* The program's schema with one step more, as a later program has it. */
static char *later_schema(const char *step)
{
    size_t size = strlen(schema_text()) + strlen(step) + 64;
    char *text = malloc(size);
    assert_non_null(text);
    (void)snprintf(text, size, "%s\n-- step %d\n%s", schema_text(), schema_steps(schema_text()) + 1,
                   step);
    return text;
}

static void test_a_new_file_has_the_newest_version_and_is_marked_as_ours(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    rig_write(&rig);
    assert_true(schema_steps(schema_text()) >= 1);
    assert_int_equal(rig_ask_number(&rig, "PRAGMA user_version"), schema_steps(schema_text()));
    assert_int_equal(rig_ask_number(&rig, "PRAGMA application_id"), SCHEMA_APPLICATION_ID);
    assert_string_equal(rig_ask(&rig, "PRAGMA journal_mode"), "wal");
    assert_string_equal(rig_ask(&rig, "PRAGMA auto_vacuum"), "2");
    rig_fini(&rig);
}

static void test_a_file_of_the_version_before_is_brought_along_with_its_rows(void **state)
{
    (void)state;
    struct store_rig rig;
    char *later = later_schema("ALTER TABLE raw_fill ADD COLUMN venue TEXT NOT NULL DEFAULT '?';\n"
                               "CREATE VIEW venues AS SELECT DISTINCT venue FROM raw_fill;\n");
    rig_init(&rig);
    rig_say_fill(&rig, 1);
    rig_write(&rig);
    writer_close(&rig.writer);
    rig.setup.schema = later;
    writer_init(&rig.writer, &rig.setup);
    rig_say_fill(&rig, 2);
    rig_write(&rig);
    assert_int_equal(rig_ask_number(&rig, "PRAGMA user_version"), schema_steps(later));
    assert_string_equal(rig_ask(&rig, "SELECT venue FROM venues"), "?");
    assert_int_equal(rig_ask_number(&rig, "SELECT count(*) FROM fills"), 2);
    rig_fini(&rig);
    free(later);
}

static void test_a_step_that_fails_leaves_the_file_as_it_was(void **state)
{
    (void)state;
    struct store_rig rig;
    char *later = later_schema("CREATE TABLE extra (a INTEGER);\n"
                               "CREATE TABLE raw_fill (a INTEGER);\n");
    rig_init(&rig);
    rig_say_fill(&rig, 1);
    rig_write(&rig);
    writer_close(&rig.writer);
    rig.setup.schema = later;
    writer_init(&rig.writer, &rig.setup);
    assert_int_equal(writer_open(&rig.writer, rig.now_us), DATABASE_FAILED);
    assert_non_null(strstr(rig.writer.database.why, "raw_fill already exists"));
    assert_int_equal(rig_ask_number(&rig, "PRAGMA user_version"), schema_steps(schema_text()));
    assert_int_equal(
        rig_ask_number(&rig, "SELECT count(*) FROM sqlite_schema WHERE name = 'extra'"), 0);
    rig_fini(&rig);
    free(later);
}

static void test_a_newer_programs_file_is_refused_and_not_touched(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    rig_say_fill(&rig, 1);
    rig_write(&rig);
    writer_close(&rig.writer);
    rig_change(&rig, "PRAGMA user_version = 99");
    assert_int_equal(writer_open(&rig.writer, rig.now_us), DATABASE_NEWER);
    assert_non_null(strstr(rig.writer.database.why, "version 99"));
    assert_non_null(strstr(rig.writer.database.why, rig.path));
    rig_change(&rig, "PRAGMA user_version = -5");
    assert_int_equal(writer_open(&rig.writer, rig.now_us), DATABASE_NEWER);
    assert_int_equal(rig_ask_number(&rig, "SELECT count(*) FROM raw_fill"), 1);
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_file_has_the_newest_version_and_is_marked_as_ours),
        cmocka_unit_test(test_a_file_of_the_version_before_is_brought_along_with_its_rows),
        cmocka_unit_test(test_a_step_that_fails_leaves_the_file_as_it_was),
        cmocka_unit_test(test_a_newer_programs_file_is_refused_and_not_touched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
