/* A module: a name, its own state, and what it does with a message. It sees the bus and its
 * settings, nothing else. */
#ifndef TICKD_BUS_MODULE_H
#define TICKD_BUS_MODULE_H

#include "tickd/base/persist.h"
#include "tickd/base/ring.h"
#include "tickd/bus/message.h"

/* A bounded history, or several of one kind (one a symbol, one an agent) that are counted together.
 */
struct history {
    const char *module;
    const char *name;
    uint64_t size;
    uint64_t capacity;
    uint64_t appended;
    uint64_t overwritten; /* appended = size + overwritten */
    uint64_t bytes;
};

struct module {
    enum module_id id;
    void *state;

    /* Says what has to be said before the first input: once, at the engine's first time. NULL =
     * nothing. */
    void (*start)(void *state);

    /* Handles one message, to completion. It may publish; it may not keep the pointer. */
    void (*handle)(void *state, const struct message *message);

    /* Writes at most `room` entries, returns how many; NULL = it keeps none. */
    size_t (*histories)(const void *state, struct history *histories, size_t room);

    /* All that it knows, out or in (tickd/base/persist.h): fed the same from there on, it says the
     * same. NULL = it knows nothing. `version` goes up with every change of what is written. */
    void (*persist)(void *state, struct persist *persist);
    uint32_t version;
};

/* Fills in an entry from one ring. */
struct history history_of_ring(const char *module, const char *name, const struct ring *ring);

#endif
