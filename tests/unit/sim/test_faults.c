/* --fault NAME[=ARG]: what is understood, and what is said about the rest. */
#include "tickd/sim/faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct faults faults;
static char error[FAULT_ERROR_MAX];

static const struct fault_setting *added(enum fault fault, const char *argument)
{
    faults_init(&faults);
    assert_int_equal(faults_add(&faults, argument, error), 0);
    assert_true(fault_on(&faults, fault));
    return fault_setting(&faults, fault);
}

static void refused(const char *argument, const char *line)
{
    struct faults before = faults;
    assert_true(faults_add(&faults, argument, error) < 0);
    assert_string_equal(error, line);
    assert_memory_equal(&before, &faults, sizeof faults);
}

static void test_every_fault_can_be_turned_on_by_its_name_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        const struct fault_row *row = fault_row((enum fault)i);
        const struct fault_setting *setting = added((enum fault)i, row->name);
        assert_true(setting->number == row->number && setting->second == row->second);
        assert_string_equal(setting->text, row->form == FAULT_TEXT ? row->words : "");
        for (size_t other = 0; other < FAULT_COUNT; other++) {
            assert_true(other == i || !fault_on(&faults, (enum fault)other));
        }
    }
}

static void test_arguments_are_read_by_their_form(void **state)
{
    (void)state;
    assert_true(added(FAULT_NEWS, "news=0.25")->number == 0.25);
    assert_true(added(FAULT_ENTRIES, "entries=7")->number == 7);
    assert_true(added(FAULT_DELAY, "delay=0.5")->number == 0.5);
    assert_true(added(FAULT_TWICE, "twice=frame")->number == TWICE_FRAME);
    assert_true(added(FAULT_TWICE, "twice=second")->number == TWICE_SECOND);
    assert_true(added(FAULT_CONDITIONS, "conditions=mixed")->number == FORM_MIXED);
    assert_true(added(FAULT_SECOND_CONNECTION, "second-connection=refuse")->number ==
                SECOND_REFUSED);
    const struct fault_setting *pair = added(FAULT_RESET, "reset=1.5:2");
    assert_true(pair->number == 1.5 && pair->second == 2);
    pair = added(FAULT_RESET, "reset=3");
    assert_true(pair->number == 3 && pair->second == 0);
    pair = added(FAULT_LATE_TRADES, "late=2400:0.5");
    assert_true(pair->number == 2400 && pair->second == 0.5);
    assert_string_equal(added(FAULT_INVALID_SYMBOL, "invalid-symbol=OANDA:EUR_USD")->text,
                        "OANDA:EUR_USD");
}

static void test_a_fault_given_again_counts_anew(void **state)
{
    (void)state;
    added(FAULT_NEWS, "news=0.25");
    assert_int_equal(faults_add(&faults, "news=0.5", error), 0);
    assert_true(fault_setting(&faults, FAULT_NEWS)->number == 0.5);
}

static void test_what_cannot_be_read_is_refused_in_one_line(void **state)
{
    (void)state;
    faults_init(&faults);
    refused("nonsense", "unknown fault 'nonsense'; --help lists all");
    refused("", "unknown fault ''; --help lists all");
    refused("new", "unknown fault 'new'; --help lists all");
    refused("no-pings=1", "fault no-pings: '1': it takes no argument");
    refused("news=0", "fault news: '0': a share is needed, above 0 and up to 1");
    refused("news=1.1", "fault news: '1.1': a share is needed, above 0 and up to 1");
    refused("news=", "fault news: '': a share is needed, above 0 and up to 1");
    refused("handshake-401=1.5", "fault handshake-401: '1.5': a whole number is needed");
    refused("handshake-401=-1", "fault handshake-401: '-1': a whole number is needed");
    refused("twice=thrice",
            "fault twice: 'thrice': one of these words is needed: frame|soon|second");
    refused("twice=", "fault twice: '': one of these words is needed: frame|soon|second");
    refused("entries=0", "fault entries: 0 is not within 1 and 1000");
    refused("reset=1:x", "fault reset: '1:x': SECONDS or SECONDS:CONNECTIONS is needed");
    refused("reset=1:", "fault reset: '1:': SECONDS or SECONDS:CONNECTIONS is needed");
    refused("error=", "fault error: '': a text of 1 to 63 bytes is needed");
}

static void test_usage_shows_the_words_or_the_form(void **state)
{
    (void)state;
    char memory[128];
    fault_usage(FAULT_TWICE, memory, sizeof memory);
    assert_string_equal(memory, "twice[=frame|soon|second]");
    fault_usage(FAULT_RESET, memory, sizeof memory);
    assert_string_equal(memory, "reset[=S[:N]]");
    fault_usage(FAULT_NO_PINGS, memory, sizeof memory);
    assert_string_equal(memory, "no-pings");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_fault_can_be_turned_on_by_its_name_alone),
        cmocka_unit_test(test_arguments_are_read_by_their_form),
        cmocka_unit_test(test_a_fault_given_again_counts_anew),
        cmocka_unit_test(test_what_cannot_be_read_is_refused_in_one_line),
        cmocka_unit_test(test_usage_shows_the_words_or_the_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
