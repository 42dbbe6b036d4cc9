/* The experiments, and how their settings and results are written. */
#include "science/science.h"

#include <stdlib.h>
#include <string.h>

#include "tickd/base/text.h"

#define HOUR_S 3600.0

/* The base walks by 1 bp a second; half-life of a gap 30 s, a drift that turns about every 200 s.
 * Costs are the defaults: fee 5 bps, slippage 1 bp, half the spread that is estimated. */
#define COMMON(volatility, gap, drift, turn)                                               \
    {                                                                                      \
        .tick = 0.01, .volatility_bps = (volatility), .gap_bps = (gap), .half_life_s = 30, \
        .drift_bps = (drift), .turn_s = (turn), .turn_jitter = 0.5, .regime_s = 600,       \
        .crash_after_s = 120, .crash_for_s = 30, .crash_percent = 10                       \
    }
#define WALK(bps)                                                                        \
    {                                                                                    \
        "walk-" #bps, SCIENCE_NOTHING_TO_WIN, 0,                                         \
            {MARKET_WALK, COMMON(bps, 0, 0, 200), 4 * HOUR_S, 0, MARKET_WALK, bps}, NULL \
    }
#define REVERTING(purpose, bps)                                                                   \
    {                                                                                             \
        "reverting-" #bps, purpose, bps,                                                          \
            {MARKET_REVERTING, COMMON(1, bps, 0, 200), 4 * HOUR_S, 0, MARKET_WALK, 1000 + (bps)}, \
            NULL                                                                                  \
    }
#define MOMENTUM(purpose, bps)                                                                   \
    {                                                                                            \
        "momentum-" #bps, purpose, bps,                                                          \
            {MARKET_MOMENTUM, COMMON(1, 0, bps, 200), 4 * HOUR_S, 0, MARKET_WALK, 2000 + (bps)}, \
            NULL                                                                                 \
    }
#define CHANGE(name, from, to)                                                                     \
    {                                                                                              \
        name, SCIENCE_CHANGE, 0, {from, COMMON(1, 60, 40, 200), 4 * HOUR_S, 2 * HOUR_S, to, 3000}, \
            NULL                                                                                   \
    }
#define OTHER(name, kind, gap, drift, settings)                                            \
    {                                                                                      \
        name, SCIENCE_OTHER, 0,                                                            \
            {kind, COMMON(1, gap, drift, 200), 4 * HOUR_S, 0, MARKET_WALK, 6000}, settings \
    }
#define SLOW_TURNS                                                               \
    {                                                                            \
        MARKET_MOMENTUM, COMMON(1, 0, 10, 900), 4 * HOUR_S, 0, MARKET_WALK, 4000 \
    }

static const struct science_experiment experiments[] = {
    WALK(1),
    WALK(5),
    WALK(10),
    REVERTING(SCIENCE_TOO_LITTLE, 10),
    REVERTING(SCIENCE_TOO_LITTLE, 15),
    REVERTING(SCIENCE_TOO_LITTLE, 20),
    REVERTING(SCIENCE_TOO_LITTLE, 25),
    REVERTING(SCIENCE_TOO_LITTLE, 30),
    REVERTING(SCIENCE_SOMETHING, 40),
    REVERTING(SCIENCE_SOMETHING, 60),
    REVERTING(SCIENCE_SOMETHING, 80),
    REVERTING(SCIENCE_SOMETHING, 120),
    MOMENTUM(SCIENCE_TOO_LITTLE, 5),
    MOMENTUM(SCIENCE_TOO_LITTLE, 10),
    MOMENTUM(SCIENCE_TOO_LITTLE, 15),
    MOMENTUM(SCIENCE_SOMETHING, 25),
    MOMENTUM(SCIENCE_SOMETHING, 40),
    MOMENTUM(SCIENCE_SOMETHING, 60),
    MOMENTUM(SCIENCE_SOMETHING, 80),
    MOMENTUM(SCIENCE_SOMETHING, 120),
    CHANGE("change", MARKET_REVERTING, MARKET_MOMENTUM),
    CHANGE("change-back", MARKET_MOMENTUM, MARKET_REVERTING),
    {"slow-turns-without", SCIENCE_EVOLVES, 0, SLOW_TURNS, "evolution.enabled=false"},
    {"slow-turns", SCIENCE_EVOLVES, 0, SLOW_TURNS, NULL},
    {"walk-without-costs",
     SCIENCE_NO_BETTER,
     0,
     {MARKET_WALK, COMMON(5, 0, 0, 200), 4 * HOUR_S, 0, MARKET_WALK, 5000},
     "portfolio.fee_bps=0 portfolio.slippage_bps=0"},
    OTHER("regimes", MARKET_REGIMES, 60, 40, NULL),
    OTHER("crash", MARKET_CRASH, 0, 0, NULL),
    OTHER("long-only-reverting-60", MARKET_REVERTING, 60, 0, "portfolio.allow_short=false"),
    OTHER("long-only-momentum-40", MARKET_MOMENTUM, 0, 40, "portfolio.allow_short=false"),
};

const struct science_experiment *science_experiment(size_t index)
{
    return index < ARRAY_LENGTH(experiments) ? &experiments[index] : NULL;
}

const struct science_experiment *science_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(experiments); i++) {
        if (strcmp(experiments[i].name, name) == 0) {
            return &experiments[i];
        }
    }
    return NULL;
}

uint32_t science_right_species(enum market_kind kind)
{
    uint32_t reverting = 1U << SPECIES_MEAN_REVERSION | 1U << SPECIES_DISLOCATION |
                         1U << SPECIES_SWING | 1U << SPECIES_VOLATILITY;
    uint32_t momentum = 1U << SPECIES_MOMENTUM | 1U << SPECIES_TREND | 1U << SPECIES_BREAKOUT |
                        1U << SPECIES_ORDER_FLOW | 1U << SPECIES_VOLATILITY;
    switch (kind) {
    case MARKET_REVERTING:
        return reverting;
    case MARKET_MOMENTUM:
        return momentum;
    case MARKET_WALK:
    case MARKET_REGIMES:
    case MARKET_CRASH:
    case MARKET_QUIET:
    case MARKET_KIND_COUNT:
        break;
    }
    return 0;
}

/* Settings. */

static void set_one(struct settings *settings, const char *pair, size_t length)
{
    char memory[256];
    struct text why;
    char key[SETTING_KEY_MAX];
    const char *equals = memchr(pair, '=', length);
    text_init(&why, memory, sizeof memory);
    const struct setting *setting = NULL;
    if (equals != NULL && text_copy_bytes(key, sizeof key, pair, (size_t)(equals - pair))) {
        setting = settings_find(key, strlen(key), NULL);
    }
    if (setting == NULL || settings_set(settings, setting, equals + 1,
                                        length - (size_t)(equals + 1 - pair), &why) != 0) {
        fprintf(stderr, "%.*s: %s\n", (int)length, pair,
                setting == NULL ? "no such setting" : memory);
        exit(2);
    }
}

void science_set(struct settings *settings, const char *pairs)
{
    while (pairs != NULL && *pairs != '\0') {
        size_t length = strcspn(pairs, " ");
        if (length > 0) {
            set_one(settings, pairs, length);
        }
        pairs += length + (pairs[length] == ' ' ? 1 : 0);
    }
}

void science_settings(struct settings *settings)
{
    settings_init(settings);
    science_set(settings, "feed.symbols=A,B,C,D portfolio.allow_short=true");
}

/* Results as lines. */

static const struct {
    const char *name;
    size_t count;
} fields[] = {
#define X(name, count) {#name, count},
    SCIENCE_FIELDS(X)
#undef X
};

enum { VALUES = sizeof(struct science_result) / sizeof(double) };

void science_print_head(FILE *out)
{
    fputs("experiment\tseed", out);
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++) {
        for (size_t k = 0; k < fields[i].count; k++) {
            fprintf(out, fields[i].count > 1 ? "\t%s_%zu" : "\t%s", fields[i].name, k);
        }
    }
    fputc('\n', out);
}

void science_print(FILE *out, const char *name, uint64_t seed, const struct science_result *result)
{
    double values[VALUES];
    memcpy(values, result, sizeof values);
    fprintf(out, "%s\t%llu", name, (unsigned long long)seed);
    for (size_t i = 0; i < VALUES; i++) {
        fprintf(out, "\t%.10g", values[i]);
    }
    fputc('\n', out);
}

bool science_scan(const char *line, struct science_record *record)
{
    char name[64];
    double values[VALUES];
    size_t length = strcspn(line, "\t");
    if (line[length] != '\t' || !text_copy_bytes(name, sizeof name, line, length)) {
        return false;
    }
    char *end;
    record->experiment = science_find(name);
    record->seed = strtoull(line + length, &end, 10);
    for (size_t i = 0; i < VALUES; i++) {
        if (*end != '\t') {
            return false;
        }
        values[i] = strtod(end, &end);
    }
    memcpy(&record->result, values, sizeof values);
    return record->experiment != NULL;
}
