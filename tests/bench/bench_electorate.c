/* What a bar costs in the electorate: memory, 25 agents, 128 shadows, BALLOT and SHADOWS on the
 * bus; and what one score of each species costs, with look-backs over the whole range. Ten symbols
 * that walk, so that their memories drive each other out of the nearest cache as they do live.
 * Baseline of a score: mean reversion with its sums taken over the bars of the look-back each time,
 * instead of running ones. */
#include <math.h>

#include "bench/bench.h"
#include "tickd/agents/species.h"
#include "tickd/base/decimal.h"
#include "tickd/base/real.h"
#include "tickd/base/rng.h"
#include "tickd/modules/electorate.h"

enum { SYMBOLS = 10, ROUNDS = 300, WARM_UP = 600, INCUMBENTS = 3, SHADOWS = 16, TRIES = 19 };

static const double budget_bar_ns = 5000;
static const double budget_score_ns = 20;

struct bench {
    struct arena arena;
    struct bus *bus;
    struct electorate *electorate;
    struct module module;
    struct rng rng;
    double price[SYMBOLS];
    uint32_t number;
    struct bar_message bars[ROUNDS][SYMBOLS];
};

static const struct route routes[] = {{TOPIC_BAR, MODULE_ELECTORATE},
                                      {TOPIC_AGENT_PROFILE, MODULE_ELECTORATE},
                                      {TOPIC_SHADOW_PROFILE, MODULE_ELECTORATE}};

static void build(struct bench *bench, struct arena *arena)
{
    static const struct settings_electorate settings = {
        .horizon_bars = 60, .incumbents = INCUMBENTS, .shadows = SHADOWS, .dead_band = 0.1};
    struct bus_limits limits = {
        .log_messages = 10000, .input_messages_max = 64, .symbols = SYMBOLS};
    bench->bus = bus_create(arena, &limits);
    bench->electorate = electorate_create(arena, &settings, SYMBOLS, 1000, 1, bench->bus);
}

static void draw_parameters(struct rng *rng, enum species species, double *parameters)
{
    const struct species_description *description = species_describe(species);
    for (size_t i = 0; i < description->parameter_count; i++) {
        const struct species_parameter *row = &description->parameters[i];
        double part = rng_uniform(rng);
        parameters[i] = row->by_ratio
                            ? row->lowest * real_exp(part * real_log(row->highest / row->lowest))
                            : row->lowest + part * (row->highest - row->lowest);
    }
    species_bound(species, parameters);
}

static void seat_everybody(struct bench *bench)
{
    for (uint32_t place = 0; place <= SPECIES_COIN * INCUMBENTS; place++) {
        struct agent_profile_message profile = {.place = place, .species = place / INCUMBENTS};
        profile.state = profile.species == SPECIES_COIN ? AGENT_YARDSTICK : AGENT_ACTIVE;
        species_spread((enum species)profile.species, place % INCUMBENTS, INCUMBENTS,
                       profile.parameters);
        publish_agent_profile(bench->bus, MODULE_AGENT_MANAGER, SYMBOL_NONE, &profile);
        bus_dispatch(bench->bus);
    }
    for (uint32_t place = 0; place < SPECIES_COIN * SHADOWS; place++) {
        struct shadow_profile_message profile = {.place = place, .species = place / SHADOWS};
        draw_parameters(&bench->rng, (enum species)profile.species, profile.parameters);
        publish_shadow_profile(bench->bus, MODULE_EVOLUTION, SYMBOL_NONE, &profile);
        bus_dispatch(bench->bus);
    }
}

static void make_bar(struct bench *bench, size_t symbol, struct bar_message *bar)
{
    double before = bench->price[symbol];
    double after = before * real_exp(1e-4 * rng_normal(&bench->rng));
    bench->price[symbol] = after;
    *bar = (struct bar_message){.start_ms = (int64_t)bench->number * 1000,
                                .volume = 1000 * DECIMAL_ONE,
                                .number = bench->number};
    bar->indicators.ewma_volatility = 1e-4;
    bar->indicators.imbalance = 2 * rng_uniform(&bench->rng) - 1;
    bar->close = (int64_t)(after * (double)DECIMAL_ONE);
    bar->high = (int64_t)((after > before ? after : before) * (double)DECIMAL_ONE);
    bar->low = (int64_t)((after > before ? before : after) * (double)DECIMAL_ONE);
}

static void make_bars(struct bench *bench)
{
    for (size_t round = 0; round < ROUNDS; round++) {
        bench->number++;
        for (size_t i = 0; i < SYMBOLS; i++) {
            make_bar(bench, i, &bench->bars[round][i]);
        }
    }
}

static void say_bars(void *context)
{
    struct bench *bench = context;
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < SYMBOLS; i++) {
            publish_bar(bench->bus, MODULE_MARKET, (uint16_t)i, &bench->bars[round][i]);
            bus_dispatch(bench->bus);
        }
    }
}

static bool start(struct bench *bench)
{
    struct arena measuring;
    arena_init_measuring(&measuring);
    build(bench, &measuring);
    if (arena_init(&bench->arena, measuring.used) != 0) {
        return false;
    }
    build(bench, &bench->arena);
    bench->module = electorate_module(bench->electorate);
    bus_wire(bench->bus, &bench->module, 1, routes, ARRAY_LENGTH(routes), NULL, 0);
    rng_seed(&bench->rng, 1);
    for (size_t i = 0; i < SYMBOLS; i++) {
        bench->price[i] = 100;
    }
    seat_everybody(bench);
    for (size_t said = 0; said < WARM_UP; said += ROUNDS) {
        make_bars(bench);
        say_bars(bench);
    }
    make_bars(bench);
    return true;
}

/* One species over all symbols with parameters of TRIES agents. */
struct scoring {
    struct symbol_memory *memories;
    const struct bar_message *newest;
    double (*score)(const double parameters[PARAMETERS_MAX], const struct agent_view *view);
    double parameters[TRIES][PARAMETERS_MAX];
};

static void score_all(void *context)
{
    const struct scoring *scoring = context;
    double sum = 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t symbol = round % SYMBOLS;
        struct agent_view view = {.bar = &scoring->newest[symbol],
                                  .memory = &scoring->memories[symbol]};
        for (size_t i = 0; i < TRIES; i++) {
            sum += scoring->score(scoring->parameters[i], &view);
        }
    }
    bench_keep(sum > 0);
}

static double mean_reversion_from_bars(const double parameters[PARAMETERS_MAX],
                                       const struct agent_view *view)
{
    size_t look_back = (size_t)parameters[0];
    double sum = 0;
    double squares = 0;
    for (size_t age = 0; age < look_back; age++) {
        double x = memory_at(view->memory, age)->log_close;
        sum += x;
        squares += x * x;
    }
    double mean = sum / parameters[0];
    double variance = squares / parameters[0] - mean * mean;
    return (memory_at(view->memory, 0)->log_close - mean) / sqrt(variance);
}

static void bench_scores(struct bench *bench)
{
    static struct symbol_memory memories[SYMBOLS];
    static int64_t newest_ms[SYMBOLS];
    struct basket basket = {.silence_ms = 1000000, .newest_ms = newest_ms, .symbols = SYMBOLS};
    struct scoring scoring = {.memories = memories, .newest = bench->bars[ROUNDS - 1]};
    for (size_t fed = 0; fed < MEMORY_BARS; fed += ROUNDS) {
        make_bars(bench);
        for (size_t round = 0; round < ROUNDS; round++) {
            for (size_t i = 0; i < SYMBOLS; i++) {
                memory_add(&memories[i], &basket, (uint16_t)i, &bench->bars[round][i]);
            }
        }
    }
    for (int species = 0; species < SPECIES_COIN; species++) {
        struct rng rng;
        rng_seed(&rng, 2);
        for (size_t i = 0; i < TRIES; i++) {
            draw_parameters(&rng, (enum species)species, scoring.parameters[i]);
        }
        scoring.score = species_describe((enum species)species)->score;
        struct scoring from_bars = scoring;
        from_bars.score = mean_reversion_from_bars;
        struct bench_case subject = {.name = species_name((uint32_t)species),
                                     .run = score_all,
                                     .context = &scoring,
                                     .operations = ROUNDS * TRIES};
        struct bench_case baseline = {.name = "  from the bars each time",
                                      .run = score_all,
                                      .context = &from_bars,
                                      .operations = ROUNDS * TRIES};
        bench_compare(&subject, species == SPECIES_MEAN_REVERSION ? &baseline : NULL, "score",
                      budget_score_ns, BENCH_CPU);
    }
}

int main(void)
{
    static struct bench bench;
    if (!start(&bench)) {
        return BENCH_CANNOT_RUN;
    }
    struct bench_case whole = {.name = "a bar, 25 agents and 128 shadows",
                               .run = say_bars,
                               .context = &bench,
                               .operations = ROUNDS * SYMBOLS};
    bench_compare(&whole, NULL, "bar", budget_bar_ns, BENCH_CPU);
    bench_scores(&bench);
    arena_fini(&bench.arena);
    return 0;
}
