/* The books. A change is computed whole on copies and taken over at its end, so that an overflow
 * leaves everything as it was. */
#include "tickd/modules/portfolio_books.h"

#include "tickd/base/assert.h"
#include "tickd/base/error.h"

void books_init(struct books *books, struct position *positions, size_t count, int64_t initial_cash)
{
    *books = (struct books){
        .positions = positions, .count = count, .initial_cash = initial_cash, .cash = initial_cash};
}

int books_basis_points(int64_t amount, int64_t bps, enum decimal_rounding rounding, int64_t *part)
{
    return decimal_multiply_divide(amount, bps, 10000 * DECIMAL_ONE, rounding, part);
}

static int64_t magnitude(int64_t value)
{
    return value < 0 ? -value : value;
}

bool books_fits(int64_t amount)
{
    return amount <= DECIMAL_MAX / 4 && amount >= -(DECIMAL_MAX / 4);
}

static bool is_large(int64_t value)
{
    return !books_fits(value);
}

/* Puts a changed position in place and brings the sums along. */
static int replace(struct books *books, size_t place, const struct position *changed)
{
    const struct position *before = &books->positions[place];
    struct books after = *books;
    if (decimal_add(after.market_value, changed->market_value - before->market_value,
                    &after.market_value) != 0 ||
        decimal_add(after.gross, magnitude(changed->market_value) - magnitude(before->market_value),
                    &after.gross) != 0 ||
        decimal_add(after.cost, changed->cost - before->cost, &after.cost) != 0 ||
        is_large(after.market_value) || is_large(after.gross) || is_large(after.cost)) {
        return ERROR_OVERFLOW;
    }
    *books = after;
    books->positions[place] = *changed;
    return 0;
}

static int revalue(struct position *position)
{
    if (position->last_price == 0) {
        position->market_value = 0;
        return 0;
    }
    int error = decimal_multiply(position->quantity, position->last_price, DECIMAL_HALF_EVEN,
                                 &position->market_value);
    return error == 0 && is_large(position->market_value) ? ERROR_OVERFLOW : error;
}

int books_mark(struct books *books, size_t place, int64_t price)
{
    ASSERT(place < books->count && price > 0);
    if (books->positions[place].quantity == 0) { /* worth nothing at any price */
        books->positions[place].last_price = price;
        return 0;
    }
    struct position changed = books->positions[place];
    changed.last_price = price;
    int error = revalue(&changed);
    return error != 0 ? error : replace(books, place, &changed);
}

int books_set_position(struct books *books, size_t place, int64_t quantity, int64_t cost)
{
    ASSERT(place < books->count);
    struct position changed = books->positions[place];
    if (quantity == 0 ? cost != 0 : (quantity > 0 ? cost < 0 : cost > 0)) {
        return ERROR_RANGE;
    }
    if (is_large(quantity) || is_large(cost)) {
        return ERROR_OVERFLOW;
    }
    changed.quantity = quantity;
    changed.cost = cost;
    int error = revalue(&changed);
    return error != 0 ? error : replace(books, place, &changed);
}

/* The part of the cost that leaves with `closed` of the position's quantity; all of it with all. */
static int cost_of(const struct position *position, int64_t closed, int64_t *cost)
{
    if (closed == magnitude(position->quantity)) {
        *cost = position->cost;
        return 0;
    }
    return decimal_multiply_divide(position->cost, closed, magnitude(position->quantity),
                                   DECIMAL_HALF_EVEN, cost);
}

/* Closes `quantity` of the position for `notional`: a long receives it, a short pays it. */
static int close_part(struct position *position, int64_t quantity, int64_t notional,
                      int64_t *realised)
{
    int64_t cost;
    int error = cost_of(position, quantity, &cost);
    if (error != 0) {
        return error;
    }
    bool is_long = position->quantity > 0;
    *realised = (is_long ? notional : -notional) - cost;
    position->cost -= cost;
    position->quantity += is_long ? -quantity : quantity;
    return 0;
}

static int open_part(struct position *position, enum side side, int64_t quantity, int64_t notional)
{
    int64_t sign = side == SIDE_BUY ? 1 : -1;
    if (decimal_add(position->quantity, sign * quantity, &position->quantity) != 0 ||
        decimal_add(position->cost, sign * notional, &position->cost) != 0 ||
        is_large(position->quantity) || is_large(position->cost)) {
        return ERROR_OVERFLOW;
    }
    return 0;
}

/* Of the fill's notional, the part of the quantity that closes; the rest opens, so both add up. */
static int apply(struct position *position, enum side side, int64_t quantity, int64_t notional,
                 int64_t *realised)
{
    bool closes = side == SIDE_BUY ? position->quantity < 0 : position->quantity > 0;
    int64_t held = magnitude(position->quantity);
    int64_t closed = !closes ? 0 : quantity < held ? quantity : held;
    int64_t closed_notional = 0;
    int error = 0;
    *realised = 0;
    if (closed > 0) {
        error = decimal_multiply_divide(notional, closed, quantity, DECIMAL_HALF_EVEN,
                                        &closed_notional);
        if (error == 0) {
            error = close_part(position, closed, closed_notional, realised);
        }
    }
    if (error == 0 && quantity > closed) {
        error = open_part(position, side, quantity - closed, notional - closed_notional);
    }
    return error;
}

static int settle(struct books *books, enum side side, const struct booking *booking)
{
    struct books after = *books;
    int64_t flow = side == SIDE_BUY ? -booking->notional : booking->notional;
    if (decimal_add(after.cash, flow, &after.cash) != 0 ||
        decimal_subtract(after.cash, booking->fee, &after.cash) != 0 ||
        decimal_add(after.fees, booking->fee, &after.fees) != 0 ||
        decimal_add(after.realised_pnl, booking->realised_pnl, &after.realised_pnl) != 0 ||
        is_large(after.cash)) {
        return ERROR_OVERFLOW;
    }
    if (decimal_add(after.turnover, booking->notional, &after.turnover) != 0) {
        after.turnover = DECIMAL_MAX; /* a statistic: it saturates, the books do not */
    }
    *books = after;
    return 0;
}

/* booking->notional and ->fee are given. */
static int book(struct books *books, size_t place, enum side side, int64_t quantity,
                struct booking *booking)
{
    struct books after = *books;
    struct position changed = books->positions[place];
    struct position before = changed;
    int error = apply(&changed, side, quantity, booking->notional, &booking->realised_pnl);
    if (error == 0) {
        error = revalue(&changed);
    }
    if (error == 0) {
        error = settle(&after, side, booking);
    }
    if (error == 0) {
        error = replace(&after, place, &changed);
    }
    if (error != 0) {
        books->positions[place] = before;
        return error;
    }
    *books = after;
    return 0;
}

int books_fill(struct books *books, size_t place, enum side side, int64_t quantity, int64_t price,
               int64_t fee_bps, struct booking *booking)
{
    ASSERT(place < books->count && quantity > 0 && price > 0 && side != SIDE_HOLD);
    int error = decimal_multiply(quantity, price, DECIMAL_HALF_EVEN, &booking->notional);
    if (error == 0) {
        error = books_basis_points(booking->notional, fee_bps, DECIMAL_UP, &booking->fee);
    }
    return error != 0 ? error : book(books, place, side, quantity, booking);
}

int books_fill_again(struct books *books, size_t place, enum side side, int64_t quantity,
                     int64_t price, int64_t fee, struct booking *booking)
{
    ASSERT(place < books->count && side != SIDE_HOLD);
    booking->fee = fee;
    if (quantity <= 0 || price <= 0 || fee < 0 || !books_fits(fee)) {
        return ERROR_RANGE;
    }
    int error = decimal_multiply(quantity, price, DECIMAL_HALF_EVEN, &booking->notional);
    return error != 0 ? error : book(books, place, side, quantity, booking);
}

int64_t books_equity(const struct books *books)
{
    return books->cash + books->market_value;
}

int64_t books_unrealised_pnl(const struct books *books)
{
    return books->market_value - books->cost;
}

int64_t books_average_price(const struct position *position)
{
    int64_t price = 0;
    if (position->quantity == 0 ||
        decimal_divide(position->cost, position->quantity, DECIMAL_HALF_EVEN, &price) != 0) {
        return 0;
    }
    return price;
}

bool books_balance(const struct books *books)
{
    int64_t market_value = 0;
    int64_t gross = 0;
    int64_t cost = 0;
    for (size_t i = 0; i < books->count; i++) {
        const struct position *position = &books->positions[i];
        struct position again = *position;
        if (revalue(&again) != 0 || again.market_value != position->market_value ||
            (position->quantity == 0 && position->cost != 0)) {
            return false;
        }
        market_value += position->market_value;
        gross += magnitude(position->market_value);
        cost += position->cost;
    }
    /* All four fit into half of the range, and what fits may be added up twice over. */
    int64_t by_flow;
    int64_t equity;
    return market_value == books->market_value && gross == books->gross && cost == books->cost &&
           decimal_add(books->initial_cash, books->realised_pnl, &by_flow) == 0 &&
           decimal_add(by_flow, books->market_value - books->cost, &by_flow) == 0 &&
           decimal_subtract(by_flow, books->fees, &by_flow) == 0 &&
           decimal_add(books->cash, books->market_value, &equity) == 0 && by_flow == equity;
}

/* State. */

/* The books that are read, with what their positions come to. */
struct books_check {
    struct books sums;
    int128 market_value;
    int128 gross;
    int128 cost;
};

static bool check_position(const void *value, void *context)
{
    const struct position *position = value;
    struct books_check *check = context;
    struct position again = *position;
    if (position->last_price < 0 || position->last_price > DECIMAL_MAX ||
        position->quantity < -DECIMAL_MAX || position->cost < -DECIMAL_MAX ||
        is_large(position->quantity) || is_large(position->cost) || revalue(&again) != 0 ||
        again.market_value != position->market_value ||
        (position->quantity == 0 && position->cost != 0)) {
        return false;
    }
    check->market_value += position->market_value;
    check->gross += magnitude(position->market_value);
    check->cost += position->cost;
    return true;
}

static bool is_balanced(const struct books_check *check)
{
    const struct books *sums = &check->sums;
    int128 unrealised = (int128)sums->market_value - sums->cost;
    return check->market_value == sums->market_value && check->gross == sums->gross &&
           check->cost == sums->cost &&
           (int128)sums->initial_cash + sums->realised_pnl + unrealised - sums->fees ==
               (int128)sums->cash + sums->market_value;
}

static void persist_money(struct persist *persist, const char *what, int64_t *value)
{
    *value = persist_integer(persist, what, *value, -DECIMAL_MAX, DECIMAL_MAX);
}

void books_persist(struct books *books, struct persist *persist)
{
    struct books_check check = {.sums = *books};
    persist_money(persist, "initial_cash", &check.sums.initial_cash);
    persist_money(persist, "cash", &check.sums.cash);
    persist_money(persist, "realised_pnl", &check.sums.realised_pnl);
    persist_money(persist, "fees", &check.sums.fees);
    persist_money(persist, "turnover", &check.sums.turnover);
    persist_money(persist, "market_value", &check.sums.market_value);
    persist_money(persist, "gross", &check.sums.gross);
    persist_money(persist, "cost", &check.sums.cost);
    persist_array(persist, "positions", books->positions, books->count, books->count,
                  sizeof *books->positions, check_position, &check);
    if (persist_reading(persist) && !is_balanced(&check)) {
        persist_fail(persist, "the books do not balance");
    }
    if (persist_loading(persist)) {
        *books = check.sums;
    }
}
