/* What comes into the live process: the feed, time, signals. */
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"
#include "tickd/base/error.h"
#include "tickd/bin/live.h"
#include "tickd/bin/live_tape.h"
#include "tickd/bin/recovery_books.h"
#include "tickd/feed/client.h"

/* libwebsockets, which feed and dashboard stand on. */

int live_start_library(struct live *live)
{
    lws_log_attach(live_log_text, live, watch_clock_ns);
    return 0;
}

void live_stop_library(struct live *live)
{
    (void)live;
    lws_log_detach();
}

/* The feed. */

static void stop_refused(uv_timer_t *timer)
{
    struct live *live = timer->data;
    program_complain("feed.url %s: the server refuses the key; give the right one as the systemd "
                     "credential finnhub-token, in a file that feed.token_file names, or in the "
                     "environment variable FINNHUB_TOKEN",
                     live->program->settings.feed.url);
    live_stop(live, EX_UNAVAILABLE, "the key is refused");
}

/* A key that never worked is the operator's to mend; one that did is tried again, slowly. */
static void feed_refused(void *state, bool ever_connected)
{
    struct live *live = state;
    if (!ever_connected) {
        uv_timer_start(&live->second, stop_refused, 0, 0);
    }
}

int live_start_feed(struct live *live)
{
    char memory[CONFIG_ERROR_MAX];
    struct text why;
    struct program *program = live->program;
    text_init(&why, memory, sizeof memory);
    struct feed_client_setup setup = {
        .loop = &live->loop,
        .settings = &program->settings,
        .engine = program->engine,
        .ingest = program->ingest,
        .wall_us = system_time_us,
        .steady_ns = watch_clock_ns,
        .log = live_log_text,
        .refused = feed_refused,
        .state = live,
    };
    int error = feed_client_start(program->feed, &setup, &why);
    if (error != 0) {
        program_complain("%s", memory);
        return error == ERROR_MEMORY ? EX_OSERR : EX_CONFIG;
    }
    if (live->recovery.asked.count > 0) { /* the engine knows more, as after a reload */
        program->settings.feed.symbols = live->recovery.asked;
        feed_client_ask_for(program->feed, &program->settings.feed.symbols);
    }
    return 0;
}

void live_stop_feed(struct live *live)
{
    feed_client_stop(live->program->feed, NULL, NULL);
}

/* Time passes: once a second, right after the boundary. */

static void arm_second(struct live *live);

static void say_vitals(struct live *live, int64_t now_us)
{
    struct vitals_message vitals = {.wired = 1U << MODULE_CONTROL};
    vitals_sample(&live->vitals, &vitals);
    control_fill_vitals(live->control, &vitals);
    store_fill_vitals(live->archive.store, &vitals);
    dashboard_fill_vitals(live->dashboard, &vitals);
    live_tape_fill_vitals(live->program, &vitals);
    engine_vitals(live->program->engine, &vitals);
    live_tape_second(live->program, now_us);
    if (health_lines_due(&live->lines, now_us)) {
        struct status *status = &live->program->status;
        memset(status, 0, sizeof *status);
        live_fill_status(live, status);
        health_lines_minute(&live->lines, now_us, status);
    }
}

static void second_passed(uv_timer_t *timer)
{
    struct live *live = timer->data;
    int64_t now_us = system_time_us();
    live_clock_second(live, now_us);
    engine_advance(live->program->engine, now_us);
    struct status *status = &live->program->status;
    engine_status(live->program->engine, status);
    vitals_note_input(&live->vitals, now_us, &status->input);
    say_vitals(live, now_us);
    live_update_stats(live);
    live_checkpoint_second(live, now_us);
    arm_second(live);
}

static void arm_second(struct live *live)
{
    int64_t past_us = floor_modulo(system_time_us(), US_PER_S);
    uint64_t wait_ms = (uint64_t)((US_PER_S - past_us) / US_PER_MS) + 1;
    if (!live->stopping) {
        uv_timer_start(&live->second, second_passed, wait_ms, 0);
    }
}

/* An engine that comes back still takes the feed for what it was when it went. */
static void say_interruption(struct engine *engine)
{
    engine_advance(engine, engine_time_us(engine));
    engine_feed_state(engine, SYMBOL_NONE,
                      &(struct feed_message){.state = FEED_STOPPED, .reason = "tickd was away"});
}

int live_start_time(struct live *live)
{
    int64_t now_us = system_time_us();
    struct program *program = live->program;
    uv_timer_init(&live->loop, &live->second);
    live->second.data = live;
    health_lines_init(&live->lines, &live->log, engine_symbols(program->engine), now_us);
    int error = bus_add_tap(engine_bus(program->engine),
                            (struct tap){.see = health_lines_see, .state = &live->lines});
    ASSERT(error == 0);
    if (live->recovery.has_state) {
        say_interruption(program->engine);
    }
    live_clock_second(live, now_us);
    engine_pass_time(program->engine, now_us);
    int code = live->recovery.books == NULL ? 0 : recovery_adopt(&live->recovery);
    if (code != 0) {
        live_stop_time(live);
        return code;
    }
    arm_second(live);
    return 0;
}

void live_stop_time(struct live *live)
{
    uv_close((uv_handle_t *)&live->second, NULL);
}

/* Signals. */

static void signalled(uv_signal_t *handle, int number)
{
    struct live *live = handle->data;
    if (number == SIGHUP) {
        health_log_reopen(&live->log);
        live_reload_start(live, getuid());
    } else {
        live_stop(live, 0, number == SIGTERM ? "SIGTERM" : "SIGINT");
    }
}

static const int signal_numbers[] = {SIGTERM, SIGINT, SIGHUP};

int live_start_signals(struct live *live)
{
    signal(SIGPIPE, SIG_IGN); /* a peer that goes is an error code, not the end */
    for (size_t i = 0; i < ARRAY_LENGTH(signal_numbers); i++) {
        uv_signal_init(&live->loop, &live->signals[i]);
        live->signals[i].data = live;
        uv_signal_start(&live->signals[i], signalled, signal_numbers[i]);
    }
    return 0;
}

void live_stop_signals(struct live *live)
{
    for (size_t i = 0; i < ARRAY_LENGTH(live->signals); i++) {
        uv_close((uv_handle_t *)&live->signals[i], NULL);
        signal(signal_numbers[i], SIG_IGN); /* the end has begun; nothing shall cut it short */
    }
}
