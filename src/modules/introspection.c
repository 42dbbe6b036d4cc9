/* The introspection module: ballots and decisions into records, minutes into measures. */
#include "tickd/modules/introspection.h"

#include <math.h>

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"
#include "tickd/base/real.h"
#include "tickd/base/stats.h"
#include "tickd/modules/introspection_judge.h"
#include "tickd/modules/introspection_metrics.h"

enum { PERSIST_VERSION = 2 };

/* What is known of an agent beside what its votes have done. */
struct seat {
    int64_t id;
    double weight;
    double minute;       /* earned in the minute that has just passed; NaN = not scored */
    double minute_worth; /* the same before costs */
    double sum;          /* of minutes */
    struct metrics_series minutes;
    struct metrics_drawdown drawdown;
    struct running_stats over_coin; /* minute by minute */
    struct judge_tally before;      /* what the tally was a minute ago */
    enum species species;
    enum agent_state state;
    uint32_t version;
    bool known;
};

struct introspection {
    struct bus *bus;
    size_t agents;
    size_t symbols;
    double horizon;
    bool due; /* a REWARD is owed for the minute */
    /* votes */
    struct judge ballots;
    struct judge decisions; /* one place */
    struct judge_tally tallies[AGENTS_MAX];
    struct judge_tally system;
    struct judge_tally system_before;
    struct seat seats[AGENTS_MAX];
    struct metrics_pair *pairs; /* of agents, the second below the first */
    double diversity;           /* Σ over the minute's ballots */
    uint64_t diverse;           /* ballots in it */
    uint64_t ballots_heard;     /* in the minute */
    /* equity */
    struct metrics_series minutes;
    struct metrics_drawdown drawdown;
    struct running_stats equities; /* at whole minutes */
    double equity;                 /* at the last whole minute, at first the initial cash */
    double traded;                 /* so far */
    int64_t traded_before;         /* in earlier runs, whose books were adopted */
    uint64_t adoption;             /* sequence number of the newest command that may end one */
    double minute_return;
    /* positions from flat to flat */
    int64_t *gained; /* each symbol's, after fees */
    uint64_t trips;
    uint64_t trips_won;
    struct ring history;
};

static size_t pair_count(size_t agents)
{
    return agents * (agents - 1) / 2;
}

/* What a change of side costs, as elsewhere: a fill's fee and slippage. */
static double cost_of(const struct settings_portfolio *portfolio)
{
    return (decimal_to_double(portfolio->fee_bps) + decimal_to_double(portfolio->slippage_bps)) *
           1e-4;
}

struct introspection *introspection_create(struct arena *arena,
                                           const struct settings_portfolio *portfolio,
                                           int64_t horizon_bars, int64_t minutes_kept,
                                           size_t symbols, size_t agents, struct bus *bus)
{
    ASSERT(agents >= 1 && agents <= AGENTS_MAX);
    struct introspection scratch = {0};
    struct introspection *introspection =
        arena_take(arena, "introspection", "state", 1, sizeof *introspection);
    struct introspection *own = arena_measuring(arena) ? &scratch : introspection;
    own->pairs = arena_take(arena, "introspection", "pairs of agents", pair_count(agents) + 1,
                            sizeof *own->pairs);
    own->gained = arena_take(arena, "introspection", "positions", symbols, sizeof *own->gained);
    ring_init(&own->history, arena, "introspection", "reward_metrics_history", (size_t)minutes_kept,
              sizeof(struct introspection_entry));
    judge_init(&own->ballots, arena, "votes without outcome", symbols, agents, (size_t)horizon_bars,
               cost_of(portfolio));
    if (!judge_init(&own->decisions, arena, "decisions without outcome", symbols, 1,
                    (size_t)horizon_bars, cost_of(portfolio))) {
        return NULL;
    }
    own->bus = bus;
    own->agents = agents;
    own->symbols = symbols;
    own->horizon = (double)horizon_bars;
    own->minute_return = real_nan();
    own->equity = decimal_to_double(portfolio->initial_cash);
    metrics_drawdown_of_value(&own->drawdown, own->equity);
    return introspection;
}

/* Who the agents are. */

static struct metrics_pair *pair_of(const struct introspection *introspection, size_t a, size_t b)
{
    size_t high = a > b ? a : b;
    size_t low = a > b ? b : a;
    return &introspection->pairs[high * (high - 1) / 2 + low];
}

static void begin_record(struct introspection *introspection, size_t place)
{
    introspection->tallies[place] = (struct judge_tally){0};
    introspection->seats[place] =
        (struct seat){.weight = introspection->seats[place].weight, .minute = real_nan()};
    judge_clear(&introspection->ballots, place);
    for (size_t i = 0; i < introspection->agents; i++) {
        if (i != place) {
            *pair_of(introspection, place, i) = (struct metrics_pair){0};
        }
    }
}

static void take_profile(struct introspection *introspection,
                         const struct agent_profile_message *profile)
{
    if (profile->place >= introspection->agents) {
        return;
    }
    struct seat *seat = &introspection->seats[profile->place];
    if (!seat->known || seat->version != profile->version) {
        begin_record(introspection, profile->place);
    }
    seat->known = true;
    seat->id = profile->id;
    seat->version = profile->version;
    seat->species = (enum species)profile->species;
    seat->state = (enum agent_state)profile->state;
}

static bool is_coin(const struct seat *seat)
{
    return seat->known && seat->state == AGENT_YARDSTICK;
}

static bool is_voter(const struct seat *seat)
{
    return seat->known && seat->state != AGENT_YARDSTICK;
}

static bool is_active(const struct seat *seat)
{
    return seat->known && seat->state == AGENT_ACTIVE;
}

/* Votes. */

/* How the ballot's votes that count are spread over buy, hold and sell. */
static void note_diversity(struct introspection *introspection, const int8_t *votes, size_t count)
{
    uint32_t kinds[SIDE_COUNT] = {0};
    for (size_t i = 0; i < count; i++) {
        if (is_active(&introspection->seats[i]) && votes[i] != VOTE_ABSTAINS) {
            kinds[votes[i] > 0 ? SIDE_BUY : votes[i] < 0 ? SIDE_SELL : SIDE_HOLD]++;
        }
    }
    double diversity = metrics_diversity(kinds, SIDE_COUNT);
    if (diversity == diversity) {
        introspection->diversity += diversity;
        introspection->diverse++;
    }
}

static void take_ballot(struct introspection *introspection, uint16_t symbol,
                        const struct ballot_message *ballot)
{
    size_t count = ballot->agents < introspection->agents ? ballot->agents : introspection->agents;
    struct judge_bar bar = {.close = decimal_to_double(ballot->close),
                            .volatility = ballot->volatility,
                            .horizon_return = ballot->horizon_return,
                            .after_gap = ballot->after_gap != 0};
    judge_votes(&introspection->ballots, symbol, &bar, ballot->votes, count,
                introspection->tallies);
    note_diversity(introspection, ballot->votes, count);
    introspection->ballots_heard++;
}

/* A decision as a vote. */
static int8_t vote_of(const struct decision_message *decision)
{
    double percent = decision->confidence * 100 + 0.5;
    int8_t confidence = percent < 1 ? 1 : percent < 100 ? (int8_t)percent : 100;
    switch ((enum side)decision->side) {
    case SIDE_BUY:
        return confidence;
    case SIDE_SELL:
        return (int8_t)-confidence;
    case SIDE_HOLD:
    case SIDE_COUNT:
        break;
    }
    return 0;
}

static void take_decision(struct introspection *introspection, uint16_t symbol,
                          const struct decision_message *decision)
{
    struct judge_bar bar = {.close = decimal_to_double(decision->close),
                            .volatility = decision->volatility,
                            .horizon_return = decision->horizon_return,
                            .after_gap = decision->after_gap != 0};
    int8_t vote = vote_of(decision);
    judge_votes(&introspection->decisions, symbol, &bar, &vote, 1, &introspection->system);
}

static void take_weights(struct introspection *introspection, const struct weights_message *weights)
{
    for (size_t i = 0; i < introspection->agents; i++) {
        introspection->seats[i].weight = (double)weights->weights[i] / SHARE_ONE;
    }
}

/* Fills: what a position has gained once it is closed. */
static void take_fill(struct introspection *introspection, uint16_t symbol,
                      const struct fill_message *fill)
{
    ASSERT(symbol < introspection->symbols);
    int64_t *gained = &introspection->gained[symbol];
    int64_t net;
    if (decimal_subtract(fill->realised_pnl, fill->fee, &net) == 0) {
        (void)decimal_add(*gained, net, gained);
    }
    if (fill->position == 0) {
        introspection->trips++;
        introspection->trips_won += *gained > 0 ? 1 : 0;
        *gained = 0;
    }
}

/* Minutes. */

static void end_minute_of_agent(struct introspection *introspection, size_t place)
{
    struct seat *seat = &introspection->seats[place];
    const struct judge_tally *tally = &introspection->tallies[place];
    bool scored = tally->scored > seat->before.scored;
    double worth = (tally->worth - seat->before.worth) / introspection->horizon;
    double costs = (tally->costs - seat->before.costs) / introspection->horizon;
    seat->minute = scored ? worth - costs : real_nan();
    seat->minute_worth = worth;
    seat->before = *tally;
    if (scored) {
        metrics_drawdown_of_sum(&seat->drawdown, seat->sum); /* it begins with 0 */
        metrics_add(&seat->minutes, seat->minute);
        seat->sum += seat->minute;
        metrics_drawdown_of_sum(&seat->drawdown, seat->sum);
    }
}

static const struct seat *find_coin(const struct introspection *introspection)
{
    for (size_t i = 0; i < introspection->agents; i++) {
        if (is_coin(&introspection->seats[i])) {
            return &introspection->seats[i];
        }
    }
    return NULL;
}

static void compare_agents(struct introspection *introspection)
{
    const struct seat *coin = find_coin(introspection);
    for (size_t i = 0; i < introspection->agents; i++) {
        struct seat *seat = &introspection->seats[i];
        if (!is_voter(seat) || seat->minute != seat->minute) {
            continue;
        }
        if (coin != NULL && coin->minute == coin->minute) {
            running_stats_add(&seat->over_coin, seat->minute_worth - coin->minute_worth);
        }
        for (size_t j = 0; j < i; j++) {
            const struct seat *other = &introspection->seats[j];
            if (is_voter(other) && other->minute == other->minute) {
                metrics_pair_add(pair_of(introspection, i, j), seat->minute, other->minute);
            }
        }
    }
}

static void end_minute_of_agents(struct introspection *introspection)
{
    for (size_t i = 0; i < introspection->agents; i++) {
        end_minute_of_agent(introspection, i);
    }
    compare_agents(introspection);
}

/* Adopted books: what they gained and lost in earlier runs is no result of this one. */
static void begin_equity(struct introspection *introspection, const struct equity_message *message)
{
    introspection->minutes = (struct metrics_series){0};
    introspection->drawdown = (struct metrics_drawdown){0};
    introspection->equities = (struct running_stats){0};
    introspection->equity = decimal_to_double(message->equity);
    introspection->traded_before = message->turnover;
}

static void end_minute_of_equity(struct introspection *introspection, double equity)
{
    double before = introspection->equity;
    introspection->equity = equity;
    introspection->minute_return = equity / before - 1;
    running_stats_add(&introspection->equities, equity);
    bool counts = introspection->ballots_heard > 0 || equity < before || equity > before;
    if (counts) {
        metrics_add(&introspection->minutes, introspection->minute_return);
    }
}

static double mean_correlation(const struct introspection *introspection)
{
    struct running_stats stats = {0};
    for (size_t i = 0; i < pair_count(introspection->agents); i++) {
        const struct metrics_pair *pair = &introspection->pairs[i];
        double correlation = metrics_correlation(pair);
        if (pair->count >= INTROSPECTION_MINUTES_MIN && correlation == correlation) {
            running_stats_add(&stats, correlation);
        }
    }
    return stats.count > 0 ? stats.mean : real_nan();
}

static double sharpe_of(const struct metrics_series *series)
{
    return series->count >= INTROSPECTION_MINUTES_MIN ? metrics_sharpe(series) : real_nan();
}

static double sortino_of(const struct metrics_series *series)
{
    return series->count >= INTROSPECTION_MINUTES_MIN ? metrics_sortino(series) : real_nan();
}

/* Every version of an agent that has had a vote is a try. What their ratios would vary by if none
 * of them had skill is known: a Sharpe ratio of 0 is estimated over n returns with a variance of
 * 1 ÷ (n − 1) (Lo, Financial Analysts Journal 58, 2002). */
struct introspection_trials introspection_trials(const struct introspection *introspection)
{
    struct introspection_trials trials = {.correlation = mean_correlation(introspection)};
    struct running_stats sharpes = {0};
    for (size_t i = 0; i < introspection->agents; i++) {
        const struct seat *seat = &introspection->seats[i];
        double sharpe = sharpe_of(&seat->minutes);
        trials.tries += is_voter(seat) ? seat->version : 0;
        if (is_voter(seat) && sharpe == sharpe) {
            running_stats_add(&sharpes, sharpe);
        }
    }
    uint64_t minutes = introspection->minutes.count;
    trials.spread = sharpes.count >= 2 ? running_stats_sample_variance(&sharpes) : real_nan();
    trials.luck = minutes >= 2 ? 1 / (double)(minutes - 1) : real_nan();
    trials.independent = metrics_independent_trials((double)trials.tries, trials.correlation);
    trials.expected = metrics_expected_maximum(trials.independent, trials.luck);
    return trials;
}

static double deflated_sharpe_of(const struct introspection *introspection)
{
    struct introspection_trials trials = introspection_trials(introspection);
    return introspection->minutes.count >= INTROSPECTION_MINUTES_MIN
               ? metrics_deflated_sharpe(&introspection->minutes, trials.independent, trials.luck)
               : real_nan();
}

static double minute_reward_of(const struct introspection *introspection)
{
    const struct judge_tally *now = &introspection->system;
    const struct judge_tally *before = &introspection->system_before;
    uint64_t scored = now->scored - before->scored;
    double earned = now->worth - now->costs - (before->worth - before->costs);
    return scored > 0 ? earned / (double)scored : real_nan();
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : real_nan();
}

static void say_reward(struct introspection *introspection)
{
    const struct judge_tally *system = &introspection->system;
    struct reward_message reward = {
        .mean_reward = judge_mean_reward(system),
        .mean_worth = judge_mean_worth(system),
        .hit_rate = judge_hit_rate(system),
        .brier = judge_brier_score(system),
        .sharpe = sharpe_of(&introspection->minutes),
        .sortino = sortino_of(&introspection->minutes),
        .deflated_sharpe = deflated_sharpe_of(introspection),
        .max_drawdown = introspection->drawdown.worst,
        .turnover = share(introspection->traded, introspection->equities.mean),
        .win_rate = share((double)introspection->trips_won, (double)introspection->trips),
        .diversity = share(introspection->diversity, (double)introspection->diverse),
        .correlation = mean_correlation(introspection),
        .minute_return = introspection->minute_return,
        .minute_reward = minute_reward_of(introspection),
        .outcomes = system->votes,
        .minutes = introspection->minutes.count,
        .trips = introspection->trips,
    };
    publish_reward(introspection->bus, MODULE_INTROSPECTION, SYMBOL_NONE, &reward);
    struct introspection_entry *entry = ring_append(&introspection->history);
    *entry = (struct introspection_entry){.sequence = bus_published(introspection->bus),
                                          .time_us = bus_time(introspection->bus),
                                          .reward = reward};
}

static void end_minute(struct introspection *introspection)
{
    end_minute_of_agents(introspection);
    say_reward(introspection);
    introspection->system_before = introspection->system;
    introspection->minute_return = real_nan();
    introspection->diversity = 0;
    introspection->diverse = 0;
    introspection->ballots_heard = 0;
    introspection->due = false;
}

/* The command that ends an adoption causes an EQUITY when the books were taken, and none when they
 * were refused. */
static void take_command(struct introspection *introspection, const struct message *message)
{
    if (message->body.command.verb == COMMAND_ADOPT_BOOKS) {
        introspection->adoption = message->head.sequence;
    }
}

static void take_equity(struct introspection *introspection, const struct message_head *head,
                        const struct equity_message *message)
{
    double equity = decimal_to_double(message->equity);
    if (head->caused_by != 0 && head->sequence - head->caused_by == introspection->adoption) {
        begin_equity(introspection, message);
    }
    metrics_drawdown_of_value(&introspection->drawdown, equity);
    introspection->traded = decimal_to_double(message->turnover - introspection->traded_before);
    if (message->minute == 0) {
        return;
    }
    end_minute_of_equity(introspection, equity);
    if (introspection->due) {
        end_minute(introspection);
    }
}

static void take_clock(struct introspection *introspection, int64_t now_us)
{
    if (introspection->due) {
        end_minute(introspection);
    }
    introspection->due = floor_modulo(now_us, 60 * (int64_t)US_PER_S) == 0;
}

static void handle(void *state, const struct message *message)
{
    struct introspection *introspection = state;
    switch (message->head.topic) {
    case TOPIC_BALLOT:
        take_ballot(introspection, message->head.symbol, &message->body.ballot);
        break;
    case TOPIC_DECISION:
        take_decision(introspection, message->head.symbol, &message->body.decision);
        break;
    case TOPIC_FILL:
        take_fill(introspection, message->head.symbol, &message->body.fill);
        break;
    case TOPIC_EQUITY:
        take_equity(introspection, &message->head, &message->body.equity);
        break;
    case TOPIC_WEIGHTS:
        take_weights(introspection, &message->body.weights);
        break;
    case TOPIC_AGENT_PROFILE:
        take_profile(introspection, &message->body.agent_profile);
        break;
    case TOPIC_COMMAND:
        take_command(introspection, message);
        break;
    case TOPIC_CLOCK:
        take_clock(introspection, message->head.time_us);
        break;
    default:
        break;
    }
}

static size_t histories(const void *state, struct history *histories, size_t room)
{
    const struct introspection *introspection = state;
    if (room == 0) {
        return 0;
    }
    histories[0] =
        history_of_ring("introspection", "reward_metrics_history", &introspection->history);
    return 1;
}

/* State. */

static bool check_seat(const void *value, void *context)
{
    const struct seat *seat = value;
    (void)context;
    return seat->species < SPECIES_COUNT && seat->state < AGENT_STATE_COUNT &&
           persist_is_flag(&seat->known) && persist_is_flag(&seat->drawdown.begun);
}

static bool check_drawdown(const void *value, void *context)
{
    const struct metrics_drawdown *drawdown = value;
    (void)context;
    return persist_is_flag(&drawdown->begun);
}

static void persist_votes(struct introspection *introspection, struct persist *persist)
{
    size_t agents = introspection->agents;
    judge_persist(&introspection->ballots, persist);
    judge_persist(&introspection->decisions, persist);
    persist_array(persist, "tallies", introspection->tallies, agents, AGENTS_MAX,
                  sizeof *introspection->tallies, NULL, NULL);
    persist_array(persist, "agents", introspection->seats, agents, AGENTS_MAX,
                  sizeof *introspection->seats, check_seat, NULL);
    persist_array(persist, "pairs of agents", introspection->pairs, pair_count(agents),
                  pair_count(agents), sizeof *introspection->pairs, NULL, NULL);
    PERSIST(persist, introspection->system);
    PERSIST(persist, introspection->system_before);
    PERSIST(persist, introspection->diversity);
    PERSIST(persist, introspection->diverse);
    PERSIST(persist, introspection->ballots_heard);
}

static void persist_equity(struct introspection *introspection, struct persist *persist)
{
    PERSIST(persist, introspection->minutes);
    persist_value(persist, "drawdown", &introspection->drawdown, sizeof introspection->drawdown,
                  check_drawdown, NULL);
    PERSIST(persist, introspection->equities);
    PERSIST(persist, introspection->equity);
    PERSIST(persist, introspection->traded);
    int64_t traded_before =
        persist_integer(persist, "traded before", introspection->traded_before, 0, INT64_MAX);
    PERSIST(persist, introspection->adoption);
    PERSIST(persist, introspection->minute_return);
    persist_array(persist, "gains of positions", introspection->gained, introspection->symbols,
                  introspection->symbols, sizeof *introspection->gained, NULL, NULL);
    PERSIST(persist, introspection->trips);
    PERSIST(persist, introspection->trips_won);
    if (persist_loading(persist)) {
        introspection->traded_before = traded_before;
    }
}

static void persist(void *state, struct persist *persist)
{
    struct introspection *introspection = state;
    bool due = persist_flag(persist, "due", introspection->due);
    persist_votes(introspection, persist);
    persist_equity(introspection, persist);
    persist_history(persist, "reward_metrics_history", &introspection->history, NULL, NULL);
    if (persist_loading(persist)) {
        introspection->due = due;
    }
}

struct module introspection_module(struct introspection *introspection)
{
    return (struct module){.id = MODULE_INTROSPECTION,
                           .state = introspection,
                           .handle = handle,
                           .histories = histories,
                           .persist = persist,
                           .version = PERSIST_VERSION};
}

/* Readers. */

const struct introspection_entry *introspection_entry(const struct introspection *introspection,
                                                      size_t index)
{
    return index < ring_size(&introspection->history) ? ring_newest(&introspection->history, index)
                                                      : NULL;
}

static double standard_errors(const struct running_stats *stats)
{
    double error = running_stats_sample_variance(stats) / (double)stats->count;
    return stats->count >= INTROSPECTION_MINUTES_MIN && error > 0 ? stats->mean / sqrt(error)
                                                                  : real_nan();
}

bool introspection_agent(const struct introspection *introspection, size_t place,
                         struct introspection_agent *agent)
{
    if (place >= introspection->agents) {
        return false;
    }
    const struct seat *seat = &introspection->seats[place];
    const struct judge_tally *tally = &introspection->tallies[place];
    *agent = (struct introspection_agent){
        .id = seat->id,
        .place = place,
        .species = seat->species,
        .state = seat->state,
        .version = seat->version,
        .weight = seat->weight,
        .mean_reward = judge_mean_reward(tally),
        .mean_worth = judge_mean_worth(tally),
        .hit_rate = judge_hit_rate(tally),
        .brier = judge_brier_score(tally),
        .sharpe = sharpe_of(&seat->minutes),
        .sortino = sortino_of(&seat->minutes),
        .max_drawdown = seat->drawdown.begun ? seat->drawdown.worst : real_nan(),
        .turnover = judge_turnover(tally),
        .over_coin = standard_errors(&seat->over_coin),
        .votes = tally->votes,
        .bars = tally->scored,
        .minutes = seat->minutes.count,
    };
    return true;
}
