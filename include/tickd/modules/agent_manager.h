/* The agent manager: who the agents are. AGENT_UPDATE, WEIGHTS, COMMAND, BALLOT → AGENT_PROFILE,
 * for all agents at start and then one for every update and every change.
 *
 * Agents have the places of ballots: species × incumbents + k, the coin last; an agent's id is its
 * place + 1 and stays, whoever sits there. What changes are versions: 1 at start, then one for each
 * update and each roll-back, each with its parameters, the version that it came from, why, what was
 * known of it then (fitness) and what it has done since (record).
 *
 * An update whose parameters are out of bounds or no numbers is refused and counted; the profile
 * that answers it is the old one. A version of PROMOTED has the version that it replaced as its
 * parent; one that restores an old version has that version. */
#ifndef TICKD_MODULES_AGENT_MANAGER_H
#define TICKD_MODULES_AGENT_MANAGER_H

#include "tickd/bus/bus.h"
#include "tickd/modules/agent_manager_score.h"
#include "tickd/settings/settings.h"

struct agent_manager;

/* One entry of agent_versions. */
struct agent_version {
    int64_t time_us;
    double fitness; /* mean reward of these parameters before this; NaN = unknown */
    double parameters[PARAMETERS_MAX]; /* NaN beyond the species' own */
    struct score_record record;        /* while it was the one that voted */
    uint32_t version;
    uint32_t parent; /* 0 = none */
    enum version_reason reason;
};

/* One entry of parameter_history. */
struct agent_change {
    int64_t time_us;
    int64_t id;
    double fitness;
    double parameters[PARAMETERS_MAX];
    uint32_t version;
    uint32_t parent;
    enum version_reason reason;
};

/* An agent as it stands, for readers. */
struct agent_row {
    int64_t id;
    size_t place;
    enum species species;
    enum agent_state state;
    double weight; /* share, 0 to 1; 0 before the first word */
    struct agent_version version;
    struct score_record lifetime; /* of all versions */
};

struct agent_manager_counts {
    uint64_t updates; /* taken */
    uint64_t refused; /* updates out of bounds, or for nobody */
    uint64_t promotions;
    uint64_t rollbacks; /* by themselves */
    uint64_t rollbacks_by_operator;
    uint64_t commands_refused; /* for nobody, or for a version that is not kept */
    uint32_t active;
    uint32_t suspended;
};

/* `symbols`: how many. NULL while measuring. */
struct agent_manager *agent_manager_create(struct arena *arena, const struct settings *settings,
                                           size_t symbols, struct bus *bus);

struct module agent_manager_module(struct agent_manager *manager);

size_t agent_manager_agents(const struct agent_manager *manager);
/* false beyond the last. */
bool agent_manager_row(const struct agent_manager *manager, size_t place, struct agent_row *row);
/* How many are kept of the agent at this place. */
size_t agent_manager_versions(const struct agent_manager *manager, size_t place);
/* `index` 0 is the newest; false beyond the oldest that is kept. */
bool agent_manager_version(const struct agent_manager *manager, size_t place, size_t index,
                           struct agent_version *version);
/* `index` 0 is the newest; NULL beyond the oldest. */
const struct agent_change *agent_manager_change(const struct agent_manager *manager, size_t index);
const struct agent_manager_counts *agent_manager_counts(const struct agent_manager *manager);

#endif
