/* So many lines a minute. */
#include "tickd/feed/log_limit.h"

enum { US_PER_MINUTE = 60000000 };

void log_limit_init(struct log_limit *limit, uint32_t lines_a_minute)
{
    *limit = (struct log_limit){.lines_a_minute = lines_a_minute};
}

bool log_limit_pass(struct log_limit *limit, int64_t now_us, uint64_t *withheld)
{
    if (limit->lines == 0 || now_us - limit->minute_us >= US_PER_MINUTE) {
        limit->minute_us = now_us;
        limit->lines = 0;
    }
    if (limit->lines >= limit->lines_a_minute) {
        limit->withheld++;
        return false;
    }
    limit->lines++;
    *withheld = limit->withheld;
    limit->withheld = 0;
    return true;
}
