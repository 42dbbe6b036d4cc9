/* The watching thread. The decision is a pure function; the thread around it only looks, asks it,
 * and writes. */
#include "tickd/ops/watch_thread.h"

#include "tickd/base/calendar.h"

enum { WATCH_PERIOD_MS = 100, NS_PER_MS = 1000000 };
#define NS_PER_S INT64_C(1000000000)

int64_t watch_clock_ns(void)
{
    return (int64_t)uv_hrtime();
}

/* The deciding. */

static enum watch_word word_for(const struct watch_limits *limits, int64_t held_ns)
{
    if (held_ns >= limits->stale_ns)
        return WATCH_STALE;
    if (held_ns >= limits->lagging_ns)
        return WATCH_LAGGING;
    return held_ns >= limits->long_ns ? WATCH_LONG : WATCH_NOTHING;
}

enum watch_word watch_decide(struct watch_memory *memory, const struct watch_limits *limits,
                             struct watch_sight sight, int64_t now_ns, struct watch_sight *about,
                             int64_t *held_ns)
{
    bool is_other =
        sight.since_ns != memory->sight.since_ns || sight.module != memory->sight.module;
    enum watch_word said = memory->said;

    if (is_other && said != WATCH_NOTHING) {
        *about = memory->sight;
        *held_ns = now_ns - memory->sight.since_ns;
        *memory = (struct watch_memory){.sight = sight, .said = WATCH_NOTHING};
        return WATCH_RETURNED;
    }
    memory->sight = sight;
    *about = sight;
    *held_ns = now_ns - sight.since_ns;
    enum watch_word word = sight.since_ns != 0 ? word_for(limits, *held_ns) : WATCH_NOTHING;

    if (word <= said)
        return WATCH_NOTHING;
    memory->said = word;
    return word;
}

void watch_print(struct log_line *line, bool priority, int64_t now_us, enum watch_word word,
                 struct watch_sight about, int64_t held_ns)
{
    static const char *const states[] = {
        [WATCH_NOTHING] = "nothing", [WATCH_LONG] = "running",      [WATCH_LAGGING] = "lagging",
        [WATCH_STALE] = "stale",     [WATCH_RETURNED] = "returned",
    };
    bool is_bad = word == WATCH_STALE;

    log_line_build(line, priority, now_us, is_bad ? LOG_ERROR : LOG_WARNING, "loop_held");
    log_line_text(line, "module", module_id_name(about.module));
    log_line_text(line, "state", states[word]);
    log_line_integer(line, "held_ms", held_ns / NS_PER_MS);
    log_line_finish(line);
}

/* What the loop's thread writes down. A reader that sees the same beginning twice, with a module
 * between, has seen a pair that belongs together: a new pair always goes through 0. */

void watch_running(void *state, enum module_id module, int64_t since_ns)
{
    struct watch *watch = state;

    atomic_store_explicit(&watch->since_ns, 0, memory_order_release);
    if (since_ns == 0)
        return;
    atomic_store_explicit(&watch->module, (int)module, memory_order_release);
    atomic_store_explicit(&watch->since_ns, since_ns, memory_order_release);
}

struct watch_sight watch_look(const struct watch *watch)
{
    int64_t first = atomic_load_explicit(&watch->since_ns, memory_order_acquire);
    int module = atomic_load_explicit(&watch->module, memory_order_acquire);
    int64_t second = atomic_load_explicit(&watch->since_ns, memory_order_acquire);

    if (first != second)
        return (struct watch_sight){.module = MODULE_COUNT};
    return (struct watch_sight){.module = (enum module_id)module, .since_ns = first};
}

/* The thread. */

static void look_and_say(struct watch *watch, struct watch_memory *memory,
                         const struct watch_observer *observer)
{
    struct watch_sight sight = watch_look(watch);
    struct watch_sight about;
    int64_t now_ns = watch->clock_ns();
    int64_t held_ns;
    enum watch_word word = watch_decide(memory, &watch->limits, sight, now_ns, &about, &held_ns);
    struct log_line line;

    if (observer->see != NULL)
        observer->see(observer->state, sight, now_ns);
    if (word == WATCH_NOTHING)
        return;
    watch_print(&line, watch->log->sink.priority, watch->log->now_us(), word, about, held_ns);
    if (line.level <= health_log_level(watch->log))
        log_sink_write_from_thread(&watch->log->sink, line.text.data, line.text.length);
}

static void run(void *state)
{
    struct watch *watch = state;
    struct watch_memory memory = {.said = WATCH_NOTHING};

    uv_mutex_lock(&watch->mutex);
    while (!watch->stopping) {
        uv_cond_timedwait(&watch->wake, &watch->mutex, (uint64_t)WATCH_PERIOD_MS * NS_PER_MS);
        struct watch_observer observer = watch->observer;

        uv_mutex_unlock(&watch->mutex);
        look_and_say(watch, &memory, &observer);
        uv_mutex_lock(&watch->mutex);
    }
    uv_mutex_unlock(&watch->mutex);
}

static int start_thread(struct watch *watch)
{
    int result = uv_mutex_init(&watch->mutex);

    if (result != 0)
        return result;
    result = uv_cond_init(&watch->wake);
    if (result != 0)
        goto destroy_mutex;
    result = uv_thread_create(&watch->thread, run, watch);
    if (result != 0)
        goto destroy_condition;
    return 0;

destroy_condition:
    uv_cond_destroy(&watch->wake);
destroy_mutex:
    uv_mutex_destroy(&watch->mutex);
    return result;
}

int watch_start(struct watch *watch, const struct settings_monitor *settings,
                struct health_log *log)
{
    *watch = (struct watch){
        .limits = {.long_ns = settings->watch_ms * NS_PER_MS,
                   .lagging_ns = settings->stale_s * NS_PER_S / 2,
                   .stale_ns = settings->stale_s * NS_PER_S},
        .log = log,
        .clock_ns = watch_clock_ns,
    };
    atomic_init(&watch->module, MODULE_COUNT);
    int result = start_thread(watch);

    watch->started = result == 0;
    return result;
}

void watch_observe(struct watch *watch, struct watch_observer observer)
{
    uv_mutex_lock(&watch->mutex);
    watch->observer = observer;
    uv_mutex_unlock(&watch->mutex);
}

void watch_stop(struct watch *watch)
{
    if (!watch->started)
        return;
    uv_mutex_lock(&watch->mutex);
    watch->stopping = true;
    uv_cond_signal(&watch->wake);
    uv_mutex_unlock(&watch->mutex);
    uv_thread_join(&watch->thread);
    uv_cond_destroy(&watch->wake);
    uv_mutex_destroy(&watch->mutex);
    watch->started = false;
}
