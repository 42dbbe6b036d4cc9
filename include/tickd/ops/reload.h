/* A reload of the configuration: what has changed, what of it a running daemon takes, what waits
 * for a restart. */
#ifndef TICKD_OPS_RELOAD_H
#define TICKD_OPS_RELOAD_H

#include "tickd/ops/config_file.h"
#include "tickd/ops/health_log.h"
#include "tickd/ops/json_writer.h"

struct reload_change {
    size_t key; /* its place in settings_key() */
    bool applied;
};

struct reload_report {
    bool refused;                 /* nothing has changed */
    char error[CONFIG_ERROR_MAX]; /* then: the one line that says why */
    size_t count;
    struct reload_change changes[SETTINGS_COUNT];
};

/* Every key whose value differs; those that can change at run time are marked as applied. */
void reload_compare(const struct settings *now, const struct settings *wanted,
                    struct reload_report *report);

/* {"applied": ["log.level"], "restart": ["market.bar_ms"]} */
void reload_print_json(const struct reload_report *report, struct json *json);

/* The same, or the refusal, as one line of the log. */
void reload_log(const struct reload_report *report, struct health_log *log);

#endif
