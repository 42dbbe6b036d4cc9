/* What each species can see: bench-species [SPECIES].
 *
 * Synthetic markets whose truth is known are traded into bars; each agent's score is set against
 * the return over the next 60 bars. For the incumbents as they start, or for one species with each
 * of its parameters moved through its range, it prints in basis points what a vote was worth
 * before costs (mean of side × return), the share of votes that were right, and the share of bars
 * with a vote. A round trip costs 10 bps in fees alone. Baseline: the walk, where all is noise. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tickd/agents/species.h"
#include "tickd/base/calendar.h"
#include "tickd/base/real.h"
#include "tickd/market/conditions.h"
#include "tickd/modules/market.h"
#include "tickd/sim/market_stream.h"

enum { SYMBOLS = 4, HORIZON = 60, SEEDS = 2, SECONDS = 7200, WARM_UP = 600, STEPS = 6 };
enum { AGENTS_AT_MOST = 64, INCUMBENTS = 3 };

static const double trades_per_s = 5;
static const double dead_band = 0.1;
static const int64_t start_us = INT64_C(1795446000000000); /* a Monday, 15:00 UTC */

struct market_case {
    const char *name;
    enum market_kind kind;
    double gap_bps;
    double drift_bps;
};

static const struct market_case cases[] = {
    {"walk", MARKET_WALK, 0, 0},          {"gap 15", MARKET_REVERTING, 15, 0},
    {"gap 40", MARKET_REVERTING, 40, 0},  {"gap 120", MARKET_REVERTING, 120, 0},
    {"drift 5", MARKET_MOMENTUM, 0, 5},   {"drift 15", MARKET_MOMENTUM, 0, 15},
    {"drift 25", MARKET_MOMENTUM, 0, 25}, {"drift 60", MARKET_MOMENTUM, 0, 60},
};

struct agent {
    enum species species;
    double parameters[PARAMETERS_MAX];
};

/* What an agent's votes of one market were worth. */
struct record {
    double bars;
    double votes;
    double right;
    double worth_bps;
};

struct run {
    struct arena arena;
    struct bus *bus;
    struct market *market;
    struct symbol_table symbols;
    struct market_calendar calendar;
    struct module modules[1];
    struct market_stream streams[SYMBOLS];
    struct symbol_memory *memories;
    struct basket basket;
    uint64_t bars[SYMBOLS];
    int8_t votes[SYMBOLS][HORIZON][AGENTS_AT_MOST]; /* of the last bars */
    const struct agent *agents;
    size_t agent_count;
    struct record *records; /* one an agent */
};

static void judge(struct run *run, const int8_t *votes, double horizon_return)
{
    for (size_t i = 0; i < run->agent_count; i++) {
        struct record *record = &run->records[i];
        if (votes[i] == VOTE_ABSTAINS) {
            continue;
        }
        double worth = votes[i] > 0 ? horizon_return : votes[i] < 0 ? -horizon_return : 0;
        record->bars++;
        record->votes += votes[i] != 0 ? 1 : 0;
        record->right += worth > 0 ? 1 : 0;
        record->worth_bps += 1e4 * worth;
    }
}

static void take_bar(void *state, const struct message *message)
{
    struct run *run = state;
    if (message->head.topic != TOPIC_BAR) {
        return;
    }
    uint16_t symbol = message->head.symbol;
    const struct bar_message *bar = &message->body.bar;
    int8_t *votes = run->votes[symbol][run->bars[symbol] % HORIZON];
    struct agent_view view = {.bar = bar, .memory = &run->memories[symbol]};
    memory_add(&run->memories[symbol], &run->basket, symbol, bar);
    if (run->bars[symbol] >= WARM_UP) {
        judge(run, votes, bar->horizon_return);
    }
    for (size_t i = 0; i < run->agent_count; i++) {
        const struct agent *agent = &run->agents[i];
        double score = species_describe(agent->species)->score(agent->parameters, &view);
        votes[i] = species_vote(score, dead_band);
    }
    run->bars[symbol]++;
}

static void build(struct run *run, struct arena *arena, const struct settings *settings)
{
    symbols_init(&run->symbols, arena, SYMBOLS, false);
    run->bus = bus_create(arena, &(struct bus_limits){.log_messages = 1000,
                                                      .input_messages_max = 3 * SYMBOLS,
                                                      .symbols = SYMBOLS});
    run->market = market_create(arena, &settings->market, HORIZON, 1, run->bus, &run->symbols,
                                &run->calendar);
    run->memories = arena_take(arena, "bench", "memories", SYMBOLS, sizeof *run->memories);
    basket_init(&run->basket, arena, SYMBOLS, 300000);
}

static void start(struct run *run, const struct market_case *market, uint64_t seed)
{
    static const struct route routes[] = {{TOPIC_TRADE, MODULE_MARKET},
                                          {TOPIC_CLOCK, MODULE_MARKET}};
    static const char *const names[SYMBOLS] = {"A", "B", "C", "D"};
    static struct settings settings;
    struct market_parameters parameters;
    struct arena measuring;
    settings_init(&settings);
    calendar_init(&run->calendar);
    arena_init_measuring(&measuring);
    build(run, &measuring, &settings);
    if (arena_init(&run->arena, measuring.used) != 0) {
        fprintf(stderr, "no memory\n");
        exit(1);
    }
    build(run, &run->arena, &settings);
    run->modules[0] = market_module(run->market);
    bus_wire(run->bus, run->modules, 1, routes, ARRAY_LENGTH(routes), NULL, 0);
    bus_add_tap(run->bus, (struct tap){.see = take_bar, .state = run});
    market_parameters_default(&parameters);
    parameters.gap_bps = market->gap_bps;
    parameters.drift_bps = market->drift_bps;
    for (size_t i = 0; i < SYMBOLS; i++) {
        uint16_t id;
        symbols_add(&run->symbols, names[i], 1, &id);
        market_stream_init(&run->streams[i], market->kind, &parameters, trades_per_s, seed,
                           names[i]);
    }
}

static void say_trade(struct run *run, size_t symbol)
{
    struct market_print print;
    market_stream_next(&run->streams[symbol], &print);
    struct trade_message trade = {.time_ms = (start_us + print.time_us) / US_PER_MS,
                                  .price = print.price,
                                  .volume = print.volume,
                                  .conditions = print.conditions};
    trade.moves = conditions_move(print.conditions, false, true);
    bus_set_time(run->bus, start_us + print.time_us);
    publish_trade(run->bus, MODULE_FEED, (uint16_t)symbol, &trade);
    bus_dispatch(run->bus);
}

static size_t earliest(const struct run *run)
{
    size_t first = 0;
    for (size_t i = 1; i < SYMBOLS; i++) {
        if (market_stream_time_us(&run->streams[i]) < market_stream_time_us(&run->streams[first])) {
            first = i;
        }
    }
    return first;
}

static void trade_market(const struct market_case *market, uint64_t seed,
                         const struct agent *agents, size_t count, struct record *records)
{
    static struct run run;
    memset(&run, 0, sizeof run);
    run.agents = agents;
    run.agent_count = count;
    run.records = records;
    start(&run, market, seed);
    for (int64_t second = 0; second <= SECONDS; second++) {
        bus_set_time(run.bus, start_us + second * US_PER_S);
        publish_clock(run.bus, MODULE_ENGINE, SYMBOL_NONE, &(struct clock_message){0});
        bus_dispatch(run.bus);
        size_t symbol = earliest(&run);
        while (market_stream_time_us(&run.streams[symbol]) < (second + 1) * US_PER_S) {
            say_trade(&run, symbol);
            symbol = earliest(&run);
        }
    }
    arena_fini(&run.arena);
}

/* Who is looked at. */

static size_t incumbents(struct agent *agents)
{
    size_t count = 0;
    for (int species = 0; species < SPECIES_COIN; species++) {
        for (size_t k = 0; k < INCUMBENTS; k++) {
            agents[count].species = (enum species)species;
            species_spread((enum species)species, k, INCUMBENTS, agents[count++].parameters);
        }
    }
    return count;
}

static size_t variants(enum species species, struct agent *agents)
{
    const struct species_description *description = species_describe(species);
    size_t count = 0;
    for (size_t i = 0; i < description->parameter_count; i++) {
        const struct species_parameter *row = &description->parameters[i];
        for (int step = 0; step <= STEPS; step++) {
            double part = (double)step / STEPS;
            struct agent *agent = &agents[count++];
            agent->species = species;
            species_spread(species, 0, 1, agent->parameters);
            agent->parameters[i] =
                row->by_ratio ? row->lowest * real_exp(part * real_log(row->highest / row->lowest))
                              : row->lowest + part * (row->highest - row->lowest);
            species_bound(species, agent->parameters);
        }
    }
    return count;
}

static void print_agent(const struct agent *agent)
{
    const struct species_description *description = species_describe(agent->species);
    char parameters[80];
    size_t used = 0;
    for (size_t i = 0; i < description->parameter_count && used < sizeof parameters; i++) {
        used += (size_t)snprintf(parameters + used, sizeof parameters - used, " %.3g",
                                 agent->parameters[i]);
    }
    printf("%-14s %-22s", species_name(agent->species), parameters);
}

int main(int argc, char **argv)
{
    static struct agent agents[AGENTS_AT_MOST];
    static struct record records[ARRAY_LENGTH(cases)][AGENTS_AT_MOST];
    size_t count = argc < 2 ? incumbents(agents) : 0;
    for (int species = 0; species < SPECIES_COIN && argc > 1; species++) {
        if (strcmp(argv[1], species_name((uint32_t)species)) == 0) {
            count = variants((enum species)species, agents);
        }
    }
    if (count == 0) {
        fprintf(stderr, "usage: bench-species [SPECIES]\n");
        return 2;
    }
    printf("bps a vote / right %% / votes %%      ");
    for (size_t m = 0; m < ARRAY_LENGTH(cases); m++) {
        printf(" %13s", cases[m].name);
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            trade_market(&cases[m], seed, agents, count, records[m]);
        }
    }
    printf("\n");
    for (size_t i = 0; i < count; i++) {
        print_agent(&agents[i]);
        for (size_t m = 0; m < ARRAY_LENGTH(cases); m++) {
            const struct record *record = &records[m][i];
            printf(" %6.1f/%2.0f/%3.0f", record->worth_bps / record->votes,
                   100 * record->right / record->votes, 100 * record->votes / record->bars);
        }
        printf("\n");
    }
    return 0;
}
