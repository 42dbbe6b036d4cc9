/* What systemd is told, and when. */
#include "tickd/ops/service.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tickd/ops/watch_thread.h"

enum {
    NS_PER_US = 1000,
    US_PER_MILLISECOND = 1000,
    TELL_EVERY_MS = 1000,
    TELL_OFTEN_MS = 10, /* least period of the timer, whatever the watchdog wants */
    EXTENSION_US = 30000000
};

/* What only the outside world or an operator can cure. */
static const uint32_t not_cured_by_restart =
    1U << MODULE_FEED | 1U << MODULE_STORE | 1U << MODULE_DASHBOARD;

static const char *take_variable(const char *name, char memory[SERVICE_STATUS_MAX])
{
    const char *value = getenv(name);

    if (value == NULL || !text_copy(memory, SERVICE_STATUS_MAX, value))
        return NULL;
    (void)unsetenv(name);
    return memory;
}

int service_open(struct service *service, struct text *why)
{
    char path[SERVICE_STATUS_MAX];
    char usec[SERVICE_STATUS_MAX];
    char pid[SERVICE_STATUS_MAX];
    const char *every = take_variable("WATCHDOG_USEC", usec);

    *service = (struct service){.phase = SERVICE_STARTING};
    service->watchdog_us =
        notify_watchdog_us(every, take_variable("WATCHDOG_PID", pid), (int64_t)getpid());
    return notify_open(&service->notify, take_variable("NOTIFY_SOCKET", path), why);
}

void service_close(struct service *service)
{
    notify_close(&service->notify);
}

void service_progress(const struct service *service, const char *what)
{
    char memory[NOTIFY_BYTES_MAX];
    struct text lines;

    text_init(&lines, memory, sizeof memory);
    text_format(&lines, "EXTEND_TIMEOUT_USEC=%d", EXTENSION_US);
    (void)notify_send(&service->notify, memory);
    (void)notify_send_status(&service->notify, what);
}

/* Status. */

static void add_ill(const struct status *status, struct text *line)
{
    const char *between = "; ";

    for (size_t i = 0; i < status->module_count; i++) {
        enum module_state state = status->modules[i].state;

        if (state != MODULE_STALE && state != MODULE_FAILED)
            continue;
        text_format(line, "%s%s %s", between, module_id_name(status->modules[i].id),
                    module_state_name(state));
        between = ", ";
    }
}

void service_print_status(const struct status *status, struct text *line)
{
    text_format(line, "feed %s, %u of %u symbols subscribed, health %.0f%%",
                feed_state_name(status->live.feed_state), (unsigned)status->live.feed_subscribed,
                (unsigned)status->symbols, status->health_score);
    if (status->portfolio.halted)
        text_add(line, ", trading halted");
    add_ill(status, line);
}

bool service_is_sound(const struct status *status)
{
    for (size_t i = 0; i < status->module_count; i++) {
        const struct assessment *module = &status->modules[i];

        if (module->state == MODULE_STALE && (not_cured_by_restart >> module->id & 1U) == 0)
            return false;
    }
    return true;
}

/* Phases. */

static void print_phase(const struct service *service, struct text *lines)
{
    switch (service->phase) {
    case SERVICE_STARTING:
        break;
    case SERVICE_RUNNING:
        text_add(lines, "READY=1");
        break;
    case SERVICE_RELOADING:
        text_format(lines, "RELOADING=1\nMONOTONIC_USEC=%lld",
                    (long long)(watch_clock_ns() / NS_PER_US));
        break;
    case SERVICE_STOPPING:
        text_add(lines, "STOPPING=1");
        break;
    }
}

static void tell_phase(struct service *service)
{
    char memory[NOTIFY_BYTES_MAX];
    struct text lines;

    text_init(&lines, memory, sizeof memory);
    print_phase(service, &lines);
    service->told = notify_send(&service->notify, memory);
}

static void enter(struct service *service, enum service_phase phase)
{
    service->phase = phase;
    tell_phase(service);
}

static void tell_status(struct service *service)
{
    char memory[SERVICE_STATUS_MAX];
    struct text line;

    text_init(&line, memory, sizeof memory);
    service_print_status(service->status, &line);
    if (strcmp(memory, service->said) != 0 && notify_send_status(&service->notify, memory))
        text_copy(service->said, sizeof service->said, memory);
}

/* Asked every quarter of $WATCHDOG_USEC at the least, it is fed after three quarters at the most.
 */
static void feed_watchdog(struct service *service)
{
    uint64_t now_ns = uv_hrtime();
    uint64_t half_ns = (uint64_t)service->watchdog_us * NS_PER_US / 2;

    if (service->watchdog_us == 0 || now_ns - service->fed_ns < half_ns ||
        !service_is_sound(service->status))
        return;
    if (notify_send(&service->notify, "WATCHDOG=1"))
        service->fed_ns = now_ns;
}

static void on_timer(uv_timer_t *timer)
{
    struct service *service = timer->data;

    memset(service->status, 0, sizeof *service->status);
    service->fill_status(service->state, service->status);
    if (!service->told)
        tell_phase(service);
    tell_status(service);
    feed_watchdog(service);
}

static uint64_t period_ms(const struct service *service)
{
    int64_t quarter_ms = service->watchdog_us / 4 / US_PER_MILLISECOND;

    if (service->watchdog_us == 0 || quarter_ms > TELL_EVERY_MS)
        return TELL_EVERY_MS;
    return quarter_ms < TELL_OFTEN_MS ? TELL_OFTEN_MS : (uint64_t)quarter_ms;
}

void service_ready(struct service *service, uv_loop_t *loop, struct status *status,
                   void (*fill_status)(void *state, struct status *status), void *state)
{
    service->status = status;
    service->fill_status = fill_status;
    service->state = state;
    service->fed_ns = uv_hrtime();
    enter(service, SERVICE_RUNNING);
    if (!notify_is_open(&service->notify))
        return;
    uv_timer_init(loop, &service->timer);
    service->timer.data = service;
    uv_timer_start(&service->timer, on_timer, 0, period_ms(service));
}

void service_reloading(struct service *service)
{
    if (service->phase == SERVICE_RUNNING)
        enter(service, SERVICE_RELOADING);
}

void service_reloaded(struct service *service)
{
    if (service->phase == SERVICE_RELOADING)
        enter(service, SERVICE_RUNNING);
}

void service_stopping(struct service *service)
{
    enter(service, SERVICE_STOPPING);
    if (service->timer.data != NULL)
        uv_close((uv_handle_t *)&service->timer, NULL);
    service->timer.data = NULL;
}
