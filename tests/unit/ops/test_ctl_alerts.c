/* Alerts for people, from documents as the daemon writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/ops/ctl_view.h"

static char *shown;

/* What `print` writes about a list; to be freed. */
static void show(void (*print)(FILE *out, const cJSON *list), const char *json)
{
    size_t length;
    cJSON *list = cJSON_Parse(json);
    assert_non_null(list);
    free(shown);
    shown = NULL;
    FILE *out = open_memstream(&shown, &length);
    assert_non_null(out);
    print(out, list);
    assert_int_equal(fclose(out), 0);
    cJSON_Delete(list);
}

static int forget(void **state)
{
    (void)state;
    free(shown);
    shown = NULL;
    return 0;
}

static const char alerts[] =
    "[{\"name\":\"feed\",\"severity\":\"warning\",\"state\":\"firing\",\"since_us\":"
    "1795446000123000,\"fired\":2,\"value\":1,\"comparison\":\"≥\",\"threshold\":1,\"hold_s\":120,"
    "\"text\":\"stale: silent\",\"summary\":\"it is down\",\"remedy\":\"look\\u001b[31m at it\"},"
    "{\"name\":\"memory\",\"severity\":\"critical\",\"state\":\"inactive\",\"since_us\":null,"
    "\"fired\":0,\"value\":null,\"comparison\":\">\",\"threshold\":1.5,\"hold_s\":60,"
    "\"text\":\"resident 1 MB\",\"summary\":\"s\",\"remedy\":\"r\"}]";

static void test_all_are_a_table_and_those_that_fire_say_what_to_do(void **state)
{
    (void)state;
    show(ctl_print_alerts, alerts);
    assert_string_equal(
        shown, "ALERT   SEVERITY  STATE     SINCE (UTC)               VALUE  IF  LIMIT  FOR s  "
               "FIRED  \n"
               "feed    warning   firing    2026-11-23T15:00:00.123Z      1  ≥       1    120  "
               "    2  stale: silent\n"
               "memory  critical  inactive  -                             -  >     1.5     60  "
               "    0  resident 1 MB\n"
               "\nfeed (warning): it is down;\n    look?[31m at it\n");
}

static void test_changes_are_a_table(void **state)
{
    (void)state;
    show(ctl_print_alerts,
         "[{\"seq\":7,\"time_us\":1795446000123000,\"topic\":\"ALERT\",\"alert\":\"halted\","
         "\"severity\":\"warning\",\"state\":\"resolved\",\"value\":0,\"threshold\":1,"
         "\"text\":\"not halted\"}]");
    assert_string_equal(shown, "SEQ  TIME (UTC)                ALERT   SEVERITY  STATE     VALUE  "
                               "LIMIT  \n"
                               "  7  2026-11-23T15:00:00.123Z  halted  warning   resolved      0  "
                               "    1  not halted\n");
    show(ctl_print_alerts, "[]");
    assert_string_equal(shown, "none\n");
}

static void test_the_status_names_those_that_fire(void **state)
{
    (void)state;
    show(ctl_print_firing, alerts);
    assert_string_equal(shown, "alerts    feed warning: stale: silent\n");
    show(ctl_print_firing, "[]");
    assert_string_equal(shown, "");
}

static bool is_critical(const char *json)
{
    cJSON *list = cJSON_Parse(json);
    bool result = ctl_is_critical(list);
    cJSON_Delete(list);
    return result;
}

static void test_only_a_critical_one_that_fires_is_critical(void **state)
{
    (void)state;
    assert_false(ctl_is_critical(NULL));
    assert_false(is_critical("5"));
    assert_false(is_critical(alerts));
    assert_false(is_critical("[{\"state\":\"pending\",\"severity\":\"critical\"}, 7]"));
    assert_true(is_critical("[1, {\"state\":\"firing\",\"severity\":\"critical\"}]"));
}

int main(void)
{
#define TEST(test) cmocka_unit_test_teardown(test, forget)
    const struct CMUnitTest tests[] = {
        TEST(test_all_are_a_table_and_those_that_fire_say_what_to_do),
        TEST(test_changes_are_a_table),
        TEST(test_the_status_names_those_that_fire),
        TEST(test_only_a_critical_one_that_fires_is_critical),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
