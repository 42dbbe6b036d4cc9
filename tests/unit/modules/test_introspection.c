/* Introspection alone on a bus: an agent that sees the future, one that sees it the wrong way
 * round, one that holds, and the coin. */
#include "tickd/modules/introspection.h"

#include <math.h>

#include "support/module_fixture.h"
#include "support/numbers.h"
#include "tickd/base/real.h"
#include "tickd/base/rng.h"
#include "tickd/modules/introspection_metrics.h"

enum { AGENTS = 4, HORIZON = 5, MINUTES_KEPT = 3, PATH_BARS = 4000 };

static struct introspection *introspection;
static double closes[PATH_BARS + HORIZON];
static size_t next_bar;

static struct module create(struct module_fixture *fixture, struct arena *arena)
{
    introspection = introspection_create(arena, &fixture->settings.portfolio, HORIZON, MINUTES_KEPT,
                                         MODULE_FIXTURE_SYMBOLS, AGENTS, fixture->bus);
    return arena_measuring(arena) ? (struct module){0} : introspection_module(introspection);
}

static void profile(struct module_fixture *fixture, uint32_t place, uint32_t version)
{
    bool coin = place + 1 == AGENTS;
    module_fixture_say(
        fixture, MODULE_AGENT_MANAGER, TOPIC_AGENT_PROFILE, SYMBOL_NONE,
        &(struct agent_profile_message){.id = place + 1,
                                        .place = place,
                                        .species = coin ? SPECIES_COIN : SPECIES_TREND,
                                        .state = coin ? AGENT_YARDSTICK : AGENT_ACTIVE,
                                        .version = version});
}

static void start(struct module_fixture *fixture)
{
    struct rng rng;
    rng_stream(&rng, 1, "introspection");
    double log_close = real_log(100);
    for (size_t i = 0; i < PATH_BARS + HORIZON; i++) {
        log_close += 0.001 * rng_normal(&rng);
        closes[i] = real_exp(log_close);
    }
    next_bar = 0;
    module_fixture_init(fixture);
    module_fixture_start(fixture, create);
    for (uint32_t place = 0; place < AGENTS; place++) {
        profile(fixture, place, 1);
    }
}

static double return_between(size_t from, size_t to)
{
    return real_log(closes[to]) - real_log(closes[from]);
}

static int64_t money_of(double value)
{
    int64_t money;
    assert_int_equal(decimal_from_double(value, &money), 0);
    return money;
}

static void ballot(struct module_fixture *fixture, const int8_t *votes)
{
    size_t bar = next_bar;
    struct ballot_message message = {
        .close = money_of(closes[bar]),
        .volatility = 0.001,
        .horizon_return = bar < HORIZON ? real_nan() : return_between(bar - HORIZON, bar),
        .number = (uint32_t)bar,
        .agents = AGENTS};
    memset(message.votes, VOTE_ABSTAINS, sizeof message.votes);
    memcpy(message.votes, votes, AGENTS);
    module_fixture_say(fixture, MODULE_ELECTORATE, TOPIC_BALLOT, 0, &message);
}

static void decide(struct module_fixture *fixture, enum side side, double confidence)
{
    size_t bar = next_bar;
    module_fixture_say(
        fixture, MODULE_CONSENSUS, TOPIC_DECISION, 0,
        &(struct decision_message){
            .close = money_of(closes[bar]),
            .volatility = 0.001,
            .horizon_return = bar < HORIZON ? real_nan() : return_between(bar - HORIZON, bar),
            .confidence = confidence,
            .side = side});
}

/* A bar: the first agent votes with 80% for what will be, the second with 80% for what will not;
 * the decision is the first one's. */
static void bar(struct module_fixture *fixture)
{
    bool rises = return_between(next_bar, next_bar + HORIZON) > 0;
    int8_t coin = next_bar * 7 % 13 > 6 ? 50 : -50;
    ballot(fixture, (int8_t[]){rises ? 80 : -80, rises ? -80 : 80, 0, coin});
    decide(fixture, rises ? SIDE_BUY : SIDE_SELL, 0.8);
    next_bar++;
}

static void equity(struct module_fixture *fixture, double value, bool minute)
{
    module_fixture_say(fixture, MODULE_PORTFOLIO, TOPIC_EQUITY, SYMBOL_NONE,
                       &(struct equity_message){.equity = money_of(value),
                                                .turnover = money_of(1000),
                                                .minute = minute ? 1 : 0});
}

static const struct reward_message *minute(struct module_fixture *fixture, size_t bars,
                                           double value)
{
    for (size_t second = 0; second < 60; second++) {
        if (second < bars) {
            bar(fixture);
        }
        module_fixture_pass(fixture, 1);
    }
    equity(fixture, value, true);
    return &fixture->last[TOPIC_REWARD].body.reward;
}

static struct introspection_agent agent_at(size_t place)
{
    struct introspection_agent agent;
    assert_true(introspection_agent(introspection, place, &agent));
    return agent;
}

static void test_a_reward_is_said_once_a_minute_after_the_minutes_equity(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    for (uint64_t i = 1; i <= 4; i++) {
        module_fixture_pass(&fixture, 59);
        assert_int_equal(fixture.seen[TOPIC_REWARD], i - 1);
        module_fixture_pass(&fixture, 1);
        assert_int_equal(fixture.seen[TOPIC_REWARD], i - 1);
        equity(&fixture, 100000, true);
        assert_int_equal(fixture.seen[TOPIC_REWARD], i);
        assert_int_equal(fixture.last[TOPIC_REWARD].head.time_us % (60 * (int64_t)US_PER_S), 0);
    }
    /* without one it does not wait longer than a second */
    module_fixture_pass(&fixture, 60);
    assert_int_equal(fixture.seen[TOPIC_REWARD], 4);
    module_fixture_pass(&fixture, 1);
    assert_int_equal(fixture.seen[TOPIC_REWARD], 5);
    module_fixture_pass(&fixture, 58);
    assert_int_equal(fixture.seen[TOPIC_REWARD], 5);
    module_fixture_stop(&fixture);
}

static void test_the_history_keeps_exactly_the_newest_minutes(void **state)
{
    (void)state;
    struct module_fixture fixture;
    struct history history;
    start(&fixture);
    for (uint64_t i = 1; i <= 8; i++) {
        minute(&fixture, 0, 100000 + (double)i);
        assert_int_equal(fixture.module.histories(fixture.module.state, &history, 1), 1);
        assert_int_equal(history.size, i < MINUTES_KEPT ? i : MINUTES_KEPT);
        assert_int_equal(history.capacity, MINUTES_KEPT);
        assert_int_equal(history.appended, i);
    }
    assert_string_equal(history.name, "reward_metrics_history");
    const struct message *last = &fixture.last[TOPIC_REWARD];
    assert_int_equal(introspection_entry(introspection, 0)->sequence, last->head.sequence);
    assert_int_equal(introspection_entry(introspection, 2)->time_us,
                     last->head.time_us - 120 * (int64_t)US_PER_S);
    assert_null(introspection_entry(introspection, MINUTES_KEPT));
    module_fixture_stop(&fixture);
}

static void test_agents_are_judged_by_what_became_of_their_votes(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    for (size_t i = 0; i < 20; i++) {
        minute(&fixture, 60, 100000);
    }
    uint64_t judged = 20 * 60 - HORIZON;
    struct introspection_agent seer = agent_at(0);
    assert_int_equal(seer.id, 1);
    assert_int_equal(seer.votes, judged);
    assert_int_equal(seer.bars, judged);
    assert_near(seer.hit_rate, 1, 0);
    assert_near(seer.brier, 0.01, 1e-12);
    assert_true(seer.mean_reward > 0.3 && seer.sharpe > 1 && seer.max_drawdown == 0);
    assert_true(isnan(seer.sortino)); /* it never lost */
    assert_int_equal(seer.minutes, 20);
    struct introspection_agent fool = agent_at(1);
    assert_near(fool.hit_rate, 0, 0);
    assert_near(fool.brier, 0.81, 1e-12);
    assert_near(fool.turnover, seer.turnover, 1e-12);
    assert_true(fool.sharpe < -1 && fool.sortino < 0);
    /* what one earns the other loses, but for the costs, which both pay */
    double cost = 6e-4 / (0.001 * sqrt(HORIZON));
    assert_near(seer.mean_reward + fool.mean_reward, -2 * cost * seer.turnover, 1e-9);
    assert_near(seer.mean_worth + fool.mean_worth, 0, 1e-12);
    assert_near(seer.mean_worth - seer.mean_reward, cost * seer.turnover, 1e-9);
    struct introspection_agent holder = agent_at(2);
    assert_int_equal(holder.votes, 0);
    assert_true(isnan(holder.hit_rate) && isnan(holder.sharpe) && holder.mean_reward == 0);
    assert_false(introspection_agent(introspection, AGENTS, &holder));
    module_fixture_stop(&fixture);
}

static void test_the_lead_over_the_coin_is_counted_in_standard_errors(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    for (size_t i = 0; i < 20; i++) {
        minute(&fixture, 60, 100000);
        bool known = i + 1 >= INTROSPECTION_MINUTES_MIN;
        assert_int_equal(!isnan(agent_at(0).over_coin), known);
    }
    assert_true(agent_at(0).over_coin > 3);
    assert_true(agent_at(1).over_coin < -3);
    assert_true(isnan(agent_at(3).over_coin));
    assert_true(agent_at(3).sharpe < agent_at(0).sharpe);
    module_fixture_stop(&fixture);
}

static void test_decisions_are_judged_like_the_votes_of_one_more_agent(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    const struct reward_message *reward = minute(&fixture, 60, 100000);
    struct introspection_agent seer = agent_at(0);
    assert_int_equal(reward->outcomes, 60 - HORIZON);
    assert_near(reward->hit_rate, 1, 0);
    assert_near(reward->brier, 0.01, 1e-12);
    assert_near(reward->mean_reward, seer.mean_reward, 1e-12);
    assert_near(reward->minute_reward, seer.mean_reward, 1e-12);
    double first = reward->mean_reward;
    reward = minute(&fixture, 60, 100000);
    assert_int_equal(reward->outcomes, 120 - HORIZON);
    assert_near(reward->mean_reward * (120 - HORIZON),
                first * (60 - HORIZON) + reward->minute_reward * 60, 1e-9);
    module_fixture_stop(&fixture);
}

/* Equity that has returned what Bacon's portfolio did; the numbers are those of
 * test_introspection_metrics.c. */
static void test_ratios_of_the_system_are_those_of_its_equity_by_the_minute(void **state)
{
    (void)state;
    static const double returns[] = {
        0.003, 0.026,  0.011,  -0.010, 0.015,  0.025,  0.016, 0.067, -0.014, 0.040, -0.005, 0.081,
        0.040, -0.037, -0.061, 0.017,  -0.049, -0.022, 0.070, 0.058, -0.065, 0.024, -0.005, -0.009};
    struct module_fixture fixture;
    start(&fixture);
    double value = 100000; /* the initial cash */
    const struct reward_message *reward = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(returns); i++) {
        value *= 1 + returns[i];
        reward = minute(&fixture, 60, value);
        assert_near(reward->minute_return, returns[i], 1e-9);
        assert_int_equal(reward->minutes, i + 1);
        assert_int_equal(isnan(reward->sharpe), i + 1 < INTROSPECTION_MINUTES_MIN);
        assert_int_equal(isnan(reward->deflated_sharpe), i + 1 < INTROSPECTION_MINUTES_MIN);
    }
    assert_near(reward->sharpe, 0.2275684556623888, 1e-8);
    assert_near(reward->sortino, 0.3923720287950652, 1e-8);
    assert_near(reward->max_drawdown, 0.144672955739218, 1e-8);
    struct introspection_trials trials = introspection_trials(introspection);
    assert_int_equal(trials.tries, 3); /* the coin is none */
    assert_near(trials.luck, 1.0 / 23, 1e-15);
    assert_near(trials.expected, metrics_expected_maximum(trials.independent, 1.0 / 23), 0);
    assert_near(reward->deflated_sharpe,
                metrics_probabilistic_sharpe(0.2275684556623888, trials.expected, 24,
                                             -0.0825624552085681, 2.4324537941078743),
                1e-7);
    module_fixture_stop(&fixture);
}

static void test_a_fall_from_the_initial_cash_is_a_drawdown(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    const struct reward_message *reward = minute(&fixture, 1, 99000);
    assert_near(reward->max_drawdown, 0.01, 1e-12);
    assert_near(reward->minute_return, -0.01, 1e-12);
    assert_int_equal(reward->minutes, 1);
    module_fixture_stop(&fixture);
}

static void test_a_fall_between_two_minutes_counts_as_drawdown(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    minute(&fixture, 0, 100000);
    equity(&fixture, 110000, false);
    equity(&fixture, 99000, false);
    assert_near(minute(&fixture, 0, 108000)->max_drawdown, 0.1, 1e-12);
    module_fixture_stop(&fixture);
}

static void test_minutes_without_bars_count_only_when_equity_moves(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    minute(&fixture, 0, 100000);
    assert_int_equal(minute(&fixture, 0, 100000)->minutes, 0);
    assert_int_equal(minute(&fixture, 0, 100000)->minutes, 0);
    assert_int_equal(minute(&fixture, 1, 100000)->minutes, 1);
    assert_int_equal(minute(&fixture, 0, 100001)->minutes, 2);
    assert_int_equal(agent_at(0).minutes, 0);
    module_fixture_stop(&fixture);
}

static void test_diversity_is_of_the_minute_and_without_the_coin(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    /* one buys, one sells, one holds: all kinds equal, whatever the coin says */
    assert_near(minute(&fixture, 60, 100000)->diversity, 1, 1e-12);
    assert_true(isnan(minute(&fixture, 0, 100000)->diversity));
    ballot(&fixture, (int8_t[]){10, 20, 30, -40});
    assert_near(minute(&fixture, 0, 100000)->diversity, 0, 0);
    ballot(&fixture, (int8_t[]){10, VOTE_ABSTAINS, -30, -40});
    assert_near(minute(&fixture, 0, 100000)->diversity, log(2) / log(3), 1e-12);
    module_fixture_stop(&fixture);
}

static void test_agents_that_bet_against_each_other_are_correlated_below_zero(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    const struct reward_message *reward = minute(&fixture, 60, 100000);
    assert_true(isnan(reward->correlation));
    for (size_t i = 0; i < 19; i++) {
        minute(&fixture, 60, 100000);
    }
    assert_true(reward->correlation < -0.5 && reward->correlation >= -1);
    struct introspection_trials trials = introspection_trials(introspection);
    assert_near(trials.correlation, reward->correlation, 0);
    assert_near(trials.independent, 3, 0);
    double difference = agent_at(0).sharpe - agent_at(1).sharpe;
    assert_near(trials.spread, difference * difference / 2, 1e-9);
    module_fixture_stop(&fixture);
}

static void test_a_new_version_begins_a_new_record(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    for (size_t i = 0; i < 12; i++) {
        minute(&fixture, 60, 100000);
    }
    assert_near(agent_at(1).max_drawdown,
                -agent_at(1).mean_reward * (double)agent_at(1).bars / HORIZON, 1e-9);
    uint64_t others = agent_at(1).votes;
    assert_true(agent_at(0).votes > 0);
    profile(&fixture, 0, 1); /* the same once more changes nothing */
    assert_true(agent_at(0).votes > 0);
    profile(&fixture, 0, 2);
    struct introspection_agent agent = agent_at(0);
    assert_int_equal(agent.version, 2);
    assert_int_equal(agent.votes, 0);
    assert_int_equal(agent.minutes, 0);
    assert_true(isnan(agent.mean_reward) && isnan(agent.over_coin));
    assert_int_equal(agent_at(1).votes, others);
    assert_true(isnan(minute(&fixture, HORIZON, 100000)->correlation));
    assert_int_equal(agent_at(0).votes, 0); /* votes of the version before are not its own */
    minute(&fixture, 1, 100000);
    assert_int_equal(agent_at(0).votes, 1);
    module_fixture_stop(&fixture);
}

static void test_every_version_that_has_voted_is_a_try(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    for (size_t i = 0; i < 20; i++) {
        minute(&fixture, 60, 100000 + 10 * (double)(i * 7 % 5) + 4 * (double)i);
    }
    double before = fixture.last[TOPIC_REWARD].body.reward.deflated_sharpe;
    profile(&fixture, 0, 8);
    profile(&fixture, 1, 5);
    assert_int_equal(introspection_trials(introspection).tries, 8 + 5 + 1);
    minute(&fixture, 60, 100000 + 10 * (double)(20 * 7 % 5) + 4 * 20.0);
    assert_true(before > 0 && before < 1);
    assert_true(fixture.last[TOPIC_REWARD].body.reward.deflated_sharpe < before);
    module_fixture_stop(&fixture);
}

/* Votes on a market that cannot be foretold: whoever holds most of the time pays less than the
 * coin, and is no better for it. */
static void test_holding_is_no_lead_over_the_coin(void **state)
{
    (void)state;
    struct module_fixture fixture;
    struct rng rng;
    start(&fixture);
    rng_stream(&rng, 2, "votes");
    for (size_t i = 0; i < 60; i++) {
        for (size_t second = 0; second < 60; second++) {
            int8_t coin = rng_below(&rng, 2) == 0 ? 50 : -50;
            int8_t rare = rng_below(&rng, 20) != 0 ? 0 : rng_below(&rng, 2) == 0 ? 50 : -50;
            ballot(&fixture, (int8_t[]){rare, 0, 0, coin});
            next_bar++;
            module_fixture_pass(&fixture, 1);
        }
        equity(&fixture, 100000, true);
    }
    assert_true(agent_at(0).mean_reward > agent_at(3).mean_reward + 0.1);
    assert_true(fabs(agent_at(0).over_coin) < 3);
    assert_true(fabs(agent_at(1).over_coin) < 3);
    module_fixture_stop(&fixture);
}

static void fill(struct module_fixture *fixture, uint16_t symbol, double realised, double fee,
                 double position)
{
    module_fixture_say(fixture, MODULE_PORTFOLIO, TOPIC_FILL, symbol,
                       &(struct fill_message){.realised_pnl = money_of(realised),
                                              .fee = money_of(fee),
                                              .position = money_of(position)});
}

static void test_a_position_is_won_when_it_closes_above_its_fees(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    assert_true(isnan(minute(&fixture, 0, 100000)->win_rate));
    fill(&fixture, 0, 0, 5, 100);
    fill(&fixture, 0, 0, 5, 200);
    fill(&fixture, 1, 0, 2, -50); /* another symbol in between */
    fill(&fixture, 0, 8, 5, 100);
    fill(&fixture, 0, 13, 5, 0); /* 21 gained, 20 paid */
    fill(&fixture, 1, 3, 2, 0);  /* 3 gained, 4 paid */
    fill(&fixture, 0, 0, 0.25, 100);
    fill(&fixture, 0, 0, 0.25, 0);
    const struct reward_message *reward = minute(&fixture, 0, 100000);
    assert_int_equal(reward->trips, 3);
    assert_near(reward->win_rate, 1.0 / 3, 1e-15);
    assert_near(reward->turnover, 0.01, 1e-12);
    module_fixture_stop(&fixture);
}

static void test_weights_are_told_with_the_agents(void **state)
{
    (void)state;
    struct module_fixture fixture;
    start(&fixture);
    module_fixture_say(&fixture, MODULE_CONSENSUS, TOPIC_WEIGHTS, SYMBOL_NONE,
                       &(struct weights_message){.weights = {SHARE_ONE, 0, SHARE_ONE / 5}});
    assert_near(agent_at(0).weight, 1, 0);
    assert_near(agent_at(2).weight, 0.2, 1e-4);
    profile(&fixture, 0, 2);
    assert_near(agent_at(0).weight, 1, 0);
    module_fixture_stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reward_is_said_once_a_minute_after_the_minutes_equity),
        cmocka_unit_test(test_the_history_keeps_exactly_the_newest_minutes),
        cmocka_unit_test(test_agents_are_judged_by_what_became_of_their_votes),
        cmocka_unit_test(test_the_lead_over_the_coin_is_counted_in_standard_errors),
        cmocka_unit_test(test_decisions_are_judged_like_the_votes_of_one_more_agent),
        cmocka_unit_test(test_ratios_of_the_system_are_those_of_its_equity_by_the_minute),
        cmocka_unit_test(test_a_fall_from_the_initial_cash_is_a_drawdown),
        cmocka_unit_test(test_a_fall_between_two_minutes_counts_as_drawdown),
        cmocka_unit_test(test_minutes_without_bars_count_only_when_equity_moves),
        cmocka_unit_test(test_diversity_is_of_the_minute_and_without_the_coin),
        cmocka_unit_test(test_agents_that_bet_against_each_other_are_correlated_below_zero),
        cmocka_unit_test(test_a_new_version_begins_a_new_record),
        cmocka_unit_test(test_every_version_that_has_voted_is_a_try),
        cmocka_unit_test(test_holding_is_no_lead_over_the_coin),
        cmocka_unit_test(test_a_position_is_won_when_it_closes_above_its_fees),
        cmocka_unit_test(test_weights_are_told_with_the_agents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
