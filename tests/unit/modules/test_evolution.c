/* The evolution module on a bus. The test plays the market, the electorate and the agent manager:
 * how often an agent is right depends on its parameters as the test says. */
#include "tickd/modules/evolution.h"

#include <math.h>
#include <stdlib.h>

#include "support/module_fixture.h"
#include "support/numbers.h"
#include "support/seed.h"
#include "tickd/agents/species.h"
#include "tickd/base/real.h"
#include "tickd/base/rng.h"
#include "tickd/engine/wiring.h"
#include "tickd/modules/evolution_population.h"

enum {
    VOTERS = 24,
    AGENTS = 25,
    SHADOWS = 128,
    HORIZON = 20,
    GENERATION = 100,
    BARS_MAX = 12000,
    LUCK_BARS = 20, /* an agent is right or wrong for so many bars in a row */
    PENDING_MAX = 16
};

/* Probability that an agent of these parameters is right. */
typedef double skill(uint32_t species, const double parameters[PARAMETERS_MAX], size_t bar);

struct player {
    double parameters[PARAMETERS_MAX];
    bool right[MODULE_FIXTURE_SYMBOLS];
};

static struct {
    struct module_fixture fixture;
    struct evolution *evolution;
    struct player agents[AGENTS];
    struct player shadows[SHADOWS];
    bool introduced[SHADOWS];
    bool turned[SHADOWS]; /* they vote the other way */
    uint32_t versions[AGENTS];
    enum agent_state states[AGENTS];
    struct agent_update_message pending[PENDING_MAX];
    size_t pending_count;
    bool refuses;
    uint64_t events[EVOLUTION_EVENT_COUNT];
    struct evolution_message last[EVOLUTION_EVENT_COUNT];
    struct agent_update_message last_update;
    double log_price[MODULE_FIXTURE_SYMBOLS][BARS_MAX + HORIZON + 1];
    size_t bar[MODULE_FIXTURE_SYMBOLS];
    struct rng luck;
    skill *how;
} stage;

static void see(void *state, const struct message *message)
{
    (void)state;
    if (message->head.topic == TOPIC_SHADOW_PROFILE) {
        const struct shadow_profile_message *profile = &message->body.shadow_profile;
        assert_true(species_within_bounds((enum species)profile->species, profile->parameters));
        assert_int_equal(profile->place / 16, profile->species);
        memcpy(stage.shadows[profile->place].parameters, profile->parameters,
               sizeof profile->parameters);
        stage.introduced[profile->place] = true;
    } else if (message->head.topic == TOPIC_AGENT_UPDATE) {
        assert_true(stage.pending_count < PENDING_MAX);
        stage.last_update = message->body.agent_update;
        stage.pending[stage.pending_count++] = message->body.agent_update;
    } else if (message->head.topic == TOPIC_EVOLUTION) {
        stage.events[message->body.evolution.event]++;
        stage.last[message->body.evolution.event] = message->body.evolution;
    }
}

static struct module create(struct module_fixture *fixture, struct arena *arena)
{
    stage.evolution =
        evolution_create(arena, &fixture->settings, MODULE_FIXTURE_SYMBOLS, fixture->bus);
    return arena_measuring(arena) ? (struct module){0} : evolution_module(stage.evolution);
}

static void profile(size_t place, enum version_reason reason)
{
    struct agent_profile_message message = {
        .id = (int64_t)place + 1,
        .fitness = real_nan(),
        .place = (uint32_t)place,
        .version = stage.versions[place],
        .species = (uint32_t)(place / 3),
        .state = stage.states[place],
        .reason = reason,
    };
    memcpy(message.parameters, stage.agents[place].parameters, sizeof message.parameters);
    module_fixture_say(&stage.fixture, MODULE_AGENT_MANAGER, TOPIC_AGENT_PROFILE, SYMBOL_NONE,
                       &message);
}

static void walk(uint64_t seed)
{
    struct rng rng;
    rng_stream(&rng, seed, "walk");
    for (size_t symbol = 0; symbol < MODULE_FIXTURE_SYMBOLS; symbol++) {
        stage.log_price[symbol][0] = log(100);
        for (size_t i = 1; i < BARS_MAX + HORIZON + 1; i++) {
            stage.log_price[symbol][i] = stage.log_price[symbol][i - 1] + 0.001 * rng_normal(&rng);
        }
    }
}

/* What a search reaches within a time is a matter of chance, and not reached with one seed in many:
 * here it is always the same one, unless TICKD_SEED says another. */
static uint64_t chosen_seed(void)
{
    return getenv("TICKD_SEED") != NULL ? test_seed() : 1;
}

static void prepare(uint64_t seed)
{
    memset(&stage, 0, sizeof stage);
    module_fixture_init(&stage.fixture);
    module_fixture_set(&stage.fixture, "electorate.horizon_bars", "20");
    module_fixture_set(&stage.fixture, "evolution.generation_bars", "100");
    module_fixture_set(&stage.fixture, "portfolio.fee_bps", "0");
    module_fixture_set(&stage.fixture, "portfolio.slippage_bps", "0");
    stage.fixture.settings.root.seed = (int64_t)(seed >> 1);
    rng_stream(&stage.luck, seed, "luck");
    walk(seed);
}

static void introduce(void)
{
    for (size_t place = 0; place < AGENTS; place++) {
        bool coin = place == VOTERS;
        stage.versions[place] = 1;
        stage.states[place] = coin ? AGENT_YARDSTICK : AGENT_ACTIVE;
        species_spread(coin ? SPECIES_COIN : (enum species)(place / 3), coin ? 0 : place % 3,
                       coin ? 1 : 3, stage.agents[place].parameters);
        profile(place, VERSION_FIRST);
    }
}

/* What evolution hears, as the engine is wired. */
static size_t find_routes(struct route routes[TOPIC_COUNT])
{
    size_t all;
    size_t count = 0;
    const struct route *wired = wiring_routes(&all);
    for (size_t i = 0; i < all; i++) {
        if (wired[i].to == MODULE_EVOLUTION) {
            routes[count++] = wired[i];
        }
    }
    return count;
}

static void start(void)
{
    struct module_fixture *fixture = &stage.fixture;
    struct arena measuring;
    arena_init_measuring(&measuring);
    struct bus_limits limits = {
        .log_messages = 2000, .input_messages_max = 1000, .symbols = MODULE_FIXTURE_SYMBOLS};
    bus_create(&measuring, &limits);
    create(fixture, &measuring);
    assert_int_equal(arena_init(&fixture->arena, measuring.used), 0);
    fixture->bus = bus_create(&fixture->arena, &limits);
    fixture->module = create(fixture, &fixture->arena);
    assert_int_equal(fixture->arena.used, measuring.used);
    arena_seal(&fixture->arena);
    static struct route routes[TOPIC_COUNT];
    bus_wire(fixture->bus, &fixture->module, 1, routes, find_routes(routes), NULL, 0);
    assert_int_equal(bus_add_tap(fixture->bus, (struct tap){.see = see, .state = &stage}), 0);
    assert_int_equal(
        bus_add_tap(fixture->bus, (struct tap){.see = module_fixture_see, .state = fixture}), 0);
    bus_set_time(fixture->bus, INT64_C(1795446000000000));
    fixture->module.start(fixture->module.state);
    bus_dispatch(fixture->bus);
    introduce();
}

static void stop(void)
{
    module_fixture_stop(&stage.fixture);
}

/* The agent manager: takes every update, or none. */
static void answer_updates(void)
{
    for (size_t i = 0; i < stage.pending_count; i++) {
        const struct agent_update_message *update = &stage.pending[i];
        size_t place = (size_t)update->id - 1;
        assert_true(place < VOTERS);
        assert_true(species_within_bounds((enum species)(place / 3), update->parameters));
        if (!stage.refuses) {
            stage.versions[place]++;
            memcpy(stage.agents[place].parameters, update->parameters, sizeof update->parameters);
        }
        profile(place, (enum version_reason)update->reason);
    }
    stage.pending_count = 0;
}

static int8_t vote_of(struct player *player, uint32_t species, uint16_t symbol, size_t bar,
                      bool rises)
{
    if (bar % LUCK_BARS == 0) {
        double chance = stage.how(species, player->parameters, bar);
        player->right[symbol] = rng_uniform(&stage.luck) < chance;
    }
    return player->right[symbol] == rises ? 50 : -50;
}

/* One bar of a symbol: ballot, then shadows. Both are there before the ballot is heard. */
static void cast_votes(uint16_t symbol, bool gap)
{
    size_t bar = stage.bar[symbol]++;
    const double *prices = stage.log_price[symbol];
    assert_true(bar < BARS_MAX);
    bool rises = prices[bar + HORIZON] > prices[bar];
    struct ballot_message ballot = {.bar_start_ms = 1000 * (int64_t)bar,
                                    .volatility = 0.001,
                                    .horizon_return = real_nan(),
                                    .number = (uint32_t)bar,
                                    .agents = AGENTS,
                                    .after_gap = gap ? 1 : 0};
    struct shadows_message shadows = {
        .bar_start_ms = ballot.bar_start_ms, .number = ballot.number, .shadows = SHADOWS};
    assert_int_equal(decimal_from_double(exp(prices[bar]), &ballot.close), 0);
    memset(ballot.votes, VOTE_ABSTAINS, sizeof ballot.votes);
    memset(shadows.votes, VOTE_ABSTAINS, sizeof shadows.votes);
    for (size_t i = 0; i < AGENTS; i++) {
        if (stage.states[i] != AGENT_SUSPENDED) {
            ballot.votes[i] = vote_of(&stage.agents[i], (uint32_t)(i / 3), symbol, bar, rises);
        }
    }
    for (size_t i = 0; i < SHADOWS; i++) {
        int8_t vote = vote_of(&stage.shadows[i], (uint32_t)(i / 16), symbol, bar, rises);
        shadows.votes[i] = stage.turned[i] ? (int8_t)-vote : vote;
    }
    publish_ballot(stage.fixture.bus, MODULE_ELECTORATE, symbol, &ballot);
    if (stage.fixture.settings.electorate.shadows == 16) {
        publish_shadows(stage.fixture.bus, MODULE_ELECTORATE, symbol, &shadows);
    }
}

static void say_bar(uint16_t symbol, bool gap)
{
    cast_votes(symbol, gap);
    bus_dispatch(stage.fixture.bus);
    answer_updates();
}

static void play(size_t bars, skill *how)
{
    stage.how = how;
    for (size_t i = 0; i < bars; i++) {
        say_bar(0, false);
        say_bar(1, false);
    }
}

static double none(uint32_t species, const double parameters[PARAMETERS_MAX], size_t bar)
{
    (void)species;
    (void)parameters;
    (void)bar;
    return 0.5;
}

/* Momentum is right when it looks back over 300 bars, the others never know. */
static double far_sighted(uint32_t species, const double parameters[PARAMETERS_MAX], size_t bar)
{
    (void)bar;
    double miss = log(parameters[0] / 300);
    return species == SPECIES_MOMENTUM ? 0.85 - 0.2 * (miss < 0 ? -miss : miss) : 0.5;
}

/* The same until the agents of momentum forget it all. */
static double forgetful(uint32_t species, const double parameters[PARAMETERS_MAX], size_t bar)
{
    if (species == SPECIES_MOMENTUM && bar >= 1500) {
        return parameters[0] < 100 ? 0.2 : 0.5;
    }
    return species == SPECIES_MOMENTUM ? 0.8 : 0.5;
}

static void test_all_shadows_are_introduced_at_start(void **state)
{
    (void)state;
    prepare(chosen_seed());
    start();
    assert_int_equal(stage.fixture.seen[TOPIC_SHADOW_PROFILE], SHADOWS);
    for (size_t i = 0; i < 16; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_memory_not_equal(stage.shadows[i].parameters, stage.shadows[k].parameters,
                                    3 * sizeof(double));
        }
    }
    assert_int_equal(evolution_counts(stage.evolution)->challengers, SHADOWS);
    assert_int_equal(evolution_change(stage.evolution, 0)->species, SPECIES_ORDER_FLOW);
    stop();
}

static void test_a_generation_ends_after_so_many_scored_bars(void **state)
{
    (void)state;
    prepare(chosen_seed());
    start();
    play(HORIZON + GENERATION, none);
    assert_int_equal(stage.events[EVOLUTION_GENERATION], 0);
    assert_int_equal(evolution_counts(stage.evolution)->scored_bars, 2 * GENERATION);
    say_bar(0, false);
    assert_int_equal(stage.events[EVOLUTION_GENERATION], 8);
    assert_int_equal(stage.events[EVOLUTION_KEPT], 8);
    assert_int_equal(evolution_counts(stage.evolution)->generations, 1);
    assert_int_equal(stage.last[EVOLUTION_GENERATION].bars, 2 * GENERATION);
    assert_int_equal(stage.last[EVOLUTION_KEPT].tried, 384);
    assert_true(stage.fixture.seen[TOPIC_SHADOW_PROFILE] > SHADOWS);
    stop();
}

/* A symbol with a bar where others have four counts as one of them: bars ÷ active symbols. */
static void test_bars_are_counted_as_a_mean_over_the_active_symbols(void **state)
{
    (void)state;
    prepare(chosen_seed());
    start();
    stage.how = none;
    size_t rounds = 0;
    while (stage.events[EVOLUTION_GENERATION] == 0) {
        say_bar(0, false);
        if (rounds++ % 4 == 0) {
            say_bar(1, false);
        }
    }
    const struct evolution_counts *counts = evolution_counts(stage.evolution);
    /* until the slow one is scored after 80 rounds, the fast one counts alone */
    assert_in_range(rounds, HORIZON + GENERATION, HORIZON + GENERATION + 40);
    assert_true(counts->scored_bars >= GENERATION && counts->scored_bars < 2 * GENERATION);
    stop();
}

static void test_incumbents_become_better_where_there_is_something_better(void **state)
{
    (void)state;
    prepare(chosen_seed());
    start();
    play(10000, far_sighted);
    const struct evolution_counts *counts = evolution_counts(stage.evolution);
    double nearest = 0;
    for (size_t i = 0; i < 3; i++) { /* they began at 15, 30 and 60 */
        double chance = far_sighted(SPECIES_MOMENTUM, stage.agents[i].parameters, 0);
        nearest = chance > nearest ? chance : nearest;
        assert_true(stage.agents[i].parameters[0] >= 60);
    }
    assert_true(nearest > 0.8);
    assert_true(stage.events[EVOLUTION_PROMOTED] >= 3);
    assert_int_equal(counts->replacements, stage.events[EVOLUTION_PROMOTED]);
    for (size_t i = 3; i < VOTERS; i++) { /* where nobody knows anything */
        assert_int_equal(stage.versions[i], 1);
    }
    const struct evolution_message *promoted = &stage.last[EVOLUTION_PROMOTED];
    assert_int_equal(promoted->species, SPECIES_MOMENTUM);
    assert_true(promoted->margin > 0 && promoted->bars > 0);
    assert_true(promoted->challenger_fitness > promoted->incumbent_fitness + promoted->margin);
    assert_int_equal(stage.last_update.reason, VERSION_PROMOTED);
    assert_near(stage.last_update.margin, promoted->margin, 0);
    stop();
}

/* The promise is 5% of generations at most; 4 runs of 98 generations would be 20 promotions. */
static void test_luck_is_not_promoted(void **state)
{
    (void)state;
    uint64_t promoted = 0;
    uint64_t generations = 0;
    for (uint64_t run = 0; run < 4; run++) {
        prepare(chosen_seed() + run);
        start();
        play(9900, none);
        promoted += stage.events[EVOLUTION_PROMOTED];
        generations += evolution_counts(stage.evolution)->generations;
        stop();
    }
    print_message("%llu promotions in %llu generations without skill\n",
                  (unsigned long long)promoted, (unsigned long long)generations);
    assert_true(generations >= 390);
    assert_true(promoted * 20 <= generations);
}

static void test_switched_off_it_scores_and_changes_nothing(void **state)
{
    (void)state;
    prepare(chosen_seed());
    module_fixture_set(&stage.fixture, "evolution.enabled", "false");
    start();
    play(3000, far_sighted);
    assert_int_equal(stage.fixture.seen[TOPIC_EVOLUTION], 0);
    assert_int_equal(stage.fixture.seen[TOPIC_AGENT_UPDATE], 0);
    assert_int_equal(stage.fixture.seen[TOPIC_SHADOW_PROFILE], SHADOWS);
    assert_int_equal(evolution_counts(stage.evolution)->scored_bars, 2 * (3000 - HORIZON));
    assert_true(evolution_performance(stage.evolution, 0, 0)->scored > 0);
    stop();
}

static void test_without_shadows_agents_are_scored_all_the_same(void **state)
{
    (void)state;
    prepare(chosen_seed());
    module_fixture_set(&stage.fixture, "electorate.shadows", "0");
    start();
    play(1000, far_sighted);
    assert_int_equal(stage.fixture.seen[TOPIC_SHADOW_PROFILE], 0);
    assert_int_equal(stage.fixture.seen[TOPIC_EVOLUTION], 0);
    assert_true(evolution_counts(stage.evolution)->blocks > 100);
    stop();
}

/* Both sides of ±1 in 20-bar lots of a walk: mean |r| / σ√H = √(2/π) at most, here at the ends of
 * every lot's view. */
static void test_performance_is_what_the_votes_were_worth(void **state)
{
    (void)state;
    prepare(chosen_seed());
    start();
    play(4000, far_sighted);
    double earned[2] = {0};
    uint64_t scored = 0;
    for (size_t i = 0; evolution_performance(stage.evolution, 3, i) != NULL; i++) {
        const struct evolution_performance *block = evolution_performance(stage.evolution, 3, i);
        earned[0] += block->earned;
        earned[1] += evolution_performance(stage.evolution, VOTERS, i)->earned;
        scored += block->scored;
    }
    /* no skill: zero within four errors of independent horizons */
    assert_true(fabs(earned[0] / (double)scored) < 4 / sqrt((double)scored / HORIZON));
    assert_true(fabs(earned[1] / (double)scored) < 4 / sqrt((double)scored / HORIZON));
    stop();
}

static void test_a_record_that_worsens_forces_a_generation_at_once(void **state)
{
    (void)state;
    prepare(1); /* one in which it is found between two generations */
    start();
    play(1500, forgetful);
    uint64_t before = evolution_counts(stage.evolution)->forced;
    uint64_t found = stage.events[EVOLUTION_DEGRADED];
    play(1500, forgetful);
    assert_true(stage.events[EVOLUTION_DEGRADED] > found);
    assert_true(evolution_counts(stage.evolution)->forced > before);
    const struct evolution_message *event = &stage.last[EVOLUTION_DEGRADED];
    assert_true(event->challenger_fitness < event->incumbent_fitness);
    stop();
}

/* Who looks far is right until it is promoted, and wrong from then on; who looks near is the other
 * way round. */
static double fickle(uint32_t species, const double parameters[PARAMETERS_MAX], size_t bar)
{
    bool turned = stage.versions[0] + stage.versions[1] + stage.versions[2] > 3;
    bool far = parameters[0] > 100;
    (void)bar;
    return species != SPECIES_MOMENTUM ? 0.5 : far == turned ? 0.3 : 0.9;
}

static void test_a_version_that_does_worse_than_its_parent_is_rolled_back(void **state)
{
    (void)state;
    prepare(chosen_seed());
    start();
    stage.how = fickle;
    while (stage.events[EVOLUTION_PROMOTED] == 0) {
        play(1, fickle);
    }
    while (stage.events[EVOLUTION_ROLLED_BACK] == 0) {
        play(1, fickle);
    }
    size_t place = (size_t)stage.last[EVOLUTION_ROLLED_BACK].agent - 1; /* others may be promoted */
    assert_true(place < 3);
    assert_true(stage.last[EVOLUTION_ROLLED_BACK].margin > 0);
    assert_int_equal(stage.last[EVOLUTION_ROLLED_BACK].tried, 1);
    double first[PARAMETERS_MAX];
    species_spread(SPECIES_MOMENTUM, place % 3, 3, first);
    for (size_t i = 0; i < 3; i++) {
        assert_near(stage.agents[place].parameters[i], first[i], 1e-9);
    }
    assert_int_equal(evolution_counts(stage.evolution)->rollbacks, 1);
    stop();
}

static void test_an_update_that_is_refused_replaces_nobody(void **state)
{
    (void)state;
    prepare(chosen_seed());
    start();
    stage.refuses = true;
    play(6000, far_sighted);
    assert_true(stage.events[EVOLUTION_PROMOTED] > 0);
    assert_int_equal(evolution_counts(stage.evolution)->replacements, 0);
    stop();
}

static void test_a_suspended_agent_is_not_replaced(void **state)
{
    (void)state;
    prepare(chosen_seed());
    start();
    for (size_t i = 0; i < 2; i++) {
        stage.states[i] = AGENT_SUSPENDED;
        profile(i, VERSION_FIRST);
    }
    play(8000, far_sighted);
    assert_int_equal(stage.versions[0], 1);
    assert_int_equal(stage.versions[1], 1);
    assert_true(stage.versions[2] > 1);
    stop();
}

static void test_a_gap_in_one_symbol_spares_the_others(void **state)
{
    (void)state;
    prepare(chosen_seed());
    start();
    play(100, none);
    uint64_t before = evolution_counts(stage.evolution)->scored_bars;
    say_bar(0, true);
    say_bar(1, false);
    play(HORIZON - 1, none);
    assert_int_equal(evolution_counts(stage.evolution)->scored_bars, before + HORIZON);
    play(1, none);
    assert_int_equal(evolution_counts(stage.evolution)->scored_bars, before + HORIZON + 2);
    stop();
}

static uint64_t digest_of_run(uint64_t seed)
{
    prepare(7);
    stage.fixture.settings.root.seed = (int64_t)seed;
    start();
    play(1000, far_sighted);
    uint64_t digest = bus_digest(stage.fixture.bus);
    stop();
    return digest;
}

static void test_the_same_seed_gives_the_same_evolution(void **state)
{
    (void)state;
    uint64_t digest = digest_of_run(1);
    assert_true(digest_of_run(1) == digest);
    assert_true(digest_of_run(2) != digest);
}

static void add_to_digest(void *state, const void *bytes, size_t size)
{
    digest_add(state, bytes, size);
}

static uint64_t digest_of_state(void)
{
    static struct persist persist;
    struct digest digest;
    digest_init(&digest);
    persist_save(&persist, add_to_digest, &digest);
    persist_section(&persist, "evolution", stage.fixture.module.version,
                    stage.fixture.module.persist, stage.fixture.module.state);
    assert_true(persist_done(&persist));
    return digest_value(&digest);
}

/* The first generation ends with a moment's first bar. The votes of the moment, of both symbols,
 * were cast before new shadows are introduced; those that `turned` says are the other way. */
static uint64_t state_after_a_generation(const bool turned[SHADOWS], bool introduced[SHADOWS])
{
    prepare(chosen_seed());
    start();
    play(HORIZON + GENERATION, none);
    memset(stage.introduced, 0, sizeof stage.introduced);
    memcpy(stage.turned, turned, sizeof stage.turned);
    cast_votes(0, false);
    cast_votes(1, false);
    bus_dispatch(stage.fixture.bus);
    memcpy(introduced, stage.introduced, sizeof stage.introduced);
    uint64_t digest = digest_of_state();
    stop();
    return digest;
}

static void test_a_new_shadow_does_not_inherit_votes_that_are_under_way(void **state)
{
    (void)state;
    static const bool none_turned[SHADOWS];
    bool introduced[SHADOWS];
    bool again[SHADOWS];
    bool others[SHADOWS];
    size_t count = 0;
    uint64_t digest = state_after_a_generation(none_turned, introduced);
    for (size_t i = 0; i < SHADOWS; i++) {
        count += introduced[i] ? 1 : 0;
        others[i] = !introduced[i];
    }
    assert_in_range(count, 1, SHADOWS - 1);
    assert_true(state_after_a_generation(introduced, again) == digest);
    assert_memory_equal(again, introduced, sizeof again);
    assert_true(state_after_a_generation(others, again) != digest);
}

static void test_histories_hold_what_happened(void **state)
{
    (void)state;
    prepare(chosen_seed());
    start();
    play(HORIZON + 3 * GENERATION + 1, none);
    struct history histories[4];
    assert_int_equal(stage.fixture.module.histories(stage.fixture.module.state, histories, 4), 3);
    assert_string_equal(histories[0].name, "parameter_history");
    assert_int_equal(histories[0].appended, stage.fixture.seen[TOPIC_SHADOW_PROFILE]);
    assert_string_equal(histories[1].name, "evolution_history");
    assert_int_equal(histories[1].appended, stage.fixture.seen[TOPIC_EVOLUTION]);
    assert_string_equal(histories[2].name, "agent_performance_history");
    assert_int_equal(histories[2].appended, AGENTS * evolution_counts(stage.evolution)->blocks);
    assert_int_equal(histories[2].capacity, AGENTS * 1000);
    const struct evolution_entry *entry = evolution_event(stage.evolution, 0);
    const struct message *message = bus_message(stage.fixture.bus, entry->sequence);
    assert_int_equal(message->head.topic, TOPIC_EVOLUTION);
    assert_int_equal(message->body.evolution.event, entry->event.event);
    assert_null(evolution_event(stage.evolution, 1000));
    assert_null(evolution_performance(stage.evolution, AGENTS, 0));
    stop();
}

static void test_no_ballot_causes_more_messages_than_stated(void **state)
{
    (void)state;
    prepare(chosen_seed());
    start();
    uint64_t most = 0;
    stage.how = far_sighted;
    for (size_t i = 0; i < 3000; i++) {
        uint64_t before = bus_published(stage.fixture.bus);
        say_bar(0, false);
        uint64_t published = bus_published(stage.fixture.bus) - before - 2; /* what we said */
        most = published > most ? published : most;
    }
    assert_true(most > 16);
    assert_true(most <= evolution_messages_max(&stage.fixture.settings.electorate));
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_shadows_are_introduced_at_start),
        cmocka_unit_test(test_a_generation_ends_after_so_many_scored_bars),
        cmocka_unit_test(test_bars_are_counted_as_a_mean_over_the_active_symbols),
        cmocka_unit_test(test_incumbents_become_better_where_there_is_something_better),
        cmocka_unit_test(test_luck_is_not_promoted),
        cmocka_unit_test(test_switched_off_it_scores_and_changes_nothing),
        cmocka_unit_test(test_without_shadows_agents_are_scored_all_the_same),
        cmocka_unit_test(test_performance_is_what_the_votes_were_worth),
        cmocka_unit_test(test_a_record_that_worsens_forces_a_generation_at_once),
        cmocka_unit_test(test_a_version_that_does_worse_than_its_parent_is_rolled_back),
        cmocka_unit_test(test_an_update_that_is_refused_replaces_nobody),
        cmocka_unit_test(test_a_suspended_agent_is_not_replaced),
        cmocka_unit_test(test_a_gap_in_one_symbol_spares_the_others),
        cmocka_unit_test(test_the_same_seed_gives_the_same_evolution),
        cmocka_unit_test(test_a_new_shadow_does_not_inherit_votes_that_are_under_way),
        cmocka_unit_test(test_histories_hold_what_happened),
        cmocka_unit_test(test_no_ballot_causes_more_messages_than_stated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
