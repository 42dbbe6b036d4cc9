/* Introspection: how good the system is, and each agent. BALLOT, DECISION, FILL, EQUITY, WEIGHTS,
 * AGENT_PROFILE, COMMAND, CLOCK → REWARD each whole minute, when the minute's EQUITY has been heard
 * (or a second later, when there is none).
 *
 * What votes earn is defined in tickd/agents/reward.h, for agents and, as if they were the votes of
 * one more agent, for decisions; it is gathered by the minute, in units of a horizon's volatility,
 * and is the series that Sharpe, Sortino and drawdown are taken of. Those of the system are taken
 * of its equity. A minute without a ballot (the market is closed) does not count unless equity has
 * moved. An agent's record begins anew with each version, the system's equity with books that are
 * adopted. docs/modules.md has the formulas. */
#ifndef TICKD_MODULES_INTROSPECTION_H
#define TICKD_MODULES_INTROSPECTION_H

#include "tickd/bus/bus.h"
#include "tickd/settings/settings.h"

struct introspection;

/* Ratios of fewer minutes are not told. */
enum { INTROSPECTION_MINUTES_MIN = 10 };

/* One entry of reward_metrics_history. */
struct introspection_entry {
    uint64_t sequence; /* of the REWARD message */
    int64_t time_us;
    struct reward_message reward;
};

/* One agent, since its version began. NaN = not known yet. */
struct introspection_agent {
    int64_t id; /* 0 = not known */
    size_t place;
    enum species species;
    enum agent_state state;
    uint32_t version;
    double weight;      /* share, 0 to 1 */
    double mean_reward; /* a bar, after costs */
    double mean_worth;  /* a bar, before costs */
    double hit_rate;    /* of votes to buy or to sell */
    double brier;
    double sharpe; /* of minutes, not annualised */
    double sortino;
    double max_drawdown; /* of summed rewards, in a horizon's volatilities */
    double turnover;     /* change of side a bar, 0 to 2 */
    double over_coin;    /* lead over the coin before costs, by the minute, in standard errors */
    uint64_t votes;      /* to buy or to sell, with a known outcome */
    uint64_t bars;       /* scored */
    uint64_t minutes;
};

/* What the deflated Sharpe ratio was computed with. */
struct introspection_trials {
    uint64_t tries;     /* versions of agents that have had a vote */
    double correlation; /* mean of all pairs of agents, of their rewards by the minute */
    double independent; /* tries that these are worth */
    double luck;        /* variance of Sharpe ratios without skill over the system's minutes */
    double expected;    /* Sharpe ratio of the best of so many tries without skill */
    double spread;      /* variance of the agents' own Sharpe ratios, skill and costs included */
};

/* `portfolio`: costs and initial cash; `agents`: places in ballots; `symbols`: how many. NULL while
 * measuring. */
struct introspection *introspection_create(struct arena *arena,
                                           const struct settings_portfolio *portfolio,
                                           int64_t horizon_bars, int64_t minutes_kept,
                                           size_t symbols, size_t agents, struct bus *bus);

struct module introspection_module(struct introspection *introspection);

/* `index` 0 is the newest; NULL beyond the oldest. */
const struct introspection_entry *introspection_entry(const struct introspection *introspection,
                                                      size_t index);
/* false beyond the last place. */
bool introspection_agent(const struct introspection *introspection, size_t place,
                         struct introspection_agent *agent);
struct introspection_trials introspection_trials(const struct introspection *introspection);

#endif
