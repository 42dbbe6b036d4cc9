/* The monitor's alerts: the rules of alert_table.h, looked at once a second in engine time.
 *
 *                 condition             held for hold_s
 *   inactive ───────────────▶ pending ─────────────────▶ firing
 *       ▲                      │   ▲                       │
 *       └── gone for clear_s ──┘   │ condition             │ gone for clear_s
 *                                  └────────── resolved ◀──┘
 *
 * With a hold time of 0 an alert fires at once, without having been pending. Times are counted in
 * seconds that were looked at, not in time that passed: while the shell measures nothing (the
 * process was not there, or its loop hung) all of them stand still. */
#ifndef TICKD_MODULES_MONITOR_ALERTS_H
#define TICKD_MODULES_MONITOR_ALERTS_H

#include "tickd/bus/message.h"

enum alert_comparison { COMPARE_ABOVE, COMPARE_FROM, COMPARE_BELOW };

/* One row of the table. */
struct alert_rule {
    const char *name;
    enum alert_severity severity;
    enum alert_measure measure;
    enum alert_comparison comparison;
    double threshold;
    uint32_t hold_s;
    uint32_t clear_s;
    enum alert_action action;
    const char *summary;
    const char *remedy;
};

/* One alert as it stands. */
struct alert {
    enum alert_state state;
    int64_t since_us; /* of the state; 0 = it has never been in another */
    int64_t began_us; /* since when the condition has held, or had last held; 0 = it never has */
    uint32_t held_s;  /* how long it has held */
    uint32_t gone_s;  /* how long it has been gone */
    bool holds;
    uint64_t fired; /* how often */
};

/* What is looked at. */
struct alert_facts {
    const struct vitals_message *vitals;
    const struct feed_message *feed;
    bool feed_down;
    bool halted;
    double regret_ratio;
    double score;
    uint32_t stale; /* modules, as bits */
    uint32_t failed;
};

const struct alert_rule *alert_rule(enum alert_id id);
const char *alert_measure_unit(enum alert_measure measure);
const char *alert_comparison_sign(enum alert_comparison comparison); /* ">", "≥", "<" */

/* NaN where nothing is known yet; no alert comes of it. */
double alert_measured(enum alert_measure measure, const struct alert_facts *facts);

/* Whether the feed is down after this state; some states say nothing new about it. */
bool alert_feed_is_down(bool was_down, enum feed_state state);

/* A second has passed, with this value. Whether the state has changed. */
bool alert_step(struct alert *alert, const struct alert_rule *rule, double value, int64_t now_us);

/* What was measured, in words: "resident 41.2 MB, budget 26.0 MB". */
void alert_describe(enum alert_measure measure, const struct alert_facts *facts, struct text *out);

#endif
