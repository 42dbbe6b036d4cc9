/* Evolution: better parameters for the agents, and only on evidence. BALLOT, SHADOWS, AGENT_PROFILE
 * → SHADOW_PROFILE (all at start, then what a generation changes; it hears them itself, in their
 * turn), AGENT_UPDATE, EVOLUTION.
 *
 * Every agent and shadow is scored on each bar (evolution_book.h). Scores are gathered in blocks of
 * about H / 4 bars, a mean over the symbols; so many blocks that they come to
 * evolution.generation_bars are a generation. At its end each species' population moves on
 * (evolution_population.h), and the challenger that is better beyond doubt than an incumbent, and
 * worth more than holding, takes its place (evolution_evidence.h). A record that worsens forces a
 * generation of its species at once. docs/modules.md has the formulas and what the statistics
 * promise. */
#ifndef TICKD_MODULES_EVOLUTION_H
#define TICKD_MODULES_EVOLUTION_H

#include "tickd/bus/bus.h"
#include "tickd/modules/evolution_record.h"
#include "tickd/settings/settings.h"

struct evolution;

/* One entry of evolution_history. */
struct evolution_entry {
    uint64_t sequence; /* of the EVOLUTION message */
    int64_t time_us;
    struct evolution_message event;
};

/* One entry of parameter_history: a shadow's new parameters. */
struct evolution_change {
    int64_t time_us;
    double parameters[PARAMETERS_MAX];
    uint32_t species;
    uint32_t slot;       /* of the species' shadows */
    uint32_t generation; /* of the species */
    uint32_t role;       /* enum slot_role in evolution_population.h */
};

struct evolution_counts {
    uint64_t scored_bars; /* of all symbols */
    uint64_t blocks;
    uint64_t generations; /* of all species at once */
    uint64_t forced;      /* of one species, by a record that has worsened */
    uint64_t challengers; /* shadows that were ever tried */
    uint64_t replacements;
    uint64_t rollbacks;
};

/* `symbols`: how many. NULL while measuring. */
struct evolution *evolution_create(struct arena *arena, const struct settings *settings,
                                   size_t symbols, struct bus *bus);

struct module evolution_module(struct evolution *evolution);

/* The most messages that one ballot can cause here, with the profiles that answer. */
size_t evolution_messages_max(const struct settings_electorate *settings);

const struct evolution_counts *evolution_counts(const struct evolution *evolution);
/* `index` 0 is the newest; NULL beyond the oldest. */
const struct evolution_entry *evolution_event(const struct evolution *evolution, size_t index);
const struct evolution_change *evolution_change(const struct evolution *evolution, size_t index);
const struct evolution_performance *evolution_performance(const struct evolution *evolution,
                                                          size_t place, size_t index);

#endif
