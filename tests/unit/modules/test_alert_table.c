/* The table of alerts holds together, and docs/alerts.md says the same. */
#include "tickd/bus/alert_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/modules/monitor_alerts.h"

enum { DOCUMENT_MAX = 65536, ROW_MAX = 512 };

static void test_name_and_severity_name_one_alert(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < ALERT_COUNT; i++) {
        assert_string_equal(alert_name(i), alert_rule((enum alert_id)i)->name);
        for (uint32_t j = 0; j < i; j++) {
            const struct alert_rule *a = alert_rule((enum alert_id)i);
            const struct alert_rule *b = alert_rule((enum alert_id)j);
            assert_true(strcmp(a->name, b->name) != 0 || a->severity != b->severity);
        }
    }
    assert_string_equal(alert_name(ALERT_COUNT), "unknown");
}

/* Two rows of one name look at the same thing, the critical one at a worse value of it or for
 * longer. */
static void test_a_critical_alert_is_worse_than_its_warning(void **state)
{
    (void)state;
    for (uint32_t i = 0; i + 1 < ALERT_COUNT; i++) {
        const struct alert_rule *warning = alert_rule((enum alert_id)i);
        const struct alert_rule *critical = alert_rule((enum alert_id)(i + 1));
        if (strcmp(warning->name, critical->name) != 0) {
            continue;
        }
        double sign = warning->comparison == COMPARE_BELOW ? -1 : 1;
        assert_int_equal(warning->severity, SEVERITY_WARNING);
        assert_int_equal(critical->severity, SEVERITY_CRITICAL);
        assert_int_equal(warning->measure, critical->measure);
        assert_true(
            sign * critical->threshold > sign * warning->threshold ||
            (critical->threshold == warning->threshold && critical->hold_s > warning->hold_s));
    }
}

static void test_only_memory_beyond_its_limit_ends_tickd(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < ALERT_COUNT; i++) {
        bool restarts = alert_rule((enum alert_id)i)->action == ALERT_ACTION_RESTART;
        assert_int_equal(restarts, i == ALERT_MEMORY_LIMIT_CRITICAL);
    }
}

/* The document. */

static char document[DOCUMENT_MAX];

static int read_document(void **state)
{
    (void)state;
    const char *top = getenv("TICKD_SOURCE");
    char path[ROW_MAX];
    snprintf(path, sizeof path, "%s/docs/alerts.md", top != NULL ? top : ".");
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return -1;
    }
    size_t length = fread(document, 1, sizeof document - 1, file);
    document[length] = '\0';
    return fclose(file);
}

static void add_seconds(struct text *row, uint32_t seconds)
{
    if (seconds == 0) {
        text_add(row, " at once |");
    } else {
        text_format(row, " %u s |", (unsigned)seconds);
    }
}

/* "| memory | warning | resident memory is above 1.25 × its budget | 300 s | 60 s | |" */
static void print_row(const struct alert_rule *rule, struct text *row)
{
    text_format(row, "\n| `%s` | %s | %s |", rule->name, alert_severity_name(rule->severity),
                rule->summary);
    add_seconds(row, rule->hold_s);
    add_seconds(row, rule->clear_s);
    text_add(row,
             rule->action == ALERT_ACTION_RESTART ? " tickd ends with exit code 75 |\n" : " |\n");
}

static void test_the_document_has_each_row(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < ALERT_COUNT; i++) {
        char memory[ROW_MAX];
        struct text row;
        text_init(&row, memory, sizeof memory);
        print_row(alert_rule((enum alert_id)i), &row);
        if (strstr(document, memory) == NULL) {
            fail_msg("docs/alerts.md lacks this row:%s", memory);
        }
    }
}

static size_t count(const char *text)
{
    size_t found = 0;
    for (const char *at = strstr(document, text); at != NULL; at = strstr(at + 1, text)) {
        found++;
    }
    return found;
}

static void test_the_document_has_no_row_too_many(void **state)
{
    (void)state;
    assert_int_equal(count("` | warning | ") + count("` | critical | "), ALERT_COUNT);
}

static void test_the_document_says_what_to_do_about_each(void **state)
{
    (void)state;
    size_t headings = 0;
    for (uint32_t i = 0; i < ALERT_COUNT; i++) {
        char heading[64];
        snprintf(heading, sizeof heading, "\n### %s\n", alert_name(i));
        if (strstr(document, heading) == NULL) {
            fail_msg("docs/alerts.md has no heading \"### %s\"", alert_name(i));
        }
        headings += i == 0 || strcmp(alert_name(i), alert_name(i - 1)) != 0;
    }
    assert_int_equal(count("\n### "), headings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_name_and_severity_name_one_alert),
        cmocka_unit_test(test_a_critical_alert_is_worse_than_its_warning),
        cmocka_unit_test(test_only_memory_beyond_its_limit_ends_tickd),
        cmocka_unit_test(test_the_document_has_each_row),
        cmocka_unit_test(test_the_document_has_no_row_too_many),
        cmocka_unit_test(test_the_document_says_what_to_do_about_each),
    };
    return cmocka_run_group_tests(tests, read_document, NULL);
}
