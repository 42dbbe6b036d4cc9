/* A handler that hangs, in a real loop of messages with the real watching thread: it is named in
 * the log while it hangs, and not by anything that waits for it. The handler itself reads the log
 * from inside its hang, and goes on hanging until it finds the line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tickd/bus/bus.h"
#include "tickd/ops/watch_thread.h"

enum { LOG_MAX = 16384, LOOK_EVERY_NS = 2000000, WATCH_MS = 50, STALE_S = 1 };

/* Far beyond what any stage takes: a thread that says nothing fails the test, it does not stall
 * it. */
#define PATIENCE_NS (INT64_C(30) * 1000000000)

struct scene {
    char folder[64];
    char log_path[96];
    struct health_log log;
    struct watch watch;
    struct arena arena;
    struct bus *bus;
    struct module modules[2];
    const char *wanted; /* the slow handler returns once the log holds this; NULL = at once */
    bool found;
    char said[LOG_MAX];
};

static const struct route routes[] = {{TOPIC_CLOCK, MODULE_MONITOR}, {TOPIC_CLOCK, MODULE_MARKET}};

static const struct bus_limits limits = {
    .log_messages = 1000, .input_messages_max = 10, .symbols = 1};

/* What the log holds by now. */
static const char *read_log(struct scene *scene)
{
    FILE *file = fopen(scene->log_path, "r");
    assert_non_null(file);
    size_t length = fread(scene->said, 1, sizeof scene->said - 1, file);
    scene->said[length] = '\0';
    (void)fclose(file);
    return scene->said;
}

static bool wait_for_line(struct scene *scene, const char *wanted)
{
    int64_t ends_ns = watch_clock_ns() + PATIENCE_NS;
    while (strstr(read_log(scene), wanted) == NULL) {
        if (watch_clock_ns() > ends_ns) {
            return false;
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = LOOK_EVERY_NS}, NULL);
    }
    return true;
}

static void hang(void *state, const struct message *message)
{
    struct scene *scene = state;
    (void)message;
    if (scene->wanted != NULL) {
        scene->found = wait_for_line(scene, scene->wanted);
    }
}

static void return_at_once(void *state, const struct message *message)
{
    (void)state;
    (void)message;
}

static void build_bus(struct scene *scene)
{
    struct arena measuring;
    arena_init_measuring(&measuring);
    (void)bus_create(&measuring, &limits);
    assert_int_equal(arena_init(&scene->arena, measuring.used), 0);
    scene->bus = bus_create(&scene->arena, &limits);
    scene->modules[0] =
        (struct module){.id = MODULE_MONITOR, .state = scene, .handle = return_at_once};
    scene->modules[1] = (struct module){.id = MODULE_MARKET, .state = scene, .handle = hang};
    bus_wire(scene->bus, scene->modules, 2, routes, 2, NULL, 0);
    bus_set_probe(scene->bus, watch_clock_ns, watch_running, &scene->watch);
}

static int begin(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct settings_monitor settings = {.watch_ms = WATCH_MS, .stale_s = STALE_S};
    char memory[256];
    struct text why;
    assert_non_null(scene);
    (void)snprintf(scene->folder, sizeof scene->folder, "/tmp/tickd-watch-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    (void)snprintf(scene->log_path, sizeof scene->log_path, "%s/health.log", scene->folder);
    text_init(&why, memory, sizeof memory);
    struct health_log_options options = {.directory = scene->folder, .level = LOG_INFO};
    assert_int_equal(health_log_open(&scene->log, &options, &why), 0);
    assert_int_equal(watch_start(&scene->watch, &settings, &scene->log), 0);
    build_bus(scene);
    *state = scene;
    return 0;
}

static int end(void **state)
{
    struct scene *scene = *state;
    watch_stop(&scene->watch);
    health_log_close(&scene->log);
    arena_fini(&scene->arena);
    (void)unlink(scene->log_path);
    (void)rmdir(scene->folder);
    free(scene);
    return 0;
}

static void tick(struct scene *scene, const char *wanted)
{
    scene->wanted = wanted;
    scene->found = false;
    publish_clock(scene->bus, MODULE_ENGINE, SYMBOL_NONE, &(struct clock_message){.skipped_s = 0});
    bus_dispatch(scene->bus);
}

static void test_a_handler_that_hangs_is_named_while_it_hangs_and_once_it_has_returned(void **state)
{
    struct scene *scene = *state;
    tick(scene, "level=warning event=loop_held module=market state=running held_ms=");
    assert_true(scene->found);
    assert_null(strstr(scene->said, "state=returned"));
    assert_true(wait_for_line(scene, "event=loop_held module=market state=returned held_ms="));
}

static void test_a_longer_hang_is_called_lagging_and_then_stale(void **state)
{
    struct scene *scene = *state;
    tick(scene, "level=error event=loop_held module=market state=stale held_ms=");
    assert_true(scene->found);
    const char *running = strstr(scene->said, "module=market state=running");
    const char *lagging = strstr(scene->said, "module=market state=lagging");
    const char *stale = strstr(scene->said, "module=market state=stale");
    assert_non_null(running);
    assert_non_null(lagging);
    assert_true(running < lagging && lagging < stale);
}

/* The second hang is the sign that the thread has looked all the while. */
static void test_who_returns_at_once_is_never_named(void **state)
{
    struct scene *scene = *state;
    for (int i = 0; i < 1000; i++) {
        tick(scene, NULL);
    }
    tick(scene, "module=market state=running");
    assert_true(scene->found);
    assert_null(strstr(scene->said, "module=monitor"));
    struct module_account account;
    assert_true(bus_account(scene->bus, MODULE_MARKET, &account));
    assert_true(account.longest_ns >= INT64_C(1000000) * WATCH_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_a_handler_that_hangs_is_named_while_it_hangs_and_once_it_has_returned, begin, end),
        cmocka_unit_test_setup_teardown(test_a_longer_hang_is_called_lagging_and_then_stale, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_who_returns_at_once_is_never_named, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
