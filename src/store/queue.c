/* The queue of rows. */
#include "tickd/store/queue.h"

#include "tickd/base/assert.h"

void queue_init(struct store_queue *queue, struct arena *arena, size_t capacity)
{
    struct store_row *rows = arena_take(arena, "store", "queue", capacity, sizeof *rows);
    if (arena_measuring(arena)) {
        return;
    }
    *queue = (struct store_queue){.rows = rows, .capacity = capacity};
}

size_t queue_size(const struct store_queue *queue)
{
    return (size_t)(queue->added - queue->removed);
}

static bool has_room(const struct store_queue *queue, enum store_rank rank)
{
    size_t size = queue_size(queue);
    size_t limit =
        rank == STORE_ESSENTIAL ? queue->capacity : queue->capacity - queue->capacity / 10;
    return size < limit;
}

/* Of the books of each minute many come at once after a night, or when the clock is set: they give
 * way to what moves money. */
static enum store_rank rank_of(const struct message *message, size_t table)
{
    bool is_of_a_minute = message->head.topic == TOPIC_EQUITY && message->body.equity.minute != 0;
    return is_of_a_minute ? STORE_ORDINARY : store_table(table)->rank;
}

void queue_see(struct store_queue *queue, const struct message *message)
{
    size_t table = store_table_for(message);
    queue->seen = message->head.sequence;
    if (message->head.caused_by == 0) {
        queue->root = message->head.sequence;
    }
    if (table == STORE_TABLE_COUNT) {
        return;
    }
    enum store_rank rank = rank_of(message, table);
    if (!has_room(queue, rank)) {
        queue->refused[table]++;
        queue->refused_essential += rank == STORE_ESSENTIAL;
        return;
    }
    queue->rows[queue->added++ % queue->capacity] =
        (struct store_row){.message = *message, .root = queue->root, .table = (uint32_t)table};
}

const struct store_row *queue_at(const struct store_queue *queue, size_t index)
{
    ASSERT(index < queue_size(queue));
    return &queue->rows[(queue->removed + index) % queue->capacity];
}

size_t queue_batch(const struct store_queue *queue, uint64_t durable)
{
    size_t size = queue_size(queue);
    size_t count = 0;
    while (count < size && queue_at(queue, count)->message.head.sequence <= durable) {
        count++;
    }
    while (count > 0 && count < size &&
           queue_at(queue, count - 1)->root == queue_at(queue, count)->root) {
        count--;
    }
    return count;
}

uint64_t queue_complete_to(const struct store_queue *queue, size_t batch, uint64_t durable)
{
    uint64_t complete = durable < queue->seen ? durable : queue->seen;
    if (batch < queue_size(queue)) {
        uint64_t before_next = queue_at(queue, batch)->message.head.sequence - 1;
        complete = before_next < complete ? before_next : complete;
    }
    return complete;
}

void queue_remove(struct store_queue *queue, size_t count)
{
    ASSERT(count <= queue_size(queue));
    queue->removed += count;
}
