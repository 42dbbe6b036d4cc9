/* The consensus alone on a bus: a decision for every ballot, weights from outcomes, newcomers. */
#include "tickd/modules/consensus.h"

#include "support/module_fixture.h"
#include "support/numbers.h"
#include "tickd/base/real.h"

enum { AGENTS = 4, HORIZON = 3 };

static struct consensus *consensus;

static struct module create(struct module_fixture *fixture, struct arena *arena)
{
    consensus = consensus_create(arena, &fixture->settings.consensus, HORIZON, 50,
                                 MODULE_FIXTURE_SYMBOLS, AGENTS, fixture->bus);
    return arena_measuring(arena) ? (struct module){0} : consensus_module(consensus);
}

static void profile(struct module_fixture *fixture, uint32_t place, enum agent_state agent,
                    uint32_t version)
{
    module_fixture_say(
        fixture, MODULE_AGENT_MANAGER, TOPIC_AGENT_PROFILE, SYMBOL_NONE,
        &(struct agent_profile_message){.id = place + 1,
                                        .place = place,
                                        .state = agent,
                                        .reason = version > 1 ? VERSION_PROMOTED : VERSION_FIRST,
                                        .version = version});
}

static void start(struct module_fixture *fixture)
{
    module_fixture_init(fixture);
    module_fixture_start(fixture, create);
    for (uint32_t place = 0; place < AGENTS; place++) {
        profile(fixture, place, place + 1 == AGENTS ? AGENT_YARDSTICK : AGENT_ACTIVE, 1);
    }
}

/* One ballot of a symbol: agent 0 is always right, 1 always wrong, 2 holds; the coin votes too. */
static void ballot_with(struct module_fixture *fixture, uint16_t symbol, uint32_t number,
                        double outcome, bool gap, int8_t wrong)
{
    struct ballot_message message = {.bar_start_ms = 1000 * (int64_t)number,
                                     .close = 100 * DECIMAL_ONE,
                                     .volatility = 0.001,
                                     .horizon_return = outcome,
                                     .number = number,
                                     .agents = AGENTS,
                                     .after_gap = gap ? 1 : 0};
    memset(message.votes, VOTE_ABSTAINS, sizeof message.votes);
    message.votes[0] = 80;
    message.votes[1] = wrong;
    message.votes[2] = 0;
    message.votes[3] = -100;
    module_fixture_say(fixture, MODULE_ELECTORATE, TOPIC_BALLOT, symbol, &message);
}

static void ballot(struct module_fixture *fixture, uint16_t symbol, uint32_t number, double outcome,
                   bool gap)
{
    ballot_with(fixture, symbol, number, outcome, gap, -80);
}

static void test_every_ballot_gets_a_decision_on_its_own_symbol_and_bar(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    for (uint32_t i = 1; i <= 10; i++) {
        ballot(&fixture, (uint16_t)(i % 3), i, real_nan(), false);
        assert_int_equal(fixture.seen[TOPIC_DECISION], i);
        assert_int_equal(fixture.last[TOPIC_DECISION].head.symbol, i % 3);
        assert_int_equal(fixture.last[TOPIC_DECISION].body.decision.number, i);
        assert_int_equal(fixture.last[TOPIC_DECISION].head.caused_by, 1);
    }
    const struct consensus_entry *entry = consensus_entry(consensus, 0);
    assert_int_equal(entry->sequence, fixture.last[TOPIC_DECISION].head.sequence);
    assert_int_equal(entry->votes[1], -80);
    module_fixture_stop(&fixture);
}

static void test_the_coin_is_weighted_like_others_and_never_counts(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    ballot(&fixture, 0, 1, real_nan(), false);
    /* 80 against −80 with equal weights: a tie; the coin's −100 would have decided it */
    assert_int_equal(fixture.last[TOPIC_DECISION].body.decision.reason, DECISION_TIE);
    assert_true(consensus_weight(consensus, AGENTS - 1) > 0.2);
    module_fixture_stop(&fixture);
}

static void test_weight_moves_to_who_was_right_a_horizon_later(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    for (uint32_t i = 1; i <= HORIZON; i++) {
        ballot(&fixture, 0, i, real_nan(), false);
    }
    assert_int_equal(consensus_counts(consensus)->outcomes, 0);
    for (uint32_t i = HORIZON + 1; i <= 200; i++) {
        ballot(&fixture, 0, i, 0.002, false);
    }
    assert_int_equal(consensus_counts(consensus)->outcomes, 200 - HORIZON);
    assert_true(consensus_weight(consensus, 0) > 0.9);
    assert_true(consensus_weight(consensus, 1) < 0.02);
    assert_int_equal(fixture.last[TOPIC_DECISION].body.decision.side, SIDE_BUY);
    module_fixture_stop(&fixture);
}

static void test_nothing_is_learned_across_a_gap(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    for (uint32_t i = 1; i <= HORIZON; i++) {
        ballot(&fixture, 0, i, 0.002, false);
    }
    ballot(&fixture, 0, HORIZON + 1, 0.002, true);
    for (uint32_t i = 2; i <= HORIZON; i++) {
        ballot(&fixture, 0, HORIZON + i, 0.002, false);
        assert_int_equal(consensus_counts(consensus)->outcomes, 0);
    }
    ballot(&fixture, 0, 2 * HORIZON + 1, 0.002, false);
    assert_int_equal(consensus_counts(consensus)->outcomes, 1);
    module_fixture_stop(&fixture);
}

static void test_a_suspended_agent_loses_its_voice_and_a_promoted_one_its_weight(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    profile(&fixture, 1, AGENT_SUSPENDED, 1);
    ballot(&fixture, 0, 1, real_nan(), false);
    assert_int_equal(fixture.last[TOPIC_DECISION].body.decision.side, SIDE_BUY);
    double before = consensus_weight(consensus, 0);
    profile(&fixture, 0, AGENT_ACTIVE, 2);
    double promoted = consensus_weight(consensus, 0);
    assert_true(promoted < before / 100.0);
    for (uint32_t i = 2; i <= 400; i++) {
        ballot(&fixture, 0, i, 0.002, false);
    }
    double earned = consensus_weight(consensus, 0);
    assert_true(earned > promoted);
    profile(&fixture, 0, AGENT_SUSPENDED, 2);
    profile(&fixture, 0, AGENT_ACTIVE, 2); /* said again: the same version keeps what it has */
    assert_true(consensus_weight(consensus, 0) == earned);
    module_fixture_stop(&fixture);
}

/* What follows on ballots of two symbols up to `last`, those after `silent` without agent 1's vote,
 * when agent 1 is then replaced by one that abstains. */
struct aftermath {
    double weights[2 * HORIZON][AGENTS];
    double scores[2 * HORIZON];
    struct weights_message told;
};

static void replace_after(uint32_t last, uint32_t silent, struct aftermath *after)
{
    struct module_fixture fixture;
    start(&fixture);
    for (uint32_t i = 1; i <= last; i++) {
        for (uint16_t symbol = 0; symbol < 2; symbol++) {
            ballot_with(&fixture, symbol, i, 0.002, false, i > silent ? VOTE_ABSTAINS : -80);
        }
    }
    profile(&fixture, 1, AGENT_ACTIVE, 2);
    for (uint32_t i = 0; i < 2 * HORIZON; i++) {
        ballot_with(&fixture, (uint16_t)(i % 2), last + 1 + i / 2, 0.002, false, VOTE_ABSTAINS);
        after->scores[i] = fixture.last[TOPIC_DECISION].body.decision.score;
        for (size_t place = 0; place < AGENTS; place++) {
            after->weights[i][place] = consensus_weight(consensus, place);
        }
    }
    module_fixture_pass(&fixture, 60);
    after->told = fixture.last[TOPIC_WEIGHTS].body.weights;
    module_fixture_stop(&fixture);
}

/* Whether it has voted on them or not: what a predecessor leaves behind without an outcome moves
 * nobody. */
static void test_a_newcomer_is_not_judged_by_votes_of_its_predecessor(void **state)
{
    (void)state;
    struct aftermath voted;
    struct aftermath abstained;
    replace_after(50, 50, &voted);
    replace_after(50, 50 - HORIZON, &abstained);
    for (size_t i = 0; i < ARRAY_LENGTH(voted.scores); i++) {
        assert_near(voted.scores[i], abstained.scores[i], 0);
        for (size_t place = 0; place < AGENTS; place++) {
            assert_near(voted.weights[i][place], abstained.weights[i][place], 0);
        }
    }
    assert_near(voted.told.regret, abstained.told.regret, 0);
    assert_near(voted.told.regret_ratio, abstained.told.regret_ratio, 0);
}

static void test_weights_and_regret_are_told_every_minute(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    for (uint32_t i = 1; i <= 100; i++) {
        ballot(&fixture, 0, i, 0.002, false);
    }
    module_fixture_pass(&fixture, 60);
    assert_int_equal(fixture.seen[TOPIC_WEIGHTS], 1);
    const struct weights_message *weights = &fixture.last[TOPIC_WEIGHTS].body.weights;
    assert_int_equal(weights->losses, 100 - HORIZON);
    assert_true(weights->regret > 0.0 && weights->regret <= weights->bound);
    assert_true(weights->regret_ratio < 1.0);
    assert_true(weights->weights[0] > weights->weights[1]);
    module_fixture_stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_ballot_gets_a_decision_on_its_own_symbol_and_bar),
        cmocka_unit_test(test_the_coin_is_weighted_like_others_and_never_counts),
        cmocka_unit_test(test_weight_moves_to_who_was_right_a_horizon_later),
        cmocka_unit_test(test_nothing_is_learned_across_a_gap),
        cmocka_unit_test(test_a_suspended_agent_loses_its_voice_and_a_promoted_one_its_weight),
        cmocka_unit_test(test_a_newcomer_is_not_judged_by_votes_of_its_predecessor),
        cmocka_unit_test(test_weights_and_regret_are_told_every_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
