/* A feed client with an engine behind it and a loop under it, for tests. Its wall clock begins on
 * 2026-11-23 15:00:00 UTC, a Monday: US stocks trade. Link it by including this file; it is all
 * static. */
#ifndef TICKD_SUPPORT_FEED_RIG_H
#define TICKD_SUPPORT_FEED_RIG_H

#include <time.h>
#include <uv.h>

#include "support/engine_fixture.h"
#include "tickd/feed/client.h"

enum { RIG_LOG_MAX = 1 << 18, RIG_LOOK_MS = 2, RIG_PATIENCE_S = 30 };

struct feed_rig {
    struct engine_fixture fixture;
    struct arena arena;
    struct ingest *ingest;
    struct feed_client *client;
    uv_loop_t loop;
    uv_timer_t look;
    bool (*condition)(struct feed_rig *rig);
    int64_t deadline_ns;
    bool met;
    bool stopped;
    int refused;
    bool ever_connected;
    struct text log;
    char log_memory[RIG_LOG_MAX];
};

static int64_t rig_begun_ns;

static inline int64_t rig_steady_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int64_t rig_wall_us(void)
{
    return FIXTURE_START_US + (rig_steady_ns() - rig_begun_ns) / 1000;
}

static inline void rig_log(void *state, enum log_level level, const char *event, const char *text)
{
    struct feed_rig *rig = state;

    text_format(&rig->log, "%d %s %s\n", (int)level, event, text);
}

static inline void rig_refused(void *state, bool ever_connected)
{
    struct feed_rig *rig = state;

    rig->refused++;
    rig->ever_connected = ever_connected;
}

static inline void rig_done(void *state)
{
    struct feed_rig *rig = state;

    rig->stopped = true;
}

/* Settings for a server on 127.0.0.1 with quick back-off; then rig_set(), then rig_start(). */
static inline void rig_init(struct feed_rig *rig, int port)
{
    char url[64];

    memset(rig, 0, sizeof *rig);
    text_init(&rig->log, rig->log_memory, sizeof rig->log_memory);
    fixture_init(&rig->fixture);
    (void)snprintf(url, sizeof url, "ws://127.0.0.1:%d", port);
    fixture_set(&rig->fixture, "feed.url", url);
    fixture_set(&rig->fixture, "feed.backoff_min_ms", "1");
    fixture_set(&rig->fixture, "feed.backoff_max_ms", "20");
    fixture_set(&rig->fixture, "feed.subscribe_interval_ms", "1");
}

static inline void rig_set(struct feed_rig *rig, const char *key, const char *value)
{
    fixture_set(&rig->fixture, key, value);
}

static inline void rig_create(struct feed_rig *rig)
{
    const struct settings *settings = &rig->fixture.settings;
    struct arena measuring;

    fixture_start(&rig->fixture);
    arena_init_measuring(&measuring);
    assert_null(ingest_create(&measuring, settings, NULL, NULL));
    assert_null(feed_client_create(&measuring, settings));
    assert_int_equal(arena_init(&rig->arena, measuring.used), 0);
    rig->ingest = ingest_create(&rig->arena, settings, rig->fixture.engine, rig_steady_ns);
    rig->client = feed_client_create(&rig->arena, settings);
    assert_int_equal(rig->arena.used, measuring.used);
    arena_seal(&rig->arena);
    assert_int_equal(uv_loop_init(&rig->loop), 0);
    assert_int_equal(uv_timer_init(&rig->loop, &rig->look), 0);
    rig->look.data = rig;
    rig_begun_ns = rig_steady_ns();
    lws_log_attach(rig_log, rig, rig_steady_ns);
}

/* feed_client_start()'s result; its explanation goes to the log. */
static inline int rig_try_start(struct feed_rig *rig)
{
    rig_create(rig);
    struct feed_client_setup setup = {
        .loop = &rig->loop,
        .settings = &rig->fixture.settings,
        .engine = rig->fixture.engine,
        .ingest = rig->ingest,
        .wall_us = rig_wall_us,
        .steady_ns = rig_steady_ns,
        .log = rig_log,
        .refused = rig_refused,
        .state = rig,
        .jitter_seed = 7,
    };

    return feed_client_start(rig->client, &setup, &rig->log);
}

static inline void rig_start(struct feed_rig *rig)
{
    int error = rig_try_start(rig);

    if (error != 0)
        fail_msg("start: %d: %s", error, rig->log_memory);
}

static inline void rig_on_look(uv_timer_t *timer)
{
    struct feed_rig *rig = timer->data;

    rig->met = rig->condition(rig);
    if (rig->met || rig_steady_ns() > rig->deadline_ns)
        uv_stop(&rig->loop);
}

/* Runs the loop until the condition holds; fails, with the log, when it never does. */
static inline void rig_run_to(struct feed_rig *rig, bool (*condition)(struct feed_rig *rig),
                              const char *text, const char *file, int line)
{
    rig->condition = condition;
    rig->met = condition(rig);
    rig->deadline_ns = rig_steady_ns() + (int64_t)RIG_PATIENCE_S * 1000000000;
    assert_int_equal(uv_timer_start(&rig->look, rig_on_look, RIG_LOOK_MS, RIG_LOOK_MS), 0);
    if (!rig->met)
        (void)uv_run(&rig->loop, UV_RUN_DEFAULT);
    (void)uv_timer_stop(&rig->look);
    if (!rig->met) {
        print_error("%s:%d: never: %s\nlog:\n%s", file, line, text, rig->log_memory);
        fail();
    }
}

#define rig_run_until(rig, condition) rig_run_to(rig, condition, #condition, __FILE__, __LINE__)

/* The documented end: afterwards nothing is left on the loop. */
static inline void rig_close(struct feed_rig *rig, bool started)
{
    if (started)
        feed_client_stop(rig->client, rig_done, rig);
    uv_close((uv_handle_t *)&rig->look, NULL);
    assert_int_equal(uv_run(&rig->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(rig->stopped, started);
    feed_client_destroy(rig->client);
    lws_log_detach();
    assert_int_equal(uv_loop_close(&rig->loop), 0);
    arena_fini(&rig->arena);
    fixture_stop(&rig->fixture);
}

static inline const struct status_live *rig_status(const struct feed_rig *rig)
{
    static struct status_live live;

    memset(&live, 0, sizeof live);
    feed_client_status(rig->client, &live);
    return &live;
}

static inline struct status_input rig_input(const struct feed_rig *rig)
{
    static struct status status;

    memset(&status, 0, sizeof status);
    engine_status(rig->fixture.engine, &status);
    return status.input;
}

static inline bool rig_logged(const struct feed_rig *rig, const char *words)
{
    return strstr(rig->log_memory, words) != NULL;
}

#endif
