/* Evidence: its formula against a quadrature, and what it promises against many runs. */
#include "tickd/modules/evolution_evidence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdbool.h>

#include "support/numbers.h"
#include "support/seed.h"
#include "tickd/base/rng.h"

static const double threshold_5_percent = 2.9957322735539909; /* ln 20 */
static const double threshold_shared = 8.9463749;             /* ln (384 ÷ 0.05) */

/* ln of ∫ 2 φ(λ; 0, 1/v) exp(λS − λ²V/2) dλ over λ > 0 by Simpson's rule: the definition, without
 * its closed form. */
static double quadrature(double sum, double squares)
{
    const double pi = 3.14159265358979323846;
    const double sharpest = 100;
    const int steps = 20000;
    const double end = 2.0;
    double total = 0;
    for (int i = 0; i <= steps; i++) {
        double lambda = end * i / steps;
        double density = 2 * sqrt(sharpest / (2 * pi)) * exp(-lambda * lambda * sharpest / 2);
        double value = density * exp(lambda * sum - lambda * lambda * squares / 2);
        total += value * (i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2);
    }
    return log(total * end / steps / 3);
}

/* Alternating differences around a mean hang together negatively, so V is not enlarged. */
static struct evidence alternating(double mean, double size, int blocks)
{
    struct evidence evidence = {0};
    for (int i = 0; i < blocks; i++) {
        double difference = mean + (i % 2 == 0 ? size : -size);
        evidence_add(&evidence, 0.25 + difference, 0.25, 1);
    }
    return evidence;
}

static void test_evidence_is_the_mean_over_all_stakes(void **state)
{
    (void)state;
    for (int blocks = 20; blocks <= 400; blocks += 76) {
        struct evidence evidence = alternating(0.3, 0.8, blocks);
        double squares = blocks * (0.3 * 0.3 + 0.8 * 0.8);
        assert_near(evidence_better(&evidence), quadrature(0.3 * blocks, squares), 1e-6);
    }
}

static void test_without_blocks_nothing_is_known(void **state)
{
    (void)state;
    struct evidence evidence = {0};
    assert_near(evidence_better(&evidence), 0, 0);
    assert_near(evidence_score(&evidence), 0, 0);
    assert_true(isnan(evidence_advantage(&evidence)));
    assert_true(isnan(evidence_first_mean(&evidence)));
    assert_true(isnan(evidence_lower_bound(&evidence, threshold_5_percent)));
    evidence_add(&evidence, 5, 1, 0); /* bars of no weight */
    assert_int_equal(evidence.blocks, 0);
}

static void test_means_are_by_weight(void **state)
{
    (void)state;
    struct evidence evidence = {0};
    evidence_add(&evidence, 3, 1, 2);
    evidence_add(&evidence, 1, 1, 6);
    assert_near(evidence_first_mean(&evidence), 0.5, 1e-15);
    assert_near(evidence_advantage(&evidence), 0.25, 1e-15);
}

static void test_worse_is_better_seen_from_the_other_side(void **state)
{
    (void)state;
    struct evidence evidence = {0};
    struct evidence mirrored = {0};
    struct rng rng;
    rng_stream(&rng, test_seed(), "mirror");
    for (int i = 0; i < 200; i++) {
        double first = rng_normal(&rng) + 0.4;
        double second = rng_normal(&rng);
        evidence_add(&evidence, first, second, 1);
        evidence_add(&mirrored, second, first, 1);
    }
    assert_near(evidence_worse(&evidence), evidence_better(&mirrored), 1e-12);
    assert_near(evidence_better(&evidence), evidence_worse(&mirrored), 1e-12);
    assert_near(evidence_score(&evidence), -evidence_score(&mirrored), 1e-12);
    assert_true(evidence_better(&evidence) > 0 && evidence_worse(&evidence) < 0);
}

/* A few blocks, however good, are no proof: S² ≤ n·V. */
static void test_few_blocks_prove_nothing(void **state)
{
    (void)state;
    struct evidence evidence = {0};
    for (int i = 0; i < 5; i++) {
        evidence_add(&evidence, 1000, 0, 1);
    }
    assert_true(evidence_better(&evidence) < threshold_5_percent);
    assert_true(isnan(evidence_lower_bound(&evidence, threshold_5_percent)));
}

static void test_the_lower_bound_is_where_evidence_ends(void **state)
{
    (void)state;
    for (int blocks = 30; blocks <= 600; blocks += 95) {
        struct evidence evidence = alternating(0.3, 0.8, blocks);
        double bound = evidence_lower_bound(&evidence, threshold_5_percent);
        struct evidence shifted = alternating(0.3 - bound, 0.8, blocks);
        assert_near(evidence_better(&shifted), threshold_5_percent, 1e-6);
        assert_true(bound < 0.3);
        assert_int_equal(bound > 0, evidence_better(&evidence) > threshold_5_percent);
    }
}

static void test_the_lower_bound_rises_to_the_truth(void **state)
{
    (void)state;
    struct evidence short_run = alternating(0.3, 0.8, 60);
    struct evidence long_run = alternating(0.3, 0.8, 6000);
    double early = evidence_lower_bound(&short_run, threshold_5_percent);
    double late = evidence_lower_bound(&long_run, threshold_5_percent);
    assert_true(early < late && late < 0.3 && late > 0.25);
}

typedef double draw(struct rng *rng, double *memory);

static double draw_normal(struct rng *rng, double *memory)
{
    *memory = rng_normal(rng);
    return *memory;
}

/* Student's t with two degrees of freedom: no variance at all. */
static double draw_heavy(struct rng *rng, double *memory)
{
    *memory = rng_normal(rng) / sqrt(-log(1 - rng_uniform(rng)));
    return *memory;
}

/* Nearly always nothing, sometimes something: agents that agree on most bars. */
static double draw_rare(struct rng *rng, double *memory)
{
    *memory = rng_below(rng, 20) == 0 ? rng_normal(rng) : 0;
    return *memory;
}

/* Regimes: a mean that turns its sign after twelve blocks on average. */
static double draw_regimes(struct rng *rng, double *memory)
{
    if (*memory == 0 || rng_below(rng, 12) == 0) {
        *memory = rng_below(rng, 2) == 0 ? 0.6 : -0.6;
    }
    return *memory + rng_normal(rng);
}

/* How many of 1500 runs reach the threshold at any of 600 looks; `allow`: for what hangs together.
 */
static int false_alarms(draw *difference, double scale, double threshold, bool allow)
{
    struct rng rng;
    int alarms = 0;
    rng_stream(&rng, test_seed(), "alarms");
    for (int run = 0; run < 1500; run++) {
        struct evidence evidence = {0};
        double memory = 0;
        bool alarm = false;
        for (int look = 0; look < 600 && !alarm; look++) {
            evidence_add(&evidence, scale * difference(&rng, &memory), 0, 1);
            struct evidence seen = evidence;
            seen.lagged = allow ? seen.lagged : -1;
            alarm = evidence_better(&seen) >= threshold;
        }
        alarms += alarm ? 1 : 0;
    }
    return alarms;
}

/* At most 5%; 1500 runs come to 75, and 75 + 4 · √(1500 · 0.05 · 0.95) = 109. */
static void test_luck_is_taken_for_skill_no_more_often_than_promised(void **state)
{
    (void)state;
    assert_true(false_alarms(draw_normal, 1, threshold_5_percent, true) <= 109);
    assert_true(false_alarms(draw_heavy, 1, threshold_5_percent, true) <= 109);
    assert_true(false_alarms(draw_rare, 1, threshold_5_percent, true) <= 109);
    assert_true(false_alarms(draw_normal, 0.1, threshold_5_percent, false) <= 109);
    assert_true(false_alarms(draw_normal, 10, threshold_5_percent, false) <= 109);
}

static void test_regimes_are_mostly_allowed_for(void **state)
{
    (void)state;
    int as_if_alone = false_alarms(draw_regimes, 1, threshold_shared, false);
    int allowed_for = false_alarms(draw_regimes, 1, threshold_shared, true);
    print_message("regimes: %d alarms in 1500 as if alone, %d\n", as_if_alone, allowed_for);
    assert_true(allowed_for < 110);
    assert_true(allowed_for * 2 < as_if_alone);
}

/* The canary: the same looks with a plain t-test at 5% are wrong far more often. */
static void test_looking_again_and_again_fools_a_test_that_is_made_for_one_look(void **state)
{
    (void)state;
    struct rng rng;
    int alarms = 0;
    rng_stream(&rng, test_seed(), "alarms");
    for (int run = 0; run < 500; run++) {
        struct evidence evidence = {0};
        bool alarm = false;
        for (int look = 0; look < 600; look++) {
            evidence_add(&evidence, rng_normal(&rng), 0, 1);
            alarm = alarm || (look >= 20 && evidence_score(&evidence) > 1.645);
        }
        alarms += alarm ? 1 : 0;
    }
    assert_true(alarms > 100); /* 20% and more instead of 5% */
}

static void test_skill_is_seen(void **state)
{
    (void)state;
    struct rng rng;
    int seen = 0;
    rng_stream(&rng, test_seed(), "skill");
    for (int run = 0; run < 200; run++) {
        struct evidence evidence = {0};
        for (int look = 0; look < 600; look++) {
            evidence_add(&evidence, 0.3 + rng_normal(&rng), 0, 1);
        }
        seen += evidence_better(&evidence) >= 9 ? 1 : 0; /* about 0.05 shared by 384 */
    }
    assert_true(seen >= 190); /* 0.3 · √600 = 7.3 standard errors, and 4.6 are asked for */
}

static void test_differences_that_hang_together_count_for_less(void **state)
{
    (void)state;
    struct evidence together = {0};
    struct evidence alone = {0};
    for (int i = 0; i < 400; i++) {
        evidence_add(&together, 0.2 + (i / 20 % 2 == 0 ? 1 : -1), 0, 1);
        evidence_add(&alone, 0.2 + (i % 2 == 0 ? 1 : -1), 0, 1);
    }
    assert_near(together.sum, alone.sum, 1e-9);
    assert_true(evidence_score(&together) < 0.5 * evidence_score(&alone));
    assert_true(evidence_better(&together) < evidence_better(&alone) - 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_evidence_is_the_mean_over_all_stakes),
        cmocka_unit_test(test_without_blocks_nothing_is_known),
        cmocka_unit_test(test_means_are_by_weight),
        cmocka_unit_test(test_worse_is_better_seen_from_the_other_side),
        cmocka_unit_test(test_few_blocks_prove_nothing),
        cmocka_unit_test(test_the_lower_bound_is_where_evidence_ends),
        cmocka_unit_test(test_the_lower_bound_rises_to_the_truth),
        cmocka_unit_test(test_luck_is_taken_for_skill_no_more_often_than_promised),
        cmocka_unit_test(test_regimes_are_mostly_allowed_for),
        cmocka_unit_test(test_looking_again_and_again_fools_a_test_that_is_made_for_one_look),
        cmocka_unit_test(test_skill_is_seen),
        cmocka_unit_test(test_differences_that_hang_together_count_for_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
