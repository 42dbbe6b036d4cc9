/* Measurements of the running process. jemalloc's functions are looked for when the program is
 * linked: without it they are not there, and what they would tell is said to be not measured. */
#include "tickd/ops/vitals.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tickd/base/calendar.h"

enum { NS_PER_US = 1000, BYTES_PER_MIB = 1 << 20, BESIDE_ARENA_MIB = 16 };

/* jemalloc(3). The address of a weak function that nobody defines is NULL. */
TICKD_WEAK int mallctl(const char *name, void *old_value, size_t *old_size, void *new_value,
                       size_t new_size);

bool vitals_has_jemalloc(void)
{
    return mallctl != NULL;
}

void vitals_give_back(void)
{
    if (vitals_has_jemalloc()) {
        mallctl("arena.4096.purge", NULL, NULL, NULL, 0); /* MALLCTL_ARENAS_ALL */
    }
}

static size_t read_size(const char *name)
{
    size_t value = 0;
    size_t size = sizeof value;

    return mallctl(name, &value, &size, NULL, 0) == 0 ? value : 0;
}

static void read_allocator(struct vitals *vitals)
{
    uint64_t epoch = 1;
    size_t size = sizeof epoch;

    if (!vitals_has_jemalloc())
        return;
    mallctl("epoch", &epoch, &size, &epoch, sizeof epoch); /* makes its statistics new */
    vitals->allocated_bytes = read_size("stats.allocated");
    vitals->resident_bytes = read_size("stats.resident");
}

static const uint64_t *find_thread_counter(void)
{
    uint64_t *counter = NULL;
    size_t size = sizeof counter;

    if (!vitals_has_jemalloc() || mallctl("thread.allocatedp", &counter, &size, NULL, 0) != 0)
        return NULL;
    return counter;
}

/* The second number of /proc/self/statm: resident pages (proc(5)). */
static void read_resident_pages(struct vitals *vitals)
{
    char memory[128];
    char *end;

    if (vitals->statm < 0)
        return;
    ssize_t length = pread(vitals->statm, memory, sizeof memory - 1, 0);

    if (length <= 0)
        return;
    memory[length] = '\0';
    const char *second = strchr(memory, ' ');
    unsigned long pages = second != NULL ? strtoul(second, &end, 10) : 0;

    if (second != NULL && end != second)
        vitals->rss_bytes = (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Runs before each wait for events, so one turn of the loop lies between two calls. */
static void note_turn(uv_prepare_t *prepare)
{
    struct vitals *vitals = prepare->data;
    uint64_t now_ns = uv_hrtime();
    uint64_t idle_ns = uv_metrics_idle_time(vitals->loop);

    if (vitals->turn_started_ns != 0) {
        uint64_t turn_ns = now_ns - vitals->turn_started_ns;
        uint64_t waited_ns = idle_ns - vitals->turn_idle_ns;
        int64_t worked_us = waited_ns < turn_ns ? (int64_t)((turn_ns - waited_ns) / NS_PER_US) : 0;

        histogram_record(&vitals->turns_us, worked_us);
        if (worked_us > vitals->lag_us)
            vitals->lag_us = worked_us;
        if (worked_us > vitals->lag_max_us)
            vitals->lag_max_us = worked_us;
    }
    vitals->turn_started_ns = now_ns;
    vitals->turn_idle_ns = idle_ns;
}

void vitals_start_without_loop(struct vitals *vitals)
{
    *vitals = (struct vitals){.loop_started_ns = uv_hrtime()};
    vitals->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    vitals->thread_allocated = find_thread_counter();
}

int vitals_start(struct vitals *vitals, uv_loop_t *loop)
{
    vitals_start_without_loop(vitals);
    vitals->loop = loop;
    int result = uv_loop_configure(loop, UV_METRICS_IDLE_TIME);

    if (result != 0)
        return result;
    uv_prepare_init(loop, &vitals->prepare);
    vitals->prepare.data = vitals;
    uv_prepare_start(&vitals->prepare, note_turn);
    uv_unref((uv_handle_t *)&vitals->prepare);
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct vitals *vitals = handle->data;

    if (vitals->done != NULL)
        vitals->done(vitals->done_state);
}

void vitals_stop(struct vitals *vitals, void (*done)(void *state), void *state)
{
    if (vitals->statm >= 0)
        close(vitals->statm);
    vitals->statm = -1;
    vitals->done = done;
    vitals->done_state = state;
    if (vitals->loop != NULL)
        uv_close((uv_handle_t *)&vitals->prepare, on_closed);
    else if (done != NULL)
        done(state);
}

void vitals_sample(struct vitals *vitals, struct vitals_message *message)
{
    read_resident_pages(vitals);
    read_allocator(vitals);
    vitals->lag_sampled_us = vitals->lag_us;
    vitals->lag_us = 0;
    message->rss_bytes = vitals->rss_bytes;
    message->allocated_bytes = vitals->allocated_bytes;
    message->resident_bytes = vitals->resident_bytes;
    message->loop_lag_us = vitals->lag_sampled_us;
    message->budget_bytes = vitals->budget_bytes;
}

uint64_t vitals_budget_bytes(const struct settings_monitor *settings, uint64_t arena_bytes,
                             uint64_t unread_bytes)
{
    if (settings->memory_budget_mb > 0)
        return (uint64_t)settings->memory_budget_mb * BYTES_PER_MIB;
    return arena_bytes + unread_bytes + BESIDE_ARENA_MIB * BYTES_PER_MIB;
}

void vitals_note_input(struct vitals *vitals, int64_t time_us, const struct status_input *input)
{
    rate_note(&vitals->trades, time_us, input->trades);
    rate_note(&vitals->frames, time_us, input->frames);
}

void vitals_tick_begin(struct vitals *vitals)
{
    if (vitals->thread_allocated != NULL)
        vitals->tick_allocated = *vitals->thread_allocated;
}

void vitals_tick_end(struct vitals *vitals)
{
    if (vitals->thread_allocated != NULL && *vitals->thread_allocated != vitals->tick_allocated)
        vitals->tick_allocations++;
}

void vitals_fill_status(struct vitals *vitals, struct status *status)
{
    read_resident_pages(vitals);
    read_allocator(vitals);
    status->rss_bytes = vitals->rss_bytes;
    status->allocated_bytes = vitals->allocated_bytes;
    status->resident_bytes = vitals->resident_bytes;
    status->budget_bytes = vitals->budget_bytes;
    status->tick_path_allocations =
        vitals->thread_allocated != NULL ? vitals->tick_allocations : -1;
    status->live.uptime_ms =
        (int64_t)((uv_hrtime() - vitals->loop_started_ns) / NS_PER_US / US_PER_MS);
    if (vitals->loop != NULL) {
        status->wall_s = (double)status->live.uptime_ms / MS_PER_S;
        status->trades_per_s = rate_per_s(&vitals->trades);
    }
    status->live.loop_lag_us = vitals->lag_sampled_us;
    status->live.loop_lag_max_us = vitals->lag_max_us;
    status->live.loop_turn_us = status_quantiles_of(&vitals->turns_us);
    status->live.trades_per_s = rate_per_s(&vitals->trades);
    status->live.frames_per_s = rate_per_s(&vitals->frames);
}
