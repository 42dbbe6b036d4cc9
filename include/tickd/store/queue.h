/* Rows on their way to the archive: a bounded first-in, first-out queue between the bus's tap and
 * the thread that writes. No locks: the loop alone adds and removes; a batch that the thread reads
 * is neither touched nor removed until the thread is done.
 *
 *       taken by the thread      waiting
 *      ┌─────────┬───────────┬───────────────┬────────┐
 *      │ row     │ row       │ row  row  row │  free  │
 *      └─────────┴───────────┴───────────────┴────────┘
 *
 * Full: from 90% on ordinary rows (STORE_ORDINARY) find no room, so that essential ones do; those
 * are refused only by a queue that is full to the last row. Each refusal is counted by table. A row
 * that is refused is missing in the archive until a replay of the tape brings it. */
#ifndef TICKD_STORE_QUEUE_H
#define TICKD_STORE_QUEUE_H

#include "tickd/base/arena.h"
#include "tickd/store/tables.h"

struct store_row {
    struct message message;
    uint64_t root; /* sequence of the message from outside that it comes of */
    uint32_t table;
};

struct store_queue {
    struct store_row *rows;
    size_t capacity;
    uint64_t added; /* so far; row number n lies at n mod capacity */
    uint64_t removed;
    uint64_t seen; /* sequence of the newest message of the bus */
    uint64_t root; /* of the message that is dispatched now */
    uint64_t refused[STORE_TABLE_COUNT];
    uint64_t refused_essential;
};

/* Takes `capacity` rows from the arena. */
void queue_init(struct store_queue *queue, struct arena *arena, size_t capacity);

/* Shows it a message of the bus; every one, in their order. Keeps what belongs into the archive. */
void queue_see(struct store_queue *queue, const struct message *message);

size_t queue_size(const struct store_queue *queue);

/* Row `index`, 0 the oldest; index < queue_size(). */
const struct store_row *queue_at(const struct store_queue *queue, size_t index);

/* How many of the oldest rows may be written: all up to sequence `durable`, less those at the end
 * whose root has more rows that have to wait, so that what comes of one message is never torn. */
size_t queue_batch(const struct store_queue *queue, uint64_t durable);

/* Up to which sequence everything is in the archive once the `batch` oldest rows are. */
uint64_t queue_complete_to(const struct store_queue *queue, size_t batch, uint64_t durable);

void queue_remove(struct store_queue *queue, size_t count);

#endif
