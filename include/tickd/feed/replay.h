/* A recording instead of the network: CSV of trades (plain or gzip) into the engine, as fast as it
 * takes them. Exchange time stands in for receive time; no wall clock is looked at. */
#ifndef TICKD_FEED_REPLAY_H
#define TICKD_FEED_REPLAY_H

#include "tickd/engine/engine.h"

/* Called around the handling of each trade, for measurements; NULL = nobody measures. */
struct replay_probe {
    void (*begin)(void *state);
    void (*end)(void *state);
    void *state;
};

/* Replays the files one after another; the engine is told that the feed streams, and at the end
 * that the recording is over (engine_finish). After an error what came before has been taken in and
 * finished all the same: ERROR_SYNTAX, ERROR_IO, ERROR_MEMORY with one line in *error. */
int replay_files(struct engine *engine, const char *const *paths, size_t count,
                 const struct replay_probe *probe, struct text *error);

#endif
