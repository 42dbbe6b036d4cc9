/* Keys that change while the daemon runs: assignments, sections, copies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/decimal.h"
#include "tickd/settings/settings.h"

static struct settings settings;
static char why_memory[1024];
static struct text why;

static int set_up(void **state)
{
    (void)state;
    text_init(&why, why_memory, sizeof why_memory);
    settings_init(&settings);
    return 0;
}

/* An assignment is what a journal keeps of a change; it has to give the same value again. */
static void test_each_value_is_what_its_assignment_sets(void **state)
{
    char memory[SETTING_KEY_MAX + SETTING_VALUE_MAX];
    struct text assignment;
    (void)state;
    for (size_t i = 0; i < settings_count(); i++) {
        const struct setting *setting = settings_key(i);
        struct settings other;
        settings_init(&other);
        text_init(&assignment, memory, sizeof memory);
        settings_print_assignment(&settings, setting, &assignment);
        const char *value = strchr(memory, '=') + 1;
        assert_int_equal(strncmp(memory, setting->key, strlen(setting->key)), 0);
        assert_int_equal(settings_set(&other, setting, value, strlen(value), &why), 0);
        assert_true(settings_same_value(&settings, &other, setting));
    }
}

static void test_a_section_takes_its_own_keys_that_may_change(void **state)
{
    struct settings_portfolio portfolio = settings.portfolio;
    (void)state;
    assert_true(settings_assign(&portfolio, "portfolio", "portfolio.max_gross=0.5"));
    assert_int_equal(portfolio.max_gross, DECIMAL_ONE / 2);
    assert_false(settings_assign(&portfolio, "portfolio", "portfolio.max_gross=eleven"));
    assert_false(settings_assign(&portfolio, "portfolio", "portfolio.max_gross"));
    assert_false(settings_assign(&portfolio, "portfolio", "portfolio.initial_cash=1"));
    assert_false(settings_assign(&portfolio, "portfolio", "log.level=debug"));
    assert_false(settings_assign(&portfolio, "port", "portfolio.max_gross=0.5"));
    portfolio.max_gross = settings.portfolio.max_gross;
    assert_memory_equal(&portfolio, &settings.portfolio, sizeof portfolio);
}

static void test_some_keys_can_change_and_some_cannot(void **state)
{
    (void)state;
    assert_true(settings_is_run_time(settings_find("log.level", 9, NULL)));
    assert_true(settings_is_run_time(settings_find("portfolio.max_symbol", 20, NULL)));
    assert_false(settings_is_run_time(settings_find("seed", 4, NULL)));
    assert_false(settings_is_run_time(settings_find("market.bar_ms", 13, NULL)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_each_value_is_what_its_assignment_sets, set_up),
        cmocka_unit_test_setup(test_a_section_takes_its_own_keys_that_may_change, set_up),
        cmocka_unit_test_setup(test_some_keys_can_change_and_some_cannot, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
