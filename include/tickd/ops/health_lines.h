/* What the health log says by itself: a summary every minute, the sizes of all histories every five
 * minutes (both from the status document), and at once each change of a module, of an alert, of the
 * feed or of a symbol's stream, and each command (by a tap). */
#ifndef TICKD_OPS_HEALTH_LINES_H
#define TICKD_OPS_HEALTH_LINES_H

#include "tickd/engine/status.h"
#include "tickd/ops/health_log.h"

struct health_lines {
    struct health_log *log;
    const struct symbol_table *symbols;
    int64_t minute; /* of the last summary, since 1970 */
    bool knows_feed;
    uint32_t feed_state;
    uint32_t module_states[MODULE_COUNT]; /* enum module_state, MODULE_STATE_COUNT = not yet seen */
};

/* Both must outlive it. */
void health_lines_init(struct health_lines *lines, struct health_log *log,
                       const struct symbol_table *symbols, int64_t now_us);

/* For bus_add_tap(), with the lines as its state. */
void health_lines_see(void *state, const struct message *message);

/* Whether a minute has begun since the last time, so that it is worth filling a status; and the
 * lines for it. */
bool health_lines_due(const struct health_lines *lines, int64_t now_us);
void health_lines_minute(struct health_lines *lines, int64_t now_us, const struct status *status);

/* One line each: the summary, and the histories. */
void health_lines_summary(struct health_log *log, const struct status *status);
void health_lines_histories(struct health_log *log, const struct status *status);

#endif
