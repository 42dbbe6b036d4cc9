/* The wiring. Subscribers of a topic are served in the order of their rows. */
#include "tickd/engine/wiring.h"

#include "tickd/base/calendar.h"
#include "tickd/market/bars.h"
#include "tickd/market/conditions.h"
#include "tickd/modules/evolution.h"

/* Who hears what. Of what reaches the portfolio the trade comes before the bar that it closes, and
 * so before the order that the bar may lead to: an order waits for the next trade. */
static const struct route routes[] = {
    {TOPIC_TRADE, MODULE_MARKET},
    {TOPIC_TRADE, MODULE_PORTFOLIO},

    {TOPIC_BAR, MODULE_PORTFOLIO},
    {TOPIC_BAR, MODULE_SIMULATOR},
    {TOPIC_BAR, MODULE_ELECTORATE},

    {TOPIC_BALLOT, MODULE_CONSENSUS},
    {TOPIC_BALLOT, MODULE_AGENT_MANAGER},
    {TOPIC_BALLOT, MODULE_EVOLUTION},
    {TOPIC_BALLOT, MODULE_INTROSPECTION},
    {TOPIC_SHADOWS, MODULE_EVOLUTION},
    {TOPIC_DECISION, MODULE_SIMULATOR},
    {TOPIC_DECISION, MODULE_INTROSPECTION},
    {TOPIC_SIMULATION, MODULE_PORTFOLIO},

    {TOPIC_FILL, MODULE_INTROSPECTION},
    {TOPIC_EQUITY, MODULE_INTROSPECTION},
    {TOPIC_EQUITY, MODULE_MONITOR},

    {TOPIC_AGENT_UPDATE, MODULE_AGENT_MANAGER},
    {TOPIC_AGENT_PROFILE, MODULE_ELECTORATE},
    {TOPIC_AGENT_PROFILE, MODULE_CONSENSUS},
    {TOPIC_AGENT_PROFILE, MODULE_EVOLUTION},
    {TOPIC_AGENT_PROFILE, MODULE_INTROSPECTION},
    {TOPIC_SHADOW_PROFILE, MODULE_ELECTORATE},
    {TOPIC_SHADOW_PROFILE, MODULE_EVOLUTION},
    {TOPIC_WEIGHTS, MODULE_AGENT_MANAGER},
    {TOPIC_WEIGHTS, MODULE_INTROSPECTION},
    {TOPIC_WEIGHTS, MODULE_MONITOR},

    {TOPIC_COMMAND, MODULE_SIMULATOR},
    {TOPIC_COMMAND, MODULE_PORTFOLIO},
    {TOPIC_COMMAND, MODULE_AGENT_MANAGER},
    {TOPIC_COMMAND, MODULE_INTROSPECTION},

    {TOPIC_FEED, MODULE_MARKET},
    {TOPIC_FEED, MODULE_MONITOR},
    {TOPIC_VITALS, MODULE_PORTFOLIO},
    {TOPIC_VITALS, MODULE_MONITOR},

    {TOPIC_CLOCK, MODULE_MARKET},
    {TOPIC_CLOCK, MODULE_PORTFOLIO},
    {TOPIC_CLOCK, MODULE_CONSENSUS},
    {TOPIC_CLOCK, MODULE_INTROSPECTION},
    {TOPIC_CLOCK, MODULE_MONITOR},
};

/* The market owes a bar for every width with trades that have a price: at the first whole second
 * that is past the bar's end plus grace. A trade that comes after that is late and owed nothing. */
static bool trade_asks_for_bar(const void *context, const struct message *message,
                               struct owed *owed)
{
    const struct wiring_times *times = context;
    const struct trade_message *trade = &message->body.trade;
    int64_t start_ms = trade->time_ms - floor_modulo(trade->time_ms, times->bar_ms);
    int64_t ripe_ms = start_ms + times->bar_ms + times->grace_ms;
    owed->ordinal = start_ms;
    owed->due_us = (ripe_ms + floor_modulo(-ripe_ms, MS_PER_S)) * US_PER_MS;
    return (trade->moves & MOVES_LAST) != 0 && owed->due_us > message->head.time_us;
}

/* What belongs to a bar of a symbol is told apart by the bar's start. */
static bool bar_of(const struct message *message, int64_t *start_ms)
{
    switch (message->head.topic) {
    case TOPIC_BAR:
        *start_ms = message->body.bar.start_ms;
        return true;
    case TOPIC_BALLOT:
        *start_ms = message->body.ballot.bar_start_ms;
        return true;
    case TOPIC_DECISION:
        *start_ms = message->body.decision.bar_start_ms;
        return message->body.decision.side != SIDE_HOLD;
    case TOPIC_SIMULATION:
        *start_ms = message->body.simulation.bar_start_ms;
        return true;
    default:
        return false;
    }
}

static bool asks_by_bar(const void *context, const struct message *message, struct owed *owed)
{
    (void)context;
    return bar_of(message, &owed->ordinal);
}

/* A decision to hold answers its ballot too. */
static bool settles_by_bar(const void *context, const struct message *message, int64_t *ordinal)
{
    (void)context;
    if (message->head.topic == TOPIC_DECISION) {
        *ordinal = message->body.decision.bar_start_ms;
        return true;
    }
    return bar_of(message, ordinal);
}

/* An order has until its expiry, and the second in which that is noticed. */
static bool order_asks_for_end(const void *context, const struct message *message,
                               struct owed *owed)
{
    const struct wiring_times *times = context;
    owed->ordinal = message->body.order.order;
    owed->due_us = message->head.time_us + (times->order_expiry_s + 1) * US_PER_S;
    return true;
}

static bool order_ends(const void *context, const struct message *message, int64_t *ordinal)
{
    (void)context;
    switch (message->head.topic) {
    case TOPIC_FILL:
        *ordinal = message->body.fill.order;
        return message->body.fill.done != 0;
    case TOPIC_REJECT:
        *ordinal = message->body.reject.order;
        return true;
    case TOPIC_EXPIRED:
        *ordinal = message->body.expired.order;
        return true;
    default:
        return false;
    }
}

static bool update_asks_for_profile(const void *context, const struct message *message,
                                    struct owed *owed)
{
    (void)context;
    owed->ordinal = message->body.agent_update.id;
    return true;
}

static bool profile_answers(const void *context, const struct message *message, int64_t *ordinal)
{
    (void)context;
    *ordinal = message->body.agent_profile.id;
    return true;
}

/* A REWARD for every whole minute, at the latest with the second after it. */
static bool minute_asks_for_reward(const void *context, const struct message *message,
                                   struct owed *owed)
{
    (void)context;
    owed->ordinal = message->head.time_us;
    owed->due_us = message->head.time_us + 2 * (int64_t)US_PER_S;
    return floor_modulo(message->head.time_us, 60 * (int64_t)US_PER_S) == 0;
}

static bool reward_answers(const void *context, const struct message *message, int64_t *ordinal)
{
    (void)context;
    *ordinal = message->head.time_us;
    return true;
}

const struct route *wiring_routes(size_t *count)
{
    *count = ARRAY_LENGTH(routes);
    return routes;
}

size_t wiring_rules(struct owed_rule rules[BUS_RULES_MAX], const struct wiring_times *times)
{
    static const struct owed_rule table[] = {
        {.module = MODULE_MARKET,
         .topic = TOPIC_TRADE,
         .answers = TOPIC_BIT(TOPIC_BAR),
         .asks = trade_asks_for_bar,
         .settles = settles_by_bar,
         .settles_older = true},
        {.module = MODULE_ELECTORATE,
         .topic = TOPIC_BAR,
         .answers = TOPIC_BIT(TOPIC_BALLOT),
         .asks = asks_by_bar,
         .settles = settles_by_bar},
        {.module = MODULE_CONSENSUS,
         .topic = TOPIC_BALLOT,
         .answers = TOPIC_BIT(TOPIC_DECISION),
         .asks = asks_by_bar,
         .settles = settles_by_bar},
        {.module = MODULE_SIMULATOR,
         .topic = TOPIC_DECISION,
         .answers = TOPIC_BIT(TOPIC_SIMULATION),
         .asks = asks_by_bar,
         .settles = settles_by_bar},
        {.module = MODULE_PORTFOLIO,
         .topic = TOPIC_ORDER,
         .answers = TOPIC_BIT(TOPIC_FILL) | TOPIC_BIT(TOPIC_REJECT) | TOPIC_BIT(TOPIC_EXPIRED),
         .asks = order_asks_for_end,
         .settles = order_ends},
        {.module = MODULE_AGENT_MANAGER,
         .topic = TOPIC_AGENT_UPDATE,
         .answers = TOPIC_BIT(TOPIC_AGENT_PROFILE),
         .asks = update_asks_for_profile,
         .settles = profile_answers},
        {.module = MODULE_INTROSPECTION,
         .topic = TOPIC_CLOCK,
         .answers = TOPIC_BIT(TOPIC_REWARD),
         .asks = minute_asks_for_reward,
         .settles = reward_answers,
         .settles_older = true},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        rules[i] = table[i];
        rules[i].context = times;
    }
    return ARRAY_LENGTH(table);
}

/* For each bar that closes: BAR, BALLOT, SHADOWS, DECISION, SIMULATION, an order that is called off
 * and one that is placed, and whatever a generation that ends with it changes. */
size_t wiring_input_messages_max(size_t symbols, const struct settings_electorate *electorate)
{
    /* CLOCK, WEIGHTS, EQUITY, HEALTH, REWARD and what comes of them; every alert */
    size_t each_second = 8 + ALERT_COUNT;
    size_t each_symbol = 4; /* an order that expires, one of a command, their fills */
    size_t each_bar = 8 + evolution_messages_max(electorate);
    return each_second + symbols * (each_symbol + BARS_OPEN_MAX * each_bar);
}
