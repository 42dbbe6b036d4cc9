/* The digest: its defined values, its sensitivity, its spread. */
#include "tickd/base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tickd/base/rng.h"

enum { LONGEST = 230 };

static uint64_t digest_of(const void *bytes, size_t size)
{
    struct digest digest;

    digest_init(&digest);
    digest_add(&digest, bytes, size);
    return digest_value(&digest);
}

/* Computed by a program in Python, written from the description of the digest, over the bytes
 * (7 i + 3) mod 256. */
static void test_values_are_those_of_the_definition_for_every_kind_of_length(void **state)
{
    static const struct {
        size_t size;
        const char *value;
    } expected[] = {
        {0, "7e30a5f147172493"},   {1, "aa2e0078b3f33da9"},  {3, "b6193fd5ac7892a8"},
        {8, "386f682e452e4682"},   {15, "7973c611eda40bd1"}, {16, "f7472ccccddeb125"},
        {17, "fafa418a50e85281"},  {24, "7d3ad71aaae584d5"}, {31, "d1366f77591d6046"},
        {32, "7e065f877f5f6613"},  {64, "840e73b39c9be6a1"}, {100, "3997130a365abe58"},
        {230, "9b9676bc825dc42c"},
    };
    unsigned char bytes[256];
    char text[DIGEST_TEXT_MAX];

    (void)state;
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(7 * i + 3);
    for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
        digest_print(digest_of(bytes, expected[i].size), text);
        assert_string_equal(text, expected[i].value);
    }
}

static void test_nothing_added_has_a_value_of_its_own(void **state)
{
    struct digest digest;

    (void)state;
    digest_init(&digest);
    assert_int_equal(digest_value(&digest), UINT64_C(0x4ea3fcb636976923));
    assert_int_not_equal(digest_value(&digest), digest_of("", 0));
}

static void test_the_place_where_one_call_ends_counts(void **state)
{
    struct digest digest;

    (void)state;
    digest_init(&digest);
    digest_add(&digest, "a", 1);
    digest_add(&digest, "bc", 2);
    assert_int_equal(digest_value(&digest), UINT64_C(0xa1d03988b4341103));
    assert_int_equal(digest.length, 3);
    assert_int_not_equal(digest_value(&digest), digest_of("abc", 3));
}

static void test_the_same_bytes_at_another_address_have_the_same_value(void **state)
{
    unsigned char shifted[LONGEST + 8];
    unsigned char bytes[LONGEST];

    (void)state;
    for (unsigned i = 0; i < LONGEST; i++)
        bytes[i] = (unsigned char)(i * i);
    for (size_t shift = 0; shift < 8; shift++) {
        memcpy(shifted + shift, bytes, LONGEST);
        assert_int_equal(digest_of(shifted + shift, LONGEST), digest_of(bytes, LONGEST));
    }
}

static void test_zeros_of_different_length_have_different_values(void **state)
{
    static const unsigned char zeros[LONGEST];
    uint64_t values[LONGEST];

    (void)state;
    for (size_t size = 0; size < LONGEST; size++) {
        values[size] = digest_of(zeros, size);
        for (size_t i = 0; i < size; i++)
            assert_int_not_equal(values[size], values[i]);
    }
}

static void test_order_counts(void **state)
{
    unsigned char words[32] = {0};

    (void)state;
    words[0] = 1;
    uint64_t first = digest_of(words, sizeof words);

    for (size_t word = 1; word < 4; word++) {
        memset(words, 0, sizeof words);
        words[8 * word] = 1;
        assert_int_not_equal(digest_of(words, sizeof words), first);
    }
    assert_int_not_equal(digest_of("abcdefgh12345678", 16), digest_of("12345678abcdefgh", 16));
}

/* A good mix flips each bit of the value with chance ½ when one bit of the message flips. Counted
 * over 400 messages for each bit of three lengths. */
static void test_each_bit_of_a_message_moves_half_the_bits_of_the_value(void **state)
{
    static const size_t sizes[] = {5, 24, 60};
    enum { MESSAGES = 400 };
    unsigned char bytes[LONGEST];
    struct rng rng;

    (void)state;
    rng_seed(&rng, 8);
    for (size_t s = 0; s < ARRAY_LENGTH(sizes); s++) {
        for (size_t bit = 0; bit < sizes[s] * 8; bit++) {
            unsigned flipped = 0;

            for (int n = 0; n < MESSAGES; n++) {
                for (size_t i = 0; i < sizes[s]; i++)
                    bytes[i] = (unsigned char)rng_next(&rng);
                uint64_t before = digest_of(bytes, sizes[s]);

                bytes[bit / 8] ^= (unsigned char)(1u << (bit % 8));
                flipped += population_count(before ^ digest_of(bytes, sizes[s]));
            }
            /* 32 on average; five standard deviations, 5·4/√400, are one bit. */
            assert_in_range(flipped, 31 * MESSAGES, 33 * MESSAGES);
        }
    }
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;

    return (*x > *y) - (*x < *y);
}

/* Counters in two words, as sequence numbers and times in messages are. Of 90,000 values of 64 bits
 * no two should be equal (chance 2e-10), and about 0.94 pairs of their upper 32 bits. */
static void test_counting_messages_do_not_collide(void **state)
{
    enum { SIDE = 300, COUNT = SIDE * SIDE };
    static uint64_t values[COUNT];
    uint64_t words[8] = {0};
    unsigned near = 0;

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        words[0] = i / SIDE;
        words[5] = i % SIDE;
        values[i] = digest_of(words, sizeof words);
    }
    qsort(values, COUNT, sizeof values[0], compare);
    for (size_t i = 1; i < COUNT; i++) {
        assert_int_not_equal(values[i], values[i - 1]);
        near += values[i] >> 32 == values[i - 1] >> 32 ? 1 : 0;
    }
    assert_in_range(near, 0, 7);
}

static void test_a_value_is_printed_as_sixteen_hexadecimal_digits(void **state)
{
    char text[DIGEST_TEXT_MAX];

    (void)state;
    digest_print(UINT64_C(0x0123456789abcdef), text);
    assert_string_equal(text, "0123456789abcdef");
    digest_print(0, text);
    assert_string_equal(text, "0000000000000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_those_of_the_definition_for_every_kind_of_length),
        cmocka_unit_test(test_nothing_added_has_a_value_of_its_own),
        cmocka_unit_test(test_the_place_where_one_call_ends_counts),
        cmocka_unit_test(test_the_same_bytes_at_another_address_have_the_same_value),
        cmocka_unit_test(test_zeros_of_different_length_have_different_values),
        cmocka_unit_test(test_order_counts),
        cmocka_unit_test(test_each_bit_of_a_message_moves_half_the_bits_of_the_value),
        cmocka_unit_test(test_counting_messages_do_not_collide),
        cmocka_unit_test(test_a_value_is_printed_as_sixteen_hexadecimal_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
