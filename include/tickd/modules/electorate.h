/* The electorate: every agent votes on every bar. BAR, AGENT_PROFILE, SHADOW_PROFILE → BALLOT, and
 * SHADOWS right after it when there are shadows.
 *
 * Who sits at which place, with which parameters, it is told by profiles; a place without one
 * abstains, as a suspended agent does. It keeps no history, only what its species remember of each
 * symbol (tickd/agents/memory.h), and forgets that with a gap in the feed. */
#ifndef TICKD_MODULES_ELECTORATE_H
#define TICKD_MODULES_ELECTORATE_H

#include "tickd/bus/bus.h"
#include "tickd/settings/settings.h"

struct electorate;

struct electorate_counts {
    uint64_t ballots;
    uint64_t votes; /* that buy or sell, the coin's among them */
    uint64_t holds;
    uint64_t abstentions;
    uint64_t profiles; /* of agents and shadows that were taken */
    uint64_t refused;  /* profiles for a place that there is not */
    uint64_t resets;   /* of a symbol's memory, after gaps */
    uint32_t agents;   /* places, the coin's among them */
    uint32_t active;
    uint32_t suspended;
    uint32_t shadows; /* places */
};

/* `symbols`: room for so many; `bar_ms`: width of a bar; `seed`: of the coin's stream. Settings are
 * copied. NULL while measuring. */
struct electorate *electorate_create(struct arena *arena,
                                     const struct settings_electorate *settings, size_t symbols,
                                     int64_t bar_ms, uint64_t seed, struct bus *bus);

struct module electorate_module(struct electorate *electorate);

const struct electorate_counts *electorate_counts(const struct electorate *electorate);

#endif
