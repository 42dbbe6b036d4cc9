/* The feed's door into the engine: a frame with its receive time goes in, is decoded, cleared of
 * trades from the future, and handed to the engine. The client feeds it from the wire, a replay
 * from the tape; both give the engine the same. Nothing allocates after creation.
 *
 * It also measures, per frame and trade, what only the door can see: the delay from exchange to
 * receipt, and the time from the door until everything that a frame caused is dispatched. Neither
 * can reach a message. */
#ifndef TICKD_FEED_INGEST_H
#define TICKD_FEED_INGEST_H

#include "tickd/base/histogram.h"
#include "tickd/engine/engine.h"
#include "tickd/feed/decode.h"

struct ingest;

/* steady_ns: a monotonic clock for the measurement, NULL = none is made. While measuring the arena
 * engine may be NULL, and the result is NULL. */
struct ingest *ingest_create(struct arena *arena, const struct settings *settings,
                             struct engine *engine, int64_t (*steady_ns)(void));

/* Called around the handling of each frame of trades, for measurements: `begin` before it is known
 * what the frame is, `end` only when it was one. NULL = nobody measures. */
void ingest_set_probe(struct ingest *ingest, void (*begin)(void *state), void (*end)(void *state),
                      void *state);

/* Takes one whole message, received at receive_us (UNIX time): time passes up to it, then all of it
 * is dispatched before the call returns. Trades further than feed.future_ms ahead of receive_us end
 * as malformed. The frame is valid until the next call. */
const struct frame *ingest_frame(struct ingest *ingest, int64_t receive_us, const char *bytes,
                                 size_t length);

/* Milliseconds from exchange time to receipt, of all usable trades, and of one symbol's (NULL for a
 * symbol that the table cannot hold). A trade from the (near) future counts as 0. */
const struct histogram *ingest_delay_ms(const struct ingest *ingest);
const struct histogram *ingest_symbol_delay_ms(const struct ingest *ingest, uint16_t symbol);

/* Microseconds from the door to the end of dispatch, a frame. */
const struct histogram *ingest_dispatch_us(const struct ingest *ingest);

#endif
