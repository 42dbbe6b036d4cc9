/* make-golden FOLDER: writes the golden tape into FOLDER, the same bytes every time. Twenty-five
 * minutes of a synthetic market go through an engine that is taped as the live one is, with
 * everything that a live run has: a feed that breaks and comes back, trades that come twice, late,
 * malformed or of strangers, frames that are no message, operators' commands, vitals and a digest
 * each second.
 *
 * The clock is the market's own, so it takes a second. scripts/golden runs it; what it has written
 * stands in tests/data/ and is replayed by every build (tests/integration/test_golden.py). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "tickd/base/calendar.h"
#include "tickd/base/error.h"
#include "tickd/feed/encode.h"
#include "tickd/feed/ingest.h"
#include "tickd/feed/tape_writer.h"
#include "tickd/sim/market_stream.h"

/* 2026-11-23 15:00 UTC, a Monday: US stocks trade. */
#define START_US INT64_C(1795446000000000)

enum {
    SECONDS = 1500,
    SYMBOLS = 4,
    FRAME_MAX = 4096,
    RUN = 0x601d,
    HANDED_OVER = 250,
    OFFICIAL_CLOSE = 16
};

static const char *const settings_given[] = {
    "seed=7",
    "feed.symbols=AAA,BBB,BINANCE:CCCUSDT,BINANCE:DDDUSDT",
    "feed.frame_bytes_max=4096",
    "electorate.horizon_bars=20",
    "electorate.shadows=8",
    "evolution.generation_bars=60",
    "simulator.errors=0",
    "simulator.prior_outcomes=1",
    "simulator.returns_kept=120",
    "simulator.paths=64",
    "portfolio.fee_bps=0.1",
    "portfolio.slippage_bps=0",
    "portfolio.allow_short=true",
    "portfolio.participation=1",
    "history.message_log=1000",
    "tape.buffer_bytes=131072",
    "tape.flush_ms=60000",
};

static struct settings settings;
static struct arena arena;
static struct engine *engine;
static struct ingest *ingest;
static struct tape_writer *writer;
static uv_loop_t loop;
static struct market_stream streams[SYMBOLS];
static struct rng rng;
static int64_t now_us = START_US;
static uint64_t frames;
static bool failed;

static void stop(const char *what, const char *why)
{
    fprintf(stderr, "make-golden: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void log_line(void *state, enum log_level level, const char *event, const char *text)
{
    (void)state;
    (void)level;
    fprintf(stderr, "make-golden: %s: %s\n", event, text);
    failed = true;
}

/* What is made. */

static void set(const char *given)
{
    char memory[256];
    struct text why;
    const char *value = strchr(given, '=') + 1;
    const struct setting *setting = settings_find(given, (size_t)(value - given) - 1, NULL);

    text_init(&why, memory, sizeof memory);
    if (setting == NULL || settings_set(&settings, setting, value, strlen(value), &why) != 0)
        stop(given, memory);
}

static void create(void)
{
    engine = engine_create(&arena, &settings);
    ingest = ingest_create(&arena, &settings, engine, NULL);
    writer = tape_writer_create(&arena, &settings);
}

static void build(void)
{
    char memory[256];
    const struct setting *blamed;
    struct text why;

    settings_init(&settings);
    for (size_t i = 0; i < ARRAY_LENGTH(settings_given); i++)
        set(settings_given[i]);
    text_init(&why, memory, sizeof memory);
    if (settings_check(&settings, &blamed, &why) != 0)
        stop(blamed->key, memory);
    arena_init_measuring(&arena);
    create();
    if (arena_init(&arena, arena.used) != 0)
        stop("arena", "no memory");
    create();
    arena_seal(&arena);
}

static void start(const char *folder)
{
    uint64_t next_file;

    if (tape_writer_next_file(folder, &next_file) != 0 || next_file != 1)
        stop(folder, "is no empty folder");
    if (uv_loop_init(&loop) != 0)
        stop("loop", "cannot be started");
    tape_writer_start(writer, &(struct tape_writer_setup){.loop = &loop,
                                                          .engine = engine,
                                                          .folder = folder,
                                                          .run = RUN,
                                                          .next_file = next_file,
                                                          .keep_from = 0,
                                                          .log = log_line});
    for (size_t i = 0; i < SYMBOLS; i++) {
        struct market_parameters parameters;

        market_parameters_default(&parameters);
        parameters.drift_bps = 120;
        market_stream_init(&streams[i], i % 2 == 0 ? MARKET_MOMENTUM : MARKET_REVERTING,
                           &parameters, 1.5, 7, settings.feed.symbols.items[i]);
    }
    rng_stream(&rng, 7, "golden");
}

/* What happens. */

/* A buffer that has been handed over is on the disk before anything else comes: so its blocks do
 * not depend on how fast the disk is. */
static void let_it_write(void)
{
    while (tape_writer_fill(writer) > HANDED_OVER)
        uv_run(&loop, UV_RUN_ONCE);
}

static void send_frame(const char *bytes, size_t length)
{
    frames++;
    (void)ingest_frame(ingest, now_us, bytes, length);
    let_it_write();
}

static void send_trade(const struct wire_trade *trade)
{
    char memory[FRAME_MAX];
    struct text text;

    text_init(&text, memory, sizeof memory);
    encode_trades(&text, trade, 1, frames % 2 == 0 ? KEYS_DATA_FIRST : KEYS_TYPE_FIRST);
    send_frame(memory, text.length);
    if (frames % 97 == 0)
        send_frame(memory, text.length); /* twice */
}

/* A few are of a stranger, malformed, late, or such as move nothing. */
static void spoil(struct wire_trade *trade)
{
    switch (rng_below(&rng, 150)) {
    case 0:
        trade->symbol = "STRANGER";
        break;
    case 1:
        trade->price = 0;
        break;
    case 2:
        trade->time_ms -= 3000;
        break;
    case 3:
        trade->conditions = UINT64_C(1) << OFFICIAL_CLOSE; /* moves nothing */
        trade->form = CONDITIONS_LIST;
        break;
    default:
        break;
    }
}

static void send_print(size_t symbol)
{
    struct market_print print;

    market_stream_next(&streams[symbol], &print);
    struct wire_trade trade = {.symbol = settings.feed.symbols.items[symbol],
                               .time_ms = (START_US + print.time_us) / US_PER_MS,
                               .price = print.price,
                               .volume = print.volume,
                               .conditions = print.conditions,
                               .form = print.conditions == 0 ? CONDITIONS_NULL : CONDITIONS_LIST};

    spoil(&trade);
    now_us = START_US + print.time_us + 20000 + (int64_t)rng_below(&rng, 40000);
    send_trade(&trade);
}

static size_t next_symbol(void)
{
    size_t first = 0;

    for (size_t i = 1; i < SYMBOLS; i++) {
        if (market_stream_time_us(&streams[i]) < market_stream_time_us(&streams[first]))
            first = i;
    }
    return first;
}

static void feed(uint16_t symbol, enum feed_state state, enum stream_state stream,
                 uint64_t connections, const char *reason)
{
    struct feed_message message = {.state = (uint32_t)state,
                                   .stream = (uint32_t)stream,
                                   .connections = connections,
                                   .owed_since_us = state == FEED_STREAMING ? now_us : 0};

    (void)text_copy(message.reason, sizeof message.reason, reason);
    engine_advance(engine, now_us);
    engine_feed_state(engine, symbol, &message);
}

static void command(enum command_verb verb, int64_t number, const char *argument)
{
    struct command_message message = {.verb = (uint32_t)verb, .number = number};

    (void)text_copy(message.argument, sizeof message.argument, argument);
    engine_advance(engine, now_us);
    engine_command(engine, &message);
}

/* What comes at certain seconds. */
static void happen(int64_t second)
{
    static const char not_utf8[] = "{\"type\":\"trade\",\"data\":[{\"s\":\"\xff\xfe\"}]}";

    if (second % 30 == 0)
        send_frame("{\"type\":\"ping\"}", 15);
    if (second % 200 == 100)
        send_frame(not_utf8, sizeof not_utf8 - 1);
    if (second % 200 == 150)
        send_frame("\x01\x02 no message \"at\" all\n", 24);
    if (second == 450)
        send_frame("{\"msg\":\"Subscribing to too many symbols\",\"type\":\"error\"}", 56);
    if (second == 400)
        command(COMMAND_SUSPEND, 3, "");
    if (second == 500)
        command(COMMAND_RESUME, 3, "");
    if (second == 550)
        feed(1, FEED_STREAMING, STREAM_SILENT, 1, "no trade for long");
    if (second == 560)
        feed(1, FEED_STREAMING, STREAM_TALKING, 1, "");
    if (second == 600)
        feed(SYMBOL_NONE, FEED_BACKING_OFF, STREAM_TALKING, 1, "closed by the server: 1006");
    if (second == 630)
        feed(SYMBOL_NONE, FEED_STREAMING, STREAM_TALKING, 2, "");
    if (second == 900)
        command(COMMAND_HALT, 0, "lunch");
    if (second == 930)
        command(COMMAND_UNHALT, 0, "");
    if (second == 1300)
        command(COMMAND_FLATTEN, 0, "");
    if (second == 1400)
        command(COMMAND_ROLLBACK, 5, "");
}

/* Nothing comes while the feed is away. */
static bool is_away(int64_t second)
{
    return second >= 600 && second < 630;
}

static void second_passes(int64_t second)
{
    struct vitals_message vitals = {.rss_bytes = 16000000 + (uint64_t)second % 7 * 4096,
                                    .allocated_bytes = 9000000,
                                    .budget_bytes = 16777216,
                                    .loop_lag_us = 100 + second % 13,
                                    .control_handled = (uint64_t)second / 10,
                                    .wired = 1U << MODULE_CONTROL,
                                    .journal_failing = second >= 1100 && second < 1110};

    now_us = START_US + (second + 1) * US_PER_S + 300;
    engine_advance(engine, now_us);
    engine_vitals(engine, &vitals);
    tape_writer_digest(writer, now_us);
    let_it_write();
}

static void run(void)
{
    engine_pass_time(engine, now_us);
    feed(SYMBOL_NONE, FEED_CONNECTING, STREAM_TALKING, 0, "");
    feed(SYMBOL_NONE, FEED_STREAMING, STREAM_TALKING, 1, "first trade");
    for (int64_t second = 0; second < SECONDS; second++) {
        happen(second);
        for (size_t symbol; market_stream_time_us(&streams[symbol = next_symbol()]) <
                            second * US_PER_S + 900000;) {
            struct market_print lost;

            if (is_away(second))
                market_stream_next(&streams[symbol], &lost);
            else
                send_print(symbol);
        }
        second_passes(second);
    }
}

static void finish(void)
{
    static struct status status;
    char digest[DIGEST_TEXT_MAX];

    tape_writer_stop(writer);
    uv_run(&loop, UV_RUN_DEFAULT);
    if (!tape_writer_close(writer) || uv_loop_close(&loop) != 0)
        failed = true;
    engine_status(engine, &status);
    digest_print(status.digest, digest);
    printf("%s %llu bars %llu fills %llu generations %llu trades\n", digest,
           (unsigned long long)status.bars, (unsigned long long)status.fills,
           (unsigned long long)status.evolution.generations,
           (unsigned long long)status.input.trades);
    arena_fini(&arena);
}

int main(int argument_count, char **arguments)
{
    if (argument_count != 2)
        stop("usage", "make-golden FOLDER");
    build();
    start(arguments[1]);
    run();
    finish();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
