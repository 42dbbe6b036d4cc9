/* The consensus: ballots in, decisions out, and the weights of the agents learned from what their
 * votes were worth. BALLOT, AGENT_PROFILE, CLOCK → DECISION for every ballot, WEIGHTS every minute.
 *
 * What an agent's vote on bar n was worth is known at bar n + H: its signed confidence × the return
 * in units of volatility (return ÷ (volatility · √H)), clipped to [−1, 1]; its loss is (1 − that)
 * ÷ 2. Two learners of the same kind hear it: one for all symbols together, one a symbol; the
 * weights of a symbol's decision are a mean of both, the symbol's own counting n ÷ (n +
 * consensus.shrinkage) after n outcomes. */
#ifndef TICKD_MODULES_CONSENSUS_H
#define TICKD_MODULES_CONSENSUS_H

#include "tickd/bus/bus.h"
#include "tickd/settings/settings.h"

struct consensus;

/* One decision with what it was made from. */
struct consensus_entry {
    uint64_t sequence; /* of the DECISION message */
    int64_t time_us;
    struct decision_message decision;
    uint16_t symbol;
    uint16_t agents;
    int8_t votes[AGENTS_MAX];
    uint16_t weights[AGENTS_MAX]; /* parts of SHARE_ONE, of those who count */
};

struct consensus_counts {
    uint64_t decisions[SIDE_COUNT];
    uint64_t outcomes; /* rounds of the common learner */
    double regret_ratio;
};

/* `symbols`: how many; `agents`: places in ballots. NULL while measuring. */
struct consensus *consensus_create(struct arena *arena, const struct settings_consensus *settings,
                                   int64_t horizon_bars, int64_t decisions_kept, size_t symbols,
                                   size_t agents, struct bus *bus);

struct module consensus_module(struct consensus *consensus);

const struct consensus_counts *consensus_counts(const struct consensus *consensus);
/* `index` 0 is the newest; NULL beyond the oldest. */
const struct consensus_entry *consensus_entry(const struct consensus *consensus, size_t index);
/* Share of an agent in the common weights, 0 to 1, of those who count; the coin's as if it did. */
double consensus_weight(const struct consensus *consensus, size_t place);

#endif
