/* The report: tables in Markdown, each with the target that it is held against. */
#include "science/science.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "science/learner.h"
#include "science/statistics.h"
#include "tickd/base/assert.h"

enum { SEEDS_MAX = 1000, INCUMBENTS = (SCIENCE_AGENTS - 1) / SPECIES_COIN };

struct pile {
    FILE *out;
    const struct science_record *records;
    size_t count;
    unsigned missed; /* targets */
};

#define FIELD(name, index) \
    (offsetof(struct science_result, name) + (size_t)(index) * sizeof(double))

static double value_of(const struct science_record *record, size_t offset)
{
    const char *bytes = (const char *)&record->result;
    const void *place = bytes + offset;
    return *(const double *)place;
}

/* The values of a field over an experiment's seeds. */
static size_t gather(const struct pile *pile, const struct science_experiment *experiment,
                     size_t offset, double *values)
{
    size_t count = 0;
    for (size_t i = 0; i < pile->count && count < SEEDS_MAX; i++) {
        if (pile->records[i].experiment == experiment) {
            values[count++] = value_of(&pile->records[i], offset);
        }
    }
    return count;
}

static struct sample sample_field(const struct pile *pile,
                                  const struct science_experiment *experiment, size_t offset)
{
    double values[SEEDS_MAX];
    size_t count = gather(pile, experiment, offset, values);
    return count > 0 ? sample_of(values, count) : (struct sample){0};
}

static double sum_field(const struct pile *pile, const struct science_experiment *experiment,
                        size_t offset)
{
    struct sample sample = sample_field(pile, experiment, offset);
    return sample.mean * (double)sample.count;
}

/* Rows 0, 1, … of those that have a purpose and were run; NULL after the last. */
static const struct science_experiment *with_purpose(const struct pile *pile,
                                                     enum science_purpose purpose, size_t index)
{
    for (size_t i = 0; science_experiment(i) != NULL; i++) {
        const struct science_experiment *experiment = science_experiment(i);
        bool ran = sample_field(pile, experiment, FIELD(growth, 0)).count > 0;
        if (ran && experiment->purpose == purpose && index-- == 0) {
            return experiment;
        }
    }
    return NULL;
}

#define PURPOSE(purpose) (1U << (purpose))

/* The markets on which a trader can have an edge, small or large, and those with the walks. */
enum {
    WITH_EDGE = PURPOSE(SCIENCE_TOO_LITTLE) | PURPOSE(SCIENCE_SOMETHING),
    WITH_WALKS = WITH_EDGE | PURPOSE(SCIENCE_NOTHING_TO_WIN)
};

/* How many experiments of these purposes have no run: what was not measured was not reached. */
static size_t not_run(const struct pile *pile, unsigned purposes)
{
    size_t missing = 0;
    for (size_t i = 0; science_experiment(i) != NULL; i++) {
        const struct science_experiment *experiment = science_experiment(i);
        bool meant = (purposes & PURPOSE(experiment->purpose)) != 0;
        missing += meant && sample_field(pile, experiment, FIELD(growth, 0)).count == 0 ? 1 : 0;
    }
    return missing;
}

static void target(struct pile *pile, unsigned purposes, bool reached, const char *text)
{
    size_t missing = not_run(pile, purposes);
    fprintf(pile->out, "\nTarget: %s ", text);
    if (missing > 0) {
        fprintf(pile->out, "**Not measured: %zu of its markets were not run.**\n", missing);
    } else {
        fprintf(pile->out, "**%s.**\n", reached ? "Reached" : "Not reached");
    }
    pile->missed += reached && missing == 0 ? 0 : 1;
}

static double percent(double part)
{
    return 100.0 * part;
}

/* Growth. */

static void growth_head(struct pile *pile)
{
    fputs("\n| market | seeds | passed, of decisions | fills | equity, median | worst end | lowest "
          "ever | grew |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n",
          pile->out);
}

static size_t grew(const struct pile *pile, const struct science_experiment *experiment)
{
    double values[SEEDS_MAX];
    size_t count = gather(pile, experiment, FIELD(growth, 0), values);
    size_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += values[i] > 0.0 ? 1 : 0;
    }
    return sum;
}

static double passed_share(const struct pile *pile, const struct science_experiment *experiment)
{
    double decisions = sum_field(pile, experiment, FIELD(decisions, 0));
    return decisions > 0.0 ? sum_field(pile, experiment, FIELD(passed, 0)) / decisions : 0.0;
}

static void growth_row(struct pile *pile, const struct science_experiment *experiment)
{
    struct sample growth = sample_field(pile, experiment, FIELD(growth, 0));
    struct sample lowest = sample_field(pile, experiment, FIELD(lowest, 0));
    fprintf(pile->out, "| %s | %zu | %.2f%% | %.0f | %+.2f%% | %+.2f%% | %+.2f%% | %zu |\n",
            experiment->name, growth.count, percent(passed_share(pile, experiment)),
            sample_field(pile, experiment, FIELD(fills, 0)).mean, percent(growth.median),
            percent(growth.lowest), percent(lowest.lowest), grew(pile, experiment));
}

static void report_nothing(struct pile *pile)
{
    bool passed_few = true;
    bool lost_little = true;
    const struct science_experiment *experiment;
    fputs(
        "\n## Nothing to win\n\nWalks: no memory, only costs. The number is the volatility in bps "
        "a second.\n",
        pile->out);
    growth_head(pile);
    for (size_t i = 0; (experiment = with_purpose(pile, SCIENCE_NOTHING_TO_WIN, i)) != NULL; i++) {
        growth_row(pile, experiment);
        passed_few = passed_few && passed_share(pile, experiment) < 0.01;
        lost_little =
            lost_little && sample_field(pile, experiment, FIELD(lowest, 0)).lowest >= -0.01;
    }
    target(pile, PURPOSE(SCIENCE_NOTHING_TO_WIN), passed_few,
           "after the warm-up fewer than 1% of the decisions pass the simulator.");
    target(pile, PURPOSE(SCIENCE_NOTHING_TO_WIN), lost_little, "equity never loses more than 1%.");
}

static void report_too_little(struct pile *pile)
{
    bool reached = true;
    const struct science_experiment *experiment;
    fputs("\n## Too little to win\n\nThe number is the planted edge: standard deviation of the gap "
          "in bps, or drift in bps a minute. A round trip costs 12 bps and a spread.\n",
          pile->out);
    growth_head(pile);
    for (size_t i = 0; (experiment = with_purpose(pile, SCIENCE_TOO_LITTLE, i)) != NULL; i++) {
        growth_row(pile, experiment);
        reached = reached && sample_field(pile, experiment, FIELD(lowest, 0)).lowest >= -0.01;
    }
    target(pile, PURPOSE(SCIENCE_TOO_LITTLE), reached, "equity never below −1%.");
}

static double captured(const struct pile *pile, const struct science_experiment *experiment)
{
    return sum_field(pile, experiment, FIELD(growth, 0)) /
           sum_field(pile, experiment, FIELD(best, 0));
}

static void report_something(struct pile *pile)
{
    bool all_grew = true;
    bool captures = true;
    const struct science_experiment *experiment;
    fputs("\n## Something to win\n", pile->out);
    growth_head(pile);
    for (size_t i = 0; (experiment = with_purpose(pile, SCIENCE_SOMETHING, i)) != NULL; i++) {
        growth_row(pile, experiment);
        size_t seeds = sample_field(pile, experiment, FIELD(growth, 0)).count;
        all_grew = all_grew && 20 * grew(pile, experiment) >= 19 * seeds;
    }
    target(pile, PURPOSE(SCIENCE_SOMETHING), all_grew,
           "equity grows in at least 19 of 20 seeds at each edge.");
    fputs(
        "\nAgainst the best single agent in hindsight, which pays the same costs for the same size "
        "and is followed from the first bar on:\n\n| market | equity, mean | best agent, mean | "
        "captured |\n| --- | --- | --- | --- |\n",
        pile->out);
    for (size_t i = 0; (experiment = with_purpose(pile, SCIENCE_SOMETHING, i)) != NULL; i++) {
        fprintf(pile->out, "| %s | %+.1f%% | %+.1f%% | %.2f |\n", experiment->name,
                percent(sample_field(pile, experiment, FIELD(growth, 0)).mean),
                percent(sample_field(pile, experiment, FIELD(best, 0)).mean),
                captured(pile, experiment));
        captures =
            captures && (experiment->edge < 120.0 || captured(pile, experiment) >= 1.0 / 3.0);
    }
    target(pile, PURPOSE(SCIENCE_SOMETHING), captures,
           "at 120 bps at least a third of what the best single agent makes.");
    fputs("\n![Equity against planted edge, reverting](science/reverting.svg)\n"
          "![Equity against planted edge, momentum](science/momentum.svg)\n",
          pile->out);
}

/* Change. */

static void report_change(struct pile *pile)
{
    bool reached = true;
    const struct science_experiment *experiment;
    fputs(
        "\n## Change\n\nAfter two hours the market becomes another: `change` is reverting (60 bps) "
        "and then momentum (40 bps a minute), `change-back` the other way round. On reverting "
        "prices mean_reversion, dislocation, swing and volatility are right, on momentum "
        "momentum, trend, breakout, order_flow and volatility; volatility is told by how far "
        "prices spread which of the two it is. One bar is one second.\n\n"
        "| market | seeds | half the weight after, median | longest | without volatility, median "
        "| longest | share from 1,800 s on |\n| --- | --- | --- | --- | --- | --- | --- |\n",
        pile->out);
    for (size_t i = 0; (experiment = with_purpose(pile, SCIENCE_CHANGE, i)) != NULL; i++) {
        double times[SEEDS_MAX];
        size_t count = gather(pile, experiment, FIELD(weight_reached_s, 0), times);
        for (size_t k = 0; k < count; k++) {
            reached = reached && times[k] <= 1800.0; /* NaN: never */
        }
        struct sample all = sample_of(times, count);
        struct sample strict = sample_field(pile, experiment, FIELD(strict_reached_s, 0));
        fprintf(pile->out, "| %s | %zu | %.0f s | %.0f s | %.0f s | %.0f s | %.0f%% |\n",
                experiment->name, count, all.median, all.highest, strict.median, strict.highest,
                percent(sample_field(pile, experiment, FIELD(weight_right, 0)).mean));
    }
    target(pile, PURPOSE(SCIENCE_CHANGE), reached,
           "the weight of the right species passes 50% within 1,800 bars of the change.");
}

/* Evolution. */

static void report_evolves(struct pile *pile)
{
    const struct science_experiment *without = with_purpose(pile, SCIENCE_EVOLVES, 0);
    const struct science_experiment *with = with_purpose(pile, SCIENCE_EVOLVES, 1);
    double before[SEEDS_MAX];
    double after[SEEDS_MAX];
    if (without == NULL || with == NULL) {
        target(pile, PURPOSE(SCIENCE_EVOLVES), false, "the incumbents' mean reward rises.");
        return;
    }
    fputs(
        "\n## Evolution\n\nA drift of 10 bps a minute that turns every 15 minutes: slower than the "
        "defaults look back. Mean reward of all incumbents, side × return over the horizon in "
        "units of volatility less costs, by hours of the run:\n\n"
        "| | first | second | third | fourth | promotions |\n"
        "| --- | --- | --- | --- | --- | --- |\n",
        pile->out);
    for (size_t i = 0; i < 2; i++) {
        const struct science_experiment *one = i == 0 ? without : with;
        fprintf(pile->out, "| %s |", i == 0 ? "without evolution" : "with evolution");
        for (size_t k = 0; k < SCIENCE_QUARTERS; k++) {
            fprintf(pile->out, " %+.3f |", sample_field(pile, one, FIELD(net, k)).mean);
        }
        fprintf(pile->out, " %.1f |\n", sample_field(pile, one, FIELD(promotions, 0)).mean);
    }
    size_t last = SCIENCE_QUARTERS - 1;
    size_t count = gather(pile, without, FIELD(net, last), before);
    ASSERT(count == gather(pile, with, FIELD(net, last), after));
    for (size_t i = 0; i < count; i++) {
        after[i] -= before[i];
    }
    struct sample gain = sample_of(after, count);
    double p = sample_p_above_zero(&gain);
    fprintf(pile->out,
            "\nIn the last hour, seed by seed: %+.3f more with evolution, standard deviation %.3f, "
            "%zu seeds, p = %.2g (paired t test, one-sided).\n",
            gain.mean, gain.deviation, count, p);
    target(pile, PURPOSE(SCIENCE_EVOLVES), p < 0.01,
           "the incumbents' mean reward rises with evolution and not without it, p < 0.01.");
}

static void report_no_better(struct pile *pile)
{
    const struct science_experiment *experiment = with_purpose(pile, SCIENCE_NO_BETTER, 0);
    struct settings settings;
    if (experiment == NULL) {
        target(pile, PURPOSE(SCIENCE_NO_BETTER), false, "promotions stay below the stated rate.");
        return;
    }
    science_settings(&settings);
    double promotions = sum_field(pile, experiment, FIELD(promotions, 0));
    double generations = sum_field(pile, experiment, FIELD(generations, 0)) / SPECIES_COIN;
    double rate = settings.evolution.false_promotion;
    fprintf(pile->out,
            "\nWhere no parameter is better than another (a walk without fee and slippage): %.0f "
            "promotions in %.0f generations of all species; %.0f%% of the generations may have one "
            "by luck. On walks with costs:",
            promotions, generations, percent(rate));
    const struct science_experiment *walk;
    for (size_t i = 0; (walk = with_purpose(pile, SCIENCE_NOTHING_TO_WIN, i)) != NULL; i++) {
        fprintf(pile->out, "%s %.0f", i > 0 ? "," : "",
                sum_field(pile, walk, FIELD(promotions, 0)));
    }
    fputs(".\n", pile->out);
    target(pile, PURPOSE(SCIENCE_NO_BETTER), promotions <= rate * generations,
           "promotions stay below the stated rate.");
}

/* The coin. */

/* Mean worth of a species' incumbents less that of the coin, a value a seed. */
static size_t above_coin(const struct pile *pile, const struct science_experiment *experiment,
                         size_t species, double *values)
{
    size_t count = 0;
    for (size_t i = 0; i < pile->count && count < SEEDS_MAX; i++) {
        const struct science_result *result = &pile->records[i].result;
        if (pile->records[i].experiment != experiment) {
            continue;
        }
        double sum = 0.0;
        for (size_t k = 0; k < INCUMBENTS; k++) {
            sum += result->worth[species * INCUMBENTS + k];
        }
        values[count++] = sum / INCUMBENTS - result->worth[SCIENCE_AGENTS - 1];
    }
    return count;
}

static bool coin_row(struct pile *pile, const struct science_experiment *experiment)
{
    uint32_t right = science_right_species(experiment->market.kind);
    bool below = true;
    fprintf(pile->out, "| %s |", experiment->name);
    for (size_t species = 0; species < SPECIES_COIN; species++) {
        double values[SEEDS_MAX];
        size_t count = above_coin(pile, experiment, species, values);
        struct sample sample = sample_of(values, count);
        bool has_edge = (right >> species & 1U) != 0;
        below = below && (!has_edge || sample.lowest > 0.0);
        fprintf(pile->out, has_edge ? " **%+.3f** |" : " %+.3f |", sample.mean);
    }
    fputc('\n', pile->out);
    return below;
}

/* The least p-value of any agent that its worth on walks is above the coin's, times their number.
 */
static double best_luck(const struct pile *pile)
{
    double least = 1.0;
    for (size_t agent = 0; agent + 1 < SCIENCE_AGENTS; agent++) {
        double values[SEEDS_MAX];
        size_t count = 0;
        for (size_t i = 0; i < pile->count && count < SEEDS_MAX; i++) {
            const struct science_record *record = &pile->records[i];
            if (record->experiment->purpose == SCIENCE_NOTHING_TO_WIN) {
                values[count++] =
                    record->result.worth[agent] - record->result.worth[SCIENCE_AGENTS - 1];
            }
        }
        struct sample sample = count > 0 ? sample_of(values, count) : (struct sample){0};
        least = fmin(least, sample_p_above_zero(&sample));
    }
    return fmin(1.0, least * (SCIENCE_AGENTS - 1));
}

static void report_coin(struct pile *pile)
{
    static const enum science_purpose purposes[] = {SCIENCE_NOTHING_TO_WIN, SCIENCE_TOO_LITTLE,
                                                    SCIENCE_SOMETHING};
    const struct science_experiment *experiment;
    bool below = true;
    fputs(
        "\n## The coin\n\nWhat the votes of each species are worth (vote × return over the horizon "
        "in units of volatility, mean), less what the coin's are; bold: the species has the "
        "edge.\n\n| market |",
        pile->out);
    for (uint32_t species = 0; species < SPECIES_COIN; species++) {
        fprintf(pile->out, " %s |", species_name(species));
    }
    fputs("\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n", pile->out);
    for (size_t p = 0; p < ARRAY_LENGTH(purposes); p++) {
        for (size_t i = 0; (experiment = with_purpose(pile, purposes[p], i)) != NULL; i++) {
            bool one = coin_row(pile, experiment);
            below = below && (one || purposes[p] != SCIENCE_SOMETHING);
        }
    }
    target(pile, PURPOSE(SCIENCE_SOMETHING), below,
           "where there is something to win, the coin ends below every species that has the edge, "
           "in every seed.");
    double p = best_luck(pile);
    fprintf(pile->out,
            "\nOn the walks, the agent that looks best against the coin: p = %.2f (t test over "
            "all seeds, one-sided, times the number of agents).\n",
            p);
    target(pile, PURPOSE(SCIENCE_NOTHING_TO_WIN), p >= 0.05,
           "on a walk no agent is significantly above the coin.");
}

/* Calibration. */

struct calibration {
    double said[SCIENCE_BINS];
    double profits[SCIENCE_BINS];
    double predicted[SCIENCE_BINS];
    double brier;
    double base;      /* of the constant that would have been best in hindsight */
    double base_then; /* of the base rate that was known then */
    double apart;
    double beyond_value;
    double beyond;
    double loss_ratio;
};

static struct calibration calibrate(const struct pile *pile,
                                    const struct science_experiment *experiment)
{
    struct calibration result = {0};
    double said = 0.0;
    double profits = 0.0;
    for (size_t i = 0; i < SCIENCE_BINS; i++) {
        result.said[i] = sum_field(pile, experiment, FIELD(said, i));
        result.profits[i] = sum_field(pile, experiment, FIELD(profits, i));
        result.predicted[i] = sum_field(pile, experiment, FIELD(predicted, i));
        said += result.said[i];
        profits += result.profits[i];
    }
    result.brier = sum_field(pile, experiment, FIELD(squares, 0)) / said;
    result.base_then = sum_field(pile, experiment, FIELD(base_squares, 0)) / said;
    result.base = profits / said * (1.0 - profits / said);
    result.apart = sum_field(pile, experiment, FIELD(apart, 0));
    result.beyond_value = sum_field(pile, experiment, FIELD(beyond_value, 0));
    result.beyond = sum_field(pile, experiment, FIELD(beyond, 0));
    result.loss_ratio = sum_field(pile, experiment, FIELD(loss_beyond, 0)) /
                        sum_field(pile, experiment, FIELD(expected_beyond, 0));
    return result;
}

/* Seeds whose interval of how often a loss was beyond something reaches into what it should be. */
static size_t seeds_as_often(const struct pile *pile, const struct science_experiment *experiment,
                             size_t field, struct interval should_be)
{
    double beyond[SEEDS_MAX];
    double apart[SEEDS_MAX];
    size_t count = gather(pile, experiment, field, beyond);
    size_t inside = 0;
    gather(pile, experiment, FIELD(apart, 0), apart);
    for (size_t i = 0; i < count; i++) {
        struct interval interval = binomial_interval(beyond[i], apart[i]);
        inside += interval.low <= should_be.high && interval.high >= should_be.low ? 1 : 0;
    }
    return inside;
}

static void reliability(struct pile *pile, const struct science_experiment *experiment)
{
    struct calibration one = calibrate(pile, experiment);
    fprintf(pile->out, "| %s |", experiment->name);
    for (size_t i = 0; i < SCIENCE_BINS; i++) {
        if (one.said[i] < 500.0) {
            fputs(" |", pile->out);
        } else {
            fprintf(pile->out, " %.2f → %.2f |", one.predicted[i] / one.said[i],
                    one.profits[i] / one.said[i]);
        }
    }
    fputc('\n', pile->out);
}

static void calibration_rows(struct pile *pile, enum science_purpose purpose, bool *better,
                             bool *better_with_edge, bool *as_often)
{
    static const struct interval at_value = {0.05, 0.05};
    static const struct interval at_shortfall = {0.0184, 0.025}; /* 5% ÷ e, 5% ÷ 2 */
    const struct science_experiment *experiment;
    for (size_t i = 0; (experiment = with_purpose(pile, purpose, i)) != NULL; i++) {
        struct calibration one = calibrate(pile, experiment);
        size_t seeds = sample_field(pile, experiment, FIELD(growth, 0)).count;
        size_t value = seeds_as_often(pile, experiment, FIELD(beyond_value, 0), at_value);
        size_t shortfall = seeds_as_often(pile, experiment, FIELD(beyond, 0), at_shortfall);
        fprintf(pile->out,
                "| %s | %.4f | %.4f | %.4f | %.2f%% | %zu of %zu | %.2f%% | %zu of %zu | %.2f |\n",
                experiment->name, one.brier, one.base_then, one.base,
                percent(one.beyond / one.apart), shortfall, seeds,
                percent(one.beyond_value / one.apart), value, seeds, one.loss_ratio);
        *better = *better && (one.brier < one.base || purpose != SCIENCE_SOMETHING);
        *better_with_edge =
            *better_with_edge && (one.brier < one.base || purpose == SCIENCE_NOTHING_TO_WIN);
        *as_often = *as_often && 20 * shortfall >= 16 * seeds;
    }
}

static void list_not_better(const struct pile *pile)
{
    const struct science_experiment *experiment;
    size_t count = 0;
    fputs("\nAn edge, but no better than the base rate known then: ", pile->out);
    for (size_t i = 0; (experiment = with_purpose(pile, SCIENCE_TOO_LITTLE, i)) != NULL; i++) {
        struct calibration one = calibrate(pile, experiment);
        if (one.brier >= one.base_then) {
            fprintf(pile->out, "%s%s (%+.5f)", count > 0 ? ", " : "", experiment->name,
                    one.brier - one.base_then);
            count++;
        }
    }
    fputs(count > 0 ? ".\n" : "none.\n", pile->out);
}

static void report_calibration(struct pile *pile)
{
    static const enum science_purpose purposes[] = {SCIENCE_NOTHING_TO_WIN, SCIENCE_TOO_LITTLE,
                                                    SCIENCE_SOMETHING};
    const struct science_experiment *experiment;
    bool better = true;
    bool better_with_edge = true;
    bool as_often = true;
    fputs(
        "\n## Calibration of the simulator\n\nOf every decision after the warm-up, traded or not. "
        "Brier scores of P(profit) over all of them. `Of the base rate then` is that of a "
        "forecaster who knows how often the decisions of the run so far brought a profit, and "
        "nothing else; `in hindsight` that of the constant that would have been best, which nobody "
        "could know: no forecaster who learns a rate from the run has it. The tail over decisions "
        "whose horizons do not "
        "overlap: how often the loss was beyond the expected shortfall at 95%, and beyond the "
        "value at risk, with the number of seeds in whose own binomial interval of 95% (Clopper & "
        "Pearson) what it should be lies: 5% for the value at risk; for the expected shortfall, "
        "the mean of that tail, 1.84% where the tail falls exponentially, 1.96% where it is that "
        "of a normal distribution, up to 2.5% where it is symmetrical, as where the loss is that "
        "of a turn of the drift. Last, the mean loss beyond the value at risk ÷ the expected "
        "shortfall that was said then.\n\n| market | Brier | of the base rate then | in hindsight "
        "| beyond ES | seeds "
        "as it should be | beyond VaR | seeds with 5% | loss ÷ ES |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        pile->out);
    for (size_t p = 0; p < ARRAY_LENGTH(purposes); p++) {
        calibration_rows(pile, purposes[p], &better, &better_with_edge, &as_often);
    }
    list_not_better(pile);
    target(pile, PURPOSE(SCIENCE_SOMETHING), better,
           "the Brier score is better than the best constant's in hindsight where the edge is "
           "large enough to be won.");
    target(pile, WITH_EDGE, better_with_edge,
           "the same on every market with an edge, however small.");
    target(pile, WITH_WALKS, as_often,
           "the expected shortfall is exceeded as often as it should be: within the interval in at "
           "least 16 of 20 seeds (fewer would be chance in one of 20 such tables).");
    fputs("\nReliability, predicted → happened by tenths of P(profit):\n\n| market | 0 | .1 | .2 | "
          ".3 "
          "| .4 | .5 | .6 | .7 | .8 | .9 |\n"
          "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
          pile->out);
    for (size_t p = 0; p < ARRAY_LENGTH(purposes); p++) {
        for (size_t i = 0; (experiment = with_purpose(pile, purposes[p], i)) != NULL; i++) {
            reliability(pile, experiment);
        }
    }
}

static void report_regret(struct pile *pile)
{
    double highest = 0.0;
    for (size_t i = 0; i < pile->count; i++) {
        highest = fmax(highest, pile->records[i].result.regret_ratio[0]);
    }
    fputs("\n## Regret\n\n", pile->out);
    bool inside = learner_report(pile->out);
    fprintf(
        pile->out,
        "\nOn the markets above, the largest regret ÷ bound that consensus has said in any run: "
        "%.2f.\n",
        highest);
    target(pile, WITH_WALKS, inside && highest <= 1.0,
           "the regret stays inside the bound of the theorem.");
}

static void report_others(struct pile *pile)
{
    const struct science_experiment *experiment;
    if (with_purpose(pile, SCIENCE_OTHER, 0) == NULL) {
        return;
    }
    fputs("\n## Other markets\n\nWithout a target: `regimes` wanders between a walk, reverting (60 "
          "bps) and momentum (40 bps a minute), a new one about every ten minutes; `crash` is a "
          "walk that falls by 10% in half a minute, again and again; the last ones are those "
          "above as a long-only account sees them.\n",
          pile->out);
    growth_head(pile);
    for (size_t i = 0; (experiment = with_purpose(pile, SCIENCE_OTHER, i)) != NULL; i++) {
        growth_row(pile, experiment);
    }
}

void science_report(FILE *out, const struct science_record *records, size_t count)
{
    struct pile pile = {.out = out, .records = records, .count = count};
    fputs(
        "# What the engine makes of markets whose truth is known\n\nWritten by `scripts/science`. "
        "The whole engine at its defaults, short selling allowed, four symbols, four hours of "
        "one-second bars, 2 to 6 trades a second and symbol; fee 5 bps, slippage 1 bp and half "
        "the spread that is estimated, each way. Prices walk by 1 bp a second (standard "
        "deviation) unless it is said otherwise, around them or with them goes what is planted: "
        "a gap with a half-life of 30 s, or a drift that turns every 200 s. Each seed is another "
        "market. Decisions are counted after a warm-up of half an hour; equity from the first "
        "second on.\n\nWhat is planted is there all the time and wears off by no trading, prices "
        "have no noise of "
        "bid and ask, and orders move nothing but their own price: growth here says what the "
        "engine finds of an edge, not what a market would pay for it.\n\nThese markets were looked "
        "at "
        "while the engine was made. The defaults of the species were chosen on them, and so were "
        "the simulator's priors, the shape of its outcomes and the moment from which it tells "
        "probabilities, over about ten variants and on other seeds of the same kinds of market. So "
        "the tables, calibration above all, are of a fit to these families, not a test on unseen "
        "ones. Calibration leaves out the warm-up and what is said before the simulator tells "
        "probabilities, which is where it would be worst.\n",
        out);
    report_nothing(&pile);
    report_too_little(&pile);
    report_something(&pile);
    report_change(&pile);
    report_evolves(&pile);
    report_no_better(&pile);
    report_coin(&pile);
    report_calibration(&pile);
    report_regret(&pile);
    report_others(&pile);
    fprintf(out, "\nTargets that are not reached: %u.\n", pile.missed);
}

void science_plot(FILE *out, enum market_kind kind, const struct science_record *records,
                  size_t count)
{
    struct pile pile = {.out = out, .records = records, .count = count};
    fputs("# edge, growth of equity: median, lowest, highest; of the best agent alone: median\n",
          out);
    for (size_t i = 0; science_experiment(i) != NULL; i++) {
        const struct science_experiment *experiment = science_experiment(i);
        struct sample growth = sample_field(&pile, experiment, FIELD(growth, 0));
        struct sample best = sample_field(&pile, experiment, FIELD(best, 0));
        if (experiment->market.kind == kind && experiment->edge > 0.0 && growth.count > 0) {
            fprintf(out, "%g %g %g %g %g\n", experiment->edge, percent(growth.median),
                    percent(growth.lowest), percent(growth.highest), percent(best.median));
        }
    }
}
