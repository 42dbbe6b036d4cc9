/* Messages that are no trades of the market: news, unknown types, garbage and the like. Pure. */
#ifndef TICKD_SIM_EXTRAS_H
#define TICKD_SIM_EXTRAS_H

#include "tickd/sim/schedule.h"
#include "tickd/sim/websocket.h"

/* Bytes that the text of any extra message but an oversized one needs at most, beside a trade
 * message of the frame. */
enum { EXTRA_MAX = 8192 };

/* Writes the message that `fault` sends beside `frame`, which has at least one entry. `turn` counts
 * how often it has: each kind has several forms and takes them one after the other. size: bytes of
 * an oversized message. */
void extra_message(enum fault fault, uint64_t turn, const struct sim_frame *frame, size_t size,
                   struct text *text, enum websocket_opcode *opcode);

#endif
