/* The ring against a list that forgets nothing: whatever is done to both, the ring holds the list's
 * last N entries, in order. */
#include "tickd/base/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "support/seed.h"
#include "tickd/base/rng.h"

enum { ROUNDS = 300, STEPS = 200, ENTRY_MAX = 40, CAPACITY_MAX = 24, GUARD = 64 };

struct list {
    unsigned char entries[STEPS][ENTRY_MAX];
    size_t count;
};

static struct list list;
static unsigned char memory[CAPACITY_MAX * ENTRY_MAX + GUARD];

static void append(struct ring *ring, struct rng *rng)
{
    unsigned char *entry = list.entries[list.count++];

    for (size_t i = 0; i < ring->entry_size; i++)
        entry[i] = (unsigned char)rng_next(rng);
    if (rng_below(rng, 2) == 0)
        ring_push(ring, entry);
    else
        memcpy(ring_append(ring), entry, ring->entry_size);
}

static void check_all(const struct ring *ring)
{
    size_t kept = list.count < ring->capacity ? list.count : ring->capacity;
    size_t forgotten = list.count - kept;

    assert_int_equal(ring_size(ring), kept);
    assert_int_equal(ring_overwritten(ring), forgotten);
    assert_int_equal(ring->appended, ring_size(ring) + ring_overwritten(ring));
    for (size_t i = 0; i < kept; i++) {
        const void *expected = list.entries[forgotten + i];

        assert_memory_equal(ring_at(ring, i), expected, ring->entry_size);
        assert_ptr_equal(ring_newest(ring, kept - 1 - i), ring_at(ring, i));
        assert_ptr_equal(ring_by_number(ring, forgotten + i), ring_at(ring, i));
    }
    for (size_t number = 0; number < forgotten; number++)
        assert_null(ring_by_number(ring, number));
    assert_null(ring_by_number(ring, list.count));
}

static void check_guard(const struct ring *ring)
{
    const unsigned char *end = memory + ring->capacity * ring->entry_size;

    for (size_t i = 0; i < GUARD; i++)
        assert_int_equal(end[i], 0xa5);
}

static void test_a_ring_holds_the_last_entries_of_a_list(void **state)
{
    struct rng rng;
    struct ring ring;

    (void)state;
    rng_stream(&rng, test_seed(), "ring");
    for (int round = 0; round < ROUNDS; round++) {
        size_t capacity = 1 + (size_t)rng_below(&rng, CAPACITY_MAX);
        size_t entry_size = 1 + (size_t)rng_below(&rng, ENTRY_MAX);

        memset(memory, 0xa5, sizeof memory);
        list.count = 0;
        ring_init_over(&ring, memory, capacity, entry_size);
        for (int step = 0; step < STEPS; step++) {
            if (rng_below(&rng, 50) == 0) {
                ring_clear(&ring);
                list.count = 0;
            } else {
                append(&ring, &rng);
            }
            check_all(&ring);
        }
        check_guard(&ring);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_ring_holds_the_last_entries_of_a_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
