/* From settings to an engine: configuration, memory budget, construction. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "tickd/bin/program.h"
#include "tickd/feed/client.h"
#include "tickd/ops/alert_sinks.h"
#include "tickd/ops/dashboard.h"
#include "tickd/ops/watch_thread.h"
#include "tickd/store/store.h"

static const char default_config[] = "/etc/tickd/tickd.json";

void program_complain(const char *format, ...)
{
    char memory[CONFIG_ERROR_MAX + 64];
    struct text text;
    va_list arguments;
    text_init(&text, memory, sizeof memory);
    va_start(arguments, format);
    text_format_list(&text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "tickd: %s\n", memory);
}

static int load_file(struct program *program, struct text *error)
{
    const char *path = program->line.config;
    if (path == NULL && !program->recording.is_tape && access(default_config, F_OK) == 0) {
        path = default_config;
    }
    return path == NULL ? 0 : config_load(path, &program->settings, &program->origins, error);
}

static bool is_live(const struct program *program)
{
    return program->line.replay_count == 0;
}

/* A recording brings its symbols with it, unless the operator has said which ones count. */
static void adopt_symbols(struct program *program)
{
    size_t index;
    const char key[] = "feed.symbols";
    const struct setting *setting = settings_find(key, sizeof key - 1, &index);
    if (!is_live(program) && program->origins.keys[index].origin == ORIGIN_DEFAULT) {
        char memory[128];
        struct text why;
        text_init(&why, memory, sizeof memory);
        if (settings_set(&program->settings, setting, "*", 1, &why) == 0) {
            program->origins.keys[index].origin = ORIGIN_DERIVED;
        }
    }
}

static int check_dashboard(const struct program *program, struct text *error)
{
    char memory[CONFIG_ERROR_MAX];
    struct text why;
    text_init(&why, memory, sizeof memory);
    int code = dashboard_check(&program->settings.dashboard, &why);
    if (code != 0) {
        text_add(error, memory);
    }
    return code;
}

static int check(struct program *program, struct text *error)
{
    const char *key;
    int code = config_check(&program->settings, &program->origins, error);
    if (code == 0) {
        char memory[CONFIG_ERROR_MAX];
        struct text why;
        text_init(&why, memory, sizeof memory);
        code = engine_check_settings(&program->settings, &key, &why);
        if (code == 0 && is_live(program)) {
            key = "alerts.command";
            code = alert_command_check(program->settings.alerts.command, &why);
        }
        if (code != 0) {
            text_format(error, "%s: %s", key, memory);
        }
    }
    if (code == 0) {
        code = check_dashboard(program, error);
    }
    if (code == 0 && is_live(program) &&
        strcmp(program->settings.feed.symbols.items[0], "*") == 0) {
        text_add(error, "feed.symbols: found \"*\", which is for recordings; allowed for a live "
                        "feed: names");
        code = ERROR_RANGE;
    }
    return code;
}

int program_load_settings(struct program *program)
{
    char memory[CONFIG_ERROR_MAX];
    struct text error;
    text_init(&error, memory, sizeof memory);
    settings_init(&program->settings);
    config_origins_init(&program->origins);
    int code = program_look_at_recording(program);
    if (code != 0) {
        return code;
    }
    code = load_file(program, &error);
    for (size_t i = 0; i < program->line.set_count && code == 0; i++) {
        code =
            config_set_option(&program->settings, &program->origins, program->line.sets[i], &error);
    }
    if (code == 0) {
        adopt_symbols(program);
        code = check(program, &error);
    }
    if (code != 0) {
        program_complain("%s", memory);
        return EX_CONFIG;
    }
    return 0;
}

static bool takes_frames(const struct program *program)
{
    return is_live(program) || program->recording.is_tape;
}

static bool is_taped(const struct program *program)
{
    return is_live(program) && program->settings.tape.enabled;
}

void program_measure(struct program *program)
{
    arena_init_measuring(&program->measuring);
    engine_create(&program->measuring, &program->settings);
    if (takes_frames(program)) {
        ingest_create(&program->measuring, &program->settings, NULL, watch_clock_ns);
    }
    if (is_live(program)) {
        feed_client_create(&program->measuring, &program->settings);
        store_create(&program->measuring, &program->settings.store);
        alert_sinks_create(&program->measuring);
    }
    if (is_taped(program)) {
        tape_writer_create(&program->measuring, &program->settings);
    }
}

int program_print_budget(const struct program *program)
{
    const struct arena *budget = &program->measuring;
    printf("%-16s %-28s %12s %14s\n", "owner", "what", "entries", "bytes");
    for (size_t i = 0; i < budget->item_count; i++) {
        const struct arena_item *item = &budget->items[i];
        printf("%-16s %-28s %12zu %14zu\n", item->owner, item->what, item->count, item->bytes);
    }
    printf("%-16s %-28s %12s %14zu\n", "total", "taken once, at start", "", budget->used);
    return fflush(stdout) == 0 ? 0 : EX_IOERR;
}

int program_build(struct program *program)
{
    program_measure(program);
    if (program->measuring.too_large || arena_init(&program->arena, program->measuring.used) != 0) {
        program_complain("no memory for %zu bytes; tickd --check-config prints what they are for",
                         program->measuring.used);
        return EX_OSERR;
    }
    program->engine = engine_create(&program->arena, &program->settings);
    if (takes_frames(program)) {
        program->ingest =
            ingest_create(&program->arena, &program->settings, program->engine, watch_clock_ns);
    }
    if (is_live(program)) {
        program->feed = feed_client_create(&program->arena, &program->settings);
        program->store = store_create(&program->arena, &program->settings.store);
        program->sinks = alert_sinks_create(&program->arena);
    }
    if (is_taped(program)) {
        program->tape = tape_writer_create(&program->arena, &program->settings);
    }
    arena_seal(&program->arena);
    return 0;
}

void program_unbuild(struct program *program)
{
    arena_fini(&program->arena);
    program->engine = NULL;
    program->ingest = NULL;
    program->feed = NULL;
    program->store = NULL;
    program->sinks = NULL;
    program->tape = NULL;
}
