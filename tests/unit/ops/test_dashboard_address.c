/* dashboard.listen, read and listened at. */
#include "tickd/ops/dashboard_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tickd/base/error.h"

static char memory[256];
static struct text why;
static struct dashboard_address address;

static int read_it(const char *text)
{
    text_init(&why, memory, sizeof memory);
    return dashboard_address_read(&address, text, &why);
}

static void test_addresses_of_every_kind_are_read(void **state)
{
    (void)state;
    assert_int_equal(read_it("off"), 0);
    assert_int_equal(address.kind, DASHBOARD_OFF);
    assert_int_equal(read_it("127.0.0.1:8050"), 0);
    assert_int_equal(address.kind, DASHBOARD_TCP);
    assert_int_equal(ntohs(address.socket.v4.sin_port), 8050);
    assert_int_equal(read_it("[::1]:65535"), 0);
    assert_int_equal(address.socket.any.sa_family, AF_INET6);
    assert_int_equal(ntohs(address.socket.v6.sin6_port), 65535);
    assert_int_equal(read_it("unix:/run/tickd/page.sock"), 0);
    assert_int_equal(address.kind, DASHBOARD_UNIX);
    assert_string_equal(address.path, "/run/tickd/page.sock");
}

static void test_it_is_known_who_gets_there(void **state)
{
    static const struct {
        const char *text;
        bool is_loopback;
    } rows[] = {{"127.0.0.1:1", true}, {"127.9.8.7:1", true}, {"[::1]:1", true},
                {"unix:x", true},      {"0.0.0.0:1", false},  {"10.0.0.1:1", false},
                {"[::]:1", false},     {"[fe80::1]:1", false}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        assert_int_equal(read_it(rows[i].text), 0);
        assert_int_equal(address.is_loopback, rows[i].is_loopback);
    }
}

static void test_anything_else_is_refused_with_what_is_allowed(void **state)
{
    static const char *const rows[] = {"",
                                       "8050",
                                       "127.0.0.1",
                                       ":8050",
                                       "127.0.0.1:",
                                       "unix:",
                                       "[::1]",
                                       "127.0.0.1:0",
                                       "127.0.0.1:65536",
                                       "127.0.0.1:80 ",
                                       "[]:80",
                                       "[:80",
                                       "::1:80",
                                       "localhost:8050",
                                       "[127.0.0.1]:80",
                                       "OFF",
                                       "]:80",
                                       "1.2.3.4.5:80",
                                       "[::1]80",
                                       "127.0.0.1:-1",
                                       "unix",
                                       "[::1]:",
                                       "999.999.999.999:1",
                                       "127.0.0.1:0x50",
                                       "http://127.0.0.1:8050"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        if (read_it(rows[i]) != ERROR_SYNTAX || strstr(memory, "allowed: ") == NULL)
            fail_msg("\"%s\": %s", rows[i], memory);
    }
}

static void test_a_path_that_no_socket_can_have_is_refused(void **state)
{
    char text[5 + 108 + 1] = "unix:";

    (void)state;
    memset(text + 5, 'x', 107);
    assert_int_equal(read_it(text), 0);
    memset(text + 5, 'x', 108);
    assert_int_equal(read_it(text), ERROR_RANGE);
    assert_string_equal(memory, "found a path of 108 bytes, allowed for a socket: at most 107");
}

/* A port that is free, as the system finds one. */
static void test_an_address_that_is_taken_is_said_to_be(void **state)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    socklen_t size = sizeof any;
    struct control_place place;
    int other = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(other, (struct sockaddr *)&any, sizeof any), 0);
    assert_int_equal(listen(other, 1), 0);
    assert_int_equal(getsockname(other, (struct sockaddr *)&any, &size), 0);
    assert_int_equal(read_it("127.0.0.1:1"), 0);
    address.socket.v4.sin_port = any.sin_port;
    assert_int_equal(dashboard_listen(&address, &place, &why), ERROR_EXISTS);
    assert_string_equal(memory, strerror(EADDRINUSE));
    close(other);
}

static void test_a_connection_knows_by_what_name_it_was_reached(void **state)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    char name[DASHBOARD_NAME_MAX];
    int pair[2];
    int bound = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(bound, (struct sockaddr *)&any, sizeof any), 0);
    dashboard_local_name(bound, name);
    assert_string_equal(name, "127.0.0.1");
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    dashboard_local_name(pair[0], name);
    assert_string_equal(name, "");
    close(pair[0]);
    close(pair[1]);
    close(bound);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_of_every_kind_are_read),
        cmocka_unit_test(test_it_is_known_who_gets_there),
        cmocka_unit_test(test_anything_else_is_refused_with_what_is_allowed),
        cmocka_unit_test(test_a_path_that_no_socket_can_have_is_refused),
        cmocka_unit_test(test_an_address_that_is_taken_is_said_to_be),
        cmocka_unit_test(test_a_connection_knows_by_what_name_it_was_reached),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
