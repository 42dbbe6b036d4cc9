/* Order flow: who pays to trade at once knows something, and goes on. The signed volume (tick rule)
 * of a look-back in units of what it would be if its signs were drawn at random; followed.
 *
 *     z = Σ v / √Σ v²
 *
 * Chordia, Roll & Subrahmanyam, "Order imbalance, liquidity, and market returns", Journal of
 * Financial Economics 65 (2002); the sign: Lee & Ready, Journal of Finance 46 (1991). Dividing by
 * the root of the sum of squares (a self-normalised sum: Efron, JASA 64, 1969) keeps one huge print
 * from shouting: alone it gives z = ±1, whatever its size. */
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
    double squares = to->sum_flow_squared - from->sum_flow_squared;
    if (!(squares > 0)) {
        return 0;
    }
    double flow = to->sum_flow - from->sum_flow;
    double entry = parameters[ENTRY];
    if (flow * flow < entry * entry * squares) {
        return 0;
    }
    return confidence(flow, squares, parameters[SCALE]);
}

const struct species_description species_order_flow = {
    .species = SPECIES_ORDER_FLOW,
    .reference = "Chordia, Roll & Subrahmanyam, Order imbalance, liquidity, and market returns, "
                 "2002",
    .parameter_count = 3,
    .parameters =
        {
            [LOOK_BACK] = {.name = "look_back",
                           .unit = "bars",
                           .lowest = 5,
                           .highest = 500,
                           .fallback = 20,
                           .whole = true,
                           .by_ratio = true,
                           .spread_lowest = 10,
                           .spread_highest = 40,
                           .help = "signed volume is summed over so many bars"},
            [ENTRY] = {.name = "entry",
                       .unit = "deviations",
                       .lowest = 0,
                       .highest = 2.5,
                       .fallback = 0.5,
                       .spread_lowest = 0.5,
                       .spread_highest = 0.5,
                       .help = "a weaker imbalance holds"},
            [SCALE] = SCALE_PARAMETER(2.0, 2.0, 2.0),
        },
    .score = score,
};
