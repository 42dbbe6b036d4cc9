/* The market module: trades in, bars with indicators out. TRADE, CLOCK, FEED → BAR. */
#ifndef TICKD_MODULES_MARKET_H
#define TICKD_MODULES_MARKET_H

#include "tickd/base/histogram.h"
#include "tickd/bus/bus.h"
#include "tickd/market/session.h"
#include "tickd/settings/settings.h"

struct market;

struct market_counts {
    uint64_t accepted;
    uint64_t late;
    uint64_t dropped; /* duplicates, when they are to be dropped */
    uint64_t bars;
    uint64_t bars_without_price;
    uint64_t gaps;
    uint64_t duplicate_prints;
    uint64_t duplicate_changes;
    uint32_t duplicate_factor_max;
    struct histogram late_ms;
};

/* One symbol, for readers. */
struct market_symbol {
    int64_t last_price;
    int64_t last_time_ms;
    int64_t last_received_us;
    uint64_t trades;
    uint64_t bars;
    uint64_t late;
    uint64_t duplicate_prints;
    uint32_t duplicate_factor;
    enum stream_state stream;
};

/* `symbols` and `calendar` must outlive it; all else is copied. `horizon_bars`, `bars_kept`: of the
 * settings' other sections. NULL while measuring. */
struct market *market_create(struct arena *arena, const struct settings_market *settings,
                             int64_t horizon_bars, int64_t bars_kept, struct bus *bus,
                             const struct symbol_table *symbols,
                             const struct market_calendar *calendar);

struct module market_module(struct market *market);

const struct market_counts *market_counts(const struct market *market);
bool market_symbol(const struct market *market, uint16_t symbol, struct market_symbol *view);
/* `index` 0 is the newest; NULL beyond the oldest. */
const struct bar_message *market_bar(const struct market *market, uint16_t symbol, size_t index);
/* Clock time, in ms, by which every bar that is open now has closed; INT64_MIN when none is. */
int64_t market_last_due_ms(const struct market *market);

#endif
