/* The page of counters, the writer's side: laid out once, in the order of the table of metrics, and
 * walked in the same order at every update. */
#include "tickd/ops/stats_page.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tickd/base/assert.h"
#include "tickd/base/error.h"
#include "tickd/ops/metrics_table.h"
#include "tickd/ops/process.h"
#include "tickd/ops/stats_reader.h"

enum { PAGE_MODE = 0640, PATH_BYTES_MAX = 1024, NS_PER_US = 1000 };

/* What is told of a histogram, in this order. */
enum part { PART_COUNT, PART_P50, PART_P99, PART_P999, PART_MAX, PART_COUNT_OF };

static size_t slots_of(const struct metric_row *row, const struct status *status)
{
    if (row->type == METRIC_INFO || !metric_is_fixed(row))
        return 0;
    return row->type == METRIC_HISTOGRAM ? PART_COUNT_OF : metric_series(row, status);
}

static size_t count_slots(const struct status *status)
{
    size_t row_count;
    const struct metric_row *rows = metric_rows(&row_count);
    size_t count = 0;

    for (size_t i = 0; i < row_count; i++)
        count += slots_of(&rows[i], status);
    return count;
}

/* The layout. */

static enum stats_form form_of(enum metric_kind kind)
{
    static const enum stats_form forms[] = {[METRIC_WHOLE] = STATS_WHOLE,
                                            [METRIC_SIGNED] = STATS_SIGNED,
                                            [METRIC_REAL] = STATS_REAL,
                                            [METRIC_DECIMAL] = STATS_DECIMAL};

    return forms[kind];
}

static void describe_series(const struct metric_row *row, const struct status *status, size_t index,
                            struct text *name, struct stats_row *slot)
{
    struct metric_labels labels;

    metric_find_labels(row, status, index, &labels);
    text_add(name, metric_suffix(row));
    metric_print_labels(&labels, NULL, NULL, name);
    slot->kind = row->type == METRIC_COUNTER ? STATS_COUNTER : STATS_GAUGE;
    slot->form = form_of(metric_kind_of(row));
}

static void describe_part(enum part part, struct text *name, struct stats_row *slot)
{
    static const char *const quantiles[PART_COUNT_OF] = {NULL, "0.5", "0.99", "0.999", "1"};
    static const struct metric_labels none;

    if (part == PART_COUNT)
        text_add(name, "_count");
    else
        metric_print_labels(&none, "quantile", quantiles[part], name);
    slot->kind = part == PART_COUNT ? STATS_COUNTER : STATS_GAUGE;
    slot->form = part == PART_COUNT ? STATS_WHOLE : STATS_REAL;
}

static void describe(const struct metric_row *row, const struct status *status, size_t index,
                     struct stats_row *slot)
{
    struct text name;
    bool is_count = row->type == METRIC_HISTOGRAM && index == PART_COUNT;

    text_init(&name, slot->name, sizeof slot->name);
    metric_print_family(row, &name);
    if (row->type == METRIC_HISTOGRAM)
        describe_part((enum part)index, &name, slot);
    else
        describe_series(row, status, index, &name, slot);
    bool fits =
        text_copy(slot->unit, sizeof slot->unit, is_count ? "" : metric_unit_name(row->unit));

    ASSERT(fits && !name.cut);
}

static void lay_out(struct stats_page *page, const struct status *status)
{
    size_t row_count;
    const struct metric_row *rows = metric_rows(&row_count);
    size_t place = 0;

    for (size_t i = 0; i < row_count; i++) {
        size_t slots = slots_of(&rows[i], status);

        for (size_t k = 0; k < slots; k++)
            describe(&rows[i], status, k, &page->rows[place++]);
    }
    ASSERT(place == page->head->row_count);
}

/* The values. */

static uint64_t bits_of_real(double real)
{
    uint64_t bits;

    memcpy(&bits, &real, sizeof bits);
    return bits;
}

static uint64_t unknown(enum stats_form form)
{
    if (form == STATS_WHOLE)
        return UINT64_MAX;
    return form == STATS_REAL ? bits_of_real((double)NAN) : (uint64_t)INT64_MIN;
}

static uint64_t bits_of(const struct metric_value *value)
{
    switch (value->kind) {
    case METRIC_WHOLE:
        return value->whole;
    case METRIC_REAL:
        return bits_of_real(value->real);
    case METRIC_SIGNED:
    case METRIC_DECIMAL:
        break;
    }
    return (uint64_t)value->number;
}

static uint64_t part_of(const struct metric_row *row, const struct status *status, enum part part)
{
    const struct status_quantiles *quantiles = metric_quantiles(row, status);
    const int64_t parts[PART_COUNT_OF] = {(int64_t)quantiles->count, quantiles->p50, quantiles->p99,
                                          quantiles->p999, quantiles->max};

    if (part == PART_COUNT)
        return quantiles->count;
    if (quantiles->count == 0)
        return unknown(STATS_REAL);
    return bits_of_real((double)parts[part] * (double)row->unit_us / 1e6);
}

static uint64_t value_of(const struct metric_row *row, const struct status *status, size_t index)
{
    struct metric_value value;

    if (row->type == METRIC_HISTOGRAM)
        return part_of(row, status, (enum part)index);
    if (!metric_read(row, status, index, &value))
        return unknown(form_of(metric_kind_of(row)));
    return bits_of(&value);
}

static void store_all(struct stats_page *page, const struct status *status)
{
    size_t row_count;
    const struct metric_row *rows = metric_rows(&row_count);
    size_t place = 0;

    for (size_t i = 0; i < row_count; i++) {
        size_t slots = slots_of(&rows[i], status);

        for (size_t k = 0; k < slots && place < page->head->row_count; k++)
            atomic_store_explicit(&page->rows[place++].value, value_of(&rows[i], status, k),
                                  memory_order_relaxed);
    }
}

/* Boehm, "Can seqlocks get along with programming language memory models?", 2012: the release fence
 * keeps the values behind the odd number, the release store keeps them before the even one. */
void stats_page_update(struct stats_page *page, const struct status *status)
{
    if (page->head == NULL)
        return;
    struct stats_head *head = page->head;
    uint64_t sequence = atomic_load_explicit(&head->sequence, memory_order_relaxed);

    atomic_store_explicit(&head->sequence, sequence + 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    store_all(page, status);
    atomic_store_explicit(&head->updated_us, page->now_us(), memory_order_relaxed);
    atomic_store_explicit(&head->sequence, sequence + 2, memory_order_release);
}

void stats_page_see(void *state, struct watch_sight sight, int64_t now_ns)
{
    struct stats_page *page = state;
    bool is_held = sight.since_ns != 0 && sight.module < MODULE_COUNT;
    int64_t held_us =
        is_held && now_ns > sight.since_ns ? (now_ns - sight.since_ns) / NS_PER_US : 0;
    uint64_t holder = is_held ? (uint64_t)sight.module : STATS_HOLDER_NONE;

    if (page->head == NULL)
        return;
    atomic_store_explicit(&page->head->holding, (uint64_t)held_us << STATS_HOLDER_BITS | holder,
                          memory_order_relaxed);
    atomic_store_explicit(&page->head->watched_us, page->now_us(), memory_order_relaxed);
}

void stats_page_say(struct stats_page *page, enum stats_state state, int exit_code)
{
    if (page->head == NULL)
        return;
    atomic_store_explicit(&page->head->exit_code, (int32_t)exit_code, memory_order_relaxed);
    atomic_store_explicit(&page->head->state, (uint32_t)state, memory_order_release);
}

/* The file. */

static int fail(struct text *why, const char *path, const char *what)
{
    text_format(why, "%s: %s: %s", path, what, strerror(errno));
    return ERROR_IO;
}

static bool add_to_path(char path[PATH_BYTES_MAX], const char *start, const char *end)
{
    struct text text;

    text_init(&text, path, PATH_BYTES_MAX);
    text_add(&text, start);
    text_add(&text, end);
    return !text.cut;
}

/* What is at the path may be moved away when it is the page of a process that has ended; that of
 * another version nobody knows any more. */
static int look_at_old(const char *path, bool *is_there, struct text *why)
{
    struct stats_head head = {.pid = 0};
    int result = stats_read_head(path, &head, why);

    *is_there = result != ERROR_NOT_FOUND;
    if (result == ERROR_IO || result == ERROR_DENIED)
        return result;
    bool is_page = memcmp(head.magic, STATS_MAGIC, sizeof head.magic) == 0;
    bool is_readable = result == 0;

    text_clear(why);
    if (*is_there && !is_page)
        text_format(why, "%s: is there already and is no page of counters; remove it", path);
    else if (is_readable && stats_is_owned(&head))
        text_format(why, "%s: belongs to the running process %" PRId64, path, head.pid);
    return why->length == 0 ? 0 : ERROR_EXISTS;
}

static void fill_head(struct stats_head *head, const struct stats_owner *owner, size_t rows)
{
    memcpy(head->magic, STATS_MAGIC, sizeof head->magic);
    head->byte_order = STATS_BYTE_ORDER;
    head->version = STATS_VERSION;
    head->head_bytes = sizeof *head;
    head->row_bytes = sizeof(struct stats_row);
    head->row_count = (uint32_t)rows;
    head->module_count = MODULE_COUNT;
    text_copy(head->program, sizeof head->program, owner->program);
    for (size_t i = 0; i < MODULE_COUNT; i++)
        text_copy(head->modules[i], sizeof head->modules[i], module_id_name((enum module_id)i));
    head->pid = owner->pid;
    head->process_ticks = process_look(owner->pid).ticks;
    head->started_us = owner->started_us;
    atomic_init(&head->holding, STATS_HOLDER_NONE);
    atomic_init(&head->watched_us, owner->now_us());
}

_Static_assert((int)MODULE_COUNT <= (int)STATS_MODULES_MAX, "each module has its name in the head");

/* A file of that size under `path`, mapped. */
static void *map_new(const char *path, size_t size, struct text *why)
{
    if (unlink(path) != 0 && errno != ENOENT) {
        fail(why, path, "unlink");
        return NULL;
    }
    int descriptor =
        open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, (mode_t)PAGE_MODE);

    if (descriptor < 0) {
        fail(why, path, "open");
        return NULL;
    }
    void *memory = MAP_FAILED;

    errno = posix_fallocate(descriptor, 0, (off_t)size);          /* which returns it */
    if (errno == 0 && fchmod(descriptor, (mode_t)PAGE_MODE) == 0) /* whatever the umask */
        memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED) {
        fail(why, path, "cannot be laid out");
        unlink(path);
    }
    close(descriptor);
    return memory != MAP_FAILED ? memory : NULL;
}

static int put_in_place(const char *from, const char *path, bool is_there, struct text *why)
{
    char previous[PATH_BYTES_MAX];

    if (!add_to_path(previous, path, ".previous")) {
        errno = ENAMETOOLONG;
        return fail(why, path, "rename");
    }
    if (is_there && rename(path, previous) != 0)
        return fail(why, previous, "rename");
    return rename(from, path) == 0 ? 0 : fail(why, path, "rename");
}

int stats_page_open(struct stats_page *page, const char *path, const struct stats_owner *owner,
                    const struct status *status, struct text *why)
{
    char beside[PATH_BYTES_MAX];
    size_t rows = count_slots(status);
    bool is_there;
    int result = look_at_old(path, &is_there, why);

    *page =
        (struct stats_page){.now_us = owner->now_us,
                            .size = sizeof(struct stats_head) + rows * sizeof(struct stats_row)};
    ASSERT(rows <= STATS_ROWS_MAX);
    if (result != 0)
        return result;
    if (!add_to_path(beside, path, ".new")) {
        errno = ENAMETOOLONG;
        return fail(why, path, "open");
    }
    void *memory = map_new(beside, page->size, why);

    if (memory == NULL)
        return ERROR_IO;
    page->head = memory;
    page->rows = (void *)(page->head + 1);
    fill_head(page->head, owner, rows);
    lay_out(page, status);
    stats_page_update(page, status);
    result = put_in_place(beside, path, is_there, why);
    if (result != 0) {
        unlink(beside);
        stats_page_close(page);
    }
    return result;
}

void stats_page_close(struct stats_page *page)
{
    if (page->head != NULL)
        munmap(page->head, page->size);
    page->head = NULL;
    page->rows = NULL;
}
