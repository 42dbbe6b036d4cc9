/* The agent manager alone on a bus: versions, states, refusals, roll-backs by hand. */
#include "tickd/modules/agent_manager.h"

#include "support/module_fixture.h"
#include "support/numbers.h"
#include "tickd/agents/species.h"
#include "tickd/base/real.h"

enum { AGENTS = 25, HORIZON = 60 };

static struct agent_manager *manager;

static struct module create(struct module_fixture *fixture, struct arena *arena)
{
    manager = agent_manager_create(arena, &fixture->settings, MODULE_FIXTURE_SYMBOLS, fixture->bus);
    return arena_measuring(arena) ? (struct module){0} : agent_manager_module(manager);
}

static void start(struct module_fixture *fixture)
{
    module_fixture_init(fixture);
    module_fixture_set(fixture, "history.agent_versions", "4");
    module_fixture_start(fixture, create);
}

static void update(struct module_fixture *fixture, int64_t id, const double *parameters,
                   enum version_reason reason, double fitness)
{
    struct agent_update_message message = {
        .id = id, .fitness = fitness, .tried = 384, .reason = reason};
    memcpy(message.parameters, parameters, sizeof message.parameters);
    module_fixture_say(fixture, MODULE_EVOLUTION, TOPIC_AGENT_UPDATE, SYMBOL_NONE, &message);
}

static void command(struct module_fixture *fixture, enum command_verb verb, int64_t id,
                    int64_t second)
{
    module_fixture_say(fixture, MODULE_ENGINE, TOPIC_COMMAND, SYMBOL_NONE,
                       &(struct command_message){.verb = verb, .number = id, .second = second});
}

static const struct agent_profile_message *said(const struct module_fixture *fixture)
{
    return &fixture->last[TOPIC_AGENT_PROFILE].body.agent_profile;
}

/* Momentum: look_back, skip, scale. */
static void momentum(double look_back, double parameters[PARAMETERS_MAX])
{
    species_spread(SPECIES_MOMENTUM, 0, 1, parameters);
    parameters[0] = look_back;
}

static void test_all_agents_are_introduced_at_start(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    assert_int_equal(fixture.seen[TOPIC_AGENT_PROFILE], AGENTS);
    assert_int_equal(agent_manager_agents(manager), AGENTS);
    for (size_t place = 0; place + 1 < AGENTS; place++) {
        struct agent_row row;
        double expected[PARAMETERS_MAX];
        assert_true(agent_manager_row(manager, place, &row));
        assert_int_equal(row.id, place + 1);
        assert_int_equal(row.species, place / 3);
        assert_int_equal(row.state, AGENT_ACTIVE);
        assert_int_equal(row.version.version, 1);
        assert_int_equal(row.version.reason, VERSION_FIRST);
        species_spread(row.species, place % 3, 3, expected);
        for (size_t i = 0; i < species_describe(row.species)->parameter_count; i++) {
            assert_near(row.version.parameters[i], expected[i], 0);
        }
    }
    struct agent_row coin;
    assert_true(agent_manager_row(manager, AGENTS - 1, &coin));
    assert_int_equal(coin.species, SPECIES_COIN);
    assert_int_equal(coin.state, AGENT_YARDSTICK);
    assert_false(agent_manager_row(manager, AGENTS, &coin));
    assert_int_equal(said(&fixture)->place, AGENTS - 1);
    assert_int_equal(agent_manager_counts(manager)->active, AGENTS - 1);
    module_fixture_stop(&fixture);
}

static void test_an_update_becomes_a_version_with_its_parent_and_reason(void **state)
{
    (void)state;
    struct module_fixture fixture;
    double parameters[PARAMETERS_MAX];
    start(&fixture);
    momentum(77, parameters);
    update(&fixture, 2, parameters, VERSION_PROMOTED, 0.25);
    assert_int_equal(said(&fixture)->id, 2);
    assert_int_equal(said(&fixture)->place, 1);
    assert_int_equal(said(&fixture)->version, 2);
    assert_int_equal(said(&fixture)->parent, 1);
    assert_int_equal(said(&fixture)->reason, VERSION_PROMOTED);
    assert_near(said(&fixture)->parameters[0], 77, 0);
    assert_near(said(&fixture)->fitness, 0.25, 0);
    const struct agent_change *change = agent_manager_change(manager, 0);
    assert_int_equal(change->id, 2);
    assert_int_equal(change->version, 2);
    assert_near(change->parameters[0], 77, 0);
    assert_int_equal(agent_manager_counts(manager)->promotions, 1);
    struct agent_version version;
    assert_true(agent_manager_version(manager, 1, 1, &version));
    assert_int_equal(version.version, 1);
    assert_false(agent_manager_version(manager, 1, 2, &version));
    module_fixture_stop(&fixture);
}

static void test_parameters_out_of_bounds_are_refused_and_answered(void **state)
{
    (void)state;
    struct module_fixture fixture;
    double parameters[PARAMETERS_MAX];
    const double wrong[] = {4, 481, 30.5, real_nan()};
    start(&fixture);
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        momentum(wrong[i], parameters);
        update(&fixture, 1, parameters, VERSION_PROMOTED, 1);
        assert_int_equal(fixture.seen[TOPIC_AGENT_PROFILE], AGENTS + i + 1);
        assert_int_equal(said(&fixture)->id, 1);
        assert_int_equal(said(&fixture)->version, 1);
    }
    momentum(30, parameters);
    update(&fixture, 1, parameters, (enum version_reason)99, 1);
    assert_int_equal(agent_manager_counts(manager)->refused, ARRAY_LENGTH(wrong) + 1);
    assert_int_equal(agent_manager_counts(manager)->updates, 0);
    module_fixture_stop(&fixture);
}

static void test_nobody_and_the_coin_cannot_be_updated(void **state)
{
    (void)state;
    struct module_fixture fixture;
    double parameters[PARAMETERS_MAX];
    const int64_t ids[] = {0, -1, AGENTS, AGENTS + 1, INT64_MAX, INT64_MIN};
    start(&fixture);
    momentum(30, parameters);
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
        update(&fixture, ids[i], parameters, VERSION_PROMOTED, 1);
        command(&fixture, COMMAND_SUSPEND, ids[i], 0);
        command(&fixture, COMMAND_ROLLBACK, ids[i], 0);
    }
    assert_int_equal(agent_manager_counts(manager)->refused, ARRAY_LENGTH(ids));
    assert_int_equal(agent_manager_counts(manager)->commands_refused, 2 * ARRAY_LENGTH(ids));
    assert_int_equal(fixture.seen[TOPIC_AGENT_PROFILE], AGENTS);
    module_fixture_stop(&fixture);
}

static void test_an_operator_suspends_and_resumes(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    command(&fixture, COMMAND_SUSPEND, 5, 0);
    assert_int_equal(said(&fixture)->id, 5);
    assert_int_equal(said(&fixture)->state, AGENT_SUSPENDED);
    assert_int_equal(said(&fixture)->version, 1);
    assert_int_equal(agent_manager_counts(manager)->suspended, 1);
    command(&fixture, COMMAND_SUSPEND, 5, 0); /* it is: nothing to say */
    assert_int_equal(fixture.seen[TOPIC_AGENT_PROFILE], AGENTS + 1);
    command(&fixture, COMMAND_RESUME, 5, 0);
    assert_int_equal(said(&fixture)->state, AGENT_ACTIVE);
    assert_int_equal(agent_manager_counts(manager)->active, AGENTS - 1);
    module_fixture_stop(&fixture);
}

static void test_an_operator_rolls_back_to_the_version_before_or_a_named_one(void **state)
{
    (void)state;
    struct module_fixture fixture;
    double parameters[PARAMETERS_MAX];
    start(&fixture);
    for (int i = 0; i < 2; i++) {
        momentum(100 + i, parameters);
        update(&fixture, 1, parameters, VERSION_PROMOTED, 0.5);
    }
    command(&fixture, COMMAND_ROLLBACK, 1, 0);
    assert_int_equal(said(&fixture)->version, 4);
    assert_int_equal(said(&fixture)->parent, 2);
    assert_int_equal(said(&fixture)->reason, VERSION_BY_OPERATOR);
    assert_near(said(&fixture)->parameters[0], 100, 0);
    command(&fixture, COMMAND_ROLLBACK, 1, 1); /* the oldest that is kept: it makes room */
    assert_int_equal(said(&fixture)->version, 5);
    assert_int_equal(said(&fixture)->parent, 1);
    assert_near(said(&fixture)->parameters[0], 15, 0);
    assert_int_equal(agent_manager_counts(manager)->rollbacks_by_operator, 2);
    command(&fixture, COMMAND_ROLLBACK, 1, 1); /* overwritten by now */
    command(&fixture, COMMAND_ROLLBACK, 1, 5); /* the present one */
    command(&fixture, COMMAND_ROLLBACK, 1, 9);
    command(&fixture, COMMAND_ROLLBACK, 1, -1);
    command(&fixture, COMMAND_ROLLBACK, 2, 0); /* has only one */
    assert_int_equal(agent_manager_counts(manager)->commands_refused, 5);
    assert_int_equal(agent_manager_counts(manager)->rollbacks_by_operator, 2);
    module_fixture_stop(&fixture);
}

static void test_a_roll_back_by_evolution_has_the_restored_version_as_parent(void **state)
{
    (void)state;
    struct module_fixture fixture;
    double parameters[PARAMETERS_MAX];
    double first[PARAMETERS_MAX];
    start(&fixture);
    momentum(77, parameters);
    species_spread(SPECIES_MOMENTUM, 0, 3, first);
    update(&fixture, 1, parameters, VERSION_PROMOTED, 0.5);
    update(&fixture, 1, first, VERSION_ROLLED_BACK, 0.1);
    assert_int_equal(said(&fixture)->version, 3);
    assert_int_equal(said(&fixture)->parent, 1);
    assert_int_equal(said(&fixture)->reason, VERSION_ROLLED_BACK);
    assert_near(said(&fixture)->parameters[0], 15, 0);
    assert_int_equal(agent_manager_counts(manager)->rollbacks, 1);
    module_fixture_stop(&fixture);
}

static void ballots(struct module_fixture *fixture, int count, int8_t vote, double outcome)
{
    static uint32_t number;
    for (int i = 0; i < count; i++) {
        number++;
        struct ballot_message message = {.bar_start_ms = 1000 * (int64_t)number,
                                         .close = 100 * DECIMAL_ONE,
                                         .volatility = 0.001,
                                         .horizon_return = outcome,
                                         .number = number,
                                         .agents = AGENTS};
        memset(message.votes, 0, sizeof message.votes);
        message.votes[0] = vote;
        module_fixture_say(fixture, MODULE_ELECTORATE, TOPIC_BALLOT, 0, &message);
    }
}

static void test_each_version_has_a_record_of_its_own(void **state)
{
    (void)state;
    struct module_fixture fixture;
    double parameters[PARAMETERS_MAX];
    struct agent_version version;
    struct agent_row row;
    start(&fixture);
    ballots(&fixture, HORIZON + 100, 50, 0.002);
    momentum(77, parameters);
    update(&fixture, 1, parameters, VERSION_PROMOTED, 0.5);
    ballots(&fixture, HORIZON + 30, -50, 0.002);
    assert_true(agent_manager_row(manager, 0, &row));
    assert_int_equal(row.version.record.votes, 30);
    assert_int_equal(row.version.record.hits, 0);
    assert_true(score_mean_reward(&row.version.record) < -0.2);
    assert_int_equal(row.lifetime.votes, 130);
    assert_int_equal(row.lifetime.hits, 100);
    assert_true(agent_manager_version(manager, 0, 1, &version));
    assert_int_equal(version.record.votes, 100);
    /* 0.002 / (0.001 · √60), each; entering cost 0.0006 / (0.001 · √60) a tranche of the first */
    assert_near(score_mean_worth(&version.record), 0.25819888974716110, 1e-12);
    assert_near(score_mean_reward(&version.record),
                0.25819888974716110 - 0.6 * 0.077459666924148338, 1e-9);
    module_fixture_stop(&fixture);
}

static void test_weights_are_told_on(void **state)
{
    (void)state;
    struct module_fixture fixture;
    struct agent_row row;
    struct weights_message weights = {.losses = 5};
    start(&fixture);
    weights.weights[3] = SHARE_ONE / 5;
    module_fixture_say(&fixture, MODULE_CONSENSUS, TOPIC_WEIGHTS, SYMBOL_NONE, &weights);
    assert_true(agent_manager_row(manager, 3, &row));
    assert_near(row.weight, 0.2, 1e-12);
    module_fixture_stop(&fixture);
}

static void test_histories_add_up(void **state)
{
    (void)state;
    struct module_fixture fixture;
    struct history histories[4];
    double parameters[PARAMETERS_MAX];
    start(&fixture);
    for (int i = 0; i < 10; i++) {
        momentum(100 + i, parameters);
        update(&fixture, 1, parameters, VERSION_PROMOTED, 0.5);
    }
    assert_int_equal(fixture.module.histories(fixture.module.state, histories, 4), 2);
    assert_string_equal(histories[0].name, "parameter_history");
    assert_int_equal(histories[0].appended, AGENTS + 10);
    assert_string_equal(histories[1].name, "agent_versions");
    assert_int_equal(histories[1].appended, AGENTS + 10);
    assert_int_equal(histories[1].size, AGENTS - 1 + 4);
    assert_int_equal(histories[1].overwritten, 7);
    assert_int_equal(histories[1].capacity, 4 * AGENTS);
    assert_int_equal(fixture.module.histories(fixture.module.state, histories, 1), 1);
    module_fixture_stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_agents_are_introduced_at_start),
        cmocka_unit_test(test_an_update_becomes_a_version_with_its_parent_and_reason),
        cmocka_unit_test(test_parameters_out_of_bounds_are_refused_and_answered),
        cmocka_unit_test(test_nobody_and_the_coin_cannot_be_updated),
        cmocka_unit_test(test_an_operator_suspends_and_resumes),
        cmocka_unit_test(test_an_operator_rolls_back_to_the_version_before_or_a_named_one),
        cmocka_unit_test(test_a_roll_back_by_evolution_has_the_restored_version_as_parent),
        cmocka_unit_test(test_each_version_has_a_record_of_its_own),
        cmocka_unit_test(test_weights_are_told_on),
        cmocka_unit_test(test_histories_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
