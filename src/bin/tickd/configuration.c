/* The configuration: file, options, what a recording brings, and every check that can be made
 * before the first of its effects. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "tickd/base/error.h"
#include "tickd/bin/program.h"
#include "tickd/ops/alert_sinks.h"
#include "tickd/ops/dashboard.h"

enum { MIB = 1 << 20, ITEMS_NAMED = 3 };

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

/* What is being put together. */
struct draft {
    const struct command_line *line;
    struct settings *settings;
    struct config_origins *origins;
    enum program_life life;
    struct text *error;
};

/* The default file says how this machine's daemon runs; a tape says itself how its own did. */
static int load_file(const struct draft *draft)
{
    const char *path = draft->line->config;
    if (path == NULL && draft->life != LIFE_TAPE && access(default_config, F_OK) == 0) {
        path = default_config;
    }
    int code = path == NULL ? 0 : config_load(path, draft->settings, draft->origins, draft->error);
    if (code == ERROR_NOT_FOUND || code == ERROR_IO) {
        text_add(draft->error, "; --config names a file that tickd's user can read");
    }
    return code;
}

/* A recording brings its symbols with it, unless the operator has said which ones count. */
static void adopt_symbols(const struct draft *draft)
{
    size_t index;
    const char key[] = "feed.symbols";
    const struct setting *setting = settings_find(key, sizeof key - 1, &index);
    if (draft->life != LIFE_LIVE && draft->origins->keys[index].origin == ORIGIN_DEFAULT) {
        char memory[128];
        struct text why;
        text_init(&why, memory, sizeof memory);
        if (settings_set(draft->settings, setting, "*", 1, &why) == 0) {
            draft->origins->keys[index].origin = ORIGIN_DERIVED;
        }
    }
}

/* The line that takes most among those that take less than `below`; NULL: none is left. */
static const struct arena_item *largest_item(const struct arena *arena, size_t below)
{
    const struct arena_item *largest = NULL;
    for (size_t i = 0; i < arena->item_count; i++) {
        const struct arena_item *item = &arena->items[i];
        if (item->bytes < below && (largest == NULL || item->bytes > largest->bytes)) {
            largest = item;
        }
    }
    return largest;
}

/* Refused before a byte is spent. */
static int check_budget(const struct draft *draft)
{
    struct arena arena;
    int64_t allowed_mib = draft->settings->memory.arena_max_mb;
    program_measure_settings(&arena, draft->settings, draft->life);
    if (!arena.too_large && arena.used / MIB <= (size_t)allowed_mib) {
        return 0;
    }
    text_format(draft->error,
                "memory.arena_max_mb: found %zu MiB that the arena would take, allowed: "
                "%lld MiB; make histories smaller or this larger; most goes to",
                arena.used / MIB, (long long)allowed_mib);
    const struct arena_item *item = largest_item(&arena, SIZE_MAX);
    for (int i = 0; i < ITEMS_NAMED && item != NULL; i++) {
        text_format(draft->error, "%s %s %s %zu MiB", i > 0 ? "," : "", item->owner, item->what,
                    item->bytes / MIB);
        item = largest_item(&arena, item->bytes);
    }
    return ERROR_RANGE;
}

/* What the engine, and live the alerts' command, say to their keys. */
static int check_values(const struct draft *draft)
{
    const char *key;
    char memory[CONFIG_ERROR_MAX];
    struct text why;
    text_init(&why, memory, sizeof memory);
    int code = engine_check_settings(draft->settings, &key, &why);
    if (code == 0 && draft->life == LIFE_LIVE) {
        key = "alerts.command";
        code = alert_command_check(draft->settings->alerts.command, &why);
    }
    if (code != 0) {
        text_format(draft->error, "%s: %s", key, memory);
    }
    return code;
}

static int check_dashboard(const struct draft *draft)
{
    char memory[CONFIG_ERROR_MAX];
    struct text why;
    text_init(&why, memory, sizeof memory);
    int code = dashboard_check(&draft->settings->dashboard, &why);
    if (code != 0) {
        text_add(draft->error, memory);
    }
    return code;
}

static int check_symbols(const struct draft *draft)
{
    if (draft->life == LIFE_LIVE && strcmp(draft->settings->feed.symbols.items[0], "*") == 0) {
        text_add(draft->error, "feed.symbols: found \"*\", which is for recordings; allowed for a "
                               "live feed: names");
        return ERROR_RANGE;
    }
    return 0;
}

static int check_all(const struct draft *draft)
{
    static int (*const checks[])(const struct draft *draft) = {check_values, check_dashboard,
                                                               check_symbols, check_budget};
    int code = config_check(draft->settings, draft->origins, draft->error);
    for (size_t i = 0; i < ARRAY_LENGTH(checks) && code == 0; i++) {
        code = checks[i](draft);
    }
    return code;
}

/* Over what is there: the defaults, or what a tape has brought. */
static int complete(const struct draft *draft)
{
    int code = load_file(draft);
    for (size_t i = 0; i < draft->line->set_count && code == 0; i++) {
        code =
            config_set_option(draft->settings, draft->origins, draft->line->sets[i], draft->error);
    }
    if (code == 0) {
        adopt_symbols(draft);
        code = check_all(draft);
    }
    return code;
}

int program_read_settings(const struct command_line *line, struct settings *settings,
                          struct config_origins *origins, struct text *error)
{
    settings_init(settings);
    config_origins_init(origins);
    return complete(&(struct draft){
        .line = line, .settings = settings, .origins = origins, .life = LIFE_LIVE, .error = error});
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
    code = complete(&(struct draft){.line = &program->line,
                                    .settings = &program->settings,
                                    .origins = &program->origins,
                                    .life = program_life(program),
                                    .error = &error});
    if (code != 0) {
        program_complain("%s", memory);
        return EX_CONFIG;
    }
    return 0;
}
