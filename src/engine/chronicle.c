/* The chronicle: EQUITY and WEIGHTS by the minute, kept as they were said. */
#include "tickd/engine/chronicle.h"

#include "tickd/base/assert.h"

struct chronicle {
    struct ring equity;  /* of struct chronicle_equity */
    struct ring weights; /* of struct chronicle_weights */
};

static void see(void *state, const struct message *message)
{
    struct chronicle *chronicle = state;
    const struct message_head *head = &message->head;
    /* Fills say equity too, and would crowd out the hours before. */
    if (head->topic == TOPIC_EQUITY && message->body.equity.minute != 0) {
        struct chronicle_equity entry = {head->sequence, head->time_us, message->body.equity};
        ring_push(&chronicle->equity, &entry);
    } else if (head->topic == TOPIC_WEIGHTS) {
        struct chronicle_weights entry = {head->sequence, head->time_us, message->body.weights};
        ring_push(&chronicle->weights, &entry);
    }
}

struct chronicle *chronicle_create(struct arena *arena, const struct settings_history *settings,
                                   struct bus *bus)
{
    struct chronicle *chronicle = arena_take(arena, "chronicle", "state", 1, sizeof *chronicle);
    struct ring equity;
    struct ring weights;
    ring_init(&equity, arena, "chronicle", "equity", (size_t)settings->equity,
              sizeof(struct chronicle_equity));
    ring_init(&weights, arena, "chronicle", "weights", (size_t)settings->weights,
              sizeof(struct chronicle_weights));
    if (arena_measuring(arena)) {
        return NULL;
    }
    *chronicle = (struct chronicle){.equity = equity, .weights = weights};
    int error = bus_add_tap(bus, (struct tap){.see = see, .state = chronicle});
    ASSERT(error == 0);
    return chronicle;
}

static const void *newest(const struct ring *ring, size_t index)
{
    return index < ring_size(ring) ? ring_newest(ring, index) : NULL;
}

const struct chronicle_equity *chronicle_equity(const struct chronicle *chronicle, size_t index)
{
    return newest(&chronicle->equity, index);
}

const struct chronicle_weights *chronicle_weights(const struct chronicle *chronicle, size_t index)
{
    return newest(&chronicle->weights, index);
}

size_t chronicle_histories(const struct chronicle *chronicle, struct history *histories,
                           size_t room)
{
    if (room < CHRONICLE_HISTORIES) {
        return 0;
    }
    histories[0] = history_of_ring("chronicle", "equity", &chronicle->equity);
    histories[1] = history_of_ring("chronicle", "weights", &chronicle->weights);
    return CHRONICLE_HISTORIES;
}

void chronicle_persist(struct chronicle *chronicle, struct persist *persist)
{
    persist_history(persist, "equity", &chronicle->equity, NULL, NULL);
    persist_history(persist, "weights", &chronicle->weights, NULL, NULL);
}
