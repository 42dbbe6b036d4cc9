/* The operator's command: real programs, one at a time, that behave well and badly. Nothing here
 * looks at the clock: each test runs its loop until the command is idle. */
#include "tickd/ops/alert_command.h"

#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tickd/base/error.h"

enum { FILE_MAX = 65536 };

struct scene {
    char folder[64];
    uv_loop_t loop;
    struct health_log log;
    struct settings_alerts settings;
    struct alert_command command;
    bool is_idle;
};

static struct scene scene;

static void path_of(const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", scene.folder, name);
}

static const char *contents(const char *name)
{
    static char memory[FILE_MAX];
    char path[128];
    path_of(name, path);
    FILE *file = fopen(path, "r");
    size_t length = file == NULL ? 0 : fread(memory, 1, sizeof memory - 1, file);
    if (file != NULL) {
        fclose(file);
    }
    memory[length] = '\0';
    return memory;
}

/* A program in the scene's folder, which is its working directory too. */
static void write_program(const char *name, const char *text)
{
    char path[128];
    path_of(name, path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\ncd '%s' || exit 99\n%s", scene.folder, text);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0700), 0);
}

static void on_idle(void *state)
{
    (void)state;
    scene.is_idle = true;
    uv_stop(&scene.loop);
}

static void use(const char *command)
{
    assert_true(text_copy(scene.settings.command, sizeof scene.settings.command, command));
    alert_command_set(&scene.command, &scene.settings);
}

/* "NAME ARGUMENTS" of a program in the folder. */
static void use_program(const char *line)
{
    char path[128];
    path_of(line, path);
    use(path);
}

static _Atomic long spawn_held_up_ns;

/* The C library's, with time for the child to end before it is known. Its own names are reserved.
 * NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *files,
                const posix_spawnattr_t *attributes, char *const words[], char *const environment[])
{
    int error = posix_spawnp(pid, path, files, attributes, words, environment);
    struct timespec pause = {.tv_nsec = spawn_held_up_ns};
    nanosleep(&pause, NULL);
    return error;
}

static int set_up(void **state)
{
    (void)state;
    struct text why;
    char memory[512];
    memset(&scene, 0, sizeof scene);
    text_copy(scene.folder, sizeof scene.folder, "/tmp/tickd-command-XXXXXX");
    assert_non_null(mkdtemp(scene.folder));
    text_init(&why, memory, sizeof memory);
    struct health_log_options options = {.directory = scene.folder, .level = LOG_DEBUG};
    assert_int_equal(health_log_open(&scene.log, &options, &why), 0);
    assert_int_equal(uv_loop_init(&scene.loop), 0);
    scene.settings.timeout_s = 60;
    alert_command_init(&scene.command, &scene.loop, &scene.log, "lab7", on_idle, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char line[160];
    assert_int_equal(uv_loop_close(&scene.loop), 0);
    health_log_close(&scene.log);
    snprintf(line, sizeof line, "rm -rf '%s'", scene.folder);
    return system(line);
}

static void take(uint64_t sequence, enum alert_state alert_state)
{
    struct alert_entry entry = {
        .sequence = sequence,
        .time_us = INT64_C(1795446000123000),
        .alert = {.value = 1,
                  .threshold = 1,
                  .alert = ALERT_JOURNAL_CRITICAL,
                  .severity = SEVERITY_CRITICAL,
                  .state = alert_state,
                  .text = "it's $HOME; `no`"},
    };
    alert_command_take(&scene.command, &entry);
}

static void run_until_idle(void)
{
    scene.is_idle = false;
    alert_command_work(&scene.command);
    while (!scene.is_idle) {
        uv_run(&scene.loop, UV_RUN_DEFAULT);
    }
    assert_true(alert_command_is_idle(&scene.command));
}

static void test_a_command_gets_the_alert_in_three_ways(void **state)
{
    (void)state;
    write_program("page", "cat >note\nprintf '%s|' \"$@\" >words\nenv | sort >environment\n");
    setenv("FINNHUB_TOKEN", "secret", 1);
    setenv("TZ", "UTC", 1);
    use_program("page -s 'two words' $HOME");
    take(17, ALERT_STATE_FIRING);
    run_until_idle();
    assert_string_equal(contents("words"), "-s|two words|$HOME|");
    const char *environment = contents("environment");
    assert_null(strstr(environment, "FINNHUB_TOKEN"));
    assert_non_null(strstr(environment, "\nPATH="));
    assert_non_null(strstr(environment, "\nTICKD_ALERT_NAME=journal\n"));
    assert_non_null(strstr(environment, "\nTICKD_ALERT_SEVERITY=critical\n"));
    assert_non_null(strstr(environment, "\nTICKD_ALERT_STATE=firing\n"));
    assert_non_null(strstr(environment, "\nTICKD_ALERT_VALUE=1\n"));
    assert_non_null(strstr(environment, "\nTICKD_ALERT_TIME=2026-11-23T15:00:00.123Z\n"));
    assert_non_null(strstr(environment, "\nTICKD_ALERT_SEQ=17\n"));
    assert_non_null(strstr(environment, "(it's $HOME; `no`)\n"));
    const char *note = contents("note");
    assert_int_equal(note[0], '{');
    assert_non_null(strstr(note, "\"seq\":17,"));
    assert_string_equal(note + strlen(note) - 2, "}\n");
    assert_int_equal(scene.command.done, 1);
    assert_non_null(strstr(contents("health.log"),
                           "level=info event=alert_command alert=journal severity=critical "
                           "state=firing exit_code=0 took_ms="));
}

static void test_commands_run_one_after_the_other_in_order(void **state)
{
    (void)state;
    /* Two at a time would both find the folder "one" there, or none. */
    write_program("page", "mkdir one || echo together >>order\n"
                          "echo $TICKD_ALERT_SEQ $TICKD_ALERT_STATE >>order\nrmdir one\n");
    use_program("page");
    for (uint64_t i = 1; i <= 6; i++) {
        take(i, i % 2 == 1 ? ALERT_STATE_FIRING : ALERT_STATE_RESOLVED);
    }
    run_until_idle();
    assert_string_equal(contents("order"),
                        "1 firing\n2 resolved\n3 firing\n4 resolved\n5 firing\n6 resolved\n");
    assert_int_equal(scene.command.done, 6);
}

static void test_an_exit_code_is_a_warning(void **state)
{
    (void)state;
    write_program("page", "exit 3\n");
    use_program("page");
    take(1, ALERT_STATE_FIRING);
    run_until_idle();
    assert_int_equal(scene.command.failed, 1);
    assert_non_null(strstr(contents("health.log"), "level=warning event=alert_command"));
    assert_non_null(strstr(contents("health.log"), " exit_code=3 "));
}

/* 'Z' is a process that has ended, and that nobody has asked after; 0: it is gone. */
static char condition_of(long pid)
{
    char path[64];
    char condition = 0;
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        condition = fscanf(file, "%*d (%*[^)]) %c", &condition) == 1 ? condition : 0;
        fclose(file);
    }
    return condition;
}

/* The pool's thread is held up between the child's birth and its news of it. */
static void test_a_command_that_ends_before_the_loop_hears_of_its_start(void **state)
{
    (void)state;
    write_program("page", "exit 0\n");
    use_program("page");
    spawn_held_up_ns = 100000000;
    for (size_t i = 0; i < 3; i++) {
        take(i + 1, ALERT_STATE_FIRING);
        run_until_idle();
        assert_false(uv_loop_alive(&scene.loop));
        assert_int_equal(scene.command.done, i + 1);
    }
    spawn_held_up_ns = 0;
}

static void test_a_command_that_hangs_is_killed_with_its_children(void **state)
{
    (void)state;
    const struct timespec pause = {.tv_nsec = 1000000};
    write_program("page", "sleep 1000 &\necho $! >child\nwait\n");
    scene.settings.timeout_s = 1;
    use_program("page");
    take(1, ALERT_STATE_FIRING);
    take(2, ALERT_STATE_FIRING);
    run_until_idle();
    assert_int_equal(scene.command.failed, 2);
    assert_non_null(
        strstr(contents("health.log"), "reason=\"killed: it took longer than alerts.timeout_s\""));
    long child = strtol(contents("child"), NULL, 10);
    assert_true(child > 1);
    while (condition_of(child) != 'Z' && condition_of(child) != 0) {
        nanosleep(&pause, NULL);
    }
}

static void test_a_program_that_is_gone_is_an_error_and_no_more(void **state)
{
    (void)state;
    use("/nowhere/page --now");
    take(1, ALERT_STATE_FIRING);
    run_until_idle();
    write_program("page", "exit 0\n");
    use_program("page");
    take(2, ALERT_STATE_FIRING);
    run_until_idle();
    assert_int_equal(scene.command.failed, 1);
    assert_int_equal(scene.command.done, 1);
    assert_non_null(strstr(contents("health.log"),
                           "level=error event=alert_command alert=journal severity=critical "
                           "state=firing reason=\"no such file or directory\""));
}

static void test_a_program_need_not_read_nor_be_quiet(void **state)
{
    (void)state;
    write_program("page", "exec <&-\nyes | head -c 1000000\n");
    use_program("page");
    take(1, ALERT_STATE_FIRING);
    run_until_idle();
    assert_int_equal(scene.command.done, 1);
}

static void test_the_end_kills_what_runs_and_forgets_what_waits(void **state)
{
    (void)state;
    write_program("page", "exec sleep 1000\n");
    use_program("page");
    for (uint64_t i = 1; i <= 3; i++) {
        take(i, ALERT_STATE_FIRING);
    }
    alert_command_work(&scene.command);
    assert_false(alert_command_is_idle(&scene.command));
    alert_command_stop(&scene.command);
    take(4, ALERT_STATE_FIRING);
    while (uv_run(&scene.loop, UV_RUN_DEFAULT) != 0) {
    }
    assert_true(alert_command_is_idle(&scene.command));
    assert_int_equal(scene.command.queue.dropped, 2);
    assert_int_equal(scene.command.failed, 1);
}

static void test_without_a_command_nothing_waits(void **state)
{
    (void)state;
    use("");
    take(1, ALERT_STATE_FIRING);
    alert_command_work(&scene.command);
    assert_true(alert_command_is_idle(&scene.command));
}

static void test_a_command_is_looked_at_before_it_is_needed(void **state)
{
    (void)state;
    char memory[512];
    char path[128];
    struct text why;
    text_init(&why, memory, sizeof memory);
    assert_int_equal(alert_command_check("", &why), 0);
    assert_int_equal(alert_command_check("/bin/sh -c true", &why), 0);
    assert_int_equal(alert_command_check("/nowhere/page", &why), ERROR_NOT_FOUND);
    assert_string_equal(memory, "found /nowhere/page (No such file or directory), allowed: "
                                "the path of a program that this user may run");
    text_clear(&why);
    assert_int_equal(alert_command_check("/tmp", &why), ERROR_DENIED);
    write_program("page", "exit 0\n");
    path_of("page", path);
    assert_int_equal(chmod(path, 0600), 0);
    text_clear(&why);
    assert_int_equal(alert_command_check(path, &why), ERROR_DENIED);
    assert_non_null(strstr(memory, "(cannot be executed)"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_command_gets_the_alert_in_three_ways),
        TEST(test_commands_run_one_after_the_other_in_order),
        TEST(test_an_exit_code_is_a_warning),
        TEST(test_a_command_that_ends_before_the_loop_hears_of_its_start),
        TEST(test_a_command_that_hangs_is_killed_with_its_children),
        TEST(test_a_program_that_is_gone_is_an_error_and_no_more),
        TEST(test_a_program_need_not_read_nor_be_quiet),
        TEST(test_the_end_kills_what_runs_and_forgets_what_waits),
        TEST(test_without_a_command_nothing_waits),
        TEST(test_a_command_is_looked_at_before_it_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
