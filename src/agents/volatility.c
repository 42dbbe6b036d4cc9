/* Volatility: how far prices spread against how far their bars' own volatility would spread them.
 * Where they spread further than that, moves expand and are followed; where they spread less, moves
 * are contained and are faded.
 *
 *     expansion = variance of x over the look-back / (Σ r² / 6)     1 on average for a walk
 *     move      = (x − mean) / deviation over the shorter `move` look-back
 *     score     = move / √(scale² + move²) · (expansion − balance) / (expansion + balance)
 *
 * The statistic is the von Neumann ratio of levels, turned over (von Neumann, Annals of
 * Mathematical Statistics 12, 1941; as a test of walks: Sargan & Bhargava, Econometrica 51, 1983).
 * That volatility over long and short times tells persistence from reversion: Lo & MacKinlay,
 * "Stock market prices do not follow random walks", Review of Financial Studies 1 (1988). */
#include "species_list.h"

#include "tickd/base/real.h"

enum { LOOK_BACK, MOVE, BALANCE, SCALE };

/* The variance of a Brownian path around its mean is, on average, a sixth of its end's. */
static const double path_over_variance = 6;

/* n² times the variance of x over the newest n bars; *sum is that of x. */
static double variance_over(const struct symbol_memory *memory, double n, double *sum)
{
    const struct memory_bar *from = memory_at(memory, (size_t)n);
    const struct memory_bar *to = memory_at(memory, 0);
    *sum = to->sum_log - from->sum_log;
    double variance = n * (to->sum_log_squared - from->sum_log_squared) - *sum * *sum;
    return variance > 0 ? variance : 0;
}

/* (expansion − balance) / (expansion + balance) with both sides multiplied by n² Σ r². */
static double regime(const struct symbol_memory *memory, double n, double balance)
{
    double sum;
    double expansion = path_over_variance * variance_over(memory, n, &sum);
    double squares =
        memory_at(memory, 0)->sum_return_squared - memory_at(memory, (size_t)n)->sum_return_squared;
    if (squares < FLAT_VARIANCE) {
        return 0;
    }
    return (expansion - balance * n * n * squares) / (expansion + balance * n * n * squares);
}

static double score(const double parameters[PARAMETERS_MAX], const struct agent_view *view)
{
    const struct symbol_memory *memory = view->memory;
    double bars = parameters[MOVE];
    double sum;
    if (!memory_covers(memory, (size_t)parameters[LOOK_BACK]) ||
        !memory_covers(memory, (size_t)bars)) {
        return real_nan();
    }
    double variance = variance_over(memory, bars, &sum);
    if (variance < bars * bars * FLAT_VARIANCE) {
        return 0;
    }
    double move = bars * memory_at(memory, 0)->log_close - sum;
    return confidence(move, variance, parameters[SCALE]) *
           regime(memory, parameters[LOOK_BACK], parameters[BALANCE]);
}

const struct species_description species_volatility = {
    .species = SPECIES_VOLATILITY,
    .reference = "Lo & MacKinlay, Stock market prices do not follow random walks, 1988",
    .parameter_count = 4,
    .parameters =
        {
            [LOOK_BACK] = {.name = "look_back",
                           .unit = "bars",
                           .lowest = 40,
                           .highest = 500,
                           .fallback = 300,
                           .whole = true,
                           .by_ratio = true,
                           .spread_lowest = 200,
                           .spread_highest = 450,
                           .help = "the spread of prices is taken over so many bars"},
            [MOVE] = {.name = "move",
                      .unit = "bars",
                      .lowest = 5,
                      .highest = 500,
                      .fallback = 60,
                      .whole = true,
                      .by_ratio = true,
                      .spread_lowest = 30,
                      .spread_highest = 120,
                      .help = "the move is taken against the mean of so many bars"},
            [BALANCE] = {.name = "balance",
                         .unit = "ratio",
                         .lowest = 0.2,
                         .highest = 5,
                         .fallback = 0.8,
                         .by_ratio = true,
                         .spread_lowest = 0.8,
                         .spread_highest = 0.8,
                         .help = "expansion at which moves are neither followed nor faded"},
            [SCALE] = SCALE_PARAMETER(1.0, 1.0, 1.0),
        },
    .score = score,
};
