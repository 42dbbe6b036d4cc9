/* The five models on ballots that are worked out by hand. */
#include "tickd/modules/consensus_models.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/numbers.h"

#define ABSTAINS VOTE_ABSTAINS

static struct poll_result decide(enum consensus_model model, size_t agents, const int8_t *votes,
                                 const double *weights)
{
    static const bool everybody[AGENTS_MAX] = {true, true, true, true, true, true};
    struct poll poll = {.agents = agents,
                        .votes = votes,
                        .weights = weights,
                        .counts = everybody,
                        .quorum = 0.5,
                        .threshold = 0.6};
    return poll_decide(model, &poll);
}

static const double equal[] = {0.2, 0.2, 0.2, 0.2, 0.2};

static void assert_side(enum consensus_model model, const int8_t *votes, const double *weights,
                        enum side side, enum decision_reason reason)
{
    struct poll_result result = decide(model, 5, votes, weights);
    assert_string_equal(side_name(result.side), side_name(side));
    assert_string_equal(decision_reason_name(result.reason), decision_reason_name(reason));
}

static void test_three_of_five_are_a_majority_and_two_are_not(void **state)
{
    (void)state;
    const int8_t three[] = {10, 10, 10, -100, -100};
    const int8_t two[] = {100, 100, -100, 0, 0};
    assert_side(CONSENSUS_MAJORITY, three, equal, SIDE_BUY, DECISION_AGREED);
    assert_side(CONSENSUS_MAJORITY, two, equal, SIDE_HOLD, DECISION_BELOW_SUPPORT);
}

static void test_weighted_goes_by_weight_and_not_by_heads(void **state)
{
    (void)state;
    const int8_t votes[] = {50, 50, 50, 50, -50};
    const double weights[] = {0.1, 0.1, 0.1, 0.1, 0.6};
    assert_side(CONSENSUS_WEIGHTED, votes, weights, SIDE_SELL, DECISION_AGREED);
    assert_side(CONSENSUS_MAJORITY, votes, weights, SIDE_BUY, DECISION_AGREED);
}

static void test_unanimous_wants_everybody_who_does_not_abstain(void **state)
{
    (void)state;
    const int8_t all[] = {-1, -50, -100, ABSTAINS, -3};
    const int8_t one_holds[] = {-1, -50, -100, 0, -3};
    assert_side(CONSENSUS_UNANIMOUS, all, equal, SIDE_SELL, DECISION_AGREED);
    assert_side(CONSENSUS_UNANIMOUS, one_holds, equal, SIDE_HOLD, DECISION_BELOW_SUPPORT);
}

static void test_threshold_wants_its_share_of_weight(void **state)
{
    (void)state;
    const int8_t votes[] = {50, 50, 50, -50, 0};
    const double just[] = {0.2, 0.2, 0.2, 0.2, 0.2};
    const double short_of[] = {0.19, 0.2, 0.2, 0.2, 0.21};
    assert_side(CONSENSUS_THRESHOLD, votes, just, SIDE_BUY, DECISION_AGREED);
    assert_side(CONSENSUS_THRESHOLD, votes, short_of, SIDE_HOLD, DECISION_BELOW_SUPPORT);
}

static void test_hedge_weighs_confidence_too(void **state)
{
    (void)state;
    const int8_t votes[] = {20, 20, 20, -100, ABSTAINS};
    struct poll_result result = decide(CONSENSUS_HEDGE, 5, votes, equal);
    assert_int_equal(result.side, SIDE_SELL);
    /* (3·0.2·0.2 − 0.2·1) ÷ 0.8 = −0.1 */
    assert_near(result.score, -0.1, 1e-12);
    assert_near(result.support, 0.25, 1e-12);
    assert_near(result.confidence, 1.0, 1e-12);
    assert_near(result.quorum, 0.8, 1e-12);
    assert_int_equal(result.robustness, 1);
}

static void test_a_tie_holds_in_every_model(void **state)
{
    (void)state;
    const int8_t votes[] = {40, -40, 0, 0, ABSTAINS};
    for (size_t model = 0; model < CONSENSUS_MODEL_COUNT; model++) {
        assert_side((enum consensus_model)model, votes, equal, SIDE_HOLD, DECISION_TIE);
    }
}

static void test_below_the_quorum_nothing_is_decided(void **state)
{
    (void)state;
    const int8_t votes[] = {100, 100, ABSTAINS, ABSTAINS, ABSTAINS};
    for (size_t model = 0; model < CONSENSUS_MODEL_COUNT; model++) {
        assert_side((enum consensus_model)model, votes, equal, SIDE_HOLD, DECISION_BELOW_QUORUM);
    }
}

static void test_when_all_hold_nobody_votes(void **state)
{
    (void)state;
    const int8_t votes[] = {0, 0, 0, 0, 0};
    assert_side(CONSENSUS_HEDGE, votes, equal, SIDE_HOLD, DECISION_NOBODY_VOTES);
}

static void test_who_does_not_count_changes_nothing(void **state)
{
    (void)state;
    const int8_t votes[] = {50, -100};
    const double weights[] = {0.1, 0.9};
    const bool counts[] = {true, false};
    struct poll poll = {
        .agents = 2, .votes = votes, .weights = weights, .counts = counts, .quorum = 1.0};
    struct poll_result result = poll_decide(CONSENSUS_HEDGE, &poll);
    assert_int_equal(result.side, SIDE_BUY);
    assert_near(result.quorum, 1.0, 1e-12);
}

static void test_dissent_is_none_when_all_agree_and_whole_when_split_in_three(void **state)
{
    (void)state;
    const int8_t agree[] = {50, 60, 70, 80, 90};
    const int8_t split[] = {50, -50, 0, ABSTAINS, ABSTAINS};
    assert_near(decide(CONSENSUS_HEDGE, 5, agree, equal).dissent, 0.0, 1e-12);
    assert_near(decide(CONSENSUS_HEDGE, 5, split, equal).dissent, 1.0, 1e-12);
}

static void test_robustness_counts_the_votes_that_would_have_to_hold(void **state)
{
    (void)state;
    const int8_t votes[] = {50, 50, 50, 50, -50};
    /* four against one by heads: with one holding three of five are still most; with two, two are
     * not */
    assert_int_equal(decide(CONSENSUS_MAJORITY, 5, votes, equal).robustness, 2);
    /* 2.0 against 0.5 by strength: three have to go before it is a tie */
    assert_int_equal(decide(CONSENSUS_HEDGE, 5, votes, equal).robustness, 3);
    assert_int_equal(decide(CONSENSUS_UNANIMOUS, 4, votes, equal).robustness, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_of_five_are_a_majority_and_two_are_not),
        cmocka_unit_test(test_weighted_goes_by_weight_and_not_by_heads),
        cmocka_unit_test(test_unanimous_wants_everybody_who_does_not_abstain),
        cmocka_unit_test(test_threshold_wants_its_share_of_weight),
        cmocka_unit_test(test_hedge_weighs_confidence_too),
        cmocka_unit_test(test_a_tie_holds_in_every_model),
        cmocka_unit_test(test_below_the_quorum_nothing_is_decided),
        cmocka_unit_test(test_when_all_hold_nobody_votes),
        cmocka_unit_test(test_who_does_not_count_changes_nothing),
        cmocka_unit_test(test_dissent_is_none_when_all_agree_and_whole_when_split_in_three),
        cmocka_unit_test(test_robustness_counts_the_votes_that_would_have_to_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
