/* Momentum: what has gone up goes on going up. The return over a look-back, leaving out the newest
 * few bars, divided by the deviation that a walk with the same bar returns would have.
 *
 *     z = (x[skip] − x[skip + look_back]) / √Σ r²
 *
 * Moskowitz, Ooi & Pedersen, "Time series momentum", Journal of Financial Economics 104 (2012): the
 * asset's own past return, scaled by its volatility. Skipping the newest returns: Jegadeesh,
 * Journal of Finance 45 (1990), as Jegadeesh & Titman do (1993). */
#include "species_list.h"

#include "tickd/base/real.h"

enum { LOOK_BACK, SKIP, SCALE };

static double score(const double parameters[PARAMETERS_MAX], const struct agent_view *view)
{
    size_t skip = (size_t)parameters[SKIP];
    size_t oldest = skip + (size_t)parameters[LOOK_BACK];
    if (!memory_covers(view->memory, oldest)) {
        return real_nan();
    }
    const struct memory_bar *from = memory_at(view->memory, oldest);
    const struct memory_bar *to = memory_at(view->memory, skip);
    double squares = to->sum_return_squared - from->sum_return_squared;
    if (squares < FLAT_VARIANCE) {
        return 0;
    }
    return confidence(to->log_close - from->log_close, squares, parameters[SCALE]);
}

const struct species_description species_momentum = {
    .species = SPECIES_MOMENTUM,
    .reference = "Moskowitz, Ooi & Pedersen, Time series momentum, 2012",
    .parameter_count = 3,
    .parameters =
        {
            [LOOK_BACK] = {.name = "look_back",
                           .unit = "bars",
                           .lowest = 5,
                           .highest = 480,
                           .fallback = 30,
                           .whole = true,
                           .by_ratio = true,
                           .spread_lowest = 15,
                           .spread_highest = 60,
                           .help = "the return is taken over so many bars"},
            [SKIP] = {.name = "skip",
                      .unit = "bars",
                      .lowest = 0,
                      .highest = 30,
                      .fallback = 0,
                      .whole = true,
                      .spread_lowest = 0,
                      .spread_highest = 0,
                      .help = "newest bars that are left out"},
            [SCALE] = SCALE_PARAMETER(2.0, 2.0, 2.0),
        },
    .score = score,
};
