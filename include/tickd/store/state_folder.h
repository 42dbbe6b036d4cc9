/* The state folder: one process at a time, and what becomes of a state that is not to be used.
 *
 *     state/lock                        held by the process whose state it is; holds its pid as
 * text state/tape/, tickd.db, checkpoint …   what the other parts keep
 *     state/aside-20261126T093000Z/     a state that was set aside, whole; nothing reads it again
 */
#ifndef TICKD_STORE_STATE_FOLDER_H
#define TICKD_STORE_STATE_FOLDER_H

#include "tickd/base/text.h"

enum { STATE_PATH_MAX = 640 };

struct state_lock {
    int descriptor; /* −1 = not held */
};

/* Makes the folder this process's own until state_lock_release() or its end, however it ends; a
 * child of fork() does not hold it. ERROR_EXISTS: another process has it, *why names its pid;
 * ERROR_IO: *why says what cannot be done. */
int state_lock_take(struct state_lock *lock, const char *folder, struct text *why);
void state_lock_release(struct state_lock *lock);

/* Moves everything in the folder, but for the lock and what was set aside before, into a new folder
 * inside it that is named after the time (UNIX seconds; one that is there already gets a number).
 * `aside` (STATE_PATH_MAX bytes) is its path, "" when there was nothing to move. ERROR_IO: *why
 * says what could not be moved; what was moved until then is there. */
int state_set_aside(const char *folder, int64_t now_s, char *aside, struct text *why);

/* The same for some of it: files and folders by their names, NULL-terminated; what is not there is
 * passed over. */
int state_set_aside_some(const char *folder, int64_t now_s, const char *const *names, char *aside,
                         struct text *why);

#endif
