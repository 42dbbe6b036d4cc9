/* Whole engines over synthetic markets whose truth is known: what they make of it, measured from
 * the messages that they publish and from nothing else.
 *
 *     science_market ─▶ prices, trades ─▶ engine ─▶ messages ─▶ science_result, one a seed
 *                                           │
 *                                        ballots ─▶ yardstick: every agent alone, in hindsight
 *
 * Everything follows from (market, seed, settings): the same run gives the same result. */
#ifndef TICKD_SCIENCE_SCIENCE_H
#define TICKD_SCIENCE_SCIENCE_H

#include <stdio.h>

#include "tickd/base/compiler.h"
#include "tickd/bus/vocabulary.h"
#include "tickd/settings/settings.h"
#include "tickd/sim/market_model.h"

enum {
    SCIENCE_SYMBOLS = 4,
    SCIENCE_WARM_UP_S = 1800, /* decisions are counted from then on */
    SCIENCE_BINS = 10,
    SCIENCE_QUARTERS = 4,
    SCIENCE_AGENTS = 25 /* three incumbents a species and the coin */
};

/* What is planted, and for how long. */
struct science_market {
    enum market_kind kind;
    struct market_parameters parameters;
    double seconds;
    double change_at_s; /* from then on it is of the kind `then`; 0 = never */
    enum market_kind then;
    uint64_t stream; /* markets of the same stream and seed draw the same numbers */
};

/* X(name, count): what a run is measured by; all real numbers, `count` of them.
 *   growth, lowest     equity at the end and at its lowest, ÷ that at the start, − 1
 *   drawdown           largest, of the highest equity
 *   fills              and turnover and fees ÷ equity at the start
 *   decisions, passed  to buy or to sell, after the warm-up; of these not rejected
 *   proceed, caution   verdicts, of the whole run
 *   best, best_agent   growth of the best single agent in hindsight, its place
 *   alone              growth of each species' best agent by the same rules, the coin last
 *   worth              each agent's mean of vote × return in units of volatility, the coin last
 *   weight             share of each species at the end, the coin last
 *   weight_reached_s   after the change, when the right species had half of the weight; NaN = never
 *   strict_reached_s   the same without those that are right before the change too
 *   weight_right       mean share of the right species, from 1,800 s after the change on
 *   regret_ratio       the largest that was said
 *   said, profits, predicted   by tenths of probability_profit: how often, how many came true, sum
 *   squares            sum of squared errors of the probabilities
 *   base_squares       the same of the share of profits among all outcomes that were known by then
 *   apart              simulations whose horizons do not overlap, and of these
 *   beyond_value       the loss was beyond the value at risk, with the sum of
 *   loss_beyond        losses then, and of
 *   expected_beyond    the expected shortfalls that had been said then
 *   beyond             the loss was beyond the expected shortfall
 *   generations, promotions, rollbacks   of evolution
 *   incumbents         mean of side × return of all incumbents, by quarters of the run
 *   net                the same less the costs of changing sides */
#define SCIENCE_FIELDS(X)           \
    X(growth, 1)                    \
    X(lowest, 1)                    \
    X(drawdown, 1)                  \
    X(fills, 1)                     \
    X(turnover, 1)                  \
    X(fees, 1)                      \
    X(decisions, 1)                 \
    X(passed, 1)                    \
    X(proceed, 1)                   \
    X(caution, 1)                   \
    X(best, 1)                      \
    X(best_agent, 1)                \
    X(alone, SPECIES_COUNT)         \
    X(worth, SCIENCE_AGENTS)        \
    X(weight, SPECIES_COUNT)        \
    X(weight_reached_s, 1)          \
    X(strict_reached_s, 1)          \
    X(weight_right, 1)              \
    X(regret_ratio, 1)              \
    X(said, SCIENCE_BINS)           \
    X(profits, SCIENCE_BINS)        \
    X(predicted, SCIENCE_BINS)      \
    X(squares, 1)                   \
    X(base_squares, 1)              \
    X(apart, 1)                     \
    X(beyond_value, 1)              \
    X(loss_beyond, 1)               \
    X(expected_beyond, 1)           \
    X(beyond, 1)                    \
    X(generations, 1)               \
    X(promotions, 1)                \
    X(rollbacks, 1)                 \
    X(incumbents, SCIENCE_QUARTERS) \
    X(net, SCIENCE_QUARTERS)

struct science_result {
#define X(name, count) double name[count];
    SCIENCE_FIELDS(X)
#undef X
};

/* What an experiment is to show. */
enum science_purpose {
    SCIENCE_NOTHING_TO_WIN,
    SCIENCE_TOO_LITTLE,
    SCIENCE_SOMETHING,
    SCIENCE_CHANGE,
    SCIENCE_EVOLVES,   /* two in a row: without evolution, with */
    SCIENCE_NO_BETTER, /* no parameter is better than another */
    SCIENCE_OTHER      /* to look at */
};

struct science_experiment {
    const char *name;
    enum science_purpose purpose;
    double edge; /* that is planted, in the unit of the market; 0 = none */
    struct science_market market;
    const char *settings; /* key=value, separated by blanks; NULL = none beyond the common ones */
};

struct science_record {
    const struct science_experiment *experiment;
    uint64_t seed;
    struct science_result result;
};

/* Defaults, four symbols, short selling allowed. */
void science_settings(struct settings *settings);
/* Sets `key=value` pairs separated by blanks; exits with a word when one is wrong. */
void science_set(struct settings *settings, const char *pairs);

/* Species that have an edge on such a market, as a set of bits. */
uint32_t science_right_species(enum market_kind kind);

/* Runs an engine. */
void science_run(const struct science_market *market, const struct settings *settings,
                 uint64_t seed, struct science_result *result);

/* Rows 0, 1, …; NULL after the last. */
const struct science_experiment *science_experiment(size_t index);
const struct science_experiment *science_find(const char *name);

/* One line of tab-separated values, and the head of such lines. */
void science_print_head(FILE *out);
void science_print(FILE *out, const char *name, uint64_t seed, const struct science_result *result);
/* Reads a line that was printed so; false for one that is not of this form. */
bool science_scan(const char *line, struct science_record *record);

/* The report in Markdown, and what is plotted: edge and growth, a line a market. */
void science_report(FILE *out, const struct science_record *records, size_t count);
void science_plot(FILE *out, enum market_kind kind, const struct science_record *records,
                  size_t count);

#endif
