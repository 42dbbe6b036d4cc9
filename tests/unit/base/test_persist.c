/* State out and in again: what is read is what was written, or it is refused and nothing changes.
 */
#include "tickd/base/persist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "support/seal.h"
#include "tickd/base/real.h"

enum { RING = 4, ARRAY = 5, BULK_MAX = 3 * PERSIST_BLOCK, BLOCK_MAX = 5 * PERSIST_BLOCK };

/* One of each kind. */
struct thing {
    uint64_t count;
    int64_t bounded;
    bool flag;
    double shares[3];
    uint32_t array[ARRAY];
    size_t used;
    struct ring ring;
    struct ring history;
    uint32_t ring_memory[RING];
    uint32_t history_memory[16];
    unsigned char bulk[BULK_MAX];
    size_t bulk_size;
    int64_t width; /* of the configuration */
};

static bool is_even(const void *value, void *context)
{
    uint32_t number;
    (void)context;
    memcpy(&number, value, sizeof number);
    return number % 2 == 0;
}

static void persist_first(void *state, struct persist *persist)
{
    struct thing *thing = state;
    persist_same(persist, "width", thing->width);
    PERSIST(persist, thing->count);
    int64_t bounded = persist_integer(persist, "bounded", thing->bounded, -5, 5);
    bool flag = persist_flag(persist, "flag", thing->flag);
    persist_reals(persist, "shares", thing->shares, ARRAY_LENGTH(thing->shares), 0, 1);
    persist_bytes(persist, thing->bulk, thing->bulk_size);
    if (persist_loading(persist)) {
        thing->bounded = bounded;
        thing->flag = flag;
    }
}

static void persist_second(void *state, struct persist *persist)
{
    struct thing *thing = state;
    size_t used = persist_array(persist, "array", thing->array, thing->used, ARRAY,
                                sizeof *thing->array, is_even, NULL);
    persist_ring(persist, "ring", &thing->ring, is_even, NULL);
    persist_history(persist, "history", &thing->history, NULL, NULL);
    if (persist_loading(persist)) {
        thing->used = used;
    }
}

enum { FIRST_VERSION = 3, SECOND_VERSION = 4 };

static void persist_thing(struct thing *thing, struct persist *persist)
{
    persist_section(persist, "first", FIRST_VERSION, persist_first, thing);
    persist_section(persist, "second", SECOND_VERSION, persist_second, thing);
}

static void init(struct thing *thing, size_t history)
{
    memset(thing, 0, sizeof *thing);
    ring_init_over(&thing->ring, thing->ring_memory, RING, sizeof(uint32_t));
    ring_init_over(&thing->history, thing->history_memory, history, sizeof(uint32_t));
    thing->width = 1000;
    thing->bulk_size = 100;
}

static void fill(struct thing *thing, uint32_t appends)
{
    thing->count = 77;
    thing->bounded = -3;
    thing->flag = true;
    thing->shares[1] = 0.25;
    thing->used = 3;
    for (uint32_t i = 0; i < 3; i++) {
        thing->array[i] = 10 + 2 * i;
    }
    for (uint32_t i = 0; i < appends; i++) {
        uint32_t even = 2 * i;
        ring_push(&thing->ring, &even);
        ring_push(&thing->history, &i);
    }
    for (size_t i = 0; i < sizeof thing->bulk; i++) {
        thing->bulk[i] = (unsigned char)(i * 7);
    }
}

/* Bytes of a state. */

static _Alignas(PERSIST_ALIGNMENT) unsigned char block[BLOCK_MAX];
static size_t block_size;

static void take_bytes(void *state, const void *bytes, size_t size)
{
    size_t *at = state;
    assert_true(size <= sizeof block - *at);
    memcpy(block + *at, bytes, size);
    *at += size;
}

static void save(struct thing *thing)
{
    struct persist persist;
    persist_measure(&persist);
    persist_thing(thing, &persist);
    uint64_t measured = persist.size;
    block_size = 0;
    persist_save(&persist, take_bytes, &block_size);
    persist_thing(thing, &persist);
    assert_int_equal(block_size, measured);
    assert_int_equal(persist.size, measured);
}

static bool read_block(struct thing *thing, enum persist_mode mode, struct persist *persist)
{
    persist_read(persist, mode, block, block_size);
    persist_thing(thing, persist);
    return persist_done(persist);
}

/* Checked and loaded; whatever is refused is refused by the check, which changes nothing. */
static bool load(struct thing *thing, struct persist *persist)
{
    static struct thing before;
    before = *thing;
    bool good = read_block(thing, PERSIST_CHECK, persist);
    assert_memory_equal(thing, &before, sizeof before);
    return good && read_block(thing, PERSIST_LOAD, persist);
}

static void assert_refused(struct thing *thing, const char *words)
{
    struct persist persist;
    assert_false(load(thing, &persist));
    if (strstr(persist.why, words) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", persist.why, words);
    }
}

static struct thing saved;
static struct thing loaded;

static void start(uint32_t appends)
{
    init(&saved, RING);
    fill(&saved, appends);
    save(&saved);
    init(&loaded, RING);
}

static void assert_ring_equal(const struct ring *one, const struct ring *other)
{
    assert_int_equal(ring_size(one), ring_size(other));
    assert_int_equal(one->appended, other->appended);
    for (size_t i = 0; i < ring_size(one); i++) {
        assert_memory_equal(ring_at(one, i), ring_at(other, i), one->entry_size);
    }
}

static void test_what_is_loaded_is_what_was_saved(void **state)
{
    struct persist persist;
    (void)state;
    for (uint32_t appends = 0; appends < 3 * RING; appends++) {
        start(appends);
        assert_true(load(&loaded, &persist));
        assert_int_equal(loaded.count, 77);
        assert_int_equal(loaded.bounded, -3);
        assert_true(loaded.flag);
        assert_true(loaded.shares[1] > 0.2 && loaded.shares[1] < 0.3);
        assert_int_equal(loaded.used, 3);
        assert_memory_equal(loaded.array, saved.array, sizeof saved.array);
        assert_memory_equal(loaded.bulk, saved.bulk, saved.bulk_size);
        assert_ring_equal(&loaded.ring, &saved.ring);
        assert_ring_equal(&loaded.history, &saved.history);
    }
}

static void test_a_ring_goes_on_where_it_was(void **state)
{
    struct persist persist;
    (void)state;
    start(7);
    assert_true(load(&loaded, &persist));
    for (uint32_t i = 7; i < 20; i++) {
        uint32_t even = 2 * i;
        ring_push(&saved.ring, &even);
        ring_push(&loaded.ring, &even);
        assert_ring_equal(&loaded.ring, &saved.ring);
    }
}

static void test_sizes_around_a_block_are_all_read_again(void **state)
{
    struct persist persist;
    (void)state;
    for (size_t size = 0; size < BULK_MAX; size += size % 509 == 0 ? 1 : 13) {
        init(&saved, RING);
        fill(&saved, 2);
        saved.bulk_size = size;
        save(&saved);
        init(&loaded, RING);
        loaded.bulk_size = size;
        assert_true(load(&loaded, &persist));
        assert_memory_equal(loaded.bulk, saved.bulk, size);
    }
}

/* Damage. */

static void test_a_state_that_ends_early_is_refused(void **state)
{
    struct persist persist;
    (void)state;
    start(6);
    for (size_t whole = block_size; block_size > 0;) {
        block_size--;
        assert_false(load(&loaded, &persist));
        assert_true(persist.failed && persist.why[0] != '\0');
        assert_true(block_size < whole);
    }
}

static void test_bytes_behind_the_end_are_refused(void **state)
{
    (void)state;
    start(6);
    block_size += PERSIST_ALIGNMENT;
    assert_refused(&loaded, "16 bytes behind the last section");
}

static void test_every_flipped_bit_is_seen(void **state)
{
    struct persist persist;
    (void)state;
    start(6);
    for (size_t i = 0; i < block_size; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            block[i] ^= (unsigned char)(1U << bit);
            if (load(&loaded, &persist)) {
                fail_msg("bit %u of byte %zu", bit, i);
            }
            block[i] ^= (unsigned char)(1U << bit);
        }
    }
    assert_true(load(&loaded, &persist));
}

static void test_damage_is_told_by_the_name_of_its_section(void **state)
{
    (void)state;
    start(6);
    block[block_size - 32] ^= 1;
    assert_refused(&loaded, "section second: is damaged: its checksum is ");
}

/* Another build, another configuration. */

static void test_another_version_is_told(void **state)
{
    (void)state;
    start(6);
    block[offsetof(struct persist_section_head, version)] = 9;
    seal_sections(block, block_size);
    assert_refused(&loaded, "section first: is of version 9, version 3 is read here");
}

static void test_another_section_is_told(void **state)
{
    (void)state;
    start(6);
    block[offsetof(struct persist_section_head, name)] = 'F';
    seal_sections(block, block_size);
    assert_refused(&loaded, "section first: another one is in its place");
}

static void test_what_must_be_the_same_is_compared(void **state)
{
    (void)state;
    start(6);
    loaded.width = 2000;
    assert_refused(&loaded, "section first: width was 1000, and is 2000 here");
}

static void test_items_more_or_fewer_than_are_read_are_told(void **state)
{
    (void)state;
    start(6);
    loaded.bulk_size -= 32;
    assert_refused(&loaded, "section first: has 32 bytes more than are read here");
    loaded.bulk_size += 64;
    assert_refused(&loaded, "section first: ends after");
}

static uint64_t layout_of(struct thing *thing)
{
    struct persist persist;
    persist_measure(&persist);
    persist_thing(thing, &persist);
    return digest_value(&persist.layout);
}

static void test_the_layout_knows_sizes_and_no_values(void **state)
{
    static struct thing other;
    (void)state;
    start(6);
    init(&other, 2 * RING); /* a longer history is the same layout */
    assert_true(layout_of(&saved) == layout_of(&loaded));
    assert_true(layout_of(&saved) == layout_of(&other));
    other.bulk_size++;
    assert_true(layout_of(&saved) != layout_of(&other));
    init(&other, RING);
    other.ring.capacity--;
    assert_true(layout_of(&saved) != layout_of(&other));
}

/* Rings of other sizes. */

static void test_a_ring_of_another_capacity_is_refused(void **state)
{
    (void)state;
    start(6);
    loaded.ring.capacity = RING - 1;
    assert_refused(&loaded, "section second: ring: room for 4 of 4 bytes there, for 3 of 4 bytes");
}

static void test_a_ring_of_other_entries_is_refused(void **state)
{
    (void)state;
    start(6);
    loaded.history.entry_size = 2;
    assert_refused(&loaded, "history: room for 4 of 4 bytes there, for 4 of 2 bytes here");
}

static uint32_t number_at(const struct ring *ring, uint64_t number)
{
    uint32_t value;
    const void *entry = ring_by_number(ring, number);
    assert_non_null(entry);
    memcpy(&value, entry, sizeof value);
    return value;
}

static void test_a_shorter_history_takes_the_newest_that_fit(void **state)
{
    struct persist persist;
    (void)state;
    start(11); /* 7, 8, 9, 10 are there */
    init(&loaded, 3);
    assert_true(load(&loaded, &persist));
    assert_int_equal(ring_size(&loaded.history), 3);
    assert_int_equal(loaded.history.appended, 11);
    for (uint64_t number = 8; number < 11; number++) {
        assert_int_equal(number_at(&loaded.history, number), number);
    }
    assert_null(ring_by_number(&loaded.history, 7));
}

static void test_a_longer_history_takes_all_and_grows(void **state)
{
    struct persist persist;
    (void)state;
    start(11);
    init(&loaded, 7);
    assert_true(load(&loaded, &persist));
    for (uint32_t next = 11; next < 40; next++) {
        size_t size = ring_size(&loaded.history);
        assert_int_equal(size, next - 7 < 7 ? next - 7 : 7);
        assert_int_equal(ring_overwritten(&loaded.history), next - size);
        assert_null(ring_by_number(&loaded.history, next - size - 1));
        for (uint64_t number = next - size; number < next; number++) {
            assert_int_equal(number_at(&loaded.history, number), number);
        }
        ring_push(&loaded.history, &next);
    }
}

/* Checksums that are right over values that cannot be. */

/* The bytes of the value that comes after `before`, found by what it is. */
static unsigned char *find(const void *value, size_t size)
{
    for (size_t i = 0; i + size <= block_size; i += PERSIST_ALIGNMENT) {
        if (memcmp(block + i, value, size) == 0) {
            return block + i;
        }
    }
    fail_msg("no such value");
    return NULL;
}

static void replace(const void *value, const void *by, size_t size)
{
    memcpy(find(value, size), by, size);
    seal_sections(block, block_size);
}

static void test_an_integer_out_of_bounds_is_refused(void **state)
{
    (void)state;
    start(6);
    replace(&(int64_t){-3}, &(int64_t){6}, sizeof(int64_t));
    assert_refused(&loaded, "section first: bounded is 6, and not from -5 to 5");
}

static void test_a_real_that_is_no_number_is_refused(void **state)
{
    (void)state;
    start(6);
    double shares[3] = {0, 0.25, 0};
    double none[3] = {0, real_nan(), 0};
    replace(shares, none, sizeof shares);
    assert_refused(&loaded, "section first: shares cannot be what it says");
}

static void test_an_entry_that_is_refused_is_named(void **state)
{
    uint32_t entries[3] = {10, 12, 14};
    uint32_t odd[3] = {10, 13, 14};
    (void)state;
    start(6);
    replace(entries, odd, sizeof entries);
    assert_refused(&loaded, "section second: array: entry 1 of 3 cannot be what it says");
}

/* Head of a ring: entry size, capacity, appended, count. */
static void try_ring(uint64_t appended, uint64_t count)
{
    uint64_t head[4] = {sizeof(uint32_t), RING, 6, RING};
    uint64_t wrong[4] = {sizeof(uint32_t), RING, appended, count};
    start(6);
    replace(head, wrong, sizeof head);
    assert_refused(&loaded, "section second: ring");
}

static void test_a_ring_with_more_than_fits_is_refused(void **state)
{
    (void)state;
    try_ring(6, RING + 1);
    try_ring(RING - 1, RING);
    try_ring(UINT64_MAX, RING);
    try_ring(UINT64_MAX, UINT64_MAX);
}

static void test_an_array_with_more_than_fits_is_refused(void **state)
{
    int64_t wrong[] = {ARRAY + 1, -1, INT64_MAX};
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        start(6);
        /* its entries' size and their number are before them */
        uint32_t entries[3] = {10, 12, 14};
        memcpy(find(entries, sizeof entries) - PERSIST_ALIGNMENT, &wrong[i], sizeof wrong[i]);
        seal_sections(block, block_size);
        assert_refused(&loaded, "section second: array is ");
    }
}

/* Any bytes behind right checksums: refused, or loaded; never beyond the block (the sanitizers see
 * it), and a check that passes is a load that passes. */
static void test_any_bytes_are_refused_or_loaded(void **state)
{
    struct persist persist;
    (void)state;
    start(6);
    for (size_t i = 0; i + 8 <= block_size; i += 8) {
        static const uint64_t values[] = {0, 1, UINT64_MAX, INT64_MAX, UINT64_C(1) << 63, 0xffff};
        for (size_t k = 0; k < ARRAY_LENGTH(values); k++) {
            start(6);
            memcpy(block + i, &values[k], sizeof values[k]);
            seal_sections(block, block_size);
            (void)load(&loaded, &persist);
            if (persist.failed) {
                assert_int_equal(persist.mode, PERSIST_CHECK);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_loaded_is_what_was_saved),
        cmocka_unit_test(test_a_ring_goes_on_where_it_was),
        cmocka_unit_test(test_sizes_around_a_block_are_all_read_again),
        cmocka_unit_test(test_a_state_that_ends_early_is_refused),
        cmocka_unit_test(test_bytes_behind_the_end_are_refused),
        cmocka_unit_test(test_every_flipped_bit_is_seen),
        cmocka_unit_test(test_damage_is_told_by_the_name_of_its_section),
        cmocka_unit_test(test_another_version_is_told),
        cmocka_unit_test(test_another_section_is_told),
        cmocka_unit_test(test_what_must_be_the_same_is_compared),
        cmocka_unit_test(test_items_more_or_fewer_than_are_read_are_told),
        cmocka_unit_test(test_the_layout_knows_sizes_and_no_values),
        cmocka_unit_test(test_a_ring_of_another_capacity_is_refused),
        cmocka_unit_test(test_a_ring_of_other_entries_is_refused),
        cmocka_unit_test(test_a_shorter_history_takes_the_newest_that_fit),
        cmocka_unit_test(test_a_longer_history_takes_all_and_grows),
        cmocka_unit_test(test_an_integer_out_of_bounds_is_refused),
        cmocka_unit_test(test_a_real_that_is_no_number_is_refused),
        cmocka_unit_test(test_an_entry_that_is_refused_is_named),
        cmocka_unit_test(test_a_ring_with_more_than_fits_is_refused),
        cmocka_unit_test(test_an_array_with_more_than_fits_is_refused),
        cmocka_unit_test(test_any_bytes_are_refused_or_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
