/* Which format a client gets for its Accept header. */
#include "tickd/ops/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_gets(const char *accept, enum metrics_format expected)
{
    if (metrics_negotiate(accept) != expected)
        fail_msg("Accept: %s", accept != NULL ? accept : "(none)");
}

static void test_who_asks_for_openmetrics_first_gets_it(void **state)
{
    (void)state;
    /* Prometheus 2.42 and 3.0 */
    assert_gets("application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
                "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                METRICS_OPENMETRICS);
    assert_gets("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                METRICS_OPENMETRICS);
    assert_gets("application/openmetrics-text", METRICS_OPENMETRICS);
    assert_gets(" Application/OpenMetrics-Text ; Version=1.0.0 ", METRICS_OPENMETRICS);
    assert_gets("text/plain;q=0.5, application/openmetrics-text;q=0.5", METRICS_OPENMETRICS);
}

static void test_all_others_get_the_older_format(void **state)
{
    (void)state;
    assert_gets(NULL, METRICS_PROMETHEUS);
    assert_gets("", METRICS_PROMETHEUS);
    assert_gets("*/*", METRICS_PROMETHEUS);
    assert_gets("text/plain", METRICS_PROMETHEUS);
    assert_gets("text/html,application/xhtml+xml;q=0.9", METRICS_PROMETHEUS);
    assert_gets("text/plain;version=0.0.4;q=0.9,application/openmetrics-text;q=0.8",
                METRICS_PROMETHEUS);
    assert_gets("application/openmetrics-text;q=0", METRICS_PROMETHEUS);
    assert_gets("application/openmetrics-text;version=0.0.1", METRICS_PROMETHEUS);
    assert_gets("application/openmetrics-text2", METRICS_PROMETHEUS);
}

static void test_odd_headers_are_read_to_their_end(void **state)
{
    (void)state;
    assert_gets(",,, ;;; , application/openmetrics-text;;", METRICS_OPENMETRICS);
    assert_gets("application/openmetrics-text;q=", METRICS_OPENMETRICS); /* no parameter at all */
    assert_gets("application/openmetrics-text;q=x", METRICS_PROMETHEUS);
    assert_gets("application/openmetrics-text;q=1.00000", METRICS_PROMETHEUS);
    assert_gets("application/openmetrics-text;q=9", METRICS_OPENMETRICS);
    assert_gets("application/openmetrics-text;q=0.001", METRICS_OPENMETRICS);
    assert_gets(";", METRICS_PROMETHEUS);
    assert_gets(",", METRICS_PROMETHEUS);
}

static void test_each_format_has_its_content_type(void **state)
{
    (void)state;
    assert_string_equal(metrics_content_type(METRICS_OPENMETRICS),
                        "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert_string_equal(metrics_content_type(METRICS_PROMETHEUS),
                        "text/plain; version=0.0.4; charset=utf-8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_asks_for_openmetrics_first_gets_it),
        cmocka_unit_test(test_all_others_get_the_older_format),
        cmocka_unit_test(test_odd_headers_are_read_to_their_end),
        cmocka_unit_test(test_each_format_has_its_content_type),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
