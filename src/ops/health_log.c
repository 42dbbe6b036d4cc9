/* The health log: lines are built in memory of their own, then handed to the sink at once. */
#include "tickd/ops/health_log.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "tickd/base/calendar.h"
#include "tickd/base/error.h"

/* Room that log_line_finish() needs at the end: " cut=true" and the line's end. */
enum { LOG_LINE_TAIL = 16, LOG_VALUE_MAX = 1024 };

/* In the order of enum log_level. Priorities: syslog(3), as sd-daemon(3) writes them. */
static const struct {
    const char *name;
    const char *priority;
} levels[] = {
    [LOG_ERROR] = {"error", "<3>"},   [LOG_WARNING] = {"warning", "<4>"},
    [LOG_NOTICE] = {"notice", "<5>"}, [LOG_INFO] = {"info", "<6>"},
    [LOG_DEBUG] = {"debug", "<7>"},
};

int64_t system_time_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

const char *log_level_name(enum log_level level)
{
    return levels[level].name;
}

int log_level_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(levels); i++) {
        if (strcmp(levels[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

int health_log_open(struct health_log *log, const struct health_log_options *options,
                    struct text *why)
{
    *log = (struct health_log){
        .now_us = options->now_us != NULL ? options->now_us : system_time_us,
        .tail = options->tail,
    };
    atomic_init(&log->level, (int)options->level);
    log_sink_open_standard_error(&log->sink, options->journal_stream);
    if (log->sink.priority || options->directory == NULL)
        return 0;
    log_sink_close(&log->sink);
    return log_sink_open_file(&log->sink, options->directory, why);
}

void health_log_close(struct health_log *log)
{
    log_sink_close(&log->sink);
}

void health_log_reopen(struct health_log *log)
{
    char memory[LOG_PATH_MAX + 128];
    struct log_line line;
    struct text why;

    text_init(&why, memory, sizeof memory);
    if (log_sink_reopen(&log->sink, &why) != 0) {
        log_line_begin(&line, log, LOG_ERROR, "log_not_reopened");
        log_line_text(&line, "reason", why.data);
    } else {
        log_line_begin(&line, log, LOG_NOTICE, "log_reopened");
        log_line_text(&line, "place", health_log_place(log));
    }
    log_line_end(&line);
}

void health_log_set_level(struct health_log *log, enum log_level level)
{
    atomic_store_explicit(&log->level, (int)level, memory_order_relaxed);
}

enum log_level health_log_level(const struct health_log *log)
{
    return (enum log_level)atomic_load_explicit(&log->level, memory_order_relaxed);
}

const char *health_log_place(const struct health_log *log)
{
    return log->sink.path[0] != '\0' ? log->sink.path : "standard error";
}

void log_line_build(struct log_line *line, bool priority, int64_t now_us, enum log_level level,
                    const char *event)
{
    char stamp[CALENDAR_TEXT_MAX];

    line->level = level;
    text_init(&line->text, line->memory, sizeof line->memory - LOG_LINE_TAIL);
    if (priority)
        text_add(&line->text, levels[level].priority);
    calendar_print_us(now_us, 3, stamp);
    text_format(&line->text, "ts=%s level=%s event=%s", stamp, levels[level].name, event);
}

void log_line_begin(struct log_line *line, struct health_log *log, enum log_level level,
                    const char *event)
{
    line->log = level <= health_log_level(log) ? log : NULL;
    if (line->log != NULL)
        log_line_build(line, log->sink.priority, log->now_us(), level, event);
    else
        text_init(&line->text, line->memory, 1);
}

/* A pair goes in whole or not at all; after the first that does not, none does. */
static void add_pair(struct log_line *line, const char *key, const char *value, size_t length)
{
    size_t before = line->text.length;

    if (line->text.cut)
        return;
    text_format(&line->text, " %s=", key);
    log_add_value(&line->text, value, length);
    if (line->text.cut) {
        line->text.length = before;
        line->text.data[before] = '\0';
    }
}

void log_line_text(struct log_line *line, const char *key, const char *value)
{
    add_pair(line, key, value, strnlen(value, LOG_VALUE_MAX));
}

void log_line_integer(struct log_line *line, const char *key, int64_t value)
{
    text_format(&line->text, " %s=%" PRId64, key, value);
}

void log_line_count(struct log_line *line, const char *key, uint64_t value)
{
    text_format(&line->text, " %s=%" PRIu64, key, value);
}

void log_line_real(struct log_line *line, const char *key, double value, int decimals)
{
    if (value - value == 0.0)
        text_format(&line->text, " %s=%.*f", key, decimals, value);
    else
        text_format(&line->text, " %s=none", key);
}

void log_line_finish(struct log_line *line)
{
    bool cut = line->text.cut;

    line->text.capacity = sizeof line->memory;
    line->text.cut = false;
    text_add(&line->text, cut ? " cut=true\n" : "\n");
}

static bool write_line(struct health_log *log, const struct log_line *line)
{
    bool written = log_sink_write(&log->sink, line->text.data, line->text.length);

    log->lines += written;
    log->dropped += !written;
    log->dropped_unsaid += !written;
    return written;
}

static void say_what_was_dropped(struct health_log *log)
{
    struct log_line line;
    uint64_t unsaid = log->dropped_unsaid;

    log_line_build(&line, log->sink.priority, log->now_us(), LOG_WARNING, "log_lines_dropped");
    log_line_count(&line, "lines", unsaid);
    log_line_finish(&line);
    if (log_sink_write(&log->sink, line.text.data, line.text.length)) {
        log->lines++;
        log->dropped_unsaid -= unsaid;
    }
}

/* As it is in a file: without priority and end. */
static void keep_line(struct health_log *log, const struct log_line *line)
{
    size_t first = log->sink.priority ? strlen(levels[line->level].priority) : 0;

    log_tail_add(log->tail, line->text.data + first, line->text.length - first - 1);
}

void log_line_end(struct log_line *line)
{
    if (line->log == NULL)
        return;
    log_line_finish(line);
    if (line->log->dropped_unsaid > 0)
        say_what_was_dropped(line->log);
    write_line(line->log, line);
    if (line->log->tail != NULL)
        keep_line(line->log, line);
}
