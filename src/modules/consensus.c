/* The consensus: remembers ballots until their outcome is known, learns, decides. */
#include "tickd/modules/consensus.h"

#include <math.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"
#include "tickd/base/real.h"
#include "tickd/modules/consensus_hedge.h"
#include "tickd/modules/consensus_models.h"

enum { PERSIST_VERSION = 1 };

/* A ballot that waits for its outcome. */
struct waiting_ballot {
    double volatility;
    int8_t votes[AGENTS_MAX];
};

struct symbol_consensus {
    struct ring waiting; /* H of them */
    struct hedge hedge;
};

struct consensus {
    struct settings_consensus settings;
    int64_t horizon_bars;
    struct bus *bus;
    struct hedge common;
    struct symbol_consensus *of;
    size_t symbols;
    size_t agents;
    enum agent_state states[AGENTS_MAX];
    bool known[AGENTS_MAX];
    uint32_t versions[AGENTS_MAX];
    struct ring history; /* of struct consensus_entry */
    struct consensus_counts counts;
};

struct consensus *consensus_create(struct arena *arena, const struct settings_consensus *settings,
                                   int64_t horizon_bars, int64_t decisions_kept, size_t symbols,
                                   size_t agents, struct bus *bus)
{
    ASSERT(agents >= 1 && agents <= AGENTS_MAX);
    struct consensus *consensus = arena_take(arena, "consensus", "state", 1, sizeof *consensus);
    struct symbol_consensus *of =
        arena_take(arena, "consensus", "learners of symbols", symbols, sizeof *of);
    for (size_t i = 0; i < symbols; i++) {
        struct symbol_consensus scratch = {0};
        struct symbol_consensus *symbol = arena_measuring(arena) ? &scratch : &of[i];
        ring_init(&symbol->waiting, arena, "consensus", "ballots without outcome",
                  (size_t)horizon_bars, sizeof(struct waiting_ballot));
    }
    struct ring history;
    ring_init(&history, arena, "consensus", "consensus_history", (size_t)decisions_kept,
              sizeof(struct consensus_entry));
    if (arena_measuring(arena)) {
        return NULL;
    }
    consensus->settings = *settings;
    consensus->horizon_bars = horizon_bars;
    consensus->bus = bus;
    consensus->of = of;
    consensus->symbols = symbols;
    consensus->agents = agents;
    consensus->history = history;
    hedge_init(&consensus->common, agents, settings->learning_rate, settings->share);
    for (size_t i = 0; i < symbols; i++) {
        hedge_init(&of[i].hedge, agents, settings->learning_rate, settings->share);
    }
    return consensus;
}

/* Learning. */

/* Losses of all agents on a ballot whose outcome is `units` of volatility; NaN = slept. */
static void find_losses(const struct consensus *consensus, const int8_t *votes, double units,
                        double *losses)
{
    for (size_t i = 0; i < consensus->agents; i++) {
        if (votes[i] == VOTE_ABSTAINS) {
            losses[i] = real_nan();
            continue;
        }
        double worth = (double)votes[i] / 100.0 * units;
        worth = worth > 1.0 ? 1.0 : worth < -1.0 ? -1.0 : worth;
        losses[i] = (1.0 - worth) / 2.0;
    }
}

static void learn(struct consensus *consensus, struct symbol_consensus *symbol,
                  const struct ballot_message *ballot)
{
    double losses[AGENTS_MAX];
    if (ring_size(&symbol->waiting) < symbol->waiting.capacity) {
        return;
    }
    const struct waiting_ballot *then = ring_at(&symbol->waiting, 0);
    double scale = then->volatility * sqrt((double)consensus->horizon_bars);
    if (!(scale > 0.0) || ballot->horizon_return != ballot->horizon_return) {
        return;
    }
    find_losses(consensus, then->votes, ballot->horizon_return / scale, losses);
    double learned = hedge_learn(&consensus->common, losses);
    hedge_learn(&symbol->hedge, losses);
    if (learned == learned) {
        consensus->counts.outcomes++;
    }
}

/* What an agent has left without an outcome says nothing about who follows it. Slots that are not
 * in use are written before they are read. */
static void forget_votes(struct symbol_consensus *symbol, size_t place)
{
    struct waiting_ballot *waiting = (void *)symbol->waiting.entries;
    for (size_t i = 0; i < symbol->waiting.capacity; i++) {
        waiting[i].votes[place] = VOTE_ABSTAINS;
    }
}

static void remember(struct symbol_consensus *symbol, const struct ballot_message *ballot)
{
    struct waiting_ballot *waiting = ring_append(&symbol->waiting);
    waiting->volatility = ballot->volatility;
    memcpy(waiting->votes, ballot->votes, sizeof waiting->votes);
}

/* Deciding. */

static bool counts(const struct consensus *consensus, size_t place)
{
    return consensus->known[place] && consensus->states[place] == AGENT_ACTIVE;
}

static void find_weights(const struct consensus *consensus, const struct symbol_consensus *symbol,
                         double *weights, bool *eligible)
{
    double rounds = (double)symbol->hedge.rounds;
    double own = rounds / (rounds + consensus->settings.shrinkage + 1e-9);
    double sum = 0.0;
    for (size_t i = 0; i < consensus->agents; i++) {
        eligible[i] = counts(consensus, i);
        weights[i] = eligible[i] ? own * symbol->hedge.weights[i] +
                                       (1.0 - own) * consensus->common.weights[i]
                                 : 0.0;
        sum += weights[i];
    }
    for (size_t i = 0; i < consensus->agents && sum > 0.0; i++) {
        weights[i] /= sum;
    }
}

static uint16_t share_of(double weight)
{
    double part = floor(weight * SHARE_ONE + 0.5);
    return part >= SHARE_ONE ? SHARE_ONE : (uint16_t)part;
}

static void keep(struct consensus *consensus, const struct message *message,
                 const struct decision_message *decision, const double *weights)
{
    struct consensus_entry *entry = ring_append(&consensus->history);
    *entry = (struct consensus_entry){
        .sequence = bus_published(consensus->bus),
        .time_us = message->head.time_us,
        .decision = *decision,
        .symbol = message->head.symbol,
        .agents = (uint16_t)consensus->agents,
    };
    memcpy(entry->votes, message->body.ballot.votes, sizeof entry->votes);
    for (size_t i = 0; i < consensus->agents; i++) {
        entry->weights[i] = share_of(weights[i]);
    }
}

static void decide(struct consensus *consensus, const struct symbol_consensus *symbol,
                   const struct message *message)
{
    const struct ballot_message *ballot = &message->body.ballot;
    double weights[AGENTS_MAX];
    bool eligible[AGENTS_MAX];
    find_weights(consensus, symbol, weights, eligible);
    struct poll poll = {.agents = consensus->agents,
                        .votes = ballot->votes,
                        .weights = weights,
                        .counts = eligible,
                        .quorum = consensus->settings.quorum,
                        .threshold = consensus->settings.threshold};
    enum consensus_model model = (enum consensus_model)consensus->settings.model;
    struct poll_result result = poll_decide(model, &poll);
    struct decision_message decision = {
        .bar_start_ms = ballot->bar_start_ms,
        .close = ballot->close,
        .volatility = ballot->volatility,
        .horizon_return = ballot->horizon_return,
        .score = result.score,
        .support = result.support,
        .confidence = result.confidence,
        .quorum = result.quorum,
        .dissent = result.dissent,
        .number = ballot->number,
        .robustness = result.robustness,
        .side = result.side,
        .model = model,
        .reason = result.reason,
        .after_gap = ballot->after_gap,
    };
    consensus->counts.decisions[result.side]++;
    publish_decision(consensus->bus, MODULE_CONSENSUS, message->head.symbol, &decision);
    keep(consensus, message, &decision, weights);
}

static void take_ballot(struct consensus *consensus, const struct message *message)
{
    const struct ballot_message *ballot = &message->body.ballot;
    ASSERT(message->head.symbol < consensus->symbols);
    struct symbol_consensus *symbol = &consensus->of[message->head.symbol];
    if (ballot->after_gap != 0) {
        ring_clear(&symbol->waiting);
    }
    learn(consensus, symbol, ballot);
    decide(consensus, symbol, message);
    remember(symbol, ballot);
}

/* The agents. */

static void take_profile(struct consensus *consensus, const struct agent_profile_message *profile)
{
    size_t place = profile->place;
    if (place >= consensus->agents) {
        return;
    }
    /* A profile is said again when an agent is suspended or resumed: only another version is
     * another agent, whose record begins anew, of its own votes alone. */
    bool newcomer = consensus->known[place] && profile->version != consensus->versions[place];
    consensus->known[place] = true;
    consensus->versions[place] = profile->version;
    consensus->states[place] = (enum agent_state)profile->state;
    if (newcomer) {
        hedge_replace(&consensus->common, place);
        for (size_t i = 0; i < consensus->symbols; i++) {
            hedge_replace(&consensus->of[i].hedge, place);
            forget_votes(&consensus->of[i], place);
        }
    }
}

static void say_weights(struct consensus *consensus)
{
    struct weights_message message = {.losses = consensus->common.rounds};
    size_t worst = hedge_worst(&consensus->common, &message.regret_ratio);
    message.regret = consensus->common.regret[worst];
    message.bound = hedge_bound(&consensus->common, worst);
    consensus->counts.regret_ratio = message.regret_ratio;
    for (size_t i = 0; i < consensus->agents; i++) {
        message.weights[i] = share_of(consensus_weight(consensus, i));
    }
    publish_weights(consensus->bus, MODULE_CONSENSUS, SYMBOL_NONE, &message);
}

static void handle(void *state, const struct message *message)
{
    struct consensus *consensus = state;
    switch (message->head.topic) {
    case TOPIC_BALLOT:
        take_ballot(consensus, message);
        break;
    case TOPIC_AGENT_PROFILE:
        take_profile(consensus, &message->body.agent_profile);
        break;
    case TOPIC_CLOCK:
        if (floor_modulo(message->head.time_us, 60 * (int64_t)US_PER_S) == 0) {
            say_weights(consensus);
        }
        break;
    default:
        break;
    }
}

static size_t histories(const void *state, struct history *histories, size_t room)
{
    const struct consensus *consensus = state;
    if (room == 0) {
        return 0;
    }
    histories[0] = history_of_ring("consensus", "consensus_history", &consensus->history);
    return 1;
}

/* State. */

static bool check_entry(const void *value, void *context)
{
    const struct consensus_entry *entry = value;
    return symbols_were_there(context, entry->symbol) && entry->agents <= AGENTS_MAX;
}

static bool check_known(const void *value, void *context)
{
    (void)context;
    return persist_is_flag(value);
}

static void persist(void *state, struct persist *persist)
{
    struct consensus *consensus = state;
    size_t agents = consensus->agents;
    hedge_persist(&consensus->common, persist);
    for (size_t i = 0; i < consensus->symbols; i++) {
        hedge_persist(&consensus->of[i].hedge, persist);
        persist_ring(persist, "ballots without outcome", &consensus->of[i].waiting, NULL, NULL);
    }
    PERSIST(persist, consensus->states);
    PERSIST(persist, consensus->versions);
    persist_array(persist, "known agents", consensus->known, agents, AGENTS_MAX,
                  sizeof *consensus->known, check_known, NULL);
    persist_history(persist, "consensus_history", &consensus->history, check_entry, persist);
    PERSIST(persist, consensus->counts);
}

struct module consensus_module(struct consensus *consensus)
{
    return (struct module){.id = MODULE_CONSENSUS,
                           .state = consensus,
                           .handle = handle,
                           .histories = histories,
                           .persist = persist,
                           .version = PERSIST_VERSION};
}

const struct consensus_counts *consensus_counts(const struct consensus *consensus)
{
    return &consensus->counts;
}

const struct consensus_entry *consensus_entry(const struct consensus *consensus, size_t index)
{
    return index < ring_size(&consensus->history) ? ring_newest(&consensus->history, index) : NULL;
}

double consensus_weight(const struct consensus *consensus, size_t place)
{
    double sum = 0.0;
    for (size_t i = 0; i < consensus->agents; i++) {
        sum += counts(consensus, i) || i == place ? consensus->common.weights[i] : 0.0;
    }
    return place < consensus->agents && sum > 0.0 ? consensus->common.weights[place] / sum : 0.0;
}
