/* The monitor: who is healthy, by what is owed, and what an operator has to hear of. CLOCK, FEED,
 * VITALS → HEALTH, on every change and once a minute; with EQUITY and WEIGHTS → ALERT, on every
 * change of an alert's state. Of the modules it reads the bus's accounts and nothing else; a quiet
 * market is no illness. */
#ifndef TICKD_MODULES_MONITOR_H
#define TICKD_MODULES_MONITOR_H

#include "tickd/bus/bus.h"
#include "tickd/modules/monitor_alerts.h"
#include "tickd/settings/settings.h"

struct monitor;

enum module_state {
    MODULE_IDLE,    /* nothing is asked of it */
    MODULE_ACTIVE,  /* works, owes nothing for long */
    MODULE_LAGGING, /* owes for more than half of the stale time */
    MODULE_STALE,   /* owes for the whole of it */
    MODULE_FAILED,  /* says so itself */
    MODULE_STATE_COUNT
};

const char *module_state_name(uint32_t state);

/* How one module stands. */
struct assessment {
    enum module_id id;
    enum module_state state;
    int64_t owed_ms; /* how long the oldest debt has been due; 0 = none is */
    uint64_t owed;   /* open debts, due or not */
    uint64_t handled;
    uint64_t published;
    int64_t longest_ns; /* longest handler; 0 = not measured */
};

/* How long the oldest debt of a module has been due, in classes: none is, up to a 64th,
 * a 16th, a quarter, the half, the whole of monitor.stale_s (all inclusive), longer. */
enum { STALENESS_CLASSES = 7 };

/* The upper end of a class in ms, inclusive; INT64_MAX = the last. */
int64_t monitor_staleness_ms(const struct settings_monitor *settings, size_t class);

/* Health, one entry a minute. Since the entry before it: the longest loop_lag_us, and how often a
 * module was found in each class of staleness, once a second and module. */
struct health_minute {
    int64_t time_us;
    double score;
    uint64_t rss_bytes;
    uint64_t allocated_bytes;
    int64_t loop_lag_us;
    uint32_t stale; /* modules, as bits */
    uint32_t lagging;
    uint32_t staleness[STALENESS_CLASSES];
};

/* An alert for readers. */
struct alert_view {
    enum alert_id id;
    enum alert_state state;
    int64_t since_us; /* of the state; 0 = since the start */
    int64_t began_us; /* since when the condition holds, or had last held; 0 = it never has */
    uint64_t fired;   /* how often */
    double value;     /* now; NaN = not known */
    char text[sizeof(((struct alert_message *)NULL)->text)]; /* the value in words */
};

/* A change of an alert's state. */
struct alert_entry {
    uint64_t sequence; /* of the ALERT */
    int64_t time_us;
    struct alert_message alert;
};

struct monitor_room {
    int64_t minutes; /* history.health */
    int64_t alerts;  /* history.alerts */
};

/* NULL while measuring. */
struct monitor *monitor_create(struct arena *arena, const struct settings_monitor *settings,
                               const struct monitor_room *room, struct bus *bus);

struct module monitor_module(struct monitor *monitor);

/* The scored modules that are wired, in their order; returns how many (at most MODULE_COUNT). */
size_t monitor_assess(const struct monitor *monitor, int64_t now_us,
                      struct assessment *assessments);

/* 100 × fresh ÷ wired, fresh being neither stale nor failed; 100 when none is wired. */
double monitor_score(const struct assessment *assessments, size_t count);

/* `index` 0 is the newest; NULL beyond the oldest. */
const struct health_minute *monitor_minute(const struct monitor *monitor, size_t index);
const struct alert_entry *monitor_alert_entry(const struct monitor *monitor, size_t index);

/* Every alert of the table, in its order. */
void monitor_alerts(const struct monitor *monitor, struct alert_view views[ALERT_COUNT]);

#endif
