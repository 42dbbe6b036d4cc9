/* The engine's insides, for the files of this room alone. */
#ifndef TICKD_ENGINE_ENGINE_STATE_H
#define TICKD_ENGINE_ENGINE_STATE_H

#include "tickd/engine/chronicle.h"
#include "tickd/engine/engine.h"
#include "tickd/engine/explain.h"
#include "tickd/engine/wiring.h"
#include "tickd/market/session.h"
#include "tickd/modules/agent_manager.h"
#include "tickd/modules/consensus.h"
#include "tickd/modules/electorate.h"
#include "tickd/modules/evolution.h"
#include "tickd/modules/introspection.h"
#include "tickd/modules/market.h"
#include "tickd/modules/monitor.h"
#include "tickd/modules/portfolio.h"
#include "tickd/modules/simulator.h"

struct engine {
    const struct arena *arena;
    struct bus *bus;
    struct market *market;
    struct electorate *electorate;
    struct consensus *consensus;
    struct simulator *simulator;
    struct portfolio *portfolio;
    struct agent_manager *agent_manager;
    struct evolution *evolution;
    struct introspection *introspection;
    struct explain *explain;     /* a tap */
    struct chronicle *chronicle; /* a tap */
    struct monitor *monitor;
    struct symbol_table symbols;
    struct market_calendar calendar;
    struct status_input input; /* what the door counts; the market's part is added by the status */
    struct wiring_times times;
    struct module modules[MODULE_COUNT];
    size_t module_count;
    struct owed_rule rules[BUS_RULES_MAX];
    uint64_t config_digest;
    uint64_t control_handled; /* so far, of the last VITALS */
    uint64_t store_handled;
    uint64_t dashboard_handled;
    struct input_journal journal;
    int64_t at_us; /* of the input at hand, as it was given: not made monotone */
    bool odd_lots_move_price;
    bool started;
};

#endif
