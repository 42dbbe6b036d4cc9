/* The electorate: each bar goes into its symbol's memory, then every place is asked. */
#include "tickd/modules/electorate.h"

#include <string.h>

#include "tickd/agents/species.h"
#include "tickd/base/assert.h"
#include "tickd/base/rng.h"

/* A symbol leaves the basket when it has been silent for so many bars. */
enum { BASKET_SILENCE_BARS = 300 };

enum { VOTING_SPECIES = SPECIES_COIN, PERSIST_VERSION = 1 };

_Static_assert(SPECIES_COIN + 1 == SPECIES_COUNT, "the species that vote come first");

/* Who sits at a place. */
struct seat {
    double (*score)(const double parameters[PARAMETERS_MAX], const struct agent_view *view);
    double parameters[PARAMETERS_MAX];
    enum species species;
    enum agent_state state;
    bool taken;
};

struct electorate {
    struct settings_electorate settings;
    struct bus *bus;
    struct symbol_memory *memories; /* by symbol */
    size_t symbols;
    struct basket basket;
    struct rng coin;
    struct seat agents[AGENTS_MAX];
    struct seat shadows[SHADOWS_MAX];
    struct electorate_counts counts;
};

struct electorate *electorate_create(struct arena *arena,
                                     const struct settings_electorate *settings, size_t symbols,
                                     int64_t bar_ms, uint64_t seed, struct bus *bus)
{
    struct basket basket;
    struct electorate *electorate = arena_take(arena, "electorate", "state", 1, sizeof *electorate);
    struct symbol_memory *memories =
        arena_take(arena, "electorate", "memory of symbols", symbols, sizeof *memories);
    if (!basket_init(&basket, arena, symbols, BASKET_SILENCE_BARS * bar_ms)) {
        return NULL;
    }
    electorate->settings = *settings;
    electorate->bus = bus;
    electorate->memories = memories;
    electorate->symbols = symbols;
    electorate->basket = basket;
    rng_stream(&electorate->coin, seed, "coin");
    electorate->counts.agents = (uint32_t)(VOTING_SPECIES * settings->incumbents + 1);
    electorate->counts.shadows = (uint32_t)(VOTING_SPECIES * settings->shadows);
    ASSERT(electorate->counts.agents <= AGENTS_MAX && electorate->counts.shadows <= SHADOWS_MAX);
    return electorate;
}

/* Profiles. */

static void seat(struct seat *seat, uint32_t species, enum agent_state state,
                 const double parameters[PARAMETERS_MAX])
{
    seat->species = (enum species)species;
    seat->state = state;
    seat->score = species_describe(seat->species)->score;
    memcpy(seat->parameters, parameters, sizeof seat->parameters);
    species_bound(seat->species, seat->parameters);
    seat->taken = true;
}

static void count_states(struct electorate *electorate)
{
    uint32_t of_state[AGENT_STATE_COUNT] = {0};
    for (size_t i = 0; i < electorate->counts.agents; i++) {
        if (electorate->agents[i].taken) {
            of_state[electorate->agents[i].state]++;
        }
    }
    electorate->counts.active = of_state[AGENT_ACTIVE];
    electorate->counts.suspended = of_state[AGENT_SUSPENDED];
}

static void take_agent(struct electorate *electorate, const struct agent_profile_message *profile)
{
    if (profile->place >= electorate->counts.agents || profile->species >= SPECIES_COUNT ||
        profile->state >= AGENT_STATE_COUNT) {
        electorate->counts.refused++;
        return;
    }
    seat(&electorate->agents[profile->place], profile->species, (enum agent_state)profile->state,
         profile->parameters);
    electorate->counts.profiles++;
    count_states(electorate);
}

static void take_shadow(struct electorate *electorate, const struct shadow_profile_message *profile)
{
    if (profile->place >= electorate->counts.shadows || profile->species >= VOTING_SPECIES) {
        electorate->counts.refused++;
        return;
    }
    seat(&electorate->shadows[profile->place], profile->species, AGENT_ACTIVE, profile->parameters);
    electorate->counts.profiles++;
}

/* Votes. */

static int8_t vote_of(const struct electorate *electorate, const struct seat *seat,
                      const struct agent_view *view, int8_t coin)
{
    if (!seat->taken || seat->state == AGENT_SUSPENDED) {
        return VOTE_ABSTAINS;
    }
    if (seat->score == NULL) {
        return coin;
    }
    return species_vote(seat->score(seat->parameters, view), electorate->settings.dead_band);
}

static void count_vote(struct electorate_counts *counts, int8_t vote)
{
    if (vote == VOTE_ABSTAINS) {
        counts->abstentions++;
    } else if (vote == 0) {
        counts->holds++;
    } else {
        counts->votes++;
    }
}

/* The coin is thrown for every ballot, whether it counts or not, so that who is suspended when does
 * not move what it says later. */
static int8_t throw_coin(struct electorate *electorate)
{
    double score = 2 * rng_uniform(&electorate->coin) - 1;
    return species_vote(score, electorate->settings.dead_band);
}

/* Without a volatility no vote could ever be judged, so all abstain. */
static bool is_ready(const struct bar_message *bar)
{
    return bar->indicators.ewma_volatility == bar->indicators.ewma_volatility;
}

static void publish_votes(struct electorate *electorate, uint16_t symbol,
                          const struct agent_view *view)
{
    const struct bar_message *bar = view->bar;
    bool ready = is_ready(bar);
    int8_t coin = throw_coin(electorate);
    struct ballot_message ballot = {
        .bar_start_ms = bar->start_ms,
        .close = bar->close,
        .volatility = bar->indicators.ewma_volatility,
        .horizon_return = bar->horizon_return,
        .number = bar->number,
        .agents = electorate->counts.agents,
        .after_gap = bar->after_gap,
    };
    memset(ballot.votes, VOTE_ABSTAINS, sizeof ballot.votes);
    for (size_t i = 0; i < ballot.agents; i++) {
        if (ready) {
            ballot.votes[i] = vote_of(electorate, &electorate->agents[i], view, coin);
        }
        count_vote(&electorate->counts, ballot.votes[i]);
    }
    electorate->counts.ballots++;
    publish_ballot(electorate->bus, MODULE_ELECTORATE, symbol, &ballot);
}

static void publish_shadow_votes(struct electorate *electorate, uint16_t symbol,
                                 const struct agent_view *view)
{
    struct shadows_message shadows = {.bar_start_ms = view->bar->start_ms,
                                      .number = view->bar->number,
                                      .shadows = electorate->counts.shadows};
    memset(shadows.votes, VOTE_ABSTAINS, sizeof shadows.votes);
    for (size_t i = 0; i < shadows.shadows && is_ready(view->bar); i++) {
        shadows.votes[i] = vote_of(electorate, &electorate->shadows[i], view, 0);
    }
    publish_shadows(electorate->bus, MODULE_ELECTORATE, symbol, &shadows);
}

static void take_bar(struct electorate *electorate, uint16_t symbol, const struct bar_message *bar)
{
    ASSERT(symbol < electorate->symbols);
    struct symbol_memory *memory = &electorate->memories[symbol];
    struct agent_view view = {.bar = bar, .memory = memory};
    if (bar->after_gap != 0) {
        memory_reset(memory);
        electorate->counts.resets++;
    }
    memory_add(memory, &electorate->basket, symbol, bar);
    publish_votes(electorate, symbol, &view);
    if (electorate->counts.shadows > 0) {
        publish_shadow_votes(electorate, symbol, &view);
    }
}

static void handle(void *state, const struct message *message)
{
    struct electorate *electorate = state;
    switch (message->head.topic) {
    case TOPIC_BAR:
        take_bar(electorate, message->head.symbol, &message->body.bar);
        break;
    case TOPIC_AGENT_PROFILE:
        take_agent(electorate, &message->body.agent_profile);
        break;
    case TOPIC_SHADOW_PROFILE:
        take_shadow(electorate, &message->body.shadow_profile);
        break;
    default:
        break;
    }
}

/* State. */

/* A seat without its function. */
struct seat_record {
    double parameters[PARAMETERS_MAX];
    uint32_t species;
    uint32_t state;
    uint64_t taken;
};

static bool check_seat(const void *value, void *context)
{
    const struct seat_record *record = value;
    (void)context;
    return record->species < SPECIES_COUNT && record->state < AGENT_STATE_COUNT &&
           record->taken <= 1;
}

/* Parameters within bounds are bounded to themselves. */
static void persist_seat(struct seat *place, struct persist *persist)
{
    struct seat_record record = {
        .species = place->species, .state = place->state, .taken = place->taken ? 1 : 0};
    memcpy(record.parameters, place->parameters, sizeof record.parameters);
    persist_value(persist, "seat", &record, sizeof record, check_seat, NULL);
    if (persist_loading(persist) && record.taken != 0) {
        seat(place, record.species, (enum agent_state)record.state, record.parameters);
    }
}

static void persist_counts(struct electorate_counts *counts, struct persist *persist)
{
    PERSIST(persist, counts->ballots);
    PERSIST(persist, counts->votes);
    PERSIST(persist, counts->holds);
    PERSIST(persist, counts->abstentions);
    PERSIST(persist, counts->profiles);
    PERSIST(persist, counts->refused);
    PERSIST(persist, counts->resets);
}

static void persist(void *state, struct persist *persist)
{
    struct electorate *electorate = state;
    persist_same(persist, "places of agents", electorate->counts.agents);
    persist_same(persist, "places of shadows", electorate->counts.shadows);
    for (size_t i = 0; i < electorate->symbols; i++) {
        memory_persist(&electorate->memories[i], persist);
    }
    basket_persist(&electorate->basket, persist);
    PERSIST(persist, electorate->coin);
    for (size_t i = 0; i < electorate->counts.agents; i++) {
        persist_seat(&electorate->agents[i], persist);
    }
    for (size_t i = 0; i < electorate->counts.shadows; i++) {
        persist_seat(&electorate->shadows[i], persist);
    }
    persist_counts(&electorate->counts, persist);
    if (persist_loading(persist)) {
        count_states(electorate);
    }
}

struct module electorate_module(struct electorate *electorate)
{
    return (struct module){.id = MODULE_ELECTORATE,
                           .state = electorate,
                           .handle = handle,
                           .persist = persist,
                           .version = PERSIST_VERSION};
}

const struct electorate_counts *electorate_counts(const struct electorate *electorate)
{
    return &electorate->counts;
}
