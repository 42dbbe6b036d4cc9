/* The agent manager: versions, states, records. */
#include "tickd/modules/agent_manager.h"

#include <string.h>

#include "tickd/agents/species.h"
#include "tickd/base/assert.h"
#include "tickd/base/decimal.h"
#include "tickd/base/real.h"

enum { VOTING_SPECIES = SPECIES_COIN, PERSIST_VERSION = 1 };

_Static_assert(SPECIES_COIN + 1 == SPECIES_COUNT, "the species that vote come first");

struct agent {
    enum species species;
    enum agent_state state;
    double weight;
    struct ring versions;          /* of struct agent_version; the newest is the present one */
    struct agent_version *present; /* in the ring, until the next is appended */
    struct score_record past;      /* of the versions before it */
};

struct agent_manager {
    struct bus *bus;
    struct agent agents[AGENTS_MAX];
    struct score_record records[AGENTS_MAX]; /* of the present versions */
    size_t count;
    size_t incumbents; /* of a species */
    struct ring changes;
    struct score_sheet sheet;
    struct agent_manager_counts counts;
};

static double cost_of(const struct settings_portfolio *portfolio)
{
    return (decimal_to_double(portfolio->fee_bps) + decimal_to_double(portfolio->slippage_bps)) *
           1e-4;
}

struct agent_manager *agent_manager_create(struct arena *arena, const struct settings *settings,
                                           size_t symbols, struct bus *bus)
{
    const struct settings_electorate *electorate = &settings->electorate;
    size_t count = (size_t)(VOTING_SPECIES * electorate->incumbents + 1);
    struct agent_manager scratch = {0};
    struct agent_manager *manager = arena_take(arena, "agent_manager", "state", 1, sizeof *manager);
    struct agent_manager *m = arena_measuring(arena) ? &scratch : manager;
    ASSERT(count <= AGENTS_MAX);
    ring_init(&m->changes, arena, "agent_manager", "parameter_history",
              (size_t)settings->history.parameter_history, sizeof(struct agent_change));
    for (size_t i = 0; i < count; i++) {
        ring_init(&m->agents[i].versions, arena, "agent_manager", "agent_versions",
                  (size_t)settings->history.agent_versions, sizeof(struct agent_version));
    }
    if (!score_init(&m->sheet, arena, symbols, count, (size_t)electorate->horizon_bars,
                    cost_of(&settings->portfolio))) {
        return NULL;
    }
    m->bus = bus;
    m->count = count;
    m->incumbents = (size_t)electorate->incumbents;
    return manager;
}

/* Saying. */

static void say_profile(struct agent_manager *manager, size_t place)
{
    const struct agent *agent = &manager->agents[place];
    const struct agent_version *present = agent->present;
    struct agent_profile_message profile = {
        .id = (int64_t)place + 1,
        .fitness = present->fitness,
        .place = (uint32_t)place,
        .version = present->version,
        .parent = present->parent,
        .species = agent->species,
        .state = agent->state,
        .reason = present->reason,
    };
    memcpy(profile.parameters, present->parameters, sizeof profile.parameters);
    publish_agent_profile(manager->bus, MODULE_AGENT_MANAGER, SYMBOL_NONE, &profile);
}

static void count_states(struct agent_manager *manager)
{
    uint32_t of_state[AGENT_STATE_COUNT] = {0};
    for (size_t i = 0; i < manager->count; i++) {
        of_state[manager->agents[i].state]++;
    }
    manager->counts.active = of_state[AGENT_ACTIVE];
    manager->counts.suspended = of_state[AGENT_SUSPENDED];
}

/* Versions. */

static void add_to(struct score_record *sum, const struct score_record *record)
{
    sum->judged += record->judged;
    sum->votes += record->votes;
    sum->hits += record->hits;
    sum->reward += record->reward;
    sum->worth += record->worth;
}

/* The present version's record is closed, the next one begins. */
static void add_version(struct agent_manager *manager, size_t place, uint32_t parent,
                        enum version_reason reason, double fitness,
                        const double parameters[PARAMETERS_MAX])
{
    struct agent *agent = &manager->agents[place];
    struct agent_version next = {.time_us = bus_time(manager->bus),
                                 .fitness = fitness,
                                 .version = 1,
                                 .parent = parent,
                                 .reason = reason};
    memcpy(next.parameters, parameters, sizeof next.parameters);
    if (agent->present != NULL) {
        next.version = agent->present->version + 1;
        agent->present->record = manager->records[place];
        add_to(&agent->past, &manager->records[place]);
    }
    manager->records[place] = (struct score_record){0};
    score_clear(&manager->sheet, place);
    agent->present = ring_append(&agent->versions);
    *agent->present = next;
    struct agent_change *change = ring_append(&manager->changes);
    *change = (struct agent_change){.time_us = next.time_us,
                                    .id = (int64_t)place + 1,
                                    .fitness = fitness,
                                    .version = next.version,
                                    .parent = parent,
                                    .reason = reason};
    memcpy(change->parameters, parameters, sizeof change->parameters);
}

static void start(void *state)
{
    struct agent_manager *manager = state;
    double parameters[PARAMETERS_MAX];
    for (size_t i = 0; i < manager->count; i++) {
        struct agent *agent = &manager->agents[i];
        bool coin = i + 1 == manager->count;
        agent->species = coin ? SPECIES_COIN : (enum species)(i / manager->incumbents);
        agent->state = coin ? AGENT_YARDSTICK : AGENT_ACTIVE;
        if (coin) {
            species_spread(SPECIES_COIN, 0, 1, parameters);
        } else {
            species_spread(agent->species, i % manager->incumbents, manager->incumbents,
                           parameters);
        }
        add_version(manager, i, 0, VERSION_FIRST, real_nan(), parameters);
        say_profile(manager, i);
    }
    count_states(manager);
}

static bool is_voter(const struct agent_manager *manager, int64_t id)
{
    return id >= 1 && (uint64_t)id < manager->count; /* the last one is the coin */
}

static const struct agent_version *find_version(const struct agent *agent, uint32_t version)
{
    for (size_t i = 0; i < ring_size(&agent->versions); i++) {
        const struct agent_version *one = ring_newest(&agent->versions, i);
        if (one->version == version) {
            return one;
        }
    }
    return NULL;
}

/* A roll-back that evolution asks for goes back to the present version's parent, when it is still
 * kept: that is where the parameters come from. */
static uint32_t parent_of_update(const struct agent *agent, enum version_reason reason)
{
    return reason == VERSION_ROLLED_BACK && agent->present->parent != 0 ? agent->present->parent
                                                                        : agent->present->version;
}

static void take_update(struct agent_manager *manager, const struct agent_update_message *update)
{
    if (!is_voter(manager, update->id)) {
        manager->counts.refused++;
        return;
    }
    size_t place = (size_t)(update->id - 1);
    struct agent *agent = &manager->agents[place];
    if (update->reason >= VERSION_REASON_COUNT ||
        !species_within_bounds(agent->species, update->parameters)) {
        manager->counts.refused++;
        say_profile(manager, place);
        return;
    }
    enum version_reason reason = (enum version_reason)update->reason;
    manager->counts.updates++;
    manager->counts.promotions += reason == VERSION_PROMOTED ? 1 : 0;
    manager->counts.rollbacks += reason == VERSION_ROLLED_BACK ? 1 : 0;
    add_version(manager, place, parent_of_update(agent, reason), reason, update->fitness,
                update->parameters);
    say_profile(manager, place);
}

/* An operator. */

static void set_state(struct agent_manager *manager, int64_t id, enum agent_state state)
{
    if (!is_voter(manager, id)) {
        manager->counts.commands_refused++;
        return;
    }
    size_t place = (size_t)(id - 1);
    if (manager->agents[place].state != state) {
        manager->agents[place].state = state;
        count_states(manager);
        say_profile(manager, place);
    }
}

static void roll_back(struct agent_manager *manager, int64_t id, int64_t version)
{
    if (!is_voter(manager, id) || version < 0 || version > UINT32_MAX) {
        manager->counts.commands_refused++;
        return;
    }
    size_t place = (size_t)(id - 1);
    const struct agent *agent = &manager->agents[place];
    uint32_t wanted = version != 0 ? (uint32_t)version : agent->present->version - 1;
    const struct agent_version *kept = find_version(agent, wanted);
    if (kept == NULL || kept->version == agent->present->version) {
        manager->counts.commands_refused++;
        return;
    }
    struct agent_version old = *kept; /* appending may overwrite it */
    manager->counts.rollbacks_by_operator++;
    add_version(manager, place, old.version, VERSION_BY_OPERATOR, score_mean_reward(&old.record),
                old.parameters);
    say_profile(manager, place);
}

static void take_command(struct agent_manager *manager, const struct command_message *command)
{
    switch ((enum command_verb)command->verb) {
    case COMMAND_SUSPEND:
        set_state(manager, command->number, AGENT_SUSPENDED);
        break;
    case COMMAND_RESUME:
        set_state(manager, command->number, AGENT_ACTIVE);
        break;
    case COMMAND_ROLLBACK:
        roll_back(manager, command->number, command->second);
        break;
    case COMMAND_LOG_LEVEL:
    case COMMAND_ROTATE:
    case COMMAND_SHUTDOWN:
    case COMMAND_HALT:
    case COMMAND_UNHALT:
    case COMMAND_FLATTEN:
    case COMMAND_ADOPT_CASH:
    case COMMAND_ADOPT_RESULT:
    case COMMAND_ADOPT_TURNOVER:
    case COMMAND_ADOPT_POSITION:
    case COMMAND_ADOPT_PRICE:
    case COMMAND_ADOPT_BOOKS:
    case COMMAND_SET:
    case COMMAND_VERB_COUNT:
        break;
    }
}

/* What is heard besides. */

static void take_ballot(struct agent_manager *manager, uint16_t symbol,
                        const struct ballot_message *ballot)
{
    ASSERT(ballot->agents == manager->count);
    if (ballot->after_gap != 0) {
        score_forget(&manager->sheet, symbol);
    }
    score_ballot(&manager->sheet, symbol, ballot->volatility, ballot->horizon_return, ballot->votes,
                 manager->records);
}

static void take_weights(struct agent_manager *manager, const struct weights_message *weights)
{
    for (size_t i = 0; i < manager->count; i++) {
        manager->agents[i].weight = (double)weights->weights[i] / SHARE_ONE;
    }
}

static void handle(void *state, const struct message *message)
{
    struct agent_manager *manager = state;
    switch (message->head.topic) {
    case TOPIC_BALLOT:
        take_ballot(manager, message->head.symbol, &message->body.ballot);
        break;
    case TOPIC_AGENT_UPDATE:
        take_update(manager, &message->body.agent_update);
        break;
    case TOPIC_WEIGHTS:
        take_weights(manager, &message->body.weights);
        break;
    case TOPIC_COMMAND:
        take_command(manager, &message->body.command);
        break;
    default:
        break;
    }
}

/* Readers. */

static size_t histories(const void *state, struct history *histories, size_t room)
{
    const struct agent_manager *manager = state;
    struct history all[2] = {
        history_of_ring("agent_manager", "parameter_history", &manager->changes),
        history_of_ring("agent_manager", "agent_versions", &manager->agents[0].versions)};
    for (size_t i = 1; i < manager->count; i++) {
        struct history one =
            history_of_ring("agent_manager", "agent_versions", &manager->agents[i].versions);
        all[1].size += one.size;
        all[1].capacity += one.capacity;
        all[1].appended += one.appended;
        all[1].overwritten += one.overwritten;
        all[1].bytes += one.bytes;
    }
    size_t count = ARRAY_LENGTH(all) < room ? ARRAY_LENGTH(all) : room;
    memcpy(histories, all, count * sizeof *all);
    return count;
}

/* State. */

static bool check_change(const void *value, void *context)
{
    const struct agent_change *change = value;
    const struct agent_manager *manager = context;
    return change->id >= 1 && (uint64_t)change->id <= manager->count;
}

/* To be written, as ring_append() gave it. */
static struct agent_version *newest_version(struct ring *versions)
{
    size_t slot = (size_t)((versions->appended - 1) % versions->capacity);
    void *newest = versions->entries + slot * versions->entry_size;
    return newest;
}

/* Who has started has a version, the newest of which is the present one. */
static void persist_agent(struct agent *agent, struct persist *persist)
{
    size_t species = persist_number(persist, "species", agent->species, 0, SPECIES_COUNT - 1);
    size_t state = persist_number(persist, "state", agent->state, 0, AGENT_STATE_COUNT - 1);
    size_t versions = persist_history(persist, "agent_versions", &agent->versions, NULL, NULL);
    PERSIST(persist, agent->weight);
    PERSIST(persist, agent->past);
    if (persist_reading(persist) && versions == 0) {
        persist_fail(persist, "an agent without a version");
    }
    if (persist_loading(persist)) {
        agent->species = (enum species)species;
        agent->state = (enum agent_state)state;
        agent->present = newest_version(&agent->versions);
    }
}

static void persist(void *state, struct persist *persist)
{
    struct agent_manager *manager = state;
    persist_same(persist, "agents", (int64_t)manager->count);
    for (size_t i = 0; i < manager->count; i++) {
        persist_agent(&manager->agents[i], persist);
    }
    persist_array(persist, "records", manager->records, manager->count, AGENTS_MAX,
                  sizeof *manager->records, NULL, NULL);
    persist_history(persist, "parameter_history", &manager->changes, check_change, manager);
    score_persist(&manager->sheet, persist);
    PERSIST(persist, manager->counts);
}

struct module agent_manager_module(struct agent_manager *manager)
{
    return (struct module){.id = MODULE_AGENT_MANAGER,
                           .state = manager,
                           .start = start,
                           .handle = handle,
                           .histories = histories,
                           .persist = persist,
                           .version = PERSIST_VERSION};
}

size_t agent_manager_agents(const struct agent_manager *manager)
{
    return manager->count;
}

size_t agent_manager_versions(const struct agent_manager *manager, size_t place)
{
    return place < manager->count ? ring_size(&manager->agents[place].versions) : 0;
}

bool agent_manager_version(const struct agent_manager *manager, size_t place, size_t index,
                           struct agent_version *version)
{
    if (place >= manager->count || index >= ring_size(&manager->agents[place].versions)) {
        return false;
    }
    const struct agent_version *kept = ring_newest(&manager->agents[place].versions, index);
    *version = *kept;
    if (index == 0) {
        version->record = manager->records[place];
    }
    return true;
}

bool agent_manager_row(const struct agent_manager *manager, size_t place, struct agent_row *row)
{
    *row = (struct agent_row){.place = place, .id = (int64_t)place + 1};
    if (!agent_manager_version(manager, place, 0, &row->version)) {
        return false;
    }
    const struct agent *agent = &manager->agents[place];
    row->species = agent->species;
    row->state = agent->state;
    row->weight = agent->weight;
    row->lifetime = agent->past;
    add_to(&row->lifetime, &manager->records[place]);
    return true;
}

const struct agent_change *agent_manager_change(const struct agent_manager *manager, size_t index)
{
    return index < ring_size(&manager->changes) ? ring_newest(&manager->changes, index) : NULL;
}

const struct agent_manager_counts *agent_manager_counts(const struct agent_manager *manager)
{
    return &manager->counts;
}
