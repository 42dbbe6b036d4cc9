/* The tape's writer: lines into buffers on the loop, buffers to the disk on the thread pool. */
#include "tickd/feed/tape_writer.h"

#include <errno.h>
#include <string.h>
#include <uv.h>

#include "tickd/base/assert.h"
#include "tickd/base/error.h"
#include "tickd/feed/tape_line.h"

enum { WRITER_TEXT_MAX = 1024, FULL = 1000 };

struct tape_buffer {
    char *bytes;
    size_t length;
    struct tape_block block; /* inputs and times */
    uint64_t begun_ms;       /* the loop's time when its first line came */
};

/* Inputs that found no room, and are not yet told by a line. */
struct tape_gap {
    uint64_t inputs;
    int64_t first_us;
    int64_t last_us;
    uint64_t sequence; /* of the newest message before them */
};

struct tape_writer {
    struct tape_writer_setup setup;
    char folder[TAPE_FOLDER_MAX];
    struct tape_file *file; /* the thread's while it is busy, as the job is */
    struct tape_job job;
    struct tape_job done; /* the newest job that came to its end */
    uv_timer_t timer;
    uv_work_t work;
    uint64_t flush_ms;
    uint64_t file_bytes;
    uint64_t max_bytes;
    size_t capacity;
    struct tape_buffer buffers[2];
    struct tape_buffer *filling;
    struct tape_buffer *writing; /* handed over and not yet on the disk; NULL = none is */
    bool busy;                   /* the thread works on it */
    bool started;
    bool stopping;
    bool rotate;
    bool failing;
    bool over_cap;
    uint64_t next_input;
    uint64_t keep_from;
    struct tape_gap gap;
    struct tape_durable durable;
    struct tape_durable handed_over; /* what will be durable once `writing` is */
    char reason[STATUS_TEXT_MAX];
    uint64_t inputs_lost;
    uint64_t gaps;
    uint64_t blocks;
    uint64_t plain_bytes;
    uint64_t packed_bytes;
    uint64_t failures;
};

struct tape_writer *tape_writer_create(struct arena *arena, const struct settings *settings)
{
    size_t capacity = (size_t)settings->tape.buffer_bytes;
    struct tape_writer *writer = arena_take(arena, "tape", "writer", 1, sizeof *writer);
    char *bytes = arena_take(arena, "tape", "lines to write", 2, capacity);
    struct tape_file *file = tape_file_create(arena, settings, capacity);

    if (arena_measuring(arena))
        return NULL;
    writer->file = file;
    writer->capacity = capacity;
    writer->buffers[0].bytes = bytes;
    writer->buffers[1].bytes = bytes + capacity;
    writer->filling = &writer->buffers[0];
    writer->flush_ms = (uint64_t)settings->tape.flush_ms;
    writer->file_bytes = (uint64_t)settings->tape.file_bytes;
    writer->max_bytes = (uint64_t)settings->tape.max_bytes;
    return writer;
}

int tape_writer_next_file(const char *folder, uint64_t *number)
{
    struct tape_files files;
    int error = tape_files_list(folder, &files);

    if (error != 0)
        return error;
    *number = files.count > 0 ? files.numbers[files.count - 1] + 1 : 1;
    tape_files_fini(&files);
    return 0;
}

/* What it says. */

static void say(const struct tape_writer *writer, enum log_level level, const char *format, ...)
    TICKD_PRINTF(3, 4);

static void say(const struct tape_writer *writer, enum log_level level, const char *format, ...)
{
    char memory[WRITER_TEXT_MAX];
    struct text text;
    va_list arguments;

    if (writer->setup.log == NULL)
        return;
    text_init(&text, memory, sizeof memory);
    va_start(arguments, format);
    text_format_list(&text, format, arguments);
    va_end(arguments);
    writer->setup.log(writer->setup.state, level, "tape", memory);
}

static void begin_to_fail(struct tape_writer *writer, const char *reason)
{
    if (writer->failing)
        return;
    writer->failing = true;
    (void)text_copy(writer->reason, sizeof writer->reason, reason);
    say(writer, LOG_ERROR, "cannot record: %s; it is tried again every %llu ms", reason,
        (unsigned long long)writer->flush_ms);
}

static void work_again(struct tape_writer *writer)
{
    if (!writer->failing || writer->gap.inputs > 0)
        return;
    writer->failing = false;
    writer->reason[0] = '\0';
    say(writer, LOG_NOTICE, "records again; %llu inputs have been lost so far",
        (unsigned long long)writer->inputs_lost);
}

static void note_cap(struct tape_writer *writer, bool over)
{
    if (over && !writer->over_cap)
        say(writer, LOG_WARNING,
            "all tapes together are larger than tape.max_bytes, and the oldest is still needed to "
            "recover from the newest checkpoint; a larger tape.max_bytes or more frequent "
            "checkpoints help");
    writer->over_cap = over;
}

/* From the filling buffer to the disk. */

static void hand_over(struct tape_writer *writer);

static void run_job(uv_work_t *work)
{
    struct tape_writer *writer = work->data;

    tape_file_write(writer->file, &writer->job);
}

static void note_failure(struct tape_writer *writer)
{
    char memory[STATUS_TEXT_MAX];
    struct text reason;

    writer->failures++;
    text_init(&reason, memory, sizeof memory);
    text_format(&reason, "%s fails in %.128s: %s", writer->done.step, writer->setup.folder,
                strerror(writer->done.error));
    begin_to_fail(writer, memory);
}

/* The buffer that was written is empty again. */
static void note_success(struct tape_writer *writer)
{
    const struct tape_job *job = &writer->done;

    writer->blocks++;
    writer->plain_bytes += job->length;
    writer->packed_bytes += job->packed_bytes;
    writer->writing->length = 0;
    writer->writing = NULL;
    writer->durable = writer->handed_over;
    note_cap(writer, job->over_cap);
    work_again(writer);
    if (writer->setup.durable != NULL)
        writer->setup.durable(writer->setup.state, &writer->durable);
}

static void note_end(struct tape_writer *writer)
{
    writer->busy = false;
    writer->done = writer->job;
    if (writer->done.began_file)
        writer->rotate = false;
    if (writer->done.error != 0)
        note_failure(writer);
    else
        note_success(writer);
}

static void after_job(uv_work_t *work, int status)
{
    struct tape_writer *writer = work->data;

    ASSERT(status == 0); /* nobody cancels it */
    note_end(writer);
    /* What came meanwhile is not left for a timer that has been closed, or that may come late. */
    if (writer->done.error == 0 &&
        (writer->stopping || writer->filling->length > writer->capacity / 2))
        hand_over(writer);
}

static uint64_t published(const struct tape_writer *writer)
{
    return bus_published(engine_bus(writer->setup.engine));
}

/* The other buffer, if it is free, takes what comes from now on. What lost inputs led to does not
 * count as durable before the gap itself is. */
static bool change_buffers(struct tape_writer *writer)
{
    if (writer->writing != NULL)
        return true; /* it failed before: once more */
    if (writer->filling->length == 0)
        return false;
    writer->writing = writer->filling;
    writer->filling = &writer->buffers[writer->filling == &writer->buffers[0] ? 1 : 0];
    writer->handed_over = (struct tape_durable){
        .inputs = writer->writing->block.first_input + writer->writing->block.inputs,
        .sequence = writer->gap.inputs > 0 ? writer->gap.sequence : published(writer)};
    return true;
}

static void prepare_job(struct tape_writer *writer)
{
    writer->job = (struct tape_job){.lines = writer->writing->bytes,
                                    .length = writer->writing->length,
                                    .block = writer->writing->block,
                                    .begin_file = writer->rotate,
                                    .keep_from = writer->keep_from};
}

static void tell_gap(struct tape_writer *writer);

static void hand_over(struct tape_writer *writer)
{
    if (writer->busy || !change_buffers(writer))
        return;
    tell_gap(writer);
    prepare_job(writer);
    writer->busy = true;
    int error = uv_queue_work(writer->setup.loop, &writer->work, run_job, after_job);

    ASSERT(error == 0);
}

static void on_timer(uv_timer_t *timer)
{
    hand_over(timer->data);
}

/* Lines into the filling buffer. */

static char *place(const struct tape_writer *writer)
{
    return writer->filling->bytes + writer->filling->length;
}

static size_t room(const struct tape_writer *writer)
{
    return writer->capacity - writer->filling->length;
}

/* A line of `length` bytes has been written at place(). */
static void take_line(struct tape_writer *writer, size_t length, int64_t first_us, int64_t last_us,
                      uint64_t first_input, uint64_t inputs)
{
    struct tape_buffer *buffer = writer->filling;

    if (buffer->length == 0) {
        buffer->block = (struct tape_block){.first_input = first_input, .first_us = first_us};
        buffer->begun_ms = uv_now(writer->setup.loop);
    }
    buffer->length += length;
    buffer->block.inputs += inputs;
    buffer->block.last_us = last_us;
}

/* As soon as there is room for more than the next few, a line stands for the inputs that are not
 * there. */
static void tell_gap(struct tape_writer *writer)
{
    struct tape_gap *gap = &writer->gap;

    if (gap->inputs == 0 || room(writer) < writer->capacity / 2)
        return;
    size_t length =
        tape_line_gap(gap->first_us, gap->last_us, gap->inputs, place(writer), room(writer));

    ASSERT(length > 0);
    take_line(writer, length, gap->first_us, gap->last_us, writer->next_input - gap->inputs,
              gap->inputs);
    gap->inputs = 0;
}

static void lose(struct tape_writer *writer, int64_t at_us)
{
    struct tape_gap *gap = &writer->gap;

    if (gap->inputs == 0) {
        gap->first_us = at_us;
        gap->sequence = published(writer);
        writer->gaps++;
    }
    gap->last_us = at_us;
    gap->inputs++;
    writer->inputs_lost++;
    begin_to_fail(writer, "the buffers are full: the disk does not take them fast enough");
}

static void write_input(void *state, const struct input *input)
{
    struct tape_writer *writer = state;
    size_t length = 0;

    tell_gap(writer);
    if (writer->gap.inputs == 0)
        length = tape_line_input(input, engine_symbols(writer->setup.engine), place(writer),
                                 room(writer));
    if (length > 0)
        take_line(writer, length, input->at_us, input->at_us, writer->next_input, 1);
    else
        lose(writer, input->at_us);
    writer->next_input++;
    if (writer->filling->length > writer->capacity / 2 || writer->stopping)
        hand_over(writer);
}

void tape_writer_digest(struct tape_writer *writer, int64_t at_us)
{
    const struct bus *bus = engine_bus(writer->setup.engine);

    if (!writer->started || writer->gap.inputs > 0)
        return; /* after a gap nobody can come to it */
    size_t length =
        tape_line_digest(at_us, bus_published(bus), bus_digest(bus), place(writer), room(writer));

    if (length > 0)
        take_line(writer, length, at_us, at_us, writer->next_input, 0);
}

/* Life. */

void tape_writer_start(struct tape_writer *writer, const struct tape_writer_setup *setup)
{
    bool fits = text_copy(writer->folder, sizeof writer->folder, setup->folder);

    ASSERT(!writer->started && fits);
    writer->setup = *setup;
    writer->setup.folder = writer->folder;
    writer->started = true;
    writer->next_input = setup->next_input;
    writer->keep_from = setup->keep_from;
    writer->durable = (struct tape_durable){setup->next_input, published(writer)};
    writer->work.data = writer;
    tape_file_start(writer->file, &(struct tape_file_setup){
                                      .io = setup->io != NULL ? setup->io : &tape_io_system,
                                      .folder = setup->folder,
                                      .run = setup->run,
                                      .next_file = setup->next_file,
                                      .file_bytes = writer->file_bytes,
                                      .max_bytes = writer->max_bytes,
                                  });
    (void)uv_timer_init(setup->loop, &writer->timer);
    writer->timer.data = writer;
    (void)uv_timer_start(&writer->timer, on_timer, writer->flush_ms, writer->flush_ms);
    engine_set_journal(setup->engine,
                       (struct input_journal){.write = write_input, .state = writer});
}

void tape_writer_stop(struct tape_writer *writer)
{
    ASSERT(writer->started && !writer->stopping);
    writer->stopping = true;
    uv_close((uv_handle_t *)&writer->timer, NULL);
    hand_over(writer);
}

bool tape_writer_close(struct tape_writer *writer)
{
    if (!writer->started)
        return true;
    while (writer->busy) /* an input that came after the loop had ended */
        (void)uv_run(writer->setup.loop, UV_RUN_ONCE);
    writer->done.error = 0;
    tell_gap(writer);
    while (writer->done.error == 0 && change_buffers(writer)) {
        tell_gap(writer);
        prepare_job(writer);
        run_job(&writer->work);
        note_end(writer);
    }
    if (writer->done.error != 0)
        say(writer, LOG_ERROR, "what came last is lost: %llu inputs are not on the disk",
            (unsigned long long)(writer->next_input - writer->durable.inputs));
    engine_set_journal(writer->setup.engine, (struct input_journal){0});
    tape_file_close(writer->file);
    writer->started = writer->stopping = false;
    return writer->done.error == 0;
}

void tape_writer_flush(struct tape_writer *writer)
{
    if (writer->started)
        hand_over(writer);
}

void tape_writer_rotate(struct tape_writer *writer)
{
    writer->rotate = true;
}

void tape_keep_from(struct tape_writer *writer, uint64_t ordinal)
{
    writer->keep_from = ordinal;
}

/* What one can ask of it. */

struct tape_durable tape_durable(const struct tape_writer *writer)
{
    return writer->durable;
}

uint64_t tape_writer_next_input(const struct tape_writer *writer)
{
    return writer->next_input;
}

uint32_t tape_writer_fill(const struct tape_writer *writer)
{
    size_t used = writer->filling->length + (writer->writing != NULL ? writer->writing->length : 0);

    if (writer->gap.inputs > 0)
        return FULL;
    return (uint32_t)(used * FULL / (2 * writer->capacity));
}

bool tape_writer_has_gap(const struct tape_writer *writer)
{
    return writer->gap.inputs > 0;
}

bool tape_writer_is_failing(const struct tape_writer *writer)
{
    return writer->failing;
}

static int64_t durable_lag_ms(const struct tape_writer *writer)
{
    const struct tape_buffer *oldest = writer->writing != NULL ? writer->writing : writer->filling;

    if (oldest->length == 0)
        return 0;
    return (int64_t)(uv_now(writer->setup.loop) - oldest->begun_ms);
}

void tape_writer_status(const struct tape_writer *writer, struct status_live *live)
{
    if (writer->setup.engine == NULL)
        return; /* never started */
    live->tape_enabled = true;
    live->tape_failing = writer->failing;
    live->tape_over_cap = writer->over_cap;
    live->tape_fill = tape_writer_fill(writer);
    (void)text_copy(live->tape_reason, sizeof live->tape_reason, writer->reason);
    live->tape_run = writer->setup.run;
    live->tape_file = writer->done.file;
    live->tape_files = writer->done.files;
    live->tape_bytes = writer->done.total_bytes;
    live->tape_inputs = writer->next_input;
    live->tape_inputs_lost = writer->inputs_lost;
    live->tape_gaps = writer->gaps;
    live->tape_durable_inputs = writer->durable.inputs;
    live->tape_blocks = writer->blocks;
    live->tape_plain_bytes = writer->plain_bytes;
    live->tape_packed_bytes = writer->packed_bytes;
    live->tape_failures = writer->failures;
    live->tape_durable_lag_ms = durable_lag_ms(writer);
}
