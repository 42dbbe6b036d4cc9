/* The archive:
 *   rows      simulations (the rows that come most often) in transactions of 1,000, each synced,
 *             against the same bytes appended to a file that is synced as often
 *   flush     a transaction of 25 rows, what a second of ten symbols brings
 *   loop      the longest turn of an event loop while 3,500 rows are written behind it, against the
 *             same loop with nothing to write */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "bench.h"
#include "tickd/base/assert.h"
#include "tickd/base/decimal.h"
#include "tickd/ops/health_log.h"
#include "tickd/ops/vitals.h"
#include "tickd/store/store.h"
#include "tickd/store/writer.h"

enum {
    BATCH = 1000,
    BATCHES = 10,
    FLUSH_ROWS = 25,
    FLUSHES = 40,
    LOOP_ROWS = 3500,
    PATH_SIZE = 512
};

static char folder[PATH_SIZE];
static char path[PATH_SIZE];
static char plain_path[PATH_SIZE];
static struct arena arena;
static struct symbol_table symbols;
static struct store_queue queue;
static struct writer writer;
static uint64_t sequence;
static int plain;

/* With a number in every field, for zeros take no room. */
static struct message simulation(void)
{
    sequence++;
    struct message message = {.head = {.sequence = sequence,
                                       .time_us = INT64_C(1795446000000000) + (int64_t)sequence,
                                       .topic = TOPIC_SIMULATION},
                              .body.simulation = {.bar_start_ms = INT64_C(1795446000000),
                                                  .price = 100 * DECIMAL_ONE,
                                                  .side = SIDE_BUY,
                                                  .verdict = VERDICT_REJECT}};
    size_t count;
    const struct field *fields = topic_fields(TOPIC_SIMULATION, &count);
    for (size_t i = 0; i < count; i++) {
        double real = 0.000123456789 * (double)(i + 1);
        if (fields[i].kind == FIELD_REAL) {
            memcpy((char *)&message.body + fields[i].offset, &real, sizeof real);
        }
    }
    return message;
}

static void write_rows(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct message message = simulation();
        queue_see(&queue, &message);
    }
    struct writer_work work = {.queue = &queue,
                               .count = queue_size(&queue),
                               .last_sequence = sequence,
                               .time_us = INT64_C(1795446000000000)};
    if (writer_write(&writer, &work) != 0) {
        fprintf(stderr, "%s\n", writer.database.why);
        exit(1);
    }
    queue_remove(&queue, work.count);
}

static void write_batches(void *context)
{
    (void)context;
    for (int i = 0; i < BATCHES; i++) {
        write_rows(BATCH);
    }
}

static void write_flushes(void *context)
{
    (void)context;
    for (int i = 0; i < FLUSHES; i++) {
        write_rows(FLUSH_ROWS);
    }
}

static void append_plainly(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct message message = simulation();
        if (write(plain, &message, sizeof message) != (ssize_t)sizeof message) {
            exit(1);
        }
    }
    if (fdatasync(plain) != 0) {
        exit(1);
    }
}

static void append_batches(void *context)
{
    (void)context;
    for (int i = 0; i < BATCHES; i++) {
        append_plainly(BATCH);
    }
}

static void append_flushes(void *context)
{
    (void)context;
    for (int i = 0; i < FLUSHES; i++) {
        append_plainly(FLUSH_ROWS);
    }
}

/* The loop. */

struct scene {
    uv_loop_t loop;
    uv_timer_t busy; /* something that wants its turn every millisecond */
    struct vitals vitals;
    struct store *store;
    int64_t turns;
};

static void take_turn(uv_timer_t *timer)
{
    struct scene *scene = timer->data;
    scene->turns++;
}

static uint64_t written(const struct scene *scene)
{
    struct status_live status;
    memset(&status, 0, sizeof status);
    store_fill_status(scene->store, &status);
    return status.store_written;
}

/* The longest turn in ns. */
static double longest_turn(struct scene *scene, bool with_rows)
{
    struct vitals_message vitals = {0};
    struct tap tap = store_tap(scene->store);
    uint64_t until = written(scene) + LOOP_ROWS;
    for (int i = 0; i < LOOP_ROWS && with_rows; i++) {
        struct message message = simulation();
        tap.see(tap.state, &message);
    }
    vitals_sample(&scene->vitals, &vitals); /* forgets what has been */
    uv_run(&scene->loop, UV_RUN_NOWAIT);
    vitals_sample(&scene->vitals, &vitals);
    for (int64_t start = scene->turns;
         with_rows ? written(scene) < until : scene->turns - start < 200;) {
        uv_run(&scene->loop, UV_RUN_ONCE);
    }
    vitals_sample(&scene->vitals, &vitals);
    return (double)vitals.loop_lag_us * 1e3;
}

static void bench_loop(struct settings *settings)
{
    static struct scene scene;
    double busy[BENCH_RUNS];
    double quiet[BENCH_RUNS];
    char memory[256];
    struct arena own;
    struct text why;
    arena_init_measuring(&own);
    settings->store.flush_ms = 50;
    store_create(&own, &settings->store);
    ASSERT(arena_init(&own, own.used) == 0);
    scene.store = store_create(&own, &settings->store);
    uv_loop_init(&scene.loop);
    vitals_start(&scene.vitals, &scene.loop);
    uv_timer_init(&scene.loop, &scene.busy);
    scene.busy.data = &scene;
    uv_timer_start(&scene.busy, take_turn, 1, 1);
    text_init(&why, memory, sizeof memory);
    ASSERT(store_start(scene.store,
                       &(struct store_setup){.loop = &scene.loop,
                                             .path = path,
                                             .version = "0",
                                             .symbols = &symbols,
                                             .wall_us = system_time_us},
                       &why) == 0);
    for (int run = 0; run < BENCH_RUNS; run++) {
        busy[run] = longest_turn(&scene, true);
        quiet[run] = longest_turn(&scene, false);
    }
    bench_print("loop: longest turn, 3,500 rows behind it", "flush", bench_result_of(busy));
    bench_print("  nothing to write", "200 ms", bench_result_of(quiet));
    store_stop(scene.store, NULL, NULL);
    vitals_stop(&scene.vitals, NULL, NULL);
    uv_close((uv_handle_t *)&scene.busy, NULL);
    uv_run(&scene.loop, UV_RUN_DEFAULT);
    uv_loop_close(&scene.loop);
    arena_fini(&own);
}

static void take(struct arena *from, const struct settings *settings)
{
    symbols_init(&symbols, from, 2, false);
    queue_init(&queue, from, (size_t)settings->store.queue_rows);
}

static void start(const struct settings *settings)
{
    const char *temporary = getenv("TMPDIR");
    uint16_t id;
    arena_init_measuring(&arena);
    take(&arena, settings);
    ASSERT(arena_init(&arena, arena.used) == 0);
    take(&arena, settings);
    ASSERT(symbols_add(&symbols, "SPY", 3, &id) == 0);
    (void)snprintf(folder, sizeof folder, "%s/tickd-bench-XXXXXX",
                   temporary != NULL ? temporary : "/tmp");
    if (mkdtemp(folder) == NULL) {
        perror(folder);
        exit(BENCH_CANNOT_RUN);
    }
    (void)snprintf(path, sizeof path, "%.400s/tickd.db", folder);
    (void)snprintf(plain_path, sizeof plain_path, "%.400s/plain", folder);
    plain = open(plain_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    writer_init(&writer, &(struct writer_setup){.path = path,
                                                .run = 1,
                                                .version = "0",
                                                .symbols = &symbols,
                                                .days = 400,
                                                .rows_max = 2000000});
}

int main(void)
{
    static struct settings settings;
    settings_init(&settings);
    start(&settings);
    bench_compare(&(struct bench_case){"rows in transactions of 1,000", write_batches, NULL,
                                       (double)BATCH * BATCHES},
                  &(struct bench_case){"  appended to a plain file", append_batches, NULL,
                                       (double)BATCH * BATCHES},
                  "row", 0, BENCH_WALL);
    bench_compare(&(struct bench_case){"flush of 25 rows", write_flushes, NULL, FLUSHES},
                  &(struct bench_case){"  appended to a plain file", append_flushes, NULL, FLUSHES},
                  "flush", 0, BENCH_WALL);
    printf("%-44s %9.1f bytes/row\n", "file", (double)writer.bytes / (double)writer_rows(&writer));
    writer_close(&writer);
    bench_loop(&settings);
    close(plain);
    (void)unlink(path);
    (void)unlink(plain_path);
    (void)rmdir(folder);
    arena_fini(&arena);
    return 0;
}
