/* The feed's URL in its parts. */
#include "tickd/feed/feed_url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/error.h"

enum { WHY_MAX = 256 };

static char memory[WHY_MAX];

static int parse(const char *text, struct feed_url *url)
{
    struct text why;

    text_init(&why, memory, sizeof memory);
    return feed_url_parse(text, url, &why);
}

static void test_urls_fall_into_their_parts(void **state)
{
    static const struct {
        const char *text;
        bool secure;
        const char *host;
        int port;
        const char *path;
        const char *authority;
    } cases[] = {
        {"wss://ws.finnhub.io", true, "ws.finnhub.io", 443, "/", "ws.finnhub.io"},
        {"ws://127.0.0.1:8051", false, "127.0.0.1", 8051, "/", "127.0.0.1:8051"},
        {"ws://localhost/feed/v1", false, "localhost", 80, "/feed/v1", "localhost"},
        {"wss://a.b:443/", true, "a.b", 443, "/", "a.b"},
        {"ws://a.b:443/", false, "a.b", 443, "/", "a.b:443"},
        {"ws://[::1]:8051/x", false, "::1", 8051, "/x", "[::1]:8051"},
        {"wss://[2001:db8::7]", true, "2001:db8::7", 443, "/", "[2001:db8::7]"},
        {"ws://h:65535", false, "h", 65535, "/", "h:65535"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct feed_url url;

        assert_int_equal(parse(cases[i].text, &url), 0);
        assert_int_equal(url.secure, cases[i].secure);
        assert_string_equal(url.host, cases[i].host);
        assert_int_equal(url.port, cases[i].port);
        assert_string_equal(url.path, cases[i].path);
        assert_string_equal(url.authority, cases[i].authority);
    }
}

static void test_other_forms_are_refused_without_showing_them(void **state)
{
    static const struct {
        const char *text;
        int error;
    } cases[] = {
        {"", ERROR_SYNTAX},
        {"ws://", ERROR_SYNTAX},
        {"wss:///path", ERROR_SYNTAX},
        {"ws://:80", ERROR_SYNTAX},
        {"http://secret.host", ERROR_SYNTAX},
        {"WSS://secret.host", ERROR_SYNTAX},
        {"secret.host", ERROR_SYNTAX},
        {"wss://ws.finnhub.io?token=secret", ERROR_SYNTAX},
        {"wss://ws.finnhub.io/?token=secret", ERROR_SYNTAX},
        {"wss://ws.finnhub.io/#secret", ERROR_SYNTAX},
        {"wss://user:secret@ws.finnhub.io", ERROR_SYNTAX},
        {"wss://secret host", ERROR_SYNTAX},
        {"wss://secret\thost", ERROR_SYNTAX},
        {"wss://secr\xc3\xa9t", ERROR_SYNTAX},
        {"ws://[::1", ERROR_SYNTAX},
        {"ws://[]:80", ERROR_SYNTAX},
        {"ws://secret:", ERROR_RANGE},
        {"ws://secret:0", ERROR_RANGE},
        {"ws://secret:65536", ERROR_RANGE},
        {"ws://secret:80x", ERROR_RANGE},
        {"ws://secret:-80", ERROR_RANGE},
        {"ws://secret:000080", ERROR_RANGE},
        {"ws://[::1]80", ERROR_RANGE},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct feed_url url;

        assert_int_equal(parse(cases[i].text, &url), cases[i].error);
        assert_non_null(strstr(memory, "feed.url must be ws://HOST"));
        assert_null(strstr(memory, "secr"));
    }
}

static void test_a_url_that_is_too_long_is_refused(void **state)
{
    char text[600] = "ws://";
    struct feed_url url;

    (void)state;
    memset(text + 5, 'h', 300);
    text[305] = '\0';
    assert_int_equal(parse(text, &url), ERROR_SYNTAX);
    memset(text + 5, 'h', 5);
    memset(text + 10, '/', 400);
    text[410] = '\0';
    assert_int_equal(parse(text, &url), ERROR_RANGE);
}

static void test_only_finnhub_s_own_hosts_need_a_key(void **state)
{
    static const struct {
        const char *text;
        bool needs;
    } cases[] = {
        {"wss://ws.finnhub.io", true},     {"wss://finnhub.io", true},
        {"ws://WS.Finnhub.IO:8080", true}, {"wss://notfinnhub.io", false},
        {"wss://finnhub.io.local", false}, {"ws://127.0.0.1:8051", false},
        {"ws://localhost:8051", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct feed_url url;

        assert_int_equal(parse(cases[i].text, &url), 0);
        assert_int_equal(feed_url_needs_key(&url), cases[i].needs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls_fall_into_their_parts),
        cmocka_unit_test(test_other_forms_are_refused_without_showing_them),
        cmocka_unit_test(test_a_url_that_is_too_long_is_refused),
        cmocka_unit_test(test_only_finnhub_s_own_hosts_need_a_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
