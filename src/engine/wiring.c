/* The wiring. Subscribers of a topic are served in the order of their rows. */
#include "tickd/engine/wiring.h"

#include "tickd/base/calendar.h"
#include "tickd/market/bars.h"
#include "tickd/market/conditions.h"

/* Who hears what.               market   monitor */
static const struct route routes[] = {
    {TOPIC_TRADE, MODULE_MARKET},  {TOPIC_CLOCK, MODULE_MARKET}, {TOPIC_FEED, MODULE_MARKET},
    {TOPIC_CLOCK, MODULE_MONITOR}, {TOPIC_FEED, MODULE_MONITOR}, {TOPIC_VITALS, MODULE_MONITOR},
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

static bool bar_answers(const void *context, const struct message *message, int64_t *ordinal)
{
    (void)context;
    *ordinal = message->body.bar.start_ms;
    return true;
}

const struct route *wiring_routes(size_t *count)
{
    *count = ARRAY_LENGTH(routes);
    return routes;
}

size_t wiring_rules(struct owed_rule rules[BUS_RULES_MAX], const struct wiring_times *times)
{
    size_t count = 0;
    rules[count++] = (struct owed_rule){.module = MODULE_MARKET,
                                        .topic = TOPIC_TRADE,
                                        .answer = TOPIC_BAR,
                                        .asks = trade_asks_for_bar,
                                        .answers = bar_answers,
                                        .settles_older = true,
                                        .context = times};
    return count;
}

size_t wiring_input_messages_max(size_t symbols)
{
    size_t each_bar = 1;    /* BAR */
    size_t each_second = 2; /* CLOCK, HEALTH */
    return each_second + symbols * BARS_OPEN_MAX * each_bar;
}
