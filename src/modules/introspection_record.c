/* Votes and what became of them. */
#include "tickd/modules/introspection_record.h"

#include <math.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/real.h"
#include "tickd/bus/vocabulary.h"
#include "tickd/modules/introspection_metrics.h"

static void forget(struct record *record, struct record_symbol *of)
{
    memset(of->votes, VOTE_ABSTAINS, record->horizon * record->places);
    for (size_t i = 0; i < record->horizon; i++) {
        of->scales[i] = 0;
    }
    for (size_t i = 0; i < record->places; i++) {
        of->tranches[i] = (struct reward_tranches){0};
    }
    of->price = (struct reward_price){0};
}

bool record_init(struct record *record, struct arena *arena, const char *what, size_t symbols,
                 size_t places, size_t horizon, double cost)
{
    struct record_symbol *of = arena_take(arena, "introspection", what, symbols, sizeof *of);
    for (size_t i = 0; i < symbols; i++) {
        struct record_symbol scratch = {0};
        struct record_symbol *symbol = arena_measuring(arena) ? &scratch : &of[i];
        symbol->votes = arena_take(arena, "introspection", what, horizon * places, 1);
        symbol->scales = arena_take(arena, "introspection", what, horizon, sizeof(double));
        symbol->tranches =
            arena_take(arena, "introspection", what, places, sizeof *symbol->tranches);
    }
    if (arena_measuring(arena)) {
        return false;
    }
    *record = (struct record){.of = of,
                              .symbols = symbols,
                              .places = places,
                              .horizon = horizon,
                              .root_of_horizon = sqrt((double)horizon),
                              .cost = cost};
    for (size_t i = 0; i < symbols; i++) {
        forget(record, &of[i]);
    }
    return true;
}

void record_clear(struct record *record, size_t place)
{
    ASSERT(place < record->places);
    for (size_t i = 0; i < record->symbols; i++) {
        struct record_symbol *of = &record->of[i];
        for (size_t row = 0; row < record->horizon; row++) {
            of->votes[row * record->places + place] = VOTE_ABSTAINS;
        }
        of->tranches[place] = (struct reward_tranches){0};
    }
}

/* A vote whose horizon has passed with this return. */
static void judge(struct record_tally *tally, int8_t vote, double horizon_return)
{
    int confidence = vote < 0 ? -vote : vote;
    bool right = vote * horizon_return > 0;
    tally->votes++;
    tally->right += right ? 1 : 0;
    tally->brier += metrics_brier(0.5 + confidence / 200.0, right);
}

void record_votes(struct record *record, uint16_t symbol, const struct record_bar *bar,
                  const int8_t *votes, size_t count, struct record_tally *tallies)
{
    ASSERT(symbol < record->symbols && count <= record->places);
    struct record_symbol *of = &record->of[symbol];
    if (bar->after_gap) {
        forget(record, of);
    }
    size_t row = (size_t)(of->price.bars % record->horizon);
    int8_t *then = of->votes + row * record->places;
    struct reward_bar step = {
        .bar_return = reward_next_return(&of->price, bar->close, bar->volatility),
        .scale = reward_scale(bar->volatility, record->root_of_horizon),
        .scale_out = of->scales[row],
        .cost = record->cost,
        .horizon = (uint32_t)record->horizon,
    };
    bool known = step.scale_out > 0 && bar->horizon_return == bar->horizon_return;
    for (size_t i = 0; i < record->places; i++) {
        int8_t vote = i < count ? votes[i] : VOTE_ABSTAINS;
        int in = reward_side(vote, step.scale);
        int out = reward_side(then[i], step.scale_out);
        double earned = 0;
        if (reward_step(&of->tranches[i], in, out, &step, &earned)) {
            tallies[i].scored++;
            tallies[i].earned += earned;
            tallies[i].changes += (uint64_t)reward_change(in, out);
        }
        if (known && out != 0 && out != REWARD_NO_SIDE) {
            judge(&tallies[i], then[i], bar->horizon_return);
        }
        then[i] = vote;
    }
    of->scales[row] = step.scale;
}

static double ratio(double sum, uint64_t count)
{
    return count > 0 ? sum / (double)count : real_nan();
}

double record_mean_reward(const struct record_tally *tally)
{
    return ratio(tally->earned, tally->scored);
}

double record_hit_rate(const struct record_tally *tally)
{
    return ratio((double)tally->right, tally->votes);
}

double record_brier_score(const struct record_tally *tally)
{
    return ratio(tally->brier, tally->votes);
}

double record_turnover(const struct record_tally *tally)
{
    return ratio((double)tally->changes, tally->scored);
}
