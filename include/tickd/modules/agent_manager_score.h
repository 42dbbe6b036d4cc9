/* What an agent's votes were worth, known H bars later: the reward of tickd/agents/reward.h, vote
 * by vote, the return over the horizon cut at 8 of its deviations. An abstention is no reward; a
 * hold is one, of 0 or of what it costs to get out. */
#ifndef TICKD_MODULES_AGENT_MANAGER_SCORE_H
#define TICKD_MODULES_AGENT_MANAGER_SCORE_H

#include "tickd/base/arena.h"
#include "tickd/base/persist.h"

/* What one version of an agent has done. */
struct score_record {
    uint64_t judged; /* votes whose worth is known, holds among them */
    uint64_t votes;  /* of them, to buy or to sell */
    uint64_t hits;   /* of these, on the side that the price went */
    double reward;   /* Σ, after costs */
    double worth;    /* Σ, before costs */
};

struct score_symbol {
    int8_t *sides;   /* H rows of agents */
    int8_t *changes; /* |side − side of H bars ago| */
    double *scales;  /* H: 1 / (volatility · √H), 0 = not to be judged */
    uint64_t bars;   /* since the last gap */
};

struct score_sheet {
    struct score_symbol *of;
    size_t symbols;
    size_t agents;
    size_t horizon;
    double root_of_horizon;
    double cost; /* of a change of side by one, relative to the price */
};

/* Takes its memory; false while measuring. */
bool score_init(struct score_sheet *sheet, struct arena *arena, size_t symbols, size_t agents,
                size_t horizon, double cost);

/* The symbol's past is torn: votes without outcome are dropped. */
void score_forget(struct score_sheet *sheet, uint16_t symbol);

/* Another version sits at the place: the votes of the one before that have no outcome are dropped.
 */
void score_clear(struct score_sheet *sheet, size_t agent);

/* The symbol's next ballot: judges the votes of H bars ago by its return since then (NaN = they
 * cannot be), then remembers its own. */
void score_ballot(struct score_sheet *sheet, uint16_t symbol, double volatility,
                  double horizon_return, const int8_t *votes, struct score_record *records);

/* The votes that wait; the cost stays. */
void score_persist(struct score_sheet *sheet, struct persist *persist);

/* NaN while nothing is known. */
double score_mean_reward(const struct score_record *record);
double score_mean_worth(const struct score_record *record);
double score_hit_rate(const struct score_record *record);

#endif
