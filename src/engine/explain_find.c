/* From a sequence number to its explanation. */
#include "tickd/engine/explain.h"

/* Entries of the histories, the newest first. */

static const struct consensus_entry *find_decision(const struct explain_sources *sources,
                                                   uint64_t sequence)
{
    const struct consensus_entry *entry;
    for (size_t i = 0; (entry = consensus_entry(sources->consensus, i)) != NULL; i++) {
        if (entry->sequence <= sequence) {
            return entry->sequence == sequence ? entry : NULL;
        }
    }
    return NULL;
}

static const struct simulator_entry *find_simulation(const struct explain_sources *sources,
                                                     uint64_t sequence)
{
    const struct simulator_entry *entry;
    for (size_t i = 0; (entry = simulator_entry(sources->simulator, i)) != NULL; i++) {
        if (entry->sequence <= sequence) {
            return entry->sequence == sequence ? entry : NULL;
        }
    }
    return NULL;
}

static const struct portfolio_fill *find_fill(const struct explain_sources *sources,
                                              uint64_t sequence)
{
    const struct portfolio_fill *entry;
    for (size_t i = 0; (entry = portfolio_fill(sources->portfolio, i)) != NULL; i++) {
        if (entry->sequence <= sequence) {
            return entry->sequence == sequence ? entry : NULL;
        }
    }
    return NULL;
}

/* The two sides of a bar's story: a decision and the simulation of it. */
static const struct simulator_entry *simulation_of(const struct explain_sources *sources,
                                                   const struct consensus_entry *decision)
{
    const struct simulator_entry *entry;
    for (size_t i = 0; (entry = simulator_entry(sources->simulator, i)) != NULL; i++) {
        if (entry->sequence < decision->sequence) {
            return NULL;
        }
        if (entry->symbol == decision->symbol &&
            entry->simulation.bar_start_ms == decision->decision.bar_start_ms) {
            return entry;
        }
    }
    return NULL;
}

static const struct consensus_entry *decision_of(const struct explain_sources *sources,
                                                 const struct simulator_entry *simulation)
{
    const struct consensus_entry *entry;
    for (size_t i = 0; (entry = consensus_entry(sources->consensus, i)) != NULL; i++) {
        if (entry->sequence < simulation->sequence && entry->symbol == simulation->symbol) {
            return entry->decision.bar_start_ms == simulation->simulation.bar_start_ms ? entry
                                                                                       : NULL;
        }
    }
    return NULL;
}

/* The order that a decision or simulation, or an end, belongs to. */
static const struct explain_order *order_with(const struct explain_sources *sources,
                                              uint64_t sequence)
{
    const struct explain_order *order;
    for (size_t i = 0; (order = explain_newest(sources->explain, i)) != NULL; i++) {
        if (order->head.sequence == sequence || order->end_sequence == sequence ||
            order->simulation_sequence == sequence || order->decision_sequence == sequence) {
            return order;
        }
    }
    return NULL;
}

/* What the number is. */

static enum topic topic_in(const struct explain_order *order, uint64_t sequence)
{
    if (order->head.sequence == sequence) {
        return TOPIC_ORDER;
    }
    if (order->simulation_sequence == sequence) {
        return TOPIC_SIMULATION;
    }
    return order->decision_sequence == sequence ? TOPIC_DECISION : order->end;
}

static bool is_explained(enum topic topic)
{
    return topic == TOPIC_FILL || topic == TOPIC_ORDER || topic == TOPIC_REJECT ||
           topic == TOPIC_EXPIRED || topic == TOPIC_SIMULATION || topic == TOPIC_DECISION;
}

static int64_t order_number_in(const struct message *message)
{
    switch (message->head.topic) {
    case TOPIC_FILL:
        return message->body.fill.order;
    case TOPIC_ORDER:
        return message->body.order.order;
    case TOPIC_REJECT:
        return message->body.reject.order;
    case TOPIC_EXPIRED:
        return message->body.expired.order;
    default:
        return 0;
    }
}

/* While it is in the message log. */
static bool find_in_log(const struct explain_sources *sources, const struct message *message,
                        struct explanation *found)
{
    found->topic = (enum topic)message->head.topic;
    found->symbol = message->head.symbol;
    if (found->topic == TOPIC_FILL) {
        found->fill = (struct portfolio_fill){.sequence = message->head.sequence,
                                              .time_us = message->head.time_us,
                                              .fill = message->body.fill,
                                              .symbol = message->head.symbol};
    }
    int64_t number = order_number_in(message);
    if (number != 0) {
        found->order = explain_order(sources->explain, number);
        found->order_gone = found->order == NULL;
    }
    return is_explained(found->topic);
}

/* Afterwards. */
static bool find_in_histories(const struct explain_sources *sources, struct explanation *found)
{
    const struct portfolio_fill *fill = find_fill(sources, found->sequence);
    if (fill != NULL) {
        found->topic = TOPIC_FILL;
        found->symbol = fill->symbol;
        found->fill = *fill;
        found->order = explain_order(sources->explain, fill->fill.order);
        found->order_gone = found->order == NULL;
        return true;
    }
    const struct explain_order *order = order_with(sources, found->sequence);
    if (order != NULL) {
        found->topic = topic_in(order, found->sequence);
        found->symbol = order->head.symbol;
        found->order = order;
        return true;
    }
    found->decision = find_decision(sources, found->sequence);
    found->simulation = find_simulation(sources, found->sequence);
    if (found->decision != NULL) {
        found->topic = TOPIC_DECISION;
        found->symbol = found->decision->symbol;
    } else if (found->simulation != NULL) {
        found->topic = TOPIC_SIMULATION;
        found->symbol = found->simulation->symbol;
    }
    return found->decision != NULL || found->simulation != NULL;
}

/* What belongs to it. */

static void complete_decision(const struct explain_sources *sources, struct explanation *found)
{
    if (found->topic == TOPIC_DECISION) {
        found->decision = find_decision(sources, found->sequence);
        found->simulation =
            found->decision != NULL ? simulation_of(sources, found->decision) : NULL;
    } else {
        found->simulation = find_simulation(sources, found->sequence);
        found->decision =
            found->simulation != NULL ? decision_of(sources, found->simulation) : NULL;
    }
    found->order = order_with(sources, found->sequence);
}

static void complete_order(const struct explain_sources *sources, struct explanation *found)
{
    const struct explain_order *order = found->order;
    if (order == NULL) {
        return;
    }
    found->decision = find_decision(sources, order->decision_sequence);
    found->simulation = find_simulation(sources, order->simulation_sequence);
    if (order->opened_by != 0) {
        found->entry = explain_order(sources->explain, order->opened_by);
    }
    if (order->closed_by != 0) {
        found->exit = explain_order(sources->explain, order->closed_by);
    }
}

uint32_t explain_version(const struct agent_manager *agents, size_t place, int64_t time_us)
{
    struct agent_version version = {0};
    for (size_t i = 0; agent_manager_version(agents, place, i, &version); i++) {
        if (version.time_us < time_us) {
            return version.version;
        }
    }
    return version.version == 1 ? 1 : 0; /* the first is there from the start */
}

enum explain_result explain_find(const struct explain_sources *sources, uint64_t sequence,
                                 struct explanation *explanation)
{
    const struct message *message = bus_message(sources->bus, sequence);
    *explanation =
        (struct explanation){.sequence = sequence, .topic = TOPIC_COUNT, .symbol = SYMBOL_NONE};
    if (message != NULL) {
        if (!find_in_log(sources, message, explanation)) {
            return EXPLAIN_NOTHING;
        }
    } else if (!find_in_histories(sources, explanation)) {
        bool was_there = sequence > 0 && sequence <= bus_published(sources->bus);
        return was_there ? EXPLAIN_GONE : EXPLAIN_NOTHING;
    }
    if (explanation->topic == TOPIC_DECISION || explanation->topic == TOPIC_SIMULATION) {
        complete_decision(sources, explanation);
    }
    complete_order(sources, explanation);
    bool known = explanation->order != NULL || explanation->decision != NULL ||
                 explanation->simulation != NULL || explanation->topic == TOPIC_FILL;
    return known ? EXPLAIN_FOUND : EXPLAIN_GONE;
}
