/* One stream a symbol: silence among talking ones, and errors that name no symbol. */
#include "tickd/feed/streams.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/calendar.h"

#define SECONDS(s) ((int64_t)(s)*US_PER_S)

enum { SYMBOLS = 6, STORY_MAX = 512 };

/* Symbols S0 … S5 and what was reported of them: "S3 rejected; ". */
struct world {
    struct arena arena;
    struct symbol_table symbols;
    struct streams streams;
    int64_t now_us;
    char memory[STORY_MAX];
    struct text story;
    uint16_t closed; /* the symbol whose venue is closed */
};

static void note(void *context, const struct stream *stream, const char *reason)
{
    struct world *world = context;

    assert_true(reason[0] != '\0');
    text_format(&world->story, "%s %s; ", symbols_name(&world->symbols, stream->symbol),
                stream_state_name(stream->state));
}

static bool is_open(void *context, uint16_t symbol)
{
    const struct world *world = context;

    return symbol != world->closed;
}

static struct world *new_world(void)
{
    static struct world world;

    memset(&world, 0, sizeof world);
    assert_int_equal(arena_init(&world.arena, 65536), 0);
    symbols_init(&world.symbols, &world.arena, SYMBOLS, false);
    text_init(&world.story, world.memory, sizeof world.memory);
    world.now_us = SECONDS(100);
    world.closed = SYMBOL_NONE;
    streams_init(&world.streams, &world.symbols, SECONDS(900), note, &world);
    for (int i = 0; i < SYMBOLS; i++) {
        char name[] = {'S', (char)('0' + i), '\0'};
        uint16_t id;

        assert_int_equal(symbols_add(&world.symbols, name, 2, &id), 0);
        streams_add(&world.streams, id);
    }
    return &world;
}

static void ask(struct world *world, int count)
{
    for (int i = 0; i < count; i++)
        streams_asked(&world->streams, world->now_us);
}

static void trade(struct world *world, uint16_t symbol)
{
    streams_trade(&world->streams, symbol, world->now_us);
}

static void tick(struct world *world, bool others_trade)
{
    streams_tick(&world->streams, world->now_us, others_trade, is_open, world);
}

static void finish(struct world *world, const char *story)
{
    assert_string_equal(world->memory, story);
    arena_fini(&world->arena);
}

static void test_symbols_are_asked_for_in_their_order_on_each_connection(void **state)
{
    struct world *world = new_world();

    (void)state;
    for (int connection = 0; connection < 2; connection++) {
        streams_begin(&world->streams);
        for (unsigned i = 0; i < SYMBOLS; i++) {
            assert_int_equal(streams_next(&world->streams), i);
            streams_asked(&world->streams, world->now_us);
        }
        assert_int_equal(streams_next(&world->streams), SYMBOL_NONE);
    }
    finish(world, "");
}

static void test_a_symbol_that_is_silent_while_others_trade_is_noticed(void **state)
{
    struct world *world = new_world();

    (void)state;
    ask(world, SYMBOLS);
    for (int s = 0; s < 899; s++) {
        world->now_us += US_PER_S;
        for (unsigned i = 1; i < SYMBOLS; i++)
            trade(world, (uint16_t)i);
        tick(world, true);
    }
    assert_int_equal(streams_without(&world->streams), 0);
    world->now_us += US_PER_S;
    tick(world, true);
    tick(world, true);
    assert_int_equal(streams_without(&world->streams), 1);
    trade(world, 0);
    assert_int_equal(streams_without(&world->streams), 0);
    finish(world, "S0 silent; S0 talking; ");
}

static void test_silence_of_all_is_not_a_symbol_s_fault(void **state)
{
    struct world *world = new_world();

    (void)state;
    ask(world, SYMBOLS);
    world->now_us += SECONDS(5000);
    tick(world, false);
    finish(world, "");
}

static void test_a_symbol_whose_venue_is_closed_is_not_silent(void **state)
{
    struct world *world = new_world();

    (void)state;
    ask(world, SYMBOLS);
    world->closed = 2;
    for (int s = 0; s < 2000; s++) {
        world->now_us += US_PER_S;
        for (unsigned i = 0; i < SYMBOLS; i++) {
            if (i != 2)
                trade(world, (uint16_t)i);
        }
        tick(world, true);
    }
    assert_int_equal(streams_without(&world->streams), 0);
    world->closed = SYMBOL_NONE; /* it opens; from now on its silence counts */
    for (int s = 0; s < 900; s++) {
        assert_int_equal(streams_without(&world->streams), 0);
        world->now_us += US_PER_S;
        for (unsigned i = 0; i < SYMBOLS; i++) {
            if (i != 2)
                trade(world, (uint16_t)i);
        }
        tick(world, true);
    }
    world->closed = 2;
    tick(world, true);
    finish(world, "S2 silent; S2 talking; ");
}

static void test_a_symbol_that_was_not_asked_for_is_not_silent(void **state)
{
    struct world *world = new_world();

    (void)state;
    ask(world, SYMBOLS - 1);
    world->now_us += SECONDS(899);
    for (unsigned i = 0; i < SYMBOLS - 1; i++)
        trade(world, (uint16_t)i);
    world->now_us += SECONDS(2);
    tick(world, true);
    finish(world, "");
}

static void test_too_many_symbols_marks_the_newest_that_has_not_traded(void **state)
{
    struct world *world = new_world();

    (void)state;
    ask(world, SYMBOLS);
    trade(world, 5);
    assert_true(streams_error(&world->streams, "Subscribing to too many symbols"));
    assert_int_equal(streams_without(&world->streams), 1);
    finish(world, "S4 rejected; ");
}

/* A limit of four: answers come while later symbols are still being asked for. */
static void test_as_many_symbols_are_marked_as_there_were_errors(void **state)
{
    struct world *world = new_world();

    (void)state;
    ask(world, 5);
    assert_true(streams_error(&world->streams, "Subscribing to too many symbols"));
    ask(world, 1);
    assert_true(streams_error(&world->streams, "Subscribing to too many symbols"));
    for (unsigned i = 0; i < 4; i++)
        trade(world, (uint16_t)i);
    assert_int_equal(streams_without(&world->streams), 2);
    finish(world, "S4 rejected; S5 rejected; ");
}

static void test_a_marked_symbol_that_trades_hands_the_mark_on(void **state)
{
    struct world *world = new_world();

    (void)state;
    ask(world, SYMBOLS);
    assert_true(streams_error(&world->streams, "Subscribing to too many symbols"));
    trade(world, 5);
    assert_int_equal(streams_without(&world->streams), 1);
    finish(world, "S5 rejected; S5 talking; S4 rejected; ");
}

static void test_more_errors_than_symbols_mark_no_more_than_there_are(void **state)
{
    struct world *world = new_world();

    (void)state;
    ask(world, 2);
    for (int i = 0; i < 5; i++)
        assert_true(streams_error(&world->streams, "Subscribing to too many symbols"));
    assert_int_equal(streams_without(&world->streams), 2);
    finish(world, "S1 rejected; S0 rejected; ");
}

static void test_an_invalid_symbol_is_marked_by_its_name(void **state)
{
    struct world *world = new_world();

    (void)state;
    ask(world, SYMBOLS);
    assert_true(streams_error(&world->streams, "Invalid symbol S2"));
    assert_false(streams_error(&world->streams, "Invalid symbol S9"));
    assert_false(streams_error(&world->streams, "Invalid symbol "));
    assert_false(streams_error(&world->streams, "Something went wrong"));
    assert_false(streams_error(&world->streams, ""));
    trade(world, 2); /* it was once sent about a valid symbol */
    finish(world, "S2 rejected; S2 talking; ");
}

static void test_a_rejected_symbol_gets_another_chance_on_the_next_connection(void **state)
{
    struct world *world = new_world();

    (void)state;
    ask(world, SYMBOLS);
    assert_true(streams_error(&world->streams, "Subscribing to too many symbols"));
    streams_begin(&world->streams);
    assert_int_equal(streams_without(&world->streams), 1);
    ask(world, SYMBOLS);
    assert_int_equal(streams_without(&world->streams), 0);
    assert_true(streams_error(&world->streams, "Subscribing to too many symbols"));
    finish(world, "S5 rejected; S5 talking; S5 rejected; ");
}

static uint16_t next(const struct world *world)
{
    return streams_next(&world->streams);
}

static void test_a_symbol_that_is_removed_is_not_asked_for(void **state)
{
    (void)state;
    struct world *world = new_world();
    ask(world, 3);
    assert_true(streams_remove(&world->streams, 1));
    assert_false(streams_remove(&world->streams, 4));
    assert_false(streams_has(&world->streams, 1));
    assert_int_equal(world->streams.asked, 2);
    assert_int_equal(next(world), 3);
    ask(world, 1);
    assert_int_equal(next(world), 5);
    ask(world, 1);
    assert_int_equal(next(world), SYMBOL_NONE);
    arena_fini(&world->arena);
}

static void test_a_symbol_that_comes_back_is_asked_for_last(void **state)
{
    (void)state;
    struct world *world = new_world();
    ask(world, SYMBOLS);
    assert_true(streams_remove(&world->streams, 0));
    streams_add(&world->streams, 0);
    assert_int_equal(next(world), 0);
    trade(world, 5); /* the others are where they were looked for */
    assert_true(world->streams.of[4].traded);
    assert_int_equal(world->streams.of[4].symbol, 5);
    arena_fini(&world->arena);
}

static void test_trades_of_strangers_are_ignored(void **state)
{
    struct world *world = new_world();

    (void)state;
    ask(world, SYMBOLS);
    trade(world, SYMBOL_NONE);
    trade(world, SYMBOLS);
    trade(world, SYMBOLS_MAX - 1);
    finish(world, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_symbols_are_asked_for_in_their_order_on_each_connection),
        cmocka_unit_test(test_a_symbol_that_is_silent_while_others_trade_is_noticed),
        cmocka_unit_test(test_silence_of_all_is_not_a_symbol_s_fault),
        cmocka_unit_test(test_a_symbol_whose_venue_is_closed_is_not_silent),
        cmocka_unit_test(test_a_symbol_that_was_not_asked_for_is_not_silent),
        cmocka_unit_test(test_too_many_symbols_marks_the_newest_that_has_not_traded),
        cmocka_unit_test(test_as_many_symbols_are_marked_as_there_were_errors),
        cmocka_unit_test(test_a_marked_symbol_that_trades_hands_the_mark_on),
        cmocka_unit_test(test_more_errors_than_symbols_mark_no_more_than_there_are),
        cmocka_unit_test(test_an_invalid_symbol_is_marked_by_its_name),
        cmocka_unit_test(test_a_rejected_symbol_gets_another_chance_on_the_next_connection),
        cmocka_unit_test(test_a_symbol_that_is_removed_is_not_asked_for),
        cmocka_unit_test(test_a_symbol_that_comes_back_is_asked_for_last),
        cmocka_unit_test(test_trades_of_strangers_are_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
