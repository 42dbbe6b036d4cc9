/* tickd --replay of tapes: the inputs of a live run once more, and whether the same comes of them.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "tickd/base/calendar.h"
#include "tickd/base/error.h"
#include "tickd/bin/recovery.h"
#include "tickd/feed/tape_files.h"
#include "tickd/feed/tape_replay.h"
#include "tickd/ops/vitals.h"
#include "tickd/ops/watch_thread.h"
#include "tickd/store/checkpoint.h"

static struct vitals vitals;

static void tick_begin(void *state)
{
    vitals_tick_begin(state);
}

static void tick_end(void *state)
{
    vitals_tick_end(state);
}

static void fill_replay(const struct tape_replay_result *result, struct status_replay *replay)
{
    *replay = (struct status_replay){
        .is_tape = true,
        .inputs = result->inputs,
        .inputs_lost = result->inputs_lost,
        .gaps = result->gaps,
        .torn_blocks = result->torn,
        .broken_blocks = result->damaged,
        .runs = result->runs,
        .digests = result->digests,
        .digests_checked = result->digests_checked,
        .digest_mismatches = result->digest_mismatches,
        .mismatch_us = result->mismatch.at_us,
        .mismatch_sequence = result->mismatch.sequence,
        .first_us = result->first_us,
        .last_us = result->last_us,
    };
}

static void fill_status(struct program *program, const struct tape_replay_result *result,
                        int64_t took_ns)
{
    struct status *status = &program->status;
    memset(status, 0, sizeof *status);
    status->version = TICKD_VERSION;
    engine_status(program->engine, status);
    vitals_fill_status(&vitals, status);
    fill_replay(result, &status->replay);
    status->wall_s = (double)took_ns / 1e9;
    status->trades_per_s = took_ns > 0 ? (double)status->input.trades * 1e9 / (double)took_ns : 0;
}

/* Why an engine may come to something else; NULL: there is no reason. */
static const char *explain(const struct program *program)
{
    if (strcmp(program->recording.version, TICKD_VERSION) != 0) {
        return "another version of tickd wrote the tape";
    }
    if (!program_has_taped_settings(program)) {
        return "the configuration is not the one it was recorded with";
    }
    return NULL;
}

/* The same version and configuration must give the same messages: all else is a fault in tickd. */
static int judge_digests(const struct program *program, const struct tape_replay_result *result)
{
    const struct tape_mismatch *first = &result->mismatch;
    char when[CALENDAR_TEXT_MAX];
    if (result->digest_mismatches == 0) {
        return 0;
    }
    const char *reason = explain(program);
    calendar_print_us(first->at_us, 6, when);
    program_complain("--replay: %" PRIu64 " of %" PRIu64 " digests differ from the tape's, the "
                     "first at %s: message %" PRIu64 ", digest %016" PRIx64 " on the tape, message "
                     "%" PRIu64 ", digest %016" PRIx64 " in the replay%s%s",
                     result->digest_mismatches, result->digests_checked, when, first->sequence,
                     first->taped, first->found_sequence, first->found, reason != NULL ? "; " : "",
                     reason != NULL ? reason : "");
    return reason != NULL ? 0 : EX_DATAERR;
}

/* A torn end is what a crash leaves, and a gap what a full disk does: said, and no error. */
static int judge_tape(const struct tape_replay_result *result)
{
    if (result->damage[0] != '\0') {
        uint64_t more = result->torn + result->damaged - 1;
        program_complain("--replay: %s%s", result->damage,
                         more > 0 ? " (and more, see the report)" : "");
    }
    if (result->gaps > 0) {
        program_complain("--replay: the tape has %" PRIu64 " gaps; %" PRIu64 " inputs are missing",
                         result->gaps, result->inputs_lost);
    }
    return result->damaged > 0 ? EX_DATAERR : 0;
}

/* A run that began with a state has it beside its tape. */
static int load_start(struct program *program)
{
    char folder[PROGRAM_DIRECTORY_MAX + 64];
    char memory[CONFIG_ERROR_MAX];
    struct text why;
    struct tape_block block;
    struct stat seen;
    struct checkpoint_meta meta;
    const char *path = program->line.replays[0];
    const char *slash = strrchr(path, '/');
    if (tape_files_first_block(path, &block) != 0 || block.first_input != 0 ||
        !text_copy_bytes(folder, PROGRAM_DIRECTORY_MAX, slash == NULL ? "." : path,
                         slash == NULL ? 1 : (size_t)(slash - path))) {
        return 0;
    }
    text_copy(memory, sizeof memory, folder);
    recovery_start_folder(memory, block.run, folder, sizeof folder);
    if (stat(folder, &seen) != 0) {
        return 0;
    }
    text_init(&why, memory, sizeof memory);
    if (checkpoint_read(folder, CHECKPOINT_NEWEST, program->engine, &meta, &why) != 0) {
        program_complain("--replay: the state that the tape begins with: %s", memory);
        return EX_DATAERR;
    }
    return 0;
}

static int run(struct program *program, struct tape_replay_result *result)
{
    char memory[CONFIG_ERROR_MAX];
    struct text error;
    *result = (struct tape_replay_result){0};
    int code = load_start(program);
    if (code != 0) {
        return code;
    }
    text_init(&error, memory, sizeof memory);
    code = tape_replay(program->engine, program->ingest, program->line.replays,
                       program->line.replay_count,
                       &(struct tape_replay_options){.from_us = program->line.from_us,
                                                     .until_us = program->line.until_us},
                       result, &error);
    if (code != 0) {
        program_complain("--replay: %s", memory);
        return code == ERROR_MEMORY ? EX_OSERR : EX_DATAERR;
    }
    code = judge_tape(result);
    int digest_code = judge_digests(program, result);
    return code != 0 ? code : digest_code;
}

int program_replay_tape(struct program *program)
{
    struct tape_replay_result result;
    struct dump *dump;
    int code = program_open_dump(program, &dump);
    if (code != 0) {
        return code;
    }
    vitals_start_without_loop(&vitals);
    if (dump == NULL) { /* it allocates, and not the engine */
        ingest_set_probe(program->ingest, tick_begin, tick_end, &vitals);
    }
    int64_t started_ns = watch_clock_ns();
    int failed = run(program, &result);
    fill_status(program, &result, watch_clock_ns() - started_ns);
    vitals_stop(&vitals, NULL, NULL);
    code = program_close_dump(&dump);
    int report_code = program_write_report(program);
    code = code != 0 ? code : report_code;
    return failed != 0 ? failed : code;
}
