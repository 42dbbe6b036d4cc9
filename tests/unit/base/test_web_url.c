/* Addresses of the web, and what may be shown of them. */
#include "tickd/base/web_url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/error.h"

static struct web_url url;

static void parse(const char *text)
{
    int error = web_url_parse(text, &url);
    if (error != 0) {
        fail_msg("%s: %s", text, error_name(error));
    }
}

static const char *shown(const char *text)
{
    static char memory[2 * WEB_URL_MAX];
    struct text out;
    text_init(&out, memory, sizeof memory);
    web_url_print_shown(text, &out);
    return memory;
}

static void test_an_address_is_taken_apart(void **state)
{
    (void)state;
    parse("https://hooks.example.com/services/T0/B0?key=1&x=%20");
    assert_true(url.secure);
    assert_int_equal(url.port, 443);
    assert_string_equal(url.host, "hooks.example.com");
    assert_string_equal(url.authority, "hooks.example.com");
    assert_string_equal(url.target, "/services/T0/B0?key=1&x=%20");
    assert_string_equal(url.user, "");
    parse("http://me:p%40ss%3a@127.0.0.1:8080");
    assert_false(url.secure);
    assert_int_equal(url.port, 8080);
    assert_string_equal(url.host, "127.0.0.1");
    assert_string_equal(url.authority, "127.0.0.1:8080");
    assert_string_equal(url.target, "/");
    assert_string_equal(url.user, "me:p@ss:");
    parse("http://[::1]:9/x");
    assert_string_equal(url.host, "::1");
    assert_string_equal(url.authority, "[::1]:9");
    parse("https://host:443?q=a@b:c/d");
    assert_string_equal(url.authority, "host");
    assert_string_equal(url.target, "/?q=a@b:c/d");
    assert_string_equal(url.user, "");
}

static void test_anything_else_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "host",
                                        "ftp://host/",
                                        "http:/host",
                                        "http://",
                                        "http:///x",
                                        "http://:80/",
                                        "http://[::1/",
                                        "http://[]/",
                                        "http://ho st/",
                                        "http://h\xc3\xb6st/",
                                        "http://host/#part",
                                        "http://host/<hidden>",
                                        "http://a%zz@host/",
                                        "http://a%00@host/",
                                        "http://a%4@host/",
                                        "http://host/a\nb",
                                        "http://[::1]x/",
                                        "HTTP://host/",
                                        "http://u@/"};
    static const char *const out_of_range[] = {"http://host:0/", "http://host:65536/",
                                               "http://host:/", "http://host:8x/"};
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        if (web_url_parse(wrong[i], &url) != ERROR_SYNTAX) {
            fail_msg("\"%s\" is taken", wrong[i]);
        }
    }
    for (size_t i = 0; i < ARRAY_LENGTH(out_of_range); i++) {
        assert_int_equal(web_url_parse(out_of_range[i], &url), ERROR_RANGE);
    }
}

static void test_the_longest_address(void **state)
{
    (void)state;
    char text[WEB_URL_MAX + 1];
    memset(text, 'x', sizeof text);
    memcpy(text, "http://h/", 9);
    text[WEB_URL_MAX - 1] = '\0';
    parse(text);
    assert_int_equal(strlen(url.target), WEB_URL_MAX - 1 - 8);
    memcpy(text, "http://h?", 9);
    parse(text);
    assert_int_equal(strlen(url.target), WEB_URL_MAX - 8);
    text[WEB_URL_MAX - 1] = 'x';
    text[WEB_URL_MAX] = '\0';
    assert_int_equal(web_url_parse(text, &url), ERROR_RANGE);
}

static void test_what_may_be_a_secret_is_not_shown(void **state)
{
    (void)state;
    assert_string_equal(shown("https://me:secret@hooks.example.com:8443/T0/secret?key=secret"),
                        "https://hooks.example.com:8443/<hidden>");
    assert_string_equal(shown("http://host"), "http://host/<hidden>");
    assert_string_equal(shown("htps://secret"), "<hidden>");
    assert_int_not_equal(web_url_parse(shown("http://host/secret"), &url), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_address_is_taken_apart),
        cmocka_unit_test(test_anything_else_is_refused),
        cmocka_unit_test(test_the_longest_address),
        cmocka_unit_test(test_what_may_be_a_secret_is_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
