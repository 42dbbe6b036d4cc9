/* What is taken as alerts.command and alerts.webhook, and what is shown of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/error.h"
#include "tickd/settings/settings.h"

static struct settings settings;
static char memory[SETTING_VALUE_MAX];
static struct text text;

static const struct setting *set(const char *key, const char *value)
{
    const struct setting *setting = settings_find(key, strlen(key), NULL);
    assert_non_null(setting);
    settings_init(&settings);
    text_init(&text, memory, sizeof memory);
    assert_int_equal(settings_set(&settings, setting, value, strlen(value), &text), 0);
    return setting;
}

static void assert_right(const char *key, const char *value)
{
    const struct setting *blamed;
    set(key, value);
    if (settings_check(&settings, &blamed, &text) != 0) {
        fail_msg("%s = %s: %s", key, value, memory);
    }
}

static void assert_wrong(const char *key, const char *value, const char *message)
{
    const struct setting *blamed;
    const struct setting *setting = set(key, value);
    assert_int_equal(settings_check(&settings, &blamed, &text), ERROR_RANGE);
    assert_ptr_equal(blamed, setting);
    assert_string_equal(memory, message);
}

static void test_a_command_is_a_path_and_its_arguments(void **state)
{
    (void)state;
    assert_right("alerts.command", "");
    assert_right("alerts.command", "/usr/bin/mail -s 'tickd alert' root");
    assert_right("alerts.command", "'/opt/my tools/page' \"it's me\"");
    assert_wrong("alerts.command", "mail root",
                 "found \"mail root\", allowed: nothing, or the whole path of a program and its "
                 "arguments, at most 32 words, each quote with its end");
    assert_wrong("alerts.command", "/bin/mail 'root",
                 "found \"/bin/mail 'root\", allowed: nothing, or the whole path of a program and "
                 "its arguments, at most 32 words, each quote with its end");
    assert_wrong("alerts.command", " ",
                 "found \" \", allowed: nothing, or the whole path of a program and its "
                 "arguments, at most 32 words, each quote with its end");
}

static void test_a_webhook_is_an_address_that_no_message_shows(void **state)
{
    (void)state;
    static const char message[] = "found another form of URL, allowed: nothing, or "
                                  "http[s]://[USER:PASSWORD@]HOST[:PORT][/PATH][?QUERY]";
    assert_right("alerts.webhook", "");
    assert_right("alerts.webhook", "https://hooks.example.com/services/T0/secret?x=1");
    assert_right("alerts.webhook", "http://me:secret@127.0.0.1:8080/");
    assert_wrong("alerts.webhook", "hooks.example.com/secret", message);
    assert_wrong("alerts.webhook", "wss://hooks.example.com/secret", message);
    assert_wrong("alerts.webhook", "https://host:99999/secret", message);
}

static const char *shown(const char *key, const char *value)
{
    const struct setting *setting = set(key, value);
    text_clear(&text);
    settings_print_shown(&settings, setting, &text);
    return memory;
}

static void test_only_the_webhooks_host_is_shown(void **state)
{
    (void)state;
    assert_string_equal(shown("alerts.webhook", ""), "\"\"");
    assert_string_equal(shown("alerts.webhook", "https://me:pw@hooks.example.com/T0/secret?x=1"),
                        "\"https://hooks.example.com/<hidden>\"");
    assert_string_equal(shown("alerts.webhook", "nonsense"), "\"<hidden>\"");
    assert_string_equal(shown("alerts.command", "/bin/mail root"), "\"/bin/mail root\"");
    assert_string_equal(shown("alerts.timeout_s", "7"), "7");
    assert_wrong("alerts.webhook", "https://hooks.example.com/<hidden>",
                 "found another form of URL, allowed: nothing, or "
                 "http[s]://[USER:PASSWORD@]HOST[:PORT][/PATH][?QUERY]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_command_is_a_path_and_its_arguments),
        cmocka_unit_test(test_a_webhook_is_an_address_that_no_message_shows),
        cmocka_unit_test(test_only_the_webhooks_host_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
