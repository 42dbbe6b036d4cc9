/* What votes earn: the one definition by which agents are judged.
 *
 * A vote on bar n is worth side × the return from n to n + H in units of volatility, less what it
 * costs to come to that side from the one of H bars ago:
 *
 *     scale  = 1 / (volatility · √H)
 *     reward = side · r(n, n + H) · scale − cost · scale · |side − side of bar n − H|
 *
 * Each bar opens such a tranche and closes the one of H bars ago, so that H of them are held at a
 * time (Jegadeesh & Titman, Journal of Finance 48, 1993). Rewards of overlapping tranches hang
 * together; what all of them earn in one bar does not, and comes to the same sum:
 *
 *     position = Σ side · scale         over the last H votes
 *     earned   = position · r(bar) − cost · scale · |side − side of H bars ago|
 *
 * Pure arithmetic; the votes of the last H bars are kept by whoever judges. */
#ifndef TICKD_AGENTS_REWARD_H
#define TICKD_AGENTS_REWARD_H

#include "tickd/base/compiler.h"
#include "tickd/bus/vocabulary.h"

/* A side is −1, 0 or 1, or this: abstained, or cannot be judged. */
enum { REWARD_NO_SIDE = 2 };

/* 1 / (volatility · √H); 0 for votes that are not judged: the volatility is not known, or less than
 * a hundredth of a basis point a bar, which is noise of the tick. */
double reward_scale(double volatility, double root_of_horizon);

/* The side of a vote (as in a ballot) on a bar of that scale. */
static inline int reward_side(int8_t vote, double scale)
{
    bool judged = scale > 0 && vote != VOTE_ABSTAINS;
    return judged ? (vote > 0) - (vote < 0) : REWARD_NO_SIDE;
}

/* What is held for a side: nothing for REWARD_NO_SIDE. */
static inline int reward_position(int side)
{
    return side == REWARD_NO_SIDE ? 0 : side;
}

/* |side − before|, an abstention counting as no position. */
static inline int reward_change(int side, int before)
{
    int change = reward_position(side) - reward_position(before);
    return change < 0 ? -change : change;
}

/* The closes of a symbol. */
struct reward_price {
    double log_close;
    double volatility;
    uint64_t bars; /* 0: no past */
};

/* The next close: log return since the one before, cut at 8 of its volatilities (one bad print
 * shall not outweigh a day); 0 without a past. */
double reward_next_return(struct reward_price *price, double close, double volatility);

/* The tranches of one agent in one symbol. */
struct reward_tranches {
    double position;
    uint32_t held; /* votes among the last H that are no abstentions */
    uint32_t unused;
};

/* What changes from bar to bar, the same for all agents. */
struct reward_bar {
    double bar_return;
    double scale;     /* of the votes that come in */
    double scale_out; /* of those of H bars ago, which go */
    double cost;      /* of a change of side by one, relative to the price */
    uint32_t horizon;
    uint32_t unused;
};

/* What was earned in a bar: worth − costs. */
struct reward {
    double worth;
    double costs;
};

/* One bar on: `in` comes, `out` goes. True when all of the last H votes were judged; then *reward
 * is what they earned in this bar. */
static inline bool reward_step(struct reward_tranches *tranches, int in, int out,
                               const struct reward_bar *bar, struct reward *reward)
{
    bool scored = tranches->held == bar->horizon;
    reward->worth = tranches->position * bar->bar_return;
    reward->costs = bar->cost * bar->scale * reward_change(in, out);
    tranches->position += reward_position(in) * bar->scale - reward_position(out) * bar->scale_out;
    tranches->held += (in == REWARD_NO_SIDE ? 0U : 1U) - (out == REWARD_NO_SIDE ? 0U : 1U);
    tranches->position = tranches->held == 0 ? 0 : tranches->position;
    return scored;
}

#endif
