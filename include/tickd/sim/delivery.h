/* A frame's way to the clients: to each the entries that it has subscribed to, as one message, and
 * behind it the messages that the faults add. Counts the truth as it goes. */
#ifndef TICKD_SIM_DELIVERY_H
#define TICKD_SIM_DELIVERY_H

#include "tickd/sim/client.h"

enum {
    /* A replay waits while more than this waits for a client: it is paced by the slowest. */
    DELIVERY_CLOGGED_BYTES = 256 * 1024,
    /* A live market does not wait: a client that is so far behind is cut off. */
    DELIVERY_CUT_BYTES = 16 * 1024 * 1024
};

/* The connections, in the order of accepting. */
struct client_list {
    struct client *clients[SIM_CLIENTS_MAX];
    size_t count;
};

struct delivery;

/* NULL when there is no memory. All three must outlive it. */
struct delivery *delivery_create(const struct sim_config *config, struct truth *truth,
                                 const struct client_list *list);
void delivery_destroy(struct delivery *delivery);

/* Sends a frame; its entries are changed. Returns false when with it the number of trades that was
 * asked for is reached; what would have come after the last is left out. */
bool delivery_frame(struct delivery *delivery, struct sim_frame *frame);

/* Whether a replay has to wait for a client. */
bool delivery_is_clogged(const struct delivery *delivery);

#endif
