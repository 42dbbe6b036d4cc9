/* The electorate on a bus of its own: profiles and bars go in, ballots and shadows come out. */
#include "tickd/modules/electorate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/agents/species.h"
#include "tickd/base/decimal.h"
#include "tickd/base/real.h"

enum { SYMBOLS = 3, INCUMBENTS = 2, SHADOWS = 4, COIN = SPECIES_COIN * INCUMBENTS };

struct fixture {
    struct arena arena;
    struct bus *bus;
    struct electorate *electorate;
    struct module module;
    struct settings_electorate settings;
    uint64_t seed;
    struct ballot_message ballot; /* the newest */
    struct shadows_message shadows;
    struct message_head ballot_head;
    struct message_head shadows_head;
    uint64_t ballots;
    uint64_t shadow_ballots;
    uint32_t number[SYMBOLS];
};

static struct fixture fixture;

static const struct route routes[] = {{TOPIC_BAR, MODULE_ELECTORATE},
                                      {TOPIC_AGENT_PROFILE, MODULE_ELECTORATE},
                                      {TOPIC_SHADOW_PROFILE, MODULE_ELECTORATE}};

static void see(void *state, const struct message *message)
{
    struct fixture *seen = state;
    if (message->head.topic == TOPIC_BALLOT) {
        seen->ballot = message->body.ballot;
        seen->ballot_head = message->head;
        seen->ballots++;
    }
    if (message->head.topic == TOPIC_SHADOWS) {
        seen->shadows = message->body.shadows;
        seen->shadows_head = message->head;
        seen->shadow_ballots++;
    }
}

static void build(struct fixture *made, struct arena *arena)
{
    struct bus_limits limits = {.log_messages = 1000, .input_messages_max = 3, .symbols = SYMBOLS};
    made->bus = bus_create(arena, &limits);
    made->electorate =
        electorate_create(arena, &made->settings, SYMBOLS, 1000, made->seed, made->bus);
}

static void start_with(int64_t shadows, uint64_t seed)
{
    struct arena measuring;
    memset(&fixture, 0, sizeof fixture);
    fixture.settings = (struct settings_electorate){
        .horizon_bars = 60, .incumbents = INCUMBENTS, .shadows = shadows, .dead_band = 0.1};
    fixture.seed = seed;
    arena_init_measuring(&measuring);
    build(&fixture, &measuring);
    assert_null(fixture.electorate);
    assert_int_equal(arena_init(&fixture.arena, measuring.used), 0);
    build(&fixture, &fixture.arena);
    assert_int_equal(fixture.arena.used, measuring.used);
    arena_seal(&fixture.arena);
    fixture.module = electorate_module(fixture.electorate);
    bus_wire(fixture.bus, &fixture.module, 1, routes, ARRAY_LENGTH(routes), NULL, 0);
    assert_int_equal(bus_add_tap(fixture.bus, (struct tap){.see = see, .state = &fixture}), 0);
}

static void start(void)
{
    start_with(SHADOWS, 1);
}

static void stop(void)
{
    arena_fini(&fixture.arena);
}

static void seat_with(uint32_t place, enum species species, enum agent_state state,
                      double look_back)
{
    struct agent_profile_message profile = {
        .id = place + 1, .place = place, .version = 1, .species = species, .state = state};
    species_spread(species, 0, 1, profile.parameters);
    if (look_back > 0) {
        profile.parameters[0] = look_back;
    }
    publish_agent_profile(fixture.bus, MODULE_AGENT_MANAGER, SYMBOL_NONE, &profile);
    bus_dispatch(fixture.bus);
}

static void seat(uint32_t place, enum species species)
{
    seat_with(place, species, species == SPECIES_COIN ? AGENT_YARDSTICK : AGENT_ACTIVE, 0);
}

static void seat_shadow(uint32_t place, enum species species)
{
    struct shadow_profile_message profile = {.place = place, .species = species};
    species_spread(species, 0, 1, profile.parameters);
    publish_shadow_profile(fixture.bus, MODULE_EVOLUTION, SYMBOL_NONE, &profile);
    bus_dispatch(fixture.bus);
}

static struct bar_message bar_at(uint16_t symbol, double close)
{
    struct bar_message bar = {.start_ms = INT64_C(1795446000000) + 1000 * fixture.number[symbol],
                              .volume = 100 * DECIMAL_ONE,
                              .horizon_return = 0.25,
                              .number = ++fixture.number[symbol]};
    assert_int_equal(decimal_from_double(close, &bar.close), 0);
    bar.open = bar.high = bar.low = bar.close;
    bar.indicators.ewma_volatility = 1e-4;
    return bar;
}

static void say(uint16_t symbol, const struct bar_message *bar)
{
    publish_bar(fixture.bus, MODULE_MARKET, symbol, bar);
    bus_dispatch(fixture.bus);
}

static void rise(uint16_t symbol, size_t bars)
{
    for (size_t i = 0; i < bars; i++) {
        struct bar_message bar = bar_at(symbol, 100 + 0.01 * fixture.number[symbol]);
        say(symbol, &bar);
    }
}

static void test_every_bar_gives_a_ballot_and_then_its_shadows(void **state)
{
    (void)state;
    start();
    for (uint64_t i = 1; i <= 50; i++) {
        rise((uint16_t)(i % SYMBOLS), 1);
        assert_int_equal(fixture.ballots, i);
        assert_int_equal(fixture.shadow_ballots, i);
        assert_int_equal(fixture.ballot_head.symbol, i % SYMBOLS);
        assert_int_equal(fixture.shadows_head.symbol, i % SYMBOLS);
        assert_int_equal(fixture.shadows_head.sequence, fixture.ballot_head.sequence + 1);
        assert_int_equal(fixture.ballot_head.sender, MODULE_ELECTORATE);
    }
    stop();
}

static void test_a_ballot_carries_on_what_its_bar_says(void **state)
{
    (void)state;
    start();
    struct bar_message bar = bar_at(1, 123.45);
    bar.after_gap = 1;
    say(1, &bar);
    assert_int_equal(fixture.ballot.bar_start_ms, bar.start_ms);
    assert_int_equal(fixture.ballot.close, bar.close);
    assert_true(fixture.ballot.volatility == 1e-4);
    assert_true(fixture.ballot.horizon_return == 0.25);
    assert_int_equal(fixture.ballot.number, bar.number);
    assert_int_equal(fixture.ballot.after_gap, 1);
    assert_int_equal(fixture.ballot.agents, COIN + 1);
    assert_int_equal(fixture.shadows.bar_start_ms, bar.start_ms);
    assert_int_equal(fixture.shadows.number, bar.number);
    assert_int_equal(fixture.shadows.shadows, SPECIES_COIN * SHADOWS);
    stop();
}

static void test_places_that_nobody_has_taken_abstain(void **state)
{
    (void)state;
    start();
    seat(0, SPECIES_MOMENTUM);
    seat_shadow(5, SPECIES_MOMENTUM);
    rise(0, 100);
    assert_true(fixture.ballot.votes[0] > 90);
    for (size_t i = 1; i < AGENTS_MAX; i++) {
        assert_int_equal(fixture.ballot.votes[i], VOTE_ABSTAINS);
    }
    for (size_t i = 0; i < SHADOWS_MAX; i++) {
        assert_int_equal(fixture.shadows.votes[i],
                         i == 5 ? fixture.ballot.votes[0] : VOTE_ABSTAINS);
    }
    stop();
}

static void test_species_disagree_about_the_same_bars(void **state)
{
    (void)state;
    start();
    seat(0, SPECIES_MOMENTUM);
    seat(1, SPECIES_MEAN_REVERSION);
    rise(0, 300);
    assert_true(fixture.ballot.votes[0] > 50);
    assert_true(fixture.ballot.votes[1] < -50);
    stop();
}

static void test_a_new_profile_changes_what_the_place_votes(void **state)
{
    (void)state;
    start();
    seat(0, SPECIES_MOMENTUM);
    rise(0, 50);
    assert_true(fixture.ballot.votes[0] > 0);
    seat_with(0, SPECIES_MOMENTUM, AGENT_ACTIVE, 400);
    rise(0, 1);
    assert_int_equal(fixture.ballot.votes[0], VOTE_ABSTAINS); /* too little memory for that */
    stop();
}

static void test_a_suspended_agent_abstains_until_it_is_resumed(void **state)
{
    (void)state;
    start();
    seat(0, SPECIES_MOMENTUM);
    seat_with(1, SPECIES_MOMENTUM, AGENT_SUSPENDED, 0);
    rise(0, 50);
    assert_true(fixture.ballot.votes[0] > 0);
    assert_int_equal(fixture.ballot.votes[1], VOTE_ABSTAINS);
    assert_int_equal(electorate_counts(fixture.electorate)->active, 1);
    assert_int_equal(electorate_counts(fixture.electorate)->suspended, 1);
    seat(1, SPECIES_MOMENTUM);
    rise(0, 1);
    assert_int_equal(fixture.ballot.votes[1], fixture.ballot.votes[0]);
    stop();
}

static void test_parameters_beyond_their_bounds_are_brought_inside(void **state)
{
    (void)state;
    start();
    seat_with(0, SPECIES_MOMENTUM, AGENT_ACTIVE, 1e12);
    seat_with(1, SPECIES_MOMENTUM, AGENT_ACTIVE, real_nan());
    rise(0, 600);
    assert_true(fixture.ballot.votes[0] > 0);
    assert_true(fixture.ballot.votes[1] > 0);
    stop();
}

static void test_profiles_for_places_that_there_are_not_are_refused(void **state)
{
    (void)state;
    start();
    seat(COIN + 1, SPECIES_MOMENTUM);
    seat_shadow(SPECIES_COIN * SHADOWS, SPECIES_MOMENTUM);
    seat_shadow(0, SPECIES_COIN);
    assert_int_equal(electorate_counts(fixture.electorate)->refused, 3);
    assert_int_equal(electorate_counts(fixture.electorate)->profiles, 0);
    rise(0, 50);
    for (size_t i = 0; i < AGENTS_MAX; i++) {
        assert_int_equal(fixture.ballot.votes[i], VOTE_ABSTAINS);
    }
    stop();
}

static void test_all_abstain_while_no_vote_could_be_judged(void **state)
{
    (void)state;
    start();
    seat(0, SPECIES_MOMENTUM);
    seat(COIN, SPECIES_COIN);
    seat_shadow(0, SPECIES_MOMENTUM);
    rise(0, 50);
    struct bar_message bar = bar_at(0, 101);
    bar.indicators.ewma_volatility = real_nan();
    say(0, &bar);
    assert_int_equal(fixture.ballot.votes[0], VOTE_ABSTAINS);
    assert_int_equal(fixture.ballot.votes[COIN], VOTE_ABSTAINS);
    assert_int_equal(fixture.shadows.votes[0], VOTE_ABSTAINS);
    stop();
}

static void test_a_gap_makes_the_symbol_forget_and_no_other(void **state)
{
    (void)state;
    start();
    seat(0, SPECIES_MOMENTUM);
    rise(0, 50);
    rise(1, 50);
    struct bar_message bar = bar_at(0, 200);
    bar.after_gap = 1;
    say(0, &bar);
    assert_int_equal(fixture.ballot.votes[0], VOTE_ABSTAINS);
    assert_int_equal(electorate_counts(fixture.electorate)->resets, 1);
    rise(1, 1);
    assert_true(fixture.ballot.votes[0] > 0);
    rise(0, 29); /* the default look-back is 30 bars */
    assert_int_equal(fixture.ballot.votes[0], VOTE_ABSTAINS);
    rise(0, 1);
    assert_true(fixture.ballot.votes[0] != VOTE_ABSTAINS);
    stop();
}

/* 4,000 throws: the side is fair within four standard deviations (±126), a tenth is in the dead
 * band, and confidences are spread evenly above it. */
static void test_the_coin_is_fair_and_unsure_of_itself(void **state)
{
    (void)state;
    int64_t buys = 0;
    int64_t sells = 0;
    int64_t confidence = 0;
    start();
    seat(COIN, SPECIES_COIN);
    for (int i = 0; i < 4000; i++) {
        rise(0, 1);
        int8_t vote = fixture.ballot.votes[COIN];
        assert_true(vote == 0 || (vote >= 10 && vote <= 100) || (vote <= -10 && vote >= -100));
        buys += vote > 0 ? 1 : 0;
        sells += vote < 0 ? 1 : 0;
        confidence += vote < 0 ? -vote : vote;
    }
    assert_in_range(buys - 1800 + 126, 0, 252);
    assert_in_range(sells - 1800 + 126, 0, 252);
    assert_in_range(confidence / (buys + sells), 53, 57);
    stop();
}

enum { THROWS = 200 };

static void throw_coins(uint64_t seed, bool with_others, int8_t throws[THROWS])
{
    start_with(with_others ? SHADOWS : 0, seed);
    seat(COIN, SPECIES_COIN);
    for (uint32_t place = 0; with_others && place < COIN; place++) {
        seat(place, (enum species)(place / INCUMBENTS));
    }
    for (size_t i = 0; i < THROWS; i++) {
        rise(0, 1);
        throws[i] = fixture.ballot.votes[COIN];
    }
    stop();
}

static void test_the_coin_depends_on_the_seed_and_on_nobody_else(void **state)
{
    (void)state;
    int8_t alone[THROWS];
    int8_t among_others[THROWS];
    int8_t of_another_seed[THROWS];
    throw_coins(7, false, alone);
    throw_coins(7, true, among_others);
    throw_coins(8, false, of_another_seed);
    assert_memory_equal(alone, among_others, sizeof alone);
    assert_memory_not_equal(alone, of_another_seed, sizeof alone);
}

static void test_without_shadows_there_are_no_shadow_ballots(void **state)
{
    (void)state;
    start_with(0, 1);
    rise(0, 20);
    assert_int_equal(fixture.ballots, 20);
    assert_int_equal(fixture.shadow_ballots, 0);
    stop();
}

static void test_votes_are_counted(void **state)
{
    (void)state;
    start();
    seat(0, SPECIES_MOMENTUM);
    rise(0, 50);
    const struct electorate_counts *counts = electorate_counts(fixture.electorate);
    assert_int_equal(counts->ballots, 50);
    assert_int_equal(counts->agents, COIN + 1);
    assert_int_equal(counts->shadows, SPECIES_COIN * SHADOWS);
    assert_int_equal(counts->votes, 20); /* from bar 31 on */
    assert_int_equal(counts->holds, 0);
    assert_int_equal(counts->abstentions, 50 * (COIN + 1) - 20);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_bar_gives_a_ballot_and_then_its_shadows),
        cmocka_unit_test(test_a_ballot_carries_on_what_its_bar_says),
        cmocka_unit_test(test_places_that_nobody_has_taken_abstain),
        cmocka_unit_test(test_species_disagree_about_the_same_bars),
        cmocka_unit_test(test_a_new_profile_changes_what_the_place_votes),
        cmocka_unit_test(test_a_suspended_agent_abstains_until_it_is_resumed),
        cmocka_unit_test(test_parameters_beyond_their_bounds_are_brought_inside),
        cmocka_unit_test(test_profiles_for_places_that_there_are_not_are_refused),
        cmocka_unit_test(test_all_abstain_while_no_vote_could_be_judged),
        cmocka_unit_test(test_a_gap_makes_the_symbol_forget_and_no_other),
        cmocka_unit_test(test_the_coin_is_fair_and_unsure_of_itself),
        cmocka_unit_test(test_the_coin_depends_on_the_seed_and_on_nobody_else),
        cmocka_unit_test(test_without_shadows_there_are_no_shadow_ballots),
        cmocka_unit_test(test_votes_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
