/* Guarded questions: what they answer, and what they may not do. */
#include "tickd/store/query.h"

#include "support/store_rig.h"

enum { PATIENCE_S = 60 };

struct answer {
    int error;
    struct query_result result;
    char why[512];
    char first[256]; /* first value of the first row */
};

static void keep_first(void *state, sqlite3_stmt *row)
{
    struct answer *answer = state;
    if (answer->first[0] == '\0' && sqlite3_column_text(row, 0) != NULL) {
        text_copy(answer->first, sizeof answer->first, (const char *)sqlite3_column_text(row, 0));
    }
}

static struct answer ask_within(const struct store_rig *rig, const char *sql, int64_t rows,
                                int64_t seconds)
{
    struct answer answer = {0};
    struct text why;
    struct query_limits limits = {.rows = rows, .seconds = seconds};
    text_init(&why, answer.why, sizeof answer.why);
    answer.error =
        query_run(rig->path, sql, &limits,
                  &(struct query_sink){.row = keep_first, .state = &answer}, &answer.result, &why);
    assert_null(strchr(answer.why, '\n'));
    assert_true((answer.error == 0) == (answer.why[0] == '\0'));
    return answer;
}

static struct answer ask(const struct store_rig *rig, const char *sql)
{
    return ask_within(rig, sql, QUERY_ROWS, PATIENCE_S);
}

static void start(struct store_rig *rig)
{
    rig_init(rig);
    for (int64_t i = 1; i <= 10; i++) {
        rig_say_fill(rig, i);
    }
    rig_write(rig);
}

static void test_a_question_is_answered_while_the_archive_is_written(void **state)
{
    (void)state;
    struct store_rig rig;
    start(&rig);
    struct answer answer = ask(&rig, "SELECT count(*) FROM fills;\n");
    assert_int_equal(answer.error, 0);
    assert_string_equal(answer.first, "10");
    assert_int_equal(ask(&rig, "SELECT * FROM agent_leaderboard").error, 0);
    assert_int_equal(ask(&rig, "PRAGMA table_info(raw_fill)").error, 0);
    rig_say_fill(&rig, 11);
    rig_write(&rig);
    assert_string_equal(ask(&rig, "WITH f AS (SELECT * FROM fills) SELECT count(*) FROM f").first,
                        "11");
    rig_fini(&rig);
}

static void test_rows_are_cut_at_the_limit_and_that_is_told(void **state)
{
    (void)state;
    struct store_rig rig;
    start(&rig);
    struct answer answer = ask_within(&rig, "SELECT * FROM fills", 3, PATIENCE_S);
    assert_int_equal(answer.result.rows, 3);
    assert_true(answer.result.cut);
    assert_false(ask_within(&rig, "SELECT * FROM fills", 10, PATIENCE_S).result.cut);
    rig_fini(&rig);
}

static void test_nothing_but_reading_is_allowed(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "DELETE FROM raw_fill",
        "DELETE FROM runs",
        "UPDATE fills SET fee = 0",
        "INSERT INTO runs SELECT * FROM runs",
        "WITH old AS (SELECT 1) DELETE FROM runs",
        "DELETE FROM sqlite_schema",
        "UPDATE raw_fill SET fee = 0",
        "INSERT INTO raw_rows VALUES ('x', 1)",
        "DROP TABLE raw_fill",
        "CREATE TABLE mine (a)",
        "CREATE TEMP TABLE mine (a)",
        "ATTACH '/tmp/elsewhere.db' AS elsewhere",
        "DETACH main",
        "VACUUM",
        "VACUUM INTO '/tmp/elsewhere.db'",
        "BEGIN",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA user_version = 5",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "PRAGMA writable_schema = ON",
        "SELECT load_extension('/tmp/evil.so')",
        "ANALYZE",
        "REINDEX",
    };
    struct store_rig rig;
    start(&rig);
    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
        struct answer answer = ask(&rig, refused[i]);
        if (answer.error != ERROR_DENIED) {
            fail_msg("%s: %d %s", refused[i], answer.error, answer.why);
        }
    }
    assert_string_equal(ask(&rig, "SELECT count(*) FROM fills").first, "10");
    rig_fini(&rig);
}

static void test_what_is_wrong_with_a_question_is_one_clear_line(void **state)
{
    (void)state;
    struct store_rig rig;
    start(&rig);
    assert_non_null(strstr(ask(&rig, "SELEC 1").why, "near \"SELEC\": syntax error"));
    assert_non_null(strstr(ask(&rig, "SELECT a FROM fill").why, "no such table: fill"));
    assert_non_null(strstr(ask(&rig, "SELECT \"prise\" FROM fills").why, "no such column: prise"));
    assert_non_null(strstr(ask(&rig, " ; ").why, "no question"));
    assert_non_null(strstr(ask(&rig, "SELECT 1; SELECT 2").why, "one statement"));
    assert_int_equal(ask(&rig, "SELECT sum(9223372036854775807) FROM fills").error, ERROR_SYNTAX);
    text_copy(rig.path, sizeof rig.path, "/no/such/archive.db");
    struct answer answer = ask(&rig, "SELECT 1");
    assert_int_equal(answer.error, ERROR_NOT_FOUND);
    assert_non_null(strstr(answer.why, "/no/such/archive.db"));
    rig_remove_folder(rig.folder);
    rig_fini(&rig);
}

static void test_time_and_memory_are_bounded(void **state)
{
    (void)state;
    struct store_rig rig;
    start(&rig);
    struct answer endless =
        ask_within(&rig,
                   "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
                   " SELECT max(x) FROM c",
                   QUERY_ROWS, 1);
    assert_int_equal(endless.error, ERROR_RANGE);
    assert_non_null(strstr(endless.why, "longer than 1 s"));
    struct answer large = ask(&rig, "SELECT length(randomblob(100000000))");
    assert_int_equal(large.error, ERROR_SYNTAX);
    struct answer hungry =
        ask(&rig, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 200)"
                  " SELECT count(*) FROM (SELECT DISTINCT randomblob(900000) FROM c)");
    assert_int_equal(hungry.error, ERROR_RANGE);
    assert_non_null(strstr(hungry.why, "memory"));
    rig_fini(&rig);
}

static void copy(const char *from, const char *to, const char *ending)
{
    char path[STORE_RIG_PATH_MAX + 16];
    char bytes[4096];
    size_t size;
    (void)snprintf(path, sizeof path, "%s%s", from, ending);
    FILE *source = fopen(path, "rb");
    (void)snprintf(path, sizeof path, "%s%s", to, ending);
    FILE *target = fopen(path, "wb");
    assert_non_null(source);
    assert_non_null(target);
    while ((size = fread(bytes, 1, sizeof bytes, source)) > 0) {
        assert_int_equal(fwrite(bytes, 1, size, target), size);
    }
    assert_int_equal(fclose(source), 0);
    assert_int_equal(fclose(target), 0);
}

static void test_an_archive_of_a_daemon_that_was_killed_can_be_asked(void **state)
{
    (void)state;
    struct store_rig rig;
    struct store_rig dead;
    start(&rig);
    rig_init(&dead);
    /* File and WAL as a crash leaves them: no clean close, no index. */
    copy(rig.path, dead.path, "");
    copy(rig.path, dead.path, "-wal");
    assert_string_equal(ask(&dead, "SELECT count(*) FROM fills").first, "10");
    rig_fini(&dead);
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_question_is_answered_while_the_archive_is_written),
        cmocka_unit_test(test_rows_are_cut_at_the_limit_and_that_is_told),
        cmocka_unit_test(test_nothing_but_reading_is_allowed),
        cmocka_unit_test(test_what_is_wrong_with_a_question_is_one_clear_line),
        cmocka_unit_test(test_time_and_memory_are_bounded),
        cmocka_unit_test(test_an_archive_of_a_daemon_that_was_killed_can_be_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
