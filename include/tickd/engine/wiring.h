/* Who hears what, and who owes what to whom: the two tables of the system. */
#ifndef TICKD_ENGINE_WIRING_H
#define TICKD_ENGINE_WIRING_H

#include "tickd/bus/bus.h"
#include "tickd/settings/settings.h"

/* What the rules of debt need to know of the settings. */
struct wiring_times {
    int64_t bar_ms;
    int64_t grace_ms;
    int64_t order_expiry_s;
};

const struct route *wiring_routes(size_t *count);

/* Fills in the rules, which keep a pointer to `times`; returns how many, at most BUS_RULES_MAX. */
size_t wiring_rules(struct owed_rule rules[BUS_RULES_MAX], const struct wiring_times *times);

/* The most messages that one input can cause with so many symbols. */
size_t wiring_input_messages_max(size_t symbols, const struct settings_electorate *electorate);

#endif
