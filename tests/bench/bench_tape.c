/* The tape: what an input costs on the loop, against copying its bytes; what it takes on the disk,
 * with ten symbols at 100 messages a second, flushed four times a second; and how fast it is
 * replayed, against the same trades as CSV. */
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "bench.h"
#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"
#include "tickd/feed/encode.h"
#include "tickd/feed/replay.h"
#include "tickd/feed/tape_replay.h"
#include "tickd/feed/tape_writer.h"
#include "tickd/sim/market_stream.h"

#define START_US INT64_C(1795446000000000)

enum {
    SYMBOLS = 10,
    SECONDS = 300,
    RATE = 100, /* messages a second, each with one trade */
    FRAMES = SECONDS * RATE,
    FRAME_MAX = 256,
    LINES = 30000,
    FLUSHES_A_SECOND = 4,
    TRADING_DAY_S = 23400
};

struct taped_frame {
    int64_t at_us;
    size_t length;
    char bytes[FRAME_MAX];
};

static struct settings settings;
static struct arena arena;
static struct engine *engine;
static struct ingest *ingest;
static struct tape_writer *writer;
static struct taped_frame *frames;
static char folder[] = "/tmp/tickd-bench-tape-XXXXXX";
static char tape_path[128];
static char csv_path[128];
static FILE *csv;

static void stop(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(EXIT_FAILURE);
}

static void create(void)
{
    engine = engine_create(&arena, &settings);
    ingest = ingest_create(&arena, &settings, engine, NULL);
    writer = tape_writer_create(&arena, &settings);
}

/* A new engine in the same memory. */
static void build(void)
{
    arena_fini(&arena);
    arena_init_measuring(&arena);
    create();
    if (arena_init(&arena, arena.used) != 0)
        stop("no memory");
    create();
}

static void make_frame(struct taped_frame *frame, struct market_stream *stream, const char *symbol)
{
    struct market_print print;
    struct text text;
    char price[DECIMAL_TEXT_MAX];
    char volume[DECIMAL_TEXT_MAX];

    market_stream_next(stream, &print);
    struct wire_trade trade = {.symbol = symbol,
                               .time_ms = (START_US + print.time_us) / US_PER_MS,
                               .price = print.price,
                               .volume = print.volume,
                               .conditions = print.conditions,
                               .form = CONDITIONS_LIST};
    text_init(&text, frame->bytes, sizeof frame->bytes);
    encode_trades(&text, &trade, 1, KEYS_DATA_FIRST);
    frame->length = text.length;
    frame->at_us = START_US + print.time_us + 30000;
    decimal_print(print.price, price);
    decimal_print(print.volume, volume);
    fprintf(csv, "%lld,%s,%s,%s\n", (long long)trade.time_ms, symbol, price, volume);
}

/* The trades of all symbols in the order of their times. */
static void make_frames(void)
{
    static struct market_stream streams[SYMBOLS];
    struct market_parameters parameters;

    market_parameters_default(&parameters);
    for (size_t i = 0; i < SYMBOLS; i++)
        market_stream_init(&streams[i], MARKET_REGIMES, &parameters, (double)RATE / SYMBOLS, 1,
                           settings.feed.symbols.items[i]);
    fprintf(csv, "time_ms,symbol,price,volume\n");
    for (size_t i = 0; i < FRAMES; i++) {
        size_t first = 0;

        for (size_t j = 1; j < SYMBOLS; j++) {
            if (market_stream_time_us(&streams[j]) < market_stream_time_us(&streams[first]))
                first = j;
        }
        make_frame(&frames[i], &streams[first], settings.feed.symbols.items[first]);
    }
}

/* Lines. */

static char lines[FRAME_MAX * 4];

static void write_lines(void *context)
{
    uint64_t sum = 0;

    (void)context;
    for (size_t i = 0; i < LINES; i++) {
        const struct taped_frame *frame = &frames[i % FRAMES];
        struct input input = {.kind = INPUT_FRAME,
                              .at_us = frame->at_us,
                              .frame = {.bytes = frame->bytes, .length = frame->length}};

        sum += tape_line_input(&input, NULL, lines, sizeof lines);
    }
    bench_keep(sum);
}

static void copy_bytes(void *context)
{
    uint64_t sum = 0;

    (void)context;
    for (size_t i = 0; i < LINES; i++) {
        const struct taped_frame *frame = &frames[i % FRAMES];

        memcpy(lines, frame->bytes, frame->length);
        sum += frame->length + (unsigned char)lines[i % 100];
    }
    bench_keep(sum);
}

/* Through the engine, with a journal and without. */

static void discard(void *state, const struct input *input)
{
    uint64_t *count = state;

    *count += (uint64_t)input->kind;
}

static uv_loop_t loop;

static void start_writer(void)
{
    uint64_t next_file;

    if (tape_writer_next_file(folder, &next_file) != 0 || uv_loop_init(&loop) != 0)
        stop("cannot write the tape");
    tape_writer_start(writer, &(struct tape_writer_setup){.loop = &loop,
                                                          .engine = engine,
                                                          .folder = folder,
                                                          .run = 1,
                                                          .next_file = next_file,
                                                          .keep_from = UINT64_MAX});
    (void)snprintf(tape_path, sizeof tape_path, "%s/tape-%08llu.jsonl.zst", folder,
                   (unsigned long long)next_file);
}

static struct status_live stop_writer(void)
{
    struct status_live live = {0};

    tape_writer_stop(writer);
    uv_run(&loop, UV_RUN_DEFAULT);
    if (!tape_writer_close(writer) || uv_loop_close(&loop) != 0)
        stop("the tape could not be written");
    tape_writer_status(writer, &live);
    return live;
}

static void second(int64_t at_us)
{
    struct vitals_message vitals = {.rss_bytes = 16000000 + (uint64_t)(at_us / 7 % 1000000),
                                    .loop_lag_us = at_us % 977,
                                    .control_handled = (uint64_t)at_us / 30000000};

    engine_advance(engine, at_us);
    engine_vitals(engine, &vitals);
    tape_writer_digest(writer, at_us);
}

/* Waits until what has come is on the disk: a flush of the live process, without its clock. */
static void flush(void)
{
    while (tape_durable(writer).inputs < tape_writer_next_input(writer)) {
        tape_writer_flush(writer);
        uv_run(&loop, UV_RUN_ONCE);
    }
}

/* As live: a second's vitals and digest, four flushes. */
static void record(void)
{
    int64_t flush_us = US_PER_S / FLUSHES_A_SECOND;

    engine_pass_time(engine, START_US);
    for (size_t i = 0; i < FRAMES; i++) {
        int64_t at_us = frames[i].at_us;
        int64_t before_us = i == 0 ? START_US : frames[i - 1].at_us;

        if (at_us / US_PER_S > before_us / US_PER_S)
            second(at_us / US_PER_S * US_PER_S + 300);
        if (at_us / flush_us > before_us / flush_us)
            flush();
        (void)ingest_frame(ingest, at_us, frames[i].bytes, frames[i].length);
    }
}

static void measure_size(void)
{
    build();
    start_writer();
    record();
    struct status_live live = stop_writer();
    double day = (double)live.tape_packed_bytes / SECONDS * TRADING_DAY_S;

    printf("%-44s %9.1f bytes of lines, %.1f on the disk (%.1f : 1), in blocks of %.0f\n",
           "a message of one trade", (double)live.tape_plain_bytes / FRAMES,
           (double)live.tape_packed_bytes / FRAMES,
           (double)live.tape_plain_bytes / (double)live.tape_packed_bytes,
           (double)live.tape_plain_bytes / (double)live.tape_blocks);
    printf("%-44s %9.1f MB at %d messages/s\n", "a trading day of 6.5 hours", day / 1e6, RATE);
}

static void frames_without_tape(void *context)
{
    uint64_t count = 0;

    (void)context;
    build();
    engine_set_journal(engine, (struct input_journal){.write = discard, .state = &count});
    for (size_t i = 0; i < FRAMES; i++)
        (void)ingest_frame(ingest, frames[i].at_us, frames[i].bytes, frames[i].length);
    bench_keep(count);
}

static void frames_with_tape(void *context)
{
    (void)context;
    build();
    start_writer();
    for (size_t i = 0; i < FRAMES; i++) {
        (void)ingest_frame(ingest, frames[i].at_us, frames[i].bytes, frames[i].length);
        if (tape_writer_fill(writer) > 300)
            flush();
    }
    bench_keep(stop_writer().tape_inputs);
}

static void replay_tape(void *context)
{
    const char *paths[] = {context};
    struct tape_replay_options options = {.from_us = INT64_MIN, .until_us = INT64_MAX};
    struct tape_replay_result result;
    char memory[256];
    struct text error;

    text_init(&error, memory, sizeof memory);
    build();
    if (tape_replay(engine, ingest, paths, 1, &options, &result, &error) != 0)
        stop(memory);
    if (result.inputs < FRAMES || result.digest_mismatches > 0 || result.damage[0] != '\0')
        stop("the replay is not the recording");
}

static void replay_csv(void *context)
{
    const char *paths[] = {context};
    char memory[256];
    struct text error;

    text_init(&error, memory, sizeof memory);
    build();
    if (replay_files(engine, paths, 1, NULL, &error) != 0)
        stop(memory);
}

static void read_tape(void *context)
{
    const char *paths[] = {context};
    struct tape_reader *reader;
    struct tape_record record;
    uint64_t inputs = 0;

    if (tape_reader_open(paths, 1, &reader) != 0)
        stop("no memory");
    while (tape_reader_next(reader, &record) > 0)
        inputs += record.kind == TAPE_INPUT;
    tape_reader_close(reader);
    bench_keep(inputs);
}

static void print_hour(const char *what, double ns_a_message)
{
    printf("%-44s %9.2f s for an hour of %d messages/s\n", what, ns_a_message * 3600 * RATE / 1e9,
           RATE);
}

int main(void)
{
    char command[256];

    settings_init(&settings);
    if (mkdtemp(folder) == NULL)
        stop(folder);
    (void)snprintf(csv_path, sizeof csv_path, "%s/trades.csv", folder);
    csv = fopen(csv_path, "w");
    frames = calloc(FRAMES, sizeof *frames);
    if (csv == NULL || frames == NULL)
        stop("no file or no memory");
    make_frames();
    fclose(csv);

    bench_compare(&(struct bench_case){"line of a frame with one trade", write_lines, NULL, LINES},
                  &(struct bench_case){"  its bytes copied", copy_bytes, NULL, LINES}, "frame", 0,
                  BENCH_CPU);
    bench_compare(&(struct bench_case){"frame through the engine, taped (with threads)",
                                       frames_with_tape, NULL, FRAMES},
                  &(struct bench_case){"  the same, not taped", frames_without_tape, NULL, FRAMES},
                  "frame", 0, BENCH_CPU);
    measure_size();
    bench_compare(
        &(struct bench_case){"tape read, nothing done with it", read_tape, tape_path, FRAMES}, NULL,
        "message", 0, BENCH_CPU);
    struct bench_result result = bench_compare(
        &(struct bench_case){"tape replayed, everything on", replay_tape, tape_path, FRAMES},
        &(struct bench_case){"  the same trades as CSV", replay_csv, csv_path, FRAMES}, "message",
        0, BENCH_CPU);
    print_hour("  recovery", result.median);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0) /* NOLINT(cert-env33-c): a benchmark's own fixed command */
        stop(command);
    free(frames);
    arena_fini(&arena);
    return 0;
}
