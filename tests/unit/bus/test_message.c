/* Messages: their sizes, names, and the one rendering as text. */
#include "tickd/bus/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/real.h"

struct fixture {
    struct arena arena;
    struct symbol_table symbols;
    char line[MESSAGE_TEXT_MAX];
    struct text text;
};

static int start(void **state)
{
    static struct fixture fixture;
    struct arena measuring;
    uint16_t id;
    arena_init_measuring(&measuring);
    symbols_init(&fixture.symbols, &measuring, 4, false);
    assert_int_equal(arena_init(&fixture.arena, measuring.used), 0);
    symbols_init(&fixture.symbols, &fixture.arena, 4, false);
    assert_int_equal(symbols_add(&fixture.symbols, "IC MARKETS:1", 12, &id), 0);
    text_init(&fixture.text, fixture.line, sizeof fixture.line);
    *state = &fixture;
    return 0;
}

static int stop(void **state)
{
    struct fixture *fixture = *state;
    arena_fini(&fixture->arena);
    return 0;
}

static void test_a_trade_prints_its_money_as_exact_text(void **state)
{
    struct fixture *fixture = *state;
    struct message message = {
        .head = {.sequence = 7,
                 .time_us = 1787065188112345,
                 .topic = TOPIC_TRADE,
                 .sender = MODULE_FEED,
                 .symbol = 0},
        .body.trade = {.time_ms = 1787065188112, .price = 31049000001, .volume = 400, .moves = 7}};
    message_print_json(&message, &fixture->symbols, &fixture->text);
    assert_string_equal(fixture->line,
                        "{\"seq\":7,\"time_us\":1787065188112345,\"topic\":\"TRADE\",\"sender\":"
                        "\"feed\",\"symbol\":\"IC MARKETS:1\",\"time_ms\":1787065188112,\"price\":"
                        "\"310.49000001\",\"volume\":\"0.000004\",\"conditions\":0,\"moves\":7}");
}

static void test_what_is_not_ready_prints_as_null(void **state)
{
    struct fixture *fixture = *state;
    struct message message = {
        .head = {.sequence = 9, .topic = TOPIC_BAR, .sender = MODULE_MARKET, .caused_by = 2}};
    message.body.bar.horizon_return = real_nan();
    message.body.bar.indicators.ema12 = 0.5;
    message.body.bar.indicators.rsi14 = real_nan();
    message_print_json(&message, &fixture->symbols, &fixture->text);
    assert_non_null(strstr(fixture->line, "\"cause\":7"));
    assert_non_null(strstr(fixture->line, "\"vwap\":null"));
    assert_non_null(strstr(fixture->line, "\"horizon_return\":null"));
    assert_non_null(strstr(fixture->line, "\"indicators\":{\"ema12\":0.5,\"ema26\":0,"));
    assert_non_null(strstr(fixture->line, "\"rsi14\":null"));
    assert_non_null(strstr(fixture->line, "\"after_gap\":false,\"session\":\"closed\""));
}

static void test_sets_of_modules_and_texts_print_readably(void **state)
{
    struct fixture *fixture = *state;
    struct message health = {
        .head = {.topic = TOPIC_HEALTH, .symbol = SYMBOL_NONE},
        .body.health = {.score = 62.5, .stale = 1U << MODULE_BUS | 1U << MODULE_MARKET}};
    message_print_json(&health, &fixture->symbols, &fixture->text);
    assert_non_null(strstr(fixture->line, "\"score\":62.5"));
    assert_non_null(strstr(fixture->line, "\"stale\":[\"bus\",\"market\"]"));
    assert_null(strstr(fixture->line, "\"symbol\""));
    assert_null(strstr(fixture->line, "unused"));
    struct message feed = {.head = {.topic = TOPIC_FEED, .symbol = SYMBOL_NONE},
                           .body.feed = {.state = FEED_BACKING_OFF, .reason = "a \"quote\"\n"}};
    text_clear(&fixture->text);
    message_print_json(&feed, &fixture->symbols, &fixture->text);
    assert_non_null(strstr(fixture->line, "\"state\":\"backing_off\""));
    assert_non_null(strstr(fixture->line, "\"reason\":\"a \\\"quote\\\"\\n\""));
}

static void test_topics_are_found_by_name_whatever_the_case(void **state)
{
    (void)state;
    assert_int_equal(topic_by_name("bar", 3), TOPIC_BAR);
    assert_int_equal(topic_by_name("HEALTH", 6), TOPIC_HEALTH);
    assert_int_equal(topic_by_name("HEALTHY", 7), TOPIC_COUNT);
    assert_int_equal(topic_by_name("", 0), TOPIC_COUNT);
}

static void test_every_field_lies_inside_its_body_without_padding(void **state)
{
    (void)state;
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++) {
        size_t count;
        size_t end = 0;
        const struct field *fields = topic_fields((enum topic)topic, &count);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(fields[i].offset, end);
            end += fields[i].size;
        }
        assert_int_equal(end, topic_body_size((enum topic)topic));
        assert_true(end + MESSAGE_HEAD_SIZE <= MESSAGE_SIZE_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_trade_prints_its_money_as_exact_text, start, stop),
        cmocka_unit_test_setup_teardown(test_what_is_not_ready_prints_as_null, start, stop),
        cmocka_unit_test_setup_teardown(test_sets_of_modules_and_texts_print_readably, start, stop),
        cmocka_unit_test(test_topics_are_found_by_name_whatever_the_case),
        cmocka_unit_test(test_every_field_lies_inside_its_body_without_padding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
