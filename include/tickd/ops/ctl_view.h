/* Results of commands, for people. */
#ifndef TICKD_OPS_CTL_VIEW_H
#define TICKD_OPS_CTL_VIEW_H

#include <stdio.h>

#include <cjson/cJSON.h>

#include "tickd/ops/command_table.h"

/* Prints a command's result. */
void ctl_print_result(FILE *out, enum control_id command, const cJSON *result);

/* One message of `watch`, in a line. */
void ctl_print_message(FILE *out, const cJSON *message);

/* The status document, on one screen. */
void ctl_print_status(FILE *out, const cJSON *status);

/* The list of alerts, or of their changes; and a line for each that fires, "alerts    NAME …". */
void ctl_print_alerts(FILE *out, const cJSON *list);
void ctl_print_firing(FILE *out, const cJSON *list);
/* Whether a critical one fires. */
bool ctl_is_critical(const cJSON *list);

/* Whether a status document's modules are all fresh, and no critical alert is firing. */
bool ctl_is_healthy(const cJSON *status);

#endif
