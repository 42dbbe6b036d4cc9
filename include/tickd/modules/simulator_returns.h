/* A symbol's bar returns, and the volatility that was known before each: what filtered historical
 * simulation is made from.
 *
 * The volatility is an exponentially weighted root mean square, its memory as long as what it is to
 * foretell: H bars. (The indicator ewma_volatility remembers 17 bars and foretells the next one;
 * over H bars it says little more than how noisy it is.) */
#ifndef TICKD_MODULES_SIMULATOR_RETURNS_H
#define TICKD_MODULES_SIMULATOR_RETURNS_H

#include "tickd/base/persist.h"
#include "tickd/base/ring.h"

enum {
    RETURNS_VOLATILITY_READY = 20, /* returns before there is a volatility */
    RETURNS_READY = 120            /* returns with a volatility before them, for a window */
};

struct filtered_return {
    double value;
    double volatility; /* before it */
};

struct returns {
    struct ring ring;      /* of struct filtered_return */
    double last_log_close; /* NaN = the past is torn */
    double variance;
    uint64_t count;      /* that the variance has seen */
    double deviation;    /* root mean square of the window; 0 = there is none yet, or no movement */
    double block_length; /* of its residuals */
    double memory;       /* bars */
    size_t since_window;
};

/* `kept`: longest window. */
void returns_init(struct returns *returns, struct arena *arena, size_t kept, uint32_t horizon_bars);

/* The next bar's close. */
void returns_add(struct returns *returns, double log_close);

/* The next return would be over a gap: there will be none. Those from before it stay. */
void returns_break(struct returns *returns);

/* Of the next bars, a bar; NaN while not known. */
double returns_volatility(const struct returns *returns);

/* Whether it is time for a new window: the first one, and then every twentieth part of it. */
bool returns_due(const struct returns *returns);

/* Takes a new window: its deviation, and at most `kept` residuals, oldest first: each return ÷ the
 * volatility before it. Returns how many; 0 when nothing has moved. */
size_t returns_take_window(struct returns *returns, double *residuals);

/* The length of its memory stays. */
void returns_persist(struct returns *returns, struct persist *persist);

#endif
