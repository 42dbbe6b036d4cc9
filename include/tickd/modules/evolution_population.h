/* One species' shadows as a population for differential evolution on a market: an objective that is
 * noisy, that moves, and that can be measured for all members at once.
 *
 *   target   a member of the population
 *   trial    a challenger of one target; both are scored on the same bars until their duel is
 *            decided, over as many generations as that takes (DUEL_GENERATIONS at most)
 *   parent   what an incumbent was before it was replaced; it goes on being scored, so that the
 *            replacement can be undone on evidence from the same bars
 *
 * Half of the places are targets, the others try. A trial is rand/1/bin from the targets and the
 * incumbents; one in IMMIGRANTS is drawn anew, so that a population which has settled in one market
 * finds its way in the next (Grefenstette, "Genetic algorithms for changing environments", 1992).
 * A target gives way only to a trial that is ahead by more than noise (threshold selection: Das,
 * Konar & Chakraborty, GECCO 2005).
 *
 * Each member has evidence (evolution_evidence.h) against each incumbent and against holding all
 * the time, which begins when it is born, or when the incumbent is somebody else. */
#ifndef TICKD_MODULES_EVOLUTION_POPULATION_H
#define TICKD_MODULES_EVOLUTION_POPULATION_H

#include "tickd/base/persist.h"
#include "tickd/modules/evolution_evidence.h"
#include "tickd/modules/evolution_search.h"

enum {
    POPULATION_MAX = 24,
    POPULATION_MIN = 4, /* fewer do not evolve */
    INCUMBENTS_MAX = 7,
    POPULATION_NONE = 0xff
};

enum slot_role { SLOT_FREE, SLOT_TARGET, SLOT_TRIAL, SLOT_PARENT };

struct population_slot {
    struct search_point point;
    struct evidence against[INCUMBENTS_MAX]; /* each incumbent */
    struct evidence worth;                   /* against holding all the time */
    struct evidence duel;                    /* a trial's with its target */
    enum slot_role role;
    uint32_t rival; /* trial: its target; parent: whose */
    uint32_t born;  /* generation */
};

struct population {
    struct search_space space;
    struct population_slot slots[POPULATION_MAX];
    struct search_point incumbents[INCUMBENTS_MAX];
    bool suspended[INCUMBENTS_MAX]; /* neither compared nor replaced */
    struct rng rng;
    double mutation;
    double crossover;
    size_t slot_count;
    size_t incumbent_count;
    size_t next_target; /* whose turn it is to be challenged */
    uint32_t generation;
    uint32_t changed; /* slots with a new member, as bits */
    uint64_t trials;  /* members born, all together */
};

/* A challenger and the incumbent that it would replace. */
struct population_match {
    size_t slot; /* POPULATION_NONE = there is none */
    size_t incumbent;
    double margin;            /* lower bound of the advantage; NaN = not known yet */
    double fitness;           /* mean a horizon, of the challenger, on the bars of both */
    double incumbent_fitness; /* of the incumbent, on the same bars */
    double horizons;
    bool proven;
};

/* Places beyond the space's dimensions, and slots beyond `slots`, stay unused. All incumbents are
 * at the middle of the space until they are set. */
void population_init(struct population *population, const struct search_space *space, size_t slots,
                     size_t incumbents, double mutation, double crossover, const struct rng *rng);

/* The first members: a Latin hypercube. */
void population_begin(struct population *population);

/* Somebody else is the incumbent: all evidence against it begins anew. */
void population_set_incumbent(struct population *population, size_t incumbent,
                              const double *values);

/* All evidence against an incumbent begins anew. */
void population_restart(struct population *population, size_t incumbent);

/* The challenger that qualifies, else the one that comes nearest to it: better than an incumbent,
 * and worth more than holding, each with ln E of at least `threshold` (ln of comparisons ÷ α); not
 * a duplicate of another incumbent. */
struct population_match population_best(const struct population *population, double threshold);

/* The challenger becomes the incumbent: its slot takes the parent, or is freed when parents hold a
 * quarter of the slots. population_set_incumbent() follows when the incumbent is there. */
void population_promote(struct population *population, size_t slot, size_t incumbent);

/* A parent that has done better than what replaced it, ln E of at least `threshold`. */
struct population_match population_regret(const struct population *population, double threshold);

/* Mean reward of the targets, each since it was born; NaN = none is known. */
double population_worth(const struct population *population);

/* Frees a slot. */
void population_free(struct population *population, size_t slot);

/* A generation: duels are decided, parents whose successor has proved itself (ln E `threshold`) are
 * let go, free slots are filled. */
void population_next(struct population *population, double threshold);

/* Bit k: slot k has another member since this was last asked. */
uint32_t population_take_changes(struct population *population);

/* Members, incumbents and the random stream; space, mutation and crossover stay. Not while changes
 * wait to be taken. */
void population_persist(struct population *population, struct persist *persist);

#endif
