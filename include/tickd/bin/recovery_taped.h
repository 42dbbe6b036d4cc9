/* What the tape of the run that is to go on tells of its settings. */
#ifndef TICKD_BIN_RECOVERY_TAPED_H
#define TICKD_BIN_RECOVERY_TAPED_H

#include "tickd/bin/recovery.h"
#include "tickd/feed/tape_replay.h"

/* Looks at the newest file's head, and keeps what the next two ask. */
void recovery_read_taped(const struct recovery *recovery, const char *folder,
                         const struct tape_extent *extent);

/* An engine with fewer symbols than the run's, or with the same ones in another order, could not go
 * on with its state: where the run's tape tells that it is so, settings.feed.symbols become those
 * of the run, the engine is built anew, and recovery->asked has what the feed is to be asked for.
 * 0, or an exit code. */
int recovery_keep_symbols(struct recovery *recovery);

/* Whether an engine that goes on from one of the run's checkpoints does as the run's did: all that
 * decides, but for what a checkpoint brings with it, is set as it was. */
bool recovery_has_taped_rules(const struct recovery *recovery);

#endif
