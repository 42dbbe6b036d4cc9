/* Kept books, taken over by a fresh engine: exact, all or nothing, and as inputs. */
#include "tickd/engine/adopt.h"

#include "support/engine_fixture.h"
#include "support/numbers.h"
#include "tickd/engine/engine_state.h"

#define ONE DECIMAL_ONE

enum { INPUTS_MAX = 32 };

/* 100,000 at first; 10 A bought at 100, 4 B sold short at 50.5, 7 gained and 3 paid in fees. */
static struct kept_books example(void)
{
    return (struct kept_books){
        .time_us = FIXTURE_START_US - US_PER_S,
        .initial_cash = 100000 * ONE,
        .cash = (100000 + 7 - 3 - 1000 + 202) * ONE,
        .realised_pnl = 7 * ONE,
        .fees = 3 * ONE,
        .turnover = 4711 * ONE + 1,
        .peak = 100123 * ONE,
        .day_equity = 100001 * ONE,
        .fills = 12,
        .position_count = 2,
        .positions = {{"A", 10 * ONE, 1000 * ONE, 101 * ONE},
                      {"B", -4 * ONE, -202 * ONE, 50 * ONE}},
    };
}

static int adopt(struct engine_fixture *fixture, const struct kept_books *kept, const char *says)
{
    char memory[256];
    struct text why;
    text_init(&why, memory, sizeof memory);
    int error = engine_adopt_books(fixture->engine, kept, &why);
    if (strstr(memory, says) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", memory, says);
    }
    return error;
}

static const struct books *books_of(const struct engine_fixture *fixture)
{
    return portfolio_view(fixture->engine->portfolio).books;
}

static void assert_books_are_fresh(const struct engine_fixture *fixture)
{
    const struct books *books = books_of(fixture);
    assert_true(books_balance(books));
    assert_int_equal(books->cash, fixture->settings.portfolio.initial_cash);
    assert_int_equal(books->initial_cash, fixture->settings.portfolio.initial_cash);
    assert_int_equal(books->realised_pnl, 0);
    assert_int_equal(books->positions[0].quantity, 0);
    assert_int_equal(books->positions[1].quantity, 0);
}

static void test_adopted_books_are_the_kept_ones_to_the_last_unit(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    struct kept_books kept = example();
    fixture_init(&fixture);
    fixture_start(&fixture);
    assert_int_equal(adopt(&fixture, &kept, ""), 0);
    const struct books *books = books_of(&fixture);
    assert_true(books_balance(books));
    assert_int_equal(books->initial_cash, kept.initial_cash);
    assert_int_equal(books->cash, kept.cash);
    assert_int_equal(books->realised_pnl, kept.realised_pnl);
    assert_int_equal(books->fees, kept.fees);
    assert_int_equal(books->turnover, kept.turnover);
    assert_int_equal(books->positions[0].quantity, 10 * ONE);
    assert_int_equal(books->positions[0].cost, 1000 * ONE);
    assert_int_equal(books->positions[1].quantity, -4 * ONE);
    assert_int_equal(books->positions[1].cost, -202 * ONE);
    const struct equity_message *said = &fixture.last[TOPIC_EQUITY].body.equity;
    assert_int_equal(said->cash, kept.cash);
    assert_int_equal(said->equity, kept.cash + (1010 - 200) * ONE);
    assert_int_equal(said->peak, kept.peak);
    assert_int_equal(said->day_equity, kept.day_equity);
    assert_int_equal(said->halted, 0);
    fixture_stop(&fixture);
}

static void test_a_kill_switch_that_was_on_stays_on(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    struct kept_books kept = example();
    kept.halted = true;
    fixture_init(&fixture);
    fixture_start(&fixture);
    assert_int_equal(adopt(&fixture, &kept, ""), 0);
    assert_int_equal(fixture.last[TOPIC_EQUITY].body.equity.halted, 1);
    fixture_stop(&fixture);
}

static void test_a_day_that_is_over_does_not_count_its_loss_any_more(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    struct kept_books kept = example();
    kept.time_us -= (int64_t)S_PER_DAY * US_PER_S;
    fixture_init(&fixture);
    fixture_start(&fixture);
    assert_int_equal(adopt(&fixture, &kept, ""), 0);
    const struct equity_message *said = &fixture.last[TOPIC_EQUITY].body.equity;
    assert_int_equal(said->day_equity, said->equity);
    fixture_stop(&fixture);
}

static void test_an_adopted_position_has_its_whole_horizon_before_the_time_stop(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    struct kept_books kept = example();
    fixture_init(&fixture);
    fixture_set(&fixture, "electorate.horizon_bars", "3");
    fixture_start(&fixture);
    assert_int_equal(adopt(&fixture, &kept, ""), 0);
    for (int64_t second = 0; fixture.seen[TOPIC_ORDER] == 0 && second < 10; second++) {
        fixture_trade(&fixture, second * 1000 + 10, 0, second * 1000, 101.0, 5.0);
    }
    assert_int_equal(fixture.last[TOPIC_ORDER].body.order.purpose, ORDER_TIME_STOP);
    assert_int_equal(fixture.last[TOPIC_BAR].body.bar.number, 3);
    fixture_stop(&fixture);
}

static void test_books_that_do_not_add_up_are_refused_as_a_whole(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    struct kept_books kept = example();
    kept.cash += 1;
    fixture_init(&fixture);
    fixture_start(&fixture);
    assert_int_equal(adopt(&fixture, &kept, "do not add up"), ERROR_RANGE);
    assert_books_are_fresh(&fixture);
    fixture_stop(&fixture);
}

static void test_a_position_in_a_symbol_that_is_not_there_is_named_and_nothing_happens(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    struct kept_books kept = example();
    text_copy(kept.positions[1].symbol, SYMBOL_NAME_MAX, "GONE");
    fixture_init(&fixture);
    fixture_start(&fixture);
    assert_int_equal(adopt(&fixture, &kept, "GONE"), ERROR_NOT_FOUND);
    assert_int_equal(fixture.seen[TOPIC_COMMAND], 0);
    assert_books_are_fresh(&fixture);
    fixture_stop(&fixture);
}

/* With trades, so that the minute counts. */
static const struct reward_message *play_minute(struct engine_fixture *fixture, int64_t minute)
{
    for (int64_t second = 1; second < 60; second++) {
        int64_t at_ms = (minute * 60 + second) * 1000;
        fixture_trade(fixture, at_ms + 10, 0, at_ms, 101.0, 5.0);
    }
    fixture_advance(fixture, (minute + 1) * 60 * 1000 + 10);
    return &fixture->last[TOPIC_REWARD].body.reward;
}

/* 30,000 were lost in earlier runs, and a lot was traded. */
static struct kept_books long_ago(void)
{
    return (struct kept_books){
        .time_us = FIXTURE_START_US - US_PER_S,
        .initial_cash = 100000 * ONE,
        .cash = 70000 * ONE,
        .realised_pnl = -30000 * ONE,
        .turnover = 4711 * ONE,
        .peak = 100000 * ONE,
        .day_equity = 70000 * ONE,
    };
}

static void test_what_was_gained_and_lost_before_is_no_result_of_the_minute(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    struct kept_books kept = long_ago();
    fixture_init(&fixture);
    fixture_start(&fixture);
    const struct reward_message *reward = play_minute(&fixture, 0);
    assert_int_equal(reward->minutes, 1);
    fixture_advance(&fixture, 75 * 1000);
    assert_int_equal(adopt(&fixture, &kept, ""), 0);
    fixture_advance(&fixture, 120 * 1000 + 10);
    assert_int_equal(fixture.seen[TOPIC_REWARD], 2);
    assert_near(reward->minute_return, 0, 0);
    assert_near(reward->max_drawdown, 0, 0);
    assert_near(reward->turnover, 0, 0);
    play_minute(&fixture, 2);
    assert_int_equal(fixture.seen[TOPIC_ORDER], 0);
    assert_int_equal(reward->minutes, 2); /* the first one was before */
    fixture_stop(&fixture);
}

static void test_gains_and_losses_count_from_the_adopted_equity_on(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    struct kept_books kept = example(); /* 10 A at 101 */
    fixture_init(&fixture);
    fixture_start(&fixture);
    assert_int_equal(adopt(&fixture, &kept, ""), 0);
    double equity = decimal_to_double(fixture.last[TOPIC_EQUITY].body.equity.equity);
    fixture_trade(&fixture, 1010, 0, 1000, 100.0, 5.0);
    fixture_advance(&fixture, 60 * 1000 + 10);
    const struct reward_message *reward = &fixture.last[TOPIC_REWARD].body.reward;
    assert_int_equal(fixture.seen[TOPIC_REWARD], 1);
    assert_near(reward->minute_return, -10 / equity, 1e-12);
    assert_near(reward->max_drawdown, 10 / equity, 1e-12);
    fixture_stop(&fixture);
}

static void test_a_refused_adoption_leaves_the_record_of_minutes_alone(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    struct kept_books kept = long_ago();
    kept.cash += 1;
    kept.halted = true; /* the halt tells equity all the same */
    fixture_init(&fixture);
    fixture_start(&fixture);
    const struct reward_message *reward = play_minute(&fixture, 0);
    assert_int_equal(adopt(&fixture, &kept, "do not add up"), ERROR_RANGE);
    play_minute(&fixture, 1);
    assert_int_equal(reward->minutes, 2);
    assert_near(reward->max_drawdown, 0, 0);
    fixture_stop(&fixture);
}

/* As a damaged tape could bring them. */
static void test_no_number_in_a_command_of_adoption_breaks_the_books(void **state)
{
    (void)state;
    static const int64_t numbers[] = {INT64_MIN, INT64_MIN / 4, -1, 0, 1, INT64_MAX / 4, INT64_MAX};
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_start(&fixture);
    for (uint32_t verb = COMMAND_ADOPT_CASH; verb <= COMMAND_ADOPT_BOOKS; verb++) {
        for (size_t i = 0; i < ARRAY_LENGTH(numbers) * ARRAY_LENGTH(numbers); i++) {
            struct command_message command = {.number = numbers[i % ARRAY_LENGTH(numbers)],
                                              .second = numbers[i / ARRAY_LENGTH(numbers)],
                                              .verb = verb};
            text_copy(command.argument, sizeof command.argument, i % 2 == 0 ? "A" : "B");
            engine_command(fixture.engine, &command);
        }
    }
    fixture_advance(&fixture, 1000);
    assert_books_are_fresh(&fixture);
    fixture_stop(&fixture);
}

static void test_an_adoption_that_never_ends_is_undone_when_time_passes(void **state)
{
    (void)state;
    struct engine_fixture fixture;
    fixture_init(&fixture);
    fixture_start(&fixture);
    engine_command(fixture.engine, &(struct command_message){.number = 5 * ONE,
                                                             .second = 5 * ONE,
                                                             .verb = COMMAND_ADOPT_CASH});
    assert_int_equal(books_of(&fixture)->cash, 5 * ONE);
    fixture_advance(&fixture, 1000);
    assert_books_are_fresh(&fixture);
    assert_int_equal(portfolio_counts(fixture.engine->portfolio)->adoptions_refused, 1);
    fixture_stop(&fixture);
}

/* The journal. */

struct journal {
    size_t count;
    struct command_message commands[INPUTS_MAX];
};

static void write_down(void *state, const struct input *input)
{
    struct journal *journal = state;
    assert_int_equal(input->kind, INPUT_COMMAND);
    assert_true(journal->count < INPUTS_MAX);
    journal->commands[journal->count++] = *input->command;
}

static void test_the_inputs_alone_give_the_same_books_again(void **state)
{
    (void)state;
    struct engine_fixture first;
    struct engine_fixture second;
    struct journal journal = {0};
    struct kept_books kept = example();
    kept.halted = true;
    fixture_init(&first);
    fixture_start(&first);
    engine_set_journal(first.engine, (struct input_journal){write_down, &journal});
    assert_int_equal(adopt(&first, &kept, ""), 0);
    assert_int_equal(journal.count, 3 + 2 * 2 + 1 + 1);
    fixture_init(&second);
    fixture_start(&second);
    for (size_t i = 0; i < journal.count; i++) {
        engine_command(second.engine, &journal.commands[i]);
    }
    assert_int_equal(bus_digest(engine_bus(second.engine)), bus_digest(engine_bus(first.engine)));
    assert_int_equal(books_of(&second)->cash, kept.cash);
    fixture_stop(&second);
    fixture_stop(&first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adopted_books_are_the_kept_ones_to_the_last_unit),
        cmocka_unit_test(test_a_kill_switch_that_was_on_stays_on),
        cmocka_unit_test(test_a_day_that_is_over_does_not_count_its_loss_any_more),
        cmocka_unit_test(test_an_adopted_position_has_its_whole_horizon_before_the_time_stop),
        cmocka_unit_test(test_books_that_do_not_add_up_are_refused_as_a_whole),
        cmocka_unit_test(
            test_a_position_in_a_symbol_that_is_not_there_is_named_and_nothing_happens),
        cmocka_unit_test(test_what_was_gained_and_lost_before_is_no_result_of_the_minute),
        cmocka_unit_test(test_gains_and_losses_count_from_the_adopted_equity_on),
        cmocka_unit_test(test_a_refused_adoption_leaves_the_record_of_minutes_alone),
        cmocka_unit_test(test_no_number_in_a_command_of_adoption_breaks_the_books),
        cmocka_unit_test(test_an_adoption_that_never_ends_is_undone_when_time_passes),
        cmocka_unit_test(test_the_inputs_alone_give_the_same_books_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
