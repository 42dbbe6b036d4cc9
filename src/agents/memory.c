/* Running sums over a symbol's bars, re-based whenever the ring has turned once, and monotonic
 * queues for the extremes. */
#include "tickd/agents/memory.h"

#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/decimal.h"
#include "tickd/base/real.h"
#include "tickd/market/trade.h"

_Static_assert((MEMORY_BARS & (MEMORY_BARS - 1)) == 0, "a power of two");
_Static_assert(sizeof(struct memory_bar) == 64, "one line of the cache");

bool basket_init(struct basket *basket, struct arena *arena, size_t symbols, int64_t silence_ms)
{
    int64_t *newest_ms = arena_take(arena, "electorate", "basket", symbols, sizeof *newest_ms);
    if (arena_measuring(arena)) {
        return false;
    }
    for (size_t i = 0; i < symbols; i++) {
        newest_ms[i] = INT64_MIN;
    }
    *basket = (struct basket){.silence_ms = silence_ms, .newest_ms = newest_ms, .symbols = symbols};
    return true;
}

void memory_reset(struct symbol_memory *memory)
{
    memory->count = 0;
    memory->highs.first = memory->highs.end = 0;
    memory->lows.first = memory->lows.end = 0;
}

/* Notes the symbol's bar and counts the other symbols that are alive at its time. */
static uint32_t count_others(struct basket *basket, uint16_t symbol, int64_t start_ms)
{
    uint32_t others = 0;
    basket->newest_ms[symbol] = start_ms;
    for (size_t i = 0; i < basket->symbols; i++) {
        int64_t newest_ms = basket->newest_ms[i];
        others += newest_ms != INT64_MIN && start_ms - newest_ms <= basket->silence_ms ? 1U : 0U;
    }
    return others - 1;
}

/* A symbol's return moves the basket of each other symbol by its share among that one's others. */
static void move_basket(struct basket *basket, struct symbol_memory *memory, double log_return)
{
    if (memory->others > 0) {
        double share = log_return / memory->others;
        basket->level += share;
        memory->contributed += share;
    }
}

/* The bar's sums from those before it; flows and squared returns are given, for they cannot be had
 * from levels. */
static void add_levels(struct symbol_memory *memory, uint64_t number)
{
    struct memory_bar *bar = &memory->bars[number % MEMORY_BARS];
    struct memory_basket_sums *sums = &memory->basket[number % MEMORY_BARS];
    struct memory_bar before = {0};
    struct memory_basket_sums sums_before = {0};
    if (number > memory->base_count) {
        before = memory->bars[(number - 1) % MEMORY_BARS];
        sums_before = memory->basket[(number - 1) % MEMORY_BARS];
    }
    double x = bar->log_close;
    double b = bar->others;
    bar->sum_log = before.sum_log + x;
    bar->sum_log_squared = before.sum_log_squared + x * x;
    bar->sum_log_by_number = before.sum_log_by_number + (double)(number - memory->base_count) * x;
    sums->sum_others = sums_before.sum_others + b;
    sums->sum_others_squared = sums_before.sum_others_squared + b * b;
    sums->sum_others_log = sums_before.sum_others_log + b * x;
}

/* Moves the base to the oldest bar that is still remembered. */
static void rebase(struct symbol_memory *memory)
{
    uint64_t oldest = memory->count - MEMORY_BARS;
    struct memory_bar base = memory->bars[oldest % MEMORY_BARS];
    memory->base_count = oldest;
    memory->base_log += base.log_close;
    memory->base_others += base.others;
    for (uint64_t number = oldest; number < memory->count; number++) {
        struct memory_bar *bar = &memory->bars[number % MEMORY_BARS];
        bar->log_close -= base.log_close;
        bar->others -= base.others;
        bar->sum_return_squared -= base.sum_return_squared;
        bar->sum_flow -= base.sum_flow;
        bar->sum_flow_squared -= base.sum_flow_squared;
        add_levels(memory, number);
    }
}

/* `values` are of the bars by number, `sign` 1 for highs and −1 for lows. */
static void add_extreme(struct memory_extremes *extremes, const double values[MEMORY_BARS],
                        uint32_t number, double sign)
{
    double value = sign * values[number % MEMORY_BARS];
    if (extremes->end != extremes->first &&
        number - extremes->number[extremes->first % MEMORY_BARS] >= MEMORY_BARS) {
        extremes->first++;
    }
    while (extremes->end != extremes->first &&
           sign * values[extremes->number[(extremes->end - 1) % MEMORY_BARS] % MEMORY_BARS] <=
               value) {
        extremes->end--;
    }
    extremes->number[extremes->end % MEMORY_BARS] = number;
    extremes->end++;
}

/* Number of the first remembered extreme among the newest `look_back` bars, by halving. */
static uint32_t extreme_of(const struct memory_extremes *extremes, uint32_t newest,
                           uint32_t look_back)
{
    uint32_t from = extremes->first;
    uint32_t length = extremes->end - extremes->first;
    while (length > 1) { /* it is in [from, from + length) */
        uint32_t half = length / 2;
        uint32_t number = extremes->number[(from + half - 1) % MEMORY_BARS];
        from += newest - number >= look_back ? half : 0;
        length -= newest - number >= look_back ? half : length - half;
    }
    return extremes->number[from % MEMORY_BARS];
}

double memory_highest(const struct symbol_memory *memory, size_t look_back)
{
    uint32_t newest = (uint32_t)(memory->count - 1);
    return memory->high[extreme_of(&memory->highs, newest, (uint32_t)look_back) % MEMORY_BARS];
}

double memory_lowest(const struct symbol_memory *memory, size_t look_back)
{
    uint32_t newest = (uint32_t)(memory->count - 1);
    return memory->low[extreme_of(&memory->lows, newest, (uint32_t)look_back) % MEMORY_BARS];
}

static double signed_volume(const struct bar_message *bar)
{
    double imbalance = bar->indicators.imbalance; /* NaN: the bar has no volume */
    return imbalance == imbalance ? imbalance * decimal_to_double(bar->volume) : 0;
}

static void start(struct symbol_memory *memory, double log_close, double others)
{
    memory->base_count = 0;
    memory->base_log = log_close;
    memory->base_others = others;
}

void memory_add(struct symbol_memory *memory, struct basket *basket, uint16_t symbol,
                const struct bar_message *bar)
{
    ASSERT(bar->close > 0 && symbol < basket->symbols);
    uint64_t number = memory->count;
    size_t at = number % MEMORY_BARS;
    double close = decimal_to_double(bar->close);
    double log_close = real_log(close);
    double log_return = 0;
    double flow = signed_volume(bar);
    struct memory_bar before = {0};
    memory->others = count_others(basket, symbol, bar->start_ms);
    if (number == 0) {
        start(memory, log_close, basket->level - memory->contributed);
    } else {
        before = *memory_at(memory, 0);
        log_return = log_close - memory->base_log - before.log_close;
        move_basket(basket, memory, log_return);
    }
    memory->bars[at] = (struct memory_bar){
        .log_close = log_close - memory->base_log,
        .sum_return_squared = before.sum_return_squared + log_return * log_return,
        .sum_flow = before.sum_flow + flow,
        .sum_flow_squared = before.sum_flow_squared + flow * flow,
        .others = basket->level - memory->contributed - memory->base_others,
    };
    add_levels(memory, number);
    memory->close = close;
    memory->high[at] = decimal_to_double(bar->high);
    memory->low[at] = decimal_to_double(bar->low);
    add_extreme(&memory->highs, memory->high, (uint32_t)number, 1);
    add_extreme(&memory->lows, memory->low, (uint32_t)number, -1);
    memory->count++;
    if (memory->count % MEMORY_BARS == 0) {
        rebase(memory);
    }
}

/* State. */

static bool is_sound(const struct memory_extremes *extremes)
{
    return extremes->end - extremes->first <= MEMORY_BARS;
}

static bool check_memory(const void *value, void *context)
{
    const struct symbol_memory *memory = value;
    (void)context;
    return is_sound(&memory->highs) && is_sound(&memory->lows) &&
           memory->base_count <= memory->count && memory->count <= UINT32_MAX;
}

void memory_persist(struct symbol_memory *memory, struct persist *persist)
{
    persist_value(persist, "memory of a symbol", memory, sizeof *memory, check_memory, NULL);
}

static bool check_time(const void *value, void *context)
{
    int64_t time_ms;
    (void)context;
    memcpy(&time_ms, value, sizeof time_ms);
    return time_ms == INT64_MIN || (time_ms >= 0 && time_ms <= TRADE_TIME_MS_MAX);
}

void basket_persist(struct basket *basket, struct persist *persist)
{
    PERSIST(persist, basket->level);
    persist_array(persist, "newest bars", basket->newest_ms, basket->symbols, basket->symbols,
                  sizeof *basket->newest_ms, check_time, NULL);
}
