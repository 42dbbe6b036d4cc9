/* Bounds and what was measured. */
#include "science/learner.h"

#include <math.h>
#include <stdlib.h>

#include "tickd/base/assert.h"
#include "tickd/base/rng.h"
#include "tickd/modules/consensus_hedge.h"
#include "tickd/settings/settings.h"

enum { EXPERTS = 25, ROUNDS = 20000, SWITCHES = 9, LENGTH = ROUNDS / (SWITCHES + 1) };

/* Losses of a round, by what the learner has come to. */
struct losses_kind {
    const char *name;
    void (*draw)(const struct hedge *hedge, struct rng *rng, size_t round, double *losses);
};

/* Whoever has most weight loses, the others win. */
static void adversarial(const struct hedge *hedge, struct rng *rng, size_t round, double *losses)
{
    size_t heaviest = 0;
    (void)rng;
    (void)round;
    for (size_t i = 1; i < EXPERTS; i++) {
        heaviest = hedge->weights[i] > hedge->weights[heaviest] ? i : heaviest;
    }
    for (size_t i = 0; i < EXPERTS; i++) {
        losses[i] = i == heaviest ? 1.0 : 0.0;
    }
}

static void random_losses(const struct hedge *hedge, struct rng *rng, size_t round, double *losses)
{
    (void)hedge;
    (void)round;
    for (size_t i = 0; i < EXPERTS; i++) {
        losses[i] = rng_uniform(rng) < 0.5 ? 1.0 : 0.0;
    }
}

/* Each stretch has another best expert. */
static void drifting(const struct hedge *hedge, struct rng *rng, size_t round, double *losses)
{
    size_t best = round / LENGTH * 7 % EXPERTS;
    (void)hedge;
    for (size_t i = 0; i < EXPERTS; i++) {
        losses[i] = rng_uniform(rng) < (i == best ? 0.3 : 0.5) ? 1.0 : 0.0;
    }
}

/* Least loss of a sequence of experts that ends with expert i after at most s switches. */
struct sequences {
    double least[SWITCHES + 1][EXPERTS];
};

static double least_of(const double *values)
{
    double least = values[0];
    for (size_t i = 1; i < EXPERTS; i++) {
        least = values[i] < least ? values[i] : least;
    }
    return least;
}

static void sequences_add(struct sequences *sequences, const double *losses, size_t round)
{
    for (size_t s = SWITCHES + 1; s-- > 0;) {
        double switched = s > 0 && round > 0 ? least_of(sequences->least[s - 1]) : HUGE_VAL;
        for (size_t i = 0; i < EXPERTS; i++) {
            double stays = sequences->least[s][i];
            sequences->least[s][i] = (switched < stays ? switched : stays) + losses[i];
        }
    }
}

struct regret {
    double to_best;     /* single expert */
    double to_sequence; /* with SWITCHES switches */
    double own_ratio;   /* the largest regret ÷ the bound for these rates, after any round, */
    double own;         /* with that regret, */
    double own_bound;   /* and that bound */
};

static struct regret play(const struct losses_kind *kind, double learning_rate, double share)
{
    struct hedge hedge;
    struct rng rng;
    struct sequences *sequences = calloc(1, sizeof *sequences);
    struct regret regret = {0};
    double learner = 0.0;
    double losses[HEDGE_EXPERTS_MAX];
    ASSERT(sequences != NULL);
    hedge_init(&hedge, EXPERTS, learning_rate, share);
    rng_stream(&rng, 1, kind->name);
    for (size_t round = 0; round < ROUNDS; round++) {
        double ratio;
        kind->draw(&hedge, &rng, round, losses);
        learner += hedge_learn(&hedge, losses);
        sequences_add(sequences, losses, round);
        size_t worst = hedge_worst(&hedge, &ratio);
        if (ratio > regret.own_ratio) {
            regret.own_ratio = ratio;
            regret.own = hedge.regret[worst];
            regret.own_bound = hedge_bound(&hedge, worst);
        }
    }
    regret.to_best = learner - least_of(sequences->least[0]);
    regret.to_sequence = learner - least_of(sequences->least[SWITCHES]);
    free(sequences);
    return regret;
}

static bool row(FILE *out, const char *losses, const char *against, double bound, double measured)
{
    fprintf(out, "| %s | %s | %.1f | %.1f | %.2f |\n", losses, against, bound, measured,
            measured / bound);
    return measured <= bound;
}

bool learner_report(FILE *out)
{
    static const struct losses_kind kinds[] = {
        {"adversarial", adversarial}, {"random", random_losses}, {"drifting", drifting}};
    const double n = ROUNDS;
    const double q = SWITCHES / (n - 1.0);
    const double entropy = -q * log(q) - (1.0 - q) * log1p(-q);
    const double known_rate = sqrt(8.0 * log(EXPERTS) / n);
    const double switch_rate =
        sqrt(8.0 * ((SWITCHES + 1) * log(EXPERTS) + (n - 1.0) * entropy) / n);
    struct settings settings;
    bool inside = true;
    settings_init(&settings);
    fprintf(out,
            "%d experts, %d rounds. At the learning rate that is best for so many rounds against "
            "the best expert; at the rate and share that are best against the best sequence of "
            "experts with %d switches; and as configured (%g and %g) where regret ÷ bound is "
            "largest of any expert after any round.\n\n| losses | against | bound | measured | "
            "ratio |\n"
            "| --- | --- | --- | --- | --- |\n",
            EXPERTS, ROUNDS, SWITCHES, settings.consensus.learning_rate, settings.consensus.share);
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        struct regret known = play(&kinds[i], known_rate, 0.0);
        struct regret tracking = play(&kinds[i], switch_rate, q);
        struct regret configured =
            play(&kinds[i], settings.consensus.learning_rate, settings.consensus.share);
        bool one = row(out, kinds[i].name, "best expert", hedge_bound_known_rounds(EXPERTS, ROUNDS),
                       known.to_best);
        bool two = row(out, kinds[i].name, "best sequence",
                       hedge_bound_switches(EXPERTS, ROUNDS, SWITCHES), tracking.to_sequence);
        bool three = row(out, kinds[i].name, "any expert, as configured", configured.own_bound,
                         configured.own);
        inside = inside && one && two && three;
    }
    return inside;
}
