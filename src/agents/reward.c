/* What a bar brings to all tranches. */
#include "tickd/agents/reward.h"

#include "tickd/base/real.h"

static const double volatility_floor = 1e-6;
static const double return_max = 8;

double reward_scale(double volatility, double root_of_horizon)
{
    return volatility > volatility_floor ? 1 / (volatility * root_of_horizon) : 0;
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
