/* Swing: a price swings between the edges of its channel, so a turn near an edge leads back. It
 * waits until the price is near an edge and has turned away from it over the last few bars; the
 * nearer to the edge and the sharper the turn, the surer.
 *
 *     place = (2·close − high − low) / (high − low)               −1 to 1 (2 %K − 1)
 *     near  = (|place| − stretch) / (1 − stretch)                 above 0
 *     turn  = −sign(place) · (x − x[turn_bars]) / √Σ r²           at least the parameter turn
 *     score = −sign(place) · s / √(1 + s²),  s = near + turn
 *
 * Lane, "Lane's stochastics", Technical Analysis of Stocks & Commodities 2 (1984). */
#include "species_list.h"

#include "tickd/base/real.h"

enum { LOOK_BACK, STRETCH, TURN_BARS, TURN };

/* Return of the newest bars in deviations of a walk with the same bar returns. */
static double recent_move(const struct symbol_memory *memory, size_t bars)
{
    const struct memory_bar *from = memory_at(memory, bars);
    const struct memory_bar *to = memory_at(memory, 0);
    double squares = to->sum_return_squared - from->sum_return_squared;
    return squares < FLAT_VARIANCE ? 0 : (to->log_close - from->log_close) / sqrt(squares);
}

static double score(const double parameters[PARAMETERS_MAX], const struct agent_view *view)
{
    size_t look_back = (size_t)parameters[LOOK_BACK];
    size_t turn_bars = (size_t)parameters[TURN_BARS];
    const struct symbol_memory *memory = view->memory;
    if (!memory_covers(memory, look_back) || !memory_covers(memory, turn_bars)) {
        return real_nan();
    }
    double high = memory_highest(memory, look_back);
    double low = memory_lowest(memory, look_back);
    if (!(high > low)) {
        return 0;
    }
    double place = (2 * memory->close - high - low) / (high - low);
    double side = place < 0 ? 1 : -1;
    double near = (fabs(place) - parameters[STRETCH]) / (1 - parameters[STRETCH]);
    double turn = side * recent_move(memory, turn_bars);
    if (near <= 0 || near + turn <= 0 || turn < parameters[TURN]) {
        return 0;
    }
    return side * confidence(near + turn, 1, 1);
}

const struct species_description species_swing = {
    .species = SPECIES_SWING,
    .reference = "Lane, Lane's stochastics, 1984",
    .parameter_count = 4,
    .parameters =
        {
            [LOOK_BACK] = {.name = "look_back",
                           .unit = "bars",
                           .lowest = 10,
                           .highest = 500,
                           .fallback = 320,
                           .whole = true,
                           .by_ratio = true,
                           .spread_lowest = 200,
                           .spread_highest = 480,
                           .help = "the channel is that of so many bars"},
            [STRETCH] = {.name = "stretch",
                         .unit = "place",
                         .lowest = 0,
                         .highest = 0.9,
                         .fallback = 0.3,
                         .spread_lowest = 0.3,
                         .spread_highest = 0.3,
                         .help = "place in the channel, 0 the middle and 1 the edge, from which it "
                                 "waits for a turn"},
            [TURN_BARS] = {.name = "turn_bars",
                           .unit = "bars",
                           .lowest = 1,
                           .highest = 60,
                           .fallback = 12,
                           .whole = true,
                           .by_ratio = true,
                           .spread_lowest = 6,
                           .spread_highest = 24,
                           .help = "a turn is a move over so many bars"},
            [TURN] = {.name = "turn",
                      .unit = "deviations",
                      .lowest = -2,
                      .highest = 2,
                      .fallback = 0.25,
                      .spread_lowest = 0.25,
                      .spread_highest = 0.25,
                      .help = "least move away from the edge; below 0 it need not have turned"},
        },
    .score = score,
};
