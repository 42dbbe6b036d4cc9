/* What a client says: control frames, subscriptions, and what is not understood. */
#include "tickd/sim/client_parts.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "tickd/base/error.h"
#include "tickd/feed/encode.h"
#include "tickd/sim/say.h"

enum { MESSAGE_MAX = 65536 /* subscriptions have about forty bytes */, ERROR_TEXT_MAX = 512 };

static void send_error(struct client *client, const char *message)
{
    char memory[ERROR_TEXT_MAX];
    struct text text;
    text_init(&text, memory, sizeof memory);
    encode_error(&text, message);
    if (!text.cut) {
        client_send(client, WEBSOCKET_TEXT, text.data, text.length, false);
    }
}

static void note(const struct client *client, const char *what, const char *detail)
{
    if (!client->context->config->quiet) {
        say("client %llu %s %s", (unsigned long long)client->number, what, detail);
    }
}

static bool is_subscribed(const struct client *client, uint16_t id)
{
    return (client->symbols[id / 64] >> id % 64 & 1) != 0;
}

/* Finnhub's errors about a subscription; true when it is not to be. */
static bool is_refused(struct client *client, const char *symbol)
{
    const struct faults *faults = &client->context->config->faults;
    double limit = SIM_SYMBOL_LIMIT;
    if (fault_on(faults, FAULT_SYMBOL_LIMIT)) {
        limit = fault_setting(faults, FAULT_SYMBOL_LIMIT)->number;
    }
    if (fault_on(faults, FAULT_INVALID_SYMBOL) &&
        strcmp(fault_setting(faults, FAULT_INVALID_SYMBOL)->text, symbol) == 0) {
        char memory[ERROR_TEXT_MAX];
        struct text text;
        text_init(&text, memory, sizeof memory);
        text_format(&text, "Invalid symbol %s", symbol);
        client_strike(client, FAULT_INVALID_SYMBOL);
        send_error(client, memory);
        return true;
    }
    if (limit > 0 && (double)client->symbol_count >= limit) {
        client_strike(client, FAULT_SYMBOL_LIMIT);
        send_error(client, "Subscribing to too many symbols");
        return true;
    }
    return false;
}

static void first_subscription(struct client *client)
{
    const struct faults *faults = &client->context->config->faults;
    client->subscribed = true;
    client->subscribed_ms = (int64_t)uv_now(client->context->loop);
    if (fault_on(faults, FAULT_ERROR)) {
        client_strike(client, FAULT_ERROR);
        send_error(client, fault_setting(faults, FAULT_ERROR)->text);
    }
}

static void subscribe(struct client *client, const char *symbol)
{
    struct client_context *context = client->context;
    uint16_t id = symbols_find(context->symbols, symbol, strlen(symbol));
    if (id != SYMBOL_NONE && is_subscribed(client, id)) {
        return;
    }
    if (is_refused(client, symbol)) {
        note(client, "is refused", symbol);
        return;
    }
    if (symbols_add(context->symbols, symbol, strlen(symbol), &id) != 0) {
        note(client, "asked for a symbol that cannot be:", symbol);
        return;
    }
    note(client, "subscribed to", symbol);
    client->symbols[id / 64] |= UINT64_C(1) << id % 64;
    client->symbol_count++;
    if (!client->subscribed) {
        first_subscription(client);
    }
    context->events->subscribed(context->server, client);
}

static void unsubscribe(struct client *client, const char *symbol)
{
    uint16_t id = symbols_find(client->context->symbols, symbol, strlen(symbol));
    if (id != SYMBOL_NONE && is_subscribed(client, id)) {
        note(client, "unsubscribed from", symbol);
        client->symbols[id / 64] &= ~(UINT64_C(1) << id % 64);
        client->symbol_count--;
    }
}

/* {"type":"subscribe","symbol":"AAPL"} and its counterpart; all else is passed over, as Finnhub
 * does, but told. */
static void understand(struct client *client, const char *bytes, size_t length)
{
    cJSON *root = cJSON_ParseWithLength(bytes, length);
    const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "type"));
    const char *symbol = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "symbol"));
    if (type != NULL && symbol != NULL && strcmp(type, "subscribe") == 0) {
        subscribe(client, symbol);
    } else if (type != NULL && symbol != NULL && strcmp(type, "unsubscribe") == 0) {
        unsubscribe(client, symbol);
    } else {
        char shown[64];
        text_copy_bytes(shown, sizeof shown, bytes, length);
        note(client, "is not understood:", shown);
    }
    cJSON_Delete(root);
}

/* A data frame: a message, or a piece of one. */
static void take_data(struct client *client, const struct websocket_frame *frame)
{
    bool starts = frame->opcode != WEBSOCKET_CONTINUATION;
    if (starts == client->in_message) {
        client_close(client, WEBSOCKET_CLOSE_PROTOCOL, "broke the order of fragments");
        return;
    }
    if (client->message.length + frame->length > MESSAGE_MAX) {
        client_close(client, WEBSOCKET_CLOSE_TOO_BIG, "sent too long a message");
        return;
    }
    if (bytes_append(&client->message, frame->payload, frame->length) != 0) {
        client_reset(client, "no memory");
        return;
    }
    client->in_message = !frame->final;
    if (frame->final) {
        understand(client, client->message.data, client->message.length);
        client->message.length = 0;
    }
}

static void take_frame(struct client *client, const struct websocket_frame *frame)
{
    switch (frame->opcode) {
    case WEBSOCKET_CONTINUATION:
    case WEBSOCKET_TEXT:
    case WEBSOCKET_BINARY:
        take_data(client, frame);
        break;
    case WEBSOCKET_CLOSE:
        client_control(client, WEBSOCKET_CLOSE, frame->payload, frame->length >= 2 ? 2 : 0);
        client_end(client, "closed by peer");
        break;
    case WEBSOCKET_PING:
        client_control(client, WEBSOCKET_PONG, frame->payload, frame->length);
        break;
    case WEBSOCKET_PONG:
        break;
    }
}

void client_listen(struct client *client)
{
    struct websocket_frame frame;
    size_t used = 0;
    int result = 0;
    while (client->state == CLIENT_OPEN && used < client->input.length) {
        result = websocket_read_frame(client->input.data + used, client->input.length - used,
                                      MESSAGE_MAX, &frame);
        if (result <= 0) {
            break;
        }
        used += frame.used;
        take_frame(client, &frame);
    }
    bytes_drop(&client->input, used);
    if (result == ERROR_OVERFLOW) {
        client_close(client, WEBSOCKET_CLOSE_TOO_BIG, "sent too long a frame");
    } else if (result < 0) {
        client_close(client, WEBSOCKET_CLOSE_PROTOCOL, "broke the WebSocket protocol");
    }
}
