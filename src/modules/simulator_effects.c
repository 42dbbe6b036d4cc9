/* Random effects in running sums. */
#include "tickd/modules/simulator_effects.h"

#include <math.h>

/* A few values that agree by chance prove no small variance: so many more are assumed, with the
 * variance 1 that a price without memory would give. */
static const double variance_prior = 5.0;

static void add_to(struct effect_sums *sums, double value, double weight)
{
    sums->weight += weight;
    sums->weight_error += weight;
    sums->sum += weight * value;
    sums->squares += weight * value * value;
}

static double part_of_squares(const struct effect_sums *cell)
{
    return cell->weight > 0.0 ? cell->sum * cell->sum / cell->weight : 0.0;
}

void effects_add(struct effect_pool *pool, struct effect_sums *cell, double value, double weight)
{
    pool->cells += cell->weight > 0.0 ? 0.0 : 1.0;
    pool->cell_squares -= part_of_squares(cell);
    pool->cell_weights -= cell->weight * cell->weight;
    add_to(cell, value, weight);
    add_to(&pool->all, value, weight);
    pool->cell_squares += part_of_squares(cell);
    pool->cell_weights += cell->weight * cell->weight;
    pool->block_sum += weight * value;
    pool->block_weight += weight;
}

void effects_fade(struct effect_sums *cell, double keep)
{
    cell->weight *= keep;
    cell->weight_error *= keep * keep;
    cell->sum *= keep;
    cell->squares *= keep;
}

void effects_end_block(struct effect_pool *pool, double keep)
{
    double square = keep * keep;
    pool->cluster_sums = square * (pool->cluster_sums + pool->block_sum * pool->block_sum);
    pool->cluster_products =
        square * (pool->cluster_products + pool->block_sum * pool->block_weight);
    pool->cluster_weights =
        square * (pool->cluster_weights + pool->block_weight * pool->block_weight);
    pool->block_sum = 0.0;
    pool->block_weight = 0.0;
    pool->cell_squares *= keep;
    pool->cell_weights *= square;
    effects_fade(&pool->all, keep);
}

/* Variance of one value. */
static double value_variance(const struct effect_sums *all, double mean)
{
    double squares = all->squares - all->weight * mean * mean;
    return ((squares > 0.0 ? squares : 0.0) + variance_prior) / (all->weight + variance_prior);
}

/* Variance of the common mean: clustered by time where that is more. */
static double mean_variance(const struct effect_pool *pool, double mean, double variance)
{
    double n = pool->all.weight;
    double independent = variance * pool->all.weight_error;
    double sums = pool->cluster_sums + pool->block_sum * pool->block_sum;
    double products = pool->cluster_products + pool->block_sum * pool->block_weight;
    double weights = pool->cluster_weights + pool->block_weight * pool->block_weight;
    double clustered = sums - 2.0 * mean * products + mean * mean * weights;
    return (clustered > independent ? clustered : independent) / (n * n);
}

/* Variance between cells beyond chance. */
static double between_variance(const struct effect_pool *pool, double mean, double variance)
{
    double n = pool->all.weight;
    double spread = (pool->cell_squares - n * mean * mean) / variance; /* Cochran's Q */
    double beyond = spread - (pool->cells - 1.0);
    double room = n - pool->cell_weights / n;
    return pool->cells > 1.0 && beyond > 0.0 && room > 0.0 ? variance * beyond / room : 0.0;
}

struct effect_estimate effects_estimate(const struct effect_pool *pool,
                                        const struct effect_sums *cell, double start, double prior)
{
    double n = pool->all.weight;
    if (!(n > 0.0)) {
        return (struct effect_estimate){.mean = start, .error = sqrt(1.0 / prior)};
    }
    double mean = pool->all.sum / n;
    double variance = value_variance(&pool->all, mean);
    double between = between_variance(pool, mean, variance);
    double common = mean_variance(pool, mean, variance) + between * pool->cell_weights / (n * n);
    /* weight of the cell's own mean: between ÷ (between + variance ÷ its values) */
    double denominator = between * cell->weight + variance;
    double own = between * cell->weight / denominator;
    double own_mean = cell->weight > 0.0 ? cell->sum / cell->weight : mean;
    double best = own * own_mean + (1.0 - own) * mean;
    double best_variance = between * variance / denominator + (1.0 - own) * (1.0 - own) * common;
    double values = variance / best_variance;
    return (struct effect_estimate){.mean = (best * values + start * prior) / (values + prior),
                                    .error = sqrt(variance / (values + prior)),
                                    .values = values};
}
