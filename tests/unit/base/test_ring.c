/* The ring: it keeps exactly the newest N, in order. */
#include "tickd/base/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "support/death.h"

enum { CAPACITY = 4 };

static struct ring ring;
static uint32_t memory[CAPACITY];

static void start(uint32_t appends)
{
    ring_init_over(&ring, memory, CAPACITY, sizeof memory[0]);
    for (uint32_t i = 0; i < appends; i++)
        ring_push(&ring, &i);
}

static uint32_t read_entry(const void *entry)
{
    uint32_t value;

    assert_non_null(entry);
    memcpy(&value, entry, sizeof value);
    return value;
}

static void test_an_empty_ring_holds_nothing(void **state)
{
    (void)state;
    start(0);
    assert_int_equal(ring_size(&ring), 0);
    assert_int_equal(ring_overwritten(&ring), 0);
    assert_null(ring_by_number(&ring, 0));
}

static void test_a_ring_that_is_not_full_keeps_everything_in_order(void **state)
{
    (void)state;
    start(3);
    assert_int_equal(ring_size(&ring), 3);
    assert_int_equal(ring_overwritten(&ring), 0);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(read_entry(ring_at(&ring, i)), i);
        assert_int_equal(read_entry(ring_newest(&ring, i)), 2 - i);
    }
}

static void test_a_full_ring_overwrites_its_oldest_entry(void **state)
{
    (void)state;
    start(CAPACITY);
    assert_int_equal(read_entry(ring_at(&ring, 0)), 0);
    start(CAPACITY + 1);
    assert_int_equal(ring_size(&ring), CAPACITY);
    assert_int_equal(ring_overwritten(&ring), 1);
    assert_int_equal(read_entry(ring_at(&ring, 0)), 1);
    assert_int_equal(read_entry(ring_newest(&ring, 0)), CAPACITY);
}

static void test_after_many_turns_the_oldest_entry_is_number_k_minus_n(void **state)
{
    (void)state;
    start(1001);
    assert_int_equal(ring.appended, 1001);
    assert_int_equal(ring.appended, ring_size(&ring) + ring_overwritten(&ring));
    for (uint32_t i = 0; i < CAPACITY; i++)
        assert_int_equal(read_entry(ring_at(&ring, i)), 1001 - CAPACITY + i);
}

static void test_an_entry_is_found_by_its_number_until_it_is_overwritten(void **state)
{
    (void)state;
    start(10);
    assert_null(ring_by_number(&ring, 5));
    for (uint32_t number = 6; number < 10; number++)
        assert_int_equal(read_entry(ring_by_number(&ring, number)), number);
    assert_null(ring_by_number(&ring, 10));
    assert_null(ring_by_number(&ring, UINT64_MAX));
}

static void test_a_slot_still_holds_the_entry_that_it_will_overwrite(void **state)
{
    (void)state;
    start(CAPACITY);
    uint32_t *slot = ring_append(&ring);

    assert_int_equal(*slot, 0);
    *slot = 77;
    assert_int_equal(read_entry(ring_newest(&ring, 0)), 77);
}

static void test_a_ring_of_one_keeps_the_newest(void **state)
{
    (void)state;
    ring_init_over(&ring, memory, 1, sizeof memory[0]);
    for (uint32_t i = 0; i < 5; i++) {
        ring_push(&ring, &i);
        assert_int_equal(ring_size(&ring), 1);
        assert_int_equal(read_entry(ring_at(&ring, 0)), i);
        assert_int_equal(ring_overwritten(&ring), i);
    }
}

static void test_a_cleared_ring_begins_anew(void **state)
{
    uint32_t value = 42;

    (void)state;
    start(10);
    ring_clear(&ring);
    assert_int_equal(ring_size(&ring), 0);
    assert_int_equal(ring.appended, 0);
    ring_push(&ring, &value);
    assert_int_equal(read_entry(ring_at(&ring, 0)), 42);
    assert_int_equal(read_entry(ring_by_number(&ring, 0)), 42);
}

static void test_a_ring_takes_exactly_its_capacity_from_the_arena(void **state)
{
    static struct arena arena;

    (void)state;
    arena_init_measuring(&arena);
    ring_init(&ring, &arena, "thing", "history", 1000, 24);
    assert_int_equal(arena.items[0].count, 1000);
    assert_int_equal(arena.used, 24000);

    assert_int_equal(arena_init(&arena, 24000), 0);
    ring_init(&ring, &arena, "thing", "history", 1000, 24);
    assert_int_equal(ring.capacity, 1000);
    for (int i = 0; i < 1500; i++)
        memset(ring_append(&ring), 0x5a, 24);
    assert_int_equal(ring_size(&ring), 1000);
    arena_fini(&arena);
}

static void read_behind_the_end(void)
{
    start(3);
    ring_at(&ring, 3);
}

static void make_an_empty_ring(void)
{
    ring_init_over(&ring, memory, 0, sizeof memory[0]);
}

static void test_reading_behind_the_end_aborts(void **state)
{
    (void)state;
    assert_true(dies_saying(read_behind_the_end, "index < ring_size(ring)"));
}

static void test_a_ring_without_capacity_aborts(void **state)
{
    (void)state;
    assert_true(dies_saying(make_an_empty_ring, "capacity >= 1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_ring_holds_nothing),
        cmocka_unit_test(test_a_ring_that_is_not_full_keeps_everything_in_order),
        cmocka_unit_test(test_a_full_ring_overwrites_its_oldest_entry),
        cmocka_unit_test(test_after_many_turns_the_oldest_entry_is_number_k_minus_n),
        cmocka_unit_test(test_an_entry_is_found_by_its_number_until_it_is_overwritten),
        cmocka_unit_test(test_a_slot_still_holds_the_entry_that_it_will_overwrite),
        cmocka_unit_test(test_a_ring_of_one_keeps_the_newest),
        cmocka_unit_test(test_a_cleared_ring_begins_anew),
        cmocka_unit_test(test_a_ring_takes_exactly_its_capacity_from_the_arena),
        cmocka_unit_test(test_reading_behind_the_end_aborts),
        cmocka_unit_test(test_a_ring_without_capacity_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
