/* The symbols of a run, where fewer are asked for now. */
#ifndef TICKD_BIN_RECOVERY_SYMBOLS_H
#define TICKD_BIN_RECOVERY_SYMBOLS_H

#include "tickd/bin/recovery.h"
#include "tickd/feed/tape_replay.h"

/* An engine with fewer symbols than the run's, or with the same ones in another order, could not go
 * on with its state: where the run's tape tells that it is so, settings.feed.symbols become those
 * of the run, the engine is built anew, and recovery->asked has what the feed is to be asked for.
 * 0, or an exit code. */
int recovery_keep_symbols(struct recovery *recovery, const char *folder,
                          const struct tape_extent *extent);

#endif
