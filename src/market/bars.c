/* Bars behind a watermark. All closing goes through one number, closed_until_ms: every bar that
 * ends at or before it is closed, with or without trades, and every trade before it is late. The
 * watermark and the clock both only raise it. */
#include "tickd/market/bars.h"

#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"

void bars_init(struct bar_builder *builder, int64_t width_ms, int64_t lateness_ms, int64_t grace_ms)
{
    ASSERT(width_ms > 0 && lateness_ms >= 0 && lateness_ms <= width_ms && grace_ms >= 0);
    memset(builder, 0, sizeof *builder);
    builder->width_ms = width_ms;
    builder->lateness_ms = lateness_ms;
    builder->grace_ms = grace_ms;
    builder->newest_ms = INT64_MIN;
    builder->closed_until_ms = INT64_MIN;
}

static int64_t start_of(const struct bar_builder *builder, int64_t time_ms)
{
    return time_ms - floor_modulo(time_ms, builder->width_ms);
}

/* Every bar that ends at or before time_ms is closed from now on. */
static void close_until(struct bar_builder *builder, int64_t time_ms)
{
    if (builder->closed_until_ms == INT64_MIN ||
        time_ms >= builder->closed_until_ms + builder->width_ms)
        builder->closed_until_ms = start_of(builder, time_ms);
}

void bars_see_trade_time(struct bar_builder *builder, int64_t time_ms)
{
    if (time_ms > builder->newest_ms) {
        builder->newest_ms = time_ms;
        close_until(builder, time_ms - builder->lateness_ms);
    }
}

void bars_see_clock(struct bar_builder *builder, int64_t now_ms)
{
    close_until(builder, now_ms - builder->grace_ms);
}

static void open_at(struct open_bar *open, int64_t start_ms)
{
    memset(open, 0, sizeof *open);
    open->bar.start_ms = start_ms;
    open->used = true;
}

static bool holds(const struct bar_builder *builder, const struct open_bar *open, int64_t time_ms)
{
    return open->used && time_ms >= open->bar.start_ms &&
           time_ms - open->bar.start_ms < builder->width_ms;
}

/* The open bar of that time, opened if it was not yet. */
static struct open_bar *bar_at(struct bar_builder *builder, int64_t time_ms)
{
    struct open_bar *open = builder->open;

    if (holds(builder, &open[0], time_ms))
        return &open[0];
    if (holds(builder, &open[1], time_ms))
        return &open[1];
    ASSERT(!open[1].used);
    int64_t start_ms = start_of(builder, time_ms);

    if (!open[0].used) {
        open_at(&open[0], start_ms);
        return &open[0];
    }
    if (start_ms < open[0].bar.start_ms) {
        open[1] = open[0];
        open_at(&open[0], start_ms);
        return &open[0];
    }
    open_at(&open[1], start_ms);
    return &open[1];
}

/* Open and close follow exchange time; of equal times the first to arrive opens and the last
 * closes. */
static void move_last(struct open_bar *open, const struct trade *trade)
{
    if (open->last_count == 0 || trade->time_ms < open->open_time_ms) {
        open->open_time_ms = trade->time_ms;
        open->bar.open = trade->price;
    }
    if (open->last_count == 0 || trade->time_ms >= open->close_time_ms) {
        open->close_time_ms = trade->time_ms;
        open->bar.close = trade->price;
    }
    open->last_count++;
}

static void move_high_low(struct open_bar *open, int64_t price)
{
    if (open->high_low_count == 0 || price > open->bar.high)
        open->bar.high = price;
    if (open->high_low_count == 0 || price < open->bar.low)
        open->bar.low = price;
    open->high_low_count++;
}

/* Tick rule (Lee & Ready 1991): the sign of the last change of price, kept over equal prices; 0
 * until the price has moved. A trade that may not move last has no sign and leaves none. */
static int64_t tick_direction(struct bar_builder *builder, int64_t price)
{
    if (builder->tick_price != 0 && price != builder->tick_price)
        builder->tick_direction = price > builder->tick_price ? 1 : -1;
    builder->tick_price = price;
    return builder->tick_direction;
}

/* What would take the volume beyond DECIMAL_MAX is left out of volume and turnover alike: so the
 * turnover stays below 2^126, and the VWAP stays a mean of prices. */
static void move_volume(struct open_bar *open, const struct trade *trade, int64_t direction)
{
    int64_t room = DECIMAL_MAX - open->bar.volume;
    int64_t volume = trade->volume < room ? trade->volume : room;

    open->bar.volume += volume;
    open->bar.signed_volume += direction * volume;
    open->turnover += (uint128)(uint64_t)trade->price * (uint64_t)volume;
}

enum bar_result bars_add(struct bar_builder *builder, const struct trade *trade, unsigned moves,
                         int64_t *late_ms)
{
    ASSERT(trade->time_ms <= builder->newest_ms && trade->price > 0 && trade->volume >= 0);
    ASSERT(moves != 0);
    if (trade->time_ms < builder->closed_until_ms) {
        *late_ms = builder->closed_until_ms - trade->time_ms;
        return BAR_TRADE_LATE;
    }

    struct open_bar *open = bar_at(builder, trade->time_ms);
    int64_t direction = 0;

    *late_ms = 0;
    open->bar.trades++;
    if (moves & MOVES_LAST) {
        move_last(open, trade);
        direction = tick_direction(builder, trade->price);
    }
    if (moves & MOVES_HIGH_LOW)
        move_high_low(open, trade->price);
    if (moves & MOVES_VOLUME)
        move_volume(open, trade, direction);
    return BAR_TRADE_ACCEPTED;
}

/* The bar as it is given out: high and low hold open and close, and the VWAP is made. */
static struct bar finished_bar(const struct open_bar *open)
{
    struct bar bar = open->bar;
    int64_t highest = bar.open > bar.close ? bar.open : bar.close;
    int64_t lowest = bar.open < bar.close ? bar.open : bar.close;

    if (open->high_low_count == 0 || highest > bar.high)
        bar.high = highest;
    if (open->high_low_count == 0 || lowest < bar.low)
        bar.low = lowest;
    if (bar.volume > 0) {
        int error =
            decimal_divide_wide((int128)open->turnover, bar.volume, DECIMAL_HALF_EVEN, &bar.vwap);

        ASSERT(error == 0); /* a mean of prices lies between them */
    }
    return bar;
}

static struct bar unpriced_bar(const struct open_bar *open)
{
    return (struct bar){
        .start_ms = open->bar.start_ms, .volume = open->bar.volume, .trades = open->bar.trades};
}

enum bar_closed bars_next(struct bar_builder *builder, struct bar *bar, uint128 *turnover)
{
    struct open_bar *oldest = &builder->open[0];
    enum bar_closed closed = BAR_CLOSED_PRICED;

    if (!oldest->used || oldest->bar.start_ms >= builder->closed_until_ms)
        return BAR_CLOSED_NONE;
    *turnover = oldest->turnover;
    if (oldest->last_count > 0) {
        *bar = finished_bar(oldest);
        builder->bars++;
    } else {
        *bar = unpriced_bar(oldest);
        builder->bars_without_price++;
        closed = BAR_CLOSED_UNPRICED;
    }
    builder->open[0] = builder->open[1];
    builder->open[1].used = false;
    return closed;
}

void bars_close_all(struct bar_builder *builder)
{
    for (size_t i = 0; i < BARS_OPEN_MAX; i++) {
        if (builder->open[i].used)
            close_until(builder, builder->open[i].bar.start_ms + builder->width_ms);
    }
}

int64_t bars_due_ms(const struct bar_builder *builder)
{
    if (!builder->open[0].used)
        return INT64_MAX;
    return builder->open[0].bar.start_ms + builder->width_ms + builder->grace_ms;
}

/* ---- state ---- */

static bool is_price(int64_t price)
{
    return price > 0 && price <= DECIMAL_MAX;
}

static bool is_count(int64_t count)
{
    return count >= 0 && count < INT64_MAX / 2;
}

/* What makes a bar that can be given out, and no sum that does not fit. */
static bool is_sound(const struct open_bar *open)
{
    const struct bar *bar = &open->bar;
    bool counts =
        is_count(bar->trades) && is_count(open->last_count) && is_count(open->high_low_count);
    bool prices = open->last_count == 0 || (is_price(bar->open) && is_price(bar->close));
    bool range = open->high_low_count == 0 || (is_price(bar->high) && is_price(bar->low));
    bool volumes = bar->volume >= 0 && bar->volume <= DECIMAL_MAX &&
                   bar->signed_volume >= -bar->volume && bar->signed_volume <= bar->volume &&
                   open->turnover <= (uint128)bar->volume * DECIMAL_MAX;

    return counts && prices && range && volumes;
}

/* Open bars begin one after the other, where a bar may begin, and after all that is closed. */
static bool check_open(const void *value, void *context)
{
    const struct open_bar *open = value;
    const struct bar_builder *times = context;
    int64_t earliest_ms = times->closed_until_ms;

    for (size_t i = 0; i < BARS_OPEN_MAX; i++) {
        if (!persist_is_flag(&open[i].used))
            return false;
        if (!open[i].used)
            continue;
        int64_t start_ms = open[i].bar.start_ms;

        if (start_ms < earliest_ms || start_ms < 0 || start_ms > times->newest_ms ||
            floor_modulo(start_ms, times->width_ms) != 0 || !is_sound(&open[i]))
            return false;
        earliest_ms = start_ms + times->width_ms;
    }
    return open[0].used || !open[1].used;
}

/* Exchange times; none seen is INT64_MIN. At most two bars lie between the two. */
static void persist_times(struct bar_builder *builder, struct persist *persist)
{
    int64_t newest_ms =
        persist_integer(persist, "newest trade", builder->newest_ms, INT64_MIN, TRADE_TIME_MS_MAX);
    int64_t closed_ms = persist_integer(persist, "end of closed bars", builder->closed_until_ms,
                                        INT64_MIN, 2 * TRADE_TIME_MS_MAX);
    bool none = newest_ms == INT64_MIN || closed_ms == INT64_MIN;

    if ((newest_ms != INT64_MIN && newest_ms < 0) || (closed_ms != INT64_MIN && closed_ms < 0) ||
        (!none && newest_ms - closed_ms >= BARS_OPEN_MAX * builder->width_ms) ||
        (closed_ms != INT64_MIN && closed_ms % builder->width_ms != 0))
        persist_fail(persist, "times of bars cannot be what they say");
    if (persist_reading(persist)) {
        builder->newest_ms = newest_ms;
        builder->closed_until_ms = closed_ms;
    }
}

void bars_persist(struct bar_builder *builder, struct persist *persist)
{
    struct bar_builder times = *builder;

    persist_same(persist, "market.bar_ms", builder->width_ms);
    persist_times(&times, persist);
    persist_value(persist, "open bars", builder->open, sizeof builder->open, check_open, &times);
    PERSIST(persist, builder->tick_price);
    int64_t direction =
        persist_integer(persist, "direction of the tick rule", builder->tick_direction, -1, 1);

    PERSIST(persist, builder->bars);
    PERSIST(persist, builder->bars_without_price);
    if (persist_loading(persist)) {
        builder->newest_ms = times.newest_ms;
        builder->closed_until_ms = times.closed_until_ms;
        builder->tick_direction = direction;
    }
}
