/* A million random trades, verdicts, bars, commands and seconds: the books balance to the last unit
 * at every step, every order ends exactly once, and closing is always possible. */
#include "support/module_fixture.h"
#include "support/seed.h"
#include "tickd/base/rng.h"
#include "tickd/market/conditions.h"
#include "tickd/modules/portfolio.h"

enum { STEPS = 1000000, LIVES = 25 /* each direction: ruin ends one, for good */ };

static struct portfolio *portfolio;

static struct module create(struct module_fixture *fixture, struct arena *arena)
{
    portfolio = portfolio_create(arena, &fixture->settings.portfolio, 20, 500,
                                 MODULE_FIXTURE_SYMBOLS, fixture->bus);
    return arena_measuring(arena) ? (struct module){0} : portfolio_module(portfolio);
}

struct world {
    struct module_fixture fixture;
    struct rng rng;
    int64_t prices[MODULE_FIXTURE_SYMBOLS];
    uint32_t bars[MODULE_FIXTURE_SYMBOLS];
    bool allow_short;
};

static uint16_t any_symbol(struct world *world)
{
    return (uint16_t)rng_below(&world->rng, MODULE_FIXTURE_SYMBOLS);
}

/* Prices wander by up to 2% a trade and now and then jump to a tenth or tenfold, as bad prints do.
 */
static void random_trade(struct world *world)
{
    uint16_t symbol = any_symbol(world);
    int64_t *price = &world->prices[symbol];
    int64_t moved;
    int64_t change = (int64_t)rng_below(&world->rng, 4000001) - 2000000;
    assert_int_equal(decimal_multiply_divide(*price, DECIMAL_ONE + change, DECIMAL_ONE,
                                             DECIMAL_HALF_EVEN, &moved),
                     0);
    *price = moved < 1000 ? 1000 : moved > 1000000 * DECIMAL_ONE ? 1000 * DECIMAL_ONE : moved;
    struct trade_message trade = {.price = *price,
                                  .volume =
                                      (int64_t)rng_below(&world->rng, 1000 * (uint64_t)DECIMAL_ONE),
                                  .moves = MOVES_ALL};
    if (rng_below(&world->rng, 1000) == 0) {
        trade.price = rng_below(&world->rng, 2) == 0 ? trade.price / 10 + 1 : trade.price * 10;
    }
    if (rng_below(&world->rng, 10) == 0) {
        trade.volume = 0;
    }
    module_fixture_say(&world->fixture, MODULE_FEED, TOPIC_TRADE, symbol, &trade);
}

static void random_simulation(struct world *world)
{
    enum side side = rng_below(&world->rng, 2) == 0 ? SIDE_BUY : SIDE_SELL;
    double fraction = rng_uniform(&world->rng) * 2.0;
    struct simulation_message simulation = {.side = side,
                                            .verdict =
                                                (uint32_t)rng_below(&world->rng, VERDICT_COUNT),
                                            .fraction = side == SIDE_BUY ? fraction : -fraction};
    module_fixture_say(&world->fixture, MODULE_SIMULATOR, TOPIC_SIMULATION, any_symbol(world),
                       &simulation);
}

static void random_bar(struct world *world)
{
    uint16_t symbol = any_symbol(world);
    struct bar_message bar = {.number = ++world->bars[symbol],
                              .spread = rng_uniform(&world->rng) * 0.01};
    module_fixture_say(&world->fixture, MODULE_MARKET, TOPIC_BAR, symbol, &bar);
}

static void command(struct world *world, enum command_verb verb)
{
    module_fixture_say(&world->fixture, MODULE_CONTROL, TOPIC_COMMAND, SYMBOL_NONE,
                       &(struct command_message){.verb = verb});
}

static void random_command(struct world *world)
{
    static const enum command_verb verbs[] = {COMMAND_HALT, COMMAND_UNHALT, COMMAND_UNHALT,
                                              COMMAND_FLATTEN};
    command(world, verbs[rng_below(&world->rng, ARRAY_LENGTH(verbs))]);
}

static void step(struct world *world)
{
    uint64_t choice = rng_below(&world->rng, 1000);
    if (choice < 600) {
        random_trade(world);
    } else if (choice < 850) {
        random_simulation(world);
    } else if (choice < 970) {
        random_bar(world);
    } else if (choice < 998) {
        module_fixture_pass(&world->fixture, 1);
    } else {
        random_command(world);
    }
}

static void assert_all_holds(const struct world *world)
{
    const struct books *books = portfolio_view(portfolio).books;
    const struct portfolio_counts *counts = portfolio_counts(portfolio);
    assert_true(books_balance(books));
    assert_int_equal(counts->orders,
                     counts->done + counts->rejects + counts->expired + counts->open);
    if (!world->allow_short) {
        assert_true(books->cash >= 0);
        for (size_t i = 0; i < books->count; i++) {
            assert_true(books->positions[i].quantity >= 0);
        }
    }
}

/* Whatever the limits say and whether halted or not. */
static void assert_everything_can_be_closed(struct world *world)
{
    command(world, COMMAND_FLATTEN);
    for (uint16_t symbol = 0; symbol < MODULE_FIXTURE_SYMBOLS; symbol++) {
        struct trade_message trade = {.price = world->prices[symbol], .moves = MOVES_ALL};
        module_fixture_say(&world->fixture, MODULE_FEED, TOPIC_TRADE, symbol, &trade);
        module_fixture_say(&world->fixture, MODULE_FEED, TOPIC_TRADE, symbol, &trade);
        assert_int_equal(portfolio_view(portfolio).books->positions[symbol].quantity, 0);
    }
}

/* One portfolio's life; returns how many fills it saw. */
static uint64_t live(bool allow_short, uint64_t seed, uint64_t life)
{
    static struct world world;
    memset(&world, 0, sizeof world);
    module_fixture_init(&world.fixture);
    module_fixture_set(&world.fixture, "portfolio.allow_short", allow_short ? "true" : "false");
    module_fixture_set(&world.fixture, "portfolio.max_drawdown", "0.5");
    module_fixture_start(&world.fixture, create);
    rng_stream_numbered(&world.rng, seed, "portfolio", allow_short, life);
    world.allow_short = allow_short;
    for (size_t i = 0; i < MODULE_FIXTURE_SYMBOLS; i++) {
        world.prices[i] = 100 * DECIMAL_ONE;
    }
    for (int i = 0; i < STEPS / 2 / LIVES; i++) {
        step(&world);
        assert_all_holds(&world);
        if (i % 5000 == 4999) {
            assert_everything_can_be_closed(&world);
        }
    }
    uint64_t fills = portfolio_counts(portfolio)->fills;
    module_fixture_stop(&world.fixture);
    return fills;
}

static void run(bool allow_short)
{
    uint64_t seed = test_seed();
    uint64_t fills = 0;
    for (uint64_t i = 0; i < LIVES; i++) {
        fills += live(allow_short, seed, i);
    }
    assert_true(fills > STEPS / 500); /* that there was something to balance */
}

static void test_the_books_hold_long_only(void **state)
{
    (void)state;
    run(false);
}

static void test_the_books_hold_with_short_selling(void **state)
{
    (void)state;
    run(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_books_hold_long_only),
        cmocka_unit_test(test_the_books_hold_with_short_selling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
