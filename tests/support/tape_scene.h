/* An engine that is taped into a folder of its own, and replays of that folder, for tests. Link it
 * by including this file; it is all static. */
#ifndef TICKD_SUPPORT_TAPE_SCENE_H
#define TICKD_SUPPORT_TAPE_SCENE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "support/engine_fixture.h"
#include "tickd/base/error.h"
#include "tickd/base/rng.h"
#include "tickd/feed/encode.h"
#include "tickd/feed/ingest.h"
#include "tickd/feed/tape_replay.h"
#include "tickd/feed/tape_writer.h"

enum { SCENE_LOG_MAX = 1 << 16, SCENE_RUN = 0x7ea, SCENE_SECONDS_MAX = 4096 };

struct tape_scene {
    struct engine_fixture fixture;
    struct arena arena;
    struct tape_writer *writer;
    struct ingest *ingest;
    uv_loop_t loop;
    char folder[64];
    char tape[80]; /* the folder of the tape, in it */
    int64_t now_us;
    uint64_t frames;
    uint64_t run;
    uint64_t next_input;
    const struct tape_io *io; /* NULL: the system's */
    struct tape_durable told; /* by the callback */
    uint64_t told_times;
    struct text log;
    char log_memory[SCENE_LOG_MAX];
};

static inline void scene_log(void *state, enum log_level level, const char *event, const char *text)
{
    struct tape_scene *scene = state;

    text_format(&scene->log, "%d %s %s\n", (int)level, event, text);
}

static inline void scene_durable(void *state, const struct tape_durable *durable)
{
    struct tape_scene *scene = state;

    assert_true(durable->inputs >= scene->told.inputs);
    assert_true(durable->sequence >= scene->told.sequence);
    scene->told = *durable;
    scene->told_times++;
}

/* Small buffers, flushed by the loop's turn; then fixture_set(), then scene_start(). */
static inline void scene_init(struct tape_scene *scene)
{
    memset(scene, 0, sizeof *scene);
    text_init(&scene->log, scene->log_memory, sizeof scene->log_memory);
    text_copy(scene->folder, sizeof scene->folder, "/tmp/tickd-tape-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    (void)snprintf(scene->tape, sizeof scene->tape, "%s/tape", scene->folder);
    fixture_init(&scene->fixture);
    fixture_set(&scene->fixture, "feed.frame_bytes_max", "1024");
    fixture_set(&scene->fixture, "tape.buffer_bytes", "65536");
    fixture_set(&scene->fixture, "tape.flush_ms", "10");
    scene->run = SCENE_RUN;
    scene->now_us = FIXTURE_START_US;
}

static inline void scene_start_writer(struct tape_scene *scene)
{
    uint64_t next_file;

    assert_int_equal(tape_writer_next_file(scene->tape, &next_file), 0);
    assert_int_equal(uv_loop_init(&scene->loop), 0);
    tape_writer_start(scene->writer, &(struct tape_writer_setup){
                                         .loop = &scene->loop,
                                         .engine = scene->fixture.engine,
                                         .io = scene->io,
                                         .folder = scene->tape,
                                         .run = scene->run,
                                         .next_input = scene->next_input,
                                         .next_file = next_file,
                                         .keep_from = UINT64_MAX,
                                         .log = scene_log,
                                         .durable = scene_durable,
                                         .state = scene,
                                     });
}

static inline void scene_start(struct tape_scene *scene)
{
    const struct settings *settings = &scene->fixture.settings;
    struct arena measuring;

    fixture_start(&scene->fixture);
    arena_init_measuring(&measuring);
    assert_null(tape_writer_create(&measuring, settings));
    assert_null(ingest_create(&measuring, settings, NULL, NULL));
    assert_int_equal(arena_init(&scene->arena, measuring.used), 0);
    scene->writer = tape_writer_create(&scene->arena, settings);
    scene->ingest = ingest_create(&scene->arena, settings, scene->fixture.engine, NULL);
    assert_int_equal(scene->arena.used, measuring.used);
    arena_seal(&scene->arena);
    scene_start_writer(scene);
}

/* One frame of a trade, a few milliseconds after the last input. */
static inline void scene_frame(struct tape_scene *scene)
{
    char memory[ENCODE_ENTRY_MAX + ENCODE_ENVELOPE_MAX];
    struct text text;
    uint64_t number = scene->frames++;
    struct wire_trade trade = {.symbol = number % 3 == 0 ? "B" : "A",
                               .price = (int64_t)(100 + number % 17) * DECIMAL_ONE,
                               .volume = (int64_t)(1 + number % 5) * DECIMAL_ONE,
                               .form = CONDITIONS_NULL};

    scene->now_us += 7000 + (int64_t)(number % 11) * 100;
    trade.time_ms = scene->now_us / US_PER_MS - 3;
    text_init(&text, memory, sizeof memory);
    encode_trades(&text, &trade, 1, KEYS_DATA_FIRST);
    (void)ingest_frame(scene->ingest, scene->now_us, memory, text.length);
}

/* A frame that is no message, and that nothing compresses. */
static inline void scene_noise(struct tape_scene *scene)
{
    char bytes[1000];
    struct rng rng;

    rng_stream_numbered(&rng, 1, "noise", scene->frames++, 0);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)rng_below(&rng, 256);
    scene->now_us += 1000;
    (void)ingest_frame(scene->ingest, scene->now_us, bytes, sizeof bytes);
}

static inline void scene_frames(struct tape_scene *scene, size_t count)
{
    for (size_t i = 0; i < count; i++)
        scene_frame(scene);
}

/* What the live process does once a second. */
static inline void scene_second(struct tape_scene *scene)
{
    struct vitals_message vitals = {.rss_bytes = 1000 + scene->frames,
                                    .wired = 1U << MODULE_CONTROL,
                                    .control_handled = scene->frames / 10};

    engine_advance(scene->fixture.engine, scene->now_us);
    engine_vitals(scene->fixture.engine, &vitals);
    tape_writer_digest(scene->writer, scene->now_us);
}

static inline void scene_feed(struct tape_scene *scene, uint16_t symbol, enum feed_state state,
                              const char *reason)
{
    struct feed_message feed = {.state = (uint32_t)state};

    text_copy(feed.reason, sizeof feed.reason, reason);
    engine_advance(scene->fixture.engine, scene->now_us);
    engine_feed_state(scene->fixture.engine, symbol, &feed);
}

/* Turns of the loop until all that came is on the disk. */
static inline void scene_settle(struct tape_scene *scene)
{
    while (tape_durable(scene->writer).inputs < tape_writer_next_input(scene->writer)) {
        tape_writer_flush(scene->writer);
        uv_run(&scene->loop, UV_RUN_ONCE);
    }
}

/* Ends the writer as the live process does; what it says is whether all is on the disk. */
static inline bool scene_stop_writer(struct tape_scene *scene)
{
    tape_writer_stop(scene->writer);
    uv_run(&scene->loop, UV_RUN_DEFAULT);
    bool good = tape_writer_close(scene->writer);

    assert_int_equal(uv_loop_close(&scene->loop), 0);
    scene->next_input = tape_writer_next_input(scene->writer);
    return good;
}

static inline struct status_live scene_status(const struct tape_scene *scene)
{
    struct status_live live = {0};

    tape_writer_status(scene->writer, &live);
    return live;
}

static inline void scene_remove(const char *folder)
{
    char command[128];

    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

static inline void scene_fini(struct tape_scene *scene)
{
    arena_fini(&scene->arena);
    fixture_stop(&scene->fixture);
    scene_remove(scene->folder);
}

/* Files. */

static inline void scene_path(const struct tape_scene *scene, uint64_t number,
                              char path[TAPE_PATH_MAX])
{
    tape_files_path(scene->tape, number, path);
}

static inline size_t scene_file_count(const struct tape_scene *scene)
{
    struct tape_files files;

    assert_int_equal(tape_files_list(scene->tape, &files), 0);
    size_t count = files.count;

    tape_files_fini(&files);
    return count;
}

static inline int64_t scene_size(const char *path)
{
    struct stat file;

    return stat(path, &file) == 0 ? (int64_t)file.st_size : -1;
}

/* Changes one byte of a file. */
static inline void scene_flip(const char *path, int64_t offset)
{
    int descriptor = open(path, O_RDWR);
    unsigned char byte;

    assert_true(descriptor >= 0);
    assert_int_equal(pread(descriptor, &byte, 1, offset), 1);
    byte ^= 0x20;
    assert_int_equal(pwrite(descriptor, &byte, 1, offset), 1);
    close(descriptor);
}

/* Replays. */

struct scene_replay {
    struct engine_fixture fixture;
    struct arena arena;
    struct ingest *ingest;
    struct tape_replay_result result;
    uint64_t next_file;
    int code;
    char error[TAPE_REPLAY_TEXT_MAX];
};

/* A new engine with the scene's settings. */
static inline void replay_init(struct scene_replay *replay, const struct tape_scene *scene)
{
    struct arena measuring;

    memset(replay, 0, sizeof *replay);
    replay->fixture.settings = scene->fixture.settings;
    fixture_start(&replay->fixture);
    arena_init_measuring(&measuring);
    (void)ingest_create(&measuring, &replay->fixture.settings, NULL, NULL);
    assert_int_equal(arena_init(&replay->arena, measuring.used), 0);
    replay->ingest =
        ingest_create(&replay->arena, &replay->fixture.settings, replay->fixture.engine, NULL);
}

static inline void replay_fini(struct scene_replay *replay)
{
    arena_fini(&replay->arena);
    fixture_stop(&replay->fixture);
}

/* The whole folder, from input `from` on, into the engine. */
static inline void replay_from(struct scene_replay *replay, const struct tape_scene *scene,
                               uint64_t from)
{
    struct tape_replay_options options = {
        .from_ordinal = from, .from_us = INT64_MIN, .until_us = INT64_MAX};
    struct text error;

    text_init(&error, replay->error, sizeof replay->error);
    replay->code = tape_replay_into(replay->fixture.engine, replay->ingest, scene->tape, scene->run,
                                    &options, &replay->result, &replay->next_file, &error);
}

/* Whether two engines are in the same state, as far as their messages tell. */
static inline bool same_engines(struct engine *left, struct engine *right)
{
    return bus_digest(engine_bus(left)) == bus_digest(engine_bus(right)) &&
           bus_published(engine_bus(left)) == bus_published(engine_bus(right));
}

#endif
