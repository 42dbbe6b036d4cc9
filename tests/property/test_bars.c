/* Bars against a plain model that looks at all trades at once, over random trades, orders of
 * arrival, clocks and widths. Three properties:
 *   - within the lateness no trade is late, and the bars are those of the set of trades;
 *   - whatever the order, every trade ends accepted or late, and the bars add up to the accepted;
 *   - every bar is well formed, and bars come in order, each once. */
#include "tickd/market/bars.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/seed.h"
#include "tickd/base/rng.h"

#define T0 INT64_C(1790000000000)

enum { TRADES_MAX = 400, ROUNDS = 400 };

struct arrival {
    int64_t key; /* place in the order of arrival */
    size_t number;
    struct trade trade;
    unsigned moves;
    bool accepted;
};

struct world {
    struct rng rng;
    int64_t width_ms, lateness_ms, grace_ms;
    struct arrival arrivals[TRADES_MAX];
    size_t trades;
};

/* What the builder gave, or the model says. */
struct outcome {
    struct bar bars[TRADES_MAX + 1];
    uint128 turnovers[TRADES_MAX + 1];
    enum bar_closed kinds[TRADES_MAX + 1];
    size_t count;
    size_t accepted;
    size_t late;
};

static struct world world;
static struct outcome built;
static struct outcome again;
static struct outcome model;

static int64_t below(uint64_t bound)
{
    return (int64_t)rng_below(&world.rng, bound);
}

/* Random trades on few distinct times and prices, so that ties are common. */
static void make_trades(uint64_t round)
{
    static const unsigned moves[] = {MOVES_ALL,      MOVES_ALL,
                                     MOVES_ALL,      MOVES_VOLUME,
                                     MOVES_HIGH_LOW, MOVES_HIGH_LOW | MOVES_VOLUME,
                                     MOVES_LAST,     MOVES_LAST | MOVES_VOLUME};

    rng_stream_numbered(&world.rng, test_seed(), "bars", round, 0);
    world.width_ms = 1 + below(2000);
    world.lateness_ms = below((uint64_t)world.width_ms + 1);
    world.grace_ms = below(1000);
    world.trades = (size_t)(1 + below(TRADES_MAX));
    int64_t span_ms = world.width_ms * (1 + below(20));

    for (size_t i = 0; i < world.trades; i++) {
        world.arrivals[i] = (struct arrival){
            .number = i,
            .moves = moves[below(sizeof moves / sizeof moves[0])],
            .trade = {.time_ms = T0 + below((uint64_t)span_ms),
                      .price = 1 + below(1 + rng_below(&world.rng, 50)) * 100000007,
                      .volume = below(4) == 0 ? 0 : below(INT64_C(100000000000))}};
    }
}

static int by_key(const void *a, const void *b)
{
    const struct arrival *first = a;
    const struct arrival *second = b;

    if (first->key != second->key)
        return first->key < second->key ? -1 : 1;
    return first->number < second->number ? -1 : 1;
}

/* Orders the arrivals by exchange time plus a delay below `delay_ms`. Trades of one time keep their
 * order among themselves: it decides which opens and closes. */
static void order_arrivals(int64_t delay_ms, uint64_t salt)
{
    for (size_t i = 0; i < world.trades; i++) {
        struct arrival *arrival = &world.arrivals[i];
        struct rng rng;

        rng_stream_numbered(&rng, salt, "delay", (uint64_t)arrival->trade.time_ms, 0);
        arrival->key = arrival->trade.time_ms + (int64_t)rng_below(&rng, (uint64_t)delay_ms + 1);
    }
    qsort(world.arrivals, world.trades, sizeof world.arrivals[0], by_key);
}

static void drain(struct bar_builder *builder, struct outcome *out)
{
    for (;;) {
        size_t next = out->count;

        assert_true(next < TRADES_MAX || !builder->open[0].used);
        out->kinds[next] = bars_next(builder, &out->bars[next], &out->turnovers[next]);
        if (out->kinds[next] == BAR_CLOSED_NONE)
            return;
        out->count++;
    }
}

/* Sends all arrivals through the caller's protocol. With `clock`, time passes too: about
 * `clock_ms` behind the newest key. */
static void build(struct outcome *out, bool clock, int64_t clock_ms)
{
    struct bar_builder builder;

    memset(out, 0, sizeof *out);
    bars_init(&builder, world.width_ms, world.lateness_ms, world.grace_ms);
    for (size_t i = 0; i < world.trades; i++) {
        struct arrival *arrival = &world.arrivals[i];
        int64_t late_ms = -1;

        if (clock && below(3) == 0) {
            bars_see_clock(&builder, arrival->key - clock_ms);
            drain(&builder, out);
        }
        bars_see_trade_time(&builder, arrival->trade.time_ms);
        drain(&builder, out);
        int64_t closed_until_ms = builder.closed_until_ms;

        arrival->accepted =
            bars_add(&builder, &arrival->trade, arrival->moves, &late_ms) == BAR_TRADE_ACCEPTED;
        out->accepted += arrival->accepted;
        out->late += !arrival->accepted;
        assert_true(arrival->accepted == (arrival->trade.time_ms >= closed_until_ms));
        assert_true(late_ms == (arrival->accepted ? 0 : closed_until_ms - arrival->trade.time_ms));
    }
    bars_close_all(&builder);
    drain(&builder, out);
    assert_int_equal(builder.bars + builder.bars_without_price, out->count);
    assert_int_equal(bars_due_ms(&builder), INT64_MAX);
}

/* The bar of one interval, from all accepted trades in it, in order of arrival. */
static enum bar_closed model_bar(int64_t start_ms, struct bar *bar, uint128 *turnover)
{
    int64_t first_ms = INT64_MAX;
    int64_t last_ms = INT64_MIN;
    bool ranged = false;

    memset(bar, 0, sizeof *bar);
    bar->start_ms = start_ms;
    *turnover = 0;
    for (size_t i = 0; i < world.trades; i++) {
        const struct arrival *arrival = &world.arrivals[i];
        const struct trade *trade = &arrival->trade;

        if (!arrival->accepted || trade->time_ms < start_ms ||
            trade->time_ms >= start_ms + world.width_ms)
            continue;
        bar->trades++;
        if (arrival->moves & MOVES_VOLUME) {
            bar->volume += trade->volume;
            *turnover += (uint128)(uint64_t)trade->price * (uint64_t)trade->volume;
        }
        if (arrival->moves & MOVES_HIGH_LOW) {
            bar->high = !ranged || trade->price > bar->high ? trade->price : bar->high;
            bar->low = !ranged || trade->price < bar->low ? trade->price : bar->low;
            ranged = true;
        }
        if ((arrival->moves & MOVES_LAST) && trade->time_ms < first_ms) {
            first_ms = trade->time_ms;
            bar->open = trade->price;
        }
        if ((arrival->moves & MOVES_LAST) && trade->time_ms >= last_ms) {
            last_ms = trade->time_ms;
            bar->close = trade->price;
        }
    }
    if (bar->trades == 0)
        return BAR_CLOSED_NONE;
    if (last_ms == INT64_MIN) {
        bar->high = 0;
        bar->low = 0;
        return BAR_CLOSED_UNPRICED;
    }
    for (int side = 0; side < 2; side++) {
        int64_t price = side == 0 ? bar->open : bar->close;

        bar->high = !ranged || price > bar->high ? price : bar->high;
        bar->low = !ranged || price < bar->low ? price : bar->low;
        ranged = true;
    }
    return BAR_CLOSED_PRICED;
}

static void build_model(void)
{
    int64_t start_ms = T0 - T0 % world.width_ms;

    memset(&model, 0, sizeof model);
    for (; start_ms <= T0 + 21 * world.width_ms; start_ms += world.width_ms) {
        size_t next = model.count;

        model.kinds[next] = model_bar(start_ms, &model.bars[next], &model.turnovers[next]);
        model.count += model.kinds[next] != BAR_CLOSED_NONE;
    }
}

/* Everything but what follows from the order of arrival (signed_volume) or is derived (vwap). */
static void assert_same_bars(const struct outcome *a, const struct outcome *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_int_equal(a->kinds[i], b->kinds[i]);
        assert_int_equal(a->bars[i].start_ms, b->bars[i].start_ms);
        assert_int_equal(a->bars[i].open, b->bars[i].open);
        assert_int_equal(a->bars[i].high, b->bars[i].high);
        assert_int_equal(a->bars[i].low, b->bars[i].low);
        assert_int_equal(a->bars[i].close, b->bars[i].close);
        assert_int_equal(a->bars[i].volume, b->bars[i].volume);
        assert_int_equal(a->bars[i].trades, b->bars[i].trades);
        assert_true(a->turnovers[i] == b->turnovers[i]);
    }
}

static void assert_well_formed(const struct outcome *out)
{
    for (size_t i = 0; i < out->count; i++) {
        const struct bar *bar = &out->bars[i];

        assert_int_equal(bar->start_ms % world.width_ms, 0);
        assert_true(i == 0 || bar->start_ms > out->bars[i - 1].start_ms);
        assert_true(bar->trades > 0);
        if (out->kinds[i] == BAR_CLOSED_UNPRICED)
            continue;
        assert_true(bar->low > 0 && bar->low <= bar->open && bar->low <= bar->close);
        assert_true(bar->high >= bar->open && bar->high >= bar->close);
        assert_true(bar->signed_volume <= bar->volume && bar->signed_volume >= -bar->volume);
        assert_int_equal(bar->vwap > 0, bar->volume > 0);
        if (bar->volume > 0) {
            /* |vwap − turnover/volume| ≤ ½ */
            int128 rest = (int128)bar->vwap * bar->volume - (int128)out->turnovers[i];

            assert_true((rest < 0 ? -rest : rest) * 2 <= bar->volume);
        }
    }
}

static void test_bars_do_not_depend_on_the_order_of_arrival_within_the_lateness(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        make_trades(round);
        order_arrivals(world.lateness_ms, test_seed() + round);
        build(&built, false, 0);
        assert_int_equal(built.late, 0);
        build_model();
        assert_same_bars(&built, &model);
        order_arrivals(world.lateness_ms, ~test_seed() - round);
        build(&again, false, 0);
        assert_int_equal(again.late, 0);
        assert_same_bars(&built, &again);
    }
}

static void test_a_clock_within_the_grace_changes_nothing(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        make_trades(round);
        order_arrivals(world.lateness_ms, test_seed() + round);
        build(&built, false, 0);
        /* A clock that is never further than the grace past the oldest time still to come. */
        build(&again, true, world.lateness_ms - world.grace_ms);
        assert_int_equal(again.late, 0);
        assert_same_bars(&built, &again);
        for (size_t i = 0; i < built.count; i++)
            assert_int_equal(built.bars[i].signed_volume, again.bars[i].signed_volume);
    }
}

static void test_every_trade_is_accepted_or_late_and_bars_add_up(void **state)
{
    size_t late = 0;

    (void)state;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        make_trades(round);
        order_arrivals(world.width_ms * (1 + below(5)), test_seed() + round);
        build(&built, true, below(3000) - 1000);
        assert_int_equal(built.accepted + built.late, world.trades);
        assert_well_formed(&built);
        build_model();
        assert_same_bars(&built, &model);
        int64_t trades = 0;

        for (size_t i = 0; i < built.count; i++)
            trades += built.bars[i].trades;
        assert_int_equal(trades, built.accepted);
        late += built.late;
    }
    assert_true(late > ROUNDS); /* the property was put to the test */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bars_do_not_depend_on_the_order_of_arrival_within_the_lateness),
        cmocka_unit_test(test_a_clock_within_the_grace_changes_nothing),
        cmocka_unit_test(test_every_trade_is_accepted_or_late_and_bars_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
