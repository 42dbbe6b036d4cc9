/* What the service manager is sent, read at the other end of a socket. */
#include "tickd/ops/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "tickd/base/error.h"

struct manager {
    int descriptor;
    char folder[32];
    char name[64]; /* as in $NOTIFY_SOCKET */
    struct notify notify;
    char why_memory[256];
    struct text why;
};

static void listen_at(struct manager *manager, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    text_copy(manager->name, sizeof manager->name, name);
    memcpy(address.sun_path, name, length);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    else
        length++;
    manager->descriptor = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_true(manager->descriptor >= 0);
    assert_int_equal(bind(manager->descriptor, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
                     0);
}

static int begin(void **state)
{
    struct manager *manager = calloc(1, sizeof *manager);
    assert_non_null(manager);
    text_copy(manager->folder, sizeof manager->folder, "/tmp/tickd-notify-XXXXXX");
    assert_non_null(mkdtemp(manager->folder));
    text_init(&manager->why, manager->why_memory, sizeof manager->why_memory);
    manager->descriptor = -1;
    manager->notify.descriptor = -1;
    *state = manager;
    return 0;
}

static int end(void **state)
{
    struct manager *manager = *state;
    notify_close(&manager->notify);
    if (manager->descriptor >= 0)
        close(manager->descriptor);
    if (manager->name[0] == '/')
        unlink(manager->name);
    rmdir(manager->folder);
    free(manager);
    return 0;
}

static void expect(const struct manager *manager, const char *datagram)
{
    char got[NOTIFY_BYTES_MAX + 1] = "";
    ssize_t length = recv(manager->descriptor, got, sizeof got - 1, MSG_DONTWAIT);
    assert_true(length >= 0);
    assert_string_equal(got, datagram);
}

static void expect_nothing(const struct manager *manager)
{
    char got[NOTIFY_BYTES_MAX];
    assert_int_equal(recv(manager->descriptor, got, sizeof got, MSG_DONTWAIT), -1);
}

static void test_a_path_is_told(void **state)
{
    struct manager *manager = *state;
    char path[64];
    (void)snprintf(path, sizeof path, "%s/notify", manager->folder);
    listen_at(manager, path);
    assert_int_equal(notify_open(&manager->notify, path, &manager->why), 0);
    assert_true(notify_is_open(&manager->notify));
    assert_true(notify_send(&manager->notify, "READY=1"));
    assert_true(notify_send(&manager->notify, "RELOADING=1\nMONOTONIC_USEC=7"));
    expect(manager, "READY=1");
    expect(manager, "RELOADING=1\nMONOTONIC_USEC=7");
    expect_nothing(manager);
}

static void test_an_abstract_name_is_told(void **state)
{
    struct manager *manager = *state;
    char name[64];
    (void)snprintf(name, sizeof name, "@tickd-test-%ld", (long)getpid());
    listen_at(manager, name);
    assert_int_equal(notify_open(&manager->notify, name, &manager->why), 0);
    assert_true(notify_send(&manager->notify, "STOPPING=1"));
    expect(manager, "STOPPING=1");
}

static void test_a_status_is_one_line(void **state)
{
    struct manager *manager = *state;
    char name[64];
    (void)snprintf(name, sizeof name, "@tickd-test-%ld", (long)getpid());
    listen_at(manager, name);
    assert_int_equal(notify_open(&manager->notify, name, &manager->why), 0);
    assert_true(notify_send_status(&manager->notify, "a\nREADY=1"));
    expect(manager, "STATUS=a READY=1");
}

static void test_nobody_to_tell_is_no_error(void **state)
{
    struct manager *manager = *state;
    assert_int_equal(notify_open(&manager->notify, NULL, &manager->why), 0);
    assert_true(notify_send(&manager->notify, "READY=1"));
    assert_int_equal(notify_open(&manager->notify, "", &manager->why), 0);
    assert_false(notify_is_open(&manager->notify));
}

static void test_a_name_that_is_none_is_refused(void **state)
{
    struct manager *manager = *state;
    char longest[256];
    memset(longest, 'a', sizeof longest - 1);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(notify_open(&manager->notify, "run/notify", &manager->why), ERROR_RANGE);
    assert_int_equal(notify_open(&manager->notify, "@", &manager->why), ERROR_RANGE);
    assert_int_equal(notify_open(&manager->notify, longest, &manager->why), ERROR_RANGE);
    assert_false(notify_is_open(&manager->notify));
}

static void test_a_socket_that_is_not_there_is_named(void **state)
{
    struct manager *manager = *state;
    assert_int_equal(notify_open(&manager->notify, "/nonexistent/notify", &manager->why), ERROR_IO);
    assert_non_null(strstr(manager->why_memory, "/nonexistent/notify"));
    assert_true(notify_send(&manager->notify, "READY=1"));
}

static void test_a_full_socket_does_not_make_the_caller_wait(void **state)
{
    struct manager *manager = *state;
    char name[64];
    int sent = 0;
    (void)snprintf(name, sizeof name, "@tickd-test-%ld", (long)getpid());
    listen_at(manager, name);
    assert_int_equal(notify_open(&manager->notify, name, &manager->why), 0);
    while (sent < 100000 && notify_send(&manager->notify, "WATCHDOG=1"))
        sent++;
    assert_in_range(sent, 1, 99999);
    expect(manager, "WATCHDOG=1");
    assert_true(notify_send(&manager->notify, "WATCHDOG=1"));
}

static void test_the_watchdog_is_for_the_process_that_it_names(void **state)
{
    (void)state;
    assert_int_equal(notify_watchdog_us("30000000", "77", 77), 30000000);
    assert_int_equal(notify_watchdog_us("30000000", NULL, 77), 30000000);
    assert_int_equal(notify_watchdog_us("30000000", "76", 77), 0);
    assert_int_equal(notify_watchdog_us("30000000", "x", 77), 0);
    assert_int_equal(notify_watchdog_us(NULL, "77", 77), 0);
    assert_int_equal(notify_watchdog_us("0", NULL, 77), 0);
    assert_int_equal(notify_watchdog_us("soon", NULL, 77), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_path_is_told, begin, end),
        cmocka_unit_test_setup_teardown(test_an_abstract_name_is_told, begin, end),
        cmocka_unit_test_setup_teardown(test_a_status_is_one_line, begin, end),
        cmocka_unit_test_setup_teardown(test_nobody_to_tell_is_no_error, begin, end),
        cmocka_unit_test_setup_teardown(test_a_name_that_is_none_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_a_socket_that_is_not_there_is_named, begin, end),
        cmocka_unit_test_setup_teardown(test_a_full_socket_does_not_make_the_caller_wait, begin,
                                        end),
        cmocka_unit_test(test_the_watchdog_is_for_the_process_that_it_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
