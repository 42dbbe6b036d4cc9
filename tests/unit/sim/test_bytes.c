/* A run of bytes that grows behind and shrinks in front. */
#include "tickd/sim/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_what_goes_in_behind_comes_out_in_front(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    unsigned char next_in = 0;
    unsigned char next_out = 0;
    for (size_t i = 0; i < 2000; i++) {
        unsigned char piece[97];
        size_t length = i % sizeof piece;
        for (size_t k = 0; k < length; k++) {
            piece[k] = next_in++;
        }
        assert_int_equal(bytes_append(&bytes, piece, length), 0);
        size_t taken = bytes.length / 3;
        for (size_t k = 0; k < taken; k++) {
            assert_int_equal((unsigned char)bytes.data[k], next_out++);
        }
        bytes_drop(&bytes, taken);
    }
    bytes_free(&bytes);
    assert_null(bytes.data);
    assert_int_equal(bytes.length, 0);
}

static void test_room_is_there_before_it_is_used(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    assert_int_equal(bytes_append(&bytes, "ab", 2), 0);
    char *room = bytes_room(&bytes, 100000);
    assert_non_null(room);
    memset(room, 'c', 100000);
    bytes.length += 100000;
    assert_memory_equal(bytes.data, "abcc", 4);
    assert_int_equal(bytes.length, 100002);
    bytes_free(&bytes);
}

static void test_more_than_can_ever_be_is_refused(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    assert_int_equal(bytes_append(&bytes, "ab", 2), 0);
    assert_null(bytes_room(&bytes, SIZE_MAX - 1));
    assert_memory_equal(bytes.data, "ab", 2);
    assert_int_equal(bytes.length, 2);
    bytes_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_goes_in_behind_comes_out_in_front),
        cmocka_unit_test(test_room_is_there_before_it_is_used),
        cmocka_unit_test(test_more_than_can_ever_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
