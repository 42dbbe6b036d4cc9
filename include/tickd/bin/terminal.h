/* The terminal, for `tickctl top`: brings a grid to it and reads keys; everything that knows
 * ncurses. There is one terminal a process, so it has no structure of its own. */
#ifndef TICKD_BIN_TERMINAL_H
#define TICKD_BIN_TERMINAL_H

#include <signal.h>

#include "tickd/ops/ctl_top_grid.h"

/* Takes the terminal over. false with *why: there is none, or nobody knows its type. From here on
 * SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGWINCH are blocked except in terminal_wait(), and whatever
 * ends the process but SIGKILL leaves the terminal as it was. */
bool terminal_open(struct text *why);
void terminal_close(void);

/* Whether it shows only ASCII. */
bool terminal_is_ascii(void);

/* Its size now; windows change. */
void terminal_size(int *rows, int *columns);

void terminal_show(const struct top_grid *grid);

/* What ended a wait. */
struct terminal_events {
    bool has_key;
    bool has_data; /* at the descriptor */
};

/* Waits for a key, for something to read at `descriptor` (−1: none), for a change of the window, at
 * most `ms`. false: the process shall end, by a signal. */
bool terminal_wait(int descriptor, int64_t ms, struct terminal_events *events);

/* The next key, a code point or an enum top_key; 0 = there is none, or none that we know. */
uint32_t terminal_key(void);

/* Whether the terminal has gone away: it says that there is a key, and has none. */
bool terminal_is_gone(void);

/* Its parts that need <term.h>, in a file of their own: whether the terminal's type ($TERM) is
 * known; and for crashes: notes the terminal's modes before ncurses changes them; and, once ncurses
 * has begun, sees to it that a crash brings them back. */
bool terminal_type_is_known(void);
void terminal_note_modes(void);
void terminal_restore_on_crash(void);

#endif
