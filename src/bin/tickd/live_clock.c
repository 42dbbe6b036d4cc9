/* The machine's clock, looked at once a second. The engine's time never goes back, and tells what a
 * bar is by it: an operator has to hear that somebody has set the clock. */
#include "tickd/bin/live.h"

#include <stdlib.h>

#include "tickd/base/calendar.h"
#include "tickd/base/text.h"

/* Less is what ntpd and a busy machine do. */
static const int64_t jump_min_us = US_PER_S;

enum { NS_PER_US = 1000 };

static void say(struct live *live, enum log_level level, int64_t by_us, const char *what)
{
    struct log_line line;
    log_line_begin(&line, &live->log, level, "clock");
    log_line_integer(&line, "by_ms", by_us / US_PER_MS);
    log_line_text(&line, "text", what);
    log_line_end(&line);
}

static void look_for_jump(struct live *live, int64_t now_us, int64_t steady_ns)
{
    struct live_clock *clock = &live->clock;
    int64_t jump_us = now_us - clock->wall_us - (steady_ns - clock->steady_ns) / (int64_t)NS_PER_US;
    if (clock->wall_us != 0 && llabs(jump_us) >= jump_min_us) {
        say(live, LOG_WARNING, jump_us,
            jump_us < 0 ? "the clock has been set back"
                        : "the clock has been set forward, or the machine has slept");
    }
}

static void look_for_wait(struct live *live, int64_t now_us)
{
    struct live_clock *clock = &live->clock;
    int64_t ahead_us = engine_time_us(live->program->engine) - now_us;
    bool waits = ahead_us >= jump_min_us;
    if (waits && !clock->waits) {
        say(live, LOG_WARNING, ahead_us,
            "the clock is behind the engine's time, which stands still until it has caught up; "
            "trades that are newer than the clock do not count; if the clock is right now, start "
            "with --fresh to go on at once");
    } else if (!waits && clock->waits) {
        say(live, LOG_NOTICE, ahead_us, "the clock has caught up");
    }
    clock->waits = waits;
}

void live_clock_second(struct live *live, int64_t now_us)
{
    int64_t steady_ns = watch_clock_ns();
    look_for_jump(live, now_us, steady_ns);
    look_for_wait(live, now_us);
    live->clock.wall_us = now_us;
    live->clock.steady_ns = steady_ns;
}
