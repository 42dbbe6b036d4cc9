/* Mean reversion: a price that is far from its mean comes back to it. The distance of the close
 * from the mean of a look-back, in standard deviations of that look-back; the further, the surer.
 *
 *     z = (x − mean) / deviation,  score = −z / √(scale² + z²) from |z| ≥ entry on
 *
 * Poterba & Summers, "Mean reversion in stock prices", Journal of Financial Economics 22 (1988);
 * the rule itself: Bollinger, "Bollinger on Bollinger Bands" (2001). */
#include "species_list.h"

#include "tickd/base/real.h"

enum { LOOK_BACK, ENTRY, SCALE };

static double score(const double parameters[PARAMETERS_MAX], const struct agent_view *view)
{
    size_t look_back = (size_t)parameters[LOOK_BACK];
    if (!memory_covers(view->memory, look_back)) {
        return real_nan();
    }
    const struct memory_bar *from = memory_at(view->memory, look_back);
    const struct memory_bar *to = memory_at(view->memory, 0);
    double n = parameters[LOOK_BACK];
    double entry = parameters[ENTRY];
    double sum = to->sum_log - from->sum_log;
    double distance = n * to->log_close - sum; /* n times the distance from the mean */
    double variance = n * (to->sum_log_squared - from->sum_log_squared) - sum * sum; /* n² times */
    if (variance < n * n * FLAT_VARIANCE || distance * distance < entry * entry * variance) {
        return 0;
    }
    return -confidence(distance, variance, parameters[SCALE]);
}

const struct species_description species_mean_reversion = {
    .species = SPECIES_MEAN_REVERSION,
    .reference = "Poterba & Summers, Mean reversion in stock prices, 1988",
    .parameter_count = 3,
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
                           .help = "mean and deviation are taken over so many bars"},
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
