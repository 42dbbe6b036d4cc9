/* A limit on what a peer can make tickd write into its log: so many lines a minute, the others
 * counted and told with the next line that passes. */
#ifndef TICKD_FEED_LOG_LIMIT_H
#define TICKD_FEED_LOG_LIMIT_H

#include "tickd/base/compiler.h"

struct log_limit {
    uint32_t lines_a_minute;
    uint32_t lines; /* in the minute at hand */
    int64_t minute_us;
    uint64_t withheld; /* since the last line that passed */
};

void log_limit_init(struct log_limit *limit, uint32_t lines_a_minute);

/* Whether a line may pass now; *withheld is how many did not since the last that did. */
bool log_limit_pass(struct log_limit *limit, int64_t now_us, uint64_t *withheld);

#endif
