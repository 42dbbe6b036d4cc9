/* A checkpoint of a running engine with ten symbols, its histories full:
 *   fork              what the loop waits for, against the state written into memory of the
 *                     process's own, which the loop would wait for without a child
 *   whole             from the fork until the file has its name, as the loop sees it
 *   second            of trades while the child writes and pages that both need are copied, against
 *                     one when none does
 *   read              a file into a fresh engine */
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"
#include "tickd/store/checkpoint_live.h"

#define START_US INT64_C(1795446000000000)

enum { SYMBOLS = 10, WARM_S = 4000, TRADES_A_SECOND = 10, FORKS = 20 };

static struct settings settings;
static struct arena arena;
static struct engine *engine;
static int64_t second;
static char folder[] = "/tmp/bench-checkpoint-XXXXXX";
static uv_loop_t loop;
static struct checkpoint_live live;
static unsigned ended;
static unsigned char *memory;
static size_t memory_size;
static size_t memory_used;

static struct engine *make_engine(struct arena *of)
{
    struct arena measuring;
    arena_init_measuring(&measuring);
    engine_create(&measuring, &settings);
    if (arena_init(of, measuring.used) != 0) {
        exit(BENCH_CANNOT_RUN);
    }
    return engine_create(of, &settings);
}

/* A second of all symbols, in which prices wander. */
static void trade_second(void)
{
    static int64_t wander[SYMBOLS];
    static uint64_t state = 1;
    second++;
    for (int64_t i = 0; i < SYMBOLS * (int64_t)TRADES_A_SECOND; i++) {
        uint16_t symbol = (uint16_t)(i % SYMBOLS);
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        wander[symbol] += (int64_t)(state >> 40) % 2000001 - 1000000;
        int64_t at_us = START_US + second * US_PER_S + i * (US_PER_S / (SYMBOLS * TRADES_A_SECOND));
        struct trade trade = {.time_ms = at_us / US_PER_MS,
                              .price = 100 * DECIMAL_ONE + wander[symbol],
                              .volume = 100 * DECIMAL_ONE,
                              .symbol = symbol};
        engine_advance(engine, at_us);
        engine_trade(engine, &trade);
    }
}

static void on_done(void *state, const struct checkpoint_report *report)
{
    (void)state;
    if (!report->written) {
        (void)fprintf(stderr, "%s\n", report->why);
        exit(BENCH_CANNOT_RUN);
    }
    ended++;
}

static void begin(void)
{
    char why_memory[512];
    struct text why;
    struct checkpoint_meta meta = {.run = 1, .next_input = 1};
    text_init(&why, why_memory, sizeof why_memory);
    if (checkpoint_begin(&live, engine, CHECKPOINT_AFTER_NEWEST, &meta, &why) != 0) {
        (void)fprintf(stderr, "%s\n", why_memory);
        exit(BENCH_CANNOT_RUN);
    }
}

static void wait_for_end(void)
{
    unsigned before = ended;
    while (ended == before) {
        (void)uv_run(&loop, UV_RUN_ONCE);
    }
}

/* Cases. */

static void measure_fork(double measured[BENCH_RUNS])
{
    for (int run = -1; run < BENCH_RUNS; run++) {
        double start = bench_now_ns(BENCH_WALL);
        begin();
        double waited_ns = bench_now_ns(BENCH_WALL) - start;
        wait_for_end();
        trade_second();
        if (run >= 0) {
            measured[run] = waited_ns;
        }
    }
}

static void measure_whole(double measured[BENCH_RUNS])
{
    for (int run = -1; run < BENCH_RUNS; run++) {
        double start = bench_now_ns(BENCH_WALL);
        begin();
        wait_for_end();
        trade_second();
        if (run >= 0) {
            measured[run] = bench_now_ns(BENCH_WALL) - start;
        }
    }
}

static void measure_second(double measured[BENCH_RUNS], bool while_child_writes)
{
    for (int run = -1; run < BENCH_RUNS; run++) {
        if (while_child_writes) {
            begin();
        }
        double start = bench_now_ns(BENCH_CPU);
        trade_second();
        if (run >= 0) {
            measured[run] = bench_now_ns(BENCH_CPU) - start;
        }
        if (while_child_writes) {
            wait_for_end();
        }
    }
}

static void take_bytes(void *state, const void *bytes, size_t size)
{
    (void)state;
    memcpy(memory + memory_used, bytes, size);
    memory_used += size;
}

static void measure_memory(double measured[BENCH_RUNS])
{
    for (int run = -1; run < BENCH_RUNS; run++) {
        struct persist persist;
        double start = bench_now_ns(BENCH_WALL);
        memory_used = 0;
        persist_save(&persist, take_bytes, NULL);
        engine_persist(engine, &persist);
        if (run >= 0) {
            measured[run] = bench_now_ns(BENCH_WALL) - start;
        }
    }
}

static void measure_read(double measured[BENCH_RUNS])
{
    for (int run = -1; run < BENCH_RUNS; run++) {
        char why_memory[512];
        struct text why;
        struct checkpoint_meta meta;
        struct arena fresh_arena;
        struct engine *fresh = make_engine(&fresh_arena);
        text_init(&why, why_memory, sizeof why_memory);
        double start = bench_now_ns(BENCH_WALL);
        if (checkpoint_read(folder, CHECKPOINT_NEWEST, fresh, &meta, &why) != 0) {
            (void)fprintf(stderr, "%s\n", why_memory);
            exit(BENCH_CANNOT_RUN);
        }
        if (run >= 0) {
            measured[run] = bench_now_ns(BENCH_WALL) - start;
        }
        arena_fini(&fresh_arena);
    }
}

static void set_up(void)
{
    struct persist persist;
    settings_init(&settings);
    engine = make_engine(&arena);
    while (second < WARM_S) {
        trade_second();
    }
    persist_measure(&persist);
    engine_persist(engine, &persist);
    memory_size = (size_t)persist.size;
    memory = malloc(memory_size);
    if (memory == NULL || mkdtemp(folder) == NULL || uv_loop_init(&loop) != 0 ||
        checkpoint_live_init(&live, &loop, folder, on_done, NULL) != 0) {
        exit(BENCH_CANNOT_RUN);
    }
    memset(memory, 1, memory_size);
}

static void clean_up(void)
{
    static const char *const names[] = {"checkpoint", "checkpoint.1"};
    checkpoint_live_close(&live, NULL);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&loop);
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        char path[256];
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
    free(memory);
    arena_fini(&arena);
}

int main(void)
{
    double measured[BENCH_RUNS];
    set_up();
    printf("state of %.1f MB in an arena of %.1f MB\n", (double)memory_size / 1e6,
           (double)arena.size / 1e6);
    measure_fork(measured);
    bench_print("fork: the loop waits", "checkpoint", bench_result_of(measured));
    measure_memory(measured);
    bench_print("  without it: state into memory", "checkpoint", bench_result_of(measured));
    measure_whole(measured);
    bench_print("fork to file with its name", "checkpoint", bench_result_of(measured));
    measure_second(measured, true);
    bench_print("a second of 100 trades, a child writing", "second", bench_result_of(measured));
    measure_second(measured, false);
    bench_print("  and without one", "second", bench_result_of(measured));
    measure_read(measured);
    bench_print("file into a fresh engine", "checkpoint", bench_result_of(measured));
    clean_up();
    return 0;
}
