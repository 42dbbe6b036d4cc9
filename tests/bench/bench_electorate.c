/* What a bar costs in the electorate: memory, 25 agents, 128 shadows, BALLOT and SHADOWS on the
 * bus; and what one score of each species costs. Ten symbols that walk, so that their memories
 * drive each other out of the nearest cache as they do live. Baseline: the same bars on a bus with
 * nobody who votes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tickd/agents/species.h"
#include "tickd/base/decimal.h"
#include "tickd/base/real.h"
#include "tickd/base/rng.h"
#include "tickd/modules/electorate.h"

enum { SYMBOLS = 10, ROUNDS = 10000, WARM_UP = 600, INCUMBENTS = 3, SHADOWS = 16 };

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct bench {
    struct arena arena;
    struct bus *bus;
    struct electorate *electorate;
    struct module modules[2];
    double price[SYMBOLS];
    struct rng rng;
    uint32_t number;
};

static const struct route routes[] = {{TOPIC_BAR, MODULE_ELECTORATE},
                                      {TOPIC_AGENT_PROFILE, MODULE_ELECTORATE},
                                      {TOPIC_SHADOW_PROFILE, MODULE_ELECTORATE}};

static void ignore(void *state, const struct message *message)
{
    (void)state;
    (void)message;
}

static void build(struct bench *bench, struct arena *arena)
{
    static const struct settings_electorate settings = {
        .horizon_bars = 60, .incumbents = INCUMBENTS, .shadows = SHADOWS, .dead_band = 0.1};
    bench->bus = bus_create(
        arena,
        &(struct bus_limits){.log_messages = 10000, .input_messages_max = 64, .symbols = SYMBOLS});
    bench->electorate = electorate_create(arena, &settings, SYMBOLS, 1000, 1, bench->bus);
}

static void draw_parameters(struct rng *rng, enum species species, double *parameters)
{
    const struct species_description *description = species_describe(species);
    for (size_t i = 0; i < description->parameter_count; i++) {
        const struct species_parameter *parameter = &description->parameters[i];
        double part = rng_uniform(rng);
        parameters[i] = parameter->by_ratio
                            ? parameter->lowest *
                                  real_exp(part * real_log(parameter->highest / parameter->lowest))
                            : parameter->lowest + part * (parameter->highest - parameter->lowest);
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

static void start(struct bench *bench, bool with_electorate)
{
    struct arena measuring;
    arena_init_measuring(&measuring);
    build(bench, &measuring);
    if (arena_init(&bench->arena, measuring.used) != 0) {
        fprintf(stderr, "no memory\n");
    }
    build(bench, &bench->arena);
    bench->modules[0] = electorate_module(bench->electorate);
    bench->modules[1] = (struct module){.id = MODULE_MARKET, .handle = ignore};
    bus_wire(bench->bus, bench->modules, 2, routes, with_electorate ? ARRAY_LENGTH(routes) : 0,
             NULL, 0);
    rng_seed(&bench->rng, 1);
    for (size_t i = 0; i < SYMBOLS; i++) {
        bench->price[i] = 100;
    }
    seat_everybody(bench);
}

static void make_bar(struct bench *bench, size_t symbol, struct bar_message *bar)
{
    double before = bench->price[symbol];
    double after = before * real_exp(1e-4 * rng_normal(&bench->rng));
    double imbalance = 2 * rng_uniform(&bench->rng) - 1;
    bench->price[symbol] = after;
    *bar = (struct bar_message){.start_ms = (int64_t)bench->number * 1000,
                                .volume = 1000 * DECIMAL_ONE,
                                .number = bench->number};
    bar->indicators.ewma_volatility = 1e-4;
    bar->indicators.imbalance = imbalance;
    bar->close = (int64_t)(after * (double)DECIMAL_ONE);
    bar->high = (int64_t)((after > before ? after : before) * (double)DECIMAL_ONE);
    bar->low = (int64_t)((after > before ? before : after) * (double)DECIMAL_ONE);
}

static int by_size(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

struct cost {
    double best; /* nanoseconds a bar: of the quickest tenth of rounds, and of half of them */
    double median;
};

/* Without the making of the bars. */
static struct cost bars(struct bench *bench)
{
    static int64_t spent[ROUNDS];
    for (uint32_t round = 0; round < WARM_UP + ROUNDS; round++) {
        struct bar_message made[SYMBOLS];
        bench->number++;
        for (size_t i = 0; i < SYMBOLS; i++) {
            make_bar(bench, i, &made[i]);
        }
        int64_t from = now_ns();
        for (size_t i = 0; i < SYMBOLS; i++) {
            publish_bar(bench->bus, MODULE_MARKET, (uint16_t)i, &made[i]);
            bus_dispatch(bench->bus);
        }
        if (round >= WARM_UP) {
            spent[round - WARM_UP] = now_ns() - from;
        }
    }
    qsort(spent, ROUNDS, sizeof spent[0], by_size);
    return (struct cost){.best = (double)spent[ROUNDS / 10] / SYMBOLS,
                         .median = (double)spent[ROUNDS / 2] / SYMBOLS};
}

/* Nanoseconds a score, with parameters drawn over the whole range, in the quickest of some turns;
 * *sum keeps the work. */
static double scores(enum species species, struct symbol_memory *memories,
                     const struct bar_message *newest, double *sum)
{
    enum { AGENTS = 19, TURNS = 200 };
    double parameters[AGENTS][PARAMETERS_MAX];
    int64_t best_ns = INT64_MAX;
    struct rng rng;
    rng_seed(&rng, 2);
    for (size_t i = 0; i < AGENTS; i++) {
        draw_parameters(&rng, species, parameters[i]);
    }
    for (size_t turn = 0; turn < TURNS; turn++) {
        int64_t from = now_ns();
        for (size_t symbol = 0; symbol < SYMBOLS; symbol++) {
            struct agent_view view = {.bar = &newest[symbol], .memory = &memories[symbol]};
            for (size_t i = 0; i < AGENTS; i++) {
                *sum += species_describe(species)->score(parameters[i], &view);
            }
        }
        int64_t spent_ns = now_ns() - from;
        best_ns = spent_ns < best_ns ? spent_ns : best_ns;
    }
    return (double)best_ns / (SYMBOLS * AGENTS);
}

static void bench_species(struct bench *bench)
{
    static struct symbol_memory memories[SYMBOLS];
    static int64_t newest_ms[SYMBOLS];
    struct bar_message newest[SYMBOLS];
    struct basket basket = {.silence_ms = 1000000, .newest_ms = newest_ms, .symbols = SYMBOLS};
    double sum = 0;
    for (uint32_t round = 0; round < 2 * MEMORY_BARS - 1; round++) {
        bench->number++;
        for (uint16_t i = 0; i < SYMBOLS; i++) {
            make_bar(bench, i, &newest[i]);
            memory_add(&memories[i], &basket, i, &newest[i]);
        }
    }
    for (int species = 0; species < SPECIES_COIN; species++) {
        double ns = scores((enum species)species, memories, newest, &sum);
        printf("score of %-16s %6.1f ns\n", species_name((uint32_t)species), ns);
    }
    printf("(sum of all scores %.3f)\n", sum);
}

int main(void)
{
    static struct bench alone;
    static struct bench whole;
    start(&alone, false);
    start(&whole, true);
    struct cost baseline = bars(&alone);
    struct cost bar = bars(&whole);
    printf("%d agents, %d shadows, %d symbols       median   best tenth\n",
           SPECIES_COIN * INCUMBENTS + 1, SPECIES_COIN * SHADOWS, SYMBOLS);
    printf("bar on the bus, nobody hears it  %8.0f ns  %8.0f ns\n", baseline.median, baseline.best);
    printf("bar through the electorate       %8.0f ns  %8.0f ns\n", bar.median, bar.best);
    bench_species(&whole);
    arena_fini(&alone.arena);
    arena_fini(&whole.arena);
    return 0;
}
