/* Descriptors as systemd passes them: from 3 on. A test has 3 and 4 for itself. */
#include "tickd/ops/activation.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "tickd/base/error.h"

enum { OWN_PID = 4711 };

static char why_memory[256];

static void put(int descriptor, int wanted)
{
    if (descriptor != wanted) {
        assert_int_equal(dup2(descriptor, wanted), wanted);
        close(descriptor);
    }
}

static void put_listening(int wanted)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(descriptor, (const struct sockaddr *)&address, sizeof(sa_family_t)), 0);
    assert_int_equal(listen(descriptor, 1), 0);
    put(descriptor, wanted);
}

static bool is_open(int descriptor)
{
    return fcntl(descriptor, F_GETFD) >= 0;
}

static int take(const char *pid, const char *count, const char *names)
{
    struct activation activation = {.pid = pid, .count = count, .names = names};
    struct text why;
    text_init(&why, why_memory, sizeof why_memory);
    return activation_take(&activation, OWN_PID, "control", &why);
}

static void test_takes_the_one_of_that_name(void **state)
{
    (void)state;
    put_listening(3);
    put_listening(4);
    assert_int_equal(take("4711", "2", "other:control"), 4);
    assert_false(is_open(3));
    assert_int_equal(fcntl(4, F_GETFD), FD_CLOEXEC);
    assert_true((fcntl(4, F_GETFL) & O_NONBLOCK) != 0);
}

static void test_takes_the_only_one_whatever_its_name(void **state)
{
    (void)state;
    put_listening(3);
    assert_int_equal(take("4711", "1", "tickd.socket"), 3);
    assert_int_equal(take("4711", "1", NULL), 3);
}

static void test_leaves_what_is_for_another_process(void **state)
{
    (void)state;
    put_listening(3);
    assert_int_equal(take("4712", "1", "control"), 0);
    assert_int_equal(take(NULL, "1", "control"), 0);
    assert_int_equal(take("4711", NULL, NULL), 0);
    assert_int_equal(take("4711", "0", NULL), 0);
    assert_int_equal(fcntl(3, F_GETFD), 0);
}

static void test_refuses_several_of_other_names(void **state)
{
    (void)state;
    put_listening(3);
    put_listening(4);
    assert_int_equal(take("4711", "2", "a:controls"), ERROR_NOT_FOUND);
    assert_non_null(strstr(why_memory, "FileDescriptorName=control"));
    assert_false(is_open(3));
    assert_false(is_open(4));
}

static void test_refuses_what_does_not_listen(void **state)
{
    (void)state;
    put(socket(AF_UNIX, SOCK_STREAM, 0), 3);
    assert_int_equal(take("4711", "1", "control"), ERROR_TYPE);
}

static void test_refuses_datagrams(void **state)
{
    (void)state;
    put(socket(AF_UNIX, SOCK_DGRAM, 0), 3);
    assert_int_equal(take("4711", "1", "control"), ERROR_TYPE);
}

static void test_refuses_a_closed_descriptor(void **state)
{
    (void)state;
    close(3);
    assert_int_equal(take("4711", "1", "control"), ERROR_TYPE);
}

static void test_refuses_a_count_that_is_none(void **state)
{
    (void)state;
    assert_int_equal(take("4711", "many", "control"), ERROR_SYNTAX);
    assert_int_equal(take("4711", "65", "control"), ERROR_SYNTAX);
    assert_int_equal(take("4711", "-1", "control"), ERROR_SYNTAX);
}

static int close_passed(void **state)
{
    (void)state;
    close(3);
    close(4);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_takes_the_one_of_that_name, close_passed,
                                        close_passed),
        cmocka_unit_test_setup_teardown(test_takes_the_only_one_whatever_its_name, close_passed,
                                        close_passed),
        cmocka_unit_test_setup_teardown(test_leaves_what_is_for_another_process, close_passed,
                                        close_passed),
        cmocka_unit_test_setup_teardown(test_refuses_several_of_other_names, close_passed,
                                        close_passed),
        cmocka_unit_test_setup_teardown(test_refuses_what_does_not_listen, close_passed,
                                        close_passed),
        cmocka_unit_test_setup_teardown(test_refuses_datagrams, close_passed, close_passed),
        cmocka_unit_test_setup_teardown(test_refuses_a_closed_descriptor, close_passed,
                                        close_passed),
        cmocka_unit_test_setup_teardown(test_refuses_a_count_that_is_none, close_passed,
                                        close_passed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
