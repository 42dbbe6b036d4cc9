/* The state folder: one owner, and states that are set aside. */
#include "tickd/store/state_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tickd/base/error.h"

enum { NOW_S = 1795685400 /* 2026-11-26T09:30:00Z */ };

static char folder[64];
static char why_memory[1024];
static struct text why;

static int make_folder(void **state)
{
    (void)state;
    (void)text_copy(folder, sizeof folder, "/tmp/tickd-state-XXXXXX");
    text_init(&why, why_memory, sizeof why_memory);
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void make_file(const char *name, const char *content)
{
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    fputs(content, file);
    assert_int_equal(fclose(file), 0);
}

static bool is_there(const char *name)
{
    return access(path_of(name), F_OK) == 0;
}

/* What a child finds when it tries to take the lock: its error code, negated. */
static int code_of_a_child(void)
{
    struct state_lock lock;
    pid_t child = fork();
    if (child == 0) {
        _exit(-state_lock_take(&lock, folder, &why));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_one_process_has_the_folder(void **state)
{
    struct state_lock lock;
    (void)state;
    assert_int_equal(state_lock_take(&lock, folder, &why), 0);
    assert_int_equal(code_of_a_child(), -ERROR_EXISTS);
    state_lock_release(&lock);
    assert_int_equal(code_of_a_child(), 0);
}

/* The holder is a child that waits on a pipe, the one that is refused is this process. */
static void test_the_refusal_names_the_holder(void **state)
{
    int ready[2];
    int end[2];
    char byte;
    char pid[32];
    struct state_lock lock;
    (void)state;
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(end), 0);
    pid_t child = fork();
    if (child == 0) {
        close(end[1]);
        int error = state_lock_take(&lock, folder, &why);
        (void)!write(ready[1], "x", 1);
        (void)!read(end[0], &byte, 1);
        _exit(error == 0 ? 0 : 1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(state_lock_take(&lock, folder, &why), ERROR_EXISTS);
    snprintf(pid, sizeof pid, "process %ld:", (long)child);
    assert_non_null(strstr(why_memory, pid));
    close(end[1]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    text_clear(&why);
    assert_int_equal(state_lock_take(&lock, folder, &why), 0);
    state_lock_release(&lock);
    close(ready[0]);
    close(ready[1]);
    close(end[0]);
}

static void test_a_lock_ends_with_its_process_though_a_forked_child_lives_on(void **state)
{
    int ready[2];
    int end[2];
    char byte;
    struct state_lock lock;
    (void)state;
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(end), 0);
    pid_t child = fork();
    if (child == 0) {
        close(end[1]);
        int error = state_lock_take(&lock, folder, &why);
        if (fork() == 0) {
            (void)!write(ready[1], "x", 1);
            (void)!read(end[0], &byte, 1);
            _exit(0);
        }
        _exit(error == 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(state_lock_take(&lock, folder, &why), 0);
    state_lock_release(&lock);
    for (size_t i = 0; i < 2; i++) {
        close(ready[i]);
        close(end[i]);
    }
}

static void test_the_lock_holds_the_pid_as_text(void **state)
{
    struct state_lock lock;
    char line[32] = "";
    char expected[32];
    (void)state;
    assert_int_equal(state_lock_take(&lock, folder, &why), 0);
    FILE *file = fopen(path_of("lock"), "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    fclose(file); /* ends the lock too, as POSIX has it; it is not needed any more */
    snprintf(expected, sizeof expected, "%ld\n", (long)getpid());
    assert_string_equal(line, expected);
    state_lock_release(&lock);
}

static void test_a_lock_that_is_a_link_is_refused(void **state)
{
    struct state_lock lock;
    (void)state;
    assert_int_equal(symlink("elsewhere", path_of("lock")), 0);
    assert_int_equal(state_lock_take(&lock, folder, &why), ERROR_IO);
    assert_false(is_there("elsewhere"));
}

static void test_a_folder_that_is_not_there_is_an_error_with_its_name(void **state)
{
    struct state_lock lock;
    (void)state;
    assert_int_equal(state_lock_take(&lock, "/nonexistent/folder", &why), ERROR_IO);
    assert_non_null(strstr(why_memory, "/nonexistent/folder/lock"));
    assert_int_equal(lock.descriptor, -1);
}

static void test_a_path_too_long_is_an_error(void **state)
{
    static char longest[STATE_PATH_MAX];
    struct state_lock lock;
    (void)state;
    memset(longest, 'a', sizeof longest - 1);
    assert_int_equal(state_lock_take(&lock, longest, &why), ERROR_IO);
    assert_non_null(strstr(why_memory, "longer than"));
}

static void test_a_whole_state_is_set_aside_under_the_time(void **state)
{
    char aside[STATE_PATH_MAX];
    (void)state;
    make_file("lock", "1\n");
    make_file("tickd.db", "rows");
    assert_int_equal(mkdir(path_of("tape"), 0750), 0);
    make_file("tape/one", "inputs");
    assert_int_equal(state_set_aside(folder, NOW_S, aside, &why), 0);
    assert_non_null(strstr(aside, "/aside-20261126T093000Z"));
    assert_true(is_there("lock"));
    assert_false(is_there("tickd.db"));
    assert_true(is_there("aside-20261126T093000Z/tickd.db"));
    assert_true(is_there("aside-20261126T093000Z/tape/one"));
}

static void test_a_second_one_in_the_same_second_gets_a_number_and_the_first_stays(void **state)
{
    char aside[STATE_PATH_MAX];
    (void)state;
    make_file("tickd.db", "first");
    assert_int_equal(state_set_aside(folder, NOW_S, aside, &why), 0);
    make_file("tickd.db", "second");
    assert_int_equal(state_set_aside(folder, NOW_S, aside, &why), 0);
    assert_true(is_there("aside-20261126T093000Z/tickd.db"));
    assert_true(is_there("aside-20261126T093000Z-2/tickd.db"));
    assert_false(is_there("aside-20261126T093000Z-2/aside-20261126T093000Z"));
}

static void test_nothing_to_set_aside_makes_no_folder(void **state)
{
    char aside[STATE_PATH_MAX];
    (void)state;
    make_file("lock", "1\n");
    assert_int_equal(state_set_aside(folder, NOW_S, aside, &why), 0);
    assert_string_equal(aside, "");
}

static void test_some_of_a_state_is_set_aside_and_the_rest_stays(void **state)
{
    static const char *const names[] = {"checkpoint", "not-there", "tape", NULL};
    char aside[STATE_PATH_MAX];
    (void)state;
    make_file("checkpoint", "state");
    make_file("tickd.db", "rows");
    assert_int_equal(mkdir(path_of("tape"), 0750), 0);
    assert_int_equal(state_set_aside_some(folder, NOW_S, names, aside, &why), 0);
    assert_true(is_there("tickd.db"));
    assert_true(is_there("aside-20261126T093000Z/checkpoint"));
    assert_true(is_there("aside-20261126T093000Z/tape"));
    assert_false(is_there("tape"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_process_has_the_folder),
        TEST(test_the_refusal_names_the_holder),
        TEST(test_a_lock_ends_with_its_process_though_a_forked_child_lives_on),
        TEST(test_the_lock_holds_the_pid_as_text),
        TEST(test_a_lock_that_is_a_link_is_refused),
        TEST(test_a_folder_that_is_not_there_is_an_error_with_its_name),
        TEST(test_a_path_too_long_is_an_error),
        TEST(test_a_whole_state_is_set_aside_under_the_time),
        TEST(test_a_second_one_in_the_same_second_gets_a_number_and_the_first_stays),
        TEST(test_nothing_to_set_aside_makes_no_folder),
        TEST(test_some_of_a_state_is_set_aside_and_the_rest_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
