/* The engine's state, out and in: everything that decides what it will say, and everything that it
 * can be asked. Not in it: the configuration, which stays that of the engine at hand; measured
 * times; who listens, and who keeps the journal.
 *
 *     saved    engine that has started, between two inputs ──▶ bytes
 *     loaded   bytes ──▶ engine as engine_create() leaves it, before its first input
 *
 * An engine that was loaded and is fed the same inputs from there on publishes the same messages,
 * to the same digest. That holds where configuration and build are the same. Where the sizes of
 * histories differ, the newest entries that fit are loaded; where symbols, widths, horizons or
 * numbers of agents differ, the state does not fit and is refused. */
#ifndef TICKD_ENGINE_ENGINE_PERSIST_H
#define TICKD_ENGINE_ENGINE_PERSIST_H

#include "tickd/base/persist.h"
#include "tickd/engine/engine.h"

/* All sections, in a fixed order, as the mode of `persist` says: symbols, bus, each module,
 * explain, engine. */
void engine_persist(struct engine *engine, struct persist *persist);

/* A digest of the sizes that the state has in this build and with this configuration, histories
 * apart. Where two differ, the state of one is nothing to the other. */
uint64_t engine_layout(struct engine *engine);

/* Between two inputs of an engine that has started: whether there is a state to save. */
bool engine_has_started(const struct engine *engine);

uint64_t engine_config_digest(const struct engine *engine);

/* No state that can be loaded is larger. */
uint64_t engine_state_max(const struct engine *engine);

#endif
