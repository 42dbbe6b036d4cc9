/* Hedge: see the header for theory and sources. */
#include "tickd/modules/consensus_hedge.h"

#include <math.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/real.h"

static bool is_awake(double loss)
{
    return loss == loss;
}

void hedge_init(struct hedge *hedge, size_t experts, double learning_rate, double share)
{
    ASSERT(experts >= 1 && experts <= HEDGE_EXPERTS_MAX);
    memset(hedge, 0, sizeof *hedge);
    hedge->experts = experts;
    hedge->learning_rate = learning_rate;
    hedge->share = share;
    for (size_t i = 0; i < experts; i++) {
        hedge->weights[i] = 1.0 / (double)experts;
        hedge->entered[i] = real_log((double)experts);
    }
}

static double awake_weight(const struct hedge *hedge, const double *losses)
{
    double sum = 0.0;
    for (size_t i = 0; i < hedge->experts; i++) {
        sum += is_awake(losses[i]) ? hedge->weights[i] : 0.0;
    }
    return sum;
}

static double mixture_loss(const struct hedge *hedge, const double *losses, double awake)
{
    double loss = 0.0;
    for (size_t i = 0; i < hedge->experts; i++) {
        if (is_awake(losses[i])) {
            loss += hedge->weights[i] / awake * losses[i];
        }
    }
    return loss;
}

/* Those awake exchange weight among each other; together they keep what they had. */
static void exchange(struct hedge *hedge, const double *losses, double awake)
{
    double sum = 0.0;
    for (size_t i = 0; i < hedge->experts; i++) {
        if (is_awake(losses[i])) {
            hedge->weights[i] *= real_exp(-hedge->learning_rate * losses[i]);
            sum += hedge->weights[i];
        }
    }
    for (size_t i = 0; i < hedge->experts; i++) {
        if (is_awake(losses[i])) {
            hedge->weights[i] *= awake / sum;
        }
    }
}

/* Every weight gives the share, every one gets an equal part of it. Summing up anew keeps rounding
 * from adding up over months. */
static void share_out(struct hedge *hedge)
{
    double sum = 0.0;
    double part = hedge->share / (double)hedge->experts;
    for (size_t i = 0; i < hedge->experts; i++) {
        hedge->weights[i] = (1.0 - hedge->share) * hedge->weights[i] + part;
        sum += hedge->weights[i];
    }
    for (size_t i = 0; i < hedge->experts; i++) {
        hedge->weights[i] /= sum;
    }
}

double hedge_learn(struct hedge *hedge, const double *losses)
{
    double awake = awake_weight(hedge, losses);
    if (!(awake > 0.0)) {
        return real_nan();
    }
    double mixture = mixture_loss(hedge, losses, awake);
    for (size_t i = 0; i < hedge->experts; i++) {
        if (is_awake(losses[i])) {
            ASSERT(losses[i] >= 0.0 && losses[i] <= 1.0);
            hedge->regret[i] += mixture - losses[i];
            hedge->awake[i]++;
        }
    }
    exchange(hedge, losses, awake);
    share_out(hedge);
    hedge->rounds++;
    return mixture;
}

void hedge_replace(struct hedge *hedge, size_t expert)
{
    ASSERT(expert < hedge->experts);
    double share = hedge->share > 0.0 ? hedge->share : 0.5;
    double entry = hedge->experts == 1 ? 1.0 : share / (double)hedge->experts;
    double others = 1.0 - hedge->weights[expert];
    for (size_t i = 0; i < hedge->experts; i++) {
        if (i != expert && others > 0.0) {
            hedge->weights[i] *= (1.0 - entry) / others;
        } else if (i != expert) {
            hedge->weights[i] = (1.0 - entry) / (double)(hedge->experts - 1);
        }
    }
    hedge->weights[expert] = entry;
    hedge->entered[expert] = -real_log(entry);
    hedge->regret[expert] = 0.0;
    hedge->awake[expert] = 0;
}

/* A sleeper pays the share too, so its sleep counts for the second term: all rounds do. */
double hedge_bound(const struct hedge *hedge, size_t expert)
{
    double eta = hedge->learning_rate;
    double paid = hedge->share > 0.0 ? -real_log(1.0 - hedge->share) : 0.0;
    return hedge->entered[expert] / eta + (double)hedge->rounds * paid / eta +
           eta * (double)hedge->awake[expert] / 8.0;
}

size_t hedge_worst(const struct hedge *hedge, double *ratio)
{
    size_t worst = 0;
    *ratio = 0.0;
    for (size_t i = 0; i < hedge->experts; i++) {
        double one = hedge->regret[i] / hedge_bound(hedge, i);
        if (i == 0 || one > *ratio) {
            worst = i;
            *ratio = one;
        }
    }
    return worst;
}

double hedge_bound_known_rounds(size_t experts, uint64_t rounds)
{
    return sqrt((double)rounds / 2.0 * real_log((double)experts));
}

double hedge_bound_switches(size_t experts, uint64_t rounds, uint64_t switches)
{
    double n = (double)rounds;
    double m = (double)switches;
    double entropy = 0.0;
    if (switches > 0 && switches + 1 < rounds) {
        double q = m / (n - 1.0);
        entropy = -q * real_log(q) - (1.0 - q) * real_log(1.0 - q);
    }
    return sqrt(n / 2.0 * ((m + 1.0) * real_log((double)experts) + (n - 1.0) * entropy));
}

void hedge_persist(struct hedge *hedge, struct persist *persist)
{
    size_t experts = hedge->experts;
    persist_same(persist, "experts", (int64_t)experts);
    PERSIST(persist, hedge->rounds);
    persist_reals(persist, "weights", hedge->weights, experts, 0.0, 1.0 + 1e-9);
    persist_reals(persist, "weights at entry", hedge->entered, experts, 0.0, 1e3);
    persist_reals(persist, "regret", hedge->regret, experts, -1e30, 1e30);
    persist_bytes(persist, hedge->awake, experts * sizeof *hedge->awake);
}
