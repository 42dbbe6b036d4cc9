/* An engine of its own for a test: built from default settings and some overrides, with every
 * message that it publishes counted. Link it by including this file; it is all static. */
#ifndef TICKD_SUPPORT_ENGINE_FIXTURE_H
#define TICKD_SUPPORT_ENGINE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"
#include "tickd/engine/engine.h"

/* 2026-11-23 15:00:00 UTC, a Monday: US stocks trade. */
#define FIXTURE_START_US INT64_C(1795446000000000)
#define FIXTURE_START_MS (FIXTURE_START_US / 1000)

struct engine_fixture {
    struct settings settings;
    struct arena arena;
    struct engine *engine;
    uint64_t seen[TOPIC_COUNT];
    struct message last[TOPIC_COUNT];
};

static inline void fixture_see(void *state, const struct message *message)
{
    struct engine_fixture *fixture = state;
    fixture->seen[message->head.topic]++;
    fixture->last[message->head.topic] = *message;
}

static inline void fixture_set(struct engine_fixture *fixture, const char *key, const char *value)
{
    char memory[256];
    struct text why;
    text_init(&why, memory, sizeof memory);
    const struct setting *setting = settings_find(key, strlen(key), NULL);
    assert_non_null(setting);
    if (settings_set(&fixture->settings, setting, value, strlen(value), &why) != 0) {
        fail_msg("%s=%s: %s", key, value, memory);
    }
}

/* Defaults with two symbols, "A" and "B"; then fixture_set(), then fixture_start(). */
static inline void fixture_init(struct engine_fixture *fixture)
{
    memset(fixture, 0, sizeof *fixture);
    settings_init(&fixture->settings);
    fixture_set(fixture, "feed.symbols", "A,B");
}

static inline void fixture_start(struct engine_fixture *fixture)
{
    struct arena measuring;
    arena_init_measuring(&measuring);
    assert_null(engine_create(&measuring, &fixture->settings));
    assert_int_equal(arena_init(&fixture->arena, measuring.used), 0);
    fixture->engine = engine_create(&fixture->arena, &fixture->settings);
    assert_int_equal(fixture->arena.used, measuring.used);
    arena_seal(&fixture->arena);
    assert_int_equal(bus_add_tap(engine_bus(fixture->engine),
                                 (struct tap){.see = fixture_see, .state = fixture}),
                     0);
    engine_advance(fixture->engine, FIXTURE_START_US);
}

static inline void fixture_stop(struct engine_fixture *fixture)
{
    arena_fini(&fixture->arena);
}

/* One trade, received `at_ms` after the start, at an exchange time `time_ms` after it. */
static inline void fixture_trade(struct engine_fixture *fixture, int64_t at_ms, uint16_t symbol,
                                 int64_t time_ms, double price, double volume)
{
    struct trade trade = {.time_ms = FIXTURE_START_MS + time_ms, .symbol = symbol};
    assert_int_equal(decimal_from_double(price, &trade.price), 0);
    assert_int_equal(decimal_from_double(volume, &trade.volume), 0);
    engine_advance(fixture->engine, FIXTURE_START_US + at_ms * US_PER_MS);
    engine_trade(fixture->engine, &trade);
}

static inline void fixture_advance(struct engine_fixture *fixture, int64_t at_ms)
{
    engine_advance(fixture->engine, FIXTURE_START_US + at_ms * US_PER_MS);
}

#endif
