/* The species of trading agents. A species is a pure function: parameters and what is known of a
 * symbol at a bar's close in, a score in [−1, 1] out; NaN = it cannot judge yet (abstains). Each
 * has a file of its own in src/agents/, with the book or paper that it comes from. */
#ifndef TICKD_AGENTS_SPECIES_H
#define TICKD_AGENTS_SPECIES_H

#include "tickd/agents/memory.h"
#include "tickd/bus/message.h"

struct species_parameter {
    const char *name;
    const char *unit;
    double lowest;
    double highest;
    double fallback; /* the default */
    bool whole;      /* rounded to a whole number where it is used */
    bool by_ratio;   /* its range is searched by ratio (logarithmically), as for look-backs */
    const char *help;
    double spread_lowest; /* the incumbents are spread from here to there, around the default */
    double spread_highest;
};

/* What an agent sees: the bar, and the symbol's own past with that of the basket of all others;
 * the memory has the bar in it. */
struct agent_view {
    const struct bar_message *bar;
    const struct symbol_memory *memory;
};

struct species_description {
    enum species species;
    const char *reference; /* author, title, year */
    size_t parameter_count;
    struct species_parameter parameters[PARAMETERS_MAX];
    /* `parameters` are within bounds. */
    double (*score)(const double parameters[PARAMETERS_MAX], const struct agent_view *view);
};

/* The eight that vote; SPECIES_COIN has a description without parameters and without a score. */
const struct species_description *species_describe(enum species species);

/* Parameters of incumbent `index` of `count`: spread over the middle of each range, from
 * spread_lowest to spread_highest, the one in the middle at the defaults. Places beyond the
 * species' parameters are NaN. */
void species_spread(enum species species, size_t index, size_t count,
                    double parameters[PARAMETERS_MAX]);

/* Moves every parameter into its bounds, whole ones to whole numbers, NaN to its default. */
void species_bound(enum species species, double parameters[PARAMETERS_MAX]);

/* Whether they are within bounds (and whole where they have to be). */
bool species_within_bounds(enum species species, const double parameters[PARAMETERS_MAX]);

/* A vote from a score: the dead band holds, NaN abstains, else sign × confidence in percent, at
 * least 1. */
int8_t species_vote(double score, double dead_band);

#endif
