/* Trend: a price that rises along a line goes on along it, the younger the trend the surer. The
 * least-squares line through the log closes of a look-back rises over it by so many deviations of
 * what a line through a walk with the same bar returns rises; the same over a much longer look-back
 * tells how old the trend is.
 *
 *     slope = Σ (k − k̄)(x − x̄) / Σ (k − k̄)²,   rise(n) = slope · n / √(6/5 · Σ r²)
 *     sure(n) = rise(n) / √(scale² + rise(n)²)
 *     score = sure(look_back) · (1 − age · sign · sure(slow)) / (1 + age)
 *
 * with the sign of sure(look_back): as much as the slow line agrees, the trend is old and followed
 * less, with age = 1 not at all. (A line fitted to a Brownian path rises with 6/5 of the path's
 * variance.) The line instead of the return, which only knows two prices: Baltas & Kosowski,
 * "Momentum strategies in futures markets and trend-following funds" (2013). That young trends go
 * on and old ones turn: Lee & Swaminathan, "Price momentum and trading volume", Journal of Finance
 * 55 (2000), the life cycle of momentum. */
#include "species_list.h"

#include "tickd/base/real.h"

enum { LOOK_BACK, SLOW, AGE, SCALE };

static const double fitted_rise_variance = 1.2;

/* How surely the fitted line over the newest n bars rises; k is counted from the window's middle,
 * so that its sum is 0, and Σ (k − k̄)² is n (n² − 1) / 12. */
static double sure(const struct symbol_memory *memory, double n, double scale)
{
    const struct memory_bar *from = memory_at(memory, (size_t)n);
    const struct memory_bar *to = memory_at(memory, 0);
    double squares = to->sum_return_squared - from->sum_return_squared;
    if (squares < FLAT_VARIANCE) {
        return 0;
    }
    double middle = (double)(memory->count - 1 - memory->base_count) - (n - 1) / 2;
    double product =
        to->sum_log_by_number - from->sum_log_by_number - middle * (to->sum_log - from->sum_log);
    double weight = n * n - 1;
    return confidence(12 * product, weight * weight * fitted_rise_variance * squares, scale);
}

static double score(const double parameters[PARAMETERS_MAX], const struct agent_view *view)
{
    const struct symbol_memory *memory = view->memory;
    if (!memory_covers(memory, (size_t)parameters[LOOK_BACK]) ||
        !memory_covers(memory, (size_t)parameters[SLOW])) {
        return real_nan();
    }
    double fast = sure(memory, parameters[LOOK_BACK], parameters[SCALE]);
    double slow = sure(memory, parameters[SLOW], parameters[SCALE]);
    double age = parameters[AGE] * (fast < 0 ? -slow : slow);
    return fast * (1 - age) / (1 + parameters[AGE]);
}

const struct species_description species_trend = {
    .species = SPECIES_TREND,
    .reference = "Baltas & Kosowski, Momentum strategies in futures markets and trend-following "
                 "funds, 2013",
    .parameter_count = 4,
    .parameters =
        {
            [LOOK_BACK] = {.name = "look_back",
                           .unit = "bars",
                           .lowest = 10,
                           .highest = 500,
                           .fallback = 30,
                           .whole = true,
                           .by_ratio = true,
                           .spread_lowest = 20,
                           .spread_highest = 45,
                           .help = "the line is laid through so many bars"},
            [SLOW] = {.name = "slow",
                      .unit = "bars",
                      .lowest = 60,
                      .highest = 500,
                      .fallback = 280,
                      .whole = true,
                      .by_ratio = true,
                      .spread_lowest = 240,
                      .spread_highest = 320,
                      .help = "a line through so many bars tells the trend's age"},
            [AGE] = {.name = "age",
                     .unit = "share",
                     .lowest = 0,
                     .highest = 1,
                     .fallback = 0.9,
                     .spread_lowest = 0.8,
                     .spread_highest = 1,
                     .help = "by which an old trend is followed less"},
            [SCALE] = SCALE_PARAMETER(1.5, 1.5, 1.5),
        },
    .score = score,
};
