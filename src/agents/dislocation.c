/* Dislocation: a symbol that has moved apart from the others comes back to them. The spread between
 * its log price and `beta` times the level of the equally weighted basket of all others, as
 * distance from the spread's mean over a look-back in standard deviations; faded, the further the
 * surer. With fewer than two others alive there is no basket, and it abstains.
 *
 *     s = (x − β·b) − mean,  z = s / deviation,  score = −z / √(scale² + z²) from |z| ≥ entry on
 *
 * Gatev, Goetzmann & Rouwenhorst, "Pairs trading: performance of a relative-value arbitrage rule",
 * Review of Financial Studies 19 (2006); the spread to a basket and its s-score: Avellaneda & Lee,
 * "Statistical arbitrage in the US equities market", Quantitative Finance 10 (2010). */
#include "species_list.h"

#include "tickd/base/real.h"

enum { LOOK_BACK, BETA, ENTRY, SCALE };

enum { OTHERS_MIN = 2 };

/* The spread's distance from its mean and its variance, n and n² times, from the sums of x, b,
 * their squares and their product. */
static void measure_spread(const struct symbol_memory *memory, double n, double beta,
                           double *distance, double *variance)
{
    const struct memory_bar *from = memory_at(memory, (size_t)n);
    const struct memory_bar *to = memory_at(memory, 0);
    const struct memory_basket_sums *basket_from = memory_basket_at(memory, (size_t)n);
    const struct memory_basket_sums *basket_to = memory_basket_at(memory, 0);
    double others = basket_to->sum_others - basket_from->sum_others;
    double others_squared = basket_to->sum_others_squared - basket_from->sum_others_squared;
    double product = basket_to->sum_others_log - basket_from->sum_others_log;
    double sum = to->sum_log - from->sum_log - beta * others;
    double squares = to->sum_log_squared - from->sum_log_squared - 2 * beta * product +
                     beta * beta * others_squared;
    *distance = n * (to->log_close - beta * to->others) - sum;
    *variance = n * squares - sum * sum;
}

static double score(const double parameters[PARAMETERS_MAX], const struct agent_view *view)
{
    const struct symbol_memory *memory = view->memory;
    double n = parameters[LOOK_BACK];
    double entry = parameters[ENTRY];
    double distance;
    double variance;
    if (!memory_covers(memory, (size_t)n) || memory->others < OTHERS_MIN) {
        return real_nan();
    }
    measure_spread(memory, n, parameters[BETA], &distance, &variance);
    if (variance < n * n * FLAT_VARIANCE || distance * distance < entry * entry * variance) {
        return 0;
    }
    return -confidence(distance, variance, parameters[SCALE]);
}

const struct species_description species_dislocation = {
    .species = SPECIES_DISLOCATION,
    .reference = "Avellaneda & Lee, Statistical arbitrage in the US equities market, 2010",
    .parameter_count = 4,
    .parameters =
        {
            [LOOK_BACK] = {.name = "look_back",
                           .unit = "bars",
                           .lowest = 10,
                           .highest = 500,
                           .fallback = 240,
                           .whole = true,
                           .by_ratio = true,
                           .spread_lowest = 120,
                           .spread_highest = 480,
                           .help = "the spread's mean and deviation are taken over so many bars"},
            [BETA] = {.name = "beta",
                      .unit = "ratio",
                      .lowest = 0,
                      .highest = 2,
                      .fallback = 1,
                      .spread_lowest = 1,
                      .spread_highest = 1,
                      .help = "how far the symbol is taken to follow the basket"},
            [ENTRY] = {.name = "entry",
                       .unit = "deviations",
                       .lowest = 0,
                       .highest = 2.5,
                       .fallback = 0.5,
                       .spread_lowest = 0.5,
                       .spread_highest = 0.5,
                       .help = "a smaller distance from the mean holds"},
            [SCALE] = SCALE_PARAMETER(2.0, 2.0, 2.0),
        },
    .score = score,
};
