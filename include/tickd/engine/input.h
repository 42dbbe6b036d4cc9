/* What can change the engine's state: the one ordered stream of inputs. */
#ifndef TICKD_ENGINE_INPUT_H
#define TICKD_ENGINE_INPUT_H

#include "tickd/bus/message.h"
#include "tickd/market/trade.h"

/* How a frame from the wire ended; each frame ends as exactly one of these. */
enum frame_kind {
    FRAME_TRADES,   /* a trade message; its entries follow, each usable, unknown or malformed */
    FRAME_PING,     /* {"type":"ping"} */
    FRAME_ERROR,    /* {"type":"error","msg":…}; text holds the message */
    FRAME_NEWS,     /* {"type":"news"} or {"type":"pr"} */
    FRAME_UNKNOWN,  /* a JSON object with another type; text holds the type */
    FRAME_MALFORMED /* no message at all; text says what and at which byte */
};

enum { FRAME_TEXT_MAX = 160 };

/* A decoded frame. The trades belong to the decoder and are valid until its next frame; they are
 * in time order, ties as they came. One with symbol = SYMBOL_NONE names a symbol that the table
 * does not have. */
struct frame {
    enum frame_kind kind;
    const struct trade *trades;
    size_t trade_count;
    size_t malformed_count;    /* entries of the trade message that cannot be used */
    size_t future_count;       /* those of them that were from the future */
    int64_t ahead_ms;          /* how far the furthest of these was */
    unsigned wrong;            /* what the others lack: fields as in tickd/feed/entry.h */
    char text[FRAME_TEXT_MAX]; /* printable UTF-8, shortened if need be; "" when there is none */
};

enum input_kind {
    INPUT_TIME, /* time passed, and nothing else came */
    INPUT_FRAME,
    INPUT_FEED,
    INPUT_COMMAND,
    INPUT_VITALS
};

/* One input as the journal keeps it: fed to an engine in the same state it has the same effect.
 * What it points to is valid during the call alone. */
struct input {
    enum input_kind kind;
    uint16_t symbol; /* INPUT_FEED: the symbol, or SYMBOL_NONE */
    int64_t at_us;   /* receive time as it was given to engine_advance() */
    union {
        struct {
            const char *bytes; /* a whole message, as it came; any bytes */
            size_t length;
        } frame;
        const struct feed_message *feed;
        const struct command_message *command;
        const struct vitals_message *vitals;
    };
};

/* Sees every input in their order, right before it takes effect (time has passed up to it). It may
 * not call the engine. write NULL = nobody keeps a journal. */
struct input_journal {
    void (*write)(void *state, const struct input *input);
    void *state;
};

#endif
