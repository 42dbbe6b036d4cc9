/* The monitor. Engine modules stand in the bus's accounts; for those of the shell (feed, control,
 * …) the same question is answered from FEED and VITALS, which are inputs like any other: so a
 * replay has the health of the live run. */
#include "tickd/modules/monitor.h"

#include <string.h>

#include "tickd/base/calendar.h"
#include "tickd/base/real.h"

/* The shell measures once a second. After so long without it the process was not there, or its loop
 * hung, and alerts stand still. */
enum { BLIND_AFTER_S = 3 };

enum { PERSIST_VERSION = 1 };

struct monitor {
    struct settings_monitor settings;
    struct bus *bus;
    struct feed_message feed;
    struct vitals_message vitals;
    struct health_message last;
    struct ring changes; /* of struct alert_entry */
    struct alert alerts[ALERT_COUNT];
    int64_t vitals_at_us; /* 0 = there were none yet */
    double regret_ratio;
    bool feed_down;
    bool halted;
    struct ring minutes;         /* of struct health_minute */
    struct health_minute minute; /* what is gathered for the next one */
    bool spoken;
};

const char *module_state_name(uint32_t state)
{
    static const char *const names[MODULE_STATE_COUNT] = {"idle", "active", "lagging", "stale",
                                                          "failed"};
    return state < MODULE_STATE_COUNT ? names[state] : "unknown";
}

struct monitor *monitor_create(struct arena *arena, const struct settings_monitor *settings,
                               const struct monitor_room *room, struct bus *bus)
{
    struct monitor *monitor = arena_take(arena, "monitor", "state", 1, sizeof *monitor);
    struct ring minutes;
    struct ring changes;
    ring_init(&minutes, arena, "monitor", "health", (size_t)room->minutes,
              sizeof(struct health_minute));
    ring_init(&changes, arena, "monitor", "alerts", (size_t)room->alerts,
              sizeof(struct alert_entry));
    if (arena_measuring(arena)) {
        return NULL;
    }
    monitor->settings = *settings;
    monitor->bus = bus;
    monitor->minutes = minutes;
    monitor->changes = changes;
    monitor->regret_ratio = real_nan();
    return monitor;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* 0 = nothing, or no module of the shell. */
static int64_t owed_by_shell_us(const struct vitals_message *vitals, enum module_id id)
{
    if (id == MODULE_CONTROL) {
        return vitals->control_owed_since_us;
    }
    if (id == MODULE_STORE) {
        return vitals->store_owed_since_us;
    }
    return id == MODULE_DASHBOARD ? vitals->dashboard_owed_since_us : 0;
}

/* When the module's oldest debt fell due; INT64_MAX = it has none. */
static int64_t owed_since_us(const struct monitor *monitor, enum module_id id, int64_t in_account)
{
    int64_t since_us = in_account;
    if (id == MODULE_FEED && monitor->feed.owed_since_us != 0) {
        since_us = earlier(since_us, monitor->feed.owed_since_us);
    }
    if (owed_by_shell_us(&monitor->vitals, id) != 0) {
        since_us = earlier(since_us, owed_by_shell_us(&monitor->vitals, id));
    }
    if (id == MODULE_BUS) {
        since_us = earlier(since_us, bus_waiting_since_us(monitor->bus));
    }
    return since_us;
}

static enum module_state judge(const struct monitor *monitor, bool failed, int64_t owed_us,
                               bool busy)
{
    int64_t stale_us = monitor->settings.stale_s * US_PER_S;
    if (failed) {
        return MODULE_FAILED;
    }
    if (owed_us >= stale_us) {
        return MODULE_STALE;
    }
    if (2 * owed_us >= stale_us) {
        return MODULE_LAGGING;
    }
    return busy ? MODULE_ACTIVE : MODULE_IDLE;
}

static void assess(const struct monitor *monitor, enum module_id id, int64_t now_us,
                   const struct module_account *account, struct assessment *assessment)
{
    int64_t since_us = owed_since_us(monitor, id, account->owed_since_us);
    int64_t owed_us = since_us < now_us ? now_us - since_us : 0;
    bool failed = (monitor->vitals.failed >> id & 1U) != 0;
    bool busy = account->last_handled_us != 0 &&
                now_us - account->last_handled_us < monitor->settings.stale_s * US_PER_S;
    *assessment = (struct assessment){
        .id = id,
        .state = judge(monitor, failed, owed_us, busy || account->owed > 0 || owed_us > 0),
        .owed_ms = owed_us / US_PER_MS,
        .owed = account->owed,
        .handled = account->handled,
        .published = account->published,
        .longest_ns = account->longest_ns,
    };
}

size_t monitor_assess(const struct monitor *monitor, int64_t now_us, struct assessment *assessments)
{
    size_t count = 0;
    for (uint32_t id = 0; id < MODULE_COUNT; id++) {
        struct module_account account;
        bool wired = bus_account(monitor->bus, (enum module_id)id, &account) ||
                     (monitor->vitals.wired >> id & 1U) != 0;
        if (wired && module_is_scored((enum module_id)id)) {
            assess(monitor, (enum module_id)id, now_us, &account, &assessments[count++]);
        }
    }
    return count;
}

double monitor_score(const struct assessment *assessments, size_t count)
{
    size_t fresh = 0;
    for (size_t i = 0; i < count; i++) {
        if (assessments[i].state != MODULE_STALE && assessments[i].state != MODULE_FAILED) {
            fresh++;
        }
    }
    return count == 0 ? 100.0 : 100.0 * (double)fresh / (double)count;
}

static struct health_message summarise(const struct assessment *assessments, size_t count)
{
    struct health_message health = {.score = monitor_score(assessments, count)};
    uint32_t *const sets[MODULE_STATE_COUNT] = {
        [MODULE_IDLE] = &health.idle,
        [MODULE_LAGGING] = &health.lagging,
        [MODULE_STALE] = &health.stale,
        [MODULE_FAILED] = &health.failed,
    };
    for (size_t i = 0; i < count; i++) {
        uint32_t bit = 1U << assessments[i].id;
        health.wired |= bit;
        if (sets[assessments[i].state] != NULL) {
            *sets[assessments[i].state] |= bit;
        }
    }
    return health;
}

int64_t monitor_staleness_ms(const struct settings_monitor *settings, size_t class)
{
    int64_t stale_ms = settings->stale_s * (US_PER_S / US_PER_MS);
    const int64_t ends[STALENESS_CLASSES] = {
        0, stale_ms / 64, stale_ms / 16, stale_ms / 4, stale_ms / 2, stale_ms, INT64_MAX};
    return ends[class];
}

static void gather(struct monitor *monitor, const struct assessment *assessments, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t class = 0;
        while (assessments[i].owed_ms > monitor_staleness_ms(&monitor->settings, class)) {
            class ++;
        }
        monitor->minute.staleness[class]++;
    }
    if (monitor->vitals.loop_lag_us > monitor->minute.loop_lag_us) {
        monitor->minute.loop_lag_us = monitor->vitals.loop_lag_us;
    }
}

static void keep_minute(struct monitor *monitor, const struct health_message *health,
                        int64_t now_us)
{
    struct health_minute *minute = &monitor->minute;
    minute->time_us = now_us;
    minute->score = health->score;
    minute->rss_bytes = monitor->vitals.rss_bytes;
    minute->allocated_bytes = monitor->vitals.allocated_bytes;
    minute->stale = health->stale;
    minute->lagging = health->lagging;
    ring_push(&monitor->minutes, minute);
    *minute = (struct health_minute){.time_us = 0};
}

/* Alerts. */

static struct alert_facts facts_of(const struct monitor *monitor,
                                   const struct health_message *health)
{
    return (struct alert_facts){
        .vitals = &monitor->vitals,
        .feed = &monitor->feed,
        .feed_down = monitor->feed_down,
        .halted = monitor->halted,
        .regret_ratio = monitor->regret_ratio,
        .score = health->score,
        .stale = health->stale,
        .failed = health->failed,
    };
}

static void say_alert(struct monitor *monitor, enum alert_id id, const struct alert_facts *facts,
                      int64_t now_us)
{
    const struct alert_rule *rule = alert_rule(id);
    struct alert_entry entry = {.time_us = now_us};
    struct text words;
    text_init(&words, entry.alert.text, sizeof entry.alert.text);
    alert_describe(rule->measure, facts, &words);
    entry.alert.began_us = monitor->alerts[id].began_us;
    entry.alert.value = alert_measured(rule->measure, facts);
    entry.alert.threshold = rule->threshold;
    entry.alert.alert = id;
    entry.alert.severity = rule->severity;
    entry.alert.state = monitor->alerts[id].state;
    entry.alert.action = rule->action;
    publish_alert(monitor->bus, MODULE_MONITOR, SYMBOL_NONE, &entry.alert);
    entry.sequence = bus_published(monitor->bus);
    ring_push(&monitor->changes, &entry);
}

static void judge_alerts(struct monitor *monitor, const struct health_message *health,
                         int64_t now_us)
{
    struct alert_facts facts = facts_of(monitor, health);
    if (monitor->vitals_at_us != 0 &&
        now_us - monitor->vitals_at_us > BLIND_AFTER_S * (int64_t)US_PER_S) {
        return;
    }
    for (uint32_t id = 0; id < ALERT_COUNT; id++) {
        const struct alert_rule *rule = alert_rule((enum alert_id)id);
        if (alert_step(&monitor->alerts[id], rule, alert_measured(rule->measure, &facts), now_us)) {
            say_alert(monitor, (enum alert_id)id, &facts, now_us);
        }
    }
}

/* HEALTH goes out when a module's state other than idle changes, and every minute. */
static void take_clock(struct monitor *monitor, int64_t now_us)
{
    struct assessment assessments[MODULE_COUNT];
    size_t count = monitor_assess(monitor, now_us, assessments);
    struct health_message health = summarise(assessments, count);
    const struct health_message *last = &monitor->last;
    bool minute = floor_modulo(now_us, 60 * (int64_t)US_PER_S) == 0;
    bool changed = health.wired != last->wired || health.lagging != last->lagging ||
                   health.stale != last->stale || health.failed != last->failed;
    gather(monitor, assessments, count);
    if (minute) {
        keep_minute(monitor, &health, now_us);
    }
    if (minute || changed || !monitor->spoken) {
        monitor->last = health;
        monitor->spoken = true;
        publish_health(monitor->bus, MODULE_MONITOR, SYMBOL_NONE, &health);
    }
    judge_alerts(monitor, &health, now_us);
}

static void take_feed(struct monitor *monitor, const struct feed_message *feed)
{
    monitor->feed = *feed;
    monitor->feed_down = alert_feed_is_down(monitor->feed_down, (enum feed_state)feed->state);
}

static void handle(void *state, const struct message *message)
{
    struct monitor *monitor = state;
    switch (message->head.topic) {
    case TOPIC_CLOCK:
        take_clock(monitor, message->head.time_us);
        break;
    case TOPIC_FEED:
        if (message->head.symbol == SYMBOL_NONE) {
            take_feed(monitor, &message->body.feed);
        }
        break;
    case TOPIC_VITALS:
        monitor->vitals = message->body.vitals;
        monitor->vitals_at_us = message->head.time_us;
        break;
    case TOPIC_EQUITY:
        monitor->halted = message->body.equity.halted != 0;
        break;
    case TOPIC_WEIGHTS:
        monitor->regret_ratio = message->body.weights.regret_ratio;
        break;
    default:
        break;
    }
}

static size_t histories(const void *state, struct history *histories, size_t room)
{
    const struct monitor *monitor = state;
    if (room < 2) {
        return 0;
    }
    histories[0] = history_of_ring("monitor", "health", &monitor->minutes);
    histories[1] = history_of_ring("monitor", "alerts", &monitor->changes);
    return 2;
}

/* Times that are subtracted from the clock's. */
static bool check_feed(const void *value, void *context)
{
    const struct feed_message *feed = value;
    (void)context;
    return feed->owed_since_us >= 0;
}

static bool check_vitals(const void *value, void *context)
{
    const struct vitals_message *vitals = value;
    (void)context;
    return vitals->control_owed_since_us >= 0 && vitals->store_owed_since_us >= 0 &&
           vitals->dashboard_owed_since_us >= 0;
}

static bool check_alert(const void *value, void *context)
{
    const struct alert *alert = value;
    (void)context;
    return (uint32_t)alert->state < ALERT_STATE_COUNT && persist_is_flag(&alert->holds);
}

static void persist(void *state, struct persist *persist)
{
    struct monitor *monitor = state;
    persist_value(persist, "feed", &monitor->feed, sizeof monitor->feed, check_feed, NULL);
    persist_value(persist, "vitals", &monitor->vitals, sizeof monitor->vitals, check_vitals, NULL);
    PERSIST(persist, monitor->last);
    PERSIST(persist, monitor->minute);
    PERSIST(persist, monitor->vitals_at_us);
    PERSIST(persist, monitor->regret_ratio);
    persist_history(persist, "health", &monitor->minutes, NULL, NULL);
    persist_history(persist, "alerts", &monitor->changes, NULL, NULL);
    persist_array(persist, "states of alerts", monitor->alerts, ALERT_COUNT, ALERT_COUNT,
                  sizeof monitor->alerts[0], check_alert, NULL);
    bool feed_down = persist_flag(persist, "feed_down", monitor->feed_down);
    bool halted = persist_flag(persist, "halted", monitor->halted);
    bool spoken = persist_flag(persist, "spoken", monitor->spoken);
    if (persist_loading(persist)) {
        monitor->feed_down = feed_down;
        monitor->halted = halted;
        monitor->spoken = spoken;
    }
}

struct module monitor_module(struct monitor *monitor)
{
    return (struct module){.id = MODULE_MONITOR,
                           .state = monitor,
                           .handle = handle,
                           .histories = histories,
                           .persist = persist,
                           .version = PERSIST_VERSION};
}

const struct health_minute *monitor_minute(const struct monitor *monitor, size_t index)
{
    return index < ring_size(&monitor->minutes) ? ring_newest(&monitor->minutes, index) : NULL;
}

const struct alert_entry *monitor_alert_entry(const struct monitor *monitor, size_t index)
{
    return index < ring_size(&monitor->changes) ? ring_newest(&monitor->changes, index) : NULL;
}

void monitor_alerts(const struct monitor *monitor, struct alert_view views[ALERT_COUNT])
{
    struct assessment assessments[MODULE_COUNT];
    size_t count = monitor_assess(monitor, bus_time(monitor->bus), assessments);
    struct health_message health = summarise(assessments, count);
    struct alert_facts facts = facts_of(monitor, &health);
    for (uint32_t id = 0; id < ALERT_COUNT; id++) {
        const struct alert *alert = &monitor->alerts[id];
        struct text words;
        views[id] = (struct alert_view){
            .id = (enum alert_id)id,
            .state = alert->state,
            .since_us = alert->since_us,
            .began_us = alert->began_us,
            .fired = alert->fired,
            .value = alert_measured(alert_rule((enum alert_id)id)->measure, &facts),
        };
        text_init(&words, views[id].text, sizeof views[id].text);
        alert_describe(alert_rule((enum alert_id)id)->measure, &facts, &words);
    }
}
