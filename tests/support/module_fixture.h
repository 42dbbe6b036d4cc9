/* One module alone on a bus: the test plays everybody else, publishes what the module hears, and
 * finds the newest message of each topic that it says. */
#ifndef TICKD_SUPPORT_MODULE_FIXTURE_H
#define TICKD_SUPPORT_MODULE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"
#include "tickd/bus/bus.h"
#include "tickd/settings/settings.h"

enum { MODULE_FIXTURE_SYMBOLS = 4 };

struct module_fixture {
    struct settings settings;
    struct arena arena;
    struct bus *bus;
    struct module module;
    struct route routes[TOPIC_COUNT];
    uint64_t seen[TOPIC_COUNT];
    struct message last[TOPIC_COUNT];
};

static inline void module_fixture_see(void *state, const struct message *message)
{
    struct module_fixture *fixture = state;
    fixture->seen[message->head.topic]++;
    fixture->last[message->head.topic] = *message;
}

static inline void module_fixture_init(struct module_fixture *fixture)
{
    memset(fixture, 0, sizeof *fixture);
    settings_init(&fixture->settings);
}

static inline void module_fixture_set(struct module_fixture *fixture, const char *key,
                                      const char *value)
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

static inline struct bus *module_fixture_bus(struct arena *arena)
{
    return bus_create(arena, &(struct bus_limits){.log_messages = 2000,
                                                  .input_messages_max = 1000,
                                                  .symbols = MODULE_FIXTURE_SYMBOLS});
}

/* `create` takes the module's memory, twice: measuring, then for real with the fixture's bus. */
static inline void module_fixture_start(struct module_fixture *fixture,
                                        struct module (*create)(struct module_fixture *fixture,
                                                                struct arena *arena))
{
    struct arena measuring;
    arena_init_measuring(&measuring);
    module_fixture_bus(&measuring);
    create(fixture, &measuring);
    assert_int_equal(arena_init(&fixture->arena, measuring.used), 0);
    fixture->bus = module_fixture_bus(&fixture->arena);
    fixture->module = create(fixture, &fixture->arena);
    assert_int_equal(fixture->arena.used, measuring.used);
    arena_seal(&fixture->arena);
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++) {
        fixture->routes[topic] =
            (struct route){.topic = (enum topic)topic, .to = fixture->module.id};
    }
    bus_wire(fixture->bus, &fixture->module, 1, fixture->routes, TOPIC_COUNT, NULL, 0);
    assert_int_equal(
        bus_add_tap(fixture->bus, (struct tap){.see = module_fixture_see, .state = fixture}), 0);
    bus_set_time(fixture->bus, INT64_C(1795446000000000));
    if (fixture->module.start != NULL) {
        fixture->module.start(fixture->module.state);
        bus_dispatch(fixture->bus);
    }
}

static inline void module_fixture_stop(struct module_fixture *fixture)
{
    arena_fini(&fixture->arena);
}

/* Publishes one message of a topic and dispatches all that comes of it. */
static inline void module_fixture_say(struct module_fixture *fixture, enum module_id sender,
                                      enum topic topic, uint16_t symbol, const void *body)
{
    bus_publish(fixture->bus, sender, topic, symbol, body);
    bus_dispatch(fixture->bus);
}

/* Time passes, one CLOCK a second. */
static inline void module_fixture_pass(struct module_fixture *fixture, int64_t seconds)
{
    for (int64_t i = 0; i < seconds; i++) {
        bus_set_time(fixture->bus, bus_time(fixture->bus) + US_PER_S);
        module_fixture_say(fixture, MODULE_ENGINE, TOPIC_CLOCK, SYMBOL_NONE,
                           &(struct clock_message){0});
    }
}

#endif
