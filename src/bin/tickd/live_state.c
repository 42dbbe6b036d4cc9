/* What the live process keeps: the state folder is its own, what is in it is brought back, every
 * input is taped, rows go to the archive, checkpoints are made. */
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

#include "tickd/base/calendar.h"
#include "tickd/base/error.h"
#include "tickd/bin/live.h"
#include "tickd/bin/live_tape.h"

enum { WHY_MAX = 1024, RETRY_S = 30 };

/* The lock, and --fresh under it. */

static int begin_anew(struct live *live)
{
    char memory[WHY_MAX];
    char aside[STATE_PATH_MAX];
    struct text why;
    text_init(&why, memory, sizeof memory);
    if (state_set_aside(live->program->directories.state, system_time_us() / US_PER_S, aside,
                        &why) != 0) {
        program_complain("--fresh: %s; see to the folder's permissions", memory);
        return EX_CANTCREAT;
    }
    if (aside[0] != '\0') {
        fprintf(stderr, "tickd: --fresh: the state of before is in %s\n", aside);
    }
    return 0;
}

int live_start_lock(struct live *live)
{
    char memory[WHY_MAX];
    struct text why;
    text_init(&why, memory, sizeof memory);
    if (state_lock_take(&live->lock, live->program->directories.state, &why) != 0) {
        program_complain("%s", memory);
        return EX_CANTCREAT;
    }
    int code = live->program->line.fresh ? begin_anew(live) : 0;
    if (code != 0) {
        state_lock_release(&live->lock);
    }
    return code;
}

void live_stop_lock(struct live *live)
{
    state_lock_release(&live->lock);
}

/* Checkpoints. */

static void say_checkpoint(struct live *live, const struct checkpoint_report *report)
{
    struct log_line line;
    bool again = live->checkpoint_failing == !report->written;
    live->checkpoint_failing = !report->written;
    log_line_begin(&line, &live->log,
                   report->written ? (again ? LOG_DEBUG : LOG_NOTICE)
                                   : (again ? LOG_DEBUG : LOG_ERROR),
                   report->written ? "checkpoint" : "checkpoint_failing");
    if (report->written) {
        log_line_count(&line, "inputs", report->meta.next_input);
        log_line_count(&line, "bytes", report->bytes);
    } else {
        log_line_text(&line, "text", report->why);
    }
    log_line_integer(&line, "fork_us", report->fork_us);
    log_line_integer(&line, "took_us", report->took_us);
    log_line_end(&line);
}

/* The one before may still be needed: should the newest know more than the tape after a crash, or
 * be damaged. */
static void checkpoint_done(void *state, const struct checkpoint_report *report)
{
    struct live *live = state;
    say_checkpoint(live, report);
    if (!report->written) {
        live->checkpoint_due_us = system_time_us() + RETRY_S * (int64_t)US_PER_S;
        return;
    }
    if (live->program->tape != NULL && live->checkpoint_place == CHECKPOINT_AFTER_NEWEST) {
        tape_keep_from(live->program->tape, live->checkpoint_inputs);
    }
    live->checkpoint_inputs = report->meta.next_input;
    live->checkpoint_messages = report->meta.published;
}

/* Whether tape and archive have reached the newest one. A recovery needs one that both have
 * reached: a state that is ahead of the tape cannot go on with it, and rows between the archive's
 * end and the state are in no replay. Without a tape nothing is replayed, and the newest is best.
 */
static bool newest_is_reached(const struct live *live)
{
    const struct tape_writer *tape = live->program->tape;
    return tape == NULL || (tape_durable(tape).inputs >= live->checkpoint_inputs &&
                            archive_has_all(&live->archive, live->checkpoint_messages));
}

/* The newest makes room for another: as the one before it, if it is one that a recovery needs. */
static enum checkpoint_place next_place(const struct live *live)
{
    return newest_is_reached(live) ? CHECKPOINT_AFTER_NEWEST : CHECKPOINT_FOR_NEWEST;
}

static struct checkpoint_meta checkpoint_meta(const struct live *live)
{
    const struct tape_writer *tape = live->program->tape;
    return (struct checkpoint_meta){
        .run = live->recovery.run,
        .next_input = tape == NULL ? 0 : tape_writer_next_input(tape),
    };
}

void live_checkpoint_soon(struct live *live)
{
    live->checkpoint_due_us = 0;
}

void live_checkpoint_second(struct live *live, int64_t now_us)
{
    char memory[WHY_MAX];
    struct text why;
    int64_t interval_us = live->program->settings.checkpoint.interval_s * US_PER_S;
    bool is_due = now_us >= live->checkpoint_due_us ||
                  live->checkpoint_due_us - now_us > interval_us; /* the clock went back */
    const struct tape_writer *tape = live->program->tape;
    if (live->stopping || !is_due || checkpoint_is_under_way(&live->checkpoint) ||
        (tape != NULL && tape_writer_has_gap(tape))) {
        return;
    }
    struct checkpoint_meta meta = checkpoint_meta(live);
    live->checkpoint_due_us = now_us + interval_us;
    live->checkpoint_place = next_place(live);
    text_init(&why, memory, sizeof memory);
    if (checkpoint_begin(&live->checkpoint, live->program->engine, live->checkpoint_place, &meta,
                         &why) != 0) {
        checkpoint_done(live, &(struct checkpoint_report){.why = memory});
    }
}

/* State. */

static void say_progress(void *state, const char *what)
{
    struct live *live = state;
    service_progress(&live->service, what);
}

static int recover(struct live *live)
{
    int code = archive_find(&live->archive, live->program);
    live->recovery = (struct recovery){
        .program = live->program,
        .archive = live->archive.path[0] != '\0' ? live->archive.path : NULL,
        .log = live_log_text,
        .progress = say_progress,
        .state = live,
    };
    return code == 0 ? recovery_run(&live->recovery) : code;
}

static uint64_t durable_sequence(void *state)
{
    const struct live *live = state;
    return live->program->tape == NULL ? UINT64_MAX : tape_durable(live->program->tape).sequence;
}

int live_start_state(struct live *live)
{
    struct program *program = live->program;
    int code = recover(live);
    if (code != 0) {
        return code;
    }
    int error = checkpoint_live_init(&live->checkpoint, &live->loop, program->directories.state,
                                     checkpoint_done, live);
    if (error != 0) {
        program_complain("checkpoints cannot be made in %s: %s", program->directories.state,
                         error_text(error));
        return EX_OSERR;
    }
    live->checkpoint_inputs = live->recovery.keep_from;
    code = archive_start(&live->archive, program, live->recovery.archive_run,
                         &(struct archive_links){.loop = &live->loop,
                                                 .durable_sequence = durable_sequence,
                                                 .log = live_log_text,
                                                 .state = live,
                                                 .rows_missing = live->recovery.rows_missing});
    if (code != 0) {
        checkpoint_live_close(&live->checkpoint, NULL);
        return code;
    }
    if (live->recovery.rows != NULL) { /* no checkpoint that it has reached before them gives way */
        live->checkpoint_messages = bus_published(engine_bus(program->engine));
    }
    struct tap archive =
        live->archive.store != NULL ? store_tap(live->archive.store) : (struct tap){0};
    recovery_hand_over(&live->recovery, live->archive.store != NULL ? &archive : NULL);
    live_tape_start(program, &live->recovery, &live->loop, live_log_text, live);
    return 0;
}

/* The archive's last rows wait until the tape's last inputs are on the disk. */
void live_stop_state(struct live *live)
{
    checkpoint_live_close(&live->checkpoint, NULL);
    live_tape_stop(live->program);
    archive_stop(&live->archive);
}

int live_close_state(struct live *live)
{
    char memory[WHY_MAX];
    struct text why;
    struct checkpoint_meta meta = checkpoint_meta(live);
    int code = live_tape_close(live->program);
    if (!live->ran) {
        return code;
    }
    text_init(&why, memory, sizeof memory);
    if (checkpoint_write_now(live->program->directories.state, live->program->engine,
                             next_place(live), &meta, &why) != 0) {
        live_log_text(live, LOG_ERROR, "checkpoint_failing", memory);
        program_complain("%s; the tape has what it lacks", memory);
        return code != 0 ? code : EX_IOERR;
    }
    return code;
}
