/* What a reload changes, as data and as words. */
#include "tickd/ops/reload.h"

void reload_compare(const struct settings *now, const struct settings *wanted,
                    struct reload_report *report)
{
    report->count = 0;
    for (size_t i = 0; i < settings_count(); i++) {
        const struct setting *setting = settings_key(i);

        if (!settings_same_value(now, wanted, setting))
            report->changes[report->count++] =
                (struct reload_change){.key = i, .applied = settings_is_run_time(setting)};
    }
}

static void print_keys(const struct reload_report *report, bool applied, const char *name,
                       struct json *json)
{
    json_begin_list(json, name);
    for (size_t i = 0; i < report->count; i++) {
        if (report->changes[i].applied == applied)
            json_text(json, NULL, settings_key(report->changes[i].key)->key);
    }
    json_end(json);
}

void reload_print_json(const struct reload_report *report, struct json *json)
{
    json_begin_object(json, NULL);
    print_keys(report, true, "applied", json);
    print_keys(report, false, "restart", json);
    json_end(json);
}

/* "market.bar_ms,feed.url", or "none". */
static void add_keys(struct log_line *line, const char *name, const struct reload_report *report,
                     bool applied)
{
    char memory[LOG_LINE_MAX];
    struct text keys;

    text_init(&keys, memory, sizeof memory);
    for (size_t i = 0; i < report->count; i++) {
        if (report->changes[i].applied != applied)
            continue;
        if (keys.length > 0)
            text_add_char(&keys, ',');
        text_add(&keys, settings_key(report->changes[i].key)->key);
    }
    log_line_text(line, name, keys.length > 0 ? memory : "none");
}

void reload_log(const struct reload_report *report, struct health_log *log)
{
    struct log_line line;

    log_line_begin(&line, log, report->refused ? LOG_ERROR : LOG_NOTICE, "reload");
    log_line_text(&line, "result", report->refused ? "refused" : "done");
    if (report->refused) {
        log_line_text(&line, "text", report->error);
    } else {
        add_keys(&line, "applied", report, true);
        add_keys(&line, "restart", report, false);
    }
    log_line_end(&line);
}
