/* Evidence from paired differences. */
#include "tickd/modules/evolution_evidence.h"

#include <math.h>

#include "tickd/base/real.h"

/* v: the squares at which the test is sharpest, in units of (volatility · √H)²: those of some
 * hundred independent horizons. Ten times more or less costs one unit of ln E. */
static const double sharpest = 100;

/* The lag window: 15/16, 225/256, …; blocks being quarters of a horizon, it spans four horizons. */
static const double window_falls = 0.9375;

static const double ln_2 = 0.69314718055994530942;

void evidence_add(struct evidence *evidence, double first, double second, double weight)
{
    if (!(weight > 0)) {
        return;
    }
    double difference = first - second;
    evidence->lagged += difference * evidence->tail;
    evidence->lagged_weight += evidence->tail_weight;
    evidence->tail = window_falls * (evidence->tail + difference);
    evidence->tail_weight = window_falls * (evidence->tail_weight + 1);
    evidence->sum += difference;
    evidence->squares += difference * difference;
    evidence->weight += weight;
    evidence->weight_squares += weight * weight;
    evidence->products += difference * weight;
    evidence->earned += first;
    evidence->blocks++;
}

double evidence_advantage(const struct evidence *evidence)
{
    return evidence->blocks > 0 ? evidence->sum / evidence->weight : real_nan();
}

double evidence_first_mean(const struct evidence *evidence)
{
    return evidence->blocks > 0 ? evidence->earned / evidence->weight : real_nan();
}

/* What V is to be multiplied by, at least 1: 1 + 2 · Σ weight · autocorrelation. */
static double enlargement(const struct evidence *evidence)
{
    double blocks = (double)evidence->blocks;
    double mean = blocks > 0 ? evidence->sum / blocks : 0;
    double deviations = evidence->squares - blocks * mean * mean;
    double products = evidence->lagged - evidence->lagged_weight * mean * mean;
    return deviations > 0 && products > 0 ? 1 + 2 * products / deviations : 1;
}

static double ln_e(double sum, double squares)
{
    double shrunk = -0.5 * real_log(1 + squares / sharpest);
    if (!(sum > 0)) {
        return shrunk; /* an upper bound, below 0, which is all that anybody asks */
    }
    double scale = squares + sharpest;
    return ln_2 + shrunk + sum * sum / (2 * scale) + real_log(real_normal_cdf(sum / sqrt(scale)));
}

double evidence_better(const struct evidence *evidence)
{
    return ln_e(evidence->sum, evidence->squares * enlargement(evidence));
}

double evidence_worse(const struct evidence *evidence)
{
    return ln_e(-evidence->sum, evidence->squares * enlargement(evidence));
}

/* ln E against an advantage of `advantage` instead of none. */
static double ln_e_beyond(const struct evidence *evidence, double factor, double advantage)
{
    double sum = evidence->sum - advantage * evidence->weight;
    double squares = evidence->squares - 2 * advantage * evidence->products +
                     advantage * advantage * evidence->weight_squares;
    return ln_e(sum, (squares > 0 ? squares : 0) * factor);
}

double evidence_lower_bound(const struct evidence *evidence, double threshold)
{
    enum { WIDENINGS = 40, HALVINGS = 48 };
    if (evidence->blocks == 0) {
        return real_nan();
    }
    double factor = enlargement(evidence);
    double above = evidence_advantage(evidence);
    double width = 0.01;
    double below = above - width;
    int widenings = 0;
    while (ln_e_beyond(evidence, factor, below) < threshold) {
        if (widenings++ == WIDENINGS) {
            return real_nan();
        }
        width *= 2;
        below -= width;
    }
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (below + above) / 2;
        if (ln_e_beyond(evidence, factor, middle) < threshold) {
            above = middle;
        } else {
            below = middle;
        }
    }
    return below;
}

double evidence_score(const struct evidence *evidence)
{
    double squares = evidence->squares * enlargement(evidence);
    return squares > 0 ? evidence->sum / sqrt(squares) : 0;
}
