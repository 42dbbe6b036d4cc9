/* The arena: measuring and taking agree, memory is clean and aligned, mistakes abort. */
#include "tickd/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "support/death.h"
#include "tickd/base/error.h"

static struct arena arena;

/* A constructor as rooms have them; run over both kinds of arena. */
static char *build(struct arena *over)
{
    char *name = arena_take(over, "thing", "name", 1, 10);
    char *parts = arena_take(over, "thing", "parts", 3, 100);

    if (arena_measuring(over))
        return NULL;
    memset(name, 'n', 10);
    memset(parts, 'p', 300);
    return name;
}

static void test_measuring_takes_nothing_and_adds_up_what_would_be_taken(void **state)
{
    (void)state;
    arena_init_measuring(&arena);
    assert_true(arena_measuring(&arena));
    assert_null(build(&arena));
    assert_int_equal(arena.used, 64 + 320);
    assert_false(arena.too_large);
    arena_fini(&arena);
}

static void test_an_arena_of_the_measured_size_is_filled_exactly(void **state)
{
    (void)state;
    arena_init_measuring(&arena);
    build(&arena);
    size_t measured = arena.used;

    assert_int_equal(arena_init(&arena, measured), 0);
    assert_false(arena_measuring(&arena));
    assert_non_null(build(&arena));
    assert_int_equal(arena.used, measured);
    assert_int_equal(arena.size, measured);
    arena_fini(&arena);
}

static void test_what_is_taken_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    assert_int_equal(arena_init(&arena, 4096), 0);
    unsigned char *before = NULL;

    for (size_t size = 1; size <= 200; size += 37) {
        unsigned char *taken = arena_take(&arena, "thing", "part", 1, size);

        assert_int_equal((uintptr_t)taken % ARENA_ALIGNMENT, 0);
        assert_true(before == NULL || taken >= before + size - 37);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(taken[i], 0);
        memset(taken, 0xff, size);
        before = taken;
    }
    arena_fini(&arena);
}

static void test_takes_of_the_same_owner_and_purpose_share_one_line(void **state)
{
    char owner[] = "thing"; /* another address than the literal's */

    (void)state;
    arena_init_measuring(&arena);
    arena_take(&arena, "thing", "parts", 2, 64);
    arena_take(&arena, "thing", "name", 1, 1);
    arena_take(&arena, owner, "parts", 3, 65);
    assert_int_equal(arena.item_count, 2);
    assert_string_equal(arena.items[0].owner, "thing");
    assert_string_equal(arena.items[0].what, "parts");
    assert_int_equal(arena.items[0].count, 5);
    assert_int_equal(arena.items[0].bytes, 128 + 256);
    assert_string_equal(arena.items[1].what, "name");
    assert_int_equal(arena.items[1].bytes, 64);
    arena_fini(&arena);
}

static void test_lines_add_up_to_what_is_used(void **state)
{
    size_t sum = 0;

    (void)state;
    arena_init_measuring(&arena);
    build(&arena);
    arena_take(&arena, "other", "table", 1000, 24);
    for (size_t i = 0; i < arena.item_count; i++)
        sum += arena.items[i].bytes;
    assert_int_equal(sum, arena.used);
    arena_fini(&arena);
}

static void test_a_sum_that_no_size_can_hold_is_noted_and_not_wrapped(void **state)
{
    (void)state;
    arena_init_measuring(&arena);
    arena_take(&arena, "thing", "product", SIZE_MAX / 2, 3);
    assert_true(arena.too_large);

    arena_init_measuring(&arena);
    arena_take(&arena, "thing", "rounding", 1, SIZE_MAX - 10);
    assert_true(arena.too_large);

    arena_init_measuring(&arena);
    arena_take(&arena, "thing", "first half", 1, SIZE_MAX / 2);
    assert_false(arena.too_large);
    arena_take(&arena, "thing", "second half", 1, SIZE_MAX / 2 + 100);
    assert_true(arena.too_large);
    arena_fini(&arena);
}

static void test_a_block_beyond_the_machine_is_a_memory_error(void **state)
{
    (void)state;
    assert_int_equal(arena_init(&arena, SIZE_MAX - 3), ERROR_MEMORY);
    arena_fini(&arena);
}

static void test_an_empty_arena_can_be_had_and_given_back(void **state)
{
    (void)state;
    assert_int_equal(arena_init(&arena, 0), 0);
    assert_false(arena_measuring(&arena));
    arena_seal(&arena);
    arena_fini(&arena);
}

static void take_too_much(void)
{
    if (arena_init(&arena, 128) != 0)
        return;
    arena_take(&arena, "thing", "name", 1, 64);
    arena_take(&arena, "thing", "parts", 2, 64);
}

static void take_after_seal(void)
{
    if (arena_init(&arena, 128) != 0)
        return;
    arena_seal(&arena);
    arena_take(&arena, "thing", "parts", 1, 64);
}

static void test_taking_more_than_there_is_aborts(void **state)
{
    (void)state;
    assert_true(dies_saying(take_too_much, "assertion failed"));
}

static void test_taking_after_the_seal_aborts(void **state)
{
    (void)state;
    assert_true(dies_saying(take_after_seal, "sealed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_measuring_takes_nothing_and_adds_up_what_would_be_taken),
        cmocka_unit_test(test_an_arena_of_the_measured_size_is_filled_exactly),
        cmocka_unit_test(test_what_is_taken_is_zeroed_aligned_and_apart),
        cmocka_unit_test(test_takes_of_the_same_owner_and_purpose_share_one_line),
        cmocka_unit_test(test_lines_add_up_to_what_is_used),
        cmocka_unit_test(test_a_sum_that_no_size_can_hold_is_noted_and_not_wrapped),
        cmocka_unit_test(test_a_block_beyond_the_machine_is_a_memory_error),
        cmocka_unit_test(test_an_empty_arena_can_be_had_and_given_back),
        cmocka_unit_test(test_taking_more_than_there_is_aborts),
        cmocka_unit_test(test_taking_after_the_seal_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
