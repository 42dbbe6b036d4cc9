/* The portfolio: paper orders, executed on the market's own trades. TRADE, BAR, SIMULATION, CLOCK,
 * COMMAND → ORDER, FILL, REJECT, EXPIRED, EQUITY. docs/modules.md has the rules in words.
 *
 * One open order a symbol. An order that reduces risk is never refused by a limit. Every order ends
 * in FILL with done set, or in REJECT, or in EXPIRED, exactly one of them. */
#ifndef TICKD_MODULES_PORTFOLIO_H
#define TICKD_MODULES_PORTFOLIO_H

#include "tickd/bus/bus.h"
#include "tickd/modules/portfolio_books.h"
#include "tickd/settings/settings.h"

struct portfolio;

/* One entry of trade_history: a FILL with its place in the run. */
struct portfolio_fill {
    uint64_t sequence;
    int64_t time_us;
    struct fill_message fill;
    uint16_t symbol;
};

struct portfolio_counts {
    uint64_t orders;
    uint64_t fills;
    uint64_t rejects;
    uint64_t rejects_by[REJECT_REASON_COUNT];
    uint64_t expired;
    uint64_t done; /* orders that ended in a last FILL: orders = done + rejects + expired + open */
    uint64_t open;
    uint64_t halts;
    uint64_t adoptions;         /* books taken over as a whole */
    uint64_t adoptions_refused; /* commands of it that could not be followed */
    double max_drawdown;        /* of equity, 0 to 1, over the run */
};

struct portfolio_view {
    const struct settings_portfolio *settings; /* in force: some keys can be set while it runs */
    const struct books *books;
    bool halted;
    double drawdown;
};

/* `symbols`: how many. NULL while measuring. */
struct portfolio *portfolio_create(struct arena *arena, const struct settings_portfolio *settings,
                                   int64_t horizon_bars, int64_t fills_kept, size_t symbols,
                                   struct bus *bus);

struct module portfolio_module(struct portfolio *portfolio);

const struct portfolio_counts *portfolio_counts(const struct portfolio *portfolio);
struct portfolio_view portfolio_view(const struct portfolio *portfolio);
/* `index` 0 is the newest; NULL beyond the oldest. */
const struct portfolio_fill *portfolio_fill(const struct portfolio *portfolio, size_t index);

#endif
