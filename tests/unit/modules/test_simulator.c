/* The simulator alone on a bus: what it says of decisions on a price without memory, on one with an
 * edge, and around gaps. */
#include "tickd/modules/simulator.h"

#include <math.h>

#include "support/module_fixture.h"
#include "support/numbers.h"
#include "tickd/base/real.h"
#include "tickd/base/rng.h"

enum { HORIZON = 10, KEPT = 50 };

static struct simulator *simulator;

static struct module create(struct module_fixture *fixture, struct arena *arena)
{
    simulator = simulator_create(arena, &fixture->settings.simulator, &fixture->settings.portfolio,
                                 HORIZON, KEPT, (uint64_t)fixture->settings.root.seed,
                                 MODULE_FIXTURE_SYMBOLS, fixture->bus);
    return arena_measuring(arena) ? (struct module){0} : simulator_module(simulator);
}

/* A symbol's price, and decisions on it that know `edge` of what the next bars will bring. */
struct stream {
    struct module_fixture *fixture;
    struct rng rng;
    uint16_t symbol;
    uint32_t number;
    double edge; /* log return a bar in the decision's direction */
    double volatility;
    enum side side;
    int left; /* bars until the side is chosen anew */
    double log_closes[HORIZON + 1];
    uint32_t known; /* closes since the last gap */
    bool gap;
};

static struct stream stream_of(struct module_fixture *fixture, uint16_t symbol, double edge)
{
    struct stream stream = {
        .fixture = fixture, .symbol = symbol, .edge = edge, .volatility = 0.0005};
    rng_stream_numbered(&stream.rng, 1, "test", symbol, 0);
    stream.log_closes[0] = real_log(100.0);
    stream.known = 1;
    return stream;
}

static double sign_of(enum side side)
{
    return side == SIDE_BUY ? 1.0 : side == SIDE_SELL ? -1.0 : 0.0;
}

static void choose_side(struct stream *stream)
{
    if (stream->left-- > 0) {
        return;
    }
    uint64_t draw = rng_below(&stream->rng, 3);
    stream->side = draw == 0 ? SIDE_BUY : draw == 1 ? SIDE_SELL : SIDE_HOLD;
    stream->left = 2 * HORIZON;
}

static void decide(struct stream *stream, double score)
{
    double oldest = stream->log_closes[HORIZON];
    double newest = stream->log_closes[0];
    struct decision_message decision = {
        .bar_start_ms = 1000 * (int64_t)stream->number,
        .volatility = stream->volatility,
        .horizon_return = stream->known > HORIZON ? newest - oldest : real_nan(),
        .score = sign_of(stream->side) * score,
        .number = stream->number,
        .side = stream->side,
        .after_gap = stream->gap ? 1 : 0,
    };
    assert_int_equal(decimal_from_double(real_exp(newest), &decision.close), 0);
    module_fixture_say(stream->fixture, MODULE_CONSENSUS, TOPIC_DECISION, stream->symbol,
                       &decision);
    stream->gap = false;
}

static void next_bar(struct stream *stream)
{
    double drift = sign_of(stream->side) * stream->edge;
    double step = drift + stream->volatility * rng_normal(&stream->rng);
    for (size_t i = HORIZON; i > 0; i--) {
        stream->log_closes[i] = stream->log_closes[i - 1];
    }
    stream->log_closes[0] += step;
    stream->known++;
    stream->number++;
    choose_side(stream);
    decide(stream, 0.2 + 0.6 * rng_uniform(&stream->rng));
}

static void tear(struct stream *stream)
{
    stream->gap = true;
    stream->known = 0;
}

static void run(struct stream *stream, size_t bars)
{
    for (size_t i = 0; i < bars; i++) {
        next_bar(stream);
    }
}

static const struct simulation_message *newest(const struct module_fixture *fixture)
{
    return &fixture->last[TOPIC_SIMULATION].body.simulation;
}

static void test_every_decision_to_trade_gets_a_simulation_and_hold_none(void **state)
{
    (void)state;
    struct module_fixture fixture;
    module_fixture_init(&fixture);
    module_fixture_start(&fixture, create);
    struct stream stream = stream_of(&fixture, 2, 0.0);
    uint64_t expected = 0;
    for (int i = 0; i < 300; i++) {
        next_bar(&stream);
        expected += stream.side != SIDE_HOLD ? 1 : 0;
        assert_int_equal(fixture.seen[TOPIC_SIMULATION], expected);
        if (stream.side != SIDE_HOLD) {
            assert_int_equal(newest(&fixture)->number, stream.number);
            assert_int_equal(newest(&fixture)->side, stream.side);
            assert_int_equal(fixture.last[TOPIC_SIMULATION].head.symbol, 2);
            assert_int_equal(fixture.last[TOPIC_SIMULATION].head.caused_by, 1);
        }
    }
    const struct simulator_counts *counts = simulator_counts(simulator);
    assert_int_equal(counts->verdicts[VERDICT_REJECT], expected);
    assert_true(counts->reasons[SIMULATION_TOO_FEW_RETURNS] > 50);
    module_fixture_stop(&fixture);
}

static void test_costs_are_a_round_trip(void **state)
{
    (void)state;
    struct module_fixture fixture;
    module_fixture_init(&fixture);
    module_fixture_set(&fixture, "portfolio.fee_bps", "7.5");
    module_fixture_set(&fixture, "portfolio.slippage_bps", "2");
    module_fixture_start(&fixture, create);
    struct stream stream = stream_of(&fixture, 0, 0.0);
    module_fixture_say(&fixture, MODULE_MARKET, TOPIC_BAR, 0,
                       &(struct bar_message){.spread = 4e-4});
    run(&stream, 200);
    assert_near(newest(&fixture)->costs, 23e-4, 1e-15); /* 2 · (7.5 + 2 + 4 ÷ 2) bps */
    module_fixture_say(&fixture, MODULE_MARKET, TOPIC_BAR, 0,
                       &(struct bar_message){.spread = real_nan()});
    stream.left = 0;
    run(&stream, 200);
    assert_near(newest(&fixture)->costs, 19e-4, 1e-15);
    module_fixture_stop(&fixture);
}

static void test_a_price_without_memory_is_not_traded(void **state)
{
    (void)state;
    struct module_fixture fixture;
    module_fixture_init(&fixture);
    module_fixture_start(&fixture, create);
    for (uint16_t symbol = 0; symbol < MODULE_FIXTURE_SYMBOLS; symbol++) {
        struct stream stream = stream_of(&fixture, symbol, 0.0);
        run(&stream, 4000);
    }
    const struct simulator_counts *counts = simulator_counts(simulator);
    assert_int_equal(counts->verdicts[VERDICT_PROCEED] + counts->verdicts[VERDICT_CAUTION], 0);
    assert_true(counts->reasons[SIMULATION_EDGE_BELOW_COSTS] > 9000);
    const struct simulator_record *record = simulator_record(simulator);
    double beyond = (double)record->beyond_value_at_risk / (double)record->count;
    assert_near(beyond, 0.05, 0.01);
    assert_near(record_brier(record), record_brier_of_base_rate(record), 0.003);
    module_fixture_stop(&fixture);
}

/* 8 bps a bar, 80 in a horizon, against 12 of costs and a deviation of 16. */
static void test_an_edge_beyond_the_costs_is_found_and_sized(void **state)
{
    (void)state;
    struct module_fixture fixture;
    module_fixture_init(&fixture);
    module_fixture_start(&fixture, create);
    struct stream stream = stream_of(&fixture, 1, 8e-4);
    run(&stream, 4000);
    const struct simulator_counts *counts = simulator_counts(simulator);
    assert_true(counts->verdicts[VERDICT_PROCEED] > 1000);
    for (size_t i = 0; i < KEPT; i++) {
        const struct simulation_message *one = &simulator_entry(simulator, i)->simulation;
        double size = fabs(one->fraction);
        assert_true(one->value_at_risk <= one->expected_shortfall);
        assert_true(one->probability_profit >= 0.0 && one->probability_profit <= 1.0);
        assert_near(one->expected_value, one->edge - one->costs, 1e-15);
        assert_true(one->bound < one->edge);
        if (one->verdict == VERDICT_REJECT) {
            assert_near(size, 0.0, 0.0);
        } else {
            assert_true(one->edge - 2.0 * one->edge_error > one->costs);
            assert_int_equal(one->paths, 512);
            assert_true(size > 0.0 && size <= 0.2);
            assert_int_equal(one->fraction > 0.0 ? SIDE_BUY : SIDE_SELL, one->side);
        }
    }
    const struct simulator_record *record = simulator_record(simulator);
    double predicted = 0.0;
    for (size_t i = 0; i < RECORD_BINS; i++) {
        predicted += record->bins[i].predicted;
    }
    assert_near(predicted / (double)record->count, (double)record->profits / (double)record->count,
                0.03);
    module_fixture_stop(&fixture);
}

static void test_a_tail_beyond_the_limit_is_rejected(void **state)
{
    (void)state;
    struct module_fixture fixture;
    module_fixture_init(&fixture);
    module_fixture_set(&fixture, "simulator.shortfall_max", "0.0001");
    module_fixture_start(&fixture, create);
    struct stream stream = stream_of(&fixture, 1, 2.5e-4); /* of more, the tail is a gain */
    run(&stream, 6000);
    const struct simulator_counts *counts = simulator_counts(simulator);
    assert_true(counts->reasons[SIMULATION_TAIL_TOO_HEAVY] > 100);
    assert_int_equal(counts->verdicts[VERDICT_PROCEED] + counts->verdicts[VERDICT_CAUTION], 0);
    module_fixture_stop(&fixture);
}

/* The edge of all decisions' trades after 3,000 bars with a stop at `bps`: from the start on, or
 * set while it runs. */
static double edge_with_stop(const char *bps, bool set)
{
    struct module_fixture fixture;
    struct simulator_edge_row row;
    struct command_message command = {.verb = COMMAND_SET};
    module_fixture_init(&fixture);
    if (!set) {
        module_fixture_set(&fixture, "portfolio.stop_loss_bps", bps);
    }
    module_fixture_start(&fixture, create);
    if (set) {
        struct text text;
        text_init(&text, command.argument, sizeof command.argument);
        text_format(&text, "portfolio.stop_loss_bps=%s", bps);
        module_fixture_say(&fixture, MODULE_CONTROL, TOPIC_COMMAND, SYMBOL_NONE, &command);
    }
    struct stream stream = stream_of(&fixture, 1, 1e-4);
    run(&stream, 3000);
    assert_true(simulator_edge_row(simulator, 0, &row));
    module_fixture_stop(&fixture);
    return row.mean;
}

static void test_virtual_traders_follow_the_stops_that_are_set(void **state)
{
    (void)state;
    double narrow = edge_with_stop("5", false);
    assert_near(edge_with_stop("5", true), narrow, 0);
    assert_true(fabs(edge_with_stop("200", true) - narrow) > 1e-6);
}

static void test_what_became_of_a_decision_is_told_a_horizon_later(void **state)
{
    (void)state;
    struct module_fixture fixture;
    module_fixture_init(&fixture);
    module_fixture_start(&fixture, create);
    struct stream stream = stream_of(&fixture, 0, 0.0);
    stream.left = 1 << 30;
    stream.side = SIDE_SELL;
    run(&stream, 40);
    double then = stream.log_closes[0];
    run(&stream, HORIZON - 1);
    const struct simulator_entry *entry = simulator_entry(simulator, HORIZON - 1);
    assert_true(entry->outcome != entry->outcome);
    run(&stream, 1);
    entry = simulator_entry(simulator, HORIZON);
    assert_near(entry->outcome, then - stream.log_closes[0], 1e-12);
    assert_int_equal(entry->sequence, fixture.last[TOPIC_SIMULATION].head.sequence - 2 * HORIZON);
    module_fixture_stop(&fixture);
}

static void test_nothing_is_learned_across_a_gap(void **state)
{
    (void)state;
    struct module_fixture fixture;
    module_fixture_init(&fixture);
    module_fixture_start(&fixture, create);
    struct stream stream = stream_of(&fixture, 0, 0.0);
    stream.left = 1 << 30;
    stream.side = SIDE_BUY;
    run(&stream, 100);
    uint64_t outcomes = simulator_counts(simulator)->outcomes;
    assert_int_equal(outcomes, 100 - HORIZON);
    tear(&stream);
    run(&stream, HORIZON);
    assert_int_equal(simulator_counts(simulator)->outcomes, outcomes);
    run(&stream, 1);
    assert_int_equal(simulator_counts(simulator)->outcomes, outcomes + 1);
    const struct simulator_entry *entry = simulator_entry(simulator, HORIZON + 1);
    assert_true(entry->outcome != entry->outcome); /* the last one before the gap: never known */
    module_fixture_stop(&fixture);
}

static uint64_t digest_of(const char *seed)
{
    struct module_fixture fixture;
    module_fixture_init(&fixture);
    module_fixture_set(&fixture, "seed", seed);
    module_fixture_start(&fixture, create);
    struct stream one = stream_of(&fixture, 0, 8e-4);
    struct stream other = stream_of(&fixture, 1, 0.0);
    for (int i = 0; i < 1000; i++) {
        next_bar(&one);
        next_bar(&other);
    }
    uint64_t digest = bus_digest(fixture.bus);
    module_fixture_stop(&fixture);
    return digest;
}

static void test_the_same_seed_gives_the_same_simulations_bit_for_bit(void **state)
{
    (void)state;
    assert_int_equal(digest_of("1"), digest_of("1"));
    assert_true(digest_of("1") != digest_of("2"));
}

static void test_the_table_of_edges_has_a_row_a_level(void **state)
{
    (void)state;
    struct module_fixture fixture;
    struct simulator_edge_row row;
    size_t rows = 0;
    double before = -1.0;
    module_fixture_init(&fixture);
    module_fixture_start(&fixture, create);
    struct stream stream = stream_of(&fixture, 1, 8e-4);
    run(&stream, 3000);
    while (simulator_edge_row(simulator, rows, &row)) {
        assert_true(row.rank > before);
        assert_true(row.mean > 0.0 && row.error > 0.0 && row.trades > 10.0);
        before = row.rank;
        rows++;
    }
    assert_int_equal(rows, 5);
    module_fixture_stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_decision_to_trade_gets_a_simulation_and_hold_none),
        cmocka_unit_test(test_costs_are_a_round_trip),
        cmocka_unit_test(test_a_price_without_memory_is_not_traded),
        cmocka_unit_test(test_an_edge_beyond_the_costs_is_found_and_sized),
        cmocka_unit_test(test_a_tail_beyond_the_limit_is_rejected),
        cmocka_unit_test(test_virtual_traders_follow_the_stops_that_are_set),
        cmocka_unit_test(test_what_became_of_a_decision_is_told_a_horizon_later),
        cmocka_unit_test(test_nothing_is_learned_across_a_gap),
        cmocka_unit_test(test_the_same_seed_gives_the_same_simulations_bit_for_bit),
        cmocka_unit_test(test_the_table_of_edges_has_a_row_a_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
