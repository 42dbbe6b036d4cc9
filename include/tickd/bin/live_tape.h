/* The tape in the live process: for src/bin/tickd/live_*.c alone. Each function does nothing
 * without tape.enabled. */
#ifndef TICKD_BIN_LIVE_TAPE_H
#define TICKD_BIN_LIVE_TAPE_H

#include "tickd/bin/recovery.h"

/* Before the engine's first input that is new. */
void live_tape_start(struct program *program, const struct recovery *recovery,
                     struct uv_loop_s *loop, feed_log log, void *state);

/* While the loop runs; then, when it is empty, what is left: 0, or the exit code. */
void live_tape_stop(struct program *program);
int live_tape_close(struct program *program);

/* Once a second: before the vitals, and after them. */
void live_tape_fill_vitals(const struct program *program, struct vitals_message *vitals);
void live_tape_second(struct program *program, int64_t now_us);

void live_tape_rotate(struct program *program);
void live_tape_fill_status(const struct program *program, struct status_live *live);

#endif
