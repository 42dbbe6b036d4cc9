/* Processes by number and beginning. */
#include "tickd/ops/process.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_a_name_with_brackets_and_blanks_does_not_confuse(void **state)
{
    struct process_sight sight;

    (void)state;
    assert_true(process_parse("7 (a) b (c)) T 1 7 7 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 12345 "
                              "1000 2",
                              &sight));
    assert_true(sight.is_there);
    assert_int_equal(sight.state, 'T');
    assert_int_equal(sight.ticks, 12345);
    assert_true(process_parse("7 (x) Z 1 7 7 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 9", &sight));
    assert_false(sight.is_there); /* waits for its parent */
}

static void test_what_is_no_stat_is_refused(void **state)
{
    static const char *const texts[] = {"",
                                        "7",
                                        "7 (x",
                                        "7 (x)",
                                        "7 (x) ",
                                        "7 (x) S 1 2 3",
                                        "7 (x) S 1 7 7 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 ",
                                        "7 (x) S 1 7 7 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 x"};
    struct process_sight sight;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(process_parse(texts[i], &sight));
}

static void test_this_process_is_there_and_its_beginning_stays(void **state)
{
    struct process_sight one = process_look(getpid());
    struct process_sight two = process_look(getpid());

    (void)state;
    assert_true(one.is_there);
    assert_true(one.ticks > 0);
    assert_int_equal(one.ticks, two.ticks);
}

static void test_a_child_that_ended_is_not_there_even_before_it_is_waited_for(void **state)
{
    siginfo_t info;
    pid_t child = fork();

    (void)state;
    if (child == 0)
        _exit(0);
    assert_true(child > 0);
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_false(process_look(child).is_there);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_false(process_look(child).is_there);
}

static void test_numbers_of_no_process_are_not_asked_for(void **state)
{
    (void)state;
    assert_false(process_look(0).is_there); /* kill(0) would be for us all */
    assert_false(process_look(-1).is_there);
    assert_false(process_look(INT64_MAX).is_there);
    assert_false(process_look(INT64_MIN).is_there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_name_with_brackets_and_blanks_does_not_confuse),
        cmocka_unit_test(test_what_is_no_stat_is_refused),
        cmocka_unit_test(test_this_process_is_there_and_its_beginning_stays),
        cmocka_unit_test(test_a_child_that_ended_is_not_there_even_before_it_is_waited_for),
        cmocka_unit_test(test_numbers_of_no_process_are_not_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
