/* Messages put together from their fragments. */
#include "tickd/feed/fragments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "support/seed.h"
#include "tickd/base/rng.h"

enum { CAPACITY = 64 };

static struct arena arena;
static struct fragments fragments;
static enum fragments_found found; /* by the last piece */

static int set_up(void **state)
{
    struct arena measuring;

    (void)state;
    arena_init_measuring(&measuring);
    fragments_init(&fragments, &measuring, CAPACITY);
    assert_int_equal(arena_init(&arena, measuring.used), 0);
    fragments_init(&fragments, &arena, CAPACITY);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

/* The message that the piece completes, NULL = none. */
static const char *add(const char *bytes, size_t length, bool first, bool last, bool binary,
                       size_t *message_length)
{
    struct fragment fragment = {bytes, length, first, last, binary};
    const char *message = NULL;

    found = fragments_add(&fragments, &fragment, &message, message_length);
    return found == FRAGMENTS_MESSAGE ? message : NULL;
}

static void test_a_message_in_one_piece_is_not_copied(void **state)
{
    static const char bytes[] = "{\"type\":\"ping\"}";
    size_t length = 0;

    (void)state;
    assert_ptr_equal(add(bytes, sizeof bytes - 1, true, true, false, &length), bytes);
    assert_int_equal(length, sizeof bytes - 1);
}

static void test_fragments_become_one_message(void **state)
{
    size_t length = 0;

    (void)state;
    assert_null(add("one ", 4, true, false, false, &length));
    assert_null(add("two ", 4, false, false, false, &length));
    assert_null(add("", 0, false, false, false, &length));
    const char *message = add("three", 5, false, true, false, &length);

    assert_non_null(message);
    assert_int_equal(length, 13);
    assert_memory_equal(message, "one two three", 13);
    assert_non_null(add("next", 4, true, true, false, &length));
    assert_int_equal(length, 4);
}

static void test_empty_messages_are_messages(void **state)
{
    size_t length = 99;

    (void)state;
    assert_non_null(add("", 0, true, true, false, &length));
    assert_int_equal(length, 0);
    assert_null(add("", 0, true, false, false, &length));
    length = 99;
    assert_non_null(add("", 0, false, true, false, &length));
    assert_int_equal(length, 0);
}

static void test_a_message_of_exactly_the_limit_is_taken_and_one_byte_more_is_not(void **state)
{
    char bytes[CAPACITY + 1];
    size_t length = 0;

    (void)state;
    memset(bytes, 'x', sizeof bytes);
    assert_non_null(add(bytes, CAPACITY, true, true, false, &length));
    assert_null(add(bytes, CAPACITY + 1, true, true, false, &length));
    assert_int_equal(found, FRAGMENTS_TOO_LONG);
    assert_int_equal(length, CAPACITY + 1);
    assert_int_equal(fragments.too_long, 1);
    assert_null(add(bytes, CAPACITY, true, false, false, &length));
    assert_null(add(bytes, 1, false, true, false, &length));
    assert_int_equal(fragments.too_long, 2);
    assert_null(add(bytes, CAPACITY - 1, true, false, false, &length));
    assert_non_null(add(bytes, 1, false, true, false, &length));
    assert_int_equal(length, CAPACITY);
}

static void test_a_long_message_is_dropped_to_its_end_and_counted_once(void **state)
{
    char bytes[CAPACITY];
    size_t length = 0;

    (void)state;
    memset(bytes, 'x', sizeof bytes);
    assert_null(add(bytes, sizeof bytes, true, false, false, &length));
    for (int i = 0; i < 1000; i++) {
        assert_null(add(bytes, sizeof bytes, false, false, false, &length));
        assert_int_equal(found, FRAGMENTS_NOTHING);
    }
    assert_null(add(bytes, 1, false, true, false, &length));
    assert_int_equal(found, FRAGMENTS_TOO_LONG);
    assert_int_equal(length, 1001 * CAPACITY + 1);
    assert_int_equal(fragments.too_long, 1);
    assert_non_null(add("next", 4, true, true, false, &length));
}

static void test_binary_messages_are_dropped_and_counted_once(void **state)
{
    size_t length = 0;

    (void)state;
    assert_null(add("x", 1, true, true, true, &length));
    assert_null(add("x", 1, true, false, true, &length));
    assert_null(add("x", 1, false, false, true, &length));
    assert_null(add("x", 1, false, true, true, &length));
    assert_int_equal(found, FRAGMENTS_BINARY);
    assert_int_equal(length, 3);
    assert_int_equal(fragments.binary, 2);
    assert_int_equal(fragments.too_long, 0);
    assert_non_null(add("next", 4, true, true, false, &length));
}

static void test_a_reset_forgets_what_was_begun(void **state)
{
    size_t length = 0;

    (void)state;
    assert_null(add("half of", 7, true, false, false, &length));
    fragments_reset(&fragments);
    const char *message = add("whole", 5, false, true, false, &length);

    assert_non_null(message);
    assert_memory_equal(message, "whole", 5);
    assert_int_equal(length, 5);
}

/* Whatever the cuts, the message is the same. */
static void test_any_cuts_give_the_same_message(void **state)
{
    char bytes[CAPACITY];
    struct rng rng;

    (void)state;
    rng_stream(&rng, test_seed(), "cuts");
    for (int round = 0; round < 2000; round++) {
        size_t total = (size_t)rng_below(&rng, CAPACITY + 1);
        size_t done = 0;
        size_t length = 0;
        const char *message = NULL;
        bool last = false;

        for (size_t i = 0; i < total; i++)
            bytes[i] = (char)rng_below(&rng, 256);
        for (bool first = true; !last; first = false) {
            size_t piece = (size_t)rng_below(&rng, total - done + 1);

            last = done + piece == total && rng_below(&rng, 2) == 0;
            message = add(bytes + done, piece, first, last, false, &length);
            done += piece;
            assert_true((message != NULL) == last);
        }
        assert_int_equal(length, total);
        assert_memory_equal(message, bytes, total);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(test_a_message_in_one_piece_is_not_copied),
        TEST(test_fragments_become_one_message),
        TEST(test_empty_messages_are_messages),
        TEST(test_a_message_of_exactly_the_limit_is_taken_and_one_byte_more_is_not),
        TEST(test_a_long_message_is_dropped_to_its_end_and_counted_once),
        TEST(test_binary_messages_are_dropped_and_counted_once),
        TEST(test_a_reset_forgets_what_was_begun),
        TEST(test_any_cuts_give_the_same_message),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
