/* tickctl's end of the socket, against a socket that the test holds. */
#include "tickd/ops/ctl_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tickd/base/error.h"

static char folder[] = "/tmp/tickd-ctl-XXXXXX";
static char path[64];
static struct ctl_client client;
static int other = -1;
static char why_memory[512];
static struct text why;

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/control.sock", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int start(void **state)
{
    int pair[2];

    (void)state;
    text_init(&why, why_memory, sizeof why_memory);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return -1;
    client = (struct ctl_client){.descriptor = pair[0]};
    other = pair[1];
    return 0;
}

static int stop(void **state)
{
    (void)state;
    ctl_close(&client);
    if (other >= 0)
        close(other);
    other = -1;
    return 0;
}

static void test_a_request_is_json_rpc_with_its_arguments(void **state)
{
    static const char *const arguments[] = {"SPY\"\n", "5"};
    char line[256];

    (void)state;
    assert_int_equal(ctl_send(&client, "bars", arguments, 2), 0);
    ssize_t length = read(other, line, sizeof line - 1);

    assert_true(length > 0);
    line[length] = '\0';
    assert_string_equal(line, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"bars\","
                              "\"params\":[\"SPY\\\"\\n\",\"5\"]}\n");
}

static void test_a_request_that_no_line_holds_is_refused(void **state)
{
    static char word[70000];
    const char *const arguments[] = {word};

    (void)state;
    memset(word, 'x', sizeof word - 1);
    assert_int_equal(ctl_send(&client, "bars", arguments, 1), ERROR_FULL);
}

static void test_lines_are_read_one_by_one_however_they_arrive(void **state)
{
    char *line;
    size_t length;

    (void)state;
    assert_int_equal(write(other, "one\n\ntwo\nhal", 12), 12);
    assert_int_equal(ctl_read_line(&client, &line, &length), 0);
    assert_string_equal(line, "one");
    assert_int_equal(ctl_read_line(&client, &line, &length), 0);
    assert_int_equal(length, 0);
    assert_int_equal(ctl_read_line(&client, &line, &length), 0);
    assert_string_equal(line, "two");
    assert_int_equal(write(other, "f\n", 2), 2);
    assert_int_equal(ctl_read_line(&client, &line, &length), 0);
    assert_string_equal(line, "half");
    close(other);
    other = -1;
    assert_int_equal(ctl_read_line(&client, &line, &length), ERROR_CLOSED);
}

/* A line of several megabytes is written by a child while we read. */
static void test_a_long_line_is_read_whole(void **state)
{
    enum { LENGTH = 5000000 };
    char *line;
    size_t length;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        char block[10000];

        memset(block, 'x', sizeof block);
        for (size_t sent = 0; sent < LENGTH; sent += sizeof block) {
            for (size_t at = 0; at < sizeof block;) {
                ssize_t now = write(other, block + at, sizeof block - at);

                at += now > 0 ? (size_t)now : 0;
            }
        }
        _exit(write(other, "\n", 1) == 1 ? 0 : 1);
    }
    assert_true(child > 0);
    assert_int_equal(ctl_read_line(&client, &line, &length), 0);
    assert_int_equal(length, LENGTH);
    assert_int_equal(strspn(line, "x"), LENGTH);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void test_a_result_is_handed_on_byte_for_byte(void **state)
{
    static const char reply[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"n\":9007199254740993}}";
    static const char error[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601}}";
    const char *result;
    size_t length;

    (void)state;
    assert_true(ctl_find_result(reply, sizeof reply - 1, &result, &length));
    assert_int_equal(length, strlen("{\"n\":9007199254740993}"));
    assert_memory_equal(result, "{\"n\":9007199254740993}", length);
    assert_false(ctl_find_result(error, sizeof error - 1, &result, &length));
    assert_false(ctl_find_result("", 0, &result, &length));
}

static void test_where_nobody_listens_there_is_no_daemon(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct ctl_client second;
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    assert_int_equal(ctl_connect(&second, path, &why), ERROR_NOT_FOUND);
    assert_non_null(strstr(why_memory, "no daemon listens at"));
    text_copy(address.sun_path, sizeof address.sun_path, path);
    assert_int_equal(bind(dead, (const struct sockaddr *)&address, sizeof address), 0);
    text_clear(&why);
    assert_int_equal(ctl_connect(&second, path, &why), ERROR_NOT_FOUND); /* dead: refused */
    assert_int_equal(listen(dead, 1), 0);
    assert_int_equal(ctl_connect(&second, path, &why), 0);
    ctl_close(&second);
    close(dead);
    unlink(path);
}

static void test_the_socket_is_looked_for_in_the_runtime_directory_first(void **state)
{
    char found[CTL_PATH_MAX];
    char directories[128];
    FILE *file = fopen(path, "w");

    (void)state;
    assert_non_null(file);
    fclose(file);
    (void)snprintf(directories, sizeof directories, "%s:/elsewhere", folder);
    assert_int_equal(setenv("RUNTIME_DIRECTORY", directories, 1), 0);
    assert_int_equal(ctl_find_socket(NULL, found, &why), 0);
    assert_string_equal(found, path);
    assert_int_equal(ctl_find_socket("/given", found, &why), 0);
    assert_string_equal(found, "/given");
    unsetenv("RUNTIME_DIRECTORY");
    unlink(path);
}

int main(void)
{
#define CLIENT_TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        CLIENT_TEST(test_a_request_is_json_rpc_with_its_arguments),
        CLIENT_TEST(test_a_request_that_no_line_holds_is_refused),
        CLIENT_TEST(test_lines_are_read_one_by_one_however_they_arrive),
        CLIENT_TEST(test_a_long_line_is_read_whole),
        CLIENT_TEST(test_a_result_is_handed_on_byte_for_byte),
        CLIENT_TEST(test_where_nobody_listens_there_is_no_daemon),
        CLIENT_TEST(test_the_socket_is_looked_for_in_the_runtime_directory_first),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
