/* Votes and what became of them: for each place, what its votes have earned bar by bar
 * (tickd/agents/reward.h has the definition), and whether they were right H bars later.
 *
 * A vote to buy or to sell is right when the price has moved its way over the horizon; an unchanged
 * price makes none right. Its confidence c in percent is taken as a probability of being right of
 * ½ + c/200, which the Brier score holds against what happened. */
#ifndef TICKD_MODULES_INTROSPECTION_JUDGE_H
#define TICKD_MODULES_INTROSPECTION_JUDGE_H

#include "tickd/agents/reward.h"
#include "tickd/base/arena.h"
#include "tickd/base/persist.h"

/* What one place has done. */
struct judge_tally {
    uint64_t scored;  /* bars on which all of its last H votes were judged */
    double worth;     /* on them, Σ */
    double costs;     /* on them, Σ */
    uint64_t changes; /* on them, Σ |side − side of H bars ago| */
    uint64_t votes;   /* to buy or to sell, whose outcome is known */
    uint64_t right;   /* of them */
    double brier;     /* of them, Σ */
};

struct judge_symbol {
    struct reward_price price;
    int8_t *votes;  /* H rows of places */
    double *scales; /* H */
    struct reward_tranches *tranches;
};

struct judge {
    struct judge_symbol *of;
    size_t symbols;
    size_t places;
    size_t horizon;
    double root_of_horizon;
    double cost; /* of a change of side by one, relative to the price */
};

/* One bar of a symbol, as a ballot has it. */
struct judge_bar {
    double close;
    double volatility;
    double horizon_return; /* NaN = not known */
    bool after_gap;
};

/* Takes its memory, named `what` in the budget; false while measuring. */
bool judge_init(struct judge *judge, struct arena *arena, const char *what, size_t symbols,
                size_t places, size_t horizon, double cost);

/* Somebody else sits at the place: its votes without outcome are dropped. */
void judge_clear(struct judge *judge, size_t place);

/* The next bar of a symbol with the votes on it, one for each of the first `count` places (the
 * others abstain): judges those of H bars ago into the tallies. After a gap the symbol's past is
 * dropped first. */
void judge_votes(struct judge *judge, uint16_t symbol, const struct judge_bar *bar,
                 const int8_t *votes, size_t count, struct judge_tally *tallies);

/* The votes that wait; the cost stays. */
void judge_persist(struct judge *judge, struct persist *persist);

/* NaN while nothing is known. */
double judge_mean_reward(const struct judge_tally *tally); /* a scored bar, after costs */
double judge_mean_worth(const struct judge_tally *tally);  /* before them */
double judge_hit_rate(const struct judge_tally *tally);
double judge_brier_score(const struct judge_tally *tally);
double judge_turnover(const struct judge_tally *tally); /* changes a scored bar, 0 to 2 */

#endif
