/* The document of --report: the status document, and under "series" what the engine has kept by the
 * minute, oldest first: "health" as the command `history health` shows it, "equity" and "weights"
 * as the messages of a dump. How far back each goes is the capacity of its history, and at most a
 * week. */
#ifndef TICKD_OPS_REPORT_H
#define TICKD_OPS_REPORT_H

#include "tickd/engine/engine.h"
#include "tickd/ops/status_json.h"

/* The longest report: the status document, and a kilobyte for each entry of the three series. */
enum {
    REPORT_MINUTES_MAX = 7 * 1440,
    REPORT_JSON_MAX = STATUS_JSON_MAX + 3 * REPORT_MINUTES_MAX * 1024
};

void report_print(struct engine *engine, const struct status *status, struct json *json);

#endif
