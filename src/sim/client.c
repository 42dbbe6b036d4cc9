/* A client's life: accepted, open, let down in one way or another, gone. */
#include "tickd/sim/client.h"

#include <stdlib.h>
#include <string.h>

#include "tickd/base/calendar.h"
#include "tickd/feed/encode.h"
#include "tickd/sim/client_parts.h"
#include "tickd/sim/say.h"

enum {
    INPUT_MAX = 1 << 20, /* bytes that may wait, as behind a request that is held back */
    SOON_MS = 500,       /* "within a second" */
    FRAGMENTS = 4,       /* one byte, half of the rest, the other half, nothing */
    PING_TEXT_MAX = 64
};

void client_strike(struct client *client, enum fault fault)
{
    client->context->truth->faults[fault]++;
}

uint64_t client_number(const struct client *client)
{
    return client->number;
}

static void received(void *owner, const char *bytes, size_t length)
{
    struct client *client = owner;
    if (client->state == CLIENT_LEAVING) {
        return;
    }
    if (client->input.length > INPUT_MAX) {
        client_reset(client, "sent too much");
        return;
    }
    if (bytes_append(&client->input, bytes, length) != 0) {
        client_reset(client, "no memory");
        return;
    }
    if (client->state == CLIENT_REQUEST) {
        client_handshake(client);
    }
    if (client->state == CLIENT_OPEN) {
        client_listen(client);
    }
}

static void drained(void *owner)
{
    struct client *client = owner;
    client->context->events->drained(client->context->server);
}

static void ended(void *owner, const char *why)
{
    struct client *client = owner;
    if (!client->context->config->quiet) {
        say("client %llu gone: %s", (unsigned long long)client->number, why);
    }
    client->context->events->gone(client->context->server, client);
    bytes_free(&client->input);
    bytes_free(&client->message);
    bytes_free(&client->output);
    free(client);
}

static const struct link_events link_events = {received, drained, ended};

struct client *client_accept(struct client_context *context, uv_stream_t *listener, bool over_limit)
{
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        return NULL;
    }
    client->context = context;
    client->over_limit = over_limit;
    client->number = ++context->truth->connections;
    if (link_accept(listener, context->tls, &link_events, client, &client->link) != 0) {
        free(client);
        return NULL;
    }
    if (!context->config->quiet) {
        say("client %llu connected from %s", (unsigned long long)client->number,
            link_peer(client->link));
    }
    return client;
}

bool client_is_open(const struct client *client)
{
    return client->state == CLIENT_OPEN;
}

bool client_has_subscribed(const struct client *client)
{
    return client->state == CLIENT_OPEN && client->subscribed;
}

bool client_wants(const struct client *client, uint16_t symbol)
{
    return client->state == CLIENT_OPEN && !client->muted && !client->tradeless &&
           (client->symbols[symbol / 64] >> symbol % 64 & 1) != 0;
}

size_t client_waiting(const struct client *client)
{
    return client->state == CLIENT_OPEN ? link_waiting(client->link) : 0;
}

/* Appends one frame to client->output. */
static void add_frame(struct client *client, enum websocket_opcode opcode, bool final,
                      const char *payload, size_t length)
{
    unsigned char head[WEBSOCKET_HEAD_MAX];
    size_t head_length = websocket_frame_head(head, opcode, final, 0, length);
    if (bytes_append(&client->output, head, head_length) != 0 ||
        bytes_append(&client->output, payload, length) != 0) {
        client_reset(client, "no memory");
    }
}

/* Hands client->output to the link in one piece: with TLS that is one record for small ones. */
static void write_output(struct client *client)
{
    link_write(client->link, client->output.data, client->output.length);
    client->output.length = 0;
}

void client_control(struct client *client, enum websocket_opcode opcode, const char *payload,
                    size_t length)
{
    add_frame(client, opcode, true, payload, length);
    write_output(client);
}

/* One message as four frames, the last one empty, with a control PING after each but the last. */
static void add_fragments(struct client *client, enum websocket_opcode opcode, const char *bytes,
                          size_t length)
{
    size_t first = length > 0 ? 1 : 0;
    size_t middle = first + (length - first) / 2;
    const size_t ends[FRAGMENTS] = {first, middle, length, length};
    size_t start = 0;
    for (size_t i = 0; i < FRAGMENTS; i++) {
        add_frame(client, i == 0 ? opcode : WEBSOCKET_CONTINUATION, i + 1 == FRAGMENTS,
                  bytes + start, ends[i] - start);
        if (i + 1 < FRAGMENTS) {
            add_frame(client, WEBSOCKET_PING, true, "between", strlen("between"));
        }
        start = ends[i];
    }
}

void client_send(struct client *client, enum websocket_opcode opcode, const char *bytes,
                 size_t length, bool fragments)
{
    if (client->state != CLIENT_OPEN) {
        return;
    }
    if (fragments) {
        add_fragments(client, opcode, bytes, length);
    } else {
        add_frame(client, opcode, true, bytes, length);
    }
    write_output(client);
    client->context->truth->messages++;
}

void client_ping(struct client *client)
{
    char memory[PING_TEXT_MAX];
    struct text text;
    if (client->state != CLIENT_OPEN || client->muted) {
        return;
    }
    text_init(&text, memory, sizeof memory);
    encode_ping(&text);
    client_send(client, WEBSOCKET_TEXT, text.data, text.length, false);
    client->context->truth->pings++;
}

void client_close(struct client *client, unsigned code, const char *why)
{
    const char payload[2] = {(char)(code >> 8 & 0xffu), (char)(code & 0xffu)};
    if (client->state == CLIENT_OPEN) {
        client_control(client, WEBSOCKET_CLOSE, payload, sizeof payload);
    }
    client_end(client, why);
}

void client_end(struct client *client, const char *why)
{
    client->state = CLIENT_LEAVING;
    link_end(client->link, why);
}

void client_reset(struct client *client, const char *why)
{
    client->state = CLIENT_LEAVING;
    link_reset(client->link, why);
}

void client_mute(struct client *client)
{
    client->muted = true;
}

void client_close_soon(struct client *client, int64_t now_ms)
{
    client->close_ms = now_ms + SOON_MS;
}

/* A frame with all three reserved bits set, though no extension was agreed on (RFC 6455, 5.2). */
static void send_bad_frame(struct client *client)
{
    unsigned char head[WEBSOCKET_HEAD_MAX];
    size_t length = websocket_frame_head(head, WEBSOCKET_TEXT, true, 7, 0);
    link_write(client->link, head, length);
}

static void let_down(struct client *client, enum fault fault)
{
    client_strike(client, fault);
    if (!client->context->config->quiet) {
        say("client %llu: fault %s", (unsigned long long)client->number, fault_name(fault));
    }
    if (fault == FAULT_SILENCE) {
        client->muted = true;
    } else if (fault == FAULT_PINGS_ONLY) {
        client->tradeless = true;
    } else if (fault == FAULT_HALF_DEAD) {
        client->state = CLIENT_LEAVING;
        link_freeze(client->link);
    } else if (fault == FAULT_CLOSE) {
        client_close(client, WEBSOCKET_CLOSE_NORMAL, "fault close");
    } else if (fault == FAULT_END) {
        client_end(client, "fault end");
    } else if (fault == FAULT_RESET) {
        client_reset(client, "fault reset");
    } else if (fault == FAULT_BAD_FRAME) {
        send_bad_frame(client);
    }
}

/* Faults of the form FAULT_AFTER that wait for the first subscription. */
static void tick_faults(struct client *client, int64_t now_ms)
{
    static const enum fault timed[] = {FAULT_SILENCE,  FAULT_PINGS_ONLY, FAULT_HALF_DEAD,
                                       FAULT_CLOSE,    FAULT_END,        FAULT_RESET,
                                       FAULT_BAD_FRAME};
    const struct faults *faults = &client->context->config->faults;
    for (size_t i = 0; i < ARRAY_LENGTH(timed) && client->state == CLIENT_OPEN; i++) {
        const struct fault_setting *setting = fault_setting(faults, timed[i]);
        uint64_t bit = UINT64_C(1) << timed[i];
        bool meant = setting->second == 0 || (double)client->place <= setting->second;
        if (setting->on && meant && (client->fired & bit) == 0 &&
            (double)(now_ms - client->subscribed_ms) >= setting->number * MS_PER_S) {
            client->fired |= bit;
            let_down(client, timed[i]);
        }
    }
}

void client_tick(struct client *client, int64_t now_ms)
{
    if (client->state == CLIENT_HELD && now_ms >= client->answer_ms) {
        client_answer(client);
        client_listen(client);
    }
    if (client->state == CLIENT_OPEN && client->close_ms != 0 && now_ms >= client->close_ms) {
        client_close(client, WEBSOCKET_CLOSE_NORMAL, "a second connection is refused");
    }
    if (client_has_subscribed(client)) {
        tick_faults(client, now_ms);
    }
}
