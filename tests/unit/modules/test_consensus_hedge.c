/* Hedge against the theorem: losses that are adversarial, random and drifting; sleepers; newcomers.
 * The bounds are those of Cesa-Bianchi & Lugosi, Prediction, Learning, and Games (2006). */
#include "tickd/modules/consensus_hedge.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/numbers.h"

#include "tickd/base/real.h"
#include "tickd/base/rng.h"

enum { EXPERTS = 25, ROUNDS = 4000 };

/* The rate that th. 2.2 asks for when the number of rounds is known. */
static double known_rate(void)
{
    return sqrt(8.0 * log((double)EXPERTS) / (double)ROUNDS);
}

/* Whoever has most weight loses everything, everybody else nothing: the worst for a follower. */
static void adversarial(const struct hedge *hedge, struct rng *rng, int round, double *losses)
{
    (void)rng;
    (void)round;
    size_t heaviest = 0;
    for (size_t i = 0; i < EXPERTS; i++) {
        losses[i] = 0.0;
        heaviest = hedge->weights[i] > hedge->weights[heaviest] ? i : heaviest;
    }
    losses[heaviest] = 1.0;
}

static void coin_flips(const struct hedge *hedge, struct rng *rng, int round, double *losses)
{
    (void)hedge;
    (void)round;
    for (size_t i = 0; i < EXPERTS; i++) {
        losses[i] = (double)rng_below(rng, 2);
    }
}

static void drifting(const struct hedge *hedge, struct rng *rng, int round, double *losses)
{
    (void)hedge;
    size_t good = (size_t)(round / 500) % EXPERTS;
    for (size_t i = 0; i < EXPERTS; i++) {
        losses[i] = rng_uniform(rng) * (i == good ? 0.3 : 1.0);
    }
}

typedef void opponent(const struct hedge *hedge, struct rng *rng, int round, double *losses);

static void assert_regret_within(opponent *play, const char *name, double share)
{
    struct hedge hedge;
    struct rng rng;
    double total = 0.0;
    double own[EXPERTS] = {0.0};
    rng_stream(&rng, 7, name);
    hedge_init(&hedge, EXPERTS, known_rate(), share);
    for (int round = 0; round < ROUNDS; round++) {
        double losses[EXPERTS];
        play(&hedge, &rng, round, losses);
        total += hedge_learn(&hedge, losses);
        for (size_t i = 0; i < EXPERTS; i++) {
            own[i] += losses[i];
        }
    }
    double best = own[0];
    for (size_t i = 1; i < EXPERTS; i++) {
        best = own[i] < best ? own[i] : best;
    }
    double ratio;
    size_t worst = hedge_worst(&hedge, &ratio);
    printf("%s, share %g: regret %.2f, bound %.2f\n", name, share, total - best,
           hedge_bound(&hedge, worst));
    assert_true(ratio <= 1.0);
    assert_true(total - best <= hedge_bound(&hedge, worst));
    if (share == 0.0) {
        assert_true(total - best <= hedge_bound_known_rounds(EXPERTS, ROUNDS));
    }
}

static void test_regret_stays_inside_the_bound_whatever_the_losses(void **state)
{
    (void)state;
    static const double shares[] = {0.0, 1e-4, 1e-2};
    for (size_t i = 0; i < 3; i++) {
        assert_regret_within(adversarial, "adversarial", shares[i]);
        assert_regret_within(coin_flips, "coin flips", shares[i]);
        assert_regret_within(drifting, "drifting", shares[i]);
    }
}

static void test_without_share_the_bound_is_the_theorems(void **state)
{
    (void)state;
    struct hedge hedge;
    double losses[EXPERTS] = {0.0};
    hedge_init(&hedge, EXPERTS, known_rate(), 0.0);
    for (int round = 0; round < ROUNDS; round++) {
        hedge_learn(&hedge, losses);
    }
    assert_near(hedge_bound(&hedge, 0), hedge_bound_known_rounds(EXPERTS, ROUNDS), 1e-9);
    /* √(4000/2 · ln 25), by 40-digit decimals */
    assert_near(hedge_bound_known_rounds(EXPERTS, ROUNDS), 80.235600887240, 1e-7);
}

/* Fixed share with the α and η that corollary 5.1 asks for, against the best sequence of experts.
 */
static void test_with_share_the_best_sequence_of_experts_is_followed(void **state)
{
    (void)state;
    enum { SWITCHES = ROUNDS / 500 - 1 };
    double share = (double)SWITCHES / (double)(ROUNDS - 1);
    double bound = hedge_bound_switches(EXPERTS, ROUNDS, SWITCHES);
    double rate = 4.0 * bound / (double)ROUNDS; /* η = √(8·(bound's inside)/n) = 4·bound/n */
    struct hedge hedge;
    struct rng rng;
    double total = 0.0;
    double best = 0.0;
    rng_stream(&rng, 11, "switches");
    hedge_init(&hedge, EXPERTS, rate, share);
    for (int round = 0; round < ROUNDS; round++) {
        double losses[EXPERTS];
        drifting(&hedge, &rng, round, losses);
        total += hedge_learn(&hedge, losses);
        best += losses[(round / 500) % EXPERTS];
    }
    printf("best sequence with %d switches: regret %.2f, bound %.2f\n", (int)SWITCHES, total - best,
           bound);
    assert_true(total - best <= bound);
}

static void test_who_sleeps_keeps_its_weight_and_is_not_judged(void **state)
{
    (void)state;
    struct hedge hedge;
    hedge_init(&hedge, 3, 0.5, 0.0);
    const double losses[3] = {1.0, 0.0, real_nan()};
    for (int round = 0; round < 50; round++) {
        hedge_learn(&hedge, losses);
    }
    assert_near(hedge.weights[2], 1.0 / 3.0, 1e-12);
    assert_true(hedge.weights[1] > 0.66);
    assert_int_equal(hedge.awake[2], 0);
    assert_int_equal(hedge.awake[0], 50);
}

static void test_a_round_that_everybody_sleeps_through_teaches_nothing(void **state)
{
    (void)state;
    struct hedge hedge;
    const double losses[2] = {real_nan(), real_nan()};
    hedge_init(&hedge, 2, 0.5, 0.1);
    double learned = hedge_learn(&hedge, losses);
    assert_true(learned != learned);
    assert_int_equal(hedge.rounds, 0);
}

static void test_a_newcomer_enters_small_and_rises_when_it_is_right(void **state)
{
    (void)state;
    struct hedge hedge;
    const double losses[4] = {1.0, 0.5, 0.5, 0.0};
    hedge_init(&hedge, 4, 0.1, 1e-3);
    hedge_replace(&hedge, 3);
    assert_near(hedge.weights[3], 1e-3 / 4.0, 1e-15);
    assert_near(hedge.weights[0] + hedge.weights[1] + hedge.weights[2] + hedge.weights[3], 1.0,
                1e-12);
    for (int round = 0; round < 400; round++) {
        hedge_learn(&hedge, losses);
    }
    double ratio;
    hedge_worst(&hedge, &ratio);
    assert_true(hedge.weights[3] > 0.95);
    assert_true(ratio <= 1.0);
}

static void test_a_change_is_followed_because_no_weight_dies_out(void **state)
{
    (void)state;
    struct hedge hedge;
    hedge_init(&hedge, 2, 0.05, 1e-4);
    const double before[2] = {0.4, 0.6};
    const double after[2] = {0.6, 0.4};
    for (int round = 0; round < 100000; round++) {
        hedge_learn(&hedge, before);
    }
    int rounds = 0;
    while (hedge.weights[1] < 0.5 && rounds < 5000) {
        hedge_learn(&hedge, after);
        rounds++;
    }
    /* from the floor the share keeps, about α/2 ÷ (η·0.2), e-folds of 100 rounds */
    assert_true(rounds > 100 && rounds < 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regret_stays_inside_the_bound_whatever_the_losses),
        cmocka_unit_test(test_without_share_the_bound_is_the_theorems),
        cmocka_unit_test(test_with_share_the_best_sequence_of_experts_is_followed),
        cmocka_unit_test(test_who_sleeps_keeps_its_weight_and_is_not_judged),
        cmocka_unit_test(test_a_round_that_everybody_sleeps_through_teaches_nothing),
        cmocka_unit_test(test_a_newcomer_enters_small_and_rises_when_it_is_right),
        cmocka_unit_test(test_a_change_is_followed_because_no_weight_dies_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
