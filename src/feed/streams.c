/* Streams: what each subscribed symbol's silence or speech means. */
#include "tickd/feed/streams.h"

#include <string.h>

#include "tickd/base/assert.h"

/* As Finnhub words them. */
static const char too_many[] = "too many symbols";
static const char invalid[] = "Invalid symbol ";

void streams_init(struct streams *streams, const struct symbol_table *symbols, int64_t silence_us,
                  streams_report report, void *context)
{
    *streams = (struct streams){
        .symbols = symbols, .silence_us = silence_us, .report = report, .context = context};
    for (size_t i = 0; i < ARRAY_LENGTH(streams->place_of); i++)
        streams->place_of[i] = STREAMS_MAX;
}

void streams_add(struct streams *streams, uint16_t symbol)
{
    ASSERT(streams->count < STREAMS_MAX && symbol < SYMBOLS_MAX);
    ASSERT(streams->place_of[symbol] == STREAMS_MAX);
    streams->place_of[symbol] = (uint16_t)streams->count;
    streams->of[streams->count++] = (struct stream){.symbol = symbol, .state = STREAM_TALKING};
}

bool streams_has(const struct streams *streams, uint16_t symbol)
{
    return symbol < SYMBOLS_MAX && streams->place_of[symbol] != STREAMS_MAX;
}

bool streams_remove(struct streams *streams, uint16_t symbol)
{
    ASSERT(streams_has(streams, symbol));
    size_t place = streams->place_of[symbol];
    bool was_asked = streams->of[place].asked;

    streams->place_of[symbol] = STREAMS_MAX;
    streams->asked -= was_asked ? 1 : 0;
    streams->count--;
    for (size_t i = place; i < streams->count; i++) {
        streams->of[i] = streams->of[i + 1];
        streams->place_of[streams->of[i].symbol] = (uint16_t)i;
    }
    return was_asked;
}

static struct stream *stream_of(struct streams *streams, uint16_t symbol)
{
    if (!streams_has(streams, symbol))
        return NULL;
    return &streams->of[streams->place_of[symbol]];
}

/* The only writer of a stream's state. */
static void change_stream(struct streams *streams, struct stream *stream, enum stream_state state,
                          const char *reason)
{
    if (stream->state == state)
        return;
    stream->state = state;
    streams->report(streams->context, stream, reason);
}

void streams_begin(struct streams *streams)
{
    streams->asked = 0;
    for (size_t i = 0; i < streams->count; i++) {
        streams->of[i].asked = false;
        streams->of[i].traded = false;
        streams->of[i].over_limit = false;
    }
}

uint16_t streams_next(const struct streams *streams)
{
    return streams->asked < streams->count ? streams->of[streams->asked].symbol : SYMBOL_NONE;
}

void streams_asked(struct streams *streams, int64_t now_us)
{
    ASSERT(streams->asked < streams->count);
    struct stream *stream = &streams->of[streams->asked++];

    stream->asked = true;
    stream->quiet_us = now_us;
    if (stream->state == STREAM_REJECTED)
        change_stream(streams, stream, STREAM_TALKING, "asked for again");
}

/* Books an error "too many symbols"; on nothing when every symbol that was asked for trades. */
static void book_over_limit(struct streams *streams)
{
    for (size_t i = streams->asked; i-- > 0;) {
        struct stream *stream = &streams->of[i];

        if (!stream->traded && stream->state != STREAM_REJECTED) {
            stream->over_limit = true;
            change_stream(streams, stream, STREAM_REJECTED, "the server takes no more symbols");
            return;
        }
    }
}

static void speak(struct streams *streams, struct stream *stream)
{
    bool was_over_limit = stream->over_limit;

    stream->over_limit = false;
    change_stream(streams, stream, STREAM_TALKING, "trades again");
    if (was_over_limit)
        book_over_limit(streams);
}

void streams_trade(struct streams *streams, uint16_t symbol, int64_t now_us)
{
    struct stream *stream = stream_of(streams, symbol);

    if (stream == NULL)
        return;
    stream->quiet_us = now_us;
    stream->traded = true;
    if (stream->state != STREAM_TALKING)
        speak(streams, stream);
}

bool streams_error(struct streams *streams, const char *text)
{
    if (strstr(text, too_many) != NULL) {
        book_over_limit(streams);
        return true;
    }
    if (strncmp(text, invalid, sizeof invalid - 1) != 0)
        return false;

    const char *name = text + sizeof invalid - 1;
    struct stream *stream = stream_of(streams, symbols_find(streams->symbols, name, strlen(name)));

    if (stream == NULL)
        return false;
    change_stream(streams, stream, STREAM_REJECTED, "the server calls the symbol invalid");
    return true;
}

static void tick_stream(struct streams *streams, struct stream *stream, int64_t now_us,
                        bool others_trade, bool open)
{
    if (!open) {
        stream->quiet_us = now_us;
        if (stream->state == STREAM_SILENT)
            change_stream(streams, stream, STREAM_TALKING, "its market is closed");
        return;
    }
    if (stream->state != STREAM_TALKING || !stream->asked || !others_trade)
        return;
    if (now_us - stream->quiet_us >= streams->silence_us)
        change_stream(streams, stream, STREAM_SILENT, "no trade while others trade");
}

void streams_tick(struct streams *streams, int64_t now_us, bool others_trade,
                  bool (*is_open)(void *context, uint16_t symbol), void *context)
{
    for (size_t i = 0; i < streams->count; i++) {
        struct stream *stream = &streams->of[i];

        tick_stream(streams, stream, now_us, others_trade, is_open(context, stream->symbol));
    }
}

uint32_t streams_without(const struct streams *streams)
{
    uint32_t count = 0;

    for (size_t i = 0; i < streams->count; i++)
        count += streams->of[i].state != STREAM_TALKING ? 1 : 0;
    return count;
}
