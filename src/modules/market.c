/* The market module: each symbol has a bar builder, a watch for repeated prints, its indicators and
 * the closes of the last H bars. What closes a bar is in bars.c; here is what becomes of it. */
#include "tickd/modules/market.h"

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"
#include "tickd/base/real.h"
#include "tickd/market/duplicates.h"
#include "tickd/market/spread.h"

enum { PERSIST_VERSION = 1 };

/* A hole in what we were sent: from when the stream broke to when it was whole again. */
struct gap {
    int64_t since_ms;
    int64_t until_ms; /* INT64_MAX while it lasts */
    bool pending;     /* no bar from after it has closed yet */
};

struct symbol_market {
    struct bar_builder builder;
    struct indicator_state indicators;
    struct duplicate_watch duplicates;
    struct spread_estimate spread;
    struct ring bars;   /* of struct bar_message */
    struct ring closes; /* of double, since the last gap: H + 1 */
    struct gap gap;
    struct market_symbol view;
    enum venue venue;
    bool venue_known;
};

struct market {
    struct settings_market settings;
    struct bus *bus;
    const struct symbol_table *symbols;
    const struct market_calendar *calendar;
    struct symbol_market *of;
    size_t capacity;
    struct market_counts counts;
    bool feed_down;
};

struct market *market_create(struct arena *arena, const struct settings_market *settings,
                             int64_t horizon_bars, int64_t bars_kept, struct bus *bus,
                             const struct symbol_table *symbols,
                             const struct market_calendar *calendar)
{
    size_t capacity = symbols->capacity;
    struct market *market = arena_take(arena, "market", "state", 1, sizeof *market);
    struct symbol_market *of = arena_take(arena, "market", "symbols", capacity, sizeof *of);
    for (size_t i = 0; i < capacity; i++) {
        struct symbol_market scratch = {0};
        struct symbol_market *symbol = arena_measuring(arena) ? &scratch : &of[i];
        ring_init(&symbol->bars, arena, "market", "bars", (size_t)bars_kept,
                  sizeof(struct bar_message));
        ring_init(&symbol->closes, arena, "market", "closes of the horizon",
                  (size_t)horizon_bars + 1, sizeof(double));
        duplicates_init(&symbol->duplicates, arena, (size_t)settings->duplicate_prints);
    }
    if (arena_measuring(arena)) {
        return NULL;
    }
    for (size_t i = 0; i < capacity; i++) {
        bars_init(&of[i].builder, settings->bar_ms, settings->lateness_ms, settings->grace_ms);
        indicators_init(&of[i].indicators);
        of[i].view.duplicate_factor = 1;
    }
    market->settings = *settings;
    market->bus = bus;
    market->symbols = symbols;
    market->calendar = calendar;
    market->of = of;
    market->capacity = capacity;
    market->counts.duplicate_factor_max = 1;
    return market;
}

/* The symbol's venue comes from its name, which is known from its first trade on. */
static enum venue venue_of(struct market *market, uint16_t id)
{
    struct symbol_market *symbol = &market->of[id];
    if (!symbol->venue_known) {
        symbol->venue = venue_of_symbol(symbols_name(market->symbols, id));
        symbol->venue_known = true;
    }
    return symbol->venue;
}

/* Whether the bar has a gap in it or is the first one after a gap; forgets a gap that is over. */
static bool after_gap(struct symbol_market *symbol, const struct bar *bar, int64_t width_ms)
{
    struct gap *gap = &symbol->gap;
    if (!gap->pending || bar->start_ms + width_ms <= gap->since_ms) {
        return false;
    }
    if (bar->start_ms >= gap->until_ms) {
        gap->pending = false;
    }
    return true;
}

static double horizon_return(struct symbol_market *symbol, double close)
{
    struct ring *closes = &symbol->closes;
    ring_push(closes, &close);
    if (ring_size(closes) < closes->capacity) {
        return real_nan();
    }
    const double *before = ring_at(closes, 0);
    return real_log(close / *before);
}

static void note_factor(struct market *market)
{
    uint32_t largest = 1;
    for (size_t i = 0; i < market->symbols->count; i++) {
        uint32_t factor = market->of[i].view.duplicate_factor;
        largest = factor > largest ? factor : largest;
    }
    market->counts.duplicate_factor_max = largest;
    market->counts.duplicate_changes++;
}

/* Prints that came k times are counted once: of a bar only volume and number of trades are divided,
 * what is left over is cut off. */
static void apply_duplicates(struct market *market, struct symbol_market *symbol, struct bar *bar)
{
    if (duplicates_close(&symbol->duplicates, bar->start_ms + market->settings.bar_ms) &&
        market->settings.duplicates == DUPLICATES_AUTO) {
        symbol->view.duplicate_factor = symbol->duplicates.factor;
        note_factor(market);
    }
    int64_t factor = symbol->view.duplicate_factor;
    if (factor > 1) {
        bar->volume /= factor;
        bar->signed_volume /= factor;
        bar->trades = bar->trades < factor ? 1 : bar->trades / factor;
    }
}

/* What happened of what arrived. */
static uint128 deduplicated(const struct symbol_market *symbol, uint128 turnover)
{
    ASSERT(symbol->view.duplicate_factor >= 1);
    return turnover / symbol->view.duplicate_factor;
}

static void publish_closed(struct market *market, uint16_t id, struct bar *bar, uint128 turnover)
{
    struct symbol_market *symbol = &market->of[id];
    int64_t start_us = bar->start_ms * US_PER_MS;
    int64_t day = session_day_of(venue_of(market, id), start_us);
    bool gap = after_gap(symbol, bar, market->settings.bar_ms);
    if (gap) {
        indicators_reset(&symbol->indicators);
        ring_clear(&symbol->closes);
        spread_break(&symbol->spread);
        market->counts.gaps++;
    }
    apply_duplicates(market, symbol, bar);
    symbol->view.bars++;
    market->counts.bars++;
    struct bar_message message = {
        .start_ms = bar->start_ms,
        .open = bar->open,
        .high = bar->high,
        .low = bar->low,
        .close = bar->close,
        .volume = bar->volume,
        .vwap = bar->vwap,
        .trades = bar->trades,
        .horizon_return = horizon_return(symbol, decimal_to_double(bar->close)),
        .spread = spread_value(&symbol->spread),
        .factor = symbol->view.duplicate_factor,
        .after_gap = gap ? 1 : 0,
        .session = session_at(market->calendar, symbol->venue, start_us),
        .number = (uint32_t)symbol->view.bars,
    };
    indicators_update(&symbol->indicators, bar, deduplicated(symbol, turnover), day,
                      &message.indicators);
    ring_push(&symbol->bars, &message);
    publish_bar(market->bus, MODULE_MARKET, id, &message);
}

/* Volume without a price makes no bar; it belongs to the session's VWAP all the same. */
static void take_unpriced(struct market *market, uint16_t id, struct bar *bar, uint128 turnover)
{
    struct symbol_market *symbol = &market->of[id];
    apply_duplicates(market, symbol, bar);
    market->counts.bars_without_price++;
    int64_t day = session_day_of(venue_of(market, id), bar->start_ms * US_PER_MS);
    indicators_add_turnover(&symbol->indicators, bar->volume, deduplicated(symbol, turnover), day);
}

static void drain(struct market *market, uint16_t id)
{
    struct bar bar;
    uint128 turnover;
    for (;;) {
        switch (bars_next(&market->of[id].builder, &bar, &turnover)) {
        case BAR_CLOSED_NONE:
            return;
        case BAR_CLOSED_PRICED:
            publish_closed(market, id, &bar, turnover);
            break;
        case BAR_CLOSED_UNPRICED:
            take_unpriced(market, id, &bar, turnover);
            break;
        }
    }
}

static void count_late(struct market *market, struct symbol_market *symbol, int64_t late_ms)
{
    market->counts.late++;
    symbol->view.late++;
    histogram_record(&market->counts.late_ms, late_ms);
}

static void take_trade(struct market *market, const struct message *message)
{
    uint16_t id = message->head.symbol;
    const struct trade_message *body = &message->body.trade;
    struct symbol_market *symbol = &market->of[id];
    struct trade trade = {.time_ms = body->time_ms,
                          .price = body->price,
                          .volume = body->volume,
                          .conditions = body->conditions,
                          .symbol = id};
    bars_see_trade_time(&symbol->builder, trade.time_ms);
    drain(market, id);
    if (trade.time_ms < symbol->builder.closed_until_ms) {
        count_late(market, symbol, symbol->builder.closed_until_ms - trade.time_ms);
        return;
    }
    uint32_t copies = market->settings.duplicates != DUPLICATES_KEEP
                          ? duplicates_note(&symbol->duplicates, &trade)
                          : 1;
    if (copies > 1) {
        market->counts.duplicate_prints++;
        symbol->view.duplicate_prints++;
        if (market->settings.duplicates == DUPLICATES_DROP) {
            market->counts.dropped++;
            return;
        }
    }
    int64_t late_ms = 0;
    enum bar_result result = bars_add(&symbol->builder, &trade, (unsigned)body->moves, &late_ms);
    ASSERT(result == BAR_TRADE_ACCEPTED);
    market->counts.accepted++;
    symbol->view.trades++;
    symbol->view.last_received_us = message->head.time_us;
    if ((body->moves & MOVES_LAST) != 0 && trade.time_ms >= symbol->view.last_time_ms) {
        symbol->view.last_price = trade.price;
        /* A copy is no trade: the price would seem not to bounce. */
        if ((copies - 1) % symbol->view.duplicate_factor == 0) {
            spread_add(&symbol->spread, decimal_to_double(trade.price));
        }
        symbol->view.last_time_ms = trade.time_ms;
    }
}

static void take_clock(struct market *market, int64_t now_us)
{
    for (size_t i = 0; i < market->symbols->count; i++) {
        bars_see_clock(&market->of[i].builder, floor_divide(now_us, US_PER_MS));
        drain(market, (uint16_t)i);
    }
}

static void open_gap(struct symbol_market *symbol, int64_t now_ms)
{
    if (symbol->view.trades == 0) {
        return; /* nothing came before it, so nothing is torn */
    }
    if (!symbol->gap.pending || symbol->gap.until_ms != INT64_MAX) {
        symbol->gap.since_ms = symbol->gap.pending ? symbol->gap.since_ms : now_ms;
        symbol->gap.until_ms = INT64_MAX;
        symbol->gap.pending = true;
    }
}

static void close_gap(struct symbol_market *symbol, int64_t now_ms)
{
    if (symbol->gap.pending && symbol->gap.until_ms == INT64_MAX) {
        symbol->gap.until_ms = now_ms;
    }
}

static bool feed_is_down(uint32_t state)
{
    switch ((enum feed_state)state) {
    case FEED_SUBSCRIBED:
    case FEED_STREAMING:
    case FEED_IDLE:
        return false;
    case FEED_STOPPED:
    case FEED_CONNECTING:
    case FEED_CONNECTED:
    case FEED_STALE:
    case FEED_BACKING_OFF:
    case FEED_REFUSED:
    case FEED_STATE_COUNT:
        break;
    }
    return true;
}

static void take_feed(struct market *market, const struct message *message)
{
    int64_t now_ms = floor_divide(message->head.time_us, US_PER_MS);
    const struct feed_message *feed = &message->body.feed;
    if (message->head.symbol < market->capacity) {
        struct symbol_market *symbol = &market->of[message->head.symbol];
        symbol->view.stream = (enum stream_state)feed->stream;
        if (feed->stream == STREAM_TALKING) {
            close_gap(symbol, now_ms);
        } else {
            open_gap(symbol, now_ms);
        }
        return;
    }
    market->feed_down = feed_is_down(feed->state);
    for (size_t i = 0; i < market->symbols->count; i++) {
        if (market->feed_down) {
            open_gap(&market->of[i], now_ms);
        } else if (market->of[i].view.stream == STREAM_TALKING) {
            close_gap(&market->of[i], now_ms);
        }
    }
}

static void handle(void *state, const struct message *message)
{
    struct market *market = state;
    switch (message->head.topic) {
    case TOPIC_TRADE:
        take_trade(market, message);
        break;
    case TOPIC_CLOCK:
        take_clock(market, message->head.time_us);
        break;
    case TOPIC_FEED:
        take_feed(market, message);
        break;
    default:
        break;
    }
}

static size_t histories(const void *state, struct history *histories, size_t room)
{
    const struct market *market = state;
    if (room == 0) {
        return 0;
    }
    struct history sum = history_of_ring("market", "bars", &market->of[0].bars);
    for (size_t i = 1; i < market->capacity; i++) {
        struct history one = history_of_ring("market", "bars", &market->of[i].bars);
        sum.size += one.size;
        sum.capacity += one.capacity;
        sum.appended += one.appended;
        sum.overwritten += one.overwritten;
        sum.bytes += one.bytes;
    }
    histories[0] = sum;
    return 1;
}

/* State. */

static bool check_view(const void *value, void *context)
{
    const struct market_symbol *view = value;
    (void)context;
    return view->duplicate_factor >= 1 && view->duplicate_factor <= DUPLICATES_FACTOR_MAX &&
           view->stream < STREAM_STATE_COUNT && view->bars < UINT32_MAX / 2;
}

static bool check_gap(const void *value, void *context)
{
    const struct gap *gap = value;
    (void)context;
    return persist_is_flag(&gap->pending);
}

static bool check_spread(const void *value, void *context)
{
    const struct spread_estimate *spread = value;
    (void)context;
    return persist_is_flag(&spread->has_price) && persist_is_flag(&spread->has_change);
}

/* A symbol's venue comes from its name again. A factor is in force only where prints are watched.
 */
static void persist_symbol(const struct market *market, struct symbol_market *symbol,
                           struct persist *persist)
{
    bars_persist(&symbol->builder, persist);
    PERSIST(persist, symbol->indicators);
    duplicates_persist(&symbol->duplicates, persist);
    persist_value(persist, "spread", &symbol->spread, sizeof symbol->spread, check_spread, NULL);
    persist_history(persist, "bars", &symbol->bars, NULL, NULL);
    persist_ring(persist, "closes of the horizon", &symbol->closes, NULL, NULL);
    persist_value(persist, "gap", &symbol->gap, sizeof symbol->gap, check_gap, NULL);
    persist_value(persist, "symbol", &symbol->view, sizeof symbol->view, check_view, NULL);
    if (persist_loading(persist) && market->settings.duplicates != DUPLICATES_AUTO) {
        symbol->view.duplicate_factor = 1;
    }
}

static void persist(void *state, struct persist *persist)
{
    struct market *market = state;
    for (size_t i = 0; i < market->capacity; i++) {
        persist_symbol(market, &market->of[i], persist);
    }
    PERSIST(persist, market->counts);
    bool feed_down = persist_flag(persist, "feed_down", market->feed_down);
    if (persist_loading(persist)) {
        market->feed_down = feed_down;
    }
}

struct module market_module(struct market *market)
{
    return (struct module){.id = MODULE_MARKET,
                           .state = market,
                           .handle = handle,
                           .histories = histories,
                           .persist = persist,
                           .version = PERSIST_VERSION};
}

const struct market_counts *market_counts(const struct market *market)
{
    return &market->counts;
}

bool market_symbol(const struct market *market, uint16_t symbol, struct market_symbol *view)
{
    if (symbol >= market->symbols->count) {
        return false;
    }
    *view = market->of[symbol].view;
    return true;
}

const struct bar_message *market_bar(const struct market *market, uint16_t symbol, size_t index)
{
    if (symbol >= market->symbols->count || index >= ring_size(&market->of[symbol].bars)) {
        return NULL;
    }
    return ring_newest(&market->of[symbol].bars, index);
}

int64_t market_last_due_ms(const struct market *market)
{
    int64_t last_ms = INT64_MIN;
    for (size_t i = 0; i < market->symbols->count; i++) {
        int64_t due_ms = bars_due_ms(&market->of[i].builder);
        if (due_ms != INT64_MAX && due_ms + market->settings.bar_ms > last_ms) {
            last_ms = due_ms + market->settings.bar_ms;
        }
    }
    return last_ms;
}
