/* Who may be answered, by Host and Origin. */
#include "tickd/ops/dashboard_origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct setting_list nobody = {.count = 0};
static const struct setting_list names = {.count = 1, .items = {"tick.example.org"}};

static void assert_host(const char *authority, const struct setting_list *hosts, bool allowed)
{
    if (dashboard_host_is_allowed(authority, "10.1.2.3", hosts) != allowed)
        fail_msg("\"%s\" is %s", authority, allowed ? "refused" : "allowed");
}

static void test_this_machine_s_names_are_allowed_with_any_port(void **state)
{
    static const char *const own[] = {"localhost",  "localhost:8050", "LOCALHOST:1",
                                      "127.0.0.1",  "127.0.0.1:8050", "[::1]",
                                      "[::1]:8050", "10.1.2.3",       "10.1.2.3:80"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(own); i++)
        assert_host(own[i], &nobody, true);
}

static void test_names_of_others_are_not(void **state)
{
    static const char *const others[] = {"",
                                         ":",
                                         ":8050",
                                         "evil.example",
                                         "localhost.evil.example",
                                         "127.0.0.1.",
                                         "127.0.0.1:a",
                                         "localhost:",
                                         "localhost:80:80",
                                         "localhost :80",
                                         "[::1",
                                         "[::1]x",
                                         "::1",
                                         "10.1.2.4",
                                         "10.1.2.3.evil.example",
                                         "[]",
                                         "127.0.0.2",
                                         "user@localhost",
                                         "localhost,localhost"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
        assert_host(others[i], &nobody, false);
}

static void test_configured_names_are_allowed_and_only_whole(void **state)
{
    (void)state;
    assert_host("tick.example.org", &names, true);
    assert_host("Tick.Example.Org:443", &names, true);
    assert_host("xtick.example.org", &names, false);
    assert_host("tick.example.org.evil.example", &names, false);
    assert_host("tick.example.org", &nobody, false);
}

static void test_a_socket_without_an_address_gives_no_name_away(void **state)
{
    (void)state;
    assert_false(dashboard_host_is_allowed("", "", &nobody));
    assert_true(dashboard_host_is_allowed("localhost", "", &nobody));
}

static void test_an_origin_is_own_when_it_is_what_was_asked(void **state)
{
    (void)state;
    assert_true(dashboard_origin_is_own("http://localhost:8050", "localhost:8050"));
    assert_true(dashboard_origin_is_own("https://tick.example.org", "Tick.example.org"));
    assert_false(dashboard_origin_is_own("http://localhost", "localhost:8050"));
    assert_false(dashboard_origin_is_own("http://evil.example", "localhost:8050"));
    assert_false(dashboard_origin_is_own("null", "null"));
    assert_false(dashboard_origin_is_own("localhost:8050", "localhost:8050"));
    assert_false(dashboard_origin_is_own("file://localhost:8050", "localhost:8050"));
    assert_false(dashboard_origin_is_own("", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_this_machine_s_names_are_allowed_with_any_port),
        cmocka_unit_test(test_names_of_others_are_not),
        cmocka_unit_test(test_configured_names_are_allowed_and_only_whole),
        cmocka_unit_test(test_a_socket_without_an_address_gives_no_name_away),
        cmocka_unit_test(test_an_origin_is_own_when_it_is_what_was_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
