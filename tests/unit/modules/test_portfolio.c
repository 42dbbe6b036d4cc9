/* The portfolio alone on a bus: orders, execution, stops, limits, the kill switch. */
#include "tickd/modules/portfolio.h"

#include "support/module_fixture.h"
#include "tickd/market/conditions.h"

#define ONE DECIMAL_ONE

static struct portfolio *portfolio;

static struct module create(struct module_fixture *fixture, struct arena *arena)
{
    portfolio = portfolio_create(arena, &fixture->settings.portfolio, 60, 100,
                                 MODULE_FIXTURE_SYMBOLS, fixture->bus);
    return arena_measuring(arena) ? (struct module){0} : portfolio_module(portfolio);
}

static void start(struct module_fixture *fixture)
{
    module_fixture_init(fixture);
    module_fixture_set(fixture, "portfolio.slippage_bps", "0");
    module_fixture_set(fixture, "portfolio.fee_bps", "0");
}

static void trade(struct module_fixture *fixture, uint16_t symbol, int64_t price, int64_t volume)
{
    module_fixture_say(
        fixture, MODULE_FEED, TOPIC_TRADE, symbol,
        &(struct trade_message){.price = price * ONE, .volume = volume * ONE, .moves = MOVES_ALL});
    assert_true(books_balance(portfolio_view(portfolio).books));
}

static void simulate(struct module_fixture *fixture, uint16_t symbol, enum side side,
                     enum verdict verdict, double fraction)
{
    module_fixture_say(
        fixture, MODULE_SIMULATOR, TOPIC_SIMULATION, symbol,
        &(struct simulation_message){.side = side, .verdict = verdict, .fraction = fraction});
}

static void bar(struct module_fixture *fixture, uint16_t symbol, uint32_t number)
{
    module_fixture_say(fixture, MODULE_MARKET, TOPIC_BAR, symbol,
                       &(struct bar_message){.number = number});
}

static void open_long(struct module_fixture *fixture)
{
    bar(fixture, 0, 1);
    trade(fixture, 0, 100, 1000000);
    simulate(fixture, 0, SIDE_BUY, VERDICT_PROCEED, 0.1);
    trade(fixture, 0, 100, 1000000);
    assert_int_equal(portfolio_view(portfolio).books->positions[0].quantity, 100 * ONE);
}

static const struct fill_message *last_fill(const struct module_fixture *fixture)
{
    return &fixture->last[TOPIC_FILL].body.fill;
}

static void test_an_order_is_filled_by_the_next_trade_and_not_by_the_one_before(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_start(&fixture, create);
    trade(&fixture, 0, 100, 1000000);
    simulate(&fixture, 0, SIDE_BUY, VERDICT_PROCEED, 0.1);
    assert_int_equal(fixture.seen[TOPIC_ORDER], 1);
    assert_int_equal(fixture.seen[TOPIC_FILL], 0);
    trade(&fixture, 1, 50, 1000000); /* another symbol */
    assert_int_equal(fixture.seen[TOPIC_FILL], 0);
    trade(&fixture, 0, 101, 1000000);
    assert_int_equal(fixture.seen[TOPIC_FILL], 1);
    assert_int_equal(last_fill(&fixture)->price, 101 * ONE);
    assert_int_equal(last_fill(&fixture)->quantity, 100 * ONE); /* a tenth of 100,000 at 100 */
    assert_int_equal(last_fill(&fixture)->done, 1);
    module_fixture_stop(&fixture);
}

static void test_execution_costs_half_the_spread_the_slippage_and_the_fee(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_set(&fixture, "portfolio.slippage_bps", "1");
    module_fixture_set(&fixture, "portfolio.fee_bps", "5");
    module_fixture_start(&fixture, create);
    module_fixture_say(&fixture, MODULE_MARKET, TOPIC_BAR, 0,
                       &(struct bar_message){.number = 1, .spread = 0.0004});
    trade(&fixture, 0, 100, 1000000);
    simulate(&fixture, 0, SIDE_BUY, VERDICT_PROCEED, 0.1);
    trade(&fixture, 0, 100, 1000000);
    /* 2 bps for half of the spread and 1 bp of slippage: 100.03; 5 bps of 10,003 */
    assert_int_equal(last_fill(&fixture)->price, 100 * ONE + 3 * ONE / 100);
    assert_int_equal(last_fill(&fixture)->fee, 5 * ONE + 15 * ONE / 10000);
    module_fixture_stop(&fixture);
}

static void test_a_large_order_fills_in_parts_of_the_traded_volume(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_start(&fixture, create);
    trade(&fixture, 0, 100, 1000);
    simulate(&fixture, 0, SIDE_BUY, VERDICT_PROCEED, 0.1);
    trade(&fixture, 0, 100, 600);
    assert_int_equal(last_fill(&fixture)->quantity, 60 * ONE);
    assert_int_equal(last_fill(&fixture)->remaining, 40 * ONE);
    assert_int_equal(last_fill(&fixture)->done, 0);
    trade(&fixture, 0, 100, 600);
    assert_int_equal(last_fill(&fixture)->quantity, 40 * ONE);
    assert_int_equal(last_fill(&fixture)->done, 1);
    assert_int_equal(portfolio_counts(portfolio)->done, 1);
    module_fixture_stop(&fixture);
}

static void test_an_order_that_finds_no_trade_expires_with_what_was_filled(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_start(&fixture, create);
    trade(&fixture, 0, 100, 1000);
    simulate(&fixture, 0, SIDE_BUY, VERDICT_PROCEED, 0.1);
    trade(&fixture, 0, 100, 600);
    module_fixture_pass(&fixture, 59);
    assert_int_equal(fixture.seen[TOPIC_EXPIRED], 0);
    module_fixture_pass(&fixture, 1);
    assert_int_equal(fixture.seen[TOPIC_EXPIRED], 1);
    assert_int_equal(fixture.last[TOPIC_EXPIRED].body.expired.filled, 60 * ONE);
    assert_int_equal(portfolio_counts(portfolio)->open, 0);
    module_fixture_stop(&fixture);
}

static void test_a_loss_on_a_trade_stops_the_position_out(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_start(&fixture, create);
    open_long(&fixture);
    trade(&fixture, 0, 99, 1000000); /* 1%: the stop is at 2% */
    assert_int_equal(fixture.seen[TOPIC_ORDER], 1);
    trade(&fixture, 0, 98, 1000000);
    assert_int_equal(fixture.last[TOPIC_ORDER].body.order.purpose, ORDER_STOP_LOSS);
    assert_int_equal(fixture.last[TOPIC_ORDER].body.order.reduces, 1);
    trade(&fixture, 0, 97, 1000000);
    assert_int_equal(portfolio_view(portfolio).books->positions[0].quantity, 0);
    assert_int_equal(last_fill(&fixture)->realised_pnl, -300 * ONE);
    module_fixture_stop(&fixture);
}

static void test_a_profit_is_taken_at_its_target(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_start(&fixture, create);
    open_long(&fixture);
    trade(&fixture, 0, 103, 1000000);
    assert_int_equal(fixture.seen[TOPIC_ORDER], 1);
    trade(&fixture, 0, 104, 1000000);
    assert_int_equal(fixture.last[TOPIC_ORDER].body.order.purpose, ORDER_TAKE_PROFIT);
    module_fixture_stop(&fixture);
}

static void test_the_time_stop_comes_a_horizon_after_the_last_confirming_decision(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_start(&fixture, create);
    open_long(&fixture); /* at bar 1: due at 61 */
    bar(&fixture, 0, 40);
    simulate(&fixture, 0, SIDE_BUY, VERDICT_PROCEED, 0.1); /* due at 100 */
    simulate(&fixture, 0, SIDE_BUY, VERDICT_REJECT, 0.0);
    bar(&fixture, 0, 99);
    assert_int_equal(fixture.seen[TOPIC_ORDER], 1);
    bar(&fixture, 0, 100);
    assert_int_equal(fixture.last[TOPIC_ORDER].body.order.purpose, ORDER_TIME_STOP);
    module_fixture_stop(&fixture);
}

static void test_an_opposite_decision_closes_and_does_not_cross_zero(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_start(&fixture, create);
    open_long(&fixture);
    simulate(&fixture, 0, SIDE_SELL, VERDICT_PROCEED, -0.1);
    trade(&fixture, 0, 100, 1000000);
    assert_int_equal(last_fill(&fixture)->purpose, ORDER_REVERSE);
    assert_int_equal(portfolio_view(portfolio).books->positions[0].quantity, 0);
    simulate(&fixture, 0, SIDE_SELL, VERDICT_PROCEED, -0.1); /* long only: no order at all */
    assert_int_equal(portfolio_counts(portfolio)->orders, 2);
    module_fixture_stop(&fixture);
}

static void test_with_short_selling_allowed_a_sale_opens_a_short(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_set(&fixture, "portfolio.allow_short", "true");
    module_fixture_start(&fixture, create);
    trade(&fixture, 0, 100, 1000000);
    simulate(&fixture, 0, SIDE_SELL, VERDICT_PROCEED, -0.1);
    trade(&fixture, 0, 100, 1000000);
    assert_int_equal(portfolio_view(portfolio).books->positions[0].quantity, -100 * ONE);
    module_fixture_stop(&fixture);
}

static void test_exposure_is_cut_to_the_limit_of_the_symbol(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_start(&fixture, create);
    trade(&fixture, 0, 100, 1000000);
    simulate(&fixture, 0, SIDE_BUY, VERDICT_PROCEED, 0.9);
    trade(&fixture, 0, 100, 1000000);
    assert_int_equal(last_fill(&fixture)->quantity, 200 * ONE); /* 0.2 of 100,000 */
    module_fixture_stop(&fixture);
}

static void test_orders_beyond_the_rate_are_refused_with_the_reason(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_set(&fixture, "portfolio.orders_per_minute", "2");
    module_fixture_start(&fixture, create);
    for (uint16_t symbol = 0; symbol < 3; symbol++) {
        trade(&fixture, symbol, 100, 1000000);
        simulate(&fixture, symbol, SIDE_BUY, VERDICT_PROCEED, 0.1);
    }
    assert_int_equal(fixture.seen[TOPIC_REJECT], 1);
    assert_int_equal(fixture.last[TOPIC_REJECT].body.reject.reason, REJECT_ORDER_RATE);
    module_fixture_pass(&fixture, 60);
    simulate(&fixture, 2, SIDE_BUY, VERDICT_PROCEED, 0.1);
    assert_int_equal(fixture.seen[TOPIC_REJECT], 1);
    module_fixture_stop(&fixture);
}

static void test_the_kill_switch_needs_three_prices_in_a_row(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_set(&fixture, "portfolio.max_drawdown", "0.01");
    module_fixture_set(&fixture, "portfolio.stop_loss_bps", "10000");
    module_fixture_start(&fixture, create);
    open_long(&fixture);             /* 10,000 in the position */
    trade(&fixture, 0, 80, 1000000); /* equity 98,000: beyond 1% */
    trade(&fixture, 0, 80, 1000000);
    trade(&fixture, 0, 95, 1000000); /* back within */
    trade(&fixture, 0, 80, 1000000);
    trade(&fixture, 0, 80, 1000000);
    assert_false(portfolio_view(portfolio).halted);
    trade(&fixture, 0, 80, 1000000);
    assert_true(portfolio_view(portfolio).halted);
    module_fixture_stop(&fixture);
}

static void test_a_halted_portfolio_refuses_risk_and_still_closes(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_start(&fixture, create);
    open_long(&fixture);
    module_fixture_say(&fixture, MODULE_CONTROL, TOPIC_COMMAND, SYMBOL_NONE,
                       &(struct command_message){.verb = COMMAND_HALT});
    trade(&fixture, 1, 50, 1000000);
    simulate(&fixture, 1, SIDE_BUY, VERDICT_PROCEED, 0.1);
    assert_int_equal(fixture.last[TOPIC_REJECT].body.reject.reason, REJECT_HALTED);
    module_fixture_say(&fixture, MODULE_CONTROL, TOPIC_COMMAND, SYMBOL_NONE,
                       &(struct command_message){.verb = COMMAND_FLATTEN});
    trade(&fixture, 0, 99, 1000000);
    assert_int_equal(last_fill(&fixture)->purpose, ORDER_FLATTEN);
    assert_int_equal(portfolio_view(portfolio).books->positions[0].quantity, 0);
    module_fixture_say(&fixture, MODULE_CONTROL, TOPIC_COMMAND, SYMBOL_NONE,
                       &(struct command_message){.verb = COMMAND_UNHALT});
    simulate(&fixture, 1, SIDE_BUY, VERDICT_PROCEED, 0.1);
    assert_int_equal(fixture.seen[TOPIC_REJECT], 1);
    module_fixture_stop(&fixture);
}

static void set(struct module_fixture *fixture, const char *assignment)
{
    struct command_message command = {.verb = COMMAND_SET};
    text_copy(command.argument, sizeof command.argument, assignment);
    module_fixture_say(fixture, MODULE_CONTROL, TOPIC_COMMAND, SYMBOL_NONE, &command);
}

static void test_limits_can_be_set_while_it_runs(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_start(&fixture, create);
    trade(&fixture, 0, 100, 1000000);
    set(&fixture, "portfolio.max_symbol=0.05");
    simulate(&fixture, 0, SIDE_BUY, VERDICT_PROCEED, 0.1);
    trade(&fixture, 0, 100, 1000000);
    assert_int_equal(portfolio_view(portfolio).books->positions[0].quantity, 50 * ONE);
    set(&fixture, "portfolio.stop_loss_bps=100");
    trade(&fixture, 0, 98, 1000000); /* 2%, which the default of 200 bps would not close */
    trade(&fixture, 0, 98, 1000000);
    assert_int_equal(last_fill(&fixture)->purpose, ORDER_STOP_LOSS);
    module_fixture_stop(&fixture);
}

static void test_what_cannot_be_set_changes_nothing(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_start(&fixture, create);
    set(&fixture, "portfolio.initial_cash=1");
    set(&fixture, "portfolio.max_symbol=11");
    set(&fixture, "portfolio.max_symbol");
    set(&fixture, "log.level=debug");
    set(&fixture, "");
    open_long(&fixture);
    module_fixture_stop(&fixture);
}

static void test_a_halt_calls_off_what_would_still_take_on_risk(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_start(&fixture, create);
    trade(&fixture, 0, 100, 1000000);
    simulate(&fixture, 0, SIDE_BUY, VERDICT_PROCEED, 0.1);
    module_fixture_say(&fixture, MODULE_CONTROL, TOPIC_COMMAND, SYMBOL_NONE,
                       &(struct command_message){.verb = COMMAND_HALT});
    assert_int_equal(fixture.seen[TOPIC_EXPIRED], 1);
    trade(&fixture, 0, 100, 1000000);
    assert_int_equal(fixture.seen[TOPIC_FILL], 0);
    module_fixture_stop(&fixture);
}

static void test_after_a_days_loss_no_new_risk_is_taken_until_the_next_day(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_set(&fixture, "portfolio.max_daily_loss", "0.001");
    module_fixture_start(&fixture, create);
    module_fixture_pass(&fixture, 1);
    open_long(&fixture);
    trade(&fixture, 0, 97, 1000000);
    trade(&fixture, 0, 97, 1000000); /* stopped out: 300 of 100,000 lost */
    simulate(&fixture, 0, SIDE_BUY, VERDICT_PROCEED, 0.1);
    assert_int_equal(fixture.last[TOPIC_REJECT].body.reject.reason, REJECT_DAILY_LOSS);
    module_fixture_pass(&fixture, S_PER_DAY);
    simulate(&fixture, 0, SIDE_BUY, VERDICT_PROCEED, 0.1);
    assert_int_equal(fixture.seen[TOPIC_REJECT], 1);
    module_fixture_stop(&fixture);
}

/* A tenth of the equity in each of the first two symbols, at 100 and 50. */
static void open_two(struct module_fixture *fixture)
{
    open_long(fixture);
    bar(fixture, 1, 1);
    trade(fixture, 1, 50, 1000000);
    simulate(fixture, 1, SIDE_BUY, VERDICT_PROCEED, 0.1);
    trade(fixture, 1, 50, 1000000);
}

static void test_one_bad_print_up_is_no_peak(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_set(&fixture, "portfolio.max_drawdown", "0.2");
    module_fixture_start(&fixture, create);
    open_two(&fixture);
    trade(&fixture, 0, 1000, 1); /* ten times: equity 190,000 for a moment */
    for (int i = 0; i < 5; i++) {
        trade(&fixture, 0, 100, 1);
        trade(&fixture, 1, 50, 1);
    }
    assert_false(portfolio_view(portfolio).halted);
    assert_true(portfolio_counts(portfolio)->max_drawdown < 0.001);
    module_fixture_stop(&fixture);
}

static void test_one_bad_print_down_trips_nothing_whatever_else_is_traded(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_set(&fixture, "portfolio.max_drawdown", "0.05");
    module_fixture_set(&fixture, "portfolio.stop_loss_bps", "9999");
    module_fixture_start(&fixture, create);
    open_two(&fixture);
    trade(&fixture, 0, 10, 1); /* a tenth: equity 91,000 as long as it is the last price */
    for (int i = 0; i < 5; i++) {
        trade(&fixture, 1, 50, 1);
    }
    assert_false(portfolio_view(portfolio).halted);
    assert_true(portfolio_counts(portfolio)->max_drawdown < 0.001);
    trade(&fixture, 0, 10, 1);
    assert_false(portfolio_view(portfolio).halted);
    trade(&fixture, 0, 10, 1); /* the third in a row */
    assert_true(portfolio_view(portfolio).halted);
    module_fixture_stop(&fixture);
}

static void test_entries_at_one_instant_share_the_limit(void **state)
{
    (void)state;
    static const enum side sides[] = {SIDE_BUY, SIDE_SELL};
    for (size_t s = 0; s < ARRAY_LENGTH(sides); s++) {
        struct module_fixture fixture;
        start(&fixture);
        module_fixture_set(&fixture, "portfolio.max_gross", "0.3");
        module_fixture_set(&fixture, "portfolio.allow_short", "true");
        module_fixture_start(&fixture, create);
        for (uint16_t i = 0; i < 3; i++) {
            trade(&fixture, i, 100, 1000000);
        }
        for (uint16_t i = 0; i < 3; i++) {
            simulate(&fixture, i, sides[s], VERDICT_PROCEED, 0.2);
        }
        assert_int_equal(fixture.seen[TOPIC_ORDER], 3);
        assert_int_equal(fixture.seen[TOPIC_REJECT], 1);
        assert_int_equal(fixture.last[TOPIC_REJECT].body.reject.reason, REJECT_GROSS_LIMIT);
        for (uint16_t i = 0; i < 3; i++) {
            trade(&fixture, i, 100, 1000000);
        }
        assert_int_equal(portfolio_view(portfolio).books->gross, 30000 * ONE);
        module_fixture_stop(&fixture);
    }
}

/* Sold short at 100 for a fifth, the limit; it is filled at 200, where half of it is a fifth. */
static void test_a_price_that_has_moved_takes_no_entry_beyond_its_limit(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_set(&fixture, "portfolio.allow_short", "true");
    module_fixture_set(&fixture, "portfolio.max_symbol", "0.2");
    module_fixture_start(&fixture, create);
    trade(&fixture, 0, 100, 1000000);
    simulate(&fixture, 0, SIDE_SELL, VERDICT_PROCEED, 0.2);
    trade(&fixture, 0, 200, 1000000);
    assert_int_equal(portfolio_view(portfolio).books->positions[0].quantity, -100 * ONE);
    assert_int_equal(last_fill(&fixture)->done, 1); /* no rest of it stands in the way */
    simulate(&fixture, 0, SIDE_BUY, VERDICT_PROCEED, 0.2);
    assert_int_equal(fixture.last[TOPIC_ORDER].body.order.purpose, ORDER_REVERSE);
    module_fixture_stop(&fixture);
}

static void trade_at(struct module_fixture *fixture, int64_t time_ms, int64_t price)
{
    struct trade_message message = {
        .time_ms = time_ms, .price = price * ONE, .volume = 1000000 * ONE, .moves = MOVES_ALL};
    module_fixture_say(fixture, MODULE_FEED, TOPIC_TRADE, 0, &message);
}

static void test_a_trade_that_is_older_than_one_before_it_moves_nothing(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_start(&fixture, create);
    trade_at(&fixture, 1000, 100);
    simulate(&fixture, 0, SIDE_BUY, VERDICT_PROCEED, 0.1);
    trade_at(&fixture, 999, 95);
    assert_int_equal(fixture.seen[TOPIC_FILL], 0);
    assert_int_equal(portfolio_view(portfolio).books->positions[0].last_price, 100 * ONE);
    trade_at(&fixture, 1000, 101); /* the same millisecond is none older */
    assert_int_equal(last_fill(&fixture)->price, 101 * ONE);
    trade_at(&fixture, 500, 50); /* no stop either */
    assert_int_equal(fixture.seen[TOPIC_ORDER], 1);
    module_fixture_stop(&fixture);
}

static void test_a_flatten_goes_on_until_the_position_is_closed(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_start(&fixture, create);
    open_long(&fixture);
    module_fixture_say(&fixture, MODULE_CONTROL, TOPIC_COMMAND, SYMBOL_NONE,
                       &(struct command_message){.verb = COMMAND_FLATTEN});
    module_fixture_pass(&fixture, 200); /* nothing is traded: orders expire after 60 */
    assert_int_equal(fixture.seen[TOPIC_EXPIRED], 3);
    trade(&fixture, 0, 99, 1000000);
    assert_int_equal(last_fill(&fixture)->purpose, ORDER_FLATTEN);
    assert_int_equal(portfolio_view(portfolio).books->positions[0].quantity, 0);
    simulate(&fixture, 0, SIDE_BUY, VERDICT_PROCEED, 0.1); /* and then it is over */
    module_fixture_pass(&fixture, 100);
    assert_int_equal(fixture.last[TOPIC_ORDER].body.order.purpose, ORDER_ENTER);
    assert_int_equal(fixture.seen[TOPIC_EXPIRED], 4);
    module_fixture_stop(&fixture);
}

static void test_copies_of_a_print_are_one_volume(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_start(&fixture, create);
    module_fixture_say(&fixture, MODULE_MARKET, TOPIC_BAR, 0,
                       &(struct bar_message){.number = 1, .factor = 2});
    trade(&fixture, 0, 100, 600);
    simulate(&fixture, 0, SIDE_BUY, VERDICT_PROCEED, 0.1);
    trade(&fixture, 0, 100, 600);
    trade(&fixture, 0, 100, 600);                               /* its copy */
    assert_int_equal(last_fill(&fixture)->remaining, 40 * ONE); /* a tenth of 600, and not twice */
    module_fixture_stop(&fixture);
}

static void test_a_price_at_the_end_of_the_range_fills_nothing(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_set(&fixture, "portfolio.slippage_bps", "1");
    module_fixture_start(&fixture, create);
    trade(&fixture, 0, 100, 1000000);
    simulate(&fixture, 0, SIDE_BUY, VERDICT_PROCEED, 0.1);
    module_fixture_say(
        &fixture, MODULE_FEED, TOPIC_TRADE, 0,
        &(struct trade_message){.price = DECIMAL_MAX, .volume = ONE, .moves = MOVES_ALL});
    assert_int_equal(fixture.seen[TOPIC_FILL], 0);
    assert_true(books_balance(portfolio_view(portfolio).books));
    module_fixture_stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_order_is_filled_by_the_next_trade_and_not_by_the_one_before),
        cmocka_unit_test(test_execution_costs_half_the_spread_the_slippage_and_the_fee),
        cmocka_unit_test(test_a_large_order_fills_in_parts_of_the_traded_volume),
        cmocka_unit_test(test_an_order_that_finds_no_trade_expires_with_what_was_filled),
        cmocka_unit_test(test_a_loss_on_a_trade_stops_the_position_out),
        cmocka_unit_test(test_a_profit_is_taken_at_its_target),
        cmocka_unit_test(test_the_time_stop_comes_a_horizon_after_the_last_confirming_decision),
        cmocka_unit_test(test_an_opposite_decision_closes_and_does_not_cross_zero),
        cmocka_unit_test(test_with_short_selling_allowed_a_sale_opens_a_short),
        cmocka_unit_test(test_exposure_is_cut_to_the_limit_of_the_symbol),
        cmocka_unit_test(test_orders_beyond_the_rate_are_refused_with_the_reason),
        cmocka_unit_test(test_the_kill_switch_needs_three_prices_in_a_row),
        cmocka_unit_test(test_a_halted_portfolio_refuses_risk_and_still_closes),
        cmocka_unit_test(test_limits_can_be_set_while_it_runs),
        cmocka_unit_test(test_what_cannot_be_set_changes_nothing),
        cmocka_unit_test(test_a_halt_calls_off_what_would_still_take_on_risk),
        cmocka_unit_test(test_after_a_days_loss_no_new_risk_is_taken_until_the_next_day),
        cmocka_unit_test(test_one_bad_print_up_is_no_peak),
        cmocka_unit_test(test_one_bad_print_down_trips_nothing_whatever_else_is_traded),
        cmocka_unit_test(test_entries_at_one_instant_share_the_limit),
        cmocka_unit_test(test_a_price_that_has_moved_takes_no_entry_beyond_its_limit),
        cmocka_unit_test(test_a_trade_that_is_older_than_one_before_it_moves_nothing),
        cmocka_unit_test(test_a_flatten_goes_on_until_the_position_is_closed),
        cmocka_unit_test(test_copies_of_a_print_are_one_volume),
        cmocka_unit_test(test_a_price_at_the_end_of_the_range_fills_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
