/* The rules of alerts, one state machine for all of them, and the words that go with a value. */
#include "tickd/modules/monitor_alerts.h"

#include "tickd/base/assert.h"
#include "tickd/base/real.h"

static const struct alert_rule rules[ALERT_COUNT] = {
#define X(NAME, word, SEVERITY, MEASURE, COMPARISON, limit, hold, clear, ACTION, what, how) \
    {.name = #word,                                                                         \
     .severity = SEVERITY_##SEVERITY,                                                       \
     .measure = MEASURE_##MEASURE,                                                          \
     .comparison = COMPARE_##COMPARISON,                                                    \
     .threshold = (limit),                                                                  \
     .hold_s = (hold),                                                                      \
     .clear_s = (clear),                                                                    \
     .action = ALERT_ACTION_##ACTION,                                                       \
     .summary = (what),                                                                     \
     .remedy = (how)},
    ALERT_LIST(X)
#undef X
};

const struct alert_rule *alert_rule(enum alert_id id)
{
    ASSERT(id < ALERT_COUNT);
    return &rules[id];
}

const char *alert_measure_unit(enum alert_measure measure)
{
    static const char *const units[MEASURE_COUNT] = {
#define X(NAME, unit, meaning) unit,
        ALERT_MEASURES(X)
#undef X
    };
    ASSERT(measure < MEASURE_COUNT);
    return units[measure];
}

const char *alert_comparison_sign(enum alert_comparison comparison)
{
    static const char *const signs[] = {
        [COMPARE_ABOVE] = ">", [COMPARE_FROM] = "≥", [COMPARE_BELOW] = "<"};
    return signs[comparison];
}

/* What is measured. */

static double memory_ratio(const struct vitals_message *vitals)
{
    return vitals->budget_bytes == 0 || vitals->rss_bytes == 0
               ? real_nan()
               : (double)vitals->rss_bytes / (double)vitals->budget_bytes;
}

static uint32_t count_modules(uint32_t modules)
{
    uint32_t count = 0;
    for (uint32_t id = 0; id < MODULE_COUNT; id++) {
        count += modules >> id & 1U;
    }
    return count;
}

double alert_measured(enum alert_measure measure, const struct alert_facts *facts)
{
    const struct vitals_message *vitals = facts->vitals;
    switch (measure) {
    case MEASURE_MEMORY:
        return memory_ratio(vitals);
    case MEASURE_SCORE:
        return facts->score;
    case MEASURE_NOT_FRESH:
        return count_modules(facts->stale | facts->failed);
    case MEASURE_STORE_FILL:
        return vitals->store_fill / 1000.0;
    case MEASURE_TAPE_FILL:
        return vitals->tape_fill / 1000.0;
    case MEASURE_CLIENTS_FILL:
        return vitals->clients_fill / 1000.0;
    case MEASURE_FEED_DOWN:
        return facts->feed_down;
    case MEASURE_FEED_REFUSED:
        return facts->feed->state == FEED_REFUSED;
    case MEASURE_STORE_FAILED:
        return facts->failed >> MODULE_STORE & 1U;
    case MEASURE_JOURNAL_FAILING:
        return vitals->journal_failing != 0;
    case MEASURE_HALTED:
        return facts->halted;
    case MEASURE_REGRET_RATIO:
        return facts->regret_ratio;
    case MEASURE_COUNT:
        break;
    }
    return real_nan();
}

/* A feed that connects and is lost again and again is down all the while: only messages, or a
 * market that is closed, show that it is not. */
bool alert_feed_is_down(bool was_down, enum feed_state state)
{
    switch (state) {
    case FEED_STALE:
    case FEED_BACKING_OFF:
    case FEED_REFUSED:
        return true;
    case FEED_STREAMING:
    case FEED_IDLE:
    case FEED_STOPPED:
        return false;
    case FEED_CONNECTING:
    case FEED_CONNECTED:
    case FEED_SUBSCRIBED:
    case FEED_STATE_COUNT:
        break;
    }
    return was_down;
}

/* The state machine. */

/* false for NaN, whatever the comparison. */
static bool condition(const struct alert_rule *rule, double value)
{
    switch (rule->comparison) {
    case COMPARE_ABOVE:
        return value > rule->threshold;
    case COMPARE_FROM:
        return value >= rule->threshold;
    case COMPARE_BELOW:
        return value < rule->threshold;
    }
    return false;
}

static void count_seconds(struct alert *alert, bool holds, int64_t now_us)
{
    bool held = alert->holds;
    alert->holds = holds;
    if (!holds) {
        alert->held_s = 0;
        alert->gone_s += held || alert->gone_s == UINT32_MAX ? 0 : 1;
        return;
    }
    if (!held) {
        alert->began_us = alert->state == ALERT_STATE_FIRING ? alert->began_us : now_us;
        alert->held_s = 0;
    } else if (alert->held_s < UINT32_MAX) {
        alert->held_s++;
    }
    alert->gone_s = 0;
}

static enum alert_state next_state(const struct alert *alert, const struct alert_rule *rule)
{
    bool is_gone = !alert->holds && alert->gone_s >= rule->clear_s;
    bool has_held = alert->holds && alert->held_s >= rule->hold_s;
    switch (alert->state) {
    case ALERT_STATE_INACTIVE:
    case ALERT_STATE_RESOLVED:
        if (!alert->holds) {
            return alert->state;
        }
        return has_held ? ALERT_STATE_FIRING : ALERT_STATE_PENDING;
    case ALERT_STATE_PENDING:
        if (has_held) {
            return ALERT_STATE_FIRING;
        }
        return is_gone ? ALERT_STATE_INACTIVE : ALERT_STATE_PENDING;
    case ALERT_STATE_FIRING:
        return is_gone ? ALERT_STATE_RESOLVED : ALERT_STATE_FIRING;
    case ALERT_STATE_COUNT:
        break;
    }
    return alert->state;
}

bool alert_step(struct alert *alert, const struct alert_rule *rule, double value, int64_t now_us)
{
    count_seconds(alert, condition(rule, value), now_us);
    enum alert_state state = next_state(alert, rule);
    if (state == alert->state) {
        return false;
    }
    alert->state = state;
    alert->since_us = now_us;
    alert->fired += state == ALERT_STATE_FIRING;
    return true;
}

/* Words. */

static void add_modules(struct text *out, const char *what, uint32_t modules)
{
    bool first = true;
    for (uint32_t id = 0; id < MODULE_COUNT; id++) {
        if ((modules >> id & 1U) == 0) {
            continue;
        }
        text_format(out, "%s%s%s", first && out->length > 0 ? "; " : "", first ? what : ", ",
                    module_id_name((enum module_id)id));
        first = false;
    }
}

static void describe_health(const struct alert_facts *facts, struct text *out)
{
    text_format(out, "score %.1f%%", facts->score);
    add_modules(out, "stale: ", facts->stale);
    add_modules(out, "failed: ", facts->failed);
}

static void describe_modules(const struct alert_facts *facts, struct text *out)
{
    add_modules(out, "stale: ", facts->stale);
    add_modules(out, "failed: ", facts->failed);
    if (out->length == 0) {
        text_add(out, "all modules are fresh");
    }
}

static void describe_feed(const struct feed_message *feed, struct text *out)
{
    text_add(out, feed_state_name(feed->state));
    if (feed->reason[0] != '\0') {
        text_format(out, ": %s", feed->reason);
    }
}

static void describe_fill(const char *what, uint32_t thousandths, struct text *out)
{
    text_format(out, "%s %u.%u%% full", what, (unsigned)(thousandths / 10),
                (unsigned)(thousandths % 10));
}

void alert_describe(enum alert_measure measure, const struct alert_facts *facts, struct text *out)
{
    const struct vitals_message *vitals = facts->vitals;
    switch (measure) {
    case MEASURE_MEMORY:
        text_format(out, "resident %.1f MB, budget %.1f MB", (double)vitals->rss_bytes / 1e6,
                    (double)vitals->budget_bytes / 1e6);
        break;
    case MEASURE_SCORE:
        describe_health(facts, out);
        break;
    case MEASURE_NOT_FRESH:
        describe_modules(facts, out);
        break;
    case MEASURE_STORE_FILL:
        describe_fill("archive's queue", vitals->store_fill, out);
        break;
    case MEASURE_TAPE_FILL:
        describe_fill("tape's buffers", vitals->tape_fill, out);
        break;
    case MEASURE_CLIENTS_FILL:
        describe_fill("fullest client's output", vitals->clients_fill, out);
        break;
    case MEASURE_FEED_DOWN:
    case MEASURE_FEED_REFUSED:
        describe_feed(facts->feed, out);
        break;
    case MEASURE_STORE_FAILED:
        text_add(out, (facts->failed >> MODULE_STORE & 1U) != 0 ? "the archive reports a failure"
                                                                : "the archive can be written");
        break;
    case MEASURE_JOURNAL_FAILING:
        text_add(out, vitals->journal_failing != 0 ? "inputs cannot be recorded"
                                                   : "inputs are recorded");
        break;
    case MEASURE_HALTED:
        text_add(out, facts->halted ? "halted" : "not halted");
        break;
    case MEASURE_REGRET_RATIO:
        if (facts->regret_ratio == facts->regret_ratio) {
            text_format(out, "regret is %.4f of its bound", facts->regret_ratio);
        } else {
            text_add(out, "regret is not known yet");
        }
        break;
    case MEASURE_COUNT:
        break;
    }
}
