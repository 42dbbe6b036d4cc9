/* The stationary bootstrap and what the pool says, where the answer is known. */
#include "tickd/modules/simulator_paths.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/numbers.h"
#include "support/seed.h"
#include "tickd/base/real.h"

enum { HORIZON = 16, PATHS = 4096, RETURNS = 600 };

static struct arena arena;
static struct path_pool pool;
static double residuals[RETURNS];
static struct horizon_shape shape; /* nothing has been seen yet, unless a test says so */

static int set_up(void **state)
{
    (void)state;
    struct arena measuring;
    arena_init_measuring(&measuring);
    paths_init(&pool, &measuring, PATHS, RETURNS, HORIZON);
    if (arena_init(&arena, measuring.used) != 0) {
        return -1;
    }
    paths_init(&pool, &arena, PATHS, RETURNS, HORIZON);
    shape = (struct horizon_shape){.size = 10.0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static void fill_normal(uint64_t seed, size_t count)
{
    struct rng rng;
    rng_seed(&rng, seed);
    for (size_t i = 0; i < count; i++) {
        residuals[i] = rng_normal(&rng);
    }
}

static void fill_pool(uint64_t seed, uint32_t number)
{
    struct rng rng;
    rng_seed(&rng, seed);
    for (size_t i = 0; i < PATH_GROUPS; i++) {
        paths_draw(&pool, &rng, number);
    }
}

static struct path_position position(double drift, double costs, bool is_short)
{
    return (struct path_position){.drift = drift,
                                  .stretch = 1.0,
                                  .width = 1.0,
                                  .costs = costs,
                                  .shape = &shape,
                                  .is_short = is_short};
}

/* Mean square of all ends, which are in units of √H residuals. */
static double variance_of_ends(void)
{
    double sum = 0.0;
    for (size_t i = 0; i < PATH_GROUPS; i++) {
        for (size_t k = 0; k < pool.group_size; k++) {
            sum += pool.groups[i].ends[k] * pool.groups[i].ends[k];
        }
    }
    return sum / PATHS;
}

static void test_the_variance_of_ends_is_known_before_they_are_drawn(void **state)
{
    (void)state;
    static const double lengths[] = {1.0, 2.5, 10.0, 80.0};
    fill_normal(1, 300);
    for (size_t i = 1; i < 300; i++) {
        residuals[i] += 0.6 * residuals[i - 1];
    }
    for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
        paths_refresh(&pool, residuals, 300, lengths[i]);
        fill_pool(7 + i, 1);
        double ratio = paths_variance_ratio(&pool);
        assert_near(variance_of_ends() / ratio, 1.0, 0.09); /* 4 deviations: 4·√(2 ÷ 4096) */
    }
}

/* Horizon and blocks longer than the table of lengths, and than the series itself. */
static void test_long_blocks_are_as_long_as_they_should_be(void **state)
{
    (void)state;
    enum { LONG_HORIZON = 1000, LONG_PATHS = 2048 };
    struct arena measuring;
    struct arena memory;
    struct path_pool far;
    struct rng rng;
    double sum = 0.0;
    arena_init_measuring(&measuring);
    paths_init(&far, &measuring, LONG_PATHS, RETURNS, LONG_HORIZON);
    assert_int_equal(arena_init(&memory, measuring.used), 0);
    paths_init(&far, &memory, LONG_PATHS, RETURNS, LONG_HORIZON);
    for (size_t i = 0; i < RETURNS; i++) {
        residuals[i] = i < RETURNS / 2 ? 1.0 : -1.0; /* half of the time up, half down */
    }
    paths_refresh(&far, residuals, RETURNS, 400.0);
    rng_seed(&rng, 9);
    for (size_t i = 0; i < PATH_GROUPS; i++) {
        paths_draw(&far, &rng, 1);
        for (size_t k = 0; k < far.group_size; k++) {
            sum += far.groups[i].ends[k] * far.groups[i].ends[k];
        }
    }
    assert_near(sum / LONG_PATHS / paths_variance_ratio(&far), 1.0, 0.1);
    arena_fini(&memory);
}

static void test_blocks_keep_what_hangs_together(void **state)
{
    (void)state;
    fill_normal(2, RETURNS);
    for (size_t i = RETURNS - 1; i > 0; i--) {
        residuals[i] -= residuals[i - 1]; /* what goes up comes down at once */
    }
    paths_refresh(&pool, residuals, RETURNS, 1.0);
    double torn = paths_variance_ratio(&pool);
    paths_refresh(&pool, residuals, RETURNS, 30.0);
    double whole = paths_variance_ratio(&pool);
    assert_near(torn, 2.0, 0.3);
    assert_true(whole < 0.4);
}

/* One block longer than the path: an end is a stretch of the circle as it is. */
static void test_a_path_of_one_block_is_a_piece_of_the_past(void **state)
{
    (void)state;
    for (size_t i = 0; i < 100; i++) {
        residuals[i] = (double)(i * i);
    }
    paths_refresh(&pool, residuals, 100, 1e12);
    struct rng rng;
    rng_seed(&rng, 3);
    paths_draw(&pool, &rng, 1);
    for (size_t k = 0; k < pool.group_size; k++) {
        bool found = false;
        for (size_t first = 0; first < 100 && !found; first++) {
            double sum = 0.0;
            for (size_t i = first; i < first + HORIZON; i++) {
                sum += residuals[i % 100] - 3283.5; /* their mean: Σ i² ÷ 100 */
            }
            found = fabs(sum / sqrt(HORIZON) - pool.groups[0].ends[k]) < 1e-6;
        }
        assert_true(found);
    }
}

static void test_independent_normal_residuals_give_normal_figures(void **state)
{
    (void)state;
    fill_normal(4, RETURNS);
    paths_refresh(&pool, residuals, RETURNS, 1.0);
    fill_pool(11, 1);
    double deviation = sqrt(paths_variance_ratio(&pool));
    for (double costs = -1.0; costs <= 1.0; costs += 0.5) {
        struct path_position one = position(0.25, costs, false);
        struct path_figures figures = paths_figures(&pool, 1, &one);
        double above = real_normal_cdf((0.25 - costs) / deviation);
        assert_int_equal(figures.paths, PATHS);
        assert_near(figures.probability_profit, above, 0.03);
        /* with 10 values behind it the tail is cut at 5% less 4.5%: its last half percent */
        assert_near(figures.value_at_risk, costs - 0.25 + 2.58 * deviation, 0.4);
        assert_true(figures.expected_shortfall > figures.value_at_risk);
    }
    shape.size = 1e9;
    struct path_position one = position(0.25, 0.5, false);
    struct path_figures figures = paths_figures(&pool, 1, &one);
    assert_near(figures.value_at_risk, 0.25 + 1.6449 * deviation, 0.12);
    assert_near(figures.expected_shortfall, 0.25 + 2.0627 * deviation, 0.15);
}

static void test_a_short_position_sees_the_paths_mirrored(void **state)
{
    (void)state;
    fill_normal(5, RETURNS);
    for (size_t i = 0; i < RETURNS; i++) {
        residuals[i] *= residuals[i] > 0.0 ? 3.0 : 1.0; /* leaps upwards only */
    }
    paths_refresh(&pool, residuals, RETURNS, 1.0);
    fill_pool(12, 1);
    struct path_position bought = position(0.0, 0.0, false);
    struct path_position sold = position(0.0, 0.0, true);
    struct path_figures up = paths_figures(&pool, 1, &bought);
    struct path_figures down = paths_figures(&pool, 1, &sold);
    assert_near(up.probability_profit + down.probability_profit, 1.0, 1e-9);
    assert_true(down.expected_shortfall > 1.1 * up.expected_shortfall);
}

static void test_past_outcomes_take_over_from_the_paths(void **state)
{
    (void)state;
    fill_normal(6, RETURNS);
    paths_refresh(&pool, residuals, RETURNS, 1.0);
    fill_pool(13, 1);
    /* all outcomes so far lay in the bin from 2 to 2.125 */
    size_t bin = (size_t)((2.0 / HORIZON_SHAPE_END + 1.0) / 2.0 * HORIZON_BINS);
    assert_near(horizon_bin_edge(bin), 2.0, 1e-12);
    shape.counts[bin] = 100.0;
    shape.sums[bin] = 206.25;
    shape.count = 100.0;
    shape.size = 1e9;
    struct path_position one = position(0.0, 1.0, false);
    double paths_alone = paths_figures(&pool, 1, &one).probability_profit;
    shape.share = 0.75;
    assert_near(paths_figures(&pool, 1, &one).probability_profit, 0.75 + 0.25 * paths_alone, 1e-9);
    shape.share = 1.0;
    struct path_figures figures = paths_figures(&pool, 1, &one);
    assert_near(figures.probability_profit, 1.0, 1e-12);
    assert_near(figures.value_at_risk, 1.0 - 2.0625, 1e-9);
    assert_near(figures.expected_shortfall, 1.0 - 2.0625, 1e-9);
}

static void test_groups_grow_old(void **state)
{
    (void)state;
    fill_normal(7, RETURNS);
    paths_refresh(&pool, residuals, RETURNS, 1.0);
    struct rng rng;
    rng_seed(&rng, 1);
    assert_int_equal(paths_groups(&pool, 5), 0);
    paths_draw(&pool, &rng, 5);
    paths_draw(&pool, &rng, 6);
    assert_int_equal(paths_groups(&pool, 6), 2);
    assert_int_equal(paths_groups(&pool, 5 + HORIZON), 2);
    assert_int_equal(paths_groups(&pool, 6 + HORIZON), 1);
    paths_forget(&pool);
    assert_int_equal(paths_groups(&pool, 6), 0);
}

static void test_the_same_stream_gives_the_same_paths(void **state)
{
    (void)state;
    fill_normal(8, RETURNS);
    paths_refresh(&pool, residuals, RETURNS, 3.0);
    fill_pool(21, 1);
    struct path_position one = position(0.1, 0.2, false);
    struct path_figures first = paths_figures(&pool, 1, &one);
    fill_pool(22, 1);
    struct path_figures other = paths_figures(&pool, 1, &one);
    fill_pool(21, 1);
    struct path_figures again = paths_figures(&pool, 1, &one);
    assert_near(again.probability_profit, first.probability_profit, 0.0);
    assert_near(again.expected_shortfall, first.expected_shortfall, 0.0);
    assert_true(other.expected_shortfall < first.expected_shortfall ||
                other.expected_shortfall > first.expected_shortfall);
}

/* Property: what is said of the tail before the pool is full is never taken back. */
static void test_a_tail_that_exceeds_a_limit_early_exceeds_it_in_the_end(void **state)
{
    (void)state;
    struct rng rng;
    size_t early = 0;
    rng_seed(&rng, test_seed());
    for (int i = 0; i < 200; i++) {
        struct path_position one = position(0.0, 0.0, rng_uniform(&rng) < 0.5);
        double limit = 1.0 + 2.0 * rng_uniform(&rng);
        bool said = false;
        fill_normal(rng_next(&rng), 120);
        paths_forget(&pool);
        paths_refresh(&pool, residuals, 120, 1.0 + 5.0 * rng_uniform(&rng));
        shape.size = 10.0 + 1000.0 * rng_uniform(&rng);
        for (size_t group = 0; group < PATH_GROUPS; group++) {
            paths_draw(&pool, &rng, 1);
            said = said || paths_tail_exceeds(&pool, 1, &one, limit);
            early += said && group + 1 < PATH_GROUPS ? 1 : 0;
        }
        if (said) {
            assert_true(paths_figures(&pool, 1, &one).expected_shortfall > limit);
        }
    }
    assert_true(early > 100);
}

int main(void)
{
#define WITH_POOL(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_POOL(test_the_variance_of_ends_is_known_before_they_are_drawn),
        WITH_POOL(test_long_blocks_are_as_long_as_they_should_be),
        WITH_POOL(test_blocks_keep_what_hangs_together),
        WITH_POOL(test_a_path_of_one_block_is_a_piece_of_the_past),
        WITH_POOL(test_independent_normal_residuals_give_normal_figures),
        WITH_POOL(test_a_short_position_sees_the_paths_mirrored),
        WITH_POOL(test_past_outcomes_take_over_from_the_paths),
        WITH_POOL(test_groups_grow_old),
        WITH_POOL(test_the_same_stream_gives_the_same_paths),
        WITH_POOL(test_a_tail_that_exceeds_a_limit_early_exceeds_it_in_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
