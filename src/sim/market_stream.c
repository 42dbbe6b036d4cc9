/* Trades of one synthetic symbol: when, how many, under which conditions. The price is the model's.
 */
#include "tickd/sim/market_stream.h"

#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"
#include "tickd/base/real.h"

/* Shares of what US stocks print in the consolidated tape, roughly: odd lots are a third to a half
 * of all trades, one round lot is the most frequent size, every fifth is an intermarket sweep. */
static const double odd_lot_share = 0.35;
static const double one_lot_share = 0.80;  /* with the odd lots */
static const double more_lots_share = 0.6; /* another hundred, again and again */
static const double sweep_share = 0.2;

enum { LOT = 100, LOTS_MAX = 100, CODE_REGULAR = 1, CODE_SWEEP = 8, CODE_ODD_LOT = 12 };

static void plan_next(struct market_stream *stream)
{
    double rate = stream->trades_per_s * market_model_activity(&stream->model);
    double wait_s = -real_log(1 - rng_uniform(&stream->rng)) / rate;
    stream->time_us += (int64_t)(wait_s * US_PER_S) + 1;
}

void market_stream_init(struct market_stream *stream, enum market_kind kind,
                        const struct market_parameters *parameters, double trades_per_s,
                        uint64_t seed, const char *symbol)
{
    ASSERT(trades_per_s > 0);
    *stream = (struct market_stream){.trades_per_s = trades_per_s,
                                     .fractional = strchr(symbol, ':') != NULL};
    market_model_init(&stream->model, kind, parameters, seed, symbol);
    /* Its own stream under the same name: the price path does not depend on sizes. */
    rng_stream(&stream->rng, seed ^ UINT64_C(0x7472616465730000), symbol);
    plan_next(stream);
}

int64_t market_stream_time_us(const struct market_stream *stream)
{
    return stream->time_us;
}

/* Sizes of coins: mostly small, four decades wide, six places. */
static int64_t draw_fraction(struct market_stream *stream)
{
    double size = 1e-4 * real_exp(9.2 * rng_uniform(&stream->rng));
    return ((int64_t)(size * 1e6) + 1) * (DECIMAL_ONE / 1000000);
}

static int64_t draw_shares(struct market_stream *stream)
{
    double kind = rng_uniform(&stream->rng);
    if (kind < odd_lot_share) {
        return 1 + (int64_t)rng_below(&stream->rng, LOT - 1);
    }
    int64_t lots = 1;
    if (kind >= one_lot_share) {
        do {
            lots++;
        } while (lots < LOTS_MAX && rng_uniform(&stream->rng) < more_lots_share);
    }
    return lots * LOT;
}

static void draw_size(struct market_stream *stream, struct market_print *print)
{
    if (stream->fractional) {
        print->volume = draw_fraction(stream);
        print->conditions = 0;
        return;
    }
    int64_t shares = draw_shares(stream);
    print->volume = shares * DECIMAL_ONE;
    print->conditions = UINT64_C(1) << CODE_REGULAR;
    if (rng_uniform(&stream->rng) < sweep_share) {
        print->conditions |= UINT64_C(1) << CODE_SWEEP;
    }
    if (shares < LOT) {
        print->conditions |= UINT64_C(1) << CODE_ODD_LOT;
    }
}

void market_stream_next(struct market_stream *stream, struct market_print *print)
{
    print->time_us = stream->time_us;
    market_model_advance(&stream->model, stream->time_us);
    print->price = market_model_price(&stream->model);
    draw_size(stream, print);
    plan_next(stream);
}
