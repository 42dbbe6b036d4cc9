/* The archive, completed from a replay: a queue of its own, and the writer in the calling thread.
 */
#include "tickd/store/completion.h"

#include <stdlib.h>

#include "tickd/base/calendar.h"
#include "tickd/base/error.h"
#include "tickd/store/writer.h"

struct completion {
    struct bus *bus;
    struct arena arena;
    struct store_queue queue;
    struct writer writer;
    int64_t now_us;
    uint64_t noted; /* sequence */
    uint64_t rows;
    uint64_t refused_written; /* of the rows that found no room: told to the archive */
    bool is_open;
    bool has_failed; /* it is tried again at the end */
};

static void see(void *state, const struct message *message)
{
    struct completion *completion = state;
    queue_see(&completion->queue, message);
}

static int take_memory(struct completion *completion, size_t rows)
{
    struct arena measuring;
    struct store_queue nothing;
    arena_init_measuring(&measuring);
    queue_init(&nothing, &measuring, rows);
    if (measuring.too_large || arena_init(&completion->arena, measuring.used) != 0) {
        return ERROR_MEMORY;
    }
    queue_init(&completion->queue, &completion->arena, rows);
    return 0;
}

static int open_now(struct completion *completion, struct text *why)
{
    enum database_state state = writer_open(&completion->writer, completion->now_us);
    completion->is_open = state == DATABASE_OPEN;
    if (completion->is_open) {
        return 0;
    }
    text_add(why, completion->writer.database.why);
    return state == DATABASE_FAILED ? ERROR_IO : ERROR_STATE;
}

static int open_archive(struct completion *completion, const struct completion_setup *setup,
                        struct text *why)
{
    writer_init(&completion->writer, &(struct writer_setup){
                                         .path = setup->path,
                                         .run = setup->run,
                                         .started_us = setup->now_us,
                                         .initial_cash = setup->initial_cash,
                                         .version = setup->version,
                                         .config_digest = setup->config_digest,
                                         .symbols = setup->symbols,
                                         .days = INT64_MAX / US_PER_S / S_PER_DAY,
                                         .rows_max = INT64_MAX,
                                     });
    return open_now(completion, why);
}

int completion_open(struct completion **completion, const struct completion_setup *setup,
                    struct text *why)
{
    struct completion *own = calloc(1, sizeof *own);
    *completion = NULL;
    if (own == NULL || take_memory(own, setup->rows) != 0) {
        free(own);
        text_add(why, "no memory for the rows of the archive");
        return ERROR_MEMORY;
    }
    own->now_us = setup->now_us;
    int error = open_archive(own, setup, why);
    if (error == ERROR_IO) {
        own->has_failed = true;
        error = 0;
    }
    if (error == 0) {
        error = bus_add_tap(setup->bus, (struct tap){.see = see, .state = own});
        own->bus = error == 0 ? setup->bus : NULL;
    }
    if (error != 0) {
        completion_close(&own);
        return error;
    }
    *completion = own;
    return 0;
}

uint64_t completion_refused(const struct completion *completion)
{
    uint64_t refused = 0;
    for (size_t i = 0; i < STORE_TABLE_COUNT; i++) {
        refused += completion->queue.refused[i];
    }
    return refused;
}

int completion_note(struct completion *completion, uint64_t sequence, bool now, struct text *why)
{
    struct store_queue *queue = &completion->queue;
    completion->noted = sequence;
    if (!now && (completion->has_failed || queue_size(queue) < queue->capacity / 2)) {
        return 0;
    }
    if (!completion->is_open && open_now(completion, why) != 0) {
        return ERROR_IO;
    }
    size_t count = queue_batch(queue, sequence);
    if (count == 0) {
        return 0;
    }
    struct writer_work work = {
        .queue = queue,
        .count = count,
        .last_sequence = queue_complete_to(queue, count, sequence),
        .time_us = completion->now_us,
        .refused = completion_refused(completion) - completion->refused_written,
    };
    if (writer_write(&completion->writer, &work) != 0) {
        completion->has_failed = true;
        text_add(why, completion->writer.database.why);
        return ERROR_IO;
    }
    completion->refused_written += work.refused;
    completion->rows += count;
    queue_remove(queue, count);
    return 0;
}

uint64_t completion_rows(const struct completion *completion)
{
    return completion->rows;
}

size_t completion_waiting(const struct completion *completion)
{
    size_t count = 0;
    while (count < queue_size(&completion->queue) &&
           queue_at(&completion->queue, count)->message.head.sequence <= completion->noted) {
        count++;
    }
    return count;
}

void completion_leave(struct completion *completion)
{
    if (completion->bus != NULL) {
        bus_remove_tap(completion->bus, completion);
        completion->bus = NULL;
    }
    writer_close(&completion->writer);
    completion->is_open = false;
}

void completion_hand_over(const struct completion *completion, const struct tap *tap)
{
    size_t count = completion_waiting(completion);
    for (size_t i = 0; i < count; i++) {
        tap->see(tap->state, &queue_at(&completion->queue, i)->message);
    }
}

void completion_close(struct completion **completion)
{
    struct completion *own = *completion;
    *completion = NULL;
    if (own == NULL) {
        return;
    }
    completion_leave(own);
    arena_fini(&own->arena);
    free(own);
}
