/* One stream a subscribed symbol, inside a connection that is shared by all: which symbols trade,
 * which are silent while others trade, and which the server would not take.
 *
 * Finnhub acknowledges nothing, and its "too many symbols" names none. Such an error is booked on
 * the newest subscription that has not streamed yet on this connection; when a booked symbol trades
 * after all, the error is booked on the next such one. So after all subscriptions have been
 * answered as many symbols are marked as there were errors, and none of them trades. */
#ifndef TICKD_FEED_STREAMS_H
#define TICKD_FEED_STREAMS_H

#include "tickd/bus/message.h"
#include "tickd/settings/settings.h"

enum {
    STREAMS_MAX = SETTING_LIST_MAX,
    STREAM_TEXT_MAX = 96 /* as in FEED messages */
};

struct stream {
    uint16_t symbol;
    enum stream_state state;
    bool asked;       /* on this connection */
    bool traded;      /* on this connection */
    bool over_limit;  /* an error "too many symbols" is booked on it */
    int64_t quiet_us; /* newest trade, subscription, or last moment at which its venue was closed */
};

struct streams;

/* Called after each change of a stream's state. It may not call back. */
typedef void (*streams_report)(void *context, const struct stream *stream, const char *reason);

struct streams {
    struct stream of[STREAMS_MAX];  /* in the order of subscription */
    uint16_t place_of[SYMBOLS_MAX]; /* by symbol id; STREAMS_MAX = none */
    const struct symbol_table *symbols;
    size_t count;
    size_t asked; /* on this connection; always the first ones */
    int64_t silence_us;
    streams_report report;
    void *context;
};

/* Empty; silence_us: how long an open symbol may be silent while others trade. */
void streams_init(struct streams *streams, const struct symbol_table *symbols, int64_t silence_us,
                  streams_report report, void *context);

/* Adds a symbol of the table; at most STREAMS_MAX, each once. */
void streams_add(struct streams *streams, uint16_t symbol);

bool streams_has(const struct streams *streams, uint16_t symbol);

/* Forgets one that is there; true: it was asked for on this connection. */
bool streams_remove(struct streams *streams, uint16_t symbol);

/* A new connection: nothing is asked for yet. A silent stream stays silent until it trades, a
 * rejected one rejected until it is asked for again. */
void streams_begin(struct streams *streams);

/* The symbol to be asked for next, SYMBOL_NONE = none is left; and that it was asked for. */
uint16_t streams_next(const struct streams *streams);
void streams_asked(struct streams *streams, int64_t now_us);

/* A trade of a symbol; one that is not subscribed is ignored. */
void streams_trade(struct streams *streams, uint16_t symbol, int64_t now_us);

/* The text of an error message; false when it is not about a subscription. */
bool streams_error(struct streams *streams, const char *text);

/* At least once a second. others_trade: the feed as a whole streams. */
void streams_tick(struct streams *streams, int64_t now_us, bool others_trade,
                  bool (*is_open)(void *context, uint16_t symbol), void *context);

/* How many subscribed symbols have no stream: silent or rejected. */
uint32_t streams_without(const struct streams *streams);

#endif
