/* Assertions: silent when they hold, loud when they do not. */
#include "tickd/base/assert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/death.h"

static int calls;

static int count_call(void)
{
    return ++calls;
}

static void break_one(void)
{
    ASSERT(1 + 1 == 3);
}

static void test_an_assertion_that_holds_evaluates_its_condition_once(void **state)
{
    (void)state;
    ASSERT(count_call() == 1);
    assert_int_equal(calls, 1);
}

static void test_a_broken_assertion_aborts_and_says_its_own_text(void **state)
{
    (void)state;
    assert_true(dies_saying(break_one, "assertion failed: 1 + 1 == 3\n"));
}

static void test_a_broken_assertion_says_where_it_stands(void **state)
{
    (void)state;
    assert_true(dies_saying(break_one, "test_assert.c:"));
    assert_true(dies_saying(break_one, ": break_one: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_assertion_that_holds_evaluates_its_condition_once),
        cmocka_unit_test(test_a_broken_assertion_aborts_and_says_its_own_text),
        cmocka_unit_test(test_a_broken_assertion_says_where_it_stands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
