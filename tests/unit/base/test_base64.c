/* Tests of src/base/base64.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/base64.h"
#include "tickd/base/error.h"

/* RFC 4648, section 10. */
static const char *const vectors[][2] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

static void test_the_vectors_of_the_rfc_both_ways(void **state)
{
    char text[64];
    char bytes[64];
    size_t length;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(vectors); i++) {
        size_t plain = strlen(vectors[i][0]);

        assert_int_equal(base64_length(plain), strlen(vectors[i][1]));
        base64_encode(vectors[i][0], plain, text);
        assert_memory_equal(text, vectors[i][1], strlen(vectors[i][1]));
        assert_int_equal(base64_decode(text, base64_length(plain), bytes, &length), 0);
        assert_int_equal(length, plain);
        assert_memory_equal(bytes, vectors[i][0], plain);
    }
}

static void test_every_byte_comes_back_also_where_it_stands(void **state)
{
    unsigned char bytes[256];
    char text[400];
    size_t length;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)i;
    for (size_t size = 250; size <= sizeof bytes; size++) {
        base64_encode(bytes, size, text);
        assert_int_equal(base64_decode(text, base64_length(size), text, &length), 0);
        assert_int_equal(length, size);
        assert_memory_equal(text, bytes, size);
    }
}

static void test_what_is_no_base64_is_refused(void **state)
{
    static const char *const wrong[] = {"Z",    "Zg",   "Zg=",  "Zg=a", "=Zg=",  "====",
                                        "Zh==", "Zm9=", "Zm 9", "Zm-_", "Z\n==", "Zg==Zg=="};
    char bytes[16];
    size_t length;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        assert_int_equal(base64_decode(wrong[i], strlen(wrong[i]), bytes, &length), ERROR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_vectors_of_the_rfc_both_ways),
        cmocka_unit_test(test_every_byte_comes_back_also_where_it_stands),
        cmocka_unit_test(test_what_is_no_base64_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
