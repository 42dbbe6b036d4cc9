/* The trades of one synthetic symbol, one after another: times of a Poisson process, prices of a
 * market model, sizes and conditions as US stocks have them (or, for a symbol with a venue's prefix
 * such as "BINANCE:BTCUSDT", fractions and no conditions). Pure and deterministic. */
#ifndef TICKD_SIM_MARKET_STREAM_H
#define TICKD_SIM_MARKET_STREAM_H

#include "tickd/sim/market_model.h"

struct market_print {
    int64_t time_us;     /* since the market's start */
    int64_t price;       /* decimal */
    int64_t volume;      /* decimal */
    uint64_t conditions; /* as in struct trade */
};

struct market_stream {
    struct market_model model;
    struct rng rng; /* of times, sizes and conditions: apart from the prices' */
    double trades_per_s;
    int64_t time_us; /* of the next trade */
    bool fractional;
};

/* trades_per_s > 0: the mean while the market is calm. */
void market_stream_init(struct market_stream *stream, enum market_kind kind,
                        const struct market_parameters *parameters, double trades_per_s,
                        uint64_t seed, const char *symbol);

/* Time of the trade that market_stream_next() will give. */
int64_t market_stream_time_us(const struct market_stream *stream);

void market_stream_next(struct market_stream *stream, struct market_print *print);

#endif
