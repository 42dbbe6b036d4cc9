/* The newest lines of the health log, in memory. */
#include "tickd/ops/log_tail.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/seed.h"
#include "tickd/base/rng.h"

static struct log_tail tail;
static char memory[8192];

static const char *line(uint64_t number)
{
    struct text out;

    text_init(&out, memory, sizeof memory);
    return log_tail_print_json(&tail, number, &out) ? memory : NULL;
}

static void add(const char *text)
{
    log_tail_add(&tail, text, strlen(text));
}

static void test_lines_are_numbered_as_they_come(void **state)
{
    (void)state;
    log_tail_init(&tail);
    assert_null(line(0));
    add("first");
    add("say \"hello\"");
    assert_string_equal(line(0), "\"first\"");
    assert_string_equal(line(1), "\"say \\\"hello\\\"\"");
    assert_null(line(2));
    assert_int_equal(tail.next, 2);
}

static void test_beyond_so_many_lines_the_oldest_go(void **state)
{
    (void)state;
    log_tail_init(&tail);
    for (size_t i = 0; i < LOG_TAIL_LINES + 5; i++)
        add("x");
    assert_int_equal(tail.oldest, 5);
    assert_null(line(4));
    assert_string_equal(line(5), "\"x\"");
}

/* Lines of every length, so that each place of the ring is once in the middle of one. */
static void test_beyond_so_many_bytes_the_oldest_go_and_the_rest_is_whole(void **state)
{
    struct rng rng;
    uint64_t lengths[4096];
    char text[LOG_TAIL_LINE_MAX];

    (void)state;
    rng_seed(&rng, test_seed());
    log_tail_init(&tail);
    for (uint64_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
        lengths[i] = rng_below(&rng, LOG_TAIL_LINE_MAX + 1);
        memset(text, 'a' + (int)(i % 26), lengths[i]);
        log_tail_add(&tail, text, lengths[i]);
        uint64_t bytes = 0;

        for (uint64_t k = tail.oldest; k < tail.next; k++)
            bytes += lengths[k];
        assert_true(bytes <= LOG_TAIL_BYTES);
        assert_true(tail.oldest == 0 || tail.next - tail.oldest == LOG_TAIL_LINES ||
                    bytes + lengths[tail.oldest - 1] > LOG_TAIL_BYTES);
        assert_int_equal(strlen(line(tail.oldest)), lengths[tail.oldest] + 2);
        assert_int_equal(strspn(line(i) + 1, (char[]){(char)('a' + (int)(i % 26)), '\0'}),
                         lengths[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_are_numbered_as_they_come),
        cmocka_unit_test(test_beyond_so_many_lines_the_oldest_go),
        cmocka_unit_test(test_beyond_so_many_bytes_the_oldest_go_and_the_rest_is_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
