/* Books that go into the archive come out of it to the last unit, and can be taken over again. */
#include "tickd/store/reader.h"

#include "support/module_fixture.h"
#include "support/store_rig.h"
#include "tickd/base/rng.h"
#include "tickd/market/conditions.h"
#include "tickd/modules/portfolio.h"

/* A portfolio that trades at random; all that it says goes into the archive. */
struct world {
    struct module_fixture fixture;
    struct store_rig rig;
    struct rng rng;
    int64_t prices[MODULE_FIXTURE_SYMBOLS];
    uint32_t bars;
};

static struct portfolio *portfolio;

static struct module create(struct module_fixture *fixture, struct arena *arena)
{
    portfolio = portfolio_create(arena, &fixture->settings.portfolio, 5, 10, MODULE_FIXTURE_SYMBOLS,
                                 fixture->bus);
    return arena_measuring(arena) ? (struct module){0} : portfolio_module(portfolio);
}

static void see(void *state, const struct message *message)
{
    struct world *world = state;
    world->rig.now_us = message->head.time_us;
    queue_see(&world->rig.queue, message);
}

static void world_start(struct world *world, uint64_t seed)
{
    rig_init(&world->rig);
    module_fixture_init(&world->fixture);
    module_fixture_set(&world->fixture, "portfolio.allow_short", "true");
    module_fixture_set(&world->fixture, "portfolio.orders_per_minute", "6000");
    module_fixture_set(&world->fixture, "portfolio.max_drawdown", "0.9");
    module_fixture_start(&world->fixture, create);
    assert_int_equal(bus_add_tap(world->fixture.bus, (struct tap){.see = see, .state = world}), 0);
    rng_stream(&world->rng, seed, "portfolio");
    world->bars = 0;
    for (size_t i = 0; i < MODULE_FIXTURE_SYMBOLS; i++) {
        world->prices[i] = 100 * DECIMAL_ONE;
    }
}

static void world_stop(struct world *world)
{
    module_fixture_stop(&world->fixture);
    rig_fini(&world->rig);
}

static void trade_at_random(struct world *world, int steps)
{
    for (int i = 0; i < steps; i++) {
        uint16_t symbol = (uint16_t)rng_below(&world->rng, MODULE_FIXTURE_SYMBOLS);
        int64_t *price = &world->prices[symbol];
        *price += (int64_t)rng_below(&world->rng, 20000001) - 10000000; /* ±0.1 */
        module_fixture_say(&world->fixture, MODULE_SIMULATOR, TOPIC_SIMULATION, symbol,
                           &(struct simulation_message){
                               .side = rng_below(&world->rng, 2) == 0 ? SIDE_BUY : SIDE_SELL,
                               .fraction = rng_uniform(&world->rng) / 5});
        module_fixture_say(&world->fixture, MODULE_FEED, TOPIC_TRADE, symbol,
                           &(struct trade_message){
                               .price = *price,
                               .volume = (int64_t)rng_below(&world->rng, 1000 * DECIMAL_ONE) + 1,
                               .moves = MOVES_ALL});
        if (i % 7 == 0) {
            module_fixture_pass(&world->fixture, 1);
        }
        if (queue_size(&world->rig.queue) > STORE_RIG_CAPACITY / 2) {
            rig_write(&world->rig);
        }
    }
    rig_write(&world->rig);
}

static sqlite3 *open_reader(const struct store_rig *rig)
{
    char memory[256];
    struct text why;
    sqlite3 *handle = NULL;
    text_init(&why, memory, sizeof memory);
    if (reader_open(&handle, rig->path, &why) != 0) {
        fail_msg("%s", memory);
    }
    return handle;
}

static struct kept_books read_books(const struct store_rig *rig)
{
    static struct kept_books kept;
    sqlite3 *handle = open_reader(rig);
    assert_int_equal(reader_books(handle, rig->setup.run, &kept), 0);
    reader_close(&handle);
    return kept;
}

static struct books_check check_books(const struct store_rig *rig)
{
    struct books_check check;
    sqlite3 *handle = open_reader(rig);
    assert_int_equal(reader_check_books(handle, rig->setup.run, &check), 0);
    reader_close(&handle);
    return check;
}

static void assert_kept_books_are_the_portfolios(const struct world *world)
{
    struct kept_books kept = read_books(&world->rig);
    const struct books *books = portfolio_view(portfolio).books;
    size_t held = 0;
    assert_int_equal(kept.initial_cash, books->initial_cash);
    assert_int_equal(kept.cash, books->cash);
    assert_int_equal(kept.realised_pnl, books->realised_pnl);
    assert_int_equal(kept.fees, books->fees);
    assert_int_equal(kept.turnover, books->turnover);
    assert_int_equal(kept.fills, portfolio_counts(portfolio)->fills);
    for (size_t i = 0; i < MODULE_FIXTURE_SYMBOLS; i++) {
        if (books->positions[i].quantity == 0) {
            continue;
        }
        const struct kept_position *position = &kept.positions[held++];
        assert_string_equal(position->symbol, symbols_name(&world->rig.symbols, (uint16_t)i));
        assert_int_equal(position->quantity, books->positions[i].quantity);
        assert_int_equal(position->cost, books->positions[i].cost);
        assert_true(position->price > 0);
    }
    assert_int_equal(kept.position_count, held);
    assert_true(held > 0);
}

static void test_books_come_back_to_the_last_unit_and_are_what_the_fills_make_of_them(void **state)
{
    (void)state;
    static struct world world;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        world_start(&world, seed);
        trade_at_random(&world, 400);
        assert_true(portfolio_counts(portfolio)->fills > 100);
        assert_kept_books_are_the_portfolios(&world);
        struct books_check check = check_books(&world.rig);
        assert_string_equal(check.what, "");
        assert_true(check.exact && check.complete);
        assert_int_equal(check.fills, portfolio_counts(portfolio)->fills);
        assert_int_equal(rig_ask_number(&world.rig,
                                        "SELECT abs(cash_off) + abs(realised_pnl_off) +"
                                        " abs(fees_off) + abs(fills_off) FROM books_check"),
                         0);
        world_stop(&world);
    }
}

static void test_each_number_that_was_changed_is_noticed(void **state)
{
    (void)state;
    static struct world world;
    static const char *const ends[] = {"min", "max"};
    static const char *const columns[] = {"quantity", "fee",  "realised_pnl",
                                          "position", "cost", "cash"};
    world_start(&world, 7);
    trade_at_random(&world, 100);
    for (size_t i = 0; i < ARRAY_LENGTH(ends) * ARRAY_LENGTH(columns); i++) {
        char sql[256];
        const char *column = columns[i % ARRAY_LENGTH(columns)];
        (void)snprintf(sql, sizeof sql,
                       "UPDATE raw_fill SET %s = %s + 1 WHERE sequence ="
                       " (SELECT %s(sequence) FROM raw_fill)",
                       column, column, ends[i / ARRAY_LENGTH(columns)]);
        rig_change(&world.rig, sql);
        struct books_check check = check_books(&world.rig);
        if (check.exact) {
            fail_msg("not noticed: %s", sql);
        }
        assert_non_null(strstr(check.what, "is stored as"));
        *strstr(sql, "+ 1") = '-';
        rig_change(&world.rig, sql);
    }
    assert_true(check_books(&world.rig).exact);
    rig_change(&world.rig, "UPDATE raw_position SET quantity = quantity + 1");
    assert_false(check_books(&world.rig).exact);
    world_stop(&world);
}

static void test_books_can_be_checked_where_retention_has_removed_their_beginning(void **state)
{
    (void)state;
    static struct world world;
    world_start(&world, 8);
    trade_at_random(&world, 300);
    rig_change(&world.rig, "DELETE FROM raw_fill WHERE sequence <"
                           " (SELECT (min(sequence) + max(sequence)) / 2 FROM raw_fill)");
    struct books_check check = check_books(&world.rig);
    assert_string_equal(check.what, "");
    assert_true(check.exact);
    assert_false(check.complete);
    assert_kept_books_are_the_portfolios(&world);
    rig_change(&world.rig, "UPDATE raw_fill SET cash = cash + 1 WHERE sequence ="
                           " (SELECT max(sequence) FROM raw_fill)");
    assert_false(check_books(&world.rig).exact);
    world_stop(&world);
}

/* As the engine does it, for a portfolio alone: the symbol is in the head. */
static void give(struct world *world, enum command_verb verb, const char *symbol, int64_t number,
                 int64_t second)
{
    struct command_message command = {.verb = verb, .number = number, .second = second};
    text_copy(command.argument, sizeof command.argument, symbol);
    module_fixture_say(&world->fixture, MODULE_CONTROL, TOPIC_COMMAND,
                       symbols_find(&world->rig.symbols, symbol, strlen(symbol)), &command);
}

static void test_adopted_books_are_checked_from_their_adoption_on(void **state)
{
    (void)state;
    static struct world world;
    world_start(&world, 9);
    trade_at_random(&world, 200);
    struct kept_books kept = read_books(&world.rig);
    world_stop(&world);
    world_start(&world, 10);
    give(&world, COMMAND_ADOPT_CASH, "", kept.initial_cash, kept.cash);
    give(&world, COMMAND_ADOPT_RESULT, "", kept.realised_pnl, kept.fees);
    give(&world, COMMAND_ADOPT_TURNOVER, "", kept.turnover, 0);
    for (size_t i = 0; i < kept.position_count; i++) {
        const struct kept_position *position = &kept.positions[i];
        give(&world, COMMAND_ADOPT_PRICE, position->symbol, position->price, 0);
        give(&world, COMMAND_ADOPT_POSITION, position->symbol, position->quantity, position->cost);
    }
    give(&world, COMMAND_ADOPT_BOOKS, "", kept.peak, kept.day_equity);
    assert_int_equal(portfolio_counts(portfolio)->adoptions, 1);
    rig_write(&world.rig);
    struct kept_books again = read_books(&world.rig);
    assert_int_equal(again.cash, kept.cash);
    assert_int_equal(again.position_count, kept.position_count);
    assert_int_equal(again.positions[0].cost, kept.positions[0].cost);
    trade_at_random(&world, 200);
    assert_kept_books_are_the_portfolios(&world);
    struct books_check check = check_books(&world.rig);
    assert_string_equal(check.what, "");
    assert_true(check.exact && check.complete);
    assert_int_equal(rig_ask_number(&world.rig, "SELECT abs(cash_off) + abs(realised_pnl_off) +"
                                                " abs(fees_off) + abs(fills_off) FROM books_check"),
                     0);
    world_stop(&world);
}

static void test_runs_and_how_far_they_are_written_are_told(void **state)
{
    (void)state;
    struct store_rig rig;
    int64_t run = 0;
    uint64_t sequence = 0;
    uint64_t refused = 7;
    struct kept_books kept;
    rig_init(&rig);
    assert_int_equal(writer_open(&rig.writer, rig.now_us), DATABASE_OPEN);
    sqlite3 *handle = open_reader(&rig);
    assert_int_equal(reader_newest_run(handle, &run), ERROR_NOT_FOUND);
    assert_int_equal(reader_books(handle, rig.setup.run, &kept), ERROR_NOT_FOUND);
    rig_say_fill(&rig, 1);
    rig_write(&rig);
    assert_int_equal(reader_newest_run(handle, &run), 0);
    assert_int_equal(run, rig.setup.run);
    assert_int_equal(reader_committed(handle, run, &sequence, &refused), 0);
    assert_int_equal(sequence, 3);
    assert_int_equal(refused, 0);
    assert_int_equal(reader_committed(handle, run + 1, &sequence, &refused), ERROR_NOT_FOUND);
    reader_close(&handle);
    rig_fini(&rig);
}

static void test_a_file_that_is_not_there_and_one_of_another_version_are_told(void **state)
{
    (void)state;
    struct store_rig rig;
    char memory[256];
    struct text why;
    sqlite3 *handle;
    rig_init(&rig);
    text_init(&why, memory, sizeof memory);
    assert_int_equal(reader_open(&handle, rig.path, &why), ERROR_NOT_FOUND);
    reader_close(&handle);
    rig_change(&rig, "PRAGMA user_version = 77");
    text_clear(&why);
    assert_int_equal(reader_open(&handle, rig.path, &why), ERROR_STATE);
    assert_non_null(strstr(memory, rig.path));
    reader_close(&handle);
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_books_come_back_to_the_last_unit_and_are_what_the_fills_make_of_them),
        cmocka_unit_test(test_each_number_that_was_changed_is_noticed),
        cmocka_unit_test(test_books_can_be_checked_where_retention_has_removed_their_beginning),
        cmocka_unit_test(test_adopted_books_are_checked_from_their_adoption_on),
        cmocka_unit_test(test_runs_and_how_far_they_are_written_are_told),
        cmocka_unit_test(test_a_file_that_is_not_there_and_one_of_another_version_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
