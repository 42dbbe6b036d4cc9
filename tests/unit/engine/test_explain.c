/* The recorder: chains as they are made, and what becomes of orders and positions. */
#include "support/explain_scene.h"

#include "support/seed.h"
#include "tickd/base/rng.h"

static void test_a_fill_is_explained_from_the_trade_that_closed_the_bar(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    open_long(&scene, 1);
    struct explanation found = find(&scene, scene.last[TOPIC_FILL]);
    const struct explain_order *order = found.order;
    assert_int_equal(found.topic, TOPIC_FILL);
    assert_int_equal(found.symbol, 1);
    assert_int_equal(found.fill.fill.price, 100 * DECIMAL_ONE);
    assert_non_null(order);
    assert_int_equal(order->order.purpose, ORDER_ENTER);
    assert_int_equal(order->head.sequence, scene.last[TOPIC_ORDER]);
    assert_int_equal(order->simulation_sequence, scene.last[TOPIC_SIMULATION]);
    assert_int_equal(order->decision_sequence, scene.last[TOPIC_DECISION]);
    assert_int_equal(order->ballot_sequence, scene.last[TOPIC_BALLOT]);
    assert_int_equal(order->bar.sequence, scene.last[TOPIC_BAR]);
    assert_int_equal(order->bar.trades, 17);
    assert_int_equal(order->decision.side, SIDE_BUY);
    assert_true(order->simulation.edge > 0.002 && order->simulation.edge < 0.0022);
    assert_int_equal(order->origin.head.topic, TOPIC_TRADE);
    assert_int_equal(order->origin.head.symbol, 1);
    assert_int_equal(order->origin.trade.price, 100 * DECIMAL_ONE);
    assert_true(order->origin.head.sequence < order->bar.sequence);
    stop(&scene);
}

static void test_votes_and_weights_are_those_that_the_decision_was_made_from(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    open_long(&scene, 0);
    struct explanation found = find(&scene, scene.last[TOPIC_FILL]);
    const struct consensus_entry *entry = consensus_entry(scene.consensus, 0);
    assert_ptr_equal(found.decision, entry);
    assert_int_equal(found.order->agents, AGENTS);
    assert_memory_equal(found.order->votes, entry->votes, sizeof entry->votes);
    assert_memory_equal(found.order->weights, entry->weights, sizeof entry->weights);
    assert_int_equal(found.order->votes[0], 60);
    assert_int_equal(found.order->votes[AGENTS - 2], VOTE_ABSTAINS);
    assert_int_equal(found.order->votes[AGENTS - 1], -77);
    assert_int_equal(found.order->weights[AGENTS - 1], 0);
    assert_true(found.order->weights[0] > 0);
    /* they stay when the consensus has forgotten them */
    for (int i = 0; i < 60; i++) {
        bar_by_trade(&scene, 1, 0, VERDICT_REJECT);
    }
    found = find(&scene, found.sequence);
    assert_null(found.decision);
    assert_int_equal(found.order->votes[0], 60);
    stop(&scene);
}

static void test_a_bar_that_the_clock_closed_is_told_as_such(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    trade(&scene, 0, 100, 1000000);
    scene.closes_bar = true;
    scene.vote = 60;
    scene.fraction = 0.1;
    pass(&scene, 1);
    trade(&scene, 0, 100, 1000000);
    const struct explain_order *order = find(&scene, scene.last[TOPIC_FILL]).order;
    assert_int_equal(order->origin.head.topic, TOPIC_CLOCK);
    assert_int_equal(order->bar.sequence, scene.last[TOPIC_BAR]);
    check_says(print(&scene, scene.last[TOPIC_FILL]), "the clock, at 2026-11-23T15:00:01");
    stop(&scene);
}

static void test_bars_that_close_together_keep_their_own_votes(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    trade(&scene, 0, 100, 1000000);
    trade(&scene, 1, 100, 1000000);
    scene.closes_bar = true;
    scene.closes_both = true;
    scene.vote = 60;
    scene.fraction = 0.1;
    pass(&scene, 1);
    trade(&scene, 0, 100, 1000000);
    assert_int_equal(find(&scene, scene.last[TOPIC_FILL]).order->votes[0], 60);
    trade(&scene, 1, 100, 1000000);
    struct explanation found = find(&scene, scene.last[TOPIC_FILL]);
    assert_int_equal(found.order->votes[0], 30);
    assert_int_equal(found.order->head.symbol, 1);
    assert_int_equal(found.order->bar.sequence, scene.last[TOPIC_BAR]);
    stop(&scene);
}

static void test_a_stop_is_explained_by_its_trade_and_by_what_it_closes(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    open_long(&scene, 0);
    uint64_t entry = scene.last[TOPIC_ORDER];
    trade(&scene, 0, 98, 1000000);
    uint64_t trigger = scene.last[TOPIC_TRADE];
    trade(&scene, 0, 97, 1000000);
    struct explanation found = find(&scene, scene.last[TOPIC_FILL]);
    assert_int_equal(found.order->order.purpose, ORDER_STOP_LOSS);
    assert_int_equal(found.order->origin.head.sequence, trigger);
    assert_int_equal(found.order->origin.trade.price, 98 * DECIMAL_ONE);
    assert_int_equal(found.order->bar.sequence, 0);
    assert_int_equal(found.order->decision_sequence, 0);
    assert_non_null(found.entry);
    assert_int_equal(found.entry->head.sequence, entry);
    /* 100 × (97 − 100), fees 10 and 9.7 */
    assert_int_equal(found.entry->closed.realised_pnl, -300 * DECIMAL_ONE);
    assert_int_equal(found.entry->closed.fees, 97 * DECIMAL_ONE / 10);
    assert_int_equal(found.entry->filled.fees, 10 * DECIMAL_ONE);
    assert_true(found.entry->closed_us > 0);
    const char *text = print(&scene, scene.last[TOPIC_FILL]);
    check_says(text, "because the position's loss had reached portfolio.stop_loss_bps");
    check_says(text, "It closes what this order opened:");
    check_says(text, "realised -300 before fees of 19.7, -319.7 after them");
    /* and the entry tells it from its own side */
    found = find(&scene, entry);
    assert_int_equal(found.exit->order.purpose, ORDER_STOP_LOSS);
    check_says(print(&scene, entry), "was closed: 100 at 97 in one fill\n");
    stop(&scene);
}

static void test_a_target_and_a_reversal_are_told_apart(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    open_long(&scene, 0);
    open_long(&scene, 1);
    trade(&scene, 0, 104, 1000000);
    trade(&scene, 0, 104, 1000000);
    struct explanation found = find(&scene, scene.last[TOPIC_FILL]);
    assert_int_equal(found.order->order.purpose, ORDER_TAKE_PROFIT);
    assert_int_equal(found.entry->head.symbol, 0);
    bar_by_trade(&scene, 1, -60, VERDICT_PROCEED);
    trade(&scene, 1, 100, 1000000);
    found = find(&scene, scene.last[TOPIC_FILL]);
    assert_int_equal(found.order->order.purpose, ORDER_REVERSE);
    assert_int_equal(found.order->decision.side, SIDE_SELL);
    assert_int_equal(found.order->simulation_sequence, scene.last[TOPIC_SIMULATION]);
    assert_int_equal(found.order->votes[0], -60);
    assert_int_equal(found.entry->decision.side, SIDE_BUY);
    assert_int_equal(found.entry->confirmed, 0); /* the other side prolongs nothing */
    check_says(print(&scene, found.sequence), "let a decision to the other side through");
    stop(&scene);
}

static void test_a_time_stop_tells_which_decisions_had_prolonged_the_position(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    open_long(&scene, 0);
    for (int i = 0; i < 10; i++) {
        bar_by_trade(&scene, 0, 0, VERDICT_PROCEED);
    }
    bar_by_trade(&scene, 0, 60, VERDICT_CAUTION);
    uint64_t confirming = scene.last[TOPIC_SIMULATION];
    bar_by_trade(&scene, 0, 60, VERDICT_REJECT); /* prolongs nothing */
    for (int i = 0; i < HORIZON - 2; i++) {
        bar_by_trade(&scene, 0, 0, VERDICT_PROCEED);
        assert_int_equal(scene.last[TOPIC_ORDER] > confirming, 0);
    }
    bar_by_trade(&scene, 0, 0, VERDICT_PROCEED);
    assert_true(scene.last[TOPIC_ORDER] > confirming);
    trade(&scene, 0, 100, 1000000);
    struct explanation found = find(&scene, scene.last[TOPIC_FILL]);
    assert_int_equal(found.order->order.purpose, ORDER_TIME_STOP);
    assert_int_not_equal(found.order->bar.sequence, 0);
    assert_int_equal(found.order->decision_sequence, 0);
    assert_int_equal(found.entry->confirmed, 1);
    assert_int_equal(found.entry->confirmed_sequence, confirming);
    check_says(print(&scene, found.sequence), "prolonged 1 time, last by simulation");
    stop(&scene);
}

static void test_a_position_that_an_operator_closes_names_the_operator(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    open_long(&scene, 0);
    publish_command(scene.bus, MODULE_CONTROL, SYMBOL_NONE,
                    &(struct command_message){.uid = 4711, .verb = COMMAND_FLATTEN});
    bus_dispatch(scene.bus);
    trade(&scene, 0, 101, 1000000);
    struct explanation found = find(&scene, scene.last[TOPIC_FILL]);
    assert_int_equal(found.order->order.purpose, ORDER_FLATTEN);
    assert_int_equal(found.order->origin.head.topic, TOPIC_COMMAND);
    check_says(print(&scene, found.sequence), "the command flatten of uid 4711");
    stop(&scene);
}

static void test_every_fill_of_an_order_in_parts_leads_to_the_same_chain(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    trade(&scene, 0, 100, 1000000);
    bar_by_trade(&scene, 0, 60, VERDICT_PROCEED);
    trade(&scene, 0, 100, 600); /* a tenth of it */
    uint64_t first = scene.last[TOPIC_FILL];
    trade(&scene, 0, 101, 600);
    uint64_t second = scene.last[TOPIC_FILL];
    assert_ptr_equal(find(&scene, first).order, find(&scene, second).order);
    const struct explain_order *order = find(&scene, first).order;
    assert_int_equal(order->filled.fills, 2);
    assert_int_equal(order->filled.first_sequence, first);
    assert_int_equal(order->filled.last_sequence, second);
    assert_int_equal(order->filled.quantity, 100 * DECIMAL_ONE);
    assert_int_equal(order->filled.value, 10040 * DECIMAL_ONE); /* 60 at 100, 40 at 101 */
    assert_int_equal(order->end, TOPIC_FILL);
    check_says(print(&scene, first), "filled 100 at 100.4 on average in 2 fills");
    check_says(print(&scene, first), "not the order's last");
    /* out in two parts as well */
    trade(&scene, 0, 95, 1000000);
    trade(&scene, 0, 95, 700);
    check_says(print(&scene, first), "is closed in part: 70 at 95 in one fill");
    trade(&scene, 0, 94, 1000000);
    check_says(print(&scene, first), "was closed: 100 at 94.7 on average in 2 fills");
    assert_int_equal(order->closed.realised_pnl, -570 * DECIMAL_ONE);
    stop(&scene);
}

static void test_an_order_under_way_is_not_prolonged(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    trade(&scene, 0, 100, 1000000);
    bar_by_trade(&scene, 0, 60, VERDICT_PROCEED);
    trade(&scene, 0, 100, 600); /* a part */
    scene.closes_bar = true;
    trade(&scene, 0, 100, 10); /* the same again, and the order still open */
    assert_int_equal(find(&scene, scene.last[TOPIC_ORDER]).order->confirmed, 0);
    trade(&scene, 0, 100, 1000000);
    bar_by_trade(&scene, 0, 60, VERDICT_PROCEED);
    assert_int_equal(find(&scene, scene.last[TOPIC_ORDER]).order->confirmed, 1);
    stop(&scene);
}

static void test_it_tells_how_much_worse_than_its_trade_a_fill_was(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    set(&scene, "portfolio.slippage_bps", "2");
    start(&scene);
    open_long(&scene, 0);
    check_says(print(&scene, scene.last[TOPIC_FILL]), "at 100.02, fee");
    check_says(printed, "on a trade at 100, worse for spread and slippage by 2.00 bps");
    trade(&scene, 0, 90, 1000000);
    trade(&scene, 0, 90, 1000000);
    check_says(print(&scene, scene.last[TOPIC_FILL]), "at 89.982, fee");
    check_says(printed, "on a trade at 90, worse for spread and slippage by 2.00 bps");
    stop(&scene);
}

static void test_refused_and_expired_orders_are_explained_too(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    publish_command(scene.bus, MODULE_CONTROL, SYMBOL_NONE,
                    &(struct command_message){.verb = COMMAND_HALT});
    bus_dispatch(scene.bus);
    bar_by_trade(&scene, 0, 60, VERDICT_PROCEED);
    struct explanation found = find(&scene, scene.last[TOPIC_REJECT]);
    assert_int_equal(found.topic, TOPIC_REJECT);
    assert_int_equal(found.order->end, TOPIC_REJECT);
    assert_int_equal(found.order->reject_reason, REJECT_HALTED);
    check_says(print(&scene, found.sequence), "refused, halted");
    publish_command(scene.bus, MODULE_CONTROL, SYMBOL_NONE,
                    &(struct command_message){.verb = COMMAND_UNHALT});
    bus_dispatch(scene.bus);
    bar_by_trade(&scene, 0, 60, VERDICT_PROCEED);
    check_says(print(&scene, scene.last[TOPIC_ORDER]), "still under way");
    pass(&scene, 60);
    found = find(&scene, scene.last[TOPIC_EXPIRED]);
    assert_int_equal(found.order->end, TOPIC_EXPIRED);
    assert_int_equal(found.order->filled.fills, 0);
    check_says(print(&scene, found.sequence), "expired, or called off");
    uint64_t expired = found.sequence;
    pass(&scene, 3000);
    assert_null(bus_message(scene.bus, expired));
    assert_int_equal(find(&scene, expired).topic, TOPIC_EXPIRED);
    stop(&scene);
}

static void play_at_random(struct scene *scene, struct rng *rng, double *price)
{
    uint16_t symbol = (uint16_t)rng_below(rng, SYMBOLS);
    if (rng_below(rng, 4) == 0) {
        pass(scene, (int64_t)rng_below(rng, 30) + 1);
    }
    if (rng_below(rng, 3) == 0) {
        scene->closes_bar = true;
        scene->vote = (int8_t)((int)rng_below(rng, 3) * 50 - 50);
        scene->verdict = (enum verdict)rng_below(rng, VERDICT_COUNT);
        scene->fraction = (scene->vote > 0 ? 1 : -1) * 0.3 * rng_uniform(rng);
        scene->symbol = symbol;
    }
    price[symbol] *= 1 + 0.01 * (rng_uniform(rng) - 0.5);
    trade(scene, symbol, price[symbol], (int64_t)rng_below(rng, 3000));
}

/* Nothing trades without being explained: every fill of a long random run, and the sums of what
 * became of the positions are those of the books. */
static void test_every_fill_of_a_random_run_is_explained(void **state)
{
    (void)state;
    struct scene scene;
    struct rng rng;
    double price[SYMBOLS] = {100, 20};
    init(&scene);
    set(&scene, "portfolio.allow_short", "true");
    set(&scene, "portfolio.max_drawdown", "1");
    set(&scene, "portfolio.max_daily_loss", "1");
    scene.orders_kept = 400;
    start(&scene);
    rng_stream(&rng, test_seed(), "explain");
    for (size_t i = 0; i < 4000 && portfolio_counts(scene.portfolio)->fills < 400 &&
                       portfolio_counts(scene.portfolio)->orders < 400;
         i++) {
        play_at_random(&scene, &rng, price);
    }
    const struct portfolio_fill *fill;
    int64_t realised = 0;
    int64_t fees = 0;
    size_t count = 0;
    for (; (fill = portfolio_fill(scene.portfolio, count)) != NULL; count++) {
        struct explanation found = find(&scene, fill->sequence);
        const struct explain_order *order = found.order;
        assert_non_null(order);
        assert_int_equal(order->order.order, fill->fill.order);
        assert_int_not_equal(order->origin.head.sequence, 0);
        bool has_decision =
            order->order.purpose == ORDER_ENTER || order->order.purpose == ORDER_REVERSE;
        assert_int_equal(order->decision_sequence != 0, has_decision);
        assert_int_equal(order->simulation_sequence != 0, has_decision);
        assert_int_equal(order->agents, has_decision ? AGENTS : 0);
        assert_int_equal(found.entry != NULL, order->order.purpose != ORDER_ENTER);
        print(&scene, fill->sequence);
    }
    const struct explain_order *order;
    for (size_t i = 0; (order = explain_newest(scene.explain, i)) != NULL; i++) {
        fees += order->filled.fees;
        realised += order->closed.realised_pnl;
    }
    assert_true(count > 50);
    assert_int_equal(count, portfolio_counts(scene.portfolio)->fills);
    assert_int_equal(fees, portfolio_view(scene.portfolio).books->fees);
    assert_int_equal(realised, portfolio_view(scene.portfolio).books->realised_pnl);
    stop(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_fill_is_explained_from_the_trade_that_closed_the_bar),
        cmocka_unit_test(test_votes_and_weights_are_those_that_the_decision_was_made_from),
        cmocka_unit_test(test_a_bar_that_the_clock_closed_is_told_as_such),
        cmocka_unit_test(test_bars_that_close_together_keep_their_own_votes),
        cmocka_unit_test(test_a_stop_is_explained_by_its_trade_and_by_what_it_closes),
        cmocka_unit_test(test_a_target_and_a_reversal_are_told_apart),
        cmocka_unit_test(test_a_time_stop_tells_which_decisions_had_prolonged_the_position),
        cmocka_unit_test(test_a_position_that_an_operator_closes_names_the_operator),
        cmocka_unit_test(test_every_fill_of_an_order_in_parts_leads_to_the_same_chain),
        cmocka_unit_test(test_an_order_under_way_is_not_prolonged),
        cmocka_unit_test(test_it_tells_how_much_worse_than_its_trade_a_fill_was),
        cmocka_unit_test(test_refused_and_expired_orders_are_explained_too),
        cmocka_unit_test(test_every_fill_of_a_random_run_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
