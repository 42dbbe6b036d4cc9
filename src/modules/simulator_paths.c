/* The stationary bootstrap, its pool of paths, and what the pool says. */
#include "tickd/modules/simulator_paths.h"

#include <math.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/real.h"

static const double tail = 0.05;
static const double weight_negligible = 1e-3; /* of an autocovariance, by the blocks that end */

void paths_init(struct path_pool *pool, struct arena *arena, size_t paths, size_t returns,
                uint32_t horizon_bars)
{
    size_t group_size = paths / PATH_GROUPS;
    double *prefix = arena_take(arena, "simulator", "residuals", returns + 1, sizeof *prefix);
    double *ends = arena_take(arena, "simulator", "paths", PATH_GROUPS * group_size, sizeof *ends);
    ASSERT(group_size >= 1);
    if (arena_measuring(arena)) {
        return;
    }
    *pool = (struct path_pool){
        .source = {.prefix = prefix}, .group_size = group_size, .horizon_bars = horizon_bars};
    for (size_t i = 0; i < PATH_GROUPS; i++) {
        pool->groups[i].ends = ends + i * group_size;
    }
}

/* The source. */

static void set_prefix(struct path_source *source, const double *residuals, size_t count)
{
    double mean = 0.0;
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        mean += residuals[i] / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        source->prefix[i] = sum;
        sum += residuals[i] - mean;
    }
    source->prefix[count] = 0.0;
    source->count = count;
}

/* Blocks go on with probability 1 − 1/b: the length is geometric. */
static void set_lengths(struct path_source *source, double goes_on)
{
    double longer = 1.0;
    for (size_t i = 0; i < PATH_LENGTHS; i++) {
        longer *= goes_on;
        source->longer[i] = (uint32_t)(longer * 4294967295.0);
    }
}

static double residual_at(const struct path_source *source, size_t i)
{
    return source->prefix[i + 1] - source->prefix[i];
}

static double circular_autocovariance(const struct path_source *source, size_t lag)
{
    double sum = 0.0;
    size_t other = lag % source->count;
    for (size_t i = 0; i < source->count; i++) {
        sum += residual_at(source, i) * residual_at(source, other);
        other = other + 1 == source->count ? 0 : other + 1;
    }
    return sum / (double)source->count;
}

/* Politis & Romano 1994, lemma 1: of the sum of H values of a bootstrapped series,
 * H·(R(0) + 2·Σ (1 − k/H)·(1 − p)^k·R(k)), R the circular autocovariances, p = 1/b. */
static double end_variance(const struct path_source *source, double goes_on, uint32_t horizon_bars)
{
    double variance = circular_autocovariance(source, 0);
    double weight = goes_on;
    for (uint32_t lag = 1; lag < horizon_bars && weight > weight_negligible; lag++) {
        double overlap = 1.0 - (double)lag / horizon_bars;
        variance += 2.0 * overlap * weight * circular_autocovariance(source, lag);
        weight *= goes_on;
    }
    return variance > 0.0 ? variance * horizon_bars : 0.0;
}

void paths_refresh(struct path_pool *pool, const double *residuals, size_t count,
                   double block_length)
{
    double goes_on = 1.0 - 1.0 / block_length;
    ASSERT(count >= 1 && block_length >= 1.0);
    set_prefix(&pool->source, residuals, count);
    set_lengths(&pool->source, goes_on);
    pool->source.variance = end_variance(&pool->source, goes_on, pool->horizon_bars);
}

void paths_forget(struct path_pool *pool)
{
    pool->source.count = 0;
    for (size_t i = 0; i < PATH_GROUPS; i++) {
        pool->groups[i].number = 0;
    }
}

/* Drawing. */

/* One draw gives both: where a block begins (upper half) and how long it is (lower half). A block
 * that is longer than the table goes on with the next draw: its length has no memory. */
static double draw_end(const struct path_source *source, struct rng *rng, size_t bars)
{
    double end = 0.0;
    size_t left = bars;
    size_t stop = 0;
    bool goes_on = false;
    while (left > 0) {
        uint64_t draw = rng_next(rng);
        size_t start = goes_on ? stop : (size_t)(((draw >> 32) * source->count) >> 32);
        uint32_t chance = (uint32_t)draw;
        size_t length = 1;
        while (length < left && length < PATH_LENGTHS && chance < source->longer[length - 1]) {
            length++;
        }
        goes_on = length == PATH_LENGTHS && chance < source->longer[PATH_LENGTHS - 1];
        stop = start + length;
        while (stop >= source->count) {
            stop -= source->count;
        }
        end += source->prefix[stop] - source->prefix[start];
        left -= length;
    }
    return end;
}

/* Shell's sort with Ciura's gaps (2001): groups are small. */
static void sort(double *values, size_t count)
{
    static const size_t gaps[] = {701, 301, 132, 57, 23, 10, 4, 1};
    for (size_t g = 0; g < ARRAY_LENGTH(gaps); g++) {
        size_t gap = gaps[g];
        for (size_t i = gap; i < count; i++) {
            double value = values[i];
            size_t place = i;
            while (place >= gap && values[place - gap] > value) {
                values[place] = values[place - gap];
                place -= gap;
            }
            values[place] = value;
        }
    }
}

void paths_draw(struct path_pool *pool, struct rng *rng, uint32_t number)
{
    struct path_group *group = &pool->groups[pool->next];
    double unit = 1.0 / sqrt((double)pool->horizon_bars);
    ASSERT(pool->source.count > 0);
    for (size_t i = 0; i < pool->group_size; i++) {
        group->ends[i] = draw_end(&pool->source, rng, pool->horizon_bars) * unit;
    }
    sort(group->ends, pool->group_size);
    group->number = number;
    pool->next = (pool->next + 1) % PATH_GROUPS;
}

/* Figures. */

static bool counts(const struct path_pool *pool, size_t group, uint32_t number)
{
    uint32_t drawn = pool->groups[group].number;
    return drawn != 0 && number - drawn <= pool->horizon_bars;
}

size_t paths_groups(const struct path_pool *pool, uint32_t number)
{
    size_t groups = 0;
    for (size_t i = 0; i < PATH_GROUPS; i++) {
        groups += counts(pool, i, number) ? 1 : 0;
    }
    return groups;
}

double paths_variance_ratio(const struct path_pool *pool)
{
    return pool->source.variance / pool->horizon_bars;
}

/* How many of a group's ends are at most `bound`. */
static size_t at_most(const struct path_pool *pool, size_t group, double bound)
{
    const double *ends = pool->groups[group].ends;
    size_t low = 0;
    size_t high = pool->group_size;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ends[middle] <= bound) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Walks through the ends in the position's direction, worst first, merged from the groups. */
struct merge {
    const struct path_pool *pool;
    uint32_t number;
    bool is_short;
    size_t taken[PATH_GROUPS];
};

static double next_worst(struct merge *merge)
{
    const struct path_pool *pool = merge->pool;
    size_t from = PATH_GROUPS;
    double worst = 0.0;
    for (size_t i = 0; i < PATH_GROUPS; i++) {
        if (!counts(pool, i, merge->number) || merge->taken[i] == pool->group_size) {
            continue;
        }
        const double *ends = pool->groups[i].ends;
        size_t at = merge->is_short ? pool->group_size - 1 - merge->taken[i] : merge->taken[i];
        double end = merge->is_short ? -ends[at] : ends[at];
        if (from == PATH_GROUPS || end < worst) {
            from = i;
            worst = end;
        }
    }
    ASSERT(from < PATH_GROUPS);
    merge->taken[from]++;
    return worst;
}

/* Past outcomes, bin by bin, each as the mean of its bin. */
struct outcomes {
    const struct horizon_shape *shape;
    size_t bin;
};

static bool next_bin(struct outcomes *outcomes, double *value, double *weight)
{
    const struct horizon_shape *shape = outcomes->shape;
    while (outcomes->bin < HORIZON_BINS && !(shape->counts[outcomes->bin] > 0.0)) {
        outcomes->bin++;
    }
    if (outcomes->bin == HORIZON_BINS || !(shape->share > 0.0)) {
        return false;
    }
    *value = shape->sums[outcomes->bin] / shape->counts[outcomes->bin];
    *weight = shape->share * shape->counts[outcomes->bin] / shape->count;
    return true;
}

/* The worst 5% of the mixture of `paths` paths, of which the worst are there, and past outcomes:
 * the return where they stop, and their mean, both without drift. */
struct lower_tail {
    double end;
    double mean;
};

/* false when there are too few. */
static bool find_tail(const struct path_pool *pool, uint32_t number,
                      const struct path_position *position, size_t paths, struct lower_tail *result)
{
    struct merge merge = {.pool = pool, .number = number, .is_short = position->is_short};
    struct outcomes outcomes = {.shape = position->shape};
    size_t there = paths_groups(pool, number) * pool->group_size;
    double path_weight = (1.0 - position->shape->share) / (double)paths;
    double path = there > 0 ? position->stretch * next_worst(&merge) : 0.0;
    double reach = tail - (0.5 - tail) / position->shape->size;
    double left = reach;
    double sum = 0.0;
    while (left > 0.0) {
        double value;
        double weight;
        bool has_outcome = next_bin(&outcomes, &value, &weight);
        if (!has_outcome && there == 0) {
            return false;
        }
        if (!has_outcome || (there > 0 && path < position->width * value)) {
            result->end = path;
            weight = path_weight;
            there--;
            path = there > 0 ? position->stretch * next_worst(&merge) : 0.0;
        } else {
            result->end = position->width * value;
            outcomes.bin++;
        }
        sum += (weight < left ? weight : left) * result->end;
        left -= weight;
    }
    result->mean = sum / reach;
    return true;
}

static double paths_below(const struct path_pool *pool, uint32_t number, bool is_short,
                          double bound)
{
    size_t paths = 0;
    size_t below = 0;
    for (size_t i = 0; i < PATH_GROUPS; i++) {
        if (counts(pool, i, number)) {
            below +=
                is_short ? pool->group_size - at_most(pool, i, -bound) : at_most(pool, i, bound);
            paths += pool->group_size;
        }
    }
    return (double)below / (double)paths;
}

static double outcomes_below(const struct horizon_shape *shape, double bound)
{
    double sum = 0.0;
    double width = horizon_bin_edge(1) - horizon_bin_edge(0);
    for (size_t i = 0; i < HORIZON_BINS && horizon_bin_edge(i) < bound; i++) {
        double part = (bound - horizon_bin_edge(i)) / width;
        sum += part < 1.0 ? part * shape->counts[i] : shape->counts[i];
    }
    return shape->count > 0.0 ? sum / shape->count : 0.0;
}

static double loss_of(const struct path_position *position, double end)
{
    return position->costs - position->drift - end;
}

struct path_figures paths_figures(const struct path_pool *pool, uint32_t number,
                                  const struct path_position *position)
{
    size_t paths = paths_groups(pool, number) * pool->group_size;
    const struct horizon_shape *shape = position->shape;
    struct lower_tail worst;
    ASSERT(paths > 0 && position->stretch > 0.0 && position->width > 0.0);
    bool found = find_tail(pool, number, position, paths, &worst);
    ASSERT(found);
    double bound = position->costs - position->drift;
    double below = (1.0 - shape->share) *
                       paths_below(pool, number, position->is_short, bound / position->stretch) +
                   shape->share * outcomes_below(shape, bound / position->width);
    return (struct path_figures){
        .paths = paths,
        .probability_profit = 1.0 - fmin(below, 1.0), /* a sum of shares, rounded */
        .value_at_risk = loss_of(position, worst.end),
        .expected_shortfall = loss_of(position, worst.mean),
    };
}

/* The worst of those that are there can only be joined by worse ones. */
bool paths_tail_exceeds(const struct path_pool *pool, uint32_t number,
                        const struct path_position *position, double limit)
{
    struct lower_tail worst;
    return find_tail(pool, number, position, PATH_GROUPS * pool->group_size, &worst) &&
           loss_of(position, worst.mean) > limit;
}

/* State. */

/* Far beyond what any sum of residuals comes to. */
static const double huge = 1e30;

static bool check_sum(const void *value, void *context)
{
    double sum;
    (void)context;
    memcpy(&sum, value, sizeof sum);
    return fabs(sum) < huge;
}

/* Without a window there is no prefix, with one it has an entry more. */
static void persist_source(struct path_source *source, size_t returns, struct persist *persist)
{
    size_t used = source->count > 0 ? source->count + 1 : 0;
    size_t read = persist_array(persist, "sums of residuals", source->prefix, used, returns + 1,
                                sizeof *source->prefix, check_sum, NULL);
    if (read == 1) {
        persist_fail(persist, "sums of residuals cannot be one");
    }
    persist_reals(persist, "variance of paths", &source->variance, 1, 0.0, huge);
    PERSIST(persist, source->longer);
    if (persist_loading(persist)) {
        source->count = read > 0 ? read - 1 : 0;
    }
}

void paths_persist(struct path_pool *pool, size_t returns, struct persist *persist)
{
    size_t next = persist_number(persist, "next group of paths", pool->next, 0, PATH_GROUPS - 1);
    persist_source(&pool->source, returns, persist);
    for (size_t i = 0; i < PATH_GROUPS; i++) {
        persist_array(persist, "paths", pool->groups[i].ends, pool->group_size, pool->group_size,
                      sizeof *pool->groups[i].ends, check_sum, NULL);
        PERSIST(persist, pool->groups[i].number);
    }
    if (persist_loading(persist)) {
        pool->next = next;
    }
}
