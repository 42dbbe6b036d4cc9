/* Returns and their volatility. */
#include "tickd/modules/simulator_returns.h"

#include <math.h>

#include "tickd/base/real.h"
#include "tickd/modules/simulator_block.h"

enum { WINDOWS_A_LENGTH = 20 };

/* A volatility that has decayed over a quiet while is not believed: it is at least this part of the
 * window's deviation. */
static const double volatility_floor = 0.25;

/* Logarithms of decimals are less than so far apart. */
static const double return_max = 64.0;

void returns_init(struct returns *returns, struct arena *arena, size_t kept, uint32_t horizon_bars)
{
    struct ring ring;
    ring_init(&ring, arena, "simulator", "returns", kept, sizeof(struct filtered_return));
    *returns = (struct returns){.ring = ring,
                                .last_log_close = real_nan(),
                                .block_length = 1.0,
                                .memory = (double)horizon_bars};
}

double returns_volatility(const struct returns *returns)
{
    if (returns->count < RETURNS_VOLATILITY_READY) {
        return real_nan();
    }
    if (!(returns->deviation > 0.0)) {
        return sqrt(returns->variance);
    }
    return sqrt((returns->variance + returns->deviation * returns->deviation) / 2.0);
}

void returns_add(struct returns *returns, double log_close)
{
    double value = log_close - returns->last_log_close;
    returns->last_log_close = log_close;
    if (value != value) {
        return;
    }
    if (returns->count >= RETURNS_VOLATILITY_READY) {
        struct filtered_return bar = {.value = value, .volatility = sqrt(returns->variance)};
        ring_push(&returns->ring, &bar);
        returns->since_window++;
    }
    returns->count++;
    double seen = (double)returns->count;
    double weight = 1.0 / (seen < returns->memory ? seen : returns->memory);
    returns->variance += weight * (value * value - returns->variance);
}

void returns_break(struct returns *returns)
{
    returns->last_log_close = real_nan();
}

bool returns_due(const struct returns *returns)
{
    size_t size = ring_size(&returns->ring);
    bool first = !(returns->deviation > 0.0);
    return size >= RETURNS_READY && returns->since_window > 0 &&
           (first || returns->since_window >= returns->ring.capacity / WINDOWS_A_LENGTH);
}

static double root_mean_square(const struct ring *ring)
{
    double sum = 0.0;
    size_t count = ring_size(ring);
    for (size_t i = 0; i < count; i++) {
        const struct filtered_return *bar = ring_at(ring, i);
        sum += bar->value * bar->value;
    }
    return sqrt(sum / (double)count);
}

size_t returns_take_window(struct returns *returns, double *residuals)
{
    size_t count = ring_size(&returns->ring);
    returns->since_window = 0;
    returns->deviation = root_mean_square(&returns->ring);
    if (!(returns->deviation > 0.0)) {
        return 0;
    }
    double least = volatility_floor * returns->deviation;
    for (size_t i = 0; i < count; i++) {
        const struct filtered_return *bar = ring_at(&returns->ring, i);
        residuals[i] = bar->value / fmax(bar->volatility, least);
    }
    returns->block_length = block_length(residuals, count);
    return count;
}

static bool check_return(const void *value, void *context)
{
    const struct filtered_return *bar = value;
    (void)context;
    return fabs(bar->value) < return_max && bar->volatility >= 0.0 && bar->volatility < return_max;
}

void returns_persist(struct returns *returns, struct persist *persist)
{
    persist_ring(persist, "returns", &returns->ring, check_return, NULL);
    PERSIST(persist, returns->last_log_close);
    PERSIST(persist, returns->count);
    PERSIST(persist, returns->since_window);
    persist_reals(persist, "variance", &returns->variance, 1, 0.0, return_max * return_max);
    persist_reals(persist, "deviation", &returns->deviation, 1, 0.0, return_max);
    persist_reals(persist, "block length", &returns->block_length, 1, 1.0, BLOCK_VALUES_MAX);
}
