/* The arithmetic of tranches. */
#include "tickd/agents/reward.h"

#include "tickd/base/real.h"
#include "tickd/bus/vocabulary.h"

static const double volatility_floor = 1e-6;
static const double return_max = 8;

double reward_scale(double volatility, double root_of_horizon)
{
    return volatility > volatility_floor ? 1 / (volatility * root_of_horizon) : 0;
}

int reward_side(int8_t vote, double scale)
{
    bool judged = scale > 0 && vote != VOTE_ABSTAINS;
    return judged ? (vote > 0 ? 1 : 0) - (vote < 0 ? 1 : 0) : REWARD_NO_SIDE;
}

static int position_of(int side)
{
    return side == REWARD_NO_SIDE ? 0 : side;
}

int reward_change(int side, int before)
{
    int change = position_of(side) - position_of(before);
    return change < 0 ? -change : change;
}

double reward_next_return(struct reward_price *price, double close, double volatility)
{
    double log_close = real_log(close);
    double limit = return_max * price->volatility;
    double since = price->bars > 0 ? log_close - price->log_close : 0;
    price->log_close = log_close;
    price->volatility = volatility > volatility_floor ? volatility : 0;
    price->bars++;
    return since > limit ? limit : since < -limit ? -limit : since;
}

bool reward_step(struct reward_tranches *tranches, int in, int out, const struct reward_bar *bar,
                 struct reward *reward)
{
    bool scored = tranches->held == bar->horizon;
    if (scored) {
        reward->worth = tranches->position * bar->bar_return;
        reward->costs = bar->cost * bar->scale * reward_change(in, out);
    }
    tranches->position += position_of(in) * bar->scale - position_of(out) * bar->scale_out;
    tranches->held += (in == REWARD_NO_SIDE ? 0U : 1U) - (out == REWARD_NO_SIDE ? 0U : 1U);
    tranches->position = tranches->held == 0 ? 0 : tranches->position;
    return scored;
}
