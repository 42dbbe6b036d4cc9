/* What the daemon finds of an earlier life, brought into its engine before the first input:
 *
 *     checkpoint ──▶ engine ◀── tape behind it, its digests compared ──▶ rows that the archive
 * lacks
 *
 * The tape is the truth. A checkpoint that knows more than the tape (the crash came before the
 * tape's last quarter of a second was on the disk) is passed over, and so is, at first, one whose
 * rows the archive has not all got; docs/architecture.md has the order in which states are tried.
 *
 *   found                                      the engine has            its inputs go on as
 *   nothing                                    nothing                   a new run
 *   state, and its tape repeats to the end     that state                the same run
 *   the same, of another build or settings     that state                a new run
 *   a tape with inputs missing                 that state, if the        a new run
 *                                              archive knows nothing later
 *   a tape that this build cannot repeat, or   the books of the archive  a new run
 *   nothing that can be read                   (or nothing, without one)
 *
 * A new run that begins with a state keeps it beside its tape (start-RUN), so that --replay can
 * begin with it too; in the archive its rows go on in the run that the state came from, for
 * positions and sequence numbers do. Books are taken over as inputs of the new run. What cannot be
 * used is left where it is, and said. */
#ifndef TICKD_BIN_RECOVERY_H
#define TICKD_BIN_RECOVERY_H

#include "tickd/bin/program.h"
#include "tickd/engine/adopt.h"
#include "tickd/feed/lws_log.h"

struct recovery {
    /* set by the caller */
    struct program *program;
    const char *archive; /* path; NULL: there is none */
    feed_log log;
    void (*progress)(void *state, const char *what); /* now and then, while it lasts */
    void *state;
    /* found */
    bool has_state;                 /* the engine has an earlier life's */
    const struct kept_books *books; /* to be taken over as the first inputs; NULL: none are */
    uint64_t run;                   /* > 0, below 2^63: of the tape */
    uint64_t archive_run;           /* of its rows */
    uint64_t next_input;
    uint64_t next_file;
    uint64_t keep_from; /* first input that a recovery may still need; UINT64_MAX = none */
    /* feed.symbols, where the engine has more: those of the run, some of which are no longer asked
     * for; settings.feed.symbols are the run's until the feed is told. count 0: it has not. */
    struct setting_list asked;
    uint64_t rows_missing;   /* in the archive, at least, and no replay will bring them */
    struct completion *rows; /* that could not be written to the archive; NULL: there are none */
};

/* Gives them to the archive that has been started for recovery->archive_run; NULL: forgets them. */
void recovery_hand_over(struct recovery *recovery, const struct tap *archive);

/* 0, or an exit code, having said why. The engine is program->engine, which may be another one
 * than before. */
int recovery_run(struct recovery *recovery);

/* The engine as it was built, for another try. 0, or an exit code; there is no engine then. */
int recovery_rebuild(const struct recovery *recovery);

/* Folder of the state that a run began with, in the tape's folder. */
void recovery_start_folder(const char *tape_folder, uint64_t run, char *path, size_t capacity);

#endif
