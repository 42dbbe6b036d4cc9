/* The archive's life on the loop. */
#include "tickd/store/store.h"

#include <string.h>
#include <sys/stat.h>

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"
#include "tickd/base/error.h"
#include "tickd/store/reader.h"
#include "tickd/store/writer.h"

enum {
    RETRY_MS_MIN = 1000,
    RETRY_MS_MAX = 30000,
    STOP_RETRY_MS = 50,
    STOP_LOOK_MS = 5,
    WAL_WARN_MIB = 64,
    TEXT_MAX = 768
};

enum job_kind { JOB_WRITE, JOB_CLOSE };

struct store {
    struct settings_store settings;
    struct store_setup setup;
    struct store_queue queue;
    struct writer writer; /* the thread's, while a job runs */
    uv_timer_t timer;
    uv_work_t job;
    enum job_kind kind;
    struct writer_work work;
    int result;
    bool running;
    bool stopping;
    bool failing;
    bool said_full;
    bool said_wal;
    int64_t run;
    uint64_t committed;       /* sequence */
    uint64_t handled;         /* rows */
    uint64_t refused_written; /* of the queue's, that the run's row tells */
    uint64_t failures;        /* in a row */
    uint64_t set_aside_said;
    uint64_t retry_at_ms; /* of the loop's own time, which never steps */
    uint64_t stop_by_ms;
    /* copies of the writer's, for readers while a job runs */
    uint64_t rows;
    uint64_t bytes;
    uint64_t wal_bytes;
    uint64_t removed;
    char why[DATABASE_WHY_MAX];
    void (*done)(void *state);
    void *done_state;
};

struct store *store_create(struct arena *arena, const struct settings_store *settings)
{
    struct store_queue queue;
    if (strcmp(settings->path, "off") == 0) {
        return NULL;
    }
    struct store *store = arena_take(arena, "store", "state", 1, sizeof *store);
    queue_init(&queue, arena, (size_t)settings->queue_rows);
    if (arena_measuring(arena)) {
        return NULL;
    }
    store->settings = *settings;
    store->queue = queue;
    return store;
}

/* Log. */

static void say(struct store *store, enum log_level level, const char *event, const char *text)
{
    if (store->setup.log != NULL) {
        store->setup.log(store->setup.state, level, event, text);
    }
}

static void say_set_aside(struct store *store)
{
    char memory[2 * DATABASE_PATH_MAX + TEXT_MAX];
    struct text text;
    const struct database *database = &store->writer.database;
    if (database->set_aside == store->set_aside_said) {
        return;
    }
    store->set_aside_said = database->set_aside;
    text_init(&text, memory, sizeof memory);
    text_format(&text, "%s is damaged; it was set aside as %s and a new one was begun",
                database->path, database->aside);
    say(store, LOG_ERROR, "store_set_aside", memory);
}

static void say_failing(struct store *store)
{
    if (!store->failing || strcmp(store->why, store->writer.database.why) != 0) {
        say(store, LOG_ERROR, "store_failing", store->writer.database.why);
    }
}

static void say_works_again(struct store *store)
{
    char memory[TEXT_MAX];
    struct text text;
    text_init(&text, memory, sizeof memory);
    text_format(&text, "after %llu attempts; %zu rows had to wait, %llu found no room",
                (unsigned long long)store->failures, store->work.count,
                (unsigned long long)store->work.refused);
    say(store, LOG_NOTICE, "store_works_again", memory);
}

/* Once each time that essential rows begin to be lost, not for every row. */
static void say_full(struct store *store)
{
    bool is_full = queue_size(&store->queue) == store->queue.capacity;
    if (is_full && !store->said_full) {
        say(store, LOG_ERROR, "store_full",
            "the queue (store.queue_rows) is full: rows are missing in the archive until the tape "
            "is replayed");
    }
    store->said_full = is_full;
}

static void say_wal(struct store *store)
{
    bool is_large = store->wal_bytes > (uint64_t)WAL_WARN_MIB << 20;
    if (is_large && !store->said_wal) {
        say(store, LOG_WARNING, "store_wal_grows",
            "a reader holds the archive open in one transaction, so its -wal file cannot be reset; "
            "end that reader");
    }
    store->said_wal = is_large;
}

/* Jobs. */

static int64_t now_us(const struct store *store)
{
    return store->setup.wall_us();
}

static uint64_t loop_ms(const struct store *store)
{
    return uv_now(store->setup.loop);
}

static uint64_t durable(const struct store *store)
{
    return store->setup.durable_sequence == NULL
               ? UINT64_MAX
               : store->setup.durable_sequence(store->setup.state);
}

static uint64_t refused(const struct store *store)
{
    uint64_t sum = store->setup.rows_missing;
    for (size_t i = 0; i < STORE_TABLE_COUNT; i++) {
        sum += store->queue.refused[i];
    }
    return sum;
}

static void on_thread(uv_work_t *job)
{
    struct store *store = job->data;
    switch (store->kind) {
    case JOB_WRITE:
        store->result = writer_write(&store->writer, &store->work);
        break;
    case JOB_CLOSE:
        writer_close(&store->writer);
        break;
    }
}

static void on_done(uv_work_t *job, int status);

static void start_job(struct store *store, enum job_kind kind)
{
    ASSERT(!store->running);
    store->kind = kind;
    store->running = true;
    store->job.data = store;
    int error = uv_queue_work(store->setup.loop, &store->job, on_thread, on_done);
    ASSERT(error == 0); /* it fails without a function only */
}

/* false: there is nothing to write. */
static bool start_write(struct store *store)
{
    uint64_t up_to = durable(store);
    size_t count = queue_batch(&store->queue, up_to);
    uint64_t complete_to = queue_complete_to(&store->queue, count, up_to);
    bool ends = store->stopping && count == queue_size(&store->queue);
    uint64_t lost = refused(store) - store->refused_written;
    if (count == 0 && lost == 0 && !ends) {
        return false;
    }
    store->work = (struct writer_work){
        .queue = &store->queue,
        .count = count,
        .last_sequence = complete_to > store->committed ? complete_to : store->committed,
        .time_us = now_us(store),
        .refused = lost,
        .ends = ends,
    };
    start_job(store, JOB_WRITE);
    return true;
}

static void copy_for_readers(struct store *store)
{
    store->rows = writer_rows(&store->writer);
    store->bytes = store->writer.bytes;
    store->wal_bytes = store->writer.wal_bytes;
    store->removed = store->writer.removed;
    text_copy(store->why, sizeof store->why, store->writer.database.why);
}

static void succeed(struct store *store)
{
    if (store->failing) {
        say_works_again(store);
    }
    store->failing = false;
    store->failures = 0;
    store->refused_written += store->work.refused;
    store->committed = store->work.last_sequence;
    store->handled += store->work.count;
    queue_remove(&store->queue, store->work.count);
    say_wal(store);
}

static void fail(struct store *store)
{
    uint64_t wait_ms = RETRY_MS_MIN;
    for (uint64_t i = 0; i < store->failures && wait_ms < RETRY_MS_MAX; i++) {
        wait_ms *= 2;
    }
    wait_ms = wait_ms < RETRY_MS_MAX ? wait_ms : RETRY_MS_MAX;
    say_failing(store);
    store->failing = true;
    store->failures++;
    store->retry_at_ms = loop_ms(store) + wait_ms;
}

/* The end. */

static void on_closed(uv_handle_t *handle)
{
    struct store *store = handle->data;
    if (store->done != NULL) {
        store->done(store->done_state);
    }
}

static void close_archive(struct store *store)
{
    char memory[TEXT_MAX];
    struct text text;
    uv_timer_stop(&store->timer);
    size_t left = queue_size(&store->queue);
    if (left > 0) {
        text_init(&text, memory, sizeof memory);
        text_format(&text, "%zu rows could not be written before the end; the tape has them", left);
        say(store, LOG_WARNING, "store_incomplete", memory);
    }
    start_job(store, JOB_CLOSE);
}

static void on_timer(uv_timer_t *timer);

/* Writes what can be written now, or looks again a little later; no job runs. */
static void stop_further(struct store *store)
{
    if (loop_ms(store) >= store->stop_by_ms) {
        close_archive(store);
    } else if (!start_write(store)) {
        uv_timer_start(&store->timer, on_timer, STOP_LOOK_MS, 0);
    }
}

static void stop_after_write(struct store *store)
{
    if (store->result != 0) {
        uv_timer_start(&store->timer, on_timer, STOP_RETRY_MS, 0);
    } else if (store->work.ends) {
        close_archive(store);
    } else {
        stop_further(store);
    }
}

static void on_done(uv_work_t *job, int status)
{
    struct store *store = job->data;
    (void)status; /* jobs are not cancelled */
    store->running = false;
    say_set_aside(store);
    if (store->kind == JOB_CLOSE) {
        uv_close((uv_handle_t *)&store->timer, on_closed);
        return;
    }
    if (store->result == 0) {
        succeed(store);
    } else {
        fail(store);
    }
    copy_for_readers(store);
    if (store->stopping) {
        stop_after_write(store);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct store *store = timer->data;
    say_full(store);
    if (store->running) {
        return;
    }
    if (store->stopping) {
        stop_further(store);
    } else if (!store->failing || loop_ms(store) >= store->retry_at_ms) {
        (void)start_write(store);
    }
}

void store_stop(struct store *store, void (*done)(void *state), void *state)
{
    store->done = done;
    store->done_state = state;
    store->stopping = true;
    store->stop_by_ms = loop_ms(store) + STORE_STOP_MS;
    uv_timer_stop(&store->timer);
    if (!store->running) {
        stop_further(store);
    }
}

/* The start. */

static int look_for_folder(const char *path, struct text *why)
{
    char folder[DATABASE_PATH_MAX];
    struct stat seen;
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    if (!text_copy_bytes(folder, sizeof folder, slash == NULL ? "." : path,
                         slash == NULL ? 1 : length)) {
        text_format(why, "store.path: the path is longer than %d bytes", DATABASE_PATH_MAX - 1);
        return ERROR_NOT_FOUND;
    }
    if (stat(folder, &seen) != 0 || !S_ISDIR(seen.st_mode)) {
        text_format(why, "store.path: there is no folder %.400s; make it, or name another file",
                    folder);
        return ERROR_NOT_FOUND;
    }
    if (stat(path, &seen) == 0 && !S_ISREG(seen.st_mode)) {
        text_format(why, "store.path: %.400s is no regular file; name another", path);
        return ERROR_NOT_FOUND;
    }
    return 0;
}

/* A run's id is the time at which it began, and larger than every one before, whatever the clock
 * says. */
static int64_t choose_run(struct store *store)
{
    int64_t run = now_us(store);
    int64_t newest = 0;
    if (store->setup.run != 0) {
        return store->setup.run;
    }
    if (store->writer.database.handle != NULL &&
        reader_newest_run(store->writer.database.handle, &newest) == 0 && newest >= run) {
        run = newest + 1;
    }
    return run;
}

static void say_open(struct store *store)
{
    char memory[DATABASE_PATH_MAX + TEXT_MAX];
    struct text text;
    text_init(&text, memory, sizeof memory);
    text_format(&text, "%s: %llu rows, %llu bytes; run %lld", store->setup.path,
                (unsigned long long)store->rows, (unsigned long long)store->bytes,
                (long long)store->run);
    say(store, LOG_INFO, "store_open", memory);
}

int store_start(struct store *store, const struct store_setup *setup, struct text *why)
{
    store->setup = *setup;
    int error = look_for_folder(setup->path, why);
    if (error != 0) {
        return error;
    }
    writer_init(&store->writer, &(struct writer_setup){
                                    .path = setup->path,
                                    .started_us = now_us(store),
                                    .initial_cash = setup->initial_cash,
                                    .version = setup->version,
                                    .config_digest = setup->config_digest,
                                    .symbols = setup->symbols,
                                    .days = store->settings.days,
                                    .rows_max = store->settings.rows_max,
                                });
    enum database_state state = writer_open(&store->writer, now_us(store));
    if (state == DATABASE_NEWER || state == DATABASE_FOREIGN) {
        text_add(why, store->writer.database.why);
        return ERROR_STATE;
    }
    store->run = choose_run(store);
    store->writer.setup.run = store->run;
    say_set_aside(store);
    if (state == DATABASE_FAILED) {
        fail(store);
    }
    copy_for_readers(store);
    if (state == DATABASE_OPEN) {
        say_open(store);
    }
    uv_timer_init(setup->loop, &store->timer);
    store->timer.data = store;
    uint64_t flush_ms = (uint64_t)store->settings.flush_ms;
    uv_timer_start(&store->timer, on_timer, flush_ms, flush_ms);
    return 0;
}

static void see(void *state, const struct message *message)
{
    struct store *store = state;
    queue_see(&store->queue, message);
}

struct tap store_tap(struct store *store)
{
    return (struct tap){.see = see, .state = store};
}

/* Readers. */

int64_t store_run(const struct store *store)
{
    return store->run;
}

bool store_has_all(const struct store *store, uint64_t sequence)
{
    return queue_size(&store->queue) == 0 ||
           queue_at(&store->queue, 0)->message.head.sequence > sequence;
}

uint64_t store_committed_sequence(const struct store *store)
{
    return store->committed;
}

static bool is_failed(const struct store *store)
{
    return store->failing || queue_size(&store->queue) == store->queue.capacity;
}

void store_fill_vitals(const struct store *store, struct vitals_message *vitals)
{
    if (store == NULL) {
        return;
    }
    const struct store_queue *queue = &store->queue;
    size_t size = queue_size(queue);
    vitals->wired |= 1U << MODULE_STORE;
    vitals->failed |= is_failed(store) ? 1U << MODULE_STORE : 0;
    vitals->store_handled = store->handled;
    vitals->store_fill = (uint32_t)(size * 1000 / queue->capacity);
    if (size > 0 && queue_at(queue, 0)->message.head.sequence <= durable(store)) {
        vitals->store_owed_since_us = queue_at(queue, 0)->message.head.time_us;
    }
}

void store_fill_status(const struct store *store, struct status_live *status)
{
    if (store == NULL) {
        return;
    }
    status->store_enabled = true;
    status->store_failing = is_failed(store);
    text_copy(status->store_path, sizeof status->store_path, store->setup.path);
    text_copy(status->store_error, sizeof status->store_error, store->failing ? store->why : "");
    status->store_run = store->run;
    status->store_rows = store->rows;
    status->store_written = store->handled;
    status->store_waiting = queue_size(&store->queue);
    status->store_capacity = store->queue.capacity;
    status->store_dropped = refused(store);
    status->store_dropped_essential = store->queue.refused_essential;
    status->store_removed = store->removed;
    status->store_committed_sequence = store->committed;
    status->store_bytes = store->bytes;
    status->store_wal_bytes = store->wal_bytes;
    status->store_set_aside = store->set_aside_said;
}
