/* The names of enumerations, generated from their lists. */
#include "tickd/bus/vocabulary.h"

#include "tickd/market/session.h"

#define NAME_ROW(PREFIX, NAME, name) #name,
#define NAMES(list, function)                                          \
    const char *function(uint32_t value)                               \
    {                                                                  \
        static const char *const names[] = {list(NAME_ROW)};           \
        return value < ARRAY_LENGTH(names) ? names[value] : "unknown"; \
    }

NAMES(FEED_STATE_LIST, feed_state_name)
NAMES(STREAM_STATE_LIST, stream_state_name)
NAMES(COMMAND_VERB_LIST, command_verb_name)
NAMES(SIDE_LIST, side_name)
NAMES(SPECIES_LIST, species_name)
NAMES(AGENT_STATE_LIST, agent_state_name)
NAMES(VERSION_REASON_LIST, version_reason_name)
NAMES(CONSENSUS_MODEL_LIST, consensus_model_name)
NAMES(DECISION_REASON_LIST, decision_reason_name)
NAMES(VERDICT_LIST, verdict_name)
NAMES(SIMULATION_REASON_LIST, simulation_reason_name)
NAMES(ORDER_PURPOSE_LIST, order_purpose_name)
NAMES(REJECT_REASON_LIST, reject_reason_name)
NAMES(EVOLUTION_EVENT_LIST, evolution_event_name)
NAMES(ALERT_SEVERITY_LIST, alert_severity_name)
NAMES(ALERT_STATE_LIST, alert_state_name)
NAMES(ALERT_ACTION_LIST, alert_action_name)

const char *alert_name(uint32_t id)
{
#define X(NAME, name, ...) #name,
    static const char *const names[] = {ALERT_LIST(X)};
#undef X
    return id < ARRAY_LENGTH(names) ? names[id] : "unknown";
}

const char *session_choice_name(uint32_t value)
{
    return value <= SESSION_POST_MARKET ? session_name((enum session)value) : "unknown";
}
