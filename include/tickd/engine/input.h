/* What can change the engine's state: the one ordered stream of inputs. */
#ifndef TICKD_ENGINE_INPUT_H
#define TICKD_ENGINE_INPUT_H

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
    char text[FRAME_TEXT_MAX]; /* printable UTF-8, shortened if need be; "" when there is none */
};

#endif
