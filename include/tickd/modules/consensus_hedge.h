/* Hedge with fixed share over sleeping experts.
 *
 * Freund & Schapire, "A decision-theoretic generalization of on-line learning" (1997): weights fall
 * by exp(−η·loss). Herbster & Warmuth, "Tracking the best expert" (1998): after each round a share
 * α of all weight is handed out equally, so that whoever is right now can catch up. Freund,
 * Schapire, Singer & Warmuth, "Using and combining predictors that specialize" (1997): who abstains
 * sleeps; the round is played among those awake, whose weights together stay what they were.
 *
 * Bound (Cesa-Bianchi & Lugosi, Prediction, Learning, and Games, 2006, th. 2.2 and 5.2, and the
 * specialists' argument): for every expert that entered with weight p and was awake in n rounds
 * with losses in [0, 1],
 *
 *     Σ (learner's loss − its loss) ≤ ln(1/p)/η + n·ln(1/(1−α))/η + η·n/8
 *
 * which for p = 1/N, α = 0 and η = √(8 ln N ÷ n) is √(n/2 · ln N). */
#ifndef TICKD_MODULES_CONSENSUS_HEDGE_H
#define TICKD_MODULES_CONSENSUS_HEDGE_H

#include "tickd/base/persist.h"
#include "tickd/bus/message.h"

enum { HEDGE_EXPERTS_MAX = AGENTS_MAX };

struct hedge {
    size_t experts;
    double learning_rate; /* η > 0 */
    double share;         /* α in [0, 1) */
    uint64_t rounds;
    double weights[HEDGE_EXPERTS_MAX]; /* sum 1 */
    double entered[HEDGE_EXPERTS_MAX]; /* ln(1/p), p the weight at entry */
    double regret[HEDGE_EXPERTS_MAX];  /* learner's loss less its own, over its rounds */
    uint64_t awake[HEDGE_EXPERTS_MAX]; /* its rounds */
};

/* Equal weights; 1 ≤ experts ≤ HEDGE_EXPERTS_MAX. */
void hedge_init(struct hedge *hedge, size_t experts, double learning_rate, double share);

/* One round: the losses of those awake, in [0, 1]; NaN = asleep. Returns the learner's loss, NaN
 * when nobody was awake (and nothing is learned). */
double hedge_learn(struct hedge *hedge, const double *losses);

/* The expert is somebody else from now on: weight share ÷ experts (the others in proportion), its
 * record empty. With share 0: half of an equal part, so that it can rise at all. */
void hedge_replace(struct hedge *hedge, size_t expert);

/* What was learned; its rate and share stay. */
void hedge_persist(struct hedge *hedge, struct persist *persist);

/* The theorem's bound for one expert's rounds so far. */
double hedge_bound(const struct hedge *hedge, size_t expert);

/* The expert whose regret comes nearest to its bound; *ratio = regret ÷ bound, above 1 is a bug. */
size_t hedge_worst(const struct hedge *hedge, double *ratio);

/* Cesa-Bianchi & Lugosi 2006, th. 2.2: √(n/2 · ln N), for η = √(8 ln N ÷ n). */
double hedge_bound_known_rounds(size_t experts, uint64_t rounds);

/* The same, cor. 5.1: against the best sequence of experts with m switches, for the η and α that
 * are best for it: √(n/2 · ((m+1) ln N + (n−1) H(m/(n−1)))), H the binary entropy in nats. */
double hedge_bound_switches(size_t experts, uint64_t rounds, uint64_t switches);

#endif
