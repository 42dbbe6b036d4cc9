/* What the kernel says of a process. A number alone does not name one: it is given out again. A
 * number and the moment at which the process began do. */
#ifndef TICKD_OPS_PROCESS_H
#define TICKD_OPS_PROCESS_H

#include "tickd/base/compiler.h"

struct process_sight {
    bool is_there;
    char state; /* 'R' runs, 'S' sleeps, 'D' waits for a disk, 'T' stopped, …; '?' = not told */
    uint64_t ticks; /* since the machine started, when it began; 0 = not told */
};

/* A zombie is not there: it only waits for its parent. */
struct process_sight process_look(int64_t pid);

/* From the text of /proc/PID/stat (proc(5)); false when it is none. Pure. */
bool process_parse(const char *text, struct process_sight *sight);

#endif
