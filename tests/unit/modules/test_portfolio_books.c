/* The books by hand: average cost, both directions, crossing zero, fees, overflow. */
#include "tickd/modules/portfolio_books.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/error.h"

#define ONE DECIMAL_ONE

struct fixture {
    struct books books;
    struct position positions[2];
    struct booking booking;
};

static int start(void **state)
{
    static struct fixture fixture;
    memset(&fixture, 0, sizeof fixture);
    books_init(&fixture.books, fixture.positions, 2, 1000 * ONE);
    *state = &fixture;
    return 0;
}

static void fill(struct fixture *fixture, enum side side, int64_t quantity, int64_t price,
                 int64_t fee_bps)
{
    assert_int_equal(
        books_fill(&fixture->books, 0, side, quantity, price, fee_bps, &fixture->booking), 0);
    assert_true(books_balance(&fixture->books));
}

static void test_buying_twice_averages_the_cost_and_selling_realises_against_it(void **state)
{
    struct fixture *fixture = *state;
    fill(fixture, SIDE_BUY, 2 * ONE, 10 * ONE, 0);
    fill(fixture, SIDE_BUY, 2 * ONE, 20 * ONE, 0);
    assert_int_equal(books_average_price(&fixture->positions[0]), 15 * ONE);
    fill(fixture, SIDE_SELL, 1 * ONE, 25 * ONE, 0);
    assert_int_equal(fixture->booking.realised_pnl, 10 * ONE);
    assert_int_equal(fixture->books.cash, (1000 - 20 - 40 + 25) * ONE);
    assert_int_equal(books_mark(&fixture->books, 0, 30 * ONE), 0);
    assert_int_equal(books_unrealised_pnl(&fixture->books), 45 * ONE);
    assert_int_equal(books_equity(&fixture->books), (1000 + 10 + 45) * ONE);
    assert_true(books_balance(&fixture->books));
}

static void test_a_short_earns_when_the_price_falls(void **state)
{
    struct fixture *fixture = *state;
    fill(fixture, SIDE_SELL, 3 * ONE, 50 * ONE, 0);
    assert_int_equal(fixture->positions[0].quantity, -3 * ONE);
    assert_int_equal(books_mark(&fixture->books, 0, 40 * ONE), 0);
    assert_int_equal(books_equity(&fixture->books), 1030 * ONE);
    fill(fixture, SIDE_BUY, 3 * ONE, 40 * ONE, 0);
    assert_int_equal(fixture->booking.realised_pnl, 30 * ONE);
    assert_int_equal(fixture->books.cash, 1030 * ONE);
    assert_int_equal(fixture->positions[0].cost, 0);
}

static void test_crossing_zero_closes_at_a_profit_and_opens_the_rest_at_its_price(void **state)
{
    struct fixture *fixture = *state;
    fill(fixture, SIDE_BUY, 2 * ONE, 10 * ONE, 0);
    fill(fixture, SIDE_SELL, 5 * ONE, 12 * ONE, 0);
    assert_int_equal(fixture->booking.realised_pnl, 4 * ONE);
    assert_int_equal(fixture->positions[0].quantity, -3 * ONE);
    assert_int_equal(books_average_price(&fixture->positions[0]), 12 * ONE);
}

static void test_the_fee_is_rounded_up_and_leaves_cash(void **state)
{
    struct fixture *fixture = *state;
    fill(fixture, SIDE_BUY, 1, 3 * ONE, 5 * ONE); /* notional 3 units: a fee of 0.0015 units */
    assert_int_equal(fixture->booking.fee, 1);
    fill(fixture, SIDE_BUY, ONE, 100 * ONE, 5 * ONE);
    assert_int_equal(fixture->booking.fee, ONE / 20);
    assert_int_equal(fixture->books.cash, 1000 * ONE - 3 - 1 - 100 * ONE - ONE / 20);
}

static void test_a_position_closed_in_odd_parts_leaves_no_dust(void **state)
{
    struct fixture *fixture = *state;
    fill(fixture, SIDE_BUY, 7, 33333333333, 0);
    fill(fixture, SIDE_SELL, 3, 11111111111, 0);
    fill(fixture, SIDE_SELL, 3, 77777777777, 0);
    fill(fixture, SIDE_SELL, 1, 12345678901, 0);
    assert_int_equal(fixture->positions[0].quantity, 0);
    assert_int_equal(fixture->positions[0].cost, 0);
    assert_int_equal(books_equity(&fixture->books),
                     fixture->books.initial_cash + fixture->books.realised_pnl);
}

static void test_what_does_not_fit_is_refused_and_nothing_changes(void **state)
{
    struct fixture *fixture = *state;
    fill(fixture, SIDE_BUY, 2 * ONE, 10 * ONE, 5 * ONE);
    struct books before = fixture->books;
    struct position position = fixture->positions[0];
    assert_int_equal(
        books_fill(&fixture->books, 0, SIDE_BUY, DECIMAL_MAX / 2, 100 * ONE, 0, &fixture->booking),
        ERROR_OVERFLOW);
    assert_int_equal(books_mark(&fixture->books, 0, DECIMAL_MAX), ERROR_OVERFLOW);
    assert_memory_equal(&before, &fixture->books, sizeof before);
    assert_memory_equal(&position, &fixture->positions[0], sizeof position);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_buying_twice_averages_the_cost_and_selling_realises_against_it,
                               start),
        cmocka_unit_test_setup(test_a_short_earns_when_the_price_falls, start),
        cmocka_unit_test_setup(
            test_crossing_zero_closes_at_a_profit_and_opens_the_rest_at_its_price, start),
        cmocka_unit_test_setup(test_the_fee_is_rounded_up_and_leaves_cash, start),
        cmocka_unit_test_setup(test_a_position_closed_in_odd_parts_leaves_no_dust, start),
        cmocka_unit_test_setup(test_what_does_not_fit_is_refused_and_nothing_changes, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
