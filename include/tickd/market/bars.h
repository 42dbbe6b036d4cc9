/* Bars of one symbol, built by exchange time behind a watermark.
 *
 *   exchange time ──▶   |  closed  |   open   |   open   |
 *                                  ▲          │          ▲
 *                    bars that end at or      │          newest trade seen
 *                    before it are closed     watermark = newest − lateness
 *
 * A bar [start, start + width) closes when the watermark reaches its end, or when the clock reaches
 * its end plus the grace, whichever is first. Because the lateness is at most one width, two bars
 * are open at most. A second without trades makes no bar. The result depends on the set of trades
 * only, not on the order in which they arrive between opening and closing: open and close are those
 * of the earliest and latest exchange time (ties: first and last to arrive); only `signed_volume`
 * follows the order of arrival, as the tick rule must. */
#ifndef TICKD_MARKET_BARS_H
#define TICKD_MARKET_BARS_H

#include "tickd/base/persist.h"
#include "tickd/market/conditions.h"
#include "tickd/market/trade.h"

struct bar {
    int64_t start_ms; /* exchange time, multiple of the width since 1970 */
    int64_t open;     /* prices: of trades that may move last */
    int64_t high;     /* of trades that may move high and low, and of open and close */
    int64_t low;
    int64_t close;
    int64_t volume;        /* of trades that may move volume; saturates at DECIMAL_MAX */
    int64_t vwap;          /* Σ price·volume ÷ Σ volume, half-even; 0 = no volume, so none */
    int64_t signed_volume; /* Σ ±volume by the tick rule (Lee & Ready 1991); |…| ≤ volume */
    int64_t trades;        /* accepted trades, of whatever they may move */
};

enum bar_result {
    BAR_TRADE_ACCEPTED,
    BAR_TRADE_LATE /* its bar is closed; *late_ms says by how much its time lies before the
                      earliest time that would still have been taken */
};

enum { BARS_OPEN_MAX = 2 };

/* One open bar. Private to bars.c, here because the builder holds two. */
struct open_bar {
    struct bar bar;
    int64_t open_time_ms;
    int64_t close_time_ms;
    int64_t high_low_count;
    int64_t last_count; /* trades that may move last */
    uint128 turnover;   /* Σ price × volume, units of 1e-16 */
    bool used;
};

struct bar_builder {
    struct open_bar open[BARS_OPEN_MAX]; /* [0] the older */
    int64_t width_ms;
    int64_t lateness_ms;
    int64_t grace_ms;
    int64_t newest_ms;       /* newest exchange time seen; INT64_MIN before the first */
    int64_t closed_until_ms; /* trades before it are late; INT64_MIN before the first close */
    int64_t tick_price;      /* tick rule: price of the last trade, and its direction */
    int64_t tick_direction;
    uint64_t bars;               /* closed with a price */
    uint64_t bars_without_price; /* closed by trades of which none may move last: not given out */
};

/* 0 < width, 0 ≤ lateness ≤ width, 0 ≤ grace. */
void bars_init(struct bar_builder *builder, int64_t width_ms, int64_t lateness_ms,
               int64_t grace_ms);

/* Takes a trade that may move `moves` (not 0). Before it, the caller has drained bars_next() with
 * the trade's time; so a trade finds room always. */
enum bar_result bars_add(struct bar_builder *builder, const struct trade *trade, unsigned moves,
                         int64_t *late_ms);

/* Tells the builder that a trade of this exchange time is there / that the clock is here. After
 * either, bars_next() gives the bars that are complete. */
void bars_see_trade_time(struct bar_builder *builder, int64_t time_ms);
void bars_see_clock(struct bar_builder *builder, int64_t now_ms);

/* What bars_next() found. */
enum bar_closed {
    BAR_CLOSED_NONE,    /* nothing is complete */
    BAR_CLOSED_PRICED,  /* a bar */
    BAR_CLOSED_UNPRICED /* trades of which none may move last: no price, so no bar; only start_ms,
                           volume, trades and the turnover count (for the session's VWAP) */
};

/* The next one that is complete, oldest first. *turnover is the exact Σ price × volume, 1e-16. */
enum bar_closed bars_next(struct bar_builder *builder, struct bar *bar, uint128 *turnover);

/* Closes what is open, ready or not: for the end of a recording. */
void bars_close_all(struct bar_builder *builder);

/* Clock time at which the oldest open bar must be closed (end + grace); INT64_MAX when none. */
int64_t bars_due_ms(const struct bar_builder *builder);

/* The open bars and all that is known of time; the width has to be the same. */
void bars_persist(struct bar_builder *builder, struct persist *persist);

#endif
