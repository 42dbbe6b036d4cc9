/* The engine's state, section by section. */
#include "tickd/engine/engine_persist.h"

#include "tickd/base/assert.h"
#include "tickd/engine/engine_state.h"

enum { SYMBOLS_VERSION = 1, ENGINE_VERSION = 1 };

static void persist_symbols(void *state, struct persist *persist)
{
    symbols_persist(state, persist);
}

static void persist_bus(void *state, struct persist *persist)
{
    bus_persist(state, persist);
}

static void persist_explain(void *state, struct persist *persist)
{
    explain_persist(state, persist);
}

static void persist_chronicle(void *state, struct persist *persist)
{
    chronicle_persist(state, persist);
}

/* What the engine itself counts. at_us is of the input at hand, and there is none. */
static void persist_own(void *state, struct persist *persist)
{
    struct engine *engine = state;
    PERSIST(persist, engine->input);
    PERSIST(persist, engine->control_handled);
    PERSIST(persist, engine->store_handled);
    PERSIST(persist, engine->dashboard_handled);
    if (persist_loading(persist)) {
        engine->started = true;
    }
}

void engine_persist(struct engine *engine, struct persist *persist)
{
    ASSERT(persist->mode == PERSIST_MEASURE || engine->started != persist_reading(persist));
    persist_section(persist, "symbols", SYMBOLS_VERSION, persist_symbols, &engine->symbols);
    persist_section(persist, "bus", BUS_PERSIST_VERSION, persist_bus, engine->bus);
    for (size_t i = 0; i < engine->module_count; i++) {
        const struct module *module = &engine->modules[i];
        if (module->persist != NULL) {
            persist_section(persist, module_id_name(module->id), module->version, module->persist,
                            module->state);
        }
    }
    persist_section(persist, "explain", EXPLAIN_PERSIST_VERSION, persist_explain, engine->explain);
    persist_section(persist, "chronicle", CHRONICLE_PERSIST_VERSION, persist_chronicle,
                    engine->chronicle);
    persist_section(persist, "engine", ENGINE_VERSION, persist_own, engine);
}

uint64_t engine_layout(struct engine *engine)
{
    struct persist persist;
    persist_measure(&persist);
    engine_persist(engine, &persist);
    return digest_value(&persist.layout);
}

bool engine_has_started(const struct engine *engine)
{
    return engine->started;
}

uint64_t engine_config_digest(const struct engine *engine)
{
    return engine->config_digest;
}

/* All of the state is in the arena, and what is around it takes less than that again; but histories
 * may have been longer where it was saved. */
uint64_t engine_state_max(const struct engine *engine)
{
    enum { LONGER_HISTORIES = 64 << 20 };
    return 2 * (uint64_t)engine->arena->size + LONGER_HISTORIES;
}
