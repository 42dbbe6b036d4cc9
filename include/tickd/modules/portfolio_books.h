/* The books: cash, positions at average cost, fees, realised P&L. Exact integers throughout (1e-8),
 * pure arithmetic; what may be traded and when is portfolio.c's business.
 *
 * Two sums hold after every change, to the last unit (books_balance):
 *     equity = cash + Σ market value
 *     equity = initial cash + realised P&L + unrealised P&L − fees */
#ifndef TICKD_MODULES_PORTFOLIO_BOOKS_H
#define TICKD_MODULES_PORTFOLIO_BOOKS_H

#include "tickd/base/decimal.h"
#include "tickd/base/persist.h"
#include "tickd/bus/message.h"

struct position {
    int64_t quantity;     /* decimal; negative = short */
    int64_t cost;         /* what is in it: paid for a long (> 0), received for a short (< 0) */
    int64_t last_price;   /* mark; 0 = none yet */
    int64_t market_value; /* quantity × last price, half-even */
};

struct books {
    struct position *positions;
    size_t count;
    int64_t initial_cash;
    int64_t cash;
    int64_t realised_pnl; /* before fees */
    int64_t fees;
    int64_t turnover;     /* Σ |quantity × price| of all fills */
    int64_t market_value; /* Σ of positions */
    int64_t gross;        /* Σ |market value| */
    int64_t cost;         /* Σ of positions */
};

/* What a fill did. */
struct booking {
    int64_t notional; /* |quantity × price| */
    int64_t fee;
    int64_t realised_pnl;
};

/* `positions`: room for `count`, zeroed, the caller's. */
void books_init(struct books *books, struct position *positions, size_t count,
                int64_t initial_cash);

/* Marks a position to a price > 0. ERROR_OVERFLOW when the value does not fit; nothing changes
 * then. */
int books_mark(struct books *books, size_t place, int64_t price);

/* Books a fill of `quantity` > 0 at `price` > 0: average cost, fee of fee_bps (a decimal, in basis
 * points of the notional), rounded up. Crossing zero closes the position and opens the other.
 * ERROR_OVERFLOW: nothing changes. */
int books_fill(struct books *books, size_t place, enum side side, int64_t quantity, int64_t price,
               int64_t fee_bps, struct booking *booking);

/* The same with the fee told: for books that are made again from fills. */
int books_fill_again(struct books *books, size_t place, enum side side, int64_t quantity,
                     int64_t price, int64_t fee, struct booking *booking);

/* Half of the range and more is kept free, so that sums and differences of what fits always do. */
bool books_fits(int64_t amount);

/* Puts a position in place that was built elsewhere, at its present mark. ERROR_RANGE: quantity and
 * cost cannot belong together; ERROR_OVERFLOW. Nothing changes then. */
int books_set_position(struct books *books, size_t place, int64_t quantity, int64_t cost);

int64_t books_equity(const struct books *books);
int64_t books_unrealised_pnl(const struct books *books);

/* |cost ÷ quantity|, half-even; 0 without a position. */
int64_t books_average_price(const struct position *position);

/* Recomputes every sum from the positions and compares; for tests and debug builds. */
bool books_balance(const struct books *books);

/* The whole books, the initial cash too: it belongs to what was earned since. Books that do not
 * balance are refused. */
void books_persist(struct books *books, struct persist *persist);

/* `amount` × bps ÷ 10,000, rounded as told. ERROR_OVERFLOW. */
int books_basis_points(int64_t amount, int64_t bps, enum decimal_rounding rounding, int64_t *part);

#endif
