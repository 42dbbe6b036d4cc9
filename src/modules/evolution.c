/* The evolution module: blocks, generations, promotions. */
#include "tickd/modules/evolution.h"

#include <string.h>

#include "tickd/agents/species.h"
#include "tickd/base/assert.h"
#include "tickd/base/decimal.h"
#include "tickd/base/real.h"
#include "tickd/modules/evolution_book.h"
#include "tickd/modules/evolution_evidence.h"
#include "tickd/modules/evolution_population.h"

enum { BLOCKS_A_HORIZON = 4, PERSIST_VERSION = 1 };

enum { EVOLVING_SPECIES = SPECIES_COIN };

_Static_assert(SPECIES_COIN + 1 == SPECIES_COUNT, "the species that evolve come first");
_Static_assert((int)PARAMETERS_MAX == (int)SEARCH_DIMENSIONS_MAX, "parameters are a point");

/* What is known of an incumbent. */
struct incumbent {
    struct performance_record record;
    double generation_earned;
    uint64_t generation_scored;
    int64_t id;
    uint32_t version;
    bool known;
};

/* The bars that are being gathered. */
struct block {
    uint64_t bars; /* scored, of all symbols */
    size_t active; /* symbols with a scored bar */
    int64_t newest_start_ms;
    uint64_t number;
};

struct evolution {
    struct settings_evolution settings;
    struct bus *bus;
    struct book book;
    struct population *populations; /* by species */
    uint64_t *last_block;           /* of each symbol, plus one */
    struct incumbent agents[AGENTS_MAX];
    size_t agent_count; /* with the coin */
    size_t incumbents;  /* of a species */
    size_t shadows;     /* of a species */
    uint64_t block_bars;
    uint64_t generation_blocks;
    uint64_t blocks_in_generation;
    struct block block;
    struct ring events;
    struct ring changes;
    struct evolution_counts counts;
};

static double cost_of(const struct settings_portfolio *portfolio)
{
    return (decimal_to_double(portfolio->fee_bps) + decimal_to_double(portfolio->slippage_bps)) *
           1e-4;
}

static struct search_space space_of(enum species species)
{
    const struct species_description *description = species_describe(species);
    struct search_space space = {.dimensions = description->parameter_count};
    for (size_t i = 0; i < space.dimensions; i++) {
        const struct species_parameter *parameter = &description->parameters[i];
        space.of[i] = (struct search_dimension){.lowest = parameter->lowest,
                                                .highest = parameter->highest,
                                                .whole = parameter->whole,
                                                .by_ratio = parameter->by_ratio};
    }
    return space;
}

static void init_populations(struct evolution *evolution, uint64_t seed)
{
    for (size_t i = 0; i < EVOLVING_SPECIES; i++) {
        struct rng rng;
        struct search_space space = space_of((enum species)i);
        rng_stream_numbered(&rng, seed, "evolution", i, 0);
        population_init(&evolution->populations[i], &space, evolution->shadows,
                        evolution->incumbents, evolution->settings.mutation,
                        evolution->settings.crossover, &rng);
    }
}

/* Whole blocks of about a quarter of a horizon that come to a generation. */
static void divide_generation(struct evolution *evolution, int64_t horizon)
{
    int64_t bars = evolution->settings.generation_bars;
    int64_t blocks = (BLOCKS_A_HORIZON * bars + horizon / 2) / horizon;
    blocks = blocks < 1 ? 1 : blocks > bars ? bars : blocks;
    evolution->generation_blocks = (uint64_t)blocks;
    evolution->block_bars = (uint64_t)((bars + blocks - 1) / blocks);
}

struct evolution *evolution_create(struct arena *arena, const struct settings *settings,
                                   size_t symbols, struct bus *bus)
{
    const struct settings_electorate *electorate = &settings->electorate;
    size_t agents = (size_t)(EVOLVING_SPECIES * electorate->incumbents + 1);
    size_t shadows = (size_t)(EVOLVING_SPECIES * electorate->shadows);
    struct evolution scratch = {0};
    struct evolution *evolution = arena_take(arena, "evolution", "state", 1, sizeof *evolution);
    struct evolution *e = arena_measuring(arena) ? &scratch : evolution;
    e->populations =
        arena_take(arena, "evolution", "populations", EVOLVING_SPECIES, sizeof *e->populations);
    e->last_block = arena_take(arena, "evolution", "symbols", symbols, sizeof *e->last_block);
    ring_init(&e->events, arena, "evolution", "evolution_history",
              (size_t)settings->history.evolution_history, sizeof(struct evolution_entry));
    ring_init(&e->changes, arena, "evolution", "parameter_history",
              (size_t)settings->history.parameter_history, sizeof(struct evolution_change));
    for (size_t i = 0; i < agents; i++) {
        record_init(&e->agents[i].record, arena,
                    (size_t)settings->history.agent_performance_history);
    }
    if (!book_init(&e->book, arena, symbols, agents + shadows, (size_t)electorate->horizon_bars,
                   cost_of(&settings->portfolio))) {
        return NULL;
    }
    ASSERT(agents <= AGENTS_MAX && shadows <= SHADOWS_MAX);
    e->settings = settings->evolution;
    e->bus = bus;
    e->agent_count = agents;
    e->incumbents = (size_t)electorate->incumbents;
    e->shadows = (size_t)electorate->shadows;
    divide_generation(e, electorate->horizon_bars);
    init_populations(e, (uint64_t)settings->root.seed);
    return evolution;
}

static size_t shadow_place(const struct evolution *evolution, size_t species, size_t slot)
{
    return evolution->agent_count + species * evolution->shadows + slot;
}

/* Saying. */

static void say_shadow(struct evolution *evolution, size_t species, size_t slot)
{
    const struct population *population = &evolution->populations[species];
    struct shadow_profile_message profile = {
        .place = (uint32_t)(species * evolution->shadows + slot), .species = (uint32_t)species};
    for (size_t i = 0; i < PARAMETERS_MAX; i++) {
        profile.parameters[i] = real_nan();
    }
    search_values(&population->space, &population->slots[slot].point, profile.parameters);
    book_clear(&evolution->book, shadow_place(evolution, species, slot));
    publish_shadow_profile(evolution->bus, MODULE_EVOLUTION, SYMBOL_NONE, &profile);
    struct evolution_change *change = ring_append(&evolution->changes);
    *change = (struct evolution_change){.time_us = bus_time(evolution->bus),
                                        .species = (uint32_t)species,
                                        .slot = (uint32_t)slot,
                                        .generation = population->generation,
                                        .role = population->slots[slot].role};
    memcpy(change->parameters, profile.parameters, sizeof change->parameters);
}

static void say_changes(struct evolution *evolution, size_t species)
{
    struct population *population = &evolution->populations[species];
    uint32_t changed = population_take_changes(population);
    for (size_t i = 0; i < evolution->shadows; i++) {
        if ((changed >> i & 1U) != 0) {
            say_shadow(evolution, species, i);
        }
    }
}

static void say_event(struct evolution *evolution, const struct evolution_message *event)
{
    publish_evolution(evolution->bus, MODULE_EVOLUTION, SYMBOL_NONE, event);
    struct evolution_entry *entry = ring_append(&evolution->events);
    *entry = (struct evolution_entry){.sequence = bus_published(evolution->bus),
                                      .time_us = bus_time(evolution->bus),
                                      .event = *event};
}

static uint32_t comparisons(const struct evolution *evolution)
{
    return (uint32_t)(EVOLVING_SPECIES * evolution->shadows * evolution->incumbents);
}

/* ln E that a promotion needs, so that the probability of any false one among the challengers of a
 * generation is at most evolution.false_promotion, whenever they are looked at. */
static double promotion_threshold(const struct evolution *evolution)
{
    return real_log((double)comparisons(evolution) / evolution->settings.false_promotion);
}

/* The same for one comparison alone: of a parent with what replaced it. */
static double regret_threshold(const struct evolution *evolution)
{
    return real_log(1 / evolution->settings.false_promotion);
}

static void start(void *state)
{
    struct evolution *evolution = state;
    for (size_t i = 0; i < EVOLVING_SPECIES && evolution->shadows > 0; i++) {
        population_begin(&evolution->populations[i]);
        evolution->counts.challengers += evolution->shadows;
        say_changes(evolution, i);
    }
}

/* Generations. */

static struct evolution_message event_of(const struct evolution *evolution, size_t species,
                                         enum evolution_event event)
{
    return (struct evolution_message){
        .incumbent_fitness = real_nan(),
        .challenger_fitness = real_nan(),
        .margin = real_nan(),
        .generation = evolution->populations[species].generation,
        .event = event,
        .species = (uint32_t)species,
    };
}

static void say_match(struct evolution *evolution, size_t species, enum evolution_event event,
                      const struct population_match *match, uint32_t tried)
{
    struct evolution_message message = event_of(evolution, species, event);
    if (match->slot != POPULATION_NONE) {
        double bars = match->horizons * (double)evolution->book.horizon;
        message.agent = evolution->agents[species * evolution->incumbents + match->incumbent].id;
        message.bars = (uint64_t)(bars + 0.5);
        message.incumbent_fitness = match->incumbent_fitness;
        message.challenger_fitness = match->fitness;
        message.margin = match->margin;
    }
    message.tried = tried;
    say_event(evolution, &message);
}

static void ask_for_update(struct evolution *evolution, size_t species,
                           const struct population_match *match, enum version_reason reason,
                           uint32_t tried)
{
    const struct population *population = &evolution->populations[species];
    struct agent_update_message update = {
        .id = evolution->agents[species * evolution->incumbents + match->incumbent].id,
        .fitness = match->fitness,
        .incumbent_fitness = match->incumbent_fitness,
        .margin = match->margin,
        .tried = tried,
        .reason = reason,
    };
    for (size_t i = 0; i < PARAMETERS_MAX; i++) {
        update.parameters[i] = real_nan();
    }
    search_values(&population->space, &population->slots[match->slot].point, update.parameters);
    publish_agent_update(evolution->bus, MODULE_EVOLUTION, SYMBOL_NONE, &update);
}

/* A parent that has done better than what replaced it takes its place again. */
static bool roll_back(struct evolution *evolution, size_t species)
{
    struct population *population = &evolution->populations[species];
    struct population_match match = population_regret(population, regret_threshold(evolution));
    if (match.slot == POPULATION_NONE) {
        return false;
    }
    ask_for_update(evolution, species, &match, VERSION_ROLLED_BACK, 1);
    say_match(evolution, species, EVOLUTION_ROLLED_BACK, &match, 1);
    population_free(population, match.slot);
    return true;
}

static void promote(struct evolution *evolution, size_t species)
{
    struct population *population = &evolution->populations[species];
    struct population_match match = population_best(population, promotion_threshold(evolution));
    uint32_t tried = comparisons(evolution);
    if (!match.proven) {
        say_match(evolution, species, EVOLUTION_KEPT, &match, tried);
        return;
    }
    ask_for_update(evolution, species, &match, VERSION_PROMOTED, tried);
    say_match(evolution, species, EVOLUTION_PROMOTED, &match, tried);
    population_promote(population, match.slot, match.incumbent);
}

/* Mean rewards: of the incumbents over the generation, of the targets since they were born. */
static void say_generation(struct evolution *evolution, size_t species)
{
    struct evolution_message message = event_of(evolution, species, EVOLUTION_GENERATION);
    double earned = 0;
    uint64_t scored = 0;
    for (size_t i = 0; i < evolution->incumbents; i++) {
        struct incumbent *agent = &evolution->agents[species * evolution->incumbents + i];
        earned += agent->generation_earned;
        scored += agent->generation_scored;
        agent->generation_earned = 0;
        agent->generation_scored = 0;
    }
    ASSERT(evolution->incumbents > 0);
    message.bars = scored / evolution->incumbents;
    message.incumbent_fitness = scored > 0 ? earned / (double)scored : real_nan();
    message.challenger_fitness = population_worth(&evolution->populations[species]);
    message.tried = (uint32_t)evolution->shadows;
    say_event(evolution, &message);
}

static void move_on(struct evolution *evolution, size_t species)
{
    struct population *population = &evolution->populations[species];
    uint64_t trials = population->trials;
    if (!roll_back(evolution, species)) {
        promote(evolution, species);
    }
    say_generation(evolution, species);
    population_next(population, regret_threshold(evolution));
    evolution->counts.challengers += population->trials - trials;
    say_changes(evolution, species);
}

/* Blocks. */

static void compare_slot(struct evolution *evolution, size_t species, size_t slot)
{
    struct population *population = &evolution->populations[species];
    struct population_slot *member = &population->slots[slot];
    const struct book *book = &evolution->book;
    size_t place = shadow_place(evolution, species, slot);
    struct book_pair pair = book_compare(book, place, BOOK_NO_PLACE);
    evidence_add(&member->worth, pair.first, pair.second, pair.horizons);
    for (size_t i = 0; i < evolution->incumbents; i++) {
        if (!population->suspended[i]) {
            pair = book_compare(book, place, species * evolution->incumbents + i);
            evidence_add(&member->against[i], pair.first, pair.second, pair.horizons);
        }
    }
    if (member->role == SLOT_TRIAL) {
        pair = book_compare(book, place, shadow_place(evolution, species, member->rival));
        evidence_add(&member->duel, pair.first, pair.second, pair.horizons);
    }
}

static void note_performance(struct evolution *evolution, size_t place)
{
    struct incumbent *agent = &evolution->agents[place];
    struct evolution_performance performance = {.bar_start_ms = evolution->block.newest_start_ms,
                                                .version = agent->version};
    performance.earned = book_earned(&evolution->book, place, &performance.scored);
    agent->generation_earned += performance.earned;
    agent->generation_scored += performance.scored;
    ring_push(&agent->record.blocks, &performance);
}

/* The record begins anew, and so does the evidence of those who challenge it. */
static bool look_for_degradation(struct evolution *evolution, size_t species)
{
    /* evolution's own level, shared by all incumbents */
    double level = evolution->settings.false_promotion / (double)(evolution->agent_count - 1);
    bool forced = false;
    for (size_t i = 0; i < evolution->incumbents; i++) {
        struct incumbent *agent = &evolution->agents[species * evolution->incumbents + i];
        struct evolution_message message = event_of(evolution, species, EVOLUTION_DEGRADED);
        if (!record_has_degraded(&agent->record, level, &message.incumbent_fitness,
                                 &message.challenger_fitness)) {
            continue;
        }
        message.agent = agent->id;
        message.bars = record_blocks(&agent->record) * evolution->block_bars;
        message.margin = message.challenger_fitness - message.incumbent_fitness;
        record_begin(&agent->record);
        population_restart(&evolution->populations[species], i);
        say_event(evolution, &message);
        forced = true;
    }
    return forced;
}

static void end_block(struct evolution *evolution)
{
    evolution->counts.blocks++;
    evolution->blocks_in_generation++;
    for (size_t i = 0; i < evolution->agent_count; i++) {
        note_performance(evolution, i);
    }
    for (size_t species = 0; species < EVOLVING_SPECIES; species++) {
        for (size_t slot = 0; slot < evolution->shadows; slot++) {
            compare_slot(evolution, species, slot);
        }
    }
    book_begin_block(&evolution->book);
    evolution->block = (struct block){.number = evolution->block.number + 1,
                                      .newest_start_ms = evolution->block.newest_start_ms};
    if (!evolution->settings.enabled || evolution->shadows < POPULATION_MIN) {
        return;
    }
    bool regular = evolution->blocks_in_generation >= evolution->generation_blocks;
    for (size_t i = 0; i < EVOLVING_SPECIES; i++) {
        bool forced = look_for_degradation(evolution, i);
        evolution->counts.forced += forced && !regular ? 1 : 0;
        if (forced || regular) {
            move_on(evolution, i);
        }
    }
    if (regular) {
        evolution->blocks_in_generation = 0;
        evolution->counts.generations++;
    }
}

/* A block ends with the first bar that begins later than all in it, so that bars of the same moment
 * are never parted. */
static void note_time(struct evolution *evolution, int64_t start_ms)
{
    struct block *block = &evolution->block;
    if (block->bars >= evolution->block_bars * block->active && block->bars > 0 &&
        start_ms > block->newest_start_ms) {
        end_block(evolution);
    }
    block->newest_start_ms = start_ms > block->newest_start_ms ? start_ms : block->newest_start_ms;
}

static void count_bar(struct evolution *evolution, uint16_t symbol)
{
    struct block *block = &evolution->block;
    evolution->counts.scored_bars++;
    block->bars++;
    if (evolution->last_block[symbol] != block->number + 1) {
        evolution->last_block[symbol] = block->number + 1;
        block->active++;
    }
}

static void take_ballot(struct evolution *evolution, uint16_t symbol,
                        const struct ballot_message *ballot)
{
    size_t agents =
        ballot->agents < evolution->agent_count ? ballot->agents : evolution->agent_count;
    ASSERT(symbol < evolution->book.symbols);
    note_time(evolution, ballot->bar_start_ms);
    if (ballot->after_gap != 0) {
        book_forget(&evolution->book, symbol);
    }
    if (book_bar(&evolution->book, symbol, decimal_to_double(ballot->close), ballot->volatility)) {
        count_bar(evolution, symbol);
    }
    book_votes(&evolution->book, symbol, 0, agents, ballot->votes);
}

static void take_shadows(struct evolution *evolution, uint16_t symbol,
                         const struct shadows_message *shadows)
{
    ASSERT(symbol < evolution->book.symbols &&
           shadows->shadows == EVOLVING_SPECIES * evolution->shadows);
    book_votes(&evolution->book, symbol, evolution->agent_count, shadows->shadows, shadows->votes);
}

/* From here on the shadow votes with its new parameters. It was asked to while a ballot was heard,
 * and since then its votes on the bars of that moment have come in, cast with the old ones. */
static void take_shadow(struct evolution *evolution, const struct shadow_profile_message *profile)
{
    ASSERT(profile->place < EVOLVING_SPECIES * evolution->shadows);
    book_clear(&evolution->book, evolution->agent_count + profile->place);
}

/* Who the incumbents are. */

static void seat(struct evolution *evolution, const struct agent_profile_message *profile)
{
    struct incumbent *agent = &evolution->agents[profile->place];
    evolution->counts.replacements += agent->known && profile->reason == VERSION_PROMOTED ? 1 : 0;
    evolution->counts.rollbacks += agent->known && profile->reason == VERSION_ROLLED_BACK ? 1 : 0;
    agent->id = profile->id;
    agent->version = profile->version;
    agent->known = true;
    record_begin(&agent->record);
    book_clear(&evolution->book, profile->place);
}

static void take_profile(struct evolution *evolution, const struct agent_profile_message *profile)
{
    size_t place = profile->place;
    if (place >= evolution->agent_count) {
        return;
    }
    const struct incumbent *agent = &evolution->agents[place];
    bool other = !agent->known || agent->version != profile->version;
    if (other) {
        seat(evolution, profile);
    }
    if (place + 1 == evolution->agent_count) {
        return; /* the coin is scored and does not evolve */
    }
    struct population *population = &evolution->populations[place / evolution->incumbents];
    size_t incumbent = place % evolution->incumbents;
    if (other) {
        population_set_incumbent(population, incumbent, profile->parameters);
    }
    population->suspended[incumbent] = profile->state == AGENT_SUSPENDED;
}

static void handle(void *state, const struct message *message)
{
    struct evolution *evolution = state;
    switch (message->head.topic) {
    case TOPIC_BALLOT:
        take_ballot(evolution, message->head.symbol, &message->body.ballot);
        break;
    case TOPIC_SHADOWS:
        take_shadows(evolution, message->head.symbol, &message->body.shadows);
        break;
    case TOPIC_AGENT_PROFILE:
        take_profile(evolution, &message->body.agent_profile);
        break;
    case TOPIC_SHADOW_PROFILE:
        take_shadow(evolution, &message->body.shadow_profile);
        break;
    default:
        break;
    }
}

/* Readers. */

static struct history sum_of_performances(const struct evolution *evolution)
{
    struct history sum = history_of_ring("evolution", "agent_performance_history",
                                         &evolution->agents[0].record.blocks);
    for (size_t i = 1; i < evolution->agent_count; i++) {
        struct history one = history_of_ring("evolution", "agent_performance_history",
                                             &evolution->agents[i].record.blocks);
        sum.size += one.size;
        sum.capacity += one.capacity;
        sum.appended += one.appended;
        sum.overwritten += one.overwritten;
        sum.bytes += one.bytes;
    }
    return sum;
}

static size_t histories(const void *state, struct history *histories, size_t room)
{
    const struct evolution *evolution = state;
    struct history all[] = {
        history_of_ring("evolution", "parameter_history", &evolution->changes),
        history_of_ring("evolution", "evolution_history", &evolution->events),
        sum_of_performances(evolution),
    };
    size_t count = ARRAY_LENGTH(all) < room ? ARRAY_LENGTH(all) : room;
    memcpy(histories, all, count * sizeof *all);
    return count;
}

/* State. */

static void persist_incumbent(struct incumbent *agent, struct persist *persist)
{
    record_persist(&agent->record, persist);
    PERSIST(persist, agent->generation_earned);
    PERSIST(persist, agent->generation_scored);
    PERSIST(persist, agent->id);
    PERSIST(persist, agent->version);
    bool known = persist_flag(persist, "known", agent->known);
    if (persist_loading(persist)) {
        agent->known = known;
    }
}

static void persist(void *state, struct persist *persist)
{
    struct evolution *evolution = state;
    persist_same(persist, "agents", (int64_t)evolution->agent_count);
    for (size_t i = 0; i < evolution->agent_count; i++) {
        persist_incumbent(&evolution->agents[i], persist);
    }
    for (size_t i = 0; i < EVOLVING_SPECIES; i++) {
        population_persist(&evolution->populations[i], persist);
    }
    book_persist(&evolution->book, persist);
    persist_array(persist, "blocks of symbols", evolution->last_block, evolution->book.symbols,
                  evolution->book.symbols, sizeof *evolution->last_block, NULL, NULL);
    PERSIST(persist, evolution->block);
    PERSIST(persist, evolution->blocks_in_generation);
    persist_history(persist, "evolution_history", &evolution->events, NULL, NULL);
    persist_history(persist, "parameter_history", &evolution->changes, NULL, NULL);
    PERSIST(persist, evolution->counts);
}

struct module evolution_module(struct evolution *evolution)
{
    return (struct module){.id = MODULE_EVOLUTION,
                           .state = evolution,
                           .start = start,
                           .handle = handle,
                           .histories = histories,
                           .persist = persist,
                           .version = PERSIST_VERSION};
}

size_t evolution_messages_max(const struct settings_electorate *settings)
{
    /* a species: its shadows, an update with its profile, DEGRADED for each incumbent, one of
     * PROMOTED, KEPT and ROLLED_BACK, GENERATION */
    return EVOLVING_SPECIES * (size_t)(settings->shadows + settings->incumbents + 4);
}

const struct evolution_counts *evolution_counts(const struct evolution *evolution)
{
    return &evolution->counts;
}

static const void *newest(const struct ring *ring, size_t index)
{
    return index < ring_size(ring) ? ring_newest(ring, index) : NULL;
}

const struct evolution_entry *evolution_event(const struct evolution *evolution, size_t index)
{
    return newest(&evolution->events, index);
}

const struct evolution_change *evolution_change(const struct evolution *evolution, size_t index)
{
    return newest(&evolution->changes, index);
}

const struct evolution_performance *evolution_performance(const struct evolution *evolution,
                                                          size_t place, size_t index)
{
    return place < evolution->agent_count ? newest(&evolution->agents[place].record.blocks, index)
                                          : NULL;
}
