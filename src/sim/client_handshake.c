/* How a client comes in: its request, the key, and what Finnhub answers instead of 101. */
#include "tickd/sim/client_parts.h"

#include <string.h>

#include "tickd/base/calendar.h"
#include "tickd/base/error.h"
#include "tickd/sim/say.h"

/* What comes instead of 101. */
struct refusal {
    enum fault fault; /* FAULT_COUNT: none */
    const char *status;
    const char *headers;
    const char *body;
};

static const struct refusal bad_request = {FAULT_COUNT, "400 Bad Request",
                                           "Content-Type: text/plain\r\n",
                                           "This is a WebSocket server.\n"};
static const struct refusal wrong_key = {FAULT_COUNT, "401 Unauthorized",
                                         "Content-Type: application/json\r\n",
                                         "{\"error\":\"Invalid API key\"}"};
static const struct refusal too_fast = {FAULT_CONNECT_LIMIT, "429 Too Many Requests",
                                        "Content-Type: text/plain\r\n", "Too many requests\n"};

/* In the order in which they are looked at. */
static const struct refusal refusals[] = {
    {FAULT_HANDSHAKE_401, "401 Unauthorized", "Content-Type: application/json\r\n",
     "{\"error\":\"Invalid API key\"}"},
    {FAULT_HANDSHAKE_429, "429 Too Many Requests", "Content-Type: text/plain\r\n",
     "Too many requests\n"},
    {FAULT_HANDSHAKE_200, "200 OK", "Content-Type: application/json\r\n", "{}"},
    {FAULT_HANDSHAKE_524, "524 ", "Server: cloudflare\r\nContent-Type: text/html\r\n",
     "<!DOCTYPE html>\n<html>\n<head><title>ws.finnhub.io | 524: A timeout "
     "occurred</title></head>\n"
     "<body><h1>A timeout occurred</h1><p>Error code 524</p></body>\n</html>\n"},
};

static void refuse(struct client *client, const struct refusal *refusal)
{
    char memory[CLIENT_ANSWER_MAX];
    struct text text;
    text_init(&text, memory, sizeof memory);
    text_format(&text, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                refusal->status, refusal->headers, strlen(refusal->body), refusal->body);
    if (refusal->fault != FAULT_COUNT) {
        client_strike(client, refusal->fault);
    }
    client->context->truth->refused++;
    if (!client->context->config->quiet) {
        say("client %llu refused: %s", (unsigned long long)client->number, refusal->status);
    }
    link_write(client->link, text.data, text.length);
    client_end(client, "refused");
}

/* The refusal that is due now, or NULL. Each strikes the first N requests that get as far as it. */
static const struct refusal *due_refusal(struct client *client)
{
    const struct client_context *context = client->context;
    if (client->over_limit) {
        return &too_fast;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
        const struct fault_setting *setting =
            fault_setting(&context->config->faults, refusals[i].fault);
        double struck = (double)context->truth->faults[refusals[i].fault];
        if (setting->on && (setting->number == 0 || struck < setting->number)) {
            return &refusals[i];
        }
    }
    return NULL;
}

void client_answer(struct client *client)
{
    struct client_context *context = client->context;
    client->state = CLIENT_OPEN;
    client->place = ++context->truth->clients;
    link_write(client->link, client->answer, strlen(client->answer));
    context->events->opened(context->server, client);
}

/* Prepares the 101, and sends it now or when its time has come. */
static void welcome(struct client *client, const struct websocket_request *request)
{
    const struct client_context *context = client->context;
    const struct faults *faults = &context->config->faults;
    const struct fault_setting *late = fault_setting(faults, FAULT_HANDSHAKE_LATE);
    struct text text;
    text_init(&text, client->answer, sizeof client->answer);
    websocket_answer(&text, request, fault_on(faults, FAULT_LOWER_CASE));
    if (fault_on(faults, FAULT_LOWER_CASE)) {
        client_strike(client, FAULT_LOWER_CASE);
    }
    double struck = (double)context->truth->faults[FAULT_HANDSHAKE_LATE];
    if (late->on && (late->second == 0 || struck < late->second)) {
        client_strike(client, FAULT_HANDSHAKE_LATE);
        client->state = CLIENT_HELD;
        client->answer_ms = (int64_t)uv_now(context->loop) + (int64_t)(late->number * MS_PER_S);
        return;
    }
    client_answer(client);
}

void client_handshake(struct client *client)
{
    struct websocket_request request;
    const char *token = client->context->config->token;
    int result = websocket_read_request(client->input.data, client->input.length, &request);
    if (result == 0) {
        return;
    }
    if (result < 0) {
        refuse(client, &bad_request);
        return;
    }
    const struct refusal *refusal = due_refusal(client);
    if (refusal == NULL && token != NULL && !websocket_token_is(&request, token)) {
        refusal = &wrong_key;
    }
    if (refusal != NULL) {
        refuse(client, refusal);
        return;
    }
    welcome(client, &request);
    bytes_drop(&client->input, request.length);
}
