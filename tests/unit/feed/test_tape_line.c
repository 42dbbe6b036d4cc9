/* Tests of src/feed/tape_line.c and tape_line_read.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/error.h"
#include "tickd/base/rng.h"
#include "tickd/feed/tape_line.h"

enum { AT_US = 1795446000, ROOM = 8192 };

static struct symbol_table symbols;
static struct arena arena;
static char line[ROOM];
static struct tape_line back;

static int set_up(void **state)
{
    struct arena measuring;
    uint16_t id;

    (void)state;
    arena_init_measuring(&measuring);
    symbols_init(&symbols, &measuring, 4, false);
    if (arena_init(&arena, measuring.used) != 0)
        return -1;
    symbols_init(&symbols, &arena, 4, false);
    return symbols_add(&symbols, "IC \"MARKETS\":1", 14, &id);
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

/* Writes the input, checks that it is one line of UTF-8, reads it back. */
static const char *round_trip(const struct input *input)
{
    static char copy[ROOM];
    const char *fault = NULL;
    size_t length = tape_line_input(input, &symbols, line, sizeof line);

    assert_true(length > 0 && line[length - 1] == '\n');
    assert_null(memchr(line, '\n', length - 1));
    assert_true(text_is_utf8(line, length));
    memcpy(copy, line, length);
    copy[length] = '\0';
    if (tape_line_read(line, length - 1, &back, &fault) != 0)
        fail_msg("%s: the line %s", copy, fault);
    assert_int_equal(back.kind, TAPE_LINE_INPUT);
    assert_int_equal(back.input.kind, input->kind);
    assert_int_equal(back.input.at_us, input->at_us);
    return copy;
}

static const char *frame_trip(const char *bytes, size_t length)
{
    struct input input = {.kind = INPUT_FRAME,
                          .at_us = INT64_C(1795446000123456),
                          .frame = {.bytes = bytes, .length = length}};
    const char *text = round_trip(&input);

    assert_int_equal(back.input.frame.length, length);
    assert_memory_equal(back.input.frame.bytes, bytes, length);
    return text;
}

static void test_a_frame_is_a_string_that_a_person_can_read(void **state)
{
    static const char frame[] = "{\"type\":\"ping\"}";

    (void)state;
    assert_string_equal(frame_trip(frame, sizeof frame - 1),
                        "{\"at\":1795446000123456,\"frame\":\"{\\\"type\\\":\\\"ping\\\"}\"}\n");
}

static void test_every_byte_comes_back_alone_and_among_others(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char one = (char)byte;
        char three[3] = {'a', one, 'z'};

        (void)frame_trip(&one, 1);
        (void)frame_trip(three, 3);
    }
    (void)frame_trip("", 0);
}

static void test_what_is_no_utf8_stands_in_base64(void **state)
{
    static const char frame[] = "{\"s\":\"\xff\"}";

    (void)state;
    assert_non_null(strstr(frame_trip(frame, sizeof frame - 1), "\"frame64\":\"eyJzIjoi/yJ9\""));
    assert_non_null(strstr(frame_trip("\xc3\xa9\xe2\x82\xac", 5), "\"frame\":\"\xc3\xa9"));
}

static void test_what_escapes_would_make_long_stands_in_base64(void **state)
{
    char frame[1000];

    (void)state;
    memset(frame, 1, sizeof frame);
    const char *text = frame_trip(frame, sizeof frame);

    assert_non_null(strstr(text, "\"frame64\""));
    assert_true(strlen(text) < sizeof frame * 3 / 2 + 160);
    memset(frame, '"', sizeof frame);
    assert_true(strlen(frame_trip(frame, sizeof frame)) < sizeof frame * 3 / 2 + 160);
}

static void test_any_bytes_come_back(void **state)
{
    struct rng rng;
    char frame[600];

    (void)state;
    rng_stream(&rng, 7, "tape");
    for (int round = 0; round < 2000; round++) {
        size_t length = rng_below(&rng, sizeof frame);
        uint64_t highest = round % 2 == 0 ? 256 : 128;

        for (size_t i = 0; i < length; i++)
            frame[i] = (char)rng_below(&rng, highest);
        (void)frame_trip(frame, length);
    }
}

static void test_time_and_its_bounds(void **state)
{
    static const int64_t times[] = {0, -1, 1, INT64_MAX, INT64_MIN, INT64_C(1795446000123456)};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(times); i++) {
        (void)round_trip(&(struct input){.kind = INPUT_TIME, .at_us = times[i]});
        struct input input = {
            .kind = INPUT_FRAME, .at_us = times[i], .frame = {.bytes = "x", .length = 1}};

        (void)round_trip(&input);
    }
}

static void test_a_state_of_the_feed(void **state)
{
    struct feed_message feed = {.owed_since_us = INT64_MIN,
                                .connections = UINT64_MAX,
                                .state = FEED_BACKING_OFF,
                                .stream = STREAM_SILENT,
                                .reason = "closed: \"1001\"\n\x01"};
    struct input input = {.kind = INPUT_FEED, .symbol = 0, .at_us = AT_US, .feed = &feed};

    (void)state;
    const char *text = round_trip(&input);

    assert_non_null(strstr(text, "\"state\":\"backing_off\""));
    assert_non_null(strstr(text, "\"symbol\":\"IC \\\"MARKETS\\\":1\""));
    assert_memory_equal(back.input.feed, &feed, sizeof feed);
    assert_int_equal(back.symbol_length, 14);
    assert_int_equal(symbols_find(&symbols, back.symbol, back.symbol_length), 0);

    input.symbol = SYMBOL_NONE;
    memset(feed.reason, 0xff, sizeof feed.reason);
    assert_non_null(strstr(round_trip(&input), "base64"));
    assert_memory_equal(back.input.feed, &feed, sizeof feed);
    assert_int_equal(back.symbol_length, 0);
}

static void test_a_command(void **state)
{
    struct command_message command = {
        .number = -5, .second = 7, .uid = UINT32_MAX, .verb = COMMAND_ROLLBACK, .argument = "why"};
    struct input input = {.kind = INPUT_COMMAND, .at_us = AT_US, .command = &command};

    (void)state;
    (void)round_trip(&input);
    assert_memory_equal(back.input.command, &command, sizeof command);
    command.verb = 4711; /* of a later version */
    (void)round_trip(&input);
    assert_memory_equal(back.input.command, &command, sizeof command);
}

/* Whatever VITALS consists of: any bits come back, but for NaNs, which are one. */
static void test_vitals_whatever_they_consist_of(void **state)
{
    struct vitals_message vitals;
    struct input input = {.kind = INPUT_VITALS, .at_us = AT_US, .vitals = &vitals};
    struct rng rng;

    (void)state;
    rng_stream(&rng, 3, "tape");
    for (int round = 0; round < 1000; round++) {
        for (size_t i = 0; i < sizeof vitals; i++)
            ((unsigned char *)&vitals)[i] = (unsigned char)rng_below(&rng, round < 500 ? 256 : 2);
        (void)round_trip(&input);
        assert_memory_equal(back.input.vitals, &vitals, sizeof vitals);
    }
}

/* A field of another kind would need code: this says so when one is added. */
static void test_every_field_of_an_input_is_of_a_kind_that_is_written(void **state)
{
    static const enum topic topics[] = {TOPIC_FEED, TOPIC_COMMAND, TOPIC_VITALS};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(topics); i++) {
        size_t count;
        const struct field *fields = topic_fields(topics[i], &count);

        for (size_t j = 0; j < count; j++) {
            assert_int_not_equal(fields[j].kind, FIELD_INDICATORS);
            assert_int_not_equal(fields[j].kind, FIELD_VOTES);
            assert_int_not_equal(fields[j].kind, FIELD_SHARES);
            assert_int_not_equal(fields[j].kind, FIELD_REALS);
            assert_true(fields[j].kind != FIELD_TEXT || fields[j].size <= 256);
        }
    }
}

static void test_a_digest_and_a_gap(void **state)
{
    const char *fault;
    size_t length = tape_line_digest(AT_US, UINT64_MAX, UINT64_C(0xfedcba9876543210), line, ROOM);

    (void)state;
    assert_int_equal(tape_line_read(line, length - 1, &back, &fault), 0);
    assert_int_equal(back.kind, TAPE_LINE_DIGEST);
    assert_true(back.sequence == UINT64_MAX && back.digest == UINT64_C(0xfedcba9876543210));
    length = tape_line_gap(AT_US, AT_US + 5, 12, line, ROOM);
    assert_int_equal(tape_line_read(line, length - 1, &back, &fault), 0);
    assert_int_equal(back.kind, TAPE_LINE_GAP);
    assert_true(back.gap == 12 && back.at_us == AT_US && back.until_us == AT_US + 5);
}

static void test_without_room_nothing_is_written_behind_it(void **state)
{
    struct vitals_message vitals = {0};
    const struct input inputs[] = {
        {.kind = INPUT_TIME, .at_us = AT_US},
        {.kind = INPUT_FRAME, .at_us = AT_US, .frame = {.bytes = "0123456789", .length = 10}},
        {.kind = INPUT_VITALS, .at_us = AT_US, .vitals = &vitals},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(inputs); i++) {
        size_t room = 0;
        size_t length = 0;

        for (; length == 0; room++) {
            char *memory = malloc(room + 1);

            assert_non_null(memory);
            memory[room] = 'x';
            length = tape_line_input(&inputs[i], &symbols, memory, room);
            assert_true(length <= room && memory[room] == 'x');
            free(memory);
        }
    }
}

static void test_what_is_no_line_is_refused_and_why(void **state)
{
    static const char *const wrong[] = {
        "",
        "{",
        "{}",
        "{\"at\":1}",
        "{\"at\":1,\"time\":true} ",
        "{\"at\":1,\"time\":true}}",
        "{\"at\":1,\"time\":maybe}",
        "{\"at\":9223372036854775808,\"time\":true}",
        "{\"at\":-9223372036854775809,\"time\":true}",
        "{\"at\":1.5,\"time\":true}",
        "{\"at\":,\"time\":true}",
        "{\"time\":true,\"at\":1}",
        "{\"at\":1,\"frame\":\"x}",
        "{\"at\":1,\"frame\":\"\\x\"}",
        "{\"at\":1,\"frame\":\"\\u0041\"}",
        "{\"at\":1,\"frame\":\"\\u00",
        "{\"at\":1,\"frame\":\"\\",
        "{\"at\":1,\"frame\":7}",
        "{\"at\":1,\"frame64\":\"Zg=\"}",
        "{\"at\":1,\"feed\":{\"state\":\"flying\"}}",
        "{\"at\":1,\"feed\":{\"state\":4294967296}}",
        "{\"at\":1,\"feed\":{\"connections\":-1}}",
        "{\"at\":1,\"feed\":{\"connections\":18446744073709551616}}",
        "{\"at\":1,\"feed\":{\"reason\":{\"base65\":\"\"}}}",
        "{\"at\":1,\"feed\":{},\"symbol\":\"\"}",
        "{\"at\":1,\"feed\":{},\"symbol\":\"0123456789012345678901234567890123456789\"}",
        "{\"at\":1,\"feed\":{},\"name\":\"A\"}",
        "{\"at\":1,\"vitals\":{\"wired\":[\"nobody\"]}}",
        "{\"at\":1,\"vitals\":{\"wired\":[32]}}",
        "{\"at\":1,\"vitals\":{\"unknown\":[[[}}",
        "{\"at\":1,\"vitals\":[]}",
        "{\"at\":1,\"sequence\":1,\"digest\":\"0123\"}",
        "{\"at\":1,\"sequence\":1,\"digest\":\"0123456789ABCDEF\"}",
        "{\"at\":1,\"gap\":1}",
        "{\"at\":1,\"music\":true}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        const char *fault = NULL;
        size_t length = strlen(wrong[i]);
        char *memory = malloc(length + 1); /* so that a look behind the end is seen */

        assert_non_null(memory);
        memcpy(memory, wrong[i], length);
        if (tape_line_read(memory, length, &back, &fault) != ERROR_SYNTAX)
            fail_msg("taken: %s", wrong[i]);
        assert_non_null(fault);
        free(memory);
    }
}

static void test_fields_of_another_version_are_missing_or_passed_over(void **state)
{
    static const char other[] =
        "{\"at\":5,\"vitals\":{\"rss_bytes\":7,\"mood\":{\"a\":[1,\"]}\",{}]},\"wired\":[]}}";
    const char *fault;

    (void)state;
    memcpy(line, other, sizeof other);
    assert_int_equal(tape_line_read(line, sizeof other - 1, &back, &fault), 0);
    assert_true(back.vitals.rss_bytes == 7 && back.vitals.resident_bytes == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_frame_is_a_string_that_a_person_can_read),
        cmocka_unit_test(test_every_byte_comes_back_alone_and_among_others),
        cmocka_unit_test(test_what_is_no_utf8_stands_in_base64),
        cmocka_unit_test(test_what_escapes_would_make_long_stands_in_base64),
        cmocka_unit_test(test_any_bytes_come_back),
        cmocka_unit_test(test_time_and_its_bounds),
        cmocka_unit_test(test_a_state_of_the_feed),
        cmocka_unit_test(test_a_command),
        cmocka_unit_test(test_vitals_whatever_they_consist_of),
        cmocka_unit_test(test_every_field_of_an_input_is_of_a_kind_that_is_written),
        cmocka_unit_test(test_a_digest_and_a_gap),
        cmocka_unit_test(test_without_room_nothing_is_written_behind_it),
        cmocka_unit_test(test_what_is_no_line_is_refused_and_why),
        cmocka_unit_test(test_fields_of_another_version_are_missing_or_passed_over),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
