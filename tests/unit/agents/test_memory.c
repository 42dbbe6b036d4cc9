/* What agents remember, against sums over the bars themselves. */
#include "tickd/agents/memory.h"

#include "support/agent_bars.h"

#include <math.h>

#include "support/numbers.h"
#include "support/seed.h"
#include "tickd/base/rng.h"

static struct agent_bars bars;

/* The whole path, kept by the test. */
enum { PATH_MAX_BARS = 6000 };
static double path[PATH_MAX_BARS]; /* closes as the memory saw them */
static double flows[PATH_MAX_BARS];
static double highs[PATH_MAX_BARS];
static double lows[PATH_MAX_BARS];

static void add(size_t index, double close, double flow)
{
    bars.volume = fabs(flow);
    bars.imbalance = flow == 0 ? real_nan() : flow / fabs(flow);
    agent_bars_close(&bars, 0, close);
    const struct bar_message *bar = &bars.newest[0];
    path[index] = real_log(decimal_to_double(bar->close));
    flows[index] = bar->volume == 0 ? 0 : decimal_to_double(bar->volume) * bars.imbalance;
    highs[index] = decimal_to_double(bar->high);
    lows[index] = decimal_to_double(bar->low);
}

/* Bars last − n + 1 … last, straight from the path. */
static void compare_window(size_t last, size_t n)
{
    const struct symbol_memory *memory = &bars.memories[0];
    const struct memory_bar *from = memory_at(memory, n);
    const struct memory_bar *to = memory_at(memory, 0);
    double mean = 0;
    double variance = 0;
    double product = 0;
    double returns = 0;
    double flow = 0;
    double flow_squared = 0;
    double highest = 0;
    double lowest = 1e9;
    for (size_t i = last - n + 1; i <= last; i++) {
        mean += path[i] / (double)n;
    }
    for (size_t i = last - n + 1; i <= last; i++) {
        double k = (double)(i - (last - n + 1)) - ((double)n - 1) / 2;
        variance += (path[i] - mean) * (path[i] - mean);
        product += k * (path[i] - mean);
        returns += (path[i] - path[i - 1]) * (path[i] - path[i - 1]);
        flow += flows[i];
        flow_squared += flows[i] * flows[i];
        highest = highs[i] > highest ? highs[i] : highest;
        lowest = lows[i] < lowest ? lows[i] : lowest;
    }
    double sum = to->sum_log - from->sum_log;
    double newest = (double)(memory->count - 1 - memory->base_count);
    double middle = newest - ((double)n - 1) / 2;
    assert_near(memory->base_log + sum / (double)n, mean, 1e-12);
    assert_near(to->sum_log_squared - from->sum_log_squared - sum * sum / (double)n, variance,
                1e-11);
    assert_near(to->sum_log_by_number - from->sum_log_by_number - middle * sum, product, 1e-9);
    assert_near(to->sum_return_squared - from->sum_return_squared, returns, 1e-14);
    assert_near(to->sum_flow - from->sum_flow, flow, 1e-6);
    assert_near(to->sum_flow_squared - from->sum_flow_squared, flow_squared, 1e-2);
    assert_true(memory_highest(memory, n) == highest);
    assert_true(memory_lowest(memory, n) == lowest);
}

static void test_running_sums_give_what_the_bars_themselves_give(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, test_seed());
    agent_bars_init(&bars);
    double close = 100;
    for (size_t i = 0; i < PATH_MAX_BARS; i++) {
        double jump = rng_below(&rng, 500) == 0 ? 0.02 : 2e-4;
        close *= real_exp(jump * rng_normal(&rng));
        close = rng_below(&rng, 5) == 0 && i > 0 ? decimal_to_double(bars.newest[0].close) : close;
        add(i, close, rng_below(&rng, 3) == 0 ? 0 : 100 * rng_normal(&rng));
        if (i >= 2 && rng_below(&rng, 4) == 0) {
            uint64_t most = i < LOOK_BACK_MAX ? i : LOOK_BACK_MAX;
            compare_window(i, 1 + (size_t)rng_below(&rng, most));
        }
        if (i >= LOOK_BACK_MAX && i % MEMORY_BARS < 3) {
            compare_window(i, LOOK_BACK_MAX); /* around each move of the base */
        }
    }
}

static void test_extremes_of_a_long_rise_and_a_long_fall_are_exact(void **state)
{
    (void)state;
    agent_bars_init(&bars);
    for (size_t i = 0; i < 3000; i++) {
        size_t phase = i % 1400; /* 700 bars up, 700 down: longer than the memory */
        add(i, 100 + 0.01 * (double)(phase < 700 ? phase : 1400 - phase), 0);
        for (size_t n = 1; n <= LOOK_BACK_MAX && n < i; n = 2 * n + 1) {
            compare_window(i, n);
        }
    }
}

static void test_a_price_that_stands_still_has_no_returns_and_no_spread(void **state)
{
    (void)state;
    agent_bars_init(&bars);
    for (size_t i = 0; i < 2000; i++) {
        agent_bars_close(&bars, 0, i < 900 ? 100 + 0.05 * (double)i : 145);
        if (i < 1020) {
            continue;
        }
        const struct memory_bar *from = memory_at(&bars.memories[0], 100);
        const struct memory_bar *to = memory_at(&bars.memories[0], 0);
        double mean = (to->sum_log - from->sum_log) / 100;
        assert_true(to->sum_return_squared - from->sum_return_squared == 0.0);
        assert_near((to->sum_log_squared - from->sum_log_squared) / 100 - mean * mean, 0, 1e-14);
    }
}

static void test_memory_covers_what_it_has_seen_and_no_more(void **state)
{
    (void)state;
    agent_bars_init(&bars);
    assert_false(memory_covers(&bars.memories[0], 0));
    agent_bars_close(&bars, 0, 100);
    assert_true(memory_covers(&bars.memories[0], 0));
    assert_false(memory_covers(&bars.memories[0], 1));
    for (size_t i = 0; i < 1000; i++) {
        agent_bars_close(&bars, 0, 100);
    }
    assert_true(memory_covers(&bars.memories[0], LOOK_BACK_MAX));
    assert_false(memory_covers(&bars.memories[0], MEMORY_BARS));
}

static void test_a_reset_forgets_all_bars_and_leaves_the_basket_whole(void **state)
{
    (void)state;
    agent_bars_init(&bars);
    for (size_t i = 0; i < 700; i++) {
        agent_bars_close(&bars, 0, 100 + (double)(i % 7));
        agent_bars_close(&bars, 1, 50);
        agent_bars_close(&bars, 2, 50);
    }
    double others = bars.memories[1].base_others + memory_at(&bars.memories[1], 0)->others;
    memory_reset(&bars.memories[0]);
    assert_false(memory_covers(&bars.memories[0], 0));
    agent_bars_close(&bars, 0, 300); /* a price far from the old one is no return */
    assert_int_equal(bars.memories[0].count, 1);
    assert_true(memory_at(&bars.memories[0], 0)->sum_return_squared == 0.0);
    assert_true(memory_highest(&bars.memories[0], 1) < 301);
    agent_bars_close(&bars, 1, 50);
    assert_near(bars.memories[1].base_others + memory_at(&bars.memories[1], 0)->others, others,
                1e-15);
    agent_bars_close(&bars, 0, 303);
    assert_near(memory_at(&bars.memories[0], 0)->log_close, real_log(303.0 / 300.0), 1e-12);
}

/* Symbols 1 to 3 rise by 1, 2 and 6 parts in ten thousand: for symbol 0 the others' mean is 3, for
 * symbol 3 it is (0 + 1 + 2)/3. */
static void test_the_basket_is_the_mean_return_of_the_others(void **state)
{
    (void)state;
    static const double rise[AGENT_BARS_SYMBOLS] = {0, 1e-4, 2e-4, 6e-4};
    agent_bars_init(&bars);
    for (size_t i = 0; i < AGENT_BARS_SYMBOLS; i++) {
        agent_bars_close(&bars, (uint16_t)i, 100);
    }
    assert_int_equal(bars.memories[3].others, 3);
    double before0 = bars.basket.level - bars.memories[0].contributed;
    double before3 = bars.basket.level - bars.memories[3].contributed;
    for (size_t i = 0; i < AGENT_BARS_SYMBOLS; i++) {
        agent_bars_close(&bars, (uint16_t)i, 100 * real_exp(rise[i]));
    }
    double after0 = bars.basket.level - bars.memories[0].contributed;
    double after3 = bars.basket.level - bars.memories[3].contributed;
    assert_near(after0 - before0, 3e-4, 1e-9);
    assert_near(after3 - before3, 1e-4, 1e-9);
}

static void test_a_symbol_that_has_fallen_silent_leaves_the_basket(void **state)
{
    (void)state;
    agent_bars_init(&bars);
    for (uint16_t i = 0; i < 3; i++) {
        agent_bars_close(&bars, i, 100);
    }
    for (size_t i = 0; i < 300; i++) {
        agent_bars_close(&bars, 0, 100);
        agent_bars_close(&bars, 1, 100);
    }
    assert_int_equal(bars.memories[0].others, 2); /* symbol 2 is 300 s old: just alive */
    agent_bars_close(&bars, 0, 100);
    assert_int_equal(bars.memories[0].others, 1);
}

static void test_a_bar_without_volume_has_no_flow(void **state)
{
    (void)state;
    agent_bars_init(&bars);
    agent_bars_close(&bars, 0, 100);
    assert_true(memory_at(&bars.memories[0], 0)->sum_flow == 0.0);
    bars.volume = 300;
    bars.imbalance = -0.5;
    agent_bars_close(&bars, 0, 100);
    assert_true(memory_at(&bars.memories[0], 0)->sum_flow == -150.0);
    assert_true(memory_at(&bars.memories[0], 0)->sum_flow_squared == 22500.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_running_sums_give_what_the_bars_themselves_give),
        cmocka_unit_test(test_extremes_of_a_long_rise_and_a_long_fall_are_exact),
        cmocka_unit_test(test_a_price_that_stands_still_has_no_returns_and_no_spread),
        cmocka_unit_test(test_memory_covers_what_it_has_seen_and_no_more),
        cmocka_unit_test(test_a_reset_forgets_all_bars_and_leaves_the_basket_whole),
        cmocka_unit_test(test_the_basket_is_the_mean_return_of_the_others),
        cmocka_unit_test(test_a_symbol_that_has_fallen_silent_leaves_the_basket),
        cmocka_unit_test(test_a_bar_without_volume_has_no_flow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
