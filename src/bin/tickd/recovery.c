/* Recovery: checkpoint, tape, archive. */
#include "tickd/bin/recovery.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <uv.h>

#include "tickd/base/calendar.h"
#include "tickd/base/error.h"
#include "tickd/bin/recovery_books.h"
#include "tickd/bin/recovery_taped.h"
#include "tickd/engine/engine_persist.h"
#include "tickd/feed/tape_replay.h"
#include "tickd/feed/tape_writer.h"
#include "tickd/ops/watch_thread.h"
#include "tickd/store/checkpoint.h"
#include "tickd/store/completion.h"

enum {
    WHY_MAX = 2048,
    FOLDER_MAX = 700,
    COMPLETION_ROWS = 16384,
    PROGRESS_INPUTS = 65536, /* between two words about it */
    PATIENCE = 20,           /* times that an archive is tried which somebody holds */
    PATIENCE_MS = 250,
    RETOLD_MAX = 32000000, /* inputs that are replayed for the archive's sake: a minute or two */
    NS_PER_MS = 1000000
};

/* What is under way. */
struct attempt {
    struct recovery *recovery;
    char folder[FOLDER_MAX];   /* of the tape */
    struct tape_extent extent; /* of the run that is to go on */
    uint64_t archive_run;      /* of its rows */
    struct tape_replay_result replay;
    struct completion *completion;      /* NULL: there is no archive, or it cannot be written */
    uint64_t from;                      /* first input that is replayed */
    uint64_t published;                 /* messages before the input at hand */
    uint64_t checked;                   /* digests that were compared until then */
    uint64_t verified;                  /* sequence: all up to it is as it was taped */
    bool has_looked;                    /* at the checkpoints, and said what is wrong with them */
    bool loaded;                        /* a checkpoint was */
    bool is_behind;                     /* the archive, of a checkpoint that could be used */
    bool lacks_rows;                    /* the archive, from before the one that was loaded */
    bool untrusted;                     /* fills since the last digest, by other settings */
    uint64_t fills;                     /* at the last digest */
    bool ahead[CHECKPOINT_GENERATIONS]; /* of the tape: what it goes on with was never kept */
    int64_t began_ns;
};

static void say(const struct recovery *recovery, enum log_level level, const char *format, ...)
    TICKD_PRINTF(3, 4);

static void say(const struct recovery *recovery, enum log_level level, const char *format, ...)
{
    char memory[WHY_MAX];
    struct text text;
    va_list arguments;
    text_init(&text, memory, sizeof memory);
    va_start(arguments, format);
    text_format_list(&text, format, arguments);
    va_end(arguments);
    recovery->log(recovery->state, level, "recovery", memory);
}

void recovery_start_folder(const char *tape_folder, uint64_t run, char *path, size_t capacity)
{
    struct text text;
    text_init(&text, path, capacity);
    text_format(&text, "%s/start-%016" PRIx64, tape_folder, run);
}

int recovery_rebuild(const struct recovery *recovery)
{
    program_unbuild(recovery->program);
    return program_build(recovery->program);
}

/* The checkpoint. */

/* Whether the tape reaches from the checkpoint on to its own end. Without a tape it is all that
 * there is. */
static bool tape_covers(const struct attempt *attempt, const struct checkpoint_meta *meta)
{
    const struct tape_extent *extent = &attempt->extent;
    return extent->files == 0 ||
           (meta->next_input >= extent->first_input && meta->next_input <= extent->next_input);
}

/* Whether it is worth reading; *why says what is against it. */
static int look_at(struct attempt *attempt, enum checkpoint_generation generation,
                   struct checkpoint_meta *meta, struct text *why)
{
    const struct tape_extent *extent = &attempt->extent;
    int error =
        checkpoint_read_meta(attempt->recovery->program->directories.state, generation, meta, why);
    if (error == 0 && meta->run != extent->run) {
        text_format(why, "%s is of another run", checkpoint_file_name(generation));
        error = ERROR_RANGE;
    } else if (error == 0 && !tape_covers(attempt, meta)) {
        attempt->ahead[generation] = meta->next_input > extent->next_input;
        text_format(why, "%s goes on with input %" PRIu64 ", the tape has %" PRIu64 " to %" PRIu64,
                    checkpoint_file_name(generation), meta->next_input, extent->first_input,
                    extent->next_input);
        error = ERROR_RANGE;
    }
    return error;
}

static bool load(struct attempt *attempt, const char *folder, enum checkpoint_generation generation,
                 struct checkpoint_meta *meta, struct text *why)
{
    const struct recovery *recovery = attempt->recovery;
    int error = checkpoint_read(folder, generation, recovery->program->engine, meta, why);
    if (error == ERROR_STATE) {
        error = recovery_rebuild(recovery) == 0 ? error : ERROR_MEMORY;
    }
    attempt->loaded = error == 0;
    return attempt->loaded;
}

/* The newest checkpoint that can be used; when `reached`, that the archive has reached too: rows
 * between its end and a later one would come from no replay. (Without a tape none do.) */
static bool load_newest(struct attempt *attempt, bool reached)
{
    const struct recovery *recovery = attempt->recovery;
    char memory[WHY_MAX];
    struct text why;
    struct checkpoint_meta meta;
    for (int i = 0;
         i < CHECKPOINT_GENERATIONS && !attempt->loaded && recovery->program->engine != NULL; i++) {
        enum checkpoint_generation generation = (enum checkpoint_generation)i;
        text_init(&why, memory, sizeof memory);
        int error = look_at(attempt, generation, &meta, &why);
        if (error == 0 && reached && attempt->extent.files > 0 &&
            !recovery_reaches(recovery->archive, attempt->archive_run, meta.published)) {
            say(recovery, LOG_INFO, "%s is passed over at first: the archive has not reached it",
                checkpoint_file_name(generation));
            attempt->is_behind = true;
            continue;
        }
        if (error == 0 &&
            load(attempt, recovery->program->directories.state, generation, &meta, &why)) {
            attempt->from = meta.next_input;
            attempt->lacks_rows =
                attempt->extent.files > 0 &&
                !recovery_reaches(recovery->archive, attempt->archive_run, meta.published);
        } else if (error != ERROR_NOT_FOUND && !attempt->has_looked) {
            say(recovery, LOG_WARNING, "%s", memory);
        }
    }
    attempt->has_looked = true;
    return attempt->loaded;
}

/* The run's beginning, if the tape has it: a new engine, or the state that the run began with. */
static bool load_start(struct attempt *attempt)
{
    char memory[WHY_MAX];
    char path[FOLDER_MAX];
    struct text why;
    struct checkpoint_meta meta;
    struct stat seen;
    if (attempt->extent.files == 0 || attempt->extent.first_input != 0) {
        return false;
    }
    recovery_start_folder(attempt->folder, attempt->extent.run, path, sizeof path);
    if (stat(path, &seen) != 0) {
        return true;
    }
    text_init(&why, memory, sizeof memory);
    if (!load(attempt, path, CHECKPOINT_NEWEST, &meta, &why)) {
        say(attempt->recovery, LOG_WARNING, "%s", memory);
    }
    return attempt->loaded;
}

/* The tape. */

static bool is_same_build(const struct attempt *attempt)
{
    const struct tape_extent *extent = &attempt->extent;
    return extent->files > 0 && strcmp(extent->version, TICKD_VERSION) == 0 &&
           extent->config_digest == settings_digest(&attempt->recovery->program->settings);
}

static bool note_input(void *state, uint64_t ordinal, int64_t at_us)
{
    char memory[WHY_MAX];
    struct text why;
    struct attempt *attempt = state;
    const struct tape_replay_result *replay = &attempt->replay;
    const struct recovery *recovery = attempt->recovery;
    (void)at_us;
    if (replay->digest_mismatches > 0) {
        return false;
    }
    if (replay->digests_checked > attempt->checked && replay->inputs_lost == 0) {
        attempt->checked = replay->digests_checked;
        attempt->verified = attempt->published;
        attempt->fills = engine_fills(recovery->program->engine);
        text_init(&why, memory, sizeof memory);
        if (attempt->completion != NULL &&
            completion_note(attempt->completion, attempt->verified, false, &why) != 0) {
            say(recovery, LOG_WARNING, "the archive is not completed yet: %s", memory);
        }
    }
    attempt->published = bus_published(engine_bus(recovery->program->engine));
    if (ordinal % PROGRESS_INPUTS == 0 && recovery->progress != NULL) {
        recovery->progress(recovery->state, "recovering from the tape");
    }
    return true;
}

static void open_archive(struct attempt *attempt)
{
    char memory[WHY_MAX];
    struct text why;
    const struct program *program = attempt->recovery->program;
    if (attempt->recovery->archive == NULL) {
        return;
    }
    text_init(&why, memory, sizeof memory);
    struct completion_setup setup = {
        .path = attempt->recovery->archive,
        .run = (int64_t)attempt->archive_run,
        .now_us = system_time_us(),
        .initial_cash = program->settings.portfolio.initial_cash,
        .version = TICKD_VERSION,
        .config_digest = settings_digest(&program->settings),
        .symbols = engine_symbols(program->engine),
        .bus = engine_bus(program->engine),
        .rows = COMPLETION_ROWS,
    };
    if (completion_open(&attempt->completion, &setup, &why) != 0) {
        say(attempt->recovery, LOG_ERROR, "the archive is not completed: %s", memory);
    }
}

/* Somebody may hold the archive for a moment. */
static int write_rows(const struct attempt *attempt, uint64_t sequence, struct text *why)
{
    int error = completion_note(attempt->completion, sequence, true, why);
    for (int i = 0; i < PATIENCE && error != 0; i++) {
        if (attempt->recovery->progress != NULL) {
            attempt->recovery->progress(attempt->recovery->state, "waiting for the archive");
        }
        uv_sleep(PATIENCE_MS);
        text_clear(why);
        error = completion_note(attempt->completion, sequence, true, why);
    }
    return error;
}

/* What the replay has shown to be as it was goes into the archive; nothing else. `repeated`: all
 * that was replayed is. */
static void close_archive(struct attempt *attempt, bool repeated)
{
    char memory[WHY_MAX];
    struct text why;
    struct recovery *recovery = attempt->recovery;
    uint64_t sequence =
        repeated ? bus_published(engine_bus(recovery->program->engine)) : attempt->verified;
    if (attempt->completion == NULL) {
        return;
    }
    text_init(&why, memory, sizeof memory);
    if (write_rows(attempt, sequence, &why) == 0) {
        completion_close(&attempt->completion);
        return;
    }
    say(recovery, LOG_ERROR, "the archive is not completed, %zu rows wait: %s",
        completion_waiting(attempt->completion), memory);
    completion_leave(attempt->completion);
    recovery->rows = attempt->completion;
    attempt->completion = NULL;
}

void recovery_hand_over(struct recovery *recovery, const struct tap *archive)
{
    if (recovery->rows == NULL) {
        return;
    }
    if (archive != NULL) {
        completion_hand_over(recovery->rows, archive);
    } else if (completion_waiting(recovery->rows) > 0) {
        recovery->rows_missing += completion_waiting(recovery->rows);
        say(recovery, LOG_ERROR, "%zu rows that the archive lacks are given up; the tape has them",
            completion_waiting(recovery->rows));
    }
    completion_close(&recovery->rows);
}

static void say_damage(const struct attempt *attempt)
{
    const struct tape_replay_result *replay = &attempt->replay;
    if (replay->digest_mismatches > 0) {
        const struct tape_mismatch *mismatch = &replay->mismatch;
        say(attempt->recovery, LOG_ERROR,
            "this build does not repeat the tape: at %" PRId64 ", after input %" PRIu64
            ", the digest was %016" PRIx64 " (sequence %" PRIu64 "), and is %016" PRIx64
            " (sequence %" PRIu64 ")",
            mismatch->at_us, mismatch->ordinal, mismatch->taped, mismatch->sequence,
            mismatch->found, mismatch->found_sequence);
    }
    if (replay->damage[0] != '\0') {
        say(attempt->recovery, replay->damaged > 0 ? LOG_ERROR : LOG_NOTICE, "%s", replay->damage);
    }
    if (replay->inputs_lost > 0) {
        say(attempt->recovery, LOG_ERROR, "%" PRIu64 " inputs are missing in the tape",
            replay->inputs_lost);
    }
}

/* True: the engine is what it was at the end of the tape. */
static bool replay(struct attempt *attempt)
{
    char memory[WHY_MAX];
    struct text why;
    struct program *program = attempt->recovery->program;
    struct tape_replay_options options = {.from_ordinal = attempt->from,
                                          .from_us = INT64_MIN,
                                          .until_us = INT64_MAX,
                                          .applied = note_input,
                                          .stops_at_loss = true,
                                          .state = attempt};
    if (attempt->extent.files == 0) {
        attempt->replay.next_ordinal = attempt->from;
        return recovery_knows_all(attempt->recovery->archive, attempt->archive_run,
                                  bus_published(engine_bus(program->engine)));
    }
    uint64_t next_file;
    text_init(&why, memory, sizeof memory);
    attempt->published = bus_published(engine_bus(program->engine));
    attempt->verified = attempt->published;
    attempt->fills = engine_fills(program->engine);
    open_archive(attempt);
    int error = tape_replay_into(program->engine, program->ingest, attempt->folder,
                                 attempt->extent.run, &options, &attempt->replay, &next_file, &why);
    const struct tape_replay_result *result = &attempt->replay;
    bool repeated = error == 0 && result->digest_mismatches == 0;
    bool whole = repeated && result->inputs_lost == 0;
    close_archive(attempt, repeated);
    if (whole && !recovery_knows_all(attempt->recovery->archive, attempt->archive_run,
                                     bus_published(engine_bus(program->engine)))) {
        say(attempt->recovery, LOG_ERROR,
            "the archive knows more than the tape, which ends with message %" PRIu64
            ": its end is gone",
            bus_published(engine_bus(program->engine)));
        whole = false;
    }
    if (error != 0) {
        say(attempt->recovery, LOG_ERROR, "%s", memory);
    }
    say_damage(attempt);
    attempt->untrusted = whole && !recovery_has_taped_rules(attempt->recovery) &&
                         engine_fills(program->engine) != attempt->fills;
    if (attempt->untrusted) {
        say(attempt->recovery, LOG_WARNING,
            "there are fills after the last digest, and this is another build, or other settings: "
            "they may be others than they were");
    }
    return whole && !attempt->untrusted;
}

/* The engine as it was built, for another try. */
static int begin_anew(struct attempt *attempt)
{
    attempt->loaded = false;
    attempt->lacks_rows = false;
    attempt->from = 0;
    attempt->checked = 0;
    attempt->replay = (struct tape_replay_result){0};
    recovery_hand_over(attempt->recovery, NULL);
    return recovery_rebuild(attempt->recovery);
}

/* Whether the run can be told again from its beginning for the sake of rows that the archive lacks:
 * it has reached no checkpoint that could be used (the first of a run, made a moment before the
 * crash; or the one before it is damaged). */
static bool may_tell_again(const struct attempt *attempt)
{
    return attempt->is_behind && is_same_build(attempt) && attempt->extent.next_input <= RETOLD_MAX;
}

static bool load_any(struct attempt *attempt)
{
    return load_newest(attempt, false) || load_start(attempt);
}

static int try_another(struct attempt *attempt, bool (*bring)(struct attempt *), bool *found,
                       bool *whole)
{
    int code = *found ? begin_anew(attempt) : 0;
    if (code == 0 && attempt->recovery->program->engine != NULL && bring(attempt)) {
        *found = true;
        *whole = replay(attempt);
    }
    return code;
}

/* States to go on from, the best first: rows that are missing in the archive are better than a
 * state that is lost. Another build, or other settings, had better repeat as little as possible.
 * *whole: one of them, with the tape behind it, is what the engine was; else it is what the last
 * one came to, if any was *found. Returns 0, or an exit code. */
static int try_all(struct attempt *attempt, bool *found, bool *whole)
{
    int code = 0;
    *found = recovery_has_taped_rules(attempt->recovery) ? load_newest(attempt, true)
                                                         : load_any(attempt);
    *whole = *found && replay(attempt);
    if (!*whole && may_tell_again(attempt)) {
        code = try_another(attempt, load_start, found, whole);
    }
    if (code == 0 && !*whole && (attempt->is_behind || !*found)) {
        code = try_another(attempt, load_any, found, whole);
    }
    attempt->recovery->rows_missing += attempt->lacks_rows ? 1 : 0;
    return code != 0 || attempt->recovery->program->engine != NULL ? code : EX_OSERR;
}

/* What comes of it. */

static void say_recovered(const struct attempt *attempt, const char *as)
{
    const struct program *program = attempt->recovery->program;
    const struct tape_replay_result *replay = &attempt->replay;
    const struct bus *bus = engine_bus(program->engine);
    say(attempt->recovery, LOG_NOTICE,
        "run %016" PRIx64 " %s: %s, %" PRIu64 " inputs from the tape, %" PRIu64
        " digests compared, in %" PRId64 " ms; sequence %" PRIu64 ", digest %016" PRIx64,
        attempt->extent.run, as,
        attempt->loaded ? "from a checkpoint" : "from the tape's beginning", replay->inputs,
        replay->digests_checked, (watch_clock_ns() - attempt->began_ns) / NS_PER_MS,
        bus_published(bus), bus_digest(bus));
}

/* Larger than every one before, whatever the clock says. */
static uint64_t choose_run(const struct attempt *attempt)
{
    uint64_t run = (uint64_t)system_time_us();
    uint64_t newest = attempt->extent.run;
    int64_t archived = recovery_newest_run(attempt->recovery->archive);
    if (archived > 0 && (uint64_t)archived > newest) {
        newest = (uint64_t)archived;
    }
    return run > newest ? run : newest + 1;
}

/* The state that the new run begins with, kept for its replays; it tells the run of the archive. */
static int keep_start(const struct attempt *attempt)
{
    char memory[WHY_MAX];
    char path[FOLDER_MAX];
    struct text why;
    struct recovery *recovery = attempt->recovery;
    struct checkpoint_meta meta = {.run = recovery->archive_run};
    text_init(&why, memory, sizeof memory);
    recovery_start_folder(attempt->folder, recovery->run, path, sizeof path);
    (void)mkdir(attempt->folder, 0750);
    if (mkdir(path, 0750) != 0 && errno != EEXIST) {
        program_complain("%s cannot be made: %s; see to the state folder's permissions and space",
                         path, strerror(errno));
        return EX_CANTCREAT;
    }
    if (checkpoint_write_now(path, recovery->program->engine, CHECKPOINT_AFTER_NEWEST, &meta,
                             &why) != 0) {
        program_complain("%s", memory);
        return EX_IOERR;
    }
    return 0;
}

static int begin_run(const struct attempt *attempt)
{
    struct recovery *recovery = attempt->recovery;
    recovery->run = choose_run(attempt);
    recovery->archive_run = recovery->has_state ? attempt->archive_run : recovery->run;
    recovery->next_input = 0;
    recovery->keep_from = 0;
    return recovery->has_state ? keep_start(attempt) : 0;
}

/* Their inputs' numbers are given to others now: later they would pass for states of this tape. */
static int remove_ahead(const struct attempt *attempt)
{
    const char *folder = attempt->recovery->program->directories.state;
    for (int i = 0; i < CHECKPOINT_GENERATIONS; i++) {
        if (!attempt->ahead[i]) {
            continue;
        }
        int error = checkpoint_remove(folder, (enum checkpoint_generation)i);
        if (error != 0) {
            say(attempt->recovery, LOG_ERROR, "%s, which is ahead of the tape, cannot be removed",
                checkpoint_file_name((enum checkpoint_generation)i));
            return error;
        }
    }
    return 0;
}

/* A run without a tape has none, and one with a tape has it to its end. */
static bool is_left(const struct attempt *attempt)
{
    bool tapes = attempt->recovery->program->tape != NULL;
    return tapes ? !is_same_build(attempt) : attempt->extent.files > 0;
}

static int go_on(const struct attempt *attempt)
{
    struct recovery *recovery = attempt->recovery;
    recovery->has_state = true;
    if (is_left(attempt)) {
        say_recovered(attempt, "is taken over by a new one (another build, or other settings)");
        return begin_run(attempt);
    }
    if (remove_ahead(attempt) != 0) {
        say_recovered(attempt, "is taken over by a new one");
        return begin_run(attempt);
    }
    say_recovered(attempt, "goes on");
    recovery->run = attempt->extent.run;
    recovery->archive_run = attempt->archive_run;
    recovery->next_input = attempt->replay.next_ordinal;
    recovery->keep_from = attempt->from;
    return 0;
}

/* A new engine for the books, which will be its first inputs. That it can take them is tried before
 * anything of the new run is on the disk: a start that is refused leaves all as it was. */
static int adopt(struct attempt *attempt)
{
    struct recovery *recovery = attempt->recovery;
    recovery_hand_over(recovery, NULL);
    int code = recovery_rebuild(recovery);
    if (code == 0 && recovery->books != NULL) {
        engine_pass_time(recovery->program->engine, system_time_us());
        code = recovery_adopt(recovery);
        code = code == 0 ? recovery_rebuild(recovery) : code;
    }
    return code == 0 ? begin_run(attempt) : code;
}

/* What was replayed lacks inputs, or cannot be repeated: the books that the archive has count. */
static int take_books(struct attempt *attempt, bool repeated)
{
    struct recovery *recovery = attempt->recovery;
    repeated = repeated && engine_has_started(recovery->program->engine);
    if (repeated && recovery_knows_all(recovery->archive, attempt->archive_run,
                                       bus_published(engine_bus(recovery->program->engine)))) {
        recovery->has_state = true;
        say_recovered(attempt, "is taken over by a new one, as far as its tape is whole; the "
                               "archive knows nothing later");
        return begin_run(attempt);
    }
    recovery_find_books(recovery, attempt->archive_run);
    if (repeated && recovery->books == NULL) { /* nothing was ever traded */
        recovery->has_state = true;
        attempt->archive_run = choose_run(attempt);
        say_recovered(attempt, "is taken over by a new one, as far as its tape is whole; the "
                               "archive has no books");
        return begin_run(attempt);
    }
    return adopt(attempt);
}

/* Of whatever run the archive has last. */
static int take_newest_books(struct attempt *attempt)
{
    recovery_find_books(attempt->recovery, 0);
    return adopt(attempt);
}

/* The newest that a checkpoint is of; 0 = there is none. */
static uint64_t newest_checkpointed(const struct recovery *recovery)
{
    char memory[WHY_MAX];
    struct text why;
    struct checkpoint_meta meta;
    uint64_t run = 0;
    for (int i = 0; i < CHECKPOINT_GENERATIONS; i++) {
        text_init(&why, memory, sizeof memory);
        if (checkpoint_read_meta(recovery->program->directories.state,
                                 (enum checkpoint_generation)i, &meta, &why) == 0 &&
            meta.run > run) {
            run = meta.run;
        }
    }
    return run;
}

/* The newest run of all: their ids are times. */
static int find_run(struct attempt *attempt)
{
    char memory[WHY_MAX];
    struct text why;
    uint64_t run = newest_checkpointed(attempt->recovery);
    text_init(&why, memory, sizeof memory);
    int error = tape_look(attempt->folder, 0, &attempt->extent, &why);
    if (error == 0 && run > attempt->extent.run) {
        error = tape_look(attempt->folder, run, &attempt->extent, &why);
    }
    if (error == 0) {
        error = tape_writer_next_file(attempt->folder, &attempt->recovery->next_file);
        text_format(&why, "%s: %s", attempt->folder,
                    error == ERROR_IO ? strerror(errno) : error_text(error));
    }
    if (error != 0) {
        program_complain("%s; see to the state folder's permissions", memory);
        return EX_CANTCREAT;
    }
    return 0;
}

/* A run that began with a state goes on, in the archive, in the run that the state came from. */
static void find_archive_run(struct attempt *attempt)
{
    char memory[WHY_MAX];
    char path[FOLDER_MAX];
    struct text why;
    struct checkpoint_meta meta;
    text_init(&why, memory, sizeof memory);
    recovery_start_folder(attempt->folder, attempt->extent.run, path, sizeof path);
    int error = checkpoint_read_meta(path, CHECKPOINT_NEWEST, &meta, &why);
    attempt->archive_run = error == 0 ? meta.run : attempt->extent.run;
    if (error != 0 && error != ERROR_NOT_FOUND) {
        say(attempt->recovery, LOG_WARNING,
            "%s; rows go on in the archive as those of another run than before", memory);
    }
}

int recovery_run(struct recovery *recovery)
{
    struct attempt attempt = {.recovery = recovery, .began_ns = watch_clock_ns()};
    struct text folder;
    text_init(&folder, attempt.folder, sizeof attempt.folder);
    text_format(&folder, "%s/tape", recovery->program->directories.state);
    int code = find_run(&attempt);
    if (code != 0) {
        return code;
    }
    if (attempt.extent.run == 0) { /* neither checkpoint nor tape: perhaps an archive */
        return recovery->program->line.fresh ? begin_run(&attempt) : take_newest_books(&attempt);
    }
    recovery_read_taped(recovery, attempt.folder, &attempt.extent);
    code = recovery_keep_symbols(recovery);
    if (code != 0) {
        return code;
    }
    find_archive_run(&attempt);
    recovery_check_books(recovery, attempt.archive_run);
    bool found;
    bool whole;
    code = try_all(&attempt, &found, &whole);
    if (code != 0) {
        return code;
    }
    if (whole) {
        return go_on(&attempt);
    }
    if (!found) {
        say(recovery, LOG_ERROR, "run %016" PRIx64 " has no state that can be read",
            attempt.extent.run);
    }
    return take_books(&attempt,
                      found && !attempt.untrusted && attempt.replay.digest_mismatches == 0);
}
