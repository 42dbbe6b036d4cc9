/* The models, and what is told of a decision beside its side. */
#include "tickd/modules/consensus_models.h"

#include <math.h>
#include <string.h>

#include "tickd/base/real.h"

/* Sums over those who count and do not abstain. */
struct sums {
    size_t eligible;
    size_t awake;
    size_t heads[SIDE_COUNT];
    double weight[SIDE_COUNT];
    double strength[SIDE_COUNT]; /* Σ weight × confidence */
    double weight_awake;
};

static enum side side_of(int8_t vote)
{
    return vote > 0 ? SIDE_BUY : vote < 0 ? SIDE_SELL : SIDE_HOLD;
}

/* `skip`: agents whose vote is taken for a hold; NULL = none. */
static struct sums add_up(const struct poll *poll, const bool *skip)
{
    struct sums sums = {0};
    for (size_t i = 0; i < poll->agents; i++) {
        if (!poll->counts[i]) {
            continue;
        }
        sums.eligible++;
        if (poll->votes[i] == VOTE_ABSTAINS) {
            continue;
        }
        int8_t vote = skip != NULL && skip[i] ? 0 : poll->votes[i];
        enum side side = side_of(vote);
        sums.awake++;
        sums.heads[side]++;
        sums.weight[side] += poll->weights[i];
        sums.strength[side] += poll->weights[i] * fabs((double)vote) / 100.0;
        sums.weight_awake += poll->weights[i];
    }
    return sums;
}

struct choice {
    enum side side;
    enum decision_reason reason;
};

static enum side heavier(double buy, double sell)
{
    return buy > sell ? SIDE_BUY : SIDE_SELL;
}

static struct choice choose_if(bool enough, enum side side)
{
    return enough ? (struct choice){side, DECISION_AGREED}
                  : (struct choice){SIDE_HOLD, DECISION_BELOW_SUPPORT};
}

static struct choice choose(enum consensus_model model, const struct poll *poll,
                            const struct sums *sums)
{
    bool by_heads = model == CONSENSUS_MAJORITY || model == CONSENSUS_UNANIMOUS;
    const double heads_buy = (double)sums->heads[SIDE_BUY];
    const double heads_sell = (double)sums->heads[SIDE_SELL];
    double buy = by_heads ? heads_buy : sums->weight[SIDE_BUY];
    double sell = by_heads ? heads_sell : sums->weight[SIDE_SELL];
    if (model == CONSENSUS_HEDGE) {
        buy = sums->strength[SIDE_BUY];
        sell = sums->strength[SIDE_SELL];
    }
    if (sums->heads[SIDE_BUY] + sums->heads[SIDE_SELL] == 0) {
        return (struct choice){SIDE_HOLD, DECISION_NOBODY_VOTES};
    }
    if (!(buy > sell) && !(sell > buy)) {
        return (struct choice){SIDE_HOLD, DECISION_TIE};
    }
    enum side side = heavier(buy, sell);
    switch (model) {
    case CONSENSUS_HEDGE:
        return (struct choice){side, DECISION_AGREED};
    case CONSENSUS_WEIGHTED:
        return choose_if(2.0 * sums->weight[side] > sums->weight_awake, side);
    case CONSENSUS_MAJORITY:
        return choose_if(2 * sums->heads[side] > sums->awake, side);
    case CONSENSUS_UNANIMOUS:
        return choose_if(sums->heads[side] == sums->awake, side);
    case CONSENSUS_THRESHOLD:
        return choose_if(sums->weight[side] >= poll->threshold * sums->weight_awake, side);
    case CONSENSUS_MODEL_COUNT:
        break;
    }
    return (struct choice){SIDE_HOLD, DECISION_BELOW_SUPPORT};
}

static double entropy(const struct sums *sums)
{
    double sum = 0.0;
    for (size_t side = 0; side < SIDE_COUNT; side++) {
        double share = sums->weight[side] / sums->weight_awake;
        if (share > 0.0) {
            sum -= share * real_log(share);
        }
    }
    return sum / real_log(3.0);
}

static size_t strongest(const struct poll *poll, enum side side, const bool *skip)
{
    size_t best = poll->agents;
    double most = -1.0;
    for (size_t i = 0; i < poll->agents; i++) {
        bool behind = poll->counts[i] && !skip[i] && poll->votes[i] != VOTE_ABSTAINS &&
                      side_of(poll->votes[i]) == side;
        double strength = poll->weights[i] * fabs((double)poll->votes[i]);
        if (behind && strength > most) {
            most = strength;
            best = i;
        }
    }
    return best;
}

/* How many of the votes behind the decision, the strongest first, would have to hold instead. */
static uint32_t robustness(enum consensus_model model, const struct poll *poll, enum side side)
{
    bool skip[AGENTS_MAX] = {false};
    uint32_t turned = 0;
    while (turned < poll->agents) {
        size_t next = strongest(poll, side, skip);
        if (next == poll->agents) {
            break;
        }
        skip[next] = true;
        turned++;
        struct sums sums = add_up(poll, skip);
        if (choose(model, poll, &sums).side != side) {
            break;
        }
    }
    return turned;
}

struct poll_result poll_decide(enum consensus_model model, const struct poll *poll)
{
    struct sums sums = add_up(poll, NULL);
    struct poll_result result = {.side = SIDE_HOLD, .reason = DECISION_BELOW_QUORUM};
    result.quorum = sums.eligible == 0 ? 0.0 : (double)sums.awake / (double)sums.eligible;
    if (sums.awake == 0 || result.quorum < poll->quorum || !(sums.weight_awake > 0.0)) {
        return result;
    }
    struct choice choice = choose(model, poll, &sums);
    result.side = choice.side;
    result.reason = choice.reason;
    result.score = (sums.strength[SIDE_BUY] - sums.strength[SIDE_SELL]) / sums.weight_awake;
    result.support = sums.weight[choice.side] / sums.weight_awake;
    result.dissent = entropy(&sums);
    if (choice.side != SIDE_HOLD) {
        result.confidence = sums.weight[choice.side] > 0.0
                                ? sums.strength[choice.side] / sums.weight[choice.side]
                                : 0.0;
        result.robustness = robustness(model, poll, choice.side);
    }
    return result;
}
