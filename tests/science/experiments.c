/* The experiments, and how their settings and results are written. */
#include "science.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tickd/base/assert.h"

#define HOUR_S 3600.0

/* The base walks by 1 bp a second unless it is said otherwise; all else at the model's defaults:
 * half-life 30 s, a drift that turns about every 200 s. */
#define PARAMETERS(...)                                                                         \
    {.tick = 0.01, .volatility_bps = 1, .gap_bps = 60, .half_life_s = 30, .drift_bps = 40,      \
     .turn_s = 200, .turn_jitter = 0.5, .regime_s = 600, .crash_after_s = 120,                  \
     .crash_for_s = 30, .crash_percent = 10, __VA_ARGS__}
#define WALK(bps)                                                                               \
    {"walk-" #bps, {MARKET_WALK, PARAMETERS(.volatility_bps = bps), 4 * HOUR_S, 0, 0}, NULL}
#define REVERTING(bps)                                                                          \
    {"reverting-" #bps, {MARKET_REVERTING, PARAMETERS(.gap_bps = bps), 4 * HOUR_S, 0, 0}, NULL}
#define MOMENTUM(bps)                                                                           \
    {"momentum-" #bps, {MARKET_MOMENTUM, PARAMETERS(.drift_bps = bps), 4 * HOUR_S, 0, 0}, NULL}
#define CHANGE(gap, drift)                                                                      \
    {"change-" #gap "-" #drift,                                                                 \
     {MARKET_REVERTING, PARAMETERS(.gap_bps = gap, .drift_bps = drift), 4 * HOUR_S, 2 * HOUR_S, \
      MARKET_MOMENTUM},                                                                         \
     NULL}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct science_experiment experiments[] = {
    WALK(1),        WALK(5),       WALK(10),       REVERTING(15),  REVERTING(20), REVERTING(25),
    REVERTING(30),  REVERTING(40), REVERTING(60),  REVERTING(80),  REVERTING(120), MOMENTUM(5),
    MOMENTUM(10),   MOMENTUM(15),  MOMENTUM(25),   MOMENTUM(40),   MOMENTUM(60),  MOMENTUM(80),
    MOMENTUM(120),  CHANGE(60, 40),
};
#pragma GCC diagnostic pop

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
    const double *values = (const double *)result;
    fprintf(out, "%s\t%llu", name, (unsigned long long)seed);
    for (size_t i = 0; i < sizeof *result / sizeof *values; i++) {
        fprintf(out, "\t%.10g", values[i]);
    }
    fputc('\n', out);
}
