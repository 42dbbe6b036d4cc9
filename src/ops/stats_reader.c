/* Reading the page of counters. */
#include "tickd/ops/stats_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tickd/base/error.h"
#include "tickd/ops/metrics_table.h"

enum { TRIES = 50, BETWEEN_TRIES_NS = 1000000 };

/* An update comes once a second, a look of the watching thread ten times. */
#define LATE_US INT64_C(3000000)

/* Parsing. */

static int refuse(struct text *why, const char *what)
{
    text_add(why, what);
    return ERROR_SYNTAX;
}

static bool is_terminated(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

static int check_head(const struct stats_head *head, struct text *why)
{
    if (memcmp(head->magic, STATS_MAGIC, sizeof head->magic) != 0)
        return refuse(why, "is no page of counters");
    if (head->byte_order != STATS_BYTE_ORDER)
        return refuse(why, "was written by another kind of machine");
    if (head->version != STATS_VERSION || head->head_bytes != sizeof *head ||
        head->row_bytes != sizeof(struct stats_row))
        return refuse(why, "was written by another version; use that version's tickctl");
    if (head->row_count > STATS_ROWS_MAX || head->module_count > STATS_MODULES_MAX ||
        !is_terminated(head->program, sizeof head->program))
        return refuse(why, "is damaged: its head makes no sense");
    for (size_t i = 0; i < head->module_count; i++) {
        if (!is_terminated(head->modules[i], sizeof head->modules[i]))
            return refuse(why, "is damaged: a module's name has no end");
    }
    return 0;
}

static int check_rows(const struct stats_row *rows, size_t count, struct text *why)
{
    for (size_t i = 0; i < count; i++) {
        const struct stats_row *row = &rows[i];

        if (!is_terminated(row->name, sizeof row->name) ||
            !is_terminated(row->unit, sizeof row->unit) || row->kind >= STATS_KIND_COUNT ||
            row->form >= STATS_FORM_COUNT)
            return refuse(why, "is damaged: a row makes no sense");
    }
    return 0;
}

int stats_parse(const void *bytes, size_t size, struct stats_view *view, struct text *why)
{
    const struct stats_head *head = bytes;

    if (size < sizeof *head)
        return refuse(why, "is no page of counters: it is too short");
    int result = check_head(head, why);

    if (result != 0)
        return result;
    if (size - sizeof *head < head->row_count * sizeof(struct stats_row))
        return refuse(why, "is damaged: it is shorter than its head says");
    *view = (struct stats_view){
        .head = head, .rows = (const void *)(head + 1), .row_count = head->row_count};
    return check_rows(view->rows, view->row_count, why);
}

/* Files. */

static int fail(struct text *why, const char *path)
{
    int error = errno;

    text_format(why, "%s: %s", path, strerror(error));
    if (error == ENOENT)
        return ERROR_NOT_FOUND;
    return error == EACCES || error == EPERM ? ERROR_DENIED : ERROR_IO;
}

/* A pipe of that name shall not keep us, nor a device. */
static int open_file(const char *path, int *descriptor, struct text *why)
{
    struct stat seen;

    *descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*descriptor < 0)
        return fail(why, path);
    if (fstat(*descriptor, &seen) == 0 && S_ISREG(seen.st_mode))
        return 0;
    close(*descriptor);
    text_format(why, "%s: is no file", path);
    return ERROR_IO;
}

/* Up to `room` bytes from the file's begin; −1 on an error. */
static ssize_t read_from_start(int descriptor, char *bytes, size_t room)
{
    size_t length = 0;

    while (length < room) {
        ssize_t count = pread(descriptor, bytes + length, room - length, (off_t)length);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        if (count == 0)
            break;
        length += (size_t)count;
    }
    return (ssize_t)length;
}

static bool read_sequence(int descriptor, uint64_t *sequence)
{
    return pread(descriptor, sequence, sizeof *sequence,
                 (off_t)offsetof(struct stats_head, sequence)) == (ssize_t)sizeof *sequence;
}

/* One try. *is_whole: the values are of one update. */
static int read_once(int descriptor, struct stats_copy *copy, size_t *size, bool *is_whole)
{
    uint64_t before = 1;
    uint64_t after = 2;

    read_sequence(descriptor, &before);
    atomic_thread_fence(memory_order_acquire);
    ssize_t length = read_from_start(descriptor, copy->bytes, sizeof copy->bytes);

    if (length < 0)
        return ERROR_IO;
    atomic_thread_fence(memory_order_acquire);
    read_sequence(descriptor, &after);
    *size = (size_t)length;
    *is_whole = before == after && before % 2 == 0;
    return 0;
}

static int read_whole(int descriptor, struct stats_copy *copy, size_t *size)
{
    const struct timespec pause = {.tv_nsec = BETWEEN_TRIES_NS};
    bool is_whole = false;
    int result = 0;

    for (int i = 0; i < TRIES && result == 0 && !is_whole; i++) {
        if (i > 0)
            (void)nanosleep(&pause, NULL);
        result = read_once(descriptor, copy, size, &is_whole);
    }
    copy->is_torn = !is_whole;
    return result;
}

static int name_path(struct text *why, const char *path, int result, const char *what)
{
    if (result != 0)
        text_format(why, "%s: %s", path, what);
    return result;
}

int stats_read(const char *path, struct stats_copy *copy, struct text *why)
{
    char memory[128];
    struct text what;
    size_t size;
    int descriptor;
    int result = open_file(path, &descriptor, why);

    if (result != 0)
        return result;
    result = read_whole(descriptor, copy, &size);
    if (result != 0)
        fail(why, path);
    close(descriptor);
    if (result != 0)
        return result;
    text_init(&what, memory, sizeof memory);
    return name_path(why, path, stats_parse(copy->bytes, size, &copy->view, &what), memory);
}

int stats_read_head(const char *path, struct stats_head *head, struct text *why)
{
    char memory[128];
    struct text what;
    int descriptor;
    int result = open_file(path, &descriptor, why);

    if (result != 0)
        return result;
    ssize_t length = read_from_start(descriptor, (void *)head, sizeof *head);

    if (length < 0)
        result = fail(why, path);
    close(descriptor);
    if (result != 0)
        return result;
    text_init(&what, memory, sizeof memory);
    result = length == (ssize_t)sizeof *head ? check_head(head, &what)
                                             : refuse(&what, "is no page of counters");
    return name_path(why, path, result, memory);
}

/* Judging. */

const char *stats_verdict_name(enum stats_verdict verdict)
{
    static const char *const names[STATS_VERDICT_COUNT] = {"runs",   "stopping", "hangs",
                                                           "halted", "stopped",  "gone"};

    return names[verdict];
}

static bool is_the_same(const struct stats_head *head, const struct process_sight *sight)
{
    return sight->is_there &&
           (sight->ticks == 0 || head->process_ticks == 0 || sight->ticks == head->process_ticks);
}

/* Clocks can be set back, and the file may hold anything. */
static int64_t age_of(int64_t then_us, int64_t now_us)
{
    int64_t age_us;

    if (subtract_overflows(now_us, then_us, &age_us) || age_us < 0)
        return then_us > now_us ? 0 : INT64_MAX;
    return age_us;
}

int64_t stats_updated_us(const struct stats_head *head)
{
    return atomic_load_explicit(&head->updated_us, memory_order_relaxed);
}

static enum stats_verdict verdict_on(const struct stats_head *head, bool lives, int64_t now_us)
{
    uint32_t state = atomic_load_explicit(&head->state, memory_order_relaxed);
    int64_t watched_us = atomic_load_explicit(&head->watched_us, memory_order_relaxed);

    if (state == STATS_STOPPED)
        return STATS_SAYS_STOPPED;
    if (!lives)
        return STATS_SAYS_GONE;
    if (age_of(stats_updated_us(head), now_us) < LATE_US)
        return state == STATS_STOPPING ? STATS_SAYS_STOPPING : STATS_SAYS_RUNS;
    return age_of(watched_us, now_us) < LATE_US ? STATS_SAYS_HANGS : STATS_SAYS_HALTED;
}

void stats_judge(const struct stats_head *head, const struct process_sight *sight, int64_t now_us,
                 struct stats_judgement *judgement)
{
    uint64_t holding = atomic_load_explicit(&head->holding, memory_order_relaxed);
    uint64_t holder = holding & ((1U << STATS_HOLDER_BITS) - 1);

    *judgement = (struct stats_judgement){
        .verdict = verdict_on(head, is_the_same(head, sight), now_us),
        .age_us = age_of(stats_updated_us(head), now_us),
        .process_state = sight->state,
    };
    if (holder < head->module_count) {
        judgement->holder = head->modules[holder];
        judgement->held_us = (int64_t)(holding >> STATS_HOLDER_BITS);
    }
}

bool stats_is_owned(const struct stats_head *head)
{
    struct process_sight sight = process_look(head->pid);

    return atomic_load_explicit(&head->state, memory_order_relaxed) != STATS_STOPPED &&
           is_the_same(head, &sight);
}

bool stats_value(const struct stats_row *row, struct metric_value *value)
{
    uint64_t bits = atomic_load_explicit(&row->value, memory_order_relaxed);
    double real;

    switch ((enum stats_form)row->form) {
    case STATS_WHOLE:
        *value = (struct metric_value){.kind = METRIC_WHOLE, .whole = bits};
        return bits != UINT64_MAX;
    case STATS_REAL:
        memcpy(&real, &bits, sizeof real);
        *value = (struct metric_value){.kind = METRIC_REAL, .real = real};
        return real - real == 0.0;
    case STATS_SIGNED:
    case STATS_DECIMAL:
        *value = (struct metric_value){.kind = row->form == STATS_SIGNED ? METRIC_SIGNED
                                                                         : METRIC_DECIMAL,
                                       .number = (int64_t)bits};
        return value->number != INT64_MIN;
    case STATS_FORM_COUNT:
        break;
    }
    return false;
}
