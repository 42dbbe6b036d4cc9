/* Roll's estimate. */
#include "tickd/market/spread.h"

#include <math.h>

/* Of the newest pair: about the last 500 trades decide. */
static const double weight = 0.002;
static const double largest = 0.02;

void spread_add(struct spread_estimate *estimate, double price)
{
    if (!estimate->has_price) {
        estimate->previous_price = price;
        estimate->has_price = true;
        return;
    }
    double change = price / estimate->previous_price - 1.0;
    if (estimate->has_change) {
        double product = change * estimate->previous_change;
        estimate->pairs++;
        double part = estimate->pairs < SPREAD_READY ? 1.0 / (double)estimate->pairs : weight;
        estimate->covariance += part * (product - estimate->covariance);
    }
    estimate->previous_change = change;
    estimate->has_change = true;
    estimate->previous_price = price;
}

double spread_value(const struct spread_estimate *estimate)
{
    if (estimate->pairs < SPREAD_READY || !(estimate->covariance < 0.0)) {
        return 0.0;
    }
    double spread = 2.0 * sqrt(-estimate->covariance);
    return spread < largest ? spread : largest;
}

void spread_break(struct spread_estimate *estimate)
{
    estimate->has_price = false;
    estimate->has_change = false;
}
