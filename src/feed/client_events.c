/* What happens to the client: the states' and streams' changes go to the log and to the engine,
 * time and the socket's events go to the states, messages go to the ingest. */
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"
#include "tickd/feed/client_state.h"
#include "tickd/feed/encode.h"

enum { NS_PER_US = 1000 };

/* Time. */

int64_t client_steady_us(const struct feed_client *client)
{
    return client->setup.steady_ns() / NS_PER_US;
}

/* A moment of the steady clock as UNIX time; 0 stays 0. */
int64_t client_wall_us(const struct feed_client *client, int64_t moment_us)
{
    return moment_us == 0 ? 0 : client->setup.wall_us() + moment_us - client_steady_us(client);
}

/* Log. */

void client_log(const struct feed_client *client, enum log_level level, const char *event,
                const char *text)
{
    char clean[CLIENT_TEXT_MAX];

    token_redact(&client->access.token, text, clean, sizeof clean);
    client->setup.log(client->setup.state, level, event, clean);
}

static void log_state(const struct feed_client *client, const struct feed_states *states,
                      enum feed_state before)
{
    char memory[CLIENT_TEXT_MAX];
    struct text text;

    text_init(&text, memory, sizeof memory);
    text_format(&text, "%s, was %s", feed_state_name(states->state), feed_state_name(before));
    if (states->reason[0] != '\0' && states->state != FEED_CONNECTING) /* there it is the old one */
        text_format(&text, ": %s", states->reason);
    if (states->attempt_us != 0)
        text_format(&text, "; next attempt in %.1f s",
                    (double)(states->attempt_us - states->since_us) / US_PER_S);
    client_log(client, LOG_DEBUG, "feed_state", memory); /* the bus tells it, as FEED */
}

/* To the engine. */

static void fill_message(const struct feed_client *client, struct feed_message *message)
{
    memset(message, 0, sizeof *message);
    message->owed_since_us = client_wall_us(client, client->states.owed_since_us);
    message->connections = client->states.connections;
    message->state = (uint32_t)client->states.state;
}

void client_report_state(void *context, const struct feed_states *states, enum feed_state before,
                         bool moved)
{
    struct feed_client *client = context;
    struct feed_message message;

    if (moved) {
        client->since_wall_us = client->setup.wall_us();
        log_state(client, states, before);
    }
    fill_message(client, &message);
    token_redact(&client->access.token, states->reason, message.reason, sizeof message.reason);
    engine_advance(client->setup.engine, client->setup.wall_us());
    engine_feed_state(client->setup.engine, SYMBOL_NONE, &message);
}

void client_report_stream(void *context, const struct stream *stream, const char *reason)
{
    struct feed_client *client = context;
    struct feed_message message;
    char memory[CLIENT_TEXT_MAX];
    struct text text;

    text_init(&text, memory, sizeof memory);
    text_format(&text, "%s %s: %s",
                symbols_name(engine_symbols(client->setup.engine), stream->symbol),
                stream_state_name(stream->state), reason);
    client_log(client, stream->state == STREAM_TALKING ? LOG_NOTICE : LOG_WARNING, "feed_stream",
               memory);
    fill_message(client, &message);
    message.stream = (uint32_t)stream->state;
    token_redact(&client->access.token, reason, message.reason, sizeof message.reason);
    engine_advance(client->setup.engine, client->setup.wall_us());
    engine_feed_state(client->setup.engine, stream->symbol, &message);
}

/* What the machine wants. */

static void on_attempt(uv_timer_t *timer);
static void on_pace(uv_timer_t *timer);

static void arm_attempt(struct feed_client *client)
{
    int64_t wait_us = client->states.attempt_us - client_steady_us(client);

    if (client->states.attempt_us == 0) {
        (void)uv_timer_stop(&client->attempt);
        return;
    }
    uint64_t wait_ms = wait_us > 0 ? (uint64_t)(wait_us / US_PER_MS) + 1 : 0;

    (void)uv_timer_start(&client->attempt, on_attempt, wait_ms, 0);
}

static void act(struct feed_client *client, enum feed_action action)
{
    switch (action) {
    case FEED_DO_NOTHING:
    case FEED_ACTION_COUNT:
        break;
    case FEED_DO_CONNECT:
        fragments_reset(&client->fragments);
        feed_socket_connect(client->socket);
        break;
    case FEED_DO_SUBSCRIBE:
        streams_begin(&client->streams);
        client->leaving_count = 0;
        client->may_ask = true;
        feed_socket_want_write(client->socket);
        break;
    case FEED_DO_DROP:
        (void)uv_timer_stop(&client->pace);
        feed_socket_drop(client->socket);
        (void)feed_states_event(&client->states, FEED_EVENT_CLOSED, client_steady_us(client), NULL);
        break;
    }
    arm_attempt(client);
}

/* The whole of the reason is looked through for the key: what is kept of it is cut. */
void client_happen(struct feed_client *client, enum feed_event event, const char *reason)
{
    char clean[FEED_SOCKET_TEXT_MAX];

    token_redact(&client->access.token, reason, clean, sizeof clean);
    act(client, feed_states_event(&client->states, event, client_steady_us(client), clean));
}

/* Timers. */

void client_tick(struct feed_client *client)
{
    bool open = engine_market_open(client->setup.engine, client->setup.wall_us());

    act(client, feed_states_tick(&client->states, client_steady_us(client), open));
}

static void on_attempt(uv_timer_t *timer)
{
    client_tick(timer->data);
}

struct opening {
    const struct engine *engine;
    int64_t now_us;
};

static bool is_open(void *context, uint16_t symbol)
{
    const struct opening *opening = context;

    return engine_symbol_open(opening->engine, symbol, opening->now_us);
}

void client_on_tick(uv_timer_t *timer)
{
    struct feed_client *client = timer->data;
    struct opening opening = {client->setup.engine, client->setup.wall_us()};

    client_tick(client);
    streams_tick(&client->streams, client_steady_us(client), client->states.state == FEED_STREAMING,
                 is_open, &opening);
}

static void on_pace(uv_timer_t *timer)
{
    struct feed_client *client = timer->data;

    client->may_ask = true;
    feed_socket_want_write(client->socket);
}

/* The socket. */

static void on_opened(void *state)
{
    client_happen(state, FEED_EVENT_OPENED, "");
}

static void on_failed(void *state, int status, int64_t retry_after_s, const char *why)
{
    struct feed_client *client = state;

    if (status == 0) {
        client_happen(client, FEED_EVENT_FAILED, why);
        return;
    }
    act(client, feed_states_http(&client->states, status, retry_after_s, client_steady_us(client)));
    if (client->states.state == FEED_REFUSED && client->setup.refused != NULL)
        client->setup.refused(client->setup.state, client->states.connections > 0);
}

static void on_closed(void *state, const char *why)
{
    struct feed_client *client = state;

    (void)uv_timer_stop(&client->pace);
    client_happen(client, FEED_EVENT_CLOSED, why);
}

/* One subscription less, or one more; false: neither is left to be sent. */
static bool write_request(struct feed_client *client, struct text *text)
{
    const struct symbol_table *symbols = engine_symbols(client->setup.engine);
    uint16_t symbol = streams_next(&client->streams);

    if (client->leaving_count > 0) {
        const char *left = symbols_name(symbols, client->leaving[--client->leaving_count]);

        encode_unsubscribe(text, left, strlen(left));
        return true;
    }
    if (symbol == SYMBOL_NONE)
        return false;
    const char *name = symbols_name(symbols, symbol);

    encode_subscribe(text, name, strlen(name));
    streams_asked(&client->streams, client_steady_us(client));
    return true;
}

/* The next of them, at most one each pause. */
static size_t on_writable(void *state, char *bytes, size_t capacity)
{
    struct feed_client *client = state;
    struct text text;

    text_init(&text, bytes, capacity);
    if (!client->may_ask)
        return 0;
    if (!write_request(client, &text)) { /* those that were left have been taken back */
        if (client->states.state == FEED_CONNECTED)
            client_happen(client, FEED_EVENT_ALL_ASKED, "");
        return 0;
    }
    ASSERT(!text.cut);
    if (client->leaving_count == 0 && streams_next(&client->streams) == SYMBOL_NONE) {
        if (client->states.state == FEED_CONNECTED)
            client_happen(client, FEED_EVENT_ALL_ASKED, "");
        return text.length;
    }
    int64_t pause_ms = client->setup.settings->feed.subscribe_interval_ms;

    client->may_ask = pause_ms == 0;
    if (client->may_ask)
        feed_socket_want_write(client->socket);
    else
        (void)uv_timer_start(&client->pace, on_pace, (uint64_t)pause_ms, 0);
    return text.length;
}

struct feed_socket_events client_socket_events(struct feed_client *client)
{
    return (struct feed_socket_events){.opened = on_opened,
                                       .failed = on_failed,
                                       .closed = on_closed,
                                       .received = client_on_received,
                                       .writable = on_writable,
                                       .state = client};
}
