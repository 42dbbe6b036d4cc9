/* The JSON writer: forms, separators, numbers. */
#include "tickd/ops/json_writer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/seed.h"
#include "tickd/base/real.h"
#include "tickd/base/rng.h"

static char memory[4096];
static struct text out;
static struct json json;

static void start(bool readable)
{
    text_init(&out, memory, sizeof memory);
    json_init(&json, &out, readable);
}

static void print_document(void)
{
    json_begin_object(&json, NULL);
    json_real(&json, "score", 100.0);
    json_begin_rows(&json, "modules");
    json_begin_object(&json, NULL);
    json_text(&json, "name", "feed");
    json_text(&json, "state", "active");
    json_end(&json);
    json_begin_object(&json, NULL);
    json_text(&json, "name", "bus");
    json_begin_list(&json, "sizes");
    json_count(&json, NULL, 1);
    json_count(&json, NULL, 2);
    json_end(&json);
    json_end(&json);
    json_end(&json);
    json_begin_rows(&json, "none");
    json_end(&json);
    json_end(&json);
}

static void test_the_compact_form_is_one_line_without_blanks(void **state)
{
    (void)state;
    start(false);
    print_document();
    assert_string_equal(memory, "{\"score\":100,\"modules\":[{\"name\":\"feed\",\"state\":"
                                "\"active\"},{\"name\":\"bus\",\"sizes\":[1,2]}],\"none\":[]}");
}

static void test_the_readable_form_has_a_line_for_each_member_and_row(void **state)
{
    (void)state;
    start(true);
    print_document();
    assert_string_equal(memory, "{\n"
                                "  \"score\": 100,\n"
                                "  \"modules\": [\n"
                                "    {\"name\": \"feed\", \"state\": \"active\"},\n"
                                "    {\"name\": \"bus\", \"sizes\": [1, 2]}\n"
                                "  ],\n"
                                "  \"none\": []\n"
                                "}");
}

static void test_integers_keep_all_their_digits(void **state)
{
    (void)state;
    start(false);
    json_begin_list(&json, NULL);
    json_count(&json, NULL, UINT64_MAX);
    json_integer(&json, NULL, INT64_MIN);
    json_integer(&json, NULL, INT64_C(9007199254740993));
    json_end(&json);
    assert_string_equal(memory, "[18446744073709551615,-9223372036854775808,9007199254740993]");
}

static void test_money_and_digests_are_strings_and_what_is_no_number_is_null(void **state)
{
    (void)state;
    start(false);
    json_begin_object(&json, NULL);
    json_money(&json, "price", INT64_C(14676000000));
    json_digest(&json, "digest", UINT64_C(0xabc));
    json_real(&json, "nan", real_nan());
    json_real(&json, "infinite", HUGE_VAL);
    json_flag(&json, "yes", true);
    json_null(&json, "nothing");
    json_text(&json, "text", "a\"b\n");
    json_end(&json);
    assert_string_equal(memory, "{\"price\":\"146.76\",\"digest\":\"0000000000000abc\","
                                "\"nan\":null,\"infinite\":null,\"yes\":true,\"nothing\":null,"
                                "\"text\":\"a\\\"b\\n\"}");
}

static void test_a_real_is_short_where_it_can_be(void **state)
{
    (void)state;
    start(false);
    json_begin_list(&json, NULL);
    json_real(&json, NULL, 0.1);
    json_real(&json, NULL, 38.46153846153846);
    json_real(&json, NULL, -2.5e-300);
    json_end(&json);
    assert_string_equal(memory, "[0.1,38.46153846153846,-2.5e-300]");
}

static void test_every_real_reads_back_as_the_same_bits(void **state)
{
    (void)state;
    struct rng rng;

    rng_seed(&rng, test_seed());
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = rng_next(&rng);
        double value;

        memcpy(&value, &bits, sizeof value);
        if (!(value - value == 0.0))
            continue;
        start(false);
        json_real(&json, NULL, value);
        double back = strtod(memory, NULL);

        assert_memory_equal(&back, &value, sizeof value);
    }
}

static void test_what_does_not_fit_is_cut_and_said_so(void **state)
{
    (void)state;
    char small[16];

    text_init(&out, small, sizeof small);
    json_init(&json, &out, false);
    print_document();
    assert_true(out.cut);
    assert_int_equal(out.length, strlen(small));
    assert_true(out.length < sizeof small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_compact_form_is_one_line_without_blanks),
        cmocka_unit_test(test_the_readable_form_has_a_line_for_each_member_and_row),
        cmocka_unit_test(test_integers_keep_all_their_digits),
        cmocka_unit_test(test_money_and_digests_are_strings_and_what_is_no_number_is_null),
        cmocka_unit_test(test_a_real_is_short_where_it_can_be),
        cmocka_unit_test(test_every_real_reads_back_as_the_same_bits),
        cmocka_unit_test(test_what_does_not_fit_is_cut_and_said_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
