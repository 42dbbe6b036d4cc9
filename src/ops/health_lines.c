/* The lines that the health log writes without being asked. */
#include "tickd/ops/health_lines.h"

#include "tickd/base/calendar.h"

enum { S_PER_MINUTE = 60, HISTORIES_EVERY_MINUTES = 5, NAMES_MAX = 256 };

static int64_t minute_of(int64_t time_us)
{
    return floor_divide(time_us, (int64_t)S_PER_MINUTE * US_PER_S);
}

void health_lines_init(struct health_lines *lines, struct health_log *log,
                       const struct symbol_table *symbols, int64_t now_us)
{
    *lines = (struct health_lines){.log = log, .symbols = symbols, .minute = minute_of(now_us)};
    for (size_t i = 0; i < MODULE_COUNT; i++)
        lines->module_states[i] = MODULE_STATE_COUNT;
}

/* Changes, from messages. */

static uint32_t state_in(const struct health_message *health, uint32_t bit)
{
    if ((health->failed & bit) != 0)
        return MODULE_FAILED;
    if ((health->stale & bit) != 0)
        return MODULE_STALE;
    if ((health->lagging & bit) != 0)
        return MODULE_LAGGING;
    return (health->idle & bit) != 0 ? MODULE_IDLE : MODULE_ACTIVE;
}

/* Falling idle and waking up again is a quiet market's daily life. */
static enum log_level level_of_change(uint32_t was, uint32_t state)
{
    bool was_fresh = was == MODULE_IDLE || was == MODULE_ACTIVE;

    if (state == MODULE_FAILED || state == MODULE_STALE)
        return LOG_ERROR;
    if (state == MODULE_LAGGING)
        return LOG_WARNING;
    return was_fresh ? LOG_DEBUG : LOG_INFO;
}

static void say_module(struct health_lines *lines, enum module_id id, uint32_t state, double score)
{
    uint32_t was = lines->module_states[id];
    struct log_line line;

    lines->module_states[id] = state;
    if (was == state)
        return;
    log_line_begin(&line, lines->log, level_of_change(was, state), "module");
    log_line_text(&line, "module", module_id_name(id));
    log_line_text(&line, "state", module_state_name(state));
    log_line_text(&line, "was", was == MODULE_STATE_COUNT ? "none" : module_state_name(was));
    log_line_real(&line, "score", score, 1);
    log_line_end(&line);
}

static void see_health(struct health_lines *lines, const struct health_message *health)
{
    for (uint32_t id = 0; id < MODULE_COUNT; id++) {
        uint32_t bit = 1U << id;

        if ((health->wired & bit) != 0)
            say_module(lines, (enum module_id)id, state_in(health, bit), health->score);
    }
}

static enum log_level level_of_feed(uint32_t state)
{
    if (state == FEED_REFUSED)
        return LOG_ERROR;
    return state == FEED_STALE || state == FEED_BACKING_OFF ? LOG_WARNING : LOG_INFO;
}

static void see_feed(struct health_lines *lines, const struct feed_message *feed)
{
    bool is_new = !lines->knows_feed || lines->feed_state != feed->state;
    struct log_line line;

    log_line_begin(&line, lines->log, is_new ? level_of_feed(feed->state) : LOG_DEBUG, "feed");
    log_line_text(&line, "state", feed_state_name(feed->state));
    log_line_text(&line, "was", lines->knows_feed ? feed_state_name(lines->feed_state) : "none");
    log_line_count(&line, "connections", feed->connections);
    if (feed->reason[0] != '\0')
        log_line_text(&line, "reason", feed->reason);
    log_line_end(&line);
    lines->knows_feed = true;
    lines->feed_state = feed->state;
}

static void see_stream(struct health_lines *lines, uint16_t symbol, const struct feed_message *feed)
{
    struct log_line line;

    log_line_begin(&line, lines->log, feed->stream == STREAM_TALKING ? LOG_INFO : LOG_WARNING,
                   "stream");
    log_line_text(&line, "symbol", symbols_name(lines->symbols, symbol));
    log_line_text(&line, "state", stream_state_name(feed->stream));
    if (feed->reason[0] != '\0')
        log_line_text(&line, "reason", feed->reason);
    log_line_end(&line);
}

static void see_command(struct health_lines *lines, const struct command_message *command)
{
    struct log_line line;

    log_line_begin(&line, lines->log, LOG_NOTICE, "command");
    log_line_text(&line, "verb", command_verb_name(command->verb));
    if (command->argument[0] != '\0')
        log_line_text(&line, "argument", command->argument);
    log_line_count(&line, "uid", command->uid);
    log_line_end(&line);
}

/* What begins or may begin, and what has ended. */
static enum log_level level_of_alert(const struct alert_message *alert)
{
    switch ((enum alert_state)alert->state) {
    case ALERT_STATE_FIRING:
        return alert->severity == SEVERITY_CRITICAL ? LOG_ERROR : LOG_WARNING;
    case ALERT_STATE_RESOLVED:
        return LOG_NOTICE;
    case ALERT_STATE_PENDING:
    case ALERT_STATE_INACTIVE:
    case ALERT_STATE_COUNT:
        break;
    }
    return LOG_INFO;
}

static void see_alert(struct health_lines *lines, const struct alert_message *alert)
{
    struct log_line line;

    log_line_begin(&line, lines->log, level_of_alert(alert), "alert");
    log_line_text(&line, "alert", alert_name(alert->alert));
    log_line_text(&line, "severity", alert_severity_name(alert->severity));
    log_line_text(&line, "state", alert_state_name(alert->state));
    log_line_real(&line, "value", alert->value, 3);
    log_line_real(&line, "threshold", alert->threshold, 3);
    log_line_text(&line, "text", alert->text);
    if (alert->state == ALERT_STATE_FIRING && alert->action != ALERT_ACTION_NONE)
        log_line_text(&line, "action", alert_action_name(alert->action));
    log_line_end(&line);
}

void health_lines_see(void *state, const struct message *message)
{
    struct health_lines *lines = state;

    if (message->head.topic == TOPIC_HEALTH)
        see_health(lines, &message->body.health);
    else if (message->head.topic == TOPIC_ALERT)
        see_alert(lines, &message->body.alert);
    else if (message->head.topic == TOPIC_COMMAND)
        see_command(lines, &message->body.command);
    else if (message->head.topic == TOPIC_FEED && message->head.symbol == SYMBOL_NONE)
        see_feed(lines, &message->body.feed);
    else if (message->head.topic == TOPIC_FEED)
        see_stream(lines, message->head.symbol, &message->body.feed);
}

/* The minute's lines, from the status. */

/* "market,feed", or "none". */
static void add_names(struct log_line *line, const char *key, const struct status *status,
                      enum module_state state)
{
    char memory[NAMES_MAX];
    struct text names;

    text_init(&names, memory, sizeof memory);
    for (size_t i = 0; i < status->module_count; i++) {
        if (status->modules[i].state != state)
            continue;
        if (names.length > 0)
            text_add_char(&names, ',');
        text_add(&names, module_id_name(status->modules[i].id));
    }
    log_line_text(line, key, names.length > 0 ? names.data : "none");
}

static int64_t count_fresh(const struct status *status)
{
    int64_t fresh = 0;

    for (size_t i = 0; i < status->module_count; i++) {
        enum module_state state = status->modules[i].state;

        fresh += state != MODULE_STALE && state != MODULE_FAILED;
    }
    return fresh;
}

static void add_live(struct log_line *line, const struct status_live *live)
{
    log_line_text(line, "feed", feed_state_name(live->feed_state));
    log_line_real(line, "trades_per_s", live->trades_per_s, 1);
    log_line_integer(line, "delay_p99_ms", live->feed_delay_ms.p99);
    log_line_integer(line, "latency_p50_us", live->receive_to_decision_us.p50);
    log_line_integer(line, "latency_p99_us", live->receive_to_decision_us.p99);
    log_line_real(line, "loop_lag_ms", (double)live->loop_lag_us / 1e3, 1);
    log_line_real(line, "loop_lag_max_ms", (double)live->loop_lag_max_us / 1e3, 1);
    log_line_count(line, "clients", live->control_clients);
    log_line_integer(line, "uptime_s", live->uptime_ms / MS_PER_S);
}

/* No process has 0 bytes: it is what cannot be measured, as without jemalloc. */
static void add_megabytes(struct log_line *line, const char *key, uint64_t bytes)
{
    if (bytes == 0)
        log_line_text(line, key, "none");
    else
        log_line_real(line, key, (double)bytes / 1e6, 1);
}

void health_lines_summary(struct health_log *log, const struct status *status)
{
    struct log_line line;

    log_line_begin(&line, log, LOG_INFO, "health");
    log_line_real(&line, "score", status->health_score, 1);
    log_line_integer(&line, "fresh", count_fresh(status));
    add_names(&line, "lagging", status, MODULE_LAGGING);
    add_names(&line, "stale", status, MODULE_STALE);
    add_names(&line, "failed", status, MODULE_FAILED);
    add_megabytes(&line, "rss_mb", status->rss_bytes);
    add_megabytes(&line, "allocated_mb", status->allocated_bytes);
    if (status->live.is_live)
        add_live(&line, &status->live);
    log_line_count(&line, "trades", status->input.trades);
    log_line_count(&line, "late", status->input.late);
    log_line_count(&line, "filtered", status->input.filtered);
    log_line_count(&line, "malformed", status->input.malformed);
    log_line_count(&line, "duplicates", status->duplicate_prints);
    log_line_count(&line, "bars", status->bars);
    log_line_end(&line);
}

void health_lines_histories(struct health_log *log, const struct status *status)
{
    for (size_t i = 0; i < status->history_count; i++) {
        const struct history *history = &status->histories[i];
        struct log_line line;

        log_line_begin(&line, log, LOG_INFO, "history");
        log_line_text(&line, "module", history->module);
        log_line_text(&line, "name", history->name);
        log_line_count(&line, "size", history->size);
        log_line_count(&line, "capacity", history->capacity);
        log_line_count(&line, "appended", history->appended);
        log_line_count(&line, "overwritten", history->overwritten);
        log_line_count(&line, "bytes", history->bytes);
        log_line_end(&line);
    }
}

bool health_lines_due(const struct health_lines *lines, int64_t now_us)
{
    return minute_of(now_us) != lines->minute;
}

void health_lines_minute(struct health_lines *lines, int64_t now_us, const struct status *status)
{
    int64_t minute = minute_of(now_us);
    bool histories_due = floor_divide(minute, HISTORIES_EVERY_MINUTES) !=
                         floor_divide(lines->minute, HISTORIES_EVERY_MINUTES);

    lines->minute = minute;
    health_lines_summary(lines->log, status);
    if (histories_due)
        health_lines_histories(lines->log, status);
}
