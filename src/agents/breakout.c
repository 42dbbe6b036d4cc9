/* Breakout: a price at the edge of its channel goes beyond it. The channel is Donchian's, highest
 * high to lowest low of a look-back; near enough to an edge it follows, the surer the further the
 * edge is from the channel's middle in units of the deviation of a walk with the same bar returns.
 *
 *     place = (2·close − high − low) / (high − low)               −1 to 1
 *     z     = (close − middle) / (close · √Σ r²)                  from |place| ≥ edge on
 *
 * Donchian, "High finance in copper", Financial Analysts Journal 16 (1960); with 20 and 55 bars the
 * rules of the Turtles (Faith, "Way of the Turtle", 2007). */
#include "species_list.h"

#include "tickd/base/real.h"

enum { LOOK_BACK, EDGE, SCALE };

static double score(const double parameters[PARAMETERS_MAX], const struct agent_view *view)
{
    size_t look_back = (size_t)parameters[LOOK_BACK];
    const struct symbol_memory *memory = view->memory;
    if (!memory_covers(memory, look_back)) {
        return real_nan();
    }
    double squares =
        memory_at(memory, 0)->sum_return_squared - memory_at(memory, look_back)->sum_return_squared;
    double high = memory_highest(memory, look_back);
    double low = memory_lowest(memory, look_back);
    double above_middle = memory->close - (high + low) / 2;
    if (squares < FLAT_VARIANCE || fabs(above_middle) < parameters[EDGE] * (high - low) / 2) {
        return 0;
    }
    return confidence(above_middle, memory->close * memory->close * squares, parameters[SCALE]);
}

const struct species_description species_breakout = {
    .species = SPECIES_BREAKOUT,
    .reference = "Donchian, High finance in copper, 1960",
    .parameter_count = 3,
    .parameters =
        {
            [LOOK_BACK] = {.name = "look_back",
                           .unit = "bars",
                           .lowest = 10,
                           .highest = 500,
                           .fallback = 40,
                           .whole = true,
                           .by_ratio = true,
                           .spread_lowest = 20,
                           .spread_highest = 80,
                           .help = "the channel is that of so many bars"},
            [EDGE] = {.name = "edge",
                      .unit = "place",
                      .lowest = 0,
                      .highest = 0.98,
                      .fallback = 0.6,
                      .spread_lowest = 0.6,
                      .spread_highest = 0.6,
                      .help = "place in the channel, 0 the middle and 1 the edge, from which it "
                              "follows"},
            [SCALE] = SCALE_PARAMETER(1.0, 1.0, 1.0),
        },
    .score = score,
};
