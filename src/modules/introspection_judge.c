/* Votes and what became of them. */
#include "tickd/modules/introspection_judge.h"

#include <math.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/real.h"
#include "tickd/bus/vocabulary.h"
#include "tickd/modules/introspection_metrics.h"

static void forget(struct judge *judge, struct judge_symbol *of)
{
    memset(of->votes, VOTE_ABSTAINS, judge->horizon * judge->places);
    for (size_t i = 0; i < judge->horizon; i++) {
        of->scales[i] = 0;
    }
    for (size_t i = 0; i < judge->places; i++) {
        of->tranches[i] = (struct reward_tranches){0};
    }
    of->price = (struct reward_price){0};
}

bool judge_init(struct judge *judge, struct arena *arena, const char *what, size_t symbols,
                size_t places, size_t horizon, double cost)
{
    struct judge_symbol *of = arena_take(arena, "introspection", what, symbols, sizeof *of);
    for (size_t i = 0; i < symbols; i++) {
        struct judge_symbol scratch = {0};
        struct judge_symbol *symbol = arena_measuring(arena) ? &scratch : &of[i];
        symbol->votes = arena_take(arena, "introspection", what, horizon * places, 1);
        symbol->scales = arena_take(arena, "introspection", what, horizon, sizeof(double));
        symbol->tranches =
            arena_take(arena, "introspection", what, places, sizeof *symbol->tranches);
    }
    if (arena_measuring(arena)) {
        return false;
    }
    *judge = (struct judge){.of = of,
                            .symbols = symbols,
                            .places = places,
                            .horizon = horizon,
                            .root_of_horizon = sqrt((double)horizon),
                            .cost = cost};
    for (size_t i = 0; i < symbols; i++) {
        forget(judge, &of[i]);
    }
    return true;
}

void judge_clear(struct judge *judge, size_t place)
{
    ASSERT(place < judge->places);
    for (size_t i = 0; i < judge->symbols; i++) {
        struct judge_symbol *of = &judge->of[i];
        for (size_t row = 0; row < judge->horizon; row++) {
            of->votes[row * judge->places + place] = VOTE_ABSTAINS;
        }
        of->tranches[place] = (struct reward_tranches){0};
    }
}

/* A vote whose horizon has passed with this return; NaN = with one that is not known. Without
 * branches on votes: they are as good as random to the processor. */
static inline void note_outcome(struct judge_tally *tally, int8_t vote, int side,
                                double horizon_return)
{
    bool counts = (side == 1 || side == -1) && horizon_return == horizon_return;
    bool right = side * horizon_return > 0;
    double confidence = side * vote;
    tally->votes += counts ? 1 : 0;
    tally->right += counts && right ? 1 : 0;
    tally->brier += counts ? metrics_brier(0.5 + confidence / 200.0, right) : 0;
}

/* One place's vote comes, that of H bars ago goes. */
static inline void take_vote(struct judge_tally *tally, struct reward_tranches *tranches,
                             int8_t vote, int8_t then, const struct reward_bar *bar,
                             double horizon_return)
{
    int in = reward_side(vote, bar->scale);
    int out = reward_side(then, bar->scale_out);
    struct reward reward;
    bool scored = reward_step(tranches, in, out, bar, &reward);
    tally->scored += scored ? 1 : 0;
    tally->worth += scored ? reward.worth : 0;
    tally->costs += scored ? reward.costs : 0;
    tally->changes += scored ? (uint64_t)reward_change(in, out) : 0;
    note_outcome(tally, then, out, horizon_return);
}

void judge_votes(struct judge *judge, uint16_t symbol, const struct judge_bar *bar,
                 const int8_t *votes, size_t count, struct judge_tally *tallies)
{
    ASSERT(symbol < judge->symbols && count <= judge->places);
    struct judge_symbol *of = &judge->of[symbol];
    if (bar->after_gap) {
        forget(judge, of);
    }
    size_t row = (size_t)(of->price.bars % judge->horizon);
    int8_t *then = of->votes + row * judge->places;
    struct reward_bar step = {
        .bar_return = reward_next_return(&of->price, bar->close, bar->volatility),
        .scale = reward_scale(bar->volatility, judge->root_of_horizon),
        .scale_out = of->scales[row],
        .cost = judge->cost,
        .horizon = (uint32_t)judge->horizon,
    };
    for (size_t i = 0; i < judge->places; i++) {
        int8_t vote = i < count ? votes[i] : VOTE_ABSTAINS;
        take_vote(&tallies[i], &of->tranches[i], vote, then[i], &step, bar->horizon_return);
        then[i] = vote;
    }
    of->scales[row] = step.scale;
}

static double ratio(double sum, uint64_t count)
{
    return count > 0 ? sum / (double)count : real_nan();
}

double judge_mean_reward(const struct judge_tally *tally)
{
    return ratio(tally->worth - tally->costs, tally->scored);
}

double judge_mean_worth(const struct judge_tally *tally)
{
    return ratio(tally->worth, tally->scored);
}

double judge_hit_rate(const struct judge_tally *tally)
{
    return ratio((double)tally->right, tally->votes);
}

double judge_brier_score(const struct judge_tally *tally)
{
    return ratio(tally->brier, tally->votes);
}

double judge_turnover(const struct judge_tally *tally)
{
    return ratio((double)tally->changes, tally->scored);
}

void judge_persist(struct judge *judge, struct persist *persist)
{
    size_t votes = judge->horizon * judge->places;
    persist_same(persist, "electorate.horizon_bars", (int64_t)judge->horizon);
    for (size_t i = 0; i < judge->symbols; i++) {
        struct judge_symbol *of = &judge->of[i];
        PERSIST(persist, of->price);
        persist_array(persist, "votes without outcome", of->votes, votes, votes, 1, NULL, NULL);
        persist_array(persist, "scales of the horizon", of->scales, judge->horizon, judge->horizon,
                      sizeof *of->scales, NULL, NULL);
        persist_array(persist, "tranches", of->tranches, judge->places, judge->places,
                      sizeof *of->tranches, NULL, NULL);
    }
}
