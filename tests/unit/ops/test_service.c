/* The service's phases as a manager at the other end of $NOTIFY_SOCKET sees them. */
#include "tickd/ops/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static struct status shown;   /* what the daemon would fill in */
static struct status scratch; /* the service's */

struct scene {
    int manager;
    uv_loop_t loop;
    struct service service;
    struct text why;
    char why_memory[256];
};

static void fill(void *state, struct status *status)
{
    (void)state;
    *status = shown;
}

static void set_number(const char *name, long number)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%ld", number);
    setenv(name, text, 1);
}

static int begin(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char name[64];
    assert_non_null(scene);
    int length = snprintf(name, sizeof name, "@tickd-service-%ld", (long)getpid());
    memcpy(address.sun_path, name, (size_t)length);
    address.sun_path[0] = '\0';
    scene->manager = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(scene->manager, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)length)),
                     0);
    assert_int_equal(uv_loop_init(&scene->loop), 0);
    text_init(&scene->why, scene->why_memory, sizeof scene->why_memory);
    setenv("NOTIFY_SOCKET", name, 1);
    memset(&shown, 0, sizeof shown);
    shown.health_score = 100;
    shown.live.feed_state = FEED_STREAMING;
    shown.live.feed_subscribed = 2;
    shown.symbols = 2;
    *state = scene;
    return 0;
}

static int end(void **state)
{
    struct scene *scene = *state;
    if (scene->service.phase != SERVICE_STOPPING)
        service_stopping(&scene->service);
    uv_run(&scene->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&scene->loop), 0);
    service_close(&scene->service);
    close(scene->manager);
    free(scene);
    return 0;
}

static void open_service(struct scene *scene)
{
    assert_int_equal(service_open(&scene->service, &scene->why), 0);
}

static void become_ready(struct scene *scene)
{
    service_ready(&scene->service, &scene->loop, &scratch, fill, NULL);
}

/* The next datagram; the loop turns until there is one. */
static const char *next(struct scene *scene)
{
    static char got[NOTIFY_BYTES_MAX + 1];
    ssize_t length;
    while ((length = recv(scene->manager, got, sizeof got - 1, MSG_DONTWAIT)) < 0)
        uv_run(&scene->loop, UV_RUN_ONCE);
    got[length] = '\0';
    return got;
}

static bool is_silent(const struct scene *scene)
{
    char byte;
    return recv(scene->manager, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0;
}

static void test_ready_is_told_first_and_then_how_it_goes(void **state)
{
    struct scene *scene = *state;
    open_service(scene);
    assert_true(is_silent(scene));
    become_ready(scene);
    assert_string_equal(next(scene), "READY=1");
    assert_string_equal(next(scene),
                        "STATUS=feed streaming, 2 of 2 symbols subscribed, health 100%");
}

static void test_children_inherit_nothing_of_it(void **state)
{
    struct scene *scene = *state;
    setenv("WATCHDOG_USEC", "40000", 1);
    set_number("WATCHDOG_PID", getpid());
    open_service(scene);
    assert_null(getenv("NOTIFY_SOCKET"));
    assert_null(getenv("WATCHDOG_USEC"));
    assert_null(getenv("WATCHDOG_PID"));
    assert_int_equal(scene->service.watchdog_us, 40000);
}

static void test_a_slow_start_asks_for_more_time(void **state)
{
    struct scene *scene = *state;
    open_service(scene);
    service_progress(&scene->service, "recovering: 40% of the tape");
    assert_string_equal(next(scene), "EXTEND_TIMEOUT_USEC=30000000");
    assert_string_equal(next(scene), "STATUS=recovering: 40% of the tape");
}

static void test_a_reload_has_a_begin_and_an_end(void **state)
{
    struct scene *scene = *state;
    open_service(scene);
    service_reloading(&scene->service);
    assert_true(is_silent(scene));
    become_ready(scene);
    assert_string_equal(next(scene), "READY=1");
    service_reloading(&scene->service);
    assert_int_equal(strncmp(next(scene), "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
    service_reloaded(&scene->service);
    assert_string_equal(next(scene), "READY=1");
}

static void test_the_end_is_told(void **state)
{
    struct scene *scene = *state;
    open_service(scene);
    become_ready(scene);
    assert_string_equal(next(scene), "READY=1");
    service_stopping(&scene->service);
    assert_string_equal(next(scene), "STOPPING=1");
    service_reloading(&scene->service);
    assert_true(is_silent(scene));
}

static void test_the_watchdog_is_fed_while_modules_answer(void **state)
{
    struct scene *scene = *state;
    setenv("WATCHDOG_USEC", "40000", 1);
    set_number("WATCHDOG_PID", getpid());
    open_service(scene);
    become_ready(scene);
    while (strcmp(next(scene), "WATCHDOG=1") != 0)
        continue;
    assert_string_equal(next(scene), "WATCHDOG=1");
}

static void test_it_is_not_fed_while_the_engine_hangs(void **state)
{
    struct scene *scene = *state;
    setenv("WATCHDOG_USEC", "40000", 1);
    set_number("WATCHDOG_PID", getpid());
    shown.module_count = 1;
    shown.modules[0] = (struct assessment){.id = MODULE_MARKET, .state = MODULE_STALE};
    open_service(scene);
    become_ready(scene);
    assert_string_equal(next(scene), "READY=1");
    assert_string_equal(
        next(scene), "STATUS=feed streaming, 2 of 2 symbols subscribed, health 100%; market stale");
    for (int turn = 0; turn < 12; turn++) /* 120 ms: three times what the watchdog waits */
        uv_run(&scene->loop, UV_RUN_ONCE);
    assert_true(is_silent(scene));
}

static bool is_sound(enum module_id id, enum module_state module)
{
    struct status *status = &scratch;
    memset(status, 0, sizeof *status);
    status->module_count = 2;
    status->modules[0] = (struct assessment){.id = MODULE_BUS, .state = MODULE_ACTIVE};
    status->modules[1] = (struct assessment){.id = id, .state = module};
    return service_is_sound(status);
}

static void test_only_what_a_restart_cures_starves_the_watchdog(void **state)
{
    (void)state;
    assert_false(is_sound(MODULE_MARKET, MODULE_STALE));
    assert_false(is_sound(MODULE_PORTFOLIO, MODULE_STALE));
    assert_false(is_sound(MODULE_CONTROL, MODULE_STALE));
    assert_true(is_sound(MODULE_MARKET, MODULE_LAGGING));
    assert_true(is_sound(MODULE_FEED, MODULE_STALE));
    assert_true(is_sound(MODULE_STORE, MODULE_STALE));
    assert_true(is_sound(MODULE_STORE, MODULE_FAILED));
    assert_true(is_sound(MODULE_DASHBOARD, MODULE_STALE));
}

static void test_without_a_manager_nothing_is_told(void **state)
{
    struct scene *scene = *state;
    unsetenv("NOTIFY_SOCKET");
    open_service(scene);
    become_ready(scene);
    service_reloading(&scene->service);
    service_reloaded(&scene->service);
    assert_int_equal(uv_run(&scene->loop, UV_RUN_DEFAULT), 0);
    assert_true(is_silent(scene));
}

static void test_a_halt_is_part_of_the_status(void **state)
{
    char memory[SERVICE_STATUS_MAX];
    struct text line;
    (void)state;
    text_init(&line, memory, sizeof memory);
    memset(&scratch, 0, sizeof scratch);
    scratch.symbols = 3;
    scratch.portfolio.halted = true;
    scratch.live.feed_state = FEED_BACKING_OFF;
    scratch.health_score = 66.7;
    service_print_status(&scratch, &line);
    assert_string_equal(memory,
                        "feed backing_off, 0 of 3 symbols subscribed, health 67%, trading halted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ready_is_told_first_and_then_how_it_goes, begin, end),
        cmocka_unit_test_setup_teardown(test_children_inherit_nothing_of_it, begin, end),
        cmocka_unit_test_setup_teardown(test_a_slow_start_asks_for_more_time, begin, end),
        cmocka_unit_test_setup_teardown(test_a_reload_has_a_begin_and_an_end, begin, end),
        cmocka_unit_test_setup_teardown(test_the_end_is_told, begin, end),
        cmocka_unit_test_setup_teardown(test_the_watchdog_is_fed_while_modules_answer, begin, end),
        cmocka_unit_test_setup_teardown(test_it_is_not_fed_while_the_engine_hangs, begin, end),
        cmocka_unit_test(test_only_what_a_restart_cures_starves_the_watchdog),
        cmocka_unit_test_setup_teardown(test_without_a_manager_nothing_is_told, begin, end),
        cmocka_unit_test(test_a_halt_is_part_of_the_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
