/* The engine's parts, each beside the least that could do the same work:
 *   ring        against memcpy into an array that is wrapped by hand
 *   bus         publish and dispatch of a message to one subscriber, against a plain function call
 *   trade       through door, bus and market with no bar closing, against summing price × volume
 *   bar close   a trade that closes a bar with its indicators, against a trade that closes none */
#include <string.h>

#include "bench.h"
#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"
#include "tickd/base/ring.h"
#include "tickd/engine/engine.h"
#include "tickd/market/conditions.h"

enum { ENTRY = 64, ENTRIES = 1000, PUSHES = 2000000, MESSAGES = 500000, TRADES = 500000 };

#define START_US INT64_C(1795446000000000)

struct entry {
    unsigned char bytes[ENTRY];
};

static struct entry entry;
static struct entry array[ENTRIES];
static struct ring ring;

static void push_ring(void *context)
{
    (void)context;
    for (int i = 0; i < PUSHES; i++) {
        entry.bytes[0] = (unsigned char)i;
        ring_push(&ring, &entry);
    }
    bench_keep(ring.appended);
}

static void push_by_hand(void *context)
{
    size_t next = 0;
    (void)context;
    for (int i = 0; i < PUSHES; i++) {
        entry.bytes[0] = (unsigned char)i;
        memcpy(&array[next], &entry, sizeof entry);
        next = next + 1 == ENTRIES ? 0 : next + 1;
    }
    bench_keep(array[next].bytes[0]);
}

/* The bus. */

static struct arena bus_arena;
static struct bus *bus;
static uint64_t heard;

static void hear(void *state, const struct message *message)
{
    (void)state;
    heard += message->body.clock.skipped_s;
}

static const struct module listener = {.id = MODULE_MARKET, .handle = hear};
static const struct route to_listener = {TOPIC_CLOCK, MODULE_MARKET};

static void make_bus(void)
{
    struct arena measuring;
    struct bus_limits limits = {.log_messages = 10000, .input_messages_max = 1, .symbols = 1};
    arena_init_measuring(&measuring);
    bus_create(&measuring, &limits);
    if (arena_init(&bus_arena, measuring.used) != 0) {
        exit(BENCH_CANNOT_RUN);
    }
    bus = bus_create(&bus_arena, &limits);
    bus_wire(bus, &listener, 1, &to_listener, 1, NULL, 0);
}

static void publish(void *context)
{
    (void)context;
    for (int i = 0; i < MESSAGES; i++) {
        publish_clock(bus, MODULE_ENGINE, SYMBOL_NONE, &(struct clock_message){.skipped_s = 1});
        bus_dispatch(bus);
    }
    bench_keep(heard);
}

static void call(void *context)
{
    static struct message message;
    void (*volatile handle)(void *, const struct message *) = hear;
    (void)context;
    for (int i = 0; i < MESSAGES; i++) {
        message.body.clock.skipped_s = 1;
        handle(NULL, &message);
    }
    bench_keep(heard);
}

/* The engine. */

static struct arena engine_arena;
static struct engine *engine;
static int64_t at_us = START_US;

static void make_engine(void)
{
    static struct settings settings;
    struct arena measuring;
    settings_init(&settings);
    arena_init_measuring(&measuring);
    engine_create(&measuring, &settings);
    if (arena_init(&engine_arena, measuring.used) != 0) {
        exit(BENCH_CANNOT_RUN);
    }
    engine = engine_create(&engine_arena, &settings);
    engine_advance(engine, at_us);
}

static struct trade trade_number(int64_t i)
{
    return (struct trade){.time_ms = at_us / US_PER_MS,
                          .price = 100 * DECIMAL_ONE + i % 89 * 1000000,
                          .volume = (1 + i % 7) * 10 * DECIMAL_ONE,
                          .conditions = 2,
                          .symbol = 0};
}

/* A thousand trades a millisecond: one second of bars takes half the run. */
static void trades_inside_a_bar(void *context)
{
    (void)context;
    for (int64_t i = 0; i < TRADES; i++) {
        struct trade trade = trade_number(i);
        at_us += i % 1000 == 0 ? US_PER_MS : 0;
        engine_advance(engine, at_us);
        engine_trade(engine, &trade);
    }
}

static void sum_by_hand(void *context)
{
    int128 sum = 0;
    (void)context;
    for (int64_t i = 0; i < TRADES; i++) {
        struct trade trade = trade_number(i);
        sum += (int128)trade.price * trade.volume;
    }
    bench_keep((uint64_t)sum);
}

enum { BARS = 20000 };

/* One trade a second, each closing the bar before. */
static void trades_that_close_bars(void *context)
{
    (void)context;
    for (int64_t i = 0; i < BARS; i++) {
        struct trade trade;
        at_us += US_PER_S;
        trade = trade_number(i);
        engine_advance(engine, at_us);
        engine_trade(engine, &trade);
    }
}

static void seconds_without_trades(void *context)
{
    (void)context;
    for (int64_t i = 0; i < BARS; i++) {
        at_us += US_PER_S;
        engine_advance(engine, at_us);
    }
}

int main(void)
{
    static unsigned char ring_memory[ENTRY * ENTRIES];
    ring_init_over(&ring, ring_memory, ENTRIES, ENTRY);
    make_bus();
    make_engine();

    bench_compare(&(struct bench_case){"ring: push of 64 bytes", push_ring, NULL, PUSHES},
                  &(struct bench_case){"  array wrapped by hand", push_by_hand, NULL, PUSHES},
                  "push", 0, BENCH_CPU);
    bench_compare(
        &(struct bench_case){"bus: publish, log, digest, dispatch to one", publish, NULL, MESSAGES},
        &(struct bench_case){"  call through a pointer", call, NULL, MESSAGES}, "message", 0,
        BENCH_CPU);
    bench_compare(&(struct bench_case){"trade through the engine, no bar closing",
                                       trades_inside_a_bar, NULL, TRADES},
                  &(struct bench_case){"  sum of price times volume", sum_by_hand, NULL, TRADES},
                  "trade", 100, BENCH_CPU);
    /* 5 µs for the bar and its votes, 40 for the simulation. */
    bench_compare(
        &(struct bench_case){"second with a trade that closes a bar", trades_that_close_bars, NULL,
                             BARS},
        &(struct bench_case){"  second without trades", seconds_without_trades, NULL, BARS}, "bar",
        45000, BENCH_CPU);
    return 0;
}
