/* The status document as JSON: --report writes it, the control socket answers with it and with its
 * parts. What a section's keys mean stands in docs/control.md. */
#ifndef TICKD_OPS_STATUS_JSON_H
#define TICKD_OPS_STATUS_JSON_H

#include "tickd/engine/status.h"
#include "tickd/ops/json_writer.h"

enum { STATUS_JSON_MAX = 262144 /* the longest whole document, readable form */ };

/* The whole document; the sections of a live process are in it when status->live.is_live. */
void status_print_json(const struct status *status, struct json *json);

/* The same without the brackets around it. */
void status_print_members(const struct status *status, struct json *json);

/* Parts of it, under `key`. */
void status_print_health(const struct status *status, struct json *json, const char *key);
void status_print_modules(const struct status *status, struct json *json, const char *key);
void status_print_histories(const struct status *status, struct json *json, const char *key);
void status_print_agents(const struct status *status, struct json *json, const char *key);
void status_print_positions(const struct status *status, struct json *json, const char *key);
/* Every alert of the table; with_words: also what it means and what to do about it. */
void status_print_alerts(const struct status *status, struct json *json, const char *key,
                         bool with_words);
/* What has become of them, live: "alert_sinks". */
void status_print_alert_sinks(const struct status_live *live, struct json *json);
/* No module is stale or has failed, and no critical alert is firing. */
bool status_is_healthy(const struct status *status);
/* One agent with its parameters by name. */
void status_print_agent(const struct agent_row *agent, const struct introspection_agent *metrics,
                        struct json *json);

#endif
