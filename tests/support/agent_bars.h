/* Bars for tests of agents: closes go in, memory and view come out. All static. */
#ifndef TICKD_SUPPORT_AGENT_BARS_H
#define TICKD_SUPPORT_AGENT_BARS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/agents/species.h"
#include "tickd/base/decimal.h"
#include "tickd/base/real.h"

enum { AGENT_BARS_SYMBOLS = 4 };

struct agent_bars {
    struct symbol_memory memories[AGENT_BARS_SYMBOLS];
    struct bar_message newest[AGENT_BARS_SYMBOLS];
    int64_t newest_ms[AGENT_BARS_SYMBOLS];
    struct basket basket;
    double volume; /* of the bars to come, 0 at first */
    double imbalance;
};

/* Symbols leave the basket after 300 s. */
static inline void agent_bars_init(struct agent_bars *bars)
{
    memset(bars, 0, sizeof *bars);
    bars->basket = (struct basket){
        .silence_ms = 300000, .newest_ms = bars->newest_ms, .symbols = AGENT_BARS_SYMBOLS};
    for (size_t i = 0; i < AGENT_BARS_SYMBOLS; i++) {
        bars->newest_ms[i] = INT64_MIN;
    }
    bars->imbalance = real_nan();
}

/* A bar of the symbol, one second after its last one, whose high and low are those of this close
 * and the last one. */
static inline void agent_bars_close(struct agent_bars *bars, uint16_t symbol, double close)
{
    struct bar_message *bar = &bars->newest[symbol];
    double before = bar->number > 0 ? decimal_to_double(bar->close) : close;
    assert_int_equal(decimal_from_double(close, &bar->close), 0);
    assert_int_equal(decimal_from_double(close > before ? close : before, &bar->high), 0);
    assert_int_equal(decimal_from_double(close > before ? before : close, &bar->low), 0);
    assert_int_equal(decimal_from_double(bars->volume, &bar->volume), 0);
    bar->indicators.imbalance = bars->imbalance;
    bar->start_ms += 1000;
    bar->number++;
    memory_add(&bars->memories[symbol], &bars->basket, symbol, bar);
}

static inline double agent_bars_score(const struct agent_bars *bars, enum species species,
                                      const double parameters[PARAMETERS_MAX], uint16_t symbol)
{
    struct agent_view view = {.bar = &bars->newest[symbol], .memory = &bars->memories[symbol]};
    return species_describe(species)->score(parameters, &view);
}

#endif
