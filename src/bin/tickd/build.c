/* From settings to an engine: memory budget, construction. */
#include <stdio.h>
#include <sysexits.h>

#include "tickd/bin/program.h"
#include "tickd/feed/client.h"
#include "tickd/feed/tape_writer.h"
#include "tickd/ops/alert_sinks.h"
#include "tickd/ops/watch_thread.h"
#include "tickd/store/store.h"

enum program_life program_life(const struct program *program)
{
    if (program->line.replay_count == 0) {
        return LIFE_LIVE;
    }
    return program->recording.is_tape ? LIFE_TAPE : LIFE_TRADES;
}

/* Takes everything, in an order that is the same while measuring. */
static void take_parts(struct program *program, struct arena *arena,
                       const struct settings *settings, enum program_life life)
{
    program->engine = engine_create(arena, settings);
    if (life != LIFE_TRADES) {
        program->ingest = ingest_create(arena, settings, program->engine, watch_clock_ns);
    }
    if (life == LIFE_LIVE) {
        program->feed = feed_client_create(arena, settings);
        program->store = store_create(arena, &settings->store);
        program->sinks = alert_sinks_create(arena);
    }
    if (life == LIFE_LIVE && settings->tape.enabled) {
        program->tape = tape_writer_create(arena, settings);
    }
}

static void forget_parts(struct program *program)
{
    program->engine = NULL;
    program->ingest = NULL;
    program->feed = NULL;
    program->store = NULL;
    program->sinks = NULL;
    program->tape = NULL;
}

void program_measure_settings(struct arena *arena, const struct settings *settings,
                              enum program_life life)
{
    struct program nobody;
    arena_init_measuring(arena);
    forget_parts(&nobody);
    take_parts(&nobody, arena, settings, life);
}

void program_measure(struct program *program)
{
    program_measure_settings(&program->measuring, &program->settings, program_life(program));
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
    take_parts(program, &program->arena, &program->settings, program_life(program));
    arena_seal(&program->arena);
    return 0;
}

void program_unbuild(struct program *program)
{
    arena_fini(&program->arena);
    forget_parts(program);
}
