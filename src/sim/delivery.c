/* Frames to clients. */
#include "tickd/sim/delivery.h"

#include <stdlib.h>
#include <string.h>

#include "tickd/feed/encode.h"
#include "tickd/sim/extras.h"
#include "tickd/sim/say.h"

/* A frame's own entries and two copies of each. */
enum { ENTRIES_MAX = 3 * SCHEDULE_PER_FRAME_MAX };

struct delivery {
    const struct sim_config *config;
    struct truth *truth;
    const struct client_list *list;
    uint64_t turns[FAULT_COUNT];  /* extra messages of each kind so far */
    struct wire_trade *selection; /* what one client gets of a frame */
    struct text message;
    struct text extra;
    char *message_memory;
    char *extra_memory;
};

static size_t oversized_bytes(const struct sim_config *config)
{
    return fault_on(&config->faults, FAULT_OVERSIZED)
               ? (size_t)fault_setting(&config->faults, FAULT_OVERSIZED)->number
               : 0;
}

struct delivery *delivery_create(const struct sim_config *config, struct truth *truth,
                                 const struct client_list *list)
{
    struct delivery *delivery = calloc(1, sizeof *delivery);
    const size_t message = (size_t)ENTRIES_MAX * ENCODE_ENTRY_MAX + ENCODE_ENVELOPE_MAX;
    const size_t extra = EXTRA_MAX + ENCODE_ENTRY_MAX + oversized_bytes(config);
    if (delivery == NULL) {
        return NULL;
    }
    *delivery = (struct delivery){.config = config, .truth = truth, .list = list};
    delivery->selection = calloc(ENTRIES_MAX, sizeof *delivery->selection);
    delivery->message_memory = malloc(message);
    delivery->extra_memory = malloc(extra);
    if (delivery->selection == NULL || delivery->message_memory == NULL ||
        delivery->extra_memory == NULL) {
        delivery_destroy(delivery);
        return NULL;
    }
    text_init(&delivery->message, delivery->message_memory, message);
    text_init(&delivery->extra, delivery->extra_memory, extra);
    return delivery;
}

void delivery_destroy(struct delivery *delivery)
{
    if (delivery != NULL) {
        free(delivery->selection);
        free(delivery->message_memory);
        free(delivery->extra_memory);
        free(delivery);
    }
}

static bool anybody_wants(const struct delivery *delivery, uint16_t symbol)
{
    for (size_t i = 0; i < delivery->list->count; i++) {
        if (client_wants(delivery->list->clients[i], symbol)) {
            return true;
        }
    }
    return false;
}

static bool is_enough(const struct delivery *delivery)
{
    return delivery->config->count > 0 &&
           delivery->truth->trades >= (uint64_t)delivery->config->count;
}

/* Leaves in the frame what goes to at least one client, and counts it. */
static void select_wanted(struct delivery *delivery, struct sim_frame *frame)
{
    size_t kept = 0;
    for (size_t i = 0; i < frame->count && !is_enough(delivery); i++) {
        const struct sim_entry *entry = &frame->entries[i];
        if (anybody_wants(delivery, entry->symbol)) {
            truth_sent(delivery->truth, entry);
            frame->entries[kept++] = *entry;
        } else if (!entry->copy) {
            delivery->truth->unsent++;
        }
    }
    frame->count = kept;
    delivery->truth->frames += kept > 0;
}

static size_t select_for(struct delivery *delivery, const struct client *client,
                         const struct sim_frame *frame)
{
    size_t count = 0;
    for (size_t i = 0; i < frame->count; i++) {
        if (client_wants(client, frame->entries[i].symbol)) {
            delivery->selection[count++] = frame->entries[i].wire;
        }
    }
    return count;
}

static void cut_if_behind(struct delivery *delivery, struct client *client)
{
    if (delivery->config->recording_count == 0 && client_waiting(client) > DELIVERY_CUT_BYTES) {
        say("client %llu does not read and is cut off", (unsigned long long)client_number(client));
        delivery->truth->cut++;
        client_reset(client, "cut off");
    }
}

/* Each client's part of the frame. *encoded: the message in delivery->message is the whole frame;
 * most clients want all of it, so it is encoded once. */
static void send_trades(struct delivery *delivery, struct client *client,
                        const struct sim_frame *frame, bool *encoded)
{
    size_t count = select_for(delivery, client, frame);
    if (count == 0) {
        return;
    }
    if (!*encoded || count != frame->count) {
        text_clear(&delivery->message);
        encode_trades(&delivery->message, delivery->selection, count, frame->order);
        *encoded = count == frame->count;
    }
    client_send(client, WEBSOCKET_TEXT, delivery->message.data, delivery->message.length,
                frame->fragments);
    delivery->truth->deliveries += count;
    cut_if_behind(delivery, client);
}

static void send_extras(struct delivery *delivery, const struct sim_frame *frame)
{
    delivery->truth->faults[FAULT_FRAGMENTS] += frame->fragments;
    for (size_t fault = 0; fault < FAULT_COUNT; fault++) {
        if ((frame->extras >> fault & 1) == 0) {
            continue;
        }
        enum websocket_opcode opcode;
        delivery->truth->faults[fault]++;
        text_clear(&delivery->extra);
        extra_message((enum fault)fault, delivery->turns[fault]++, frame,
                      oversized_bytes(delivery->config), &delivery->extra, &opcode);
        for (size_t i = 0; i < delivery->list->count; i++) {
            struct client *client = delivery->list->clients[i];
            if (client_wants(client, frame->entries[0].symbol)) {
                client_send(client, opcode, delivery->extra.data, delivery->extra.length,
                            frame->fragments);
                cut_if_behind(delivery, client);
            }
        }
    }
}

bool delivery_frame(struct delivery *delivery, struct sim_frame *frame)
{
    bool encoded = false;
    select_wanted(delivery, frame);
    if (frame->count > 0) {
        for (size_t i = 0; i < delivery->list->count; i++) {
            send_trades(delivery, delivery->list->clients[i], frame, &encoded);
        }
        send_extras(delivery, frame);
    }
    return !is_enough(delivery);
}

bool delivery_is_clogged(const struct delivery *delivery)
{
    for (size_t i = 0; i < delivery->list->count; i++) {
        if (client_waiting(delivery->list->clients[i]) > DELIVERY_CLOGGED_BYTES) {
            return true;
        }
    }
    return false;
}
