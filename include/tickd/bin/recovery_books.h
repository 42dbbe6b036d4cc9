/* The books that the archive has, for a recovery. */
#ifndef TICKD_BIN_RECOVERY_BOOKS_H
#define TICKD_BIN_RECOVERY_BOOKS_H

#include "tickd/bin/recovery.h"

/* The archive's newest run; 0: there is none, or no archive (path NULL, or none that is one). */
int64_t recovery_newest_run(const char *archive);

/* Whether an engine that has published so many messages is as far as the archive is, or further:
 * that has no rows of the run behind them. True without an archive. */
bool recovery_knows_all(const char *archive, uint64_t run, uint64_t published);

/* Whether the archive has all rows of the run up to so many messages. True where there is none to
 * have, or it cannot be read; false where it is not there yet, or knows nothing of the run. */
bool recovery_reaches(const char *archive, uint64_t run, uint64_t published);

/* Says so when the fills of a run in the archive do not make the books that stand beside them: a
 * database does not notice every bit that has changed. Runs of more than RECOVERY_FILLS_CHECKED
 * fills are taken as they are. */
enum { RECOVERY_FILLS_CHECKED = 100000 };
void recovery_check_books(const struct recovery *recovery, uint64_t run);

/* Sets recovery->books to those of a run (0: the newest), if the archive has them. Without them the
 * engine begins with nothing, and that is said. */
void recovery_find_books(struct recovery *recovery, uint64_t run);

/* Takes recovery->books into a fresh engine to which time has passed, each an input. 0, or an exit
 * code. */
int recovery_adopt(const struct recovery *recovery);

#endif
