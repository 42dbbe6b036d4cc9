/* tickd --replay: a recording through the engine, and what came of it. */
#include "tickd/feed/replay.h"

#include <inttypes.h>
#include <string.h>
#include <sysexits.h>

#include "tickd/bin/program.h"
#include "tickd/ops/vitals.h"
#include "tickd/ops/watch_thread.h"

static struct vitals vitals;

static void tick_begin(void *state)
{
    vitals_tick_begin(state);
}

static void tick_end(void *state)
{
    vitals_tick_end(state);
}

static void fill_status(struct program *program, int64_t took_ns)
{
    struct status *status = &program->status;
    memset(status, 0, sizeof *status);
    status->version = TICKD_VERSION;
    engine_status(program->engine, status);
    vitals_fill_status(&vitals, status);
    status->wall_s = (double)took_ns / 1e9;
    status->trades_per_s = took_ns > 0 ? (double)status->input.trades * 1e9 / (double)took_ns : 0;
}

static int exit_code_of(int error)
{
    switch (error) {
    case 0:
        return 0;
    case ERROR_IO:
        return EX_DATAERR; /* unreadable input is 65, whatever made it so */
    case ERROR_MEMORY:
        return EX_OSERR;
    default:
        return EX_DATAERR;
    }
}

/* A recording brings its symbols with it, and there may be more of them than there is room for. */
static void complain_of_symbols(const struct program *program)
{
    const struct symbol_table *symbols = engine_symbols(program->engine);
    uint64_t lost = program->status.input.unknown_symbol;
    if (lost == 0 || !symbols->adopts || symbols->count < symbols->capacity) {
        return;
    }
    program_complain("--replay: %" PRIu64 " trades are not taken: there is room for %u symbols, "
                     "and they are of others; say which count with --set feed.symbols=A,B, or make "
                     "room with --set market.symbols_max=N, at most %d",
                     lost, (unsigned)symbols->capacity, SYMBOLS_MAX);
}

int program_replay(struct program *program)
{
    if (program->recording.is_tape) {
        return program_replay_tape(program);
    }
    char memory[CONFIG_ERROR_MAX];
    struct text error;
    struct dump *dump;
    struct replay_probe probe = {.begin = tick_begin, .end = tick_end, .state = &vitals};
    text_init(&error, memory, sizeof memory);
    int code = program_open_dump(program, &dump);
    if (code != 0) {
        return code;
    }
    vitals_start_without_loop(&vitals);
    int64_t started_ns = watch_clock_ns();
    int failed = replay_files(program->engine, program->line.replays, program->line.replay_count,
                              dump == NULL ? &probe : NULL, &error);
    fill_status(program, watch_clock_ns() - started_ns);
    vitals_stop(&vitals, NULL, NULL);
    complain_of_symbols(program);
    if (failed != 0) {
        program_complain("--replay: %s%s", memory,
                         failed == ERROR_IO ? "; name a recording that can be read" : "");
    }
    code = program_close_dump(&dump);
    int report_code = program_write_report(program);
    code = code != 0 ? code : report_code;
    return failed != 0 ? exit_code_of(failed) : code;
}
