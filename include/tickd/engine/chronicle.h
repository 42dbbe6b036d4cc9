/* The chronicle: what curves are drawn from that no module keeps for itself, minute by minute: the
 * books (EQUITY) and the agents' weights (WEIGHTS). A tap; it hears, and says nothing.
 *
 * Two histories: "equity" of history.equity minutes, "weights" of history.weights minutes; the
 * oldest minute is overwritten. Memory from the arena, once. */
#ifndef TICKD_ENGINE_CHRONICLE_H
#define TICKD_ENGINE_CHRONICLE_H

#include "tickd/bus/bus.h"
#include "tickd/settings/settings.h"

struct chronicle;

struct chronicle_equity {
    uint64_t sequence; /* of the EQUITY message */
    int64_t time_us;
    struct equity_message equity;
};

struct chronicle_weights {
    uint64_t sequence; /* of the WEIGHTS message */
    int64_t time_us;
    struct weights_message weights;
};

/* NULL while measuring. */
struct chronicle *chronicle_create(struct arena *arena, const struct settings_history *settings,
                                   struct bus *bus);

/* `index` 0 is the newest; NULL beyond the oldest. */
const struct chronicle_equity *chronicle_equity(const struct chronicle *chronicle, size_t index);
const struct chronicle_weights *chronicle_weights(const struct chronicle *chronicle, size_t index);

enum { CHRONICLE_HISTORIES = 2, CHRONICLE_PERSIST_VERSION = 1 };

/* Both histories, for the status; returns how many fitted. */
size_t chronicle_histories(const struct chronicle *chronicle, struct history *histories,
                           size_t room);

/* Both, out and in. */
void chronicle_persist(struct chronicle *chronicle, struct persist *persist);

#endif
