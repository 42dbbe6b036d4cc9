/* The tape of a live run. */
#include "tickd/bin/live_tape.h"

#include <inttypes.h>
#include <sysexits.h>

#include "tickd/ops/health_log.h"

static void say_start(const struct tape_writer_setup *setup)
{
    char memory[PROGRAM_DIRECTORY_MAX + 128];
    struct text text;
    text_init(&text, memory, sizeof memory);
    text_format(&text,
                "run %016" PRIx64 ", from input %" PRIu64 " on, from file %" PRIu64 " on in %s",
                setup->run, setup->next_input, setup->next_file, setup->folder);
    setup->log(setup->state, LOG_NOTICE, "tape", memory);
}

void live_tape_start(struct program *program, const struct recovery *recovery,
                     struct uv_loop_s *loop, feed_log log, void *state)
{
    char folder[PROGRAM_DIRECTORY_MAX + 8];
    struct text path;
    if (program->tape == NULL) {
        return;
    }
    text_init(&path, folder, sizeof folder);
    text_format(&path, "%s/tape", program->directories.state);
    struct tape_writer_setup setup = {.loop = loop,
                                      .engine = program->engine,
                                      .folder = folder,
                                      .run = recovery->run,
                                      .next_input = recovery->next_input,
                                      .next_file = recovery->next_file,
                                      .keep_from = recovery->keep_from,
                                      .log = log,
                                      .state = state};
    say_start(&setup);
    tape_writer_start(program->tape, &setup);
}

void live_tape_stop(struct program *program)
{
    if (program->tape != NULL) {
        tape_writer_digest(program->tape, system_time_us()); /* all of it can be verified */
        tape_writer_stop(program->tape);
    }
}

int live_tape_close(struct program *program)
{
    if (program->tape == NULL || tape_writer_close(program->tape)) {
        return 0;
    }
    program_complain("the tape's end could not be written; the log says why");
    return EX_IOERR;
}

void live_tape_fill_vitals(const struct program *program, struct vitals_message *vitals)
{
    if (program->tape != NULL) {
        vitals->tape_fill = tape_writer_fill(program->tape);
        vitals->journal_failing =
            program->settings.tape.required && tape_writer_is_failing(program->tape);
    }
}

void live_tape_second(struct program *program, int64_t now_us)
{
    if (program->tape != NULL) {
        tape_writer_digest(program->tape, now_us);
    }
}

void live_tape_rotate(struct program *program)
{
    if (program->tape != NULL) {
        tape_writer_rotate(program->tape);
    }
}

void live_tape_fill_status(const struct program *program, struct status_live *live)
{
    if (program->tape != NULL) {
        tape_writer_status(program->tape, live);
    }
}
