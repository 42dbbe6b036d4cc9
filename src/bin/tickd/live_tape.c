/* The tape of a live run. */
#include "tickd/bin/live_tape.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sysexits.h>
#include <uv.h>

#include "tickd/base/error.h"

static int find_next_file(const char *folder, uint64_t *number)
{
    int error = tape_writer_next_file(folder, number);
    if (error != 0) {
        program_complain("the tape's folder %s cannot be read: %s", folder,
                         error == ERROR_IO ? strerror(errno) : error_text(error));
        return EX_CANTCREAT;
    }
    return 0;
}

static int draw_run(uint64_t *run)
{
    int error = uv_random(NULL, NULL, run, sizeof *run, 0, NULL);
    if (error != 0) {
        program_complain("no random number for the tape's run: %s", uv_strerror(error));
        return EX_OSERR;
    }
    return 0;
}

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

int live_tape_start(struct program *program, struct uv_loop_s *loop, feed_log log, void *state)
{
    char folder[PROGRAM_DIRECTORY_MAX + 8];
    struct text path;
    if (program->tape == NULL) {
        return 0;
    }
    text_init(&path, folder, sizeof folder);
    text_format(&path, "%s/tape", program->directories.state);
    struct tape_writer_setup setup = {.loop = loop,
                                      .engine = program->engine,
                                      .folder = folder,
                                      .keep_from = UINT64_MAX,
                                      .log = log,
                                      .state = state};
    int code = find_next_file(folder, &setup.next_file);
    if (code == 0) {
        code = draw_run(&setup.run);
    }
    if (code == 0) {
        say_start(&setup);
        tape_writer_start(program->tape, &setup);
    }
    return code;
}

void live_tape_stop(struct program *program)
{
    if (program->tape != NULL) {
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
