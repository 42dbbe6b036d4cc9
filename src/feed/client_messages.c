/* What the server says to the client: pieces become messages, messages go to the ingest, and what
 * cannot be used of them goes to the log. */
#include "tickd/base/calendar.h"
#include "tickd/feed/client_state.h"
#include "tickd/feed/entry.h"

/* What a peer can cause at will: a limited number of lines of a kind. */
static void log_message(struct feed_client *client, struct log_limit *limit, const char *event,
                        const char *what, const char *detail)
{
    char memory[CLIENT_TEXT_MAX];
    char clean[CLIENT_TEXT_MAX];
    struct text text;
    uint64_t withheld;

    if (!log_limit_pass(limit, client_steady_us(client), &withheld))
        return;
    token_redact(&client->access.token, detail, clean, sizeof clean);
    text_init(&text, memory, sizeof memory);
    text_format(&text, "%s: %s", what, clean);
    if (withheld > 0)
        text_format(&text, " (and %llu before it)", (unsigned long long)withheld);
    client_log(client, LOG_WARNING, event, memory);
}

/* Trades. */

/* "p (price), v (volume)". */
static void add_fields(struct text *text, unsigned fields)
{
    static const struct {
        unsigned field;
        const char *name;
    } names[] = {
        {ENTRY_TIME, "t (time)"},
        {ENTRY_PRICE, "p (price)"},
        {ENTRY_VOLUME, "v (volume)"},
        {ENTRY_SYMBOL, "s (symbol)"},
        {ENTRY_CONDITIONS, "c (conditions)"},
    };
    const char *separator = "";

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if ((fields & names[i].field) == 0)
            continue;
        text_format(text, "%s%s", separator, names[i].name);
        separator = ", ";
    }
}

static void log_unusable(struct feed_client *client, const struct frame *frame)
{
    char memory[CLIENT_TEXT_MAX];
    struct text why;

    text_init(&why, memory, sizeof memory);
    text_format(&why, "%zu of %zu in a message; ", frame->malformed_count,
                frame->malformed_count + frame->trade_count);
    if (frame->wrong != 0) {
        text_add(&why, "missing or wrong: ");
        add_fields(&why, frame->wrong);
    }
    if (frame->future_count > 0)
        text_format(&why,
                    "%s%zu from the future by up to %.3f s, feed.future_ms allows %.3f s: is this "
                    "machine's clock slow?",
                    frame->wrong != 0 ? "; " : "", frame->future_count,
                    (double)frame->ahead_ms / MS_PER_S,
                    (double)client->setup.settings->feed.future_ms / MS_PER_S);
    log_message(client, &client->unusable, "feed_unusable", "trades that cannot be used", memory);
}

static void take_trades(struct feed_client *client, const struct frame *frame)
{
    int64_t now_us = client_steady_us(client);

    if (frame->malformed_count > 0) {
        log_unusable(client, frame);
        feed_states_unusable(&client->states, frame->malformed_count);
    }
    if (frame->trade_count == 0)
        return;
    feed_states_heard(&client->states, now_us, true);
    for (size_t i = 0; i < frame->trade_count; i++)
        streams_trade(&client->streams, frame->trades[i].symbol, now_us);
}

/* Messages. */

static void take_error(struct feed_client *client, const char *text)
{
    client->errors++;
    log_message(client, &client->messages, "feed_error", "the server says", text);
    (void)streams_error(&client->streams, text);
}

static void take_message(struct feed_client *client, const char *bytes, size_t length)
{
    const struct frame *frame =
        ingest_frame(client->setup.ingest, client->setup.wall_us(), bytes, length);

    switch (frame->kind) {
    case FRAME_TRADES:
        take_trades(client, frame);
        break;
    case FRAME_PING:
        client->pings++;
        feed_states_heard(&client->states, client_steady_us(client), false);
        break;
    case FRAME_ERROR:
        take_error(client, frame->text);
        break;
    case FRAME_MALFORMED:
        log_message(client, &client->messages, "feed_malformed", "not a message", frame->text);
        break;
    case FRAME_NEWS:
    case FRAME_UNKNOWN:
        break;
    }
}

/* What is dropped before it is a message: neither the engine nor the tape sees it. */

static void log_too_long(struct feed_client *client, size_t length)
{
    char memory[CLIENT_TEXT_MAX];
    struct text why;

    text_init(&why, memory, sizeof memory);
    text_format(&why, "bytes=%zu allowed=%zu key=feed.frame_bytes_max", length,
                client->fragments.capacity);
    log_message(client, &client->too_long, "feed_too_long", "a message is dropped", memory);
}

static void log_binary(struct feed_client *client, size_t length)
{
    char memory[CLIENT_TEXT_MAX];
    struct text why;

    text_init(&why, memory, sizeof memory);
    text_format(&why, "bytes=%zu, and the protocol has text only", length);
    log_message(client, &client->binary, "feed_binary", "a binary message is dropped", memory);
}

void client_on_received(void *state, const struct fragment *fragment)
{
    struct feed_client *client = state;
    const char *message;
    size_t length;

    client->bytes += fragment->length;
    switch (fragments_add(&client->fragments, fragment, &message, &length)) {
    case FRAGMENTS_NOTHING:
        break;
    case FRAGMENTS_MESSAGE:
        take_message(client, message, length);
        break;
    case FRAGMENTS_TOO_LONG:
        log_too_long(client, length);
        break;
    case FRAGMENTS_BINARY:
        log_binary(client, length);
        break;
    }
}
