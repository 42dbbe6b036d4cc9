/* The bid-ask spread, estimated from trade prices alone: Roll, "A simple implicit measure of the
 * effective bid-ask spread in an efficient market" (1984): where trades bounce between bid and ask,
 * successive price changes have the covariance −s²/4. Here of relative changes, exponentially
 * weighted. */
#ifndef TICKD_MARKET_SPREAD_H
#define TICKD_MARKET_SPREAD_H

#include "tickd/base/compiler.h"

enum { SPREAD_READY = 100 /* pairs of changes before an estimate is given */ };

struct spread_estimate {
    uint64_t pairs;
    double previous_price;
    double previous_change;
    double covariance;
    bool has_price;
    bool has_change;
};

/* Takes in a trade's price (> 0). */
void spread_add(struct spread_estimate *estimate, double price);

/* Relative to the price; 0 while not ready and where changes do not bounce; at most 0.02. */
double spread_value(const struct spread_estimate *estimate);

/* Prices before this moment say nothing about those after it. */
void spread_break(struct spread_estimate *estimate);

#endif
