/* Differential evolution's operators. */
#include "tickd/modules/evolution_search.h"

#include <math.h>

#include "tickd/base/assert.h"
#include "tickd/base/real.h"

void search_draw(const struct search_space *space, struct rng *rng, struct search_point *point)
{
    *point = (struct search_point){.of = {0}};
    for (size_t i = 0; i < space->dimensions; i++) {
        point->of[i] = rng_uniform(rng);
    }
}

/* Gives each of the points another stratum of the dimension: a shuffle by Fisher and Yates that
 * moves the strata themselves. */
static void spread_dimension(struct rng *rng, struct search_point *points, size_t count,
                             size_t dimension)
{
    for (size_t i = 0; i < count; i++) {
        points[i].of[dimension] = ((double)i + rng_uniform(rng)) / (double)count;
    }
    for (size_t i = count; i > 1; i--) {
        size_t other = (size_t)rng_below(rng, i);
        double moved = points[i - 1].of[dimension];
        points[i - 1].of[dimension] = points[other].of[dimension];
        points[other].of[dimension] = moved;
    }
}

void search_spread(const struct search_space *space, struct rng *rng, struct search_point *points,
                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        points[i] = (struct search_point){.of = {0}};
    }
    for (size_t i = 0; i < space->dimensions; i++) {
        spread_dimension(rng, points, count, i);
    }
}

/* `from` is within the cube. */
static double bounced(double value, double from, struct rng *rng)
{
    if (value < 0) {
        return from * rng_uniform(rng);
    }
    if (value > 1) {
        return from + (1 - from) * rng_uniform(rng);
    }
    return value;
}

void search_trial(const struct search_space *space, double mutation, double crossover,
                  struct rng *rng, const struct search_parents *parents, struct search_point *trial)
{
    size_t certain = (size_t)rng_below(rng, space->dimensions);
    *trial = *parents->target;
    for (size_t i = 0; i < space->dimensions; i++) {
        bool crosses = rng_uniform(rng) < crossover;
        if (crosses || i == certain) {
            double from = parents->base->of[i];
            double mutant = from + mutation * (parents->plus->of[i] - parents->minus->of[i]);
            trial->of[i] = bounced(mutant, from, rng);
        }
    }
}

bool search_pick(struct rng *rng, size_t count, size_t except, size_t picked[3])
{
    if (count - (except < count ? 1 : 0) < 3) {
        return false;
    }
    for (size_t i = 0; i < 3;) {
        size_t place = (size_t)rng_below(rng, count);
        bool taken = place == except;
        for (size_t k = 0; k < i; k++) {
            taken = taken || picked[k] == place;
        }
        if (!taken) {
            picked[i++] = place;
        }
    }
    return true;
}

static double within(double value, double lowest, double highest)
{
    return value < lowest ? lowest : value > highest ? highest : value;
}

static double value_at(const struct search_dimension *dimension, double place)
{
    double value = dimension->lowest + place * (dimension->highest - dimension->lowest);
    if (dimension->by_ratio) {
        value =
            dimension->lowest * real_exp(place * real_log(dimension->highest / dimension->lowest));
    }
    value = dimension->whole ? floor(value + 0.5) : value;
    return within(value, dimension->lowest, dimension->highest);
}

static double place_of(const struct search_dimension *dimension, double value)
{
    value = within(value, dimension->lowest, dimension->highest);
    if (!(dimension->highest > dimension->lowest)) {
        return 0;
    }
    double place = (value - dimension->lowest) / (dimension->highest - dimension->lowest);
    if (dimension->by_ratio) {
        place =
            real_log(value / dimension->lowest) / real_log(dimension->highest / dimension->lowest);
    }
    return within(place, 0, 1);
}

void search_values(const struct search_space *space, const struct search_point *point,
                   double *values)
{
    for (size_t i = 0; i < space->dimensions; i++) {
        values[i] = value_at(&space->of[i], within(point->of[i], 0, 1));
    }
}

void search_point_of(const struct search_space *space, const double *values,
                     struct search_point *point)
{
    ASSERT(space->dimensions >= 1 && space->dimensions <= SEARCH_DIMENSIONS_MAX);
    *point = (struct search_point){.of = {0}};
    for (size_t i = 0; i < space->dimensions; i++) {
        point->of[i] = place_of(&space->of[i], values[i]);
    }
}

double search_distance(const struct search_space *space, const struct search_point *a,
                       const struct search_point *b)
{
    double largest = 0;
    for (size_t i = 0; i < space->dimensions; i++) {
        double difference = fabs(a->of[i] - b->of[i]);
        largest = difference > largest ? difference : largest;
    }
    return largest;
}
