/* A population of shadows: duels, parents, matches. */
#include "tickd/modules/evolution_population.h"

#include <math.h>

#include "tickd/base/assert.h"
#include "tickd/base/real.h"

/* A duel is over when the trial is ahead by so many standard errors, or behind by so many, and
 * after so many generations in any case, when half an error decides. */
static const double duel_won = 2.0;
static const double duel_lost = -1.5;
static const double duel_ahead = 0.5;
enum { DUEL_BLOCKS_MIN = 12, DUEL_GENERATIONS = 8 };

/* Every so manieth trial is drawn anew. */
enum { IMMIGRANTS = 4 };

/* A parent is watched for so many generations at most. */
enum { PARENT_GENERATIONS = 48 };

/* A challenger this near to another incumbent, as a part of each parameter's range, is the same. */
static const double duplicate_distance = 0.05;

void population_init(struct population *population, const struct search_space *space, size_t slots,
                     size_t incumbents, double mutation, double crossover, const struct rng *rng)
{
    ASSERT(slots <= POPULATION_MAX && incumbents >= 1 && incumbents <= INCUMBENTS_MAX);
    *population = (struct population){.space = *space,
                                      .rng = *rng,
                                      .mutation = mutation,
                                      .crossover = crossover,
                                      .slot_count = slots,
                                      .incumbent_count = incumbents};
    for (size_t i = 0; i < incumbents; i++) {
        for (size_t k = 0; k < space->dimensions; k++) {
            population->incumbents[i].of[k] = 0.5;
        }
    }
}

uint32_t population_take_changes(struct population *population)
{
    uint32_t changed = population->changed;
    population->changed = 0;
    return changed;
}

static size_t count_role(const struct population *population, enum slot_role role)
{
    size_t count = 0;
    for (size_t i = 0; i < population->slot_count; i++) {
        count += population->slots[i].role == role ? 1 : 0;
    }
    return count;
}

static size_t targets_wanted(const struct population *population)
{
    size_t members = population->slot_count - count_role(population, SLOT_PARENT);
    return members - members / 2;
}

static void be_born(struct population *population, size_t slot, enum slot_role role, uint32_t rival,
                    const struct search_point *point)
{
    population->slots[slot] = (struct population_slot){
        .point = *point, .role = role, .rival = rival, .born = population->generation};
    population->changed |= UINT32_C(1) << slot;
}

static size_t rival_of(const struct population *population, size_t target)
{
    for (size_t i = 0; i < population->slot_count; i++) {
        const struct population_slot *slot = &population->slots[i];
        if (slot->role == SLOT_TRIAL && slot->rival == target) {
            return i;
        }
    }
    return POPULATION_NONE;
}

void population_begin(struct population *population)
{
    struct search_point points[POPULATION_MAX];
    search_spread(&population->space, &population->rng, points, population->slot_count);
    size_t targets = targets_wanted(population);
    for (size_t i = 0; i < population->slot_count; i++) {
        bool is_target = i < targets;
        be_born(population, i, is_target ? SLOT_TARGET : SLOT_TRIAL,
                is_target ? 0 : (uint32_t)(i - targets), &points[i]);
    }
    population->trials += population->slot_count;
}

void population_restart(struct population *population, size_t incumbent)
{
    for (size_t i = 0; i < population->slot_count; i++) {
        population->slots[i].against[incumbent] = (struct evidence){0};
    }
}

void population_set_incumbent(struct population *population, size_t incumbent, const double *values)
{
    ASSERT(incumbent < population->incumbent_count);
    search_point_of(&population->space, values, &population->incumbents[incumbent]);
    population_restart(population, incumbent);
}

/* Matches. */

static bool is_duplicate(const struct population *population, size_t slot, size_t incumbent)
{
    for (size_t i = 0; i < population->incumbent_count; i++) {
        if (i != incumbent && search_distance(&population->space, &population->slots[slot].point,
                                              &population->incumbents[i]) < duplicate_distance) {
            return true;
        }
    }
    return false;
}

static const struct population_match no_match = {.slot = POPULATION_NONE};

static bool is_challenger(const struct population_slot *slot)
{
    return slot->role == SLOT_TARGET || slot->role == SLOT_TRIAL;
}

/* A challenger and an incumbent, before they are put into words. */
struct candidate {
    size_t slot; /* POPULATION_NONE = there is none */
    size_t incumbent;
    double evidence; /* ln E, the weaker of the two that it needs */
    double rank;     /* the higher the better, among those that are proven or are not */
    bool proven;
};

static bool outranks(const struct candidate *candidate, const struct candidate *best)
{
    if (best->slot == POPULATION_NONE || candidate->proven != best->proven) {
        return best->slot == POPULATION_NONE || candidate->proven;
    }
    return candidate->rank > best->rank;
}

static struct population_match match_of(const struct population *population,
                                        const struct candidate *candidate, double threshold)
{
    if (candidate->slot == POPULATION_NONE) {
        return no_match;
    }
    const struct evidence *against =
        &population->slots[candidate->slot].against[candidate->incumbent];
    double fitness = evidence_first_mean(against);
    return (struct population_match){
        .slot = candidate->slot,
        .incumbent = candidate->incumbent,
        .margin = evidence_lower_bound(against, threshold),
        .fitness = fitness,
        .incumbent_fitness = fitness - evidence_advantage(against),
        .horizons = against->weight,
        .proven = candidate->proven,
    };
}

/* The incumbent that the challenger is furthest ahead of, of those that it may replace. */
static struct candidate best_of_slot(const struct population *population, size_t slot,
                                     double threshold)
{
    const struct population_slot *challenger = &population->slots[slot];
    struct candidate best = {.slot = POPULATION_NONE};
    double worth = evidence_better(&challenger->worth);
    for (size_t i = 0; i < population->incumbent_count; i++) {
        const struct evidence *against = &challenger->against[i];
        if (population->suspended[i] || against->blocks == 0 || is_duplicate(population, slot, i)) {
            continue;
        }
        struct candidate candidate = {
            .slot = slot, .incumbent = i, .rank = evidence_advantage(against)};
        double better = evidence_better(against);
        candidate.evidence = better < worth ? better : worth;
        candidate.proven = candidate.evidence >= threshold;
        best = outranks(&candidate, &best) ? candidate : best;
    }
    return best;
}

/* Those that are proven rank by what is certain of their advantage, others by their evidence. */
struct population_match population_best(const struct population *population, double threshold)
{
    struct candidate best = {.slot = POPULATION_NONE};
    for (size_t i = 0; i < population->slot_count; i++) {
        if (!is_challenger(&population->slots[i])) {
            continue;
        }
        struct candidate candidate = best_of_slot(population, i, threshold);
        if (candidate.slot != POPULATION_NONE) {
            const struct evidence *against = &population->slots[i].against[candidate.incumbent];
            candidate.rank =
                candidate.proven ? evidence_lower_bound(against, threshold) : candidate.evidence;
            best = outranks(&candidate, &best) ? candidate : best;
        }
    }
    return match_of(population, &best, threshold);
}

struct population_match population_regret(const struct population *population, double threshold)
{
    for (size_t i = 0; i < population->slot_count; i++) {
        const struct population_slot *slot = &population->slots[i];
        if (slot->role == SLOT_PARENT && !population->suspended[slot->rival] &&
            evidence_better(&slot->against[slot->rival]) >= threshold) {
            struct candidate parent = {.slot = i, .incumbent = slot->rival, .proven = true};
            return match_of(population, &parent, threshold);
        }
    }
    return no_match;
}

double population_worth(const struct population *population)
{
    double sum = 0;
    size_t count = 0;
    for (size_t i = 0; i < population->slot_count; i++) {
        const struct population_slot *slot = &population->slots[i];
        if (slot->role == SLOT_TARGET && slot->worth.blocks > 0) {
            sum += evidence_first_mean(&slot->worth);
            count++;
        }
    }
    return count > 0 ? sum / (double)count : real_nan();
}

void population_free(struct population *population, size_t slot)
{
    size_t rival = rival_of(population, slot);
    if (population->slots[slot].role == SLOT_TARGET && rival != POPULATION_NONE) {
        population->slots[rival].role = SLOT_TARGET;
    }
    population->slots[slot].role = SLOT_FREE;
}

void population_promote(struct population *population, size_t slot, size_t incumbent)
{
    population_free(population, slot);
    for (size_t i = 0; i < population->slot_count; i++) {
        struct population_slot *other = &population->slots[i];
        if (other->role == SLOT_PARENT && other->rival == incumbent) {
            population_free(population, i); /* a grandparent now */
        }
    }
    if (4 * (count_role(population, SLOT_PARENT) + 1) <= population->slot_count) {
        be_born(population, slot, SLOT_PARENT, (uint32_t)incumbent,
                &population->incumbents[incumbent]);
    }
}

/* Generations. */

static void settle_duel(struct population *population, size_t trial)
{
    struct population_slot *slot = &population->slots[trial];
    uint32_t age = population->generation - slot->born;
    double score = evidence_score(&slot->duel);
    bool known = slot->duel.blocks >= DUEL_BLOCKS_MIN;
    bool over = age >= DUEL_GENERATIONS;
    if ((known && score >= duel_won) || (over && score > duel_ahead)) {
        size_t target = slot->rival;
        slot->role = SLOT_TARGET;
        population->slots[target].role = SLOT_FREE;
    } else if ((known && (score <= duel_lost || slot->duel.squares <= 0)) || over) {
        slot->role = SLOT_FREE;
    }
}

/* In the generation that made it a parent its successor has not been introduced yet. */
static void settle_parent(struct population *population, size_t parent, double threshold)
{
    const struct population_slot *slot = &population->slots[parent];
    uint32_t age = population->generation - slot->born;
    double apart =
        search_distance(&population->space, &slot->point, &population->incumbents[slot->rival]);
    bool is_back = age > 1 && !(apart > 0);
    if (is_back || age >= PARENT_GENERATIONS ||
        evidence_worse(&slot->against[slot->rival]) >= threshold) {
        population_free(population, parent);
    }
}

static size_t next_unchallenged(struct population *population)
{
    for (size_t i = 0; i < population->slot_count; i++) {
        size_t slot = (population->next_target + i) % population->slot_count;
        if (population->slots[slot].role == SLOT_TARGET &&
            rival_of(population, slot) == POPULATION_NONE) {
            population->next_target = (slot + 1) % population->slot_count;
            return slot;
        }
    }
    return POPULATION_NONE;
}

/* Targets and incumbents; *except is the target's place among them. */
static size_t gather_donors(const struct population *population, size_t target,
                            const struct search_point **donors, size_t *except)
{
    size_t count = 0;
    for (size_t i = 0; i < population->slot_count; i++) {
        if (population->slots[i].role == SLOT_TARGET) {
            *except = i == target ? count : *except;
            donors[count++] = &population->slots[i].point;
        }
    }
    for (size_t i = 0; i < population->incumbent_count; i++) {
        donors[count++] = &population->incumbents[i];
    }
    return count;
}

static bool is_taken(const struct population *population, const struct search_point *point)
{
    double values[SEARCH_DIMENSIONS_MAX];
    search_values(&population->space, point, values);
    for (size_t i = 0; i < population->slot_count; i++) {
        const struct population_slot *slot = &population->slots[i];
        double others[SEARCH_DIMENSIONS_MAX];
        bool same = slot->role != SLOT_FREE;
        search_values(&population->space, &slot->point, others);
        for (size_t k = 0; k < population->space.dimensions; k++) {
            same = same && fabs(values[k] - others[k]) <= 0;
        }
        if (same) {
            return true;
        }
    }
    return false;
}

static void make_trial(struct population *population, size_t target, struct search_point *trial)
{
    const struct search_point *donors[POPULATION_MAX + INCUMBENTS_MAX];
    size_t picked[3];
    size_t except = POPULATION_NONE;
    size_t count = gather_donors(population, target, donors, &except);
    bool immigrant = rng_below(&population->rng, IMMIGRANTS) == 0;
    search_draw(&population->space, &population->rng, trial);
    if (immigrant || !search_pick(&population->rng, count, except, picked)) {
        return;
    }
    struct search_point mutant;
    search_trial(&population->space, population->mutation, population->crossover, &population->rng,
                 &(struct search_parents){.target = &population->slots[target].point,
                                          .base = donors[picked[0]],
                                          .plus = donors[picked[1]],
                                          .minus = donors[picked[2]]},
                 &mutant);
    if (!is_taken(population, &mutant)) {
        *trial = mutant;
    }
}

static void fill(struct population *population, size_t slot)
{
    struct search_point point;
    size_t target = POPULATION_NONE;
    if (count_role(population, SLOT_TARGET) >= targets_wanted(population)) {
        target = next_unchallenged(population);
    }
    if (target == POPULATION_NONE) {
        search_draw(&population->space, &population->rng, &point);
        be_born(population, slot, SLOT_TARGET, 0, &point);
    } else {
        make_trial(population, target, &point);
        be_born(population, slot, SLOT_TRIAL, (uint32_t)target, &point);
    }
    population->trials++;
}

void population_next(struct population *population, double threshold)
{
    population->generation++;
    for (size_t i = 0; i < population->slot_count; i++) {
        if (population->slots[i].role == SLOT_TRIAL) {
            settle_duel(population, i);
        } else if (population->slots[i].role == SLOT_PARENT) {
            settle_parent(population, i, threshold);
        }
    }
    for (size_t i = 0; i < population->slot_count; i++) {
        if (population->slots[i].role == SLOT_FREE) {
            fill(population, i);
        }
    }
}

/* State. */

static bool check_slot(const void *value, void *context)
{
    const struct population_slot *slot = value;
    const struct population *population = context;
    size_t rivals = slot->role == SLOT_PARENT  ? population->incumbent_count
                    : slot->role == SLOT_TRIAL ? population->slot_count
                                               : SIZE_MAX;
    return slot->role <= SLOT_PARENT && slot->rival < rivals;
}

static bool check_suspended(const void *value, void *context)
{
    (void)context;
    return persist_is_flag(value);
}

void population_persist(struct population *population, struct persist *persist)
{
    size_t slots = population->slot_count;
    persist_same(persist, "shadows of a species", (int64_t)slots);
    persist_same(persist, "incumbents of a species", (int64_t)population->incumbent_count);
    size_t last = slots > 0 ? slots - 1 : 0;
    size_t next = persist_number(persist, "next target", population->next_target, 0, last);
    persist_array(persist, "shadows", population->slots, slots, POPULATION_MAX,
                  sizeof *population->slots, check_slot, population);
    persist_array(persist, "suspended", population->suspended, population->incumbent_count,
                  INCUMBENTS_MAX, sizeof *population->suspended, check_suspended, NULL);
    PERSIST(persist, population->incumbents);
    PERSIST(persist, population->rng);
    PERSIST(persist, population->generation);
    PERSIST(persist, population->trials);
    if (persist_loading(persist)) {
        population->next_target = next;
    }
}
