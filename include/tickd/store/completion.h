/* Completes the archive while a tape is replayed into an engine at the start: rows that a crash
 * kept from being written are written now. Rows that are there already stay as they are.
 *
 *     completion_open(&completion, …, bus)        hears the bus from now on
 *     … inputs …    completion_note(completion, sequence, false)   all up to it is as it was taped
 *     completion_close(&completion, sequence)     writes what is still to be written, and ends
 *
 * Nothing behind the sequence that was noted last is ever written: a replay that turns out to
 * differ from what was taped leaves no trace. It writes in the calling thread. Rows of an archive
 * that cannot be written wait, and may be handed to somebody else at the end. */
#ifndef TICKD_STORE_COMPLETION_H
#define TICKD_STORE_COMPLETION_H

#include "tickd/bus/bus.h"

struct completion;

struct completion_setup {
    const char *path;
    int64_t run;
    int64_t now_us;
    int64_t initial_cash;
    const char *version;
    uint64_t config_digest;
    const struct symbol_table *symbols; /* must outlive it, as must the bus and the texts */
    struct bus *bus;
    size_t rows; /* that may wait for completion_note() */
};

/* ERROR_STATE (an archive that is damaged, or not this program's), ERROR_MEMORY; *why says what.
 * One that cannot be opened for now is tried again by the last completion_note(). */
int completion_open(struct completion **completion, const struct completion_setup *setup,
                    struct text *why);

/* Everything up to the sequence may be written. It is when `now` asks for it, or half of the rows
 * have come together. 0, or ERROR_IO with *why; it may be called again. */
int completion_note(struct completion *completion, uint64_t sequence, bool now, struct text *why);

/* Rows written, or found to be there, and rows that found no room. */
uint64_t completion_rows(const struct completion *completion);
uint64_t completion_refused(const struct completion *completion);

/* Rows that were noted and are not written. */
size_t completion_waiting(const struct completion *completion);

/* Leaves the bus, and closes the archive for others: nothing more is heard or written. */
void completion_leave(struct completion *completion);

/* Shows the tap the messages of the rows that wait, oldest first. */
void completion_hand_over(const struct completion *completion, const struct tap *tap);

/* Leaves the bus, closes the archive, frees; safe on NULL. What was not written is forgotten. */
void completion_close(struct completion **completion);

#endif
