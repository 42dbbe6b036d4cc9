/* Regression of what is to come on the course so far. */
#include "tickd/modules/simulator_trend.h"

#include <math.h>

#include "tickd/base/real.h"

static const double trend_prior = 100.0; /* horizons, of each coefficient */
static const double residual_max = 4.0;
static const double outcome_max = 4.0;
static const double seen_max = 3.0;

/* Far above what residuals that are cut can lead to: 7·√(2H)·4 or so, with H up to 3,600. */
static const double filter_max = 1e6;

void trend_init(struct trend *trend, uint32_t horizon_bars)
{
    double keep = real_exp(-2.0 / horizon_bars);
    *trend =
        (struct trend){.keep = keep, .gain = sqrt(1.0 - keep * keep), .part = 1.0 / horizon_bars};
}

static double within(double value, double limit)
{
    return value < -limit ? -limit : value > limit ? limit : value;
}

void trend_step(const struct trend *trend, struct trend_course *course, double residual)
{
    if (residual != residual) {
        return;
    }
    double before = course->filters[0];
    double after = trend->keep * before + trend->gain * within(residual, residual_max);
    course->filters[0] = after;
    for (size_t i = 1; i < TREND_FILTERS; i++) {
        double mine = course->filters[i];
        after = trend->keep * mine + before - trend->keep * after;
        before = mine;
        course->filters[i] = after;
    }
}

struct trend_course trend_seen(const struct trend_course *course)
{
    struct trend_course seen;
    for (size_t i = 0; i < TREND_FILTERS; i++) {
        seen.filters[i] = within(course->filters[i], seen_max);
    }
    return seen;
}

void trend_learn(struct trend *trend, const struct trend_course *then, double outcome)
{
    struct trend_sums *sums = &trend->sums;
    double *square = sums->squares;
    for (size_t i = 0; i < TREND_FILTERS; i++) {
        double part = trend->part * then->filters[i];
        for (size_t k = 0; k <= i; k++) {
            *square++ += part * then->filters[k];
        }
        sums->products[i] += part * within(outcome, outcome_max);
    }
}

void trend_end_block(struct trend *trend, double keep)
{
    for (size_t i = 0; i < TREND_PRODUCTS; i++) {
        trend->sums.squares[i] *= keep;
    }
    for (size_t i = 0; i < TREND_FILTERS; i++) {
        trend->sums.products[i] *= keep;
    }
}

/* Solves (squares + prior)·coefficients = products by Cholesky's decomposition (Golub & Van Loan,
 * Matrix Computations, 4.2); with the prior the matrix is positive definite. */
static void solve(const struct trend_sums *sums, double coefficients[TREND_FILTERS])
{
    double lower[TREND_FILTERS][TREND_FILTERS];
    const double *square = sums->squares;
    for (size_t i = 0; i < TREND_FILTERS; i++) {
        double sum = sums->products[i];
        for (size_t k = 0; k <= i; k++) {
            double value = *square++ + (i == k ? trend_prior : 0.0);
            for (size_t j = 0; j < k; j++) {
                value -= lower[i][j] * lower[k][j];
            }
            lower[i][k] = i == k ? sqrt(value) : value / lower[k][k];
        }
        for (size_t k = 0; k < i; k++) {
            sum -= lower[i][k] * coefficients[k];
        }
        coefficients[i] = sum / lower[i][i];
    }
    for (size_t i = TREND_FILTERS; i-- > 0;) {
        for (size_t k = i + 1; k < TREND_FILTERS; k++) {
            coefficients[i] -= lower[k][i] * coefficients[k];
        }
        coefficients[i] /= lower[i][i];
    }
}

double trend_expect(const struct trend *trend, const struct trend_course *seen)
{
    double coefficients[TREND_FILTERS] = {0};
    double sum = 0.0;
    solve(&trend->sums, coefficients);
    for (size_t i = 0; i < TREND_FILTERS; i++) {
        sum += coefficients[i] * seen->filters[i];
    }
    return sum;
}

/* State. */

bool trend_is_course(const struct trend_course *course)
{
    bool is = true;
    for (size_t i = 0; i < TREND_FILTERS; i++) {
        is = is && fabs(course->filters[i]) <= filter_max;
    }
    return is;
}

/* A matrix of sums of squares; with the prior on its diagonal it can be decomposed. */
static bool check_sums(const void *value, void *context)
{
    const struct trend_sums *sums = value;
    double coefficients[TREND_FILTERS] = {0};
    bool is = true;
    (void)context;
    for (size_t i = 0; i < TREND_PRODUCTS; i++) {
        is = is && fabs(sums->squares[i]) < 1e30;
    }
    solve(sums, coefficients);
    for (size_t i = 0; i < TREND_FILTERS; i++) {
        is = is && fabs(coefficients[i]) < 1e3;
    }
    return is;
}

void trend_persist(struct trend *trend, struct persist *persist)
{
    persist_value(persist, "outcomes of courses", &trend->sums, sizeof trend->sums, check_sums,
                  NULL);
}
