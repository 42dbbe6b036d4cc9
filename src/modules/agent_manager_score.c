/* Votes and their outcomes. */
#include "tickd/modules/agent_manager_score.h"

#include <math.h>
#include <string.h>

#include "tickd/agents/reward.h"
#include "tickd/base/assert.h"
#include "tickd/base/real.h"

/* One bad print shall not outweigh a day. */
static const double units_max = 8;

bool score_init(struct score_sheet *sheet, struct arena *arena, size_t symbols, size_t agents,
                size_t horizon, double cost)
{
    struct score_symbol *of = arena_take(arena, "agent_manager", "symbols", symbols, sizeof *of);
    for (size_t i = 0; i < symbols; i++) {
        struct score_symbol scratch = {0};
        struct score_symbol *symbol = arena_measuring(arena) ? &scratch : &of[i];
        symbol->sides =
            arena_take(arena, "agent_manager", "votes without outcome", horizon * agents, 1);
        symbol->changes =
            arena_take(arena, "agent_manager", "votes without outcome", horizon * agents, 1);
        symbol->scales =
            arena_take(arena, "agent_manager", "scales of the horizon", horizon, sizeof(double));
    }
    if (arena_measuring(arena)) {
        return false;
    }
    *sheet = (struct score_sheet){.of = of,
                                  .symbols = symbols,
                                  .agents = agents,
                                  .horizon = horizon,
                                  .root_of_horizon = sqrt((double)horizon),
                                  .cost = cost};
    for (size_t i = 0; i < symbols; i++) {
        score_forget(sheet, (uint16_t)i);
    }
    return true;
}

void score_forget(struct score_sheet *sheet, uint16_t symbol)
{
    memset(sheet->of[symbol].sides, REWARD_NO_SIDE, sheet->horizon * sheet->agents);
    sheet->of[symbol].bars = 0;
}

void score_clear(struct score_sheet *sheet, size_t agent)
{
    ASSERT(agent < sheet->agents);
    for (size_t i = 0; i < sheet->symbols; i++) {
        for (size_t row = 0; row < sheet->horizon; row++) {
            sheet->of[i].sides[row * sheet->agents + agent] = REWARD_NO_SIDE;
        }
    }
}

static void judge(struct score_record *record, int side, int change, double units, double cost)
{
    double worth = side * units;
    record->judged++;
    record->votes += side != 0 ? 1 : 0;
    record->hits += worth > 0 ? 1 : 0;
    record->worth += worth;
    record->reward += worth - cost * change;
}

static double limited(double value)
{
    return value > units_max ? units_max : value < -units_max ? -units_max : value;
}

void score_ballot(struct score_sheet *sheet, uint16_t symbol, double volatility,
                  double horizon_return, const int8_t *votes, struct score_record *records)
{
    ASSERT(symbol < sheet->symbols);
    struct score_symbol *of = &sheet->of[symbol];
    size_t row = (size_t)(of->bars % sheet->horizon);
    int8_t *sides = of->sides + row * sheet->agents;
    int8_t *changes = of->changes + row * sheet->agents;
    double scale = of->scales[row];
    bool known = of->bars >= sheet->horizon && scale > 0 && horizon_return == horizon_return;
    double units = known ? limited(horizon_return * scale) : 0;
    double cost = sheet->cost * scale;
    double next_scale = reward_scale(volatility, sheet->root_of_horizon);
    for (size_t i = 0; i < sheet->agents; i++) {
        if (known && sides[i] != REWARD_NO_SIDE) {
            judge(&records[i], sides[i], changes[i], units, cost);
        }
        int side = reward_side(votes[i], next_scale);
        changes[i] = (int8_t)reward_change(side, sides[i]);
        sides[i] = (int8_t)side;
    }
    of->scales[row] = next_scale;
    of->bars++;
}

double score_mean_reward(const struct score_record *record)
{
    return record->judged > 0 ? record->reward / (double)record->judged : real_nan();
}

double score_mean_worth(const struct score_record *record)
{
    return record->judged > 0 ? record->worth / (double)record->judged : real_nan();
}

double score_hit_rate(const struct score_record *record)
{
    return record->votes > 0 ? (double)record->hits / (double)record->votes : real_nan();
}

void score_persist(struct score_sheet *sheet, struct persist *persist)
{
    size_t votes = sheet->horizon * sheet->agents;
    persist_same(persist, "electorate.horizon_bars", (int64_t)sheet->horizon);
    for (size_t i = 0; i < sheet->symbols; i++) {
        struct score_symbol *of = &sheet->of[i];
        persist_array(persist, "votes without outcome", of->sides, votes, votes, 1, NULL, NULL);
        persist_array(persist, "changes of side", of->changes, votes, votes, 1, NULL, NULL);
        persist_array(persist, "scales of the horizon", of->scales, sheet->horizon, sheet->horizon,
                      sizeof *of->scales, NULL, NULL);
        PERSIST(persist, of->bars);
    }
}
