/* What horizons have brought: drifts by kind, widths by symbol, the shape of outcomes. */
#include "tickd/modules/simulator_horizon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/numbers.h"
#include "tickd/base/real.h"

enum { HORIZON = 10, SYMBOLS = 3 };

static struct arena arena;
static struct horizon horizon;

static int set_up(void **state)
{
    (void)state;
    struct arena measuring;
    arena_init_measuring(&measuring);
    if (horizon_init(&horizon, &measuring, HORIZON, 30.0, SYMBOLS) ||
        arena_init(&arena, measuring.used) != 0) {
        return -1;
    }
    return horizon_init(&horizon, &arena, HORIZON, 30.0, SYMBOLS) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static void learn(size_t symbol, struct horizon_kind kind, double move, double residual,
                  size_t count)
{
    for (size_t i = 0; i < count; i++) {
        horizon_learn(&horizon, symbol,
                      &(struct horizon_outcome){.kind = kind, .move = move, .residual = residual});
    }
}

static const struct horizon_kind strong = {.side = SIDE_BUY, .level = 3, .standing = 1};

static void test_nothing_seen_is_no_drift(void **state)
{
    (void)state;
    struct horizon_kind unknown = {.side = SIDE_SELL, .level = EDGE_NO_LEVEL};
    assert_near(horizon_drift(&horizon, 0, &strong), 0.0, 0.0);
    assert_near(horizon_drift(&horizon, 0, &unknown), 0.0, 0.0);
    assert_near(horizon_width(&horizon, 0), 1.0, 0.0);
    assert_near(horizon_variance(&horizon, 0, 1.7), 1.7, 1e-12);
    assert_near(horizon_shape(&horizon)->share, 0.0, 0.0);
}

/* 300 decisions are 30 horizons: all means are shrunk to what is above them, in three steps. */
static void test_overlapping_decisions_count_a_tenth_each(void **state)
{
    (void)state;
    learn(0, strong, 2.0, 0.0, 300);
    double all = 2.0 * 30.0 / (30.0 + 30.0);
    double level = (2.0 * 30.0 + all * 10.0) / (30.0 + 10.0);
    /* all moves are equal: 30 values of variance 5 ÷ 35, which an equal block's clustering, and the
       one cell that there is, leave alone */
    double kind = (2.0 * 30.0 + level * 10.0) / (30.0 + 10.0);
    assert_near(horizon_drift(&horizon, 0, &strong), kind, 1e-9);
}

static void test_a_kind_that_was_not_seen_goes_with_its_level_and_with_all(void **state)
{
    (void)state;
    struct horizon_kind same_level = {.side = SIDE_SELL, .level = 3, .standing = 2};
    struct horizon_kind other_level = {.side = SIDE_BUY, .level = 0, .standing = 1};
    learn(0, strong, 2.0, 0.0, 3000);
    double seen = horizon_drift(&horizon, 1, &strong);
    double level = horizon_drift(&horizon, 1, &same_level);
    double other = horizon_drift(&horizon, 1, &other_level);
    assert_true(seen > level && level > other && other > 1.5);
}

static void test_standing_is_by_agreement(void **state)
{
    (void)state;
    assert_int_equal(horizon_standing_of(-1.0), 0);
    assert_int_equal(horizon_standing_of(-0.01), 0);
    assert_int_equal(horizon_standing_of(0.0), 1);
    assert_int_equal(horizon_standing_of(0.75), 2);
    assert_int_equal(horizon_standing_of(1.0), HORIZON_STANDINGS - 1);
}

static void test_a_wilder_symbol_is_wider_than_others(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        double sign = i % 2 == 0 ? 1.0 : -1.0;
        learn(0, strong, 0.0, sign * 1.0, 1);
        learn(1, strong, 0.0, sign * 3.0, 1);
    }
    assert_true(horizon_width(&horizon, 1) > 1.2);
    assert_true(horizon_width(&horizon, 0) < 0.8);
    assert_near(horizon_width(&horizon, 2), 1.0, 1e-12);
    /* all: (200 · 5 + 30 · 1) ÷ 230; the symbol's own: (100 · 9 + 30 · that) ÷ 130 */
    assert_near(horizon_variance(&horizon, 1, 1.0), (900.0 + 30.0 * 1030.0 / 230.0) / 130.0, 1e-9);
}

static void test_outcomes_fall_into_the_bins_that_they_lie_in(void **state)
{
    (void)state;
    learn(0, strong, 0.0, -1e9, 1); /* beyond the end: the outermost bin */
    learn(0, strong, 0.0, 1e9, 1);
    const struct horizon_shape *shape = horizon_shape(&horizon);
    assert_near(shape->counts[0], 1.0, 0.0);
    assert_near(shape->counts[HORIZON_BINS - 1], 1.0, 0.0);
    assert_near(shape->count, 2.0, 0.0);
    assert_near(horizon_bin_edge(0), -HORIZON_SHAPE_END, 0.0);
    assert_near(horizon_bin_edge(HORIZON_BINS), HORIZON_SHAPE_END, 0.0);
    learn(1, strong, 0.0, real_nan(), 5);
    assert_near(shape->count, 2.0, 0.0);
}

static void test_what_is_old_fades(void **state)
{
    (void)state;
    learn(0, strong, 2.0, 1.0, 3000);
    double before = horizon_drift(&horizon, 0, &strong);
    double share = horizon_shape(&horizon)->share;
    for (int i = 0; i < 20; i++) {
        horizon_end_block(&horizon, 0.5);
    }
    learn(0, strong, -2.0, 1.0, 300);
    assert_true(before > 1.5);
    assert_true(horizon_drift(&horizon, 0, &strong) < -1.0);
    assert_true(horizon_shape(&horizon)->share < share);
}

int main(void)
{
#define WITH_HORIZON(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_HORIZON(test_nothing_seen_is_no_drift),
        WITH_HORIZON(test_overlapping_decisions_count_a_tenth_each),
        WITH_HORIZON(test_a_kind_that_was_not_seen_goes_with_its_level_and_with_all),
        WITH_HORIZON(test_standing_is_by_agreement),
        WITH_HORIZON(test_a_wilder_symbol_is_wider_than_others),
        WITH_HORIZON(test_outcomes_fall_into_the_bins_that_they_lie_in),
        WITH_HORIZON(test_what_is_old_fades),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
