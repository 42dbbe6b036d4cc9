/* Histories for readers: each entry as the message that it was made of, so that all are rendered
 * alike. */
#include <string.h>

#include "tickd/engine/engine_state.h"

typedef bool history_reader(const struct engine *engine, size_t index, struct message *message);

static struct message_head head_of(enum topic topic, enum module_id sender, uint64_t sequence,
                                   int64_t time_us, uint16_t symbol)
{
    return (struct message_head){.sequence = sequence,
                                 .time_us = time_us,
                                 .topic = (uint8_t)topic,
                                 .sender = (uint8_t)sender,
                                 .symbol = symbol};
}

static bool read_decision(const struct engine *engine, size_t index, struct message *message)
{
    const struct consensus_entry *entry = consensus_entry(engine->consensus, index);
    if (entry == NULL) {
        return false;
    }
    message->head =
        head_of(TOPIC_DECISION, MODULE_CONSENSUS, entry->sequence, entry->time_us, entry->symbol);
    message->body.decision = entry->decision;
    return true;
}

static bool read_simulation(const struct engine *engine, size_t index, struct message *message)
{
    const struct simulator_entry *entry = simulator_entry(engine->simulator, index);
    if (entry == NULL) {
        return false;
    }
    message->head =
        head_of(TOPIC_SIMULATION, MODULE_SIMULATOR, entry->sequence, entry->time_us, entry->symbol);
    message->body.simulation = entry->simulation;
    return true;
}

static bool read_fill(const struct engine *engine, size_t index, struct message *message)
{
    const struct portfolio_fill *entry = portfolio_fill(engine->portfolio, index);
    if (entry == NULL) {
        return false;
    }
    message->head =
        head_of(TOPIC_FILL, MODULE_PORTFOLIO, entry->sequence, entry->time_us, entry->symbol);
    message->body.fill = entry->fill;
    return true;
}

static bool read_event(const struct engine *engine, size_t index, struct message *message)
{
    const struct evolution_entry *entry = evolution_event(engine->evolution, index);
    if (entry == NULL) {
        return false;
    }
    message->head =
        head_of(TOPIC_EVOLUTION, MODULE_EVOLUTION, entry->sequence, entry->time_us, SYMBOL_NONE);
    message->body.evolution = entry->event;
    return true;
}

static bool read_shadow_change(const struct engine *engine, size_t index, struct message *message)
{
    const struct evolution_change *change = evolution_change(engine->evolution, index);
    if (change == NULL) {
        return false;
    }
    message->head =
        head_of(TOPIC_SHADOW_PROFILE, MODULE_EVOLUTION, 0, change->time_us, SYMBOL_NONE);
    message->body.shadow_profile =
        (struct shadow_profile_message){.place = change->slot, .species = change->species};
    memcpy(message->body.shadow_profile.parameters, change->parameters, sizeof change->parameters);
    return true;
}

static bool read_reward(const struct engine *engine, size_t index, struct message *message)
{
    const struct introspection_entry *entry = introspection_entry(engine->introspection, index);
    if (entry == NULL) {
        return false;
    }
    message->head =
        head_of(TOPIC_REWARD, MODULE_INTROSPECTION, entry->sequence, entry->time_us, SYMBOL_NONE);
    message->body.reward = entry->reward;
    return true;
}

static bool read_alert(const struct engine *engine, size_t index, struct message *message)
{
    const struct alert_entry *entry = monitor_alert_entry(engine->monitor, index);
    if (entry == NULL) {
        return false;
    }
    message->head =
        head_of(TOPIC_ALERT, MODULE_MONITOR, entry->sequence, entry->time_us, SYMBOL_NONE);
    message->body.alert = entry->alert;
    return true;
}

static bool read_equity(const struct engine *engine, size_t index, struct message *message)
{
    const struct chronicle_equity *entry = chronicle_equity(engine->chronicle, index);
    if (entry == NULL) {
        return false;
    }
    message->head =
        head_of(TOPIC_EQUITY, MODULE_PORTFOLIO, entry->sequence, entry->time_us, SYMBOL_NONE);
    message->body.equity = entry->equity;
    return true;
}

static bool read_weights(const struct engine *engine, size_t index, struct message *message)
{
    const struct chronicle_weights *entry = chronicle_weights(engine->chronicle, index);
    if (entry == NULL) {
        return false;
    }
    message->head =
        head_of(TOPIC_WEIGHTS, MODULE_CONSENSUS, entry->sequence, entry->time_us, SYMBOL_NONE);
    message->body.weights = entry->weights;
    return true;
}

static void fill_profile(const struct engine *engine, int64_t id, const double *parameters,
                         struct agent_profile_message *profile)
{
    struct agent_row row;
    if (agent_manager_row(engine->agent_manager, (size_t)(id - 1), &row)) {
        profile->species = row.species;
        profile->state = row.state;
    }
    profile->id = id;
    profile->place = (uint32_t)(id - 1);
    memcpy(profile->parameters, parameters, sizeof profile->parameters);
}

static bool read_agent_change(const struct engine *engine, size_t index, struct message *message)
{
    const struct agent_change *change = agent_manager_change(engine->agent_manager, index);
    if (change == NULL) {
        return false;
    }
    struct agent_profile_message *profile = &message->body.agent_profile;
    message->head =
        head_of(TOPIC_AGENT_PROFILE, MODULE_AGENT_MANAGER, 0, change->time_us, SYMBOL_NONE);
    *profile = (struct agent_profile_message){.fitness = change->fitness,
                                              .version = change->version,
                                              .parent = change->parent,
                                              .reason = change->reason};
    fill_profile(engine, change->id, change->parameters, profile);
    return true;
}

/* Versions of all agents, agent by agent, each with its newest first. */
static bool read_version(const struct engine *engine, size_t index, struct message *message)
{
    size_t agents = agent_manager_agents(engine->agent_manager);
    struct agent_version version;
    size_t left = index;
    size_t place = agents;
    while (place > 0 && left >= agent_manager_versions(engine->agent_manager, place - 1)) {
        left -= agent_manager_versions(engine->agent_manager, place - 1);
        place--;
    }
    if (place == 0 || !agent_manager_version(engine->agent_manager, place - 1, left, &version)) {
        return false;
    }
    struct agent_profile_message *profile = &message->body.agent_profile;
    message->head =
        head_of(TOPIC_AGENT_PROFILE, MODULE_AGENT_MANAGER, 0, version.time_us, SYMBOL_NONE);
    *profile = (struct agent_profile_message){.fitness = version.fitness,
                                              .version = version.version,
                                              .parent = version.parent,
                                              .reason = version.reason};
    fill_profile(engine, (int64_t)place, version.parameters, profile);
    return true;
}

static const struct {
    const char *module;
    const char *name;
    history_reader *read;
} readers[] = {
    {"consensus", "consensus_history", read_decision},
    {"simulator", "simulation_history", read_simulation},
    {"portfolio", "trade_history", read_fill},
    {"agent_manager", "parameter_history", read_agent_change},
    {"agent_manager", "agent_versions", read_version},
    {"evolution", "parameter_history", read_shadow_change},
    {"evolution", "evolution_history", read_event},
    {"introspection", "reward_metrics_history", read_reward},
    {"monitor", "alerts", read_alert},
    {"chronicle", "equity", read_equity},
    {"chronicle", "weights", read_weights},
};

bool engine_history_message(const struct engine *engine, const char *module, const char *name,
                            size_t index, struct message *message)
{
    for (size_t i = 0; i < ARRAY_LENGTH(readers); i++) {
        if (strcmp(readers[i].module, module) == 0 && strcmp(readers[i].name, name) == 0) {
            return readers[i].read(engine, index, message);
        }
    }
    return false;
}

struct explain_sources engine_explain_sources(const struct engine *engine)
{
    return (struct explain_sources){
        .bus = engine->bus,
        .explain = engine->explain,
        .consensus = engine->consensus,
        .simulator = engine->simulator,
        .portfolio = engine->portfolio,
        .agents = engine->agent_manager,
        .symbols = &engine->symbols,
    };
}

void engine_explain(const struct engine *engine, uint64_t sequence, struct text *out)
{
    struct explain_sources sources = engine_explain_sources(engine);
    explain_print(&sources, sequence, out);
}

bool engine_agent(const struct engine *engine, int64_t id, struct agent_row *row)
{
    return id >= 1 && agent_manager_row(engine->agent_manager, (size_t)(id - 1), row);
}

bool engine_agent_version(const struct engine *engine, int64_t id, size_t index,
                          struct agent_version *version)
{
    return id >= 1 &&
           agent_manager_version(engine->agent_manager, (size_t)(id - 1), index, version);
}

const struct evolution_performance *engine_agent_performance(const struct engine *engine,
                                                             int64_t id, size_t index)
{
    return id < 1 || (size_t)id > agent_manager_agents(engine->agent_manager)
               ? NULL
               : evolution_performance(engine->evolution, (size_t)(id - 1), index);
}
